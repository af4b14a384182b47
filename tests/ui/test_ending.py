"""The model ends a conversation in a real JupyterLab, and the person goes on."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

import convend_widget as cw
from tests.ui.bench import ENDED, LONG, RUDE, Bench

# Three hurtful remarks were made already; the next reply comes slowly enough to write a draft meanwhile.
WARNED = f"""import convend_widget as cw
before = cw.Chat(pause=0)
for text in ["hello", *["{RUDE}"] * 3]: before.say(text)
chat = cw.open(before.conversation_id, pause=0.25); chat"""
DRAFT = "half a thought that I"


def test_the_lock_keeps_focus_and_draft_and_a_new_chat_takes_the_draft_along(
    bench: Bench, lab: tuple[str, Path]
) -> None:
    """At the end the composer locks under the person's hands: focus and draft stay, nothing more is sent, the end is
    said once; New chat starts another conversation with the draft, and the ended one stays in the store."""
    bench.open(WARNED)
    expect(bench.panel).to_contain_text("Last warning: the model may end this conversation next")
    expect(bench.spoken).to_have_count(0)  # what was said before the panel opened is not read out
    bench.say(RUDE)
    bench.page.keyboard.type(DRAFT)
    bench.streaming(10, "(Rehearsal) I am ending")
    expect(bench.notice).to_have_count(0)  # words alone lock nothing
    bench.settled(10)
    expect(bench.notice).to_be_visible()
    for shown in ("two redirections and a last warning", "message 8", "Policy last_resort"):
        expect(bench.notice).to_contain_text(shown)

    expect(bench.composer).to_be_focused()
    expect(bench.composer).to_have_value(DRAFT)
    expect(bench.composer).to_have_attribute("readonly", "")
    expect(bench.composer).to_have_attribute("aria-disabled", "true")
    expect(bench.composer).to_have_js_property("disabled", False)
    expect(bench.composer).to_have_accessible_description(
        "This conversation has ended and takes no new message. What you wrote here stays and can be copied."
    )
    for key in ("Enter", "x", "Backspace"):
        bench.page.keyboard.press(key)
    expect(bench.composer).to_have_value(DRAFT)
    expect(bench.spoken.filter(has_text=ENDED)).to_have_count(1)
    expect(bench.panel.get_by_role("status").filter(has_text=ENDED)).to_have_count(0)

    ended = bench.python("print(chat.conversation_id)")
    bench.notice.get_by_role("button", name="New chat").click()
    expect(bench.messages).to_have_count(0)
    expect(bench.composer).to_be_focused()
    expect(bench.composer).to_have_value(DRAFT)
    bench.page.keyboard.press("Enter")
    bench.settled(2)
    expect(bench.messages.first).to_contain_text(DRAFT)
    fresh = bench.python("print(chat.conversation_id, chat.ended)")
    assert fresh.endswith(" False") and not fresh.startswith(ended)

    kept = cw.open(ended, store=lab[1] / "chats.db")  # in another process
    assert kept.ended and len(kept.conversation.messages) == 10
    with pytest.raises(cw.ConversationEnded):
        kept.say("one more")


@pytest.mark.fault(29)
def test_an_edit_goes_on_from_an_ended_chat_and_steps_lead_back_to_the_end(bench: Bench) -> None:
    """Edit an earlier message: a branch beside the ended one, which stays as it was and stays locked."""
    bench.open(WARNED.replace("pause=0.25", "pause=0"))
    bench.say(RUDE)
    expect(bench.notice).to_be_visible(timeout=LONG)
    bench.settled(10)

    bench.notice.get_by_role("button", name="Edit an earlier message").click()
    editor = bench.panel.get_by_label("Edit your message", exact=True)
    expect(editor).to_be_focused()
    expect(editor).to_have_value(RUDE)
    bench.button("Earlier message").click()
    bench.button("Earlier message").click()
    expect(editor).to_have_value(RUDE)  # the first of the three
    editor.fill("12 * 7")
    editor.press("Enter")
    bench.settled(6)
    expect(bench.last).to_contain_text("84")
    expect(bench.composer).to_be_focused()
    expect(bench.composer).to_be_editable()

    edited = bench.messages.nth(4)
    expect(edited).to_contain_text("2 / 2")
    edited.get_by_role("button", name="Previous version", exact=True).click()
    expect(bench.notice).to_be_visible()
    expect(bench.messages).to_have_count(10)
    expect(bench.messages.nth(4)).to_contain_text("1 / 2")
    expect(bench.messages.nth(4).get_by_role("button", name="Previous version", exact=True)).to_be_focused()
    expect(bench.composer).to_have_attribute("readonly", "")
    expect(bench.panel).to_contain_text("You are looking at another branch of this chat.")
    bench.messages.nth(4).get_by_role("button", name="Next version", exact=True).click()
    expect(bench.last).to_contain_text("84")
    expect(bench.composer).to_be_editable()

    facts = "c = chat.conversation; print(len(c.endings), [m.ended for m in c.messages].count(True), chat.ended)"
    assert bench.python(facts) == "1 1 False"

    bench.last.get_by_role("button", name="Retry", exact=True).click()
    expect(bench.last).to_contain_text("2 / 2")
    bench.settled(6)
    expect(bench.last).to_contain_text("84")


def test_feedback_on_an_ending_is_kept_with_the_conversation(bench: Bench) -> None:
    """Give feedback: a thumb and words, stored with the message that ended the conversation."""
    bench.open(WARNED.replace("pause=0.25", "pause=0"))
    bench.say(RUDE)
    expect(bench.notice).to_be_visible(timeout=LONG)
    bench.notice.get_by_role("button", name="Give feedback").click()
    form = bench.panel.get_by_role("group", name="Feedback on this message")
    words = form.get_by_role("textbox")
    expect(words).to_be_focused()
    words.fill("It came later than I thought.")
    form.get_by_role("button", name="Bad reply").click()
    expect(form.get_by_role("button", name="Bad reply")).to_have_attribute("aria-pressed", "true")
    expect(words).to_have_value("It came later than I thought.")
    form.get_by_role("button", name="Save feedback").click()
    expect(form).to_have_count(0)
    expect(bench.last).to_contain_text("It came later than I thought.")
    given = "f = chat.conversation.feedback; print(len(f), chat.conversation.messages[-1].ended, f)"
    told = bench.python(given)
    assert told.startswith("1 True") and "down" in told and "It came later than I thought." in told
    expect(bench.composer).to_have_attribute("readonly", "")  # feedback opens nothing again


@pytest.mark.fault(26)
def test_an_end_that_was_asked_for_comes_only_after_yes(bench: Bench) -> None:
    """The model asks first: No goes on, Yes ends, and who confirmed is on record."""
    bench.open("import convend_widget as cw\nchat = cw.Chat(pause=0); chat")
    card = bench.panel.get_by_role("group", name="End this conversation?")
    bench.say("Please end this chat.")
    expect(card).to_be_visible(timeout=LONG)
    expect(bench.composer).to_be_editable()
    card.get_by_role("button", name="No, go on").click()
    bench.settled(4)
    expect(bench.last).to_contain_text("the conversation stays open")
    expect(card).to_have_count(0)

    bench.say("Please end this chat.")
    expect(card).to_be_visible(timeout=LONG)
    card.get_by_role("button", name="Yes, end it").click()
    bench.settled(8)
    expect(bench.panel.get_by_role("group", name="This conversation has ended, as you asked")).to_be_visible()
    expect(bench.composer).to_have_attribute("readonly", "")
    assert bench.python("e = chat.ending; print(e.trigger, e.confirmed_by)") == "user_request panel"
