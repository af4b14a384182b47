"""A request as the rehearsal reads it: what the person said, what was called in answer, and what may be called."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from .checks import RequestRefused, ThinkingSeal, blocks_of, canonical, check_request, person_text

WARN = "warn_user"
END = "end_conversation"


@dataclass(frozen=True)
class Call:
    """One call in the history. ``failed``: its result was marked as an error. ``result`` is the result's text."""

    name: str
    input: Mapping[str, Any]
    failed: bool = False
    result: str = ""


@dataclass(frozen=True)
class Exchange:
    """What the person said and what was answered. ``steps`` counts the model calls so far, as lists of calls.

    ``said``: the messages that ``text`` is made of. There are several where replies in between had no words, since the
    API takes neighbours of one role as one message.
    """

    text: str
    said: tuple[str, ...]
    steps: tuple[tuple[Call, ...], ...] = ()

    @property
    def calls(self) -> tuple[Call, ...]:
        """Every call of the reply, in order."""
        return tuple(call for step in self.steps for call in step)


@dataclass(frozen=True)
class Request:
    """What the rehearsal needs of one request. ``tools`` maps each offered tool to whether it takes any input."""

    body: Mapping[str, Any]
    exchanges: tuple[Exchange, ...]
    tools: Mapping[str, bool]

    @property
    def now(self) -> Exchange:
        """The exchange that is being answered."""
        return self.exchanges[-1]

    @property
    def texts(self) -> tuple[str, ...]:
        """What the person said, oldest first."""
        return tuple(exchange.text for exchange in self.exchanges)

    @property
    def thinks(self) -> bool:
        """Whether the request asks for thinking."""
        thinking = self.body.get("thinking")
        return isinstance(thinking, dict) and thinking.get("type") in ("enabled", "adaptive")

    @property
    def continues(self) -> bool:
        """Whether the request ends with the model's own words, to be continued."""
        return bool(self.body["messages"][-1]["role"] == "assistant")

    def seal(self) -> ThinkingSeal:
        """The seal for thinking in the answer to this request."""
        seal = ThinkingSeal(self.body)
        for text in self.texts:
            seal.heard(text)
        return seal


def read_request(content: bytes, *, counting: bool = False) -> Request:
    """Parse and check a request body. Raises `RequestRefused`."""
    try:
        body = json.loads(content)
    except ValueError:
        raise RequestRefused("The request body is not valid JSON") from None
    if not isinstance(body, dict):
        raise RequestRefused("The request body should be an object")
    check_request(body, counting=counting)
    choice = body.get("tool_choice")
    barred = isinstance(choice, dict) and choice.get("type") == "none"
    offered = () if barred else body.get("tools") or ()
    tools = {tool["name"]: bool(tool["input_schema"].get("properties")) for tool in offered}
    exchanges = _exchanges(body["messages"])
    if not exchanges:
        raise RequestRefused("messages: at least one message of the person is required")
    return Request(body, exchanges, tools)


def _exchanges(messages: list[dict[str, Any]]) -> tuple[Exchange, ...]:
    results = {
        block["tool_use_id"]: block
        for message in messages
        if message["role"] == "user"
        for block in blocks_of(message["content"])
        if block["type"] == "tool_result"
    }
    found: list[Exchange] = []
    steps: list[tuple[Call, ...]] = []
    for message in messages:
        text = person_text(message)
        if text is not None:
            said = tuple(b["text"] for b in blocks_of(message["content"]) if b["type"] == "text")
            found.append(Exchange(text, said))
            steps = []
        elif message["role"] == "assistant":
            calls = (block for block in blocks_of(message["content"]) if block["type"] == "tool_use")
            steps.append(tuple(_call(block, results[block["id"]]) for block in calls))
            found[-1] = replace(found[-1], steps=tuple(steps))
    return tuple(found)


def _call(block: Mapping[str, Any], result: Mapping[str, Any]) -> Call:
    content = result.get("content") or ""
    if not isinstance(content, str):
        content = "\n".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return Call(block["name"], block["input"], bool(result.get("is_error")), content)


def digest(*parts: object) -> str:
    """A short stable name for these values."""
    return hashlib.sha256(canonical(parts)).hexdigest()[:24]
