"""Lines of a scenario's file: of tables, keys and list items, whatever stands in its texts."""

from __future__ import annotations

import sys
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convend_widget.model.rehearsal import scenarios
from convend_widget.model.rehearsal.where import Place, line_of, lines_of

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

TEXT = '''# a comment = 1
name = "mine" # [[turns]]
[[turns]]
user = """
[[turns]]
user = "not a key"
"""
"steps" = [
  { text = "[[turns]]" },
  { text = \'\'\'
[variation]\'\'\', tools = [] },
]
 [[ turns ]]
  user = 'x = """'
  feedback.thumb = "up"
[[turns.steps]]
text = "a \\\\" # \\"
[[turns.steps]]
[variation]
ends = 1
'''
LINES: dict[Place, int] = {
    ("name",): 2,
    ("turns",): 3,
    ("turns", 0): 3,
    ("turns", 0, "user"): 4,
    ("turns", 0, "steps"): 8,
    ("turns", 1): 13,
    ("turns", 1, "user"): 14,
    ("turns", 1, "feedback"): 15,
    ("turns", 1, "feedback", "thumb"): 15,
    ("turns", 1, "steps"): 16,
    ("turns", 1, "steps", 0): 16,
    ("turns", 1, "steps", 0, "text"): 17,
    ("turns", 1, "steps", 1): 18,
    ("variation",): 19,
    ("variation", "ends"): 20,
}


def test_each_table_and_key_has_the_line_in_which_it_begins():
    tomllib.loads(TEXT)
    assert lines_of(TEXT) == LINES


def test_what_has_no_line_of_its_own_has_that_of_what_is_around_it():
    assert line_of(LINES, ("turns", 0, "steps", 1, "tools", 0)) == 8
    assert line_of(LINES, ("turns", 1, "confirm")) == 13
    assert line_of(LINES, ("title",)) is None


@pytest.mark.parametrize("name", [one.name for one in scenarios()])
def test_every_key_of_the_scenarios_that_ship_is_found_where_it_is_written(name: str):
    text = (files("convend_widget.model.rehearsal") / "scenarios" / f"{name}.toml").read_text("utf-8")
    lines, data = lines_of(text), tomllib.loads(text)
    for at, turn in enumerate(data["turns"]):
        for key in turn:
            place = ("turns", at, key, 0) if key == "steps" else ("turns", at, key)
            assert text.split("\n")[lines[place] - 1].strip(" [").startswith(("turns.steps", key))
    assert sum(len(place) == 2 and place[0] == "turns" for place in lines) == len(data["turns"])


@given(st.text(alphabet="[]{}\"'\\#=\n ab.", max_size=80))
def test_no_text_is_too_odd_to_be_read(text: str):
    assert all(1 <= line <= text.count("\n") + 1 for line in lines_of(text).values())
