"""What the pages for the next developer name is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "ARCHITECTURE.md", *sorted((ROOT / "docs").glob("*.md"))]
NAMED = re.compile(r"`([\w./\[\]*-]+(?:\.(?:py|ts|mjs|css|toml|md|txt|ipynb)|/))`")
LINKED = re.compile(r"\]\((?!https?:|#)([^)#]+)")

pytestmark = pytest.mark.skipif(not PAGES[0].exists(), reason="a wheel has no pages")


@pytest.mark.parametrize("sheet", PAGES, ids=lambda sheet: sheet.name)
def test_every_link_of_a_page_leads_somewhere(sheet: Path) -> None:
    assert [link for link in LINKED.findall(sheet.read_text("utf-8")) if not (sheet.parent / link).exists()] == []


@pytest.mark.parametrize("sheet", ["ARCHITECTURE.md", "docs/decisions.md", "docs/law.md"])
def test_every_file_that_a_page_of_the_house_names_is_there(sheet: str) -> None:
    named = set(NAMED.findall((ROOT / sheet).read_text("utf-8")))
    assert named and [name for name in sorted(named) if not found(name)] == []


def test_the_layers_name_every_module_and_package() -> None:
    layers = PAGES[0].read_text("utf-8").partition("## Layers")[2].partition("## ")[0]
    there = {f"{each.name}{'/' * each.is_dir()}" for each in (ROOT / "convend_widget").iterdir() if is_ours(each)}
    assert there <= set(NAMED.findall(layers))


def is_ours(each: Path) -> bool:
    return ((each.is_dir() and each.name != "static") or each.suffix == ".py") and not each.name.startswith("_")


def found(name: str) -> bool:
    """Whether a file or folder has this name, from the root or anywhere in the package, the panel or the tests."""
    wanted = name.rstrip("/")
    inside = (ROOT / folder for folder in ("convend_widget", "js", "tests"))
    return any(ROOT.glob(wanted)) or any(any(folder.glob(f"**/{wanted}")) for folder in inside)
