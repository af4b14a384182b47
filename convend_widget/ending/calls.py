"""Reading the model's tool calls as typed facts. Names match exactly; nothing is ever read out of prose."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Any

from ..conversation.records import Block

END = "end_conversation"
WARN = "warn_user"
TRIGGERS = ("persistent_harm", "user_request")
WARNINGS = ("redirect", "final_warning")
REASON_LIMIT = 500  # characters of the reason that are kept and shown


@dataclass(frozen=True, slots=True)
class EndCall:
    """An ``end_conversation`` call as typed facts. ``problem`` is empty where the facts that gates need are valid.

    ``at_risk``: somebody may be at risk, by this or another ``end_conversation`` call of the same step.
    """

    trigger: str | None = None
    at_risk: bool = False
    reason: str | None = None
    flags: tuple[str, ...] = ()
    problem: str = ""


def read_end(block: Block, schema: dict[str, Any]) -> EndCall:
    """The call's facts, against the schema that was offered (a tool without parameters needs none)."""
    given = block.get("input")
    if not isinstance(given, dict):
        return EndCall(problem="the input must be a JSON object")
    wanted = schema.get("properties", {})
    flags: tuple[str, ...] = ("extra_keys",) if set(given) - set(wanted) else ()
    if not wanted:
        return EndCall(at_risk=reports_risk(block), flags=flags)
    reason, cut = clean_reason(given.get("reason"))
    flags += ("reason_cut",) if cut else ()
    trigger, risk = given.get("trigger"), given.get("someone_at_risk")
    problems = []
    if trigger not in TRIGGERS or not isinstance(trigger, str):
        problems.append(f"trigger must be one of {', '.join(TRIGGERS)}")
        trigger = None
    if not isinstance(risk, bool):
        problems.append("someone_at_risk must be true or false")
    return EndCall(trigger, reports_risk(block), reason, flags, "; ".join(problems))


def reports_risk(block: Block) -> bool:
    """Whether this ``end_conversation`` call says, wanted or not, that somebody may be at risk.

    Any word of risk but a plain false counts, and in a call that is never looked at otherwise: ending cannot be taken
    back.
    """
    given = block.get("input")
    return isinstance(given, dict) and "someone_at_risk" in given and given["someone_at_risk"] is not False


def read_warning(block: Block) -> str | None:
    """The kind of a ``warn_user`` call, or None where its input is not valid."""
    given = block.get("input")
    kind = given.get("kind") if isinstance(given, dict) else None
    return kind if isinstance(kind, str) and kind in WARNINGS else None


def clean_reason(given: object) -> tuple[str | None, bool]:
    """The reason as plain text of bounded length, and whether anything was taken away.

    Control characters and bidirectional overrides go, since the reason is shown as the model's words beside controls.
    """
    if not isinstance(given, str) or not given.strip():
        return None, given is not None and not isinstance(given, str)
    kept = "".join(c for c in given[: 4 * REASON_LIMIT] if c in "\n\t" or unicodedata.category(c) not in STRIPPED)
    short = kept.strip()[:REASON_LIMIT]
    return short or None, short != given.strip()


STRIPPED = ("Cc", "Cf", "Cs", "Co", "Cn")
