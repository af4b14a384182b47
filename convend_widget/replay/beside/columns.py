"""Which runs stand beside each other, and from where on they differ. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...conversation import Conversation, Message
from ...errors import SettingsError
from ..branch import tip_of
from ..run import Run

MOST = 6  # columns


@dataclass(frozen=True, slots=True)
class Column:
    """One run. ``messages``: from its first to the last that the study made. ``name``: what it is called here."""

    name: str
    run: Run
    conversation: Conversation
    messages: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class Lines:
    """``shared`` messages are the same in all columns; ``own`` has those of each column from there on."""

    columns: tuple[Column, ...]
    shared: tuple[Message, ...]
    own: tuple[tuple[Message, ...], ...]


def column(name: str, run: Run, conversation: Conversation) -> Column:
    """The column of a run. What somebody said later, in the run opened as a chat, is no part of it."""
    return Column(name, run, conversation, tuple(conversation.branch(tip_of(conversation).id)))


def line_up(columns: Sequence[Column]) -> Lines:
    """Part what all share from what is each column's own. Messages are the same where they are one in the store."""
    ids = [[message.id for message in column.messages] for column in columns]
    same = 0
    while all(len(each) > same for each in ids) and len({each[same] for each in ids}) == 1:
        same += 1
    if len(columns) == 1:  # alone: what is its own begins at its fork
        fork = columns[0].conversation.fork
        same = ids[0].index(fork.message) + 1 if fork is not None and fork.message in ids[0] else 0
    return Lines(tuple(columns), columns[0].messages[:same], tuple(column.messages[same:] for column in columns))


def telling_pair(runs: Sequence[Run]) -> list[Run]:
    """Two runs to begin with: the first that ended and the first that did not; else two that came out differently."""
    first = {run.outcome: run for run in reversed(runs)}
    if {"ended", "not_ended"} <= {*first}:
        return [first["ended"], first["not_ended"]]
    return sorted(first.values(), key=lambda run: run.number)[:2] if len(first) > 1 else list(runs[:2])


def telling_run(runs: Sequence[Run], beside: Sequence[Run] = ()) -> list[Run]:
    """One run of a study: the first that came out otherwise than those beside it, or the first of all."""
    other = [run for run in runs if run.outcome not in {one.outcome for one in beside}]
    return (other or list(runs))[:1]


def check_columns(count: int) -> None:
    """Raise ``SettingsError`` unless so many columns can stand beside each other."""
    if not count:
        raise SettingsError("There is nothing to show: no run is over.", advice="Wait, or resume() the study.")
    if count > MOST:
        raise SettingsError(f"{count} runs are too many to read side by side.", advice=f"Choose at most {MOST}.")
