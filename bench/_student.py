"""What one kernel of the classroom does: a lesson to its end, an edit, a retry, free typing; some replay too."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

LABELS = 20  # commits that are timed one by one


class Ticks:
    """A listener that notes when the text of running replies came: as a panel hears of it."""

    def __init__(self) -> None:
        self._last: dict[str, float] = {}
        self.gaps: list[float] = []

    def streamed(self, reply: str, deltas: object) -> None:
        now = time.monotonic()
        if reply in self._last:
            self.gaps.append(now - self._last[reply])
        self._last[reply] = now

    def changed(self, messages: Sequence[str]) -> None:
        """Not of interest here."""

    def status(self) -> None:
        """Not of interest here."""

    def moved(self) -> None:
        """Not of interest here."""


class Student:
    """Shows a chat, and does the work when told to. ``pause``: seconds between the words of the rehearsal."""

    def __init__(self, name: str, pause: float) -> None:
        import convend_widget as cw

        self.name, self._pause, self._ticks = name, pause, Ticks()
        self.chat = self._listened(cw.Chat(scenario="persistent_abuse", pause=pause))

    def _listened(self, chat: Any) -> Any:
        from convend_widget.owner import owner

        owner().call(lambda: chat._seat.listeners.append(self._ticks))
        return chat

    def work(self, replays: bool) -> str:
        """All of it; what came of it as JSON."""
        import convend_widget as cw

        took: dict[str, float] = {}
        took["lesson"] = self._timed(self.chat.play)
        ending = self.chat.ending
        first = self.chat.conversation.messages[0]
        took["edit and retry"] = self._timed(lambda: self._mend(first))
        free = self._listened(cw.Chat(pause=self._pause))
        took["free typing"] = self._timed(lambda: [free.say(f"{self.name} says {text}.") for text in ("one", "two")])
        runs = self.chat.replay(at=first, n=5, progress=False) if replays else ()
        message = free.conversation.messages[0]
        commits = [self._timed(partial(free.label, message, f"{number}")) for number in range(LABELS)]
        chats = [self.chat, free]
        said = [message.text for message in free.conversation.messages if message.role == "user"]
        return json.dumps(
            {
                "trigger": ending.trigger if ending else None,
                "open_again": not self.chat.ended,
                "whole": all(chat.conversation.verify().ok for chat in chats),
                "own_words": said == [f"{self.name} says one.", f"{self.name} says two."],
                "ids": [chat.conversation_id for chat in chats],
                "stored": len(cw.conversations()),
                "runs": len(runs),
                "notices": [notice for chat in chats for notice in chat.notices],
                "took": took,
                "commits": commits,
                "gaps": self._ticks.gaps,
            }
        )

    def _mend(self, first: Any) -> None:
        self.chat.edit(first, f"{self.name} begins once more.")
        self.chat.retry(self.chat.conversation.head)

    def _timed(self, work: Callable[[], object]) -> float:
        began = time.monotonic()
        work()
        return time.monotonic() - began


def loaded(before: set[str]) -> str:
    """The modules of others that were imported since, in the order in which they came, as JSON."""
    import sys

    ours = ("convend_widget", "bench")
    return json.dumps([name for name in sys.modules if name not in before and not name.startswith(ours)])
