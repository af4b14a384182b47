"""``Rate``: k of n, with an interval. The one number that every result is made of."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal, InvalidOperation
from functools import lru_cache
from typing import TYPE_CHECKING

from ..errors import SettingsError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Our name -> statsmodels' name. The plain normal interval is left out: it is wrong where endings live, near 0 and 1.
METHODS = {"wilson": "wilson", "exact": "beta", "jeffreys": "jeffreys", "agresti_coull": "agresti_coull"}


@dataclass(frozen=True, slots=True, repr=False)
class Rate:
    """``k`` of ``n``, as a share from 0 to 1 with an interval.

    ``of`` says in words what the n are: a rate without its denominator means nothing. ``method``: ``"wilson"``
    (default), ``"exact"`` (Clopper and Pearson), ``"jeffreys"`` or ``"agresti_coull"``. ``level`` is the coverage of
    the interval, between 0 and 1. Without data (n = 0) ``value`` is NaN and the interval is 0 to 1.

    Raises ``SettingsError`` where k or n is negative or no whole number, or k is more than n.
    """

    k: int
    n: int
    of: str = "runs"
    method: str = "wilson"
    level: float = 0.95

    def __post_init__(self) -> None:
        object.__setattr__(self, "k", whole("k", self.k, _SHARE_ADVICE))
        object.__setattr__(self, "n", whole("n", self.n))
        if self.k > self.n:
            raise SettingsError(
                f"k = {self.k} is more than n = {self.n}.", advice="k counts some of the n: Rate(3, 20) is 3 of 20."
            )
        if self.method not in METHODS:
            raise SettingsError(f"There is no method {self.method!r}.", advice=f"Use one of {', '.join(METHODS)}.")
        check_level(self.level)

    @classmethod
    def from_share(cls, share: float | str, n: int, of: str = "runs", *, level: float = 0.95) -> Rate:
        """The rate that was reported as ``share`` (0 to 1) of ``n``: text as it is rounded, or a number.

        Raises ``SettingsError`` where no k of n gives that share: then one of the two numbers is wrong. Also where
        several do: then more digits are needed.
        """
        n = whole("n", n)
        exact, half = _as_written(share)
        near = int(exact * n)
        around = [k for k in range(near - 1, near + 3) if 0 <= k <= n] if n else []
        fit = [k for k in around if k / n == share] or [k for k in around if abs(Decimal(k) / n - exact) <= half]
        if not fit:
            nearest = ", ".join(f"{k}/{n} = {k / n:.4g}" for k in around if k in (near, near + 1))
            advice = f"The nearest are {nearest}." if nearest else None
            raise SettingsError(f"No k of {n} gives a share of {share}.", advice=advice)
        if len(fit) > 1:
            raise SettingsError(f"More than one k of {n} gives {share}.", advice="Give more digits, or k itself.")
        return cls(fit[0], n, of, level=level)

    @property
    def value(self) -> float:
        """K / n; NaN without data."""
        return self.k / self.n if self.n else math.nan

    @property
    def low(self) -> float:
        """The lower end of the interval."""
        return _interval(self.k, self.n, self.method, self.level)[0]

    @property
    def high(self) -> float:
        """The upper end of the interval."""
        return _interval(self.k, self.n, self.method, self.level)[1]

    def plot(self, ax: Axes | None = None) -> Axes:
        """A chart of the rate with its interval, in ``ax`` or by itself: matplotlib's axes, which a notebook shows.

        By itself it shows once in its cell, in the colours of the notebook; ``ax.figure.savefig("rate.svg")`` keeps it.
        Its ``alt`` says in a sentence what there is to see. In axes of your own nothing is shown until you do.
        """
        from .plot.rows import plot_rate

        return plot_rate(self, ax)

    def _repr_html_(self) -> str:
        from .tables import rate_table

        return rate_table(self)

    def __repr__(self) -> str:
        counted = f"{self.k} of {self.n} {self.of}"
        if not self.n:
            return f"Rate({counted}: no data)"
        return f"Rate({counted}: {percent(self.value)} %, {interval_text(self.low, self.high, self.level)})"


_SHARE_ADVICE = "k counts runs. For a share that somebody reported use Rate.from_share(0.15, 20)."


def whole(name: str, value: object, advice: str | None = None) -> int:
    """A whole number from 0 on, also one of numpy's. Raises ``SettingsError``."""
    try:
        number = operator.index(value) if not isinstance(value, bool) else None  # type: ignore[arg-type]
    except TypeError:
        number = None
    if number is None:
        raise SettingsError(f"{name} must be a whole number, not {value!r}.", advice=advice)
    if number < 0:
        raise SettingsError(f"{name} must not be negative; it is {number}.")
    return number


def check_level(level: object) -> None:
    """Raise ``SettingsError`` unless the level is a number between 0 and 1."""
    if isinstance(level, bool) or not isinstance(level, (int, float)) or not 0 < level < 1:
        raise SettingsError(f"level must be between 0 and 1, not {level!r}.", advice="0.95 is a 95 % interval.")


def percent(share: float) -> str:
    """A share as a percentage with one digit after the point, and more where that would say none or all of a few.

    Below 1 % two digits count: ``0.037``.
    """
    return f"{100 * share:.{places(share)}f}"


def percent_up(share: float) -> str:
    """The same, rounded up: for an upper bound, which must not be below itself."""
    step = Decimal(1).scaleb(-places(share))
    # The bound itself is right to some nine digits; what is beyond them must not take it up a step.
    return f"{Decimal(f'{100 * share:.9g}').quantize(step, ROUND_CEILING):f}"


def places(share: float) -> int:
    """How many digits after the point a percentage is written with."""
    rest = share if share < 0.01 else 1 - share if share > 0.9995 else 0
    return min(1 - math.floor(math.log10(100 * rest)), 6) if rest > 1e-9 else 1


def interval_text(low: float, high: float, level: float, show: Callable[[float], str] = percent) -> str:
    """``95 % interval 5.2 to 36.0 %``; the bounds as ``show`` writes them."""
    unit = " %" if show is percent else ""
    return f"{float(f'{100 * level:.4g}'):g} % interval {show(low)} to {show(high)}{unit}"


@lru_cache(maxsize=4096)
def _interval(k: int, n: int, method: str, level: float) -> tuple[float, float]:
    return share_interval(k, n, method, level) if n else (0.0, 1.0)


def share_interval(k: float, n: float, method: str, level: float) -> tuple[float, float]:
    """The interval for k of n, which need not be whole (an effective n is not). n must be above 0."""
    from statsmodels.stats.proportion import proportion_confint

    low, high = proportion_confint(k, n, alpha=1 - level, method=METHODS[method])
    # At 0 of n and n of n the bound is exactly that, but for rounding and for Jeffreys, who is mended as usual.
    return (0.0 if k == 0 else max(float(low), 0.0)), (1.0 if k == n else min(float(high), 1.0))


def _as_written(share: float | str) -> tuple[Decimal, Decimal]:
    """The share as a decimal number, and half a unit of its last digit."""
    try:
        exact = Decimal(str(share))
    except InvalidOperation:
        exact = Decimal("NaN")
    if isinstance(share, bool) or not exact.is_finite() or not 0 <= exact <= 1:
        raise SettingsError(f"A share is a number from 0 to 1, not {share!r}.", advice="15 % is 0.15.")
    places = exact.as_tuple().exponent
    assert isinstance(places, int), "it is finite"
    # A float has some sixteen digits, and its last one is a matter of rounding.
    return exact, Decimal(10) ** min(places, 0) / 2 if places > -15 else Decimal("1e-14")
