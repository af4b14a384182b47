"""What the model saw, over the wire: in bounded parts, with the answer's id, and never more than was sent."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from convend_widget.conversation import SettingsRecorded
from convend_widget.errors import SettingsError
from convend_widget.model.price import Cost, Tokens
from convend_widget.panel import inspection
from convend_widget.panel.inspection import in_parts, seen_view
from convend_widget.panel.spending import Spending
from convend_widget.session.seen import spent_on
from tests.conversation.build import Talk, call, end, text, warn
from tests.panel.rig import Json, Page
from tests.panel.shapes import check, check_seen
from tests.server import Answer
from tests.session.rig import answer, rehearsed, told, until, warned_enough
from tests.session.rig import end as end_reply
from tests.session.rig import warn as warn_reply

FIXTURES = Path(__file__).parents[1] / "fixtures" / "seen"
USAGE = {"input_tokens": 40, "cache_read_input_tokens": 900, "cache_creation_input_tokens": 60, "output_tokens": 30}


def under(talk: Talk, key: str, **more: Any) -> None:
    """Go on under other settings."""
    talk.settings = replace(talk.settings, key=key, **more)
    talk.do(SettingsRecorded(at=talk.tick(), settings=talk.settings))


def step(talk: Talk, reply: str, *blocks: Json, **more: object) -> None:
    talk.complete(reply, *blocks, model="claude-sonnet-5-5", usage=USAGE, seconds=1.25, **more)
    if talk[reply].steps[-1].tool_calls():
        talk.judged(reply)


def example() -> tuple[Talk, str]:
    """A lesson's reply: thinking that stays out, a warning, an ending that was blocked, and words at last."""
    talk = Talk()
    gates = {"gates": ["ability", "nobody_at_risk", "warned_first", "person_confirmed"], "numbers": {}}
    under(talk, "s2", model="claude-sonnet-5-5", provider="claude", system="You help with pandas.", provenance=gates)
    talk.say("How do I sort a frame?")
    first = talk.ask()
    thinking = {"type": "thinking", "thinking": "They want sort_values.", "signature": "sig"}
    step(talk, first, thinking, text('Use `df.sort_values("a")`.'), call("look_up", {"word": "sort"}))
    step(talk, first, text("That is all."))
    talk.settle(first)
    under(talk, "s3", system="You help with pandas. Be brief.", request={"output_config": {"effort": "low"}})
    talk.say("You are useless.")
    reply = talk.ask()
    step(talk, reply, text("Let us look at the frame again."), warn())
    step(talk, reply, end(reason="It is enough."))
    left = ("thinking: it was made under another model, system text or tools",)
    step(talk, reply, text("Then we go on: which column?"), left_out=left, request_id="req_012")
    talk.settle(reply)
    return talk, reply


def views(talk: Talk, reply: str) -> list[Json]:
    return [seen_view(talk.now, reply, number) for number in range(1, len(talk[reply].steps) + 1)]


def test_the_fixture_that_the_browser_reads_is_what_the_kernel_makes():
    made = json.loads(json.dumps(views(*example())))
    for view in made:
        check_seen(view)
    kept = json.loads((FIXTURES / "blocked.json").read_text())
    assert kept["calls"] == made


def test_a_call_has_its_request_its_gaps_and_its_verdicts():
    _, second, third = views(*example())
    [gap, result] = second["omitted"]
    assert (gap["turn"], gap["at"], gap["type"], gap["text"]) == (1, 0, "thinking", "They want sort_values.")
    assert gap["why"]["code"] == "other_ground"
    assert (result["type"], result["why"]) == ("tool_use", {"code": "not_offered", "text": "look_up"})
    messages = json.loads(second["body"])["messages"]
    assert [block["type"] for block in messages[1]["content"]] == ["text", "text"]
    [blocked] = third["calls"][1]["verdicts"]
    assert blocked["verdict"] == "blocked"
    assert {gate["gate"]: gate["passed"] for gate in blocked["gates"]}["ability"] is True
    assert any(not gate["passed"] and gate["missing"] in blocked["answer"] for gate in blocked["gates"])
    assert json.loads(blocked["input"])["trigger"] == "persistent_harm"


@pytest.mark.parametrize("number", [0, 4])
def test_a_call_that_there_is_not_is_refused(number):
    talk, reply = example()
    with pytest.raises(SettingsError, match=f"no call {number}"):
        seen_view(talk.now, reply, number)


async def shown(page: Page, message: str, number: int = 1) -> tuple[Json, list[Json]]:
    """What the model saw, put together as a browser does; and the messages that it came in."""
    answer_ = await page.ask("inspect", message=message, call=number)
    assert answer_["ok"], answer_
    parts = [m for m in page.sent if m["t"] == "seen" and m["c"] == answer_["c"]]
    assert [m["part"] for m in parts] == list(range(1, parts[0]["parts"] + 1))
    return json.loads("".join(m["text"] for m in parts)), parts


def test_a_long_request_comes_in_parts_of_bounded_size_and_whole(api, kernel, on_owner):
    long = 'A "quoted" line \\ with ünï 👋 and a \ud83d half.\n' * 20_000

    async def go():
        api.script(*warned_enough()[:2], answer("Fine."))
        page = Page(await kernel.sit(api.plan()))
        page.order("hello", have=None)
        reply = await page.said(long)
        view, parts = await shown(page, reply, 2)
        return view, parts, page.sent

    view, parts, sent = on_owner(go())
    check_seen(view)
    assert view["body"].encode() == api.server.seen[1].raw
    assert view["exact"] is True
    assert len(parts) > 5
    for message in parts:
        check(message)
        assert "n" not in message, "it is no part of the conversation's state"
        assert len(json.dumps(message, ensure_ascii=False).encode()) <= 200_000
    assert sent[-1] == {"t": "answer", "c": parts[0]["c"], "ok": True, "error": None, "m": None}


def test_what_no_browser_would_show_is_refused_with_another_way(monkeypatch):
    monkeypatch.setattr(inspection, "MOST", 500)
    talk, reply = example()
    with pytest.raises(SettingsError, match="too long") as refused:
        in_parts(seen_view(talk.now, reply, 1))
    assert "chat.seen" in refused.value.advice


@pytest.mark.fault(41)
@pytest.mark.parametrize(("message", "why"), [("nowhere", "not here"), ("user", "no model")])
def test_what_cannot_be_shown_is_refused_in_the_answer(kernel, on_owner, message, why):
    async def go():
        page = Page(await kernel.sit(rehearsed()))
        reply = await page.said("Hello")
        own = page.seat.conversation.messages[reply].parent
        return await page.ask("inspect", message=own if message == "user" else message, call=1)

    answered = on_owner(go())
    assert not answered["ok"]
    assert why in answered["error"]["what"]


def test_the_same_command_again_is_answered_again_since_a_part_may_be_lost(kernel, on_owner):
    async def go():
        page = Page(await kernel.sit(rehearsed()))
        reply = await page.said("Hello")
        page.order("inspect", message=reply, call=1, c="again")
        page.order("inspect", message=reply, call=1, c="again")  # while the first is on its way: not twice
        await until(lambda: page.view.answers.get("again"))
        first = len([m for m in page.sent if m["t"] == "seen"])
        page.order("inspect", message=reply, call=1, c="again")
        await until(lambda: len([m for m in page.sent if m["t"] == "answer" and m["c"] == "again"]) == 2)
        return first, len([m for m in page.sent if m["t"] == "seen"])

    assert on_owner(go()) == (1, 2)


def test_it_works_while_another_reply_streams_and_does_not_touch_it(api, kernel, on_owner):
    async def go():
        page = Page(await kernel.sit(api.plan()))
        page.order("hello", have=None)
        reply = await page.said("Hello")
        api.script(Answer.stream(told("Half a sentence that goes on"), cut=750, then="stall"))
        running = (await page.ask("send", parent=reply, text="More"))["m"]
        await until(lambda: page.view.text(running))
        view, _ = await shown(page, running)
        under_way = view["calls"][-1]
        page.order("stop")
        await page.seat.session.settled(running)
        await asyncio.sleep(0)
        return under_way, page.view.sync

    under_way, sync = on_owner(go())
    assert (under_way["complete"], under_way["stop"]) == (False, None)
    assert sync == "live"


@pytest.mark.fault(59)
def test_no_key_goes_over_the_wire(api, kernel, on_owner):
    async def go():
        page = Page(await kernel.sit(api.plan()))
        await shown(page, await page.said("Hello"))
        return page.sent

    sent = json.dumps(on_owner(go()))
    assert "key-of-the-tests" in str(api.server.seen[0].headers)
    assert "key-of-the-tests" not in sent
    assert "x-api-key" not in sent


# -- what it all cost so far


def test_what_is_added_up_as_it_goes_is_what_it_comes_to_in_the_end(api, kernel, on_owner):
    async def go():
        page = Page(await kernel.sit(api.plan()))
        page.order("hello", have=None)
        before = page.view.chat["spent"]
        api.script(warn_reply(), end_reply(), answer("Go on."), answer("Once more."))
        reply = await page.said("You are useless.")
        await page.ask("retry", message=reply)
        await page.seat.session.settled(page.head)
        await asyncio.sleep(0)
        return before, page.view.chat["spent"], page.seat.conversation

    before, after, conversation = on_owner(go())
    nothing: Json = {"dollars": None, "at_least": False, "free": False, "unpriced": [], "as_of": None}
    assert before == {"input": 0, "output": 0, "cost": nothing}
    each = [spent_on(conversation, message) for message in conversation.messages.values()]
    tokens, cost = sum((t for t, _ in each), Tokens()), sum((c for _, c in each), Cost())
    assert (after["input"], after["output"]) == (tokens.prompt, tokens.output) == (48, 68)
    assert after["cost"]["dollars"] == pytest.approx(cost.dollars)
    opened = Spending()
    opened.look_at(conversation, conversation.messages)
    assert opened.so_far(conversation)[0] == tokens


def test_the_rehearsal_costs_nothing_and_says_so(kernel, on_owner):
    async def go():
        page = Page(await kernel.sit(rehearsed()))
        page.order("hello", have=None)
        await page.said("Hello")
        await asyncio.sleep(0)
        return page.view.chat["spent"]

    spent = on_owner(go())
    assert spent["output"] > 0
    assert spent["cost"] == {"dollars": 0.0, "at_least": False, "free": True, "unpriced": [], "as_of": None}
