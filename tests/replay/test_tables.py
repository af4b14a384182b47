"""Results as tables: real ones, readable in an untrusted notebook, the same each time, safe whatever a name is."""

from __future__ import annotations

import math
from typing import Any

import pytest

import convend_widget as cw
from convend_widget.replay.tables import MOST_ROWS, bar, table
from tests.attacks import SHORT

from .rig import ended_chat
from .test_plot import RESULTS, Tags

Rate = cw.Rate
KEPT = {  # by the sanitiser of JupyterLab, of what is used here
    *("div", "table", "caption", "thead", "tbody", "tr", "th", "td", "strong", "bdi"),
}


@pytest.fixture(params=[name for name, one in RESULTS.items() if hasattr(one, "_repr_html_")])
def result(request: pytest.FixtureRequest) -> Any:
    return RESULTS[request.param]


def test_each_result_is_a_table_with_a_caption_and_headers_of_rows_and_columns(result: Any) -> None:
    page = Tags(result._repr_html_())
    scopes = [attrs.get("scope") for tag, attrs in page.tags if tag == "th"]
    rows = [tag for tag, _ in page.tags].count("tr")
    assert [tag for tag, _ in page.tags].count("caption") == 1
    assert scopes.count("row") == rows - 1
    assert set(scopes) <= {"row", "col"}
    assert "nan" not in page.text


def test_a_table_has_only_what_an_untrusted_notebook_keeps(result: Any) -> None:
    tags = Tags(result._repr_html_()).tags
    assert {tag for tag, _ in tags} <= KEPT
    assert {name for _, attrs in tags for name in attrs} <= {"class", "style", "scope"}
    assert "var(" not in result._repr_html_()


def test_a_row_has_a_cell_for_each_column(result: Any) -> None:
    html = result._repr_html_()
    columns = html.count('scope="col"')
    for row in html.split("<tbody>")[1].split("</tr>")[:-1]:
        assert row.count("<td>") + row.count("<th ") == columns


def test_the_same_result_gives_the_same_table_and_its_plain_text_stays(result: Any) -> None:
    assert result._repr_html_() == result._repr_html_()
    assert "<" not in repr(result)


def test_a_rate_has_its_numbers_in_words() -> None:
    text = Tags(Rate(3, 20, "replies")._repr_html_()).text
    assert all(part in text for part in ("3 of 20 replies", "15.0 %", "5.2 to 36.0 %", "95 % interval"))


def test_a_bar_is_as_long_as_its_interval_and_without_data_there_is_none() -> None:
    assert "margin-left:25.0%;width:50.0%" in bar(0.25, 0.5, 0.75)
    assert "margin-left:50.0%;width:25.0%" in bar(0, 0.25, 0.5, middle=True)
    assert bar(0, math.nan, 1) == ""


@pytest.mark.parametrize("name", ["html", "controls", "unicode", "remote"])
def test_an_attack_as_the_name_of_a_prompt_stays_text(name: str) -> None:
    texts = [text for case, text in SHORT.items() if case.startswith(name)]
    for text in texts:
        page = Tags(cw.pool({text: Rate(3, 20)})._repr_html_())
        assert {tag for tag, _ in page.tags} <= KEPT
        assert {attr for _, attrs in page.tags for attr in attrs} <= {"class", "style", "scope"}


def test_an_attack_as_what_is_counted_stays_text() -> None:
    for text in SHORT.values():
        page = Tags(Rate(3, 20, of=text)._repr_html_())
        assert {tag for tag, _ in page.tags} <= KEPT


def test_a_long_table_says_how_much_it_leaves_out() -> None:
    html = table("c", ["a", "b"], [[str(i), "x"] for i in range(MOST_ROWS + 7)])
    assert "and 7 more rows" in html
    assert html.count("<tr>") == MOST_ROWS + 1


def test_a_study_says_what_must_be_said_of_its_runs_and_what_it_took() -> None:
    runs = ended_chat().replay(n=3, seed=1, effect=False, progress=False)
    text = Tags(runs._repr_html_()).text
    assert "endings recorded only" in text
    assert "3 of 3 runs over" in text
    assert "no cost (rehearsal)" in text
    assert "last_resort" in text


def test_an_estimate_says_at_most() -> None:
    text = Tags(ended_chat().estimate_replay(n=5)._repr_html_()).text
    assert "tokens, at most" in text
