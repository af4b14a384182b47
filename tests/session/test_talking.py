"""What a seat promises: talk, warn, end, lock, branch and stop, with everything real but the network."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

import pytest

from convend_widget.conversation import Tip, Turn
from convend_widget.errors import ConversationEnded, IllegalEvent, SettingsError, TipMoved
from convend_widget.library import parse_policy
from convend_widget.model.claude import ClaudeClient
from convend_widget.model.rehearsal import RehearsalTransport
from convend_widget.session import NO, YES
from tests.session.rig import RUDE, rehearsed, talk


def test_a_plain_exchange_is_one_message_and_one_settled_reply(kernel, on_owner):
    async def go():
        seat = await kernel.sit(rehearsed())
        [reply] = await talk(seat, "Hello")
        return seat, reply

    seat, reply = on_owner(go())
    assert [m.role for m in seat.conversation.branch(seat.head)] == ["user", "assistant"]
    assert reply.state is Turn.SETTLED and reply.text and seat.status_now().name == "ready"


def test_rudeness_is_redirected_twice_warned_once_and_then_ended(kernel, on_owner):
    async def go():
        seat = await kernel.sit(rehearsed())
        return seat, await talk(seat, *RUDE)

    seat, replies = on_owner(go())
    assert [r.tip for r in replies] == [Tip.OPEN, Tip.OPEN, Tip.WARNED, Tip.ENDED]
    assert [w.kind for w in replies[-1].facts.warnings] == ["redirect", "redirect", "final_warning"]
    assert seat.ending.trigger == "persistent_harm" and seat.status_now().name == "ended"


@pytest.mark.fault(28)
def test_an_ended_branch_takes_nothing_more_and_names_the_ways_on(kernel, on_owner):
    async def go():
        seat = await kernel.sit(rehearsed())
        replies = await talk(seat, *RUDE)
        before = seat.conversation
        with pytest.raises(ConversationEnded) as refused:
            await seat.send("One more", by="python")
        with pytest.raises(ConversationEnded):
            await seat.confirm(True, by="python") if replies[-1].facts.asked else await seat.send("x", by="panel")
        return refused.value, replies[-1], before is seat.conversation

    error, ended, unchanged = on_owner(go())
    assert unchanged and error.message == ended.id and error.conversation and len(error.ways) == 3


@pytest.mark.fault(29)
def test_edit_and_retry_go_on_from_an_ended_branch_and_leave_it(kernel, on_owner):
    async def go():
        seat = await kernel.sit(rehearsed())
        replies = await talk(seat, *RUDE)
        first = seat.conversation.branch(seat.head)[0]
        edited = await seat.session.settled(await seat.edit(first.id, "Could you help me, please?", by="python"))
        retried = await seat.session.settled(await seat.retry(replies[-1].id, by="python"))
        return seat, replies[-1], edited, retried

    seat, ended, edited, retried = on_owner(go())
    assert edited.tip is Tip.OPEN and edited.state is Turn.SETTLED
    assert retried.parent == ended.parent and retried.id != ended.id
    assert seat.conversation.messages[ended.id] == ended and not seat.conversation.children(ended.id)


def test_another_conversation_never_notices_an_ending(kernel, on_owner):
    async def go():
        one, other = await kernel.sit(rehearsed()), await kernel.sit(rehearsed())
        await talk(other, "Hello")
        before = other.conversation
        await talk(one, *RUDE)
        assert other.conversation is before
        return (await talk(other, "Still there?"))[0]

    assert on_owner(go()).state is Turn.SETTLED


@pytest.mark.fault(26)
@pytest.mark.parametrize(("answer", "ended", "by"), [(True, True, "panel"), (False, False, None)])
def test_a_request_to_end_is_asked_about_and_the_buttons_answer(kernel, on_owner, answer, ended, by):
    async def go():
        seat = await kernel.sit(rehearsed())
        [asked] = await talk(seat, "Please end this chat.")
        assert asked.tip is Tip.CONFIRMING and not asked.ended
        reply = await seat.session.settled(await seat.confirm(answer, by="panel"))
        return seat, reply

    seat, reply = on_owner(go())
    said = seat.conversation.messages[reply.parent]
    assert said.text == (YES if answer else NO) and said.confirm == ("yes" if answer else "no")
    assert reply.ended is ended and (seat.ending.confirmed_by if ended else None) == by


@pytest.mark.fault(26)
def test_a_typed_yes_confirms_as_the_model_reads_it_and_anything_else_lapses(kernel, on_owner):
    async def go():
        seat = await kernel.sit(rehearsed())
        await talk(seat, "Please end this chat.")
        [yes] = await talk(seat, "yes")
        other = await kernel.sit(rehearsed())
        await talk(other, "Please end this chat.", "What is 3 + 4?")
        with pytest.raises(IllegalEvent):
            await other.confirm(True, by="panel")
        return seat, yes, other

    seat, yes, other = on_owner(go())
    assert yes.ended and seat.ending.confirmed_by == "reading"
    assert other.tip.facts.asked is None and not other.tip.ended


@pytest.mark.fault(33)
def test_of_two_sends_on_one_tip_one_wins_and_the_other_is_told(kernel, on_owner):
    async def go():
        seat = await kernel.sit(rehearsed())
        [first] = await talk(seat, "Hello")
        sends = (seat.send(t, by="panel", parent=first.id, at_head=False) for t in ("one", "two"))
        results = await asyncio.gather(*sends, return_exceptions=True)
        await seat.session.settled(next(r for r in results if isinstance(r, str)))
        return results, len(seat.conversation.children(first.id))

    results, children = on_owner(go())
    assert children == 1 and sum(isinstance(r, TipMoved) for r in results) == 1


@pytest.mark.fault(35)
def test_the_same_command_twice_is_one_message(kernel, on_owner):
    async def go():
        seat = await kernel.sit(rehearsed())
        replies = [await seat.send("Hello", by="panel", parent=None, at_head=False, command="c1") for _ in range(3)]
        await seat.session.settled(replies[0])
        return replies, len(seat.conversation)

    replies, messages = on_owner(go())
    assert len(set(replies)) == 1 and messages == 2


def test_stop_keeps_what_arrived_and_says_who_stopped_it(kernel, on_owner):
    async def go():
        seat = await kernel.sit(rehearsed(pause=0.05))
        reply = await seat.send("what can you do", by="python")
        while not seat.session.replies[reply].draft.partial():
            await asyncio.sleep(0.01)
        seat.stop("panel")
        return await seat.session.settled(reply), seat.session.replies

    reply, running = on_owner(go())
    assert reply.state is Turn.STOPPED and reply.cut_by == "panel" and reply.text and not running


def test_stop_cuts_the_call_at_once_while_the_disk_is_slow(kernel, on_owner):
    async def go():
        transport = RehearsalTransport(chunk_seconds=0.05)
        client = ClaudeClient(api_key="rehearsal", base_url="http://localhost", transport=transport)
        seat = await kernel.sit(replace(rehearsed(), client=client))
        reply = await seat.send("what can you do", by="python")
        while not seat.session.replies[reply].draft.partial():
            await asyncio.sleep(0.01)
        kernel.disk.post(lambda: time.sleep(1.0))  # a disk that answers nobody for a second
        began = asyncio.get_running_loop().time()
        seat.stop("python")
        while transport.open_streams:
            await asyncio.sleep(0.005)
        cut_after = asyncio.get_running_loop().time() - began
        message = await seat.session.settled(reply)
        return cut_after, asyncio.get_running_loop().time() - began, message

    cut_after, stored_after, message = on_owner(go())
    assert cut_after < stored_after / 2, "the call must not wait for the disk"
    assert message.state is Turn.STOPPED


def test_nothing_to_send_is_refused_with_advice(kernel, on_owner):
    async def go():
        seat = await kernel.sit(rehearsed())
        with pytest.raises(SettingsError):
            await seat.send("  \n", by="python")
        return len(seat.conversation)

    assert on_owner(go()) == 0


@pytest.mark.fault(30)
def test_a_model_without_the_ability_is_offered_no_tool_and_the_chat_works(kernel, on_owner):
    async def go():
        plan = rehearsed()
        seat = await kernel.sit(replace(plan, model="claude-haiku-4-5"))
        return seat, await talk(seat, *RUDE)

    seat, replies = on_owner(go())
    assert not seat.plan.can_end and all(not s.tools for s in seat.conversation.settings.values())
    assert all(r.state is Turn.SETTLED and not r.ended for r in replies)


@pytest.mark.parametrize(("policy", "ends"), [("two_step", True), ("launch_2025", True), ("off", False)])
def test_each_shipped_policy_ends_as_it_says(kernel, on_owner, policy, ends):
    async def go():
        seat = await kernel.sit(rehearsed(policy))
        replies = []
        for text in RUDE:
            replies += await talk(seat, text)
            if replies[-1].ended:
                break
        return replies

    assert on_owner(go())[-1].ended is ends


def test_a_second_opinion_is_fetched_recorded_and_blocks_when_it_cannot_be_had(kernel, on_owner):
    strict = parse_policy(
        "with_opinion",
        '+++\ntools = ["warn_user", "end_conversation"]\ngates = ["warned_first", "second_opinion"]\n+++\nRules.',
    )

    async def go():
        seat = await kernel.sit(rehearsed(strict))
        replies = await talk(seat, *RUDE)
        kinds = [r.kind for r in await kernel.desk.journal.ask(lambda s: s.read(seat.session.id))]
        return seat, replies, kinds

    _seat, replies, kinds = on_owner(go())
    assert kinds.count("evidence") == 1
    gates = {g.gate: g for step in replies[-1].steps for call in step.calls for g in call.gates}
    assert gates["second_opinion"].passed == replies[-1].ended
