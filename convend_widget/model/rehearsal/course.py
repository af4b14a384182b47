"""The course of a script: at which place of a branch each turn stands, and which turns a branch is at.

Without edits a script is one branch, and its n-th turn is the person's n-th message. A turn that edits an earlier one
takes that one's place on a branch of its own, and the turns after it go on from there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .script import Turn


def places(turns: Sequence[Turn]) -> tuple[int, ...]:
    """At which place each turn stands on its branch, from 1."""
    return tuple(place for place, _ in _course(tuple(turn.edit for turn in turns)))


def branch(turns: Sequence[Turn], at: int) -> list[int]:
    """The turns from the first to this one on its branch, as indexes from 0."""
    course = _course(tuple(turn.edit for turn in turns))
    found = [at]
    while (above := course[found[-1]][1]) is not None:
        found.append(above)
    return found[::-1]


def standing(turns: Sequence[Turn], said: Sequence[str]) -> int:
    """How many turns are over on a branch where the person said this; what is beyond the script counts no more.

    Where several turns share a place, it is the one whose branch has most of the words; of equals the first.
    """
    if not said:
        return 0
    at = places(turns)
    place = min(len(said), max(at))
    return 1 + _likest(turns, said, (i for i, one in enumerate(at) if one == place))


def answering(turns: Sequence[Turn], said: Sequence[str]) -> Turn | None:
    """The turn whose words these newest ones are, if the script has them at this place."""
    if not said:
        return None
    last = said[-1].strip()
    found = [i for i, place in enumerate(places(turns)) if place == len(said) and turns[i].user.strip() == last]
    return turns[_likest(turns, said, found)] if found else None


def _likest(turns: Sequence[Turn], said: Sequence[str], among: Iterable[int]) -> int:
    def alike(at: int) -> int:
        return sum(turns[i].user.strip() == text.strip() for i, text in zip(branch(turns, at), said, strict=False))

    first, *others = among
    return max((first, *others), key=alike) if others else first


@lru_cache(maxsize=64)
def _course(edits: tuple[int | None, ...]) -> tuple[tuple[int, int | None], ...]:
    """Of each turn its place, and the index of the turn above it. An edit of what is not there is passed over."""
    found: list[tuple[int, int | None]] = []
    for index, edit in enumerate(edits):
        if edit is not None and edit <= index:
            found.append(found[edit - 1])
        else:
            found.append((found[-1][0] + 1, index - 1) if found else (1, None))
    return tuple(found)
