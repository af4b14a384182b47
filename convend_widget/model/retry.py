"""When a call is tried again, and how long to wait before."""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime


@dataclass(frozen=True, slots=True)
class Retries:
    """A bounded policy. All times in seconds.

    ``most``: tries after the first. ``first``: the first wait, doubled each time up to ``ceiling`` and shortened by
    up to a quarter at random, so that many clients do not come back together. ``longest``: a Retry-After above it is
    not waited for. ``random`` and ``sleep`` are for tests.
    """

    most: int = 3
    first: float = 0.5
    ceiling: float = 8.0
    longest: float = 60.0
    random: Callable[[], float] = random.random
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    def wait(self, tried: int, retry_after: float | None) -> float | None:
        """Seconds to wait after ``tried`` tries (from 1), or None to give up."""
        if tried > self.most:
            return None
        if retry_after is not None and retry_after > 0:
            return retry_after if retry_after <= self.longest else None
        return min(self.first * 2.0 ** (tried - 1), self.ceiling) * (1 - self.random() / 4)


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds that the provider asks to wait: 0 for a time in the past, infinity as it came, None for none or rubbish.

    ``now`` is in unix seconds, for a Retry-After that is a date.
    """
    if (value := _number(headers.get("retry-after-ms"))) is not None:
        return value / 1000
    text = headers.get("retry-after")
    if (value := _number(text)) is not None:
        return value
    try:
        return max(0.0, parsedate_to_datetime(text or "").timestamp() - now)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _number(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return None if math.isnan(value) else max(0.0, value)
