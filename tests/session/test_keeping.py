"""Labels, stars and archived branches through the session: stored once, and nothing ever grows out of sight."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from convend_widget.conversation.codec import decode
from convend_widget.errors import SettingsError, UnknownMessage
from convend_widget.session import Seat
from convend_widget.store import Append
from tests.session.rig import RUDE, rehearsed, talk


async def kinds(seat: Seat) -> list[str]:
    """What is stored, by kind, oldest first."""
    records = await seat.session.journal.ask(lambda store: store.read(seat.conversation.id))
    return [record.kind for record in records]


def test_a_label_and_a_star_are_stored_and_leave_each_other_alone(kernel, on_owner):
    async def go():
        seat = await kernel.sit(rehearsed())
        [reply] = await talk(seat, "Hello")
        await seat.session.mark(reply.id, "python", label="  A good\n start\x07 ")
        await seat.session.mark(reply.id, "panel", starred=True)
        records = await seat.session.journal.ask(lambda store: store.read(seat.conversation.id))
        return [decode(r.kind, r.body, r.at) for r in records if r.kind == "marked"], seat.conversation, reply.id

    stored, conversation, reply = on_owner(go())
    assert [(e.label, e.starred, e.by) for e in stored] == [
        ("A good start", False, "python"),
        ("A good start", True, "panel"),
    ]
    assert (conversation.label(reply), conversation.starred(reply)) == ("A good start", True)


def test_what_changes_nothing_is_not_stored(kernel, on_owner):
    async def go():
        seat = await kernel.sit(rehearsed())
        [reply] = await talk(seat, "Hello")
        before = len(await kinds(seat))
        await seat.session.mark(reply.id, "python", label="", starred=False)
        await seat.session.archive(reply.id, False, "python")
        same = len(await kinds(seat))
        for _ in range(3):
            await seat.session.mark(reply.id, "python", label="Here", starred=True)
            await seat.session.archive(reply.id, True, "python")
        return before, same, len(await kinds(seat))

    before, same, after = on_owner(go())
    assert (same, after) == (before, before + 2)


def test_writing_below_an_archived_message_brings_it_back_in_the_same_commit(kernel, on_owner):
    async def go():
        seat = await kernel.sit(rehearsed())
        [first, second] = await talk(seat, "Hello", "What is 3 + 4?")
        await seat.session.archive(first.id, True, "panel")
        await seat.session.archive(second.id, True, "panel")
        commits: list[Append] = []
        commit = kernel.store.commit

        def noted(units: Sequence[Append]) -> object:
            commits.extend(units)
            return commit(units)

        kernel.store.commit = noted
        await talk(seat, "And 5?")
        [asked] = [kinds for kinds in ([kind for kind, *_ in u.events] for u in commits) if "reply_requested" in kinds]
        return asked, seat.conversation

    committed, conversation = on_owner(go())
    assert committed == ["user_sent", "archived", "archived", "reply_requested"]
    assert conversation.out_of_sight() == set()


def test_an_edit_or_a_retry_beside_an_archived_branch_leaves_it_archived(kernel, on_owner):
    async def go():
        seat = await kernel.sit(rehearsed())
        [first, second] = await talk(seat, "Hello", "What is 3 + 4?")
        await seat.session.archive(second.parent, True, "panel")
        await seat.session.settled(await seat.edit(second.parent, "What is 3 + 5?", by="panel"))
        await seat.session.archive(first.id, True, "panel")
        await seat.session.settled(await seat.retry(first.id, by="panel"))
        return seat.conversation, first, second

    conversation, first, second = on_owner(go())
    assert conversation.is_archived(second.parent) and conversation.is_archived(first.id)
    assert first.id in conversation.out_of_sight() and conversation.head not in conversation.out_of_sight()


def test_an_archived_branch_that_ended_stays_ended_and_restoring_reopens_nothing(kernel, on_owner):
    async def go():
        seat = await kernel.sit(rehearsed())
        ended = (await talk(seat, *RUDE))[-1]
        for archived in (True, False):
            await seat.session.archive(ended.id, archived, "panel")
        return ended, seat.conversation.messages[ended.id], seat.status_now().name

    before, after, status = on_owner(go())
    assert before.ended and after is before and status == "ended"


def test_restoring_a_message_brings_back_whatever_hid_it_and_no_more(kernel, on_owner):
    async def go():
        seat = await kernel.sit(rehearsed())
        [first, second] = await talk(seat, "Hello", "What is 3 + 4?")
        other = await seat.session.settled(await seat.retry(second.id, by="panel"))
        for message in (first.id, second.id, other.id):
            await seat.session.archive(message, True, "panel")
        await seat.session.archive(other.id, False, "panel")
        return seat.conversation.out_of_sight(), second.id

    away, second = on_owner(go())
    assert away == {second}


def test_a_chat_opens_again_at_the_newest_branch_that_is_in_sight(kernel, on_owner):
    async def go():
        seat = await kernel.sit(rehearsed())
        [first] = await talk(seat, "Hello")
        await seat.session.settled(await seat.retry(first.id, by="panel"))
        await seat.session.archive(seat.head, True, "panel")
        again = await kernel.sit(rehearsed(), seat.conversation.id)
        return again.head, first.id, seat.head

    opened, first, stayed = on_owner(go())
    assert opened == first != stayed


def test_archiving_stops_no_reply(kernel, on_owner):
    async def go():
        seat = await kernel.sit(rehearsed(pause=0.01))
        reply = await seat.send("Tell me a long story.", by="panel")
        await seat.session.archive(reply, True, "panel")
        return await seat.session.settled(reply), seat.conversation

    reply, conversation = on_owner(go())
    assert reply.state.value == "settled" and conversation.is_archived(reply.id)


def test_what_is_too_long_for_a_label_or_about_nothing_is_refused_with_advice(kernel, on_owner):
    async def go():
        seat = await kernel.sit(rehearsed())
        [reply] = await talk(seat, "Hello")
        with pytest.raises(SettingsError, match="at most 80 characters; this has 81"):
            await seat.session.mark(reply.id, "python", label="x" * 81)
        for about_nothing in (
            seat.session.mark("m_unknown", "python", starred=True),
            seat.session.archive("m_unknown", True, "python"),
        ):
            with pytest.raises(UnknownMessage):
                await about_nothing
        return "marked" in await kinds(seat)

    assert on_owner(go()) is False
