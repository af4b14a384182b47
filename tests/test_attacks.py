"""Every attack, in what is made without our scripts: formatted text, the saved transcript, the exported page."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convend_widget import markup
from convend_widget.conversation import FeedbackGiven, SettingsRecorded
from convend_widget.interchange.html import to_html
from convend_widget.markup import formatted, isolated, plain
from convend_widget.panel.transcript import CLASS, bundle
from tests.attacks import ATTACKS, SHORT
from tests.conversation.build import Talk, call, end, text
from tests.interchange.test_html import assert_inert
from tests.panel.test_transcript import OURS
from tests.test_markup import Seen


def everywhere(attack: str, talk: Talk | None = None) -> Talk:
    """A talk with the attack in every place that text from outside has."""
    talk = talk or Talk()
    talk.settings = type(talk.settings)(**{**vars(talk.settings), "key": "s2", "model": attack, "policy": attack})
    talk.do(SettingsRecorded(at=talk.tick(), settings=talk.settings))
    thinking = {"type": "thinking", "thinking": attack}
    said = attack if attack.strip() else f"x{attack}"
    talk.turn([thinking, text(attack), call(attack, {}), {"type": attack}], [text(attack)], words=said, by=attack)
    talk.do(FeedbackGiven(at=talk.tick(), message=talk.tip or "", thumb="up", words=attack[:4000], by="panel"))
    talk.warned_enough()
    talk.turn([end(reason=attack)], words=said)
    return talk


@pytest.mark.fault(42, 43, 44, 45, 46, 47, 48)
def test_every_attack_is_inert_when_it_is_formatted_or_shown_plain():
    wrong = [
        name for name, attack in ATTACKS.items() if not (Seen(formatted(attack)).safe and Seen(plain(attack)).safe)
    ]
    assert wrong == [] and len(ATTACKS) > 300


@pytest.mark.fault(39, 42, 43, 44, 45, 48)
@pytest.mark.parametrize("family", sorted({name.partition(",")[0] for name in SHORT}))
def test_every_attack_in_every_place_leaves_the_saved_transcript_and_the_exported_page_inert(family):
    ours = {("div", "class", CLASS), ("div", "style", "max-width: 52em"), ("h4", "class", "jp-toc-ignore")}
    for name, attack in SHORT.items():
        if not name.startswith(f"{family},"):
            continue
        talk = everywhere(attack)
        data = bundle(talk.now, talk.tip)
        page = Seen(data["text/html"])
        page.attributes = [attribute for attribute in page.attributes if attribute not in ours]
        page.tags -= OURS
        assert page.safe, name
        assert_inert(to_html(talk.now))
        lines = data["text/plain"]
        assert not [c for c in lines if unicodedata.category(c) in ("Cc", "Cs") and c != "\n"], name
        assert len(lines.splitlines()) == len(talk.now.branch(talk.tip)) + 1, name


@pytest.mark.fault(48)
def test_words_from_outside_end_what_they_begin_and_nothing_else():
    override, end_it, isolate, end_isolate = "\u202e", "\u202c", "\u2067", "\u2069"
    for words, kept in (
        (f"a{override}b", f"a{override}b{end_it}"),
        (f"a{isolate}b", f"a{isolate}b{end_isolate}"),
        (f"a{end_isolate}{end_isolate}{override}b", f"a{override}b{end_it}"),
        (f"{isolate}{override}a{end_isolate}b", f"{isolate}{override}a{end_isolate}b"),
        (f"{override}a\nb", f"{override}a{end_it}\nb"),
        (f"a\u2029{override}b", f"a\n{override}b{end_it}"),
    ):
        assert isolated(words) == f"<bdi>{kept}</bdi>"


_MARKS = ["\n", "\n\n", "    ", "> ", "- ", "1. ", "|", "\n|-|\n", "```", "`", "$", "$$", "\\(", "[", "](", "!["]
_MARKS += ["<", ">", "<!--", "&lt;", "&#x3c;", "\\", "*", "~~", "# ", "\u202e", "\u2069", "\0", "\ud800"]
_PARTS = [attack for attack in SHORT.values() if len(attack) < 400]


@st.composite
def hostile_texts(draw: st.DrawFn) -> str:
    """Parts of attacks, cut anywhere, with marks of Markdown and of HTML between them."""
    parts = []
    for attack in draw(st.lists(st.sampled_from(_PARTS), max_size=4)):
        start = draw(st.integers(0, len(attack)))
        parts += [attack[start : draw(st.integers(start, len(attack)))], *draw(st.lists(st.sampled_from(_MARKS)))]
    return "".join(parts)


@pytest.mark.fault(42, 43, 44)
@settings(max_examples=150)
@given(hostile_texts())
def test_parts_of_attacks_put_together_anyhow_are_inert(text):
    assert Seen(formatted(text)).safe and Seen(plain(text)).safe
    assert Seen(isolated(text)).tags <= {"bdi"}


@pytest.mark.fault(42, 43)
def test_static_pages_allow_nothing_that_the_panel_does_not():
    """The panel has besides: headings of its own ranks, another word for struck text, and places for formulas."""
    code = (Path(__file__).parents[1] / "js" / "src" / "core" / "markdown.ts").read_text("utf-8")
    lists = code[code.index("ALLOWED_TAGS: [") : code.index("ADD_URI_SAFE_ATTR")].split("ALLOWED_ATTR: [")
    tags, attributes = (set(re.findall(r'"([a-z0-9]+)"', listed)) for listed in lists)
    assert tags - markup._TAGS == {"del", "h1", "h2", "h3", "h4", "var"} and not markup._TAGS - tags
    assert attributes == set().union(*markup._ATTRIBUTES.values())
    assert "ALLOWED_URI_REGEXP: /^(?:https?|mailto):/i" in code and {"http", "https", "mailto"} == markup._OPENABLE
