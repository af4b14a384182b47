"""Replies whose kernel has gone: they are brought to rest as partial, by whoever sees their lease lapse."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING

from ..conversation import Block, Conversation, ErrorFacts, Event, ReplyInterrupted, ReplySettled
from ..errors import IllegalEvent, LeaseLost
from ..store import Lease, TakeLease
from .identity import holder

if TYPE_CHECKING:
    from .session import Session

LEASE = 10.0  # seconds without a heartbeat after which a reply counts as abandoned
CUT_BY_KERNEL = ErrorFacts(
    "kernel",
    "The kernel that wrote this reply went away.",
    "Retry to get a whole reply.",
    who="machine",
    retryable=True,
)


def _host(name: str) -> str:
    """The host of a holder: two hosts may have clocks that are hours apart."""
    return name.rpartition(":")[0]


class Recovery:
    """Looks after the replies of one session that no reply of this kernel writes."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._beats: dict[str, tuple[float, float]] = {}  # reply -> its last beat, and when that was first seen here

    async def recover(self) -> None:
        """Bring to rest the running replies whose lease has lapsed; their last checkpoint is kept as partial."""
        session = self._session
        foreign = session.foreign
        if not foreign or session.gone:
            return
        held = await session.journal.ask(lambda store: store.leases(session.id))
        leases = {lease.reply: lease for lease in held}
        for message in foreign:
            lease = leases.get(message.id)
            if lease is None or self._lapsed(lease):
                await self._cut(message.id, message.token, lease)

    def _lapsed(self, lease: Lease) -> bool:
        """Whether a reply counts as abandoned: by the clock where it is this host's, else by watching it."""
        if _host(lease.holder) == _host(holder()) and self._session.now() - lease.beat > LEASE:
            return True
        beat, since = self._beats.get(lease.reply, (None, 0.0))
        if beat != lease.beat:
            self._beats[lease.reply] = (lease.beat, time.monotonic())
            return False
        return time.monotonic() - since > LEASE

    async def _cut(self, reply: str, token: str, lease: Lease | None) -> None:
        partial = checkpoint(lease.partial) if lease is not None else ()
        at = self._session.now()

        def build(now: Conversation) -> list[Event]:
            found = now.messages[reply]
            if not found.running:
                return []
            if found.ending_call() is not None:
                return [ReplySettled(at=at, reply=reply, token=token)]
            return [
                ReplyInterrupted(at=at, reply=reply, token=token, partial=partial, cut_by="kernel", error=CUT_BY_KERNEL)
            ]

        taken = TakeLease(reply, lease.token, lease.beat) if lease is not None else None
        try:
            await self._session.commit(build, lease=taken)
        except (LeaseLost, IllegalEvent):
            await asyncio.sleep(0)  # its kernel is alive after all, or somebody else recovered it: look again later
        finally:
            self._beats.pop(reply, None)


def checkpoint(text: str) -> tuple[Block, ...]:
    """What a kernel had kept of its running step. Nothing, where it cannot be read: then only that is lost."""
    try:
        blocks = json.loads(text or "[]")
    except (ValueError, RecursionError):
        return ()
    return tuple(block for block in blocks if isinstance(block, dict)) if isinstance(blocks, list) else ()
