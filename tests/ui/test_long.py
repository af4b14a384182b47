"""A chat of 10,000 messages: little of it is in the page, all of it can be reached, and nothing jumps."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.fault(56)
OPENS = "state=long&turns=5000"
MOST = 6_000  # elements of a panel, whatever the length
SEEN = """() => {
    const frame = document.querySelector(".cvd-scroller").getBoundingClientRect();
    const inside = (e) => {
        const { top, bottom } = e.getBoundingClientRect();
        return bottom > frame.top + 1 && top < frame.bottom - 1;
    };
    const rows = [...document.querySelectorAll(".cvd-item[data-m]")].filter(inside);
    return {
        rows: rows.map((row) => row.getAttribute("data-m")),
        gaps: [...document.querySelectorAll(".cvd-gap")].filter(inside).length,
        size: document.querySelectorAll(".cvd-root *").length,
    };
}"""
TOP_OF = "m => document.querySelector(`[data-m='${m}']`)?.getBoundingClientRect().top ?? null"


@pytest.fixture
def page(plain: Callable[[str], Page]) -> Page:
    page = plain(OPENS)
    expect(page.locator("[aria-setsize='10000']").first).to_be_attached(timeout=60_000)
    return page


def seen(page: Page) -> dict[str, Any]:
    """What stands in the frame once it has come to rest: rows and no gap, and few elements in all."""
    page.wait_for_function(f"() => {{ const s = ({SEEN})(); return s.rows.length > 0 && s.gaps === 0; }}")
    found: dict[str, Any] = page.evaluate(SEEN)
    assert found["size"] < MOST
    return found


def test_it_opens_at_its_end_and_each_message_says_where_it_stands(page):
    assert seen(page)["rows"][-1] == "a5000"
    last = page.get_by_role("article").last
    assert (last.get_attribute("aria-posinset"), last.get_attribute("aria-setsize")) == ("10000", "10000")
    expect(last.get_by_role("heading").first).to_contain_text("message 10000")


def test_the_wheel_goes_through_it_without_a_jump_and_without_a_hole(page):
    page.locator(".cvd-scroller").hover()
    for _ in range(14):
        row = seen(page)["rows"][0]
        before = page.evaluate(TOP_OF, row)
        page.mouse.wheel(0, -200)
        moved = f"([m, to]) => Math.abs(({TOP_OF})(m) - to) < 4"
        page.wait_for_function(moved, arg=[row, before + 200], timeout=20_000)
        page.wait_for_timeout(100)  # rows that come above it now do not move it either
        assert abs(page.evaluate(TOP_OF, row) - before - 200) < 4
    assert seen(page)["rows"][0] < "a4995"


def test_home_end_and_the_scroll_bar_reach_everything(page):
    scroller = page.locator(".cvd-scroller")
    scroller.focus()
    page.keyboard.press("Home")
    assert seen(page)["rows"][0] == "u1"
    for _ in range(12):
        page.keyboard.press("PageDown")
        page.wait_for_timeout(150)
    assert "u1" not in seen(page)["rows"] and int(seen(page)["rows"][0][1:]) > 5
    scroller.evaluate("s => { s.scrollTop = s.scrollHeight / 2; }")
    middle = int(seen(page)["rows"][0][1:])
    assert 2_300 < middle < 2_700
    page.keyboard.press("End")
    assert seen(page)["rows"][-1] == "a5000"


def test_gaps_are_entered_by_their_buttons_and_the_focus_goes_along(page):
    page.get_by_role("button", name="more messages here").first.focus()
    page.keyboard.press("Enter")
    reached = page.evaluate("document.activeElement.closest('[data-m]').getAttribute('data-m')")
    assert reached in seen(page)["rows"]
    expect(page.locator(".cvd-gap")).to_have_count(2)


def test_a_draft_and_its_focus_stay_where_they_are_while_one_looks_elsewhere(page):
    page.locator("[data-m='u5000']").get_by_role("button", name="Edit", exact=True).click()
    page.keyboard.type(" And an edit")
    page.locator(".cvd-scroller").evaluate("s => { s.scrollTop = 0; }")
    assert seen(page)["rows"][0] == "u1"
    page.keyboard.type(", still here")
    expect(page.get_by_label("Edit your message")).to_have_value(re.compile("And an edit, still here$"))
