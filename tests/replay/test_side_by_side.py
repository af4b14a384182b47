"""Runs side by side: which ones, what they share, which words differ; read without a kernel, opened with one."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import convend_widget as cw
from convend_widget.errors import NoSuchConversation, SettingsError
from convend_widget.replay.beside.columns import MOST, telling_pair
from convend_widget.replay.beside.page import MOST_TEXT, _text
from convend_widget.replay.beside.view import WITHOUT_KERNEL
from convend_widget.replay.beside.words import compare_words
from convend_widget.replay.runs import Runs
from tests.attacks import SHORT

from .rig import ended_chat, person, turning_chat
from .test_plot import Tags

KEPT = {*("div", "details", "summary", "h4", "p", "strong", "em", "small", "ins", "br", "bdi")}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[cw.Chat, Runs]:
    """Runs of which the first ended and the second did not."""
    chat = turning_chat(tmp_path_factory.mktemp("turning"))
    return chat, chat.replay(at=person(chat, 4), n=6, seed=1, progress=False)


def text_of(view: Any) -> str:
    return " ".join(Tags(view._repr_html_()).text.split())


# -- which words differ ---


def marked(other: str, text: str) -> list[str]:
    compared = compare_words(other, text)
    assert compared is not None
    assert "".join(piece.text for piece in compared.pieces) == text
    return [piece.text for piece in compared.pieces if piece.differs]


def test_words_that_the_other_text_lacks_are_marked_and_nothing_is_lost() -> None:
    assert marked("I will help you now.", "I will not help you now!") == ["not", "!"]
    assert marked("a b c", "a x y c") == ["x y"], "the space between two of them goes with them"
    assert marked("same  words\n", "same words") == [], "spaces are no difference"
    assert marked("", "new words") == ["new words"]
    assert marked("old", "") == []


def test_words_are_counted_and_signs_are_not() -> None:
    compared = compare_words("One.", "One, two!")
    assert compared is not None
    assert (compared.differing, compared.words) == (1, 2)


def test_scripts_without_spaces_are_compared_sign_by_sign() -> None:
    assert marked("我想帮助你", "我不想帮助你") == ["不"]


@pytest.mark.parametrize("text", ["a " * 3_000, "a b " * 2_000, "x" * 8_000])
def test_what_would_take_long_to_compare_is_not_compared(text: str) -> None:
    compared = compare_words(text, text)
    assert compared is None or len(text.split()) == 1


# -- which runs ---


def test_by_default_one_that_ended_stands_beside_one_that_did_not(told: tuple[cw.Chat, Runs]) -> None:
    _, runs = told
    assert repr(runs.side_by_side()) == "SideBySide(run 0 ended at reply 2; run 1 not ended after 2 replies)"


def test_runs_that_all_came_out_alike_are_the_first_two() -> None:
    runs = ended_chat().replay(n=3, seed=1, turns=1, progress=False)
    assert [run.number for run in telling_pair(runs.runs)] == [0, 1]
    assert telling_pair(runs.runs[:1]) == runs.runs[:1]


def test_runs_are_named_by_number_or_by_themselves(told: tuple[cw.Chat, Runs]) -> None:
    _, runs = told
    assert runs.side_by_side(2, runs.runs[0]).names == ["run 2", "run 0"]


def test_a_run_of_another_study_stands_beside_one_of_this(told: tuple[cw.Chat, Runs]) -> None:
    chat, runs = told
    other = chat.replay(at=person(chat, 4), n=2, seed=3, edit="Let us go back.", progress=False)
    view = runs.side_by_side(other)
    assert view.names == ["study 1, run 0", "study 2, run 0"]
    assert runs.side_by_side(runs.runs[0], other.runs[1]).names == ["study 1, run 0", "study 2, run 1"]
    assert "Let us go back." in text_of(view)


@pytest.mark.parametrize("which", [(99,), ("0",), (True,), (-1,), (*tuple(range(MOST + 1)), 0)])
def test_what_is_no_run_is_refused_with_advice(told: tuple[cw.Chat, Runs], which: Any) -> None:
    with pytest.raises(SettingsError) as caught:
        told[1].side_by_side(*which)
    assert caught.value.advice


def test_a_study_and_a_run_are_not_mixed(told: tuple[cw.Chat, Runs]) -> None:
    with pytest.raises(SettingsError):
        told[1].side_by_side(told[1], 0)


def test_a_run_that_was_deleted_cannot_be_shown(tmp_path: Path) -> None:
    runs = ended_chat(tmp_path / "store.db").replay(n=2, seed=1, progress=False)
    cw.delete(runs.runs[1].conversation, store=tmp_path / "store.db")
    with pytest.raises(NoSuchConversation):
        runs.side_by_side(0, 1)


# -- what they share, and what not ---


def test_what_is_the_same_is_there_once_and_folded(told: tuple[cw.Chat, Runs]) -> None:
    html = told[1].side_by_side(0, 1, 2)._repr_html_()
    assert html.count("[abusive message] one") == 1
    folded = html[html.index("<details>") : html.index("</details>")]
    assert "[abusive message] one" in folded
    assert "7 messages before, the same in all: … <bdi>[abusive message] three</bdi>" in folded


def test_a_column_says_how_its_run_came_out_and_what_it_took(told: tuple[cw.Chat, Runs]) -> None:
    _chat, runs = told
    text = text_of(runs.side_by_side(0, 1))
    run = runs.runs[0]
    assert f"run 0: ended at reply {run.ended_at}" in text
    assert f"{run.tokens.prompt:,} tokens in, {run.tokens.output:,} out · no cost (rehearsal)" in text
    assert "run 1: not ended after 2 replies" in text
    assert "1 warning" in text and "1 blocked ending" in text and "off-policy in 1 reply" in text
    assert "The model ended the conversation." in text
    assert "that was blocked. The gates: counted on this branch so far" in text


def test_only_words_that_differ_from_the_first_column_are_marked_and_counted_in_words(told: Any) -> None:
    html = told[1].side_by_side(0, 1)._repr_html_()
    first, second = html.split("run 1: not ended")
    assert "<ins" not in first
    assert "<ins" in second
    assert "The same words as in run 0." in second
    assert "22 of 26 words not as in run 0." in second


def test_an_ending_that_was_only_recorded_says_so() -> None:
    runs = ended_chat().replay(n=1, seed=1, effect=False, progress=False)
    assert "endings were recorded only" in text_of(runs.side_by_side())


def test_what_somebody_says_later_in_an_opened_run_is_no_part_of_it(tmp_path: Path) -> None:
    store = tmp_path / "store.db"
    chat = cw.Chat(store=store, scenario="calm", pause=0)
    chat.play()
    runs = chat.replay(n=2, seed=1, progress=False)
    before = runs.side_by_side(0, 1)._repr_html_()
    cw.open(runs.runs[0].conversation, store=store, scenario="calm", pause=0).say("Something else")
    assert runs.side_by_side(0, 1)._repr_html_() == before


# -- read without a kernel, whatever was said ---


def message(text: str) -> Any:
    return SimpleNamespace(text=text)


def test_an_attack_as_a_reply_stays_text_marked_or_not() -> None:
    for text in SHORT.values():
        for beside in (None, message("other words"), message(text)):
            page = Tags(_text(message(text), beside, "run 0"))
            assert {tag for tag, _ in page.tags} <= KEPT
            assert {name for _, attrs in page.tags for name in attrs} <= {"dir", "style"}


def test_a_view_has_only_what_an_untrusted_notebook_keeps(told: tuple[cw.Chat, Runs]) -> None:
    tags = Tags(told[1].side_by_side(0, 1)._repr_html_()).tags
    assert {tag for tag, _ in tags} <= KEPT
    assert {name for _, attrs in tags for name in attrs} <= {"class", "dir", "style"}


def test_the_same_runs_give_the_same_view(told: tuple[cw.Chat, Runs]) -> None:
    assert told[1].side_by_side()._repr_html_() == told[1].side_by_side()._repr_html_()


def test_a_very_long_reply_is_cut_and_says_by_how_much() -> None:
    text = " ".join(str(i) for i in range(4_000))
    html = _text(message(text), message(text), "run 0")
    assert f"{len(text) - MOST_TEXT:,} more characters." in html


# -- opened with one ---


class Published(list[dict[str, Any]]):
    def publish(self, data: dict[str, Any], *_: Any, **__: Any) -> None:
        self.append(data)


def test_a_notebook_gets_the_columns_and_beside_them_the_buttons(told: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    shell = SimpleNamespace(kernel=object(), display_pub=Published())
    monkeypatch.setattr("IPython.get_ipython", lambda: shell)
    view = told[1].side_by_side(0, 1)
    view._ipython_display_()
    columns, buttons = shell.display_pub
    assert columns == {"text/html": view._repr_html_(), "text/plain": repr(view)}
    assert "application/vnd.jupyter.widget-view+json" in buttons
    assert buttons["text/plain"] == WITHOUT_KERNEL


def test_a_terminal_gets_a_line(told: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    shell = SimpleNamespace(kernel=None, display_pub=Published())
    monkeypatch.setattr("IPython.get_ipython", lambda: shell)
    view = told[1].side_by_side(0, 1)
    view._ipython_display_()
    assert shell.display_pub == [{"text/plain": repr(view)}]


def test_a_button_opens_its_run_below_and_says_so_and_the_one_before_is_closed(told: tuple[cw.Chat, Runs]) -> None:
    _, runs = told
    view = runs.side_by_side(0, 1)
    row, first_open = view.widget.children[0], None
    row.children[1].click()
    first_open = view.widget.children[1]
    assert first_open.conversation == runs.runs[1].conversation
    assert [button.description for button in row.children] == ["Open run 0", "run 1 is open below"]
    row.children[1].click()
    assert view.widget.children[1] is first_open, "it is open already"
    row.children[0].click()
    assert view.widget.children[1].conversation == runs.runs[0].conversation
    assert first_open.closed
    view.widget.children[1].close()


def test_a_run_that_is_gone_when_it_is_opened_says_so_in_its_place(tmp_path: Path) -> None:
    store = tmp_path / "store.db"
    runs = ended_chat(store).replay(n=2, seed=1, progress=False)
    view = runs.side_by_side(0, 1)
    cw.delete(runs.runs[0].conversation, store=store)
    view.open(0)
    assert 'role="alert"' in view.widget.children[1].value
    assert view.widget.children[0].children[0].description == "Open run 0"


def test_a_study_that_was_opened_again_can_open_its_runs_too(tmp_path: Path) -> None:
    store = tmp_path / "store.db"
    runs = ended_chat(store).replay(n=2, seed=1, progress=False)
    view = cw.open_study(runs.id, store=store).side_by_side(1)
    view.open()
    assert view.widget.children[1].conversation == runs.runs[1].conversation
    view.widget.children[1].close()
