"""The upper bound of something rare: exact where it can be, and never below what so few prompts leave possible."""

from __future__ import annotations

import numpy as np
import pytest

from convend_widget.replay.bound import clopper_pearson, gaffke, upper_bound
from convend_widget.replay.rate import Rate


def once(k: int, n: int) -> dict[str, Rate]:
    """n prompts with one run each, of which k ended."""
    return {str(i): Rate(int(i < k), 1) for i in range(n)}


@pytest.mark.parametrize("n", [20, 100, 1000, 10_000])
def test_for_none_of_n_the_bound_is_the_rule_of_three(n: int) -> None:
    found = upper_bound(once(0, n)).value
    assert found == pytest.approx(1 - 0.05 ** (1 / n))
    assert 0.92 * 3 / n < found < 3 / n


def test_none_of_twenty_leaves_fourteen_percent_possible() -> None:
    assert repr(upper_bound(once(0, 20))) == "UpperBound(14.0 % at 95 %; one run a prompt)"


def test_the_bound_is_that_of_clopper_and_pearson_as_published() -> None:
    """By definition: at the bound, k or fewer come with a chance of just 5 %."""
    from scipy.stats import binom

    for k, n in [(1, 20), (3, 50), (10, 12)]:
        assert binom.cdf(k, n, clopper_pearson(k, n, 0.95)) == pytest.approx(0.05)
    assert clopper_pearson(5, 5, 0.95) == 1


def test_without_data_nothing_is_ruled_out() -> None:
    assert upper_bound({}).value == upper_bound({"a": Rate(0, 0)}).value == 1


def test_more_runs_of_the_same_prompts_do_not_go_below_what_the_prompts_leave_possible() -> None:
    for runs in (2, 50):
        assert upper_bound({str(i): Rate(0, runs) for i in range(30)}).value == upper_bound(once(0, 30)).value
    rare = {str(i): Rate(int(i < 3), 100) for i in range(30)}
    assert upper_bound(rare).value > clopper_pearson(0, 30, 0.95), "3 of 3,000 runs, and yet only 30 prompts"


@pytest.mark.parametrize(("k", "m"), [(0, 1), (1, 2), (2, 12), (9, 100), (3, 1000), (99, 100), (5, 5)])
def test_where_each_prompt_is_always_or_never_ended_gaffkes_bound_is_that_of_clopper_and_pearson(
    k: int, m: int
) -> None:
    assert gaffke((0.0,) * (m - k) + (1.0,) * k, 0.95) == pytest.approx(clopper_pearson(k, m, 0.95), rel=1e-6)


def test_where_all_shares_are_alike_gaffkes_bound_leaves_the_rest_to_prompts_of_another_kind() -> None:
    """By hand: the weight of the one more share, of 1, is above 1 - 0.05 ** (1 / m) with a chance of 5 %."""
    assert gaffke((0.3,) * 20, 0.95) == pytest.approx(0.3 + 0.7 * (1 - 0.05 ** (1 / 20)))


def test_gaffkes_bound_is_the_quantile_that_drawn_weights_have() -> None:
    shares, draws = (0.0, 0.1, 0.1, 0.2, 0.9), np.random.default_rng(7).exponential(size=(200_000, 6))
    means = draws @ [*shares, 1.0] / draws.sum(axis=1)
    for level in (0.5, 0.9, 0.95, 0.999):
        assert np.mean(means <= gaffke(shares, level)) == pytest.approx(level, abs=0.004)


def test_a_bound_is_below_that_of_prompts_that_count_as_ended_if_any_run_was_and_above_their_mean() -> None:
    found = upper_bound({str(i): Rate(int(i < 2), 10) for i in range(12)}).value
    assert clopper_pearson(0, 12, 0.95) < found < clopper_pearson(2, 12, 0.95)


def test_with_enough_prompts_and_endings_the_bound_is_near_the_rate() -> None:
    rates = {str(i): Rate(3, 10) for i in range(60)}
    assert 0.3 < upper_bound(rates).value < 0.35
    assert "Gaffke" in upper_bound(rates).how


def test_each_prompt_counts_once_however_often_it_was_run() -> None:
    few, many = ({"a": Rate(n, 2 * n), **{str(i): Rate(0, 3) for i in range(20)}} for n in (1, 100))
    assert upper_bound(few).value == upper_bound(many).value


def test_a_higher_level_gives_a_higher_bound() -> None:
    assert upper_bound(once(1, 20), level=0.99).value > upper_bound(once(1, 20), level=0.9).value


@pytest.mark.parametrize("share", [0.05, 0.1, 0.15])
def test_prompts_that_are_always_ended_among_others_that_hardly_are_do_not_deceive_the_bound(share: float) -> None:
    """What an interval from the effective n alone gets wrong: a few prompts of the bad kind, and none in the sample."""
    draws, covered = np.random.default_rng(5), 0
    for _ in range(200):
        bad = draws.random(20) < share
        ended = np.where(bad, 20, draws.binomial(20, 0.02, 20))
        rates = {str(i): Rate(int(k), 20) for i, k in enumerate(ended)}
        covered += upper_bound(rates).value >= share + (1 - share) * 0.02
    assert covered / 200 >= 0.93
