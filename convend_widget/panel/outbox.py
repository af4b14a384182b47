"""What goes to the browser, numbered, and kept for a while: messages get lost on the way, and nobody is told."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from .wire import Json

KEPT = 500  # messages
KEPT_BYTES = 2_000_000  # their JSON; what is older is told by a snapshot


class Outbox:
    """Numbers messages 1, 2, 3 … and sends them. ``send`` must not raise."""

    def __init__(self, send: Callable[[Json], None]) -> None:
        self._send = send
        self._kept: deque[tuple[Json, int]] = deque()
        self._bytes = 0
        self.n = 0

    def post(self, message: Json, size: int) -> None:
        """Send the next message and keep it. ``size``: about how many bytes it is."""
        self._kept.append((self._number(message), size))
        self._bytes += size
        while len(self._kept) > KEPT or self._bytes > KEPT_BYTES:
            self._bytes -= self._kept.popleft()[1]

    def post_whole(self, message: Json) -> None:
        """Send a snapshot. Nothing from before it is needed any more."""
        self._kept.clear()
        self._bytes = 0
        self._number(message)

    def again(self, have: int) -> int | None:
        """Send again what came after number ``have``; returns how many, or None where that is not kept any more."""
        if not self.n - len(self._kept) <= have <= self.n:
            return None
        missed = [message for message, _ in self._kept if message["n"] > have]
        for message in missed:
            self._send(message)
        return len(missed)

    def _number(self, message: Json) -> Json:
        self.n += 1
        numbered = {**message, "n": self.n}
        self._send(numbered)
        return numbered
