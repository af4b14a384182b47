"""From a plain list of ``{"role", "content"}`` messages, as the Messages API has it, to events for a new conversation.

Neighbours of one role belong together, as they do for the API. Tool results are never the person's words: they answer
the calls of the reply before them, which then goes on. Nothing in such a list counts as a warning or an ending; its
replies are made under settings named ``imported``, by a policy that offers the model nothing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from ..conversation import (
    Block,
    ConversationStarted,
    Event,
    JudgedCall,
    ReplyRequested,
    ReplySettled,
    Settings,
    SettingsRecorded,
    Step,
    StepCompleted,
    StepJudged,
    UserSent,
    apply,
    fold,
)
from ..conversation.codec import SCHEMA
from ..errors import IllegalEvent, ImportRefused
from .checks import problem_of_blocks
from .envelope import check_count
from .reading import shown
from .report import Finding, Imported, ImportReport, Limits

IMPORTED = Settings(
    key="imported",
    model="imported",
    provider="imported",
    policy="off",
    mode="enforce",
    max_tokens=0,
    can_end=False,
)
_BY = "import"
_NO_RESULT = "Not run: the imported history has no result for this call."


@dataclass
class _Step:
    """One assistant message, with the results that came for its calls: text, and whether it is an error."""

    blocks: list[Block]
    results: dict[str, tuple[str, bool]] = field(default_factory=dict)


@dataclass
class _Turn:
    """What the person wrote, and the steps of the reply. ``place`` is the number of the message it began with."""

    place: int
    said: list[Block]
    steps: list[_Step] = field(default_factory=list)


def import_history(messages: list[Any], source: str, conversation: str, limits: Limits, at: float) -> Imported:
    """The messages as one branch of ``conversation``. Raises ``ImportRefused``, which names the message at fault."""
    check_count(messages, limits)
    if not messages:
        return Imported(conversation, (), ImportReport(source, "messages", None, 0, 0))
    findings: list[Finding] = []
    turns = _turns(messages, findings)
    start = ConversationStarted(
        at=at, conversation=conversation, schema=SCHEMA, origin={"imported": shown(source), "format": "messages"}
    )
    events: list[Event] = [start, SettingsRecorded(at=at, settings=IMPORTED)]
    folded = fold(conversation, events)
    for turn in turns:
        made = _events(turn, folded.head, at)
        try:
            folded = apply(folded, *made)
        except IllegalEvent as error:
            raise ImportRefused(f"message {turn.place}: {error.what}") from None
        events += made
    report = ImportReport(source, "messages", None, len(events), len(folded), tuple(findings))
    return Imported(conversation, tuple(events), report)


def _turns(messages: list[Any], findings: list[Finding]) -> list[_Turn]:
    turns: list[_Turn] = []
    for place, message in enumerate(messages, 1):
        role, blocks = _checked(place, message)
        if role == "user":
            _add_user(turns, place, blocks, findings)
        elif not turns:
            raise ImportRefused(f"message {place} is the assistant's; a history begins with the user.")
        else:
            turns[-1].steps.append(_Step(blocks))
    return turns


def _checked(place: int, message: object) -> tuple[str, list[Block]]:
    """The role and the blocks of one message, of sound shape."""
    if not isinstance(message, dict):
        raise ImportRefused(f"message {place} is not an object.")
    role, content = message.get("role"), message.get("content")
    if role not in ("user", "assistant"):
        advice = "Leave it out and pass system=… to the chat." if role == "system" else None
        raise ImportRefused(
            f"message {place} has the role {shown(role)!r}; user and assistant are known.", advice=advice
        )
    if isinstance(content, str):
        content = [{"type": "text", "text": content}]
    if not isinstance(content, list):
        raise ImportRefused(f"message {place}: content must be text or a list of blocks.")
    problem = problem_of_blocks(content)
    if problem:
        raise ImportRefused(f"message {place}: {problem}.")
    try:
        json.dumps(content, allow_nan=False)
    except (ValueError, RecursionError) as error:
        raise ImportRefused(f"message {place}: {shown(str(error))}.") from None
    return str(role), content


def _add_user(turns: list[_Turn], place: int, blocks: list[Block], findings: list[Finding]) -> None:
    results = [b for b in blocks if b["type"] == "tool_result"]
    said = [b for b in blocks if b["type"] != "tool_result"]
    for block in results:
        _answer(turns, place, block, findings)
    if not said and not results:
        raise ImportRefused(f"message {place} is empty.")
    if not said:
        return
    if turns and not turns[-1].steps:
        turns[-1].said += said
    else:
        turns.append(_Turn(place, said))


def _answer(turns: list[_Turn], place: int, block: Block, findings: list[Finding]) -> None:
    """Put a tool result to the call that waits for it."""
    use = block["tool_use_id"]
    step = turns[-1].steps[-1] if turns and turns[-1].steps else None
    calls = [b["id"] for b in step.blocks if b["type"] == "tool_use"] if step else []
    if step is None or use not in calls or use in step.results:
        raise ImportRefused(f"message {place}: no call of the reply before it waits for the result {shown(use)!r}.")
    content = block.get("content", "")
    if isinstance(content, list):
        problem = problem_of_blocks(content)
        if problem:
            raise ImportRefused(f"message {place}, result {shown(use)!r}: {problem}.")
        texts = [b["text"] for b in content if b["type"] == "text"]
        if len(texts) < len(content):
            findings.append(Finding(f"message {place}", "simplified", "only the text of a tool result was taken in"))
        content = "\n\n".join(texts)
    if not isinstance(content, str):
        raise ImportRefused(f"message {place}, result {shown(use)!r}: content must be text or a list of blocks.")
    step.results[use] = (content, block.get("is_error") is True)


def _events(turn: _Turn, parent: str | None, at: float) -> list[Event]:
    """What the person wrote, and the reply, settled."""
    name, token = f"m_{turn.place:06d}", "import"
    made: list[Event] = [UserSent(at=at, message=name, parent=parent, content=tuple(turn.said), by=_BY)]
    if not turn.steps:
        return made
    reply = f"r_{turn.place:06d}"
    made.append(ReplyRequested(at=at, reply=reply, parent=name, settings=IMPORTED.key, token=token, by=_BY))
    for step in turn.steps:
        blocks = tuple(step.blocks)
        whole = Step(blocks=blocks, stop_reason=None, complete=True)
        made.append(StepCompleted(at=at, reply=reply, token=token, step=whole))
        calls = tuple(_call(block, step) for block in whole.tool_calls())
        if calls:
            made.append(StepJudged(at=at, reply=reply, token=token, calls=calls))
    said = any(b["type"] == "text" and b["text"].strip() for step in turn.steps for b in step.blocks)
    note = None if said or any(step.results for step in turn.steps) else "empty"
    made.append(ReplySettled(at=at, reply=reply, token=token, note=note))
    return made


def _call(block: Block, step: _Step) -> JudgedCall:
    """A call of an imported history: it was never run here, whatever it is called."""
    answer, is_error = step.results.get(block["id"], (_NO_RESULT, True))
    return JudgedCall(block["id"], block["name"], "not_run", answer, is_error=is_error, flags=("imported",))
