"""Deleting a study leaves nothing of it, also while runs of it are being made: here, or by another kernel."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING
from weakref import WeakSet

from ..errors import NoSuchConversation
from ..session import Desk
from ..store import Store

if TYPE_CHECKING:
    from .study import Study

under_way: WeakSet[Study] = WeakSet()  # the studies that make runs in this process


async def delete_study(desk: Desk, trunk: str) -> None:
    """Remove a study with its runs. One that is under way here comes to rest before. Raises ``NoSuchConversation``.

    The trunk goes after the runs, so that a kernel that dies in between leaves a study that can be deleted again; what
    another kernel began meanwhile goes after the trunk.
    """
    for study in [s for s in under_way if s.desk is desk and s.trunk.id == trunk]:
        study.halt("deleted")
        await study.rested()
    await sweep(desk, trunk)
    await desk.delete(trunk)
    await sweep(desk, trunk)


async def sweep(desk: Desk, trunk: str) -> None:
    """Remove the runs of a study until none is left."""

    def runs(store: Store) -> list[str]:
        return [s.conversation for s in store.conversations(hidden=True) if s.conversation.startswith(f"{trunk}.")]

    while left := await desk.journal.ask(runs):
        for run in left:
            with suppress(NoSuchConversation):  # somebody was quicker
                await desk.delete(run)
