"""Waiting for runs that are being made: with a bar, and at rest before an interrupt or a cancellation goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from ..model.price import Cost
from ..owner import owner
from .outcomes import Outcomes

Work = Coroutine[Any, Any, None]


class UnderWay(Protocol):
    """What is waited for. ``total``: how many runs there are to be; its length is how many have a row."""

    @property
    def total(self) -> int: ...
    @property
    def outcomes(self) -> Outcomes: ...
    @property
    def cost(self) -> Cost: ...
    def __len__(self) -> int: ...
    def _kept(self) -> str: ...
    async def _rested(self) -> None: ...


def wait_for(runs: UnderWay, work: Work, *, progress: bool) -> None:
    """Wait on this thread. An interrupt is raised once nothing runs any more, and says what is kept."""
    with _bar(runs, progress) as tell:
        try:
            owner().wait(work, meanwhile=tell)
        except KeyboardInterrupt:
            owner().wait(runs._rested())
            raise KeyboardInterrupt(runs._kept()) from None


async def await_for(runs: UnderWay, work: Work, *, progress: bool) -> None:
    """``wait_for``, to be awaited. Cancelled, it is at rest before it raises."""
    task = asyncio.ensure_future(owner().awaited(work))
    with _bar(runs, progress) as tell:
        try:
            while not task.done():
                await asyncio.wait({task}, timeout=0.2)
                tell()
        except asyncio.CancelledError:
            task.cancel()
            await asyncio.wait({asyncio.ensure_future(owner().awaited(runs._rested()))})
            raise
    task.result()


@contextmanager
def _bar(runs: UnderWay, progress: bool) -> Iterator[Callable[[], object]]:
    if not progress:
        yield lambda: None
        return
    from tqdm.auto import tqdm

    with tqdm(total=runs.total, initial=len(runs), unit="run", delay=1, leave=False) as bar:

        def tell() -> None:
            bar.set_postfix_str(f"{runs.outcomes.ended} ended, {runs.cost}", refresh=False)
            bar.update(len(runs) - bar.n)

        yield tell
