"""One chat's place at a conversation: which session, which head, and the plan that its replies are asked with.

``Chat`` (Python) and every panel of it share one seat. All methods run on the owner's loop.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ..conversation import Conversation, Message
from ..conversation.tree import Ending
from ..errors import IllegalEvent, SettingsError
from ..model.draft import Delta
from ..store import Notice
from .desk import Desk
from .lesson import Lesson
from .listening import Listener, Loosely, tell_each
from .plan import Plan
from .session import Session

YES = "Yes, please end this conversation."
NO = "No, let's go on."


class SeatListener(Listener, Protocol):
    """Whoever follows a seat: the conversation that it is at, its head, and its moves to another one."""

    def moved(self) -> None:
        """The seat is at another conversation now."""


@dataclass(frozen=True, slots=True)
class Status:
    """What the head is doing: ``name`` is ready, responding, waiting, judging, elsewhere or ended.

    ``wait_seconds`` (those that are left) and ``why`` while the client waits before a retry; ``silent`` seconds
    without data from the model.
    """

    name: str
    wait_seconds: float | None = None
    why: str | None = None
    silent: float = 0.0

    @property
    def busy(self) -> bool:
        """Whether a reply is being written on the head."""
        return self.name not in ("ready", "ended")


class Seat:
    """Commands of one chat, on its head unless they name a message."""

    def __init__(self, desk: Desk, plan: Plan, session: Session) -> None:
        self.desk, self.plan, self.session = desk, plan, session
        self.head: str | None = session.conversation.opens_at()
        self.listeners: list[SeatListener] = []
        self.lesson: Lesson | None = None  # what is rehearsed here, if anything
        self._ear = Loosely(self, session.listeners)

    @property
    def conversation(self) -> Conversation:
        return self.session.conversation

    @property
    def tip(self) -> Message | None:
        """The message that the head is on."""
        return self.conversation.find(self.head) if self.head else None

    @property
    def ending(self) -> Ending | None:
        return self.conversation.ending(self.head)

    @property
    def notices(self) -> list[Notice]:
        return self.session.notices

    def status_now(self) -> Status:
        """What the head is doing."""
        tip = self.tip
        if tip is None or not tip.running:
            return Status("ended" if tip is not None and tip.ended else "ready")
        reply = self.session.replies.get(tip.id)
        if reply is None:
            return Status("elsewhere")
        waiting = reply.draft.waiting
        if waiting is not None:
            left = max(0.0, waiting.until - time.monotonic())
            return Status("waiting", wait_seconds=left, why=waiting.why)
        judging = tip.state is not None and tip.state.value == "judging" and reply.draft.message_id is None
        return Status("judging" if judging else "responding", silent=reply.silent)

    # -- commands ---

    async def send(
        self, text: str, *, by: str, parent: str | None = None, at_head: bool = True, command: str | None = None
    ) -> str:
        """Write below the head (or below ``parent`` where ``at_head`` is false); returns the reply's id."""
        below = self.head if at_head else parent
        if not text.strip():
            raise SettingsError("There is nothing to send.", advice="Write something first.")
        return await self._ask(lambda at: at.send(self.plan, below, text, by=by, command=command), command)

    async def edit(self, message: str, text: str, *, by: str, command: str | None = None) -> str:
        """Write beside a message of the person; returns the reply's id."""
        if not text.strip():
            raise SettingsError("There is nothing to send.", advice="Write something first.")
        return await self._ask(lambda at: at.edit(self.plan, message, text, by=by, command=command), command)

    async def retry(self, message: str, *, by: str, command: str | None = None) -> str:
        """Ask for another reply beside this one; returns its id."""
        return await self._ask(lambda at: at.retry(self.plan, message, by=by, command=command), command)

    async def confirm(
        self, yes: bool, *, by: str, parent: str | None = None, at_head: bool = True, command: str | None = None
    ) -> str:
        """Answer the question whether to end; returns the reply's id. Raises if nothing was asked there."""
        below = self.head if at_head else parent
        asked = self.conversation.find(below) if below else None
        if asked is None or asked.facts.asked is None or asked.tip.value != "confirming":
            raise IllegalEvent(
                "No question whether to end is open here.",
                conversation=self.session.id,
                message=below,
                state=asked.tip.value if asked else "empty",
                ways=("ask the model to end the conversation", "write something else"),
            )
        answer = "yes" if yes else "no"
        text = YES if yes else NO
        return await self._ask(
            lambda at: at.send(self.plan, below, text, by=by, confirm=answer, command=command), command
        )

    async def new(self) -> None:
        """Sit down at a new conversation. The one before stays as it is."""
        self._sit(self.desk.fresh())

    async def go_to(self, message: str | None) -> None:
        """Move the head to the newest leaf below a message."""
        self.head = self.conversation.leaf(message)
        self.status()

    def stop(self, by: str) -> None:
        """Cut the reply on the head at once; if it is at rest, every reply that this kernel writes here."""
        tip = self.tip
        self.session.stop(by, tip.id if tip is not None and tip.running else None)

    def leave(self) -> None:
        """Hear nothing any more."""
        if self._ear in self.session.listeners:
            self.session.listeners.remove(self._ear)

    def _sit(self, session: Session) -> None:
        self.leave()
        self.session = session
        self.head = session.conversation.opens_at()
        self._ear = Loosely(self, session.listeners)
        tell_each(self.listeners, lambda listener: listener.moved())

    async def _ask(self, order: Callable[[Session], Coroutine[Any, Any, str]], command: str | None) -> str:
        """Give an order and move to its reply; but not for one that was given before, nor from another conversation."""
        session, again = self.session, self.session.once.knows(command)
        reply = await order(session)
        if not again and self.session is session and self.head != reply:
            self.head = reply
            self.status()
        return reply

    # -- what the session tells ---

    def changed(self, messages: Sequence[str]) -> None:
        for message in messages:  # follow what grows on the head, also from another chat or kernel
            found = self.conversation.find(message)
            if found is not None and found.id != self.head and found.parent == self.head:
                self.head = found.id
        tell_each(self.listeners, lambda listener: listener.changed(messages))

    def streamed(self, reply: str, deltas: list[Delta]) -> None:
        tell_each(self.listeners, lambda listener: listener.streamed(reply, deltas))

    def status(self) -> None:
        tell_each(self.listeners, lambda listener: listener.status())
