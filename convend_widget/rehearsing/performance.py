"""A script played once: on a seat of its own in memory, over the real client and the rehearsal, without waiting.

Nothing of it stays.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from ..conversation import Conversation, Message
from ..ending import Policy
from ..errors import ConvendError
from ..model.rehearsal import MODEL, Scenario
from ..model.rehearsal.client import RehearsedClient
from ..owner import owner
from ..session import Lesson, Plan, Seat, desk
from ..store.opening import MEMORY


@dataclass
class Performance:
    """What was played under one policy.

    ``replies``: those of each turn that was sent, by its index. ``failed``: why a turn could not be sent, and
    ``failed_at`` which; the rest was not tried then. ``offered``: the tools that the model had.
    """

    policy: Policy
    offered: set[str]
    replies: dict[int, list[Message]] = field(default_factory=dict)
    state: str = "open"
    failed: str = ""
    failed_at: int | None = None


def perform(script: Scenario, policy: Policy) -> Performance:
    """Play a script from its first turn to its last."""
    return owner().wait(_perform(script, policy))


async def _perform(script: Scenario, policy: Policy) -> Performance:
    async with _stage(script, policy) as (lesson, seat):
        return await _play(lesson, seat)


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


async def _play(lesson: Lesson, seat: Seat) -> Performance:
    show = Performance(seat.plan.policy, {str(tool["name"]) for tool in seat.plan.settings().tools})
    try:
        await lesson.perform(show.replies.__setitem__)
    except ConvendError as error:
        show.failed, show.failed_at = error.what, lesson.at
    tip = seat.tip
    show.state = "ended" if tip is not None and tip.ended else "open"
    return show
