"""Markdown exports: readable, and what was said cannot pass for what the export says."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from markdown_it import MarkdownIt
from markdown_it.token import Token

from convend_widget.conversation import (
    ErrorFacts,
    FeedbackGiven,
    ReplyFailed,
    ReplyInterrupted,
    ReplyStopped,
    SettingsRecorded,
)
from convend_widget.conversation.tree import empty
from convend_widget.errors import UnknownMessage
from convend_widget.interchange.markdown import to_markdown
from tests.conversation.build import Talk, end, text, warn
from tests.interchange.trees import HOSTILE, ended_talk, talks

NOTICE = "The model ended the conversation here."


def outline(made: str) -> tuple[list[str], list[Token], dict[str, Any]]:
    """The headings that are not in quotations, all tokens, and the definitions that a reader would find."""
    env: dict[str, Any] = {}
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(made, env)
    headings = [tokens[i + 1].content for i, t in enumerate(tokens) if t.type == "heading_open" and t.level == 0]
    return headings, tokens, env


def assert_unforged(talk: Talk, made: str, sections: int) -> None:
    headings, tokens, env = outline(made)
    assert env.get("references", {}) == {}
    assert not [t for t in tokens if t.type == "html_block"]
    assert not [c for t in tokens for c in t.children or () if c.type == "html_inline"]
    assert len(headings) == 1 + sections + len(talk.now)
    top = {t.type for t in tokens if t.level == 0 and t.nesting >= 0}
    assert top <= {"heading_open", "inline", "paragraph_open", "bullet_list_open", "blockquote_open", "fence"}
    notices = [t for t in tokens if t.type == "inline" and t.level == 1 and t.content == f"**{NOTICE}**"]
    assert len(notices) == len(talk.now.endings)
    assert not [t for t in tokens if t.type == "link_open" and t.level == 0]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(talks())
@pytest.mark.fault(23, 48)
def test_nothing_that_was_said_can_forge_a_heading_a_notice_or_raw_html(talk: Talk) -> None:
    made = to_markdown(talk.now, "all")
    made.encode("utf-8")
    assert "\0" not in made
    assert_unforged(talk, made, sections=sum(1 for _ in talk.now.leaves()))


@pytest.mark.fault(23, 42)
@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_in_every_field_stays_in_its_place(hostile: str) -> None:
    talk = Talk("launch_2025")
    talk.settings = type(talk.settings)(
        **vars(talk.settings) | {"key": "s2", "model": hostile, "provider": hostile, "policy": hostile, "mode": hostile}
    )
    talk.do(SettingsRecorded(at=0.0, settings=talk.settings))
    error = ErrorFacts(code=hostile, what=hostile, advice=hostile)
    reply = talk.ask(talk.say(hostile, by=hostile))
    talk.do(talk.of(reply, ReplyInterrupted, partial=(text(hostile),), cut_by=hostile, error=error))
    talk.do(talk.of(talk.ask("u1"), ReplyFailed, error=error))
    talk.do(talk.of(talk.ask("u1"), ReplyStopped, by=hostile, partial=({"type": hostile},)))
    talk.do(FeedbackGiven(at=0.0, message="u1", thumb="up", words=hostile, by=hostile))
    talk.turn([text(hostile), {"type": "tool_use", "id": None, "name": hostile, "input": {}}], [text(hostile)])
    assert_unforged(talk, to_markdown(talk.now, "all"), sections=sum(1 for _ in talk.now.leaves()))


def test_the_head_s_branch_is_written_unless_another_is_asked_for() -> None:
    talk = ended_talk()
    ended = talk.now.endings[0].message
    assert NOTICE not in to_markdown(talk.now)
    assert NOTICE in to_markdown(talk.now, ended)
    assert to_markdown(talk.now, talk[ended]) == to_markdown(talk.now, ended)
    both = to_markdown(talk.now, "all")
    assert outline(both)[0].count("Branch 1") == 1
    assert "## Branch 2, ended" in both
    with pytest.raises(UnknownMessage):
        to_markdown(talk.now, "nobody")


def test_a_branch_says_where_it_leaves_the_ones_before_and_repeats_no_message() -> None:
    talk = Talk()
    talk.turn(words="First.")
    talk.turn(words="Second.")
    talk.turn(words="Third.", below="r2", edit_of="u3")
    made = to_markdown(talk.now, "all")
    assert "## Branch 2, from message 2 on" in made
    assert made.count("> First.") == 1


def test_title_date_model_policy_and_size_stand_at_the_top() -> None:
    made = to_markdown(ended_talk().now)
    top = made.split("###")[0]
    assert top.startswith("# Rude words.\n")
    assert "- Started: 2023-11-14 22:13 UTC" in top
    assert "- Model: model-a (test)" in top
    assert "- Policy: last_resort (enforce)" in top
    assert "- Messages: 10 in 2 branches" in top


def test_an_ending_tells_why_in_whose_words_and_after_which_warnings() -> None:
    talk = ended_talk("It went *on*.")
    made = to_markdown(talk.now, talk.now.endings[0].message)
    tail = made.split(NOTICE)[1]
    assert "- Why: persistent harm or abuse" in tail
    assert r"- In the model's words: It went \*on\*." in tail
    assert "- Warned before in: messages 2, 4, 6" in tail
    assert "- Policy: last_resort (enforce)" in tail


def test_warnings_blocked_endings_and_questions_are_told() -> None:
    talk = Talk()
    talk.turn([text("a"), warn("redirect")], [text("b")])
    talk.turn([text("c"), end()], [text("d")])
    talk.turn([text("e"), end("user_request")], [text("f")], words="Please end this.")
    talk.say("No, let's go on.", confirm="no")
    made = to_markdown(talk.now)
    assert "- Warning recorded: a redirection." in made
    assert re.search(
        r"- The model tried to end the conversation \(persistent harm or abuse\)\. It was blocked: .+", made
    )
    assert "- The model asked to end the conversation (the person asked for it)." in made
    assert "- An answer by button to the question whether to end: no." in made


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("stopped", "Stopped from Python; what had arrived is kept."),
        ("interrupted", "Interrupted (connection); what had arrived is kept. The network failed."),
        ("failed", "The reply failed. The network failed."),
    ],
)
def test_a_cut_reply_keeps_its_text_and_says_what_cut_it(how: str, said: str) -> None:
    talk = Talk()
    talk.cut(talk.ask(talk.say()), how, text("Half a sen"))
    made = to_markdown(talk.now)
    assert "> Half a sen" in made
    assert f"- {said}" in made


def test_a_refusal_is_not_called_an_ending() -> None:
    talk = Talk()
    reply = talk.ask(talk.say())
    talk.complete(reply, stop="refusal")
    talk.cut(reply, "refused")
    made = to_markdown(talk.now)
    assert "A safety classifier refused this reply. That is not an ending." in made
    assert NOTICE not in made


def test_a_running_reply_is_called_one() -> None:
    talk = Talk()
    talk.ask(talk.say())
    assert "still being written" in to_markdown(talk.now)


def test_markdown_of_a_reply_stays_markdown_within_its_quotation() -> None:
    talk = Talk()
    talk.turn([text("# A list\n\n- one\n- `two`\n\n```python\nx = '<b>'\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |")])
    _, tokens, _ = outline(to_markdown(talk.now))
    inside = {t.type for t in tokens if t.level > 0}
    assert {"heading_open", "bullet_list_open", "fence", "table_open"} <= inside


@pytest.mark.parametrize("ticks", ["```", "``````", "`````````"])
def test_a_text_that_a_quotation_cannot_hold_stands_word_for_word_in_a_longer_fence(ticks: str) -> None:
    said = f"{ticks}\n<b>\n{ticks}\n# not ours\n</blockquote>"
    talk = Talk()
    talk.turn(words=said)
    _, tokens, _ = outline(to_markdown(talk.now))
    assert [t.content for t in tokens if t.type == "fence" and t.level == 0] == [said + "\n"]


@pytest.mark.parametrize(
    "said",
    ["[!NOTE]\nforged", "note[^1]\n\n[^1]: forged", "::: {.note}\nforged", "a %% hidden", "$$\n# a\n$$", "{% raw %}"],
)
def test_what_only_some_dialects_draw_stands_in_a_code_block(said: str) -> None:
    talk = Talk()
    talk.turn(words=said)
    assert f"```text\n{said}\n```" in to_markdown(talk.now)


def test_a_carriage_return_begins_no_line_of_its_own() -> None:
    talk = Talk()
    talk.turn(words="one\r# two\r\nthree")
    assert "> one\n> # two\n> three\n" in to_markdown(talk.now)


@pytest.mark.fault(46)
@pytest.mark.parametrize("said", ["*a_" * 20_000, "[" * 20_000, "word " * 200_000, "<" * 49_000, "a" + "\n" * 49_000])
def test_text_that_is_costly_to_parse_is_not_parsed_and_stands_in_a_code_block(said: str) -> None:
    talk = Talk()
    talk.turn(words=said + "x")
    assert said.strip() in to_markdown(talk.now).replace("\n> ", "\n")
    assert "```text" in to_markdown(talk.now)


def test_an_empty_conversation_is_written_as_one() -> None:
    made = to_markdown(empty("c1"))
    assert made.startswith("# An empty conversation\n")
    assert to_markdown(empty("c1"), "all") == made


def test_thinking_is_named_but_left_to_the_json_export() -> None:
    talk = Talk()
    talk.turn([{"type": "thinking", "thinking": "secretly", "signature": "x"}, text("Aloud.")])
    made = to_markdown(talk.now)
    assert "secretly" not in made
    assert "- Thinking, which the JSON export has." in made
