"""A rehearsed lesson: the turns of a script are sent one after another, by themselves or step by step, at some speed.

On one seat, or on several in step: each turn goes to all of them, and the next one waits until all replies are there.
Where a lesson stands is read from the branches (``part.py``), so what a person does in a panel meanwhile counts too.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from ..conversation import Message, Turn
from ..errors import ConvendError, SettingsError
from .part import Part

if TYPE_CHECKING:
    from ..model.rehearsal.script import Scenario
    from .seat import Seat

logger = logging.getLogger("convend_widget.session")
SPEEDS = (1, 2, 4, 8)
BREATH = 1.2  # seconds between two turns at single speed, to take in what was said


class Lesson:
    """Plays a scenario on a seat, and on those ``beside`` it in step with it."""

    def __init__(self, seat: Seat, scenario: Scenario, *beside: Seat) -> None:
        self._scenario = scenario
        self.parts = tuple(Part(each, scenario) for each in (seat, *beside))
        speaker = self.parts[0].speaker
        self._breath = BREATH if speaker is None or speaker.pause > 0 else 0.0
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
        """How many turns are over or under way: where it goes on, of several seats the one that is least far."""
        going_on = [part.at for part in self.parts if not part.over]
        return min(going_on) if going_on else max(part.at for part in self.parts)

    @property
    def of(self) -> int:
        return len(self._scenario.turns)

    @property
    def over(self) -> bool:
        """Whether no turn is left or none can follow, and the last reply is at rest, on every seat."""
        return all(part.over for part in self.parts)

    # -- the controls of the panel ---

    def play(self) -> None:
        """Go on from where it stands, turn by turn, until it is over or paused."""
        if not self.over:
            self._say(playing=True)
            self._begin()

    def pause(self) -> None:
        """Send no further turn. Replies that are being written go on to their end."""
        self._once = False
        self._say(playing=False)
        self._pressed.set()

    def step(self) -> None:
        """Send the next turn, and no more. Does nothing while a reply is being written."""
        self.pause()
        if not any(part.seat.status_now().busy for part in self.parts) and not self.over:
            self._once = True
            self._begin()

    def pace(self, speed: int) -> None:
        """Set the speed: 1, 2, 4 or 8. It holds from the next word on."""
        if speed not in SPEEDS:
            raise SettingsError(f"The speed cannot be {speed!r}.", advice="Use 1, 2, 4 or 8.")
        for part in self.parts:
            if part.speaker is not None:
                part.speaker.hurry(speed)
        self._say(speed=speed)

    async def reset(self) -> None:
        """Begin anew in new conversations. Those before stay as they are."""
        self.pause()
        for part in self.parts:
            await part.seat.new()

    # -- playing ---

    async def perform(self, heard: Callable[[int, list[Message]], object] | None = None) -> list[list[Message]]:
        """Send every turn from the first, without a pause between them; returns the replies of each seat.

        Goes on from an ending only with a turn that edits an earlier one, and without a seat that no turn can follow
        on. Stops where a reply is stopped, and where the panel says pause. ``heard`` is told the index of each turn
        that was played, and its replies, seat by seat.
        """
        if self._performing or self._under_way:
            raise SettingsError("The lesson is being played already.", advice="Pause it in the panel first.")
        moved = self._watch()
        replies: dict[Part, list[Message]] = {part: [] for part in self.parts}
        self._performing = True
        self._say(playing=True)
        try:
            for at in range(self.of):
                going_on = [part for part in self.parts if not at or part.follows(at)]  # the first raises if it cannot
                came = await asyncio.gather(*(part.turn(at) for part in going_on))
                for part, said in zip(going_on, came, strict=True):
                    replies[part] += said
                    if heard is not None:
                        heard(at, said)
                if _was_stopped(came) or not self.playing or moved():
                    break
        finally:
            self._performing = False
            self.pause()
        return [replies[part] for part in self.parts]

    @property
    def _under_way(self) -> bool:
        return self._task is not None and not self._task.done()

    def _begin(self) -> None:
        self._pressed.set()
        if not self._performing and not self._under_way:
            self._task = asyncio.ensure_future(self._go())

    async def _go(self) -> None:
        moved = self._watch()
        try:
            await self._rest()
            while (due := self._due()) and (self._once or self.playing) and not moved():
                self._once = False
                if _was_stopped(await asyncio.gather(*(part.turn(at) for part, at in due))):
                    break
                if self.playing and not self.over:
                    await self._breathe()
                await self._rest()
        except ConvendError as error:  # somebody else was quicker, or the store failed: the panel shows what is there
            logger.warning("A lesson stopped: %s", error)
        finally:
            self.pause()

    async def _rest(self) -> None:
        """Wait for replies that are being written, whoever asked for them."""
        for part in self.parts:
            await part.rest()

    def _due(self) -> list[tuple[Part, int]]:
        """The seats at which the next turn is to be said: those that are least far, so that others catch up."""
        going_on = [(part, at) for part in self.parts if (at := part.next) is not None]
        first = min((at for _, at in going_on), default=0)
        return [(part, at) for part, at in going_on if at == first]

    def _watch(self) -> Callable[[], bool]:
        """Whether somebody has gone to another conversation since."""
        sessions = [part.seat.session for part in self.parts]
        return lambda: any(part.seat.session is not at for part, at in zip(self.parts, sessions, strict=True))

    async def _breathe(self) -> None:
        """Wait a little, or until somebody presses something."""
        self._pressed.clear()
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._pressed.wait(), self._breath / self.speed)

    def _say(self, *, playing: bool | None = None, speed: int | None = None) -> None:
        before = (self.playing, self.speed)
        self.playing = self.playing if playing is None else playing
        self.speed = self.speed if speed is None else speed
        if before != (self.playing, self.speed):
            for part in self.parts:
                part.seat.status()


def _was_stopped(heard: Sequence[Sequence[Message]]) -> bool:
    """Whether one of these replies was stopped: whoever did that wants to hear no more."""
    return any(said[-1].state is Turn.STOPPED for said in heard)
