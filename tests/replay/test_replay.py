"""Replays end to end: the branch is run again, each run is stored, and the chat that it comes from never notices."""

from __future__ import annotations

import asyncio
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import convend_widget as cw
from convend_widget.conversation.codec import decode
from convend_widget.errors import (
    CannotEnd,
    ConversationEnded,
    IllegalEvent,
    KeyProblem,
    NoSuchConversation,
    SettingsError,
    StoreDamaged,
    UnknownArgument,
    UnknownMessage,
)
from convend_widget.model import catalogue
from convend_widget.owner import owner
from convend_widget.replay.frame import COLUMNS
from convend_widget.replay.runs import Runs
from convend_widget.session import desk
from convend_widget.session.seen import seen
from convend_widget.store import Record, SqliteStore
from tests.replay.rig import ended_chat, faulty_chat, person, turning_chat
from tests.server import Answer, MessagesServer


@pytest.fixture
def chat(tmp_path: Path) -> cw.Chat:
    return ended_chat(tmp_path / "chats.db")


def records(chat: cw.Chat, conversation: str) -> list[Record]:
    async def ask() -> list[Record]:
        return await chat._seat.desk.journal.ask(lambda store: store.read(conversation))

    return owner().wait(ask())


# -- what is run again


def test_at_a_message_of_the_person_its_reply_is_made_anew(chat: cw.Chat) -> None:
    runs = chat.replay(at=person(chat, 2), n=3, turns=1)
    assert {run.replies for run in runs} == {1}
    assert runs.outcomes.not_ended == 3
    opened = cw.open(runs.runs[0].conversation, store=chat._where)
    assert [m.text for m in opened.conversation.branch()][:3] == [
        m.text for m in chat.conversation.branch(person(chat, 2))
    ]


def test_at_a_reply_it_is_kept_and_the_next_recorded_words_are_sent(chat: cw.Chat) -> None:
    kept = chat.conversation.branch()[3]
    runs = chat.replay(at=kept, n=2)
    said = [m for m in cw.open(runs.runs[0].conversation, store=chat._where).conversation.branch() if m.role == "user"]
    assert [m.text for m in said] == [m.text for m in chat.conversation.branch() if m.role == "user"]
    assert runs.runs[0].replies == 3


def test_without_a_message_the_last_one_of_the_person_is_taken(chat: cw.Chat) -> None:
    assert chat.replay(n=2).to_frame()["fork"].tolist() == [person(chat, 5).id] * 2


def test_recorded_words_are_sent_until_the_run_ends_or_they_are_used_up(chat: cw.Chat) -> None:
    runs = chat.replay(at=person(chat, 1), n=12)
    assert {run.replies for run in runs} == {5}
    assert chat.replay(at=person(chat, 1), n=2, turns=3).runs[0].replies == 3


def test_only_what_follows_the_first_reply_is_off_policy(chat: cw.Chat) -> None:
    assert not chat.replay(n=2).off_policy
    assert "off-policy" not in repr(chat.replays[-1])
    later = chat.replay(at=person(chat, 4), n=2)
    assert [run.off_policy for run in later] == [1, 1]
    assert "off-policy" in repr(later)


def test_an_edit_changes_the_words_at_the_fork_and_nothing_else(chat: cw.Chat) -> None:
    before = chat.conversation.digest
    runs = chat.replay(at=person(chat, 5), n=2, edit="Let us start again, please.")
    assert runs.outcomes.not_ended == 2
    assert cw.open(runs.runs[0].conversation, store=chat._where).conversation.branch()[-2].text == (
        "Let us start again, please."
    )
    assert chat.conversation.digest == before


def test_the_first_message_can_be_edited_too(chat: cw.Chat) -> None:
    runs = chat.replay(at=person(chat, 1), n=1, edit="Something else.", turns=1)
    assert [m.text for m in cw.open(runs.runs[0].conversation, store=chat._where).conversation.branch()][:1] == [
        "Something else."
    ]


def test_a_reply_that_nothing_followed_needs_words(tmp_path: Path) -> None:
    chat = cw.Chat(store=":memory:", pause=0)
    reply = chat.say("Hello")
    with pytest.raises(SettingsError, match="edit="):
        chat.replay(at=reply, n=2)
    assert chat.replay(at=reply, n=2, edit="And now?").outcomes.not_ended == 2


# -- what is stored


def test_a_run_stores_what_is_its_own_and_refers_to_the_rest(chat: cw.Chat) -> None:
    runs = chat.replay(at=person(chat, 5), n=2)
    trunk = records(chat, runs.id)
    start = decode(trunk[0].kind, trunk[0].body, trunk[0].at)
    assert [r.kind for r in trunk] == ["started", "settings"]
    assert start.fork.conversation == chat.conversation_id  # type: ignore[attr-defined]
    assert start.fork.message == person(chat, 5).id  # type: ignore[attr-defined]
    assert start.fork.digest == chat.conversation.digest  # type: ignore[attr-defined]
    own = records(chat, runs.runs[0].conversation)
    assert [r.kind for r in own][:3] == ["started", "reply_requested", "step_completed"]
    prefix = person(chat, 2).text
    assert not any(json.dumps(prefix)[1:-1] in r.body for r in own + trunk)
    settings = json.loads(trunk[1].body)["settings"]
    assert settings["policy_text"]
    assert settings["tools"]
    assert settings["provenance"]["sdk"].startswith("anthropic ")
    assert settings["provenance"]["api"] == "2026-10-21"
    assert json.loads(trunk[0].body)["study"]["seed"] == runs.to_frame()["seed"][0]


def test_the_chat_that_is_replayed_is_not_changed_and_not_locked(tmp_path: Path) -> None:
    chat = cw.Chat(scenario="persistent_abuse", store=tmp_path / "chats.db", pause=0)
    chat.say("How do I sort a table by two columns in pandas?")
    before = chat.conversation.digest
    assert chat.replay(n=3, edit="[abusive message]").outcomes.started == 3
    assert chat.conversation.digest == before
    assert not chat.ended
    chat.say("Thanks.")


def test_runs_are_hidden_unless_asked_for(chat: cw.Chat) -> None:
    runs = chat.replay(n=3)
    shown = [s.conversation for s in cw.conversations(store=chat._where)]
    assert shown == [chat.conversation_id]
    everything = {s.conversation for s in cw.conversations(store=chat._where, hidden=True)}
    assert everything == {chat.conversation_id, runs.id, *(run.conversation for run in runs)}


def test_a_run_opens_as_a_chat_with_its_whole_branch_and_verifies(chat: cw.Chat) -> None:
    runs = chat.replay(n=6)
    ended = next(run for run in runs if run.outcome == "ended")
    opened = cw.open(ended.conversation, store=chat._where)
    assert opened.ended
    assert len(opened.conversation.branch()) == 10
    assert opened.conversation.verify().ok
    with pytest.raises(ConversationEnded):
        opened.say("Hello?")


def test_what_a_run_shows_is_in_one_order_and_its_cost_is_its_own(
    messages_server: MessagesServer, tmp_path: Path
) -> None:
    store, url = tmp_path / "chats.db", messages_server.url
    chat = cw.Chat(api_key="k", base_url=url, store=store, model="claude-opus-5-5")
    for words in ("One.", "Two.", "Three."):
        chat.say(words)
    messages_server.otherwise(Answer.json(_message()))
    runs = chat.replay(n=2, at=person(chat, 2), progress=False)
    opened = cw.open(runs.runs[1].conversation, store=store, api_key="k", base_url=url, model="claude-opus-5-5")
    frame = opened.conversation.to_frame()
    assert frame["id"].tolist() == [m.id for m in opened.conversation.branch()]
    assert frame["seq"].is_monotonic_increasing
    assert frame["seq"].is_unique
    assert opened.conversation.cost == runs.runs[1].cost
    assert opened.conversation.cost.calls == 2
    assert opened.conversation.branch().cost.calls == 3
    assert chat.conversation.cost.calls == 3


def test_a_chat_of_a_run_can_be_replayed_again(chat: cw.Chat) -> None:
    run = next(run for run in chat.replay(n=6) if run.outcome == "ended")
    again = cw.open(run.conversation, store=chat._where).replay(n=2)
    assert again.outcomes.started == 2


def test_what_the_model_saw_in_a_run_is_built_again_to_the_byte(chat: cw.Chat) -> None:
    runs = chat.replay(at=person(chat, 4), n=2)
    now = cw.open(runs.runs[1].conversation, store=chat._where)._seat.conversation
    for reply in [m for m in now.branch(now.newest) if m.role == "assistant" and m.by == "replay"]:
        assert [step.exact for step in seen(now, reply.id).steps] == [True] * len(reply.steps)


def test_nobody_watches_so_replies_come_in_one_piece(chat: cw.Chat) -> None:
    runs = chat.replay(n=1)
    assert json.loads(records(chat, runs.id)[1].body)["settings"]["stream"] is False


def test_deleting_a_conversation_deletes_its_replays(chat: cw.Chat) -> None:
    runs = chat.replay(n=3)
    again = cw.open(runs.runs[0].conversation, store=chat._where)
    below = again.replay(at=person(again, 1), n=1, turns=1)
    cw.delete(chat.conversation_id, store=chat._where)
    assert cw.conversations(store=chat._where, hidden=True) == []
    for name in (runs.id, runs.runs[0].conversation, below.id):
        with pytest.raises(NoSuchConversation):
            cw.open(name, store=chat._where)


def test_a_study_that_is_damaged_keeps_no_other_from_being_listed_or_deleted(
    chat: cw.Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    damaged, sound = chat.replay(n=1, progress=False), chat.replay(n=1, progress=False)
    other = cw.Chat(store=chat._where, pause=0)
    other.say("Hello.")
    read = SqliteStore.read

    def fails(self: SqliteStore, conversation: str, after: int = 0) -> list[Record]:
        if conversation == damaged.id:
            raise StoreDamaged("Event 1 is not what was stored.")
        return read(self, conversation, after)

    monkeypatch.setattr(SqliteStore, "read", fails)
    assert [study.id for study in cw.studies(store=chat._where)] == [sound.id]
    cw.delete(other.conversation_id, store=chat._where)


def test_what_is_said_in_an_opened_run_changes_nothing_in_the_study(chat: cw.Chat) -> None:
    runs = chat.replay(at=person(chat, 1), turns=1, n=2, progress=False)
    opened = cw.open(runs.runs[0].conversation, store=chat._where, scenario="asked_to_end", pause=0)
    opened.say("Please end this conversation.")
    again = cw.open_study(runs.id, store=chat._where)
    assert again.runs == runs.runs
    assert again.resume(progress=False).runs == runs.runs


def test_the_trunk_of_a_study_takes_nothing_so_that_its_runs_go_on_from_one_place(chat: cw.Chat) -> None:
    runs = chat.replay(at=person(chat, 4), turns=1, n=2, progress=False)
    trunk = cw.open(runs.id, store=chat._where, scenario="calm", pause=0)
    before = trunk.conversation.digest
    told = [
        pytest.raises(IllegalEvent, match="where the runs of a study begin"),
        pytest.raises(IllegalEvent, match=f"open_study.'{runs.id}'"),
        pytest.raises(IllegalEvent),
    ]
    with told[0]:
        trunk.say("Hello?")
    with told[1]:
        trunk.retry(person(trunk, 4))
    with told[2]:
        trunk.star(person(trunk, 4))
    assert trunk.conversation.digest == before
    again = cw.open_study(runs.id, store=chat._where)
    assert again.runs == runs.runs
    assert again.resume(progress=False).runs == runs.runs


# -- how it came out


def test_the_rate_of_a_rehearsed_lesson_covers_what_is_known_of_it() -> None:
    """``persistent_abuse`` ends 0.7 of its runs; the intervals of ten seeds should hold that nearly always."""
    chat = ended_chat()
    rates = [chat.replay(n=40, seed=seed).end_rate() for seed in range(10)]
    assert sum(rate.low <= 0.7 <= rate.high for rate in rates) >= 8
    assert len({rate.k for rate in rates}) > 2, "another seed is another sample"


def test_the_same_study_comes_out_the_same_in_another_chat() -> None:
    one, other = ended_chat(), ended_chat()
    assert [r.outcome for r in one.replay(n=20)] == [r.outcome for r in other.replay(n=20)]
    assert [r.outcome for r in one.replay(n=20, seed=1)] != [r.outcome for r in one.replay(n=20, seed=2)]


def test_two_policies_are_independent_samples_though_they_share_a_seed() -> None:
    chat = ended_chat()
    strict, loose = (chat.replay(n=40, seed=3, mode=mode) for mode in ("enforce", "observe"))
    assert [r.outcome for r in strict] != [r.outcome for r in loose]


def test_endings_that_are_recorded_only_lock_nothing_and_are_counted_the_same(tmp_path: Path) -> None:
    chat = ended_chat(tmp_path / "chats.db")
    recorded = chat.replay(n=10, effect=False)
    assert recorded.outcomes.ended > 0
    assert recorded.outcomes.ended + recorded.outcomes.not_ended == 10
    run = next(r for r in recorded if r.outcome == "ended")
    assert run.flag == "recorded only"
    opened = cw.open(run.conversation, store=chat._where)
    assert not opened.ended
    opened.say("Are you still there?")
    assert "endings recorded only" in repr(recorded)


def test_after_an_ending_that_is_recorded_only_the_recorded_words_go_on(tmp_path: Path) -> None:
    chat = ended_chat(mode="observe")
    runs = chat.replay(at=person(chat, 1), n=40, effect=False, mode="observe")
    early = [run for run in runs if run.ended_at == 4]
    assert early, "one in five tries to end at the last warning"
    assert {run.replies for run in runs} == {5}


@pytest.mark.fault(58)
def test_the_frame_has_the_same_columns_and_types_with_runs_and_without(chat: cw.Chat) -> None:
    runs = chat.replay(n=4)
    frame = runs.to_frame()
    assert {name: str(kind) for name, kind in frame.dtypes.items()} == {
        name: "string" if kind.startswith("string") else kind for name, kind in COLUMNS.items()
    }
    assert frame["run"].tolist() == [0, 1, 2, 3]
    runs._study.runs.clear()
    assert runs.to_frame().dtypes.equals(frame.dtypes)
    assert "no data" in repr(runs.end_rate())


def test_reprs_are_short_and_the_same_each_time() -> None:
    assert repr(ended_chat().replay(n=10)) == repr(ended_chat().replay(n=10))
    assert repr(ended_chat().replay(n=1)).startswith("Runs(1 of 1: 1 ")


def test_survival_counts_replies_from_the_fork(chat: cw.Chat) -> None:
    found = chat.replay(at=person(chat, 3), n=20).survival()
    assert [m.ended for m in found.moments][:2] == [0, 0]
    assert found.moments[2].ended > 0.3


def test_studies_are_compared_by_their_rates(chat: cw.Chat) -> None:
    a, b, c = chat.replay(n=30), chat.replay(n=30, seed=9), chat.replay(n=30, edit="Hello again.")
    assert cw.compare(a, b).p > 0.01
    several = cw.compare(a, b, c)
    assert [d.p_adjusted is not None for d in several] == [True, True]
    assert several[1].high < 0
    with pytest.raises(SettingsError, match="nothing to compare"):
        cw.compare(a)  # type: ignore[call-overload]
    with pytest.raises(SettingsError, match="A value of type int cannot be compared"):
        cw.compare(a, 3)  # type: ignore[call-overload]
    prompts: dict[str, Any] = {"x": a}
    assert "too few" in repr(cw.compare(prompts, {"x": c}))


# -- the turning point


def test_the_turning_point_is_the_turn_that_decided(tmp_path: Path) -> None:
    """From before the last warning 0.19 of the runs end, from after it 0.95."""
    found = cw.turning_point(turning_chat(tmp_path), n=24)
    assert found.found is not None
    assert found.found.turn == 5
    assert repr(found).startswith("TurningPoint(turn 5: +")
    truths = [0.19, 0.19, 0.19, 0.19, 0.95]
    assert all(p.rate.low <= truth <= p.rate.high for p, truth in zip(found.points, truths, strict=True))
    assert found.points[0].rate.level > 0.98, "five intervals hold together"
    assert found.to_frame()["turn"].tolist() == [1, 2, 3, 4, 5]


def test_none_found_is_an_answer() -> None:
    found = cw.turning_point(ended_chat(), n=12)
    assert found.found is None
    assert repr(found).startswith("TurningPoint(none found among 5 turns: ")


# -- what cannot be asked for


@pytest.mark.parametrize("n", [0, -1, 1.5, True, "5", 10**9])
def test_a_number_of_runs_that_cannot_be_raises(n: Any) -> None:
    with pytest.raises(SettingsError, match=r"\bn\b"):
        ended_chat().replay(n=n)


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"budget": 0}, "budget"),
        ({"budget": {"dollars": 0}}, "budget"),
        ({"budget": {"tokens": -5}}, "budget"),
        ({"budget": {"euros": 5}}, "euros"),
        ({"concurrency": 0}, "concurrency"),
        ({"turns": 0}, "turns"),
        ({"turns": "all"}, "turns"),
        ({"edit": "  "}, "edit"),
        ({"seed": "x"}, "seed"),
        ({"mode": "loose"}, "mode"),
        ({"policy": "none such"}, "policy"),
        ({"at": 3}, "at"),
    ],
)
def test_an_argument_that_cannot_be_raises_before_anything_is_stored(wrong: dict[str, Any], word: str) -> None:
    chat = ended_chat()
    before = len(cw.conversations(store=":memory:", hidden=True))
    with pytest.raises(SettingsError, match=word):
        chat.replay(n=2, **wrong)
    assert len(cw.conversations(store=":memory:", hidden=True)) == before


@pytest.mark.fault(30)
def test_a_model_that_cannot_end_raises_before_anything_starts_and_is_never_a_rate_of_0() -> None:
    chat = ended_chat()
    with pytest.raises(CannotEnd, match="not in the catalogue"):
        chat.replay(n=2, model="some-model")
    with pytest.raises(CannotEnd, match="cannot end"):
        chat.replay(n=2, model="claude-haiku-4-5")
    with pytest.raises(CannotEnd, match="no way to end"):
        chat.replay(n=2, policy="off")
    assert chat.replays == []
    catalogue.extend("my-model", can_end=True)
    assert chat.replay(n=2, model="my-model").to_frame()["model"].tolist() == ["my-model"] * 2


def test_at_an_ended_message_one_of_another_conversation_or_a_cut_reply_it_raises() -> None:
    chat, other = ended_chat(), ended_chat()
    with pytest.raises(ConversationEnded):
        chat.replay(at=chat.conversation.head, n=2)
    with pytest.raises(UnknownMessage):
        chat.replay(at=person(other, 1), n=2)
    with pytest.raises(UnknownMessage):
        chat.replay(at="m_nothing", n=2)
    cut = cw.Chat(scenario="network_cut", store=":memory:", pause=0)
    cut.play()
    partial = next(m for m in cut.conversation if m.role == "assistant" and m.partial)
    with pytest.raises(IllegalEvent, match="message of the person before it"):
        cut.replay(at=partial, n=2)
    with pytest.raises(SettingsError, match="Say something first"):
        cw.Chat(store=":memory:").replay(n=2)


@pytest.mark.parametrize("way", ["replay", "areplay", "estimate_replay"])
def test_an_argument_that_does_not_exist_fails_with_advice(way: str) -> None:
    chat = ended_chat()

    def ask(**wrong: Any) -> Any:
        asked = getattr(chat, way)(**wrong)
        return asyncio.run(asked) if way == "areplay" else asked

    with pytest.raises(UnknownArgument, match="replay takes no argument 'foo'") as raised:
        ask(foo=1)
    assert "There are at, n, " in raised.value.advice
    with pytest.raises(UnknownArgument, match="Did you mean budget"):
        ask(bugdet=5_000)
    assert chat.replays == []
    with pytest.raises(SettingsError, match="at each message"):
        cw.turning_point(chat, at=chat.conversation.head)
    with pytest.raises(SettingsError, match="level must be"):
        cw.turning_point(chat, n=1, level=95)
    with pytest.raises(UnknownArgument, match="'foo'"):
        cw.turning_point(chat, foo=1)
    assert chat.replays == [], "nothing was made and paid for"


def test_whole_numbers_of_numpy_are_whole_numbers() -> None:
    chat = ended_chat()

    def how(kind: Any) -> dict[str, Any]:
        return {"n": kind(3), "turns": kind(1), "seed": kind(5), "concurrency": kind(2), "budget": kind(50_000)}

    one, other = (chat.replay(**how(kind), progress=False) for kind in (np.int64, int))
    assert [run.outcome for run in one] == [run.outcome for run in other]
    assert one._study.design.seed == other._study.design.seed
    assert (
        chat.replay(n=1, budget={"tokens": np.int64(50_000), "dollars": np.float64(1)}, progress=False).paused is None
    )
    for name in ("n", "turns", "seed", "concurrency", "budget"):
        wrongs: list[Any] = [True, np.True_, 1.5]
        for wrong in wrongs:
            with pytest.raises(SettingsError, match=name):
                chat.replay(**{name: wrong})


def test_an_id_that_is_no_message_gets_advice_on_what_at_may_be() -> None:
    with pytest.raises(UnknownMessage, match="'nope'") as raised:
        ended_chat().replay(at="nope", n=2)
    assert "leave at out" in raised.value.advice


def test_an_estimate_says_what_it_would_take_at_most_and_stores_nothing() -> None:
    chat, client = faulty_chat()
    before = len(cw.conversations(store=":memory:", hidden=True))
    told = chat.estimate_replay(at=person(chat, 4), n=50)
    assert (told.runs, told.replies, told.counted) == (50, 2, True)
    assert told.tokens >= 50 * 2 * (told.prompt + 4096)
    assert not client.calls
    assert len(cw.conversations(store=":memory:", hidden=True)) == before


def test_a_key_that_is_refused_stops_a_study_after_its_first_call(messages_server: MessagesServer) -> None:
    chat = cw.Chat(api_key="k", base_url=messages_server.url, store=":memory:")
    chat.say("Hello.")
    messages_server.otherwise(Answer.error(401, "authentication_error"))
    seen_before = len(messages_server.seen)
    with pytest.raises(KeyProblem):
        chat.replay(n=50)
    sent = [s for s in messages_server.seen[seen_before:] if not s.path.endswith("count_tokens")]
    assert len(sent) == 1
    assert chat.replays[-1].outcomes.failed == 1
    messages_server.otherwise(Answer.json(_message()))
    assert chat.replays[-1].resume().outcomes.not_ended == 50


def _message() -> dict[str, Any]:
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-sonnet-5-5",
        "content": [{"type": "text", "text": "Hello."}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 5, "output_tokens": 2},
    }


def test_many_runs_share_what_the_provider_keeps_of_their_prefix() -> None:
    """Tokens that are billed in full, for 50 runs of a branch of 20 turns, are at most 0.15 of all."""
    chat = cw.Chat(store=":memory:", pause=0)
    for turn in range(20):
        chat.say(f"Tell me about the number {turn}, and about why it matters so much to so many people. " * 4)
    tokens = chat.replay(n=50).tokens
    billed = tokens.input + 1.25 * tokens.cache_write + 0.1 * tokens.cache_read
    assert billed <= 0.15 * tokens.prompt


def test_a_study_awaited_is_a_study(chat: cw.Chat) -> None:
    runs = asyncio.run(chat.areplay(n=3))
    assert isinstance(runs, Runs)
    assert runs.outcomes.started == 3
    assert not math.isnan(runs.end_rate().value)


def test_studies_are_listed_and_opened_by_their_id(chat: cw.Chat) -> None:
    runs = chat.replay(n=3)
    (listed,) = cw.studies(store=chat._where)
    assert (listed.id, listed.n, listed.parent) == (runs.id, 3, chat.conversation_id)
    assert repr(cw.open_study(runs.id, store=chat._where)) == repr(runs)
    with pytest.raises(NoSuchConversation, match="is no study"):
        cw.open_study(chat.conversation_id, store=chat._where)
    with pytest.raises(SettingsError, match="another policy"):
        cw.open_study(runs.id, store=chat._where, policy="two_step")


def test_a_desk_has_one_session_of_a_run() -> None:
    chat = ended_chat()
    runs = chat.replay(n=1)

    async def same() -> bool:
        at = await desk(":memory:")
        return await at.open(runs.runs[0].conversation) is await at.open(runs.runs[0].conversation)

    assert owner().wait(same())
