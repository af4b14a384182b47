"""What the browser is told has one shape in two languages, and holds what the conversation holds."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from convend_widget import errors
from convend_widget.conversation import (
    BranchArchived,
    ErrorFacts,
    FeedbackGiven,
    MessageMarked,
    ReplyInterrupted,
    ReplySettled,
    ReplyStopped,
)
from convend_widget.model.draft import Delta
from convend_widget.model.price import Cost, Tokens
from convend_widget.panel import wire
from convend_widget.panel.chunks import Chunk
from convend_widget.panel.growing import Growing
from tests.conversation.build import Talk, call, end, text
from tests.panel.rig import Json, Page
from tests.panel.shapes import check
from tests.session.rig import rehearsed

FIXTURES = Path(__file__).parents[1] / "fixtures" / "wire"
SHARED = sorted(file.name for file in FIXTURES.glob("*.json") if file.name != "commands.json")


def row(talk: Talk, message: str) -> Json:
    return wire.row(talk.now, talk.now.messages[message])


def everything() -> Talk:
    """A conversation with each kind of row there is."""
    talk = Talk()
    thinking = {"type": "thinking", "thinking": "Hm.", "signature": "s"}
    unknown = {"type": "server_thing", "data": 1}
    talk.warned_enough()
    talk.turn([thinking, text("I think so."), unknown, end(reason="It is enough.")], words="Rude words.")
    first = talk.now.branch(talk.tip)[0].id
    talk.edit(first, "A question.")
    talk.turn([end("user_request", reason=None)], [text("Shall we end?")], below=talk.reply().id)
    talk.turn([text("Not yet."), end()], [end(risk="perhaps"), call("look_up", {})], [text("On we go.")])
    for how in ("stopped", "interrupted", "failed", "refused"):
        talk.say("And now?")
        reply = talk.ask()
        if how == "refused":
            talk.complete(reply, text("No."), stop="refusal", stop_details={"explanation": "It is not answered."})
            talk.cut(reply, how)
        else:
            talk.cut(reply, how, *([text("Half a sen")] if how != "failed" else []))
    talk.do(FeedbackGiven(at=talk.tick(), message=reply, thumb="down", words="Why?", by="panel"))
    talk.do(MessageMarked(at=talk.tick(), message=reply, label="To be looked at", starred=True, by="panel"))
    talk.do(BranchArchived(at=talk.tick(), message=first, archived=True, by="panel"))
    return talk


def messages_of(talk: Talk) -> list[Json]:
    """One of each kind of numbered message about it, and answers."""
    chat = {
        **dict.fromkeys(("conversation", "model", "provider", "policy"), "x"),
        **{"head": talk.tip, "status": "ready", "wait": {"seconds": 1.5, "why": "overloaded"}, "silent": 7},
        **{"rehearsal": False, "mode": "enforce", "can_end": True, "running": None, "theme": "auto"},
        **{"size": "normal", "stored": {"path": None, "writable": True}},
        **{"notices": [{"code": "not_saved", "text": "Not saved."}], "send_with": "enter"},
        **{"lesson": {"title": "x", "at": 2, "of": 5, "over": False, "playing": True, "speed": 4}},
        **{"spent": wire.spent_view(Tokens(120, 40, 8, 0, 60), Cost(0.0025, 3, as_of=date(2026, 10, 24)))},
    }
    rows = [wire.row(talk.now, m) for m in talk.now.messages.values()]
    error = wire.error_view(errors.TipMoved("Moved.", conversation="c1", message="u1", state="open", ways=("look",)))
    numbered = [
        wire.snapshot(chat, rows, None),
        wire.rows_message(rows[:1]),
        wire.delta_message("r2", [(0, "text", "more"), (1, "thinking", "hm")]),
        wire.chat_message(chat),
    ]
    answers = [wire.answer("c-1", message="r2"), wire.answer("c-2", error=error)]
    unnumbered = [*answers, wire.seen_message("c-3", 1, 2, "{"), wire.play_message("c-1", "r2", 8)]
    return [{**message, "n": n} for n, message in enumerate(numbered, 1)] + unnumbered


@pytest.mark.parametrize("name", SHARED)
def test_fixtures_that_both_languages_read_have_the_shape_that_the_kernel_sends(name):
    for message in json.loads((FIXTURES / name).read_text())["messages"]:
        check(message)


def test_what_the_kernel_sends_has_the_shape_and_is_the_fixture_that_the_browser_reads():
    messages = json.loads(json.dumps(messages_of(everything())))
    for message in messages:
        check(message)
    kept = FIXTURES / "kernel.json"
    assert json.loads(kept.read_text())["messages"] == messages


def test_the_check_of_shapes_sees_a_field_too_many_and_one_too_few():
    [first, *_] = messages_of(everything())
    for broken in ({**first, "id": "x"}, {k: v for k, v in first.items() if k != "chat"}):
        with pytest.raises(ValidationError):
            check(broken)


def test_no_message_has_a_field_named_id_at_its_top(kernel, on_owner):
    async def go():
        page = Page(await kernel.sit(rehearsed()))
        page.order("hello", have=None)
        await page.said("Hello")
        await page.ask("feedback", message=page.seat.head, thumb="up", words="")
        page.panel.promises._kept["0" * 64] = Chunk("code", "0" * 64, b"export {}")
        page.order("chunk", name="code", sha256="0" * 64)
        return page.sent

    sent = on_owner(go())
    assert {m["t"] for m in sent} >= {"snapshot", "rows", "chat", "answer", "chunk"}
    for message in sent:
        assert "id" not in message
        if message["t"] != "chunk":
            check(message)


def test_each_block_of_the_api_has_one_block_in_the_row_with_its_verdict():
    talk = everything()
    ended = next(m for m in talk.now.messages.values() if m.ended)
    blocks = row(talk, ended.id)["blocks"]
    assert [b["k"] for b in blocks] == ["thinking", "text", "other", "attempt"]
    assert blocks[3] == {"k": "attempt", "verdict": "accepted", "trigger": "persistent_harm", "missing": []}
    assert row(talk, ended.id)["ending"] == {
        "trigger": "persistent_harm",
        "reason": "It is enough.",
        "warnings": [{"m": w.message, "kind": w.kind} for w in ended.facts.warnings],
        "policy": "last_resort",
        "mode": "enforce",
        "confirmed_by": None,
        "needs": [],
    }
    tried = next(m for m in talk.now.messages.values() if len(m.steps) == 3)
    verdicts = [b.get("verdict", b["k"]) for b in row(talk, tried.id)["blocks"]]
    assert verdicts == ["text", "blocked", "invalid", "other", "text"]
    assert row(talk, tried.id)["blocks"][1]["missing"]


def test_an_ending_that_was_only_observed_shows_what_the_gates_would_have_said():
    talk = Talk(mode="observe")
    ended = talk.turn([end(reason="Enough.")])
    [attempt] = row(talk, ended.id)["blocks"]
    assert attempt["verdict"] == "observed" and attempt["missing"]
    assert row(talk, ended.id)["ending"]["mode"] == "observe"


def test_a_call_that_waits_for_its_verdict_keeps_its_place_and_shows_nothing():
    talk = Talk()
    talk.say()
    reply = talk.ask()
    talk.complete(reply, text("Hm."), end())
    assert row(talk, reply)["blocks"] == [{"k": "text", "text": "Hm."}, {"k": "text", "text": ""}]


@pytest.mark.parametrize(
    ("note", "stop"),
    [
        ("length", "max_tokens"),
        ("context_full", "model_context_window_exceeded"),
        ("empty", "end_turn"),
        ("bound", "tool_use"),
        ("paused", "pause_turn"),
        ("stopped: moonrise", "moonrise"),
        (None, "end_turn"),
    ],
)
def test_anything_unusual_about_a_settled_reply_is_told_by_its_code(note, stop):
    talk = Talk()
    talk.say()
    reply = talk.ask()
    talk.complete(reply, text("So"), stop=stop)
    talk.do(talk.of(reply, ReplySettled, note=note))
    shown = row(talk, reply)
    assert (shown["stop"], shown["note"]) == (stop, note)


@pytest.mark.parametrize("by", ["panel", "python", "interrupt", "shutdown", "takeover", "deleted"])
def test_who_stopped_a_reply_is_told(by):
    talk = Talk()
    talk.say()
    reply = talk.ask()
    talk.do(talk.of(reply, ReplyStopped, by=by))
    assert row(talk, reply)["note"] == by


def test_what_cut_a_reply_is_an_error_in_plain_words():
    talk = Talk()
    talk.say()
    reply = talk.ask()
    facts = ErrorFacts("overloaded", "The provider is busy.", "Retry in a moment.", retryable=True, retry_after=3.5)
    talk.do(talk.of(reply, ReplyInterrupted, partial=(text("Ha"),), error=facts))
    shown = row(talk, reply)
    assert shown["state"] == "interrupted" and shown["blocks"] == [{"k": "text", "text": "Ha"}]
    assert shown["error"]["retryable"] and shown["error"]["retry_after"] == 3.5


def _every(root: type[Any]) -> list[type[Any]]:
    return [root, *(kind for child in root.__subclasses__() for kind in _every(child))]


def test_every_error_has_a_code_of_its_own_and_plain_words():
    law = {"conversation": "c1", "message": "m1", "state": "open"}
    codes = {}
    for kind in _every(errors.ConvendError):
        more: dict[str, Any] = law if issubclass(kind, errors.IllegalEvent) else {}
        more = {"file": "cases.csv"} if kind is errors.CasesRefused else more
        more = {"problems": ["line 1: what is wrong."]} if kind is errors.ScenarioRefused else more
        stale = kind is errors.StaleSequence
        view = wire.error_view(errors.StaleSequence("c1", expected=1, current=2) if stale else kind("What.", **more))
        codes[kind] = view["code"]
        assert re.fullmatch(r"[a-z_]+", view["code"]) and view["what"]
        assert view["who"] in ("you", "model", "machine", "us")
    assert len(set(codes.values())) == len(codes)
    assert codes[errors.ConversationEnded] == "conversation_ended" and codes[errors.Overloaded] == "overloaded"


def test_usage_counts_each_token_of_the_input_once():
    talk = Talk()
    talk.say()
    reply = talk.ask()
    usage = {"input_tokens": 10, "cache_creation_input_tokens": 5, "cache_read_input_tokens": 85, "output_tokens": 7}
    talk.complete(reply, text("So"), usage={**usage, "service_tier": "standard"})
    assert row(talk, reply)["usage"] == {"input": 15, "output": 7, "cache_read": 85}


def test_a_row_that_is_longer_than_a_part_goes_alone():
    small, big = {"m": "a"}, {"m": "b", "text": "x" * 300_000}
    assert list(wire.in_parts([small, big, small, small])) == [[small], [big], [small, small]]


def test_halves_of_surrogate_pairs_are_replaced_on_the_wire_and_stay_in_the_store():
    talk = Talk()
    said = talk.say("lone \ud800, pair \ud83d\ude00, nul \0, line \u2028")
    assert row(talk, said)["blocks"][0]["text"] == "lone \ufffd, pair 😀, nul \0, line \u2028"
    assert "\ud800" in talk[said].text
    json.dumps(row(talk, said), ensure_ascii=False).encode()


def test_text_that_streams_in_halves_of_a_pair_can_be_sent_and_is_whole_in_the_row():
    talk = Talk()
    talk.say()
    growing = Growing(talk[talk.ask()])
    joined = growing.add([Delta(0, "text", "a\ud83d")]) + growing.add([Delta(0, "text", "\ude00b")])
    json.dumps(wire.delta_message("r1", joined), ensure_ascii=False).encode()
    assert growing.blocks() == [{"k": "text", "text": "a😀b"}]
