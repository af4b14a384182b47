"""What the Messages API refuses with 400, checked on every request that the rehearsal is sent.

The rehearsal thereby checks how this package builds its requests: roles, answered tool calls, empty texts, cache
breakpoints and thinking that was moved into a context it was not made in.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

MAX_BREAKPOINTS = 4
MAX_MESSAGES = 100_000
_TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")
_SAMPLING = ("temperature", "top_p", "top_k")
_ONLY_FROM = {"tool_use": "assistant", "thinking": "assistant", "tool_result": "user"}


class RequestRefused(Exception):
    """An error answer of the API: its HTTP status, error type and message."""

    def __init__(self, message: str, *, status: int = 400, kind: str = "invalid_request_error") -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind
        self.message = message


# Made once: `json.dumps` with options builds an encoder for each call, and long histories make many calls.
_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


def canonical(value: object) -> bytes:
    """JSON with sorted keys: the same bytes for equal values. Lone surrogates are escaped, so nothing fails."""
    return _encode(value).encode()


def without_breakpoint(block: Mapping[str, Any]) -> dict[str, Any]:
    """The block as the model sees it: where the cache is cut does not change what is said."""
    return {key: value for key, value in block.items() if key != "cache_control"}


def blocks_of(content: Any) -> list[dict[str, Any]]:
    """The content as a list of blocks; a plain string is short for one text block."""
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def person_text(message: Mapping[str, Any]) -> str | None:
    """The person's words in a user message, or None where it only carries tool results."""
    if message["role"] != "user":
        return None
    blocks = blocks_of(message["content"])
    if all(block["type"] == "tool_result" for block in blocks):
        return None
    return "\n".join(block["text"] for block in blocks if block["type"] == "text")


class ThinkingSeal:
    """Signs thinking with everything it was made under: model, tools, system and the person's words before it.

    The API promises to accept thinking only where those are unchanged. A seal makes the rehearsal as strict.
    """

    def __init__(self, body: Mapping[str, Any]) -> None:
        tools = [without_breakpoint(tool) for tool in body.get("tools") or ()]
        system = body.get("system") or ""
        if not isinstance(system, str):
            system = [without_breakpoint(block) for block in system]
        # A running hash: a long history holds many blocks to be signed, each after all words before it.
        self._hash = hashlib.sha256(canonical([body["model"], tools, system]))

    def heard(self, text: str) -> None:
        """Take in the next words of the person."""
        self._hash.update(canonical(text))

    def sign(self, thinking: str) -> str:
        """The signature of this thinking after the words heard so far."""
        here = self._hash.copy()
        here.update(canonical([thinking]))
        return base64.b64encode(here.digest()).decode()


def check_request(body: Mapping[str, Any], *, counting: bool = False) -> None:
    """Raise `RequestRefused` for what the API would refuse. ``counting``: for token counting, without max_tokens."""
    if not isinstance(body.get("model"), str) or not body["model"]:
        raise RequestRefused("model: Field required")
    limit = body.get("max_tokens")
    if not counting and (not isinstance(limit, int) or isinstance(limit, bool) or limit < 0):
        raise RequestRefused("max_tokens: Field required, a whole number of tokens")
    for name in _SAMPLING:
        if body.get(name) is not None:
            raise RequestRefused(f"{name}: sampling parameters are not supported by this model")
    choice = body.get("tool_choice")
    if isinstance(choice, dict) and choice.get("type") in ("any", "tool"):
        raise RequestRefused("tool_choice: forced tool use is not supported by this model")
    _check_tools(body.get("tools") or [])
    _check_system(body.get("system") or "")
    _check_messages(body)
    _check_breakpoints(body)


def _check_tools(tools: Any) -> None:
    if not isinstance(tools, list):
        raise RequestRefused("tools: Input should be a valid list")
    names = set()
    for at, tool in enumerate(tools):
        if not isinstance(tool, dict) or not _TOOL_NAME.fullmatch(str(tool.get("name", ""))):
            raise RequestRefused(f"tools.{at}.name: String should match pattern '^[a-zA-Z0-9_-]{{1,128}}$'")
        schema = tool.get("input_schema")
        if not isinstance(schema, dict) or schema.get("type") != "object":
            raise RequestRefused(f"tools.{at}.input_schema.type: Field required, 'object'")
        if tool["name"] in names:
            raise RequestRefused("tools: Tool names must be unique.")
        names.add(tool["name"])


def _check_system(system: Any) -> None:
    if isinstance(system, str):
        return
    if not isinstance(system, list):
        raise RequestRefused("system: Input should be a string or a list of text blocks")
    for at, block in enumerate(system):
        if not isinstance(block, dict) or block.get("type") != "text":
            raise RequestRefused(f"system.{at}: Input should be a text block")
        _check_text(block.get("text"), "system")


def _check_text(text: Any, where: str) -> None:
    if not isinstance(text, str) or not text:
        raise RequestRefused(f"{where}: text content blocks must be non-empty")
    if text.isspace():
        raise RequestRefused(f"{where}: text content blocks must contain non-whitespace text")


def _check_messages(body: Mapping[str, Any]) -> None:
    messages = body.get("messages")
    if not isinstance(messages, list):
        raise RequestRefused("messages: Field required")
    if not messages:
        raise RequestRefused("messages: at least one message is required")
    if len(messages) > MAX_MESSAGES:
        raise RequestRefused(f"messages: at most {MAX_MESSAGES} messages are allowed in a request")
    seal = ThinkingSeal(body)
    pairing = _Pairing(has_tools=bool(body.get("tools")))
    for at, message in enumerate(messages):
        _check_shape(at, message)
        pairing.turn_to(message["role"])
        for place, block in enumerate(blocks_of(message["content"])):
            where = f"messages.{at}.content.{place}"
            _check_block(where, block, message["role"])
            pairing.take(where, block)
            if block["type"] == "thinking":
                _check_thinking(where, block, seal)
        text = person_text(message)
        if text is not None:
            seal.heard(text)
    pairing.close()


def _check_thinking(where: str, block: Mapping[str, Any], seal: ThinkingSeal) -> None:
    if block.get("signature") != seal.sign(str(block.get("thinking"))):
        raise RequestRefused(f"{where}: Invalid `signature` in `thinking` block")


def _check_shape(at: int, message: Any) -> None:
    if not isinstance(message, dict) or message.get("role") not in ("user", "assistant"):
        raise RequestRefused(f"messages.{at}.role: Input should be 'user' or 'assistant'")
    if at == 0 and message["role"] != "user":
        raise RequestRefused("messages: first message must use the `user` role")
    content = message.get("content")
    if not isinstance(content, (str, list)) or not content:
        raise RequestRefused(f"messages.{at}: all messages must have non-empty content")


def _check_block(where: str, block: Any, role: str) -> None:
    if not isinstance(block, dict) or not isinstance(block.get("type"), str):
        raise RequestRefused(f"{where}.type: Field required")
    kind = block["type"]
    if _ONLY_FROM.get(kind, role) != role:
        raise RequestRefused(f"{where}: `{kind}` blocks are not allowed in `{role}` messages")
    if kind == "text":
        _check_text(block.get("text"), "messages")
    if kind == "tool_use" and not (isinstance(block.get("id"), str) and isinstance(block.get("name"), str)):
        raise RequestRefused(f"{where}: `tool_use` needs an id and a name")
    if kind == "tool_use" and not isinstance(block.get("input"), dict):
        raise RequestRefused(f"{where}.input: Input should be a valid dictionary")
    if kind == "tool_result" and isinstance(block.get("content"), list):
        for part in block["content"]:
            if part.get("type") == "text":
                _check_text(part.get("text"), where)
    if kind == "thinking" and "cache_control" in block:
        raise RequestRefused(f"{where}: `thinking` blocks cannot have cache_control")


class _Pairing:
    """Each call answered in the very next user message, first in its content. Messages of one role count as one."""

    def __init__(self, *, has_tools: bool) -> None:
        self.has_tools = has_tools
        self.role = ""
        self.called: list[str] = []
        self.answered: set[str] = set()
        self.seen: set[str] = set()

    def turn_to(self, role: str) -> None:
        if role == self.role:
            return
        if role == "assistant":
            self.close()
            self.called, self.answered = [], set()
        self.role = role

    def take(self, where: str, block: Mapping[str, Any]) -> None:
        kind = block["type"]
        if kind in ("tool_use", "tool_result") and not self.has_tools:
            raise RequestRefused("Requests which include `tool_use` or `tool_result` blocks must define tools")
        if kind == "tool_use":
            if block["id"] in self.seen:
                raise RequestRefused("messages: `tool_use` ids must be unique")
            self.seen.add(block["id"])
            self.called.append(block["id"])
        elif kind == "tool_result":
            self._answer(where, str(block.get("tool_use_id")))
        elif self.role == "user":
            self.close()

    def _answer(self, where: str, call: str) -> None:
        if call not in self.called:
            raise RequestRefused(f"{where}: unexpected `tool_use_id` found in `tool_result` blocks: {call}")
        if call in self.answered:
            raise RequestRefused(f"{where}: each tool_use must have a single result: {call}")
        self.answered.add(call)

    def close(self) -> None:
        missing = [call for call in self.called if call not in self.answered]
        if missing:
            raise RequestRefused(
                "messages: `tool_use` ids were found without `tool_result` blocks immediately after: "
                + ", ".join(missing)
            )


def _check_breakpoints(body: Mapping[str, Any]) -> None:
    found = sum(1 for _, block in cacheable(body) if block.get("cache_control")) + bool(body.get("cache_control"))
    if found > MAX_BREAKPOINTS:
        raise RequestRefused(
            f"A maximum of {MAX_BREAKPOINTS} blocks with cache_control may be provided. Found {found}."
        )


def cacheable(body: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every block of the request with its place, in the order in which the cache sees them."""
    for tool in body.get("tools") or ():
        yield "tools", tool
    for block in blocks_of(body.get("system") or []):
        yield "system", block
    for message in body["messages"]:
        for block in blocks_of(message["content"]):
            yield message["role"], block
