"""What JupyterLab itself has of it: the launcher, the commands, the sidebar, the status bar, and the viewer."""

from __future__ import annotations

import re
from collections.abc import Iterator

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output
from playwright.sync_api import Locator, expect

from convend_widget.panel.transcript import bundle
from tests.interchange.trees import ended_talk
from tests.ui.bench import LONG, Bench, Panel

SLOW = "import convend_widget as cw\nchat = cw.Chat(pause=0.5); chat"
LONG_ANSWER = "what can you do"
COMMANDS = ["new-chat", "open", "play-scenario", "stop", "export", "show-chats"]


@pytest.fixture
def tidy(bench: Bench) -> Iterator[Bench]:
    """A bench that also ends the kernels of notebooks that commands have made."""
    before = {session["id"] for session in bench.rest("sessions")}
    yield bench
    for session in bench.rest("sessions"):
        if session["id"] not in before:
            bench.rest(f"sessions/{session['id']}", "DELETE")


def sidebar(bench: Bench) -> Locator:
    bench.page.locator('.jp-SideBar [data-id="convend-shelf"]').click()
    return bench.page.locator(".cvd-shelf")


def test_a_chat_from_the_launcher_is_listed_found_renamed_archived_and_gone_back_to(tidy: Bench) -> None:
    page = tidy.page
    page.goto(f"{tidy.address}/lab?reset")
    page.locator(".jp-LauncherCard", has_text="New Chat").click(timeout=LONG)
    expect(tidy.composer).to_be_visible(timeout=LONG)
    expect(page.locator(".jp-CodeCell .cm-content").first).to_contain_text("chat = cw.Chat()")
    tidy.say("A zebra")
    tidy.settled(2)

    shelf = sidebar(tidy)
    found = shelf.get_by_role("listitem")
    shelf.get_by_role("searchbox", name="Find a chat").fill("zebra")
    expect(found).to_have_count(1, timeout=LONG)
    expect(found).to_contain_text("A zebra")
    expect(found).to_contain_text("open")
    found.get_by_role("button", name="Rename").click()
    page.locator(".jp-Dialog input").fill("  Stripes <b> ")
    page.keyboard.press("Enter")
    expect(found.locator(".cvd-shelf-title")).to_have_text("Stripes <b>", timeout=LONG)
    found.get_by_role("button", name="Archive").click()
    expect(found).to_have_count(0, timeout=LONG)
    shelf.get_by_role("checkbox", name="Archived").check()
    found.get_by_role("button", name="Bring back").click()
    expect(found).to_have_count(0, timeout=LONG)
    shelf.get_by_role("checkbox", name="Archived").uncheck()
    expect(found).to_have_count(1, timeout=LONG)

    page.evaluate("jupyterapp.commands.execute('launcher:create')")
    expect(tidy.composer).to_be_hidden(timeout=LONG)
    found.locator(".cvd-shelf-open").click()
    expect(tidy.composer).to_be_visible(timeout=LONG)  # the notebook that has it open already
    assert len([s for s in tidy.rest("sessions") if re.fullmatch(r"Chat( \d+)?\.ipynb", s["path"])]) == 1


def test_commands_stop_and_export_the_chat_in_sight_and_the_document_shows_in_the_viewer(tidy: Bench) -> None:
    page = tidy.page
    tidy.open(SLOW)
    known = "names => names.filter(name => jupyterapp.commands.hasCommand(`convend:${name}`))"
    assert page.evaluate(known, COMMANDS) == COMMANDS
    assert page.evaluate("jupyterapp.commands.isEnabled('convend:stop')") is False
    tidy.say(LONG_ANSWER)
    tidy.streaming(2, "(Rehearsal)")
    expect(page.locator(".cvd-shelf-line")).to_have_text("Chats: 1 replying", timeout=LONG)
    page.evaluate("jupyterapp.commands.execute('convend:stop')")
    tidy.settled(2)
    expect(tidy.last).to_contain_text("Stopped")
    expect(page.locator(".cvd-shelf-line")).to_have_text("Chats", timeout=LONG)

    page.evaluate("jupyterapp.commands.execute('convend:export', { format: '.convend.json' })")
    [written] = tidy.root.glob("Chat*.convend.json")
    tidy.beside(written.name)
    copy = Panel(page.locator(".cvd-viewer .cvd-root"))
    expect(copy.messages).to_have_count(2, timeout=LONG)
    expect(copy.last).to_contain_text("Stopped")
    expect(copy.composer).to_be_hidden()


def test_a_copy_that_was_drawn_goes_when_a_live_panel_comes_above_it(bench: Bench) -> None:
    """A new cell's copy may be in sight for a moment, before the panel is there. Drawn twice, a chat would have each of
    its messages twice in the page."""
    talk = ended_talk()
    outputs = [
        new_output("display_data", data={"text/plain": "the view"}),
        new_output("display_data", data=bundle(talk.now, talk.tip)),
    ]
    gone = {"kernelspec": {"name": "gone", "display_name": "Gone", "language": "gone"}}
    book = new_notebook(metadata=gone, cells=[new_code_cell("chat", outputs=outputs)])
    nbformat.write(book, bench.root / f"{bench.name}.ipynb")
    bench.visit_without_kernel()
    copy = bench.page.locator(".cvd-static")
    expect(copy.get_by_role("article")).not_to_have_count(0, timeout=LONG)
    view = bench.page.locator(".jp-OutputArea-child").first
    view.evaluate("e => e.append(Object.assign(document.createElement('i'), { className: 'cvd-root' }))")
    expect(copy.locator(".cvd-root")).to_have_count(0)
    view.evaluate("e => e.querySelector('.cvd-root').remove()")
    expect(copy.get_by_role("article")).not_to_have_count(0)
