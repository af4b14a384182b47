"""Who follows a conversation, and how they are told."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Protocol, TypeVar
from weakref import ref

from ..model.draft import Delta

T = TypeVar("T")
logger = logging.getLogger("convend_widget.session")


class Listener(Protocol):
    """Whoever follows a conversation. Called on the owner thread; must be quick. What it raises is logged."""

    def changed(self, messages: Sequence[str]) -> None:
        """Messages are new or different."""

    def streamed(self, reply: str, deltas: list[Delta]) -> None:
        """Text arrived for the running step of a reply; it is not stored yet."""

    def status(self) -> None:
        """Something about waiting, silence, notices or who is writing changed."""


class Loosely:
    """Passes on what a listener wants to hear, without keeping it alive: it leaves the list when it is gone.

    Several chats of one conversation share its session. One that nobody holds any more would stay for as long as any
    of them did.
    """

    def __init__(self, listener: Listener, listeners: list[Listener]) -> None:
        self._listener = ref(listener, lambda _: self._leave(listeners))
        listeners.append(self)

    def _leave(self, listeners: list[Listener]) -> None:
        with suppress(ValueError):
            listeners.remove(self)

    def changed(self, messages: Sequence[str]) -> None:
        if (listener := self._listener()) is not None:
            listener.changed(messages)

    def streamed(self, reply: str, deltas: list[Delta]) -> None:
        if (listener := self._listener()) is not None:
            listener.streamed(reply, deltas)

    def status(self) -> None:
        if (listener := self._listener()) is not None:
            listener.status()


def tell_each(listeners: Iterable[T], call: Callable[[T], None]) -> None:
    """Call every listener; one that fails takes neither the conversation nor the other listeners with it."""
    for listener in list(listeners):
        try:
            call(listener)
        except Exception:  # see above; what happened is stored already
            logger.exception("A listener of a conversation failed")
