"""Which talks count, where a conversation was handed in more than once.

Ids and digests tell, never words: two who play the same lesson say the same. So a copy is found under any file name,
and after an export and an import; a conversation that was typed anew is another one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from .lines import Talk

How = Literal["same", "earlier", "picture", "altered", "parted"]


Mark = bytes | tuple[str, str]
"""By which a message is found again: its print, or its conversation's id and its own."""


@dataclass(frozen=True, slots=True)
class Copy:
    """Talk number ``one`` has to do with talk number ``of``, which counts. Only one that ``parted`` counts too.

    ``same``: event for event. ``earlier``: a state that the other went on from. ``picture``: shown in a saved notebook.
    ``altered``: the same messages by their ids, with other words or times, or with digests that do not fit.
    ``parted``: they begin alike and go on differently.
    """

    one: int
    of: int
    how: How


def copies(talks: Sequence[Talk]) -> list[Copy]:
    """What was handed in more than once, in the order of ``talks``. Records count, and the longest whose digests fit.

    Of equals one counts that was not imported, and is in a store: the most likely to have been made there.
    """
    prints = [talk.prints() for talk in talks]

    def rank(number: int) -> tuple[bool, bool, int, bool, bool, int]:
        talk = talks[number]
        size = len(talk.chain) or len(prints[number])
        return not talk.chain, not talk.verified, -size, talk.brought, talk.source != "store", number

    kept: dict[Mark, list[int]] = {}  # by message: the talks that count and have it
    found: list[Copy] = []
    for number in sorted(range(len(talks)), key=rank):
        marks = _marks(talks[number], prints[number])
        others = sorted({other for mark in marks for other in kept.get(mark, ())})
        copy = _copy_of(talks, prints, number, others)
        if copy is not None:
            found.append(copy)
        if copy is None or copy.how == "parted":
            for mark in marks:
                kept.setdefault(mark, []).append(number)
    return sorted(found, key=lambda copy: copy.one)


def _marks(talk: Talk, prints: frozenset[bytes]) -> set[Mark]:
    """What a copy shares with the talk: messages as they are, wherever they are; their ids, if its own is the same."""
    return {*prints, *((talk.conversation, line.id) for line in talk.lines)}


def _copy_of(
    talks: Sequence[Talk], prints: Sequence[frozenset[bytes]], number: int, others: Sequence[int]
) -> Copy | None:
    one = talks[number]
    for other in others:
        of = talks[other]
        if one.chain and of.chain[: len(one.chain)] == one.chain:
            return Copy(number, other, "same" if len(of.chain) == len(one.chain) else "earlier")
        if not one.chain and of.chain:
            return Copy(number, other, "picture")
        if not one.chain and prints[number] <= prints[other]:
            return Copy(number, other, "same" if prints[number] == prints[other] else "earlier")
    for other in others:
        changed = one.verified is False or not prints[number] <= prints[other]
        if changed and one.ids() <= talks[other].ids():
            return Copy(number, other, "altered")
    return Copy(number, others[0], "parted") if others else None
