"""The real client over the rehearsal's transport: no key, no network, the same code above it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ..claude import ClaudeClient
from ..retry import Retries
from .transport import RUN, RehearsalTransport

if TYPE_CHECKING:
    import httpx2

    from ..client import Call
    from ..draft import Draft
    from .script import Scenario


class RehearsedClient(ClaudeClient):
    """A ``ModelClient`` that plays ``scenario``, or answers free typing. ``pause``: seconds between words.

    With ``waits`` false nobody waits for anything: a silence is over at once, as if the client's limit had passed, and
    so is the time before a call is tried again.
    """

    def __init__(
        self, scenario: Scenario | None = None, *, seed: int | None = None, pause: float = 0.02, waits: bool = True
    ) -> None:
        self.scenario = scenario
        self.pause = pause
        self._rehearsal = RehearsalTransport(scenario, seed=seed, chunk_seconds=pause, silences=waits)
        super().__init__(
            api_key="rehearsal",
            base_url="http://localhost",
            transport=self.transport(self._rehearsal),
            retries=None if waits else Retries(sleep=_no_time),
            name="rehearsal",
        )

    def transport(self, rehearsal: RehearsalTransport) -> httpx2.AsyncBaseTransport:
        """What lies beneath the client; for whoever wants something between them."""
        return rehearsal

    def hurry(self, speed: int) -> None:
        """See ``model.client.Paced``."""
        self._rehearsal.chunk_seconds = self.pause / speed

    def for_study(self, seed: int) -> RehearsedClient:
        """See ``model.client.Drawing``."""
        return type(self)(self.scenario, seed=seed, pause=0)

    async def step(self, call: Call, draft: Draft) -> None:
        """See ``ModelClient``."""
        RUN.set(call.run)
        await super().step(call, draft)


async def _no_time(seconds: float) -> None:
    await asyncio.sleep(0)
