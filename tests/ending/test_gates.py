"""Gates one by one, gates of one's own, and evidence that has to be fetched."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import pytest

from convend_widget.conversation import EvidenceRecorded, StepJudged
from convend_widget.ending import GATES, Block, EndCall, Judgement, Needs, Pass, Policy, Trial
from convend_widget.ending.gates import redirected_then_warned
from tests.conversation.build import Talk, end, text, warn

BARE = Policy(name="own", prose="End when you must.", tools=("warn_user", "end_conversation"))
EMPTY = Trial(call=EndCall("persistent_harm"), facts=Talk().turn().facts, counted=(), can_end=True)


def tried(*gates: Any, mode: Any = "enforce", **evidence: bool | None) -> Judgement:
    """The judgement on one ending in the first turn, under these gates."""
    talk = Talk(replace(BARE, gates=gates), mode)
    talk.say()
    reply = talk.ask()
    talk.complete(reply, end())
    use = talk[reply].steps[0].tool_calls()[0]["id"]
    return talk.verdicts(reply, {(use, name): favours for name, favours in evidence.items()})


def test_without_gates_a_whole_call_ends() -> None:
    assert tried().ended


def test_a_gate_of_ones_own_is_asked_by_its_name() -> None:
    def daylight(trial: Trial) -> Block:
        return Block("it is dark")

    (call,) = tried(daylight).calls
    assert (call.verdict, [(g.gate, g.passed, g.missing) for g in call.gates]) == (
        "blocked",
        [("daylight", False, "it is dark")],
    )
    assert "it is dark" in call.answer


@pytest.mark.parametrize("failure", [ValueError("secret words"), KeyError("x"), RecursionError(), AssertionError()])
def test_a_gate_that_fails_blocks_and_tells_no_secrets(failure: Exception) -> None:
    def broken(trial: Trial) -> Pass:
        raise failure

    (call,) = tried(broken).calls
    assert call.verdict == "blocked"
    assert type(failure).__name__ in call.answer
    assert "secret" not in call.answer


@pytest.mark.parametrize("answer", [None, True, "pass", Pass, EndCall()])
def test_a_gate_that_gives_no_answer_blocks(answer: object) -> None:
    def odd(trial: Trial) -> Any:
        return answer

    (call,) = tried(odd).calls
    assert call.verdict == "blocked"
    assert "gave no answer" in call.answer


def test_every_gate_is_asked_so_that_the_record_is_whole() -> None:
    def first(trial: Trial) -> Block:
        return Block("one thing")

    def second(trial: Trial) -> Block:
        return Block("another thing")

    (call,) = tried(first, "ability", second).calls
    assert [(g.gate, g.passed) for g in call.gates] == [("first", False), ("ability", True), ("second", False)]
    assert "one thing; another thing" in call.answer


def test_a_question_is_put_only_where_no_gate_objects() -> None:
    def objects(trial: Trial) -> Block:
        return Block("no")

    def asks(trial: Trial) -> Block:
        return Block("are you sure", ask=True)

    assert tried(asks).calls[0].verdict == "confirming"
    (call,) = tried(asks, objects).calls
    assert call.verdict == "blocked"
    assert "sure" not in call.answer


# -- evidence


def test_a_second_opinion_is_fetched_before_there_is_a_verdict() -> None:
    judgement = tried("second_opinion")
    assert judgement.needs is not None
    assert judgement.needs[1] == "second_opinion"
    assert (judgement.calls, judgement.ended) == ((), False)


@pytest.mark.parametrize(("favours", "verdict"), [(True, "accepted"), (False, "blocked"), (None, "blocked")])
def test_only_a_second_opinion_in_favour_lets_it_end(favours: bool | None, verdict: str) -> None:
    (call,) = tried("second_opinion", second_opinion=favours).calls
    assert call.verdict == verdict
    assert ("could not be had" in call.answer) == (favours is None)


def test_evidence_is_not_fetched_where_another_gate_objects_already() -> None:
    judgement = tried("second_opinion", "warned_first")
    assert judgement.needs is None
    assert judgement.calls[0].verdict == "blocked"
    assert judgement.calls[0].gates[0].missing == "not asked: second_opinion"


def test_under_observe_evidence_is_fetched_too_and_decides_nothing() -> None:
    assert tried("second_opinion", mode="observe").needs is not None
    judgement = tried("second_opinion", mode="observe", second_opinion=False)
    assert judgement.ended
    assert judgement.calls[0].flags == ("observed", "would_be_blocked")


def test_a_gate_that_asks_again_for_what_it_has_blocks_instead_of_asking_for_ever() -> None:
    def greedy(trial: Trial) -> Needs:
        return Needs("more")

    assert tried(greedy).needs is not None
    (call,) = tried(greedy, more=True).calls
    assert call.verdict == "blocked"


def test_evidence_for_another_call_is_no_evidence() -> None:
    talk = Talk(replace(BARE, gates=("second_opinion",)))
    talk.say()
    reply = talk.ask()
    talk.complete(reply, end())
    assert talk.verdicts(reply, {("toolu_other", "second_opinion"): True}).needs is not None


def test_two_pieces_of_evidence_are_fetched_one_after_the_other_and_put_on_record() -> None:
    def careful(trial: Trial) -> Pass | Needs:
        return Pass() if trial.evidence.get("weather") else Needs("weather")

    talk = Talk(replace(BARE, gates=("second_opinion", careful)))
    talk.say()
    reply = talk.ask()
    talk.complete(reply, end())
    evidence: dict[tuple[str, str], bool | None] = {}
    while (judgement := talk.verdicts(reply, evidence)).needs is not None:
        use, name = judgement.needs
        evidence[use, name] = True
        talk.do(talk.of(reply, EvidenceRecorded, gate=name, tool_use=use, favours=True))
    talk.do(talk.of(reply, StepJudged, calls=judgement.calls))
    assert talk.settle(reply).ended
    assert [e.gate for e in talk[reply].evidence] == ["second_opinion", "weather"]


# -- the shipped gates at their edges


def test_every_gate_has_a_docstring_that_says_what_it_wants() -> None:
    assert all(gate.__doc__ for gate in GATES.values())


def test_a_model_without_the_ability_is_stopped_by_its_gate_too() -> None:
    assert isinstance(GATES["ability"](EMPTY), Pass)
    assert isinstance(GATES["ability"](replace(EMPTY, can_end=False)), Block)


@pytest.mark.parametrize(("needed", "kinds", "passes"), [
    (0, ("final_warning",), True),
    (0, (), False),
    (1, ("redirect", "final_warning"), True),
    (3, ("redirect", "redirect", "final_warning"), False),
    (3, ("redirect", "redirect", "final_warning", "redirect", "final_warning"), True),
])  # fmt: skip
def test_how_many_redirections_are_needed_is_the_policys(needed: int, kinds: tuple[str, ...], passes: bool) -> None:
    trial = replace(EMPTY, counted=kinds, numbers={"redirections": needed})
    assert isinstance(GATES["warned_first"](trial), Pass) == passes


def test_the_order_of_warnings_matters_and_more_of_them_never_harm() -> None:
    for kinds in itertools.product(["redirect", "final_warning"], repeat=5):
        passed = redirected_then_warned(kinds, 2)[1]
        assert passed == any(k == "final_warning" and kinds[:i].count("redirect") >= 2 for i, k in enumerate(kinds))
        for more in ("redirect", "final_warning"):
            assert redirected_then_warned((*kinds, more), 2)[1] >= passed


def test_an_unstated_trigger_is_held_to_the_strictest_gate() -> None:
    assert isinstance(GATES["warned_first"](replace(EMPTY, call=EndCall(None))), Block)
    assert isinstance(GATES["person_confirmed"](replace(EMPTY, call=EndCall(None))), Pass)


def test_a_gate_is_tried_by_hand_with_what_matters_alone() -> None:
    warned = Trial(EndCall("persistent_harm"), counted=("redirect", "redirect", "final_warning"))
    for name in ("ability", "nobody_at_risk", "warned_first", "person_confirmed"):
        assert isinstance(GATES[name](warned), Pass)
    assert isinstance(GATES["warned_first"](Trial(EndCall("persistent_harm"))), Block)


def test_a_policy_of_ones_own_works_as_a_whole() -> None:
    own = Policy("own", tools=("warn_user", "end_conversation"), gates=("warned_first",), numbers={"redirections": 1})
    talk = Talk(own)
    talk.turn([warn()], [text("Please.")])
    talk.turn([warn("final_warning")], [text("Please.")])
    assert talk.turn([end()]).ended
