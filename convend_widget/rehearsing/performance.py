"""A script played once: on a seat of its own in memory, over the real client and the rehearsal, without waiting.

Nothing of it stays.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from ..conversation import Conversation, Message
from ..ending import Policy
from ..model.rehearsal import MODEL, Scenario
from ..model.rehearsal.client import RehearsedClient
from ..owner import owner
from ..session import Lesson, Plan, Seat, desk
from ..store.opening import MEMORY


@dataclass
class Performance:
    """What was played under one policy.

    ``replies``: those of each turn that was sent, by its index. ``unasked``: turns of a button that was not there, so
    that its words were written instead. ``offered``: the tools that the model had.
    """

    policy: Policy
    offered: set[str]
    replies: dict[int, list[Message]] = field(default_factory=dict)
    unasked: set[int] = field(default_factory=set)
    state: str = "open"


def perform(script: Scenario, policy: Policy) -> Performance:
    """Play a script from its first turn to its last."""
    return owner().wait(_perform(script, policy))


async def _perform(script: Scenario, policy: Policy) -> Performance:
    async with _stage(script, policy) as (lesson, seat):
        return await _play(lesson, script, seat)


def talk_of(script: Scenario, policy: Policy) -> tuple[Conversation, str | None]:
    """The conversation that a script makes, played from its first turn to its last, and the message it stops at."""
    return owner().wait(_talk_of(script, policy))


async def _talk_of(script: Scenario, policy: Policy) -> tuple[Conversation, str | None]:
    async with _stage(script, policy) as (lesson, seat):
        await lesson.perform()
        return seat.conversation, seat.head


@asynccontextmanager
async def _stage(script: Scenario, policy: Policy) -> AsyncIterator[tuple[Lesson, Seat]]:
    client = RehearsedClient(script, pause=0, waits=False)
    at = await desk(MEMORY)
    seat = Seat(at, Plan(client, MODEL, policy, system=script.system or ""), at.fresh())
    seat.session.hidden = True
    try:
        yield Lesson(seat, script), seat
    finally:
        seat.leave()
        if seat.conversation.seq:
            await at.delete(seat.conversation.id)
        await client.aclose()


async def _play(lesson: Lesson, script: Scenario, seat: Seat) -> Performance:
    show = Performance(seat.plan.policy, {str(tool["name"]) for tool in seat.plan.settings().tools})

    def heard(at: int, replies: list[Message]) -> None:
        show.replies[at] = replies
        said = seat.conversation.find(replies[0].parent or "")
        if script.turns[at].confirm and said is not None and not said.confirm:
            show.unasked.add(at)

    await lesson.perform(heard)
    tip = seat.tip
    show.state = "ended" if tip is not None and tip.ended else "open"
    return show
