"""Requests and their cache breakpoints."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convend_widget.errors import SettingsError
from convend_widget.model.caching import count_body, request_body, sendable
from convend_widget.model.client import Call
from tests.model.conftest import outcome
from tests.model.prompt_cache import PromptCache
from tests.server import Answer

TOOLS = tuple({"name": name, "description": "d" * 400, "input_schema": {"type": "object"}} for name in ("warn", "end"))
SYSTEM = "Be kind. " * 100


def user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": [{"type": "text", "text": text}]}


def assistant(text: str, blocks: int = 1) -> dict[str, Any]:
    return {"role": "assistant", "content": [{"type": "text", "text": f"{text} {n}"} for n in range(blocks)]}


def call(*messages: dict[str, Any], **options) -> Call:
    return Call("m", 64, tuple(messages), **{"system": SYSTEM, "tools": TOOLS, **options})


def marks(body: dict[str, Any]) -> list[tuple[int, int]]:
    return [(i, j) for i, m in enumerate(body["messages"]) for j, b in enumerate(m["content"]) if "cache_control" in b]


def test_a_request_has_everything_of_the_call_and_its_extras():
    extra = {"thinking": {"type": "adaptive", "display": "summarized"}, "output_config": {"effort": "low"}}
    body = request_body(call(user("Hi"), extra=extra))
    assert list(body)[:5] == ["model", "max_tokens", "tools", "system", "messages"]
    assert (body["model"], body["max_tokens"], body["stream"]) == ("m", 64, True)
    assert body["thinking"] == extra["thinking"]
    assert body["output_config"] == extra["output_config"]


def test_breakpoints_are_on_system_fork_and_the_last_two_user_messages():
    talk = [user("1"), assistant("a"), user("2"), assistant("b"), user("3"), assistant("c"), user("4")]
    body = request_body(call(*talk, fork=1))
    assert marks(body) == [(1, 0), (4, 0), (6, 0)]
    assert "cache_control" in body["system"][-1]
    assert not any("cache_control" in tool for tool in body["tools"])


def test_without_a_system_prompt_the_last_tool_is_marked():
    body = request_body(call(user("1"), system=None))
    assert ["cache_control" in tool for tool in body["tools"]] == [False, True]
    assert "system" not in body


def test_thinking_and_empty_text_are_never_marked():
    hidden = {"role": "user", "content": [{"type": "text", "text": "1"}, {"type": "text", "text": ""}]}
    thought = {"role": "assistant", "content": [{"type": "thinking", "thinking": "t", "signature": "s"}]}
    assert marks(request_body(call(hidden, thought, user("2"), fork=1))) == [(0, 0), (2, 0)]


def test_whoever_marks_for_themselves_is_left_alone():
    assert marks(request_body(call(user("1"), extra={"cache_control": {"type": "ephemeral"}}))) == []


def test_marks_that_are_there_already_count_towards_the_four():
    own = {"role": "user", "content": [{"type": "text", "text": "x", "cache_control": {"type": "ephemeral"}}] * 3}
    body = request_body(call(own, assistant("a"), user("2")))
    assert len(marks(body)) + sum("cache_control" in b for b in body["system"]) == 4


MESSAGES = st.lists(
    st.tuples(
        st.sampled_from(["user", "assistant"]),
        st.text(max_size=3)
        | st.lists(
            st.fixed_dictionaries({"type": st.just("text"), "text": st.text(max_size=2)})
            | st.fixed_dictionaries({"type": st.just("thinking"), "thinking": st.just("t")}),
            max_size=3,
        ),
    ).map(lambda pair: {"role": pair[0], "content": pair[1]}),
    min_size=1,
    max_size=9,
)


@given(MESSAGES, st.none() | st.integers(-2, 12), st.booleans())
def test_placing_breakpoints_changes_nothing_else_and_never_the_stored_blocks(messages, fork, bare):
    asked = call(*messages, fork=fork, **({"system": None, "tools": ()} if bare else {}))
    before = copy.deepcopy(asked)
    body = request_body(asked)
    assert asked == before
    PromptCache().usage(body)  # it checks what may be marked, and how often
    plain = json.loads(json.dumps(body), object_hook=lambda o: {k: v for k, v in o.items() if k != "cache_control"})
    for sent, stored in zip(plain["messages"], messages, strict=True):
        text = stored["content"]
        assert sent["content"] == ([{"type": "text", "text": text}] if isinstance(text, str) else text)


def grown(turns: int, blocks: int = 1) -> list[list[dict[str, Any]]]:
    """The messages of each request of a growing conversation; every reply has that many blocks."""
    talk: list[dict[str, Any]] = []
    requests = []
    for turn in range(turns):
        talk.append(user(f"question {turn} " * 30))
        requests.append(list(talk))
        talk.append(assistant(f"answer {turn} " * 30, blocks))
    return requests


@pytest.mark.parametrize("blocks", [1, 15, 40])
def test_each_request_of_a_growing_conversation_reads_all_that_the_one_before_it_kept(blocks):
    cache, kept = PromptCache(), 0
    for number, messages in enumerate(grown(20, blocks)):
        usage = cache.usage(request_body(call(*messages)))
        assert usage["cache_read_input_tokens"] == kept, f"request {number}"
        assert usage["input_tokens"] == 0
        kept = usage["cache_read_input_tokens"] + usage["cache_creation_input_tokens"]


def test_a_branch_reads_everything_up_to_where_it_left():
    cache, requests = PromptCache(), grown(12)
    totals = []
    for messages in requests:
        usage = cache.usage(request_body(call(*messages)))
        totals.append(usage["cache_read_input_tokens"] + usage["cache_creation_input_tokens"])
    for turn in range(1, 12):
        branch = [*requests[turn][:-1], user("another question")]
        read = cache.usage(request_body(call(*branch)))["cache_read_input_tokens"]
        assert read == totals[turn - 1], f"edit of turn {turn}"


def test_fifty_replays_of_a_long_branch_read_it_fifty_times_but_for_the_first():
    cache, (*_, prefix) = PromptCache(), grown(20)
    first = cache.usage(request_body(call(*prefix, fork=len(prefix) - 1)))
    assert first["cache_read_input_tokens"] == 0
    shared = first["cache_creation_input_tokens"]
    billed, bare = shared * 1.25, shared
    for run in range(49):
        usage = cache.usage(request_body(call(*prefix, fork=len(prefix) - 1)))
        assert usage["cache_read_input_tokens"] == shared
        further = [*prefix, assistant(f"reply of run {run}", 30), user("go on"), assistant("so", 30), user("and on")]
        assert cache.usage(request_body(call(*further, fork=len(prefix) - 1)))["cache_read_input_tokens"] >= shared
        billed += usage["cache_read_input_tokens"] * 0.1
        bare += shared
    assert billed / bare < 0.15


async def test_over_a_socket_the_usage_of_a_reply_shows_what_was_read(client, messages_server):
    cache = PromptCache()
    messages_server.otherwise(lambda seen: Answer.reply("ok", usage=cache.usage(seen.body)))
    it, reads = client(), []
    for messages in grown(5):
        draft, error = await outcome(it, call(*messages))
        assert error is None
        reads.append(draft.usage["cache_read_input_tokens"])
    assert reads[0] == 0
    assert reads == sorted(set(reads))


@pytest.mark.parametrize(
    "key", ["messages", "tools", "system", "stream", "model", "max_tokens", "extra_headers", "betas", "timeout"]
)
def test_extras_that_the_chat_sets_or_that_are_no_part_of_a_body_are_refused(key):
    with pytest.raises(SettingsError, match=key):
        call(user("Hi"), extra={key: None})


@pytest.mark.parametrize("value", [object(), float("nan"), {1, 2}, b"x"])
def test_extras_that_are_not_json_are_refused(value):
    with pytest.raises(SettingsError, match="JSON"):
        call(user("Hi"), extra={"metadata": value})


def test_counting_leaves_out_what_does_not_count():
    body = count_body(call(user("Hi"), extra={"metadata": {"user_id": "u"}, "tool_choice": {"type": "auto"}}))
    assert set(body) == {"model", "messages", "system", "tools", "tool_choice"}


def test_half_characters_become_replacement_characters_wherever_they_are():
    odd = {"a\ud83d": ["\ud83d\udc4b", {"b": "x\udc4by"}, 7, None, True]}
    assert sendable(odd) == {"a\ufffd": ["👋", {"b": "x\ufffdy"}, 7, None, True]}


@given(st.text())
def test_what_utf8_can_carry_is_sent_as_it_is(text):
    whole = text.encode("utf-8", "ignore").decode()
    assert sendable(whole) == whole
    sendable(text).encode("utf-8")
