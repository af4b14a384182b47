"""A second, naive reading of what may end a conversation, written from the rules as people know them.

It keeps no running facts: for every verdict it walks the whole branch again, from its first message. Slow and plain on
purpose; it must agree with ``judge`` and the fold on every branch.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True)
class Call:
    """A tool call as the model made it."""

    name: str
    input: dict[str, Any]
    malformed: bool = False

    @property
    def is_end(self) -> bool:
        return self.name == "end_conversation"

    def risk(self) -> bool:
        return self.input.get("someone_at_risk", False) is not False

    def trigger(self) -> str | None:
        said = self.input.get("trigger")
        return said if said in ("persistent_harm", "user_request") else None


@dataclass(frozen=True)
class Judged:
    """One call with the verdict that the oracle gave it."""

    call: Call
    verdict: str
    counted: bool = False


@dataclass
class Turn:
    """What the person did, and every judged call of the reply, in order."""

    answer: Literal["typed", "yes", "no"] = "typed"
    calls: list[Judged] = field(default_factory=list)

    @property
    def asked(self) -> bool:
        return any(j.verdict == "confirming" for j in self.calls)

    def harm_was_blocked(self) -> bool:
        """An ending was refused here that the person had not asked for."""
        failed = [j.call for j in self.calls if j.call.is_end and j.verdict in ("blocked", "invalid")]
        return any(call.malformed or call.trigger() != "user_request" for call in failed)

    def warning(self) -> str | None:
        """The one warning of this reply that counts."""
        return next((j.call.input["kind"] for j in self.calls if j.counted), None)


def read_step(policy: str, mode: str, branch: list[Turn], step: list[Call], stopped_for_calls: bool) -> list[Judged]:
    """The verdicts on a step that is made now, in the last turn of the branch."""
    now = branch[-1]
    if not stopped_for_calls or policy == "off":
        return [Judged(call, "not_run") for call in step]
    looked_at = next((call for call in step if call.is_end), None)
    fate = None if looked_at is None else _fate(policy, mode, branch, looked_at, step)
    verdicts: list[Judged] = []
    for call in step:
        if call is looked_at:
            verdicts.append(Judged(call, fate or ""))
        elif fate == "accepted" or call.name != "warn_user" or policy != "last_resort":
            verdicts.append(Judged(call, "not_run"))
        elif call.malformed or call.input.get("kind") not in ("redirect", "final_warning"):
            verdicts.append(Judged(call, "invalid"))
        else:
            first = now.warning() is None and not any(j.counted for j in verdicts)
            verdicts.append(Judged(call, "warned", counted=first))
    return verdicts


def _fate(policy: str, mode: str, branch: list[Turn], call: Call, step: list[Call]) -> str:
    if call.malformed:
        return "invalid"
    if mode == "observe" or policy == "launch_2025":
        return "accepted"
    if policy == "two_step":
        return "accepted" if any(turn.asked for turn in branch) else "confirming"
    assert policy == "last_resort"
    if call.trigger() is None or not isinstance(call.input.get("someone_at_risk"), bool):
        return "invalid"
    everything_said = [j.call for turn in branch for j in turn.calls] + step
    if any(c.is_end and c.risk() for c in everything_said):
        return "blocked"
    if call.trigger() == "persistent_harm":
        return "accepted" if _was_warned([turn.warning() for turn in branch[:-1]]) else "blocked"
    return _user_request(branch)


def _was_warned(warnings: list[str | None]) -> bool:
    """Two redirections and, after these, a final warning; each in an earlier reply."""
    return any(kind == "final_warning" and warnings[:i].count("redirect") >= 2 for i, kind in enumerate(warnings))


def _user_request(branch: list[Turn]) -> str:
    now = branch[-1]
    question_was_open = len(branch) > 1 and branch[-2].asked
    said_yes_by_button = question_was_open and now.answer == "yes"
    may_have_said_yes = question_was_open and now.answer == "typed"
    if said_yes_by_button:
        return "accepted"
    if now.harm_was_blocked():
        return "blocked"
    return "accepted" if may_have_said_yes else "confirming"


def at_risk(branch: list[Turn]) -> bool:
    return any(j.call.is_end and j.call.risk() for turn in branch for j in turn.calls)


def ended(branch: list[Turn]) -> bool:
    return any(j.verdict == "accepted" for turn in branch for j in turn.calls)


def tip(branch: list[Turn]) -> str:
    """What the branch's last reply means for whoever writes below it."""
    if ended(branch):
        return "ended"
    if branch[-1].asked:
        return "confirming"
    return "warned" if any(turn.warning() == "final_warning" for turn in branch) else "open"
