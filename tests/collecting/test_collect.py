"""Collecting what a class handed in: one row a branch, whatever the files are, and no name that nobody asked for."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pandas as pd
import pytest

import convend_widget as cw
from convend_widget.cli import main
from convend_widget.collecting import frames
from tests.collecting.rig import exported, in_store, notebook, picture, state_of, talk_of

FRAMES = ("branches", "endings", "feedback", "chats", "duplicates", "problems")


@pytest.fixture
def room(tmp_path: Path) -> Path:
    """Four hand-ins: an export beside folders with a store, a notebook, and the home folder of a student."""
    folder = tmp_path / "handed in"
    exported(talk_of("Ada"), folder / "Ada.convend.json")
    in_store(folder / "Ben" / "chats.db", talk_of("Ben"), talk_of("Ben2", ended=False))
    notebook(folder / "Cem" / "week 1" / "lesson.ipynb", picture(talk_of("Cem")))
    in_store(folder / "Dora" / ".local" / "share" / "convend_widget" / "conversations.db", talk_of("Dora"))
    return folder


def test_exports_stores_notebooks_and_homes_become_one_row_a_branch(room: Path):
    frame = cw.collect(room).to_frame()
    assert len(frame) == 10
    assert frame["hand_in"].nunique() == 4
    assert sorted(frame["source"]) == ["export"] * 2 + ["notebook"] * 2 + ["store"] * 6
    assert frame["ended"].sum() == 4
    ended = frame[frame["ended"]].iloc[0]
    assert ended[["trigger", "reason", "redirections", "warnings", "thumbs_down", "comments", "state"]].tolist() == [
        *("persistent_harm", "The remarks went on.", 2, 3, 1, 1, "ended")
    ]
    assert (ended["messages"], ended["replies"], ended["rewritten"]) == (10, 5, 0)
    other = frame[~frame["ended"]].iloc[0]
    assert (other["messages"], other["rewritten"], other["comments"], other["state"]) == (2, 1, 0, "open")


def test_a_picture_of_a_chat_tells_the_same_as_its_record(tmp_path: Path):
    talk = talk_of("Ada")
    exported(talk, tmp_path / "record" / "Ada.json")
    notebook(tmp_path / "picture" / "Ada.ipynb", picture(talk))
    record, shown = (cw.collect(tmp_path / which) for which in ("record", "picture"))
    for name in ("branches", "endings", "feedback", "chats"):
        pd.testing.assert_frame_equal(
            getattr(record, name).drop(columns=["source", "verified"]),
            getattr(shown, name).drop(columns=["source", "verified"]),
        )
    assert record.chats["verified"].tolist() == [True]
    assert shown.chats["verified"].isna().all(), "a picture is no evidence"


def test_no_name_of_a_folder_file_or_path_is_shown_before_names_are_asked_for(room: Path):
    for name in ("Eve", "Fay"):
        (room / f"{name}.json").write_text("{", encoding="utf-8")
    (room / "Gus").mkdir()
    (room / "Gus" / "Gus.db").write_bytes(b"no database, by Gus")
    found = cw.collect(room)
    texts = [repr(found), found._repr_html_(), *(getattr(found, name).to_csv() for name in FRAMES)]
    people = ("Eve", "Fay", "Gus", "lesson", str(room), "handed in")
    assert [name for name in people for text in texts if name in text] == []
    named = found.named()
    assert {"Eve", "Fay", "Gus"} <= set(named.problems["name"])
    assert {"Ada", "Ben", "Cem", "Dora"} == set(named.to_frame()["name"])
    assert "Cem/week 1/lesson.ipynb" in set(named.chats["file"])
    assert "Eve.json" in repr(named)
    pd.testing.assert_frame_equal(cw.collect(room, names=True).to_frame(), named.to_frame())


def test_the_numbers_follow_from_what_is_in_the_files_and_not_from_their_names(tmp_path: Path):
    folder = tmp_path / "one"
    for number in range(8):
        exported(talk_of(f"student{number}"), folder / f"{number}.json")
    names = [str(number) for number in range(8)]
    random.Random(1).shuffle(names)
    for number, name in enumerate(names):
        (tmp_path / "two").mkdir(exist_ok=True)
        shutil.copy(folder / f"{number}.json", tmp_path / "two" / f"{name}.json")
    one, two = cw.collect(folder), cw.collect(tmp_path / "two")
    pd.testing.assert_frame_equal(one.to_frame(), two.to_frame())
    order = one.named().chats["name"].tolist()
    assert order != sorted(order) and order != sorted(order, reverse=True)


def test_collecting_changes_no_file_and_makes_none(room: Path):
    before = state_of(room)
    cw.collect(room)
    assert state_of(room) == before


def test_columns_and_dtypes_are_the_same_with_nothing_handed_in(room: Path, tmp_path: Path):
    (tmp_path / "empty").mkdir()
    full, empty = cw.collect(room, names=True), cw.collect(tmp_path / "empty", names=True)
    for name in FRAMES:
        columns = {**getattr(frames, name.upper()), **frames.NAMES}
        for found in (full, empty):
            frame = getattr(found, name)
            assert {column: str(dtype) for column, dtype in frame.dtypes.items()} == {
                column: dtype.removesuffix("[python]") for column, dtype in columns.items()
            }
    assert repr(empty) == "0 hand-ins: 0 chats, 0 branches, 0 ended; 0 thumbs, 0 comments"


def test_it_shows_as_a_small_table_of_hand_ins(room: Path):
    found = cw.collect(room)
    assert repr(found) == "4 hand-ins: 5 chats, 10 branches, 4 ended; 4 thumbs, 4 comments"
    shown = found._repr_html_()
    assert "<caption" in shown and shown.count("<tr>") == 5


def test_what_was_typed_is_no_formula_in_the_csv(tmp_path: Path):
    talk = talk_of("Ada")
    exported(talk, tmp_path / "in" / "=1+1.json")
    found = cw.collect(tmp_path / "in", names=True)
    assert "'=1+1" in found.export(tmp_path / "class.csv").read_text("utf-8-sig")


def test_replayed_runs_in_a_store_are_left_out(tmp_path: Path):
    in_store(tmp_path / "Ada.db", talk_of("Ada"))
    in_store(tmp_path / "Ada.db", talk_of("run"), hidden=True)
    assert cw.collect(tmp_path).chats["conversation"].tolist() == ["c_Ada"]


def test_a_folder_that_is_none_is_refused_with_advice(tmp_path: Path):
    with pytest.raises(cw.errors.SettingsError, match="no folder"):
        cw.collect(tmp_path / "nowhere")
    with pytest.raises(cw.errors.SettingsError, match="above 0"):
        cw.collect(tmp_path, limit=0)


def test_the_command_prints_the_same_and_writes_the_frame(
    room: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    csv = tmp_path / "class.csv"
    assert main(["collect", str(room), "--csv", str(csv)]) == 0
    assert capsys.readouterr().out.splitlines() == [*repr(cw.collect(room)).splitlines(), str(csv)]
    assert len(pd.read_csv(csv)) == 10
    (room / "Eve\u202e.json").write_text("{", encoding="utf-8")
    assert main(["collect", str(room)]) == 1
    assert main(["collect", str(room), "--names"]) == 1
    assert "\u202e" not in capsys.readouterr().out
    assert main(["collect", str(room / "nowhere")]) == 2


def test_a_point_may_be_part_of_a_name(tmp_path: Path):
    exported(talk_of("Ada"), tmp_path / "anna.schmidt" / "talk.json")
    exported(talk_of("Ben"), tmp_path / "anna.mueller" / "talk.json")
    exported(talk_of("Cem"), tmp_path / "anna.weber.convend.json")
    exported(talk_of("Dora"), tmp_path / "J. Doe.JSON")
    names = cw.collect(tmp_path, names=True).chats["name"]
    assert sorted(names) == ["J. Doe", "anna.mueller", "anna.schmidt", "anna.weber"]
