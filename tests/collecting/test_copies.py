"""A conversation that was handed in more than once counts once, and says so, whoever handed it in."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import convend_widget as cw
from convend_widget.collecting.collected import Collected
from tests.collecting.rig import exported, in_store, notebook, picture, rewritten, talk_of
from tests.conversation.build import text


def told(found: Collected) -> list[tuple[str, str, str, str]]:
    """Each duplicate: who handed it in, as what, how it is one, and whose counts."""
    frame = found.named().duplicates
    names = dict(zip(found.named().chats["chat"], found.named().chats["name"], strict=True))
    return sorted(
        (row.name, row.source, row.how, names[row.of_chat])
        for values in frame.rename(columns={"name": "who"}).itertuples(index=False, name=None)
        for row in [_Row(*values)]
    )


class _Row:
    def __init__(self, *values: object) -> None:
        self.hand_in, _, source, how, self.of_hand_in, of_chat, name, _ = values
        self.source, self.how, self.name, self.of_chat = str(source), str(how), str(name), of_chat


def test_export_store_and_notebook_of_one_chat_count_once(tmp_path: Path):
    talk = talk_of("Ada")
    exported(talk, tmp_path / "Ada" / "talk.json")
    exported(talk, tmp_path / "Ada" / "again.json")
    in_store(tmp_path / "Ada" / "chats.db", talk)
    notebook(tmp_path / "Ada" / "lesson.ipynb", picture(talk), picture(talk))
    found = cw.collect(tmp_path)
    assert found.chats["source"].tolist() == ["store"]
    assert len(found.to_frame()) == 2
    assert told(found) == [
        *[("Ada", "export", "same", "Ada")] * 2,
        *[("Ada", "notebook", "picture", "Ada")] * 2,
    ]
    assert "4 duplicates left out, 0 of them from another hand-in" in repr(found)


def test_a_copy_by_another_student_is_named_under_whatever_file_name(tmp_path: Path):
    made = exported(talk_of("Ada"), tmp_path / "Ada" / "talk.json")
    (tmp_path / "Ben").mkdir()
    shutil.copy(made, tmp_path / "Ben" / "all my own work.json")
    found = cw.collect(tmp_path)
    assert len(found) == 2 and len(found.chats) == 1
    assert [how for _, _, how, _ in told(found)] == ["same"]
    assert "1 of them from another hand-in" in repr(found)


def test_a_copy_that_was_imported_and_exported_again_is_one_still_and_whoever_made_it_counts(tmp_path: Path):
    made = exported(talk_of("Ada"), tmp_path / "Ada" / "talk.json")
    chat = cw.import_conversation(made, store=tmp_path / "Ben" / "chats.db", pause=0)
    assert chat.conversation_id != "c_Ada"
    assert told(cw.collect(tmp_path)) == [("Ben", "store", "same", "Ada")]


def test_a_later_state_counts_instead_of_an_earlier_one(tmp_path: Path):
    talk = talk_of("Ada")
    exported(talk, tmp_path / "monday" / "talk.json")
    talk.turn([text("More.")], words="And then?")
    exported(talk, tmp_path / "tuesday" / "talk.json")
    found = cw.collect(tmp_path)
    assert told(found) == [("monday", "export", "earlier", "tuesday")]
    assert found.chats["messages"].tolist() == [len(talk.now)]


def test_a_chat_that_was_exported_in_mid_reply_is_an_earlier_state_of_the_whole_one(tmp_path: Path):
    talk = talk_of("Ada")
    reply = talk.ask(talk.say("Go on."))
    exported(talk, tmp_path / "cut" / "talk.json")
    talk.complete(reply, text("On and on."))
    talk.judged(reply)
    talk.settle(reply)
    exported(talk, tmp_path / "whole" / "talk.json")
    assert told(cw.collect(tmp_path)) == [("cut", "export", "earlier", "whole")]


def test_chats_that_begin_alike_and_go_on_differently_both_count_and_are_named(tmp_path: Path):
    one, other = talk_of("Ada"), talk_of("Ada")
    other._made += 100  # ids are never given twice
    one.turn([text("So.")], words="This way.")
    other.turn([text("So.")], words="That way, and at more length.")
    exported(one, tmp_path / "Ada.json")
    exported(other, tmp_path / "Ben.json")
    found = cw.collect(tmp_path)
    assert len(found.chats) == 2
    assert [how for _, _, how, _ in told(found)] == ["parted"]
    assert "duplicate" not in repr(found), "nothing was left out"


CHANGED: dict[str, Callable[[dict[str, Any]], object]] = {
    "words": lambda v: v["events"][2]["body"]["content"][0].update(text="I wrote this."),
    "a digest": lambda v: v["events"][4].update(digest="0" * len(v["events"][4]["digest"])),
    "all times": lambda v: [event.update(at=event["at"] + 3600) for event in v["events"]],
}


@pytest.mark.parametrize("what", CHANGED)
@pytest.mark.parametrize("bare", [True, False], ids=["without digests", "digests as they were"])
def test_a_copy_that_was_changed_counts_for_nobody_and_whoever_made_it_keeps_theirs(
    what: str, bare: bool, tmp_path: Path
):
    exported(talk_of("Ada"), tmp_path / "Zoe" / "talk.json")
    copy = rewritten(exported(talk_of("Ada"), tmp_path / "Ben" / "talk.json"), CHANGED[what])
    if bare:
        rewritten(copy, lambda value: [event.pop("digest", None) for event in value["events"]])
    found = cw.collect(tmp_path, names=True)
    assert found.chats["name"].tolist() == ["Zoe"]
    assert found.chats["verified"].tolist() == [True]
    how = "same" if what == "a digest" else "altered"
    assert [(one, how) for one, _, how, _ in told(found)] == [("Ben", how)]


def test_a_changed_copy_that_went_on_counts_as_well_and_leaves_the_other_alone(tmp_path: Path):
    talk = talk_of("Ada")
    exported(talk, tmp_path / "Zoe" / "talk.json")
    talk.turn([text("So.")], words="And more.")
    rewritten(exported(talk, tmp_path / "Ben" / "talk.json"), CHANGED["words"])
    found = cw.collect(tmp_path, names=True)
    assert sorted(found.chats["name"]) == ["Ben", "Zoe"]
    assert [(one, how) for one, _, how, _ in told(found)] == [("Ben", "parted")]


def test_the_same_words_are_no_copy(tmp_path: Path):
    for name in ("Ada", "Ben"):
        chat = cw.Chat(store=tmp_path / f"{name}.db", scenario="calm", pause=0)
        chat.play()
    found = cw.collect(tmp_path)
    assert len(found.chats) == 2 and len(found.duplicates) == 0
