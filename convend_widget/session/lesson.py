"""A rehearsed lesson on a seat: its turns are sent one after another, by themselves or step by step, at some speed.

Where it stands is read from the branch and kept nowhere. A script answers the person's n-th message, so which turns are
over is known by the person's messages there; a new conversation, another branch or another kernel moves the place by
itself.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from ..conversation import Message, Turn
from ..errors import ConvendError, SettingsError
from ..model.client import Paced

if TYPE_CHECKING:
    from ..model.rehearsal.script import Scenario
    from ..model.rehearsal.script import Turn as Line
    from .seat import Seat

logger = logging.getLogger("convend_widget.session")
SPEEDS = (1, 2, 4, 8)
BREATH = 1.2  # seconds between two turns at single speed, to take in what was said
BY = "scenario"


class Lesson:
    """Plays a scenario on a seat, at the pace of the rehearsal that answers there."""

    def __init__(self, seat: Seat, scenario: Scenario) -> None:
        self._seat, self._scenario = seat, scenario
        client = seat.plan.client
        self._speaker = client if isinstance(client, Paced) else None
        self._breath = BREATH if self._speaker is None or self._speaker.pause > 0 else 0.0
        self._task: asyncio.Task[None] | None = None
        self._performing = False
        self._once = False  # one turn more is wanted, whether it plays or not
        self._pressed = asyncio.Event()
        self.playing = False
        self.speed = 1

    @property
    def title(self) -> str:
        return self._scenario.title

    @property
    def at(self) -> int:
        """How many turns are over or under way."""
        return self._scenario.standing([message.text for message in self._said])

    @property
    def of(self) -> int:
        return len(self._scenario.turns)

    @property
    def over(self) -> bool:
        """Whether no turn is left or none can follow, and the last reply is at rest."""
        tip = self._seat.tip
        return self._next is None and not (tip is not None and tip.running)

    @property
    def _said(self) -> list[Message]:
        """The person's messages on the branch, from the first."""
        return [message for message in self._seat.conversation.branch(self._seat.head) if message.role == "user"]

    @property
    def _next(self) -> int | None:
        """The turn that comes next, as an index from 0."""
        return next(filter(self._follows, range(self.at, self.of)), None)

    def _follows(self, at: int) -> bool:
        """Whether a turn can be sent as things are: below an ending only one that edits what was said before."""
        tip = self._seat.tip
        return self._edited(at) is not None if self._line(at).edit else not (tip is not None and tip.ended)

    def _line(self, at: int) -> Line:
        return self._scenario.turns[at]

    def _edited(self, at: int) -> Message | None:
        """The message whose words an editing turn takes the place of. It is not there where the talk ended early."""
        place = self._scenario.place(at)
        return next(iter(self._said[place - 1 : place]), None)

    # -- the controls of the panel ---

    def play(self) -> None:
        """Go on from where it stands, turn by turn, until it is over or paused."""
        if not self.over:
            self._say(playing=True)
            self._begin()

    def pause(self) -> None:
        """Send no further turn. A reply that is being written goes on to its end."""
        self._once = False
        self._say(playing=False)
        self._pressed.set()

    def step(self) -> None:
        """Send the next turn, and no more. Does nothing while a reply is being written."""
        self.pause()
        if not self._seat.status_now().busy and not self.over:
            self._once = True
            self._begin()

    def pace(self, speed: int) -> None:
        """Set the speed: 1, 2, 4 or 8. It holds from the next word on."""
        if speed not in SPEEDS:
            raise SettingsError(f"The speed cannot be {speed!r}.", advice="Use 1, 2, 4 or 8.")
        if self._speaker is not None:
            self._speaker.hurry(speed)
        self._say(speed=speed)

    async def reset(self) -> None:
        """Begin anew in a new conversation. The one before stays as it is."""
        self.pause()
        await self._seat.new()

    # -- playing ---

    async def perform(self, heard: Callable[[int, list[Message]], object] | None = None) -> list[Message]:
        """Send every turn from the first, without a pause between them; returns the replies.

        Goes on from an ending only with a turn that edits an earlier one. Stops where a reply is stopped, and where
        the panel says pause. ``heard`` is told the index of each turn that was played, and its replies.
        """
        if self._performing or self._under_way:
            raise SettingsError("The lesson is being played already.", advice="Pause it in the panel first.")
        session, replies = self._seat.session, list[Message]()
        self._performing = True
        self._say(playing=True)
        try:
            for at in range(self.of):
                if at and not self._follows(at):  # the first raises where it cannot be sent
                    continue
                new = await self._turn(at)
                replies += new
                if heard is not None:
                    heard(at, new)
                if replies[-1].state is Turn.STOPPED or not self.playing or self._seat.session is not session:
                    break
        finally:
            self._performing = False
            self.pause()
        return replies

    @property
    def _under_way(self) -> bool:
        return self._task is not None and not self._task.done()

    def _begin(self) -> None:
        self._pressed.set()
        if not self._performing and not self._under_way:
            self._task = asyncio.ensure_future(self._go())

    async def _go(self) -> None:
        session = self._seat.session
        try:
            await self._rest()
            while (at := self._next) is not None and (self._once or self.playing) and self._seat.session is session:
                self._once = False
                [*_, last] = await self._turn(at)
                if last.state is Turn.STOPPED:
                    break
                if self.playing:
                    await self._breathe()
        except ConvendError as error:  # somebody else was quicker, or the store failed: the panel shows what is there
            logger.warning("A lesson stopped: %s", error)
        finally:
            self.pause()

    async def _turn(self, at: int) -> list[Message]:
        """One turn of the script: what the person says, the reply, and what the script asks for after it."""
        line, replies = self._line(at), [await self._settled(await self._sent(at))]
        if line.retry:
            replies.append(await self._settled(await self._seat.retry(replies[0].id, by=BY)))
        if (said := line.feedback) is not None:
            await self._seat.session.give_feedback(replies[-1].id, said.thumb, said.words, BY)
        return replies

    async def _sent(self, at: int) -> str:
        """Send what the person says in this turn; returns the reply's id."""
        seat, line = self._seat, self._line(at)
        if line.confirm:
            return await seat.confirm(line.confirm == "yes", by=BY)
        if line.edit and (edited := self._edited(at)):
            return await seat.edit(edited.id, line.user, by=BY)
        return await seat.send(line.user, by=BY)

    async def _settled(self, reply: str) -> Message:
        session = self._seat.session
        try:
            return await session.settled(reply)
        except BaseException:  # an interrupt or a cancelled await stops the reply that it waits for
            session.stop("interrupt", reply)
            raise

    async def _breathe(self) -> None:
        """Wait a little, or until somebody presses something."""
        self._pressed.clear()
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._pressed.wait(), self._breath / self.speed)

    async def _rest(self) -> None:
        """Wait for the reply that is being written on the head, whoever asked for it."""
        tip = self._seat.tip
        if tip is not None and tip.running:
            await self._seat.session.settled(tip.id)

    def _say(self, *, playing: bool | None = None, speed: int | None = None) -> None:
        before = (self.playing, self.speed)
        self.playing = self.playing if playing is None else playing
        self.speed = self.speed if speed is None else speed
        if before != (self.playing, self.speed):
            self._seat.status()
