"""What a search for the turning point says where it finds none, and by which level it finds one."""

from __future__ import annotations

import pytest

from convend_widget.replay.finding import finding_of_turns
from convend_widget.replay.rate import Rate
from convend_widget.replay.turning import TurningPoint, turning_point_of


def turns(*counts: tuple[int, int], level: float = 0.95) -> TurningPoint:
    return turning_point_of([(str(i), Rate(k, n), None) for i, (k, n) in enumerate(counts)], level=level)


def chart_of(of: TurningPoint) -> str:
    return "\n".join(text.get_text() for text in of.plot().texts)


def test_without_data_nothing_is_said_of_chance() -> None:
    none = turns((0, 0), (0, 0), (0, 0))
    assert finding_of_turns(none) == "No turning point found among 3 turns: no data."
    assert repr(none) == "TurningPoint(none found among 3 turns: no data)"
    assert "no turning point found: no data" in chart_of(none)
    assert "no two turns in a row have data" in finding_of_turns(turns((1, 9), (0, 0), (9, 9)))


def test_too_few_runs_to_find_any_turning_point_are_said_to_be_too_few() -> None:
    few = turns((0, 3), (3, 3))
    assert few.found is None
    assert finding_of_turns(few) == (
        "No turning point found among 2 turns: too few runs to find any, even from none to all."
    )
    assert "too few runs" in chart_of(few)
    assert "too few" not in finding_of_turns(turns((2, 5), (2, 5))), "none to all of five is more than chance"
    assert "too few" in finding_of_turns(turns((2, 5), (2, 5), level=0.995))
    assert "too few" in finding_of_turns(turns(*[(2, 5)] * 9)), "eight steps are corrected for"


@pytest.mark.parametrize(("level", "found"), [(0.9, 2), (0.95, 2), (0.99, None), (0.999, None)])
def test_a_turning_point_is_found_by_the_level_that_its_intervals_have(level: float, found: int | None) -> None:
    of = turns((4, 20), (11, 20), level=level)
    assert of.points[1].jump is not None
    assert 0.03 < of.points[1].jump.p < 0.05
    assert (of.found.turn if of.found else None) == found
    assert (of.points[1].jump.low > 0) == (of.found is not None)


def test_a_slow_rise_is_no_single_step_and_yet_a_rise() -> None:
    slow = turns(*[(k, 20) for k in (0, 4, 8, 12, 16, 20)])
    said = finding_of_turns(slow)
    assert slow.found is None
    assert "no single step is shown to be more than chance. From the first to the last" in said
    assert said.endswith("the share rises from 0.0 % to 100.0 %, p < 0.001.")
    assert slow.whole is not None
    assert "From the first" not in finding_of_turns(turns((5, 20), (6, 20), (5, 20)))
    assert "From the first" not in finding_of_turns(turns(*[(k, 20) for k in (20, 16, 12, 8, 4, 0)])), "it falls"
