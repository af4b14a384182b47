"""One collected conversation as far as it counts: a line a message, and what tells it from others."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import accumulate
from typing import Literal

from ..conversation import Conversation, Event, Message
from ..conversation.codec import encode
from ..conversation.tree import Ending
from ..markup import sound

Source = Literal["export", "store", "notebook"]
NOT_ACCEPTED = ("blocked", "confirming", "invalid")


@dataclass(frozen=True, slots=True)
class Ended:
    """How a branch ended."""

    trigger: str
    reason: str | None
    confirmed_by: str | None


@dataclass(frozen=True, slots=True)
class Line:
    """One message. ``warning``: the kind of one that counted here; ``tried``: endings that were not accepted here."""

    id: str
    parent: str | None
    role: str
    at: float
    text: str
    standing: str
    ended: Ended | None = None
    warning: str | None = None
    tried: int = 0
    thumb: str | None = None
    words: str = ""
    rewritten: bool = False
    archived: bool = False
    model: str | None = None
    policy: str | None = None
    mode: str | None = None

    def print(self) -> bytes:
        """What is the same wherever this message is, and in no other: its id, when it was, and its words."""
        words = json.dumps([self.id, self.role, self.at, sound(self.text)])
        return blake2b(words.encode(), digest_size=16).digest()


@dataclass(frozen=True, slots=True, repr=False)
class Talk:
    """One conversation of one file. Parents come before their children in ``lines``.

    ``chain``: a digest for each event, over it and all before it, but for the start, which an import makes anew; so
    that one talk is an earlier state of another exactly if its chain is where the other's begins. A picture has none.
    ``verified``: whether the digests of the file fit its events; None where it has none. ``brought``: it was imported
    where it was handed in from, so that somebody else may have made it.
    """

    conversation: str
    source: Source
    verified: bool | None
    lines: tuple[Line, ...]
    chain: tuple[bytes, ...] = ()
    brought: bool = False

    def prints(self) -> frozenset[bytes]:
        return frozenset(line.print() for line in self.lines)

    def ids(self) -> frozenset[str]:
        return frozenset(line.id for line in self.lines)


def talk_of(
    conversation: Conversation,
    events: Sequence[Event],
    *,
    name: str,
    source: Source,
    verified: bool | None,
    brought: bool = False,
) -> Talk:
    """A folded conversation and its events as a talk; ``name`` is the id that it had where it was made."""
    lines = tuple(_line(conversation, message) for message in conversation.messages.values())
    return Talk(name, source, verified, lines, _chain(events), brought)


def _chain(events: Sequence[Event]) -> tuple[bytes, ...]:
    def link(before: bytes, event: Event) -> bytes:
        body = f"{event.kind}\0{event.at}\0{encode(event)}"
        return blake2b(before + body.encode(), digest_size=16).digest()

    return tuple(accumulate(events[1:], link, initial=b""))[1:]


def _line(conversation: Conversation, message: Message) -> Line:
    settings = conversation.settings[message.settings] if message.settings else None
    calls = [call for step in message.steps for call in step.calls]
    given = conversation.notes.get(message.id)
    ending = conversation.ending(message.id)
    named = next((step.model for step in reversed(message.steps) if step.model), None)
    return Line(
        id=message.id,
        parent=message.parent,
        role=message.role,
        at=message.at,
        text=message.text,
        standing=message.standing,
        ended=_ended(ending) if ending else None,
        warning=next((call.kind for call in calls if call.counted), None),
        tried=sum(call.name == "end_conversation" and call.verdict in NOT_ACCEPTED for call in calls),
        thumb=given.thumb if given else None,
        words=given.words if given else "",
        rewritten=message.edit_of is not None,
        archived=conversation.is_archived(message.id),
        model=named or (settings.model if settings else None),
        policy=settings.policy if settings else None,
        mode=settings.mode if settings else None,
    )


def _ended(ending: Ending) -> Ended:
    return Ended(ending.trigger, ending.reason, ending.confirmed_by)
