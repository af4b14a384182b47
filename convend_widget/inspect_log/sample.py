"""A branch of a conversation as a sample of Inspect: what was said, what came of it, and what it took. Pure.

Field names and shapes are those of Inspect's log format, version 2 (inspect_ai 0.3.285), read off its own models;
``tests/fixtures/inspect_log.json`` holds them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
from typing import Any

from ..conversation import Block, Conversation, Message, Step
from ..conversation.outcome import Outcome, outcome
from ..dates import moment

SCORER = "ended"
_STOPS = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "tool_use": "tool_calls",
    "max_tokens": "max_tokens",
    "model_context_window_exceeded": "model_length",
    "refusal": "content_filter",
}
_TOKENS = {
    "input_tokens": "input_tokens",
    "output_tokens": "output_tokens",
    "input_tokens_cache_write": "cache_creation_input_tokens",
    "input_tokens_cache_read": "cache_read_input_tokens",
}
_SCORED = {"ended": 1, "not_ended": 0, "refused": 0, "truncated": 0}  # failed and cancelled are no result

LISTED = 500  # characters

Json = dict[str, Any]


def sample(
    conversation: Conversation,
    leaf: Message,
    *,
    name: str | None = None,
    epoch: int = 1,
    own: Sequence[Message] | None = None,
    came: Outcome | None = None,
) -> Json:
    """The branch that ends with ``leaf``. ``name``: the sample's id (default: the leaf's); ``epoch`` counts from 1.

    ``own``: the replies that it is about, oldest first (default: all). What was said before the first of them is its
    input, and only their tokens are counted. ``came``: how it came out; by default as its first reply that ended it
    did, even where the ending was recorded only, and else as the last one.
    """
    path = conversation.branch(leaf.id)
    replies = [m for m in (path if own is None else own) if m.role == "assistant" and not m.running]
    said = list(_chat(conversation, path))
    begins = next((i for i, m in enumerate(path) if replies and m.id == replies[0].id), len(path))
    came = came or _came(replies)
    return {
        "id": name or leaf.id,
        "epoch": epoch,
        "input": list(_chat(conversation, path[:begins], replies[0] if replies else None)),
        "target": "",
        "messages": said,
        "output": _output(conversation, replies[-1]) if replies else {"model": "", "choices": []},
        "scores": _scores(conversation, leaf, came),
        "metadata": _about(conversation, leaf, came),
        "model_usage": usage(conversation, replies),
        "started_at": moment(path[0].at),
        "completed_at": moment(leaf.at),
        "error": _error(replies[-1]) if replies else None,
        "turn_count": len(replies),
    }


def _came(replies: Sequence[Message]) -> Outcome | None:
    outcomes = [outcome(reply) for reply in replies]
    return next((each for each in outcomes if each.name == "ended"), outcomes[-1] if outcomes else None)


def summary(sample: Json) -> Json:
    """What Inspect lists of a sample before it is opened."""
    kept = ("id", "epoch", "target", "metadata", "scores", "model_usage", "started_at", "completed_at")
    return {name: sample[name] for name in kept} | {
        "input": _last_words(sample["input"]),
        "error": sample["error"]["message"] if sample["error"] else None,
        "completed": sample["error"] is None,
        "message_count": len(sample["messages"]),
        "turn_count": sample["turn_count"],
    }


def _last_words(said: list[Json]) -> str:
    """The person's last words, as far as a list shows them."""
    last: list[Json] = next((m["content"] for m in reversed(said) if m["role"] == "user"), [])
    return " ".join(block.get("text", "") for block in last)[:LISTED]


def _scores(conversation: Conversation, leaf: Message, came: Outcome | None) -> Json:
    if came is None or came.name not in _SCORED:
        return {}
    ending = conversation.ending(leaf.id)
    reason = f"{ending.trigger}: {ending.reason or 'no reason given'}" if ending else came.flag or None
    return {SCORER: {"value": _SCORED[came.name], "answer": came.name, "explanation": reason}}


def _about(conversation: Conversation, leaf: Message, came: Outcome | None) -> Json:
    about: Json = {
        "conversation": conversation.id,
        "outcome": came.name if came else None,
        "warnings": len(leaf.facts.warnings),
        "blocked": leaf.facts.blocked,
        "at_risk": leaf.facts.at_risk,
        "label": conversation.label(leaf.id),
        "archived": bool(conversation.archived_above(leaf.id)),
    }
    ending = conversation.ending(leaf.id)
    if ending is not None:
        about |= {"trigger": ending.trigger, "policy": ending.policy, "mode": ending.mode}
    return about


def _error(reply: Message) -> Json | None:
    if reply.error is None:
        return None
    said = f"{reply.error.what} {reply.error.advice}".strip()
    return {"message": said, "traceback": "", "traceback_ansi": ""}


def _output(conversation: Conversation, reply: Message) -> Json:
    last = [said for said in _reply(conversation, reply) if said["role"] == "assistant"]
    step = reply.steps[-1] if reply.steps else None
    stop = _STOPS.get(step.stop_reason or "", "unknown") if step else "unknown"
    return {
        "model": _model(conversation, reply, step),
        "choices": [{"message": last[-1], "stop_reason": stop}] if last else [],
        "usage": _used(reply.steps),
        "error": reply.error.what if reply.error else None,
    }


def _used(steps: Iterable[Step]) -> Json:
    """Tokens of these model calls by Inspect's names. Only whole numbers are added."""
    row = dict.fromkeys((*_TOKENS, "total_tokens"), 0)
    for step in steps:
        for theirs, ours in _TOKENS.items():
            count = step.usage.get(ours)
            if type(count) is int:
                row[theirs] += count
                row["total_tokens"] += count
    return row


def usage(conversation: Conversation, replies: Iterable[Message]) -> Json:
    """Tokens by model."""
    steps: dict[str, list[Step]] = {}
    for reply in replies:
        for step in reply.steps:
            if step.usage:
                steps.setdefault(_model(conversation, reply, step), []).append(step)
    return {model: _used(some) for model, some in steps.items()}


def _model(conversation: Conversation, reply: Message, step: Step | None) -> str:
    return (step and step.model) or conversation.settings[reply.settings or ""].model


# -- messages ---


def _chat(conversation: Conversation, path: list[Message], below: Message | None = None) -> Iterator[Json]:
    """The path as Inspect's messages. System text stands before the words whose reply was the first to see it.

    ``below``: the reply to the last of them, where it is not on the path itself.
    """
    seen = ""
    for message, after in zip_longest(path, [*path[1:], below]):
        if message.role == "assistant":
            yield from _reply(conversation, message)
            continue
        settings = conversation.find_settings(after.settings or "") if after else None
        system = "\n\n".join(t for t in (settings.policy_text, settings.system) if t) if settings else seen
        if system and system != seen:
            yield {"role": "system", "content": system}
        seen = system
        yield {"id": message.id, "role": "user", "content": [_content(b) for b in message.content]}


def _reply(conversation: Conversation, reply: Message) -> Iterator[Json]:
    """One message of the assistant for each step, and what its tool calls were told."""
    for number, step in enumerate(reply.steps):
        last = number == len(reply.steps) - 1
        name = reply.id if last and not reply.partial else f"{reply.id}.{number}"
        yield _spoken(name, step.blocks, _model(conversation, reply, step))
        for call in step.calls:
            if call.answer:
                yield {
                    "role": "tool",
                    "content": call.answer,
                    "tool_call_id": call.tool_use,
                    "function": call.name,
                    "error": {"type": "unknown", "message": call.answer} if call.is_error else None,
                    "metadata": {"verdict": call.verdict},
                }
    if reply.partial or not reply.steps:
        yield _spoken(reply.id, reply.partial, _model(conversation, reply, None))


def _spoken(name: str, blocks: tuple[Block, ...], model: str) -> Json:
    calls = [
        {"id": str(b.get("id")), "function": str(b.get("name")), "arguments": b["input"], "type": "function"}
        for b in blocks
        if b.get("type") == "tool_use" and isinstance(b.get("input"), dict)
    ]
    content = [_content(b) for b in blocks if b.get("type") != "tool_use"]
    return {"id": name, "role": "assistant", "content": content, "tool_calls": calls or None, "model": model}


def _content(block: Block) -> Json:
    """A content block by Inspect's types; what it has no type for is kept whole as data."""
    kind = block.get("type")
    if kind == "text" and isinstance(block.get("text"), str):
        return {"type": "text", "text": block["text"]}
    if kind == "thinking" and isinstance(block.get("thinking"), str):
        signature = block.get("signature")
        return {
            "type": "reasoning",
            "reasoning": block["thinking"],
            "signature": signature if isinstance(signature, str) else None,
        }
    if kind == "redacted_thinking" and isinstance(block.get("data"), str):
        return {"type": "reasoning", "reasoning": block["data"], "redacted": True}
    return {"type": "data", "data": block}
