"""One seat's place in a script: which of its turns comes next there, and how a turn is sent.

The place is read from the branch and kept nowhere. A script answers the person's n-th message, so which turns are over
is known by the person's messages there; a new conversation, another branch or another kernel moves the place by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..conversation import Message, Tip
from ..model.client import Paced

if TYPE_CHECKING:
    from ..model.rehearsal.script import Scenario
    from ..model.rehearsal.script import Turn as Line
    from .seat import Seat

BY = "scenario"


class Part:
    """A script on a seat, at the pace of the rehearsal that answers there. Turns are counted from 0."""

    def __init__(self, seat: Seat, scenario: Scenario) -> None:
        self.seat, self._scenario = seat, scenario
        client = seat.plan.client
        self.speaker = client if isinstance(client, Paced) else None

    @property
    def at(self) -> int:
        """How many turns are over or under way."""
        return self._scenario.standing([message.text for message in self._said])

    @property
    def next(self) -> int | None:
        """The turn that comes next."""
        return next(filter(self.follows, range(self.at, len(self._scenario.turns))), None)

    @property
    def over(self) -> bool:
        """Whether no turn is left or none can follow, and the last reply is at rest."""
        tip = self.seat.tip
        return self.next is None and not (tip is not None and tip.running)

    def follows(self, at: int) -> bool:
        """Whether a turn can be sent as things are: below an ending only one that edits what was said before."""
        tip = self.seat.tip
        return self._edited(at) is not None if self._line(at).edit else not (tip is not None and tip.ended)

    async def turn(self, at: int) -> list[Message]:
        """One turn of the script: what the person says, the reply, and what the script asks for after it."""
        line, replies = self._line(at), [await self._settled(await self._sent(at))]
        if line.retry:
            replies.append(await self._settled(await self.seat.retry(replies[0].id, by=BY)))
        if (said := line.feedback) is not None:
            await self.seat.session.give_feedback(replies[-1].id, said.thumb, said.words, BY)
        return replies

    async def rest(self) -> None:
        """Wait for the reply that is being written on the head, whoever asked for it."""
        tip = self.seat.tip
        if tip is not None and tip.running:
            await self.seat.session.settled(tip.id)

    @property
    def _said(self) -> list[Message]:
        """The person's messages on the branch, from the first."""
        return [message for message in self.seat.conversation.branch(self.seat.head) if message.role == "user"]

    def _line(self, at: int) -> Line:
        return self._scenario.turns[at]

    def _edited(self, at: int) -> Message | None:
        """The message whose words an editing turn takes the place of. It is not there where the talk ended early."""
        place = self._scenario.place(at)
        return next(iter(self._said[place - 1 : place]), None)

    async def _sent(self, at: int) -> str:
        """Send what the person says in this turn; returns the reply's id."""
        seat, line = self.seat, self._line(at)
        if line.confirm and _is_asked(seat):
            return await seat.confirm(line.confirm == "yes", by=BY)
        if line.edit and (edited := self._edited(at)):
            return await seat.edit(edited.id, line.user, by=BY)
        return await seat.send(line.user, by=BY)

    async def _settled(self, reply: str) -> Message:
        session = self.seat.session
        try:
            return await session.settled(reply)
        except BaseException:  # an interrupt or a cancelled await stops the reply that it waits for
            session.stop("interrupt", reply)
            raise


def _is_asked(seat: Seat) -> bool:
    """Whether there is a button to press: a model without the ability asks nothing, and is told in words."""
    return seat.tip is not None and seat.tip.tip is Tip.CONFIRMING
