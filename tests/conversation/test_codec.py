"""Events as JSON and back: whole, canonical, and strict about what is not theirs."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convend_widget.conversation import ErrorFacts, Event, ReplyFailed, Step, StepCompleted, UserSent, fold
from convend_widget.conversation.codec import SCHEMA, TOGETHER, Row, decode, decode_all, encode
from convend_widget.conversation.events import EVENTS
from convend_widget.errors import StoreDamaged, StoreTooNew
from tests.conversation.build import Talk, call, end, laid_open, text, warn
from tests.conversation.strategies import plain, whole

any_event = st.sampled_from(sorted(EVENTS)).flatmap(lambda kind: whole(EVENTS[kind]))


def row(event: Event) -> Row:
    return event.kind, encode(event), event.at


@pytest.mark.parametrize("kind", sorted(EVENTS))
@given(st.data())
@pytest.mark.fault(48)
def test_every_event_comes_back_as_it_was(kind: str, data: st.DataObject) -> None:
    event = data.draw(whole(EVENTS[kind]))
    again = decode(*row(event))
    assert laid_open(again) == laid_open(event)
    assert again == event


@given(any_event)
def test_the_body_is_canonical(event: Event) -> None:
    body = encode(event)
    assert body.isascii()
    values = json.loads(body)
    assert "at" not in values
    assert json.dumps(values, separators=(",", ":")) == body
    assert encode(decode(*row(event))) == body


def test_defaults_are_left_out() -> None:
    sent = UserSent(at=1.0, message="u", parent=None, content=(text(),), by="python")
    assert encode(sent) == '{"message":"u","parent":null,"content":[{"type":"text","text":"Hello."}],"by":"python"}'


@pytest.mark.fault(48)
def test_a_surrogate_pair_that_was_cut_in_two_comes_back_as_one_character() -> None:
    sent = UserSent(at=1.0, message="u", parent=None, content=(text("\ud83d" + "\ude00"),), by="python")
    again = decode(*row(sent))
    assert isinstance(again, UserSent)
    assert again.content == (text("😀"),)


def test_fields_that_a_decoded_event_left_out_have_their_defaults_each_its_own() -> None:
    body = '{"reply":"r","token":"t","step":{"blocks":[],"stop_reason":null,"complete":true}}'
    first, second = decode("step_completed", body, 1), decode("step_completed", body, 1)
    assert isinstance(first, StepCompleted)
    assert isinstance(second, StepCompleted)
    assert first.step == Step((), None, True)
    assert first.step.usage is not second.step.usage
    assert (first.at, type(first.at)) == (1.0, float)


SENT: dict[str, Any] = {"message": "u", "parent": None, "content": [], "by": "python"}
BAD_BODIES: dict[str, str] = {
    "nothing": "",
    "half": '{"message":"u"',
    "two": '{"reply":"r","token":"t"},{"reply":"r","token":"t"}',
    "no object": "[]",
    "null": "null",
    "missing": '{"message":"u"}',
    "unknown field": json.dumps({**SENT, "ended": True}),
    "a number for text": json.dumps({**SENT, "by": 5}),
    "null for text": json.dumps({**SENT, "by": None}),
    "text for a list": json.dumps({**SENT, "content": "hi"}),
    "text for a block": json.dumps({**SENT, "content": ["hi"]}),
    "another word": json.dumps({**SENT, "confirm": "maybe"}),
    "NaN": json.dumps({**SENT, "content": [{"type": float("nan")}]}),
    "Infinity": json.dumps({**SENT, "content": [{"type": float("inf")}]}),
    "deep": json.dumps(SENT).replace("[]", "[" * 100_000 + "]" * 100_000),
    "a number without end": json.dumps(SENT).replace("[]", f'[{{"n":{"9" * 10_000}}}]'),
}


@pytest.mark.parametrize("name", BAD_BODIES)
@pytest.mark.fault(54, 55)
def test_a_body_that_is_not_the_events_is_damage_and_says_which_event(name: str) -> None:
    with pytest.raises(StoreDamaged, match="user_sent"):
        decode("user_sent", BAD_BODIES[name], 1.0)


@pytest.mark.parametrize(
    ("kind", "body", "at"),
    [
        ("started", '{"conversation":"c","schema":true}', 1.0),
        ("started", '{"conversation":"c","schema":1.5}', 1.0),
        ("feedback", '{"message":"u","thumb":"up","words":"","by":"x"}', True),
        ("feedback", '{"message":"u","thumb":"up","words":"","by":"x"}', 10**400),
        ("feedback", '{"message":"u","thumb":["up"],"words":"","by":"x"}', 1.0),
    ],
)
def test_a_bool_is_no_number_and_a_number_has_bounds(kind: str, body: str, at: float) -> None:
    with pytest.raises(StoreDamaged):
        decode(kind, body, at)


@given(st.sampled_from(sorted(EVENTS)), st.data())
def test_whatever_is_stored_it_is_an_event_or_damage(kind: str, data: st.DataObject) -> None:
    values = json.loads(encode(data.draw(whole(EVENTS[kind]))))
    spoiled = data.draw(st.sampled_from([*values, "extra"]))
    values[spoiled] = data.draw(plain)
    body = json.dumps(values)
    try:
        event = decode(kind, body, 1.0)
    except (StoreDamaged, StoreTooNew):
        return
    assert decode(*row(event)) == event


@pytest.mark.fault(54)
def test_what_a_newer_version_wrote_is_told_from_damage() -> None:
    with pytest.raises(StoreTooNew, match="teleported"):
        decode("teleported", "{}", 1.0)
    with pytest.raises(StoreTooNew, match=f"schema {SCHEMA + 1}"):
        decode("started", f'{{"conversation":"c","schema":{SCHEMA + 1}}}', 1.0)
    with pytest.raises(StoreTooNew):
        list(decode_all([("teleported", "{}", 1.0)]))


FILLER = [row(UserSent(at=float(i), message=f"u{i}", parent=None, content=(), by="x")) for i in range(TOGETHER)]


@settings(max_examples=40)
@given(st.lists(any_event, max_size=4), st.sampled_from([0, TOGETHER - 2, TOGETHER]))
def test_many_rows_are_read_as_one_by_one(events: list[Event], more: int) -> None:
    rows = FILLER[:more] + [row(event) for event in events]
    assert list(decode_all(rows)) == [decode(*r) for r in rows]


@pytest.mark.parametrize("body", BAD_BODIES.values(), ids=BAD_BODIES)
@pytest.mark.parametrize("at", [0, 3, TOGETHER + 1])
@pytest.mark.fault(54)
def test_events_before_the_damaged_one_are_still_read(body: str, at: int) -> None:
    good = row(UserSent(at=1.0, message="u", parent=None, content=(), by="x"))
    rows = decode_all([good] * at + [("user_sent", body, 1.0)] + [good] * 3)
    assert [next(rows) for _ in range(at)] == [decode(*good)] * at
    with pytest.raises(StoreDamaged):
        next(rows)


@pytest.mark.fault(54)
def test_a_body_of_two_events_does_not_push_the_rows_after_it_out_of_place() -> None:
    one, two = (f'{{"reply":"r{i}","token":"t"}}' for i in (1, 2))
    with pytest.raises(StoreDamaged):
        list(decode_all([("reply_settled", f"{one},{two}", 1.0), ("reply_settled", one, 2.0)]))


@pytest.mark.parametrize("make", [lambda: float("nan"), lambda: float("inf"), lambda: 10**5000])
def test_what_json_cannot_hold_is_refused_before_it_is_stored(make: Callable[[], object]) -> None:
    sent = UserSent(at=1.0, message="u", parent=None, content=({"type": "text", "n": make()},), by="x")
    with pytest.raises(ValueError, match=r"JSON|digits"):
        encode(sent)


def test_endless_nesting_is_refused_before_it_is_stored() -> None:
    deep: dict[str, Any] = {}
    for _ in range(100_000):
        deep = {"input": deep}
    try:
        with pytest.raises(ValueError, match="nested"):
            encode(UserSent(at=1.0, message="u", parent=None, content=(deep,), by="x"))
    finally:
        while deep:
            deep = deep.pop("input")


@pytest.mark.parametrize(
    "wrong", [{"by": 5}, {"by": None}, {"confirm": "maybe"}, {"content": ("hi",)}, {"command": b"x"}, {"message": {1}}]
)
def test_what_could_not_be_read_again_is_refused_before_it_closes_the_log(wrong: dict[str, Any]) -> None:
    given: dict[str, Any] = {"message": "u", "parent": None, "content": (text(),), "by": "x"}
    with pytest.raises(ValueError, match="read again"):
        encode(UserSent(at=1.0, **given | wrong))


def test_a_nought_is_no_false() -> None:
    error = ErrorFacts("connection", "The network failed.", retryable=0)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="read again"):
        encode(ReplyFailed(at=1.0, reply="r", token="t", error=error))


def test_a_whole_conversation_comes_back_equal_from_its_rows() -> None:
    talk = Talk()
    talk.warned_enough()
    talk.turn([text("\ud800 \x00"), end(risk=True)], [text("Are you safe?")])
    talk.turn([text("Enough."), warn(), call("other")], [text("Well.")])
    talk.edit(talk.now.children(None)[0].id)
    talk.cut(talk.ask(), "interrupted", text("Hm"))
    rows = [row(event) for event in talk.events]
    assert laid_open(fold("c1", decode_all(rows))) == laid_open(talk.now)
