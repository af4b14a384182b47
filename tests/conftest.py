"""Fixtures for every test."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.server import MessagesServer

settings.register_profile("no clock", deadline=None)  # how long an example takes is no claim of any test
settings.load_profile("no clock")


@pytest.fixture(autouse=True)
def no_key_of_the_person(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key, address or profile of whoever runs the tests plays no part in them."""
    for name in list(os.environ):
        if name.startswith("ANTHROPIC_"):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session", autouse=True)
def interrupts_are_heard() -> None:
    """A job in the background is begun with interrupts ignored, and its children with it; a person's shell is not."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def messages_server() -> Iterator[MessagesServer]:
    """A Messages API on a loopback socket; see ``tests/server.py``."""
    with MessagesServer() as server:
        yield server


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The store's tests go first: they fork, and a child that is forked among threads can hang on somebody's lock.

    Where several processes share the tests, each still runs its share in this order.
    """
    items.sort(key=lambda item: "tests/store/" not in item.nodeid)
