"""The studies of an audit under way: several cases at once, under one limit and one budget."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from ..errors import SettingsError
from ..session import Plan
from .budget import Meter, Spent
from .round import GIVE_UP
from .study import Study


class Member(NamedTuple):
    """One study, and the plan that its runs are made with."""

    study: Study
    plan: Plan


class Batch:
    """Studies that are made together. Lives on the owner's loop. ``paused``: why it rests before it is over."""

    def __init__(self, members: Sequence[Member]) -> None:
        self.members = members
        self.paused: str | None = None
        self._halted: str | None = None
        self._failed_in_a_row = 0
        self._rest = asyncio.Event()
        self._rest.set()

    @property
    def over(self) -> int:
        """How many runs are over."""
        return sum(member.study.over for member in self.members)

    async def rested(self) -> None:
        """Wait until nothing of it runs any more."""
        await self._rest.wait()

    async def run(self, *, concurrency: int, meter: Meter | None = None, failed_too: bool = False) -> None:
        """Make every run of every study that is not over yet, at most ``concurrency`` at once; ``meter``: of all.

        The first study is alone, so that what all requests begin with is kept for the others, and what is wrong with
        all of them is found by the first. Cancelled, it is at rest before it raises. Raises as ``Study.run`` does.
        """
        if not self._rest.is_set():
            raise SettingsError("This audit is under way already.", advice="Wait for it, or interrupt it first.")
        self.paused = self._halted = None
        self._failed_in_a_row = 0
        self._rest.clear()
        try:
            for member in self.members:
                await member.study.read()
            if meter is not None:
                used = (one.counted(meter.cut) for member in self.members for one in member.study.used())
                meter = meter.shared(sum(used, Spent()))
            todo = deque(member for member in self.members if not member.study.is_over(failed_too))
            if todo:
                await self._one(todo.popleft(), concurrency, meter, failed_too)
            await self._all(todo, concurrency, meter, failed_too)
            resting = (member.study.paused for member in self.members)
            self.paused = next((why for why in (self._halted, *resting) if why), None)
        except asyncio.CancelledError:
            self.paused = "interrupt"
            raise
        finally:
            self._rest.set()

    async def _all(self, todo: deque[Member], concurrency: int, meter: Meter | None, failed_too: bool) -> None:
        at_once = min(concurrency, len(todo))
        each = concurrency // max(at_once, 1)

        async def work() -> None:
            while todo and self._halted is None:
                await self._one(todo.popleft(), each, meter, failed_too)

        tasks = [asyncio.ensure_future(work()) for _ in range(at_once)]
        try:
            await asyncio.gather(*tasks)
        except BaseException:  # a first failure, or an interrupt: the others come to rest before anybody hears of it
            for task in tasks:
                task.cancel()
            while not all(task.done() for task in tasks):
                await asyncio.wait(tasks)
            raise

    async def _one(self, member: Member, concurrency: int, meter: Meter | None, failed_too: bool) -> None:
        study = member.study
        await study.run(member.plan, concurrency=concurrency, meter=meter, failed_too=failed_too)
        lost = bool(study.runs) and all(run.outcome == "failed" for run in study.rows)
        self._failed_in_a_row = self._failed_in_a_row + len(study.runs) if lost else 0
        if study.paused in ("budget", "failures"):
            self._halted = study.paused
        elif self._failed_in_a_row >= GIVE_UP:
            self._halted = "failures"
