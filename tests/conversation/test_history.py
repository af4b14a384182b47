"""What goes into a request: a root path that the API accepts, byte for byte, and a word on all that had to stay out."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convend_widget.conversation import Block, Message, Settings, SettingsRecorded, StepCompleted, apply
from convend_widget.conversation.history import (
    ALONE,
    BLANK,
    NOT_JSON,
    OTHER_GROUND,
    UNANSWERED,
    UNFINISHED,
    history,
    same_ground,
)
from convend_widget.ending import offer
from convend_widget.library import policies
from convend_widget.model.rehearsal.checks import ThinkingSeal, check_request, person_text
from tests.conversation.build import Talk, call, end, text, warn

THINKING = {"type": "thinking", "thinking": "Hm.", "signature": "s"}


def body_of(talk: Talk, tip: str, asked: Settings) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The request as the API would get it."""
    messages, left_out = history(talk.now, tip, asked)
    system = "\n\n".join(part for part in (asked.policy_text, asked.system) if part)
    tools = [dict(tool) for tool in asked.tools]
    body = {"model": asked.model, "max_tokens": 10, "system": system, "tools": tools, "messages": messages}
    return body, left_out


# -- one thing at a time


def test_steps_warnings_and_results_take_their_places() -> None:
    talk = Talk()
    reply = talk.turn([text("Please."), warn()], [text("Now then.")], words="Rude words.")
    talk.say("More.")
    (use,) = (b["id"] for b in reply.steps[0].tool_calls())
    turns, left_out = history(talk.now, talk.tip or "", talk.settings)
    assert [t["role"] for t in turns] == ["user", "assistant", "user", "assistant", "user"]
    assert turns[2]["content"] == [{"type": "tool_result", "tool_use_id": use, "content": "Recorded as redirect."}]
    assert left_out == ()


def test_a_running_reply_is_sent_with_its_results_so_that_the_next_step_can_follow() -> None:
    talk = Talk()
    talk.say()
    reply = talk.ask()
    assert [t["role"] for t in history(talk.now, reply, talk.settings)[0]] == ["user"]
    talk.complete(reply, end())
    talk.judged(reply)
    turns, _ = history(talk.now, reply, talk.settings)
    (result,) = turns[-1]["content"]
    assert (turns[-1]["role"], result["type"], result["is_error"]) == ("user", "tool_result", True)
    assert "goes on" in result["content"]


def test_after_results_without_a_last_step_the_persons_words_come_second() -> None:
    talk = Talk()
    talk.say()
    reply = talk.ask()
    talk.complete(reply, warn())
    talk.judged(reply)
    talk.cut(reply, "interrupted")
    talk.say("Still there?")
    turns, _ = history(talk.now, talk.tip or "", talk.settings)
    assert [b["type"] for b in turns[-1]["content"]] == ["tool_result", "text"]


def test_a_failed_reply_leaves_the_persons_words_side_by_side() -> None:
    talk = Talk()
    talk.say("One.")
    talk.cut(talk.ask(), "failed")
    talk.say("Two.")
    turns, left_out = history(talk.now, talk.tip or "", talk.settings)
    assert (turns, left_out) == ([{"role": "user", "content": [text("One."), text("Two.")]}], ())


@pytest.mark.fault(1, 20)
def test_a_cut_reply_is_sent_as_its_text_and_the_rest_is_named() -> None:
    talk = Talk()
    talk.say()
    talk.cut(talk.ask(), "interrupted", THINKING, text("Half a sen"), end() | {"id": "toolu_1"})
    talk.say()
    turns, left_out = history(talk.now, talk.tip or "", talk.settings)
    assert turns[1] == {"role": "assistant", "content": [text("Half a sen")]}
    assert left_out == (UNFINISHED,)


@pytest.mark.fault(20)
def test_a_call_without_its_verdict_stays_out_with_the_thinking_that_only_led_to_it() -> None:
    talk = Talk()
    talk.say()
    reply = talk.ask()
    talk.complete(reply, THINKING, end())
    talk.cut(reply, "stopped")
    talk.say()
    turns, left_out = history(talk.now, talk.tip or "", talk.settings)
    assert [t["role"] for t in turns] == ["user"]
    assert left_out == (ALONE, UNANSWERED)


@pytest.mark.fault(21)
def test_a_call_that_was_not_json_stays_out_with_its_result() -> None:
    talk = Talk()
    talk.say()
    reply = talk.ask()
    talk.do(talk.of(reply, StepCompleted, step=talk.step(text(), call("warn_user", {}, "t1"), malformed=("t1",))))
    talk.judged(reply)
    turns, left_out = history(talk.now, reply, talk.settings)
    assert turns[-1] == {"role": "assistant", "content": [text()]}
    assert left_out == (NOT_JSON,)


@pytest.mark.parametrize("blank", ["", " ", "\n\n", "\u2003"])
def test_blank_text_stays_out_and_is_named(blank: str) -> None:
    talk = Talk()
    talk.turn([text(blank), warn()], [text(blank)])
    talk.say(content=(text(blank), text("More.")))
    turns, left_out = history(talk.now, talk.tip or "", talk.settings)
    assert [[b["type"] for b in t["content"]] for t in turns] == [["text"], ["tool_use"], ["tool_result", "text"]]
    assert left_out == (BLANK,)


@pytest.mark.parametrize("other", [{"model": "model-b"}, {"system": "Be brief."}, {"policy_text": "x"}, {"tools": ()}])
def test_thinking_is_sent_on_the_same_ground_only(other: dict[str, Any]) -> None:
    talk = Talk()
    reply = talk.turn([THINKING, text()])
    same, left_out = history(talk.now, reply.id, replace(talk.settings, key="s2", max_tokens=5, mode="observe"))
    assert (same[1]["content"], left_out) == ([THINKING, text()], ())
    asked = replace(talk.settings, **other)
    assert not same_ground(talk.settings, asked)
    turns, left_out = history(talk.now, reply.id, asked)
    assert (turns[1]["content"], left_out) == ([text()], (OTHER_GROUND,))


def test_calls_of_tools_that_are_not_offered_stay_out_and_their_text_stays() -> None:
    talk = Talk()
    reply = talk.turn([text("Please."), warn(), call("search")], [text("Now then.")])
    turns, left_out = history(talk.now, reply.id, replace(talk.settings, tools=()))
    assert [b["type"] for t in turns for b in t["content"]] == ["text", "text", "text"]
    assert [line for line in left_out if "warn_user" in line or "search" in line] == list(left_out)
    assert len(left_out) == 2
    stored = [b["type"] for b in talk[reply.id].blocks()]
    assert stored == ["text", "tool_use", "tool_use", "text"]


@pytest.mark.fault(29)
def test_the_request_of_an_edit_knows_nothing_of_the_branch_that_ended() -> None:
    talk = Talk()
    talk.warned_enough()
    last = talk.say("You are useless.")
    assert talk.reply([text("Goodbye."), end()], below=last).ended
    before = history(talk.now, last, talk.settings)
    edited = talk.edit(last, "Sorry.")
    turns, left_out = history(talk.now, edited, talk.settings)
    assert (turns[:-1], left_out) == (before[0][:-1], ())
    assert turns[-1]["content"][-1] == text("Sorry.")


def test_making_a_request_changes_nothing_that_is_stored() -> None:
    talk = Talk()
    talk.turn([text(), warn()], [text()])
    talk.say()
    turns, _ = history(talk.now, talk.tip or "", talk.settings)
    for turn in turns:
        turn["content"].append(text("added later"))
    again, _ = history(talk.now, talk.tip or "", talk.settings)
    assert not any(b == text("added later") for t in again for b in t["content"])


# -- random trees, every path, several models and policies on the way

GROUNDS = [
    ("model-a", "last_resort", ""),
    ("model-b", "last_resort", ""),
    ("model-a", "two_step", "Be brief."),
    ("model-a", "off", ""),
]
BLOCKS = [
    text("Fine."), text(""), text(" \n"), warn(), warn("final_warning"), end(), end("user_request"), call("search"),
    {"type": "redacted_thinking", "data": "x"}, {"type": "novel", "x": [1]},
]  # fmt: skip


class Trees:
    """A random tree whose every request is checked as the API checks it, thinking signed by its true ground."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self.talk = Talk()
        self.grounds = [self.ground(i, *given) for i, given in enumerate(GROUNDS)]
        for asked in self.grounds:
            self.talk.now = apply(self.talk.now, SettingsRecorded(at=0.0, settings=asked))

    def ground(self, i: int, model: str, policy: str, system: str) -> Settings:
        found = policies()[policy]
        tools = offer(found, True)
        return Settings(f"g{i}", model, "test", policy, "enforce", 10, found.prose, system, tools)

    def grow(self) -> None:
        talk, chance = self.talk, self.chance
        open_ones = [m.id for m in talk.now.leaves() if m.role == "assistant" and not m.ended]
        users = [m.id for m in talk.now.messages.values() if m.role == "user"]
        if users and chance.random() < 0.3:
            message = talk.edit(chance.choice(users)) if chance.random() < 0.5 else chance.choice(users)
        else:
            below = chance.choice(open_ones) if open_ones else None
            if below is None and users:
                message = talk.edit(users[0])
            else:
                message = talk.say(below=below, content=chance.choice([(text(),), (text(" "), text("Hi"))]))
        asked = chance.choice(self.grounds)
        talk.settings, talk.policy = asked, policies()[asked.policy]
        self.reply(talk.ask(message), asked)

    def reply(self, reply: str, asked: Settings) -> None:
        talk, chance = self.talk, self.chance
        for _ in range(chance.randrange(4)):
            body, _ = body_of(talk, reply, asked)
            check_request(body)
            # Copies, so that each block is an object of its own and can be told from its equals.
            made = [b | ({"id": None} if "name" in b else {}) for b in chance.choices(BLOCKS, k=chance.randrange(4))]
            if chance.random() < 0.5:
                made.insert(0, self.thought(body))
            step = talk.step(*made)
            uses = tuple(b["id"] for b in step.tool_calls())
            talk.do(talk.of(reply, StepCompleted, step=replace(step, malformed=uses[: chance.random() < 0.1])))
            if chance.random() < 0.1 or talk.judged(reply).ended:
                break
        self.rest(reply)

    def thought(self, body: dict[str, Any]) -> Block:
        seal = ThinkingSeal(body)
        for message in body["messages"]:
            words = person_text(message)
            if words is not None:
                seal.heard(words)
        return {"type": "thinking", "thinking": "Hm.", "signature": seal.sign("Hm.")}

    def rest(self, reply: str) -> None:
        steps = self.talk[reply].steps
        whole = bool(steps) and (bool(steps[-1].calls) or not steps[-1].tool_calls())
        if whole and (self.talk[reply].ended or self.chance.random() < 0.7):
            self.talk.settle(reply)
        else:
            partial = self.chance.choice([(), (text("Half a"),), (text(""), end() | {"id": f"cut-{reply}"})])
            self.talk.cut(reply, self.chance.choice(["stopped", "interrupted", "failed"]), *partial)


def stored_on(path: list[Message]) -> list[Block]:
    return [block for message in path for block in message.blocks()]


@settings(max_examples=60)
@given(st.randoms(use_true_random=True))
@pytest.mark.fault(29)
def test_every_path_of_every_tree_is_a_request_that_the_api_takes(chance: Random) -> None:
    trees = Trees(chance)
    for _ in range(10):
        trees.grow()
    talk = trees.talk
    for message in talk.now.messages.values():
        asked = chance.choice(trees.grounds)
        body, left_out = body_of(talk, message.id, asked)
        takes_it(body, has_calls=bool(asked.tools))
        sent = [b for turn in body["messages"] for b in turn["content"] if b["type"] != "tool_result"]
        stored = stored_on(talk.now.branch(message.id))
        order = {id(block): i for i, block in enumerate(stored)}
        places = [order[id(block)] for block in sent]  # the very same objects: byte for byte as they came
        assert places == sorted(places)
        assert (len(sent) < len(stored)) == bool(left_out)


def takes_it(body: dict[str, Any], has_calls: bool) -> None:
    """The checks that the rehearsal makes, and the plain rules of design, apart from them."""
    turns = body["messages"]
    assert [t["role"] for t in turns] == ["user", "assistant"] * (len(turns) // 2) + ["user"] * (len(turns) % 2)
    check_request(body)
    for turn, after in zip(turns, [*turns[1:], None], strict=True):
        assert turn["content"]
        uses = [b["id"] for b in turn["content"] if b["type"] == "tool_use"]
        assert has_calls or not uses
        results = [] if after is None else [b.get("tool_use_id") for b in after["content"][: len(uses)]]
        assert results == uses
        assert not any(b["type"] == "tool_result" for b in turn["content"][len(_results_at_front(turn)) :])


def _results_at_front(turn: dict[str, Any]) -> list[Block]:
    front: list[Block] = []
    for block in turn["content"]:
        if block["type"] != "tool_result":
            break
        front.append(block)
    return front
