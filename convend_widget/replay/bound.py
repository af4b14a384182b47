"""How often it might happen all the same: an upper bound for something that was seen rarely or never.

One-sided. What it bounds is the mean over prompts: each prompt counts once, however often it was run, with the share of
its runs that ended. The prompts are the sample, not the runs: a prompt may be one that is always ended, or never, and
however often each is run, m prompts cannot rule out that 3 / m of all prompts are of the first kind.

Where each prompt came out one way (so with one run a prompt) it is the bound of Clopper and Pearson (Biometrika 26,
1934), exact for independent prompts. For 0 of m it is ``1 - (1 - level) ** (1 / m)``: at 95 % about 3 / m, the rule of
three (Hanley and Lippman-Hand, "If nothing goes wrong, is everything all right?", JAMA 249, 1983).

Else it is Gaffke's bound for the mean of shares between 0 and 1, of which nothing else need be known (Gaffke, "Three
test statistics for a nonparametric one-sided hypothesis on the mean of a nonnegative variable", Math. Methods of
Statistics 14, 2005; Learned-Miller and Thomas, "A new confidence interval for the mean of a bounded random variable",
2019). Where every share is 0 or 1 the two are equal. That Gaffke's never falls short is proven in special cases and
conjectured in general; no case is known in which it does.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from .rate import Rate, check_level, percent_up


@dataclass(frozen=True, slots=True, repr=False)
class UpperBound:
    """``value``: at most this share, from 0 to 1, with ``level``. ``how``: what it was made of, in a few words.

    1.0 without data: nothing is ruled out.
    """

    value: float
    level: float
    how: str

    def __float__(self) -> float:
        return self.value

    def __repr__(self) -> str:
        return f"UpperBound({percent_up(self.value)} % at {100 * self.level:g} %; {self.how})"


def upper_bound(rates: Mapping[str, Rate], *, level: float = 0.95) -> UpperBound:
    """The bound for the mean of the rates of several prompts (name -> rate). Prompts without data are left out."""
    check_level(level)
    shares = [rate.value for rate in rates.values() if rate.n]
    if not shares:
        return UpperBound(1.0, level, "no data")
    if all(share in (0, 1) for share in shares):
        once = all(rate.n <= 1 for rate in rates.values())
        how = "one run a prompt" if once else "each prompt counted once"
        return UpperBound(clopper_pearson(sum(share == 1 for share in shares), len(shares), level), level, how)
    return UpperBound(gaffke(tuple(sorted(shares)), level), level, "each prompt counted once, with its share (Gaffke)")


def clopper_pearson(k: float, n: float, level: float) -> float:
    """The upper end of the one-sided interval for k of n, which need not be whole. n must be above 0."""
    if k >= n:
        return 1.0
    from scipy.stats import beta

    found = float(beta.ppf(level, k + 1, n - k))
    return found if math.isfinite(found) else 1.0


@lru_cache(maxsize=256)
def gaffke(shares: tuple[float, ...], level: float) -> float:
    """Gaffke's upper bound for the mean of what these shares, from 0 to 1, were drawn from.

    It is the quantile of the mean of the shares and of one more, of 1, under random weights: exponentials over their
    sum. That mean is above t where the sum of exponentials, each times its share less t, is above nought; the chance
    of it is an integral (Imhof, Biometrika 48, 1961). So nothing is drawn, and the bound is the same each time.
    """
    import numpy as np
    from scipy.optimize import brentq

    values, counts = np.unique([*shares, 1.0], return_counts=True)
    if len(values) == 1:
        return 1.0
    u, weights = _nodes()

    def above(t: float) -> float:
        gaps = (values - t) / math.sqrt(counts @ (values - t) ** 2)
        each = np.outer(u, gaps)
        waves = np.sin(np.arctan(each) @ counts) * np.exp(-np.log1p(each**2) @ counts / 2) / u
        return 0.5 + float(weights @ waves) / math.pi

    # The mean and the deviation of it; Cantelli's inequality says how far from the mean the quantile can be.
    mean = counts @ values / counts.sum()
    deviation = math.sqrt(counts @ (values - mean) ** 2 / counts.sum() / (counts.sum() + 1))
    odds = math.sqrt(level / (1 - level))
    low, high = max(mean - deviation / odds, values[0]), min(mean + deviation * odds, 1.0)
    return float(brentq(lambda t: above(t) - (1 - level), low, high, xtol=1e-10))


@lru_cache(maxsize=1)
def _nodes() -> tuple[Any, Any]:
    """Where an integral from 0 to infinity is looked at, and what each place counts: Gauss and Legendre, in 100 pieces.

    With that the bound of one share above nought among 8,000 is right to five digits, and of fewer to more.
    """
    import numpy as np

    pieces = 100
    x, weight = np.polynomial.legendre.leggauss(16)
    y = ((np.arange(pieces)[:, None] + (x + 1) / 2) / pieces).ravel()
    odds = y / (1 - y)
    return odds**2, np.tile(weight / 2 / pieces, pieces) * 2 * odds / (1 - y) ** 2
