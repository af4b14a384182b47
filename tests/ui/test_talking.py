"""Talking in the panel, in a real JupyterLab: send, stream, stop, retry, feedback."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.ui.bench import Bench

SLOW = "import convend_widget as cw\nchat = cw.Chat(pause=0.06); chat"
LONG_ANSWER = "what can you do"  # the rehearsal's longest


BEGINS = "(Rehearsal) No model"
ENDS = "After an ending, start a new chat or edit an earlier message."


def test_a_reply_streams_and_stop_keeps_what_came(bench: Bench) -> None:
    """Enter sends; the reply grows word by word; Stop and Esc cut it at once; what was seen is what is kept; Retry
    brings a whole reply beside it."""
    bench.open(SLOW)
    bench.say("hello")
    expect(bench.composer).to_have_value("")
    bench.settled(2)
    expect(bench.last).to_contain_text("(Rehearsal) Hello, and welcome.")
    expect(bench.spoken).to_have_count(2)  # the question and the answer, each once, however often it grew

    bench.say(LONG_ANSWER)
    bench.streaming(4, BEGINS)
    bench.button("Stop").click()
    bench.settled(4)
    expect(bench.last).to_contain_text("Stopped by you")

    bench.say(LONG_ANSWER)
    bench.streaming(6, BEGINS)
    bench.page.keyboard.press("Escape")
    bench.settled(6)
    expect(bench.last).to_contain_text("Stopped by you")
    expect(bench.composer).to_be_focused()
    kept = {}
    for at in (3, 5):
        told = bench.python(f"m = chat.conversation.messages[{at}]; print(m.state.value, m.text)")
        state, kept[at] = told.split(" ", 1)
        assert state == "stopped" and ENDS not in kept[at]
        bench.shows(at, kept[at])

    bench.last.get_by_role("button", name="Retry", exact=True).first.click()
    expect(bench.last).to_contain_text("2 / 2")
    bench.settled(6)
    expect(bench.last).to_contain_text(ENDS)
    bench.last.get_by_role("button", name="Previous version").click()
    expect(bench.last).to_contain_text("Stopped by you")
    bench.shows(5, kept[5])
