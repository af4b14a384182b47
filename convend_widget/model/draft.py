"""One step of a reply as it arrives: fed raw stream events, read by whoever shows and keeps it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, NoReturn

from ..errors import NotTheApi
from .boundary import error_event
from .sse import strict_json

DeltaKind = Literal["text", "thinking", "input"]
SHOWN: tuple[Literal["text", "thinking"], ...] = ("text", "thinking")
_RAW_KEPT = 2048
# A block that these stop in is cut short; any other reason comes with every block closed.
_WHOLE = frozenset({"end_turn", "tool_use", "stop_sequence", "pause_turn"})


class Delta(NamedTuple):
    """Text that arrived in block number ``block`` since the last drain."""

    block: int
    kind: DeltaKind
    text: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """The client waits before it tries again: until ``until`` on the monotonic clock, ``seconds`` in all.

    ``why`` is the ``code`` of the error that it waits for; ``attempt`` counts tries so far, from 1.
    """

    until: float
    seconds: float
    why: str
    attempt: int


class _Open:
    """The block that is arriving, and the deltas that it takes."""

    __slots__ = ("block", "drained", "field", "index", "kind", "parts", "takes")

    def __init__(self, index: int, block: dict[str, Any]) -> None:
        self.index = index
        self.block = block
        self.parts: list[str] = []
        self.drained = 0
        self.field: str | None = None  # the block's field that the parts make up
        self.kind: DeltaKind = "text"
        self.takes = ("", "")  # a delta's type, and its field
        if block["type"] == "text":
            self.field, self.takes = "text", ("text_delta", "text")
        elif block["type"] == "thinking":
            self.field, self.kind, self.takes = "thinking", "thinking", ("thinking_delta", "thinking")
        elif "input" in block:
            self.field, self.kind, self.takes = "input", "input", ("input_json_delta", "partial_json")
        begun = block.get(self.field) if self.field else None
        if isinstance(begun, str) and begun:
            self.parts.append(begun)

    def joined(self) -> str:
        return "".join(self.parts)


class Draft:
    """The accumulator of one step. Not for several threads; ``feed`` and ``drain`` share the client's loop.

    ``blocks`` are the complete blocks, exactly as the API gave them, unknown kinds too. ``cut`` holds a last block
    that the reply stopped in (a tool call at the length limit): it was not finished and is never sent back.
    ``malformed`` maps a block's index to the first 2,048 characters of a tool input that was not a JSON object;
    such a block has ``input`` {}. ``unknown`` holds events and deltas that this version does not know, raw.
    ``unanswered`` counts the tries that went out and were cut before an answer began. ``heard`` is the monotonic time
    of the last byte. ``sent`` is the fingerprint of the request, where the client
    tells it.
    """

    __slots__ = (
        "_fresh", "_open", "blocks", "complete", "cut", "heard", "malformed", "message_id", "model", "request_id",
        "sent", "started", "stop_details", "stop_reason", "stop_sequence", "unanswered", "unknown", "usage", "waiting",
    )  # fmt: skip

    def __init__(self) -> None:
        self.blocks: list[dict[str, Any]] = []
        self.cut: list[dict[str, Any]] = []
        self.malformed: dict[int, str] = {}
        self.unknown: list[dict[str, Any]] = []
        self.started = False
        self.complete = False
        self.stop_reason: str | None = None
        self.stop_sequence: str | None = None
        self.stop_details: dict[str, Any] | None = None
        self.usage: dict[str, Any] = {}
        self.message_id: str | None = None
        self.model: str | None = None
        self.request_id: str | None = None
        self.sent: str | None = None
        self.waiting: Waiting | None = None
        self.unanswered = 0
        self.heard = time.monotonic()
        self._open: _Open | None = None
        self._fresh: list[Delta] = []

    # -- in ---------------------------------------------------------------------------------------------------

    def feed(self, event: dict[str, Any]) -> None:
        """Take one raw stream event.

        Raises ``NotTheApi`` for one that cannot come here (wrong order, second start, gap in the indices), and
        what an ``error`` event stands for. The draft stays as it was.
        """
        try:
            if event["type"] == "content_block_delta":  # nearly every event is one
                self._delta(event)
            else:
                self._other(event)
        except (KeyError, TypeError, AttributeError, ValueError):
            self._refuse(f"an event of the wrong shape ({str(event.get('type'))[:40]!r})")

    def _delta(self, event: dict[str, Any]) -> None:
        block = self._open
        if block is None or event["index"] != block.index:
            self._refuse("a delta for a block that is not open")
        delta = event["delta"]
        kind, field = block.takes
        if delta["type"] == kind:
            text = delta[field]
            if type(text) is not str:
                self._refuse("a delta without text")
            block.parts.append(text)
        else:
            self._rare_delta(block, delta, event)

    def _rare_delta(self, block: _Open, delta: dict[str, Any], event: dict[str, Any]) -> None:
        kind, held = delta["type"], block.block
        if kind == "signature_delta" and held["type"] == "thinking":
            held["signature"] = delta["signature"]
        elif kind == "citations_delta" and held["type"] == "text":
            held["citations"] = [*(held.get("citations") or ()), delta["citation"]]
        elif kind in ("text_delta", "thinking_delta", "input_json_delta") and block.field is not None:
            self._refuse(f"a {kind} in a block of another type")
        else:
            self.unknown.append(event)

    def _other(self, event: dict[str, Any]) -> None:
        kind = event["type"]
        if kind == "ping":
            return
        if kind == "error":
            raise error_event(event)
        if kind == "message_start":
            self._start(event["message"])
        elif kind not in ("content_block_start", "content_block_stop", "message_delta", "message_stop"):
            self.unknown.append(event)
        elif not self.started or self.complete:
            self._refuse(f"{kind} outside of a message")
        elif kind == "content_block_start":
            self._start_block(event["index"], event["content_block"])
        elif kind == "content_block_stop":
            if self._open is None or event["index"] != self._open.index:
                self._refuse("the stop of a block that is not open")
            self._close()
        elif kind == "message_delta":
            self._end(event["delta"], event.get("usage") or {})
        else:
            if self._open is not None:
                self._refuse("message_stop in an open block")
            self.complete = True

    def _start(self, message: dict[str, Any]) -> None:
        if self.started:
            self._refuse("a second message_start")
        content, usage = list(message.get("content") or ()), dict(message.get("usage") or {})
        self.message_id, self.model = _string(message.get("id")), _string(message.get("model"))
        self.usage, self.blocks = usage, content
        self.started = True

    def _start_block(self, index: int, block: dict[str, Any]) -> None:
        if self._open is not None:
            self._refuse("a block inside another")
        if type(index) is not int or index != len(self.blocks):
            self._refuse("a gap in the numbers of the blocks")
        if type(block["type"]) is not str:
            self._refuse("a block without a type")
        self._open = _Open(index, dict(block))

    def _close(self) -> None:
        block = self._open
        assert block is not None
        self._fresh += self._new_text()
        if block.field == "input":
            if raw := block.joined():
                block.block["input"] = self._tool_input(block.index, raw)
        elif block.field is not None:
            block.block[block.field] = block.joined()
        self.blocks.append(block.block)
        self._open = None

    def _tool_input(self, index: int, raw: str) -> dict[str, Any]:
        try:
            value = strict_json(raw)
        except ValueError:
            value = None
        if type(value) is dict:
            return value
        self.malformed[index] = raw[:_RAW_KEPT]
        return {}

    def _end(self, delta: dict[str, Any], usage: dict[str, Any]) -> None:
        reason = _string(delta.get("stop_reason"))
        # Counts are totals so far; one that does not apply is left out, and the earlier one stays.
        usage = {**self.usage, **{k: v for k, v in usage.items() if v is not None}}
        if self._open is not None:
            if reason in _WHOLE:
                self._refuse(f"stop reason {reason} in an open block")
            self._close_cut()
        self.usage = usage
        details = delta.get("stop_details")
        self.stop_details = details if type(details) is dict else None
        self.stop_sequence = _string(delta.get("stop_sequence"))
        self.stop_reason = reason
        self._drop_cut_call()

    def _close_cut(self) -> None:
        block = self._open
        assert block is not None
        if block.field == "text":
            self._close()
            return
        self._fresh += self._new_text()
        self.cut.append(block.block)
        self._open = None

    def _drop_cut_call(self) -> None:
        """A call that the reply stopped in may look whole (``input`` {}): the stop reason tells that it is not."""
        stopped_short = self.stop_reason is not None and self.stop_reason not in _WHOLE
        if stopped_short and self.blocks and self.blocks[-1].get("type") == "tool_use":
            self.malformed.pop(len(self.blocks) - 1, None)
            self.cut.append(self.blocks.pop())

    def whole(self, message: dict[str, Any]) -> None:
        """Take a message that came in one piece. Raises ``NotTheApi`` if it is none."""
        try:
            if message["type"] != "message" or not all(type(b["type"]) is str for b in message["content"]):
                self._refuse("something else than a message")
            self._start({**message, "content": ()})
            for index, block in enumerate(message["content"]):
                self._start_block(index, block)
                self._close()
            self._end(message, {})
        except (KeyError, TypeError, AttributeError):
            self._refuse("something else than a message")
        self.complete = True

    def _refuse(self, what: str) -> NoReturn:
        raise NotTheApi(f"The stream of the reply held {what}.")

    # -- out --------------------------------------------------------------------------------------------------

    def _new_text(self) -> list[Delta]:
        block = self._open
        if block is None or block.drained == len(block.parts):
            return []
        text = "".join(block.parts[block.drained :])
        block.drained = len(block.parts)
        return [Delta(block.index, block.kind, text)] if text else []

    def drain(self) -> list[Delta]:
        """What arrived since the last call, joined for each block, in order."""
        fresh = self._fresh + self._new_text()
        self._fresh = []
        return fresh

    def partial(self) -> list[dict[str, Any]]:
        """Complete blocks, and the text of an unfinished one. Unfinished calls and thinking are left out."""
        block = self._open
        if block is None or block.field != "text" or not (text := block.joined()):
            return list(self.blocks)
        return [*self.blocks, {**block.block, "text": text}]

    def so_far(self) -> list[Delta]:
        """The whole text of every block up to now, the open one too: for whoever did not hear it drained."""
        shown = [
            Delta(number, kind, block[kind])
            for number, block in enumerate(self.blocks)
            for kind in SHOWN
            if block["type"] == kind and block.get(kind)
        ]
        block = self._open
        if block is not None and block.kind in SHOWN and block.field and (text := block.joined()):
            shown.append(Delta(block.index, block.kind, text))
        return shown


def _string(value: object) -> str | None:
    return value if type(value) is str else None
