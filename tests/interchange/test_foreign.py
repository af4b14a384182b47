"""Imports that contradict themselves: truth comes from the blocks, and what hangs below an ending stays out."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from convend_widget.conversation import (
    BranchArchived,
    FeedbackGiven,
    MessageMarked,
    ReplyRequested,
    ReplySettled,
    Step,
    StepCompleted,
    StepJudged,
    UserSent,
    fold,
)
from convend_widget.conversation.codec import encode
from convend_widget.errors import ImportRefused
from convend_widget.interchange.json_format import export_json, import_json
from convend_widget.interchange.report import Imported
from tests.conversation.build import Talk, call, end, text, warn
from tests.interchange.trees import ended_talk, stored

pytestmark = pytest.mark.fault(31)
File = dict[str, Any]


def file_of(talk: Talk) -> File:
    value: File = json.loads(export_json(talk.now, stored(talk)))
    return value


def read(file: File) -> Imported:
    return import_json(json.dumps(file), conversation="c2")


def append(file: File, *events: Any) -> None:
    for event in events:
        seq = len(file["events"]) + 1
        file["events"].append(
            {"seq": seq, "kind": event.kind, "at": event.at, "digest": "0" * 64, "body": json.loads(encode(event))}
        )


def below(parent: str, name: str) -> list[Any]:
    """A message of the person and a whole reply, as a careless program would add them."""
    step = Step(blocks=(text("More."),), stop_reason="end_turn", complete=True)
    return [
        UserSent(at=1.0, message=f"u{name}", parent=parent, content=(text(),), by="forged"),
        ReplyRequested(at=1.0, reply=f"r{name}", parent=f"u{name}", settings="s1", token="t", by="forged"),
        StepCompleted(at=1.0, reply=f"r{name}", token="t", step=step),
        ReplySettled(at=1.0, reply=f"r{name}", token="t"),
    ]


@pytest.fixture
def talk() -> Talk:
    return ended_talk()


@pytest.fixture
def ended(talk: Talk) -> str:
    return talk.now.endings[0].message


def test_children_of_an_ended_message_and_all_below_them_are_set_aside(talk: Talk, ended: str) -> None:
    file = file_of(talk)
    words = FeedbackGiven(at=1.0, message="rX", thumb="up", words="well", by="forged")
    label = MessageMarked(at=1.0, message="uX", label="forged", starred=True, by="forged")
    away = BranchArchived(at=1.0, message="rY", archived=True, by="forged")
    append(file, *below(ended, "X"), *below("rX", "Y"), words, label, away)
    came = read(file)
    again = fold("c2", came.events)
    assert set(again.messages) == set(talk.now.messages)
    assert again.messages[ended].ended
    assert again.children(ended) == []
    assert list(came.report.foreign) == file["events"][-11:]
    assert [f.record for f in came.report.findings if f.kind == "foreign"] == [
        f"event {e['seq']}" for e in file["events"][-11:] if e["kind"] in ("user_sent", "reply_requested")
    ]
    assert "11 events set aside" in str(came.report)
    assert came.events[0].origin["set_aside"] == "11 events"  # type: ignore[attr-defined]


def test_a_reply_beside_an_ended_one_is_no_child_of_it(talk: Talk, ended: str) -> None:
    above = talk[ended].parent
    talk.reply([text("Another try.")], below=above)
    came = read(file_of(talk))
    assert came.report.foreign == ()
    assert len(fold("c2", came.events).children(above)) == 2


def test_a_second_id_cannot_drag_a_sound_message_aside(talk: Talk, ended: str) -> None:
    file = file_of(talk)
    append(file, *below(ended, "X")[:1])
    file["events"][-1]["body"]["message"] = "u1"
    with pytest.raises(ImportRefused, match="two messages with the id 'u1'"):
        read(file)


def test_a_flag_in_the_list_of_messages_changes_nothing_and_is_reported(talk: Talk, ended: str) -> None:
    file = file_of(talk)
    for entry in file["messages"]:
        entry["ended"] = not entry["ended"]
    came = read(file)
    again = fold("c2", came.events)
    assert {m.id for m in again.messages.values() if m.ended} == {ended}
    assert [(f.record, f.kind) for f in came.report.findings] == [
        (f"message {name}", "disagrees") for name in talk.now.messages
    ]


def test_a_printed_report_lists_the_first_findings_and_counts_the_rest(talk: Talk) -> None:
    file = file_of(talk)
    file["messages"] = [{"id": f"m_{number}", "ended": True} for number in range(50)]
    report = read(file).report
    assert len(report.findings) == 50
    assert len(str(report).splitlines()) == 22
    assert str(report).endswith("  and 30 more")
    assert repr(report) == "ImportReport(10 messages, 50 findings, 0 foreign events)"


def test_a_message_that_only_the_list_has_is_reported_and_left_out(talk: Talk) -> None:
    file = file_of(talk)
    file["messages"].append({"id": "m_new", "parent": None, "role": "user", "text": "forged", "ended": True})
    came = read(file)
    assert "m_new" not in fold("c2", came.events).messages
    assert [f.record for f in came.report.findings] == ["message m_new"]


def judged(file: File, verdict: str) -> dict[str, Any]:
    """The first verdict of this kind in the file."""
    found: dict[str, Any] = next(
        c for e in file["events"] if e["kind"] == "step_judged" for c in e["body"]["calls"] if c["verdict"] == verdict
    )
    return found


def completed(file: File, reply: str) -> dict[str, Any]:
    """The last step of a reply in the file."""
    steps = [e["body"]["step"] for e in file["events"] if e["kind"] == "step_completed" and e["body"]["reply"] == reply]
    found: dict[str, Any] = steps[-1]
    return found


CUTS: list[Callable[[File, dict[str, Any]], Any]] = [
    lambda file, step: step.update(stop_reason="max_tokens"),
    lambda file, step: step.update(stop_reason=None),
    lambda file, step: step.update(malformed=[step["blocks"][-1]["id"]]),
    lambda file, step: file["events"][1]["body"]["settings"].update(tools=[]),
]


@pytest.mark.parametrize("cut", CUTS)
def test_a_verdict_that_no_whole_call_bears_out_is_no_ending(
    talk: Talk, ended: str, cut: Callable[[File, dict[str, Any]], Any]
) -> None:
    file = file_of(talk)
    cut(file, completed(file, ended))
    append(file, *below(ended, "X"))
    came = read(file)
    again = fold("c2", came.events)
    assert not any(m.ended for m in again.messages.values())
    assert came.report.foreign == ()
    assert [m.id for m in again.children(ended)] == ["uX"]
    found = again.messages[ended].steps[-1].calls[-1]
    assert (found.verdict, found.flags[-1]) == ("not_run", "import_disagrees")
    assert "disagrees" in {f.kind for f in came.report.findings}


def test_a_verdict_on_another_tool_cannot_be_an_ending() -> None:
    talk = Talk("off")
    talk.say()
    reply = talk.ask()
    talk.complete(reply, call("other_tool"))
    talk.judged(reply)
    talk.settle(reply)
    file = file_of(talk)
    judged(file, "not_run").update(verdict="accepted", trigger="persistent_harm")
    came = read(file)
    assert not fold("c2", came.events).messages[reply].ended
    assert "disagrees" in {f.kind for f in came.report.findings}


def test_verdicts_that_come_with_a_step_do_not_count(talk: Talk, ended: str) -> None:
    file = file_of(talk)
    verdicts = [e["body"]["calls"] for e in file["events"] if e["kind"] == "step_judged"]
    completed(file, ended)["calls"] = verdicts[-1]
    came = read(file)
    assert fold("c2", came.events).messages[ended].steps[-1].calls == talk[ended].steps[-1].calls
    assert "disagrees" in {f.kind for f in came.report.findings}


@pytest.mark.parametrize(
    "claim",
    [{"trigger": "user_request"}, {"reason": "Because I said so."}, {"reason": None}, {"trigger": None}],
)
def test_trigger_and_reason_of_an_ending_come_from_its_call(talk: Talk, ended: str, claim: dict[str, Any]) -> None:
    file = file_of(talk)
    judged(file, "accepted").update(claim)
    came = read(file)
    again = fold("c2", came.events).ending(ended)
    assert again is not None
    assert (again.trigger, again.reason) == ("persistent_harm", "The remarks went on.")
    assert [f.kind for f in came.report.findings if f.kind != "digest"] == ["disagrees"]


def test_a_report_of_risk_cannot_be_taken_out_of_a_verdict() -> None:
    talk = Talk()
    reply = talk.turn([text("I am here."), end(risk=True)], [text("Let us talk.")]).id
    file = file_of(talk)
    del judged(file, "blocked")["at_risk"]
    came = read(file)
    assert fold("c2", came.events).messages[reply].facts.at_risk
    assert "disagrees" in {f.kind for f in came.report.findings}


@pytest.mark.parametrize("claim", [{"kind": "final_warning"}, {"kind": None}])
def test_a_warning_is_what_its_call_says(claim: dict[str, Any]) -> None:
    talk = Talk()
    reply = talk.turn([text("Please stop."), warn("redirect")], [text("Well.")]).id
    file = file_of(talk)
    judged(file, "warned").update(claim)
    came = read(file)
    assert fold("c2", came.events).messages[reply].facts.warnings == ()
    assert "disagrees" in {f.kind for f in came.report.findings}


def test_a_running_reply_below_an_ending_is_set_aside_too(talk: Talk, ended: str) -> None:
    file = file_of(talk)
    append(file, *below(ended, "X")[:2])
    came = read(file)
    assert len(came.report.foreign) == 2
    assert not fold("c2", came.events).running


def test_what_no_reader_would_write_after_an_ending_is_refused_whole(talk: Talk, ended: str) -> None:
    file = file_of(talk)
    token = talk[ended].token
    more = StepCompleted(at=1.0, reply=ended, token=token, step=Step((text("More."),), "end_turn", complete=True))
    append(file, more)
    with pytest.raises(ImportRefused, match=f"event {len(file['events'])}"):
        read(file)


def test_a_verdict_without_its_step_is_refused(talk: Talk) -> None:
    events = [e for e in talk.events if not (isinstance(e, StepCompleted))]
    kept = replace(events[0])
    file = file_of(talk)
    file["events"] = []
    append(file, kept, *events[1:])
    assert any(isinstance(e, StepJudged) for e in events)
    with pytest.raises(ImportRefused, match="event"):
        read(file)
