"""The document that is read without a kernel: it has every branch, and one shape in two languages."""

from __future__ import annotations

import json
from pathlib import Path

from convend_widget.interchange.json_format import export_json, import_json
from convend_widget.panel import transcript, wire
from convend_widget.panel.document import MIME, document, whole
from tests.conversation.build import Talk, text
from tests.interchange.trees import stored
from tests.panel.test_wire import everything

KEPT = Path(__file__).parents[1] / "fixtures" / "documents" / "everything.json"


def test_the_fixture_that_typescript_reads_is_what_is_written_now():
    talk = everything()
    assert json.loads(KEPT.read_text("utf-8")) == whole(talk.now, talk.now.head)


def test_it_has_every_message_of_every_branch_as_the_panel_gets_it_but_for_nulls():
    talk = everything()
    rows = whole(talk.now, talk.now.head)["rows"]
    assert len({row["p"] for row in rows if "p" in row}) < len(rows) == len(talk.now)
    for row, message in zip(rows, talk.now.messages.values(), strict=True):
        full = wire.row(talk.now, message)
        assert {name: row.get(name) for name in full} == full
        assert None not in row.values()


def test_it_says_what_the_newest_reply_was_made_under_and_nothing_before_the_first():
    talk = Talk()
    assert document(talk.now, None, [])["chat"] is None
    talk.turn()
    assert whole(talk.now, talk.tip)["chat"] == {
        **{"model": "model-a", "provider": talk.settings.provider, "policy": "last_resort"},
        **{"mode": "enforce", "can_end": True},
    }


def test_a_notebook_keeps_other_branches_as_long_as_there_is_room_and_counts_the_rest(monkeypatch):
    talk = Talk()
    first = talk.say("One way")
    talk.reply(below=first)
    for number in range(30):
        talk.reply(below=talk.edit(first, f"Another way {number}. " * 10))
    rows = transcript.bundle(talk.now, talk.tip)[MIME]["rows"]
    assert [row["m"] for row in rows] == list(talk.now.messages)
    monkeypatch.setattr(transcript, "MOST", 9_000)
    saved = transcript.bundle(talk.now, talk.tip)[MIME]
    assert saved["others"] == len(talk.now) - len(saved["rows"]) > 0
    assert [row["seq"] for row in saved["rows"]] == sorted(row["seq"] for row in saved["rows"])
    assert len(json.dumps(saved["rows"])) < 10_000
    assert {m.id for m in talk.now.branch(talk.tip)} <= {row["m"] for row in saved["rows"]}


def test_an_export_holds_it_beside_the_log_and_an_import_passes_over_it():
    talk = Talk()
    talk.turn([text("“Ünïcode” \u2028 too")], words="Hello")
    picture = whole(talk.now, talk.tip)
    written = export_json(talk.now, stored(talk), transcript=picture)
    assert json.loads(written)["transcript"] == picture and written.isascii()
    bare = export_json(talk.now, stored(talk))
    assert "transcript" not in json.loads(bare)
    assert len(import_json(written, conversation="c2").events) == len(import_json(bare, conversation="c2").events)
