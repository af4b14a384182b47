"""What the browser is told, as plain JSON: rows, the state of the chat, errors. Pure; ``js/src/core/wire.ts`` reads it.

Text from outside may hold halves of surrogate pairs, which no message can carry; they are replaced here, visibly, and
stay as they were in the store.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ..conversation import Block, Conversation, ErrorFacts, JudgedCall, Message, Settings
from ..conversation.tree import total_usage
from ..ending.calls import END, WARN
from ..ending.gates import NUMBERS, USUAL
from ..errors import ConvendError, StoreBusy
from ..markup import sound
from ..model.price import Cost, Tokens
from ..session import Lesson, Seat
from ..session.reply import SILENT
from ..store import Store

Json = dict[str, Any]
Spent = tuple[Tokens, Cost]
PART = 200_000  # bytes of JSON in one message, unless a single row is longer
LONGEST_NOTE = 500


# -- rows ---


def row(conversation: Conversation, message: Message, growing: Sequence[Json] = ()) -> Json:
    """One message. ``growing``: blocks of the running step of a reply, which come after those of the steps before."""
    settings = conversation.settings.get(message.settings or "")
    given = conversation.notes.get(message.id)
    reply = message.role == "assistant"
    return {
        "m": message.id,
        "p": message.parent,
        "role": message.role,
        "at": message.at,
        "seq": message.seq,
        "state": message.state.value if message.state is not None else "sent",
        "blocks": [*blocks(message), *growing],
        "tip": message.tip.value,
        "by": sound(message.by),
        "confirm": message.confirm,
        "ending": _ending(message, settings),
        "error": error_view(message.error) if message.error is not None else None,
        "note": _text(note(message)),
        "stop": _text(message.steps[-1].stop_reason) if message.steps else None,
        "model": _text(model_of(message, settings)),
        "usage": _usage(message) if reply and message.steps else None,
        "feedback": {"thumb": given.thumb, "words": sound(given.words)} if given is not None else None,
        "edit_of": message.edit_of,
        "mark": _mark(conversation, message.id),
    }


def _mark(conversation: Conversation, message: str) -> Json | None:
    """What the person keeps about a message; None where that is nothing."""
    label, starred = conversation.label(message), conversation.starred(message)
    archived = conversation.is_archived(message)
    if not (label or starred or archived):
        return None
    return {"label": sound(label), "starred": starred, "archived": archived}


def blocks(message: Message) -> list[Json]:
    """The blocks of a message: one for each that the API gave, so that their numbers agree."""
    if message.role == "user":
        return [_block(block) for block in message.content]
    shown = []
    for step in message.steps:
        calls = iter(step.calls)  # in the order of the step's calls, by law
        for block in step.blocks:
            call = next(calls, None) if block.get("type") == "tool_use" else None
            shown.append(_call(call) if call is not None else _block(block))
    return shown + [_block(block) for block in message.partial]


def _block(block: Block) -> Json:
    kind = block.get("type")
    if kind == "text":
        return {"k": "text", "text": sound(str(block.get("text", "")))}
    if kind == "thinking":
        return {"k": "thinking", "text": sound(str(block.get("thinking", "")))}
    if kind == "tool_use":
        return dict(UNSEEN)  # it has no verdict yet, or was cut
    return {"k": "other", "type": sound(str(kind))[:60]}


UNSEEN: Json = {"k": "text", "text": ""}  # keeps a block's place, and shows nothing


def _call(call: JudgedCall) -> Json:
    if call.name == WARN and call.verdict == "warned":
        return {"k": "warning", "kind": call.kind or "redirect", "counted": call.counted}
    if call.name != END:
        return {"k": "other", "type": sound(f"tool_use {call.name}")[:60]}
    missing = [sound(gate.missing) for gate in call.gates if not gate.passed and gate.missing]
    verdict = "observed" if call.verdict == "recorded" or "would_be_blocked" in call.flags else call.verdict
    return {"k": "attempt", "verdict": verdict, "trigger": call.trigger, "missing": missing}


def _ending(message: Message, settings: Settings | None) -> Json | None:
    call = message.ending_call() if message.ended else None
    if call is None or settings is None:
        return None
    return {
        "trigger": call.trigger or "unstated",
        "reason": _text(call.reason),
        "warnings": [{"m": warned.message, "kind": warned.kind} for warned in message.facts.warnings],
        "policy": sound(settings.policy),
        "mode": settings.mode,
        "confirmed_by": call.confirmed_by,
        "needs": needs(settings),
    }


def needs(settings: Settings) -> list[Json]:
    """What the policy in force asks of an ending, as it was recorded: its gates, each with the number that it reads."""
    gates, numbers = settings.provenance.get("gates"), settings.provenance.get("numbers")
    if not isinstance(gates, (list, tuple)):
        return []
    known = USUAL | (dict(numbers) if isinstance(numbers, Mapping) else {})
    found = {gate: known.get(NUMBERS.get(gate, "")) for gate in gates if isinstance(gate, str)}
    return [{"gate": sound(gate)[:60], "number": n if type(n) is int else None} for gate, n in found.items()]


def note(message: Message) -> str | None:
    """What was unusual about how a reply came to rest: a code, or the provider's words on why it was refused.

    Of a stopped reply: who stopped it. Of a whole one: what it is noted for, or ``stopped: `` and an unknown reason.
    """
    state = message.state.value if message.state is not None else "sent"
    if state == "stopped":
        return message.cut_by or "panel"
    if state == "refused":
        details = message.steps[-1].stop_details or {} if message.steps else {}
        explanation = details.get("explanation")
        return explanation[:LONGEST_NOTE] if isinstance(explanation, str) and explanation.strip() else None
    return message.note and message.note[:LONGEST_NOTE]


def model_of(message: Message, settings: Settings | None) -> str | None:
    """The model that wrote a reply: as it named itself, or else as it was asked for."""
    named = next((step.model for step in reversed(message.steps) if step.model), None)
    return named or (settings.model if settings is not None and message.role == "assistant" else None)


def _usage(message: Message) -> Json:
    """Tokens: ``input`` without what was read from the cache, which is counted in ``cache_read``."""
    total = total_usage(message)
    return {
        "input": total.get("input_tokens", 0) + total.get("cache_creation_input_tokens", 0),
        "output": total.get("output_tokens", 0),
        "cache_read": total.get("cache_read_input_tokens", 0),
    }


def _text(text: str | None) -> str | None:
    return None if text is None else sound(text)


# -- the chat ---


def chat_view(seat: Seat, preferences: Mapping[str, str], running: str | None, spent: Spent) -> Json:
    """The state of the chat. ``running``: a reply that is being written, of this branch or another.

    ``spent``: tokens and cost of the whole conversation so far.
    """
    status = seat.status_now()
    plan = seat.plan
    waits = status.wait_seconds is not None
    return {
        "conversation": seat.conversation.id,
        "head": seat.head,
        "status": status.name,
        "wait": {"seconds": math.ceil(status.wait_seconds or 0.0), "why": sound(status.why or "")} if waits else None,
        "silent": int(status.silent) if status.silent >= SILENT else 0,
        "model": sound(plan.model),
        "provider": sound(plan.client.name),
        "rehearsal": plan.client.name == "rehearsal",
        "policy": sound(plan.policy.name),
        "mode": plan.mode,
        "can_end": plan.can_end,
        "notices": [{"code": notice.code, "text": sound(notice.text)} for notice in seat.notices],
        "send_with": preferences.get("send_with", "enter"),
        "theme": preferences.get("theme", "auto"),
        "size": preferences.get("size", "normal"),
        "stored": _stored(seat.session.journal.store),
        "running": running,
        "spent": spent_view(*spent),
        "lesson": lesson_view(seat.lesson) if seat.lesson is not None and len(seat.lesson.parts) == 1 else None,
    }


def lesson_view(lesson: Lesson) -> Json:
    """What is rehearsed: how many turns are over or under way, and how many there are.

    One on several seats has controls of its own beside their panels, which have none then.
    """
    place = {"at": lesson.at, "of": lesson.of, "over": lesson.over}
    return {"title": sound(lesson.title), **place, "playing": lesson.playing, "speed": lesson.speed}


def spent_view(tokens: Tokens, cost: Cost) -> Json:
    """Tokens and their cost, in short. ``input`` is the whole prompt of every call, cached or not."""
    return {"input": tokens.prompt, "output": tokens.output, "cost": cost_view(cost)}


def cost_view(cost: Cost) -> Json:
    """A cost. ``dollars`` is null where nothing of it is known; ``as_of`` is the day of the list of prices."""
    nothing = cost.calls == 0 or (cost.dollars == 0 and not cost.known)
    return {
        "dollars": None if nothing else cost.dollars,
        "at_least": not nothing and not cost.known,
        "free": cost.free,
        "unpriced": [sound(name) for name in cost.unpriced],
        "as_of": cost.as_of.isoformat() if cost.as_of is not None else None,
    }


def _stored(store: Store) -> Json:
    return {"path": _text(str(store.path)) if store.path else None, "writable": store.writable}


def error_view(error: ConvendError | ErrorFacts) -> Json:
    """An error in plain words. Its ``code`` is stable: that of a model error, or the name of the class."""
    return {
        "code": getattr(error, "code", None) or _snake(type(error).__name__),
        "what": sound(error.what),
        "advice": sound(error.advice),
        "who": error.who,
        "retryable": bool(getattr(error, "retryable", isinstance(error, StoreBusy))),
        "request_id": _text(getattr(error, "request_id", None)),
        "retry_after": getattr(error, "retry_after", None),
    }


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


# -- messages ---


def rows_message(rows: Sequence[Json]) -> Json:
    """Messages that are new or different."""
    return {"t": "rows", "rows": list(rows)}


def delta_message(reply: str, deltas: Sequence[tuple[int, str, str]]) -> Json:
    """Text that a running reply grows by: number of the block in its row, kind, text."""
    return {"t": "delta", "m": reply, "d": [[number, kind, sound(text)] for number, kind, text in deltas]}


def chat_message(chat: Json) -> Json:
    """The state of the chat has changed."""
    return {"t": "chat", "chat": chat}


def answer(command: str, *, error: Json | None = None, message: str | None = None) -> Json:
    """The answer to one command: done, or refused with an error."""
    return {"t": "answer", "c": command, "ok": error is None, "error": error, "m": message}


def seen_message(command: str, part: int, parts: int, text: str) -> Json:
    """A part of what the model saw, as text: see ``inspection.py``. Not numbered, since it changes nothing."""
    return {"t": "seen", "c": command, "part": part, "parts": parts, "text": text}


def play_message(conversation: str, tip: str, speed: int) -> Json:
    """Show a stored branch again, up to the message ``tip``. Not numbered, since it changes nothing."""
    return {"t": "play", "conversation": conversation, "m": tip, "speed": speed}


def beside_message(lesson: Lesson, preferences: Mapping[str, str]) -> Json:
    """All that the controls of a lesson on several seats show. Not numbered: each replaces the one before."""
    sides = [
        {"policy": sound(part.seat.plan.policy.name), "ended": part.seat.ending is not None} for part in lesson.parts
    ]
    look = {"theme": preferences.get("theme", "auto"), "size": preferences.get("size", "normal")}
    return {"t": "beside", "lesson": lesson_view(lesson), "sides": sides, **look}


def snapshot(chat: Json, rows: Sequence[Json], below: int | None) -> Json:
    """What a view needs at once. ``below``: rows with a smaller ``seq`` come as pages; None where all is here."""
    return {"t": "snapshot", "chat": chat, "rows": list(rows), "below": below}


def page(conversation: str, below: int, rows: Sequence[Json], after: int | None) -> Json:
    """Rows with a ``seq`` smaller than ``below``; the next page goes on below ``after``, None: this is the last."""
    return {"t": "page", "conversation": conversation, "below": below, "rows": list(rows), "next": after}


def in_parts(rows: Iterable[Json]) -> Iterator[list[Json]]:
    """Rows in their order, in lists of at most ``PART`` bytes of JSON."""
    part: list[Json] = []
    size = 0
    for item in rows:
        length = json_size(item)
        if part and size + length > PART:
            yield part
            part, size = [], 0
        part.append(item)
        size += length
    if part:
        yield part


def json_size(value: Json) -> int:
    """Bytes of a value as it goes over the wire."""
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace"))
