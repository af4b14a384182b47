"""HTML exports: one file that runs and loads nothing, whatever was said, with every branch in it."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from html.parser import HTMLParser

import pytest
from hypothesis import HealthCheck, given, settings

from convend_widget.conversation import (
    Block,
    ErrorFacts,
    FeedbackGiven,
    ReplyFailed,
    ReplyInterrupted,
    ReplyStopped,
    SettingsRecorded,
)
from convend_widget.conversation.tree import empty
from convend_widget.errors import UnknownMessage
from convend_widget.interchange.html import to_html
from tests.conversation.build import Talk, end, text
from tests.interchange.trees import HOSTILE, ended_talk, talks

NOTICE = "The model ended the conversation here"
OURS = {"html", "head", "meta", "title", "style", "body", "header", "main", "article", "section", "time", "bdi", "div"}
OURS |= {"h1", "h2", "h3", "dl", "dt", "dd", "details", "summary"}
THEIRS = {"p", "br", "strong", "em", "s", "code", "pre", "ul", "ol", "li", "blockquote", "hr", "a", "h5", "h6"}
THEIRS |= {"table", "thead", "tbody", "tr", "th", "td"}
VOID = {"meta", "br", "hr"}


class Page(HTMLParser):
    """What a page is made of, for checks. Fails on tags that are not closed in order."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None], tuple[str, ...]]] = []
        self.ids: list[str] = []
        self.words: list[tuple[str, str]] = []
        self._open: list[tuple[str, str]] = []
        self.feed(source)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append((tag, given, tuple(c for _, c in self._open if c)))
        self.ids += [str(given["id"])] if "id" in given else []
        if tag not in VOID:
            self._open.append((tag, given.get("class") or ""))

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self._open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        self.words.append((self._open[-1][0] if self._open else "", data))


def assert_inert(source: str) -> Page:
    source.encode("utf-8")
    assert "\0" not in source
    page = Page(source)
    for tag, attributes, within in page.tags:
        said = "said" in within
        assert tag in (THEIRS if said else OURS | THEIRS)
        assert not [name for name in attributes if name.startswith("on") or name in ("style", "src", "srcset")]
        if said:
            assert set(attributes) <= {"href", "rel", "dir", "start", "align"}
        for name in ("href", "action", "formaction", "ping", "xlink:href"):
            link = attributes.get(name)
            assert link is None or re.match(r"(https?://|mailto:)" if said else r"#m\d+$", link)
        if said and tag == "a":
            assert {"noopener", "noreferrer"} <= set((attributes.get("rel") or "").split())
    assert len(set(page.ids)) == len(page.ids)
    return page


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(talks())
@pytest.mark.fault(42, 43, 44, 45, 48)
def test_any_conversation_makes_a_page_that_runs_and_loads_nothing(talk: Talk) -> None:
    page = assert_inert(to_html(talk.now))
    assert set(page.ids) == {f"m{number}" for number in range(1, len(talk.now) + 1)}
    assert sum(tag == "h3" and data == NOTICE for tag, data in page.words) == len(talk.now.endings)


@pytest.mark.fault(42, 43, 44, 45)
@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_in_every_field_stays_inert(hostile: str) -> None:
    talk = Talk("launch_2025")
    fields = {"model": hostile, "provider": hostile, "policy": hostile, "mode": hostile}
    talk.settings = type(talk.settings)(**vars(talk.settings) | {"key": "s2"} | fields)
    talk.do(SettingsRecorded(at=0.0, settings=talk.settings))
    error = ErrorFacts(code=hostile, what=hostile, advice=hostile)
    reply = talk.ask(talk.say(hostile, by=hostile))
    talk.do(talk.of(reply, ReplyInterrupted, partial=(text(hostile),), cut_by=hostile, error=error))
    talk.do(talk.of(talk.ask("u1"), ReplyFailed, error=error))
    talk.do(talk.of(talk.ask("u1"), ReplyStopped, by=hostile, partial=({"type": hostile},)))
    talk.do(FeedbackGiven(at=0.0, message="u1", thumb="up", words=hostile, by=hostile))
    other: Block = {"type": "tool_use", "id": None, "name": hostile, "input": {}}
    thinking = {"type": "thinking", "thinking": hostile, "signature": ""}
    talk.turn([thinking, text(hostile), other], [text(hostile)])
    talk.turn([text(hostile), end(reason=hostile)])
    page = assert_inert(to_html(talk.now))
    assert sum(tag == "h3" and data == NOTICE for tag, data in page.words) == len(talk.now.endings)


def test_the_file_needs_nothing_else_and_its_policy_allows_its_own_style_sheet_only() -> None:
    source = to_html(ended_talk().now)
    style = re.search(r"<style>(.*?)</style>", source, re.DOTALL)
    assert style is not None
    digest = b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert f'<meta http-equiv="Content-Security-Policy" content="{policy}">' in source
    assert not re.search(r"url\(|@import|<script|<link|<img|<iframe", source)
    assert "prefers-color-scheme: dark" in style[1]
    assert "@media print" in style[1]


def test_the_head_s_branch_stands_open_and_every_other_one_in_details() -> None:
    talk = ended_talk()
    first, second = to_html(talk.now).split("<details>")
    assert "Gladly." in first
    assert NOTICE not in first
    assert "8 messages, ended by the model" in second
    assert NOTICE in second


def test_another_branch_can_stand_first() -> None:
    talk = ended_talk()
    ended = talk[talk.now.endings[0].message]
    first, second = to_html(talk.now, ended).split("<details>")
    assert NOTICE in first
    assert "Gladly." in second
    assert to_html(talk.now, "all") == to_html(talk.now)
    with pytest.raises(UnknownMessage):
        to_html(talk.now, "nobody")


def test_a_branch_links_to_the_message_that_it_goes_on_from_and_repeats_none() -> None:
    talk = Talk()
    talk.turn(words="First.")
    talk.turn(words="Second.")
    talk.turn(words="Third.", below="r2", edit_of="u3")
    source = to_html(talk.now)
    assert '<a href="#m2">message 2</a>' in source
    assert source.count('<p dir="auto">First.</p>') == 1
    assert "Written instead of message 3." in source


def test_an_ending_tells_why_and_in_whose_words() -> None:
    source = to_html(ended_talk("It <went> on.").now)
    assert "persistent harm or abuse" in source
    assert "It &lt;went&gt; on." in source
    assert "messages 2, 4, 6" in source


def test_text_keeps_its_format_and_remote_images_become_links_that_name_their_host() -> None:
    talk = Talk()
    talk.turn([text("# Big\n\n**bold** `code`\n\n![a cat](https://host.example/cat.png)")])
    source = to_html(talk.now)
    assert "<strong>bold</strong>" in source
    assert "<code>code</code>" in source
    assert '<a href="https://host.example/cat.png"' in source
    assert "image at host.example" in source
    assert '<h1 dir="auto">Big' not in source


def test_every_piece_from_outside_has_a_direction_of_its_own() -> None:
    talk = Talk()
    talk.turn([text("שלום")], words="مرحبا")
    source = to_html(talk.now)
    assert source.count('<div class="said" dir="auto">') == 2
    assert '<h1 dir="auto">مرحبا</h1>' in source


def test_thinking_is_folded_away() -> None:
    talk = Talk()
    talk.turn([{"type": "thinking", "thinking": "Hm.", "signature": "x"}, text("Aloud.")])
    assert re.search(
        r"<details><summary>Thinking</summary><div[^>]*><p[^>]*>Hm\.</p></div></details>", to_html(talk.now)
    )


def test_an_empty_conversation_makes_a_page_too() -> None:
    page = assert_inert(to_html(empty("c1")))
    assert ("title", "An empty conversation") in page.words
