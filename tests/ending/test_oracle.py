"""The judge and the fold against the naive oracle, on trees of random branches, under every policy that ships."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convend_widget.conversation import StepCompleted
from convend_widget.library import policies
from tests.conversation.build import Talk, call, text
from tests.ending import oracle
from tests.ending.oracle import Call, Judged, Turn

END, WARN = "end_conversation", "warn_user"
LIKELY = [
    *[Call(WARN, {"kind": "redirect"})] * 5,
    *[Call(WARN, {"kind": "final_warning"})] * 4,
    *[Call(END, {"trigger": "persistent_harm", "someone_at_risk": False})] * 4,
    *[Call(END, {"trigger": "user_request", "someone_at_risk": False})] * 3,
]
ODD = [
    *[Call(END, {})] * 2,
    Call(END, {"trigger": "persistent_harm", "someone_at_risk": True}),
    Call(END, {"trigger": "user_request", "someone_at_risk": "no", "reason": "x"}),
    Call(END, {"trigger": "boredom", "someone_at_risk": False}),
    Call(END, {}, malformed=True),
    Call(WARN, {"kind": "hint"}),
    Call(WARN, {}, malformed=True),
    Call("other", {}),
    Call("End_Conversation", {"trigger": "persistent_harm", "someone_at_risk": False}),
]
SIZES = [0, 1, 1, 1, 1, 2, 3]


class Both:
    """The project's own conversation, and beside it the oracle's branch for each reply."""

    def __init__(self, policy: str, mode: Any, chance: Random) -> None:
        self.policy, self.mode, self.chance = policy, mode, chance
        self.talk = Talk(policy, mode)
        self.repertoire = chance.choice([LIKELY, LIKELY, LIKELY + ODD])
        self.branches: dict[str | None, list[Turn]] = {None: []}

    def grow(self) -> None:
        """A turn below some reply that did not end: the newest mostly; sometimes a branch beside what is there."""
        open_ones = [tip for tip, branch in self.branches.items() if not oracle.ended(branch)]
        parent = open_ones[-1] if self.chance.random() < 0.7 else self.chance.choice(open_ones)
        siblings = self.talk.now.children(parent)
        asked = parent is not None and self.talk[parent].tip.value == "confirming"
        answer: Any = self.chance.choice(["typed", "yes", "no"]) if asked else "typed"
        message = self.talk.say(
            below=parent,
            edit_of=siblings[0].id if siblings else None,
            confirm=None if answer == "typed" else answer,
        )
        self.reply(message, [*self.branches[parent], Turn(answer)])
        if self.chance.random() < 0.2:  # a retry: the same words, another reply
            self.reply(message, [*self.branches[parent], Turn(answer)])

    def reply(self, message: str, branch: list[Turn]) -> None:
        reply = self.talk.ask(message)
        for _ in range(self.chance.choice([1, 1, 1, 2, 3])):
            made = [replace(c) for c in self.chance.choices(self.repertoire, k=self.chance.choice(SIZES))]
            self.step(reply, branch, made, self.chance.random() < 0.9)
            if oracle.ended(branch):
                break
        self.rest(reply, branch)
        self.branches[reply] = branch

    def step(self, reply: str, branch: list[Turn], made: list[Call], whole: bool) -> None:
        blocks = [call(c.name, c.input, self.talk.new("toolu_")) for c in made]
        broken = tuple(b["id"] for b, c in zip(blocks, made, strict=True) if c.malformed)
        step = self.talk.step(text(), *blocks, stop="tool_use" if whole else "max_tokens", malformed=broken)
        self.talk.do(self.talk.of(reply, StepCompleted, step=step))
        expected = oracle.read_step(self.policy, self.mode, branch, made, whole)
        found = self.talk.judged(reply).calls
        assert [(c.verdict, c.counted) for c in found] == [(j.verdict, j.counted) for j in expected]
        branch[-1].calls += expected
        self.agree(reply, branch)

    def agree(self, reply: str, branch: list[Turn]) -> None:
        message, everything = self.talk[reply], [j for turn in branch for j in turn.calls]
        assert message.ended == oracle.ended(branch)
        assert message.tip.value == oracle.tip(branch)
        assert message.facts.turns == len(branch)
        assert [w.kind for w in message.facts.warnings] == [w for t in branch if (w := t.warning())]
        if self.policy != "off":
            assert message.facts.at_risk == oracle.at_risk(branch)
        assert message.facts.blocked == sum(j.call.is_end and j.verdict in ("blocked", "invalid") for j in everything)

    def rest(self, reply: str, branch: list[Turn]) -> None:
        how = self.chance.choice(["settled"] * 5 + ["stopped", "interrupted", "failed"])
        if how == "settled" or oracle.ended(branch):
            self.talk.settle(reply)
        else:
            self.talk.cut(reply, how)
        self.agree(reply, branch)


@pytest.mark.parametrize("mode", ["enforce", "observe"])
@pytest.mark.parametrize("policy", sorted(policies()))
@settings(max_examples=60)
@given(st.randoms(use_true_random=True))
@pytest.mark.fault(18, 24, 25, 26)
def test_the_judge_and_the_oracle_agree_on_every_branch(policy: str, mode: str, chance: Random) -> None:
    both = Both(policy, mode, chance)
    for _ in range(16):
        both.grow()


def test_the_oracle_knows_the_main_story() -> None:
    """Redirected twice, warned, then ended; and nothing less will do."""
    harm = Call(END, {"trigger": "persistent_harm", "someone_at_risk": False})

    def told(kind: str) -> Turn:
        return Turn(calls=[Judged(Call(WARN, {"kind": kind}), "warned", counted=True)])

    warned = [told("redirect"), told("redirect"), told("final_warning")]
    for branch, verdict in (
        ([*warned, Turn()], "accepted"),
        ([*warned[1:], Turn()], "blocked"),
        ([*warned[::-1], Turn()], "blocked"),
        (warned, "blocked"),
    ):
        assert oracle.read_step("last_resort", "enforce", branch, [harm], True)[0].verdict == verdict
