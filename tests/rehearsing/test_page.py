"""docs/scenarios.md is true: every file in it is what it says, and every check in it says what is printed there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

import convend_widget as cw
from convend_widget.model.rehearsal.script import Came, Feedback, Scenario, Step, Turn, Variation

PAGE = (Path(__file__).parents[2] / "docs" / "scenarios.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
TOML = [text for language, text in BLOCKS if language == "toml"]
CONSOLE = [text for language, text in BLOCKS if language == "console"]
BAD = ("slips",)
HEAD = 'name = "part"\ntitle = "A part"\nsummary = "Of the page."\nlesson = "None."\n'
HELLO = '[[turns]]\nuser = "Hello"\nsteps = [{ text = "Hello!" }]\n'


def whole(text: str) -> str:
    """A part of the page as a file: with a head, and with a turn where it has none."""
    if text.startswith("name ="):
        return text
    return HEAD + text + ("" if "[[turns]]" in text else HELLO)


def saved(text: str, folder: Path) -> Path:
    """The file, under the name that it gives itself."""
    name = re.match(r'name = "(\w+)"', text)
    assert name
    path = folder / f"{name[1]}.toml"
    path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize("text", TOML, ids=range(len(TOML)))
def test_every_file_of_the_page_plays_as_it_promises_but_for_the_one_with_the_slips(text: str, tmp_path: Path) -> None:
    path = saved(whole(text), tmp_path)
    checked = cw.check_scenario(path)
    assert checked.ok is (path.stem not in BAD), checked


@pytest.mark.parametrize("text", CONSOLE, ids=range(len(CONSOLE)))
def test_every_check_of_the_page_prints_what_stands_there(text: str, tmp_path: Path) -> None:
    command, printed = text.split("\n", 1)
    name = command.removeprefix("$ convend scenario check ").removesuffix(".toml")
    [file] = [one for one in TOML if one.startswith(f'name = "{name}"')]
    assert f"{cw.check_scenario(saved(file, tmp_path))}\n" == printed


def test_the_page_names_every_key_and_every_promise() -> None:
    keys = {key for record in (Scenario, Turn, Step, Feedback, Variation) for key in record.model_fields}
    said = set(re.findall(r"\w+", PAGE))
    assert {*keys, *get_args(Came)} <= said
