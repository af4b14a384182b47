"""What a conversation makes of the faults of a network and of a provider: over a socket, with the real client."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest

from convend_widget.conversation import Message, Turn
from convend_widget.model.client import Timeouts
from convend_widget.session import reply as reply_module
from tests.server import RESET, STALL, Answer, recorded, reply_events, sse
from tests.session.rig import answer, end, talk, told, until

HELLO = "Hello, wörld 👋"


async def next_reply(seat, before):
    """Retry a reply that was cut; the sibling."""
    return await seat.session.settled(await seat.retry(before.id, by="python"))


@pytest.mark.fault(1)
def test_cut_anywhere_a_reply_is_kept_as_partial_never_ended_and_a_retry_is_its_sibling(api, kernel, on_owner):
    text = "I am ending this, since it does not get better."
    stream = told(text, tools=[("end_conversation", {})], size=6)
    cuts = [*range(0, len(stream), 61), *range(stream.index(b"message_delta") - 20, len(stream) - 1, 17)]

    async def go():
        seat = await kernel.sit(api.plan("launch_2025", most=0))
        replies: list[Message] = []
        for number, cut in enumerate(cuts):
            api.script(Answer.stream(stream, cut=cut, framing="close" if number % 2 else "chunked"))
            replies += [await next_reply(seat, replies[0])] if replies else await talk(seat, "Hi")
        api.script(Answer.stream(stream))
        return seat, replies, await next_reply(seat, replies[0])

    seat, replies, whole = on_owner(go())
    start = stream.index(b"\n\n")
    for cut, reply in zip(cuts, replies, strict=True):
        assert reply.state is (Turn.INTERRUPTED if cut > start else Turn.FAILED), cut
        assert text.startswith(reply.text) and not reply.ended and not reply.steps
        assert (reply.error.code, reply.error.who, reply.error.retryable) == ("connection", "machine", True)
        assert reply.error.advice
    assert len({len(r.text) for r in replies}) > 5 and max(len(r.text) for r in replies) == len(text)
    assert whole.ended and len(seat.conversation.siblings(whole.id)) == len(cuts) + 1
    assert [m.role for m in seat.conversation.messages.values()].count("user") == 1


@pytest.mark.fault(2)
def test_a_stall_is_told_while_it_lasts_and_ended_by_the_idle_limit(api, kernel, on_owner, monkeypatch):
    monkeypatch.setattr(reply_module, "SILENT", 1)
    api.script(Answer.stream(recorded("no_end_at_all"), then=STALL))

    async def go():
        seat = await kernel.sit(api.plan(timeouts=Timeouts(idle=1.5)))
        heard = []

        class Watch:
            def changed(self, messages): ...
            def streamed(self, reply, deltas): ...
            def moved(self): ...
            def status(self):
                heard.append(seat.status_now())

        seat.listeners.append(Watch())
        return seat, heard, (await talk(seat, "Hi"))[0]

    seat, heard, reply = on_owner(go())
    assert [s.name for s in heard if s.silent >= 1] == ["responding"], "listeners hear of each silent second once"
    assert (reply.state, reply.error.code, reply.cut_by) == (Turn.INTERRUPTED, "timeout", "timeout")
    assert reply.text and "1.5 s" in reply.error.what and seat.status_now().name == "ready"


@pytest.mark.fault(2)
def test_a_trickle_for_ever_is_ended_by_the_deadline(api, kernel, on_owner):
    api.script(Answer.stream(recorded("no_end_at_all") + b": \n" * 4000, pieces=40, pause=0.02, then=STALL))

    async def go():
        seat = await kernel.sit(api.plan(timeouts=Timeouts(idle=5, total=2)))
        return (await talk(seat, "Hi"))[0]

    reply = on_owner(go())
    assert (reply.state, reply.error.code) == (Turn.INTERRUPTED, "timeout") and "longer than 2 s" in reply.error.what


@pytest.mark.fault(3)
@pytest.mark.parametrize("name", ["no_message_stop", "no_end_at_all"])
def test_a_clean_end_without_message_stop_is_interrupted(api, kernel, on_owner, name):
    api.script(Answer.stream(recorded(name)))

    async def go():
        seat = await kernel.sit(api.plan())
        [cut] = await talk(seat, "Hi")
        return cut, await next_reply(seat, cut)

    cut, whole = on_owner(go())
    assert (cut.state, cut.cut_by) == (Turn.INTERRUPTED, "connection") and cut.text
    assert whole.state is Turn.SETTLED and whole.parent == cut.parent


@pytest.mark.fault(4)
def test_a_rate_limit_is_waited_for_with_a_countdown_and_one_message_of_the_person(api, kernel, on_owner):
    api.script(Answer.error(429, headers={"retry-after": "0.4"}), answer("There."))

    async def go():
        seat = await kernel.sit(api.plan())
        sent = await seat.send("Hi", by="python")
        await until(lambda: seat.status_now().name == "waiting")
        first = seat.status_now()
        await asyncio.sleep(0.1)
        return first, seat.status_now(), await seat.session.settled(sent), seat

    first, later, reply, seat = on_owner(go())
    assert first.busy and first.why == "rate_limited" and 0.4 >= first.wait_seconds > later.wait_seconds > 0
    assert reply.state is Turn.SETTLED and len(seat.conversation) == 2 and len(api.bodies) == 2
    assert api.bodies[0] == api.bodies[1]


@pytest.mark.fault(4)
def test_stop_works_while_it_waits(api, kernel, on_owner):
    api.script(Answer.error(429, headers={"retry-after": "20"}))

    async def go():
        seat = await kernel.sit(api.plan())
        sent = await seat.send("Hi", by="python")
        await until(lambda: seat.status_now().name == "waiting")
        seat.stop("panel")
        stopped = await asyncio.wait_for(seat.session.settled(sent), 5)
        [after] = await talk(seat, "Hello?")
        return stopped, after, seat

    stopped, after, seat = on_owner(go())
    assert (stopped.state, stopped.cut_by, stopped.partial) == (Turn.STOPPED, "panel", ())
    assert after.state is Turn.SETTLED and len(seat.conversation) == 4


@pytest.mark.fault(5)
@pytest.mark.parametrize(
    ("value", "tries", "known"),
    [
        ("86400", 1, 86400.0),
        ("inf", 1, None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 2, None),
        ("abc", 2, None),
    ],
)
def test_a_retry_after_beyond_reason_becomes_a_card_with_the_real_time(api, kernel, on_owner, value, tries, known):
    api.script(*[Answer.error(429, headers={"retry-after": value})] * tries)

    async def go():
        return (await talk(await kernel.sit(api.plan()), "Hi"))[0]

    reply = on_owner(go())
    assert (reply.state, reply.error.code, reply.error.retryable) == (Turn.FAILED, "rate_limited", True)
    assert len(api.bodies) == tries and reply.error.request_id == "req_header"
    if known:
        assert reply.error.retry_after == known and "24 h" in reply.error.what


@pytest.mark.fault(6)
def test_a_busy_provider_is_tried_a_bounded_number_of_times_and_the_history_stays_intact(api, kernel, on_owner):
    async def go():
        seat = await kernel.sit(api.plan(most=2))
        await talk(seat, "Hi")
        failed: list[Message] = []
        for status in (529, 500, 503, 504, 408, 409):
            api.script(*[Answer.error(status)] * 3)
            failed += [await next_reply(seat, failed[0])] if failed else await talk(seat, "Are you there?")
        api.script(*[Answer.error(529)] * 2)
        return seat, failed, await next_reply(seat, failed[0])

    seat, failed, whole = on_owner(go())
    for reply in failed:
        assert (reply.state, reply.error.code, reply.error.who) == (Turn.FAILED, "overloaded", "model")
        assert reply.error.retryable and reply.blocks() == []
    assert [r.error.status for r in failed] == [529, 500, 503, 504, 408, 409] and len(api.bodies) == 1 + 6 * 3 + 3
    assert whole.state is Turn.SETTLED
    assert all(body["messages"] == api.bodies[1]["messages"] for body in api.bodies[2:])
    assert [m.text for m in seat.conversation.messages.values() if m.role == "user"] == ["Hi", "Are you there?"]


@pytest.mark.fault(7)
def test_overloaded_before_anything_was_shown_is_tried_again(api, kernel, on_owner):
    api.script(Answer.stream(recorded("overloaded_first")), Answer.stream(recorded("hello")))

    async def go():
        return (await talk(await kernel.sit(api.plan()), "Hi"))[0]

    reply = on_owner(go())
    assert (reply.state, reply.text, reply.error) == (Turn.SETTLED, HELLO, None) and len(api.bodies) == 2


@pytest.mark.fault(8)
def test_overloaded_after_text_is_told_with_its_text_and_not_silently_tried_again(api, kernel, on_owner):
    api.script(Answer.stream(recorded("overloaded_after_text")))

    async def go():
        seat = await kernel.sit(api.plan())
        [cut] = await talk(seat, "Hi")
        asked = len(api.bodies)
        return cut, asked, await next_reply(seat, cut)

    cut, asked, again = on_owner(go())
    assert (cut.state, cut.error.code, cut.text, asked) == (Turn.INTERRUPTED, "overloaded", "Hello, wör", 1)
    assert cut.error.retryable and again.state is Turn.SETTLED and again.parent == cut.parent


@pytest.mark.fault(9)
@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_is_not_accepted_fails_the_reply_and_nothing_else(api, kernel, on_owner, status):
    api.script(Answer.error(status, "authentication_error", "invalid x-api-key key-of-the-tests"))

    async def go():
        seat = await kernel.sit(api.plan())
        [failed] = await talk(seat, "Hi")
        records = await kernel.desk.journal.ask(lambda store: store.read(seat.session.id))
        return seat, failed, records, (await talk(seat, "Again"))[0]

    seat, failed, records, after = on_owner(go())
    assert (failed.state, failed.error.code, failed.error.who) == (Turn.FAILED, "key", "you")
    assert "ANTHROPIC_API_KEY" in failed.error.advice and len(seat.conversation) == 4
    assert "key-of-the-tests" not in "".join(record.body for record in records)
    assert after.state is Turn.SETTLED, "the next message goes on from there"


@pytest.mark.fault(9)
@pytest.mark.parametrize("key", [None, "se\ncret", " secret", '"secret"', ""])
def test_without_a_sound_key_nothing_is_sent_and_nothing_echoed(api, kernel, on_owner, key, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)

    async def go():
        seat = await kernel.sit(api.plan(client={"api_key": key}))
        [failed] = await talk(seat, "Hi")
        return failed, await kernel.desk.journal.ask(lambda store: store.read(seat.session.id))

    failed, records = on_owner(go())
    assert (failed.state, failed.error.code, failed.error.who) == (Turn.FAILED, "key", "you")
    assert not api.bodies and "cret" not in "".join(record.body for record in records)


@pytest.mark.fault(10)
@pytest.mark.parametrize(
    ("status", "said", "code"),
    [
        (400, "messages.0: something is wrong", "bad_request"),
        (413, "Request exceeds the maximum size", "context_full"),
        (400, "prompt is too long: 210000 tokens > 200000 maximum", "context_full"),
    ],
)
def test_a_request_that_is_refused_fails_once_in_plain_words(api, kernel, on_owner, status, said, code):
    api.script(Answer.error(status, "invalid_request_error", said))

    async def go():
        return (await talk(await kernel.sit(api.plan()), "Hi"))[0]

    reply = on_owner(go())
    assert (reply.state, reply.error.code, reply.error.who) == (Turn.FAILED, code, "you")
    assert reply.error.advice and not reply.error.retryable and len(api.bodies) == 1


@pytest.mark.fault(10)
def test_a_full_context_window_as_stop_reason_settles_with_its_note(api, kernel, on_owner):
    api.script(Answer.stream(recorded("context_window")))

    async def go():
        return (await talk(await kernel.sit(api.plan()), "Hi"))[0]

    reply = on_owner(go())
    assert (reply.state, reply.note, reply.ended) == (Turn.SETTLED, "context_full", False)


@pytest.mark.fault(11)
@pytest.mark.parametrize("name", ["broken_json", "broken_utf8", "second_start", "index_gap", "shape_text_not_text"])
def test_a_broken_stream_is_one_kind_of_error_and_leads_nowhere(api, kernel, on_owner, name):
    api.script(Answer.stream(recorded(name)))

    async def go():
        seat = await kernel.sit(api.plan())
        [cut] = await talk(seat, "Hi")
        return cut, await next_reply(seat, cut)

    cut, again = on_owner(go())
    assert cut.state in (Turn.INTERRUPTED, Turn.FAILED) and cut.error.code == "not_the_api"
    assert not cut.ended and again.state is Turn.SETTLED


def test_a_stream_that_breaks_the_rules_of_a_reply_is_interrupted_with_its_text(api, kernel, on_owner):
    events = reply_events("Twice.", tools=[("warn_user", {"kind": "redirect"})] * 2)
    for event in events:
        if "id" in event.get("content_block", {}):
            event["content_block"]["id"] = "toolu_same"
    api.script(Answer.stream(sse(*events)))

    async def go():
        seat = await kernel.sit(api.plan())
        [cut] = await talk(seat, "Hi")
        return cut, await next_reply(seat, cut)

    cut, again = on_owner(go())
    assert (cut.state, cut.error.code, cut.text) == (Turn.INTERRUPTED, "not_the_api", "Twice.")
    assert not cut.facts.warnings and again.state is Turn.SETTLED


def test_a_tool_input_nested_a_thousand_deep_never_leaves_a_reply_running(api, kernel, on_owner):
    def deep(depth):
        events = reply_events("Deep.", tools=[("warn_user", {})])
        for event in events:
            if event.get("delta", {}).get("type") == "input_json_delta":
                event["delta"]["partial_json"] = '{"a":' + "[" * depth + "]" * depth + "}"
        return Answer.stream(sse(*events))

    async def go():
        plan, replies = api.plan(), []
        for depth in (900, *range(960, 990), 3000):  # where reading, keeping and sending give up one after another
            api.script(deep(depth))
            seat = await kernel.sit(plan)
            replies += await asyncio.wait_for(talk(seat, "Hi"), 20)
            assert (await kernel.desk.journal.ask(lambda store, seat=seat: store.verify(seat.session.id))).ok
        return replies

    for reply in on_owner(go()):
        assert reply.state in (Turn.SETTLED, Turn.INTERRUPTED) and "Deep." in reply.text
        assert not reply.facts.warnings and all(block["type"] == "text" for block in reply.partial)


@pytest.mark.fault(12)
def test_what_is_not_the_api_is_told_as_that_and_not_shown(api, kernel, on_owner):
    api.script(
        Answer.page("<html>captive portal</html>"),
        Answer(status=302, headers={"location": api.server.url + "/elsewhere"}),
        answer("x" * 3000, pieces=500),
    )

    async def go():
        seat = await kernel.sit(api.plan(most=0, client={"max_bytes": 2000}))
        replies = await talk(seat, "Hi")
        replies += [await next_reply(seat, replies[0]) for _ in range(2)]
        return replies, await kernel.desk.journal.ask(lambda store: store.read(seat.session.id))

    replies, records = on_owner(go())
    assert [r.state for r in replies] == [Turn.FAILED, Turn.FAILED, Turn.INTERRUPTED]
    assert {r.error.code for r in replies} == {"not_the_api"} and all("base_url" in r.error.advice for r in replies)
    assert "captive portal" not in "".join(record.body for record in records) and len(api.bodies) == 3


@pytest.mark.fault(13)
def test_unknown_kinds_are_kept_raw_and_the_reply_completes(api, kernel, on_owner):
    api.script(Answer.stream(recorded("unknown_kinds")), answer("Fine."))

    async def go():
        seat = await kernel.sit(api.plan())
        replies = await talk(seat, "Hi", "And?")
        return replies, await kernel.desk.journal.ask(lambda store: store.read(seat.session.id))

    (odd, after), records = on_owner(go())
    assert (odd.state, odd.text, odd.note) == (Turn.SETTLED, "Hello\n\n again", None)
    assert {"type": "hologram", "frames": [1, 2]} in odd.blocks() and after.state is Turn.SETTLED
    stored = "".join(record.body for record in records)
    assert "weather_report" in stored and "hologram_delta" in stored


@pytest.mark.fault(14)
def test_an_unknown_stop_reason_is_noted_and_ends_nothing(api, kernel, on_owner):
    api.script(
        answer("Hm.", stop_reason="tired"),
        answer("Bye.", tools=[("end_conversation", {})], stop_reason="tired"),
    )

    async def go():
        return await talk(await kernel.sit(api.plan("launch_2025")), "Hi", "And?")

    for reply in on_owner(go()):
        assert (reply.state, reply.note, reply.ended) == (Turn.SETTLED, "stopped: tired", False)


@pytest.mark.fault(15)
@pytest.mark.parametrize("name", ["refusal_before_text", "refusal_after_text"])
def test_a_refusal_is_no_ending_and_an_edit_rewinds_the_turn(api, kernel, on_owner, name):
    async def go():
        seat = await kernel.sit(api.plan())
        await talk(seat, "Hi")
        api.script(Answer.stream(recorded(name)), answer("No."), answer("Yes."))
        [refused] = await talk(seat, "[a request]")
        name_of_state = seat.status_now().name
        await talk(seat, "Go on")
        edited = await seat.session.settled(await seat.edit(refused.parent, "Something else", by="python"))
        return refused, name_of_state, edited

    refused, state, edited = on_owner(go())
    assert (refused.state, refused.ended, state) == (Turn.REFUSED, False, "ready")
    assert refused.error is None and refused.steps[-1].stop_details["type"] == "refusal"
    went_on, rewound = (json.dumps(body["messages"]) for body in api.bodies[-2:])
    assert "[a request]" in went_on and "[a request]" not in rewound and edited.text == "Yes."


@pytest.mark.fault(15)
def test_a_refusal_with_a_whole_ending_call_is_no_ending(api, kernel, on_owner):
    api.script(answer("No.", tools=[("end_conversation", {})], stop_reason="refusal"), answer("Yes?"))

    async def go():
        return await talk(await kernel.sit(api.plan("launch_2025")), "Hi", "And?")

    refused, after = on_owner(go())
    assert (refused.state, refused.ended, after.state) == (Turn.REFUSED, False, Turn.SETTLED)


@pytest.mark.fault(16)
def test_pause_turn_goes_on_a_bounded_number_of_times(api, kernel, on_owner):
    api.pauses = True

    async def go():
        seat = await kernel.sit(api.plan())
        api.script(answer("One", stop_reason="pause_turn"), answer("two.", model="claude-sonnet-5-5"))
        [resumed] = await talk(seat, "Hi")
        api.script(*[answer("And on", stop_reason="pause_turn")] * 4)
        [bounded] = await talk(seat, "More")
        asked = len(api.bodies)
        return resumed, bounded, asked, (await talk(seat, "Enough"))[0]

    resumed, bounded, asked, after = on_owner(go())
    assert (resumed.text, resumed.note, len(resumed.steps)) == ("One\n\ntwo.", None, 2)
    assert api.bodies[1]["messages"][-1]["role"] == "assistant", "it goes on from what it said"
    assert (bounded.state, bounded.note, len(bounded.steps), asked) == (Turn.SETTLED, "paused", 4, 6)
    assert after.state is Turn.SETTLED


@pytest.mark.fault(16)
def test_an_empty_answer_is_noted_unless_an_earlier_step_said_something(api, kernel, on_owner):
    api.script(
        answer(),
        answer(" \n"),
        answer("Please, not so.", tools=[("warn_user", {"kind": "redirect"})]),
        answer(),
        answer(tools=[("warn_user", {"kind": "redirect"})]),
        answer(),
    )

    async def go():
        return await talk(await kernel.sit(api.plan()), "Hi", "Hm", "You are useless.", "You are useless.")

    replies = on_owner(go())
    assert [(r.state, r.note) for r in replies] == [
        (Turn.SETTLED, "empty"),
        (Turn.SETTLED, "empty"),
        (Turn.SETTLED, None),
        (Turn.SETTLED, "empty"),
    ]


@pytest.mark.fault(17)
def test_an_address_that_nobody_answers_at_is_named_by_its_host(api, kernel, on_owner):
    async def go():
        plan = api.plan(most=0, client={"base_url": "http://someone:password@127.0.0.1:9/v9"})
        return (await talk(await kernel.sit(plan), "Hi"))[0]

    reply = on_owner(go())
    assert (reply.state, reply.error.code, reply.error.who) == (Turn.FAILED, "connection", "machine")
    assert "127.0.0.1" in reply.error.what and "password" not in repr(reply.error)


@pytest.mark.fault(1, 29)
def test_after_a_cut_the_next_message_goes_on_from_the_text_that_arrived(api, kernel, on_owner):
    stream = told("A long way to go", tools=[("warn_user", {"kind": "redirect"})])

    async def go():
        seat = await kernel.sit(api.plan(most=0))
        api.script(Answer.stream(stream, cut=stream.index(b"message_delta"), then=RESET), answer("Right."))
        return await talk(seat, "Hi", "Go on")

    cut, after = on_owner(go())
    assert cut.state is Turn.INTERRUPTED and after.state is Turn.SETTLED and not after.facts.warnings
    assert [b["type"] for turn in api.bodies[-1]["messages"] for b in turn["content"]] == ["text"] * 3


@pytest.mark.fault(8)
def test_a_cut_in_a_later_step_keeps_the_steps_before_it(api, kernel, on_owner):
    stream = told("And then", tools=[("end_conversation", {})])

    async def go():
        seat = await kernel.sit(api.plan("two_step", most=0))
        api.script(end(text="First."), Answer.stream(stream, cut=stream.index(b"message_stop") - 20), answer("Well."))
        [cut] = await talk(seat, "Hi")
        return cut, (await talk(seat, "Go on"))[0], await next_reply(seat, cut)

    cut, after, again = on_owner(go())
    assert (cut.state, len(cut.steps), cut.text) == (Turn.INTERRUPTED, 1, "First.\n\nAnd then") and not cut.ended
    assert after.state is again.state is Turn.SETTLED


def test_another_plan_for_each_reply_is_on_record(api, kernel, on_owner):
    async def go():
        seat = await kernel.sit(api.plan())
        await talk(seat, "Hi")
        seat.plan = replace(seat.plan, model="claude-opus-5", system="Be brief.")
        [reply] = await talk(seat, "And?")
        return seat.conversation.settings[reply.settings]

    settings = on_owner(go())
    assert (settings.model, settings.system) == ("claude-opus-5", "Be brief.")
    assert api.bodies[-1]["model"] == "claude-opus-5"
