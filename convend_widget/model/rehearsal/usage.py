"""Token counts of the rehearsal: about four characters a token, with the rules of prompt caching applied.

A prefix is stored where a block carries ``cache_control`` and is at least `MIN_PREFIX` tokens long. A later request
reads the longest stored prefix within `LOOKBACK` blocks of one of its own breakpoints. Nothing expires, so that the
same requests in the same order always cost the same.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .checks import cacheable, canonical, without_breakpoint

MIN_PREFIX = 512
LOOKBACK = 20
# Bounds the memory of a study with very many runs. Each entry is a digest of 32 bytes.
_MAX_STORED = 20_000


def tokens(characters: int) -> int:
    """How many tokens a text of this length counts for."""
    return (characters + 3) // 4


@dataclass(frozen=True)
class Usage:
    """Token counts of one call. The whole input is the sum of the first three."""

    input_tokens: int
    cache_creation_input_tokens: int
    cache_read_input_tokens: int
    output_tokens: int = 0

    def as_json(self, *, output_tokens: int | None = None) -> dict[str, int]:
        """The counts as the API names them."""
        return {
            "input_tokens": self.input_tokens,
            "cache_creation_input_tokens": self.cache_creation_input_tokens,
            "cache_read_input_tokens": self.cache_read_input_tokens,
            "output_tokens": self.output_tokens if output_tokens is None else output_tokens,
        }


@dataclass(frozen=True)
class Prefixes:
    """The prefixes of one request: for each block the digest and the length in tokens of all up to it.

    ``marks`` are the places of the blocks that carry a breakpoint.
    """

    boundaries: tuple[tuple[bytes, int], ...]
    marks: tuple[int, ...]

    @property
    def tokens(self) -> int:
        """The whole input, cached or not."""
        return self.boundaries[-1][1]

    @property
    def whole(self) -> str:
        """A digest of all that the model sees: where breakpoints are set makes no difference to it."""
        return self.boundaries[-1][0].hex()


def measure(body: Mapping[str, Any]) -> Prefixes:
    """Walk a checked request once, in the order of the cache: tools, system, messages."""
    running = hashlib.sha256(canonical(body["model"]))
    characters = 0
    boundaries: list[tuple[bytes, int]] = []
    marks: list[int] = []
    for place, block in cacheable(body):
        text = canonical([place, without_breakpoint(block)])
        characters += len(text)
        running.update(text)
        if block.get("cache_control"):
            marks.append(len(boundaries))
        boundaries.append((running.copy().digest(), tokens(characters)))
    # A breakpoint at the top of the request stands for one on its last block.
    if body.get("cache_control") and len(boundaries) - 1 not in marks:
        marks.append(len(boundaries) - 1)
    return Prefixes(tuple(boundaries), tuple(marks))


class PromptCache:
    """The prefixes that earlier requests stored."""

    def __init__(self) -> None:
        self._stored: OrderedDict[bytes, None] = OrderedDict()

    def charge(self, prefixes: Prefixes) -> Usage:
        """Count a request, and store the prefixes that it marks."""
        boundaries = prefixes.boundaries
        marks = [at for at in prefixes.marks if boundaries[at][1] >= MIN_PREFIX]
        read = 0
        for mark in marks:
            for key, length in boundaries[max(0, mark - LOOKBACK) : mark + 1]:
                if length > read and key in self._stored:
                    read = length
        written = max((boundaries[mark][1] for mark in marks), default=0)
        for mark in marks:
            self._stored[boundaries[mark][0]] = None
            self._stored.move_to_end(boundaries[mark][0])
        while len(self._stored) > _MAX_STORED:
            self._stored.popitem(last=False)
        return Usage(prefixes.tokens - max(read, written), max(0, written - read), read)
