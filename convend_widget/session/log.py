"""A conversation kept in step with its store: events through the law and the journal, changes out to who listens.

A change is adopted only after it is stored; listeners hear of it only then. Where another kernel wrote first, its
events are read, and one's own are built again on top of them or refused by the law: two kernels cannot break it.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from ..conversation import Conversation, ConversationStarted, Event, Message, ReplyRequested, apply
from ..conversation.codec import SCHEMA, decode, encode
from ..conversation.tree import empty
from ..errors import IllegalEvent, NoSuchConversation, StaleSequence, StoreError
from ..store import Append, Facts, LeaseChange, Notice
from .journal import Journal
from .listening import Listener, tell_each

logger = logging.getLogger("convend_widget.session")
REBASES = 50  # tries to get past other writers before giving up
DELETED = "This conversation was deleted. What is shown here is kept nowhere; start a new chat to go on."


class Log:
    """The events of one conversation, as far as this process knows them. Lives on the owner's loop."""

    def __init__(self, conversation: str, journal: Journal) -> None:
        self.conversation: Conversation = empty(conversation)
        self.journal = journal
        self.listeners: list[Listener] = []
        self.hidden = False
        self.origin: dict[str, str] | None = None
        self.study: dict[str, Any] | None = None  # for the trunk of a study: what was asked for
        self.run: int | None = None  # for a run of one: its number
        self.told: list[Notice] = []
        self.gone = False  # deleted, here or by another kernel
        self._turnstile = asyncio.Lock()

    @property
    def id(self) -> str:
        return self.conversation.id

    @staticmethod
    def now() -> float:
        """Unix seconds, for the record only: order is by sequence."""
        return time.time()

    async def commit(
        self, build: Callable[[Conversation], list[Event]], lease: LeaseChange | None = None
    ) -> Conversation:
        """Build events on the newest state, apply them, store them, adopt the result, tell listeners.

        Raises ``IllegalEvent`` (nothing happened) or ``StoreError`` (nothing was stored). Cancelled while it waits for
        its turn, nothing happened; later it goes through to its end all the same, since what is stored must be adopted.
        """
        async with self._turnstile:
            work = asyncio.ensure_future(self._commit(build, lease))
            try:
                return await asyncio.shield(work)
            except asyncio.CancelledError:
                while not work.done():
                    with suppress(asyncio.CancelledError):
                        await asyncio.wait([work])
                if not work.cancelled() and work.exception() is not None:
                    logger.debug("A commit whose caller was cancelled failed: %s", work.exception())
                raise

    async def _commit(self, build: Callable[[Conversation], list[Event]], lease: LeaseChange | None) -> Conversation:
        for _ in range(REBASES):
            events = build(self.conversation)
            if not events:
                return self.conversation
            before = self.conversation
            if self.study is not None and before.seq:
                raise self._is_a_trunk()
            if before.seq == 0 and not isinstance(events[0], ConversationStarted):
                events = [self.start(), *events]
            after = apply(before, *events)
            try:
                await self.journal.append(self._unit(events, after, lease))
            except StaleSequence:
                await self._catch_up()
                continue
            except NoSuchConversation:
                self.mark_gone()
                raise
            if self.conversation is not before:  # a step opened meanwhile, in memory
                after = apply(self.conversation, *events)
            self._adopt(after, events)
            return after
        raise StoreError("Other kernels write to this conversation faster than this one can.")

    def _is_a_trunk(self) -> IllegalEvent:
        """All runs of a study go on from its trunk as it was when the study began, so nothing may change there."""
        return IllegalEvent(
            "This is where the runs of a study begin; nothing can be written or kept here.",
            conversation=self.id,
            message=self.conversation.newest,
            state="the trunk of a study",
            ways=(
                f"look at its runs with convend_widget.open_study({self.id!r})",
                "open one of them with convend_widget.open(run.conversation)",
                "go on with the chat that it was made from",
            ),
        )

    def start(self) -> ConversationStarted:
        """The first event."""
        return ConversationStarted(
            at=self.now(),
            conversation=self.id,
            schema=SCHEMA,
            origin=self.origin,
            fork=self.conversation.fork,
            study=self.study,
            run=self.run,
        )

    def _unit(self, events: list[Event], after: Conversation, lease: LeaseChange | None) -> Append:
        stored = tuple((e.kind, encode(e), e.at) for e in events if e.durable)
        return Append(self.id, self.conversation.seq, stored, lease, summary=self._summary(after))

    def _summary(self, now: Conversation) -> Facts:
        head = now.find(now.head or "")
        first = next(iter(now.messages.values()), None)
        settings = now.settings[head.settings] if head is not None and head.settings else None
        summary: Facts = {"ended": head is not None and head.ended, "hidden": self.hidden}
        if first is not None:
            summary["title"] = " ".join((now.label(first.id) or first.text).split())[:80]
        if settings is not None:
            summary["model"] = settings.model
        return summary

    def _adopt(self, after: Conversation, events: Sequence[Event]) -> None:
        self.conversation = after
        touched = list(OrderedDict.fromkeys(m for e in events if (m := touches(e)) is not None))
        tell_each(self.listeners, lambda listener: listener.changed(touched))

    def preview(self, event: Event) -> Message:
        """The reply as it would be after ``event``; nothing is adopted."""
        return apply(self.conversation, event).messages[touches(event) or ""]

    def adopt_in_memory(self, event: Event) -> None:
        """Adopt an event that is not stored. One that is illegal by now is late, and means nothing."""
        try:
            after = apply(self.conversation, event)
        except IllegalEvent:
            return
        self._adopt(after, [event])

    async def catch_up(self) -> None:
        """Read what other kernels stored."""
        async with self._turnstile:
            await self._catch_up()

    async def _catch_up(self) -> None:
        seen = self.conversation.seq
        if self.gone:
            return
        try:
            records = await self.journal.ask(lambda store: store.read(self.id, seen))
        except NoSuchConversation:
            if seen:
                self.mark_gone()
            return
        if records:
            events = [decode(r.kind, r.body, r.at) for r in records]
            self._adopt(apply(self.conversation, *events), events)

    def mark_gone(self) -> None:
        """Whoever still shows this conversation is told that it was deleted."""
        self.gone = True
        self.tell(DELETED, code="deleted")

    def status_changed(self) -> None:
        tell_each(self.listeners, lambda listener: listener.status())

    def tell(self, notice: str, code: str = "trouble") -> None:
        """A lasting notice for the person, once."""
        told = Notice(code, notice)
        if told not in self.told:
            self.told.append(told)
            self.status_changed()

    @property
    def notices(self) -> list[Notice]:
        return [*self.journal.notices, *self.told]


def touches(event: Event) -> str | None:
    """The message that an event makes or changes."""
    if isinstance(event, ReplyRequested):
        return event.reply
    return getattr(event, "reply", None) or getattr(event, "message", None)
