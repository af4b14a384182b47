"""Sessions run on the owner's loop; these bring tests there."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest

from convend_widget.owner import owner
from convend_widget.store import MemoryStore, SqliteStore
from tests.server import MessagesServer
from tests.session.rig import Kernel, Loopback, assert_lawful, rehearsed


@pytest.fixture(scope="session", autouse=True)
def _sdk() -> None:
    """Imported before any test, since it takes seconds on a busy machine and some tests wait for moments."""
    rehearsed().client.warm()  # type: ignore[attr-defined]  # it is a ClaudeClient


@pytest.fixture
def on_owner() -> Callable[[Coroutine[Any, Any, Any]], Any]:
    """Run a coroutine on the owner's loop, as everything of a session is."""
    return lambda work: owner().wait(asyncio.wait_for(work, 60))


@pytest.fixture
def kernel() -> Kernel:
    return Kernel(MemoryStore())


@pytest.fixture
def kernels(tmp_path: Path) -> Iterator[Callable[..., Kernel]]:
    """Makes kernels that share one SQLite file."""
    made: list[Kernel] = []

    def make(connect: Callable[..., sqlite3.Connection] = sqlite3.connect) -> Kernel:
        made.append(Kernel(SqliteStore(tmp_path / "chats.db", connect=connect)))
        return made[-1]

    yield make
    for one in made:
        one.disk.post(one.store.close).result(10)


@pytest.fixture
def api(messages_server: MessagesServer) -> Iterator[Loopback]:
    """A Messages API on a socket. Afterwards, every request that came must have been one that the API takes."""
    loopback = Loopback(messages_server)
    yield loopback
    for client in loopback.clients:
        owner().wait(client.aclose())
    for body in loopback.bodies:
        assert_lawful(body, loopback.pauses)
