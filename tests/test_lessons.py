"""The notebooks as files: what a teacher and a reader on the web rely on. That they run is nbval's part."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"
LESSONS = sorted((NOTEBOOKS / "class").glob("[0-9]*.ipynb"))
ALL = [*sorted(NOTEBOOKS.glob("[0-9]*.ipynb")), *LESSONS]
A_MACHINE = re.compile(r"(?<![\w:/.])/(?:home|root|tmp|Users|work|private|var|opt)/|[A-Z]:\\\\")


def cells(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(path.read_text("utf-8"))["cells"]
    return found


def text(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def tags(cell: dict[str, Any]) -> list[str]:
    found: list[str] = cell["metadata"].get("tags", [])
    return found


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_the_minutes_of_a_lesson_add_up_and_are_those_of_the_teachers_page(path: Path) -> None:
    words = "\n".join(text(cell) for cell in cells(path) if cell["cell_type"] == "markdown")
    minutes = re.findall(r"^## \d · .* \((\d+) min\)$", words, re.MULTILINE)
    assert sum(map(int, minutes)) == 45
    assert f"({path.name}) | {' + '.join(minutes)} |" in (path.parent / "README.md").read_text("utf-8")


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_nothing_gives_away_a_guess_or_a_solution(path: Path) -> None:
    before = ""
    for cell in cells(path):
        for guess in re.findall(r"^guess = (.*)", text(cell), re.MULTILINE):
            assert "None" in guess
        folded = cell["metadata"].get("jupyter", {}).get("source_hidden", False)
        assert folded == ("solution" in tags(cell))
        if folded:
            assert "three dots" in before
        before = text(cell)


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem)
def test_a_saved_lesson_is_small_and_holds_no_dead_panel_and_no_path_of_a_machine(path: Path) -> None:
    assert path.stat().st_size < 150_000
    for cell in cells(path):
        outputs = json.dumps(cell.get("outputs", []))
        assert "widget-view" not in outputs
        assert not A_MACHINE.search(outputs)


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_reader_without_a_kernel_sees_what_was_said(path: Path) -> None:
    shown = [cell["outputs"] for cell in cells(path) if "transcript" in tags(cell)]
    assert all(any("application/vnd.convend+json" in one["data"] for one in outputs) for outputs in shown)
