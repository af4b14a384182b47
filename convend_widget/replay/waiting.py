"""Waiting for runs that are being made: with a bar, and at rest before an interrupt or a cancellation goes on."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

from ..model.price import Cost
from ..owner import owner
from .budget import Budget
from .outcomes import Outcomes

Work = Coroutine[Any, Any, None]
R = TypeVar("R", bound="UnderWay")


class UnderWay(ABC):
    """What is made run by run, and can go on after a rest. Its length is how many runs have a row."""

    @property
    @abstractmethod
    def total(self) -> int:
        """How many runs there are to be."""

    @property
    @abstractmethod
    def outcomes(self) -> Outcomes: ...

    @property
    @abstractmethod
    def cost(self) -> Cost: ...

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def _kept(self) -> str:
        """What an interrupt says: how much is kept, and how to go on."""

    @abstractmethod
    async def _again(self, concurrency: int | None, budget: Any, failed: bool) -> None:
        """Make what is missing."""

    @abstractmethod
    async def _rested(self) -> None:
        """Return when nothing runs any more."""

    def resume(
        self: R,
        *,
        concurrency: int | None = None,
        budget: Budget | Mapping[str, Any] | int | None = None,
        failed: bool = False,
        progress: bool = True,
    ) -> R:
        """Make what is missing: runs that never began, and those that were cut from here. Returns itself.

        ``failed``: also those that network or provider cut. ``budget`` (of an audit: one for all cases) replaces the
        earlier one, and counts what was used before. Nothing that came to a result is run again, here or in another
        kernel.
        """
        wait_for(self, self._again(concurrency, budget, failed), progress=progress)
        return self

    async def aresume(
        self: R,
        *,
        concurrency: int | None = None,
        budget: Budget | Mapping[str, Any] | int | None = None,
        failed: bool = False,
        progress: bool = True,
    ) -> R:
        """``resume``, to be awaited. Cancelled, it is at rest before it raises."""
        await await_for(self, self._again(concurrency, budget, failed), progress=progress)
        return self


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
