"""What the model saw, in JupyterLab and by keyboard: opened from a reply whose ending was blocked, read, closed."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from tests.ui.axe import AXE, LEVELS, LOOK
from tests.ui.bench import LONG, RUDE, Bench
from tests.ui.test_by_keyboard import tab_to

BLOCKED = f"""import dataclasses
import convend_widget as cw
strict = dataclasses.replace(cw.policies()["last_resort"], numbers={{"redirections": 5}})
chat = cw.Chat(policy=strict, pause=0)
for _ in range(4): chat.say("{RUDE}")
chat"""


def test_a_class_reads_why_an_ending_was_blocked(bench: Bench) -> None:
    """By keyboard alone: from the reply's toolbar to the verdicts, on to the next call, and back by Esc."""
    bench.open(BLOCKED)
    bench.settled(8)
    keys = bench.page.keyboard
    bench.composer.focus()
    tab_to(bench, "Copy", "Shift+Tab")
    keys.press("End")
    opener = bench.last.get_by_role("button", name="What the model saw")
    expect(opener).to_be_focused()
    keys.press("Enter")
    drawer = bench.panel.get_by_role("dialog", name="What the model saw")
    expect(drawer.get_by_role("heading", name="What the model saw")).to_be_focused(timeout=LONG)
    page = drawer.get_by_role("tabpanel")
    expect(page).to_contain_text("nothing: a rehearsal", timeout=LONG)
    expect(page).to_contain_text("this is what was sent, to the byte")

    tab_to(bench, "Overview")
    for _ in range(4):
        keys.press("ArrowRight")
    expect(drawer.get_by_role("tab", name="Verdicts")).to_be_focused()
    expect(page).to_contain_text("blocked: the conversation went on")
    expect(page.get_by_role("listitem").filter(has_text="did not pass")).to_contain_text("2 of 5 redirections")
    expect(page.get_by_role("blockquote")).to_contain_text("The conversation was not ended, and goes on")

    tab_to(bench, "Next call", "Shift+Tab")
    keys.press("Enter")
    expect(drawer).to_contain_text("Call 2 of 2")
    tab_to(bench, "Verdicts 1")
    keys.press("ArrowLeft")
    told = page.get_by_role("group", name="Answer to end_conversation")
    expect(told).to_contain_text("as an error")
    bench.page.add_script_tag(path=AXE)
    found: dict[str, Any] = bench.panel.evaluate(LOOK, LEVELS)
    assert found["wrong"] == []

    cells = bench.cells()
    keys.press("d")
    keys.press("d")  # no cell goes from here
    keys.press("Escape")
    expect(drawer).to_be_hidden()
    expect(opener).to_be_focused()
    assert bench.cells() == cells
