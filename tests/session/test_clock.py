"""Clocks go back, stand still, and differ from host to host: neither order nor length nor leases hang on them."""

from __future__ import annotations

import asyncio
import itertools
import time
from typing import Any

import pytest

import convend_widget as cw
from convend_widget.conversation import Turn
from convend_widget.session import recovery
from convend_widget.session import session as session_module
from tests.server import STALL, Answer
from tests.session.rig import told, until

pytestmark = pytest.mark.fault(57)
HOUR = 3600.0


@pytest.fixture(params=["goes back", "stands still", "jumps"])
def clock(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wall clock that is wrong in one of three ways."""

    count = itertools.count()  # which several threads may ask at once

    def told() -> float:
        i = next(count)
        drift: dict[str, float] = {"goes back": -60.0 * i, "stands still": 0.0, "jumps": HOUR * (-1) ** i * i}
        return 2e9 + drift[request.param]

    monkeypatch.setattr(time, "time", told)


def test_a_talk_is_in_the_order_in_which_it_was_held_and_took_no_less_than_no_time(clock: None, tmp_path: Any) -> None:
    store = tmp_path / "chats.db"
    chat = cw.Chat(scenario="persistent_abuse", store=store, pause=0)
    chat.play()
    frame = chat.conversation.to_frame()
    assert frame["seq"].is_monotonic_increasing
    assert frame["role"].tolist() == ["user", "assistant"] * 5
    assert (frame["seconds"].dropna() >= 0).all()
    again = cw.open(chat.conversation_id, store=store)
    assert again.conversation.messages == chat.conversation.messages
    assert again.ended
    assert again.conversation.verify().ok


def test_lists_have_what_was_written_last_first(clock: None, tmp_path: Any) -> None:
    store = tmp_path / "chats.db"
    chat = cw.Chat(store=store, pause=0)
    for _ in range(3):
        chat.say("Hello.")
        chat.new()
    talks = [kept.conversation for kept in cw.conversations(store=store)]
    cw.open(talks[-1], store=store).say("Once more.")
    assert [kept.conversation for kept in cw.conversations(store=store)] == [talks[-1], *talks[:-1]]
    chat.say("Hello.")
    studies = [chat.replay(n=1, progress=False).id for _ in range(3)]
    assert [kept.id for kept in cw.studies(store=store)] == studies[::-1]
    case = [{"id": "a", "set": "s", "prompt": "Hello."}]
    audits = [cw.audit(case, store=store, progress=False).id for _ in range(3)]
    assert [kept.id for kept in cw.audits(store=store)] == audits[::-1]


def test_runs_are_numbered_as_they_were_begun_and_took_no_less_than_no_time(clock: None) -> None:
    chat = cw.Chat(scenario="persistent_abuse", store=":memory:", pause=0)
    chat.play()
    runs = chat.replay(n=6, concurrency=3, progress=False)
    assert [run.number for run in runs] == list(range(6))
    assert all(run.seconds is not None and run.seconds >= 0 for run in runs)
    assert cw.open_study(runs.id, store=":memory:").to_frame().equals(runs.to_frame())


async def _held_open(api: Any, kernels: Any, monkeypatch: pytest.MonkeyPatch, skew: float) -> tuple[Any, Any, str]:
    """A reply that another host writes, whose clock is so many seconds off; and a kernel here that has it open."""
    api.script(Answer.stream(told("A good beginning.")[:-80], then=STALL))
    there, here = kernels(), kernels()
    seat = await there.sit(api.plan())
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(session_module, "holder", lambda: "another-host:7")
        seat.session.now = lambda: time.time() + skew
        reply = await seat.send("Hello", by="python")
    return seat, await here.sit(api.plan(), seat.session.id), reply


@pytest.mark.parametrize("skew", [-HOUR, HOUR])
def test_a_reply_of_a_host_whose_clock_is_an_hour_off_is_not_taken_for_abandoned(
    api: Any, kernels: Any, on_owner: Any, monkeypatch: pytest.MonkeyPatch, skew: float
) -> None:
    async def go() -> tuple[Any, Any]:
        seat, again, reply = await _held_open(api, kernels, monkeypatch, skew)
        await again.session.refresh()
        seen = again.conversation.messages[reply]
        seat.session.stop("python", reply)
        return seen, await seat.session.settled(reply)

    seen, after = on_owner(go())
    assert seen.running
    assert (after.state, after.cut_by) == (Turn.STOPPED, "python")


@pytest.mark.parametrize("skew", [-HOUR, HOUR])
def test_a_host_that_went_silent_is_found_out_by_watching_whatever_its_clock_said(
    api: Any, kernels: Any, on_owner: Any, monkeypatch: pytest.MonkeyPatch, skew: float
) -> None:
    async def silent(*_: object) -> None:
        return None

    async def go() -> Any:
        seat, again, reply = await _held_open(api, kernels, monkeypatch, skew)
        seat.session.beat = silent
        monkeypatch.setattr(recovery, "LEASE", 0.2)

        async def look() -> None:
            while again.conversation.messages[reply].running:
                await again.session.refresh()
                await asyncio.sleep(0.01)

        await asyncio.wait_for(look(), 30)
        seat.session.stop("python", reply)
        await until(lambda: not seat.session.replies)
        return again.conversation.messages[reply]

    found = on_owner(go())
    assert (found.state, found.cut_by) == (Turn.INTERRUPTED, "kernel")
