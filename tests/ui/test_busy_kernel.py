"""The panel while a cell runs, on this ipykernel in a real JupyterLab."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.ui.bench import LONG, Bench

LONG_ANSWER = "what can you do"
BEGINS = "(Rehearsal) No model"
RUNNING = re.compile(r"\[\*\]")


@pytest.mark.fault(41)
def test_send_and_stop_work_while_a_cell_blocks_the_kernel(bench: Bench, tmp_path: Path) -> None:
    """A cell that holds the main thread until the test lets it go: meanwhile a message is sent, answered, stopped and
    sent again, each once."""
    go = tmp_path / "go"
    bench.open(
        "import convend_widget as cw\nchat = cw.Chat(pause=0.06); chat",
        f"import os, time\nwhile not os.path.exists({str(go)!r}): time.sleep(0.05)",
    )
    bench.run(1)
    expect(bench.prompt(1)).to_have_text(RUNNING)
    bench.say("hello")
    bench.settled(2)
    expect(bench.last).to_contain_text("Hello, and welcome")
    bench.say(LONG_ANSWER)
    bench.streaming(4, BEGINS)
    bench.button("Stop").click()
    bench.settled(4)
    expect(bench.last).to_contain_text("Stopped by you")
    expect(bench.prompt(1)).to_have_text(RUNNING)
    go.touch()
    expect(bench.prompt(1)).not_to_have_text(RUNNING, timeout=LONG)
    kept = "print([(m.role, m.state.value if m.state else None) for m in chat.conversation.messages])"
    assert bench.python(kept) == str(
        [("user", None), ("assistant", "settled"), ("user", None), ("assistant", "stopped")]
    )


@pytest.mark.fault(41)
def test_the_panel_shows_and_stops_what_a_cell_waits_for(bench: Bench) -> None:
    """``chat.say`` holds its cell until the reply is whole; the panel shows it grow, and its Stop lets the cell go on
    with what arrived."""
    say = f"reply = chat.say({LONG_ANSWER!r})\nprint(reply.state.value, reply.text)"
    bench.open("import convend_widget as cw\nchat = cw.Chat(pause=0.06); chat", say, "await chat.asay('12 * 7')")
    bench.run(1)
    bench.streaming(2, BEGINS)
    expect(bench.messages.first).to_contain_text("sent from Python")
    expect(bench.prompt(1)).to_have_text(RUNNING)
    bench.button("Stop").click()
    bench.settled(2)
    expect(bench.prompt(1)).not_to_have_text(RUNNING, timeout=LONG)
    expect(bench.output(1)).to_contain_text("stopped (Rehearsal) No model")
    bench.run(2)
    expect(bench.output(2)).to_contain_text("84", timeout=LONG)
    bench.settled(4)
    expect(bench.last).to_contain_text("84")
