"""One round of a study: every run that is not over yet is made, several at once, until all are or somebody halts it."""

from __future__ import annotations

import asyncio
import gc
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..conversation import ErrorFacts, Message
from ..errors import NoSuchConversation, ReplyRunning, TipMoved
from ..session import Plan, Session
from ..session.log import DELETED
from .branch import BY, Ask, Say, beside, next_move, tip_of

if TYPE_CHECKING:
    from .study import Study

GIVE_UP = 10  # failed runs in a row after which a study pauses


class Round:
    """The runs under way. Lives on the owner's loop, and is done with once ``over`` is set.

    ``halted``: why it began nothing more (interrupt, budget, failures, deleted), None as long as it goes on. ``error``:
    why the first run failed, where all would fail for that.
    """

    def __init__(self, study: Study, failed_too: bool) -> None:
        self._study, self._failed_too = study, failed_too
        self.halted: str | None = None
        self.error: ErrorFacts | None = None
        self.over = asyncio.Event()
        self._todo: deque[int] = deque(study.to_do(failed_too))
        self._live: dict[int, Session] = {}
        self._warm = asyncio.Event()
        self._failed_in_a_row = self._kept = 0

    async def run(self, plan: Plan, concurrency: int) -> None:
        """Make the runs, so many at once. Cancelled, it stops what runs, and is at rest before it raises."""
        with _what_was_there_left_alone():
            await self._all(plan, min(concurrency, len(self._todo)))

    async def _all(self, plan: Plan, workers: int) -> None:
        tasks = [asyncio.ensure_future(self._work(plan, first=number == 0)) for number in range(workers)]
        interrupted = False
        while not all(task.done() for task in tasks):
            try:
                await asyncio.wait(tasks)
            except asyncio.CancelledError:
                interrupted = True
                self.halt("interrupt")
        failures = [error for task in tasks if (error := task.exception()) is not None]
        if interrupted:
            self.halted = "interrupt"
            raise asyncio.CancelledError
        if failures:
            raise failures[0]

    async def _work(self, plan: Plan, first: bool) -> None:
        """Take run after run. The first is alone until its first reply is there: the prefix is kept for the rest."""
        try:
            if not first:
                await self._warm.wait()
            while self._todo and self.halted is None:
                if self._study.trunk.gone:
                    raise NoSuchConversation(DELETED, advice="")
                number = self._todo.popleft()
                try:
                    await self._one(plan.for_run(number), number)
                except NoSuchConversation:
                    await self._study.trunk.look()
                    if self._study.trunk.gone:
                        raise
                    self._study.lost(number)
                finally:
                    self._live.pop(number, None)
                    self._warm.set()
        except BaseException:
            self.halt("failures")  # a defect, or a store that is gone: nobody must go on alone
            raise
        finally:
            self._warm.set()

    async def _one(self, plan: Plan, number: int) -> None:
        session = await self._study.session(number)
        self._live[number] = session
        tried = False
        try:
            while self.halted is None:
                tip = tip_of(session.conversation)
                if tip.running:  # by a kernel that is gone: it lapses soon. Or by one that is not: then it goes on
                    await session.settled(tip.id)
                    continue
                later, failed_too = self._study.later, self._failed_too
                move = next_move(session.conversation, later, again=not tried, failed_too=failed_too)
                if move is None:
                    break
                tried = True
                self._study.anew(number)
                await self._reply(session, plan, move)
                self._warm.set()
        except (TipMoved, ReplyRunning):
            return  # another kernel makes this run
        self._keep(session, number)

    async def _reply(self, session: Session, plan: Plan, move: Ask | Say) -> Message:
        if isinstance(move, Ask):
            fresh = session.conversation.seq == 0  # nothing of this run is stored yet
            reply = await (session.begin if fresh else session.retry)(plan, move.message, by=BY)
        else:
            words, parent = move.words, move.parent
            reply = await session.say(
                plan, parent, words.content, by=BY, confirm=words.confirm, edit_of=lambda now: beside(now, parent)
            )
        if self.halted is not None:
            session.stop(self.halted, reply)
        return await session.settled(reply)

    def _keep(self, session: Session, number: int) -> None:
        """Write down how a run came out, and see whether going on makes sense."""
        run = self._study.note(session.conversation, number)
        if run is None:
            return  # halted between two replies: it counts as cancelled, and goes on from there another time
        self._kept += 1
        lost = run.outcome == "failed"
        self._failed_in_a_row = self._failed_in_a_row + 1 if lost else 0
        error = tip_of(session.conversation).error
        if lost and error is not None and error.who == "you" and self._kept == 1:
            self.error = error
            self.halt("failures")
        elif self._failed_in_a_row >= GIVE_UP:
            self.halt("failures")

    def halt(self, why: str) -> None:
        """Start nothing more, and stop what runs. What arrived is kept."""
        if self.halted is None:
            self.halted = why
        for session in list(self._live.values()):
            session.stop(why)

    def out_of_budget(self, run: int | None) -> None:
        """A call would pass the budget: its run is stopped, and no other begins. Those under way have their share."""
        if self.halted is None:
            self.halted = "budget"
        session = self._live.get(-1 if run is None else run)
        if session is not None:
            session.stop("budget")


@contextmanager
def _what_was_there_left_alone() -> Iterator[None]:
    """While runs are made, the garbage collector looks at what came since, and not at all that a notebook has loaded.

    Else it walks through the SDK and pandas every few hundred runs, and finds nothing: a tenth of a study's time.
    Whoever has frozen something already knows better.
    """
    ours = gc.get_freeze_count() == 0
    if ours:
        gc.freeze()
    try:
        yield
    finally:
        if ours:
            gc.unfreeze()
