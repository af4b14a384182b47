"""Rates, their differences, and the corrections for several: exact at the edges, and covering the truth as promised."""

from __future__ import annotations

import math
import subprocess
import sys

import pytest

from convend_widget.conversation.outcome import Name
from convend_widget.errors import SettingsError
from convend_widget.replay.difference import difference
from convend_widget.replay.outcomes import Outcomes
from convend_widget.replay.rate import METHODS, Rate
from convend_widget.replay.several import adjusted, joint_level, together

np = pytest.importorskip("numpy")


def test_a_rate_is_k_of_n_with_wilsons_interval() -> None:
    rate = Rate(3, 20)
    assert rate.value == 0.15
    assert (round(rate.low, 4), round(rate.high, 4)) == (0.0524, 0.3604)  # Wilson 1927, as in Newcombe 1998
    assert repr(rate) == "Rate(3 of 20 runs: 15.0 %, 95 % interval 5.2 to 36.0 %)"


@pytest.mark.parametrize("method", METHODS)
def test_none_of_n_and_all_of_n_have_an_interval_that_reaches_the_edge(method: str) -> None:
    none, all_ = Rate(0, 20, method=method), Rate(20, 20, method=method)
    assert (none.low, all_.high) == (0.0, 1.0)
    assert 0.1 < none.high < 0.2
    assert math.isclose(all_.low, 1 - none.high)


@pytest.mark.fault(58)
def test_without_data_a_rate_says_so_and_rules_nothing_out() -> None:
    rate = Rate(0, 0)
    assert math.isnan(rate.value)
    assert (rate.low, rate.high) == (0.0, 1.0)
    assert repr(rate) == "Rate(0 of 0 runs: no data)"


@pytest.mark.parametrize(
    ("k", "n", "word"),
    [
        (21, 20, "more than"),
        (-1, 20, "negative"),
        (0, -1, "negative"),
        (3.0, 20, "from_share"),
        (0.15, 20, "from_share"),
        (True, 20, "whole number"),
        ("3", 20, "whole number"),
        (None, 20, "whole number"),
        (math.nan, 20, "whole number"),
    ],
)
def test_a_count_that_cannot_be_raises_with_advice(k: object, n: object, word: str) -> None:
    with pytest.raises(SettingsError, match=word):
        Rate(k, n)  # type: ignore[arg-type]


def test_counts_of_numpy_and_pandas_are_counts() -> None:
    rate = Rate(np.int64(3), np.int32(20))
    assert rate == Rate(3, 20)
    assert type(rate.k) is int


@pytest.mark.parametrize("level", [0, 1, 95, "0.95", True, math.nan])
def test_a_level_that_is_no_share_raises(level: object) -> None:
    with pytest.raises(SettingsError, match="level"):
        Rate(3, 20, level=level)  # type: ignore[arg-type]


def test_a_reported_share_that_no_count_gives_is_noticed() -> None:
    with pytest.raises(SettingsError, match=r"No k of 20 gives a share of 0.37. The nearest are 7/20 = 0.35, 8/20"):
        Rate.from_share(0.37, 20)
    with pytest.raises(SettingsError, match="No k of 0"):
        Rate.from_share(0.5, 0)


@pytest.mark.parametrize(
    ("share", "n", "k"),
    [(0.15, 20, 3), ("0.150", 20, 3), (1 / 3, 3, 1), (0.33, 3, 1), (0.67, 3, 2), (0, 7, 0), (1, 7, 7)],
)
def test_a_reported_share_that_a_count_gives_is_that_count(share: float | str, n: int, k: int) -> None:
    assert Rate.from_share(share, n) == Rate(k, n)


def test_every_share_that_a_float_can_hold_is_found_again() -> None:
    for n in (1, 3, 7, 19, 48, 997):
        assert [Rate.from_share(k / n, n).k for k in range(n + 1)] == list(range(n + 1))


def test_a_share_with_too_few_digits_for_its_n_is_not_guessed() -> None:
    with pytest.raises(SettingsError, match="More than one k of 1000"):
        Rate.from_share("0.5", 1000)


@pytest.mark.parametrize("share", [-0.1, 1.1, "a few", math.inf, math.nan, True])
def test_what_is_no_share_raises(share: float | str) -> None:
    with pytest.raises(SettingsError, match="from 0 to 1"):
        Rate.from_share(share, 20)


@pytest.mark.parametrize("truth", [0.02, 0.1, 0.5, 0.93])
@pytest.mark.parametrize("n", [20, 50])
def test_a_95_percent_interval_covers_the_truth_about_95_percent_of_the_time(truth: float, n: int) -> None:
    drawn = np.random.default_rng(58).binomial(n, truth, 2_000)
    covered = np.mean([Rate(int(k), n).low <= truth <= Rate(int(k), n).high for k in drawn])
    assert 0.91 <= covered <= 0.99


# -- differences


def test_a_difference_has_newcombes_interval_and_fishers_p() -> None:
    apart = difference(Rate(7, 20), Rate(15, 20))
    assert round(apart.value, 3) == 0.4
    assert (round(apart.low, 3), round(apart.high, 3)) == (0.092, 0.618)
    assert round(apart.p, 4) == 0.0248
    assert repr(apart) == (
        "Difference(15 of 20 runs against 7 of 20 runs: +40.0 points, 95 % interval +9.2 to +61.8, p = 0.0248)"
    )


def test_newcombes_interval_is_that_of_his_paper() -> None:
    """Newcombe 1998, table II, method 10: 56/70 - 48/80 and, at the edge, 10/10 - 0/10."""
    apart = difference(Rate(48, 80), Rate(56, 70))
    assert (round(apart.low, 4), round(apart.high, 4)) == (0.0524, 0.3339)
    edge = difference(Rate(0, 10), Rate(10, 10))
    assert (round(edge.low, 4), edge.high) == (0.6075, 1.0)


def test_two_rates_that_are_alike_at_the_edge_differ_by_nothing_and_are_still_uncertain() -> None:
    same = difference(Rate(0, 20), Rate(0, 20))
    assert same.value == 0
    assert same.low < 0 < same.high
    assert same.p == 1


def test_a_difference_without_data_on_one_side_rules_nothing_out() -> None:
    apart = difference(Rate(0, 0), Rate(1, 2))
    assert math.isnan(apart.value)
    assert math.isnan(apart.p)
    assert (apart.low, apart.high) == (-1.0, 1.0)
    assert "no data" in repr(apart)


def test_rates_of_different_levels_are_not_compared_in_silence() -> None:
    with pytest.raises(SettingsError, match="levels"):
        difference(Rate(1, 9, level=0.9), Rate(1, 9))
    assert difference(Rate(1, 9, level=0.9), Rate(1, 9), level=0.8).level == 0.8


@pytest.mark.parametrize("truths", [(0.05, 0.05), (0.1, 0.3), (0.5, 0.9)])
def test_the_interval_of_a_difference_covers_the_truth_about_95_percent_of_the_time(
    truths: tuple[float, float],
) -> None:
    draws = np.random.default_rng(58)
    pairs = zip(draws.binomial(40, truths[0], 1_500), draws.binomial(30, truths[1], 1_500), strict=True)
    found = [difference(Rate(int(a), 40), Rate(int(b), 30)) for a, b in pairs]
    covered = np.mean([d.low <= truths[1] - truths[0] <= d.high for d in found])
    assert 0.92 <= covered <= 0.995


# -- several at once


def test_several_p_values_are_corrected_by_holm() -> None:
    assert adjusted([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])


def test_a_comparison_without_data_is_not_counted_among_several() -> None:
    corrected = adjusted([0.01, math.nan, 0.04])
    assert corrected[0] == pytest.approx(0.02)
    assert math.isnan(corrected[1])
    assert adjusted([]) == []


def test_joint_intervals_all_hold_with_the_level_that_was_asked_for() -> None:
    draws, truth, covered = np.random.default_rng(58), 0.3, 0
    for _ in range(400):
        rates = [Rate(int(k), 50, level=joint_level(0.95, 8)) for k in draws.binomial(50, truth, 8)]
        covered += all(rate.low <= truth <= rate.high for rate in rates)
    assert 0.92 <= covered / 400 <= 0.99


def test_among_many_comparisons_of_equals_one_in_twenty_studies_at_most_finds_something() -> None:
    draws, found = np.random.default_rng(58), 0
    for _ in range(40):
        first, *others = (Rate(int(k), 20) for k in draws.binomial(20, 0.4, 6))
        found += any((d.p_adjusted or 0) < 0.05 for d in together([difference(first, other) for other in others]))
    assert found <= 4


# -- outcomes


def test_outcomes_add_up_and_the_rate_names_what_it_is_a_rate_of() -> None:
    """Invariant 10: started = ended + not_ended + refused + truncated + failed + cancelled."""
    names: list[Name] = [*["ended"] * 14, *["not_ended"] * 5, "refused", "truncated", "failed", "failed", "cancelled"]  # type: ignore[list-item]
    came = Outcomes.count(names)
    assert came.started == 24
    assert came.rate() == Rate(14, 21, "runs with a result")
    assert "14 of 21 runs with a result" in repr(came.rate())


def test_worst_case_bounds_count_lost_runs_either_way() -> None:
    bounds = Outcomes(ended=14, not_ended=5, refused=1, failed=2, cancelled=1).bounds()
    assert (bounds.low.k, bounds.high.k, bounds.low.n) == (14, 17, 23)
    assert bounds.low.low < 14 / 23 < 14 / 20 < 17 / 23 < bounds.high.high
    assert repr(bounds) == "Bounds(60.9 to 73.9 % of 23 started runs, 3 of them without a result)"


def test_nothing_started_is_no_data() -> None:
    assert "no data" in repr(Outcomes().rate())
    assert "no data" in repr(Outcomes().bounds())


def test_the_package_and_a_rate_are_made_without_importing_statistics() -> None:
    code = (
        "import sys, convend_widget as cw; cw.Rate(3, 20).value;"
        "print([m for m in ('scipy', 'statsmodels', 'pandas', 'anthropic', 'tqdm') if m in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
