"""Parts of the browser's code that a view was promised: it asks for them by their digest, now or later."""

from __future__ import annotations

from ..errors import SettingsError
from . import chunks, wire
from .commands import Chunk
from .wire import Json


class Promises:
    """Every chunk that views of one widget may ask for. The files may be others by then; these stay."""

    def __init__(self) -> None:
        self._kept: dict[str, chunks.Chunk] = {}  # by sha256

    def keep(self, name: str) -> str:
        """Keep every chunk of the build as it is now; returns the digest of the one of this name."""
        every = {chunk.name: chunk for chunk in chunks.every()}
        self._kept |= {chunk.sha256: chunk for chunk in every.values()}
        return every[name].sha256

    def serve(self, order: Chunk) -> tuple[Json, list[bytes] | None]:
        """The message that answers, and the bytes that go with it."""
        chunk = self._kept.get(order.sha256)
        if chunk is None or chunk.name != order.name:
            advice = "Run the cell that shows the chat again."
            error = SettingsError("There is no such part of the panel.", advice=advice)
            return wire.answer(order.c, error=wire.error_view(error)), None
        return {"t": "chunk", "name": chunk.name, "sha256": chunk.sha256}, [chunk.code]
