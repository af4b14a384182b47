"""What JupyterLab's sidebar asks of a kernel: the conversations of its store, found, renamed and archived.

The store belongs to the kernel: to its machine, its user and its settings. So a kernel tells, over a comm of its own,
and no server has a part in it: there is no route to be guarded, and nothing to install beside JupyterLab. The name of a
conversation is the label of its first message, and it is archived when all its first messages are: both are events of
the law, as in the panel.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from ..conversation import Conversation
from ..errors import ConvendError
from ..markup import one_line, sound
from ..owner import owner
from ..session import Desk, desk
from ..store import Lease, Store, Summary
from .commands import Name
from .wire import Json

logger = logging.getLogger("convend_widget.panel")
TARGET = "convend.shelf"
VERSION = 1
MOST = 200  # conversations that are told, those last written to first
LOOK = 1.0  # seconds between looks at whether something has changed
LONGEST_TEXT = 20_000  # characters of a conversation that are searched
BY = "panel"


class _Ask(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class List(_Ask):
    """Tell the conversations that hold these words, now and whenever they change. Empty: all."""

    do: Literal["list"]
    find: Annotated[str, Field(max_length=200)]


class Rename(_Ask):
    """An empty name brings back the first words."""

    do: Literal["rename"]
    conversation: Name
    title: Annotated[str, Field(max_length=80)]


class Put(_Ask):
    """Put a conversation out of sight, or back."""

    do: Literal["archive"]
    conversation: Name
    archived: bool


_asked: TypeAdapter[List | Rename | Put] = TypeAdapter(
    Annotated[Union[List, Rename, Put], Field(discriminator="do")]  # noqa: UP007 - read at run time, by 3.10 too
)


@dataclass(frozen=True, slots=True)
class _Known:
    """What was read of a conversation when it had this many events."""

    events: int
    title: str
    state: str
    archived: bool
    text: str


class Shelf:
    """One sidebar's view of a store. Everything here runs on the owner's loop."""

    def __init__(self, send: Callable[[Json], None], at: Desk | None = None) -> None:
        self._send, self._at = send, at
        self._find: str | None = None  # None: nobody has asked yet
        self._known: dict[str, _Known] = {}
        self._told: Json | None = None
        self._version: int | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def open(self) -> None:
        """Begin to look whether something has changed."""
        self._start(self._watch())

    def close(self) -> None:
        """Tell no more."""
        for task in self._tasks:
            task.cancel()

    def hear(self, data: object) -> None:
        """Do what a browser asks. Anything else is refused and logged; nothing that it sends ever raises."""
        try:
            asked = _asked.validate_python(data)
        except ValidationError:
            logger.warning("The sidebar asked for something that does not exist; it was refused.")
            return
        self._start(self._carry_out(asked))

    async def _desk(self) -> Desk:
        return self._at or await desk(None)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _carry_out(self, asked: List | Rename | Put) -> None:
        try:
            if isinstance(asked, List):
                self._find, self._told = asked.find, None
            else:
                await self._change(asked)
            await self._tell()
        except ConvendError as error:
            self._send({"t": "refused", "what": sound(error.what), "advice": sound(error.advice)})
        except Exception:  # whoever pressed the button must hear of any defect
            logger.exception("The sidebar could not be answered.")
            self._send({"t": "refused", "what": "convend_widget failed.", "advice": "Please report this."})

    async def _change(self, asked: Rename | Put) -> None:
        session = await (await self._desk()).open(asked.conversation)
        roots = session.conversation.children(None)
        if isinstance(asked, Rename) and roots:
            await session.mark(roots[0].id, BY, label=asked.title)
        elif isinstance(asked, Put):
            for root in roots:
                await session.archive(root.id, asked.archived, BY)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(LOOK)
            try:
                if self._find is not None:
                    await self._tell()
            except ConvendError as error:
                logger.debug("The sidebar's list could not be brought up to date: %s", error)

    async def _tell(self) -> None:
        told = await self.listing()
        if told != self._told:
            self._told = told
            self._send(told)

    async def listing(self) -> Json:
        """The conversations that are looked for, those last written to first."""
        journal = (await self._desk()).journal
        words = (self._find or "").casefold().split()

        def look(store: Store) -> tuple[list[Summary], list[Lease]]:
            return store.conversations(limit=MOST + 1), store.leases()

        summaries, leases = await journal.ask(look)
        replying = {lease.conversation for lease in leases}
        chats = []
        for summary in summaries[:MOST]:
            known = await self._look_into(summary)
            if all(word in known.text for word in words):
                chats.append(_told(summary, known, summary.conversation in replying))
        return {"t": "shelf", "version": VERSION, "find": self._find, "more": len(summaries) > MOST, "chats": chats}

    async def _look_into(self, summary: Summary) -> _Known:
        known = self._known.get(summary.conversation)
        if known is None or known.events != summary.events:
            conversation = await (await self._desk()).read(summary.conversation)
            known = self._known[summary.conversation] = _known(summary, conversation)
        return known


def _known(summary: Summary, conversation: Conversation) -> _Known:
    roots = conversation.children(None)
    label = conversation.label(roots[0].id) if roots else ""
    title = one_line(label or summary.title)
    leaf = conversation.find(conversation.leaf(conversation.head) or "")
    standing = leaf.tip.value if leaf is not None else "open"
    state = {"ended": "ended", "warned": "warned", "confirming": "warned"}.get(standing, "open")
    archived = bool(roots) and all(conversation.is_archived(root.id) for root in roots)
    text = "\n".join([title, *(message.text for message in conversation.messages.values())])
    return _Known(summary.events, title, state, archived, text[:LONGEST_TEXT].casefold())


def _told(summary: Summary, known: _Known, replying: bool) -> Json:
    return {
        "conversation": summary.conversation,
        "title": known.title,
        "changed": summary.changed,
        "state": "replying" if replying else known.state,
        "archived": known.archived,
        "model": sound(summary.model),
    }


# -- the comm ---


def offer() -> None:
    """Let JupyterLab's sidebar ask this kernel. Again, or where there is no kernel: nothing happens."""
    from comm import get_comm_manager

    get_comm_manager().register_target(TARGET, _opened)


def _opened(comm: Any, message: object) -> None:
    context = contextvars.copy_context()

    def send(told: Json) -> None:
        try:
            context.copy().run(comm.send, told)
        except Exception as error:  # noqa: BLE001 - the comm may be closed; the sidebar asks again
            logger.debug("A message did not reach the sidebar: %s", type(error).__name__)
        getattr(comm, "__dict__", {}).pop("_reply_subshell_id", None)  # as in widget.py

    shelf = Shelf(send)

    def hear(heard: Any) -> None:
        data = heard.get("content", {}).get("data") if isinstance(heard, dict) else None
        owner().call(lambda: shelf.hear(data))

    comm.on_msg(hear)
    comm.on_close(lambda _: owner().call(shelf.close))
    owner().call(shelf.open)
