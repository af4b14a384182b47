"""Data frames as CSV without formulas."""

from __future__ import annotations

import csv
import io

import pandas as pd
import pytest

from convend_widget.spreadsheet import frame_to_csv

FORMULAS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "=cmd|' /C calc'!A0",
    " =1",
    "\t=1",
    "\r\n=1",
    "\u200b=1",
    "\x00=1",
    "\uff1d1",
]


@pytest.mark.fault(60)
@pytest.mark.parametrize("formula", FORMULAS)
@pytest.mark.parametrize("dtype", ["object", "string[python]", "category"])
def test_a_cell_that_would_be_a_formula_begins_with_an_apostrophe(formula: str, dtype: str) -> None:
    made = frame_to_csv(pd.DataFrame({"a": pd.Series([formula, "plain"], dtype=dtype), formula: [-1, 2]}))
    rows = list(csv.reader(io.StringIO(made, newline="")))
    told = "'" + formula.replace("\0", "\ufffd")  # which no spreadsheet takes, and Python 3.10 cannot write
    assert rows == [["a", told], [told, "-1"], ["plain", "2"]]


def test_a_frame_is_not_changed_by_writing_it_as_csv() -> None:
    frame = pd.DataFrame({"=a": ["=1"]})
    frame_to_csv(frame)
    assert frame.to_dict("list") == {"=a": ["=1"]}


def test_a_line_break_within_a_cell_begins_no_new_row() -> None:
    made = frame_to_csv(pd.DataFrame({"a": ["one\rtwo\n=three\r\nfour"]}))
    assert list(csv.reader(io.StringIO(made, newline=""))) == [["a"], ["one\rtwo\n=three\r\nfour"]]
