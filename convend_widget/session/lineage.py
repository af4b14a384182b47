"""A stored conversation with what it goes on from, and what that goes on from, and so on: from the log to the fold."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from ..conversation import Conversation, ConversationStarted, fold
from ..conversation.codec import decode, decode_all
from ..conversation.fork import graft
from ..errors import StoreDamaged
from ..store import Record, Store


class Line(NamedTuple):
    """The log of one conversation, and how it begins."""

    conversation: str
    records: list[Record]
    start: ConversationStarted


def lineage(store: Store, conversation: str) -> list[Line]:
    """The conversation and all that it goes on from: the farthest first, its own log last.

    Raises ``NoSuchConversation``, and ``StoreDamaged`` for a log without its start, or one that goes on from itself.
    """
    lines: dict[str, Line] = {}
    name = conversation
    while True:
        records = store.read(name)
        start = decode(records[0].kind, records[0].body, records[0].at) if records else None
        if not isinstance(start, ConversationStarted):
            raise StoreDamaged(f"The log of conversation {name} does not begin with its start.")
        lines[name] = Line(name, records, start)
        if start.fork is None:
            return list(lines.values())[::-1]
        name = start.fork.conversation
        if name in lines:
            raise StoreDamaged(f"Conversation {name} goes on from itself.")


def folded(lines: Sequence[Line]) -> Conversation:
    """The conversation that a lineage ends with."""
    now: Conversation | None = None
    for name, records, start in lines:
        onto = graft(name, now, start.fork) if now is not None and start.fork is not None else None
        with _nothing_collected():
            now = fold(name, decode_all((r.kind, r.body, r.at) for r in records), onto)
    assert now is not None, "there is one line at least"
    return now


@contextmanager
def _nothing_collected() -> Iterator[None]:
    """While a long conversation comes into being no garbage does: looking for it would cost a fifth of the opening."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
