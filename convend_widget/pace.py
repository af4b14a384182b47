"""The tick of a running reply: joins what arrived since the last tick, and keeps what arrived safe once a second."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

TICK = 0.1  # seconds between joined updates of a stream at first: about ten a second reach the browser
LATER = 0.17  # … and of a stream that goes on: an update costs 40 times what its text does, and reveals flow anyhow
AT_FIRST = 2.0  # seconds
CHECKPOINT = 1.0  # seconds of a running reply that a crash may lose at most


class Pace:
    """Calls ``tick()`` every ``TICK`` seconds, later every ``LATER``, and ``checkpoint()`` every ``CHECKPOINT`` until
    closed. ``seldom``: both only every ``CHECKPOINT``, for a reply that nobody watches. ``now`` and ``sleep`` are in
    seconds.
    """

    def __init__(
        self,
        tick: Callable[[], None],
        checkpoint: Callable[[], None],
        *,
        seldom: bool = False,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._tick, self._checkpoint, self._seldom = tick, checkpoint, seldom
        self._now, self._sleep = now, sleep
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Pace:
        self._task = asyncio.ensure_future(self._run())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            self._task.cancel()

    async def _run(self) -> None:
        began = kept = self._now()
        while True:
            pause = TICK if self._now() - began < AT_FIRST else LATER
            await self._sleep(CHECKPOINT if self._seldom else pause)
            self._tick()
            if self._now() - kept >= CHECKPOINT:
                kept = self._now()
                self._checkpoint()
