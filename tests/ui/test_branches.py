"""The branches of a chat in JupyterLab: by keyboard alone, and under axe in each theme."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from tests.ui.axe import ALL_IN_SIGHT, AXE, LEVELS, LOOK, SEEN, TALL, THEMES, choose_theme
from tests.ui.bench import LONG, Bench
from tests.ui.test_by_keyboard import tab_to

# Two versions of the first question. Of the first one there are two replies, and below one of them the chat ended.
CHAT = """import convend_widget as cw
chat = cw.Chat(scenario="persistent_abuse", pause=0)
replies = chat.play()
_ = chat.retry(replies[0])
_ = chat.edit(replies[0].parent, "What is 12 * 7?")
chat"""
KEPT = """tree = str(chat.conversation.tree())
print("*  # Where it ended" in tree, "archived left out" in tree)"""
UNFOLDED = ".cvd-drawer-open .cvd-middle { min-height: 1400px }"


def open_tree(bench: Bench) -> None:
    """From the cell that ran to the tree, on the line of the branch that is shown."""
    bench.page.set_viewport_size({"width": 1500, "height": 900})  # the drawer stands beside the transcript
    bench.open(CHAT)
    expect(bench.panel.get_by_text("Branch 3 of 3")).to_be_visible(timeout=LONG)
    tab_to(bench, "Branches 3")
    bench.page.keyboard.press("Enter")
    here = bench.panel.get_by_role("treeitem").filter(has_text="you are here")
    expect(here).to_be_focused(timeout=LONG)  # its code has just come over the comm


def test_branches_by_keyboard_alone(bench: Bench) -> None:
    """Open the tree, walk it, label, star, archive and undo, compare, go to the branch that ended, and back."""
    open_tree(bench)
    keys, panel = bench.page.keyboard, bench.panel
    items = panel.get_by_role("treeitem")
    ended = items.filter(has_text="ended")
    keys.press("Home")
    expect(items.first).to_be_focused()
    keys.press("ArrowRight")
    expect(ended).to_be_focused()

    keys.press("F2")
    expect(panel.get_by_label("Label", exact=True)).to_be_focused()
    keys.type("Where it ended")
    keys.press("Enter")
    expect(ended).to_contain_text("Label: Where it ended")
    tab_to(bench, "Go there", "Shift+Tab")
    keys.press("ArrowRight")
    keys.press("ArrowRight")
    keys.press("Space")
    expect(bench.button("Star")).to_have_attribute("aria-pressed", "true")
    expect(bench.button("Star")).to_be_focused()
    expect(ended).to_contain_text("starred")
    assert bench.python(KEPT) == "True False"

    bench.button("Star").focus()  # the test looked at the notebook meanwhile
    keys.press("Shift+Tab")
    expect(ended).to_be_focused()
    keys.press("Delete")
    expect(ended).to_have_count(0)
    expect(panel.get_by_role("status").filter(has_text="Nothing is deleted")).to_have_count(1)
    expect(panel.get_by_role("tree").locator(":focus")).to_have_count(1)
    keys.press("Control+z")
    expect(ended).to_have_count(1)
    expect(panel.get_by_role("status").filter(has_text="Back in sight")).to_have_count(1)
    assert bench.python(KEPT) == "True False"

    items.first.focus()
    keys.press("End")
    expect(items.last).to_be_focused()
    tab_to(bench, "Go there")
    keys.press("End")
    expect(bench.button("Compare")).to_be_focused()
    keys.press("Enter")
    expect(panel.get_by_label("Version", exact=True)).to_be_focused()
    expect(panel.locator("ins")).to_contain_text("12 * 7")
    keys.press("Escape")
    expect(items.last).to_be_focused()

    keys.type("w")
    expect(ended).to_be_focused()  # by the first letter of its label
    keys.press("Enter")
    expect(bench.notice).to_be_visible()
    expect(bench.messages.locator(":scope:focus")).to_have_count(1)
    expect(panel.get_by_text("Branch 1 of 3")).to_be_visible()
    tab_to(bench, "Back to the current one")
    keys.press("Enter")
    expect(bench.notice).to_have_count(0)
    expect(bench.last).to_contain_text("84")
    expect(panel.locator(":focus")).to_have_count(1)
    tab_to(bench, "Close branches", "Shift+Tab")
    keys.press("Enter")
    expect(bench.button("Branches 3")).to_be_focused()
    expect(bench.button("Branches 3")).to_have_attribute("aria-expanded", "false")


def test_the_open_tree_and_the_comparison_meet_wcag_2_2_aa_in_every_theme(bench: Bench) -> None:
    """Axe finds nothing wrong in the drawer, and is unsure of nothing."""
    bench.page.emulate_media(reduced_motion="reduce")
    open_tree(bench)
    bench.page.set_viewport_size({"width": 1500, "height": TALL})
    bench.page.add_style_tag(content=f"{SEEN} {UNFOLDED}")
    bench.page.wait_for_function(ALL_IN_SIGHT)
    bench.page.add_script_tag(path=AXE)
    for theme, shade in THEMES:
        choose_theme(bench, theme)
        expect(bench.panel).to_have_attribute("data-shade", shade)
        expect(bench.page.locator("#jupyterlab-splash")).to_have_count(0)  # it covers the page while a theme loads
        for page in ("Compare", "Back to branches"):
            found = looked_at(bench)
            assert (found["wrong"], found["unsure"]) == ([], []), (theme, page)
            assert found["looked"]["color-contrast"] > 20, (theme, page)
            bench.button(page).click()


def looked_at(bench: Bench) -> dict[str, Any]:
    """What axe finds once it sees the panel: Lab lays out its page anew in each theme, and axe passes over the rest."""
    for _ in range(20):
        bench.page.wait_for_function(ALL_IN_SIGHT)
        found: dict[str, Any] = bench.panel.evaluate(LOOK, LEVELS)
        if found["looked"].get("color-contrast", 0) > 20:
            break
        bench.page.wait_for_timeout(500)
    return found
