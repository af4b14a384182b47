"""Several prompts or branches: runs of one prompt are alike, so the prompts are the sample, not the runs.

With fewer than ``FEWEST`` prompts nothing honest can be said of prompts in general; then each prompt has its own rate,
and there is no pooled one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ..errors import SettingsError
from .difference import Difference, difference, newcombe, newcombe_p, points
from .marks import clauses
from .rate import Rate, check_level, interval_text, percent, share_interval
from .several import together

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FEWEST = 15  # prompts below which there is no pooled number
RESAMPLES = 9_999


@dataclass(frozen=True, slots=True, repr=False)
class Pooled:
    """One rate over several prompts, with a clustered interval. See ``pool``.

    ``value``, ``low`` and ``high`` are NaN where there are too few prompts. ``n_effective`` is the number of
    independent runs that would say as much as these runs do. ``left_out``: prompts without data.
    """

    rates: Mapping[str, Rate]
    value: float
    low: float
    high: float
    n_effective: float
    level: float
    left_out: tuple[str, ...] = ()

    def plot(self, ax: Axes | None = None) -> Axes:
        """A chart of each prompt's rate, and of the one over all. In ``ax``, or by itself."""
        from .plot.rows import plot_pooled

        return plot_pooled(self, ax)

    def _repr_html_(self) -> str:
        from .tables import pooled_table

        return pooled_table(self)

    def __repr__(self) -> str:
        runs, prompts = sum(rate.n for rate in self.rates.values()), len(self.rates)
        out = without_data(self.left_out, prompts, " ({})")
        if math.isnan(self.value):
            return f"Pooled({prompts} prompts{out}: too few for one rate; at least {FEWEST}. Look at .rates)"
        shown = f"{percent(self.value)} %, {interval_text(self.low, self.high, self.level)}"
        return f"Pooled({runs} runs of {prompts} prompts{out}, worth {self.n_effective:.1f} independent ones: {shown})"


def pool(rates: Mapping[str, Rate], *, level: float = 0.95) -> Pooled:
    """The rate over all runs of several prompts (name -> rate), with an interval that minds the prompts.

    The variance is cluster-robust; what it leaves of n is the effective n, and Wilson's interval is taken from that
    with t for as many prompts as there are. Where all runs came out alike, each prompt counts as one run. The rates of
    the prompts are given its level.
    """
    check_level(level)
    with_data = {name: replace(rate, level=level) for name, rate in rates.items() if rate.n}
    left_out = tuple(name for name in rates if name not in with_data)
    if len(with_data) < FEWEST:
        return Pooled(with_data, math.nan, math.nan, math.nan, math.nan, level, left_out)
    k, n = sum(r.k for r in with_data.values()), sum(r.n for r in with_data.values())
    effective = effective_n(list(with_data.values()), tail=(1 + level) / 2)
    low, high = share_interval(k / n * effective, effective, "wilson", level)
    if k in (0, n):
        low, high = (0.0, high) if k == 0 else (low, 1.0)
    return Pooled(with_data, k / n, low, high, effective, level, left_out)


def effective_n(rates: Sequence[Rate], *, tail: float) -> float:
    """How many independent runs say as much, made smaller for the few prompts that the variance was learned from.

    ``rates`` are of the prompts, each with data; ``tail`` is the share that the bound it is for has on its one side.
    """
    import numpy as np
    from scipy.stats import norm, t
    from statsmodels.regression.linear_model import OLS

    prompts, runs = len(rates), sum(rate.n for rate in rates)
    share = sum(rate.k for rate in rates) / runs
    effective = float(prompts)
    if 0 < share < 1:
        came = np.concatenate([np.repeat([1.0, 0.0], [rate.k, rate.n - rate.k]) for rate in rates])
        groups = np.repeat(np.arange(prompts), [rate.n for rate in rates])
        fit = OLS(came, np.ones(runs)).fit(cov_type="cluster", cov_kwds={"groups": groups})
        variance = float(fit.cov_params()[0, 0])
        effective = min(float(runs), share * (1 - share) / variance) if variance > 0 else float(runs)
    return effective * float(norm.ppf(tail) / t.ppf(tail, prompts - 1)) ** 2


@dataclass(frozen=True, slots=True, repr=False)
class PairedDifference:
    """``b - a``, paired by prompt: the mean of the differences of the prompts. See ``paired``.

    ``by_prompt`` has each prompt's own difference, with joint intervals and corrected p. ``value``, ``low``, ``high``
    and ``p`` are NaN where there are too few prompts. ``how`` says how interval and p were made.
    ``marks``: what must be said of the runs.
    """

    by_prompt: Mapping[str, Difference]
    value: float
    low: float
    high: float
    p: float
    how: str
    level: float
    left_out: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()

    def plot(self, ax: Axes | None = None) -> Axes:
        """A chart of each prompt's difference, and of their mean. In ``ax``, or by itself."""
        from .plot.differences import plot_paired

        return plot_paired(self, ax)

    def _repr_html_(self) -> str:
        from .tables import paired_table

        return paired_table(self)

    def __repr__(self) -> str:
        prompts = len(self.by_prompt)
        out, marks = without_data(self.left_out, prompts, " ({})"), clauses(self.marks)
        if math.isnan(self.value):
            return f"PairedDifference({prompts} prompts{out}: {self.how}. Look at .by_prompt{marks})"
        interval = interval_text(self.low, self.high, self.level, lambda share: f"{100 * share:+.1f}")
        told = f"{points(self.value)}, {interval}, p = {self.p:.3g}; {self.how}{marks}"
        return f"PairedDifference({prompts} prompts{out}: {told})"


def paired(
    a: Mapping[str, Rate], b: Mapping[str, Rate], *, level: float = 0.95, seed: int = 0, resamples: int = RESAMPLES
) -> PairedDifference:
    """Two arms over the same prompts (name -> rate). The same seed gives the same numbers.

    Interval: bootstrap over prompts (BCa, widened). p: McNemar's exact test with one run for each prompt and arm;
    else by flipping the signs of the prompts' differences. Where all prompts differ by the same, neither can be done:
    then each counts as one run, and p is 1 - level of the interval of Newcombe that just reaches nought.

    Raises ``SettingsError`` where the two arms have other prompts.
    """
    check_level(level)
    odd = sorted({*a} ^ {*b})
    if odd:
        raise SettingsError(f"Only one of the two has {odd[0]!r}.", advice="Both need the same prompts.")
    names = [name for name in a if a[name].n and b[name].n]
    left_out = tuple(name for name in a if name not in names)
    each = dict(zip(names, together([difference(a[x], b[x], level=level) for x in names]), strict=True))
    if len(names) < FEWEST:
        how = f"too few for one number; at least {FEWEST}"
        return PairedDifference(each, math.nan, math.nan, math.nan, math.nan, how, level, left_out)
    gaps = [each[name].value for name in names]
    mean = sum(gaps) / len(gaps)
    if max(gaps) - min(gaps) < 1e-12:  # nothing varies, so nothing can be resampled
        one, other = (sum(arm[name].value for name in names) for arm in (a, b))
        low, high = newcombe(one, len(names), other, len(names), level)
        p = newcombe_p(one, len(names), other, len(names))
        how = "all prompts alike, so each counts as one run (Newcombe, for p too)"
    else:
        low, high = _bootstrap(gaps, level, seed, resamples)
        single = all(a[name].n == b[name].n == 1 for name in names)
        p = (
            mcnemar({x: a[x] for x in names}, {x: b[x] for x in names})
            if single
            else _sign_flips(gaps, seed, resamples)
        )
        how = f"bootstrap over prompts; {'McNemar' if single else 'signs flipped'}"
    return PairedDifference(each, mean, low, high, p, how, level, left_out)


def without_data(left_out: Sequence[str], prompts: int, form: str = "{}") -> str:
    """``10 of 26 prompts without data are left out``, in this form; empty where none is. ``prompts`` have data."""
    count = len(left_out)
    told = f"{count} of {prompts + count} prompts without data {'is' if count == 1 else 'are'} left out"
    return form.format(told) if count else ""


def mcnemar(a: Mapping[str, Rate], b: Mapping[str, Rate]) -> float:
    """McNemar's exact p. Raises ``SettingsError`` unless each prompt has exactly one run in each arm."""
    if {*a} != {*b} or any(rate.n != 1 for arm in (a, b) for rate in arm.values()):
        raise SettingsError(
            "McNemar's test takes one run for each prompt and arm.",
            advice="With several runs for a prompt use paired(a, b).",
        )
    from statsmodels.stats.contingency_tables import mcnemar as exact

    table = [[0, 0], [0, 0]]
    for name in a:
        table[a[name].k][b[name].k] += 1
    return float(exact(table, exact=True).pvalue)


def _bootstrap(gaps: Sequence[float], level: float, seed: int, resamples: int) -> tuple[float, float]:
    """BCa, at a level that makes up for the few prompts: what is resampled varies too little, and t is wider than z.

    As Hesterberg does ("What teachers should know about the bootstrap", The American Statistician 69, 2015).
    """
    import numpy as np
    from scipy.stats import bootstrap, norm, t

    prompts = len(gaps)
    reach = t.ppf((1 + level) / 2, prompts - 1) * math.sqrt(prompts / (prompts - 1))
    found = bootstrap(
        (np.array(gaps),),
        np.mean,
        confidence_level=float(1 - 2 * norm.sf(reach)),
        n_resamples=resamples,
        method="BCa",
        rng=np.random.default_rng(seed),
    ).confidence_interval
    return float(found.low), float(found.high)


def _sign_flips(gaps: Sequence[float], seed: int, resamples: int) -> float:
    import numpy as np
    from scipy.stats import permutation_test

    def mean(x: Any, axis: int) -> Any:
        return np.mean(x, axis=axis).round(12)  # equal means must not be parted by how they were added up

    found = permutation_test(
        (np.array(gaps),),
        mean,
        permutation_type="samples",
        vectorized=True,
        n_resamples=resamples,
        rng=np.random.default_rng(seed),
    )
    return float(found.pvalue)
