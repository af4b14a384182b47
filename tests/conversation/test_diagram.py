"""The diagrams in docs/law.md are the tables, so they cannot lie."""

from __future__ import annotations

import re

import pytest

from convend_widget.conversation.law import TIP, TURN, Tip, Turn
from tools.law_diagram import PAGE, drawn, parts


@pytest.mark.skipif(not PAGE.exists(), reason="a wheel has no docs")
def test_the_page_shows_the_law_as_it_is() -> None:
    _, between, _ = parts(PAGE.read_text("utf-8"))
    assert between.strip() == drawn(), "run: python tools/law_diagram.py"


def test_every_row_of_both_tables_is_an_arrow_and_there_are_no_others() -> None:
    arrows: set[tuple[str, str, str]] = set()
    for start, after, events in re.findall(r"^    (\w+) --> (\w+): (.*)$", drawn(), re.MULTILINE):
        arrows |= {(start, event, after) for event in events.split(", ")}
    turn = {(start.value, event, after.value) for (start, event), after in TURN.items()}
    tip = {(start.value, event, after.value) for (start, event), after in TIP.items()}
    assert arrows == turn | tip


def test_every_state_is_drawn() -> None:
    for state in (*Turn, *Tip):
        assert re.search(rf"\b{state.value}\b", drawn())


@pytest.mark.parametrize("page", ["", "<!-- law:begin -->", "<!-- law:end --><!-- law:begin --><!-- law:begin -->"])
def test_a_page_without_its_markers_is_refused(page: str) -> None:
    with pytest.raises(ValueError, match="once each"):
        list(parts(page))
