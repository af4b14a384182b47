"""What axe-core finds in the panel, state by state, in JupyterLab's own themes."""

from __future__ import annotations

from collections import Counter
from typing import Any

from playwright.sync_api import expect

from tests.ui.axe import ALL_IN_SIGHT, AXE, LEVELS, LOOK, SEEN, TALL, THEMES, choose_theme
from tests.ui.bench import LONG, Bench, Panel

# One panel in each state, in cells of one notebook.
STATES = (
    "import convend_widget as cw\nempty = cw.Chat(pause=0); empty",
    "streaming = cw.Chat(pause=2); streaming",
    "ended = cw.Chat(scenario='persistent_abuse', pause=0); _ = ended.play(); ended",
    "editing = cw.Chat(scenario='persistent_abuse', pause=0); _ = editing.play(); editing",
    "asked = cw.Chat(pause=0)\nfor t in ('Show me a table', 'Please end this chat.'): asked.say(t)\nasked",
    """cut = cw.Chat(scenario='network_cut', pause=0)
try:
    for text in ('How can I see that a sensor is drifting?', 'And how would I correct for it afterwards?'):
        cut.say(text)
except cw.errors.ModelError: pass
cut""",
)


def test_every_state_meets_wcag_2_2_aa_in_every_theme(bench: Bench) -> None:
    """Empty, streaming, ended, editing, confirming, error: axe finds nothing wrong in any theme."""
    bench.page.emulate_media(reduced_motion="reduce")  # colours that fade in are no colours to measure
    bench.write(*STATES)
    bench.visit()
    panels = [Panel(bench.page.locator(".cvd-root").nth(at)) for at in range(len(STATES))]
    for at, panel in enumerate(panels):
        bench.run(at)
        expect(panel.composer).to_be_visible(timeout=LONG)
    _, streaming, ended, editing, asked, cut = panels
    streaming.say("what can you do")
    streaming.streaming(2, "(Rehearsal)")
    expect(ended.notice).to_be_visible()
    editing.notice.get_by_role("button", name="Edit an earlier message").click()
    expect(editing.panel.get_by_label("Edit your message", exact=True)).to_be_focused()
    expect(asked.panel.get_by_role("group", name="End this conversation?")).to_be_visible()
    expect(cut.last).to_contain_text("broke off")

    bench.page.set_viewport_size({"width": 1280, "height": TALL})
    bench.page.add_style_tag(content=SEEN)
    bench.page.wait_for_function(ALL_IN_SIGHT)
    bench.page.add_script_tag(path=AXE)
    for theme, shade in THEMES:
        choose_theme(bench, theme)
        expect(bench.page.locator("body")).to_have_attribute("data-jp-theme-name", theme)
        for panel in panels:
            expect(panel.panel).to_have_attribute("data-shade", shade)
        expect(bench.page.locator("#jupyterlab-splash")).to_have_count(0)  # it covers the page while a theme loads
        looked: Counter[str] = Counter()
        for panel in panels:
            found: dict[str, Any] = panel.panel.evaluate(LOOK, LEVELS)
            assert found["wrong"] == []
            assert found["unsure"] == []
            looked.update(found["looked"])
        assert looked["color-contrast"] > 150, "axe took most of what is written for hidden"
        assert min(looked[rule] for rule in ("target-size", "button-name", "label", "list")) > 0
    expect(streaming.last).to_have_attribute("aria-busy", "true")
    streaming.button("Stop").click()
    streaming.settled(2)
