"""Evidence in JupyterLab: a chart that shows once, and runs side by side, of which one is opened by keyboard."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from tests.ui.axe import AXE, LEVELS, LOOK
from tests.ui.bench import LONG, Bench
from tests.ui.test_by_keyboard import tab_to

STUDY = """import convend_widget as cw
chat = cw.Chat(scenario="persistent_abuse", pause=0); _ = chat.play()
runs = chat.replay(n=2, seed=3, progress=False)
ax = runs.plot(); _ = ax.set_title("A title of one's own")"""


def test_a_run_is_opened_from_the_view_of_runs_side_by_side(bench: Bench) -> None:
    bench.write(STUDY, "runs.side_by_side(0, 1)")
    bench.visit()
    bench.run(0)
    chart = bench.output(0).locator("svg[role=img]")
    expect(chart).to_have_count(1, timeout=LONG)
    expect(chart).to_have_attribute("aria-label", bench.python("print(ax.alt)"))
    expect(bench.output(0).locator(".convend-chart > img")).to_be_hidden()

    bench.run(1)
    output = bench.output(1)
    expect(output.get_by_role("heading", name="run 1: ended at reply 1")).to_be_visible(timeout=LONG)
    button = output.get_by_role("button", name="Open run 1")
    expect(button).to_be_visible(timeout=LONG)
    bench.page.keyboard.press("Escape")
    tab_to(bench, "Open run 1")
    bench.page.keyboard.press("Enter")
    opened = output.get_by_role("button", name="run 1 is open below")
    expect(opened).to_be_visible(timeout=LONG)
    expect(opened).to_be_focused()
    expect(bench.notice).to_be_visible(timeout=LONG)
    bench.page.keyboard.press("Enter")  # it is open already: nothing moves
    expect(opened).to_be_focused()

    bench.page.add_script_tag(path=AXE)
    found: dict[str, Any] = output.evaluate(LOOK, LEVELS)
    assert found["wrong"] == []
    assert found["looked"]["button-name"] > 2

    bench.save()
    saved = [output["data"] for output in bench.notebook()["cells"][1]["outputs"]]
    assert "run 1: ended at reply 1" in "".join(saved[0]["text/html"])
    assert "application/vnd.jupyter.widget-view+json" in saved[1]
