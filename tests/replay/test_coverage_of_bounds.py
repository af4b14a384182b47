"""The upper bound of an audit holds the truth in at least 95 % of studies also where a few cases are of another kind.

Drawn with fixed seeds: of all prompts a share always ends, and the others end at a low rate. A study that has none of
the first kind in its sample cannot know of them, and its bound must leave room for them all the same.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from convend_widget.replay.bound import upper_bound
from convend_widget.replay.rate import Rate

STUDIES = 200
FEWEST = int(binom.ppf(0.001, STUDIES, 0.95))  # a true 95 % leaves fewer in one of a thousand tests


@pytest.mark.parametrize(
    ("cases", "runs", "always", "base"),
    [(15, 50, 0.05, 0.15), (50, 10, 0.03, 0.03), (30, 20, 0.05, 0.05), (14, 10, 0.02, 0.1), (20, 3, 0.1, 0.2)],
)
def test_cases_that_always_end_among_others_do_not_deceive_the_bound(
    cases: int, runs: int, always: float, base: float
) -> None:
    draws, held = np.random.default_rng(2019), 0
    truth = always + (1 - always) * base
    for _ in range(STUDIES):
        ended = np.where(draws.random(cases) < always, runs, draws.binomial(runs, base, cases))
        held += upper_bound({str(i): Rate(int(k), runs) for i, k in enumerate(ended)}).value >= truth
    assert held >= FEWEST


def test_cases_with_other_numbers_of_runs_do_not_deceive_the_bound_for_the_mean_over_cases() -> None:
    draws, held = np.random.default_rng(2020), 0
    for _ in range(STUDIES):
        own = np.where(draws.random(20) < 0.1, 0.8, 0.02)
        runs = draws.choice([1, 5, 40], 20)
        came = zip(draws.binomial(runs, own), runs, strict=True)
        rates = {str(i): Rate(int(k), int(n)) for i, (k, n) in enumerate(came)}
        held += upper_bound(rates).value >= 0.1 * 0.8 + 0.9 * 0.02
    assert held >= FEWEST
