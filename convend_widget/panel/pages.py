"""A long conversation goes to the browser newest first: what a view needs at once, then the rest, page by page.

The browser asks for each page when it has the one before, so a slow line is never flooded, and a page that is lost is
asked for again. Replies that are being written are never on a page: their text is numbered, message by message.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable

from ..conversation import Conversation, Message
from .wire import PART, Json, json_size

MakeRow = Callable[[str], Json]


def first(conversation: Conversation, head: str | None, row: MakeRow) -> tuple[list[Json], int | None]:
    """The rows of a snapshot, and the ``seq`` below which rows are left for pages (None: there are none left).

    Replies that run, then the end of the head's branch, then what came last on any branch; as much as one message
    holds.
    """
    messages = list(conversation.messages.values())
    chosen: dict[str, Json] = {message.id: row(message.id) for message in conversation.running}
    branch = upward(conversation, conversation.leaf(head))
    _fill(chosen, branch, row, PART - sum(map(json_size, chosen.values())))
    _fill(chosen, reversed(messages), row, PART - sum(map(json_size, chosen.values())), few=bool(chosen))
    missing = next((message.seq + 1 for message in reversed(messages) if message.id not in chosen), None)
    return sorted(chosen.values(), key=lambda made: made["seq"]), missing


def page(conversation: Conversation, below: int, row: MakeRow) -> tuple[list[Json], int | None]:
    """The newest rows with a ``seq`` smaller than ``below``, and below which ``seq`` to go on."""
    messages = list(conversation.messages.values())
    older = messages[: bisect_left(messages, below, key=lambda message: message.seq)]
    chosen: dict[str, Json] = {}
    last = _fill(chosen, (message for message in reversed(older) if not message.running), row, PART)
    return list(chosen.values())[::-1], last.seq if last is not None else None


def upward(conversation: Conversation, message: str | None) -> Iterable[Message]:
    """A message and those above it, up to the first."""
    found = conversation.find(message) if message else None
    while found is not None:
        yield found
        found = conversation.find(found.parent) if found.parent else None


def _fill(
    chosen: dict[str, Json], messages: Iterable[Message], row: MakeRow, room: int, few: bool = False
) -> Message | None:
    """Add rows until there is no room; returns the last one added where others are left.

    A single row may be larger than the room, unless there are a ``few`` already.
    """
    last: Message | None = None
    for message in messages:
        if message.id in chosen:
            continue
        if room <= 0:
            return last
        made = row(message.id)
        room -= json_size(made)
        if room < 0 and (few or last is not None):
            return last
        chosen[message.id], last = made, message
    return None
