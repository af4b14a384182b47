"""What the model saw, as the browser is told it: one call of one reply, its request as the text that was sent. Pure.

The answer may be long, so it goes as text in parts of bounded size, which the browser puts together. It is not part of
the conversation: it has no number, and whoever misses a part asks again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ..conversation import Block, Conversation, JudgedCall
from ..conversation import history as reasons
from ..conversation.history import omitted
from ..errors import SettingsError
from ..markup import sound
from ..model.price import Tokens
from ..session.seen import Seen, SeenStep, seen
from .wire import PART, Json, cost_view

ENVELOPE = 300  # bytes of a message beside its text
MOST = 24_000_000  # bytes of an answer: a browser would not show more

# What the browser has words for. A reason that is not here goes as it is.
CODES = {
    reasons.BLANK: "blank",
    reasons.UNFINISHED: "unfinished",
    reasons.OTHER_GROUND: "other_ground",
    reasons.ALONE: "alone",
    reasons.NOT_JSON: "not_json",
    reasons.UNANSWERED: "unanswered",
}


def seen_view(conversation: Conversation, message: str, number: int) -> Json:
    """One call of a reply, and an overview of all of them. Raises ``SettingsError`` where there is no such call."""
    what = seen(conversation, message)
    if not 1 <= number <= len(what.steps):
        raise SettingsError(f"This reply has no call {number}.", advice="Close this and open it again.")
    step = what.steps[number - 1]
    return {
        "m": message,
        "call": number,
        "reply": _reply(what),
        "calls": [_call(each) for each in what.steps],
        "evidence": [
            {"gate": fact.gate, "tool_use": fact.tool_use, "favours": fact.favours, "detail": fact.detail}
            for fact in what.evidence
        ],
        "exact": step.exact,
        "omitted": [
            {"turn": gap.turn, "at": gap.at, "role": gap.role, "why": _why(gap.why), **_shown(gap.block)}
            for gap in omitted(conversation, message, step.settings, number - 1)
        ],
        "new_from": step.new_from,
        "body": step.text,
    }


def tokens_view(tokens: Tokens) -> Json:
    """Tokens by what they cost."""
    return {name: getattr(tokens, name) for name in Tokens.__slots__}


def in_parts(view: Json) -> list[str]:
    """The view as text, in parts whose messages have at most ``PART`` bytes.

    Raises ``SettingsError`` for what no browser would show.
    """
    text = sound(json.dumps(view, ensure_ascii=False, separators=(",", ":")))
    if len(text) > MOST:
        raise SettingsError("This request is too long to be shown here.", advice="Look at it with chat.seen(message).")
    return list(_parts(text))


def _parts(text: str) -> Iterator[str]:
    """As many characters as fit when they are text within JSON, which doubles quotes and more."""
    at = 0
    while at < len(text):
        size = PART
        while len(json.dumps(text[at : at + size], ensure_ascii=False).encode()) > PART - ENVELOPE:
            size = size * 7 // 8
        yield text[at : at + size]
        at += size


def _reply(what: Seen) -> Json:
    settings = what.settings
    gates = settings.provenance.get("gates")
    return {
        "model": settings.model,
        "provider": settings.provider,
        "policy": settings.policy,
        "mode": settings.mode,
        "can_end": settings.can_end,
        "gates": [str(gate)[:60] for gate in gates] if isinstance(gates, (list, tuple)) else [],
        "tokens": tokens_view(what.tokens),
        "cost": cost_view(what.cost),
    }


def _call(step: SeenStep) -> Json:
    return {
        "number": step.number,
        "complete": step.complete,
        "model": step.model,
        "stop": step.stop_reason,
        "seconds": step.step.seconds,
        "request_id": step.step.request_id,
        "tokens": tokens_view(step.tokens),
        "cost": cost_view(step.cost),
        "left_out": [_why(line) for line in step.left_out],
        "verdicts": [_verdict(call, block) for call, block in zip(step.verdicts, step.step.tool_calls(), strict=False)],
    }


def _verdict(call: JudgedCall, block: Block) -> Json:
    return {
        "tool": call.name,
        "input": _json(block.get("input")),
        "verdict": "observed" if "would_be_blocked" in call.flags else call.verdict,
        "answer": call.answer,
        "is_error": call.is_error,
        "trigger": call.trigger,
        "at_risk": call.at_risk,
        "counted": call.counted,
        "confirmed_by": call.confirmed_by,
        "gates": [{"gate": gate.gate, "passed": gate.passed, "missing": gate.missing} for gate in call.gates],
    }


def _why(line: str) -> Json:
    code = CODES.get(line, "")
    tool = line.removeprefix("calls of the tool ").partition(": this request")[0] if not code else ""
    if not code and tool != line:
        return {"code": "not_offered", "text": tool}
    return {"code": code, "text": line}


def _shown(block: Block) -> Json:
    kind = str(block.get("type"))
    text = block.get({"text": "text", "thinking": "thinking"}.get(kind, ""))
    if not isinstance(text, str):
        text = _json(block.get("input")) if kind == "tool_use" else ""
    name = block.get("name")
    return {"type": kind[:60], "name": str(name)[:200] if name else None, "text": text}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)
