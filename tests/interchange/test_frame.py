"""Conversations as data frames, and data frames as CSV without formulas."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings

from convend_widget.conversation import BranchArchived, FeedbackGiven, MessageMarked, Step, StepCompleted, fold
from convend_widget.errors import UnknownMessage
from convend_widget.interchange.frame import COLUMNS, to_frame
from convend_widget.spreadsheet import frame_to_csv
from tests.conversation.build import Talk, end, text, warn
from tests.interchange.trees import ended_talk, talks
from tests.test_spreadsheet import FORMULAS


def test_one_row_a_message_in_the_order_of_the_log() -> None:
    talk = ended_talk()
    frame = to_frame(talk.now)
    assert frame["id"].tolist() == list(talk.now.messages)
    assert frame["seq"].is_monotonic_increasing
    assert frame["depth"].tolist()[:3] == [1, 2, 3]
    assert frame["at"][0] == pd.Timestamp(talk.now.messages["u1"].at, unit="s", tz="UTC")


def test_columns_and_dtypes_are_the_documented_ones_with_and_without_messages() -> None:
    for frame in (to_frame(ended_talk().now), to_frame(fold("c1", ())), to_frame(Talk().now)):
        assert {name: str(frame[name].dtype) for name in frame} == {
            name: dtype.removesuffix("[python]") for name, dtype in COLUMNS.items()
        }


def test_the_module_documents_every_column() -> None:
    import convend_widget.interchange.frame as module

    documented = [line.split()[0] for line in (module.__doc__ or "").splitlines() if line[:1].isalpha()]
    assert [name for name in documented if name in COLUMNS] == list(COLUMNS)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(talks())
def test_any_conversation_makes_a_frame_that_agrees_with_it(talk: Talk) -> None:
    frame = to_frame(talk.now)
    messages = list(talk.now.messages.values())
    assert {name: str(frame[name].dtype) for name in frame} == {
        name: dtype.removesuffix("[python]") for name, dtype in COLUMNS.items()
    }
    assert frame["text"].tolist() == [m.text for m in messages]
    assert frame["ended"].tolist() == [m.ended for m in messages]
    assert frame["n_children"].tolist() == [len(talk.now.children(m.id)) for m in messages]
    assert frame["blocked"].sum() == len(talk.now.blocked)
    assert frame["warning"].notna().sum() == len({w for m in messages for w in m.facts.warnings})
    assert frame.loc[frame["ended"], "trigger"].tolist() == [ending.trigger for ending in talk.now.endings]


def test_an_ended_branch_says_how_it_ended_and_what_was_tried() -> None:
    talk = Talk()
    talk.turn([text("No."), end()], [text("Well.")])
    talk.warned_enough()
    talk.turn([end(reason="Enough.")])
    frame = to_frame(talk.now)
    assert frame["blocked"].tolist()[1] == 1
    assert frame["warning"].dropna().tolist() == ["redirect", "redirect", "final_warning"]
    last = frame.iloc[-1]
    assert (last["tip"], last["trigger"], last["reason"], last["warnings"]) == (
        "ended",
        "persistent_harm",
        "Enough.",
        3,
    )


def test_tokens_steps_and_seconds_of_all_steps_are_added() -> None:
    talk = Talk()
    talk.say()
    reply = talk.ask()
    usage = {"input_tokens": 10, "output_tokens": 2, "cache_read_input_tokens": 7, "service_tier": "standard"}
    talk.complete(reply, text(), warn(), usage=usage, seconds=0.5, model="model-b")
    talk.judged(reply)
    talk.complete(reply, text(), usage=usage, seconds=0.25)
    talk.settle(reply)
    row = to_frame(talk.now).iloc[-1]
    assert (row["input_tokens"], row["output_tokens"], row["cache_read_tokens"]) == (20, 4, 14)
    assert pd.isna(row["cache_write_tokens"])
    assert (row["n_steps"], row["seconds"], row["model"], row["stop_reason"]) == (2, 0.75, "model-b", "end_turn")


def test_numbers_and_times_that_no_column_can_hold_are_missing() -> None:
    talk = Talk()
    talk.do(replace(talk.sent(), at=1e300))
    reply = talk.ask()
    step = Step((text(),), "end_turn", complete=True, usage={"input_tokens": 10**400})
    talk.do(talk.of(reply, StepCompleted, step=step))
    frame = to_frame(talk.now)
    assert pd.isna(frame["at"][0])
    assert pd.isna(frame["input_tokens"][1])


def test_feedback_is_in_the_row_of_its_message() -> None:
    talk = Talk()
    talk.turn()
    talk.do(FeedbackGiven(at=1.0, message="r2", thumb="down", words="Too short.", by="panel"))
    row = to_frame(talk.now).iloc[-1]
    assert (row["thumb"], row["words"]) == ("down", "Too short.")


def test_labels_stars_and_what_is_out_of_sight_are_in_the_rows_of_their_messages() -> None:
    talk = Talk()
    talk.turn()
    talk.turn()
    talk.do(MessageMarked(at=1.0, message="r2", label="A good start", starred=True, by="panel"))
    talk.do(BranchArchived(at=1.0, message="u3", archived=True, by="panel"))
    frame = to_frame(talk.now).set_index("id")
    assert (frame.loc["r2", "label"], frame.loc["r2", "starred"], frame.loc["r2", "archived"]) == (
        "A good start", True, False,
    )  # fmt: skip
    assert frame["archived"].tolist() == [False, False, True, True]
    assert frame["label"].isna().tolist() == [True, False, True, True]


def test_a_branch_is_the_path_to_its_message_given_as_such_or_by_id() -> None:
    talk = ended_talk()
    ended = talk[talk.now.endings[0].message]
    by_id = to_frame(talk.now, ended.id)
    assert by_id["id"].tolist() == [m.id for m in talk.now.branch(ended.id)]
    assert by_id.equals(to_frame(talk.now, ended))


def test_an_unknown_branch_is_refused() -> None:
    with pytest.raises(UnknownMessage, match="nobody"):
        to_frame(Talk().now, "nobody")


@pytest.mark.fault(60)
def test_a_conversation_full_of_formulas_has_none_in_its_csv() -> None:
    talk = Talk()
    for formula in FORMULAS:
        talk.turn([text(formula)], words=formula)
        talk.do(FeedbackGiven(at=1.0, message=talk.now.head or "", thumb=None, words=formula, by=formula))
    rows = list(csv.reader(io.StringIO(frame_to_csv(to_frame(talk.now)), newline="")))
    assert len(rows) == 1 + len(talk.now)
    for row in rows[1:]:
        assert not any(cell.strip("\u200b\x00 \t\r\n")[:1] in tuple("=+-@\uff1d") and cell.strip() for cell in row)


def test_csv_reads_back_as_the_same_text_and_numbers() -> None:
    frame = to_frame(ended_talk().now)
    again = pd.read_csv(io.StringIO(frame_to_csv(frame)), keep_default_na=False, dtype={"text": str})
    assert again["text"].tolist() == frame["text"].tolist()
    assert again["seq"].tolist() == frame["seq"].tolist()
    assert list(again) == list(COLUMNS)
