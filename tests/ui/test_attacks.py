"""Hostile text in every field of the panel, in a real browser: nothing runs, loads or passes for a part of it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route

ROOT = Path(__file__).parents[2]
HOME = "http://panel.invalid"
EMPTY = "<!doctype html><meta charset=utf-8><link rel=icon href=data:,><body data-jp-theme-light=true>"
FAMILIES = ["html", "foreign", "schemes", "markdown", "remote", "controls", "unicode", "maths", "heavy"]
# What reaches the page, so that a case that is not seen is not taken for one that is harmless.
FIELDS = {
    *(
        "said",
        "draft",
        "reply",
        "streamed",
        "thinking",
        "streamed.thinking",
        "missing",
        "objection",
        "other.type",
        "id",
    ),
    *(
        "ending.reason",
        "ending.trigger",
        "ending.kind",
        "ending.policy",
        "ending.confirmed_by",
        "feedback",
        "row.model",
    ),
    *("failed.what", "failed.advice", "failed.request_id", "failed.note", "interrupted.what", "interrupted.note"),
    *("refused.what", "refused.advice", "refused.request_id", "edit.what", "edit.advice", "refusal.note", "note"),
    *("stopped.note", "notice.text", "wait.why", "chat.model", "chat.provider", "chat.policy", "chat.stored"),
}


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The panel with the attacks and what looks at it, as one script."""
    built = tmp_path_factory.mktemp("page")
    command = ["node", "js/build.mjs", "page", str(built), "--entry=js/tests/attack/page.ts"]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return (built / "dev.js").read_text("utf-8")


class Quiet:
    """A page that must ask for nothing, run nothing of what it shows, and not complain."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.heard: list[str] = []
        page.route("**/*", self._answer)
        page.on("dialog", lambda dialog: self._refuse(dialog))
        page.on("console", lambda message: self.heard.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: self.heard.append(f"error: {error}"))
        page.on("popup", lambda opened: self.heard.append(f"opened: {opened.url}"))
        page.goto(HOME)

    def _answer(self, route: Route) -> None:
        if route.request.url == f"{HOME}/":
            route.fulfill(body=EMPTY, content_type="text/html")
        else:
            self.heard.append(f"asked for {route.request.url}")
            route.abort()

    def _refuse(self, dialog: Any) -> None:
        self.heard.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def check(self) -> None:
        self.page.wait_for_timeout(50)  # what was to be fetched is asked for by now
        assert self.page.evaluate("typeof window.spoilt") == "undefined"
        assert self.page.url == f"{HOME}/"
        assert self.heard == []


@pytest.fixture
def quiet(browser: Browser) -> Iterator[Quiet]:
    context = browser.new_context(reduced_motion="reduce", viewport={"width": 900, "height": 1000})
    yield Quiet(context.new_page())
    context.close()


@pytest.mark.fault(42, 43, 44, 45, 46, 47, 48)
@pytest.mark.parametrize("family", FAMILIES)
def test_nothing_in_any_field_runs_or_loads_or_passes_for_a_part_of_the_panel(
    quiet: Quiet, code: str, family: str
) -> None:
    quiet.page.add_script_tag(content=code, type="module")
    quiet.page.wait_for_function("window.attack")
    found = quiet.page.evaluate(f"attack.everywhere(['{family}'])")
    assert found["offences"] == []
    assert found["cases"] >= 40 and set(found["seen"]) >= FIELDS
    quiet.check()


@pytest.mark.fault(42, 43, 47)
def test_no_formula_and_no_coloured_code_holds_more_than_it_may_or_reaches_out_of_its_text(
    quiet: Quiet, code: str
) -> None:
    quiet.page.add_script_tag(content=code, type="module")
    quiet.page.wait_for_function("window.attack")
    found = {family: quiet.page.evaluate(f"attack.laidOut('{family}')") for family in ("maths", "markdown", "html")}
    assert [wrong for each in found.values() for wrong in each["offences"]] == []
    assert found["maths"]["formulas"] > 30 and found["markdown"]["tokens"] > 10
    quiet.check()
