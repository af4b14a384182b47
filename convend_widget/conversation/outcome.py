"""How a reply came out, in one word: the table from where its turn came to rest, and why the model stopped.

Replays count by this table (started = ended + not_ended + refused + truncated + failed + cancelled), so it answers for
every state of rest and every stop reason, also for those that do not exist yet.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..errors import SettingsError
from .law import Turn
from .records import Message

Name = Literal["ended", "not_ended", "refused", "truncated", "failed", "cancelled"]


@dataclass(frozen=True)
class Outcome:
    """``flag`` is empty, or says what was unusual: an unknown stop reason, or an ending that was recorded only."""

    name: Name
    flag: str = ""


RECORDED = "recorded only"

# The ways to rest at which it does not matter why the model stopped.
AT_REST: dict[Turn, Name] = {
    Turn.STOPPED: "cancelled",
    Turn.INTERRUPTED: "failed",
    Turn.REFUSED: "refused",
    Turn.FAILED: "failed",
}

# A settled reply that did not end: by the stop reason of its last step. Any other reason is not_ended, and flagged.
SETTLED: dict[str | None, Name] = {
    "end_turn": "not_ended",
    "stop_sequence": "not_ended",
    "tool_use": "not_ended",  # the bound on steps was reached
    "pause_turn": "not_ended",
    "max_tokens": "truncated",
    "model_context_window_exceeded": "truncated",
    "refusal": "refused",
}


def outcome(reply: Message) -> Outcome:
    """How this reply came out. Raises ``SettingsError`` for a message of the person and for a running reply."""
    if reply.state is None or reply.running:
        raise SettingsError(
            f"Message {reply.id} has no outcome: it is {'still running' if reply.running else 'not a reply'}.",
            advice="Wait for the reply.",
        )
    if reply.state is not Turn.SETTLED:
        return Outcome(AT_REST[reply.state])
    if reply.ended:
        return Outcome("ended")
    if reply.ending_recorded:
        return Outcome("ended", flag=RECORDED)
    reason = reply.steps[-1].stop_reason if reply.steps else None
    if reason in SETTLED:
        return Outcome(SETTLED[reason])
    return Outcome("not_ended", flag=f"unknown stop reason: {reason}")
