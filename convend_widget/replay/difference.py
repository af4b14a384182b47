"""How far apart two rates are. Two replays are independent samples, also of one branch."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from ..errors import SettingsError
from .marks import clauses
from .rate import Rate, check_level, interval_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, slots=True, repr=False)
class Difference:
    """``b - a`` as a share from -1 to 1, with Newcombe's interval and Fisher's exact p (two-sided).

    ``level`` is the coverage of the interval; the two rates are given it too. ``p_adjusted`` is p after a correction
    for several comparisons, where there was one. Without data in one of the two the value and p are NaN and the
    interval is -1 to 1. ``marks``: what must be said of the runs, e.g. that they are off-policy.
    """

    a: Rate
    b: Rate
    level: float = 0.95
    p_adjusted: float | None = None
    marks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_level(self.level)
        for name, rate in (("a", self.a), ("b", self.b)):
            if rate.level != self.level:
                object.__setattr__(self, name, replace(rate, level=self.level))

    @property
    def value(self) -> float:
        """The rate of b minus the rate of a."""
        return self.b.value - self.a.value

    @property
    def low(self) -> float:
        """The lower end of the interval."""
        return _newcombe(self.a.k, self.a.n, self.b.k, self.b.n, self.level)[0]

    @property
    def high(self) -> float:
        """The upper end of the interval."""
        return _newcombe(self.a.k, self.a.n, self.b.k, self.b.n, self.level)[1]

    @property
    def p(self) -> float:
        """How often chance alone would part two equal rates at least as far: Fisher's exact test."""
        return _fisher(self.a.k, self.a.n, self.b.k, self.b.n)

    def plot(self, ax: Axes | None = None) -> Axes:
        """A chart of the two rates, and below them their difference. In ``ax``, or by itself."""
        from .plot.differences import plot_difference

        return plot_difference(self, ax)

    def _repr_html_(self) -> str:
        from .finding import finding
        from .tables import differences_table

        return differences_table([self], finding(self))

    def __repr__(self) -> str:
        counted = f"{self.b.k} of {self.b.n} {self.b.of} against {self.a.k} of {self.a.n} {self.a.of}"
        if math.isnan(self.value):
            return f"Difference({counted}: no data{clauses(self.marks)})"
        p = f"p = {self.p:.3g}" if self.p_adjusted is None else f"p = {self.p_adjusted:.3g} corrected"
        return f"Difference({counted}: {points(self.value)}, {interval_of(self)}, {p}{clauses(self.marks)})"


def difference(a: Rate, b: Rate, *, level: float | None = None) -> Difference:
    """``b - a`` for two independent rates; the level is that of the rates unless given.

    Raises ``SettingsError`` where the two have different levels and none is given.
    """
    if level is None and a.level != b.level:
        raise SettingsError("The two rates have different levels.", advice="Say which one with level=0.95.")
    return Difference(a, b, a.level if level is None else level)


def points(share: float) -> str:
    """A difference of shares in percentage points: ``+25.0 points``."""
    return f"{100 * share:+.1f} points"


def interval_of(it: Difference) -> str:
    """Its interval in points."""
    return interval_text(it.low, it.high, it.level, lambda share: f"{100 * share:+.1f}")


@lru_cache(maxsize=4096)
def _newcombe(a: int, of_a: int, b: int, of_b: int, level: float) -> tuple[float, float]:
    if not of_a or not of_b:
        return -1.0, 1.0
    return newcombe(a, of_a, b, of_b, level)


def newcombe(a: float, of_a: float, b: float, of_b: float, level: float) -> tuple[float, float]:
    """Newcombe's interval for ``b / of_b - a / of_a``; the counts need not be whole."""
    from statsmodels.stats.proportion import confint_proportions_2indep

    low, high = confint_proportions_2indep(b, of_b, a, of_a, method="newcomb", compare="diff", alpha=1 - level)
    return max(float(low), -1.0), min(float(high), 1.0)


def newcombe_p(a: float, of_a: float, b: float, of_b: float) -> float:
    """The p that goes with it: 1 - level of the interval that just reaches nought. 1 for two equal shares."""
    from scipy.optimize import brentq
    from scipy.stats import norm

    if math.isclose(a / of_a, b / of_b):
        return 1.0

    def beyond(z: float) -> float:
        low, high = newcombe(a, of_a, b, of_b, 1 - 2 * float(norm.sf(z)))
        return low if b / of_b > a / of_a else -high

    most = 6.0  # standard errors, beyond which p is only known to be below 2e-9
    z = most if beyond(most) > 0 else float(brentq(beyond, 1e-6, most))
    return 2 * float(norm.sf(z))


@lru_cache(maxsize=4096)
def _fisher(a: int, of_a: int, b: int, of_b: int) -> float:
    if not of_a or not of_b:
        return math.nan
    from scipy.stats import fisher_exact

    return float(fisher_exact([[a, of_a - a], [b, of_b - b]])[1])
