"""Events out of bytes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convend_widget.errors import NotTheApi
from convend_widget.model.sse import EventDecoder, strict_json
from tests.server import recorded, sse

LIMIT = 1 << 20
CUTS = st.lists(st.integers(0, 5000), max_size=12)


def decoded(data: bytes, cuts: list[int] | None = None) -> list[dict[str, Any]]:
    decoder = EventDecoder(LIMIT)
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts or [])})
    return [event for a, b in zip(places, [*places[1:], len(data)], strict=True) for event in decoder.feed(data[a:b])]


@pytest.mark.fault(11)
@given(
    cuts=CUTS,
    name=st.sampled_from(["hello", "call", "thinking", "unknown_kinds"]),
    end=st.sampled_from([b"\n", b"\r\n", b"\r"]),
)
def test_any_split_of_any_line_ends_gives_the_same_events(cuts, name, end):
    whole = recorded(name)
    assert decoded(whole.replace(b"\n", end), cuts) == decoded(whole)


@pytest.mark.fault(11)
def test_byte_by_byte_gives_the_same_events():
    lines = b'data: {"type":\ndata: "ping"}\n\n'
    data = (lines + recorded("hello")).replace(b"\n", b"\r\n")
    assert decoded(data, list(range(len(data)))) == [{"type": "ping"}, *decoded(recorded("hello"))]


def test_comments_ids_retries_and_unknown_fields_are_passed_over():
    data = b': warm\n\nid: 7\nretry: 5\nnonsense\nfurther: on\nevent: ping\ndata: {"type": "ping"}\n\n'
    assert decoded(data) == [{"type": "ping"}]


def test_several_data_lines_make_one_event():
    assert decoded(b'data: {"type":\ndata:"ping"}\n\ndata\n\n'[:-6]) == [{"type": "ping"}]


def test_a_byte_order_mark_before_the_first_line_is_passed_over():
    assert decoded(b'\xef\xbb\xbfdata: {"type": "ping"}\n\n', [1, 2]) == [{"type": "ping"}]


def test_an_event_that_the_stream_ends_in_is_dropped():
    assert decoded(sse({"type": "ping"}) + b'data: {"type": "message_stop"}\n') == [{"type": "ping"}]


@pytest.mark.fault(12)
def test_a_stream_past_the_limit_is_refused_in_constant_memory():
    decoder = EventDecoder(1000)
    for _ in range(71):
        assert list(decoder.feed(b"data: xxxxxxxx")) == []
    with pytest.raises(NotTheApi, match="1,000 bytes"):
        list(decoder.feed(b"data: xxxxxxxx"))


@pytest.mark.fault(12)
@pytest.mark.parametrize(
    ("data", "foreign"), [(b"<html>", True), (b"even", False), (b'data: {"ty', False), (b"", False)]
)
def test_other_text_is_told_from_a_cut_stream(data, foreign):
    decoder = EventDecoder(LIMIT)
    assert list(decoder.feed(data)) == []
    assert decoder.foreign() is foreign


@pytest.mark.fault(11)
@pytest.mark.parametrize("text", ["NaN", "[Infinity]", '{"a": -Infinity}', "[" * 100_000, "{'a': 1}", "9" * 5000])
def test_what_is_not_json_raises_value_error(text):
    with pytest.raises(ValueError):
        strict_json(text)
