"""A study: what was asked for, what is known of its runs, and one round of making them at a time.

The trunk is a conversation too: it goes on from the parent at the fork, records what was asked for and the settings,
and holds the words that all runs share. A run goes on from the trunk, and begins with its first request. So the parent
is never written to, nothing of it is copied, and a run is folded, judged, stored and opened like any other one.

A run's id is the trunk's with a number. Whoever stores its first event has it: a second kernel that tries is refused by
the store, so no run is made twice, however often and wherever a study is resumed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import replace

from ..conversation import Conversation, ConversationStarted, Event, Settings, SettingsRecorded, UserSent, apply
from ..conversation.codec import decode_all
from ..conversation.fold import fold
from ..conversation.fork import again, graft
from ..conversation.records import Fork
from ..errors import NoSuchConversation, SettingsError
from ..session import Desk, Plan, Session
from ..session.account import error_of
from ..session.identity import new_id
from ..session.log import DELETED
from ..store import Notice, Record, Store
from .branch import BY, Branch, Words, next_move, own_replies, said, tip_of
from .budget import Meter, Spent
from .design import Design, read_design
from .round import Round
from .run import Run, Used, came_out, used_in
from .sweep import sweep, under_way

STUDY = "s"  # how the ids of trunks begin
AT_A_TIME = 200  # runs that are read in one go


def run_id(study: str, number: int) -> str:
    """The id of one run."""
    return f"{study}.{number:05}"


class Study:
    """One study. Lives on the owner's loop; ``runs`` holds what is over so far and may be read from anywhere."""

    def __init__(self, desk: Desk, trunk: Session, parent: Conversation, design: Design) -> None:
        self.desk, self.trunk, self.design = desk, trunk, design
        self.settings: Settings = trunk.conversation.settings[design.settings]
        self.parent = parent.id
        self.runs: dict[int, Run] = {}
        self.paused: str | None = None  # why it rests before it is over: interrupt, budget, failures, elsewhere
        self.later = tuple(said(parent.messages[m]) for m in design.later)
        head = trunk.conversation.newest or ""
        self._beginning = graft(trunk.id, trunk.conversation, Fork(trunk.id, head, trunk.conversation.seq))
        self._begun: set[int] = set()  # runs that have events
        self.deleted: set[int] = set()  # runs that were deleted one by one: they are not made again
        self._partly: dict[int, Used] = {}  # what was used on runs that are begun and have no row
        self._round: Round | None = None

    # -- from and to the store ---

    @classmethod
    async def begin(
        cls,
        desk: Desk,
        parent: Session,
        branch: Branch,
        design: Design,
        plan: Plan,
        *,
        keep: bool = True,
        name: str | None = None,
    ) -> Study:
        """Store what is asked for; nothing is run yet. Without ``keep`` nothing is stored either.

        ``name``: the id, where it must follow from something else.
        """
        digest = await desk.journal.ask(lambda store: store.verify(parent.id).digest)
        conversation, settings = parent.conversation, plan.settings()
        design = replace(design, settings=settings.key)
        fork = Fork(conversation.id, branch.fork, conversation.seq, digest)
        trunk = desk.going_on(graft(name or new_id(STUDY), conversation, fork), study=design.plain())

        def build(now: Conversation) -> list[Event]:
            events: list[Event] = []
            if now.find_settings(settings.key) is None:
                events.append(SettingsRecorded(at=trunk.now(), settings=settings))
            if branch.first is not None:
                events.append(_shared_words(trunk, branch.fork, branch.first))
            return events or [trunk.start()]

        if keep:
            await trunk.commit(build)
        else:
            events = build(trunk.conversation)
            start = [] if isinstance(events[0], ConversationStarted) else [trunk.start()]
            trunk.conversation = apply(trunk.conversation, *start, *events)
        return cls(desk, trunk, conversation, design)

    @classmethod
    async def load(cls, desk: Desk, study: str) -> Study:
        """A stored study with what is known of its runs. Raises ``NoSuchConversation``."""
        trunk = await desk.open(study)
        fork = trunk.conversation.fork
        if trunk.study is None or fork is None:
            raise NoSuchConversation(f"{study} is a conversation, not a study.", advice="cw.studies() lists studies.")
        design = read_design(trunk.study)
        parent = (await desk.open(fork.conversation)).conversation
        found = cls(desk, trunk, parent, design)
        await found.read()
        return found

    async def read(self) -> None:
        """Read the runs that are over from the store."""
        some = [i for i in range(self.design.n) if i not in self.runs and i not in self.deleted]
        async for number, run in self.logs(some):
            self._begun.add(number)
            self.note(run, number)

    async def logs(self, numbers: Sequence[int]) -> AsyncIterator[tuple[int, Conversation]]:
        """The runs of these numbers as conversations, as far as they were begun and are there."""
        for start in range(0, len(numbers), AT_A_TIME):
            names = {i: run_id(self.trunk.id, i) for i in numbers[start : start + AT_A_TIME]}
            stored = await self.desk.journal.ask(lambda store, names=names: _read_all(store, names))  # type: ignore[misc]
            for number, records in stored.items():
                if records is None:
                    self.lost(number)
                else:
                    yield number, self._folded(number, records)

    def _folded(self, number: int, records: list[Record]) -> Conversation:
        name = run_id(self.trunk.id, number)
        return fold(name, decode_all((r.kind, r.body, r.at) for r in records), again(self._beginning, name))

    # -- what is known of its runs ---

    @property
    def rows(self) -> list[Run]:
        """What ``runs`` holds now, by number: a copy, since the owner adds to it while others read."""
        return [run for _, run in sorted(self.runs.copy().items())]

    def lost(self, number: int) -> None:
        """A run was deleted."""
        self.deleted.add(number)
        self._partly.pop(number, None)

    def note(self, run: Conversation, number: int) -> Run | None:
        """Write down how a run came out; returns its row if it is over.

        One that was begun and is not over has a row too, else all rates would be of those that were quick: the ones
        that ended. Only what has no reply yet has none.
        """
        self._partly.pop(number, None)
        tip = tip_of(run)
        over = tip.role == "assistant" and not tip.running and next_move(run, self.later) is None
        if own_replies(run):
            self.runs[number] = came_out(run, number, over=over)
        else:
            self._partly[number] = used_in(run)
        return self.runs[number] if over else None

    def used(self) -> Iterable[Used]:
        """What each run that was begun took so far."""
        return [*(run.used for run in self.rows), *self._partly.values()]

    @property
    def over(self) -> int:
        """How many runs are over."""
        return sum(not run.resumable for run in self.rows)

    def is_over(self, failed_too: bool = False) -> bool:
        """Whether nothing is left to make; ``failed_too``: nor any run that network or provider cut."""
        again = any(run.resumable or (failed_too and run.outcome == "failed") for run in self.rows)
        return not again and len(self.runs) + len(self.deleted) >= self.design.n

    def to_do(self, failed_too: bool) -> list[int]:
        """The runs to make: those that are missing, and those that were cut, which keep their row until ``anew``."""
        open_ones = [i for i, r in self.runs.items() if r.resumable or (failed_too and r.outcome == "failed")]
        missing = [i for i in range(self.design.n) if i not in self.runs and i not in self.deleted]
        return sorted((*open_ones, *missing))

    def anew(self, number: int) -> None:
        """A run is asked again: it has no row until it is over, and what it took so far is kept."""
        row = self.runs.pop(number, None)
        if row is not None:
            self._partly[number] = row.used

    async def session(self, number: int) -> Session:
        """The conversation of a run, begun or not."""
        name = run_id(self.trunk.id, number)
        if number in self._begun:
            return await self.desk.open(name)
        self._begun.add(number)
        return self.desk.going_on(again(self._beginning, name), run=number)

    # -- running ---

    async def run(self, plan: Plan, *, concurrency: int, meter: Meter | None = None, failed_too: bool = False) -> None:
        """Make every run that is not over yet. Cancelled, it stops what runs, and is at rest before it raises.

        ``meter``: of its budget. Raises a ``ModelError`` where the first run fails for a reason that all would.
        """
        if self._round is not None:
            raise SettingsError("This study is under way already.", advice="Wait for it, or interrupt it first.")
        self._round = going = Round(self, failed_too)
        self.paused = None
        under_way.add(self)
        try:
            if meter is not None:
                spent = sum((used.counted(meter.cut) for used in self.used()), Spent())
                plan = replace(plan, client=meter.over(plan.client, spent, going.out_of_budget))
            await going.run(plan, concurrency)
        except (NoSuchConversation, asyncio.CancelledError):
            await self._swept()
            raise
        finally:
            self.paused = going.halted or ("elsewhere" if len(self.runs) + len(self.deleted) < self.design.n else None)
            self._round = None
            under_way.discard(self)
            going.over.set()
        if await self._swept():
            raise NoSuchConversation(DELETED, advice="")
        if going.error is not None:
            raise error_of(going.error)

    async def _swept(self) -> bool:
        """Whether the study was deleted meanwhile, here or by another kernel. Then nothing of it is left."""
        await self.trunk.look()
        if self.trunk.gone:
            await sweep(self.desk, self.trunk.id)
        return self.trunk.gone

    def halt(self, why: str) -> None:
        """Start nothing more, and stop what runs. What arrived is kept."""
        if self._round is not None:
            self._round.halt(why)

    async def rested(self) -> None:
        """Wait until nothing of it runs any more."""
        if self._round is not None:
            await self._round.over.wait()

    @property
    def notices(self) -> tuple[Notice, ...]:
        """What the person must know about the store."""
        return self.desk.journal.notices


def _shared_words(trunk: Session, fork: str, words: Words) -> UserSent:
    return UserSent(at=trunk.now(), message=new_id("m"), parent=fork or None, content=words.content, by=BY)


def _read_all(store: Store, names: dict[int, str]) -> dict[int, list[Record] | None]:
    """The logs of the runs that were begun; None for one that was deleted."""
    found: dict[int, list[Record] | None] = {}
    for number, name in names.items():
        try:
            found[number] = store.read(name)
        except NoSuchConversation:
            if store.was_deleted(name):
                found[number] = None
    return found
