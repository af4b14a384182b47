"""In which line of a scenario's file something stands. The parser of TOML does not tell, so this reads what it needs.

A place is what pydantic calls a location: ``("turns", 1, "steps", 0, "text")``. What is written within one line, or in
brackets over several, has the line in which that begins.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

Place = tuple[int | str, ...]

_HEADER = re.compile(r"(\[\[?)([\w.\- \t\"']+)\]")
_KEY = re.compile(r"([\w.\- \t\"']+)=")
_DEEP = re.compile(r"""(?:^|[{,\[])[ \t]*(?:(?:[\w-]+|"[^"\n]*"|'[^'\n]*')[ \t]*\.[ \t]*){100}""", re.MULTILINE)
_MARKS = re.compile(r"\"\"\"|'''|\"(?:\\.|[^\"\\])*\"|'[^']*'|\\.|#.*|[\[\]{}]")
_CLOSED_BY = {'"""': re.compile(r'(?:\\.|[^\\])*?"""', re.DOTALL), "'''": re.compile(r".*?'''", re.DOTALL)}


def lines_of(text: str) -> dict[Place, int]:
    """The line, from 1, of each table and key that begins one."""
    found: dict[Place, int] = {}
    counts: dict[Place, int] = {}
    table: Place = ()
    for number, line in beginnings(text):
        line = line.lstrip()
        if header := _HEADER.match(line):
            table = _opened(header[1] == "[[", _parts(header[2]), counts)
            found.setdefault(table, number)
            if isinstance(table[-1], int):  # the first item's line is that of the list
                found.setdefault(table[:-1], number)
        elif key := _KEY.match(line):
            place = table
            for part in _parts(key[1]):
                place = (*place, part)
                found.setdefault(place, number)
    return found


def line_of(lines: dict[Place, int], place: Place) -> int | None:
    """The line of a place, or of the nearest thing around it that begins a line."""
    return next((lines[place[:end]] for end in range(len(place), 0, -1) if place[:end] in lines), None)


def too_deep(text: str) -> int | None:
    """The line of a key with more than a hundred parts, as in ``a.b.c``; None where there is none."""
    found = _DEEP.search(text)
    return text.count("\n", 0, found.end()) + 1 if found else None


def _opened(one_of_many: bool, names: list[str], counts: dict[Place, int]) -> Place:
    """The place of the table that a header opens: each name that stands for a list means its newest item."""
    place: Place = ()
    for at, name in enumerate(names):
        place = (*place, name)
        if one_of_many and at == len(names) - 1:
            counts[place] = counts.get(place, 0) + 1
        if place in counts:
            place = (*place, counts[place] - 1)
    return place


def _parts(key: str) -> list[str]:
    return [part.strip().strip("\"'") for part in key.split(".")]


def beginnings(text: str) -> Iterator[tuple[int, str]]:
    """The lines in which something begins: not those within a text of several lines, nor within open brackets."""
    depth, number, at = 0, 1, 0
    while at < len(text):
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        if depth == 0:
            yield number, text[at:end]
        stop, change = _after(text, at, end, header=depth == 0)
        depth = max(0, depth + change)
        number += text.count("\n", at, stop) + 1
        at = stop + 1


def _after(text: str, at: int, end: int, *, header: bool) -> tuple[int, int]:
    """Where the line ends that begins here, texts of several lines taken along; and how many brackets stay open."""
    open_now = 0
    if header and _HEADER.match(text[at:end].lstrip()):
        return end, 0
    while mark := _MARKS.search(text, at, end):
        at = mark.end()
        if closing := _CLOSED_BY.get(mark[0]):
            closed = closing.match(text, at)
            at = closed.end() if closed else len(text)
            end = text.find("\n", at)
            end = len(text) if end < 0 else end
        elif mark[0] in "[{":
            open_now += 1
        elif mark[0] in "]}":
            open_now -= 1
    return end, open_now
