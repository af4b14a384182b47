"""The wire: requests that are refused, streams, faults, token counts. All through the real client."""

from __future__ import annotations

import asyncio
from typing import Any

import anthropic
import httpx2
import pytest

from convend_widget.model.rehearsal import RehearsalTransport, parse_scenario
from tests.model.rehearsal.desk import END_TOOL, LAST_RESORT, Desk, client_over

HELLO: Any = {"role": "user", "content": "Hello"}
USE = {"type": "tool_use", "id": "toolu_1", "name": "end_conversation", "input": {}}
RESULT = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "Please confirm."}
CALLED = {"role": "assistant", "content": [{"type": "text", "text": "So be it."}, USE]}
ANSWERED = {"role": "user", "content": [RESULT]}
MARK = {"type": "ephemeral"}
LONG = "It rained for most of the afternoon. " * 80


def scripted(step: str, *, more: str = ""):
    return parse_scenario(
        'name = "one"\ntitle = "One"\nsummary = "One."\nlesson = "One."\n'
        f'[[turns]]\nuser = "Hello"\n[[turns.steps]]\n{step}\n{more}'
    )


def client(scenario: Any = None, **options: Any) -> anthropic.AsyncAnthropic:
    return client_over(RehearsalTransport(scenario, chunk_seconds=0), **options)


async def ask(at: anthropic.AsyncAnthropic, **request: Any) -> anthropic.types.Message:
    message: anthropic.types.Message = await at.messages.create(
        **{"model": "rehearsal-1", "max_tokens": 900, "messages": [HELLO], **request}
    )
    return message


# -- requests -------------------------------------------------------------------------------------------------------


@pytest.mark.fault(10)
@pytest.mark.parametrize(
    ("messages", "says"),
    [
        ([], "at least one message"),
        ([{"role": "assistant", "content": "Hi"}], "first message must use the `user` role"),
        ([{"role": "system", "content": "Hi"}], "messages.0.role"),
        ([{"role": "user", "content": ""}], "non-empty content"),
        ([{"role": "user", "content": []}], "non-empty content"),
        ([{"role": "user", "content": " \n"}], "non-whitespace"),
        ([{"role": "user", "content": [{"type": "text", "text": ""}]}], "must be non-empty"),
        ([HELLO, {"role": "assistant", "content": "Hi"}], "prefill"),
        ([HELLO, CALLED], "without `tool_result`"),
        ([HELLO, CALLED, HELLO], "without `tool_result`"),
        (
            [HELLO, CALLED, {"role": "user", "content": [{"type": "text", "text": "Hm"}, RESULT]}],
            "without `tool_result`",
        ),
        ([HELLO, CALLED, {"role": "user", "content": [RESULT, RESULT]}], "single result"),
        ([HELLO, CALLED, ANSWERED, CALLED, ANSWERED], "ids must be unique"),
        ([HELLO, {"role": "assistant", "content": "Hi"}, ANSWERED], "unexpected `tool_use_id`"),
        ([{"role": "user", "content": [USE]}], "`tool_use` blocks are not allowed in `user`"),
        ([HELLO, {"role": "assistant", "content": [RESULT]}], "`tool_result` blocks are not allowed"),
        (
            [HELLO, CALLED, {"role": "user", "content": [{**RESULT, "content": [{"type": "text", "text": ""}]}]}],
            "empty",
        ),
    ],
)
async def test_a_malformed_history_is_refused_as_the_api_refuses_it(messages: list[Any], says: str):
    with pytest.raises(anthropic.BadRequestError) as caught:
        await ask(client(), messages=messages, tools=LAST_RESORT)
    assert says in caught.value.message
    assert caught.value.type == "invalid_request_error"
    assert caught.value.request_id


@pytest.mark.parametrize(
    "messages",
    [
        [HELLO, CALLED, ANSWERED],
        [HELLO, CALLED, {"role": "user", "content": [RESULT, {"type": "text", "text": "And now?"}]}],
        [HELLO, CALLED, ANSWERED, {"role": "user", "content": "And now?"}],
        [HELLO, HELLO],
        [{"role": "user", "content": [{"type": "text", "text": "Hello", "cache_control": MARK}]}],
    ],
)
async def test_a_sound_history_is_answered(messages: list[Any]):
    assert (await ask(client(), messages=messages, tools=LAST_RESORT)).stop_reason == "end_turn"


@pytest.mark.parametrize(
    ("request_", "says"),
    [
        ({"max_tokens": -1}, "max_tokens"),
        ({"extra_body": {"temperature": 0.3}}, "temperature"),
        ({"tools": LAST_RESORT, "tool_choice": {"type": "any"}}, "tool_choice"),
        ({"tools": [END_TOOL, END_TOOL]}, "unique"),
        ({"tools": [{**END_TOOL, "name": "end conversation"}]}, "tools.0.name"),
        ({"tools": [{"name": "x", "input_schema": {}}]}, "tools.0.input_schema"),
        ({"system": [{"type": "text", "text": ""}]}, "system"),
        ({"system": [{"type": "text", "text": "s", "cache_control": MARK}] * 5}, "maximum of 4"),
        ({"messages": [HELLO, CALLED, ANSWERED]}, "must define tools"),
        ({"extra_headers": {"x-rehearsal-run": "two"}}, "x-rehearsal-run"),
    ],
)
async def test_other_requests_that_the_api_refuses_are_refused(request_: dict[str, Any], says: str):
    with pytest.raises(anthropic.BadRequestError, match=says):
        await ask(client(), **request_)


async def test_an_unknown_path_is_not_found():
    with pytest.raises(anthropic.NotFoundError):
        await client().models.retrieve("rehearsal-1")


async def test_the_model_id_of_the_request_comes_back():
    assert (await ask(client(), model="some-model")).model == "some-model"


# -- thinking -------------------------------------------------------------------------------------------------------


def thinking_desk() -> Desk:
    return Desk(client("calm"), extra={"thinking": {"type": "adaptive"}})


def last_kinds(at: Desk) -> list[str]:
    return [block.type for block in at.replies[-1].content]


async def test_thinking_comes_when_asked_for_and_its_signature_is_accepted_again():
    at = thinking_desk()
    await at.say("Hello! Can you explain when the median is better than the mean?")
    await at.say("Could you show that in Python?")
    assert last_kinds(at) == ["thinking", "text"]
    await at.say("Great, thank you. What would you plot to show both?")
    assert last_kinds(at) == ["text"]
    at.extra = {}
    at.messages = at.messages[:2]
    await at.say("Could you show that in Python?")
    assert last_kinds(at) == ["text"]


@pytest.mark.parametrize("change", ["tools", "system", "words", "model", "thinking"])
async def test_thinking_is_refused_where_anything_before_it_changed(change: str):
    at = thinking_desk()
    await at.say("Hello! Can you explain when the median is better than the mean?")
    await at.say("Could you show that in Python?")
    request = {**at.request(), "messages": [*at.messages, HELLO]}
    if change == "tools":
        request["tools"] = [END_TOOL]
    elif change == "words":
        request["messages"][0] = HELLO
    elif change == "thinking":
        request["messages"][3]["content"][0]["thinking"] += "!"
    else:
        request[change] = "another"
    with pytest.raises(anthropic.BadRequestError, match="signature"):
        await at.client.messages.create(**request)


# -- streams --------------------------------------------------------------------------------------------------------


async def test_events_come_in_the_order_of_the_api():
    kinds: list[str] = []
    at = client(scripted('text = "I would rather go on."\ntools = [{ name = "end_conversation" }]'))
    async with at.messages.stream(model="m", max_tokens=90, messages=[HELLO], tools=LAST_RESORT) as stream:
        async for one in stream:
            if one.type in ("text", "input_json"):
                continue
            if one.type != "content_block_delta" or kinds[-1] != "content_block_delta":
                kinds.append(one.type)
    block = ["content_block_start", "content_block_delta", "content_block_stop"]
    assert kinds == ["message_start", *block, *block, "message_delta", "message_stop"]


async def test_text_comes_a_word_at_a_time_and_is_whole():
    text = "Words  of\n\n* several kinds: rain, ünïcode, 雨雨雨, 🌧️ and " + "x" * 100 + "\n"
    at = client(scripted(f"text = '''{text}'''"))
    async with at.messages.stream(model="m", max_tokens=900, messages=[HELLO]) as stream:
        parts = [part async for part in stream.text_stream]
    assert "".join(parts) == text
    assert max(map(len, parts)) <= 26
    assert parts[0] == "Words  "


async def test_tool_input_survives_being_cut_into_parts():
    facts = '{ trigger = "user_request", someone_at_risk = false, reason = "Quotes \\" and rain 雨", n = [1, 2.5] }'
    at = client(scripted(f'tools = [{{ name = "end_conversation", input = {facts} }}]'))
    async with at.messages.stream(model="m", max_tokens=900, messages=[HELLO], tools=[END_TOOL]) as stream:
        streamed = await stream.get_final_message()
    assert streamed.content[0].type == "tool_use"
    assert streamed.content[0].input == {
        "trigger": "user_request",
        "someone_at_risk": False,
        "reason": 'Quotes " and rain 雨',
        "n": [1, 2.5],
    }


async def test_streamed_and_whole_answers_are_equal():
    request: dict[str, Any] = {"messages": [{"role": "user", "content": "You are useless."}], "tools": LAST_RESORT}
    whole = await ask(client(), **request)
    async with client().messages.stream(model="rehearsal-1", max_tokens=900, **request) as stream:
        assert (await stream.get_final_message()).to_dict() == whole.to_dict()


async def test_each_word_is_followed_by_the_pause_asked_for():
    pauses: list[float] = []

    async def note(seconds: float) -> None:
        pauses.append(seconds)

    transport = RehearsalTransport(scripted('text = "one two three"'), chunk_seconds=0.25, sleep=note)
    async with client_over(transport).messages.stream(model="m", max_tokens=90, messages=[HELLO]) as stream:
        await stream.get_final_message()
    # Three words, and the portion that closes the message.
    assert pauses == [0.25] * 4


async def test_words_are_readable_before_the_reply_is_complete():
    gate = asyncio.Event()

    async def wait(_: float) -> None:
        await gate.wait()

    transport = RehearsalTransport(scripted('text = "one two three"'), chunk_seconds=1, sleep=wait)
    async with client_over(transport).messages.stream(model="m", max_tokens=90, messages=[HELLO]) as stream:
        assert await anext(stream.text_stream) == "one "
        gate.set()
        assert await stream.get_final_text() == "one two three"


async def test_a_cancelled_stream_is_closed_and_the_transport_goes_on():
    transport = RehearsalTransport(chunk_seconds=3600)
    at = client_over(transport)
    begun = asyncio.Event()

    async def read() -> None:
        async with at.messages.stream(model="m", max_tokens=900, messages=[HELLO]) as stream:
            async for _ in stream.text_stream:
                begun.set()

    reading = asyncio.create_task(read())
    await begun.wait()
    assert transport.open_streams == 1
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert transport.open_streams == 0
    transport.chunk_seconds = 0
    assert (await ask(at)).content


async def test_a_stream_that_is_left_early_is_closed():
    transport = RehearsalTransport(chunk_seconds=0)
    async with client_over(transport).messages.stream(model="m", max_tokens=900, messages=[HELLO]) as stream:
        await anext(stream.text_stream)
    assert transport.open_streams == 0


@pytest.mark.fault(20)
async def test_max_tokens_cuts_text_and_takes_the_input_of_a_call():
    at = client(scripted('text = "abcdefghijkl"\ntools = [{ name = "end_conversation", input = { trigger = "x" } }]'))
    short = await ask(at, max_tokens=2, tools=[END_TOOL])
    assert [block.to_dict() for block in short.content] == [{"type": "text", "text": "abcdefgh"}]
    assert short.stop_reason == "max_tokens"
    longer = await ask(at, max_tokens=5, tools=[END_TOOL])
    assert longer.stop_reason == "max_tokens"
    assert longer.content[1].to_dict()["input"] == {}


async def test_a_paused_turn_is_continued_when_it_is_sent_back():
    at = client(scripted('text = "First."\nstop_reason = "pause_turn"', more='[[turns.steps]]\ntext = "Second."'))
    first = await ask(at)
    assert first.stop_reason == "pause_turn"
    second = await ask(at, messages=[HELLO, first.to_param()])
    assert second.content[0].to_dict()["text"] == "Second."


@pytest.mark.fault(14)
async def test_an_unknown_stop_reason_is_passed_on():
    at = client(scripted('text = "Well."\nstop_reason = "brand_new"'))
    assert (await ask(at)).to_dict()["stop_reason"] == "brand_new"


# -- faults ---------------------------------------------------------------------------------------------------------


async def hear(at: anthropic.AsyncAnthropic, heard: list[str]) -> anthropic.types.Message:
    async with at.messages.stream(model="m", max_tokens=900, messages=[HELLO]) as stream:
        async for part in stream.text_stream:
            heard.append(part)
        return await stream.get_final_message()


@pytest.mark.fault(1)
@pytest.mark.parametrize("after", range(13))
async def test_a_cut_comes_after_exactly_so_many_characters_and_only_the_first_time(after: int):
    at = client(scripted(f'text = "one two three"\nfault = {{ kind = "cut", after = {after} }}'))
    heard: list[str] = []
    with pytest.raises(httpx2.RemoteProtocolError):
        await hear(at, heard)
    assert "".join(heard) == "one two three"[:after]
    assert (await hear(at, [])).stop_reason == "end_turn"


@pytest.mark.fault(3)
async def test_a_clean_cut_ends_without_message_stop():
    at = client(scripted('text = "one two three"\nfault = { kind = "cut", after = 5, clean = true }'))
    heard: list[str] = []
    assert (await hear(at, heard)).stop_reason is None
    assert "".join(heard) == "one t"


@pytest.mark.fault(6)
async def test_a_status_comes_so_many_times_and_the_clients_own_retries_get_over_it():
    step = 'text = "Here."\nfault = { kind = "status", status = 529, retry_after = 0.001, times = 2 }'
    with pytest.raises(anthropic.APIStatusError) as caught:
        await ask(client(scripted(step), max_retries=1))
    assert (caught.value.status_code, caught.value.type) == (529, "overloaded_error")
    assert caught.value.response.headers["retry-after"] == "0.001"
    assert (await ask(client(scripted(step), max_retries=2))).stop_reason == "end_turn"


@pytest.mark.fault(7, 8)
@pytest.mark.parametrize("after", [0, 4])
async def test_an_error_event_comes_in_the_stream_after_so_much_text(after: int):
    at = client(scripted(f'text = "one two three"\nfault = {{ kind = "error_event", after = {after} }}'))
    heard: list[str] = []
    with pytest.raises(anthropic.APIStatusError) as caught:
        await hear(at, heard)
    assert (caught.value.status_code, caught.value.type) == (200, "overloaded_error")
    assert "".join(heard) == "one two three"[:after]
    assert (await hear(at, [])).stop_reason == "end_turn"


@pytest.mark.fault(2)
@pytest.mark.parametrize("stream", [True, False])
async def test_a_stall_lasts_until_the_clients_own_read_timeout(stream: bool):
    waits: list[float] = []

    async def note(seconds: float) -> None:
        waits.append(seconds)

    script = scripted('text = "one two three"\nfault = { kind = "stall", after = 4 }')
    transport = RehearsalTransport(script, chunk_seconds=0, sleep=note)
    at = client_over(transport, max_retries=0, timeout=7.5)
    with pytest.raises((httpx2.ReadTimeout, anthropic.APITimeoutError)):
        await (hear(at, []) if stream else ask(at))
    assert waits[-1] == 7.5
    assert transport.open_streams == 0


async def test_a_stall_without_a_timeout_is_ended_by_cancelling():
    script = scripted('text = "one two three"\nfault = { kind = "stall", after = 4 }')
    transport = RehearsalTransport(script, chunk_seconds=0)
    at, heard = client_over(transport, timeout=None), list[str]()
    reading = asyncio.create_task(hear(at, heard))
    # Nothing but the read timeout, of which there is none, would end this wait.
    await asyncio.wait([reading], timeout=0.05)
    assert "".join(heard) == "one "
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert transport.open_streams == 0


# -- tokens ---------------------------------------------------------------------------------------------------------


def marked(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text, "cache_control": MARK}


async def test_a_marked_prefix_is_written_once_and_then_read():
    at = client()
    messages: list[Any] = [{"role": "user", "content": [marked(LONG)]}]
    first = await ask(at, messages=messages)
    again = await ask(at, messages=messages)
    written = first.usage.cache_creation_input_tokens
    assert written is not None
    assert written > 512
    assert (first.usage.cache_read_input_tokens, first.usage.input_tokens) == (0, 0)
    assert (again.usage.cache_read_input_tokens, again.usage.cache_creation_input_tokens) == (written, 0)


async def test_a_growing_conversation_reads_what_was_there_before_and_writes_the_rest():
    at = client()
    start: list[Any] = [{"role": "user", "content": [marked(LONG)]}]
    first = await ask(at, messages=start)
    text = first.content[0].to_dict()
    # The breakpoint moves to the end; the words before it are the same without it.
    grown = [
        {"role": "user", "content": LONG},
        {"role": "assistant", "content": [text]},
        {"role": "user", "content": [marked("And in the evening?")]},
    ]
    second = await ask(at, messages=grown)
    assert second.usage.cache_read_input_tokens == first.usage.cache_creation_input_tokens
    assert second.usage.cache_creation_input_tokens
    assert second.usage.input_tokens == 0


@pytest.mark.parametrize("change", [{"model": "another"}, {"system": "Be brief."}, {"tools": LAST_RESORT}])
async def test_another_model_system_or_set_of_tools_reads_nothing(change: dict[str, Any]):
    at = client()
    messages: list[Any] = [{"role": "user", "content": [marked(LONG)]}]
    await ask(at, messages=messages)
    assert (await ask(at, messages=messages, **change)).usage.cache_read_input_tokens == 0


async def test_a_short_prefix_is_not_cached_and_a_breakpoint_at_the_top_marks_the_last_block():
    at = client()
    short = await ask(at, messages=[{"role": "user", "content": [marked("Hello")]}])
    assert short.usage.cache_creation_input_tokens == 0
    assert short.usage.input_tokens > 0
    top = await ask(at, messages=[{"role": "user", "content": LONG}], cache_control=MARK)
    assert top.usage.cache_creation_input_tokens


async def test_tokens_are_counted_as_they_are_charged():
    at = client()
    request: dict[str, Any] = {"model": "m", "messages": [HELLO], "tools": LAST_RESORT, "system": "Be brief."}
    counted = await at.messages.count_tokens(**request)
    charged = await ask(at, **request)
    assert counted.input_tokens == charged.usage.input_tokens
    assert charged.usage.output_tokens > 10
