"""A hundred thousand messages below one another, and as many beside one another: nothing recurses or grows with it."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator

import pytest

from convend_widget.conversation import (
    Conversation,
    ConversationStarted,
    Event,
    ReplyFailed,
    ReplyRequested,
    ReplySettled,
    Settings,
    SettingsRecorded,
    Step,
    StepCompleted,
    UserSent,
    apply,
    fold,
    outcome,
)
from convend_widget.conversation.history import history
from tests.conversation.build import ERROR, text

MANY = 100_000
SETTINGS = Settings("s", "model-a", "test", "off", "enforce", 10)
HELLO, STEP = (text(),), Step((text("Fine."),), "end_turn", True)


@pytest.fixture(autouse=True)
def without_pauses() -> Iterator[None]:
    """A million small objects make the collector of garbage walk them all, again and again."""
    gc.disable()
    yield
    gc.enable()


def begun() -> list[Event]:
    return [ConversationStarted(at=0.0, conversation="c", schema=1), SettingsRecorded(at=0.0, settings=SETTINGS)]


def deep() -> Iterator[Event]:
    yield from begun()
    parent = None
    for i in range(MANY // 2):
        user, reply = f"u{i}", f"r{i}"
        yield UserSent(at=0.0, message=user, parent=parent, content=HELLO, by="x")
        yield ReplyRequested(at=0.0, reply=reply, parent=user, settings="s", token="t", by="x")
        yield StepCompleted(at=0.0, reply=reply, token="t", step=STEP)
        yield ReplySettled(at=0.0, reply=reply, token="t")
        parent = reply


def edits() -> Iterator[Event]:
    yield from begun()
    for i in range(MANY):
        edited = "u0" if i else None
        yield UserSent(at=0.0, message=f"u{i}", parent=None, content=HELLO, by="x", edit_of=edited)


def retries() -> Iterator[Event]:
    yield from begun()
    yield UserSent(at=0.0, message="u", parent=None, content=HELLO, by="x")
    for i in range(MANY):
        yield ReplyRequested(at=0.0, reply=f"r{i}", parent="u", settings="s", token="t", by="x")
        yield ReplyFailed(at=0.0, reply=f"r{i}", token="t", error=ERROR)


def looked_at(found: Conversation, tip: str) -> None:
    """Everything that a person may do with a conversation, none of it deeper than a few calls."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(200)
    try:
        assert found.head == tip
        assert found.branch(tip)[-1].id == tip
        assert found.leaf(None) == tip
        assert history(found, tip, SETTINGS)[0]
        assert "branch" in repr(found)
        assert repr(found.messages[tip])
        assert not found.endings
        assert not found.blocked
        assert not found.running
        after = apply(found, UserSent(at=0.0, message="new", parent=None, content=HELLO, by="x", edit_of=_first(found)))
        assert len(after) == len(found) + 1
    finally:
        sys.setrecursionlimit(limit)


def _first(found: Conversation) -> str:
    return next(iter(found.messages))


@pytest.mark.fault(56)
def test_a_hundred_thousand_messages_deep() -> None:
    found = fold("c", deep())
    tip = f"r{MANY // 2 - 1}"
    looked_at(found, tip)
    assert len(found) == len(found.branch(tip)) == found.messages[tip].depth == MANY
    assert len(history(found, tip, SETTINGS)[0]) == MANY
    assert found.messages[tip].facts.turns == MANY // 2


@pytest.mark.fault(56)
def test_a_hundred_thousand_first_messages_side_by_side() -> None:
    found = fold("c", edits())
    looked_at(found, f"u{MANY - 1}")
    assert len(found.children(None)) == len(found.siblings("u5")) == MANY


@pytest.mark.fault(56)
def test_a_hundred_thousand_replies_to_one_message() -> None:
    found = fold("c", retries())
    looked_at(found, f"r{MANY - 1}")
    assert len(found.children("u")) == MANY
    assert {outcome(m).name for m in found.children("u")} == {"failed"}
