"""What came of a reply: in the words of a script's promises, and in plain words for whoever wrote the script."""

from __future__ import annotations

from collections.abc import Iterator

from ..conversation import JudgedCall, Message
from ..conversation import Turn as State
from ..ending import Policy
from ..ending.calls import WARN
from ..ending.gates import USUAL, redirected_then_warned
from ..model.rehearsal.script import Turn

REASONS = {"persistent_harm": "persistent harm or abuse", "user_request": "the person asked for it"}
_CALLS = {"accepted": "ended", "blocked": "blocked", "confirming": "asks", "invalid": "invalid"}
_WARNINGS = {"redirect": "redirected", "final_warning": "warned"}
_NOTES = {"length": "cut_short", "paused": "paused", "context_full": "full"}
_STATES = {State.REFUSED: "refused", State.INTERRUPTED: "interrupted", State.FAILED: "failed"}
_TOLD = {
    "length": "cut at its limit of length; the conversation stays open",
    "paused": "the service paused it, and it rests as it is",
    "context_full": "the context window is full",
    "empty": "the model says nothing",
    "bound": "the model tried as often as one reply may",
}


def came(reply: Message) -> set[str]:
    """What a reply came to: the words of ``script.Came`` that are true of it."""
    found = {_STATES.get(reply.state or State.SETTLED, ""), _NOTES.get(reply.note or "", "")}
    for call in _judged(reply):
        found.add(_CALLS.get(call.verdict, ""))
        found.add(_WARNINGS.get(call.kind or "", "") if call.counted else "")
    found.discard("")
    return found or {"goes_on"}


def in_words(reply: Message, policy: Policy) -> list[str]:
    """The same in plain words, a line for each thing that happened."""
    told = [line for call in _judged(reply) for line in _call(call, reply, policy)]
    told += _state(reply)
    if reply.note:
        told.append(_TOLD.get(reply.note, reply.note))
    return told or ["the talk goes on"]


def unlike(turn: Turn, reply: Message, offered: set[str], policy: Policy) -> Iterator[str]:
    """Where a reply is not what the script has, though nothing broke it."""
    left_out = sorted({call.name for step in turn.steps for call in step.tools} - offered)
    if left_out:
        calls = "these calls are" if len(left_out) > 1 else "this call is"
        yield f"the policy {policy.name} does not offer {' and '.join(left_out)}, so {calls} left out"
    if reply.state is not State.SETTLED:
        return
    for number in range(len(reply.steps) + 1, len(turn.steps) + 1):
        yield f"step {number} of the script is never said"
    beyond = "".join(str(b.get("text", "")) for step in reply.steps[len(turn.steps) :] for b in step.blocks)
    if beyond.strip():
        yield "then a sentence of the rehearsal follows; write one more step to say it in your words"


def _judged(reply: Message) -> list[JudgedCall]:
    return [call for step in reply.steps for call in step.calls]


def _call(call: JudgedCall, reply: Message, policy: Policy) -> Iterator[str]:
    if call.verdict == "warned":
        yield _warning(call, reply, policy)
    elif call.verdict == "accepted":
        yield f"ended: {REASONS.get(call.trigger or '', 'the model gives no reason')}"
    elif call.verdict == "blocked":
        missing = "; ".join(gate.missing for gate in call.gates if not gate.passed)
        yield f"the model tries to end, and is held back: {missing or call.answer}"
    elif call.verdict == "confirming":
        asked = "the model" if any(g.gate == "asked_twice" and not g.passed for g in call.gates) else "the person"
        yield f"the model wants to end; {asked} has to confirm first"
    elif call.verdict == "invalid":
        yield f"the call of {call.name} cannot be used: {call.answer}"
    else:
        yield f"the call of {call.name} is not run: {call.answer.removeprefix('Not run: ')}"


def _warning(call: JudgedCall, reply: Message, policy: Policy) -> str:
    kind = "a redirection" if call.kind == "redirect" else "a last warning"
    if not call.counted:
        return f"{kind}, which does not count: one {WARN} counts for each reply"
    if "warned_first" not in policy.gates:
        return kind
    needed = int(policy.numbers.get("redirections", USUAL["redirections"]))
    redirections, final = redirected_then_warned(tuple(w.kind for w in reply.facts.warnings), needed)
    if call.kind == "redirect":
        return f"redirection {redirections} of {needed}" if redirections <= needed else kind
    return kind if final else f"{kind}, too early to count: {redirections} of {needed} redirections came before"


def _state(reply: Message) -> Iterator[str]:
    what = reply.error.what if reply.error else ""
    if reply.state is State.REFUSED:
        yield "refused by a safety filter; the conversation stays open"
    elif reply.state is State.INTERRUPTED:
        yield f"interrupted, and what arrived is kept. {what}".strip()
    elif reply.state is State.FAILED:
        yield f"no reply came. {what}".strip()
