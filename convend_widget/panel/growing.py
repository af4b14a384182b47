"""The running step of a reply as the browser sees it: what has streamed so far, block by block.

Text streams before it is stored, so a row that is sent in mid-stream must hold exactly what was streamed until then:
no less, or a view that comes late would miss it; no more, or the next delta would repeat it.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..conversation import Message
from ..markup import sound
from ..model.draft import Delta
from .wire import Json

Joined = list[tuple[int, str, str]]  # number of the block in its row, kind, text to append


class Growing:
    """The blocks of one running step. ``before``: how many blocks the steps before it have."""

    def __init__(self, reply: Message, streamed: Iterable[Delta] = ()) -> None:
        self.steps = len(reply.steps)
        self.before = sum(len(step.blocks) for step in reply.steps)
        self._blocks: list[tuple[str, list[str]]] = []
        self.add(streamed)

    def add(self, deltas: Iterable[Delta]) -> Joined:
        """Take what streamed; returns it as the row's blocks grow by it.

        Tool input is not shown. A block that shows nothing so far (a tool call, an empty text) gets its place before
        one that comes after it, so that the numbers agree.
        """
        joined: Joined = []
        for delta in deltas:
            if delta.kind == "input":
                continue
            while len(self._blocks) <= delta.block:
                number = len(self._blocks)
                kind: str = delta.kind if number == delta.block else "text"
                self._blocks.append((kind, []))
                if number < delta.block:
                    joined.append((self.before + number, kind, ""))
            self._blocks[delta.block][1].append(delta.text)
            joined.append((self.before + delta.block, delta.kind, delta.text))
        return joined

    def blocks(self) -> list[Json]:
        """The blocks as a row holds them."""
        return [{"k": kind, "text": sound("".join(parts))} for kind, parts in self._blocks]
