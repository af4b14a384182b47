"""Two kernels on one store, kernels that die, disks that fail: the conversation stays one, and lawful."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from convend_widget.conversation import Turn
from convend_widget.errors import ConversationEnded, IllegalEvent, ReplyRunning, TipMoved
from convend_widget.session import recovery
from convend_widget.store import SqliteStore
from tests.session.rig import RUDE, rehearsed, talk


def test_a_second_kernel_opens_the_same_conversation(kernels, on_owner):
    async def go():
        one, other = kernels(), kernels()
        seat = await one.sit(rehearsed())
        await talk(seat, *RUDE)
        return seat, await other.sit(rehearsed(), seat.session.id)

    seat, again = on_owner(go())
    assert list(again.conversation.messages.values()) == list(seat.conversation.messages.values())
    assert again.head == seat.head and again.ending == seat.ending


def test_an_open_seat_notices_what_another_kernel_wrote(kernels, on_owner):
    async def go():
        one, other = kernels(), kernels()
        seat = await one.sit(rehearsed())
        await talk(seat, "Hello")
        again = await other.sit(rehearsed(), seat.session.id)
        await talk(seat, "And now?")
        for _ in range(100):
            if again.head == seat.head and again.status_now().name == "ready":
                break
            await asyncio.sleep(0.05)
        return seat, again

    seat, again = on_owner(go())
    assert again.head == seat.head and again.tip == seat.tip


@pytest.mark.fault(28, 33)
def test_the_kernel_that_comes_second_is_refused_by_the_law(kernels, on_owner):
    async def go():
        one, other = kernels(), kernels()
        seat = await one.sit(rehearsed())
        await talk(seat, *RUDE[:3])
        again = await other.sit(rehearsed(), seat.session.id)
        before = again.head
        await talk(seat, RUDE[3])
        with pytest.raises(IllegalEvent) as moved:  # it has not looked yet: its tip has moved on
            await again.send("Me too", by="panel", parent=before, at_head=False)
        with pytest.raises(ConversationEnded):
            await again.send("Me too", by="panel", parent=seat.head, at_head=False)
        return moved.value, again, seat

    moved, again, seat = on_owner(go())
    assert isinstance(moved, TipMoved)
    assert not seat.conversation.children(seat.head) and again.conversation.messages[seat.head].ended


def test_two_kernels_on_different_branches_rebase_on_one_another(kernels, on_owner):
    async def go():
        one, other = kernels(), kernels()
        seat = await one.sit(rehearsed())
        await talk(seat, "Hello")
        again = await other.sit(rehearsed(), seat.session.id)
        first = seat.conversation.branch(seat.head)[0].id

        async def edits(at, names):
            for name in names:
                await at.session.settled(await at.edit(first, f"Hello {name}", by="python"))

        await asyncio.gather(edits(seat, "abc"), edits(again, "xyz"))
        await seat.session.refresh()
        await again.session.refresh()
        verdict = await one.desk.journal.ask(lambda s: s.verify(seat.session.id))
        return seat, again, verdict

    seat, again, verdict = on_owner(go())
    assert verdict.ok and len(seat.conversation.children(None)) == 7
    assert set(seat.conversation.messages) == set(again.conversation.messages)


def test_a_reply_that_another_kernel_writes_shows_as_running_there(kernels, on_owner):
    async def go():
        one, other = kernels(), kernels()
        seat = await one.sit(rehearsed(pause=0.05))
        reply = await seat.send("what can you do", by="python")
        again = await other.sit(rehearsed(), seat.session.id)
        shown = again.status_now().name
        with pytest.raises(ReplyRunning):
            await again.send("Hurry", by="panel", parent=reply, at_head=False)
        seat.stop("python")
        await seat.session.settled(reply)
        await again.session.refresh()
        return shown, again.tip

    shown, tip = on_owner(go())
    assert shown == "elsewhere" and tip.state is Turn.STOPPED


DYING = """
    import asyncio, sys
    import convend_widget as cw
    chat = cw.Chat(store=sys.argv[1], pause=0.02)
    chat.say("Hello")
    print(chat.conversation_id, flush=True)
    chat.say("what can you do")
"""


def start_and_kill(store: Path) -> str:
    """A kernel that dies by SIGKILL in the middle of a reply; returns its conversation's id."""
    code = textwrap.dedent(DYING)
    process = subprocess.Popen([sys.executable, "-c", code, str(store)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    name = process.stdout.readline().strip()
    # Wait until a checkpoint of the second reply is in the store, so that there is something to recover.
    watcher = SqliteStore(store)
    for _ in range(400):
        if any(json.loads(lease.partial or "[]") for lease in watcher.leases(name)):
            break
        time.sleep(0.02)
    watcher.close()
    os.kill(process.pid, signal.SIGKILL)
    process.wait(10)
    process.stdout.close()
    return name


@pytest.mark.fault(39, 51)
def test_a_dead_kernels_reply_is_recovered_as_partial_once_its_lease_has_lapsed(
    tmp_path, kernels, on_owner, monkeypatch
):
    name = start_and_kill(tmp_path / "chats.db")

    async def go():
        kernel = kernels()
        seat = await kernel.sit(rehearsed(), name)
        before = seat.status_now().name
        monkeypatch.setattr(recovery, "LEASE", 0.3)
        await asyncio.sleep(0.5)
        await seat.session.refresh()
        await seat.session.refresh()
        after = seat.tip
        assert after is not None
        [again] = [await seat.session.settled(await seat.retry(after.id, by="python"))]
        verdict = await kernel.desk.journal.ask(lambda s: s.verify(name))
        return before, after, again, verdict

    before, after, again, verdict = on_owner(go())
    assert before == "elsewhere"
    assert after.state is Turn.INTERRUPTED and after.cut_by == "kernel" and after.text
    assert again.state is Turn.SETTLED and again.text.startswith(after.text[:40]) and verdict.ok


def test_a_late_settle_of_a_kernel_that_lost_its_lease_is_refused(kernels, on_owner, monkeypatch):
    async def go():
        one, other = kernels(), kernels()
        seat = await one.sit(rehearsed(pause=0.05))
        reply = await seat.send("what can you do", by="python")
        again = await other.sit(rehearsed(), seat.session.id)
        monkeypatch.setattr(recovery, "LEASE", 0.0)
        await asyncio.sleep(0.01)
        await again.session.refresh()  # as if the first kernel had been asleep
        taken = again.tip
        settled = await seat.session.settled(reply)
        verdict = await one.desk.journal.ask(lambda s: s.verify(seat.session.id))
        return taken, settled, verdict

    taken, settled, verdict = on_owner(go())
    assert taken.state is Turn.INTERRUPTED and taken.cut_by == "kernel"
    assert settled.state is Turn.INTERRUPTED and verdict.ok


@pytest.mark.fault(52)
def test_a_disk_that_fills_up_leaves_the_chat_in_memory_with_a_lasting_notice(kernels, on_owner):
    async def go():
        connections = []

        def connect(*args, **options):
            connections.append(sqlite3.connect(*args, **options))
            return connections[-1]

        kernel = kernels(connect)
        seat = await kernel.sit(rehearsed())
        await talk(seat, "Hello")
        await kernel.disk.run(lambda: [c.execute("pragma max_page_count = 1") for c in connections])
        replies = await talk(seat, "Hello again " + "x" * 200_000, "And again")
        return seat, replies

    seat, replies = on_owner(go())
    assert [r.state for r in replies] == [Turn.SETTLED, Turn.SETTLED] and len(seat.conversation) == 6
    assert [n.code for n in seat.notices] == ["not_saved"]
