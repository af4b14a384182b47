"""Which words of a text are not in another one, in its order. Pure."""

from __future__ import annotations

import re
from collections import Counter
from difflib import SequenceMatcher
from typing import NamedTuple

# Words; signs; and each sign of the scripts that put no space between words.
_ALONE = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_PIECES = re.compile(rf"\s+|[{_ALONE}]|[^\W{_ALONE}]+|[^\w\s]")
MOST_PAIRS = 1_000_000  # of equal words: what comparing costs is not length, but how often words repeat


class Piece(NamedTuple):
    """A part of a text, and whether the other text lacks it here."""

    text: str
    differs: bool


class Compared(NamedTuple):
    """A text in pieces. ``differing`` of its ``words`` are not in the other one."""

    pieces: list[Piece]
    differing: int
    words: int


def compare_words(other: str, text: str) -> Compared | None:
    """``text`` with the words marked that differ from ``other``. None where that would take too long."""
    parts = _PIECES.findall(text)
    mine = [i for i, part in enumerate(parts) if not part.isspace()]
    theirs = [part for part in _PIECES.findall(other) if not part.isspace()]
    often = Counter(theirs)
    if sum(often[parts[i]] for i in mine) > MOST_PAIRS:
        return None
    matcher = SequenceMatcher(None, theirs, [parts[i] for i in mine], autojunk=False)
    same = {mine[block.b + k] for block in matcher.get_matching_blocks() for k in range(block.size)}
    differing = [i for i in mine if i not in same]
    words = sum(parts[i][0].isalnum() for i in mine)  # signs are compared too, but nobody calls them words
    return Compared(_joined(parts, {*differing}), sum(parts[i][0].isalnum() for i in differing), words)


def _joined(parts: list[str], differing: set[int]) -> list[Piece]:
    """Parts next to each other as one piece; a space between two words that differ goes with them."""
    pieces: list[Piece] = []
    for i, part in enumerate(parts):
        between = part.isspace() and i - 1 in differing and i + 1 in differing
        differs = i in differing or between
        if pieces and pieces[-1].differs is differs:
            pieces[-1] = Piece(pieces[-1].text + part, differs)
        else:
            pieces.append(Piece(part, differs))
    return pieces
