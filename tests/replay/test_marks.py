"""What must be said of runs is said wherever a result of them shows: in text, in a table, on a chart and in its alt."""

from __future__ import annotations

from typing import Any

import pytest

import convend_widget as cw
from convend_widget.replay.marks import joint_marks

from .rig import ended_chat, person

OFF = "off-policy after the first reply"


@pytest.fixture(scope="module")
def chat() -> cw.Chat:
    return ended_chat()


@pytest.fixture(scope="module")
def off(chat: cw.Chat) -> Any:
    """Runs that were sent the recorded words of the person after replies that they were no answer to."""
    runs = chat.replay(at=person(chat, 4), n=4, seed=1, progress=False)
    assert runs.off_policy
    return runs


def ways_of(result: Any) -> dict[str, str]:
    chart = result.plot()
    drawn = "\n".join(text.get_text() for text in chart.figure.findobj(lambda artist: hasattr(artist, "get_text")))
    return {"repr": repr(result), "table": result._repr_html_(), "alt": chart.alt, "chart": drawn}


@pytest.mark.parametrize("kind", ["difference", "several", "paired", "survival", "turning point"])
def test_a_result_of_runs_that_are_off_policy_says_so_wherever_it_shows(chat: cw.Chat, off: Any, kind: str) -> None:
    from convend_widget.replay.turning import turning_point_of

    made = {
        "difference": lambda: cw.compare(off, off),
        "several": lambda: cw.compare(off, off, off),
        "paired": lambda: cw.compare({"a": off}, {"a": off}),
        "survival": off.survival,
        "turning point": lambda: turning_point_of([("m", off.end_rate(), off), ("o", off.end_rate(), off)]),
    }
    for way, shown in ways_of(made[kind]()).items():
        assert OFF in shown.replace("O", "o"), way


def test_of_several_arms_those_that_are_off_policy_are_named(chat: cw.Chat, off: Any) -> None:
    on = chat.replay(n=4, seed=1, progress=False)
    assert cw.compare(on, off).marks == (f"{OFF} (arm 2)",)
    assert cw.compare(on, on).marks == ()
    assert cw.compare(off, cw.Rate(1, 4)).marks == (f"{OFF} (arm 1)",)


def test_a_mark_of_all_parts_is_said_once_and_another_with_the_parts_that_it_is_of() -> None:
    assert joint_marks({"a": ["x", "y"], "b": ["x"], "c": ["x", "y"]}) == ("x", "y (a, c)")
    assert joint_marks({}) == ()
