"""Traits that follow a seat. They change under a lock; observers hear of it afterwards, off the owner thread."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from typing import Any

import traitlets

from .owner import owner
from .session import Seat

logger = logging.getLogger("convend_widget")


class Projection(traitlets.HasTraits):
    """The small, read-only, observable face of a seat.

    ``project`` may be called on any thread, and on several at once. The traits are right when it returns. Observers
    are told in order and one at a time, by whichever of these threads came first, so that one may wait for a reply; a
    value that was replaced before its turn came is passed over, and what an observer raises is logged.
    """

    conversation_id = traitlets.Unicode(read_only=True)
    head = traitlets.Unicode(None, allow_none=True, read_only=True)
    status = traitlets.Unicode("ready", read_only=True)
    ended = traitlets.Bool(False, read_only=True)
    busy = traitlets.Bool(False, read_only=True)
    model = traitlets.Unicode(read_only=True)

    def __init__(self) -> None:
        super().__init__()
        self._told = {name: getattr(self, name) for name in FACE}

    def follow(self, seat: Seat) -> None:
        """Follow this seat from now on, and no other."""
        self._follows = seat
        self._changing, self._telling = threading.Lock(), False  # anew: after a fork, another thread may have had it
        seat.listeners.append(_Follower(self))
        self.project()

    def project(self) -> None:
        """Bring the traits up to date, and tell observers."""
        with self._changing:
            for name, value in face(self._follows).items():
                if getattr(self, name) != value:
                    self.set_trait(name, value)
            if self._telling:
                return
            self._telling = True
        try:
            while changes := self._untold():
                for change in changes:
                    self._tell(change)
        except BaseException:  # an interrupt: whoever comes next tells the rest
            self._telling = False
            raise

    def _untold(self) -> list[traitlets.Bunch]:
        with self._changing:
            changes = []
            for name, old in self._told.items():
                new = getattr(self, name)
                if new != old:
                    self._told[name] = new
                    changes.append(traitlets.Bunch(name=name, old=old, new=new, owner=self, type="change"))
            self._telling = bool(changes)
            return changes

    def _tell(self, change: traitlets.Bunch) -> None:
        try:
            super().notify_change(change)
        except Exception:  # an observer is anybody's code; nothing of ours may fail with it
            logger.exception("An observer of %s failed", change["name"])

    def notify_change(self, change: Any) -> None:
        """Nothing yet: observers are told once all traits are right, see ``project``."""


FACE = ("conversation_id", "head", "status", "ended", "busy", "model")


def face(seat: Seat) -> dict[str, object]:
    """What notebooks may observe of a seat, by the names of the traits."""
    status = seat.status_now()
    values = (seat.conversation.id, seat.head, status.name, status.name == "ended", status.busy, seat.plan.model)
    return dict(zip(FACE, values, strict=True))


class _Follower:
    """Hears of every change on the owner thread, and has the traits follow off it."""

    def __init__(self, projection: Projection) -> None:
        self._projection = projection

    def _changed(self) -> None:
        owner().observe(self._projection.project)

    def changed(self, messages: Sequence[str]) -> None:
        self._changed()

    def streamed(self, reply: str, deltas: object) -> None:
        """Text alone changes no trait."""

    def status(self) -> None:
        self._changed()

    def moved(self) -> None:
        self._changed()
