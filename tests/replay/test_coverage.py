"""An interval of 95 % holds the truth in about 95 % of studies: the arithmetic, and the whole way from chat to number.

Two kinds of proof. *Exact*: for counts that are binomial, the chance that the interval holds the truth is a finite sum,
so it is worked out, with no tolerance for luck. *Drawn*: seeded rehearsals whose true rates are written in their
scenario go through the replay engine, and how many intervals of so many studies hold the truth is compared with what a
binomial with 95 % could give. Both are the same at each run of the tests.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binom

import convend_widget as cw
from convend_widget.replay.bound import upper_bound
from convend_widget.replay.difference import difference
from convend_widget.replay.prompts import pool
from convend_widget.replay.rate import Rate
from convend_widget.replay.turning import turning_point_of
from tests.replay.rig import ended_chat, hasty, person, turning_chat

CHANCE = 0.001  # that a true 95 % would come out beyond what is asserted of drawn studies


def at_least(studies: int, level: float = 0.95) -> int:
    """The fewest of so many studies that a true ``level`` leaves, but for one chance in a thousand."""
    return int(binom.ppf(CHANCE, studies, level))


def exact(truth: float, intervals: list[tuple[float, float]]) -> float:
    """The chance that the interval of a binomial k of n holds the truth; ``intervals`` are those for k from 0 to n."""
    n = len(intervals) - 1
    weights = binom.pmf(np.arange(n + 1), n, truth)
    return float(sum(w for w, (low, high) in zip(weights, intervals, strict=True) if low <= truth <= high))


def intervals_of(n: int, level: float = 0.95) -> list[tuple[float, float]]:
    return [(rate.low, rate.high) for rate in (Rate(k, n, level=level) for k in range(n + 1))]


def test_the_tolerance_of_these_tests_is_that_of_the_binomial() -> None:
    assert (at_least(100), at_least(20)) == (87, 15)
    assert binom.cdf(at_least(100) - 1, 100, 0.95) < CHANCE


# -- exact: no luck in it


@pytest.mark.parametrize("n", [20, 50, 100, 200])
def test_wilsons_interval_of_a_rate_covers_95_percent_on_average_and_never_much_less(n: int) -> None:
    """Its coverage goes up and down with the truth, by its nature; over all truths from 2 to 98 % the mean is 95 %."""
    truths = np.linspace(0.02, 0.98, 97)
    covered = [exact(truth, intervals_of(n)) for truth in truths]
    assert 0.945 <= np.mean(covered) <= 0.96
    assert min(covered) > 0.83, "known of Wilson's near 0 and 1; elsewhere it is far better"
    assert min(c for c, truth in zip(covered, truths, strict=True) if 0.2 <= truth <= 0.8) > 0.92


@pytest.mark.parametrize("n", [12, 20, 100, 1000])
def test_the_upper_bound_of_an_audit_covers_at_least_95_percent_whatever_the_truth(n: int) -> None:
    """Clopper and Pearson's promise: never less, also where the truth is one in a thousand."""
    bounds = [upper_bound({str(i): Rate(int(i < k), 1) for i in range(n)}).value for k in range(min(n, 60) + 1)]
    for truth in (0.001, 0.01, 0.03, 0.1, 0.2, 0.4):
        missed = sum(binom.pmf(k, n, truth) for k, bound in enumerate(bounds) if bound < truth)
        assert missed <= 0.05 + 1e-9
    assert upper_bound({str(i): Rate(0, 1) for i in range(n)}).value == pytest.approx(1 - 0.05 ** (1 / n))


@pytest.mark.parametrize(("n", "truths"), [(30, (0.1, 0.1)), (30, (0.2, 0.5)), (50, (0.6, 0.8)), (40, (0.02, 0.3))])
def test_newcombes_interval_of_a_difference_covers_about_95_percent(n: int, truths: tuple[float, float]) -> None:
    weights = [binom.pmf(np.arange(n + 1), n, truth) for truth in truths]
    apart, covered = truths[1] - truths[0], 0.0
    for a in range(n + 1):
        for b in range(n + 1):
            chance = weights[0][a] * weights[1][b]
            if chance > 1e-7:
                found = difference(Rate(a, n), Rate(b, n))
                covered += chance * (found.low <= apart <= found.high)
    assert 0.935 <= covered <= 0.99


@pytest.mark.parametrize("points", [3, 5, 8])
def test_the_intervals_of_a_turning_point_all_hold_together_in_at_least_95_percent(points: int) -> None:
    """Independent points: the chance that all hold is the product of the chances that each does."""
    n, truths = 40, [0.19] * (points - 1) + [0.95]
    made = [turning_point_of([(str(i), Rate(k, n), None) for i in range(points)]).points[0].rate for k in range(n + 1)]
    each = {truth: exact(truth, [(rate.low, rate.high) for rate in made]) for truth in {*truths}}
    assert 0.95 - 1e-9 <= np.prod([each[truth] for truth in truths]) <= 0.998


@pytest.mark.parametrize("early", [0.002, 0.005, 0.01, 0.02, 0.05])
@pytest.mark.parametrize(("points", "n"), [(3, 20), (5, 10), (8, 20), (8, 40)])
def test_they_all_hold_also_where_early_turns_hardly_ever_end(points: int, n: int, early: float) -> None:
    """As most talks go. Wilson's, at the level of one among several, holds far less there."""
    made = [turning_point_of([(str(i), Rate(k, n), None) for i in range(points)]).points[0].rate for k in range(n + 1)]
    intervals = [(rate.low, rate.high) for rate in made]
    assert exact(early, intervals) ** (points - 1) * exact(0.7, intervals) >= 0.95 - 1e-9


# -- drawn: many studies of several prompts, as the numbers come out of a study


def test_the_pooled_rate_of_prompts_that_differ_covers_about_95_percent_of_studies() -> None:
    """Prompts with rates of their own (beta, mean 0.3): 20 of them, 10 runs each."""
    draws, studies, held = np.random.default_rng(57), 150, 0
    for _ in range(studies):
        own = draws.beta(3, 7, 20)
        pooled = pool({str(i): Rate(int(k), 10) for i, k in enumerate(draws.binomial(10, own))})
        held += pooled.low <= 0.3 <= pooled.high
    assert at_least(studies) <= held < studies


def test_the_upper_bound_of_an_audit_with_several_runs_a_case_covers_at_least_95_percent_of_studies() -> None:
    for cases, runs in ((12, 5), (30, 5)):
        draws, studies, held = np.random.default_rng(60), 150, 0
        for _ in range(studies):
            own = draws.beta(1, 19, cases)  # mean 0.05, and some cases far above it
            rates = {str(i): Rate(int(k), runs) for i, k in enumerate(draws.binomial(runs, own))}
            held += upper_bound(rates).value >= 0.05
        assert held >= at_least(studies)


# -- drawn: the whole way, from a seeded rehearsal through the replay engine to the interval


def test_the_rates_of_replayed_studies_hold_the_truth_that_their_scenario_documents() -> None:
    """persistent_abuse: 0.7 of the runs end at its last message."""
    chat = ended_chat()
    studies = [chat.replay(n=10, seed=seed, progress=False).end_rate() for seed in range(20)]
    assert sum(one.low <= 0.7 <= one.high for one in studies) >= at_least(20)
    assert len({one.k for one in studies}) > 3, "each study has draws of its own"
    apart = [difference(a, b) for a, b in pairwise(studies)]
    assert sum(one.low <= 0 <= one.high for one in apart) >= at_least(19), "two studies of one branch differ by nothing"


def test_the_points_of_a_replayed_turning_point_hold_their_truths(tmp_path: Path) -> None:
    """0.19 from a message before the last warning, 0.95 from the one after it: four studies, two points each."""
    chat, held, found = turning_chat(tmp_path), 0, 0
    for seed in range(4):
        before, after = (chat.replay(at=person(chat, turn), n=16, seed=seed, progress=False) for turn in (4, 5))
        told = turning_point_of([(str(i), runs.end_rate(), runs) for i, runs in enumerate((before, after))])
        held += all(p.rate.low <= truth <= p.rate.high for p, truth in zip(told.points, (0.19, 0.95), strict=True))
        found += told.found is not None
    assert held >= at_least(4)
    assert found == 4


def test_the_upper_bounds_of_audits_hold_the_truth_that_their_scenario_documents(tmp_path: Path) -> None:
    path, studies = hasty(tmp_path, 0.15), 8
    cases = [{"id": f"c{i}", "set": "s", "prompt": f"A kind question, {i}."} for i in range(15)]
    found = [
        cw.audit(cases, policy="launch_2025", scenario=path, seed=seed, store=":memory:", progress=False).rates()["s"]
        for seed in range(studies)
    ]
    assert sum(one.upper_bound.value >= 0.15 for one in found) >= at_least(studies)
    ended = sum(one.rate.k for one in found)
    assert binom.cdf(ended, 15 * studies, 0.15) > CHANCE
    assert binom.sf(ended - 1, 15 * studies, 0.15) > CHANCE
