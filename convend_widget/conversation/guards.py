"""Guards: what the law's tables cannot see, since it is inside an event. Each gives the problem, or nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .events import EvidenceRecorded, ReplyEvent, StepCompleted, StepJudged
    from .records import Block, JudgedCall, Message, Step

# tool -> what its calls may be judged. A call of any other tool is never run.
VERDICTS = {
    "end_conversation": frozenset({"accepted", "recorded", "blocked", "confirming", "invalid", "not_run"}),
    "warn_user": frozenset({"warned", "invalid", "not_run"}),
}
NOT_RUN = frozenset({"not_run"})
PASSED = frozenset({"accepted", "recorded"})  # an ending, and one of which nothing comes: it is recorded only
LABEL = 80  # characters of a label
PERSON_WRITES = ("text", "image", "document", "search_result")  # never calls, results or thinking


def has_words(content: tuple[Block, ...]) -> bool:
    """Whether every block is of a kind that a person writes, and not all of them are blank text."""
    said = False
    for block in content:
        kind = block.get("type")
        if kind not in PERSON_WRITES:
            return False
        if kind == "text":
            text = block.get("text")
            if not isinstance(text, str):
                return False
            said = said or not is_blank(text)
        else:
            said = True
    return said


def is_label(text: str) -> bool:
    """Whether this can label a message: one line, not long, without control characters. Empty: no label."""
    control = any(c < " " or "\x7f" <= c < "\xa0" for c in text)
    return len(text) <= LABEL and text == " ".join(text.split()) and not control


def is_blank(text: object) -> bool:
    """Whether this is no text, or only white space: the API refuses it in a request."""
    return not isinstance(text, str) or text == "" or text.isspace()


def _step_can_begin(reply: Message, event: ReplyEvent) -> str:
    if not reply.steps:
        return ""
    if unjudged(reply.steps[-1]):
        return "The last step's tool calls have no verdicts yet."
    if reply.steps[-1].stop_reason == "refusal":
        return "Nothing follows a refusal."
    return "Nothing follows an accepted ending." if reply.ended or reply.ending_recorded else ""


def _complete(reply: Message, event: StepCompleted) -> str:
    step = event.step
    if not step.complete:
        return "A step that was cut is not a complete step."
    if step.calls:
        return "A step comes without verdicts; they are a matter of their own."
    calls = step.tool_calls()
    if calls:
        named = all(_is_name(b.get("id")) and _is_name(b.get("name")) for b in calls)
        if not named or len({b["id"] for b in calls}) < len(calls):
            return "Every tool call needs a name, and an id of its own."
    return _step_can_begin(reply, event)


def _is_name(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _evidence_wanted(reply: Message, event: EvidenceRecorded) -> str:
    """Evidence is about a call that waits for its verdict, and is fetched once."""
    step = reply.steps[-1] if reply.steps else None
    if step is None or step.calls or all(b.get("id") != event.tool_use for b in step.tool_calls()):
        return "Evidence is about a tool call that waits for its verdict."
    if any((e.tool_use, e.gate) == (event.tool_use, event.gate) for e in reply.evidence):
        return "This evidence is on record already."
    return ""


def _judged_once(reply: Message, event: StepJudged) -> str:
    """Verdicts answer exactly the last step's calls, and an ending stands on a whole, typed call."""
    calls = event.calls
    if not reply.steps:
        return "There is no step to judge."
    step = reply.steps[-1]
    if step.calls:
        return "This step has its verdicts already."
    if [(c.tool_use, c.name) for c in calls] != [(b.get("id"), b.get("name")) for b in step.tool_calls()]:
        return "Verdicts must answer the step's tool calls, each once and in order."
    if any(c.verdict not in VERDICTS.get(c.name, NOT_RUN) for c in calls):
        return "A verdict must be one that this tool can have."
    passed = [c for c in calls if c.verdict in PASSED]
    if passed and sum(c.verdict != "not_run" for c in calls) > 1:
        return "Beside an accepted ending nothing else is run."
    if passed and not may_end(step, passed[0]):
        return "An ending needs a whole end_conversation call in a complete step that stopped for tool_use."
    return _counts_once(reply, calls)


def _counts_once(reply: Message, calls: tuple[JudgedCall, ...]) -> str:
    counted = [c for c in calls if c.counted]
    if any(c.verdict != "warned" or c.kind not in ("redirect", "final_warning") for c in counted):
        return "Only a redirection or a final warning can count as a warning."
    before = sum(w.message == reply.id for w in reply.facts.warnings)
    return "One warning counts for each reply." if before + len(counted) > 1 else ""


def may_end(step: Step, call: JudgedCall) -> bool:
    """Whether this call of this step can be an ending at all: typed, whole, exact in name, stopped for ``tool_use``."""
    block = next((b for b in step.tool_calls() if b.get("id") == call.tool_use), None)
    return (
        step.complete
        and step.stop_reason == "tool_use"
        and block is not None
        and block.get("name") == call.name == "end_conversation"
        and call.tool_use not in step.malformed
    )


def unjudged(step: Step) -> bool:
    """Whether the step has tool calls that wait for their verdicts."""
    return not step.calls and any(block.get("type") == "tool_use" for block in step.blocks)


def _settles(reply: Message, event: ReplyEvent) -> str:
    if not reply.steps or unjudged(reply.steps[-1]):
        return "A reply settles after a complete step whose calls have their verdicts."
    return "A refused reply does not settle." if reply.steps[-1].stop_reason == "refusal" else ""


def _refused(reply: Message, event: ReplyEvent) -> str:
    return "" if reply.steps and reply.steps[-1].stop_reason == "refusal" else "The model did not refuse."


def _cut(reply: Message, event: ReplyEvent) -> str:
    return "An accepted ending can only settle." if reply.ended else ""


GUARDS: dict[str, Callable[[Message, Any], str]] = {
    "step_opened": _step_can_begin,
    "step_completed": _complete,
    "evidence": _evidence_wanted,
    "step_judged": _judged_once,
    "reply_settled": _settles,
    "reply_refused": _refused,
    "reply_stopped": _cut,
    "reply_interrupted": _cut,
    "reply_failed": _cut,
}
