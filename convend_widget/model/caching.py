"""A call as the body of a request, with cache breakpoints where a growing conversation and its branches hit.

The provider keeps the prefix that ends at each breakpoint (at most 4), and looks for a kept prefix at each breakpoint
and up to 20 blocks before it. So the breakpoints go

* on the last block of the system prompt (of the tools, where there is none): shared by every conversation;
* on the message after which branches differ (``Call.fork``): shared by them;
* on the last user message but one: what the request before this one has kept, however long the reply to it was;
* on the last user message: what the next request will find.

A branch finds what its siblings kept: the last user message before it was the last or last but one of theirs.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from .client import Call

MAX_BREAKPOINTS = 4
_MARK = {"type": "ephemeral"}
# The API refuses a breakpoint on these, and on a text that is empty.
_NEVER = frozenset({"thinking", "redacted_thinking"})
# What the endpoint that counts tokens takes besides the messages.
_COUNTED = frozenset(
    {
        "model",
        "messages",
        "system",
        "tools",
        "thinking",
        "tool_choice",
        "output_config",
        "speed",
        "cache_control",
    }
)


def request_body(call: Call) -> dict[str, Any]:
    """The body to send. Nothing of ``call`` is changed; blocks without a breakpoint are shared with it."""
    messages: list[dict[str, Any]] = [_with_blocks(message) for message in call.messages]
    tools = list(call.tools)
    system: list[dict[str, Any]] = [{"type": "text", "text": call.system}] if call.system else []
    if "cache_control" not in call.extra:  # whoever sets it there has taken caching into their own hands
        left = MAX_BREAKPOINTS - _marks(tools) - sum(_marks(message["content"]) for message in messages)
        if left > 0 and (_mark_last(system) or _mark_last(tools)):
            left -= 1
        for index in _places(messages, call.fork)[: max(left, 0)]:
            content = list(messages[index]["content"])
            if _mark_last(content):
                messages[index] = {**messages[index], "content": content}
    body: dict[str, Any] = {"model": call.model, "max_tokens": call.max_tokens}
    if tools:
        body["tools"] = tools
    if system:
        body["system"] = system
    body["messages"] = messages
    body.update(call.extra)
    if call.stream:
        body["stream"] = True
    return body


def count_body(call: Call) -> dict[str, Any]:
    """The body to count the tokens of ``call`` with."""
    return {key: value for key, value in request_body(call).items() if key in _COUNTED}


def body_text(body: Mapping[str, Any]) -> str:
    """The text of a body as it goes over the network: the SDK writes the same, to the byte."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(sendable(body), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text


def fingerprint(text: str | bytes) -> str:
    """A digest of ``body_text``, in hex, to be kept: it tells whether a body that was built again is what was sent."""
    return hashlib.sha256(text.encode() if isinstance(text, str) else text).hexdigest()


def sendable(value: Any) -> Any:
    """A copy in which half characters (lone surrogates), which UTF-8 cannot carry, are replacement characters."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, Mapping):
        return {sendable(key): sendable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [sendable(item) for item in value]
    return value


def _with_blocks(message: dict[str, Any]) -> dict[str, Any]:
    content = message["content"]
    return {**message, "content": [{"type": "text", "text": content}]} if isinstance(content, str) else message


def _places(messages: list[dict[str, Any]], fork: int | None) -> list[int]:
    """Indices of messages, the most useful first."""
    users = [index for index, message in enumerate(messages) if message["role"] == "user"]
    places = [*reversed(users[-2:])]
    if fork is not None and 0 <= fork < len(messages):
        places.append(fork)
    return list(dict.fromkeys(places))


def _mark_last(blocks: list[dict[str, Any]]) -> bool:
    """Put a breakpoint on the last block that takes one, in a copy of that block."""
    for index in range(len(blocks) - 1, -1, -1):
        block = blocks[index]
        if block.get("type") in _NEVER or (block.get("type") == "text" and not block.get("text")):
            continue
        if "cache_control" in block:
            return False
        blocks[index] = {**block, "cache_control": _MARK}
        return True
    return False


def _marks(blocks: Iterable[Mapping[str, Any]]) -> int:
    return sum("cache_control" in block for block in blocks)
