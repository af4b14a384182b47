"""Bad moments: Stop, cancel, delete, slow and locked disks, and listeners that fail, each at the worst time."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import sqlite3
import threading
from dataclasses import replace
from weakref import ref

import pytest

from convend_widget.conversation import Turn
from convend_widget.errors import IllegalEvent, NoSuchConversation, StoreBusy, UnknownMessage
from convend_widget.model.claude import ClaudeClient
from convend_widget.session import journal, recovery
from convend_widget.session import reply as reply_module
from convend_widget.session.reply import WRITING
from convend_widget.store import Beat
from tests.server import STALL, Answer
from tests.session.rig import SlowDisk, answer, end, rehearsed, talk, told, until

QUICK = 20  # seconds in which a thing must have happened that would otherwise never happen


def stalled(text="A good beginning"):
    """A reply that stops arriving in the middle of its text."""
    stream = told(text)
    return Answer.stream(stream[: stream.index(b"event: content_block_stop")], then=STALL)


async def streaming(seat, text="Hi"):
    """Send, and wait until something of the reply is here; its id."""
    sent = await seat.send(text, by="python")
    await until(lambda: seat.session.replies[sent].draft.partial())
    return sent


def at_rest(seat, reply):
    return asyncio.wait_for(seat.session.settled(reply), QUICK)


# -- stop


def test_stop_right_after_send_brings_the_reply_to_rest(kernel, on_owner):
    async def go():
        seat = await kernel.sit(rehearsed())
        sent = await seat.send("Hi", by="python")
        seat.stop("panel")
        return await at_rest(seat, sent), seat.session.replies, set(WRITING)

    reply, running, writing = on_owner(go())
    assert (reply.state, reply.cut_by) == (Turn.STOPPED, "panel") and not running and not writing


def test_stop_while_the_request_is_being_stored_takes_effect(kernel, on_owner):
    async def go():
        seat = await kernel.sit(rehearsed(pause=1))
        with SlowDisk(kernel.disk):
            sending = asyncio.ensure_future(seat.send("Hi", by="python"))
            await asyncio.sleep(0.05)
            seat.stop("panel")
        return await at_rest(seat, await sending)

    assert on_owner(go()).state is Turn.STOPPED


def test_stop_while_a_cut_reply_is_being_stored_changes_nothing(api, kernel, on_owner):
    stream = told("A good beginning")
    api.script(Answer.stream(stream, cut=stream.index(b"event: content_block_stop")))

    async def go():
        seat = await kernel.sit(api.plan())
        sent = await seat.send("Hi", by="python")
        with SlowDisk(kernel.disk):
            thumb = asyncio.ensure_future(seat.session.give_feedback(sent, "up", "", "python"))  # has the turn first
            await until(lambda: seat.session.replies[sent].draft.partial())
            await asyncio.sleep(0.1)
            seat.stop("panel")
            await asyncio.sleep(0.05)
        await thumb
        return await at_rest(seat, sent), await kernel.desk.journal.ask(lambda store: store.leases())

    reply, leases = on_owner(go())
    assert (reply.state, reply.text, leases) == (Turn.INTERRUPTED, "A good beginning", [])


def test_stop_while_a_whole_reply_is_being_stored_leaves_it_whole(api, kernel, on_owner):
    api.script(answer("Whole."))

    async def go():
        seat = await kernel.sit(api.plan())
        sent = await seat.send("Hi", by="python")
        await asyncio.sleep(0)
        with SlowDisk(kernel.disk):
            await until(lambda: seat.session.replies[sent].draft.complete)
            await asyncio.sleep(0.05)
            seat.stop("panel")
            await asyncio.sleep(0.05)
        return await at_rest(seat, sent)

    reply = on_owner(go())
    assert (reply.state, reply.text, reply.partial) == (Turn.SETTLED, "Whole.", ())


def test_whoever_stops_a_reply_and_writes_at_once_need_not_wait(api, kernel, on_owner):
    api.script(stalled(), answer("Fine."))

    async def go():
        seat = await kernel.sit(api.plan())
        sent = await streaming(seat)
        with SlowDisk(kernel.disk):
            seat.stop("panel")
            again = asyncio.ensure_future(seat.send("Something else", by="panel"))
            await asyncio.sleep(0.05)
        return await at_rest(seat, sent), await at_rest(seat, await again)

    stopped, after = on_owner(go())
    assert (stopped.state, after.state, after.text) == (Turn.STOPPED, Turn.SETTLED, "Fine.")


def test_stop_works_while_the_sdk_is_being_imported(kernel, on_owner):
    go_on, released = threading.Event(), []

    class Slow(ClaudeClient):
        def warm(self):
            released.append(go_on.wait(10))

    async def go():
        plan = replace(rehearsed(), client=Slow(api_key="key", base_url="http://localhost:9"))
        seat = await kernel.sit(plan)
        sent = await seat.send("Hi", by="python")
        await asyncio.sleep(0.05)
        seat.stop("panel")
        reply = await at_rest(seat, sent)
        go_on.set()
        await until(lambda: released)
        return reply

    assert on_owner(go()).state is Turn.STOPPED and released == [True], "it came to rest before the import was done"


# -- cancel


@pytest.mark.parametrize("slow", [True, False])
def test_a_send_that_is_cancelled_while_it_is_stored_leaves_a_stopped_reply_and_no_lease(kernel, on_owner, slow):
    async def go():
        seat = await kernel.sit(rehearsed(pause=0.5))
        sending = asyncio.ensure_future(seat.send("Hi", by="python"))
        with SlowDisk(kernel.disk):
            await asyncio.sleep(0.05 if slow else 0)
            sending.cancel()
            await asyncio.sleep(0.05)
        with pytest.raises(asyncio.CancelledError):
            await sending
        await until(lambda: not seat.session.replies)
        seat.plan = rehearsed()
        return seat, (await talk(seat, "Hello?"))[0], await kernel.desk.journal.ask(lambda store: store.leases())

    seat, after, leases = on_owner(go())
    assert after.state is Turn.SETTLED and not leases and not seat.conversation.running
    stored = [m for m in seat.conversation.messages.values() if m.role == "assistant"]
    assert [(m.state, m.cut_by) for m in stored[:-1]] == [(Turn.STOPPED, "interrupt")]


def test_a_commit_that_is_cancelled_is_adopted_if_it_was_stored(kernel, on_owner):
    async def go():
        seat = await kernel.sit(rehearsed())
        [reply] = await talk(seat, "Hi")
        giving = asyncio.ensure_future(seat.session.give_feedback(reply.id, "up", "", "python"))
        with SlowDisk(kernel.disk):
            await asyncio.sleep(0.05)
            giving.cancel()
        await asyncio.wait([giving])
        records = await kernel.desk.journal.ask(lambda store: store.read(seat.session.id))
        return seat, len(records)

    seat, stored = on_owner(go())
    assert seat.conversation.seq == stored and [f.thumb for f in seat.conversation.feedback] == ["up"]


# -- the same command, two doors


@pytest.mark.fault(32, 35)
def test_a_command_that_comes_again_at_once_or_late_has_the_outcome_of_the_first(kernel, on_owner):
    async def go():
        seat = await kernel.sit(rehearsed())
        both = (seat.send("Hi", by="panel", parent=None, at_head=False, command="c1") for _ in range(2))
        replies = await asyncio.gather(*both)
        await at_rest(seat, replies[0])
        await talk(seat, "And now?")
        head = seat.head
        late = await seat.send("Hi", by="panel", parent=None, at_head=False, command="c1")
        return seat, {*replies, late}, head

    seat, replies, head = on_owner(go())
    assert len(replies) == 1 and len(seat.conversation) == 4 and seat.head == head, "an old command moves no head"


@pytest.mark.fault(35)
def test_a_refused_command_is_refused_to_both_and_may_be_given_again(kernel, on_owner):
    async def go():
        seat = await kernel.sit(rehearsed())
        both = (seat.retry("m_none", by="panel", command="c1") for _ in range(2))
        refused = await asyncio.gather(*both, return_exceptions=True)
        sends = (seat.send("Hi", by="panel", parent="r_none", at_head=False, command="c2") for _ in range(2))
        refused += await asyncio.gather(*sends, return_exceptions=True)
        head = seat.head
        return refused, head, await seat.send("Hi", by="panel", parent=None, at_head=False, command="c2")

    refused, head, reply = on_owner(go())
    assert [type(r) for r in refused] == [UnknownMessage] * 4 and head is None and reply


def test_a_send_that_ends_after_the_seat_has_moved_does_not_drag_its_head_along(kernel, on_owner):
    async def go():
        seat = await kernel.sit(rehearsed())
        with SlowDisk(kernel.disk):
            sending = asyncio.ensure_future(seat.send("Hi", by="panel"))
            await asyncio.sleep(0.02)
            await seat.new()
        await sending
        return seat.head, (await talk(seat, "Hello"))[0].state

    assert on_owner(go()) == (None, Turn.SETTLED)


def test_two_opens_at_once_are_one_session(kernels, on_owner):
    async def go():
        one, other = kernels(), kernels()
        seat = await one.sit(rehearsed())
        await talk(seat, "Hi")
        with SlowDisk(other.disk):
            opening = [asyncio.ensure_future(other.desk.open(seat.session.id)) for _ in range(3)]
            await asyncio.sleep(0.02)
        return await asyncio.gather(*opening)

    sessions = on_owner(go())
    assert sessions[0] is sessions[1] is sessions[2]


# -- deleted


@pytest.mark.parametrize("here", [True, False])
def test_a_conversation_deleted_in_mid_reply_is_told_and_nobody_waits_for_it(api, kernels, on_owner, here):
    api.script(stalled())

    async def go():
        one, other = kernels(), kernels()
        seat = await one.sit(api.plan())
        sent = await streaming(seat)
        await (one if here else other).desk.journal.ask(lambda store: store.delete(seat.session.id))
        reply = await at_rest(seat, sent)
        with pytest.raises(NoSuchConversation):
            await seat.send("Hello?", by="python")
        with pytest.raises(NoSuchConversation):
            await one.desk.open(seat.session.id)
        notices, status = seat.notices, seat.status_now().name
        await seat.new()
        return reply, notices, status, (await talk(seat, "A new one"))[0]

    reply, notices, status, after = on_owner(go())
    assert (reply.state, reply.cut_by, reply.text) == (Turn.STOPPED, "deleted", "A good beginning")
    assert [n.code for n in notices] == ["deleted"] and status == "ready" and after.state is Turn.SETTLED


def test_an_open_chat_is_told_when_another_kernel_deletes_it(kernels, on_owner):
    async def go():
        one, other = kernels(), kernels()
        seat = await one.sit(rehearsed())
        await talk(seat, "Hi")
        await other.desk.journal.ask(lambda store: store.delete(seat.session.id))
        await until(lambda: seat.session.gone)
        return [n.code for n in seat.notices]

    assert on_owner(go()) == ["deleted"]


# -- a store that is locked


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(journal, "BUSY_DEADLINE", 0.1)


@pytest.mark.fault(53)
def test_a_reply_that_comes_while_the_store_is_locked_is_kept_once_it_is_not(
    api, kernels, on_owner, impatient, tmp_path
):
    api.script(Answer.stream(told("All of it."), pieces=40, pause=0.02))

    async def go():
        one = kernels()
        seat = await one.sit(api.plan())
        sent = await streaming(seat)
        locker = sqlite3.connect(tmp_path / "chats.db", isolation_level=None)
        locker.execute("begin exclusive")
        await until(lambda: any("waits to be stored" in n.text for n in seat.notices))
        still = seat.tip.running
        locker.execute("rollback")
        locker.close()
        reply = await at_rest(seat, sent)
        return still, reply, seat, await one.desk.journal.ask(lambda store: store.verify(seat.session.id))

    still, reply, seat, verdict = on_owner(go())
    assert still and (reply.state, reply.text, reply.error.code) == (Turn.INTERRUPTED, "All of it.", "store")
    assert (reply.error.who, reply.error.retryable) == ("machine", True) and verdict.ok and not seat.session.replies


@pytest.mark.fault(53)
def test_a_send_while_the_store_is_locked_is_refused_past_the_deadline_and_leaves_nothing(
    kernels, on_owner, impatient, tmp_path
):
    async def go():
        one = kernels()
        seat = await one.sit(rehearsed())
        await talk(seat, "Hi")
        before = seat.conversation
        locker = sqlite3.connect(tmp_path / "chats.db", isolation_level=None)
        locker.execute("begin exclusive")
        with pytest.raises(StoreBusy):
            await seat.send("Hello?", by="python")
        locker.execute("rollback")
        locker.close()
        return seat.conversation is before, seat.session.replies, (await talk(seat, "Hello?"))[0].state

    assert on_owner(go()) == (True, {}, Turn.SETTLED)


# -- checkpoints


@pytest.mark.fault(39)
def test_a_step_that_is_stored_drops_the_checkpoint_that_it_replaces(api, kernels, on_owner, monkeypatch):
    monkeypatch.setattr(reply_module, "Pace", lambda tick, keep: Often(tick, keep))
    slow = Answer.stream(told("First.", tools=[("end_conversation", {})]), pieces=60, pause=0.03)
    api.script(slow, stalled("Second."))

    async def go():
        one, other = kernels(), kernels()
        seat = await one.sit(api.plan("two_step"))
        sent = await seat.send("Hi", by="python")
        seen: set[tuple[int, str]] = set()
        while len(seen) < 3:  # nothing kept yet, then the first step's text, then that step and nothing twice
            steps = len(seat.conversation.messages[sent].steps)  # before its lease, which may move on meanwhile
            [lease] = await one.desk.journal.ask(lambda store: store.leases(seat.session.id))
            seen.add((steps, text_of(lease.partial)))
            await asyncio.sleep(0.01)
        monkeypatch.setattr(recovery, "LEASE", -1.0)
        again = await other.sit(api.plan(), seat.session.id)
        while again.tip is None or again.tip.running:  # its kernel is alive and beats; sooner or later it is too slow
            await again.session.refresh()
        return seen, again.tip

    seen, recovered = on_owner(go())
    assert (1, "First.") not in seen and (0, "First.") in seen
    assert recovered.state is Turn.INTERRUPTED and recovered.text.count("First.") == 1


class Often:
    """A pace that keeps what arrived at every tick."""

    def __init__(self, tick, keep):
        self._tick, self._keep = tick, keep

    async def __aenter__(self):
        self._task = asyncio.ensure_future(self._run())

    async def __aexit__(self, *_):
        self._task.cancel()

    async def _run(self):
        while True:
            await asyncio.sleep(0.01)
            self._tick()
            self._keep()


def text_of(partial):
    return "".join(block.get("text", "") for block in json.loads(partial or "[]"))


def test_a_beat_with_another_token_stops_the_reply_as_taken_over(api, kernel, on_owner):
    api.script(stalled())

    async def go():
        seat = await kernel.sit(api.plan())
        sent = await streaming(seat)
        running = seat.session.replies[sent]
        await seat.session.beat(Beat(sent, "t_other", seat.session.now(), ""), running)
        return await at_rest(seat, sent)

    assert on_owner(go()).cut_by == "takeover"


# -- those who listen


def test_a_listener_that_fails_takes_nothing_with_it(kernel, on_owner, caplog):
    class Broken:
        def changed(self, messages):
            raise RuntimeError("[broken listener]")

        def streamed(self, reply, deltas):
            raise RuntimeError("[broken listener]")

        def status(self):
            raise RuntimeError("[broken listener]")

        def moved(self):
            raise RuntimeError("[broken listener]")

    heard = []

    class Sound:
        def changed(self, messages):
            heard.extend(messages)

        def streamed(self, reply, deltas): ...
        def status(self): ...
        def moved(self): ...

    async def go():
        seat = await kernel.sit(rehearsed())
        seat.session.listeners.insert(0, Broken())
        seat.listeners += [Broken(), Sound()]
        [reply] = await talk(seat, "Hi")
        await seat.new()
        return reply

    with caplog.at_level(logging.ERROR, "convend_widget.session"):
        reply = on_owner(go())
    assert reply.state is Turn.SETTLED and reply.id in heard
    assert "[broken listener]" in caplog.text


def test_a_session_that_nobody_holds_is_forgotten(kernel, on_owner):
    async def go():
        seat = await kernel.sit(rehearsed())
        await talk(seat, "Hi")
        session = ref(seat.session)
        await until(lambda: kernel.desk._seen is not None)  # it was looked at
        del seat
        for _ in range(200):
            gc.collect()
            if session() is None:
                break
            await asyncio.sleep(0.02)
        return session()

    assert on_owner(go()) is None


@pytest.mark.fault(36)
def test_seats_that_nobody_holds_leave_the_session_that_others_still_hold(kernel, on_owner):
    async def go():
        seat = await kernel.sit(rehearsed())
        await talk(seat, "Hi")
        for _ in range(20):
            again = await kernel.sit(rehearsed(), seat.session.id)
            again.listeners.append(Follows(again))
        await again.session.settled(await again.send("And on", by="python"))
        del again
        gc.collect()
        return len(seat.session.listeners), seat.tip.text if seat.tip else None

    class Follows:
        """As a chat follows its seat: each holds the other."""

        def __init__(self, seat):
            self.seat = seat

        def changed(self, messages): ...
        def streamed(self, reply, deltas): ...
        def status(self): ...
        def moved(self): ...

    listeners, text = on_owner(go())
    assert listeners == 1 and text, "the seat that is held still follows"


@pytest.mark.parametrize("partial", ["", "{", '{"a": 1}', "[1, 2]", "[" * 2000])
def test_a_checkpoint_that_cannot_be_read_costs_only_itself(partial):
    assert recovery.checkpoint(partial) == ()


def test_a_bad_order_changes_nothing_and_the_next_one_works(kernel, on_owner):
    async def go():
        seat = await kernel.sit(rehearsed())
        [reply] = await talk(seat, "Hi")
        before = seat.conversation
        for order in (
            seat.edit(reply.id, "x", by="python"),
            seat.edit("m_none", "x", by="python"),
            seat.confirm(True, by="panel"),
            seat.retry("r_none", by="python"),
        ):
            with pytest.raises(IllegalEvent):
                await order
        return before is seat.conversation, (await talk(seat, "And?"))[0].state

    assert on_owner(go()) == (True, Turn.SETTLED)


def test_an_ending_stands_against_every_stop(api, kernel, on_owner):
    api.script(end())

    async def go():
        seat = await kernel.sit(api.plan(mode="observe"))
        sent = await seat.send("Hi", by="python")
        with SlowDisk(kernel.disk):
            await until(lambda: seat.session.replies[sent].draft.complete)
            await asyncio.sleep(0.05)
            seat.stop("panel")
            await asyncio.sleep(0.05)
        return await at_rest(seat, sent)

    reply = on_owner(go())
    assert reply.ended and reply.state is Turn.SETTLED
