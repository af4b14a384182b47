"""A panel on a real seat: what a browser asks is done once and answered, and every view comes to the same picture."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from typing import get_args

import pytest

from convend_widget.conversation import Turn
from convend_widget.errors import ConvendError
from convend_widget.model.claude import ClaudeClient
from convend_widget.model.draft import Waiting
from convend_widget.panel import wire
from convend_widget.panel.commands import Order
from convend_widget.session import Seat
from tests.panel.rig import Json, Page, Scripted, View, block, started, stopped
from tests.session.rig import RUDE, rehearsed, talk, until


def agrees(view: View, page: Page) -> bool:
    """Whether a view shows exactly what the seat's conversation holds."""
    conversation = page.seat.conversation
    rows = {m.id: wire.row(conversation, m) for m in conversation.messages.values()}
    return view.sync == "live" and view.rows == rows and view.chat["head"] == page.seat.head


async def rest(client: Scripted, events: int) -> None:
    """Let so many events come, and wait until a tick has carried them."""
    client.release(events)
    await asyncio.sleep(0.25)


def test_a_view_that_says_hello_gets_everything_and_then_follows(kernel, on_owner):
    async def go():
        seat = await kernel.sit(rehearsed())
        await talk(seat, "Hello")
        page = Page(seat)
        page.order("hello", have=None)
        before = agrees(page.view, page)
        await page.said("What is 3 + 4?", parent=seat.head)
        return before, agrees(page.view, page), page

    before, after, page = on_owner(go())
    assert before and after
    assert [m["n"] for m in page.sent if "n" in m] == list(range(1, page.view.n + 1))
    assert {m["by"] for m in page.view.rows.values()} == {"python", "panel"}


def test_the_client_is_ready_before_a_person_has_written_anything(kernel, on_owner):
    async def go():
        page = Page(await kernel.sit(rehearsed()))
        client = page.seat.plan.client
        assert isinstance(client, ClaudeClient)
        at_first = client.is_warm
        page.order("hello", have=None)
        await until(lambda: client.is_warm)
        return at_first, len(page.seat.conversation)

    assert on_owner(go()) == (False, 0)


def test_streamed_text_is_sent_once_as_deltas_of_a_few_messages(kernel, on_owner):
    async def go():
        client = Scripted([started(), *block(0, "text", *(f"word{i} " for i in range(300))), *stopped()])
        page = Page(await kernel.sit(client.plan()))
        page.order("hello", have=None)
        client.release(1000)
        return await page.said("Hello"), page

    reply, page = on_owner(go())
    text = "".join(f"word{i} " for i in range(300))
    streamed = "".join(d[2] for m in page.sent if m["t"] == "delta" for d in m["d"])
    assert streamed == text == page.view.text(reply)
    assert len([m for m in page.sent if m["t"] == "delta"]) < 10


@pytest.mark.fault(38)
def test_a_view_that_comes_in_mid_stream_has_the_same_text_as_one_that_was_there(kernel, on_owner):
    async def go():
        client = Scripted([started(), *block(0, "text", "a", "b", "c", "d"), *stopped()])
        page = Page(await kernel.sit(client.plan()))
        page.order("hello", have=None)
        asked = asyncio.ensure_future(page.said("Hello"))
        await rest(client, 3)  # started, block, "a"
        late = View()
        page.views.append(late)
        page.order("hello", have=None)
        seen = [(page.view.text(page.head), late.text(page.head))]
        for _ in range(2):
            await rest(client, 1)
            seen.append((page.view.text(page.head), late.text(page.head)))
        client.release(20)
        await asked
        return seen, agrees(page.view, page), agrees(late, page)

    seen, one, other = on_owner(go())
    assert seen == [("a", "a"), ("ab", "ab"), ("abc", "abc")]
    assert one and other


@pytest.mark.parametrize("kind", ["text", "thinking"])
@pytest.mark.fault(38)
def test_a_panel_that_is_opened_in_mid_stream_goes_on_from_exactly_what_streamed(kernel, on_owner, kind):
    async def go():
        client = Scripted([started(), *block(0, kind, "a", "b", "c"), *block(1, "text", "end"), *stopped()])
        first = Page(await kernel.sit(client.plan()))
        first.order("hello", have=None)
        asked = asyncio.ensure_future(first.said("Hello"))
        await rest(client, 3)
        client.release(1)  # "b" has arrived, and no tick has carried it yet
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        second = Page(Seat(kernel.desk, client.plan(), first.seat.session))
        second.order("hello", have=None)
        await rest(client, 1)
        shown = [page.view.rows[first.head]["blocks"] for page in (first, second)]
        client.release(20)
        await asked
        return shown, agrees(first.view, first), agrees(second.view, second)

    shown, one, other = on_owner(go())
    assert shown[0] == shown[1] == [{"k": kind, "text": "abc"}]
    assert one and other


def test_blocks_keep_their_numbers_over_tool_calls_and_steps(kernel, on_owner):
    first = [
        started(),
        *block(0, "thinking", "hm"),
        *block(1, "text", "Please stop."),
        *block(2, "tool_use", '{"kind": ', '"redirect"}', id="t1", name="warn_user"),
        *stopped("tool_use"),
    ]
    second = [started(), *block(0, "text", ""), *block(1, "text", "Shall we ", "go on?"), *stopped()]

    async def go():
        client = Scripted(first, second)
        page = Page(await kernel.sit(client.plan()))
        page.order("hello", have=None)
        asked = asyncio.ensure_future(page.said("You are useless."))
        await rest(client, len(first) + 6)
        growing = page.view.rows[page.head]["blocks"]
        late = View()
        page.views.append(late)
        page.order("hello", have=None)
        same = late.rows == page.view.rows
        client.release(20)
        reply = await asked
        return growing, same, page.view.rows[reply]["blocks"], agrees(page.view, page), agrees(late, page)

    growing, same, blocks, one, other = on_owner(go())
    warned = {"k": "warning", "kind": "redirect", "counted": True}
    before = [{"k": "thinking", "text": "hm"}, {"k": "text", "text": "Please stop."}, warned, {"k": "text", "text": ""}]
    assert growing == [*before, {"k": "text", "text": "Shall we "}]
    assert blocks == [*before, {"k": "text", "text": "Shall we go on?"}]
    assert same and one and other


def _every_tenth(page: Page):
    count = iter(range(10**6))
    return lambda message: [] if "n" in message and next(count) % 10 == 9 else [message]


def _doubled(page: Page):
    return lambda message: [message, message]


def _swapped(page: Page):
    held: list[Json] = []

    def carry(message):
        if "n" in message and message["n"] % 7 == 3 and not held:
            held.append(message)
            return []
        out = [message, *held]
        held.clear()
        return out

    return carry


def _anyhow(page: Page):
    chance = random.Random(7)
    return lambda message: [message] * chance.choice([0, 1, 1, 1, 2])


@pytest.mark.fault(37)
@pytest.mark.parametrize("trouble", [_every_tenth, _doubled, _swapped, _anyhow])
def test_lost_doubled_and_swapped_messages_are_noticed_and_the_final_text_is_identical(kernel, on_owner, trouble):
    async def go():
        client = Scripted([started(), *block(0, "text", *(f"{i} " for i in range(40))), *stopped()])
        page = Page(await kernel.sit(client.plan()))
        page.carry = trouble(page)
        page.order("hello", have=None)
        asked = asyncio.ensure_future(page.said("Hello"))
        while not asked.done():
            client.release(2)
            await asyncio.sleep(0.1)
        for _ in range(20):  # as a view does that has noticed a hole, or that makes sure after a silence
            if page.view.n is None:
                page.order("hello", have=None)
            else:
                page.order("resync", have=page.view.n)
        page.carry = lambda message: [message]
        page.order("resync", have=page.view.n)
        if page.view.sync != "live":
            page.order("resync", have=page.view.n)
        return asked.result(), page

    reply, page = on_owner(go())
    assert page.view.text(reply) == "".join(f"{i} " for i in range(40))
    assert agrees(page.view, page)


@pytest.mark.fault(37, 38)
def test_what_was_missed_is_told_again_and_a_second_request_for_it_gets_everything(kernel, on_owner):
    async def go():
        page = Page(await kernel.sit(rehearsed()))
        page.order("hello", have=None)
        await page.said("Hello")
        have, mark = 1, len(page.sent)
        page.order("resync", have=have)
        again = [m for m in page.sent[mark:] if "n" in m]
        mark = len(page.sent)
        page.order("resync", have=have)
        second = [m for m in page.sent[mark:] if "n" in m]
        mark = len(page.sent)
        page.order("resync", have=page.view.n)
        alive = [m for m in page.sent[mark:] if "n" in m]
        return page, again, second, alive

    page, again, second, alive = on_owner(go())
    assert again and all(m["t"] != "snapshot" for m in again) and again[0]["n"] == 2
    assert [m["t"] for m in second] == ["snapshot"]
    assert [m["t"] for m in alive] == ["chat"], "nothing was missed: a sign of life is enough"
    assert agrees(page.view, page)


@pytest.mark.fault(35)
def test_the_same_command_again_is_answered_again_and_done_once(kernel, on_owner):
    async def go():
        page = Page(await kernel.sit(rehearsed()))
        page.order("hello", have=None)
        send = {"c": "twice", "parent": None, "text": "Hello"}
        page.order("send", **send)
        page.order("send", **send)  # a double click, before the first is done
        await page.ask("send", **send)
        reply = (await page.ask("send", **send))["m"]
        await page.seat.session.settled(reply)
        before = page.seat.conversation
        mark = len(page.sent)
        page.order("send", **send)  # much later
        answers = page.sent[mark:]
        conversation = page.seat.conversation.id
        await page.ask("new", c="new-1")
        fresh = page.seat.conversation.id
        page.order("new", c="new-1")
        await asyncio.sleep(0.05)
        return before, answers, conversation, fresh, page.seat.conversation.id

    before, answers, conversation, fresh, now = on_owner(go())
    assert len(before) == 2 and [a["ok"] for a in answers] == [True]
    assert conversation != fresh == now


@pytest.mark.fault(33)
def test_of_two_panels_that_send_on_one_tip_one_wins_and_the_other_is_told(kernel, on_owner):
    async def go():
        one = Page(await kernel.sit(rehearsed()))
        two = Page(Seat(kernel.desk, rehearsed(), one.seat.session))
        for page in (one, two):
            page.order("hello", have=None)
        answers = await asyncio.gather(*(p.ask("send", parent=None, text="Hello") for p in (one, two)))
        await one.seat.session.settled(next(a["m"] for a in answers if a["ok"]))
        await asyncio.sleep(0)
        return answers, agrees(one.view, one), agrees(two.view, two), one.seat.conversation

    answers, first, second, conversation = on_owner(go())
    assert sorted(a["ok"] for a in answers) == [False, True] and len(conversation) == 2
    refused = next(a["error"] for a in answers if not a["ok"])
    assert refused["code"] in ("tip_moved", "reply_running") and refused["what"] and refused["advice"]
    assert first and second


@pytest.mark.fault(34)
def test_an_edit_elsewhere_leaves_a_running_reply_where_it_is(kernel, on_owner):
    async def go():
        page = Page(await kernel.sit(rehearsed()))
        page.order("hello", have=None)
        await page.said("Hello")
        client = Scripted(
            [started(), *block(0, "text", "slow"), *stopped()], [started(), *block(0, "text", "quick"), *stopped()]
        )
        page.seat.plan = client.plan()
        first = page.seat.conversation.branch(page.seat.head)[0].id
        slow = (await page.ask("send", parent=page.seat.head, text="Go on"))["m"]
        await rest(client, 2)
        quick = (await page.ask("edit", message=first, text="Hi"))["m"]
        view = dict(page.view.chat)
        client.release(20)
        await asyncio.gather(*(page.seat.session.settled(reply) for reply in (slow, quick)))
        await asyncio.sleep(0)
        return page, slow, quick, view

    page, slow, quick, view = on_owner(go())
    assert view["head"] == quick and view["running"] == quick
    assert {page.view.text(slow), page.view.text(quick)} == {"slow", "quick"} and agrees(page.view, page)
    assert page.view.chat["running"] is None


@pytest.mark.fault(28)
@pytest.mark.parametrize("do", ["send", "confirm"])
def test_nothing_goes_below_an_ended_message_whatever_a_browser_sends(kernel, on_owner, do):
    async def go():
        page = Page(await kernel.sit(rehearsed()))
        page.order("hello", have=None)
        parent = None
        for text in RUDE:
            parent = await page.said(text, parent=parent)
        before = page.seat.conversation
        more = {"text": "One more"} if do == "send" else {"yes": True}
        answer = await page.ask(do, parent=parent, **more)
        return page, answer, before is page.seat.conversation, parent

    page, answer, unchanged, ended = on_owner(go())
    assert unchanged and not answer["ok"] and answer["error"]["what"]
    assert do != "send" or (answer["error"]["code"] == "conversation_ended" and "new()" in answer["error"]["advice"])
    row = page.view.rows[ended]
    assert row["tip"] == "ended" and row["ending"]["trigger"] == "persistent_harm"
    assert len(row["ending"]["warnings"]) == 3
    assert page.view.chat["status"] == "ended" and agrees(page.view, page)


@pytest.mark.fault(28)
def test_from_an_ended_conversation_edit_retry_and_new_go_on(kernel, on_owner):
    async def go():
        page = Page(await kernel.sit(rehearsed()))
        page.order("hello", have=None)
        parent = None
        for text in RUDE:
            parent = await page.said(text, parent=parent)
        first = page.seat.conversation.branch(parent)[0].id
        answers = [
            await page.ask("edit", message=first, text="Could you help me?"),
            await page.ask("retry", message=parent),
        ]
        for answer in answers:
            await page.seat.session.settled(answer["m"])
        rows = agrees(page.view, page)
        answers.append(await page.ask("new"))
        return answers, rows, page

    answers, rows, page = on_owner(go())
    assert all(a["ok"] for a in answers) and rows
    assert page.view.rows == {} and page.view.chat["conversation"] == page.seat.conversation.id
    assert page.view.chat["status"] == "ready"


THERE = object()  # a message of another conversation
CHANGES = {
    "send": {"parent": THERE, "text": "x"},
    "edit": {"message": THERE, "text": "x"},
    "retry": {"message": THERE},
    "confirm": {"parent": THERE, "yes": True},
    "feedback": {"message": THERE, "thumb": "up", "words": ""},
    "mark": {"message": THERE, "label": "x", "starred": True},
    "archive": {"message": THERE, "archived": True},
    "inspect": {"message": THERE, "call": 1},
    "rehearse": {"act": "play", "speed": 1},
    "new": {},
    "stop": {},
}


@pytest.mark.fault(32)
def test_a_command_for_another_conversation_is_refused_and_changes_nothing(kernel, on_owner, caplog):
    async def go():
        page = Page(await kernel.sit(rehearsed()))
        other = await kernel.sit(rehearsed())
        await talk(other, "Hello")
        before = other.conversation, page.seat.conversation
        forged = {"conversation": other.conversation.id}
        mine = await page.said("Hello")
        known = before[0], page.seat.conversation
        answers = []
        for do, more in CHANGES.items():
            of = {name: other.head if value is THERE else value for name, value in more.items()}
            answers += [await page.ask(do, **of, **forged)]  # to the other conversation
            if THERE in more.values() and do != "confirm":
                answers += [await page.ask(do, **of)]  # to its own, about a message of the other
                answers += [await page.ask(do, **{**of, "message": mine, "parent": mine}, **forged)]
        return answers, known == (other.conversation, page.seat.conversation)

    answers, unchanged = on_owner(go())
    assert unchanged and not any(a["ok"] for a in answers) and "another conversation" in caplog.text


@pytest.mark.fault(32)
def test_the_table_of_changes_names_every_command_that_may_change_or_show_something():
    harmless = {"hello", "resync", "page", "chunk"}
    assert {kind.model_fields["do"].annotation.__args__[0] for kind in get_args(Order)} == {*CHANGES, *harmless}


@pytest.mark.fault(32)
def test_an_old_command_that_comes_again_undoes_nothing_that_came_after_it(kernel, on_owner):
    async def go():
        page = Page(await kernel.sit(rehearsed()))
        page.order("hello", have=None)
        reply = await page.said("Hello")
        first: list[tuple[str, Json]] = [
            ("mark", {"message": reply, "label": "old", "starred": True}),
            ("archive", {"message": reply, "archived": True}),
            ("feedback", {"message": reply, "thumb": "down", "words": "old"}),
        ]
        then: list[Json] = [{"label": "new", "starred": False}, {"archived": False}, {"thumb": "up", "words": "new"}]
        for (do, more), change in zip(first, then, strict=True):
            await page.ask(do, c=f"old-{do}", **more)
            await page.ask(do, **{**more, **change})
        before = page.seat.conversation
        for do, more in first:
            page.order(do, c=f"old-{do}", **more)
        await page.ask("mark", message="nowhere", label="", starred=False)  # they are through by now
        answered = [a["c"] for a in page.sent if a["t"] == "answer" and a["ok"]]
        return before == page.seat.conversation, [answered.count(f"old-{do}") for do, _ in first], page.view.rows[reply]

    unchanged, answers, row = on_owner(go())
    assert unchanged and answers == [2, 2, 2]
    assert row["mark"] == {"label": "new", "starred": False, "archived": False} and row["feedback"]["words"] == "new"


@pytest.mark.fault(32)
def test_what_cannot_be_read_is_answered_where_it_says_who_asked(kernel, on_owner):
    async def go():
        page = Page(await kernel.sit(rehearsed()))
        page.order("sudo", c="who-asked")
        page.order("send", c="no-text", parent=None)
        page.order("send", c="long", parent=None, text="x" * 1_000_001)
        page.order("chunk", c="no-chunk", name="nothing", sha256="0" * 64)
        return page

    page = on_owner(go())
    assert [(a["c"], a["ok"]) for a in page.sent] == [(c, False) for c in ("who-asked", "no-text", "long", "no-chunk")]
    assert "1,000,000" in page.sent[2]["error"]["what"] and len(page.seat.conversation) == 0


def test_stop_cuts_a_running_reply_and_keeps_what_arrived(kernel, on_owner):
    async def go():
        client = Scripted([started(), *block(0, "text", "kept", "lost"), *stopped()])
        page = Page(await kernel.sit(client.plan()))
        page.order("hello", have=None)
        asked = asyncio.ensure_future(page.said("Hello"))
        await rest(client, 3)
        answer = await page.ask("stop")
        return await asked, answer, page

    reply, answer, page = on_owner(go())
    assert answer["ok"] and page.view.text(reply) == "kept"
    assert page.view.rows[reply]["state"] == "stopped" and page.view.rows[reply]["note"] == "panel"


def test_a_stop_right_after_send_stops_the_reply_that_is_still_to_come(kernel, on_owner):
    async def go():
        client = Scripted([started(), *block(0, "text", "never"), *stopped()])
        page = Page(await kernel.sit(client.plan()))
        page.order("hello", have=None)
        sent = page.order("send", parent=None, text="Hello")
        page.order("stop")  # before the message is stored: there is no reply yet
        while sent not in page.view.answers:
            await asyncio.sleep(0.005)
        reply = page.view.answers[sent]["m"]
        return (await page.seat.session.settled(reply)).state

    assert on_owner(go()) is Turn.STOPPED


def test_a_stop_that_comes_before_the_first_step_of_a_reply_brings_it_to_rest(kernel, on_owner):
    async def go():
        client = Scripted([started(), *block(0, "text", "never"), *stopped()])
        seat = await kernel.sit(client.plan())

        class Hasty(View):
            def changed(self, messages):
                asyncio.get_running_loop().call_soon(seat.stop, "panel")

            def status(self):
                """Nothing."""

            streamed = moved = status

        seat.listeners.append(Hasty())
        reply = await seat.send("Hello", by="python")
        return (await seat.session.settled(reply)).state

    assert on_owner(go()) is Turn.STOPPED


def test_feedback_is_stored_and_shown(kernel, on_owner):
    async def go():
        page = Page(await kernel.sit(rehearsed()))
        page.order("hello", have=None)
        reply = await page.said("Hello")
        await page.ask("feedback", message=reply, thumb="down", words="too short")
        first = page.view.rows[reply]["feedback"]
        await page.ask("feedback", message=reply, thumb=None, words="")
        return first, page.view.rows[reply]["feedback"], page

    first, taken_back, page = on_owner(go())
    assert first == {"thumb": "down", "words": "too short"} and taken_back == {"thumb": None, "words": ""}
    assert page.seat.conversation.feedback[0].by == "panel"


@pytest.mark.fault(36)
def test_opening_often_adds_no_listener_and_closing_takes_it_away(kernel, on_owner):
    async def go():
        seat = await kernel.sit(rehearsed())
        page = Page(seat)
        for _ in range(100):
            page.panel.open()
            page.order("hello", have=None)
        listening = len(seat.listeners)
        page.panel.close()
        page.panel.close()
        before = len(page.sent)
        await talk(seat, "Hello")
        return listening, len(seat.listeners), before == len(page.sent)

    assert on_owner(go()) == (1, 0, True)


def test_a_browser_that_cannot_be_reached_does_not_hold_up_the_conversation(kernel, on_owner, caplog):
    async def go():
        seat = await kernel.sit(rehearsed())
        page = Page(seat)

        def broken(message):
            raise RuntimeError("no way through")

        page.carry = broken
        return (await talk(seat, "Hello"))[0].state

    assert on_owner(go()) is Turn.SETTLED and "could not be brought up to date" in caplog.text


def test_silence_is_told_in_whole_seconds_and_nothing_is_told_twice(kernel, on_owner, monkeypatch):
    async def go():
        client = Scripted([started(), *block(0, "text", "x"), *stopped()])
        page = Page(await kernel.sit(client.plan()))
        page.order("hello", have=None)
        asked = asyncio.ensure_future(page.said("Hello"))
        await rest(client, 1)
        reply = page.seat.session.replies[page.head]
        reply._began -= 7.2
        reply.draft.heard -= 7.2
        mark = len(page.sent)
        for _ in range(50):
            page.panel.status()
        told = page.sent[mark:]
        client.release(20)
        await asked
        return told

    told = on_owner(go())
    assert [m["chat"]["silent"] for m in told] in ([7], [7, 8])


def test_a_wait_before_a_retry_is_told_in_whole_seconds_with_its_reason(kernel, on_owner):
    async def go():
        client = Scripted([started(), *block(0, "text", "x"), *stopped()])
        page = Page(await kernel.sit(client.plan()))
        page.order("hello", have=None)
        asked = asyncio.ensure_future(page.said("Hello"))
        await rest(client, 1)
        draft = page.seat.session.replies[page.head].draft
        draft.waiting = Waiting(until=time.monotonic() + 4.2, seconds=5.0, why="overloaded", attempt=1)
        mark = len(page.sent)
        for _ in range(50):
            page.panel.status()
        told = [m for m in page.sent[mark:] if m["t"] == "chat"]
        draft.waiting = None
        client.release(20)
        await asked
        return told, page.view.chat

    told, after = on_owner(go())
    assert [m["chat"]["wait"] for m in told[:1]] == [{"seconds": 5, "why": "overloaded"}] and len(told) <= 2
    assert told[0]["chat"]["status"] == "waiting" and after["wait"] is None


def test_a_defect_is_answered_in_plain_words_and_never_with_what_was_sent(kernel, on_owner, monkeypatch, caplog):
    async def go():
        seat = await kernel.sit(rehearsed())
        page = Page(seat)

        async def broken(*args, **more):
            raise ZeroDivisionError("sk-ant-canary")

        monkeypatch.setattr(seat, "send", broken)
        return await page.ask("send", parent=None, text="Hello")

    answer = on_owner(go())
    assert answer["error"]["code"] == "defect" and answer["error"]["who"] == "us"
    assert "ZeroDivisionError" in answer["error"]["what"] and "canary" not in str(answer)


def test_errors_of_the_law_reach_the_view_with_their_ways_on(kernel, on_owner):
    async def go():
        page = Page(await kernel.sit(rehearsed()))
        with contextlib.suppress(ConvendError):
            await page.seat.retry("m_nothing", by="python")
        return await page.ask("retry", message="m_nothing")

    error = on_owner(go())["error"]
    assert error["code"] == "unknown_message" and "m_nothing" in error["what"]
    assert error["advice"].startswith("You can:")


def test_a_label_a_star_and_an_archived_branch_reach_every_view(kernel, on_owner):
    async def go():
        page = Page(await kernel.sit(rehearsed()))
        page.order("hello", have=None)
        reply = await page.said("Hello")
        page.views.append(View())
        page.order("hello", have=None)
        answers = [
            await page.ask("mark", message=reply, label=" The good\none ", starred=True),
            await page.ask("archive", message=reply, archived=True),
        ]
        marked = [view.rows[reply]["mark"] for view in page.views]
        answers += [
            await page.ask("archive", message=reply, archived=False),
            await page.ask("mark", message=reply, label="", starred=False),
        ]
        return answers, marked, page.view.rows[reply]["mark"], agrees(page.view, page)

    answers, marked, at_last, same = on_owner(go())
    assert all(answer["ok"] for answer in answers)
    assert marked == [{"label": "The good one", "starred": True, "archived": True}] * 2
    assert at_last is None and same


@pytest.mark.fault(35)
def test_a_mark_that_comes_twice_is_stored_once_and_answered_twice(kernel, on_owner):
    async def go():
        page = Page(await kernel.sit(rehearsed()))
        reply = await page.said("Hello")
        seq = page.seat.conversation.seq
        for do, more in (("mark", {"label": "Here", "starred": False}), ("archive", {"archived": True})):
            await page.ask(do, c=f"c-{do}", message=reply, **more)
            await page.ask(do, c="undo", message=reply, label="", starred=False) if do == "mark" else None
            page.order(do, c=f"c-{do}", message=reply, **more)
        await asyncio.sleep(0.05)
        answers = [m["c"] for m in page.sent if m["t"] == "answer"]
        return page.seat.conversation.seq - seq, page.seat.conversation.label(reply), answers

    stored, label, answers = on_owner(go())
    assert (stored, label) == (3, "")  # the label, its undoing, the archive: the old commands came too late
    assert answers.count("c-mark") == answers.count("c-archive") == 2


def test_a_label_that_is_too_long_is_refused_in_words(kernel, on_owner):
    async def go():
        page = Page(await kernel.sit(rehearsed()))
        reply = await page.said("Hello")
        return await page.ask("mark", message=reply, label="x" * 81, starred=False), page.seat.conversation.label(reply)

    answer, label = on_owner(go())
    assert not answer["ok"] and "at most 80" in answer["error"]["what"] and label == ""
