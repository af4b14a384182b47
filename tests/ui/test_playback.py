"""Playback in JupyterLab: an ended chat is shown once more, by keyboard and from Python, and stays as it is."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.ui.bench import LONG, Bench
from tests.ui.test_by_keyboard import tab_to

PLAYED = """import convend_widget as cw
chat = cw.Chat(scenario="persistent_abuse", pause=0)
replies = chat.play()
before = (chat.conversation.digest, chat.head)
chat"""
SAME = "print((chat.conversation.digest, chat.head) == before)"
ENDED_HERE = "Here the conversation ended."


def test_an_ended_chat_is_played_again_by_keyboard_and_from_python(bench: Bench) -> None:
    """Play, pause, step, leave; then a branch of Python's choice, while the kernel does nothing but watch."""
    bench.open(PLAYED)
    bench.settled(10)
    player = bench.panel.get_by_role("group", name="Playback", exact=True)
    keys = bench.page.keyboard
    bench.composer.focus()
    tab_to(bench, "Play this branch again", "Shift+Tab")
    keys.press("Enter")
    expect(player.get_by_role("button", name="Pause")).to_be_focused(timeout=LONG)
    expect(player).to_contain_text("Playback – nothing is sent")
    expect(bench.composer).to_be_hidden()
    expect(bench.messages).not_to_have_count(10)
    keys.press("Space")
    expect(player.get_by_role("button", name="Play", exact=True)).to_be_focused()

    cells = bench.cells()
    for key in ("d", "d", "Home"):
        keys.press(key)  # no cell goes from here, and the transcript's keys are not the player's
    for _ in range(10):
        keys.press("ArrowRight")
    expect(player).to_contain_text("Message 10 of 10")
    expect(player).to_contain_text(ENDED_HERE)
    expect(bench.notice).to_be_visible()
    keys.press("ArrowLeft")
    expect(bench.messages).to_have_count(9)
    expect(bench.notice).to_be_hidden()
    keys.press("Escape")
    expect(bench.button("Play this branch again")).to_be_focused()
    expect(bench.messages).to_have_count(10)
    expect(bench.composer).to_have_attribute("aria-disabled", "true")
    assert bench.cells() == cells

    assert bench.python("chat.playback(chat.conversation.messages[3], speed=8)\n" + SAME) == "True"
    expect(player).to_contain_text("Message 4 of 4", timeout=LONG)
    expect(player).to_contain_text("This is where the branch stops.")
    assert bench.complaints == []


def test_a_class_watches_a_lesson_turn_by_turn_and_begins_it_anew(bench: Bench) -> None:
    """By keyboard alone: one step, then play at eight times the speed to the ending, then a new beginning."""
    bench.open('import convend_widget as cw\nchat = cw.Chat(scenario="persistent_abuse", pause=0.01)\nchat')
    lesson = bench.panel.get_by_role("group", name="Lesson", exact=True)
    expect(lesson).to_contain_text("Lesson: Persistent abuse", timeout=LONG)
    expect(lesson).to_contain_text("5 turns, not begun")
    keys = bench.page.keyboard
    bench.composer.focus()
    tab_to(bench, "Play the lesson", "Shift+Tab")
    keys.press("ArrowRight")
    expect(lesson).to_contain_text("Turn 1 of 5", timeout=LONG)
    bench.settled(2)
    tab_to(bench, "8×")
    keys.press("Enter")
    expect(lesson.get_by_role("button", name="8×")).to_have_attribute("aria-pressed", "true")
    tab_to(bench, "Play the lesson", "Shift+Tab")
    keys.press("Space")
    expect(lesson).to_contain_text("Turn 5 of 5", timeout=LONG)
    bench.settled(10)
    expect(bench.notice).to_be_visible()
    expect(lesson).to_contain_text("The model has ended this conversation.")
    tab_to(bench, "Begin the lesson anew, in a new chat", "Shift+Tab")
    keys.press("Enter")
    expect(bench.messages).to_have_count(0)
    expect(lesson).to_contain_text("5 turns, not begun")
    assert bench.python("print(chat.ended)") == "False"
    assert bench.complaints == []
