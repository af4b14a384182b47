"""The verdict on a step's tool calls: typed calls and recorded facts in, verdicts and answers out. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..conversation.guards import PASSED, may_end
from ..conversation.records import Block as ContentBlock
from ..conversation.records import GateResult, JudgedCall, Message
from .calls import END, WARN, EndCall, read_end, read_warning, reports_risk
from .gates import Block, Gate, GateAnswer, Needs, Pass, Trial
from .policy import Mode, Policy

RECORDED = "Your wish to end this conversation was recorded. In this study it goes on all the same."
# (tool_use id, evidence name) -> in favour of ending, against it, or (None) not to be had
Evidence = Mapping[tuple[str, str], "bool | None"]


@dataclass(frozen=True, slots=True)
class Judgement:
    """``calls``: a verdict for each tool call of the step. ``needs``: evidence to fetch first: (tool_use, name)."""

    calls: tuple[JudgedCall, ...] = ()
    needs: tuple[str, str] | None = None

    @property
    def ended(self) -> bool:
        """Whether one of the calls is an ending, one that is recorded only included: nothing follows in this reply."""
        return any(call.verdict in PASSED for call in self.calls)


def judge(
    policy: Policy,
    mode: Mode,
    reply: Message,
    tools: tuple[dict[str, Any], ...],
    can_end: bool,
    evidence: Evidence,
    effect: bool = True,
) -> Judgement:
    """Judge the last step of ``reply``. The first ending call counts; with an accepted one nothing else runs.

    Without ``effect`` an ending that passes is recorded only: the conversation stays open.
    """
    step = reply.steps[-1]
    calls = step.tool_calls()
    offered = {tool["name"]: tool for tool in tools}
    if step.stop_reason != "tool_use":
        return Judgement(tuple(_unrun(call, "the step did not stop for its calls", "cut", offered) for call in calls))
    end = next((c for c in calls if c.get("name") == END and END in offered), None)
    ending: JudgedCall | None = None
    if end is not None:
        tried = _try_ending(policy, mode, reply, end, offered[END]["input_schema"], can_end, evidence)
        if isinstance(tried, Needs):
            return Judgement(needs=(str(end["id"]), tried.evidence))
        ending = tried
    accepted = ending is not None and ending.verdict == "accepted"
    if ending is not None and accepted and not effect:
        ending = replace(ending, verdict="recorded", answer=RECORDED)
    warned_before = any(w.message == reply.id for w in reply.facts.warnings)
    judged: list[JudgedCall] = []
    for call in calls:
        if call is end and ending is not None:
            judged.append(ending)
        elif accepted:
            judged.append(_unrun(call, "the conversation ended", "after_ending", offered))
        elif call.get("name") == END and END in offered:
            judged.append(_unrun(call, "only one end_conversation call is looked at in a step", "duplicate", offered))
        elif call.get("name") == WARN and WARN in offered:
            judged.append(_warning(call, warned_before, malformed=call.get("id") in step.malformed))
            warned_before = warned_before or judged[-1].counted
        else:
            judged.append(_unrun(call, "there is no such tool", "unknown_tool", offered))
    return Judgement(calls=tuple(judged))


def _try_ending(
    policy: Policy,
    mode: Mode,
    reply: Message,
    call: ContentBlock,
    schema: dict[str, Any],
    can_end: bool,
    evidence: Evidence,
) -> JudgedCall | Needs:
    step, tool_use = reply.steps[-1], str(call["id"])
    shell = JudgedCall(tool_use=tool_use, name=END, verdict="accepted")
    if not may_end(step, shell):
        return _invalid(shell, EndCall(at_risk=reports_risk(call)), "the call was not whole")
    read = read_end(call, schema)
    if any(reports_risk(c) for c in step.tool_calls() if c.get("name") == END):
        read = replace(read, at_risk=True)
    facts = reply.facts
    trial = Trial(
        call=read,
        facts=facts,
        counted=tuple(w.kind for w in facts.warnings if w.message != reply.id),
        can_end=can_end,
        numbers=policy.numbers,
        evidence={name: favours for (use, name), favours in evidence.items() if use == tool_use},
    )
    found = _ask_gates(policy, trial)
    if isinstance(found, Needs):
        return found
    results, blocks, confirmed_by = found
    told = replace(
        shell,
        trigger=read.trigger,
        at_risk=read.at_risk,
        reason=read.reason,
        flags=read.flags,
        gates=results,
        confirmed_by=confirmed_by,
    )
    if mode == "observe":
        against = ("would_be_blocked",) if blocks or read.problem else ()
        return replace(told, flags=(*told.flags, "observed", *against), answer="The conversation has ended.")
    if read.problem:
        return _invalid(told, read, read.problem)
    if not blocks:
        return replace(told, answer="The conversation has ended.")
    missing = "; ".join(b.missing for b in blocks)
    if all(b.ask for b in blocks):
        return replace(told, verdict="confirming", answer=missing[0].upper() + missing[1:] + ".")
    missing = "; ".join(b.missing for b in blocks if not b.ask)
    return replace(
        told,
        verdict="blocked",
        is_error=True,
        answer=f"The conversation was not ended, and goes on: {missing}.",
    )


def _ask_gates(policy: Policy, trial: Trial) -> tuple[tuple[GateResult, ...], list[Block], str | None] | Needs:
    """Every gate answers, so that the record is whole; evidence is fetched only if no cheap gate objects already."""
    results: list[GateResult] = []
    blocks: list[Block] = []
    confirmed_by: str | None = None
    needed: Needs | None = None
    for name, gate in policy.named_gates():
        answer = _answer(name, gate, trial)
        if isinstance(answer, Needs) and answer.evidence in trial.evidence:
            answer = Block(f"the gate {name} asked again for what it had: {answer.evidence}")
        if isinstance(answer, Needs):
            needed = needed or answer
            results.append(GateResult(name, False, f"not asked: {answer.evidence}"))
        elif isinstance(answer, Block):
            blocks.append(answer)
            results.append(GateResult(name, False, answer.missing))
        else:
            confirmed_by = confirmed_by or answer.confirmed_by
            results.append(GateResult(name, True))
    if needed is not None and not blocks:
        return needed
    return tuple(results), blocks, confirmed_by


def _answer(name: str, gate: Gate, trial: Trial) -> GateAnswer:
    try:
        answer: object = gate(trial)
    except Exception as error:  # noqa: BLE001 - a gate may be anybody's function, and one that fails must block
        return Block(f"the gate {name} failed ({type(error).__name__})")
    if isinstance(answer, (Pass, Block, Needs)):
        return answer
    return Block(f"the gate {name} gave no answer")


def _invalid(shell: JudgedCall, read: EndCall, problem: str) -> JudgedCall:
    return replace(
        shell,
        verdict="invalid",
        is_error=True,
        at_risk=read.at_risk,
        flags=(*read.flags, "bad_input"),
        answer=f"The conversation was not ended, and goes on: {problem}.",
    )


def _warning(call: ContentBlock, warned_before: bool, malformed: bool) -> JudgedCall:
    kind = None if malformed else read_warning(call)
    use = str(call["id"])
    if kind is None:
        return JudgedCall(use, WARN, "invalid", "kind must be redirect or final_warning.", is_error=True)
    if warned_before:
        return JudgedCall(
            use,
            WARN,
            "warned",
            "Recorded, but one warning counts for each reply.",
            kind=kind,
            flags=("uncounted",),
        )
    return JudgedCall(use, WARN, "warned", f"Recorded as {kind}.", kind=kind, counted=True)


def _unrun(call: ContentBlock, why: str, flag: str, offered: Mapping[str, object]) -> JudgedCall:
    return JudgedCall(
        str(call.get("id")),
        str(call.get("name")),
        "not_run",
        f"Not run: {why}.",
        is_error=True,
        at_risk=call.get("name") == END and END in offered and reports_risk(call),
        flags=(flag,),
    )
