"""Conversations that go on from another one: they show what lies above, and store only what is their own."""

from __future__ import annotations

import pytest

from convend_widget.conversation import ConversationStarted, Message, ReplyRequested, UserSent, apply, fold, outcome
from convend_widget.conversation.codec import SCHEMA, decode, encode
from convend_widget.conversation.fork import again, graft
from convend_widget.conversation.history import history
from convend_widget.conversation.records import Fork
from convend_widget.conversation.tree import empty
from convend_widget.errors import ConversationEnded, IllegalEvent, ReplyRunning, TipMoved, UnknownMessage
from tests.conversation.build import Talk, end, plain_end, text


def talk() -> Talk:
    """Two turns, and a second branch beside the last reply."""
    found = Talk()
    found.say("One.")
    found.reply([text("Two.")])
    found.say("Three.")
    found.reply([text("Four.")])
    return found


def tips(found: Talk) -> list[Message]:
    return list(found.now.messages.values())


def started(fork: Fork | None, name: str = "run") -> ConversationStarted:
    return ConversationStarted(at=1.0, conversation=name, schema=SCHEMA, fork=fork)


def test_it_shows_the_path_above_and_nothing_beside_or_below() -> None:
    parent = talk()
    one, two, three, _ = tips(parent)
    fork = Fork("c1", three.id, parent.now.seq)
    run = apply(graft("run", parent.now, fork), started(fork))
    assert [m.id for m in run.branch(run.head)] == [one.id, two.id, three.id]
    assert run.children(three.id) == []
    assert run.seq == 1
    assert all(run.messages[m.id] is m for m in (one, two, three)), "by reference"


def test_what_grows_in_one_is_never_seen_in_the_other() -> None:
    parent = talk()
    two = tips(parent)[1]
    before = parent.now
    fork = Fork("c1", two.id)
    run = apply(
        graft("run", parent.now, fork),
        started(fork),
        UserSent(at=2.0, message="m9", parent=two.id, content=(text("Else."),), by="replay"),
        ReplyRequested(at=3.0, reply="r9", parent="m9", settings="s1", token="t9", by="replay"),
    )
    assert run.messages["r9"].depth == 4
    assert parent.now is before
    assert parent.now.find("m9") is None


def test_its_own_messages_are_numbered_on_from_those_above_also_in_what_goes_on_from_it() -> None:
    parent = talk()
    two = tips(parent)[1]
    fork = Fork("c1", two.id)
    own = (
        UserSent(at=2.0, message="m9", parent=two.id, content=(text("Else."),), by="replay"),
        ReplyRequested(at=3.0, reply="r9", parent="m9", settings="s1", token="t9", by="replay"),
    )
    run = apply(graft("run", parent.now, fork), started(fork), *own)
    seqs = [m.seq for m in run.messages.values()]
    assert seqs == sorted(set(seqs)), "one order, without two of the same number"
    assert [m.id for m in run.own()] == ["m9", "r9"]
    assert fold("run", [started(fork), *own], graft("run", parent.now, fork)) == run
    further = Fork("run", "m9")
    below = apply(
        graft("below", run, further),
        started(further, "below"),
        ReplyRequested(at=4.0, reply="r10", parent="m9", settings="s1", token="t10", by="replay"),
    )
    assert [m.id for m in below.own()] == ["r10"]
    assert below.messages["r10"].seq > below.messages["m9"].seq
    assert list(parent.now.own()) == tips(parent)


def test_its_request_is_the_path_as_if_it_were_one_conversation() -> None:
    parent = talk()
    three = tips(parent)[2]
    fork = Fork("c1", three.id)
    run = apply(graft("run", parent.now, fork), started(fork))
    assert history(run, three.id, parent.settings) == history(parent.now, three.id, parent.settings)


def test_a_fork_of_a_branch_with_siblings_has_none_of_them() -> None:
    parent = talk()
    three = tips(parent)[2]
    parent.do(UserSent(at=9.0, message="m9", parent=three.parent, content=(text("Or."),), by="x", edit_of=three.id))
    run = graft("run", parent.now, Fork("c1", "m9"))
    assert [m.id for m in run.siblings("m9")] == ["m9"]
    assert "Conversation(" in repr(run)


def test_a_fork_at_the_root_shares_the_settings_alone() -> None:
    parent = talk()
    run = graft("run", parent.now, Fork("c1", ""))
    assert len(run) == 0
    assert run.find_settings("s1") is not None


def test_it_is_folded_only_onto_what_it_goes_on_from() -> None:
    parent = talk()
    fork = Fork("c1", tips(parent)[1].id, 5, "digest")
    with pytest.raises(IllegalEvent, match="that one is not here"):
        fold("run", [started(fork)])
    with pytest.raises(IllegalEvent, match="that one is not here"):
        fold("run", [started(None)], graft("run", parent.now, fork))
    with pytest.raises(IllegalEvent, match="that one is not here"):
        fold("run", [started(Fork("c2", fork.message))], graft("run", parent.now, fork))
    assert fold("run", [started(fork)], graft("run", parent.now, fork)).fork == fork


def test_below_an_ended_running_or_unknown_message_nothing_goes_on() -> None:
    ended = Talk("launch_2025")
    ended.turn([plain_end()])
    with pytest.raises(ConversationEnded):
        graft("run", ended.now, Fork("c1", tips(ended)[-1].id))
    with pytest.raises(UnknownMessage):
        graft("run", ended.now, Fork("c1", "m_none"))
    running = talk()
    running.say("Five.")
    reply = running.ask()
    with pytest.raises(ReplyRunning):
        graft("run", running.now, Fork("c1", reply))


def test_runs_share_one_beginning_and_the_law_holds_in_each() -> None:
    parent = talk()
    two = tips(parent)[1]
    fork = Fork("c1", two.id)
    beginning = graft("a", parent.now, fork)
    a, b = (apply(again(beginning, name), started(fork, name)) for name in ("a", "b"))
    said = UserSent(at=2.0, message="m9", parent=two.id, content=(text("Else."),), by="replay")
    a = apply(a, said)
    assert b.find("m9") is None
    assert apply(b, said).find("m9") is not None
    with pytest.raises(TipMoved):
        apply(a, UserSent(at=3.0, message="m10", parent=two.id, content=(text("Too late."),), by="replay"))


def test_a_start_with_its_fork_comes_back_from_the_log() -> None:
    event = ConversationStarted(
        at=1.0, conversation="s_1", schema=SCHEMA, fork=Fork("c1", "m1", 4, "ab"), study={"n": 3}, run=2
    )
    assert decode("started", encode(event), 1.0) == event
    assert "fork" not in encode(ConversationStarted(at=1.0, conversation="c1", schema=SCHEMA))
    assert empty("x").fork is None


# -- endings that are recorded only


def recorded() -> Talk:
    found = Talk(effect=False)
    found.warned_enough()
    found.turn([text("I would end this."), end()], words="[abusive message]")
    return found


def test_an_ending_without_effect_is_recorded_and_locks_nothing() -> None:
    found = recorded()
    last = tips(found)[-1]
    assert last.ending_recorded
    assert not last.ended
    assert last.standing != "ended"
    assert found.now.endings == []
    assert (outcome(last).name, outcome(last).flag) == ("ended", "recorded only")
    found.say("And now?")
    assert tips(found)[-1].parent == last.id


def test_an_ending_without_effect_passes_the_same_gates() -> None:
    found = Talk(effect=False)
    found.turn([text("I would end this."), end()], [text("Then we go on.")])
    assert [c.verdict for step in tips(found)[-1].steps for c in step.calls] == ["blocked"]
