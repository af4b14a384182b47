"""The exchange format there and back, and what an export holds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from convend_widget.conversation import Turn, fold
from convend_widget.conversation.codec import encode
from convend_widget.errors import ImportRefused
from convend_widget.interchange.json_format import export_json, import_json
from convend_widget.store import Append, Committed, MemoryStore
from tests.conversation.build import Talk, laid_open, text, warn
from tests.interchange.trees import broken, ended_talk, stored, talks


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(talks())
def test_what_is_exported_comes_back_as_an_equal_conversation(talk: Talk) -> None:
    came = import_json(export_json(talk.now, stored(talk)), conversation=talk.now.id)
    again = fold(talk.now.id, came.events)
    running = {m.id for m in talk.now.running}
    assert came.report.verified
    assert {f.kind for f in came.report.findings} <= {"cut"}
    for name, message in talk.now.messages.items():
        if name not in running:
            assert laid_open(again.messages[name]) == laid_open(message)
    assert not again.running
    assert laid_open(again.settings) == laid_open(talk.now.settings)
    for kept in ("notes", "marks", "archive"):
        assert laid_open(getattr(again, kept)) == laid_open(getattr(talk.now, kept))
    assert (again.started, again.newest, len(again)) == (talk.now.started, talk.now.newest, len(talk.now))


def test_the_events_of_an_import_can_be_stored_as_they_are() -> None:
    came = import_json(export_json(ended_talk().now, stored(ended_talk())), conversation="c_new")
    store = MemoryStore()
    (done,) = store.commit([Append("c_new", 0, tuple((e.kind, encode(e), e.at) for e in came.events))])
    assert isinstance(done, Committed)
    assert store.verify("c_new").ok


def test_the_start_of_an_imported_conversation_says_where_it_came_from(tmp_path: Path) -> None:
    talk = ended_talk()
    records = stored(talk)
    file = tmp_path / "talk.json"
    file.write_text(export_json(talk.now, records), encoding="ascii")
    start = import_json(file, conversation="c_new").events[0]
    assert start.origin == {  # type: ignore[attr-defined]  # a start
        "imported": "talk.json",
        "conversation": "c1",
        "digest": records[-1].digest,
    }


def test_an_export_is_ascii_with_one_event_or_message_a_line() -> None:
    talk = Talk()
    talk.turn([text("\ud800 \u2028 \x00 é")], words="שלום\nnext line")
    records = stored(talk)
    exported = export_json(talk.now, records)
    assert exported.isascii()
    assert len(exported.splitlines()) == 1 + 1 + len(records) + 2 + len(talk.now) + 1
    assert json.loads(exported)["messages"][1]["text"] == "\ud800 \u2028 \x00 é"


def test_an_export_names_format_version_and_last_digest_and_says_how_each_branch_ended() -> None:
    talk = ended_talk()
    records = stored(talk)
    exported = json.loads(export_json(talk.now, records))
    assert (exported["format"], exported["version"]) == ("convend", 1)
    assert exported["digest"] == records[-1].digest
    endings = [m["ending"] for m in exported["messages"] if m["ended"]]
    assert [e["trigger"] for e in endings] == ["persistent_harm"]
    assert [e["reason"] for e in endings] == ["The remarks went on."]


def test_a_conversation_without_events_is_exported_and_gives_nothing_to_import() -> None:
    talk = Talk()
    came = import_json(export_json(fold("c1", ()), []), conversation="c2")
    assert came.events == ()
    assert fold("c2", came.events).seq == 0
    assert talk.now.seq == 2


def test_a_reply_that_was_running_is_brought_to_rest_and_said_so() -> None:
    talk = Talk()
    talk.say()
    reply = talk.ask()
    came = import_json(export_json(talk.now, stored(talk)), conversation="c2")
    found = fold("c2", came.events).messages[reply]
    assert found.state is Turn.INTERRUPTED
    assert [(f.record, f.kind) for f in came.report.findings] == [(f"message {reply}", "cut")]


def test_an_ending_that_was_accepted_but_not_settled_yet_is_settled_by_the_import() -> None:
    talk = ended_talk()
    rest = next(i for i, e in enumerate(talk.events) if e.kind == "reply_settled" and talk[e.reply].ended)  # type: ignore[attr-defined]
    reply = talk.events[rest].reply  # type: ignore[attr-defined]
    del talk.events[rest:]
    came = import_json(export_json(fold("c1", talk.events), stored(talk)), conversation="c2")
    found = fold("c2", came.events).messages[reply]
    assert found.ended
    assert found.state is Turn.SETTLED


def test_a_change_after_the_export_is_found_and_the_event_is_named() -> None:
    talk = Talk()
    talk.turn([text("Fine."), warn()], [text("Well.")])
    exported = export_json(talk.now, stored(talk))
    came = import_json(exported.replace("Fine.", "Fine!", 1), conversation="c2")
    changed = next(i for i, e in enumerate(talk.events, 1) if e.kind == "step_completed")
    assert came.report.verified is False
    assert [(f.record, f.kind) for f in came.report.findings] == [(f"event {changed}", "digest")]


def test_a_log_cut_short_is_noticed_by_the_digest_at_the_top() -> None:
    talk = ended_talk()
    value = json.loads(export_json(talk.now, stored(talk)))
    del value["events"][-1]
    value["messages"] = []
    report = import_json(json.dumps(value), conversation="c2").report
    assert report.verified is False


def test_a_file_without_digests_is_taken_and_counts_as_not_verified() -> None:
    talk = Talk()
    talk.turn()
    value = json.loads(export_json(talk.now, stored(talk)))
    del value["digest"]
    for event in value["events"]:
        del event["digest"]
    report = import_json(json.dumps(value), conversation="c2").report
    assert report.verified is None
    assert report.findings == ()


@pytest.mark.fault(55)
def test_whatever_is_broken_in_an_export_is_refused_or_leads_to_a_lawful_conversation() -> None:
    source = export_json(ended_talk().now, stored(ended_talk()))
    for text_of_file in broken(source, 400, seed=7):
        try:
            came = import_json(text_of_file, conversation="c2")
        except ImportRefused:
            continue
        again = fold("c2", came.events)
        assert all(not again.children(m.id) for m in again.messages.values() if m.ended)
