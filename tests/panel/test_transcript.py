"""The saved transcript reads well without kernel, scripts and style, and nothing in it can act."""

from __future__ import annotations

import json
from typing import Any

import pytest

from convend_widget.conversation import (
    BranchArchived,
    FeedbackGiven,
    MessageMarked,
    ReplySettled,
    SettingsRecorded,
    StepOpened,
)
from convend_widget.panel import transcript
from convend_widget.panel.document import MIME
from convend_widget.panel.transcript import CLASS, LINES, Drawings, bundle
from tests.conversation.build import Talk, call, end, text
from tests.test_markup import HOSTILE, Seen

HTML = "text/html"
OURS = {"div", "h4", "hr", "strong", "small", "details", "summary", "bdi", "em", "p", "blockquote", "ul", "li", "code"}


def saved(talk: Talk, head: str | None = None, drawings: Drawings | None = None) -> dict[str, Any]:
    return bundle(talk.now, head or talk.tip, drawings)


def ended() -> Talk:
    talk = Talk()
    talk.warned_enough()
    talk.turn([text("I think it is **best** to stop here."), end(reason="It did not get better.")], words="Rude words.")
    return talk


def test_an_ended_conversation_says_why_what_came_before_and_what_goes_on():
    page = Seen(saved(ended())[HTML]).text
    for words in (
        "Conversation with model-a",
        "You",
        "Rude words.",
        "The model asked for a change of course.",
        "Last warning",
        "The model has ended this conversation",
        "had given a last warning",
        "In the model’s words: It did not get better.",
        "Warned before: redirect, redirect, final warning.",
        "A new chat, or an edit of an earlier message, goes on.",
        "Policy last_resort",
        'convend_widget.open("c1")',
    ):
        assert words in page


def test_messages_are_no_lines_of_labs_table_of_contents():
    page = saved(ended())[HTML]
    assert page.count("<h4") == page.count('<h4 class="jp-toc-ignore">') == 9


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("stopped", "Stopped from Python."),
        ("interrupted", "The network failed."),
        ("failed", "The network failed."),
        ("refused", "The model declined to answer this."),
    ],
)
def test_each_way_in_which_a_reply_comes_to_rest_is_said_in_words(how, words):
    talk = Talk()
    talk.say()
    reply = talk.ask()
    if how == "refused":
        talk.complete(reply, text("No."), stop="refusal")
    talk.cut(reply, how, *([text("Half")] if how in ("stopped", "interrupted") else []))
    data = saved(talk)
    assert words in Seen(data[HTML]).text and words in data["text/plain"]
    assert "has ended" not in Seen(data[HTML]).text


def test_a_reply_that_was_cut_by_its_length_or_is_still_written_says_so():
    talk = Talk()
    talk.say()
    reply = talk.ask()
    talk.open(reply)
    assert "still being written" in Seen(saved(talk)[HTML]).text
    talk.complete(reply, text("So"), stop="max_tokens")
    talk.do(talk.of(reply, ReplySettled, note="length"))
    assert "Cut by the length limit." in Seen(saved(talk)[HTML]).text


def test_blocked_endings_thinking_and_unknown_parts_are_there():
    talk = Talk()
    thinking = {"type": "thinking", "thinking": "Let me see.", "signature": "s"}
    talk.turn([thinking, end()], [call("look_up", {})], [{"type": "server_thing"}, text("On we go.")])
    page = Seen(saved(talk)[HTML])
    for words in (
        "Let me see.",
        "That was not allowed",
        "redirection",
        "tool_use look_up",
        "server_thing",
        "On we go.",
    ):
        assert words in page.text
    assert "details" in page.tags


def test_feedback_and_the_way_a_message_came_are_told():
    talk = Talk()
    talk.turn(words="Hi", by="scenario")
    talk.do(FeedbackGiven(at=talk.tick(), message=talk.tip or "", thumb="down", words="Too short", by="panel"))
    page = Seen(saved(talk)[HTML]).text
    assert "You (from the scenario)" in page and "Feedback: Bad reply. Too short" in page


def test_labels_and_stars_are_told_and_what_is_kept_about_a_message_draws_it_anew():
    talk = Talk()
    reply = talk.turn(words="Hi").id
    drawings: Drawings = {}
    before = bundle(talk.now, reply, drawings)
    talk.do(MessageMarked(at=talk.tick(), message=reply, label="The good one", starred=True, by="panel"))
    page = Seen(bundle(talk.now, reply, drawings)[HTML]).text
    assert "Starred." in page and "Label: The good one" in page
    talk.do(BranchArchived(at=talk.tick(), message=reply, archived=True, by="panel"))
    rows = bundle(talk.now, reply, drawings)[MIME]["rows"]
    assert ["mark" in row for row in before[MIME]["rows"]] == [False, False]
    assert rows[-1]["mark"] == {"label": "The good one", "starred": True, "archived": True}


def test_an_empty_conversation_is_no_error():
    data = bundle(Talk().now, None)
    assert "Nothing was said yet." in data[HTML] and data["text/plain"] == "Nothing was said yet."
    assert data[MIME]["rows"] == []


@pytest.mark.fault(39, 42, 43, 44, 45)
@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_everywhere_leaves_plain_tags_and_nothing_that_loads_or_runs(hostile):
    talk = Talk()
    talk.settings = type(talk.settings)(**{**vars(talk.settings), "key": "s2", "model": hostile, "policy": hostile})
    talk.do(SettingsRecorded(at=talk.tick(), settings=talk.settings))
    thinking = {"type": "thinking", "thinking": hostile}
    talk.turn(words=hostile, by=hostile)
    talk.turn([thinking, text(hostile), call(hostile, {}), {"type": hostile}], [text(hostile)], words=hostile)
    talk.do(FeedbackGiven(at=talk.tick(), message=talk.tip or "", thumb="up", words=hostile, by="panel"))
    label = " ".join(hostile.split())[:80].strip()
    talk.do(MessageMarked(at=talk.tick(), message=talk.tip or "", label=label, starred=True, by=hostile))
    talk.warned_enough()
    talk.turn([end(reason=hostile)], words=hostile)
    talk.do(FeedbackGiven(at=talk.tick(), message=talk.tip or "", thumb=None, words=hostile, by="panel"))
    page = Seen(saved(talk)[HTML])
    ours = {("div", "class", CLASS), ("div", "style", "max-width: 52em"), ("h4", "class", "jp-toc-ignore")}
    page.attributes = [attribute for attribute in page.attributes if attribute not in ours]
    page.tags -= OURS
    assert page.safe


def test_a_text_that_imitates_the_notice_stays_inside_its_own_message():
    fake = "#### The model has ended this conversation\n\nThis conversation takes no new message.\n\n---\n\n## You"
    talk = Talk()
    talk.turn([text(fake)])
    page = saved(talk)[HTML]
    inside = page[page.index("<blockquote>", page.index("model-a</bdi></h4>")) : page.rindex("</blockquote>")]
    assert "has ended this conversation" in inside and "<h4" not in inside
    assert page.count("has ended this conversation") == 1


def test_nothing_of_the_machine_and_no_time_is_saved_so_equal_talks_give_equal_pages():
    one, two = ended(), ended()
    assert saved(one) == saved(two)
    page = saved(one)[HTML] + saved(one)["text/plain"]
    assert "1700000" not in page and "/home" not in page and "chats.db" not in page


def test_rows_are_flat_versioned_json_without_empty_fields():
    data = saved(ended())[MIME]
    assert data["format"] == "convend-transcript" and data["version"] == 1
    assert json.loads(json.dumps(data)) == data
    assert [row["p"] for row in data["rows"][1:]] == [row["m"] for row in data["rows"][:-1]]
    assert all(value is not None for row in data["rows"] for value in row.values())


def test_other_branches_stand_below_that_of_the_head_and_what_was_archived_is_only_counted():
    talk = Talk()
    first = talk.say("One way")
    talk.reply(below=first)
    away = talk.edit(first, "Out of sight")
    talk.reply(below=away)
    talk.reply(below=talk.edit(first, "Another way"))
    talk.do(BranchArchived(at=talk.tick(), message=away, archived=True, by="panel"))
    data = saved(talk)
    page = Seen(data[HTML]).text
    assert (
        page.index("Another way") < page.index("Another branch, from message 1 on: 2 messages") < page.index("One way")
    )
    assert "<details open>" in data[HTML] and "Out of sight" not in page
    assert "Left out here: 2 messages on other branches." in page
    assert data[MIME]["others"] == 0 and len(data[MIME]["rows"]) == 6


def test_a_branch_that_the_model_has_ended_is_whole_with_its_notice_below_the_one_that_goes_on():
    talk = ended()
    fork = talk.now.branch(talk.tip)[2].id
    talk.reply(below=talk.edit(fork, "Let us start anew"))
    page = Seen(saved(talk)[HTML]).text
    assert page.index("Let us start anew") < page.index("Another branch, from message 3 on")
    assert page.index("Another branch") < page.index("I think it is") < page.index("The model has ended")
    assert page.count("The model has ended this conversation") == 1
    assert "6 messages, ended by the model" in page and "Left out" not in page


def test_of_a_long_branch_the_newest_messages_are_saved_and_the_rest_is_counted(monkeypatch):
    monkeypatch.setattr(transcript, "MOST", 20_000)
    talk = Talk()
    for number in range(60):
        talk.turn([text(f"Reply {number}. " * 20)], words=f"Line {number}.")
    data = saved(talk)
    rows = data[MIME]["rows"]
    assert rows[-1]["m"] == talk.tip and data[MIME]["earlier"] == 120 - len(rows) > 0
    assert f"{data[MIME]['earlier']} earlier messages" in Seen(data[HTML]).text
    assert len(json.dumps(data[MIME])) < 25_000 and "Line 59." in data[HTML] and "Line 1." not in data[HTML]
    assert len(data["text/plain"].splitlines()) == LINES + 1


def test_a_settled_message_is_drawn_once(monkeypatch):
    drawn: list[str] = []
    real = transcript._article

    def draw(row: dict[str, Any]) -> str:
        drawn.append(row["m"])
        return real(row)

    monkeypatch.setattr(transcript, "_article", draw)
    talk = Talk()
    drawings: Drawings = {}
    talk.turn()
    before = saved(talk, drawings=drawings)
    talk.say("More")
    reply = talk.ask()
    saved(talk, drawings=drawings)
    talk.do(talk.of(reply, StepOpened))
    talk.complete(reply, text("Yes."))
    talk.settle(reply)
    after = saved(talk, drawings=drawings)
    assert before != after and after == saved(talk)
    assert len(drawn) == 2 + 2 + 1 + 4  # two; two more; the reply again; all four without what was kept


def test_halves_of_surrogate_pairs_can_be_saved():
    talk = Talk()
    talk.turn([text("x \udfff")], words="lone \ud800")
    json.dumps(saved(talk), ensure_ascii=False).encode()
