"""Verdicts of an imported log against its blocks: what one claims counts only where a typed block bears it out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..conversation import Event, JudgedCall, ReplyRequested, SettingsRecorded, Step, StepCompleted, StepJudged
from ..conversation.guards import PASSED, may_end
from ..ending.calls import END, WARN, read_end, read_warning

UNTRUE = "import_disagrees"  # the flag on a call whose verdict in the file was not borne out


class Verdicts:
    """Follows the replies of one log. ``ended`` are those that an accepted ending sits on."""

    def __init__(self) -> None:
        self.ended: set[str] = set()
        self._tools: dict[str, dict[str, Any]] = {}
        self._settings: dict[str, str] = {}
        self._steps: dict[str, Step] = {}

    def checked(self, event: Event) -> tuple[Event, list[str]]:
        """The event, corrected by the blocks, and what was corrected."""
        if isinstance(event, SettingsRecorded):
            tools = {tool["name"]: tool.get("input_schema") for tool in event.settings.tools}
            self._tools[event.settings.key] = tools
        elif isinstance(event, ReplyRequested):
            self._settings[event.reply] = event.settings
        elif isinstance(event, StepCompleted):
            doubts = ["a step came with verdicts before it was judged; they do not count"] if event.step.calls else []
            event = replace(event, step=replace(event.step, calls=()))
            self._steps[event.reply] = event.step
            return event, doubts
        elif isinstance(event, StepJudged):
            return self._judged(event)
        return event, []

    def _judged(self, event: StepJudged) -> tuple[Event, list[str]]:
        step = self._steps.get(event.reply)
        if step is None:
            return event, []  # the law will refuse it
        offered = self._tools.get(self._settings.get(event.reply, ""), {})
        told = [_borne_out(call, step, offered) for call in event.calls]
        calls = tuple(call for call, _ in told)
        if any(call.verdict == "accepted" for call in calls):
            self.ended.add(event.reply)
        return replace(event, calls=calls), [doubt for _, doubt in told if doubt]


def _borne_out(call: JudgedCall, step: Step, offered: dict[str, Any]) -> tuple[JudgedCall, str]:
    """The verdict as far as the call's block bears it out, and what was not."""
    block = next((b for b in step.tool_calls() if b["id"] == call.tool_use), {})
    if call.verdict in PASSED and not (may_end(step, call) and END in offered):
        return _untrue(call), "this is marked as an ending, but there is no whole end_conversation call: not an ending"
    if call.verdict == "warned" and not _is_warning(call, block, step, offered):
        return _untrue(call), "this is marked as a warning, but there is no such warn_user call: not a warning"
    if call.name != END or END not in offered:
        return call, ""
    schema = offered[END]
    read = read_end(block, schema if isinstance(schema, dict) else {})
    risk = call.at_risk or read.at_risk
    if call.verdict not in PASSED:
        missing = risk and not call.at_risk
        return replace(call, at_risk=risk), "a report of risk in the call was missing" if missing else ""
    true = replace(call, trigger=read.trigger, reason=read.reason, at_risk=risk)
    differs = [name for name in ("trigger", "reason", "at_risk") if getattr(call, name) != getattr(true, name)]
    return true, f"what is said of the ending differs from its call: {', '.join(differs)}" if differs else ""


def _is_warning(call: JudgedCall, block: dict[str, Any], step: Step, offered: dict[str, Any]) -> bool:
    return (
        call.name == block.get("name") == WARN
        and WARN in offered
        and call.tool_use not in step.malformed
        and call.kind == read_warning(block)
    )


def _untrue(call: JudgedCall) -> JudgedCall:
    return replace(call, verdict="not_run", counted=False, is_error=True, flags=(*call.flags, UNTRUE))
