"""A lesson on a seat: turns are sent by themselves or step by step, and where it stands is read from the branch."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from convend_widget.conversation import Turn
from convend_widget.errors import SettingsError
from convend_widget.model.rehearsal import load_scenario
from convend_widget.session import Lesson, Seat
from tests.session.rig import Kernel, rehearsed, talk


class Ear:
    """Hears what a seat tells."""

    def __init__(self, lesson: Lesson) -> None:
        self.lesson = lesson
        self.playing: list[bool] = []

    def changed(self, messages: object) -> None:
        self.status()

    def streamed(self, reply: str, deltas: object) -> None:
        pass

    def status(self) -> None:
        if self.playing[-1:] != [self.lesson.playing]:
            self.playing.append(self.lesson.playing)

    def moved(self) -> None:
        pass


async def taught(kernel: Kernel, name: str = "persistent_abuse", pause: float = 0) -> Lesson:
    seat = await kernel.sit(rehearsed(scenario=name, pause=pause))
    seat.lesson = Lesson(seat, load_scenario(name))
    return seat.lesson


def seat_of(lesson: Lesson) -> Seat:
    return lesson.parts[0].seat


async def over(lesson: Lesson) -> None:
    """Nothing of it is under way any more."""
    assert lesson._task is not None
    await lesson._task


def said(lesson: Lesson) -> list[str]:
    seat = seat_of(lesson)
    return [m.text for m in seat.conversation.branch(seat.head) if m.role == "user"]


async def test_it_plays_to_the_ending_by_itself_and_says_when_it_begins_and_stops(kernel):
    lesson = await taught(kernel)
    ear = Ear(lesson)
    seat_of(lesson).listeners.append(ear)
    assert (lesson.at, lesson.of, lesson.over) == (0, 5, False)
    lesson.play()
    await over(lesson)
    assert (lesson.at, lesson.over, lesson.playing) == (5, True, False) and seat_of(lesson).ending is not None
    assert said(lesson) == [turn.user for turn in load_scenario("persistent_abuse").turns]
    assert ear.playing == [True, False]
    lesson.play()
    lesson.step()
    assert not lesson.playing and len(said(lesson)) == 5


async def test_a_step_sends_one_turn(kernel):
    lesson = await taught(kernel)
    for turns in (1, 2):
        lesson.step()
        await over(lesson)
        assert (lesson.at, lesson.playing) == (turns, False)


async def test_a_pause_lets_the_reply_come_to_its_end_and_play_goes_on_from_there(kernel):
    lesson = await taught(kernel, pause=0.001)
    lesson.play()
    while not seat_of(lesson).status_now().busy:
        await asyncio.sleep(0)
    lesson.pause()
    await over(lesson)
    tip = seat_of(lesson).tip
    assert lesson.at == 1 and tip is not None and tip.state is Turn.SETTLED
    lesson.play()
    while lesson.at < 2:
        await asyncio.sleep(0.001)
    lesson.pause()
    await over(lesson)
    assert lesson.at == 2


async def test_it_does_not_wait_out_its_breath_when_somebody_presses(kernel):
    lesson = await taught(kernel)
    lesson._breath = 3_600
    lesson.play()
    while lesson.at < 1 or seat_of(lesson).status_now().busy:
        await asyncio.sleep(0.001)
    lesson.step()
    await asyncio.wait_for(over(lesson), 60)
    assert (lesson.at, lesson.playing) == (2, False)


async def test_where_it_stands_is_read_from_the_branch(kernel):
    lesson = await taught(kernel)
    seat = seat_of(lesson)
    lesson.step()
    await over(lesson)
    await talk(seat, "Something of my own")
    assert lesson.at == 2
    lesson.step()
    await over(lesson)
    assert said(lesson)[2] == load_scenario("persistent_abuse").turns[2].user
    other = await taught(kernel)
    other.parts[0].seat = await kernel.sit(rehearsed(), seat.conversation.id)
    assert other.at == 3


async def test_a_reset_begins_in_a_new_conversation_and_leaves_the_old_one(kernel):
    lesson = await taught(kernel)
    before = seat_of(lesson).conversation.id
    lesson.play()
    await over(lesson)
    await lesson.reset()
    assert seat_of(lesson).conversation.id != before and (lesson.at, lesson.over) == (0, False)
    lesson.step()
    await over(lesson)
    assert lesson.at == 1


async def test_a_new_chat_stops_it(kernel):
    lesson = await taught(kernel, pause=0.001)
    lesson.play()
    while not seat_of(lesson).status_now().busy:
        await asyncio.sleep(0)
    await seat_of(lesson).new()
    await over(lesson)
    assert (lesson.at, lesson.playing, said(lesson)) == (0, False, [])


async def test_a_stopped_reply_stops_it(kernel):
    lesson = await taught(kernel, pause=0.5)
    lesson.play()
    while not seat_of(lesson).session.replies:
        await asyncio.sleep(0.001)
    seat_of(lesson).stop("panel")
    await over(lesson)
    assert (lesson.at, lesson.playing) == (1, False)


@pytest.mark.parametrize("name", ["asked_to_end", "network_cut", "refusal"])
async def test_buttons_and_retries_of_a_script_are_played_too(kernel, name):
    lesson = await taught(kernel, name)
    lesson.play()
    await over(lesson)
    seat = seat_of(lesson)
    assert lesson.over and lesson.at == lesson.of
    assert (seat.ending is not None) is (name == "asked_to_end")


async def test_an_edit_of_the_script_goes_on_beside_the_ending_and_the_place_is_that_of_the_branch(kernel):
    lesson = await taught(kernel, "saved_by_edit")
    lesson.play()
    await over(lesson)
    seat, turns = seat_of(lesson), load_scenario("saved_by_edit").turns
    assert (lesson.at, lesson.of, lesson.over, seat.ending) == (7, 7, True, None)
    assert said(lesson) == [turns[at].user for at in (0, 5, 6)]
    [ended] = [message for message in seat.conversation.messages.values() if message.ended]
    edited = next(message for message in seat.conversation.branch(seat.head) if message.text == turns[5].user)
    assert edited.edit_of and edited.by == "scenario"
    await seat.go_to(ended.id)
    assert (lesson.at, lesson.over) == (5, False), "the edit can be played from the ended branch again"
    lesson.step()
    await over(lesson)
    assert (lesson.at, said(lesson)) == (6, [turns[0].user, turns[5].user])


async def test_where_a_talk_ends_early_it_goes_on_only_with_an_edit_of_what_was_said(kernel):
    seat = await kernel.sit(rehearsed("launch_2025", scenario="two_policies"))
    turns = load_scenario("two_policies").turns
    edits = tuple(turns[0].model_copy(update={"edit": edit, "user": f"Edit {edit}"}) for edit in (4, 2))
    script = load_scenario("two_policies").model_copy(update={"turns": (*turns, *edits)})
    lesson = Lesson(seat, script)
    [replies] = await lesson.perform()
    assert [reply.ended for reply in replies] == [False, False, True, False]
    assert said(lesson) == [turns[0].user, "Edit 2"], "turn 4 was never said, so there is nothing to edit"
    assert lesson.over


async def test_what_the_person_says_of_a_reply_is_given_as_feedback(kernel):
    lesson = await taught(kernel, "false_ending")
    [[_, hasty, _]] = await lesson.perform()
    given = seat_of(lesson).conversation.notes[hasty.id]
    assert (given.thumb, given.by) == ("down", "scenario") and "detective" in given.words


async def test_the_speed_is_that_of_the_words_and_of_the_breath(kernel):
    lesson = await taught(kernel, pause=0.08)
    speaker: Any = seat_of(lesson).plan.client
    lesson.pace(8)
    assert lesson.speed == 8 and speaker._rehearsal.chunk_seconds == pytest.approx(0.01)
    lesson.pace(1)
    assert speaker._rehearsal.chunk_seconds == pytest.approx(0.08)
    for speed in (0, 3, 16):
        with pytest.raises(SettingsError):
            lesson.pace(speed)


async def test_python_and_the_panel_do_not_play_at_once(kernel):
    lesson = await taught(kernel, pause=0.001)
    lesson.play()
    with pytest.raises(SettingsError, match="already"):
        await lesson.perform()
    lesson.pause()
    await over(lesson)
    performing = asyncio.ensure_future(lesson.perform())
    while lesson.at < 2:
        await asyncio.sleep(0.001)
    lesson.play()
    lesson.pause()  # the panel's word holds
    replies = await performing
    assert not lesson.playing and len(replies[0]) == lesson.at


async def test_it_is_over_only_when_its_last_reply_is_at_rest(kernel):
    lesson = await taught(kernel, "calm", pause=0.001)
    seen = []
    lesson.play()
    while not lesson.over:
        seen.append((lesson.at, seat_of(lesson).status_now().busy))
        await asyncio.sleep(0)
    assert (lesson.of, True) in seen
    assert not seat_of(lesson).status_now().busy
    await over(lesson)


async def beside(kernel: Kernel, name: str = "persistent_abuse", pause: float = 0) -> Lesson:
    """One lesson on two seats: with the ability to end, and without it."""
    left, right = [await kernel.sit(rehearsed(policy, scenario=name, pause=pause)) for policy in ("last_resort", "off")]
    left.lesson = right.lesson = Lesson(left, load_scenario(name), right)
    return left.lesson


def standing(lesson: Lesson) -> list[tuple[int, bool]]:
    return [(part.at, part.seat.ending is not None) for part in lesson.parts]


async def test_a_lesson_on_two_seats_goes_on_in_step_and_where_one_has_ended_with_the_other(kernel):
    lesson = await beside(kernel)
    lesson.step()
    await over(lesson)
    assert (lesson.at, standing(lesson)) == (1, [(1, False), (1, False)])
    lesson.play()
    await over(lesson)
    assert (lesson.at, lesson.over, standing(lesson)) == (5, True, [(5, True), (5, False)])
    left, right = (part.seat.conversation for part in lesson.parts)
    replies = [[m.text for m in each.messages.values() if m.role == "assistant"] for each in (left, right)]
    assert replies[0][:3] == replies[1][:3]
    assert "last warning" in replies[0][3] and "ending this conversation" in replies[0][4]
    announced = [text for text in replies[1] if "warning" in text or "end this" in text or "ending this" in text]
    assert announced == [], "who cannot end announces no end"


async def test_who_is_further_waits_for_the_other(kernel):
    lesson = await beside(kernel)
    left, right = (part.seat for part in lesson.parts)
    await talk(left, "Something of my own")
    assert lesson.at == 0
    lesson.step()
    await over(lesson)
    assert standing(lesson) == [(1, False), (1, False)] and len(right.conversation) == 2
    lesson.step()
    await over(lesson)
    assert standing(lesson) == [(2, False), (2, False)]


async def test_a_stopped_reply_or_a_new_chat_of_one_stops_both_and_a_reset_renews_both(kernel):
    lesson = await beside(kernel, pause=0.05)
    left, right = (part.seat for part in lesson.parts)
    lesson.play()
    while not (left.session.replies and right.session.replies):
        await asyncio.sleep(0.001)
    right.stop("panel")
    await over(lesson)
    assert (lesson.playing, lesson.at) == (False, 1)
    lesson.pace(8)
    lesson.play()
    while not (left.session.replies and right.session.replies):
        await asyncio.sleep(0.001)
    await left.new()
    await over(lesson)
    assert [lesson.playing, *standing(lesson)] == [False, (0, False), (2, False)]
    before = {part.seat.conversation.id for part in lesson.parts}
    await lesson.reset()
    assert standing(lesson) == [(0, False)] * 2 and before.isdisjoint(p.seat.conversation.id for p in lesson.parts)


async def test_a_button_that_nobody_shows_is_said_in_words(kernel):
    lesson = await beside(kernel, "asked_to_end")
    lesson.play()
    await over(lesson)
    assert standing(lesson) == [(3, True), (3, False)]
    assert said(lesson)[-1] == "Yes, please end this conversation."
    tip = lesson.parts[1].seat.tip
    assert tip is not None and tip.text.startswith("As you wish.")
