"""What tests of the model client share."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from convend_widget.errors import ModelError
from convend_widget.model.claude import ClaudeClient
from convend_widget.model.client import Call, Timeouts
from convend_widget.model.draft import Draft
from convend_widget.model.retry import Retries
from tests.server import MessagesServer

CALL = Call("claude-sonnet-5-5", 64, ({"role": "user", "content": "Hello"},))
Client = Callable[..., ClaudeClient]


class Naps:
    """A sleep that takes no time and remembers what was asked for."""

    def __init__(self) -> None:
        self.taken: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.taken.append(seconds)


@pytest.fixture
def naps() -> Naps:
    return Naps()


@pytest.fixture
async def client(messages_server: MessagesServer, naps: Naps) -> AsyncIterator[Client]:
    """Makes clients of the loopback server, closed at the end. They wait no real time before a retry."""
    made: list[ClaudeClient] = []

    def make(*, most: int = 3, timeouts: Timeouts | None = None, **options: Any) -> ClaudeClient:
        if "client" not in options:
            options = {"api_key": "key-of-the-tests", "base_url": messages_server.url, **options}
        options.setdefault("retries", Retries(most=most, random=lambda: 0.0, sleep=naps))
        made.append(ClaudeClient(timeouts=timeouts or Timeouts(connect=30, idle=30, total=120), **options))
        return made[-1]

    yield make
    for each in made:
        await each.aclose()


async def outcome(client: ClaudeClient, call: Call = CALL) -> tuple[Draft, Any]:
    """What a step leaves in the draft, and the ``ModelError`` that it raised, or None."""
    draft = Draft()
    try:
        await client.step(call, draft)
    except ModelError as error:
        return draft, error
    return draft, None
