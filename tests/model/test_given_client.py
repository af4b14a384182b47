"""A client that the person made: its settings are taken over."""

from __future__ import annotations

import asyncio
import gc

import anthropic
import httpx2
import pytest

from convend_widget.errors import KeyProblem, NotTheApi, SettingsError, UnsafeAddress
from convend_widget.model.claude import ClaudeClient
from tests.model.conftest import outcome
from tests.server import Answer


def settings(server, **more):
    return {
        "api_key": "their-key",
        "base_url": f"{server.url}/below",
        "default_headers": {"x-team": "blue", "user-agent": "theirs/1"},
        "default_query": {"tenant": "7"},
        **more,
    }


@pytest.mark.parametrize("kind", [anthropic.Anthropic, anthropic.AsyncAnthropic])
async def test_key_address_headers_and_query_are_theirs(client, messages_server, kind):
    given = kind(**settings(messages_server))
    it = client(client=given)
    draft, error = await outcome(it)
    assert (error, draft.complete) == (None, True)
    seen = messages_server.seen[-1]
    assert seen.path == "/below/v1/messages?tenant=7"
    assert seen.headers["authorization"] == "Bearer their-key"
    assert (seen.headers["x-team"], seen.headers["user-agent"]) == ("blue", "theirs/1")
    assert seen.headers["anthropic-version"] == "2026-10-21"
    assert it.provenance()["api"] == "2026-10-21"
    await it.aclose()
    assert not given.is_closed()
    await given.close() if kind is anthropic.AsyncAnthropic else given.close()


@pytest.mark.parametrize("kind", [anthropic.Anthropic, anthropic.AsyncAnthropic])
async def test_a_plain_client_adds_no_header_of_its_own(client, messages_server, kind):
    with_key = {"api_key": "their-key", "base_url": messages_server.url}
    await outcome(client())
    await outcome(client(client=kind(**with_key)))
    ours, theirs = (dict(seen.headers) for seen in messages_server.seen)
    assert ours.pop("authorization") != theirs.pop("authorization")
    assert ours == theirs


async def test_an_asynchronous_client_with_connections_of_its_own_keeps_them(client, messages_server):
    went = []

    class Proxy(httpx2.AsyncHTTPTransport):
        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            went.append(request.url.path)
            return await super().handle_async_request(request)

    async with httpx2.AsyncClient(transport=Proxy()) as http:
        given = anthropic.AsyncAnthropic(api_key="k", base_url=messages_server.url, http_client=http)
        it = client(client=given)
        _, error = await outcome(it)
        assert (error, went) == (None, ["/v1/messages"])
        await it.aclose()
        assert not http.is_closed


async def test_their_middleware_runs_and_their_retries_do_not(client, messages_server, naps):
    statuses = []

    async def watch(request, call_next):
        answer = await call_next(request)
        statuses.append(answer.status_code)
        return answer

    given = anthropic.AsyncAnthropic(api_key="k", base_url=messages_server.url, max_retries=9, middleware=[watch])
    messages_server.otherwise(Answer.error(529))
    await outcome(client(client=given))
    assert statuses == [529] * 4
    assert naps.taken == [0.5, 1.0, 2.0]


async def test_a_middleware_that_answers_by_itself_is_told(client, messages_server):
    async def answer(request, call_next):
        return {"made": "up"}

    given = anthropic.AsyncAnthropic(api_key="k", base_url=messages_server.url, middleware=[answer])
    _, error = await outcome(client(client=given))
    assert type(error) is NotTheApi
    assert "middleware" in error.what


async def test_a_token_that_was_withdrawn_is_fetched_again_once(client, messages_server):
    tokens = iter(["old", "new", "newer"])
    given = anthropic.AsyncAnthropic(
        base_url=messages_server.url,
        credentials=lambda **_: anthropic.AccessToken(token=next(tokens), expires_at=None),
    )
    messages_server.script(Answer.error(401, "authentication_error"), Answer.reply("Hi"))
    draft, error = await outcome(client(client=given))
    assert (error, draft.complete) == (None, True)
    assert [seen.headers["authorization"] for seen in messages_server.seen] == ["Bearer old", "Bearer new"]
    messages_server.otherwise(Answer.error(401, "authentication_error"))
    _, error = await outcome(client(client=given))
    assert type(error) is KeyProblem
    assert len(messages_server.seen) == 4


@pytest.mark.fault(17)
def test_their_address_is_held_to_the_same_rule():
    with pytest.raises(UnsafeAddress):
        ClaudeClient(client=anthropic.Anthropic(api_key="k", base_url="http://api.example.org"))


@pytest.mark.fault(9)
async def test_their_malformed_key_is_never_sent(client, messages_server):
    given = anthropic.Anthropic(api_key="canary 4711", base_url=messages_server.url)
    _, error = await outcome(client(client=given))
    assert type(error) is KeyProblem
    assert "canary" not in str(error)
    assert messages_server.seen == []


@pytest.mark.parametrize("wrong", [object(), "client", anthropic.Anthropic, 7])
def test_something_else_is_no_client(wrong):
    with pytest.raises(SettingsError, match=r"anthropic\.Anthropic"):
        ClaudeClient(client=wrong)


def test_what_cannot_be_taken_over_is_said_and_not_dropped():
    with httpx2.Client() as http, pytest.raises(SettingsError, match="HTTP client"):
        ClaudeClient(client=anthropic.Anthropic(api_key="k", http_client=http))

    def synchronous(request, call_next):
        return call_next(request)

    with pytest.raises(SettingsError, match="middleware"):
        ClaudeClient(client=anthropic.Anthropic(api_key="k", middleware=[synchronous]))
    with pytest.raises(SettingsError, match="not both"):
        ClaudeClient(client=anthropic.Anthropic(api_key="k"), base_url="https://api.example.org")


async def test_a_client_that_is_dropped_closes_its_connections(messages_server):
    """Nobody closes a chat by hand; when it is forgotten, its sockets go too."""
    it = ClaudeClient(api_key="k", base_url=messages_server.url)
    assert (await outcome(it))[1] is None
    http = it._endpoint._http
    assert http is not None
    closed = [http.is_closed]
    del it
    while not closed[-1] and len(closed) < 200:
        gc.collect()
        await asyncio.sleep(0.01)
        closed.append(http.is_closed)
    await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()})  # it says so before it is done
    assert (closed[0], closed[-1]) == (False, True)
