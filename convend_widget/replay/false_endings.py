"""The rates of an audit, set by set: how often a conversation ended that should not have, and how often it still might.

Pure: counts in, values and plain sentences out.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from .bound import UpperBound, upper_bound
from .outcomes import Outcomes
from .prompts import Pooled, pool
from .rate import Rate, percent, percent_up

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


@dataclass(frozen=True, repr=False)
class SetRate:
    """The false endings of one set. ``by_case``: case -> how its runs came out; a case that never began has none.

    ``tried``: runs in which the model called for an ending that the gates did not let through, or not yet.
    """

    name: str
    by_case: Mapping[str, Outcomes]
    tried: int = 0
    level: float = 0.95

    @cached_property
    def outcomes(self) -> Outcomes:
        """All runs of the set."""
        names = Outcomes.__dataclass_fields__
        return Outcomes(**{name: sum(getattr(o, name) for o in self.by_case.values()) for name in names})

    @property
    def rate(self) -> Rate:
        """Ended runs of the runs with a result."""
        return self.outcomes.rate(level=self.level)

    @property
    def case_mean(self) -> float:
        """The mean over cases of the share of each that ended; NaN without data. What ``upper_bound`` is a bound of.

        Where each case has as many runs with a result as the others, it is the rate.
        """
        shares = [came.rate().value for came in self.by_case.values() if came.with_result]
        return sum(shares) / len(shares) if shares else math.nan

    @property
    def uneven(self) -> bool:
        """Whether some cases have more runs with a result than others: then the rate is not the mean over cases."""
        return len({came.with_result for came in self.by_case.values()} - {0}) > 1

    @property
    def lost(self) -> int:
        """Runs that failed or were cancelled: nothing is known of them."""
        return self.outcomes.failed + self.outcomes.cancelled

    @property
    def not_run(self) -> tuple[str, ...]:
        """Cases of which there is no result."""
        return tuple(case for case, came in self.by_case.items() if not came.with_result)

    @cached_property
    def upper_bound(self) -> UpperBound:
        """The most that the true mean over cases may be, with ``level``; see ``replay/bound.py``."""
        return upper_bound({case: came.rate() for case, came in self.by_case.items()}, level=self.level)

    @cached_property
    def worst_case(self) -> UpperBound:
        """The same bound, had every lost run ended."""
        worst = {c: Rate(o.ended + o.failed + o.cancelled, o.started) for c, o in self.by_case.items()}
        return upper_bound(worst, level=self.level)

    @cached_property
    def pooled(self) -> Pooled:
        """The rate with a two-sided interval that minds the cases. Below 15 cases there is none; look at its rates."""
        return pool({case: came.rate() for case, came in self.by_case.items()}, level=self.level)

    def __repr__(self) -> str:
        if not self.rate.n:
            return f"{self.name}: no data."
        cases = len(self.by_case) - len(self.not_run)
        of = f"{self.rate.n} runs of {cases} cases" if self.rate.n != cases else f"{cases} cases"
        mean = f", {percent(self.case_mean)} % a case on average" if self.uneven else ""
        still = f"up to {percent_up(self.upper_bound.value)} % are still possible at {100 * self.level:g} %"
        told = [f"{self.name}: {self.rate.k} of {of} ended{mean}; {still}"]
        if self.tried:
            told.append(f"the model tried in {self.tried}, and was held back")
        if self.lost:
            worst, had = percent_up(self.worst_case.value), "had it" if self.lost == 1 else "had all of them"
            told.append(f"{self.lost} run{' was' if self.lost == 1 else 's were'} lost: {had} ended, up to {worst} %")
        if self.not_run:
            told.append(
                "1 case has no result" if len(self.not_run) == 1 else f"{len(self.not_run)} cases have no result"
            )
        return "; ".join(told) + "."


class FalseEndings(dict[str, SetRate]):
    """Set -> its rates. Shows as a sentence a set."""

    @property
    def upper_bound(self) -> dict[str, float]:
        """Set -> the most that the true mean over cases may be."""
        return {name: one.upper_bound.value for name, one in self.items()}

    def to_frame(self) -> pd.DataFrame:
        """One row a set: set, cases, runs (with a result), ended, share, case_mean, at_most,
        tried, refused, truncated, lost, at_most_worst.

        ``share`` is that of all runs, ``case_mean`` that of the runs of a case, on average over cases: ``at_most`` is
        its upper bound, ``at_most_worst`` the one had every lost run ended.
        """
        import pandas as pd

        rows = [_row(one) for one in self.values()]
        frame: pd.DataFrame = pd.DataFrame(rows, columns=list(_KINDS)).astype(_KINDS)
        return frame

    def plot(self, ax: Axes | None = None) -> Axes:
        """A chart of the sets: what was seen, and up to what is still possible. In ``ax``, or by itself."""
        from .plot.audits import plot_false_endings

        return plot_false_endings(self, ax)

    def _repr_html_(self) -> str:
        from .tables import false_endings_table

        return false_endings_table(self)

    def __repr__(self) -> str:
        return "\n".join(map(repr, self.values())) or "No sets."


_KINDS = {
    "set": "string[python]",
    **dict.fromkeys(("cases", "runs", "ended"), "int64"),
    **dict.fromkeys(("share", "case_mean", "at_most"), "float64"),
    **dict.fromkeys(("tried", "refused", "truncated", "lost"), "int64"),
    "at_most_worst": "float64",
}


def _row(one: SetRate) -> dict[str, object]:
    came = one.outcomes
    return {
        "set": one.name,
        "cases": len(one.by_case),
        "runs": one.rate.n,
        "ended": one.rate.k,
        "share": one.rate.value,
        "case_mean": one.case_mean,
        "at_most": one.upper_bound.value,
        "tried": one.tried,
        "refused": came.refused,
        "truncated": came.truncated,
        "lost": one.lost,
        "at_most_worst": one.worst_case.value,
    }


def notes_on(rates: Iterable[SetRate], *, runs: int, stand_in: bool, enforced: bool) -> list[str]:
    """What the numbers do not show, in plain sentences. ``runs``: of each case."""
    sets = list(rates)
    level = 100 * sets[0].level if sets else 95
    told = [
        "The cases are those of the file. The bounds hold for cases that are drawn as these were, and for no others."
    ]
    if len(sets) > 1:
        told.append(f"Each bound holds by itself with {level:g} %; that all of them hold is less certain.")
    if runs > 1 and sets:
        few = min(len(one.by_case) for one in sets)
        told.append(
            f"Runs of one case are alike. However many there are, {few} cases alone leave up to "
            f"{percent_up(upper_bound({str(i): Rate(0, 1) for i in range(few)}, level=level / 100).value)} % possible."
        )
    if enforced and any(one.tried for one in sets):
        told.append("Where the model tried and was held back, the policy's gates prevented an ending, not the model.")
    if any(one.outcomes.refused or one.outcomes.truncated for one in sets):
        told.append("Refused and truncated runs count as not ended: the model had no full chance to end them.")
    if stand_in:
        told.append("A rehearsal answered. This says nothing about any model.")
    return told
