"""How many runs came out which way, and the rates that follow. Invariant: the six ways add up to what was started."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from ..conversation.outcome import Name
from .rate import Rate, percent, whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WITH_RESULT = "runs with a result"
"""The usual denominator, in words: ended + not_ended + refused + truncated. The model answered, or was kept from it."""
STARTED = "started runs"


@dataclass(frozen=True, slots=True, repr=False)
class Outcomes:
    """Counts of runs by outcome.

    ``ended``: the model ended the conversation (or would have, where endings are only recorded). ``not_ended``: it
    was still open when the turns were used up. ``refused``: a safety classifier stopped it. ``truncated``: a reply
    hit a length limit. ``failed``: network, provider or store. ``cancelled``: stopped from here, by a person or by the
    budget, in a reply or between two; or still under way in another kernel.
    """

    ended: int = 0
    not_ended: int = 0
    refused: int = 0
    truncated: int = 0
    failed: int = 0
    cancelled: int = 0

    def __post_init__(self) -> None:
        for field in fields(self):
            whole(field.name, getattr(self, field.name))

    @classmethod
    def count(cls, outcomes: Iterable[Name]) -> Outcomes:
        """From the outcome of each run."""
        counts = Counter(outcomes)
        return cls(**{field.name: counts[field.name] for field in fields(cls)})  # type: ignore[index]  # they are names

    @property
    def started(self) -> int:
        """All runs that were started."""
        return sum(getattr(self, field.name) for field in fields(self))

    @property
    def with_result(self) -> int:
        """Runs that say something about the model: all but failed and cancelled ones."""
        return self.started - self.failed - self.cancelled

    def rate(self, *, method: str = "wilson", level: float = 0.95) -> Rate:
        """Ended runs of the runs with a result. ``bounds`` says what failed and cancelled ones could change."""
        return Rate(self.ended, self.with_result, WITH_RESULT, method, level)

    def bounds(self, *, method: str = "wilson", level: float = 0.95) -> Bounds:
        """The rate if every failed or cancelled run had not ended, and if every one had."""
        lost = self.failed + self.cancelled
        low, high = (Rate(k, self.started, STARTED, method, level) for k in (self.ended, self.ended + lost))
        return Bounds(low, high, lost)

    def plot(self, ax: Axes | None = None) -> Axes:
        """A chart of the end rate, what lost runs could change, and all outcomes. In ``ax``, or by itself."""
        from .plot.rows import plot_outcomes

        return plot_outcomes(self, ax)

    def _repr_html_(self) -> str:
        from .tables import outcomes_table

        return outcomes_table(self)

    def __repr__(self) -> str:
        parts = ", ".join(f"{field.name}={getattr(self, field.name)}" for field in fields(self))
        return f"Outcomes({self.started} started: {parts})"


@dataclass(frozen=True, slots=True, repr=False)
class Bounds:
    """The worst cases of a rate: ``low`` with every lost run counted as not ended, ``high`` with every one as ended.

    Both are rates of all started runs. ``lost`` is how many failed or were cancelled. Whatever the lost runs would have
    been, the share is from ``low.value`` to ``high.value``; with chance on top of that, from ``low.low`` to
    ``high.high``.
    """

    low: Rate
    high: Rate
    lost: int

    def __repr__(self) -> str:
        if not self.low.n:
            return "Bounds(no data)"
        worst = f"{percent(self.low.value)} to {percent(self.high.value)} %"
        return f"Bounds({worst} of {self.low.n} {STARTED}, {self.lost} of them without a result)"
