"""The client over a real socket, under the faults of a network and of a provider."""

from __future__ import annotations

import asyncio
import gc
import json
import socket
import ssl
import time
import warnings
from typing import Any

import pytest

from convend_widget.errors import (
    BadRequest,
    ConnectionLost,
    ContextFull,
    KeyProblem,
    ModelError,
    NotTheApi,
    Overloaded,
    RateLimited,
    TimedOut,
    UnsafeAddress,
)
from convend_widget.model.claude import ClaudeClient
from convend_widget.model.client import Call, Timeouts
from convend_widget.model.draft import Draft
from convend_widget.model.retry import Retries
from tests.model.conftest import CALL, outcome
from tests.server import RESET, STALL, Answer, recorded, sse

HELLO = [{"type": "text", "text": "Hello, wörld 👋"}]


async def test_a_reply_arrives_whole_and_the_next_one_uses_the_same_connection(client, messages_server):
    messages_server.otherwise(Answer.stream(recorded("hello"), headers={"request-id": "req_1"}))
    it = client()
    for _ in range(3):
        draft, error = await outcome(it)
        assert (error, draft.complete, draft.blocks, draft.request_id) == (None, True, HELLO, "req_1")
    assert messages_server.connections == 1


async def test_a_reply_in_one_piece_arrives_the_same(client, messages_server):
    draft, _ = await outcome(client())
    message = {"type": "message", "id": "m", "content": draft.blocks, "stop_reason": "end_turn"}
    messages_server.script(Answer.json(message))
    whole, error = await outcome(client(), Call(CALL.model, 64, CALL.messages, stream=False))
    assert (error, whole.complete, whole.blocks) == (None, True, draft.blocks)
    assert "stream" not in messages_server.seen[-1].body


def short_stream() -> bytes:
    """A reply with text and a call in as few bytes as the format allows."""
    return b"".join(
        b"data:%s\n\n" % json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode()
        for event in (
            {"type": "message_start", "message": {}},
            {"type": "content_block_start", "index": 0, "content_block": {"type": "text"}},
            {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hi ö"}},
            {"type": "content_block_stop", "index": 0},
            {"type": "content_block_start", "index": 1, "content_block": {"type": "tool_use", "input": {}}},
            {"type": "content_block_stop", "index": 1},
            {"type": "message_delta", "delta": {"stop_reason": "tool_use"}},
            {"type": "message_stop"},
        )
    )


@pytest.mark.fault(1, 20)
async def test_cut_after_any_byte_keeps_a_prefix_and_is_never_complete(client, messages_server):
    data = short_stream()
    text_after, call_after = (data.index(mark) + len(mark) for mark in ('"Hi ö"}}\n\n'.encode(), b'"index":1}\n\n'))
    it = client(most=0)
    for n in range(len(data)):
        # The two framings end differently: one is seen to be cut, the other looks like a clean end.
        messages_server.script(Answer.stream(data, cut=n, framing="chunked" if n % 2 else "close"))
        draft, error = await outcome(it)
        assert type(error) is ConnectionLost, n
        assert error.retryable
        assert not draft.complete
        kept = [block["type"] for block in draft.partial()]
        assert kept == ["text"] * (n >= text_after) + ["tool_use"] * (n >= call_after), n
        assert all(block["text"] == "Hi ö" for block in draft.partial() if block["type"] == "text")
    messages_server.script(Answer.stream(data, then=RESET))
    draft, error = await outcome(it)
    assert (error, draft.complete) == (None, True)


@pytest.mark.fault(1)
async def test_reset_in_mid_stream_is_a_lost_connection_with_its_text(client, messages_server):
    data = recorded("no_end_at_all")
    messages_server.script(Answer.stream(data, then=RESET, pause=0.05))
    draft, error = await outcome(client())
    assert type(error) is ConnectionLost
    assert draft.partial() == [{"type": "text", "text": "Hello, wör"}]
    assert len(messages_server.seen) == 1


@pytest.mark.fault(2)
async def test_silence_fires_the_idle_limit_and_hangs_up(client, messages_server):
    messages_server.script(Answer.stream(recorded("hello")), Answer.stream(recorded("no_end_at_all"), then=STALL))
    it = client(timeouts=Timeouts(idle=0.6))
    await outcome(it)
    draft, error = await outcome(it)
    assert isinstance(error, TimedOut)
    assert "sent nothing for 0.6 s" in error.what
    assert draft.partial() == [{"type": "text", "text": "Hello, wör"}]
    assert messages_server.wait_until(lambda server: server.left == 1)
    assert len(messages_server.seen) == 2


@pytest.mark.fault(2)
async def test_silence_before_the_first_byte_fires_it_too(client, messages_server):
    messages_server.script(Answer([STALL], framing="none"))
    _, error = await outcome(client(timeouts=Timeouts(idle=0.15)))
    assert isinstance(error, TimedOut)


@pytest.mark.fault(2)
@pytest.mark.parametrize("stream", [True, False])
async def test_a_trickle_for_ever_fires_the_deadline(client, messages_server, stream):
    kind = "text/event-stream" if stream else "application/json"

    def trickle():
        while True:
            yield b" "
            yield 0.02

    messages_server.script(Answer(trickle(), headers={"content-type": kind}))
    call = Call(CALL.model, 64, CALL.messages, stream=stream)
    _, error = await outcome(client(timeouts=Timeouts(total=0.6)), call)
    assert isinstance(error, TimedOut)
    assert "longer than 0.6 s" in error.what
    assert messages_server.wait_until(lambda server: server.left == 1)


@pytest.mark.fault(2)
async def test_a_reply_in_one_piece_may_be_silent_for_longer_than_the_idle_limit(client, messages_server):
    body = json.dumps({"type": "message", "content": [], "stop_reason": "end_turn"}).encode()
    messages_server.script(Answer([0.3, body], headers={"content-type": "application/json"}))
    call = Call(CALL.model, 64, CALL.messages, stream=False)
    draft, error = await outcome(client(timeouts=Timeouts(idle=0.1)), call)
    assert (error, draft.complete) == (None, True)


@pytest.mark.fault(3)
@pytest.mark.parametrize("name", ["no_message_stop", "no_end_at_all"])
async def test_a_clean_end_without_message_stop_is_a_lost_connection(client, messages_server, name):
    messages_server.script(Answer.stream(recorded(name)))
    draft, error = await outcome(client())
    assert type(error) is ConnectionLost
    assert draft.partial()
    assert not draft.complete
    assert len(messages_server.seen) == 1


async def test_a_stream_that_never_ends_after_message_stop_is_complete_all_the_same(client, messages_server):
    for then in (STALL, RESET):
        messages_server.script(Answer.stream(recorded("hello"), then=then))
        draft, error = await outcome(client())
        assert (error, draft.complete, draft.blocks) == (None, True, HELLO)


@pytest.mark.fault(4)
async def test_retry_after_2_is_waited_for_with_a_countdown_and_the_request_is_the_same(client, messages_server):
    messages_server.script(Answer.error(429, headers={"retry-after": "2"}), Answer.stream(recorded("hello")))
    draft = Draft()
    seen = []

    async def watch(seconds: float) -> None:
        waiting = draft.waiting
        assert waiting is not None
        seen.append((seconds, waiting.seconds, waiting.why, waiting.attempt, waiting.until > time.monotonic()))

    await client(retries=Retries(sleep=watch)).step(CALL, draft)
    assert seen == [(2.0, 2.0, "rate_limited", 1, True)]
    assert draft.waiting is None
    assert (draft.complete, draft.blocks) == (True, HELLO)
    assert messages_server.seen[0].body == messages_server.seen[1].body


@pytest.mark.fault(4)
async def test_stop_works_while_it_waits(client, messages_server):
    messages_server.otherwise(Answer.error(429, headers={"retry-after": "30"}))
    draft = Draft()
    task = asyncio.ensure_future(client(retries=Retries(), timeouts=Timeouts()).step(CALL, draft))
    while draft.waiting is None and not task.done():
        await asyncio.sleep(0.005)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert draft.waiting is None
    assert len(messages_server.seen) == 1


@pytest.mark.fault(5)
@pytest.mark.parametrize(
    ("value", "real", "shown"),
    [("86400", 86400.0, "24 h"), ("61", 61.0, "61 s"), ("inf", None, "no time"), ("1e400", None, "no time")],
)
async def test_a_retry_after_above_the_cap_is_told_and_not_waited_for(
    client, messages_server, naps, value, real, shown
):
    messages_server.script(Answer.error(429, headers={"retry-after": value}))
    _, error = await outcome(client())
    assert isinstance(error, RateLimited)
    assert error.retry_after == real
    assert shown in error.what
    assert error.request_id == "req_header"
    assert naps.taken == []


@pytest.mark.fault(5)
@pytest.mark.parametrize("value", ["abc", "", "nan", "-5", "0", "Wed, 21 Oct 2015 07:28:00 GMT"])
async def test_a_retry_after_that_is_past_or_rubbish_leaves_the_usual_waits(client, messages_server, naps, value):
    messages_server.otherwise(Answer.error(429, headers={"retry-after": value}))
    _, error = await outcome(client())
    assert isinstance(error, RateLimited)
    assert naps.taken == [0.5, 1.0, 2.0]


@pytest.mark.fault(6)
@pytest.mark.parametrize("status", [408, 409, 500, 502, 503, 504, 529])
async def test_a_busy_provider_is_tried_four_times_in_all(client, messages_server, naps, status):
    messages_server.otherwise(Answer.error(status))
    draft, error = await outcome(client())
    assert isinstance(error, Overloaded)
    assert (error.status, error.retryable, error.request_id) == (status, True, "req_header")
    assert len(messages_server.seen) == 4
    assert naps.taken == [0.5, 1.0, 2.0]
    assert not draft.started


@pytest.mark.fault(6)
async def test_a_provider_that_is_busy_three_times_answers_at_last(client, messages_server):
    messages_server.script(*[Answer.error(529)] * 3, Answer.stream(recorded("hello")))
    draft, error = await outcome(client())
    assert (error, draft.blocks) == (None, HELLO)


@pytest.mark.fault(6)
async def test_a_provider_that_says_not_to_try_again_is_not(client, messages_server):
    messages_server.otherwise(Answer.error(500, headers={"x-should-retry": "false"}))
    _, error = await outcome(client())
    assert isinstance(error, Overloaded)
    assert len(messages_server.seen) == 1


@pytest.mark.fault(6)
async def test_waits_never_go_past_the_deadline(client, messages_server, naps):
    messages_server.otherwise(Answer.error(429, headers={"retry-after": "30"}))
    _, error = await outcome(client(timeouts=Timeouts(total=10)))
    assert isinstance(error, RateLimited)
    assert naps.taken == []


@pytest.mark.fault(6)
async def test_a_connection_that_breaks_before_an_answer_is_tried_again(client, messages_server):
    messages_server.script(Answer([RESET], framing="none"), Answer(framing="none", acts=["cut"]), Answer.stream(b""))
    draft, error = await outcome(client())
    assert (error, draft.complete) == (None, True)
    assert len(messages_server.seen) == 4


@pytest.mark.fault(6)
async def test_nobody_listening_is_a_lost_connection_that_names_the_host_only(client, naps):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    _, error = await outcome(client(base_url=f"http://someone:password@127.0.0.1:{port}/path"))
    assert type(error) is ConnectionLost
    assert error.what == "No connection to 127.0.0.1."
    assert len(naps.taken) == 3


@pytest.mark.fault(7)
async def test_overloaded_as_the_first_event_is_tried_again(client, messages_server, naps):
    messages_server.script(Answer.stream(recorded("overloaded_first")), Answer.stream(recorded("hello")))
    draft, error = await outcome(client())
    assert (error, draft.blocks) == (None, HELLO)
    assert naps.taken == [0.5]


@pytest.mark.fault(8)
async def test_overloaded_after_text_is_told_with_the_text_kept(client, messages_server, naps):
    messages_server.script(Answer.stream(recorded("overloaded_after_text")))
    draft, error = await outcome(client())
    assert isinstance(error, Overloaded)
    assert error.retryable
    assert error.request_id == "req_011CSHoEeqs5C35K2UUqR7Fy"
    assert draft.partial() == [{"type": "text", "text": "Hello, wör"}]
    assert (len(messages_server.seen), naps.taken) == (1, [])


@pytest.mark.fault(9)
@pytest.mark.parametrize(("status", "kind"), [(401, "authentication_error"), (403, "permission_error")])
async def test_a_key_that_is_not_accepted_is_told_at_once(client, messages_server, status, kind):
    messages_server.script(Answer.error(status, kind, "invalid x-api-key key-of-the-tests"))
    _, error = await outcome(client())
    assert isinstance(error, KeyProblem)
    assert (error.status, error.who) == (status, "you")
    assert "key-of-the-tests" not in str(error)
    assert "ANTHROPIC_API_KEY" in str(error)
    assert len(messages_server.seen) == 1


@pytest.mark.fault(9)
@pytest.mark.parametrize("key", ["", "se cret", "secret\n", " secret", '"secret"', "'secret'", "secrét", "sec\x00ret"])
async def test_a_malformed_key_is_never_sent_nor_echoed(client, messages_server, key):
    _, error = await outcome(client(api_key=key))
    assert isinstance(error, KeyProblem)
    assert "the argument api_key" in error.what
    assert not any(part in str(error) for part in ("secret", "sec\x00", "secrét", "se cret"))
    assert messages_server.seen == []


@pytest.mark.fault(9)
async def test_without_any_key_the_card_says_how_to_set_one_and_one_set_later_is_found(
    client, messages_server, monkeypatch, tmp_path
):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    it = client(api_key=None)
    _, error = await outcome(it)
    assert isinstance(error, KeyProblem)
    assert "ANTHROPIC_API_KEY" in str(error)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "set-later")
    draft, error = await outcome(it)
    assert (error, draft.complete) == (None, True)
    assert messages_server.seen[-1].headers["authorization"] == "Bearer set-later"


@pytest.mark.fault(10)
@pytest.mark.parametrize(
    ("status", "message", "raised"),
    [
        (400, "messages.0: text content blocks must be non-empty", BadRequest),
        (404, "model: claude-nothing", BadRequest),
        (422, "?", BadRequest),
        (402, "credit", BadRequest),
        (413, "Request exceeds the maximum size", ContextFull),
        (400, "prompt is too long: 210000 tokens > 200000 maximum", ContextFull),
        (400, "input length and `max_tokens` exceed context limit: 1 + 2 > 2", ContextFull),
        (400, "Input is too long for requested model.", ContextFull),
    ],
)
async def test_a_request_that_is_refused_says_why_once(client, messages_server, status, message, raised):
    messages_server.otherwise(Answer.error(status, "invalid_request_error", message))
    _, error = await outcome(client())
    assert type(error) is raised
    assert (error.who, error.retryable, error.status) == ("you", False, status)
    assert len(messages_server.seen) == 1
    if raised is BadRequest and status != 402:
        assert message in error.what
    assert error.advice


@pytest.mark.fault(10)
async def test_what_the_provider_says_is_one_short_plain_line(client, messages_server):
    messages_server.otherwise(Answer.error(400, "invalid_request_error", "a\x1b[31m\n\u202eb<i>" + "x" * 5000))
    _, error = await outcome(client())
    assert error.what.startswith("The provider refused the request (HTTP 400): a [31m b<i>xxx")
    assert len(error.what) < 400
    assert error.what.isprintable()


@pytest.mark.fault(11)
@pytest.mark.parametrize(
    "name", ["broken_json", "broken_utf8", "second_start", "index_gap", "order_block_before_message"]
)
async def test_a_broken_stream_is_not_the_api_and_not_tried_again(client, messages_server, name):
    messages_server.otherwise(Answer.stream(recorded(name)))
    draft, error = await outcome(client())
    assert type(error) is NotTheApi
    assert not draft.complete
    assert len(messages_server.seen) == 1
    assert messages_server.wait_until(lambda server: server.connections == 1)


@pytest.mark.fault(11)
async def test_a_stream_cut_into_single_bytes_on_the_wire_arrives_the_same(client, messages_server):
    messages_server.script(Answer.stream(recorded("hello").replace(b"\n", b"\r\n"), pieces=1))
    draft, error = await outcome(client())
    assert (error, draft.blocks) == (None, HELLO)


@pytest.mark.fault(12)
@pytest.mark.parametrize("stream", [True, False])
async def test_a_page_is_not_the_api_and_is_not_shown(client, messages_server, stream):
    messages_server.otherwise(Answer.page("<html>captive portal</html>"))
    _, error = await outcome(client(), Call(CALL.model, 64, CALL.messages, stream=stream))
    assert type(error) is NotTheApi
    assert "portal" not in str(error)
    assert "text/html" in error.what


@pytest.mark.fault(12)
@pytest.mark.parametrize("status", [400, 403, 404])
async def test_an_error_page_of_something_in_between_is_not_the_api(client, messages_server, status):
    messages_server.otherwise(Answer.page("<h1>blocked</h1>", status=status))
    _, error = await outcome(client())
    assert type(error) is NotTheApi
    assert "blocked" not in str(error)


@pytest.mark.fault(12)
async def test_other_text_under_the_right_content_type_is_not_the_api(client, messages_server):
    messages_server.otherwise(Answer.stream(recorded("plain_text")))
    _, error = await outcome(client())
    assert type(error) is NotTheApi
    assert "upstream" not in str(error)


@pytest.mark.fault(12)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(client, messages_server, status):
    messages_server.script(Answer(status=status, headers={"location": f"{messages_server.url}/elsewhere"}))
    _, error = await outcome(client())
    assert type(error) is NotTheApi
    assert "redirect" in error.what
    assert [seen.path for seen in messages_server.seen] == ["/v1/messages"]


def endless(piece: bytes):
    while True:
        yield piece


@pytest.mark.fault(12)
@pytest.mark.parametrize(
    ("answer", "stream"),
    [
        (Answer(endless(b"data: " + b"x" * 50_000), headers={"content-type": "text/event-stream"}), True),
        (Answer(endless(sse({"type": "ping"}) * 1000), headers={"content-type": "text/event-stream"}), True),
        (Answer(endless(b" " * 50_000), headers={"content-type": "application/json"}), False),
        (Answer(endless(b" " * 50_000), status=400, headers={"content-type": "application/json"}), True),
    ],
)
async def test_a_huge_body_is_cut_off_and_hung_up_on(client, messages_server, answer, stream):
    messages_server.script(answer)
    _, error = await outcome(client(max_bytes=1_000_000), Call(CALL.model, 64, CALL.messages, stream=stream))
    assert type(error) is NotTheApi
    assert messages_server.wait_until(lambda server: server.left == 1)


@pytest.mark.fault(12)
async def test_an_answer_that_is_not_http_is_a_lost_connection(client, messages_server):
    messages_server.script(Answer([b"220 mail.example.org ESMTP\r\n", "cut"], framing="none"))
    _, error = await outcome(client(most=0))
    assert isinstance(error, ConnectionLost)
    assert "ESMTP" not in str(error)


@pytest.mark.fault(17)
@pytest.mark.parametrize(
    "address",
    [
        "http://api.example.org", "http://10.0.0.1", "http://localhost.example.org", "http://127.0.0.1.example.org",
        "http://0.0.0.0", "http://[::2]", "HTTP://EXAMPLE.ORG", "http://localhost@example.org", "http://127.1",
    ],
)  # fmt: skip
def test_plain_http_to_another_machine_is_refused_before_any_request(client, address, monkeypatch):
    with pytest.raises(UnsafeAddress):
        client(base_url=address)
    monkeypatch.setenv("ANTHROPIC_BASE_URL", address)
    with pytest.raises(UnsafeAddress):
        client(base_url=None)
    assert client(base_url=address, allow_http=True).name


@pytest.mark.fault(17)
@pytest.mark.parametrize(
    "address", ["http://localhost", "http://127.0.0.1:1", "http://127.9.9.9", "http://[::1]:8", "https://example.org"]
)
def test_this_machine_and_https_are_allowed(client, address):
    assert client(base_url=address).name in ("localhost", "127.0.0.1", "127.9.9.9", "::1", "example.org")


@pytest.mark.fault(17)
@pytest.mark.parametrize("address", ["", "example.org", "ftp://example.org", "http://", "http://[", "//example.org"])
def test_something_that_is_no_address_is_told_with_an_example(client, address):
    with pytest.raises(ValueError, match=r"https://api\.example\.org"):
        client(base_url=address)


@pytest.mark.fault(17)
async def test_a_local_server_is_never_reached_through_a_proxy(client, messages_server, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    draft, error = await outcome(client())
    assert (error, draft.complete) == (None, True)


@pytest.mark.fault(17)
async def test_a_tls_failure_names_the_host_and_is_not_tried_again(client, naps):
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(plain, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        _, error = await outcome(client(base_url=f"https://127.0.0.1:{port}/path?key=1"))
    assert type(error) is ConnectionLost
    assert error.what == "The secure connection to 127.0.0.1 failed."
    assert "certificates" in error.advice
    assert naps.taken == []


@pytest.mark.fault(17)
@pytest.mark.parametrize(
    ("cause", "what"),
    [
        (socket.gaierror(-2, "Name or service not known"), "The name api.example.org could not be found."),
        (ssl.SSLCertVerificationError("self-signed"), "The secure connection to api.example.org failed."),
        (OSError(101, "Network is unreachable"), "No connection to api.example.org."),
    ],
)
async def test_a_connection_that_cannot_be_made_names_the_host_only(client, cause, what):
    import httpx2

    class Unreachable(httpx2.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            raise httpx2.ConnectError("/path of 10.1.2.3") from cause

    _, error = await outcome(client(base_url="https://api.example.org/path", transport=Unreachable()))
    assert type(error) is ConnectionLost
    assert error.what == what


async def test_cancelling_hangs_up_at_once_and_keeps_what_came(client, messages_server):
    messages_server.script(Answer.stream(recorded("no_end_at_all"), then=STALL))
    draft = Draft()
    task = asyncio.ensure_future(client().step(CALL, draft))
    while not draft.partial() and not task.done():
        await asyncio.sleep(0.005)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await asyncio.to_thread(messages_server.wait_until, lambda server: server.left == 1)
    assert draft.partial() == [{"type": "text", "text": "Hello, wör"}]


@pytest.mark.parametrize("given", [True, False])
def test_a_client_goes_on_with_new_connections_on_a_new_loop(messages_server, given):
    import anthropic

    settings: dict[str, Any] = {"api_key": "k", "base_url": messages_server.url}
    client = ClaudeClient(client=anthropic.AsyncAnthropic(**settings)) if given else ClaudeClient(**settings)

    async def once(close: bool) -> tuple[Draft, Any]:
        draft, error = await outcome(client)
        if close:
            await client.aclose()
        return draft, error

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # the connection of the first loop is left behind with it
        for close in (False, True):
            draft, error = asyncio.run(once(close))
            assert (error, draft.complete) == (None, True)
        gc.collect()
    assert messages_server.connections == 2


async def test_half_characters_are_sent_as_replacement_characters(client, messages_server):
    text = "half \ud83d, whole 👋"
    draft, error = await outcome(client(), Call("m", 5, ({"role": "user", "content": text},)))
    assert (error, draft.complete) == (None, True)
    assert messages_server.seen[-1].body["messages"][0]["content"][0]["text"] == "half \ufffd, whole 👋"


async def test_tokens_are_counted_with_what_counts(client, messages_server):
    messages_server.script(Answer.error(529), Answer.json({"input_tokens": 42}))
    tool = {"name": "t", "input_schema": {"type": "object"}}
    call = Call("m", 5, CALL.messages, "Be brief.", (tool,), {"thinking": {"type": "adaptive"}, "service_tier": "auto"})
    assert await client().count_tokens(call) == 42
    seen = messages_server.seen[-1]
    assert seen.path == "/v1/messages/count_tokens"
    assert set(seen.body) == {"model", "messages", "system", "tools", "thinking"}
    messages_server.script(Answer.json({"input_tokens": "many"}))
    with pytest.raises(NotTheApi):
        await client().count_tokens(call)


async def test_a_packed_stream_is_unpacked(client, messages_server):
    import gzip

    messages_server.script(
        Answer.stream(gzip.compress(recorded("hello")), pieces=7, headers={"content-encoding": "gzip"})
    )
    draft, error = await outcome(client())
    assert (error, draft.blocks) == (None, HELLO)
    messages_server.script(Answer.stream(b"not packed at all", headers={"content-encoding": "gzip"}))
    _, error = await outcome(client())
    assert isinstance(error, ModelError)


async def test_many_steps_at_once_do_not_mix(client, messages_server):
    messages_server.otherwise(lambda seen: Answer.reply(seen.body["messages"][0]["content"][0]["text"] * 20, pieces=50))
    it = client()

    async def one(text: str) -> list[dict[str, Any]]:
        draft, error = await outcome(it, Call("m", 5, ({"role": "user", "content": text},)))
        assert error is None
        return draft.blocks

    names = [f"<{n}>" for n in range(30)]
    assert await asyncio.gather(*map(one, names)) == [[{"type": "text", "text": name * 20}] for name in names]
