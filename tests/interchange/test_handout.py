"""Handouts: one page that runs and loads nothing, and says what happened, what the model was told, and what to ask."""

from __future__ import annotations

import itertools
import re

import pytest

import convend_widget as cw
from convend_widget.cli import main
from convend_widget.conversation.tree import empty
from convend_widget.errors import SettingsError
from convend_widget.interchange.handout import About, to_handout
from convend_widget.interchange.handout.words import OPEN, SOURCE
from tests.attacks import SHORT
from tests.interchange.test_html import OURS, THEIRS, Page
from tests.test_attacks import everywhere

HERE = OURS | THEIRS | {"footer", "span", "h4"}
END = "The model ended the conversation here"


def assert_sound(source: str) -> Page:
    """Nothing runs or is loaded, no id comes twice, one h1, no rank of heading left out, every region has its name."""
    source.encode("utf-8")
    page = Page(source)
    ranks, said = [], 0
    for tag, attributes, within in page.tags:
        inside = any("said" in each.split() for each in within)
        assert tag in (THEIRS if inside else HERE), tag
        assert not [name for name in attributes if name.startswith("on") or name in ("style", "src", "srcset")]
        link = attributes.get("href")
        assert link is None or re.match(r"(https?://|mailto:)" if inside else r"#m\d+$", link)
        if not inside and re.fullmatch(r"h\d", tag):
            ranks.append(int(tag[1]))
        if tag == "section":
            assert attributes["aria-labelledby"] in page.ids
        said += inside
    assert len(set(page.ids)) == len(page.ids)
    assert ranks.count(1) == 1 and ranks[0] == 1
    assert all(rank <= before + 1 for before, rank in itertools.pairwise(ranks))
    [style] = re.findall(r"<style>(.*?)</style>", source, re.DOTALL)
    assert not re.search(r"url\(|@import", style)
    return page


def heard(page: Page, tag: str) -> list[str]:
    return [data for found, data in page.words if found == tag]


def test_a_scenario_becomes_a_page_with_everything_a_class_needs(tmp_path):
    path = cw.handout("persistent_abuse", tmp_path / "handout.html")
    source = path.read_text("utf-8")
    page = assert_sound(source)
    assert heard(page, "h1") == ["Persistent abuse"] and '<html lang="en">' in source
    assert heard(page, "h2") == [
        "What to look at",
        "At a glance",
        "The talk as it was played",
        "Questions",
        "What the model was told",
        "The policy in words",
        "Words",
    ]
    assert heard(page, "h4") == [END]
    words = re.sub(r"<[^>]+>", "", source)
    glance = (
        "Message 4: a redirection",
        "Message 6: a redirection",
        "Message 8: a last warning",
        "Message 10: the end",
    )
    told = ("The model is a rehearsal: a script, and not Claude.", "Passed: nobody seems to be at risk", SOURCE, OPEN)
    tools = ("You can end this conversation with the end_conversation tool.", "trigger (&quot;persistent_harm&quot; or")
    gates = ("redirections (2) and then a last warning came first", "Is an ending a punishment?")
    missing = [part for part in (*glance, *told, *tools, *gates) if part not in words]
    assert missing == []


def test_what_was_held_back_says_what_was_missing_and_without_the_ability_nothing_was_told(tmp_path):
    held = cw.handout("two_policies", tmp_path / "held.html").read_text("utf-8")
    assert "It was held back" in held and "<strong>Not passed</strong>: redirections" in held and END not in held
    ended = cw.handout("two_policies", tmp_path / "ended.html", policy="launch_2025").read_text("utf-8")
    assert END in ended and "An ending had to pass this gate:" in ended and "then a last warning came" not in ended
    off = cw.handout("two_policies", tmp_path / "off.html", policy="off").read_text("utf-8")
    assert "Nothing: no system text, and no tools." in off and "could not end the conversation" in off
    for source in (held, ended, off):
        assert_sound(source)


def test_a_chat_becomes_a_handout_as_it_went_branches_and_all(tmp_path):
    chat = cw.Chat(store=":memory:", pause=0, system="Speak of **tables** only.")
    chat.say("A table, please.")
    chat.edit(chat.conversation.messages[0], "Two tables, please.")
    source = chat.handout(tmp_path / "chat.html").read_text("utf-8")
    page = assert_sound(source)
    assert heard(page, "h1") == ["A table, please."] and "Another branch, from the beginning" in source
    assert "No warning was given in this talk" in source and "Speak of <strong>tables</strong> only." in source
    assert not {"What to look at", "Questions"} & {*heard(page, "h2")}


@pytest.mark.parametrize("name", [one.name for one in cw.scenarios()])
def test_every_scenario_that_ships_has_a_sound_handout(name, tmp_path):
    assert_sound(cw.handout(name, tmp_path / "it.html").read_text("utf-8"))


@pytest.mark.fault(42, 43, 44, 45, 48)
@pytest.mark.parametrize("family", sorted({name.partition(",")[0] for name in SHORT}))
def test_every_attack_in_every_field_stays_inert(family):
    for name, attack in SHORT.items():
        if name.startswith(f"{family},"):
            talk = everywhere(attack)
            about = About(attack, attack, attack, (attack, attack), attack)
            assert_sound(to_handout(talk.now, about, talk.tip))


def test_a_conversation_without_a_word_is_no_error():
    page = assert_sound(to_handout(empty("c1"), About()))
    assert heard(page, "h1") == ["An empty conversation"]


def test_the_command_writes_one_and_says_what_is_wrong(tmp_path, capsys):
    path = tmp_path / "it.html"
    assert main(["handout", "calm", str(path)]) == 0 and path.stat().st_size > 4_000
    assert capsys.readouterr().out.strip() == str(path)
    assert main(["handout", "clam", str(path)]) == 2 and main(["handout", "calm", str(tmp_path / "it.pdf")]) == 2
    told = capsys.readouterr().err
    assert "Did you mean" in told and ".html" in told
    with pytest.raises(SettingsError, match="no policy"):
        cw.handout("calm", path, policy="nowhere")
