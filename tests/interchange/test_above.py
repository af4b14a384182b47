"""Runs as files: an export of one stands by itself, with what it goes on from and nothing beside that."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import convend_widget as cw
from convend_widget.cli import main
from convend_widget.conversation import Message
from convend_widget.conversation.codec import decode
from convend_widget.errors import ImportRefused
from convend_widget.owner import owner
from tests.conversation.build import laid_open
from tests.replay.rig import ended_chat, person


@pytest.fixture
def chat(tmp_path: Path) -> cw.Chat:
    """An ended chat with a second branch, whose words no run shows."""
    chat = ended_chat(tmp_path / "chats.db")
    chat.edit(person(chat, 3), "Words of another branch.")
    chat.go_to(next(m for m in chat.conversation if m.ended))
    return chat


def exported(chat: cw.Chat, file: Path) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(chat.export(file).read_text())
    return value


def bare(message: Message) -> Any:
    """All but the place in the order, which counts the events of one log."""
    return laid_open(replace(message, seq=0, before=None, edit_of=None))


def origin(chat: cw.Chat) -> Any:
    async def first() -> Any:
        (record, *_) = await chat._seat.desk.journal.ask(lambda store: store.read(chat.conversation_id))
        return decode(record.kind, record.body, record.at)

    return owner().wait(first()).origin


def test_a_run_that_is_exported_and_imported_is_the_same_conversation_and_says_where_it_came_from(
    chat: cw.Chat, tmp_path: Path
) -> None:
    runs = chat.replay(at=person(chat, 2), n=3, progress=False)
    run = cw.open(runs.runs[2].conversation, store=chat._where)
    file = run.export(tmp_path / "run.json")
    came = cw.import_conversation(file, store=tmp_path / "other.db")
    assert [bare(m) for m in came.conversation] == [bare(m) for m in run.conversation]
    assert [m.seq for m in came.conversation] == sorted(m.seq for m in came.conversation)
    assert came.ended == run.ended
    assert came.conversation.verify().ok
    report: Any = came.imported
    assert (report.verified, report.findings, report.conversation) == (True, (), run.conversation_id)
    told = origin(came)
    assert (told["went_on_from"], told["below"], told["run"]) == (runs.id, person(chat, 2).id, "2")
    assert [s.conversation for s in cw.conversations(store=tmp_path / "other.db")] == [came.conversation_id]


def test_a_run_of_a_run_and_edited_words_come_through_too(chat: cw.Chat, tmp_path: Path) -> None:
    first = chat.replay(at=person(chat, 3), n=1, edit="Other words.", turns=1, progress=False)
    run = cw.open(first.runs[0].conversation, store=chat._where)
    further = run.replay(at=person(run, 2), n=1, turns=1, system="Be brief.", progress=False)
    again = cw.open(further.runs[0].conversation, store=chat._where)
    came = cw.import_conversation(again.export(tmp_path / "run.json"), store=":memory:")
    assert [bare(m) for m in came.conversation] == [bare(m) for m in again.conversation]


def test_an_export_of_a_run_holds_no_other_branch(chat: cw.Chat, tmp_path: Path) -> None:
    runs = chat.replay(at=person(chat, 5), n=1, progress=False)
    value = exported(cw.open(runs.runs[0].conversation, store=chat._where), tmp_path / "run.json")
    assert "Words of another branch" not in json.dumps(value)
    assert person(chat, 2).text in json.dumps(value["above"])
    assert person(chat, 2).text not in json.dumps(value["events"])
    whole = exported(chat, tmp_path / "chat.json")
    assert "above" not in whole


def test_the_trunk_of_a_study_is_imported_as_the_conversation_that_it_shows(chat: cw.Chat, tmp_path: Path) -> None:
    runs = chat.replay(at=person(chat, 4), n=2, progress=False)
    trunk = cw.open(runs.id, store=chat._where)
    came = cw.import_conversation(trunk.export(tmp_path / "trunk.json"), store=":memory:")
    assert [m.id for m in came.conversation] == [m.id for m in chat.conversation.branch(person(chat, 4))]
    assert json.loads(origin(came)["study"])["n"] == 2


def test_a_run_without_what_stands_above_is_refused_in_plain_words(chat: cw.Chat, tmp_path: Path) -> None:
    runs = chat.replay(at=person(chat, 4), n=1, progress=False)
    value = exported(cw.open(runs.runs[0].conversation, store=chat._where), tmp_path / "run.json")
    file = tmp_path / "half.json"
    file.write_text(json.dumps({name: part for name, part in value.items() if name != "above"}))
    with pytest.raises(ImportRefused, match="of another conversation, which is not in the file") as raised:
        cw.import_conversation(file, store=":memory:")
    assert "Export it again" in raised.value.advice
    value["above"][3]["body"]["parent"] = "m_nowhere"
    file.write_text(json.dumps(value))
    with pytest.raises(ImportRefused, match="event 4 above: "):
        cw.import_conversation(file, store=":memory:")
    value["events"][0]["body"].pop("fork")
    file.write_text(json.dumps(value))
    with pytest.raises(ImportRefused, match="goes on from nothing"):
        cw.import_conversation(file, store=":memory:")


def test_the_command_exports_and_verifies_runs(
    chat: cw.Chat, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = chat.replay(n=2, progress=False)
    store, run = str(chat._where), runs.runs[0].conversation
    assert main(["verify", "--store", store]) == 0
    assert capsys.readouterr().out.count("ok  ") == 4
    assert main(["export", "--store", store, run, str(tmp_path / "run.json")]) == 0
    assert len(cw.import_conversation(tmp_path / "run.json", store=":memory:").conversation) == 10
