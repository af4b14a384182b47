"""The asynchronous front of one store: appends that wait share a commit; busy is retried; nothing blocks the owner."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from ..errors import StoreBusy, StoreError, StoreReadOnly
from ..owner import Thread
from ..store import Append, Committed, Notice, Record, Store, unsaved

T = TypeVar("T")
# Seconds between two tries, on average. They do not grow: who has waited longest would ask least often then, and of
# thirty kernels on one file some would never get it.
PAUSE = 0.03
BUSY_DEADLINE = 30.0  # seconds for which another process may hold the store before the person is told


class Journal:
    """Awaitable access to a store that lives on a thread of its own.

    When the store cannot be written any more, a store in memory is laid over it: what is stored stays readable, the
    chat goes on in memory, and ``notices`` says so for good.
    """

    def __init__(self, store: Store, disk: Thread | None = None) -> None:
        self.store = store
        self.disk = disk or Thread("convend-disk")
        self._waiting: list[tuple[Append, asyncio.Future[Committed]]] = []
        self._flushing = False

    @property
    def notices(self) -> tuple[Notice, ...]:
        """What the person must know about the store for as long as it is open."""
        return self.store.notices

    async def append(self, unit: Append) -> tuple[Record, ...]:
        """Commit one unit; returns its records. Raises ``StaleSequence``, ``LeaseLost`` or another ``StoreError``."""
        done: asyncio.Future[Committed] = asyncio.get_running_loop().create_future()
        self._waiting.append((unit, done))
        if not self._flushing:
            self._flushing = True
            self._task = asyncio.ensure_future(self._flush())
        return (await done).records

    async def _flush(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting, []
                try:
                    results = await self._commit([unit for unit, _ in batch])
                except StoreError as error:
                    results = [error] * len(batch)
                except Exception as error:  # noqa: BLE001 - whoever waits for this commit must hear of any defect
                    results = [StoreError(f"The store failed: {error!r}.")] * len(batch)
                for (_, done), result in zip(batch, results, strict=True):
                    if done.cancelled():
                        continue
                    if isinstance(result, StoreError):
                        done.set_exception(result)
                    else:
                        done.set_result(result)
        finally:
            self._flushing = False

    async def _commit(self, units: list[Append]) -> Sequence[Committed | StoreError]:
        try:
            return await self._patiently(lambda: self.store.commit(units))
        except StoreReadOnly as error:
            self.store = unsaved(error.what, beneath=self.store)
            return await self._patiently(lambda: self.store.commit(units))

    async def _patiently(self, work: Callable[[], T]) -> T:
        """Run on the disk thread; while another process holds the lock, wait without holding up anything else."""
        deadline = time.monotonic() + BUSY_DEADLINE
        while True:
            try:
                return await self.disk.run(work)
            except StoreBusy:
                pause = PAUSE * random.uniform(0.5, 1.5)  # so that not all who wait try at once
                if time.monotonic() + pause > deadline:
                    raise
            await asyncio.sleep(pause)

    async def ask(self, question: Callable[[Store], T]) -> T:
        """Put a question to the store, on its thread."""
        return await self._patiently(lambda: question(self.store))
