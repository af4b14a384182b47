"""The beat of a running reply: quick at first, then no more often than a reader can tell."""

from __future__ import annotations

import asyncio

import pytest

from convend_widget import pace


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self, end: float) -> None:
        self.now, self.end = 100.0, 100.0 + end

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        if self.now > self.end:
            raise asyncio.CancelledError


def test_a_long_stream_has_ten_updates_a_second_at_first_then_six_and_is_kept_every_second():
    clock = Clock(20.0)
    ticks: list[float] = []
    kept: list[float] = []

    async def go():
        beat = pace.Pace(
            lambda: ticks.append(clock.now - 100),
            lambda: kept.append(clock.now - 100),
            now=lambda: clock.now,
            sleep=clock.sleep,
        )
        with pytest.raises(asyncio.CancelledError):
            await beat._run()

    asyncio.run(go())
    assert ticks[0] <= 0.11 and sum(t <= 2.01 for t in ticks) >= 19
    assert 100 <= len(ticks) <= 130
    assert max(b - a for a, b in zip([0.0, *kept], kept, strict=False)) < 1.0 + 2 * pace.LATER
