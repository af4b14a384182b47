"""Which turn of a branch made the ending likely: the branch is run again from each message of the person."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from .difference import Difference, difference, points
from .marks import clauses, joint_marks
from .rate import Rate, interval_text, percent
from .runs import Runs
from .several import adjusted, joint_level

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


@dataclass(frozen=True, slots=True, repr=False)
class Point:
    """The share of runs that end when all up to ``message`` is kept. ``turn`` counts messages of the person from 1.

    ``rate`` has an interval that holds together with those of the other points. ``jump`` is the difference to the point
    before, with p corrected for there being several; None for the first.
    """

    turn: int
    message: str
    rate: Rate
    jump: Difference | None
    runs: Runs | None = None

    def __repr__(self) -> str:
        shown = f"{percent(self.rate.value)} %" if self.rate.n else "no data"
        return f"turn {self.turn}: {shown}, {interval_text(self.rate.low, self.rate.high, self.rate.level)}"


@dataclass(frozen=True, slots=True, repr=False)
class TurningPoint:
    """``points`` in order, and the one that ``found`` names: None where no single step is shown to be more than chance.

    ``found`` is the point with the largest rise over the one before it, among those whose corrected p is below
    1 - level: what was said between the two, the model's reply and the person's message, made the ending likelier.
    That none is found does not say that nothing rises: it may rise slowly, or there are too few runs to tell.
    """

    points: tuple[Point, ...]
    level: float = 0.95

    @property
    def found(self) -> Point | None:
        """The turning point, or None."""
        rises = [
            point
            for point in self.points
            if point.jump is not None and point.jump.value > 0 and (point.jump.p_adjusted or 0) < self.alpha
        ]
        return max(rises, key=lambda p: p.jump.value if p.jump else 0, default=None)

    @property
    def alpha(self) -> float:
        """The corrected p below which a rise is taken for more than chance."""
        return 1 - self.level

    @property
    def marks(self) -> tuple[str, ...]:
        """What must be said of the runs, e.g. that those of some turns are off-policy."""
        return joint_marks({f"turn {p.turn}": p.runs.marks() if p.runs is not None else () for p in self.points})

    @property
    def why_none(self) -> str:
        """Why none is found, in a few words; empty where one is."""
        steps = [point.jump for point in self.points if point.jump is not None and not math.isnan(point.jump.p)]
        if self.found is not None:
            return ""
        if not any(point.rate.n for point in self.points):
            return "no data"
        if not steps:
            return "no two turns in a row have data"
        # The smallest p that the runs of a step can have: none of them ended before it, and all after it.
        least = min(difference(_all(step.a, 0), _all(step.b, 1)).p for step in steps)
        if least * len(steps) >= self.alpha:
            return "too few runs to find any, even from none to all"
        return "no single step is shown to be more than chance"

    @property
    def whole(self) -> Difference | None:
        """How far the last point with data is from the first, where that is more than chance; else None."""
        known = [point.rate for point in self.points if point.rate.n]
        found = difference(known[0], known[-1], level=self.level) if len(known) > 1 else None
        return found if found is not None and found.p < self.alpha else None

    def to_frame(self) -> pd.DataFrame:
        """One row a point: turn, message, ended, n, share, low, high, jump, p (corrected)."""
        import pandas as pd

        rows = [
            (p.turn, p.message, p.rate.k, p.rate.n, p.rate.value, p.rate.low, p.rate.high, *_jump(p.jump))
            for p in self.points
        ]
        columns = ["turn", "message", "ended", "n", "share", "low", "high", "jump", "p"]
        kinds = ["int64", "string[python]", "int64", "int64", *["float64"] * 5]
        typed: pd.DataFrame = pd.DataFrame(rows, columns=columns).astype(dict(zip(columns, kinds, strict=True)))
        return typed

    def plot(self, ax: Axes | None = None) -> Axes:
        """A chart of the end rate by turn, with the turning point. In ``ax``, or by itself."""
        from .plot.turns import plot_turns

        return plot_turns(self, ax)

    def _repr_html_(self) -> str:
        from .tables import turns_table

        return turns_table(self)

    def __repr__(self) -> str:
        found, marks = self.found, clauses(self.marks)
        if found is None or found.jump is None:
            return f"TurningPoint(none found among {len(self.points)} turns: {self.why_none}{marks})"
        p = f"p = {found.jump.p_adjusted:.3g} corrected"
        return f"TurningPoint(turn {found.turn}: {points(found.jump.value)}, {p}{marks})"


def turning_point_of(studies: Sequence[tuple[str, Rate, Runs | None]], *, level: float = 0.95) -> TurningPoint:
    """From the end rate at each message of the person, in their order.

    The intervals are exact ones (Clopper and Pearson). Early turns hardly ever end, and there Wilson's holds less than
    it says, the more so the more there are: of eight turns at 0.5 %, with 20 runs each, all held in every other study.
    """
    each = joint_level(level, len(studies))
    rates = [replace(rate, level=each, method="exact") for _, rate, _ in studies]
    jumps = [difference(a, b) for a, b in pairwise(rates)]
    corrected = adjusted([jump.p for jump in jumps])
    told = [None, *(replace(jump, p_adjusted=p) for jump, p in zip(jumps, corrected, strict=True))]
    found = [
        Point(turn, message, rate, jump, runs)
        for turn, ((message, _, runs), rate, jump) in enumerate(zip(studies, rates, told, strict=True), 1)
    ]
    return TurningPoint(tuple(found), level)


def _all(rate: Rate, share: int) -> Rate:
    """The same runs, had all of them ended, or none."""
    return replace(rate, k=rate.n * share)


def _jump(jump: Difference | None) -> tuple[float, float]:
    return (math.nan,) * 2 if jump is None else (jump.value, math.nan if jump.p_adjusted is None else jump.p_adjusted)
