"""The main job in Notebook 7, which draws the same panel in another host."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.ui.bench import LONG, RUDE, Bench


def test_the_main_job_in_notebook_7(bench: Bench) -> None:
    """Talk, stop, warn, end, lock, edit, step back, new chat: as in JupyterLab."""
    bench.open("import convend_widget as cw\nchat = cw.Chat(pause=0.06); chat", host="notebook")
    cells = bench.cells()
    bench.say("what can you do")
    bench.streaming(2, "(Rehearsal) No model")
    bench.page.keyboard.press("Escape")
    bench.settled(2)
    expect(bench.last).to_contain_text("Stopped by you")
    for said in range(2, 6):
        bench.say(RUDE)
        bench.settled(2 * said)
    expect(bench.notice).to_be_visible(timeout=LONG)
    expect(bench.composer).to_be_focused()
    expect(bench.composer).to_have_attribute("readonly", "")
    bench.page.keyboard.type("dd")
    bench.last.focus()
    bench.page.keyboard.type("ddx")
    assert bench.cells() == cells

    bench.notice.get_by_role("button", name="Edit an earlier message").click()
    bench.panel.get_by_label("Edit your message", exact=True).fill("12 * 7")
    bench.page.keyboard.press("Enter")
    bench.settled(10)
    expect(bench.last).to_contain_text("84")
    bench.messages.nth(8).get_by_role("button", name="Previous version").click()
    expect(bench.notice).to_be_visible()
    bench.notice.get_by_role("button", name="New chat").click()
    expect(bench.messages).to_have_count(0)
    expect(bench.composer).to_be_focused()
    bench.page.keyboard.type("hello")
    bench.page.keyboard.press("Enter")
    bench.settled(2)
    assert bench.python("print(len(chat.conversation.messages), len(cw.conversations()) >= 2)") == "2 True"
