"""A finished reply as the Messages API sends it: one JSON body, or server-sent events in the API's order."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .usage import Usage, tokens

# A word with the space after it; a very long word comes in parts, as from the API.
_WORDS = re.compile(r"\S{1,24}\s*|\s+")
_JSON_PART = 16
_DELTAS = {"text": ("text_delta", "text"), "thinking": ("thinking_delta", "thinking")}


@dataclass(frozen=True)
class Reply:
    """One model call's answer. ``blocks`` are content blocks as the API writes them."""

    id: str
    model: str
    blocks: tuple[dict[str, Any], ...]
    stop_reason: str
    stop_details: dict[str, Any] | None
    usage: Usage

    def as_json(self) -> dict[str, Any]:
        """The body of an answer that is not streamed."""
        return {
            **self._envelope(list(self.blocks)),
            "stop_reason": self.stop_reason,
            "stop_details": self.stop_details,
            "usage": self.usage.as_json(),
        }

    def _envelope(self, content: list[dict[str, Any]]) -> dict[str, Any]:
        return {
            "id": self.id,
            "type": "message",
            "role": "assistant",
            "model": self.model,
            "content": content,
            "stop_reason": None,
            "stop_sequence": None,
        }

    def beats(self, *, until: int | None = None) -> Iterator[bytes]:
        """The events in portions, one delta in each, so that a pause after each portion gives the pace of speech.

        ``until`` breaks off after so many characters of text: the last portion then ends inside the block.
        """
        start = {**self._envelope([]), "usage": self.usage.as_json(output_tokens=1)}
        due = event("message_start", {"message": start})
        said = 0
        for index, block in enumerate(self.blocks):
            due += event("content_block_start", {"index": index, "content_block": _opening(block)})
            if index == 0:
                due += event("ping", {})
            head = f'event: content_block_delta\ndata: {{"type":"content_block_delta","index":{index},"delta":'
            for kind, field, part in _parts(block):
                if until is not None and kind == "text_delta" and said + len(part) >= until:
                    rest = part[: until - said]
                    yield due + (_delta(head, kind, field, rest) if rest else b"")
                    return
                said += len(part) if kind == "text_delta" else 0
                yield due + _delta(head, kind, field, part)
                due = b""
            due += event("content_block_stop", {"index": index})
        if until is None:
            yield due + self._closing()
        else:
            yield due

    def _closing(self) -> bytes:
        stop = {"stop_reason": self.stop_reason, "stop_sequence": None, "stop_details": self.stop_details}
        return event("message_delta", {"delta": stop, "usage": self.usage.as_json()}) + event("message_stop", {})


def event(kind: str, data: dict[str, Any]) -> bytes:
    """One server-sent event."""
    text = json.dumps({"type": kind, **data}, ensure_ascii=False, separators=(",", ":"))
    # A model id may hold a lone surrogate; it must not break the answer.
    return f"event: {kind}\ndata: {text}\n\n".encode(errors="replace")


def _delta(head: str, kind: str, field: str, part: str) -> bytes:
    # Most of the work of a stream is here, so the envelope around the word is not serialised again each time.
    value = json.dumps(part, ensure_ascii=False)
    return f'{head}{{"type":"{kind}","{field}":{value}}}}}\n\n'.encode()


def _opening(block: dict[str, Any]) -> dict[str, Any]:
    kind = block["type"]
    if kind == "text":
        return {"type": "text", "text": ""}
    if kind == "thinking":
        return {"type": "thinking", "thinking": "", "signature": ""}
    return {**block, "input": {}}


def _parts(block: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """The deltas of a block as (delta type, name of its field, value)."""
    kind = block["type"]
    if kind in _DELTAS:
        delta, field = _DELTAS[kind]
        for word in _WORDS.findall(block[field]):
            yield delta, field, word
        if kind == "thinking":
            yield "signature_delta", "signature", block["signature"]
        return
    # As the API does: an empty part first, and nothing more where the input is empty.
    yield "input_json_delta", "partial_json", ""
    if block["input"]:
        text = json.dumps(block["input"], ensure_ascii=False)
        for at in range(0, len(text), _JSON_PART):
            yield "input_json_delta", "partial_json", text[at : at + _JSON_PART]


def output_tokens(block: dict[str, Any]) -> int:
    """What a block counts for in the output."""
    if block["type"] in _DELTAS:
        return tokens(len(block[_DELTAS[block["type"]][1]]))
    return tokens(len(block["name"]) + len(json.dumps(block["input"])))


def within(blocks: list[dict[str, Any]], limit: int) -> tuple[list[dict[str, Any]], bool]:
    """The blocks cut to ``limit`` tokens, and whether anything was cut.

    A call that does not fit keeps its name and loses its whole input, as measured with the API's client.
    """
    kept: list[dict[str, Any]] = []
    for block in blocks:
        cost = output_tokens(block)
        if cost <= limit:
            kept.append(block)
            limit -= cost
            continue
        if limit > 0 and block["type"] in _DELTAS:
            field = _DELTAS[block["type"]][1]
            kept.append({**block, field: block[field][: 4 * limit]})
        elif limit > 0:
            kept.append({**block, "input": {}})
        return kept, True
    return kept, False
