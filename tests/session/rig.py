"""A chat's engine without a notebook: real sessions, over the real client, over the rehearsal or a loopback socket."""

from __future__ import annotations

import asyncio
import itertools
import json
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from convend_widget.conversation import Message
from convend_widget.ending import Policy
from convend_widget.library import find_policy
from convend_widget.model.claude import ClaudeClient
from convend_widget.model.client import Timeouts
from convend_widget.model.rehearsal import load_scenario
from convend_widget.model.retry import Retries
from convend_widget.owner import Thread
from convend_widget.provision import rehearsal_client
from convend_widget.session import Plan, Seat
from convend_widget.session.desk import Desk
from convend_widget.session.journal import Journal
from convend_widget.store import Store
from tests.server import Answer, MessagesServer, reply_events, sse

RUDE = ("You are useless.", "[abusive message]", "You are stupid.", "[abusive message]")


def rehearsed(
    policy: str | Policy = "last_resort", *, scenario: str | None = None, pause: float = 0, **more: Any
) -> Plan:
    """A plan over the rehearsal."""
    script = load_scenario(scenario) if scenario else None
    client = rehearsal_client(script, pause=pause)
    return Plan(client=client, model="rehearsal-1", policy=find_policy(policy), **more)


class Kernel:
    """One kernel's worth of sessions over one store. Several of them share a file as several notebooks do."""

    def __init__(self, store: Store) -> None:
        self.disk = Thread("test-disk")
        self.desk = Desk(Journal(store, self.disk))
        self.store = store

    async def sit(self, plan: Plan, conversation: str | None = None) -> Seat:
        session = self.desk.fresh() if conversation is None else await self.desk.open(conversation)
        return Seat(self.desk, plan, session)


async def talk(seat: Seat, *texts: str) -> list[Message]:
    """Send each text at the head and wait for its reply."""
    return [await seat.session.settled(await seat.send(text, by="python")) for text in texts]


class Loopback:
    """A scripted Messages API on a socket, and the clients that talk to it."""

    def __init__(self, server: MessagesServer) -> None:
        self.server = server
        self.script, self.otherwise = server.script, server.otherwise
        self.clients: list[ClaudeClient] = []
        self.pauses = False  # whether requests may end with words of the model, which go on from a pause_turn

    @property
    def bodies(self) -> list[dict[str, Any]]:
        """What was asked for, in order."""
        return [seen.body for seen in self.server.seen]

    def plan(
        self,
        policy: str | Policy = "last_resort",
        *,
        most: int = 1,
        timeouts: Timeouts | None = None,
        client: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> Plan:
        """A plan over the real client, which tries again ``most`` times and does not wait long before."""
        options: dict[str, Any] = {"api_key": "key-of-the-tests", "base_url": self.server.url, **(client or {})}
        retries = Retries(most=most, first=0.02, ceiling=0.02)
        self.clients.append(ClaudeClient(retries=retries, timeouts=timeouts or Timeouts(idle=10, total=30), **options))
        return Plan(client=self.clients[-1], model="claude-sonnet-5-5", policy=find_policy(policy), **more)


_numbers = itertools.count(1)


def answer(*texts: str, tools: Any = (), pieces: int | None = None, pause: float = 0, **kind: Any) -> Answer:
    """A streamed reply whose tool calls have ids that no other one has, as the API gives them."""
    return Answer.stream(told(*texts, tools=tools, **kind), pieces=pieces, pause=pause)


def told(*texts: str, tools: Any = (), **kind: Any) -> bytes:
    """The stream of ``answer``."""
    events = reply_events(*texts, tools=tools, **kind)
    for event in events:
        block = event.get("content_block", {})
        if "id" in block:
            block["id"] = f"toolu_{next(_numbers):04}"
    return sse(*events)


def in_order(*blocks: str | tuple[str, object], stop_reason: str = "tool_use") -> Answer:
    """A streamed reply of blocks in this order: text, or a tool's name with its input (JSON, or raw text)."""
    [begin, *_, closing, stop] = reply_events(stop_reason=stop_reason)
    events = [begin]
    for index, block in enumerate(blocks):
        if isinstance(block, str):
            start: dict[str, Any] = {"type": "text", "text": ""}
            delta = {"type": "text_delta", "text": block}
        else:
            name, given = block
            start = {"type": "tool_use", "id": f"toolu_{next(_numbers):04}", "name": name, "input": {}}
            raw = given if isinstance(given, str) else json.dumps(given)
            delta = {"type": "input_json_delta", "partial_json": raw}
        events += [
            {"type": "content_block_start", "index": index, "content_block": start},
            {"type": "content_block_delta", "index": index, "delta": delta},
            {"type": "content_block_stop", "index": index},
        ]
    return Answer.stream(sse(*events, closing, stop))


def warn(kind: str = "redirect", text: str = "Let us talk about something else.") -> Answer:
    """A reply that warns in words and by a call."""
    return answer(text, tools=[("warn_user", {"kind": kind})])


def end(
    trigger: str = "persistent_harm", risk: object = False, *, text: str = "I am ending this.", **more: Any
) -> Answer:
    """A reply that says why and calls ``end_conversation``."""
    return answer(text, tools=[("end_conversation", {"trigger": trigger, "someone_at_risk": risk, **more})])


def warned_enough() -> list[Answer]:
    """Answers to three rude messages, after which persistent harm may be ended."""
    done = answer("What else is on your mind?")
    return [a for kind in ("redirect", "redirect", "final_warning") for a in (warn(kind), done)]


def results(body: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The tool results of a request, by the id of their call."""
    blocks = (block for turn in body["messages"] for block in turn["content"] if isinstance(block, dict))
    return {block["tool_use_id"]: block for block in blocks if block.get("type") == "tool_result"}


def assert_lawful(body: Mapping[str, Any], pauses: bool = False) -> None:
    """What the Messages API demands of a request: roles in turn, the person last (but after a ``pause_turn``), calls
    answered at once and once, no blank text.
    """
    turns = body["messages"]
    roles = [turn["role"] for turn in turns]
    assert roles == ["user", "assistant"] * (len(roles) // 2) + ["user"] * (len(roles) % 2), roles
    assert roles[-1] == "user" or pauses, "words of the model at the end are a prefill, which the API refuses"
    waiting: list[str] = []
    for turn in turns:
        blocks = turn["content"]
        assert blocks
        answered = [b["tool_use_id"] for b in blocks if b["type"] == "tool_result"]
        assert answered == waiting, "every call is answered in the next turn, and nothing else is"
        assert [b["type"] for b in blocks[: len(answered)]] == ["tool_result"] * len(answered), "results come first"
        assert all(b["text"].strip() for b in blocks if b["type"] == "text")
        assert turn["role"] == "assistant" or all(b["type"] in ("text", "tool_result") for b in blocks)
        waiting = [b["id"] for b in blocks if b["type"] == "tool_use"]
        assert len(set(waiting)) == len(waiting)
    assert not waiting


class SlowDisk:
    """Holds up everything on a disk thread while it is entered."""

    def __init__(self, disk: Thread) -> None:
        self._disk, self._go_on = disk, threading.Event()

    def __enter__(self) -> SlowDisk:
        self._disk.post(lambda: self._go_on.wait(20))
        return self

    def __exit__(self, *_: object) -> None:
        self._go_on.set()


async def until(true: Callable[[], object], seconds: float = 30) -> None:
    """Let the loop run until something is so."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it never became so"
        await asyncio.sleep(0.005)
