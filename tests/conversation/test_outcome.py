"""The table of outcomes: every state of rest, every stop reason, known or not."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convend_widget.conversation import Message, Step, Tip, Turn, outcome
from convend_widget.conversation.law import RUNNING
from convend_widget.conversation.outcome import AT_REST, SETTLED, Name
from convend_widget.errors import SettingsError
from tests.conversation.build import Talk, plain_end, text

REASONS = [
    "end_turn", "max_tokens", "stop_sequence", "tool_use", "pause_turn", "refusal", "model_context_window_exceeded",
    None, "a_new_reason",
]  # fmt: skip


def reply(state: Turn | None, reason: str | None = "end_turn", tip: Tip = Tip.OPEN) -> Message:
    settled = Talk().turn()
    return replace(settled, state=state, steps=(Step((text(),), reason, True),), tip=tip)


@pytest.mark.parametrize("state", Turn)
@pytest.mark.parametrize("reason", REASONS)
def test_every_state_of_rest_and_stop_reason_has_its_outcome(state: Turn, reason: str | None) -> None:
    message = reply(state, reason)
    if state in RUNNING:
        with pytest.raises(SettingsError, match="still running"):
            outcome(message)
        return
    found = outcome(message)
    expected = {
        Turn.STOPPED: "cancelled",
        Turn.INTERRUPTED: "failed",
        Turn.FAILED: "failed",
        Turn.REFUSED: "refused",
    }.get(state)
    if expected is None:
        expected = {
            "max_tokens": "truncated",
            "model_context_window_exceeded": "truncated",
            "refusal": "refused",
        }.get(reason or "", "not_ended")
    assert found.name == expected
    assert bool(found.flag) == (state is Turn.SETTLED and reason in (None, "a_new_reason"))


@given(st.sampled_from(sorted(set(Turn) - RUNNING, key=str)), st.none() | st.text())
@pytest.mark.fault(14)
def test_no_stop_reason_is_without_an_outcome_and_an_unknown_one_is_flagged(state: Turn, reason: str | None) -> None:
    found = outcome(reply(state, reason))
    assert found.name in get_args(Name)
    if state is Turn.SETTLED and reason not in SETTLED:
        assert (found.name, found.flag) == ("not_ended", f"unknown stop reason: {reason}")


def test_only_an_accepted_ending_that_settled_is_ended() -> None:
    ended = Talk("launch_2025").turn([plain_end()])
    assert outcome(ended).name == "ended"
    assert "ended" not in {*AT_REST.values(), *SETTLED.values()}


def test_the_table_of_rests_is_total() -> None:
    assert set(AT_REST) == set(Turn) - RUNNING - {Turn.SETTLED}


def test_a_message_of_the_person_has_no_outcome() -> None:
    talk = Talk()
    with pytest.raises(SettingsError, match="not a reply"):
        outcome(talk[talk.say()])


def test_a_reply_without_steps_that_failed_has_an_outcome() -> None:
    talk = Talk()
    talk.say()
    assert outcome(talk.cut(talk.ask(), "failed")).name == "failed"
