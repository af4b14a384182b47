"""Reloads, kernels that restart or die, and notebooks that are opened without one, in a real JupyterLab."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import nbformat
import pytest
from nbformat.sign import NotebookNotary
from playwright.sync_api import expect

from tests.ui.bench import ENDED, LONG, RUDE, Bench, Panel, words

CHAT = "import convend_widget as cw\nchat = cw.Chat(pause=0.12); chat"
LONG_ANSWER = "what can you do"
BEGINS = "(Rehearsal) No model"
ENDS = "After an ending, start a new chat or edit an earlier message."
# A lease lapses after ten seconds without a heartbeat; the test need not wait that long.
REOPEN = """import convend_widget as cw
from convend_widget.session import recovery
assert recovery.LEASE
recovery.LEASE = 1.5
chat = cw.open(conversation, pause=0); chat"""
HOSTILE = (
    "<script>spoilt = 1</script><img src='https://example.com/a.png' onerror='spoilt = 1'> ![](https://example.com/b)"
)
WRITTEN = f"""import convend_widget as cw
chat = cw.Chat(pause=0)
for text in [{HOSTILE!r}, *["{RUDE}"] * 4]: chat.say(text)
chat"""


@pytest.mark.fault(38)
def test_a_reload_in_mid_stream_loses_no_word_and_no_draft(bench: Bench) -> None:
    """The stream goes on in the kernel while the page is away; the view comes back, catches up, and has the draft."""
    bench.open(CHAT, "chat")
    bench.say(LONG_ANSWER)
    bench.streaming(2, BEGINS)
    bench.page.keyboard.type("next I would ask")
    bench.page.wait_for_function("Object.values(sessionStorage).includes('next I would ask')")
    bench.save()
    before = words(bench.last.locator(".cvd-prose").inner_text())
    bench.page.reload()
    expect(bench.composer).to_be_visible(timeout=LONG)
    expect(bench.composer).to_have_value("next I would ask")
    bench.settled(2)
    expect(bench.last).to_contain_text(ENDS)
    bench.kernel_runs()
    whole = bench.python("print(chat.conversation.head.text)")
    bench.shows(1, whole)
    assert words(whole).startswith(before) and len(words(whole)) > len(before)
    assert bench.python("print(len(chat.conversation.messages), chat.conversation.head.state.value)") == "2 settled"


@pytest.mark.fault(38)
def test_after_a_reload_that_lost_the_output_the_chat_is_shown_again(bench: Bench) -> None:
    """A notebook that was not saved comes back without its outputs; the chat in the kernel went on, and one cell
    shows it."""
    bench.page.on("dialog", lambda dialog: dialog.accept())  # leave without saving
    bench.open(CHAT, "chat")
    bench.say(LONG_ANSWER)
    bench.streaming(2, BEGINS)
    bench.page.reload()
    bench.kernel_runs()
    expect(bench.panel).to_have_count(0)
    bench.run(1)
    bench.settled(2)
    expect(bench.last).to_contain_text(ENDS)
    assert bench.python("print(len(chat.conversation.messages), chat.conversation.head.state.value)") == "2 settled"


@pytest.mark.fault(39)
@pytest.mark.parametrize("way", ["restarted", "killed"])
def test_a_reply_whose_kernel_went_is_partial_after_reopening_and_retry_makes_it_whole(bench: Bench, way: str) -> None:
    """What had arrived a second before is kept and marked; the same conversation opens by its id in the new kernel."""
    bench.open(CHAT, REOPEN)
    conversation, pid = bench.python("import os; print(chat.conversation_id, os.getpid())").split()
    bench.say(LONG_ANSWER)
    bench.streaming(2, BEGINS)
    expect(bench.last).to_contain_text("Small answers", timeout=LONG)  # more than a second's worth
    if way == "killed":
        os.kill(int(pid), signal.SIGKILL)
        bench.page.locator(".jp-Dialog").get_by_role("button", name="Ok").click(timeout=LONG)
    else:
        bench.page.get_by_role("button", name="Restart the kernel", exact=True).click()
        bench.page.get_by_role("button", name="Confirm Kernel Restart").click()
    bench.kernel_runs()
    bench.python(f"conversation = '{conversation}'")
    bench.run(1)
    again = Panel(bench.page.locator(".cvd-root").nth(1))
    again.settled(2)
    expect(again.last).to_contain_text("The kernel that wrote this reply went away.")
    expect(again.last).to_contain_text(BEGINS)
    expect(again.last).not_to_contain_text(ENDS)
    told = "m = chat.conversation.head; print(m.state.value, m.cut_by, m.ended, m.text)"
    state, cut_by, ended, text = bench.python(told).split(" ", 3)
    assert (state, cut_by, ended) == ("interrupted", "kernel", "False")
    again.shows(1, text)
    again.last.get_by_role("button", name="Retry", exact=True).first.click()
    expect(again.last).to_contain_text("2 / 2")
    again.settled(2)
    expect(again.last).to_contain_text(ENDS)


@pytest.mark.fault(39)
def test_a_saved_notebook_without_its_kernel_shows_the_transcript(bench: Bench, lab: tuple[str, Path]) -> None:
    """One transcript is seen: the live panel while there is one, else the saved one, with the end in it and nothing
    in it that runs or loads; with a fresh kernel, without any, trusted or not, and as plain HTML where JupyterLab has
    no part of ours."""
    saved = bench.page.locator(".cvd-static")
    bench.open(WRITTEN)
    expect(bench.notice).to_be_visible(timeout=LONG)
    expect(saved).to_be_attached()
    expect(saved).to_be_hidden()
    bench.save()
    bench.shut_down()

    bench.excuses[r"^Error: widget model not found"] = "ipywidgets, of a saved view whose kernel is gone"
    path = bench.root / f"{bench.name}.ipynb"
    book = nbformat.read(path, as_version=4)
    assert [sorted(o["data"]) for o in book.cells[0].outputs] == [
        ["application/vnd.jupyter.widget-view+json", "text/plain"],
        ["application/vnd.convend+json", "text/html", "text/plain"],
    ]
    bench.visit()  # trusted still, and with a kernel that knows nothing
    transcript_is_whole(bench)
    bench.page.goto("about:blank")
    bench.shut_down()

    book.metadata = {"kernelspec": {"name": "gone", "display_name": "Gone", "language": "gone"}}
    for trusted in (False, True):
        if trusted:
            NotebookNotary(data_dir=str(lab[1] / "data")).sign(book)
        nbformat.write(book, path)
        bench.visit_without_kernel()
        transcript_is_whole(bench)
        # Lab tries to show the view only where it trusts; else it shows its plain text.
        expect(bench.output(0)).to_contain_text("Loading widget..." if trusted else "Chat(rehearsal, last_resort, ")
        assert bench.kernels() == []

    bench.without_lab_part()
    bench.visit_without_kernel()
    html_is_whole(bench)


def transcript_is_whole(bench: Bench) -> None:
    """As the panel shows it, to be read: without the composer and whatever else would need a kernel."""
    saved = bench.page.locator(".cvd-static")
    expect(saved).to_have_count(1, timeout=LONG)
    expect(saved.get_by_role("article")).to_have_count(10, timeout=LONG)
    for text in (
        "A saved copy, to be read.",
        RUDE,
        "Last warning: the model may end this conversation next",
        ENDED,
        "<script>spoilt = 1</script>",
    ):
        expect(saved).to_contain_text(text)
    assert saved.locator("script, img, iframe, object, form, [onerror], [style*=url]").count() == 0
    assert saved.locator("textarea:visible, input:visible").count() == 0
    names = set(saved.locator("button:visible").evaluate_all(NAMES))
    assert names <= {
        "Copy",
        "Copy code",
        "Branches",
        "Find in this conversation",
        "Play this branch again",
        "message 4",
        "message 6",
        "message 8",
    }
    assert bench.page.evaluate("typeof spoilt") == "undefined"


NAMES = "buttons => buttons.map(b => b.ariaLabel || b.innerText)"


def html_is_whole(bench: Bench) -> None:
    saved = bench.page.locator(".cvd-static")
    expect(saved).to_have_count(1, timeout=LONG)
    expect(saved).to_be_visible()
    expect(bench.panel).to_have_count(0)
    for text in (RUDE, "Last warning: the model may end this conversation next.", ENDED, "<script>spoilt = 1</script>"):
        expect(saved).to_contain_text(text)
    assert saved.locator("script, img, iframe, object, form, input, button, [onerror], [style*=url]").count() == 0
    assert bench.page.evaluate("typeof spoilt") == "undefined"
