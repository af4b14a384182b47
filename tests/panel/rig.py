"""A browser without a browser: a view that reads the wire as ``js/src/core/talk.ts`` does, and a scripted model."""

from __future__ import annotations

import asyncio
import itertools
import secrets
from collections.abc import Callable
from typing import Any

from convend_widget.ending import Policy
from convend_widget.library import find_policy
from convend_widget.model.client import Call
from convend_widget.model.draft import Draft
from convend_widget.panel.commands import decode
from convend_widget.panel.panel import Panel
from convend_widget.session import Plan, Seat

Json = dict[str, Any]


class View:
    """One page: hears messages, keeps what they make, notices holes, and is ``lost`` until they are filled."""

    def __init__(self) -> None:
        self.sync = "cold"
        self.n: int | None = None
        self.chat: Json = {}
        self.rows: dict[str, Json] = {}
        self.below: int | None = None  # where the next page begins
        self.current: set[str] = set()  # what is newer than any page
        self.answers: dict[str, Json] = {}
        self.heard: list[Json] = []

    def hear(self, message: Json) -> None:
        self.heard.append(message)
        if message["t"] == "answer":
            self.answers[message["c"]] = message
        elif message["t"] == "page":
            self._take_page(message)
        elif "n" in message and (self.n is None or message["n"] > self.n):
            self._take(message)

    def _take(self, message: Json) -> None:
        kind = message["t"]
        if kind == "snapshot":
            return self._take_snapshot(message)
        if self.sync == "cold":
            return
        if message["n"] != (self.n or 0) + 1:
            self.sync = "lost"
            return
        self.n, self.sync = message["n"], "live"
        if kind == "rows":
            self.rows |= {row["m"]: row for row in message["rows"]}
            self.current |= {row["m"] for row in message["rows"]}
        elif kind == "delta":
            self._grow(self.rows[message["m"]], message["d"])
        elif kind == "chat":
            self.chat = message["chat"]

    def _take_snapshot(self, message: Json) -> None:
        chat, rows = message["chat"], {row["m"]: row for row in message["rows"]}
        same = self.chat.get("conversation") == chat["conversation"] and message["below"] is not None
        self.n, self.sync, self.chat, self.below = message["n"], "live", chat, message["below"]
        self.rows = {**self.rows, **rows} if same else rows
        self.current = set(rows)

    def _take_page(self, message: Json) -> None:
        if message["below"] == self.below and message["conversation"] == self.chat["conversation"]:
            assert all(row["state"] not in ("requested", "streaming", "judging") for row in message["rows"])
            self.rows |= {row["m"]: row for row in message["rows"] if row["m"] not in self.current}
            self.below = message["next"]

    def _grow(self, row: Json, deltas: list[list[Any]]) -> None:
        blocks = [dict(block) for block in row["blocks"]]
        for number, kind, text in deltas:
            if number == len(blocks):
                blocks.append({"k": kind, "text": text})
            else:
                assert blocks[number]["k"] == kind, "a delta goes to a block of its kind"
                blocks[number]["text"] += text
        self.rows[row["m"]] = {**row, "blocks": blocks}

    def text(self, message: str) -> str:
        return "".join(block["text"] for block in self.rows[message]["blocks"] if block["k"] == "text")


class Page:
    """A panel on a seat with views that hear it. ``carry``: what arrives of a message that is sent."""

    def __init__(self, seat: Seat, **preferences: str) -> None:
        self.seat = seat
        self.views = [View()]
        self.sent: list[Json] = []
        self.buffers: list[bytes] = []
        self.carry: Callable[[Json], list[Json]] = lambda message: [message]
        self.values: list[Json] = []
        self.panel = Panel(seat, preferences, self._send, self.values.append)
        self.panel.open()
        self._ids = itertools.count(1)
        self._name = secrets.token_hex(4)

    @property
    def view(self) -> View:
        return self.views[0]

    @property
    def head(self) -> str:
        assert self.seat.head is not None
        return self.seat.head

    def _send(self, message: Json, buffers: list[bytes] | None) -> None:
        self.sent.append(message)
        self.buffers += buffers or []
        for arrived in self.carry(message):
            for view in self.views:
                view.hear(arrived)

    def command(self, do: str, **more: Any) -> Json:
        """A command as a browser makes it."""
        c = more.pop("c", None) or f"{self._name}-{next(self._ids)}"
        return {"t": "command", "c": c, "conversation": self.seat.conversation.id, "do": do, **more}

    def order(self, do: str, **more: Any) -> str:
        """Send a command; returns its id."""
        command = self.command(do, **more)
        self.panel.hear(decode(command))
        return str(command["c"])

    def turn_pages(self, view: View | None = None) -> int:
        """Ask for pages until the view has them all; returns how many it took."""
        view, taken = view or self.view, 0
        while view.below is not None:
            self.order("page", below=view.below)
            taken += 1
        return taken

    async def ask(self, do: str, **more: Any) -> Json:
        """Send a command and wait for its answer."""
        c = self.order(do, **more)
        while (answer := next((m for m in self.sent if m["t"] == "answer" and m["c"] == c), None)) is None:
            await asyncio.sleep(0.005)
        return answer

    async def said(self, text: str, parent: str | None = None) -> str:
        """Send a text and wait until its reply is at rest; returns the reply's id."""
        answer = await self.ask("send", parent=parent, text=text)
        assert answer["ok"], answer
        await self.seat.session.settled(answer["m"])
        await asyncio.sleep(0)
        return str(answer["m"])


class Scripted:
    """A model client that feeds raw events at a test's pace: each step's events come one by one, on ``go``."""

    name = "scripted"

    def __init__(self, *steps: list[Json]) -> None:
        self.steps = list(steps)
        self.go = asyncio.Semaphore(0)

    async def step(self, call: Call, draft: Draft) -> None:
        for event in self.steps.pop(0):
            await self.go.acquire()
            draft.feed(event)

    def release(self, events: int = 1) -> None:
        for _ in range(events):
            self.go.release()

    async def count_tokens(self, call: Call) -> int:
        return 0

    def provenance(self) -> Json:
        return {}

    async def aclose(self) -> None:
        return None

    def plan(self, policy: str | Policy = "last_resort") -> Plan:
        return Plan(client=self, model="rehearsal-1", policy=find_policy(policy))


def started() -> Json:
    return {"type": "message_start", "message": {"id": "msg_1", "type": "message", "content": [], "usage": {}}}


def block(number: int, kind: str, *pieces: str, **more: Any) -> list[Json]:
    """The events of one block: its start, a delta for each piece, its stop."""
    field = {"text": "text", "thinking": "thinking", "tool_use": "partial_json"}[kind]
    delta = {"text": "text_delta", "thinking": "thinking_delta", "tool_use": "input_json_delta"}[kind]
    empty: dict[str, Json] = {
        "tool_use": {"input": {}},
        "text": {"text": ""},
        "thinking": {"thinking": "", "signature": ""},
    }
    return [
        {"type": "content_block_start", "index": number, "content_block": {"type": kind, **empty[kind], **more}},
        *({"type": "content_block_delta", "index": number, "delta": {"type": delta, field: piece}} for piece in pieces),
        {"type": "content_block_stop", "index": number},
    ]


def stopped(reason: str = "end_turn") -> list[Json]:
    return [
        {"type": "message_delta", "delta": {"stop_reason": reason}, "usage": {"output_tokens": 7}},
        {"type": "message_stop"},
    ]
