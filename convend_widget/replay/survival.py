"""When runs end: by the number of the reply, counted from the fork.

Two curves of two questions. Kaplan and Meier's says which share would still be open after so many replies *if nothing
but an ending could stop a run*; runs that were cut, used up their turns or were refused leave it as censored.
Cumulative incidence (Aalen and Johansen) says which share *has* ended by then, and which was refused: a refusal
competes with an ending, since a refused run can no longer end.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from ..errors import SettingsError
from .bound import clopper_pearson
from .marks import clauses
from .rate import check_level, whole

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

How = Literal["ended", "refused", "open"]


class Life(NamedTuple):
    """One run: ``replies`` it is known through, and how it was left. ``open``: not ended by then, and no more known."""

    replies: int
    how: How


@dataclass(frozen=True, slots=True)
class Moment:
    """After so many replies. ``open`` (with its interval) is Kaplan and Meier's; the other two are incidences.

    ``at_risk`` runs were still open before this reply and watched through it. Standard errors are those of the
    incidences. ``low`` and ``high`` are NaN once no run is left open, and a standard error is where nobody is left:
    nothing can be told there. Before the first ending the interval is the exact one (Clopper and Pearson) of the runs
    that were watched so far.
    """

    reply: int
    at_risk: int
    open: float
    low: float
    high: float
    ended: float
    ended_se: float
    refused: float
    refused_se: float


@dataclass(frozen=True, slots=True, repr=False)
class Survival:
    """``moments`` for each reply from the first to the last one that any run came to. Empty without data.

    ``n`` runs were watched through at least one reply; ``left_out`` were cut before that, and say nothing about time.
    ``marks``: what must be said of the runs.
    """

    moments: tuple[Moment, ...]
    n: int
    left_out: int
    level: float = 0.95
    marks: tuple[str, ...] = ()

    @property
    def median(self) -> int | None:
        """The first reply after which at most half would still be open; None where it does not come to that."""
        return next((m.reply for m in self.moments if m.open <= 0.5 + 1e-9), None)

    def to_frame(self) -> pd.DataFrame:
        """One row a reply, with the fields of ``Moment`` as columns."""
        import pandas as pd

        names = list(Moment.__dataclass_fields__)
        frame = pd.DataFrame([[getattr(m, name) for name in names] for m in self.moments], columns=names)
        typed: pd.DataFrame = frame.astype(
            {name: "int64" if name in ("reply", "at_risk") else "float64" for name in names}
        )
        return typed

    def plot(self, ax: Axes | None = None) -> Axes:
        """A chart of the share left open, of endings, and of refusals. In ``ax``, or by itself."""
        from .plot.curves import plot_survival

        return plot_survival(self, ax)

    def _repr_html_(self) -> str:
        from .tables import survival_table

        return survival_table(self)

    def __repr__(self) -> str:
        if not self.moments:
            return "Survival(no data)"
        last = self.moments[-1]
        through = "1 reply" if last.reply == 1 else f"{last.reply} replies"
        return (
            f"Survival({self.n} run{'' if self.n == 1 else 's'} through {through}: {100 * last.ended:.1f} % ended, "
            f"{100 * last.refused:.1f} % refused{clauses(self.marks)})"
        )


def survival(lives: Iterable[Life], *, level: float = 0.95) -> Survival:
    """The curves of these runs. Raises ``SettingsError`` for a life that cannot be."""
    check_level(level)
    told = [_checked(life) for life in lives]
    seen = [life for life in told if life.replies > 0]
    if not seen:
        return Survival((), 0, len(told), level)
    replies = range(1, max(life.replies for life in seen) + 1)
    opened = _kaplan_meier(seen, replies, level)
    moments = tuple(
        Moment(reply, sum(life.replies >= reply for life in seen), *here, *chance)
        for reply, here, chance in zip(replies, opened, _incidence(seen, replies), strict=True)
    )
    return Survival(moments, len(seen), len(told) - len(seen), level)


def _checked(life: Life) -> Life:
    replies = whole("replies", life.replies)
    if life.how not in ("ended", "refused", "open") or (replies == 0 and life.how != "open"):
        raise SettingsError(f"A run cannot be {life.how!r} after {replies} replies.")
    return Life(replies, life.how)


def _kaplan_meier(seen: list[Life], replies: range, level: float) -> list[tuple[float, float, float]]:
    from scipy.stats import CensoredData, ecdf

    flat = [_none_ended(sum(life.replies >= reply for life in seen), level) for reply in replies]
    ended = [life.replies for life in seen if life.how == "ended"]
    if not ended:
        return flat
    left = [life.replies for life in seen if life.how != "ended"]
    curve = ecdf(CensoredData(uncensored=ended, right=left)).sf
    with warnings.catch_warnings():  # where all or none are left the formula has no number, and scipy says so each time
        warnings.simplefilter("ignore", RuntimeWarning)
        bounds = curve.confidence_interval(level, method="log-log")
    found = []
    for reply, before in zip(replies, flat, strict=True):
        low, high = float(bounds.low.evaluate(reply)), float(bounds.high.evaluate(reply))
        found.append((float(curve.evaluate(reply)), low, high) if reply >= min(ended) else before)
    return found


def _none_ended(watched: int, level: float) -> tuple[float, float, float]:
    """All open, of so many runs that were watched. Here the formula gives a point: so it is the exact interval."""
    return 1.0, 1 - clopper_pearson(0, watched, (1 + level) / 2), 1.0


def _incidence(seen: list[Life], replies: range) -> list[tuple[float, float, float, float]]:
    import numpy as np
    from statsmodels.duration.survfunc import CumIncidenceRight

    status = {"open": 0, "ended": 1, "refused": 2}
    # Where one of the two never happens, statsmodels would number the causes otherwise: so each is asked for by itself.
    time, what = np.array([life.replies for life in seen]), np.array([status[life.how] for life in seen])
    columns: list[list[float]] = []
    for cause in (1, 2):
        mine = np.where(what == cause, 1, np.where(what == 0, 0, 2))
        if not (mine == 1).any():
            columns += [[0.0] * len(replies), [0.0] * len(replies)]
            continue
        with np.errstate(divide="ignore", invalid="ignore"):  # where nobody is left, the error has no number
            found = CumIncidenceRight(time, mine)
        at = np.searchsorted(found.times, np.array(replies), side="right") - 1
        for curve in (found.cinc[0], found.cinc_se[0]):
            columns.append([_finite(curve[i]) if i >= 0 else 0.0 for i in at])
    return list(zip(*columns, strict=True))


def _finite(number: float) -> float:
    return float(number) if math.isfinite(number) else math.nan
