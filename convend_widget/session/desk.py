"""The open sessions of this process, and the eye on what other kernels store."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

from ..conversation import Conversation, Event
from ..errors import ConvendError, NoSuchConversation, SettingsError
from ..owner import Thread
from ..store import Store, open_store
from ..store.opening import MEMORY, VARIABLE
from .identity import new_id
from .journal import Journal
from .lineage import folded, lineage
from .session import Session

logger = logging.getLogger("convend_widget.session")
LOOK = 0.5  # seconds between looks at whether another kernel stored something


class Desk:
    """One store with its open sessions. Lives on the owner's loop; a session is closed when nobody holds it."""

    def __init__(self, journal: Journal, where: str | Path | None = None) -> None:
        self.journal, self.where = journal, where
        self.sessions: WeakValueDictionary[str, Session] = WeakValueDictionary()
        self._seen: int | None = None
        self._watching: asyncio.Task[None] | None = None

    def fresh(self) -> Session:
        """A new conversation. Nothing is stored before the first message."""
        return self._seat(Session(new_id("c"), self.journal))

    def going_on(
        self, beginning: Conversation, *, study: dict[str, Any] | None = None, run: int | None = None
    ) -> Session:
        """A new conversation that goes on from another one (see ``conversation/fork.py``). Lists leave it out."""
        session = Session(beginning.id, self.journal)
        session.conversation, session.hidden, session.study, session.run = beginning, True, study, run
        return self._seat(session)

    async def take_in(self, conversation: str, events: Sequence[Event], *, hidden: bool = False) -> Session:
        """A conversation from events that come from elsewhere, under an id that is new here. All or nothing.

        ``hidden``: lists leave it out.
        """
        session = self._seat(Session(conversation, self.journal))
        session.hidden = hidden
        await session.commit(lambda now: list(events))
        return session

    async def open(self, conversation: str) -> Session:
        """A stored conversation, as it is now. Raises ``NoSuchConversation``."""
        session = self.sessions.get(conversation)
        if session is None:
            lines = await self.journal.ask(lambda store: lineage(store, conversation))
            session = self.sessions.get(conversation)  # there is one session of each: somebody was quicker?
        if session is None:
            session = Session(conversation, self.journal)
            session.conversation, start = folded(lines), lines[-1].start
            session.hidden, session.study, session.run = start.fork is not None, start.study, start.run
            self._seat(session)
        await session.refresh()
        if session.gone:
            raise NoSuchConversation(f"Conversation {conversation} was deleted.")
        return session

    async def read(self, conversation: str) -> Conversation:
        """A stored conversation as it is now, without a session. Raises ``NoSuchConversation``."""
        return await self.journal.ask(lambda store: folded(lineage(store, conversation)))

    async def delete(self, conversation: str) -> None:
        """Remove a conversation's content; what runs in it is stopped before. Raises ``NoSuchConversation``."""
        session = self.sessions.get(conversation)
        if session is not None:
            await session.close("deleted")
        await self.journal.ask(lambda store: store.delete(conversation))
        if session is not None:
            await session.look()  # it tells its chats

    def _seat(self, session: Session) -> Session:
        self.sessions[session.id] = session
        if self._watching is None or self._watching.done():
            self._watching = asyncio.ensure_future(self._watch())
        return session

    async def _watch(self) -> None:
        """Refresh open sessions when another connection committed, or while another kernel writes a reply."""
        while len(self.sessions):
            await asyncio.sleep(LOOK)
            try:
                await self._look()
            except Exception:  # a look that fails must not be the last one
                logger.exception("Looking at what other kernels stored failed")

    async def _look(self) -> None:
        try:
            version = await self.journal.ask(lambda store: store.data_version())
        except ConvendError as error:
            for session in list(self.sessions.values()):
                session.tell(f"Changes of other kernels cannot be seen at the moment: {error}")
            return
        moved, self._seen = version != self._seen, version
        for session in list(self.sessions.values()):
            if moved or session.foreign:
                await session.look()


_desks: dict[str, asyncio.Task[Desk]] = {}
_pid = os.getpid()


async def desk(where: str | Path | None) -> Desk:
    """The desk of one store (a path, ``":memory:"``, or None for the person's own); opened at first use.

    ``":memory:"`` is one store a process, so that chats made with it see one another.
    """
    global _pid
    if _pid != os.getpid():  # after a fork: the parent's loop and threads are not ours, but what it stored is
        _pid = os.getpid()
        for key, opened in list(_desks.items()):
            del _desks[key]
            if opened.done() and not opened.cancelled() and opened.exception() is None:
                _desks[key] = asyncio.ensure_future(_anew(opened.result()))
    key = _key(where)
    if key not in _desks:
        _desks[key] = asyncio.ensure_future(_open(where))
    opening = _desks[key]
    try:
        return await asyncio.shield(opening)
    finally:
        if opening.done() and (opening.cancelled() or opening.exception() is not None):
            _desks.pop(key, None)  # whatever was the matter may be mended by the next time


def _key(where: str | Path | None) -> str:
    """The same for each way to write one path, also from another working directory."""
    if where is not None and not isinstance(where, (str, os.PathLike)):
        raise SettingsError(
            f"store must be a path, not {type(where).__name__}.", advice="Leave it out for your own store."
        )
    asked = where if where is not None else os.environ.get(VARIABLE) or ""
    return str(asked) if str(asked) in ("", MEMORY) else os.path.abspath(os.path.expanduser(asked))


async def _open(where: str | Path | None) -> Desk:
    disk = Thread("convend-disk")
    store: Store = await disk.run(lambda: open_store(where))
    return Desk(Journal(store, disk), where)


async def _anew(parents: Desk) -> Desk:
    return Desk(Journal(parents.journal.store), parents.where)
