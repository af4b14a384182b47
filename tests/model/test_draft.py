"""What a stream leaves in a draft. Each stream is a file in fixtures/streams."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convend_widget.errors import ContextFull, KeyProblem, ModelError, NotTheApi, Overloaded, RateLimited
from convend_widget.model.draft import Delta, Draft
from convend_widget.model.sse import EventDecoder
from tests.server import recorded, reply_events, sse

END = "end_conversation"


def fed(data: bytes, size: int | None = None, into: Draft | None = None) -> Draft:
    draft, decoder = into or Draft(), EventDecoder(1 << 20)
    for at in range(0, len(data), size or len(data)):
        for event in decoder.feed(data[at : at + (size or len(data))]):
            draft.feed(event)
    return draft


def events_of(name: str) -> list[dict[str, Any]]:
    return list(EventDecoder(1 << 20).feed(recorded(name)))


def told(draft: Draft) -> tuple[object, ...]:
    return draft.blocks, draft.complete, draft.stop_reason, draft.usage, draft.message_id, draft.unknown, draft.cut


def test_a_whole_reply_is_kept_exactly():
    draft = fed(recorded("hello"))
    assert draft.blocks == [{"type": "text", "text": "Hello, wörld 👋"}]
    assert draft.complete
    assert (draft.stop_reason, draft.message_id) == ("end_turn", "msg_013Zva2CMHLNnXjNJJKqJ2EF")
    assert draft.model == "claude-sonnet-5-5"
    assert draft.usage["input_tokens"] == 25
    assert draft.usage["output_tokens"] == 15


def test_counts_are_totals_and_one_that_does_not_apply_leaves_the_earlier_one():
    draft = Draft()
    draft.feed({"type": "message_start", "message": {"usage": {"input_tokens": 25, "cache_read_input_tokens": 7}}})
    usage = {"output_tokens": 15, "input_tokens": None, "cache_read_input_tokens": 8}
    draft.feed({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": usage})
    assert draft.usage == {"input_tokens": 25, "cache_read_input_tokens": 8, "output_tokens": 15}


def test_thinking_keeps_its_signature_and_hidden_thinking_its_data():
    assert fed(recorded("thinking")).blocks == [
        {
            "type": "thinking",
            "thinking": "The person asks politely.",
            "signature": "EqQBCgIYAhIM1gbcDa9GJwZA2b3hGgxBdjrkzLoky3dl1pk",
        },
        {"type": "redacted_thinking", "data": "EmwKAhgBEgy3va3pzix/LafPsn4a"},
        {"type": "text", "text": "Yes."},
    ]


def test_citations_are_kept_with_their_text():
    (block,) = fed(recorded("citations")).blocks
    assert block["text"] == "The grass is green."
    assert [c["cited_text"] for c in block["citations"]] == ["The grass is green."]


def test_a_call_has_its_input_parsed_and_one_without_input_has_none():
    assert fed(recorded("call")).blocks[1]["input"] == {"trigger": "persistent_harm", "someone_at_risk": False}
    assert fed(recorded("call_without_input")).blocks[0]["input"] == {}


def test_half_a_character_and_nul_are_kept_as_they_came():
    assert fed(recorded("lone_surrogate")).blocks == [{"type": "text", "text": "half \ud83d and \x00 nul"}]


@pytest.mark.fault(20)
@pytest.mark.parametrize("name", ["length_in_call", "length_in_call_half_input", "length_in_call_left_open"])
def test_a_call_at_the_length_limit_is_cut_and_never_among_the_blocks(name):
    draft = fed(recorded(name))
    assert draft.complete
    assert draft.stop_reason == "max_tokens"
    assert draft.blocks == [{"type": "text", "text": "I am ending this."}]
    assert [block["name"] for block in draft.cut] == [END]
    assert draft.malformed == {}
    assert draft.partial() == draft.blocks


def test_text_at_the_length_limit_is_a_block_like_any_other():
    draft = fed(recorded("length_in_text"))
    assert (draft.blocks, draft.stop_reason) == ([{"type": "text", "text": "Once upon a"}], "max_tokens")


@pytest.mark.fault(21)
def test_malformed_input_is_kept_beside_an_empty_one():
    draft = fed(recorded("malformed_input"))
    assert [block["input"] for block in draft.blocks] == [{}, {}]
    assert draft.malformed == {0: '{"trigger": oops', 1: '["no object"]'}


@pytest.mark.fault(21)
def test_a_huge_malformed_input_is_cut_to_2048_characters():
    draft = fed(_call_with("x" * 100_000))
    assert draft.malformed == {0: "x" * 2048}


def _call_with(raw: str) -> bytes:
    events = reply_events(tools=[(END, {})])
    for event in events:
        if event["type"] == "content_block_delta":
            event["delta"]["partial_json"] = raw
    return sse(*events)


@pytest.mark.fault(13)
def test_unknown_events_blocks_and_deltas_are_kept_raw_and_the_reply_completes():
    draft = fed(recorded("unknown_kinds"))
    assert draft.complete
    assert [block["type"] for block in draft.blocks] == ["text", "hologram", "text"]
    assert draft.blocks[1] == {"type": "hologram", "frames": [1, 2]}
    assert [event["type"] for event in draft.unknown] == ["weather_report", *["content_block_delta"] * 2]
    assert "".join(delta.text for delta in draft.drain()) == "Hello again"


@pytest.mark.fault(14)
def test_an_unknown_stop_reason_is_a_string_like_any_other():
    draft = fed(recorded("unknown_stop_reason"))
    assert (draft.complete, draft.stop_reason) == (True, "solar_flare")
    assert draft.blocks == [{"type": "text", "text": "Hello, wörld 👋"}]


@pytest.mark.fault(15)
def test_a_refusal_keeps_what_came_before_it_and_why():
    before, after = fed(recorded("refusal_before_text")), fed(recorded("refusal_after_text"))
    assert (before.complete, before.stop_reason, before.blocks) == (True, "refusal", [])
    assert before.stop_details == {
        "type": "refusal",
        "category": "general_harms",
        "explanation": "This request was declined.",
    }
    assert (after.complete, after.stop_reason) == (True, "refusal")
    assert after.blocks == [{"type": "text", "text": "I can start with"}]


@pytest.mark.fault(16)
def test_a_paused_and_an_empty_turn_are_complete_and_told_apart():
    paused, empty = fed(recorded("pause_turn")), fed(recorded("empty"))
    assert (paused.complete, paused.stop_reason) == (True, "pause_turn")
    assert (empty.complete, empty.stop_reason, empty.blocks) == (True, "end_turn", [])


@pytest.mark.fault(10)
def test_a_full_context_window_is_a_stop_reason_of_its_own():
    assert fed(recorded("context_window")).stop_reason == "model_context_window_exceeded"


BROKEN = [
    "broken_json", "broken_utf8", "broken_encoded_surrogate", "not_a_number", "not_an_object", "without_type",
    "nested_too_deep", "order_block_before_message", "order_delta_outside_block", "order_delta_of_another_block",
    "order_stop_of_another_block", "order_block_in_block", "order_end_in_open_block", "order_stop_in_open_block",
    "second_start", "index_gap", "index_not_a_number", "call_text_in_call", "shape_text_not_text",
    "shape_delta_not_object", "shape_no_message",
]  # fmt: skip


@pytest.mark.fault(11)
@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_stream_is_not_the_api_and_never_complete(name):
    draft = Draft()
    with pytest.raises(NotTheApi):
        fed(recorded(name), into=draft)
    assert not draft.complete


@pytest.mark.fault(11)
@pytest.mark.parametrize("name", BROKEN)
def test_what_came_before_the_damage_is_kept(name):
    whole, bytewise = Draft(), Draft()
    with pytest.raises(NotTheApi):
        fed(recorded(name), into=whole)
    with pytest.raises(NotTheApi):
        fed(recorded(name), 1, into=bytewise)
    assert whole.partial() == bytewise.partial()
    if b'"text": "Hello"' in recorded(name) and name not in ("order_delta_outside_block", "call_text_in_call"):
        assert whole.partial()[0]["text"].startswith("Hello")


@pytest.mark.parametrize("name", ["hello", "call", "thinking", "unknown_kinds", "length_in_call", "refusal_after_text"])
@given(size=st.integers(1, 400))
def test_any_size_of_pieces_gives_the_same_draft(name, size):
    assert told(fed(recorded(name), size)) == told(fed(recorded(name)))


@given(st.lists(st.booleans(), min_size=12, max_size=12))
def test_what_is_drained_piece_by_piece_is_the_text(when):
    draft, shown = Draft(), dict[int, str]()
    for event, drain in zip(events_of("call"), when, strict=True):
        draft.feed(event)
        for delta in draft.drain() if drain else ():
            shown[delta.block] = shown.get(delta.block, "") + delta.text
    for delta in draft.drain():
        shown[delta.block] = shown.get(delta.block, "") + delta.text
    assert shown == {0: "This has to stop here.", 1: '{"trigger": "persistent_harm", "someone_at_risk": false}'}
    assert draft.drain() == []


def test_deltas_say_what_they_are_and_are_joined():
    assert fed(recorded("thinking")).drain() == [
        Delta(0, "thinking", "The person asks politely."),
        Delta(2, "text", "Yes."),
    ]


def test_partial_has_the_text_of_an_open_block_but_neither_open_thinking_nor_an_open_call():
    draft = Draft()
    states = []
    for event in events_of("thinking"):
        draft.feed(event)
        states.append([block["type"] for block in draft.partial()])
    assert states[3] == []
    assert states[5:7] == [["thinking"]] * 2
    call = Draft()
    for event in events_of("call")[:7]:
        call.feed(event)
    assert call.partial() == [{"type": "text", "text": "This has to stop here."}]
    cut = Draft()
    for event in events_of("hello")[:4]:
        cut.feed(event)
    assert cut.partial() == [{"type": "text", "text": "Hello"}]
    assert cut.blocks == []


def test_a_message_in_one_piece_makes_the_same_draft_as_its_stream():
    streamed, whole = fed(recorded("call")), Draft()
    whole.whole(
        {
            "type": "message",
            "id": streamed.message_id,
            "model": streamed.model,
            "content": streamed.blocks,
            "stop_reason": "tool_use",
            "usage": streamed.usage,
        }
    )
    assert told(whole) == told(streamed)
    assert whole.drain()[0] == streamed.drain()[0]


@pytest.mark.fault(20)
def test_a_call_at_the_length_limit_is_cut_in_a_message_of_one_piece_too():
    draft = Draft()
    call = {"type": "tool_use", "id": "t", "name": END, "input": {}}
    draft.whole({"type": "message", "id": "m", "model": "x", "content": [call], "stop_reason": "max_tokens"})
    assert (draft.blocks, draft.cut) == ([], [call])


@pytest.mark.fault(12)
@pytest.mark.parametrize(
    "value", [{}, {"type": "message"}, {"type": "message", "content": [{}]}, {"type": "x", "content": []}]
)
def test_something_else_in_one_piece_is_not_the_api(value):
    draft = Draft()
    with pytest.raises(NotTheApi):
        draft.whole(value)
    assert not draft.complete


@pytest.mark.parametrize(
    ("kind", "message", "raised"),
    [
        ("overloaded_error", "", Overloaded),
        ("api_error", "", Overloaded),
        ("brand_new_error", "", Overloaded),
        ("rate_limit_error", "", RateLimited),
        ("authentication_error", "", KeyProblem),
        ("invalid_request_error", "prompt is too long: 2 tokens > 1 maximum", ContextFull),
    ],
)
def test_an_error_event_is_told_by_its_type(kind, message, raised):
    draft = fed(recorded("no_end_at_all"))
    with pytest.raises(raised) as caught:
        draft.feed({"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_1"})
    assert caught.value.request_id == "req_1"
    assert draft.partial() == [{"type": "text", "text": "Hello, wör"}]


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda x: (
            st.lists(x, max_size=3)
            | st.dictionaries(
                st.sampled_from(["type", "index", "delta", "content_block", "message", "usage", "error", "text"]),
                x,
                max_size=4,
            )
        ),
        max_leaves=8,
    ),
    st.sampled_from(
        [
            "message_start",
            "content_block_start",
            "content_block_delta",
            "content_block_stop",
            "message_delta",
            "message_stop",
            "error",
        ]
    ),
    st.integers(0, 4),
)
def test_no_shape_of_an_event_raises_anything_but_a_model_error(value, kind, after):
    draft = Draft()
    for event in events_of("hello")[:after]:
        draft.feed(event)
    event = (
        {**value, "type": kind}
        if isinstance(value, dict)
        else {"type": kind, "delta": value, "message": value, "index": value}
    )
    try:
        draft.feed(event)
        draft.partial()
        draft.drain()
    except ModelError:
        pass
