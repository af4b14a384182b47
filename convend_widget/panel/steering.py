"""A lesson as a browser steers it: the controls of one that is played on several seats, and what their buttons do.

Everything here runs on the owner's loop.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence

from ..errors import ConvendError, SettingsError
from ..session import Lesson
from . import wire
from .commands import Chunk, Hello, Order, Refused, Rehearse, Resync
from .promises import Promises
from .wire import Json

logger = logging.getLogger("convend_widget.panel")


async def steer(lesson: Lesson | None, order: Rehearse) -> None:
    """Do what a button of a lesson's controls asks for."""
    if lesson is None:
        raise SettingsError("No lesson is rehearsed here.", advice="Make one with Chat(scenario='calm').")
    if order.act == "reset":
        await lesson.reset()
    elif order.act == "pace":
        lesson.pace(order.speed)
    else:
        {"play": lesson.play, "pause": lesson.pause, "step": lesson.step}[order.act]()


class Controls:
    """One set of controls for a lesson on several seats: a listener of them all, and the doer of its buttons."""

    def __init__(
        self, lesson: Lesson, preferences: Mapping[str, str], send: Callable[[Json, list[bytes] | None], None]
    ) -> None:
        self.promises = Promises()
        self._lesson, self._preferences, self._send = lesson, preferences, send
        self._told: Json | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def open(self) -> None:
        """Begin to listen. Again: nothing more happens."""
        for part in self._lesson.parts:
            if self not in part.seat.listeners:
                part.seat.listeners.append(self)

    def close(self) -> None:
        """Listen no more. The lesson goes on."""
        for part in self._lesson.parts:
            if self in part.seat.listeners:
                part.seat.listeners.remove(self)

    # -- what the seats tell ---

    def changed(self, messages: Sequence[str]) -> None:
        self.status()

    def streamed(self, reply: str, deltas: object) -> None:
        """Text alone moves no lesson."""

    def status(self) -> None:
        self._tell(again=False)

    def moved(self) -> None:
        self.status()

    # -- what the browser asks ---

    def hear(self, heard: Order | Refused) -> None:
        """Do what a button asks for; whatever came of it, the browser hears how things stand."""
        if isinstance(heard, Chunk):
            self._send(*self.promises.serve(heard))
        elif isinstance(heard, (Hello, Resync)):
            self._tell(again=True)
        elif isinstance(heard, Rehearse):
            task = asyncio.ensure_future(self._do(heard))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        else:
            logger.warning("The controls of a lesson were sent something else; it was refused.")

    async def _do(self, order: Rehearse) -> None:
        try:
            await steer(self._lesson, order)
        except ConvendError as error:
            logger.warning("A lesson could not be steered: %s", error)
        self._tell(again=True)

    def _tell(self, again: bool) -> None:
        now = wire.beside_message(self._lesson, self._preferences)
        if again or now != self._told:
            self._told = now
            self._send(now, None)
