"""What the model saw: requests that are built again from the record, against the bytes that a server received."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from convend_widget.conversation import Conversation, Message
from convend_widget.errors import SettingsError
from convend_widget.model.rehearsal import RehearsalTransport
from convend_widget.session.seen import Seen, cost_of, seen
from tests.server import RESET, Answer, recorded
from tests.session.rig import RUDE, answer, end, in_order, rehearsed, results, talk, told, until, warn, warned_enough

THINKING = {"thinking": {"type": "adaptive"}, "output_config": {"effort": "low"}}


def requests(conversation: Conversation) -> list[bytes]:
    """Every request of every reply, built again, in the order in which they were sent."""
    replies = [m for m in conversation.messages.values() if m.role == "assistant"]
    return [step.text.encode() for reply in replies for step in seen(conversation, reply.id).steps]


def received(api) -> list[bytes]:
    return [each.raw for each in api.server.seen]


def assert_same(conversation: Conversation, api) -> None:
    """Byte for byte what the server received; and the fingerprints say so too."""
    built = requests(conversation)
    assert len(built) > 0
    assert built == received(api)
    replies = [m for m in conversation.messages.values() if m.role == "assistant"]
    assert all(step.exact for reply in replies for step in seen(conversation, reply.id).steps)


def marks(request: dict[str, Any]) -> list[str]:
    """Where the cache breakpoints are: "system", "tools", and the numbers of messages."""
    found = [part for part in ("tools", "system") if any("cache_control" in block for block in request.get(part, ()))]
    return found + [
        str(number)
        for number, message in enumerate(request["messages"])
        if any("cache_control" in block for block in message["content"])
    ]


async def abused(api, seat, *last: Answer) -> Message:
    api.script(*warned_enough(), *last)
    return (await talk(seat, *RUDE))[-1]


# -- byte for byte


def test_a_plain_turn(api, kernel, on_owner):
    async def go():
        seat = await kernel.sit(api.plan(system="Be brief. – “…” 👋", request=THINKING))
        await talk(seat, "Hello, wörld 👋", 'And 1 < 2 & "so on"?\n\n\tYes.\u2028')
        return seat.conversation

    assert_same(on_owner(go()), api)


def test_a_reply_of_several_steps_whose_ending_was_blocked(api, kernel, on_owner):
    async def go():
        seat = await kernel.sit(api.plan())
        api.script(warn(), end(), answer("Then we go on."))
        await talk(
            seat,
            "You are useless.",
        )
        return seat.conversation

    conversation = on_owner(go())
    assert_same(conversation, api)
    [_, reply] = conversation.messages.values()
    steps = seen(conversation, reply.id).steps
    assert [len(step.request["messages"]) for step in steps] == [1, 3, 5]
    [told_of_warning] = results(steps[1].request).values()
    assert told_of_warning["content"] == "Recorded as redirect."
    blocked = list(results(steps[2].request).values())[-1]
    assert blocked["is_error"] is True
    assert blocked["content"] == steps[1].verdicts[0].answer


def test_an_edit_a_retry_and_a_conversation_opened_in_another_kernel(api, kernels, on_owner):
    async def go():
        first = kernels()
        seat = await first.sit(api.plan())
        [one] = await talk(seat, "Hello.")
        await talk(seat, "More, please.")
        await seat.session.settled(await seat.edit(one.parent, "Hello again.", by="python"))
        await seat.session.settled(await seat.retry(one.id, by="python"))
        await talk(seat, "And on.")
        elsewhere = await kernels().sit(api.plan(), seat.conversation.id)
        return seat.conversation, elsewhere.conversation

    here, there = on_owner(go())
    assert_same(here, api)
    assert_same(there, api)


def test_thinking_that_a_change_of_policy_leaves_out_is_named(api, kernels, on_owner):
    async def go():
        api.script(Answer.stream(recorded("thinking")))
        seat = await kernels().sit(api.plan(request=THINKING))
        await talk(seat, "Please think.", "Under the same rules.")
        seat.plan = api.plan("two_step")
        last = (await talk(seat, "Under other rules."))[-1]
        elsewhere = await kernels().sit(api.plan(), seat.conversation.id)
        return elsewhere.conversation, last.id

    conversation, last = on_owner(go())
    assert_same(conversation, api)
    kinds = [[b["type"] for m in each["messages"] for b in m["content"]].count("thinking") for each in api.bodies]
    assert kinds == [0, 1, 0]
    [step] = seen(conversation, last).steps
    assert step.left_out == ("thinking: it was made under another model, system text or tools",)


def test_cache_breakpoints_are_where_they_were_sent(api, kernel, on_owner):
    async def go():
        seat = await kernel.sit(api.plan("off", system="Be brief."))
        await talk(seat, "One.", "Two.", "Three.")
        seat.plan = api.plan("off", system="Be brief.", request={"cache_control": {"type": "ephemeral", "ttl": "1h"}})
        await talk(seat, "Four.")
        return seat.conversation

    conversation = on_owner(go())
    assert_same(conversation, api)
    places = [marks(json.loads(text)) for text in requests(conversation)]
    assert places == [["system", "0"], ["system", "0", "2"], ["system", "2", "4"], []]


@pytest.mark.fault(34)
def test_half_characters_and_replies_that_were_cut(api, kernel, on_owner):
    async def go():
        seat = await kernel.sit(api.plan(most=0))
        api.script(Answer.stream(told("One two three four five six"), cut=700), answer("Fine."))
        await talk(seat, "Half a character: \ud83d", "Two halves: \ud83d\ude00.")
        return seat.conversation

    conversation = on_owner(go())
    assert requests(conversation) == received(api)
    first, second = [seen(conversation, m.id) for m in conversation.messages.values() if m.role == "assistant"]
    assert [(step.complete, step.exact) for step in first.steps] == [(False, None)]
    assert [(step.complete, step.exact) for step in second.steps] == [(True, True)]


def test_what_a_reply_that_was_stopped_after_a_step_was_going_to_be_told(api, kernel, on_owner):
    async def go():
        seat = await kernel.sit(api.plan())
        api.script(warn(), Answer.stream(told("Half a"), cut=650, then="stall"))
        reply = await seat.send("You are useless.", by="python")
        await until(lambda: seat.session.replies[reply].draft.partial() and len(api.bodies) == 2)
        seat.stop("python")
        await seat.session.settled(reply)
        return seat.conversation, reply

    conversation, reply = on_owner(go())
    assert requests(conversation) == received(api)
    assert [step.complete for step in seen(conversation, reply).steps] == [True, False]


@pytest.mark.parametrize("scenario", ["persistent_abuse", "asked_to_end", "injection", "person_at_risk"])
def test_replies_of_the_rehearsal(kernel, on_owner, monkeypatch, scenario):
    bodies: list[bytes] = []
    handle = RehearsalTransport.handle_async_request

    async def listen(self, request):
        bodies.append(await request.aread())
        return await handle(self, request)

    monkeypatch.setattr(RehearsalTransport, "handle_async_request", listen)

    async def go():
        seat = await kernel.sit(rehearsed(scenario=scenario))
        await talk(seat, *RUDE[:3])
        return seat.conversation

    conversation = on_owner(go())
    assert requests(conversation) == bodies
    assert str(cost_of(conversation, conversation.messages.values())) == "no cost (rehearsal)"


def test_a_running_reply_shows_the_call_that_is_under_way(api, kernel, on_owner):
    async def go():
        seat = await kernel.sit(api.plan())
        api.script(Answer.stream(told("Half a"), cut=650, then="stall"))
        reply = await seat.send("Hello.", by="python")
        await until(lambda: seat.session.replies[reply].draft.partial())
        under_way = seen(seat.conversation, reply)
        seat.stop("python")
        await seat.session.settled(reply)
        return under_way

    [step] = on_owner(go()).steps
    assert step.text.encode() == received(api)[0]
    assert (step.complete, step.exact, step.stop_reason, step.usage) == (False, None, None, {})


# -- what was asked for is what is on record


def test_what_a_person_changes_in_a_request_later_does_not_change_what_is_on_record(api, kernel, on_owner):
    mine: dict[str, Any] = {"thinking": {"type": "adaptive", "display": "omitted"}}

    async def go():
        seat = await kernel.sit(api.plan(request=mine))
        await talk(seat, "One.")
        mine["thinking"]["display"] = "summarized"
        await talk(seat, "Two.")
        return seat.conversation

    conversation = on_owner(go())
    assert_same(conversation, api)
    assert [body["thinking"]["display"] for body in api.bodies] == ["omitted", "summarized"]


def test_the_same_request_in_another_order_is_on_record_in_that_order(api, kernel, on_owner):
    async def go():
        seat = await kernel.sit(api.plan(request={"metadata": {}, "thinking": {"type": "adaptive"}}))
        await talk(seat, "One.")
        seat.plan = api.plan(request={"thinking": {"type": "adaptive"}, "metadata": {}})
        await talk(seat, "Two.")
        return seat.conversation

    assert_same(on_owner(go()), api)


def test_the_fingerprint_tells_a_request_that_is_built_in_another_way(api, kernel, on_owner):
    async def go():
        seat = await kernel.sit(api.plan())
        return seat, (await talk(seat, "Hello."))[0]

    seat, reply = on_owner(go())
    [step] = seen(seat.conversation, reply.id).steps
    assert step.exact is True
    other = replace(step, settings=replace(step.settings, max_tokens=17))
    assert other.exact is False


@pytest.mark.fault(59)
def test_no_key_and_no_header_is_in_what_is_seen(api, kernel, on_owner):
    async def go():
        seat = await kernel.sit(api.plan())
        reply = (await talk(seat, "Hello."))[0]
        return seen(seat.conversation, reply.id)

    what = on_owner(go())
    text = what.steps[0].text + repr(what) + repr(what.steps) + repr(what.settings)
    assert "key-of-the-tests" in str(api.server.seen[0].headers), "it is what would be found"
    assert "key-of-the-tests" not in text
    assert not re.search(r"x-api-key|authorization|anthropic-version", text, re.IGNORECASE)


# -- the value


async def three_steps(api, kernel) -> Seen:
    seat = await kernel.sit(api.plan())
    api.script(
        warn(), end(), answer("Then we go on.", usage={"input_tokens": 1_000, "cache_read_input_tokens": 50_000})
    )
    reply = (await talk(seat, "You are useless."))[0]
    return seen(seat.conversation, reply.id)


def test_verdicts_say_which_gates_passed_why_and_what_the_model_was_told(api, kernel, on_owner):
    what = on_owner(three_steps(api, kernel))
    assert [call.verdict for call in what.verdicts] == ["warned", "blocked"]
    [_, blocked] = what.verdicts
    gates = {gate.gate: (gate.passed, gate.missing) for gate in blocked.gates}
    assert gates["ability"] == (True, "")
    assert any(not passed and missing and missing in blocked.answer for passed, missing in gates.values())


def test_the_repr_is_short_and_always_the_same(api, kernel, on_owner):
    what = on_owner(three_steps(api, kernel))
    dollars = (1_024 * 2 + 50_000 * 0.1 + 51 * 10) / 1e6  # in, read from the cache, out
    assert str(what.cost) == f"${dollars:.4f}"
    assert repr(what) == f"Seen(3 calls, claude-sonnet-5-5, last_resort, 51,024 tokens in, 51 out, ${dollars:.4f})"
    assert repr(what.steps[1]) == "SeenStep(2, tool_use, 12 tokens in, 17 out, $0.0002, end_conversation blocked)"


def test_a_frame_has_one_row_a_call(api, kernel, on_owner):
    frame = on_owner(three_steps(api, kernel)).to_frame()
    assert frame["messages"].tolist() == [1, 3, 5]
    assert frame["stop_reason"].tolist() == ["tool_use", "tool_use", "end_turn"]
    assert frame["cache_read_tokens"].tolist() == [0, 0, 50_000]
    assert frame["verdicts"].tolist() == [["warn_user: warned"], ["end_conversation: blocked"], []]
    assert frame["exact"].all()


def test_changing_what_is_seen_changes_nothing_that_is_stored(api, kernel, on_owner):
    what = on_owner(three_steps(api, kernel))
    before = what.steps[0].text
    what.steps[0].request["messages"][0]["content"][0]["text"] = "Something else."
    what.steps[0].request["tools"].clear()
    assert what.steps[0].text == before


def test_a_message_of_the_person_was_seen_by_no_model(api, kernel, on_owner):
    async def go():
        seat = await kernel.sit(api.plan())
        await talk(seat, "Hello.")
        return seat.conversation

    conversation = on_owner(go())
    with pytest.raises(SettingsError, match="no model"):
        seen(conversation, next(iter(conversation.messages)))


def test_a_call_that_was_cut_makes_the_cost_a_least_one_and_a_failed_one_does_not(api, kernel, on_owner):
    async def go():
        seat = await kernel.sit(api.plan(most=0))
        api.script(answer("Fine."), Answer.stream(told("Half a"), cut=650), Answer([RESET], framing="none"))
        await talk(seat, "One.", "Two.", "Three.")
        return seat.conversation

    conversation = on_owner(go())
    replies = [m for m in conversation.messages.values() if m.role == "assistant"]
    assert [m.state.value for m in replies] == ["settled", "interrupted", "failed"]
    assert str(cost_of(conversation, replies)) == "at least $0.0002"
    assert [str(seen(conversation, m.id).cost) for m in replies] == ["$0.0002", "–", "–"]
    assert str(cost_of(conversation, [replies[0], replies[2]])) == "$0.0002"


def test_parts_that_have_no_json_are_not_in_the_way(api, kernel, on_owner):
    async def go():
        seat = await kernel.sit(api.plan())
        api.script(in_order("Well.", ("end_conversation", '{"trigger": ')), answer("Go on."))
        await talk(seat, "You are useless.", "More.")
        return seat.conversation

    assert requests(on_owner(go())) == received(api)
