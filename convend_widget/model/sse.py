"""Server-sent events out of bytes, however the network cut them up."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NoReturn

from ..errors import NotTheApi

_BOM = b"\xef\xbb\xbf"
_FIELDS = (b"event", b"data", b"id", b"retry", b"")


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_decode = json.JSONDecoder(parse_constant=_no_constant).decode


def strict_json(text: str) -> Any:
    """Parse JSON; NaN and infinities, which ``json`` lets through, raise ``ValueError`` like any other damage."""
    try:
        return _decode(text)
    except RecursionError:
        raise ValueError("nested too deep") from None


class EventDecoder:
    """Feed it bytes in any pieces; it gives the ``data`` of each finished event, parsed.

    An event that the stream ends in is dropped, as the format asks. ``limit`` is in bytes, for the whole stream.
    Raises ``NotTheApi`` for bytes that cannot be an event of the API. ``heard``: bytes so far.
    """

    __slots__ = ("_buffer", "_first", "_limit", "_scanned", "_skip_lf", "heard")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._buffer = bytearray()
        self._scanned = 0  # bytes of the buffer that hold no end of an event
        self._skip_lf = False  # the last piece ended in CR: a LF that follows belongs to it
        self._first = True
        self.heard = 0

    def feed(self, piece: bytes) -> Iterator[dict[str, Any]]:
        """The events that ``piece`` completes. Those before a broken one come out before it raises."""
        self.heard += len(piece)
        if self.heard > self._limit:
            raise NotTheApi(f"The answer went on past {self._limit:,} bytes and was cut off.")
        if self._skip_lf and piece:
            self._skip_lf = False
            piece = piece.removeprefix(b"\n")
        if b"\r" in piece:
            self._skip_lf = piece.endswith(b"\r")
            piece = piece.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        if not self._buffer and piece.endswith(b"\n\n"):
            yield from self._events(piece)  # nearly always: a piece is a whole number of events
            return
        self._buffer += piece
        end = self._buffer.rfind(b"\n\n", max(0, self._scanned - 1))
        if end < 0:
            self._scanned = len(self._buffer)
            return
        whole = bytes(self._buffer[: end + 2])
        del self._buffer[: end + 2]
        self._scanned = len(self._buffer)
        yield from self._events(whole)

    def foreign(self) -> bool:
        """Whether what is left over is no part of the format: that tells some other text from a cut stream."""
        names = (line.partition(b":")[0] for line in self._buffer.removeprefix(_BOM).split(b"\n"))
        return not all(any(field.startswith(name) for field in _FIELDS) for name in names)

    def _events(self, whole: bytes) -> Iterator[dict[str, Any]]:
        if self._first:
            self._first = False
            whole = whole.removeprefix(_BOM)
        data: list[bytes] = []
        for line in whole.split(b"\n"):
            if line.startswith(b"data:"):
                data.append(line[5:])
            elif line == b"data":
                data.append(b"")
            elif not line and data:
                yield _event(data)
                data = []


def _event(data: list[bytes]) -> dict[str, Any]:
    # The one space that the format allows after the colon is whitespace to JSON too.
    try:
        event = strict_json((data[0] if len(data) == 1 else b"\n".join(data)).decode("utf-8"))
    except ValueError:
        raise NotTheApi("The stream held an event that is not JSON.") from None
    if type(event) is not dict or type(event.get("type")) is not str:
        raise NotTheApi("The stream held an event without a type.")
    return event
