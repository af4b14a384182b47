"""The cases to read: each ending, each ending that was tried, and each warning of an audit, with the run to open."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ..conversation import Conversation, JudgedCall
from .branch import own_replies
from .cases import Case, one_line
from .run import Run

if TYPE_CHECKING:
    import pandas as pd

What = Literal["ended", "recorded", "blocked", "invalid", "confirming", "warned"]
_TRIED = ("blocked", "invalid", "confirming")
KINDS = dict.fromkeys(("set", "case", "what", "trigger", "reason", "missing", "prompt", "note", "conversation"))


@dataclass(frozen=True, slots=True, repr=False)
class ToRead:
    """One call of the model in one run of a case.

    ``what``: ``ended``; ``recorded`` (an ending that locked nothing); ``blocked`` or ``invalid`` (a gate, or the call
    itself, was against it); ``confirming`` (the model is told to ask the person first); ``warned``. ``trigger`` and
    ``reason`` as the model gave them (of a warning: its kind, and None). ``missing``: what gates were against it, and
    why; where they are only observed also of an ending. ``conversation``: the id to ``convend_widget.open`` it with.
    ``run_ended``: whether its run ended, be it by another call.
    """

    case: str
    set: str
    note: str
    prompt: str
    what: What
    trigger: str | None
    reason: str | None
    missing: tuple[str, ...]
    run: int
    conversation: str
    run_ended: bool = False

    @property
    def is_ending(self) -> bool:
        """Whether the model ended the conversation, or would have where endings are only recorded."""
        return self.what in ("ended", "recorded")

    @property
    def is_try(self) -> bool:
        """Whether the model called for an ending that did not come to pass, now or later in the run."""
        return self.what in _TRIED and not self.run_ended

    def __repr__(self) -> str:
        why = f" ({self.trigger})" if self.trigger else ""
        against = f"; {self.missing[0]}" if self.missing else ""
        return f"{self.case}: {self.what}{why}{one_line(against, 120)}"


class CasesToRead(list[ToRead]):
    """What to read, case by case. Shows a line each; ``conversation`` of each opens its run."""

    def to_frame(self) -> pd.DataFrame:
        """One row each: set, case, what, trigger, reason, missing, prompt, note, conversation."""
        import pandas as pd

        rows = [[_cell(one, name) for name in KINDS] for one in self]
        frame: pd.DataFrame = pd.DataFrame(rows, columns=list(KINDS)).astype("string[python]")
        return frame

    def __repr__(self) -> str:
        return "\n".join(map(repr, self)) or "Nothing to read: no ending, no try and no warning."


def _cell(one: ToRead, name: str) -> str | None:
    value = getattr(one, name)
    return "; ".join(value) or None if isinstance(value, tuple) else value


def to_read(case: Case, run: Run, conversation: Conversation) -> Iterator[ToRead]:
    """The calls of one run that are to be read."""
    for call, what in _calls(conversation):
        yield ToRead(
            case=case.id,
            set=case.set,
            note=case.note,
            prompt=case.prompt,
            what=what,
            trigger=call.kind if what == "warned" else call.trigger,
            reason=call.reason,
            missing=tuple(gate.missing for gate in call.gates if not gate.passed),
            run=run.number,
            conversation=run.conversation,
            run_ended=run.ended_at is not None,
        )


def _calls(conversation: Conversation) -> Iterable[tuple[JudgedCall, What]]:
    for reply in own_replies(conversation):
        for step in reply.steps:
            for call in step.calls:
                if call.name == "end_conversation" and call.verdict == "accepted":
                    if reply.ended:
                        yield call, "ended"
                elif call.name == "end_conversation" and call.verdict in ("recorded", *_TRIED):
                    yield call, call.verdict  # type: ignore[misc]  # it is one of them
                elif call.name == "warn_user" and call.counted:
                    yield call, "warned"
