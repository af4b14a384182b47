"""One panel's side of a seat: hears what the conversation does, tells the browser, does what the browser asks.

Everything here runs on the owner's loop. It knows nothing of widgets: ``send`` takes what goes to the browser, and
``project`` the few values that notebooks may observe. Any number of views may hear one panel.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, ParamSpec

from ..errors import ConvendError, SettingsError
from ..model.draft import Delta
from ..owner import aside
from ..session import Seat
from . import pages, wire
from .commands import (
    Archive,
    Asked,
    Chunk,
    Confirm,
    Edit,
    Feedback,
    Hello,
    Inspect,
    Mark,
    New,
    Order,
    Page,
    Refused,
    Rehearse,
    Resync,
    Retry,
    Send,
    Stop,
)
from .growing import Growing
from .inspection import in_parts, seen_view
from .outbox import Outbox
from .promises import Promises
from .spending import Spending
from .steering import steer
from .wire import Json

logger = logging.getLogger("convend_widget.panel")
P = ParamSpec("P")
REMEMBERED = 1024  # commands whose answer is remembered, so that the same one again does nothing twice
BY = "panel"


def _safely(method: Callable[P, None]) -> Callable[P, None]:
    """A panel that fails must not hold up the conversation that it shows."""

    @functools.wraps(method)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            method(*args, **kwargs)
        except Exception:  # whatever it is, it is this panel's alone; the browser can ask again
            logger.exception("The panel could not be brought up to date.")

    return guarded


class Panel:
    """A listener of a seat with an outbox, and the doer of a browser's commands."""

    def __init__(
        self,
        seat: Seat,
        preferences: Mapping[str, str],
        send: Callable[[Json, list[bytes] | None], None],
        project: Callable[[Json], None] = lambda values: None,
    ) -> None:
        self.seat, self.preferences = seat, preferences
        self._send, self._project = send, project
        self.promises = Promises()
        self._outbox = Outbox(lambda message: send(message, None))
        self._growing: dict[str, Growing] = {}  # every running reply of this conversation
        self._spending = Spending()
        self._told: Json = {}
        self._replayed: int | None = None
        self._answers: OrderedDict[str, Json | None] = OrderedDict()  # None while the command is being done
        self._asking: dict[str, bool] = {}  # commands that will bring a reply, and whether Stop came meanwhile
        self._tasks: set[asyncio.Task[None]] = set()
        self._inspecting: set[str] = set()  # commands that are being answered in parts

    def open(self) -> None:
        """Begin to listen. Again: nothing more happens."""
        if self not in self.seat.listeners:
            self._look_around()
            self.seat.listeners.append(self)
            self._project(values_of(self.seat))

    def close(self) -> None:
        """Listen no more. Replies that run go on."""
        if self in self.seat.listeners:
            self.seat.listeners.remove(self)

    def play(self, tip: str, speed: int) -> None:
        """Have every view show a stored branch again. The browser does it by itself, from what it was told."""
        self._send(wire.play_message(self.seat.conversation.id, tip, speed), None)

    # -- what the seat tells ---

    @_safely
    def changed(self, messages: Sequence[str]) -> None:
        self._spending.look_at(self.seat.conversation, messages)
        rows = [self._row(message) for message in messages if self.seat.conversation.find(message) is not None]
        for part in wire.in_parts(rows):
            self._outbox.post(wire.rows_message(part), sum(map(wire.json_size, part)))
        self.status()

    @_safely
    def streamed(self, reply: str, deltas: list[Delta]) -> None:
        growing = self._growing.get(reply)
        if growing is None:
            return  # at rest by now: its row holds all of it
        joined = growing.add(deltas)
        if joined:
            self._outbox.post(wire.delta_message(reply, joined), sum(len(text) + 20 for _, _, text in joined))

    @_safely
    def status(self) -> None:
        chat = self._chat()
        if chat != self._told:
            self._tell(chat)
            self._project(values_of(self.seat))

    @_safely
    def moved(self) -> None:
        self._look_around()
        self._snapshot()
        self._project(values_of(self.seat))

    # -- what the browser asks ---

    @_safely
    def hear(self, heard: Order | Refused) -> None:
        """Do a command, once; answer it, however often it comes."""
        if isinstance(heard, Refused):
            if heard.c is not None:
                self._send(wire.answer(heard.c, error=wire.error_view(heard.error)), None)
        elif isinstance(heard, Chunk):
            self._send(*self.promises.serve(heard))
        elif isinstance(heard, Inspect):
            self._begin_to_show(heard)
        elif isinstance(heard, (Hello, Resync)):
            self._catch_up(heard.have)
            self._send(wire.answer(heard.c), None)
            if isinstance(heard, Hello):
                self._start(self._get_ready())
        elif isinstance(heard, Page):
            self._send_page(heard)
        elif heard.c in self._answers:
            known = self._answers[heard.c]
            if known is not None:
                self._send(known, None)
        elif heard.conversation != self.seat.conversation.id:
            logger.warning("A command for another conversation was refused: %s", heard.do)
            moved = SettingsError("This panel is at another conversation now.", advice="Look at it and try again.")
            self._answer(heard.c, wire.answer(heard.c, error=wire.error_view(moved)))
        else:
            self._begin(heard)

    async def _get_ready(self) -> None:
        """Have the client ready while a person reads and writes, so that the first reply need not wait for it."""
        with contextlib.suppress(Exception):  # a reply will meet it too, and say what to do
            await self.seat.plan.warm()

    def _begin(self, order: Order) -> None:
        self._answers[order.c] = None
        if isinstance(order, Stop):
            self._asking = dict.fromkeys(self._asking, True)
            self.seat.stop(BY)
            self._answer(order.c, wire.answer(order.c))
            return
        if isinstance(order, (Send, Edit, Retry, Confirm)):
            self._asking[order.c] = False
        self._start(self._carry_out(order))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _carry_out(self, order: Order) -> None:
        try:
            answer = wire.answer(order.c, message=await self._do(order))
        except Exception as error:  # noqa: BLE001 - whatever it is, whoever pressed the button must hear of it
            answer = _refusal(order, error)
        self._answer(order.c, answer)

    def _begin_to_show(self, order: Inspect) -> None:
        """Nothing is remembered of it: it changes nothing, so the same again does no harm, and may fill a hole."""
        if order.c not in self._inspecting:
            self._inspecting.add(order.c)
            self._start(self._show(order))

    async def _show(self, order: Inspect) -> None:
        """Send what the model saw, in parts, and then the answer."""
        conversation = self.seat.conversation
        try:
            if conversation.find(order.message) is None or order.conversation != conversation.id:
                raise SettingsError("This message is not here any more.", advice="Look at the chat and try again.")
            parts = await aside(lambda: in_parts(seen_view(conversation, order.message, order.call)))
            for number, text in enumerate(parts, 1):
                self._send(wire.seen_message(order.c, number, len(parts), text), None)
                await asyncio.sleep(0)  # what streams meanwhile goes between
            self._send(wire.answer(order.c), None)
        except Exception as error:  # noqa: BLE001 - whatever it is, whoever pressed the button must hear of it
            self._send(_refusal(order, error), None)
        finally:
            self._inspecting.discard(order.c)

    async def _do(self, order: Order) -> str | None:
        if isinstance(order, New):
            await self.seat.new()
        elif isinstance(order, Feedback):
            await self.seat.session.give_feedback(order.message, order.thumb, order.words, BY)
        elif isinstance(order, Mark):
            await self.seat.session.mark(order.message, BY, label=order.label, starred=order.starred)
        elif isinstance(order, Archive):
            await self.seat.session.archive(order.message, order.archived, BY)
        elif isinstance(order, Rehearse):
            await steer(self.seat.lesson, order)
        elif isinstance(order, (Send, Edit, Retry, Confirm)):
            return await self._ask(order)
        return None

    async def _ask(self, order: Asked) -> str:
        """Ask for a reply; returns its id. A Stop that comes before there is one stops it as soon as it begins."""
        session = self.seat.session
        try:
            reply = await self._request(order)
        finally:
            stopped = self._asking.pop(order.c)
        if stopped:
            session.stop(BY, reply)
        return reply

    async def _request(self, order: Asked) -> str:
        seat = self.seat
        if isinstance(order, Send):
            return await seat.send(order.text, by=BY, parent=order.parent, at_head=False, command=order.c)
        if isinstance(order, Edit):
            return await seat.edit(order.message, order.text, by=BY, command=order.c)
        if isinstance(order, Retry):
            return await seat.retry(order.message, by=BY, command=order.c)
        return await seat.confirm(order.yes, by=BY, parent=order.parent, at_head=False, command=order.c)

    def _answer(self, command: str, answer: Json) -> None:
        self._answers[command] = answer
        while len(self._answers) > REMEMBERED:
            self._answers.popitem(last=False)
        self._send(answer, None)

    # -- telling ---

    def _catch_up(self, have: int | None) -> None:
        """Tell again what came after number ``have``, if it is kept.

        Whoever asks for the same a second time could do nothing with it, and gets everything.
        """
        again = None if have is None or have == self._replayed else self._outbox.again(have)
        self._replayed = have if again is not None else None
        if again is None:
            self._snapshot()
        elif again == 0:
            self._tell(self._chat())  # a sign of life

    def _snapshot(self) -> None:
        self._told = self._chat()
        rows, below = pages.first(self.seat.conversation, self.seat.head, self._row)
        self._outbox.post_whole(wire.snapshot(self._told, rows, below))

    def _send_page(self, order: Page) -> None:
        conversation = self.seat.conversation
        if order.conversation != conversation.id:
            return  # its snapshot is no longer of interest to anybody
        rows, after = pages.page(conversation, order.below, self._row)
        self._send(wire.page(conversation.id, order.below, rows, after), None)

    def _tell(self, chat: Json) -> None:
        self._told = chat
        self._outbox.post(wire.chat_message(chat), wire.json_size(chat))

    def _chat(self) -> Json:
        tip = self.seat.tip
        running = tip.id if tip is not None and tip.running else next(iter(self._growing), None)
        return wire.chat_view(self.seat, self.preferences, running, self._spending.so_far(self.seat.conversation))

    def _row(self, message: str) -> Json:
        conversation = self.seat.conversation
        found = conversation.messages[message]
        if not found.running:
            self._growing.pop(message, None)
            return wire.row(conversation, found)
        growing = self._growing.get(message)
        if growing is None or growing.steps != len(found.steps):  # what streamed is the step's by now
            growing = self._growing[message] = Growing(found)
        return wire.row(conversation, found, growing.blocks())

    def _look_around(self) -> None:
        """Take up replies that run already, at exactly the text that the next delta goes on from."""
        self._growing, self._spending = {}, Spending()
        session = self.seat.session
        self._spending.look_at(session.conversation, session.conversation.messages)
        for reply in session.replies.values():
            drained = reply.draft.drain()
            if drained:
                session.streamed(reply, drained)  # to those who listen already
        for message in session.conversation.running:
            own = session.replies.get(message.id)
            self._growing[message.id] = Growing(message, own.draft.so_far() if own is not None else ())


def _refusal(order: Order, error: Exception) -> Json:
    """The answer to a command that failed. Whoever pressed the button must hear of any defect."""
    if isinstance(error, ConvendError):
        return wire.answer(order.c, error=wire.error_view(error))
    logger.error("A command of a browser failed: %s", order.do, exc_info=error)
    defect = ConvendError(f"convend_widget failed: {type(error).__name__}.", advice="Please report this.")
    return wire.answer(order.c, error={**wire.error_view(defect), "code": "defect", "who": "us"})


def values_of(seat: Seat) -> Json:
    """What notebooks may observe of a chat."""
    status = seat.status_now()
    return {
        "conversation": seat.conversation.id,
        "head": seat.head,
        "status": status.name,
        "ended": status.name == "ended",
        "busy": status.busy,
        "model": seat.plan.model,
    }
