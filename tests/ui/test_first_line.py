"""The thin line through every layer, in a real browser."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.ui.bench import LONG, Bench, Panel


def test_the_persistent_abuse_lesson_warns_ends_locks_and_an_edit_goes_on(bench: Bench) -> None:
    """The lesson is played from Python and seen in the panel: warned, ended, locked; opened again by its id it is
    ended there too; an edit there goes on beside the end, which the first panel still shows."""
    bench.open(
        "import convend_widget as cw\nchat = cw.Chat(scenario='persistent_abuse', pause=0.01); chat",
        "_ = await chat.aplay()",
        "again = cw.open(chat.conversation_id, pause=0); again",
    )
    bench.run(1)
    expect(bench.notice).to_be_visible(timeout=LONG)
    bench.settled(10)
    expect(bench.messages.first).to_contain_text("from the scenario")
    expect(bench.messages.get_by_text("The model asks for a change of course")).to_have_count(2)
    expect(bench.messages.get_by_text("Last warning: the model may end this conversation next")).to_have_count(1)
    expect(bench.composer).to_have_attribute("readonly", "")
    expect(bench.panel.get_by_text("Rehearsal – not Claude")).to_be_visible()

    bench.run(2)
    again = Panel(bench.page.locator(".cvd-root").nth(1))
    expect(again.notice).to_be_visible(timeout=LONG)
    expect(again.composer).to_have_attribute("readonly", "")
    again.notice.get_by_role("button", name="Edit an earlier message").click()
    again.panel.get_by_label("Edit your message", exact=True).fill("12 * 7")
    bench.page.keyboard.press("Enter")
    again.settled(10)
    expect(again.last).to_contain_text("84")
    expect(again.composer).to_be_editable()
    expect(bench.notice).to_be_visible()  # each chat is where it was; the tree is one
    expect(bench.messages.nth(8)).to_contain_text("1 / 2")
    assert bench.python("print(chat.ended, again.ended, len(chat.conversation))") == "True False 12"
