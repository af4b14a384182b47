"""A root path as the messages of one request. Pure; the stored blocks go out exactly as they came.

What has to stay out is named in ``left_out``, so that a request never differs silently from what is stored:

* thinking, where the reply was made under another model, system text, tools or policy text than this request;
* calls (and their results) of tools that this request does not offer, and calls that never got an answer;
* tool calls whose input was not JSON, and whatever but text a reply had when it was cut;
* blank text, which the API gives but refuses when it comes back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from .guards import is_blank
from .records import Block, Settings, Step
from .tree import Conversation

THINKING = ("thinking", "redacted_thinking")
BLANK = "blank text: the API refuses it in a request"
UNFINISHED = "what a reply that was cut held beside its text"
OTHER_GROUND = "thinking: it was made under another model, system text or tools"
ALONE = "thinking that nothing followed"
NOT_JSON = "a tool call whose input was not JSON"
UNANSWERED = "a tool call that never got its answer"
Turns = list[dict[str, Any]]


@dataclass(frozen=True)
class Omitted:
    """A block that could not be sent: it would stand in message ``turn``, before block ``at`` of what was sent."""

    turn: int
    at: int
    role: str
    block: Block
    why: str


def history(
    conversation: Conversation, tip: str, settings: Settings, steps: int | None = None
) -> tuple[Turns, tuple[str, ...]]:
    """The request messages for the path to ``tip``, and what was left out and why (one line each).

    ``tip`` may be a running reply: then its judged steps are included, so that the next step can follow. With ``steps``
    it is taken as it was when it had that many, which gives the history of one of its requests again.
    """
    walk = _walk(conversation, tip, settings, steps)
    return walk.turns, tuple(dict.fromkeys(gap.why for gap in walk.gaps))


def omitted(conversation: Conversation, tip: str, settings: Settings, steps: int | None = None) -> list[Omitted]:
    """Every block that the same ``history`` had to do without, in order."""
    return _walk(conversation, tip, settings, steps).gaps


def same_ground(a: Settings, b: Settings) -> bool:
    """Whether thinking made under ``a`` is valid in a request under ``b`` (the Messages API, late 2026)."""
    return (a.model, a.system, a.policy_text, a.tools) == (b.model, b.system, b.policy_text, b.tools)


def _walk(conversation: Conversation, tip: str, settings: Settings, steps: int | None) -> _Walk:
    walk = _Walk({tool["name"] for tool in settings.tools})
    for message in conversation.branch(tip):
        if message.role == "user":
            walk.add("user", message.content, _why_blank)
            continue
        drop_thinking = not same_ground(conversation.settings[message.settings or ""], settings)
        then = steps is not None and message.id == tip
        for step in message.steps[:steps] if then else message.steps:
            walk.add_step(step, drop_thinking)
        if not then:  # what a reply was cut in came after every request of it
            walk.add("assistant", message.partial, _why_cut)
    return walk


class _Walk:
    """The messages of a request as they grow, and what stays out of them."""

    def __init__(self, offered: set[str]) -> None:
        self.turns: Turns = []
        self.gaps: list[Omitted] = []
        self._offered = offered

    def add(self, role: str, blocks: Iterable[Block], why_not: Callable[[Block], str]) -> list[Block]:
        """Add those blocks that can be sent, and return them.

        Neighbours of one role are one message for the API; tool results stay first in theirs, since they come first.
        """
        kept: list[Block] = []
        goes_on = bool(self.turns) and self.turns[-1]["role"] == role
        turn, at = (len(self.turns) - 1, len(self.turns[-1]["content"])) if goes_on else (len(self.turns), 0)
        for block in blocks:
            if why := why_not(block):
                self.gaps.append(Omitted(turn, at + len(kept), role, block, why))
            else:
                kept.append(block)
        if kept and goes_on:
            self.turns[-1]["content"] += kept
        elif kept:
            self.turns.append({"role": role, "content": kept})
        return kept

    def add_step(self, step: Step, drop_thinking: bool) -> None:
        """Add one model call, and after it the answers to those of its tool calls that could be sent."""
        answered = {call.tool_use for call in step.calls}

        def why_not(block: Block) -> str:
            return _why_blank(block) or _why_not(block, step, answered, self._offered, drop_thinking)

        left = [block for block in step.blocks if not why_not(block)]
        alone = bool(left) and all(block.get("type") in THINKING for block in left)
        kept = self.add("assistant", step.blocks, lambda block: why_not(block) or (ALONE if alone else ""))
        sent = {block["id"] for block in kept if block.get("type") == "tool_use"}
        results = [tool_result(call.tool_use, call.answer, call.is_error) for call in step.calls]
        self.add("user", [result for result in results if result["tool_use_id"] in sent], lambda block: "")


def _why_not(block: Block, step: Step, answered: set[str], offered: set[str], drop_thinking: bool) -> str:
    """Why this block of a step cannot be part of the request; empty where it can."""
    kind = block.get("type")
    if kind in THINKING:
        return OTHER_GROUND if drop_thinking else ""
    if kind != "tool_use":
        return ""
    if block["id"] in step.malformed:
        return NOT_JSON
    if block["id"] not in answered:
        return UNANSWERED
    return "" if block["name"] in offered else f"calls of the tool {block['name']}: this request does not offer it"


def _why_blank(block: Block) -> str:
    return BLANK if block.get("type") == "text" and is_blank(block.get("text")) else ""


def _why_cut(block: Block) -> str:
    return _why_blank(block) if block.get("type") == "text" else UNFINISHED


def tool_result(tool_use: str, answer: str, is_error: bool) -> Block:
    """The answer to one tool call as the API takes it."""
    result: Block = {"type": "tool_result", "tool_use_id": tool_use, "content": answer}
    return result | {"is_error": True} if is_error else result
