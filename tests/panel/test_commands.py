"""What a browser sends is a command of the wire, or it is refused, logged, and changes nothing."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convend_widget.panel.commands import TEXT, WORDS, Refused, Send, decode

COMMANDS = json.loads((Path(__file__).parents[1] / "fixtures" / "wire" / "commands.json").read_text())
SEND = {"t": "command", "c": "c-1", "conversation": "c_1", "do": "send", "parent": None, "text": "Hello"}
NEITHER: tuple[object, ...] = (None, 0, 1.0, "true", [], {})  # for yes or no
ABOUT = {"t": "command", "c": "c-1", "conversation": "c_1", "message": "m-1"}


@pytest.mark.parametrize("case", COMMANDS["valid"], ids=lambda case: case["about"])
def test_every_command_that_the_panel_sends_is_taken_as_it_is(case):
    order = decode(case["command"])
    assert not isinstance(order, Refused) and order.model_dump(exclude_unset=True) == case["command"]


@pytest.mark.fault(32)
@pytest.mark.parametrize("case", COMMANDS["invalid"], ids=lambda case: case["about"])
def test_what_is_no_command_is_refused_and_logged(case, caplog):
    assert isinstance(decode(case["command"]), Refused) and "refused" in caplog.text


@pytest.mark.fault(32)
@pytest.mark.parametrize(
    "forged",
    [
        {**SEND, "text": "x" * (TEXT + 1)},
        {**SEND, "text": "x" * 20_000_000},
        {**SEND, "c": "x" * 101},
        {**SEND, "c": "c 1"},
        {**SEND, "c": "c-1\n"},
        {**SEND, "conversation": "x" * 101},
        {**SEND, "id": "routing"},
        {**SEND, "by": "python"},
        {**SEND, "t": "snapshot"},
        {**SEND, "do": ["send"]},
        {**SEND, "do": "feedback", "words": "x"},
        {**SEND, "parent": {"toString": "x"}},
        {"t": "command", "c": "c-1", "conversation": "c", "do": "hello", "have": True},
        {"t": "command", "c": "c-1", "conversation": "c", "do": "hello", "have": 1.5},
        {"t": "command", "c": "c-1", "conversation": "c", "do": "resync", "have": -1},
        {"t": "command", "c": "c-1", "conversation": "c", "do": "resync", "have": 10**400},
        {"t": "command", "c": "c-1", "conversation": "c", "do": "confirm", "parent": "m", "yes": 1},
        *({**ABOUT, "do": "mark", "label": label, "starred": True} for label in (None, 7, ["x"], "x" * (WORDS + 1))),
        *({**ABOUT, "do": "mark", "label": "x", "starred": starred} for starred in NEITHER),
        {**ABOUT, "do": "mark", "label": "x"},
        *({**ABOUT, "do": "archive", "archived": archived} for archived in NEITHER),
        {**ABOUT, "do": "archive", "archived": True, "by": "python"},
        *({**ABOUT, "do": "inspect", "call": call} for call in (None, 0, -1, 101, 10**400, 1.0, True, "1", [1])),
        *({**ABOUT, "do": "inspect", "call": 1, "message": name} for name in (None, 1, "../a1", "x" * 101, "a\n")),
        {**ABOUT, "do": "feedback", "thumb": "up", "words": "x" * 20_000_000},
        *({"t": "command", "c": "c-1", "conversation": "c", "do": "page", "below": n} for n in (None, -1, 1.5, "1")),
        [SEND],
        "send",
        None,
        {1: 2},
    ],
    ids=lambda forged: str(forged)[:60],
)
def test_forged_commands_are_refused(forged):
    assert isinstance(decode(forged), Refused)


@pytest.mark.fault(32)
def test_the_log_of_a_refusal_holds_nothing_that_was_sent_but_the_place(caplog):
    decode({**SEND, "text": ["sk-ant-canary"], "sk-ant-canary": 1})
    decode({**SEND, "do": "sk-ant-canary"})
    decode({**SEND, "evil\nWARNING: faked": 1})
    assert "sk-ant-canary\n" not in caplog.text and "['sk-ant-canary']" not in caplog.text
    assert all("\n" not in record.getMessage() for record in caplog.records)
    assert len(caplog.records) == 3 and all(len(r.getMessage()) < 200 for r in caplog.records)


def test_a_text_that_is_too_long_is_told_to_the_person_with_the_limit():
    refused = decode({**SEND, "text": "x" * (TEXT + 1)})
    assert isinstance(refused, Refused) and refused.c == "c-1" and f"{TEXT:,}" in refused.error.what
    feedback = {"t": "command", "c": "c-2", "conversation": "c", "do": "feedback", "message": "m", "thumb": None}
    refused = decode({**feedback, "words": "x" * (WORDS + 1)})
    assert isinstance(refused, Refused) and f"{WORDS:,}" in refused.error.what
    assert not isinstance(decode({**SEND, "text": "x" * TEXT}), Refused)


@pytest.mark.fault(48)
def test_halves_of_surrogate_pairs_are_repaired_visibly_and_all_else_is_kept():
    order = decode({**SEND, "text": "a\ud800b\0c\u2028d\u202ee 👩‍👩‍👧"})
    assert isinstance(order, Send) and order.text == "a\ufffdb\0c\u2028d\u202ee 👩‍👩‍👧"


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)


@settings(deadline=None, max_examples=200)
@given(st.dictionaries(st.sampled_from(["t", "c", "do", "conversation", "text", "have", "yes"]), _json) | _json)
def test_nothing_that_a_browser_sends_raises(content):
    logging.getLogger("convend_widget.panel").disabled = True
    try:
        decode(content)
        decode({**SEND, **content} if isinstance(content, dict) else content)
    finally:
        logging.getLogger("convend_widget.panel").disabled = False
