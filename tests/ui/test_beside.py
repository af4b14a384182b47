"""A chat in a tab beside a notebook, in the notebook's kernel; and what of JupyterLab's part is back after a reload."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from convend_widget.interchange.json_format import export_json
from convend_widget.panel.document import whole
from tests.interchange.trees import ended_talk, stored
from tests.ui.bench import LONG, Bench, Panel

MINE = "chat = 'mine'; print(chat)"
# What the cells have left behind: names in order of their coming, and the history without this cell.
LEFT = "print(*[n for n in globals() if n[0] != '_'], '|', len(In) - 1, len(Out), globals().get('_'))"


@pytest.mark.fault(38, 39)
def test_a_chat_beside_a_notebook_adds_one_name_to_it_and_is_back_after_a_reload_and_after_a_restart(
    bench: Bench,
) -> None:
    """And after the reload the sidebar, the status bar and a document's viewer are as they were, too."""
    page = bench.page
    talk = ended_talk()
    document = bench.root / f"{bench.name}.convend.json"
    document.write_text(export_json(talk.now, stored(talk), transcript=whole(talk.now, talk.tip)), "ascii")
    bench.write(MINE)
    bench.visit()
    bench.run(0)
    expect(bench.output(0)).to_contain_text("mine", timeout=LONG)
    names, history = bench.python(LEFT).split(" | ")
    cells = int(history.split()[0])
    page.locator('.jp-SideBar [data-id="convend-shelf"]').click()
    shelf = page.locator(".cvd-shelf")
    shelf.get_by_role("button", name="Beside the notebook").click()
    beside = Panel(page.locator(".cvd-tab .cvd-root"))
    expect(beside.composer).to_be_focused(timeout=LONG)
    page.keyboard.type("12 * 7")
    page.keyboard.press("Enter")
    beside.settled(2)
    rest = history.removeprefix(str(cells))
    assert bench.python(LEFT) == f"{names} chat_2 | {cells + 1}{rest}"
    assert bench.python("print(chat, chat_2.conversation.head.text)").startswith("mine (Rehearsal) 12 × 7 = 84.")

    bench.save()
    beside.composer.click()  # the chat in sight is the tab's now
    page.evaluate("jupyterapp.commands.execute('convend:export', { format: '.md' })")
    [written] = [path for path in bench.root.glob("Chat*.md") if "12 * 7" in path.read_text("utf-8")]
    written.unlink()

    bench.beside(document.name)
    viewer = page.locator(".cvd-viewer")
    expect(viewer).to_contain_text("Let us start over.", timeout=LONG)
    page.reload()
    expect(beside.messages).to_have_count(2, timeout=LONG)
    expect(page.locator(".cvd-tab")).to_contain_text("In Python: chat_2")
    expect(viewer).to_contain_text("Let us start over.")
    expect(shelf).to_contain_text("12 * 7")
    expect(page.locator(".cvd-shelf-line")).to_have_text("Chats")

    bench.excuses["^Could not restore the debugger state"] = "JupyterLab, of a kernel restarted soon after a reload"
    bench.page.get_by_role("button", name="Restart the kernel", exact=True).click()
    bench.page.get_by_role("button", name="Confirm Kernel Restart").click()
    expect(page.locator(".cvd-tab")).to_contain_text("What was said is kept.")
    page.get_by_role("button", name="Open it again").click()
    expect(beside.messages).to_have_count(2, timeout=LONG)
    expect(page.locator(".cvd-tab")).to_contain_text("In Python: chat")
