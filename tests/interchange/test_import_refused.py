"""Files that cannot be imported: each is refused whole, within limits, and the error names the record."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from convend_widget.errors import ImportRefused
from convend_widget.interchange.json_format import export_json, import_json
from convend_widget.interchange.reading import _deepest
from convend_widget.interchange.report import Limits
from tests.conversation.build import Talk, end, text, warn
from tests.interchange.trees import stored

pytestmark = pytest.mark.fault(55)
File = dict[str, Any]


def refusal(source: str | Path, limits: Limits | None = None) -> str:
    with pytest.raises(ImportRefused) as caught:
        import_json(source, conversation="c2", limits=limits)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400
    return str(caught.value)


@pytest.fixture
def file() -> File:
    talk = Talk()
    talk.turn([text("Fine."), warn()], [text("Well.")])
    talk.turn([text("Yes."), end()], [text("Let us go on.")])
    value: File = json.loads(export_json(talk.now, stored(talk)))
    return value


def the(file: File, kind: str, nth: int = 0) -> tuple[int, dict[str, Any]]:
    """The number and the body of an event of this kind."""
    found = [(e["seq"], e["body"]) for e in file["events"] if e["kind"] == kind]
    return found[nth]


# -- outside


@pytest.mark.parametrize("source", ["{", "[1,", '{"a" 1}', "{'a': 1}", '["unclosed]', "[] []", '{"a": \\u0031}'])
def test_what_is_not_json_is_refused_with_its_place(source: str) -> None:
    assert "This is not JSON" in refusal(source)
    assert "line 1, column" in refusal(source)


def test_bytes_that_are_not_utf_8_are_refused_with_their_place(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b'["caf\xe9"]')
    assert "not UTF-8 text (byte 5)" in refusal(tmp_path / "a.json")


@pytest.mark.parametrize("bracket", ["[", '{"a":'])
def test_nesting_100_000_deep_is_refused_before_it_is_parsed(bracket: str) -> None:
    assert "nested 100000 deep; 400 is the limit" in refusal(bracket * 100_000)


def test_deep_nesting_within_an_event_is_refused(file: File) -> None:
    source = json.dumps(file).replace('"Fine."', "[" * 500 + "]" * 500)
    assert "deep; 400 is the limit" in refusal(source)


@pytest.mark.parametrize(
    ("source", "depth"),
    [
        ("", 0),
        ("[]", 1),
        ('{"[[[": "]]]{{{"}', 1),
        (r'["\"[[[", [{}]]', 3),
        (r'["\\", [{}]]', 3),
        (r'["\\\"[[[["]', 1),
        ("[[]" * 50, 51),
        ('["' + "x" * (2**20 - 3) + r"\"[[[[", 1),
        ('["' + "x" * (2**20 - 2) + '\\\\",[[', 3),
        ('["' + "[" * 2**21 + '", [[]]]', 3),
    ],
)
def test_depth_counts_brackets_outside_of_strings_only(source: str, depth: int) -> None:
    assert _deepest(source.encode()) == depth


def test_a_file_of_2_gb_is_refused_without_being_read_whole(tmp_path: Path) -> None:
    big = tmp_path / "big.json"
    with big.open("wb") as handle:
        handle.truncate(2 * 2**30)  # a sparse file
    assert "bigger than 1 MB" in refusal(big, Limits(size=2**20))


def test_a_text_or_a_list_beyond_the_limits_is_refused(file: File) -> None:
    assert "bigger than" in refusal(json.dumps(file), Limits(size=1000))
    assert "10 is the limit" in refusal(json.dumps(file), Limits(records=10))
    assert "2 is the limit" in refusal(json.dumps([{"role": "user", "content": "a"}] * 3), Limits(records=2))


def test_a_path_that_is_not_there_a_folder_and_a_broken_name_are_refused(tmp_path: Path) -> None:
    assert "There is no file" in refusal(tmp_path / "nothing.json")
    assert "There is no file" in refusal(tmp_path)
    assert refusal("no\0such.json")
    assert refusal("x" * 5000)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": "other"}, "'other', not 'convend'"),
        ({"format": None}, "not 'convend'"),
        ({"version": 2}, "version 2 of the format. Update"),
        ({"version": "1"}, "not a whole number"),
        ({"version": True}, "not a whole number"),
        ({"version": 0}, "not a whole number"),
        ({"events": None}, "no list of events"),
        ({"events": {}}, "no list of events"),
    ],
)
def test_another_format_and_a_future_version_are_refused(file: File, change: File, said: str) -> None:
    assert said in refusal(json.dumps(file | change))


def test_a_newer_schema_of_events_is_refused(file: File) -> None:
    the(file, "started")[1]["schema"] = 99
    said = refusal(json.dumps(file))
    assert "event 1" in said
    assert "Update convend_widget" in said


# -- records


@pytest.mark.parametrize(
    "spoil",
    [
        lambda e: e.clear(),
        lambda e: e.update(seq=7),
        lambda e: e.update(seq="3"),
        lambda e: e.update(seq=True),
        lambda e: e.update(kind=None),
        lambda e: e.update(kind="no_such_kind"),
        lambda e: e.update(kind="step_opened", body={"reply": "r2", "token": "token of r2"}),
        lambda e: e.update(body=[]),
        lambda e: e.update(at="yesterday"),
        lambda e: e.update(at=None),
        lambda e: e.update(at=True),
        lambda e: e.update(at=10**400),
        lambda e: e.update(at=float("nan")),
        lambda e: e.update(at=float("inf")),
        lambda e: e["body"].update(no_such_field=1),
        lambda e: e["body"].pop("message"),
        lambda e: e["body"].update(message=7),
        lambda e: e["body"].update(message=""),
        lambda e: e["body"].update(message="x" * 201),
        lambda e: e["body"].update(message='"><script>'),
        lambda e: e["body"].update(message="line\nbreak"),
        lambda e: e["body"].update(command="é"),
        lambda e: e["body"].update(content="text"),
        lambda e: e["body"].update(content=["text"]),
        lambda e: e["body"].update(content=[{}]),
        lambda e: e["body"].update(content=[{"type": 1}]),
        lambda e: e["body"].update(content=[{"type": "text"}]),
        lambda e: e["body"].update(content=[{"type": "text", "text": 5}]),
        lambda e: e["body"].update(content=[{"type": "tool_use", "id": "x", "name": "end_conversation"}]),
        lambda e: e["body"].update(content=[{"type": "text", "text": "x", "more": float("nan")}]),
        lambda e: e["body"].update(content=[]),
        lambda e: e["body"].update(confirm="perhaps"),
        lambda e: e["body"].update(confirm="yes"),
    ],
)
def test_a_spoilt_record_is_named(file: File, spoil: Callable[[dict[str, Any]], Any]) -> None:
    number, _ = the(file, "user_sent")
    spoil(file["events"][number - 1])
    assert f"event {number}" in refusal(json.dumps(file))


def test_a_number_of_5_000_digits_is_refused(file: File) -> None:
    assert refusal(json.dumps(file).replace('"seq": 3', f'"seq": {"9" * 5000}'))


def test_an_event_that_is_never_stored_is_refused(file: File) -> None:
    number, asked = the(file, "reply_requested")
    opened = {"kind": "step_opened", "at": 1.0, "body": {"reply": asked["reply"], "token": asked["token"]}}
    events = [*file["events"][:number], opened, *file["events"][number:]]
    renumbered = [event | {"seq": seq} for seq, event in enumerate(events, 1)]
    assert f"event {number + 1}: step_opened is never stored" in refusal(json.dumps(file | {"events": renumbered}))


@pytest.mark.parametrize(
    "block",
    [
        {},
        {"type": None},
        {"type": "text"},
        {"type": "text", "text": None},
        {"type": "thinking", "thinking": []},
        {"type": "tool_use", "id": 5, "name": "x"},
        {"type": "tool_use", "id": "x"},
        {"type": "tool_result"},
    ],
)
def test_a_block_of_a_reply_without_what_everybody_takes_for_granted_is_refused(
    file: File, block: dict[str, Any]
) -> None:
    number, body = the(file, "step_completed", 1)
    body["step"]["blocks"] = [text(), block]
    assert f"event {number}: block 2" in refusal(json.dumps(file))


def test_a_block_of_a_cut_reply_is_looked_at_too() -> None:
    talk = Talk()
    talk.cut(talk.ask(talk.say()), "stopped", text("Half"))
    file: File = json.loads(export_json(talk.now, stored(talk)))
    number, body = the(file, "reply_stopped")
    body["partial"] = [{"type": "text", "text": 5}]
    assert f"event {number}: block 1" in refusal(json.dumps(file))


def test_a_record_that_is_no_object_is_named(file: File) -> None:
    file["events"][4] = "user_sent"
    assert "event 5 is not an object" in refusal(json.dumps(file))


def test_two_messages_with_one_id_are_refused(file: File) -> None:
    number, body = the(file, "user_sent", 1)
    body["message"] = "u1"
    assert f"event {number}: there are two messages with the id 'u1'" in refusal(json.dumps(file))


def test_an_orphan_is_refused(file: File) -> None:
    number, body = the(file, "user_sent", 1)
    body["parent"] = "nobody"
    said = refusal(json.dumps(file))
    assert f"event {number}" in said
    assert "'nobody'" in said
    assert "cycle" not in said


def test_a_cycle_is_refused_and_called_one(file: File) -> None:
    number, body = the(file, "user_sent", 0)
    body["parent"] = the(file, "reply_requested", 0)[1]["reply"]
    said = refusal(json.dumps(file))
    assert f"event {number}" in said
    assert "cycle" in said


def test_a_message_that_is_its_own_parent_is_refused(file: File) -> None:
    number, body = the(file, "user_sent", 0)
    body["parent"] = body["message"]
    assert f"event {number}" in refusal(json.dumps(file))


@pytest.mark.parametrize("kind", ["user_sent", "reply_requested", "step_completed", "step_judged", "reply_settled"])
def test_a_log_that_breaks_the_law_is_refused_and_the_event_named(file: File, kind: str) -> None:
    number, _ = the(file, kind)
    doubled = [*file["events"][:number], *file["events"][number - 1 :]]
    for seq, event in enumerate(doubled, 1):
        doubled[seq - 1] = event | {"seq": seq}
    assert f"event {number + 1}" in refusal(json.dumps(file | {"events": doubled}))


def test_a_log_that_does_not_begin_with_its_start_is_refused(file: File) -> None:
    rest = [e | {"seq": i} for i, e in enumerate(file["events"][1:], 1)]
    assert "event 1" in refusal(json.dumps(file | {"events": rest}))


@pytest.mark.parametrize("name", [None, 5, "", "é", "x" * 300])
def test_a_start_without_a_name_that_could_be_one_is_refused(file: File, name: object) -> None:
    the(file, "started")[1]["conversation"] = name
    assert "event 1" in refusal(json.dumps(file))


@pytest.mark.parametrize("tools", [[{"no": "name"}], [{"name": 5}], ["end_conversation"], [{"name": None}]])
def test_settings_with_tools_that_have_no_name_are_refused(file: File, tools: object) -> None:
    number, body = the(file, "settings")
    body["settings"]["tools"] = tools
    assert f"event {number}" in refusal(json.dumps(file))


# -- plain lists


@pytest.mark.parametrize(
    ("messages", "place"),
    [
        (["hello"], "message 1"),
        ([{"role": "user"}], "message 1"),
        ([{"role": "user", "content": 5}], "message 1"),
        ([{"role": "user", "content": []}], "message 1"),
        ([{"role": "user", "content": " \n"}], "message 1"),
        ([{"role": "user", "content": ["a"]}], "message 1"),
        ([{"role": "user", "content": [{"type": "text", "text": None}]}], "message 1"),
        ([{"role": "user", "content": [{"type": "text", "text": "a", "x": float("nan")}]}], "message 1"),
        ([{"role": "assistant", "content": "a"}], "message 1"),
        ([{"role": "system", "content": "a"}], "message 1"),
        ([{"role": "user", "content": "a"}, {"role": "tool", "content": "b"}], "message 2"),
        ([{"role": "user", "content": "a"}, {"role": ["user"], "content": "b"}], "message 2"),
        (
            [{"role": "user", "content": "a"}, {"role": "assistant", "content": [{"type": "tool_use", "id": "x"}]}],
            "message 2",
        ),
        ([{"role": "user", "content": [{"type": "tool_use", "id": "x", "name": "end_conversation"}]}], "message 1"),
        ([{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "x", "content": "y"}]}], "message 1"),
    ],
)
def test_a_spoilt_message_of_a_plain_list_is_named(messages: list[Any], place: str) -> None:
    assert place in refusal(json.dumps(messages))


def test_advice_for_a_system_message_is_where_it_belongs() -> None:
    assert "system=" in refusal(json.dumps([{"role": "system", "content": "a"}]))


def test_other_json_is_refused() -> None:
    assert "format" in refusal("{}")
