"""A rehearsed lesson on a seat: its turns are sent one after another, by themselves or step by step, at some speed.

Where it stands is read from the branch and kept nowhere. A script answers the person's n-th message, so as many turns
are over as the person has messages there; a new conversation, another branch or another kernel moves the place by
itself.
"""

from __future__ import annotations

import asyncio
import logging
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
        branch = self._seat.conversation.branch(self._seat.head)
        return min(self.of, sum(message.role == "user" for message in branch))

    @property
    def of(self) -> int:
        return len(self._scenario.turns)

    @property
    def over(self) -> bool:
        """Whether no turn is left or none can follow, and the last reply is at rest."""
        tip = self._seat.tip
        return not self._next and not (tip is not None and tip.running)

    @property
    def _next(self) -> Line | None:
        """The turn that comes next."""
        tip = self._seat.tip
        ended = tip is not None and tip.ended
        return None if ended or self.at >= self.of else self._scenario.turns[self.at]

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

    async def perform(self) -> list[Message]:
        """Send every turn from the first, without a pause between them; returns the replies.

        Stops where the model ends the conversation, where a reply is stopped, and where the panel says pause.
        """
        if self._performing or self._under_way:
            raise SettingsError("The lesson is being played already.", advice="Pause it in the panel first.")
        session, replies = self._seat.session, list[Message]()
        self._performing = True
        self._say(playing=True)
        try:
            for line in self._scenario.turns:
                replies += await self._turn(line)
                if not self._goes_on(replies[-1]) or not self.playing or self._seat.session is not session:
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
            while (line := self._next) and (self._once or self.playing) and self._seat.session is session:
                self._once = False
                [*_, last] = await self._turn(line)
                if not self._goes_on(last):
                    break
                if self.playing:
                    await self._breathe()
        except ConvendError as error:  # somebody else was quicker, or the store failed: the panel shows what is there
            logger.warning("A lesson stopped: %s", error)
        finally:
            self.pause()

    async def _turn(self, line: Line) -> list[Message]:
        """One turn of the script: what the person says, the reply, and the same again where the script asks for it."""
        seat = self._seat
        if line.confirm:
            reply = await seat.confirm(line.confirm == "yes", by=BY)
        else:
            reply = await seat.send(line.user, by=BY)
        replies = [await self._settled(reply)]
        if line.retry:
            replies.append(await self._settled(await seat.retry(reply, by=BY)))
        return replies

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

    @staticmethod
    def _goes_on(reply: Message) -> bool:
        return not reply.ended and reply.state is not Turn.STOPPED

    def _say(self, *, playing: bool | None = None, speed: int | None = None) -> None:
        before = (self.playing, self.speed)
        self.playing = self.playing if playing is None else playing
        self.speed = self.speed if speed is None else speed
        if before != (self.playing, self.speed):
            self._seat.status()
