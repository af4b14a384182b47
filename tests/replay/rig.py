"""Chats to replay, and a rehearsal with faults in between: which run meets which fault is drawn by its number."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import httpx2

import convend_widget as cw
from convend_widget.conversation import Message
from convend_widget.model.rehearsal import RehearsalTransport, parse_scenario
from convend_widget.model.rehearsal.client import RehearsedClient
from convend_widget.model.rehearsal.script import Scenario
from convend_widget.model.rehearsal.transport import RUN
from convend_widget.model.retry import Retries

TURNING = """
name = "turning"
title = "A last warning that is not always given"
summary = "s"
lesson = "l"
[variation]
ends = 0.95
warns = 0.2
[[turns]]
user = "Hello."
steps = [{ text = "Hello." }]
[[turns]]
user = "[abusive message] one"
steps = [{ text = "Please.", tools = [{ name = "warn_user", input = { kind = "redirect" } }] }]
[[turns]]
user = "[abusive message] two"
steps = [{ text = "Please.", tools = [{ name = "warn_user", input = { kind = "redirect" } }] }]
[[turns]]
user = "[abusive message] three"
steps = [{ text = "Last warning.", tools = [{ name = "warn_user", input = { kind = "final_warning" } }] }]
[[turns]]
user = "[abusive message] four"
[[turns.steps]]
text = "I am ending this."
tools = [{ name = "end_conversation", input = { trigger = "persistent_harm", someone_at_risk = false } }]
"""


HASTY = """
name = "hasty"
title = "A model that ends what it should not"
summary = "s"
lesson = "l"
[variation]
ends_anyway = {chance}
[[turns]]
user = "Hello."
steps = [{{ text = "Hello." }}]
"""


def hasty(folder: Path, chance: float) -> str:
    """The path of a scenario whose model tries to end, with this chance, at whatever is said."""
    path = folder / f"hasty_{chance}.toml"
    path.write_text(HASTY.format(chance=chance))
    return str(path)


def ended_chat(store: Path | str = ":memory:", scenario: str = "persistent_abuse", **more: Any) -> cw.Chat:
    """A chat that was played to its end."""
    chat = cw.Chat(scenario=scenario, store=store, pause=0, **more)
    chat.play()
    return chat


def turning_chat(folder: Path) -> cw.Chat:
    """A chat in which the last warning decides: 0.19 of the runs from before it end, 0.95 of those from after it."""
    path = folder / "turning.toml"
    path.write_text(TURNING)
    return ended_chat(scenario=str(path))


def person(chat: cw.Chat, number: int) -> Message:
    """The person's message of this number, from 1, on the chat's branch."""
    return [m for m in chat.conversation.branch() if m.role == "user"][number - 1]


class Faults(httpx2.AsyncBaseTransport):
    """Over a rehearsal: 429 once in ``busy`` of the runs, a cut each time in ``cut``, a refusal in ``refuses``.

    ``by_study``: drawn for each study by itself, where several share a client. ``calls`` counts requests by run;
    ``most`` is the highest number that were under way at once. ``at`` is called with how many requests have come; one
    for which it says True gets no answer. ``pace``: seconds that an answer takes.
    """

    def __init__(self, beneath: RehearsalTransport, client: FaultyClient) -> None:
        self._beneath, self._client = beneath, client
        self._study = f" {beneath.seed}" if client.by_study else ""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        told = self._client
        if request.url.path.endswith("count_tokens"):
            told.counted += 1
            return await self._beneath.handle_async_request(request)
        run = RUN.get()
        told.calls[run] += 1
        told.under_way += 1
        told.most = max(told.most, told.under_way)
        told.log.append((run, told.under_way))
        try:
            if told.log_file is not None:
                with told.log_file.open("a") as file:
                    file.write(f"{run}\n")
            if told.at is not None and told.at(sum(told.calls.values())):
                await told.at.arrives()
            await asyncio.sleep(told.pace)
            return await self._answer(request, run)
        finally:
            told.under_way -= 1

    async def _answer(self, request: httpx2.Request, run: int | None) -> httpx2.Response:
        told, chance = self._client, Random(f"{self._client.faults_seed} {run}{self._study}").random()
        if chance < told.cut:
            raise httpx2.RemoteProtocolError("cut", request=request)
        chance -= told.cut
        if chance < told.refuses:
            return _refusal()
        chance -= told.refuses
        if chance < told.busy and told.calls[run] == 1:
            return httpx2.Response(429, headers={"retry-after-ms": "1"}, json={"error": {"type": "rate_limit_error"}})
        return await self._beneath.handle_async_request(request)


def _refusal() -> httpx2.Response:
    message: dict[str, Any] = {
        "id": "msg_refused",
        "type": "message",
        "role": "assistant",
        "model": "rehearsal-1",
        "content": [],
        "stop_reason": "refusal",
        "stop_sequence": None,
        "usage": {"input_tokens": 5, "output_tokens": 0},
    }
    return httpx2.Response(200, headers={"content-type": "application/json"}, content=json.dumps(message).encode())


class FaultyClient(RehearsedClient):
    """A rehearsal that misbehaves. A study's client shares the counts and faults of the one that it was made from."""

    def __init__(
        self,
        scenario: Scenario | None = None,
        *,
        seed: int | None = None,
        pause: float = 0,
        of: FaultyClient | None = None,
        busy: float = 0,
        cut: float = 0,
        refuses: float = 0,
    ) -> None:
        self.shared: FaultyClient = of or self
        if of is None:
            self.busy, self.cut, self.refuses = busy, cut, refuses
            self.faults_seed, self.pace, self.at, self.by_study = 58, 0.0, None, False
            self.calls: Counter[int | None] = Counter()
            self.log: list[tuple[int | None, int]] = []
            self.log_file: Path | None = None
            self.under_way = self.most = self.counted = 0
        super().__init__(scenario, seed=seed, pause=pause)
        self._retries = Retries(most=2, first=0.001, ceiling=0.001)

    at: Any

    def transport(self, rehearsal: RehearsalTransport) -> httpx2.AsyncBaseTransport:
        return Faults(rehearsal, self.shared)

    def for_study(self, seed: int) -> FaultyClient:
        return type(self)(self.scenario, seed=seed, of=self.shared)


def faulty_chat(store: Path | str = ":memory:", **faults: Any) -> tuple[cw.Chat, FaultyClient]:
    """An ended chat whose replays go over a client with faults, and that client."""
    from convend_widget.model.rehearsal import load_scenario

    client = FaultyClient(load_scenario("persistent_abuse"))
    chat = cw.Chat(client=client, model="rehearsal-1", store=store)
    for turn in load_scenario("persistent_abuse").turns:
        chat.say(turn.user)
    client.calls.clear()
    client.log.clear()
    client.most = 0
    for name, value in faults.items():
        setattr(client, name, value)
    return chat, client


class Once:
    """For ``Faults.at``: does something once, when so many requests have come.

    From then on no request is answered until one was cancelled. So what is done finds runs under way, and no others
    begin before it takes effect, however slow it is.
    """

    def __init__(self, count: int, act: Callable[[], object]) -> None:
        self._count, self._act, self._done, self._came = count, act, False, False

    def __call__(self, calls: int) -> bool:
        if calls >= self._count and not self._done:
            self._done = True
            self._act()
        return self._done and not self._came

    async def arrives(self) -> None:
        """Wait until the request is cancelled."""
        try:
            await asyncio.sleep(60)
        finally:
            self._came = True


def interrupt_at(count: int) -> Once:
    """Interrupts the main thread when so many requests have come."""
    return Once(count, lambda: os.kill(os.getpid(), signal.SIGINT))


__all__ = [
    "FaultyClient",
    "Once",
    "ended_chat",
    "faulty_chat",
    "hasty",
    "interrupt_at",
    "parse_scenario",
    "person",
    "turning_chat",
]
