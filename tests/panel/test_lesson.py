"""The player of a lesson over the wire: what the browser presses is done, and every view sees where the lesson is."""

from __future__ import annotations

import asyncio

import pytest

from convend_widget.model.rehearsal import load_scenario
from convend_widget.session import Lesson
from tests.panel.rig import Json, Page
from tests.panel.shapes import check
from tests.session.rig import Kernel, rehearsed


async def taught(kernel: Kernel, name: str = "persistent_abuse") -> Page:
    seat = await kernel.sit(rehearsed(scenario=name))
    seat.lesson = Lesson(seat, load_scenario(name))
    page = Page(seat)
    page.order("hello", have=None)
    return page


async def until(page: Page, **wanted: object) -> Json:
    """What the view knows of the lesson, once it is so."""
    while {name: page.view.chat["lesson"][name] for name in wanted} != wanted or page.seat.status_now().busy:
        await asyncio.sleep(0.005)
    lesson: Json = page.view.chat["lesson"]
    return lesson


def test_a_view_sees_a_lesson_that_is_loaded_and_how_it_goes_on(kernel, on_owner):
    async def go():
        page = await taught(kernel)
        lessons = [page.view.chat["lesson"]]
        assert (await page.ask("rehearse", act="step", speed=1))["ok"]
        lessons.append(await until(page, at=1, playing=False))
        await page.ask("rehearse", act="pace", speed=8)
        lessons.append(await until(page, speed=8))
        await page.ask("rehearse", act="play", speed=1)
        lessons.append(await until(page, over=True, playing=False))
        for message in page.sent:
            check(message)
        return lessons, page.view.chat["status"]

    lessons, status = on_owner(go())
    fresh = {"title": "Persistent abuse", "at": 0, "of": 5, "over": False, "playing": False, "speed": 1}
    assert lessons == [fresh, {**fresh, "at": 1}, {**fresh, "at": 1, "speed": 8}, {**lessons[3]}]
    assert (lessons[3]["at"], lessons[3]["speed"], status) == (5, 8, "ended")


def test_a_reset_shows_a_new_conversation_with_the_same_lesson(kernel, on_owner):
    async def go():
        page = await taught(kernel)
        await page.ask("rehearse", act="play", speed=1)
        await until(page, over=True)
        before = page.seat.conversation.id
        await page.ask("rehearse", act="reset", speed=1)
        return before, page.view.chat, page.view.rows

    before, chat, rows = on_owner(go())
    assert chat["conversation"] != before and rows == {}
    assert (chat["lesson"]["at"], chat["lesson"]["over"]) == (0, False)


@pytest.mark.parametrize("act", ["play", "pause", "step", "reset", "pace"])
def test_without_a_lesson_its_controls_are_refused(kernel, on_owner, act):
    async def go():
        page = Page(await kernel.sit(rehearsed()))
        page.order("hello", have=None)
        return await page.ask("rehearse", act=act, speed=1), page.view.chat["lesson"]

    answer, lesson = on_owner(go())
    assert not answer["ok"] and "lesson" in answer["error"]["what"] and lesson is None
