"""Several prompts: the prompts are the sample. And when runs end: curves that mind who was watched for how long."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.stats import t

from convend_widget.errors import SettingsError
from convend_widget.replay.compare import Comparisons, compare
from convend_widget.replay.finding import finding
from convend_widget.replay.prompts import FEWEST, mcnemar, paired, pool
from convend_widget.replay.rate import Rate
from convend_widget.replay.survival import Life, survival


def arm(draws: np.random.Generator, prompts: int, runs: int, share: float, spread: float) -> dict[str, Rate]:
    """Prompts whose own rates scatter around ``share`` (beta distributed; ``spread`` 0 to 1), with runs of each."""
    weight = (1 - spread) / spread if spread else 0
    own = draws.beta(share * weight, (1 - share) * weight, prompts) if spread else np.full(prompts, share)
    return {f"p{i}": Rate(int(k), runs) for i, k in enumerate(draws.binomial(runs, own))}


def share_covered(made: Callable[[int], Any], truth: float, times: int) -> float:
    found = [made(seed) for seed in range(times)]
    return float(np.mean([one.low <= truth <= one.high for one in found]))


def test_a_clustered_interval_covers_the_truth_about_95_percent_of_the_time() -> None:
    """Runs of one prompt are alike here; an interval that took them for independent would cover far less."""

    def made(seed: int) -> Any:
        return pool(arm(np.random.default_rng(seed), 25, 20, 0.3, 0.3))

    naive = [sum(r.k for r in arm(np.random.default_rng(seed), 25, 20, 0.3, 0.3).values()) for seed in range(60)]
    assert sum(Rate(k, 500).low <= 0.3 <= Rate(k, 500).high for k in naive) / 60 < 0.75
    assert 0.88 <= share_covered(made, 0.3, 60) <= 0.99


def test_independent_runs_are_worth_about_as_many_as_they_are() -> None:
    worth = [pool(arm(np.random.default_rng(seed), 40, 10, 0.4, 0)).n_effective for seed in range(40)]
    assert 300 < np.median(worth) <= 400


def test_prompts_that_are_all_or_nothing_are_worth_one_run_each() -> None:
    rates = {f"p{i}": Rate(20 * (i % 2), 20) for i in range(30)}
    assert 25 < pool(rates).n_effective < 30


@pytest.mark.parametrize("k", [0, 5])
def test_where_all_runs_came_out_alike_each_prompt_counts_as_one_run(k: int) -> None:
    pooled = pool({f"p{i}": Rate(k, 5) for i in range(20)})
    assert (pooled.value, pooled.low if k == 0 else pooled.high) == (k / 5, k / 5)
    assert 0.15 < (pooled.high if k == 0 else 1 - pooled.low) < 0.25


def test_with_too_few_prompts_there_is_no_pooled_rate_but_each_prompts_own() -> None:
    rates = {f"p{i}": Rate(1, 5) for i in range(FEWEST - 1)}
    pooled = pool(rates)
    assert math.isnan(pooled.value)
    assert pooled.rates == rates
    assert "too few for one rate; at least 15" in repr(pooled)
    assert not math.isnan(pool({**rates, "one more": Rate(1, 5)}).value)


@pytest.mark.parametrize("prompts", [4, 20])
def test_each_interval_has_the_level_that_stands_above_it(prompts: int) -> None:
    rates = {f"p{i}": Rate(i % 3, 9) for i in range(prompts)}
    pooled = pool(rates, level=0.8)
    assert {rate.level for rate in pooled.rates.values()} == {0.8}
    assert "80 % interval" in pooled._repr_html_()
    apart = compare(*rates.values(), level=0.8)
    assert isinstance(apart, Comparisons)
    assert {rate.level for one in apart for rate in (one.a, one.b)} == {one.level for one in apart}
    assert compare(rates["p0"], rates["p1"], level=0.8).b.level == 0.8


def test_prompts_without_data_are_left_out_and_named() -> None:
    rates = {f"p{i}": Rate(1, 5) for i in range(FEWEST)}
    assert pool({**rates, "empty": Rate(0, 0)}).left_out == ("empty",)
    assert paired({**rates, "empty": Rate(0, 0)}, {**rates, "empty": Rate(1, 5)}).left_out == ("empty",)


# -- two arms over the same prompts


def test_the_interval_over_paired_prompts_covers_the_truth_about_95_percent_of_the_time() -> None:
    def made(seed: int) -> Any:
        draws = np.random.default_rng(seed)
        own = draws.beta(2, 3, 30)
        a = {f"p{i}": Rate(int(k), 10) for i, k in enumerate(draws.binomial(10, own * 0.9))}
        b = {f"p{i}": Rate(int(k), 10) for i, k in enumerate(draws.binomial(10, own))}
        return paired(a, b, resamples=299)

    assert 0.86 <= share_covered(made, 0.1 * 2 / 5, 50) <= 0.99


def test_pairing_by_prompt_sees_what_is_lost_among_prompts_that_differ() -> None:
    a = {f"p{i}": Rate(i % 9, 10) for i in range(27)}
    b = {name: Rate(rate.k + 1, 10) for name, rate in a.items()}
    b["p0"] = Rate(2, 10)
    apart = paired(a, b)
    assert 0.1 <= apart.low <= apart.value <= apart.high < 0.12
    assert apart.p < 0.001


@pytest.mark.parametrize("prompts", [15, 30])
def test_the_interval_over_few_paired_prompts_is_about_as_wide_as_that_of_t(prompts: int) -> None:
    """What is resampled varies too little, by (n - 1) / n, and knows nothing of t: a tenth too narrow at 15 prompts."""
    draws = np.random.default_rng(4)
    ratios = []
    for _ in range(20):
        ks = draws.binomial(10, [[0.3] * prompts, [0.5] * prompts])
        found = paired(*({str(i): Rate(int(k), 10) for i, k in enumerate(arm)} for arm in ks))
        gaps = (ks[1] - ks[0]) / 10
        reach = float(t.ppf(0.975, prompts - 1)) * float(gaps.std(ddof=1)) / prompts**0.5
        ratios.append((found.high - found.low) / (2 * reach))
    assert 0.97 <= float(np.mean(ratios)) <= 1.03


def test_two_arms_that_differ_by_nought_on_average_have_a_p_of_one() -> None:
    """Also where the sum of their differences is not quite nought, for how numbers are written."""
    b = [4, 5, 0, 3, 6, 1, 2, 4, 3, 3, 1, 3, 3, 4, 3]
    found = paired({str(i): Rate(3, 10) for i in range(15)}, {str(i): Rate(k, 10) for i, k in enumerate(b)})
    assert found.value == pytest.approx(0)
    assert found.p == 1


def test_the_same_seed_gives_the_same_interval() -> None:
    draws = np.random.default_rng(1)
    a, b = arm(draws, 20, 10, 0.3, 0.2), arm(draws, 20, 10, 0.5, 0.2)
    assert repr(paired(a, b, seed=7)) == repr(paired(a, b, seed=7))


def test_below_fifteen_prompts_each_has_its_own_difference_and_there_is_no_common_one() -> None:
    a, b = ({f"p{i}": Rate(k, 10) for i in range(5)} for k in (1, 9))
    apart = paired(a, b)
    assert math.isnan(apart.value)
    assert "too few" in repr(apart)
    assert len(apart.by_prompt) == 5
    assert all((d.p_adjusted or 1) > d.p for d in apart.by_prompt.values()), "five comparisons are corrected"


def test_arms_over_different_prompts_are_refused() -> None:
    with pytest.raises(SettingsError, match="'p1'"):
        paired({"p0": Rate(1, 2)}, {"p0": Rate(1, 2), "p1": Rate(1, 2)})


def test_arms_without_any_variation_are_still_uncertain() -> None:
    none = {f"p{i}": Rate(0, 5) for i in range(20)}
    apart = paired(none, none)
    assert (apart.value, apart.p) == (0, 1)
    assert apart.low < -0.1 < 0.1 < apart.high
    assert "each counts as one run" in apart.how


@pytest.mark.parametrize(
    ("k", "runs", "p"), [((1, 2), 4, 0.14), ((0, 4), 4, 0.001), ((2, 1), 4, 0.14), ((1, 3), 3, 0.001)]
)
def test_where_all_prompts_differ_by_the_same_interval_and_p_say_the_same(
    k: tuple[int, int], runs: int, p: float
) -> None:
    a, b = ({f"p{i}": Rate(one, runs) for i in range(16)} for one in k)
    assert paired(a, b).p == pytest.approx(p, abs=0.01)
    for level in (0.8, 0.85, 0.87, 0.95, 0.999):
        apart = paired(a, b, level=level)
        assert (apart.low <= 0 <= apart.high) == (apart.p >= 1 - level)


@pytest.mark.parametrize("prompts", [3, 16])
def test_how_many_prompts_are_left_out_is_said_wherever_a_result_shows(prompts: int) -> None:
    rates = {f"p{i}": Rate(i % 3, 4) if i < prompts else Rate(0, 0) for i in range(prompts + 10)}
    said = f"10 of {prompts + 10} prompts without data are left out"
    for result in (pool(rates), paired(rates, dict(reversed(rates.items())))):
        assert all(said in shown for shown in (repr(result), result._repr_html_(), result.plot().alt))  # type: ignore[attr-defined]
    assert "left out" not in repr(pool({"a": Rate(1, 2)}))


def test_mcnemar_is_for_one_run_a_prompt_and_arm_only() -> None:
    a = {f"p{i}": Rate(0, 1) for i in range(20)}
    b = {f"p{i}": Rate(int(i < 6), 1) for i in range(20)}
    assert mcnemar(a, b) == pytest.approx(2 * 0.5**6)
    assert paired(a, b).p == mcnemar(a, b)
    assert "McNemar" in paired(a, b).how
    gone = {"gone": Rate(0, 0)}
    assert paired(a | gone, b | gone).p == mcnemar(a, b), "a prompt without data is left out of it"
    with pytest.raises(SettingsError, match="one run for each prompt"):
        mcnemar({**a, "p0": Rate(0, 2)}, b)


# -- when runs end


def test_runs_that_were_cut_count_for_as_long_as_they_were_watched() -> None:
    """By hand: 4 runs; one ends at reply 1, one is cut after it, one ends at reply 2, one goes on."""
    found = survival([Life(1, "ended"), Life(1, "open"), Life(2, "ended"), Life(2, "open")])
    assert [m.at_risk for m in found.moments] == [4, 2]
    assert [m.open for m in found.moments] == pytest.approx([3 / 4, 3 / 8])
    assert [m.ended for m in found.moments] == pytest.approx([1 / 4, 5 / 8])
    assert found.median == 2


def test_a_refusal_competes_with_an_ending_instead_of_being_a_run_that_was_merely_cut() -> None:
    """Aalen and Johansen by hand: half are refused at reply 1, then all that are left end."""
    found = survival([Life(1, "refused")] * 5 + [Life(2, "ended")] * 5)
    last = found.moments[-1]
    assert (last.ended, last.refused) == pytest.approx((0.5, 0.5))
    assert last.open == 0, "Kaplan and Meier ask what would be if nothing but an ending could stop a run"


def test_shares_of_runs_of_which_some_were_cut_are_told_as_estimated() -> None:
    """8 of 26 runs ended, and not 76.9 % of 26: what is told is what would have come of all."""
    lives = [Life(1, "open")] * 12 + [Life(1, "ended")] * 2 + [Life(2, "open")] * 4
    found = survival([*lives, *[Life(3, "ended")] * 6, *[Life(3, "refused")] * 2])
    assert finding(found).startswith("Estimated from 26 runs: 76.9 % have ended by reply 3")


def test_a_run_that_was_cut_in_its_first_reply_says_nothing_about_time_and_is_counted_as_left_out() -> None:
    found = survival([Life(0, "open"), Life(1, "ended"), Life(1, "open")])
    assert (found.n, found.left_out) == (2, 1)


def test_without_runs_there_is_no_curve() -> None:
    found = survival([])
    assert repr(found) == "Survival(no data)"
    assert found.median is None
    assert [str(kind) for kind in found.to_frame().dtypes[:3]] == ["int64", "int64", "float64"]


def test_before_the_first_ending_the_interval_is_as_wide_as_so_few_runs_leave_it() -> None:
    first, _, third = survival([Life(3, "ended"), Life(3, "open"), Life(3, "open")]).moments
    assert (first.open, first.high) == (1, 1)
    assert first.low == pytest.approx(0.025 ** (1 / 3)), "Clopper and Pearson for none of three"
    assert 0 < third.low < first.low
    cut = survival([Life(1, "open")] * 10 + [Life(2, "open")] * 5).moments
    assert [m.low for m in cut] == pytest.approx([0.025 ** (1 / 15), 0.025 ** (1 / 5)]), "and where none ends at all"
    assert "29.2 to 100.0 %" in survival([Life(3, "open")] * 3)._repr_html_()


def test_the_median_is_not_lost_to_the_last_digit_of_a_number() -> None:
    assert survival([*(Life(i, "ended") for i in range(1, 13)), *[Life(24, "open")] * 12]).median == 12


@pytest.mark.parametrize("how", ["ended", "refused", "open"])
def test_runs_that_all_go_the_same_way_have_a_curve_without_a_warning(how: Any) -> None:
    found = survival([Life(2, how)] * 6)
    assert found.moments[0].open == 1
    assert found.moments[1].open == (0 if how == "ended" else 1)
    assert (found.moments[1].ended, found.moments[1].refused) == (float(how == "ended"), float(how == "refused"))


@pytest.mark.parametrize("life", [Life(-1, "open"), Life(0, "ended"), Life(2, "died")])  # type: ignore[arg-type]
def test_a_life_that_cannot_be_raises(life: Life) -> None:
    with pytest.raises(SettingsError):
        survival([life])


def test_the_interval_of_the_open_share_covers_the_truth_about_95_percent_of_the_time() -> None:
    """Each reply ends a run with chance 0.2; a third of the runs are cut at random."""
    covered, times = 0, 200
    for seed in range(times):
        draws = np.random.default_rng(seed)
        ends, cut = draws.geometric(0.2, 60), draws.integers(1, 9, 60)
        lives = [Life(int(e), "ended") if e <= c else Life(int(c), "open") for e, c in zip(ends, cut, strict=True)]
        third = survival(lives).moments[2]
        covered += third.low <= 0.8**3 <= third.high
    assert 0.90 <= covered / times <= 0.99
