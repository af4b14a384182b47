"""A JupyterLab without its part of the package gets a clear word, once, and the doctor names it."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import pytest

from convend_widget import __version__, doctor
from convend_widget.panel import display, in_lab


@pytest.fixture
def jupyter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder in which Jupyter looks."""
    monkeypatch.setattr(in_lab, "_folders", lambda: [tmp_path / "none", tmp_path])
    display._say_what_lacks.cache_clear()
    return tmp_path


def put(jupyter: Path, text: str) -> None:
    place = jupyter / "labextensions" / "convend-widget"
    place.mkdir(parents=True)
    (place / "package.json").write_text(text)


def lab(tmp_path: Path) -> tuple[str, str]:
    [finding] = [f for f in doctor(store=tmp_path / "chats.db").findings if f.topic == "lab"]
    return finding.level, finding.text


def test_the_part_that_is_there_is_named_by_its_version_and_nothing_is_said(jupyter):
    put(jupyter, json.dumps({"version": __version__}))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        display._say_what_lacks()
    assert lab(jupyter) == ("ok", f"JupyterLab's part is version {__version__}")


def test_a_part_of_another_version_is_a_warning_of_the_doctor(jupyter):
    put(jupyter, json.dumps({"version": "0.0.9"}))
    assert lab(jupyter) == ("warn", f"JupyterLab's part is version 0.0.9, the package {__version__}")


@pytest.mark.parametrize("broken", [None, "", "{}", "[]", '{"version"'])
def test_a_part_that_is_missing_or_broken_is_said_once_in_clear_words(jupyter, broken):
    if broken is not None:
        put(jupyter, broken)
    with pytest.warns(UserWarning, match="JupyterLab has no part of convend_widget: chats work, but"):
        display._say_what_lacks()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        display._say_what_lacks()
    assert lab(jupyter)[0] == "warn"


def test_where_jupyterlab_is_elsewhere_nothing_is_claimed(jupyter, monkeypatch):
    monkeypatch.setattr(in_lab, "find_spec", lambda name: None)
    assert in_lab.lacking() is None
    assert lab(jupyter)[0] == "ok"
