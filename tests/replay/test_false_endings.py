"""What an audit says of a set: the number shown and its bound speak of the same thing, and no bound is below itself."""

from __future__ import annotations

import pytest

from convend_widget.replay.bound import upper_bound
from convend_widget.replay.false_endings import FalseEndings, SetRate, notes_on
from convend_widget.replay.finding import finding_of_sets
from convend_widget.replay.outcomes import Outcomes
from convend_widget.replay.rate import Rate, percent, percent_up

UNEVEN = SetRate("s", {"a": Outcomes(ended=100), **{f"c{i}": Outcomes(not_ended=1) for i in range(13)}})


def none_of(cases: int) -> SetRate:
    return SetRate("s", {str(i): Outcomes(not_ended=1) for i in range(cases)})


def test_where_cases_have_other_numbers_of_runs_the_mean_over_cases_stands_before_its_bound() -> None:
    assert repr(UNEVEN).startswith("s: 100 of 113 runs of 14 cases ended, 7.1 % a case on average; up to 29.7 % are")
    assert "100 of 113 runs, 7.1 % a case on average, at most 29.7 %" in finding_of_sets(FalseEndings(s=UNEVEN))
    table = FalseEndings(s=UNEVEN)._repr_html_()
    assert "<td>7.1 %, mean of cases</td><td>up to 29.7 %</td>" in table
    row = FalseEndings(s=UNEVEN).to_frame().iloc[0]
    assert (row["share"], row["case_mean"]) == pytest.approx((100 / 113, 1 / 14))
    assert row["case_mean"] < row["at_most"] < 0.3


def test_the_chart_of_a_set_has_its_dot_at_the_mean_that_the_bar_is_a_bound_of() -> None:
    chart = FalseEndings(s=UNEVEN).plot()
    dots = [line.get_xdata()[0] for line in chart.lines if line.get_marker() == "o"]  # type: ignore[index]
    assert dots == pytest.approx([1 / 14])
    assert "7.1 % a case, at most 29.7 %" in [text.get_text() for text in chart.texts]


def test_where_each_case_has_as_many_runs_the_rate_is_the_mean_and_is_said_once() -> None:
    even = SetRate("s", {"a": Outcomes(ended=1, not_ended=1), "b": Outcomes(not_ended=2), "lost": Outcomes(failed=2)})
    assert even.case_mean == even.rate.value == 0.25
    assert "on average" not in repr(even)


@pytest.mark.parametrize(("cases", "most"), [(8000, "0.038"), (1000, "0.30"), (41, "7.1"), (12, "22.1")])
def test_a_bound_is_rounded_up_and_never_to_nothing(cases: int, most: str) -> None:
    one = none_of(cases)
    assert f"up to {most} % are still possible" in repr(one)
    assert float(most) / 100 >= one.upper_bound.value
    assert f"at most {most} %" in finding_of_sets(FalseEndings(s=one))
    assert f"({most} % at 95 %" in repr(one.upper_bound)
    assert any(
        f"alone leave up to {most} % possible" in n for n in notes_on([one], runs=2, stand_in=False, enforced=True)
    )


def test_what_lost_runs_could_change_is_rounded_up_too() -> None:
    one = SetRate("s", {**none_of(40).by_case, "lost": Outcomes(failed=1)})
    assert one.worst_case.value == upper_bound({str(i): Rate(int(i == 0), 1) for i in range(41)}).value
    assert "had it ended, up to 11.1 %" in repr(one), "it is 11.055"


def test_few_of_many_is_not_written_as_none_nor_nearly_all_as_all() -> None:
    assert "0.0030 %, 95 % interval 0.0010 to 0.0088 %" in repr(Rate(3, 100_000))
    assert percent(0.99997) == "99.9970"
    assert [percent(share) for share in (0, 0.0046, 0.0146, 0.5, 0.995, 1)] == [
        "0.0",
        "0.46",
        "1.5",
        "50.0",
        "99.5",
        "100.0",
    ]


def test_what_lies_beyond_the_digits_of_a_bound_does_not_take_it_up_a_step() -> None:
    assert [percent_up(share) for share in (0.3, 0.1 + 0.2, 0.301, 0.30101, 1.0)] == [
        "30.0",
        "30.0",
        "30.1",
        "30.2",
        "100.0",
    ]
