"""What must be said wherever a number is: of which runs it is, where they are not plainly those of the policy.

Pure: the marks of each study in, those of a result that is made of several out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def joint_marks(each: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """The marks of all parts of a result (name -> its marks); each says of which, unless it is of all of them."""
    found: dict[str, list[str]] = {}
    for name, marks in each.items():
        for mark in marks:
            found.setdefault(mark, []).append(name)
    return tuple(m if len(of) == len(each) else f"{m} ({', '.join(of)})" for m, of in found.items())


def sentences(marks: Sequence[str]) -> str:
    """The marks as sentences that follow another one; empty where there are none."""
    return "".join(f" {mark[0].upper()}{mark[1:]}." for mark in marks)


def clauses(marks: Sequence[str]) -> str:
    """The marks as what follows in a line, each after a semicolon."""
    return "".join(f"; {mark}" for mark in marks)
