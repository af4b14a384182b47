"""Formulas reach pages without our scripts as they were written; what is none stays Markdown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from convend_widget.formulas import LONGEST, keep_formulas
from convend_widget.markup import formatted
from tests.test_markup import Seen

CASES: list[dict[str, Any]] = json.loads((Path(__file__).parent / "fixtures/formulas.json").read_text("utf-8"))


def found(text: str) -> list[str]:
    parser = MarkdownIt("js-default", {"html": False})
    keep_formulas(parser)
    inside: list[Token] = [child for token in parser.parse(text) for child in token.children or []]
    return [token.content for token in inside if token.type == "formula"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["text"][:40])
def test_formulas_are_found_where_the_panel_finds_them(case):
    assert found(case["text"]) == case["formulas"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["text"][:40])
def test_a_formula_is_shown_to_the_letter(case):
    shown = Seen(formatted(case["text"])).text
    for formula in case["formulas"]:
        assert formula in shown


def test_a_sign_that_is_never_closed_costs_little_and_loses_nothing():
    for opening in ("$", "$$", "\\(", "\\["):
        text = f"{opening}x " * 900
        assert found(text) == [] or len(found(text)[0]) <= LONGEST + 4
        assert Seen(formatted(text)).text.count("x") == 900
