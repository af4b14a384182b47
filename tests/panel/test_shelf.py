"""The sidebar's list: every conversation with its state, found by its words, renamed and archived as events."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from convend_widget.panel.shelf import Shelf
from tests.session.rig import RUDE, rehearsed, talk

Json = dict[str, Any]


class Side:
    """A sidebar of a test: what it was told, the newest last."""

    def __init__(self, where: Any) -> None:
        self.told: list[Json] = []
        self.shelf = Shelf(self.told.append, where)

    async def ask(self, **asked: object) -> Json:
        before = len(self.told)
        self.shelf.hear(asked)
        while len(self.told) == before:
            await asyncio.sleep(0.01)
        return self.told[-1]

    async def rows(self, find: str = "") -> list[tuple[str, str, bool]]:
        told = await self.ask(do="list", find=find)
        return [(chat["title"], chat["state"], chat["archived"]) for chat in told["chats"]]


@pytest.fixture
def side(kernel):
    return Side(kernel.desk)


def test_each_conversation_is_told_with_its_state_the_newest_first(kernel, on_owner, side):
    async def go():
        for texts in (["Hello"], [RUDE[0], RUDE[1], RUDE[2]], RUDE, ["Please end this chat."]):
            await talk(await kernel.sit(rehearsed()), *texts)
        return await side.rows()

    assert on_owner(go()) == [
        ("Please end this chat.", "warned", False),
        (RUDE[0], "ended", False),
        (RUDE[0], "warned", False),
        ("Hello", "open", False),
    ]


def test_a_reply_that_is_being_written_is_told(kernel, on_owner, side):
    async def go():
        seat = await kernel.sit(rehearsed(pause=5))
        reply = await seat.send("Hello", by="python")
        rows = await side.rows()
        seat.stop("python")
        await seat.session.settled(reply)
        return rows, await side.rows()

    assert on_owner(go()) == ([("Hello", "replying", False)], [("Hello", "open", False)])


def test_words_are_found_in_any_message_whatever_their_case(kernel, on_owner, side):
    async def go():
        await talk(await kernel.sit(rehearsed()), "What is a zebra?")
        await talk(await kernel.sit(rehearsed()), "12 * 7")
        return [[title for title, *_ in await side.rows(find)] for find in ("ZEBRA what", "84", "nothing of it", "")]

    assert on_owner(go()) == [["What is a zebra?"], ["12 * 7"], [], ["12 * 7", "What is a zebra?"]]


def test_a_new_name_is_the_label_of_the_first_message_and_the_title_of_every_list(kernel, on_owner, side):
    async def go():
        seat = await kernel.sit(rehearsed())
        await talk(seat, "Hello")
        name = seat.conversation.id
        await side.rows()
        told = await side.ask(do="rename", conversation=name, title="The first lesson")
        listed = kernel.store.conversations()[0].title
        label = seat.conversation.label(seat.conversation.children(None)[0].id)
        back = await side.ask(do="rename", conversation=name, title="")
        return told["chats"][0]["title"], listed, label, back["chats"][0]["title"]

    assert on_owner(go()) == (*["The first lesson"] * 3, "Hello")


def test_a_conversation_is_archived_with_all_its_beginnings_and_brought_back(kernel, on_owner, side):
    async def go():
        seat = await kernel.sit(rehearsed())
        await talk(seat, "Hello")
        first = seat.conversation.children(None)[0].id
        await seat.session.settled(await seat.edit(first, "Good day", by="python"))
        await side.rows()
        away = await side.ask(do="archive", conversation=seat.conversation.id, archived=True)
        gone = [seat.conversation.is_archived(root.id) for root in seat.conversation.children(None)]
        back = await side.ask(do="archive", conversation=seat.conversation.id, archived=False)
        return away["chats"][0]["archived"], gone, back["chats"][0]["archived"]

    assert on_owner(go()) == (True, [True, True], False)


def test_what_changes_is_told_without_being_asked_for(kernel, on_owner, side, monkeypatch):
    monkeypatch.setattr("convend_widget.panel.shelf.LOOK", 0.01)

    async def go():
        side.shelf.open()
        assert await side.rows() == []
        await talk(await kernel.sit(rehearsed()), "Hello")
        while not side.told[-1]["chats"] or side.told[-1]["chats"][0]["state"] == "replying":
            await asyncio.sleep(0.01)
        side.shelf.close()
        return side.told[-1]["chats"][0]["title"]

    assert on_owner(go()) == "Hello"


@pytest.mark.fault(32)
@pytest.mark.parametrize(
    "forged",
    [
        *(None, 7, "list", [], {}),
        {"do": "delete", "conversation": "c_1"},
        {"do": "list"},
        {"do": "list", "find": 7},
        {"do": "list", "find": "x" * 201},
        {"do": "list", "find": "", "more": 1},
        {"do": "rename", "conversation": "../x", "title": "a"},
        {"do": "archive", "conversation": "c_1", "archived": "yes"},
    ],
)
def test_what_does_not_exist_is_refused_and_logged_and_never_raises(kernel, on_owner, side, forged, caplog):
    async def go():
        side.shelf.hear(forged)
        await asyncio.sleep(0)

    on_owner(go())
    assert side.told == [] and "refused" in caplog.text


def test_a_conversation_that_is_not_there_is_a_refusal_with_advice(kernel, on_owner, side):
    async def go():
        return await side.ask(do="archive", conversation="c_none", archived=True)

    told = on_owner(go())
    assert told["t"] == "refused" and "c_none" in told["what"]


@pytest.mark.fault(42, 48)
def test_a_title_is_one_line_without_what_controls_a_terminal_or_turns_the_line(kernel, on_owner, side):
    async def go():
        await talk(await kernel.sit(rehearsed()), "a\u202eb\x1b[31m\nc <b>")
        return await side.rows()

    [(title, _, _)] = on_owner(go())
    assert "\n" not in title and "\u202e" not in title and "\x1b" not in title and "<b>" in title
