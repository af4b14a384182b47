"""The whole demonstration by keyboard alone, and keys that stay in the panel."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.ui.bench import LONG, RUDE, Bench

FOCUSED = "() => document.activeElement.ariaLabel ?? document.activeElement.textContent"
CHAT = "import convend_widget as cw\nchat = cw.Chat(pause={}); chat"
# Each does something to a notebook that has them: delete, insert, cut, turn into text, run, restart, undo, merge.
COMMANDS = "d d a b x m y 1 0 0 i i z s Shift+Enter Alt+Enter Control+Enter Shift+M ArrowUp k Delete Escape Escape"


def tab_to(bench: Bench, name: str, key: str = "Tab") -> None:
    """Press Tab, or Shift+Tab, until what is called ``name`` has the focus."""
    passed = []
    for _ in range(60):
        bench.page.keyboard.press(key)
        passed.append(bench.page.evaluate(FOCUSED).strip()[:40])
        if passed[-1] == name:
            return
    raise AssertionError(f"{name!r} cannot be reached with {key}. Passed: {passed}")


def test_the_whole_demonstration_by_keyboard_alone(bench: Bench) -> None:
    """From the cell that ran: say hello, be warned, see the end, edit an earlier message, go on, step between both."""
    bench.open(CHAT.format(0))
    keys = bench.page.keyboard
    tab_to(bench, "Your message")
    keys.type("hello")
    keys.press("Enter")
    bench.settled(2)
    for said in range(2, 6):
        keys.type(RUDE)
        keys.press("Enter")
        bench.settled(2 * said)
        expect(bench.composer).to_be_focused()
    expect(bench.notice).to_be_visible()
    expect(bench.composer).to_have_attribute("readonly", "")

    tab_to(bench, "Edit an earlier message", "Shift+Tab")
    keys.press("Enter")
    editor = bench.panel.get_by_label("Edit your message", exact=True)
    expect(editor).to_be_focused()
    tab_to(bench, "Earlier message")
    keys.press("Space")
    expect(editor).to_be_focused()
    keys.press("Escape")  # not yet: think again
    expect(editor).to_have_count(0)
    expect(bench.composer).to_be_focused()
    tab_to(bench, "Edit an earlier message", "Shift+Tab")
    keys.press("Space")
    expect(editor).to_be_focused()
    keys.press("Control+a")
    keys.type("12 * 7")
    keys.press("Enter")
    bench.settled(10)
    expect(bench.last).to_contain_text("84")
    expect(bench.composer).to_be_focused()

    tab_to(bench, "Previous version", "Shift+Tab")
    keys.press("Enter")
    expect(bench.notice).to_be_visible()
    tab_to(bench, "Next version")
    keys.press("Space")
    expect(bench.notice).to_have_count(0)
    expect(bench.last).to_contain_text("84")
    tab_to(bench, "Your message")
    keys.type("thanks")
    keys.press("Enter")
    bench.settled(12)
    expect(bench.last).to_contain_text("You are welcome")
    keys.press("ArrowUp")
    expect(bench.composer).to_have_value("thanks")
    keys.press("ArrowDown")
    expect(bench.composer).to_have_value("")
    for _ in range(3):  # and out again: no trap
        keys.press("Tab")
    expect(bench.panel.locator(":focus")).to_have_count(0)


def test_an_end_that_was_asked_for_by_keyboard_alone(bench: Bench) -> None:
    """Asked for, declined, asked for again and confirmed; why it could happen, feedback in words, and a new chat."""
    bench.open(CHAT.format(0))
    keys = bench.page.keyboard
    tab_to(bench, "Your message")
    for answer, messages in (("No, go on", 4), ("Yes, end it", 8)):
        keys.type("Please end this chat.")
        keys.press("Enter")
        bench.settled(messages - 2)
        tab_to(bench, answer, "Shift+Tab")
        keys.press("Enter")
        bench.settled(messages)
        expect(bench.composer).to_be_focused()
    notice = bench.panel.get_by_role("group", name="This conversation has ended, as you asked")
    expect(notice).to_be_visible()
    tab_to(bench, "Why could this happen?", "Shift+Tab")
    keys.press("Enter")
    expect(notice).to_contain_text("they confirmed it in their next message")
    tab_to(bench, "Give feedback", "Shift+Tab")
    keys.press("Space")
    keys.type("That was kind.")
    tab_to(bench, "Save feedback")
    keys.press("Enter")
    expect(bench.last).to_contain_text("That was kind.")
    tab_to(bench, "New chat", "Shift+Tab")
    keys.press("Enter")
    expect(bench.messages).to_have_count(0)
    expect(bench.composer).to_be_focused()
    expect(bench.composer).to_be_editable()


def test_no_key_in_the_panel_reaches_the_notebook(bench: Bench) -> None:
    """Before, during and after the lock, in a field, on a button and in the transcript: what notebooks take for
    commands changes no cell and runs none."""
    bench.open(CHAT.format(0.06), "first = 1", "second = 2")
    cells = bench.cells()
    assert len(cells) == 4
    transcript = bench.panel.get_by_role("region", name="Conversation")

    def press_everything() -> None:
        for key in COMMANDS.split():
            bench.page.keyboard.press(key)
        assert bench.cells() == cells

    for place in (transcript, bench.button("New chat"), bench.composer):
        place.focus()
        press_everything()
    bench.composer.fill("")
    bench.say("what can you do")  # the longest answer there is
    bench.streaming(2, "(Rehearsal)")
    for key in COMMANDS.split()[:-2]:
        bench.page.keyboard.press(key)
    expect(bench.last).to_have_attribute("aria-busy", "true")
    bench.page.keyboard.press("Escape")  # which stops, and does no more
    bench.settled(2)
    expect(bench.last).to_contain_text("Stopped by you")
    assert bench.cells() == cells

    bench.python(f'for _ in range(4): chat.say("{RUDE}")')
    cells = bench.cells()
    expect(bench.notice).to_be_visible(timeout=LONG)
    for place in (bench.composer, transcript, bench.notice.get_by_role("button", name="Give feedback"), bench.last):
        place.focus()
        expect(place).to_be_focused()
        press_everything()
    assert bench.python("print(first if 'first' in globals() else 'no cell ran')") == "no cell ran"
