"""Two panels beside each other in JupyterLab: one set of controls, two chats, and what a saved notebook shows."""

from __future__ import annotations

import nbformat
from playwright.sync_api import expect

from tests.ui.axe import AXE, LEVELS, LOOK
from tests.ui.bench import ENDED, LONG, Bench, Panel

PAIR = "import convend_widget as cw\nboth = cw.pair('persistent_abuse', pause=0); both"
GONE = {"name": "gone", "display_name": "Gone", "language": "gone"}


def test_a_class_sees_one_talk_with_and_without_the_ability(bench: Bench) -> None:
    page = bench.page
    path = bench.write(PAIR)
    bench.visit()
    bench.run(0)
    bar = page.get_by_role("region", name="Lesson in all chats, in step")
    left, right = (Panel(page.locator(".cvd-root:not(.cvd-pair)").nth(at)) for at in (0, 1))
    for panel in (left, right):
        expect(panel.composer).to_be_visible(timeout=LONG)
        expect(panel.panel.locator(".cvd-lesson")).to_be_hidden()

    bar.get_by_role("button", name="Next turn").focus()
    page.keyboard.press("Enter")
    for panel in (left, right):
        panel.settled(2)
    expect(bar).to_contain_text("Turn 1 of 5")
    page.keyboard.press("Space")  # on a button: one more turn
    for panel in (left, right):
        panel.settled(4)
    bar.get_by_role("button", name="8×").focus()
    page.keyboard.press("ArrowRight")
    for panel in (left, right):
        panel.settled(6)
    bar.get_by_role("button", name="Play the lesson").click()
    expect(left.notice).to_be_visible(timeout=LONG)
    expect(bar).to_contain_text("The lesson is over.", timeout=LONG)
    right.settled(10)
    expect(right.notice).to_have_count(0)
    right.say("Hello")
    right.settled(12)
    left.settled(10)
    expect(page.locator(".cvd-static >> visible=true")).to_have_count(0)
    page.add_script_tag(path=AXE)
    assert bar.evaluate(LOOK, LEVELS)["wrong"] == []

    tops = "() => [...document.querySelectorAll('.cvd-root:not(.cvd-pair)')].map(e => e.getBoundingClientRect().top)"
    page.set_viewport_size({"width": 1600, "height": 900})
    page.wait_for_function(f"new Set(({tops})()).size === 1")
    page.set_viewport_size({"width": 720, "height": 900})
    page.wait_for_function(f"new Set(({tops})()).size === 2")

    bar.get_by_role("button", name="Begin the lesson anew, in new chats").click()
    for panel in (left, right):
        panel.settled(0)
    bar.get_by_role("button", name="Play the lesson").click()
    expect(left.notice).to_be_visible(timeout=LONG)
    right.settled(10)
    assert bench.python("print(both)").startswith("Pair(Chat(rehearsal, last_resort, 10 messages, ended)")

    bench.save()
    page.goto("about:blank")
    bench.shut_down()
    book = nbformat.read(path, 4)
    book.metadata = {"kernelspec": GONE}
    nbformat.write(book, path)
    bench.visit_without_kernel()
    copies = page.locator(".cvd-static")
    expect(copies.get_by_role("article")).to_have_count(20, timeout=LONG)
    expect(copies.nth(0).get_by_role("group", name=ENDED)).to_be_visible()
    expect(copies.nth(1).get_by_role("group", name=ENDED)).to_have_count(0)
