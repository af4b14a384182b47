"""Commands that come with an id are done once, however often they come."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from typing import Any

REMEMBERED = 512  # commands whose outcome is remembered


class Once:
    """Remembers the outcome of commands by their id. One that failed may be given again."""

    def __init__(self) -> None:
        self._commands: OrderedDict[str, asyncio.Task[str]] = OrderedDict()

    def knows(self, command: str | None) -> bool:
        """Whether this command was given before: then giving it again does nothing, and has the same outcome."""
        return command in self._commands

    async def do(self, command: str, work: Callable[[], Coroutine[Any, Any, str]]) -> str:
        """The outcome of ``work``, which is begun unless this command was given before."""
        if command not in self._commands:
            self._commands[command] = asyncio.ensure_future(work())
            self._commands[command].add_done_callback(lambda task: self._forget(command, task))
            while len(self._commands) > REMEMBERED:
                self._commands.popitem(last=False)
        return await asyncio.shield(self._commands[command])

    def _forget(self, command: str, task: asyncio.Task[str]) -> None:
        if task.cancelled() or task.exception() is not None:
            self._commands.pop(command, None)
