"""JupyterLab's part for everybody: what axe-core finds in it, and the sidebar by keyboard alone."""

from __future__ import annotations

from collections import Counter
from typing import Any

from playwright.sync_api import expect

import convend_widget as cw
from convend_widget.interchange.json_format import export_json
from convend_widget.panel.document import whole
from tests.interchange.trees import ended_talk, stored
from tests.ui.axe import AXE, LEVELS, LOOK, SEEN, THEMES, choose_theme
from tests.ui.bench import LONG, Bench, Panel

CHATS = """import convend_widget as cw
for scenario in ('calm', 'persistent_abuse'): cw.Chat(scenario=scenario, pause=0).play()
warned = cw.Chat(pause=0)
for text in 3 * ['You are useless.']: warned.say(text)
warned"""
# What of the page is ours: the list, its line in the status bar, the card, a chat beside the notebook, a document.
OURS = (".cvd-shelf", ".cvd-shelf-line", ".jp-LauncherCard[title='New Chat']", ".cvd-tab", ".cvd-viewer")


def test_axe_finds_nothing_in_what_jupyterlab_has_of_it_in_any_theme(bench: Bench) -> None:
    page = bench.page
    page.emulate_media(reduced_motion="reduce")
    talk = ended_talk()
    file = bench.root / f"{bench.name}.convend.json"
    file.write_text(export_json(talk.now, stored(talk), transcript=whole(talk.now, talk.tip)), "ascii")
    bench.open(CHATS)
    page.locator('.jp-SideBar [data-id="convend-shelf"]').click()
    expect(page.locator(".cvd-shelf li[data-state=ended]").first).to_be_visible(timeout=LONG)
    page.evaluate("void jupyterapp.commands.execute('launcher:create')")
    page.evaluate("void jupyterapp.commands.execute('convend:new-chat-beside')")
    expect(Panel(page.locator(".cvd-tab .cvd-root")).composer).to_be_visible(timeout=LONG)
    bench.beside(file.name)
    expect(page.locator(".cvd-viewer article").first).to_be_visible(timeout=LONG)
    page.add_style_tag(content=SEEN)
    page.add_script_tag(path=AXE)
    for theme, _ in THEMES:
        choose_theme(bench, theme)
        expect(page.locator("body")).to_have_attribute("data-jp-theme-name", theme)
        expect(page.locator("#jupyterlab-splash")).to_have_count(0)
        looked: Counter[str] = Counter()
        for place in OURS:
            page.locator(place).scroll_into_view_if_needed()
            found: dict[str, Any] = page.locator(place).evaluate(LOOK, LEVELS)
            assert (place, found["wrong"], found["unsure"]) == (place, [], [])
            looked.update(found["looked"])
        assert looked["color-contrast"] > 20, "axe took most of what is written for hidden"
        assert min(looked[rule] for rule in ("target-size", "button-name", "label", "list")) > 0


def test_the_sidebar_by_keyboard_alone_from_its_kernel_to_a_chat(bench: Bench) -> None:
    """Start a kernel for the list, find, rename, archive, bring back, open: the focus is never lost on the way. And the
    kernel is one for all pages, with a name of its own among those that run."""
    page, keys = bench.page, bench.page.keyboard
    for text in ("A lynx", "A lynx and another"):
        cw.Chat(store=bench.root / "chats.db", pause=0).say(text)
    try:
        page.goto(f"{bench.address}/lab?reset")
        expect(page.locator(".jp-LauncherCard").first).to_be_visible(timeout=LONG)  # it takes the focus, last of all
        page.evaluate("jupyterapp.commands.execute('convend:show-chats')")
        search = page.get_by_role("searchbox", name="Find a chat")
        expect(search).to_be_focused(timeout=LONG)
        keys.press("Tab")
        keys.press("Tab")
        expect(page.get_by_role("button", name="Start a kernel for the list")).to_be_focused()
        keys.press("Enter")
        expect(search).to_be_focused()
        rows = page.locator(".cvd-shelf").get_by_role("listitem")
        expect(rows.first).to_be_visible(timeout=LONG)
        keys.type("lynx")
        expect(rows).to_have_count(2, timeout=LONG)
        for _ in range(3):
            keys.press("Tab")
        expect(rows.first.get_by_role("button", name="Rename")).to_be_focused()
        keys.press("Enter")
        expect(page.locator(".jp-Dialog input")).to_be_focused()
        keys.press("Control+a")
        keys.type("Paws of a lynx")
        keys.press("Enter")
        expect(rows.first).to_contain_text("Paws of a lynx", timeout=LONG)
        expect(rows.first.get_by_role("button", name="Rename")).to_be_focused()
        keys.press("Tab")
        keys.press("Enter")
        expect(rows).to_have_count(1, timeout=LONG)
        expect(rows.locator(".cvd-shelf-open")).to_be_focused()
        keys.press("Shift+Tab")
        keys.press("Space")
        expect(rows).to_contain_text("Paws of a lynx")
        for _ in range(3):
            keys.press("Tab")
        keys.press("Enter")
        expect(rows).to_have_count(0, timeout=LONG)
        expect(search).to_be_focused()

        page.reload()
        expect(rows.first).to_be_visible(timeout=LONG)  # without a press of the button
        assert [s["name"] for s in bench.rest("sessions") if s["path"] == "convend-chats"] == ["List of chats"]
        search.focus()
        keys.press("Tab")
        keys.press("Tab")
        keys.press("Enter")
        expect(bench.messages).to_have_count(2, timeout=LONG)
    finally:
        for session in bench.rest("sessions"):
            if session["path"] == "convend-chats" or session["path"].startswith("Chat"):
                bench.rest(f"sessions/{session['id']}", "DELETE")
