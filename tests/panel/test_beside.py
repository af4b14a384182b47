"""The controls of a lesson on two seats: what they show, what their buttons do, and the panels that have none then."""

from __future__ import annotations

import asyncio

from convend_widget.model.rehearsal import load_scenario
from convend_widget.panel import chunks
from convend_widget.panel.commands import decode
from convend_widget.panel.steering import Controls
from convend_widget.panel.widget import ControlsWidget
from convend_widget.session import Lesson
from tests.panel.rig import Json, Page
from tests.panel.shapes import check
from tests.session.rig import Kernel, rehearsed


class Bar:
    """A browser with the controls of a lesson, and with the panels below them."""

    def __init__(self, lesson: Lesson, preferences: dict[str, str]) -> None:
        self.sent: list[tuple[Json, list[bytes] | None]] = []
        self.controls = Controls(lesson, preferences, lambda *sent: self.sent.append(sent))
        self.controls.open()
        self.panels = [Page(part.seat) for part in lesson.parts]
        for panel in self.panels:
            panel.order("hello", have=None)

    def order(self, do: str, **more: object) -> None:
        self.controls.hear(decode({"t": "command", "c": "1", "conversation": "", "do": do, **more}))

    @property
    def now(self) -> Json:
        return self.sent[-1][0]


async def taught(kernel: Kernel, **preferences: str) -> Bar:
    seats = [await kernel.sit(rehearsed(policy, scenario="persistent_abuse")) for policy in ("last_resort", "off")]
    seats[0].lesson = seats[1].lesson = Lesson(seats[0], load_scenario("persistent_abuse"), seats[1])
    return Bar(seats[0].lesson, preferences)


async def until(bar: Bar, **wanted: object) -> None:
    while not bar.sent or {name: bar.now["lesson"][name] for name in wanted} != wanted:
        await asyncio.sleep(0.005)


def test_one_bar_plays_both_and_says_where_it_ended(kernel, on_owner):
    async def go():
        bar = await taught(kernel, theme="dark", size="presenter")
        bar.order("hello", have=None)
        begun = bar.now
        bar.order("rehearse", act="pace", speed=8)
        await until(bar, speed=8)
        bar.order("rehearse", act="play", speed=8)
        await until(bar, over=True, playing=False)
        over = bar.now
        bar.order("rehearse", act="reset", speed=8)
        await until(bar, at=0)
        return begun, over, bar

    begun, over, bar = on_owner(go())
    fresh = {"title": "Persistent abuse", "at": 0, "of": 5, "over": False, "playing": False, "speed": 1}
    sides = [{"policy": "last_resort", "ended": False}, {"policy": "off", "ended": False}]
    assert begun == {"t": "beside", "lesson": fresh, "sides": sides, "theme": "dark", "size": "presenter"}
    assert over["sides"] == [{**sides[0], "ended": True}, sides[1]]
    for message, _ in bar.sent:
        check(message)
    assert [panel.view.chat["lesson"] for panel in bar.panels] == [None, None], "there is one set of controls"
    assert bar.now["sides"] == sides and all(panel.view.rows == {} for panel in bar.panels)


def test_it_takes_nothing_but_what_a_bar_has_and_serves_its_own_code(kernel, on_owner, caplog):
    async def go():
        bar = await taught(kernel)
        bar.order("send", parent=None, text="Hello")
        bar.order("rehearse", act="dance", speed=1)
        await asyncio.sleep(0)
        refused = list(bar.sent)
        sha256 = bar.controls.promises.keep("play")
        bar.order("chunk", name="play", sha256=sha256)
        bar.order("chunk", name="play", sha256="0" * 64)
        return refused, bar

    refused, bar = on_owner(go())
    (served, [code]), (missing, _) = bar.sent
    assert refused == [] and all(panel.view.rows == {} for panel in bar.panels)
    assert (served["t"], code) == ("chunk", chunks.chunk("play").code) and not missing["ok"]


def test_a_bar_that_is_closed_hears_no_more_and_the_lesson_goes_on(kernel, on_owner):
    async def go():
        bar = await taught(kernel)
        lesson = bar.controls._lesson
        bar.controls.close()
        lesson.step()
        while not lesson.at or lesson.parts[1].seat.status_now().busy:
            await asyncio.sleep(0.005)
        return lesson.at, bar.sent

    assert on_owner(go()) == (1, [])


def test_its_widget_asks_for_its_own_part_of_the_code(kernel, on_owner):
    async def lesson():
        return (await taught(kernel)).controls._lesson

    widget = ControlsWidget(on_owner(lesson()), {"language": "de"})
    assert (widget.chunk_name, widget.chunk_sha256) == ("play", chunks.chunk("play").sha256)
    assert (widget.language, widget.closed) == ("de", False)
    widget.close()
    assert widget.closed
