"""Gates: pure checks that an ending must pass. A gate looks at one ``Trial`` and answers Pass, Block or Needs.

A gate is any function ``gate(trial) -> Pass() | Block("what is missing") | Needs("what to fetch")``; put it into a
policy's ``gates`` to use it. ``Needs`` makes the session fetch evidence, record it as an event, and ask again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..conversation.records import Facts
from .calls import EndCall


@dataclass(frozen=True, slots=True)
class Pass:
    """The gate has no objection. ``confirmed_by`` is set by the gate that saw the person's confirmation."""

    confirmed_by: str | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """The gate objects. ``missing`` says exactly what is missing; the model is told this.

    ``ask``: not a refusal but a question; the person (or the model itself) has to confirm.
    """

    missing: str
    ask: bool = False


@dataclass(frozen=True, slots=True)
class Needs:
    """The gate cannot answer without evidence of this name, e.g. ``second_opinion``."""

    evidence: str


GateAnswer = Pass | Block | Needs


@dataclass(frozen=True, slots=True)
class Trial:
    """All that a gate may look at: recorded facts, and the call as typed facts.

    ``facts`` are the branch's, up to and including what was judged earlier in this reply. ``counted`` are the warnings
    of *earlier* replies. ``evidence`` maps names to True (in favour of ending), False or None (could not be had).

    What is left out is as at the start of a branch, so that a gate can be tried by hand:
    ``warned_first(Trial(EndCall("persistent_harm"), counted=("redirect",)))``.
    """

    call: EndCall
    facts: Facts = field(default_factory=Facts)
    counted: tuple[str, ...] = ()
    can_end: bool = True
    numbers: Mapping[str, Any] = field(default_factory=dict)
    evidence: Mapping[str, bool | None] = field(default_factory=dict)


Gate = Callable[[Trial], GateAnswer]
NUMBERS = {"warned_first": "redirections"}  # gate -> the number that it reads from the policy, a whole one from 0
USUAL = {"redirections": 2}  # where the policy gives none


def ability(trial: Trial) -> GateAnswer:
    """Only models that have the ability may end."""
    return Pass() if trial.can_end else Block("this model does not have the ability to end conversations")


def nobody_at_risk(trial: Trial) -> GateAnswer:
    """Never where somebody may be at risk. A report of risk stays true for the rest of the branch."""
    if trial.call.at_risk or trial.facts.at_risk:
        return Block(
            "someone may be at risk of harm on this branch: stay, be supportive, and do not speak of ending again"
        )
    return Pass()


def warned_first(trial: Trial) -> GateAnswer:
    """``persistent_harm`` needs redirections and then a final warning, each on an earlier reply of its own."""
    if trial.call.trigger == "user_request":
        return Pass()
    needed = int(trial.numbers.get("redirections", USUAL["redirections"]))
    redirections, final = redirected_then_warned(trial.counted, needed)
    missing = []
    if redirections < needed:
        missing.append(f"{needed - redirections} more redirection{'s' if needed - redirections > 1 else ''}")
    if not final:
        missing.append("then a final warning")
    if not missing:
        return Pass()
    return Block(
        f"counted on this branch so far: {redirections} of {needed} redirections, "
        f"{'a' if final else 'no'} final warning after them. Missing: {', '.join(missing)}, each by a warn_user call "
        "in a reply of its own, after which the person writes again. A warning in prose does not count"
    )


def redirected_then_warned(kinds: tuple[str, ...], needed: int) -> tuple[int, bool]:
    """How many redirections count, and whether a final warning came once there were enough."""
    redirections, final = 0, False
    for kind in kinds:
        if kind == "redirect":
            redirections += 1
        elif redirections >= needed:
            final = True
    return redirections, final


def person_confirmed(trial: Trial) -> GateAnswer:
    """``user_request`` needs the person's confirmation, asked for in an earlier reply."""
    if trial.call.trigger != "user_request":
        return Pass()
    if trial.facts.harm_blocked_here and trial.facts.confirmed in (None, "reading"):
        return Block("a blocked persistent_harm cannot be turned into a user_request in the same reply")
    if trial.facts.confirmed:
        return Pass(confirmed_by=trial.facts.confirmed)
    return Block(
        "not done yet: ask the person to confirm that this conversation shall end for good. "
        "Call end_conversation again only if their very next message says yes",
        ask=True,
    )


def asked_twice(trial: Trial) -> GateAnswer:
    """The first call is answered by a request to confirm; a later call on the branch ends."""
    if trial.facts.asks > 0:  # not any earlier call: one that was cut or blocked was never asked to confirm
        return Pass()
    return Block("please confirm: ending cannot be taken back. Call end_conversation once more to end", ask=True)


def second_opinion(trial: Trial) -> GateAnswer:
    """Another model must agree. No answer, an error or a timeout blocks, since ending cannot be taken back."""
    if "second_opinion" not in trial.evidence:
        return Needs("second_opinion")
    favours = trial.evidence["second_opinion"]
    if favours:
        return Pass()
    return Block("a second opinion did not agree" if favours is False else "a second opinion could not be had")


GATES: dict[str, Gate] = {
    gate.__name__: gate
    for gate in (ability, nobody_at_risk, warned_first, person_confirmed, asked_twice, second_opinion)
}
