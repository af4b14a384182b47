"""One running reply: model calls one after another, each judged, until the reply comes to rest.

The reply is the only place that talks to the model client. It never changes the conversation itself: it hands events
to the session, which applies and stores them before anybody hears of them.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from ..conversation import (
    Block,
    Conversation,
    ErrorFacts,
    Event,
    EvidenceRecorded,
    Message,
    ReplyFailed,
    ReplyInterrupted,
    ReplyRefused,
    ReplySettled,
    ReplyStopped,
    Settings,
    Step,
    StepCompleted,
    StepJudged,
    StepOpened,
)
from ..conversation.guards import is_blank
from ..ending import Judgement, judge
from ..errors import (
    ConvendError,
    IllegalEvent,
    LeaseLost,
    NoSuchConversation,
    StaleToken,
    StoreBusy,
)
from ..model.draft import Draft
from ..pace import Pace
from ..store import Beat, CloseLease
from .account import facts_of, fits, step_of
from .evidence import fetch
from .plan import Plan

if TYPE_CHECKING:
    from ..model.client import Call
    from .session import Session

E = TypeVar("E", bound=Event)
WHOLE = frozenset({"end_turn", "stop_sequence", "tool_use"})
NOTES = {"max_tokens": "length", "model_context_window_exceeded": "context_full", "pause_turn": "paused"}
WRITING: set[Reply] = set()  # holds a running reply and its session, also when no chat does any more
SILENT = 5.0  # seconds without data after which listeners are told


class Reply:
    """A reply while it is written. ``run`` brings it to rest; ``stop`` cuts it at once."""

    def __init__(self, session: Session, plan: Plan, settings: Settings, reply: str, token: str) -> None:
        self.session, self.plan, self.settings = session, plan, settings
        self.id, self.token = reply, token
        self.task: asyncio.Task[None] | None = None
        self._writing: asyncio.Task[None] | None = None
        self._stopped_by: str | None = None
        self._draft = Draft()
        self._number = 0  # steps that were kept before the one under way
        self._opened = False
        self._began = time.monotonic()
        self._left_out: tuple[str, ...] = ()
        self._told: tuple[bool, int] = (False, 0)
        self._storing = False
        self._beating: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to write on the owner's loop."""
        WRITING.add(self)
        self.task = asyncio.ensure_future(self.run())

    def stop(self, by: str) -> None:
        """Cancel the call at once; what arrived is kept. A second stop changes nothing."""
        if self._stopped_by is None:
            self._stopped_by = by
            if self._writing is not None:
                self._writing.cancel()

    @property
    def stopping(self) -> bool:
        """Whether somebody stopped it; it is at rest soon, if not yet."""
        return self._stopped_by is not None

    @property
    def draft(self) -> Draft:
        """What arrives for the step under way; empty where that is kept as a step already."""
        return self._draft if self._steps() == self._number else Draft()

    @property
    def silent(self) -> float:
        """Seconds since the last byte from the model, while a call is under way."""
        return max(0.0, time.monotonic() - max(self.draft.heard, self._began))

    async def run(self) -> None:
        """Write the reply. Every way out of here leaves it at rest, or to whoever took its lease.

        Only the writing is ever cancelled. Coming to rest is not, or a Stop at the wrong moment would leave a reply
        running for ever.
        """
        self._writing = asyncio.ensure_future(self._write())
        if self.stopping:
            self._writing.cancel()
        try:
            await asyncio.wait([self._writing])
            if self._writing.cancelled():
                await self._rest(lambda now: self._cut(now, ReplyStopped, by=self._stopped_by or "shutdown"))
            elif (error := self._writing.exception()) is not None:
                await self._fail(error)
        finally:
            WRITING.discard(self)
            self.session.finished(self)

    async def _write(self) -> None:
        stream = self.settings.stream
        async with Pace(self._tick, self._checkpoint) if stream else Pace(self._tick, self._checkpoint, seldom=True):
            await self.plan.warm()
            while not await self._step():
                pass

    async def _fail(self, error: BaseException) -> None:
        if isinstance(error, (LeaseLost, StaleToken)):
            await self.session.look()  # another kernel recovered this reply; its word stands
        facts = facts_of(error)
        await self._rest(lambda now: self._broken(now, facts))

    async def _step(self) -> bool:
        """One model call and its judgement. True when the reply is at rest."""
        call, self._left_out = self.plan.call(self.session.conversation, self.id, self.settings)
        last = self._unheard(call)
        if last is not None:
            await self._commit([self._settled(last, heard=False)], close=True)
            return True
        self._draft, self._number = Draft(), self._steps()
        self._opened, self._began = False, time.monotonic()
        await self.plan.client.step(call, self._draft)
        self._tick()
        return await self._close(step_of(self._draft, self._left_out, time.monotonic() - self._began))

    def _unheard(self, call: Call) -> Step | None:
        """The last step, where the model hears of none of its calls (no such tool, no JSON): nothing to go on from."""
        steps = self.session.conversation.messages[self.id].steps
        if not steps or not steps[-1].calls:
            return None
        heard = {block.get("tool_use_id") for block in call.messages[-1]["content"]}
        return None if any(judged.tool_use in heard for judged in steps[-1].calls) else steps[-1]

    async def _close(self, step: Step) -> bool:
        completed = StepCompleted(at=self.session.now(), reply=self.id, token=self.token, step=step)
        if step.stop_reason == "refusal":
            await self._commit([completed, self._event(ReplyRefused)], close=True)
            return True
        if not step.tool_calls():
            goes_on = step.stop_reason == "pause_turn" and self._steps() + 1 < self.settings.max_steps
            if goes_on:
                await self._commit([completed])
                return False
            await self._commit([completed, self._settled(step)], close=True)
            return True
        reply = self.session.preview(completed)
        judgement = self._judge(reply, {})
        if judgement.needs is not None:
            await self._commit([completed])
            judgement = await self._judge_with_evidence()
            return await self._judged([], judgement, step)
        return await self._judged([completed], judgement, step)

    async def _judged(self, before: list[Event], judgement: Judgement, step: Step) -> bool:
        judged: list[Event] = [*before, self._event(StepJudged, calls=judgement.calls)]
        steps = self._steps() + len(before)
        if judgement.ended or step.stop_reason != "tool_use":
            await self._commit([*judged, self._settled(step)], close=True)
            return True
        if steps >= self.settings.max_steps:
            await self._commit([*judged, self._event(ReplySettled, note="bound")], close=True)
            return True
        await self._commit(judged)
        return False

    async def _judge_with_evidence(self) -> Judgement:
        evidence: dict[tuple[str, str], bool | None] = {}
        while True:
            judgement = self._judge(self.session.conversation.messages[self.id], evidence)
            if judgement.needs is None:
                return judgement
            tool_use, name = judgement.needs
            found = await fetch(name, tool_use, self.plan, self.session.conversation, self.id)
            evidence[judgement.needs] = found.favours
            await self._commit([self._event(EvidenceRecorded, **vars(found))])

    def _judge(self, reply: Message, evidence: dict[tuple[str, str], bool | None]) -> Judgement:
        settings = self.settings
        return judge(
            self.plan.policy, self.plan.mode, reply, settings.tools, settings.can_end, evidence, settings.effect
        )

    def _steps(self) -> int:
        message = self.session.conversation.find(self.id)
        return len(message.steps) if message is not None else 0

    def _settled(self, step: Step, heard: bool = True) -> ReplySettled:
        reply = self.session.conversation.messages[self.id]
        note = NOTES.get(step.stop_reason or "")
        if note is None and step.stop_reason not in WHOLE:
            note = f"stopped: {step.stop_reason}"
        said = any(b.get("type") == "text" and not is_blank(b.get("text")) for b in (*reply.blocks(), *step.blocks))
        return self._event(ReplySettled, note=note or (None if said or (heard and step.tool_calls()) else "empty"))

    def _cut(self, now: Conversation, kind: type[ReplyStopped], **more: object) -> Event:
        """How this reply comes to rest when it is cut; an ending that is judged already stands."""
        if now.messages[self.id].ending_call() is not None:
            return self._event(ReplySettled)
        return self._event(kind, partial=self._partial(), **more)

    def _broken(self, now: Conversation, error: ErrorFacts) -> Event:
        reply = now.messages[self.id]
        if reply.ending_call() is not None:
            return self._event(ReplySettled)
        partial = self._partial()
        if self._opened or self.draft.message_id or partial or reply.steps:
            return self._event(ReplyInterrupted, partial=partial, cut_by=error.code, error=error)
        return self._event(ReplyFailed, error=error)

    def _partial(self) -> tuple[Block, ...]:
        """What arrived of the step under way, but for blocks that no log can hold (nested a thousand deep)."""
        return tuple(block for block in self.draft.partial() if fits(block))

    async def _rest(self, build: Callable[[Conversation], Event]) -> None:
        """Bring a cut reply to rest, unless it is at rest already or was taken over."""
        while True:
            try:
                await self.session.commit(
                    lambda now: [build(now)] if now.messages[self.id].running else [],
                    lease=CloseLease(self.id, self.token),
                )
            except StoreBusy as error:  # nothing else can be done with it, so it may wait for as long as it takes
                self.session.tell(f"A reply waits to be stored: {error}")
                continue
            except NoSuchConversation:  # deleted: there is nowhere to keep it, but nobody must wait for it either
                self.session.adopt_in_memory(build(self.session.conversation))
            except (IllegalEvent, LeaseLost):
                await self.session.look()
            except ConvendError as error:
                self.session.tell(f"The end of a reply could not be stored: {error}")
            return

    async def _commit(self, events: list[Event], close: bool = False) -> None:
        """Store events of this reply. The same transaction renews its lease, and drops the checkpoint they replace."""
        lease = CloseLease(self.id, self.token) if close else Beat(self.id, self.token, self.session.now(), "")
        self._storing = True
        try:
            await self.session.commit(lambda now: events, lease=lease)
        finally:
            self._storing = False

    def _event(self, kind: Callable[..., E], **more: object) -> E:
        return kind(at=self.session.now(), reply=self.id, token=self.token, **more)

    def _tick(self) -> None:
        draft = self.draft
        if not self._opened and draft.message_id:
            self._opened = True
            self.session.adopt_in_memory(self._event(StepOpened))
        deltas = draft.drain()
        if deltas:
            self.session.streamed(self, deltas)
        silent = 0 if draft.waiting else int(self.silent)
        told = (draft.waiting is not None, silent if silent >= SILENT else 0)
        if told != self._told:
            self._told = told
            self.session.status_changed()

    def _checkpoint(self) -> None:
        """Keep what arrived, and keep the lease. A slow disk skips beats instead of queueing them."""
        if not self._storing and (self._beating is None or self._beating.done()):
            partial = json.dumps(self._partial(), ensure_ascii=True)
            beat = Beat(self.id, self.token, self.session.now(), partial)
            self._beating = asyncio.ensure_future(self.session.beat(beat, self))
