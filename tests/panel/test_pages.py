"""A long conversation reaches a view newest first, whole, and never staler than what was numbered meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

import pytest

from convend_widget.conversation import Conversation, ConversationStarted, UserSent, apply
from convend_widget.conversation.codec import SCHEMA
from convend_widget.conversation.fork import graft
from convend_widget.conversation.records import Fork
from convend_widget.panel import pages, wire
from convend_widget.panel.commands import decode
from convend_widget.panel.wire import PART
from tests.conversation.build import Talk, text
from tests.panel.rig import Json, Page, Scripted, View, block, started, stopped
from tests.panel.test_panel import agrees
from tests.session.rig import rehearsed


def maker(conversation: Conversation) -> Callable[[str], Json]:
    return lambda message: wire.row(conversation, conversation.messages[message])


def all_pages(conversation: Conversation, below: int | None) -> Iterator[list[Json]]:
    while below is not None:
        before = below
        rows, below = pages.page(conversation, below, maker(conversation))
        assert below is None or below < before
        yield rows


def long_talk(turns: int = 40, length: int = 12_000) -> Talk:
    talk = Talk()
    for number in range(turns):
        talk.turn([text(f"{number} " + "x" * length)], words="ä" * (length // 2))
    return talk


def test_a_snapshot_and_its_pages_hold_every_row_once_in_messages_of_at_most_200_kB():
    now = long_talk().now
    first, below = pages.first(now, now.head, maker(now))
    older = list(all_pages(now, below))
    assert len(older) > 2
    assert [row for rows in [*older[::-1], first] for row in rows] == [wire.row(now, m) for m in now.messages.values()]
    assert all(sum(map(wire.json_size, rows)) <= PART for rows in [first, *older])


def test_a_short_talk_is_all_in_its_snapshot_with_every_branch():
    talk = long_talk(3, 20)
    talk.edit(talk.now.branch(talk.tip)[0].id, "Another.")
    first, below = pages.first(talk.now, None, maker(talk.now))
    assert below is None and [row["m"] for row in first] == list(talk.now.messages)


def test_a_snapshot_holds_the_end_of_the_branch_that_the_head_is_on_however_old_it_is():
    talk = long_talk(4)
    old = talk.tip
    talk.edit(talk.now.branch(talk.tip)[0].id, "Another.")
    talk.turn([text("y")], below=talk.reply().id)
    for number in range(40):
        talk.turn([text(f"{number} " + "x" * 12_000)], words="w")
    first, below = pages.first(talk.now, old, maker(talk.now))
    branch = [m.id for m in talk.now.branch(old)]
    assert set(branch) <= {row["m"] for row in first}
    rows = {row["m"] for row in first} | {row["m"] for rows in all_pages(talk.now, below) for row in rows}
    assert rows == set(talk.now.messages)


def test_a_run_comes_in_the_order_of_its_branch_though_its_log_begins_anew():
    parent = long_talk(turns=30)
    fork = Fork("c1", parent.now.newest or "")
    said = UserSent(at=2.0, message="new", parent=fork.message, content=(text("Else."),), by="replay")
    start = ConversationStarted(at=1.0, conversation="run", schema=SCHEMA, fork=fork)
    run = apply(graft("run", parent.now, fork), start, said)
    row = maker(run)
    rows, below = pages.first(run, "new", row)
    for page in all_pages(run, below):
        rows = [*page, *rows]
    assert [each["m"] for each in rows] == [m.id for m in run.branch("new")]


def test_a_message_that_is_larger_than_a_page_goes_alone():
    talk = Talk()
    for _ in range(3):
        talk.turn([text("x" * (PART + 5))], words="w")
    first, below = pages.first(talk.now, talk.tip, maker(talk.now))
    sizes = [len(first), *(len(rows) for rows in all_pages(talk.now, below))]
    assert sizes == [1] * 6


def test_pages_are_for_the_conversation_that_is_shown(kernel, on_owner):
    async def go():
        page = Page(await kernel.sit(rehearsed()))
        page.order("hello", have=None)
        await page.said("Hello")
        mark = len(page.sent)
        stray = page.command("page", below=99) | {"conversation": "c_elsewhere"}
        page.panel.hear(decode(stray))
        return page.sent[mark:]

    assert on_owner(go()) == []


@pytest.mark.fault(37, 38)
def test_a_view_that_comes_in_mid_stream_of_a_long_talk_ends_with_the_same_picture(kernel, on_owner, monkeypatch):
    monkeypatch.setattr(pages, "PART", 3_000)

    async def go():
        words = [started(), *block(0, "text", *(f"{i} " for i in range(200))), *stopped()]
        client = Scripted(*[words] * 9)
        page = Page(await kernel.sit(client.plan()))
        page.order("hello", have=None)
        for _ in range(8):
            client.release(300)
            await page.said("And?", parent=page.seat.head)
        asked = asyncio.ensure_future(page.said("And now?", parent=page.seat.head))
        client.release(40)
        await asyncio.sleep(0.25)
        late = View()
        page.views.append(late)
        page.order("hello", have=None)
        seen = len(late.rows), late.below
        page.order("page", below=late.below)  # one page, then the reply goes on and settles
        client.release(300)
        await asked
        page.order("feedback", message=next(iter(page.seat.conversation.messages)), thumb="up", words="")
        await asyncio.sleep(0.05)
        turned = page.turn_pages(late)
        return page, late, seen, turned

    page, late, (rows, below), turned = on_owner(go())
    assert rows < 18 and below is not None and turned > 2
    assert agrees(late, page)
