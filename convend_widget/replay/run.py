"""How one run came out: a row of numbers from its log, and nothing that a log does not hold. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from ..conversation import Conversation
from ..conversation.outcome import Name, Outcome, outcome
from ..model.price import Cost, Tokens
from ..session import seen
from .branch import BY, cut_from_here, own_replies
from .budget import Spent, spent_on
from .survival import Life


@dataclass(frozen=True, slots=True)
class Used:
    """What calls took; ``cut`` of them were cut, and never told."""

    tokens: Tokens
    cost: Cost
    cut: int = 0

    def counted(self, cut: Spent) -> Spent:
        """What counts against a budget, with ``cut`` for each call that never told."""
        return spent_on(self.tokens, self.cost) + Spent(self.cut * cut.tokens, self.cut * cut.dollars)


@dataclass(frozen=True, slots=True)
class Run:
    """One run, as it is on record.

    ``number`` counts from 0 within its study; ``conversation`` is the id to ``convend_widget.open`` it with. ``flag``:
    what was unusual (an unknown stop reason; an ending that was recorded only). ``replies``: how many it came to.
    ``ended_at``: the reply that ended it, from 1, or None. ``off_policy``: recorded words that were sent after a reply
    which they were never an answer to. ``resumable``: it was cut from here, or ``halted`` after a whole reply that was
    not to be its last, and a resumed study goes on with it. ``tokens`` and ``cost``: of all its calls, tries that were
    made again and second opinions too; ``cut`` of them were cut before they told what they used.
    """

    number: int
    conversation: str
    outcome: Name
    flag: str
    replies: int
    ended_at: int | None
    trigger: str | None
    warnings: int
    blocked: int
    stop_reason: str | None
    note: str | None
    error: str | None
    off_policy: int
    tokens: Tokens
    cost: Cost
    seconds: float | None
    at: float
    resumable: bool
    cut: int = 0
    halted: bool = False

    @property
    def used(self) -> Used:
        """What it took."""
        return Used(self.tokens, self.cost, self.cut)

    @property
    def life(self) -> Life:
        """For survival: how many replies it is known through, and how it was left."""
        if self.ended_at is not None:
            return Life(self.ended_at, "ended")
        if self.outcome == "refused":
            return Life(self.replies, "refused")
        whole = self.halted or self.outcome == "not_ended"
        return Life(self.replies if whole else max(self.replies - 1, 0), "open")


def came_out(run: Conversation, number: int, *, over: bool = True) -> Run:
    """The row of a run that was begun. One that is not ``over`` counts as cancelled, unless it ended before."""
    replies = own_replies(run)
    last = replies[-1]
    used = used_in(run)
    whole = [reply for reply in replies if not reply.running]
    ended_at = next((i for i, reply in enumerate(whole, 1) if outcome(reply).name == "ended"), None)
    if ended_at is None and not over:
        came = Outcome("cancelled")
    else:
        came = outcome(last if ended_at is None else replies[ended_at - 1])
    calls = [c for reply in replies for step in reply.steps for c in step.calls]
    ending = next((c for c in calls if c.verdict in ("accepted", "recorded")), None)
    seconds = [step.seconds for reply in replies for step in reply.steps if step.seconds is not None]
    return Run(
        number=number,
        conversation=run.id,
        outcome=came.name,
        flag=came.flag,
        replies=len(replies),
        ended_at=ended_at,
        trigger=ending.trigger if ending is not None else None,
        warnings=sum(c.counted for c in calls),
        blocked=sum(c.name == "end_conversation" and c.verdict in ("blocked", "invalid") for c in calls),
        stop_reason=last.steps[-1].stop_reason if last.steps else None,
        note=last.note,
        error=last.error.code if last.error is not None else None,
        off_policy=len(replies) - 1,
        tokens=used.tokens,
        cost=used.cost,
        seconds=round(sum(seconds), 3) if seconds else None,
        at=replies[0].at,
        resumable=not over or cut_from_here(last),
        cut=used.cut,
        halted=not over and not last.running,
    )


def used_in(run: Conversation) -> Used:
    """What the study's own replies in a run took so far, tries that were made again included; it need not be over."""
    made = [m for m in run.own() if m.role == "assistant" and m.by == BY]
    tokens, cost = Tokens(), Cost()
    for reply in made:
        more = seen.spent_on(run, reply)
        tokens, cost = tokens + more[0], cost + more[1]
    return Used(tokens, cost, sum(seen.was_cut(run, reply) for reply in made))
