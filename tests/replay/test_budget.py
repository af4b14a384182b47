"""Budgets and estimates: what is told before a study starts, and that all its calls are paid from one purse."""

from __future__ import annotations

import asyncio
import json
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import convend_widget as cw
from convend_widget.conversation import EvidenceRecorded, Turn
from convend_widget.conversation.codec import decode, encode
from convend_widget.ending import Policy
from convend_widget.errors import SettingsError
from convend_widget.model.catalogue import Model
from convend_widget.model.client import Call
from convend_widget.model.draft import Draft
from convend_widget.owner import owner
from convend_widget.replay.budget import as_budget
from convend_widget.replay.estimate import Gauge
from convend_widget.session import Plan, evidence
from tests.conversation.build import Talk
from tests.replay.rig import FaultyClient, ended_chat, faulty_chat, interrupt_at, person
from tests.server import Answer, MessagesServer, reply_events, sse

MODEL = "claude-opus-5-5"
OPINION = Policy("with_opinion", prose="Rules.", tools=("end_conversation",), gates=("second_opinion",))


def used(runs: Any) -> int:
    tokens = runs.tokens
    return int(tokens.prompt + tokens.output)


def calling(tool: str, usage: tuple[int, int], **given: Any) -> dict[str, Any]:
    """A message of the model that is one tool call."""
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": MODEL,
        "content": [{"type": "tool_use", "id": f"toolu_{tool}", "name": tool, "input": given}],
        "stop_reason": "tool_use",
        "stop_sequence": None,
        "usage": {"input_tokens": usage[0], "output_tokens": usage[1]},
    }


def chat_of(server: MessagesServer, store: Path | str = ":memory:", **more: Any) -> cw.Chat:
    chat = cw.Chat(api_key="k", base_url=server.url, store=store, model=MODEL, max_tokens=100, **more)
    chat.say("Hello.")
    return chat


def is_opinion(seen: Any) -> bool:
    return [tool["name"] for tool in seen.body.get("tools", ())] == ["give_opinion"]


def opinionated(seen: Any) -> Answer:
    """A model that ends at once, and another that agrees; each call with a usage of its own."""
    if seen.path.endswith("count_tokens"):
        return Answer.json({"input_tokens": 1000})
    if is_opinion(seen):
        return Answer.json(calling("give_opinion", (700, 30), justified=True))
    return Answer.json(calling("end_conversation", (1000, 50), trigger="persistent_harm", someone_at_risk=False))


# -- the estimate


def test_an_estimate_counts_the_recorded_words_that_later_requests_carry(messages_server: MessagesServer) -> None:
    chat = chat_of(messages_server)
    long = "So many words. " * 400
    chat.say(long)
    chat.say("And?")
    messages_server.otherwise(opinionated)
    told = chat.estimate_replay(at=person(chat, 1), n=10)
    bare = 10 * sum(1000 + 100 * i + 100 for i in range(3))
    assert told.replies == 3
    assert told.tokens >= bare + 10 * 2 * len(long) // 4, "the second and the third request hold the long words"
    assert chat.estimate_replay(at=person(chat, 1), n=10, turns=1).tokens == 10 * 1100


def test_runs_whose_replies_are_several_calls_take_no_more_than_the_most() -> None:
    """A warning makes a second call, so runs of many warnings pass what one call a reply comes to."""
    chat = ended_chat(max_tokens=150)
    told = chat.estimate_replay(at=person(chat, 1), n=4)
    runs = chat.replay(at=person(chat, 1), n=4, progress=False)
    assert told.tokens < used(runs) <= told.most_tokens
    assert f"{told.tokens:,} tokens, no cost (rehearsal) if every reply is one call" in repr(told)
    assert f"at most {told.most_tokens:,} tokens" in repr(told)
    assert "if it is 4 calls" in told._repr_html_()
    audited = cw.estimate_audit([{"id": "a", "set": "s", "prompt": "Hello."}], n=2, store=":memory:", max_tokens=150)
    assert audited.most_tokens > 4 * audited.tokens


def test_no_run_takes_more_than_was_estimated() -> None:
    chat, _ = faulty_chat()
    told = chat.estimate_replay(at=person(chat, 1), n=5, turns=2)
    runs = chat.replay(at=person(chat, 1), n=5, turns=2, progress=False)
    assert used(runs) <= told.tokens


def test_a_request_is_held_for_what_was_counted_and_generously_for_what_was_not() -> None:
    gauge = Gauge(1000, 250)
    assert 250 <= gauge.at_most(1000) <= 270
    assert gauge.at_most(1400) >= 250 + 200, "what is beyond it may be in any language"
    gauge.learn(1400, 700)
    assert gauge.at_most(2800) >= 1400
    assert Gauge().at_most(1000) >= 500


def test_an_estimate_shows_what_it_knows_of_the_cost(
    messages_server: MessagesServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    rehearsed, _ = faulty_chat()
    assert repr(rehearsed.estimate_replay(n=2)).endswith("tokens, no cost (rehearsal), if each is 4)")
    chat = chat_of(messages_server)
    messages_server.otherwise(opinionated)
    assert "; 2,200 tokens, $0.0140 if every reply is one call; at most 16,000 tokens, " in repr(
        chat.estimate_replay(n=2)
    )
    monkeypatch.setattr(Model, "prices", lambda model, tokens: {})
    assert "; 2,200 tokens, no price is known if every" in repr(chat.estimate_replay(n=2))


def test_the_sdk_is_imported_off_the_owners_loop_before_tokens_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    warmed: list[bool] = []
    warm = FaultyClient.warm

    def watched(client: FaultyClient) -> None:
        if not client.is_warm:
            warmed.append(owner().here())
        warm(client)

    chat, _ = faulty_chat()
    monkeypatch.setattr(FaultyClient, "warm", watched)
    chat.estimate_replay(n=2)
    chat.replay(n=2, progress=False)
    assert warmed == [False, False], "once a study, and never where it would hold up everybody"


# -- what a budget may be


def test_a_small_number_is_not_silently_taken_for_tokens() -> None:
    chat, client = faulty_chat()
    with pytest.raises(SettingsError, match="2 tokens, which no call fits") as raised:
        chat.replay(n=2, budget=2)
    assert "{'dollars': 2}" in raised.value.advice
    assert not client.calls
    assert as_budget({"tokens": 2}).tokens == 2
    assert as_budget(200_000).tokens == 200_000
    with pytest.raises(SettingsError, match=r"cannot be 2\.5") as raised:
        chat.replay(n=2, budget=2.5)  # type: ignore[arg-type]
    assert "dollars" in raised.value.advice


def test_a_budget_of_dollars_needs_the_price_of_whoever_is_asked_for_an_opinion(
    messages_server: MessagesServer,
) -> None:
    policy = replace(OPINION, models={"second_opinion": "my-own"})
    chat = chat_of(messages_server)
    with pytest.raises(SettingsError, match="No price is known for my-own"):
        chat.replay(n=2, policy=policy, budget={"dollars": 1.0})


# -- second opinions


def test_a_second_opinion_is_on_record_with_what_it_used_and_counts_in_its_run(
    messages_server: MessagesServer, tmp_path: Path
) -> None:
    chat = chat_of(messages_server, tmp_path / "chats.db")
    messages_server.otherwise(opinionated)
    runs = chat.replay(n=3, policy=OPINION, progress=False)
    assert runs.outcomes.ended == 3
    assert [(run.tokens.prompt, run.tokens.output, run.cost.calls) for run in runs] == [(1700, 80, 2)] * 3
    assert runs.cost.dollars == pytest.approx(3 * (1700 * 4 + 80 * 20) / 1e6)
    record = cw.open(runs.runs[0].conversation, store=chat._where).conversation
    (evidence,) = record.messages[-1].evidence
    assert (evidence.favours, evidence.model, evidence.usage) == (
        True,
        MODEL,
        {"input_tokens": 700, "output_tokens": 30},
    )
    assert record.cost == runs.runs[0].cost == record.seen().cost
    assert record.seen().tokens == runs.runs[0].tokens


def test_second_opinions_are_paid_from_the_purse_of_the_study(messages_server: MessagesServer) -> None:
    chat = chat_of(messages_server)
    messages_server.otherwise(opinionated)
    sent = len(messages_server.seen)
    runs = chat.replay(n=50, policy=OPINION, budget=20_000, concurrency=4, progress=False)
    made = [seen for seen in messages_server.seen[sent:] if not seen.path.endswith("count_tokens")]
    paid = sum(730 if is_opinion(seen) else 1050 for seen in made)
    assert 10_000 < paid <= 20_000
    assert runs.paused == "the budget allows no further call"
    again = runs.resume(progress=False)
    assert (
        paid
        + sum(
            730 if is_opinion(seen) else 1050
            for seen in messages_server.seen[sent + len(made) + 1 :]
            if not seen.path.endswith("count_tokens")
        )
        <= 20_000
    ), "what opinions used counts when it is resumed too"
    assert len(again.resume(budget=10**6, progress=False)) == 50
    assert again.outcomes.ended == 50


def test_the_time_for_an_opinion_begins_when_it_is_sent_and_not_while_it_waits_for_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(evidence, "DEADLINE", 0.01)

    class Waiting(FaultyClient):
        async def step(self, call: Call, draft: Draft) -> None:
            await asyncio.sleep(0.1)  # for room in the purse: longer than an opinion may take
            assert call.seconds == 0.01, "whoever sends it keeps the time"
            draft.whole(calling("give_opinion", (700, 30), justified=True))

    talk = Talk()
    talk.say("Hello.")
    plan = Plan(Waiting(), "rehearsal-1", OPINION)
    fetched = owner().wait(evidence.fetch("second_opinion", "u", plan, talk.now, talk.now.newest or ""))
    assert fetched.favours is True


def test_an_opinion_that_is_cut_by_a_stop_counts_as_a_call_that_never_told(messages_server: MessagesServer) -> None:
    ends = Answer.stream(sse(*reply_events(tools=[("end_conversation", {})])))
    messages_server.script(ends, Answer.stream(b"", then="stall"))
    chat = cw.Chat(api_key="k", base_url=messages_server.url, store=":memory:", model=MODEL, policy=OPINION)

    def stop() -> None:
        messages_server.wait_until(lambda server: len(server.seen) == 2, 60)
        chat.stop()

    stopping = threading.Thread(target=stop)
    stopping.start()
    reply = chat.say("Hello.")
    stopping.join()
    assert reply.state is Turn.STOPPED
    assert (chat.conversation.cost.calls, chat.conversation.cost.cut) == (2, 1)


# -- after a cut


def test_each_try_that_the_network_cut_counts_against_the_budget() -> None:
    chat, client = faulty_chat(cut=1)
    prompt = chat.estimate_replay(n=1).prompt
    runs = chat.replay(n=8, concurrency=1, budget=4096 + 7 * prompt, progress=False)
    assert runs.paused == "the budget allows no further call"
    assert sum(client.calls.values()) == 6, "two runs of three tries, and no room for a seventh"


def test_calls_that_were_cut_count_against_the_budget_of_a_study_that_is_resumed(tmp_path: Path) -> None:
    """Nobody told what they used, so each counts as the longest prompt."""
    store = tmp_path / "chats.db"
    chat, client = faulty_chat(store, at=interrupt_at(3), pace=0.02)
    with pytest.raises(KeyboardInterrupt):
        chat.replay(n=40, concurrency=4, budget=30_000, progress=False)
    client.at = None
    cut = chat.replays[-1].outcomes.cancelled
    assert cut >= 1
    before = sum(client.calls.values())
    runs = cw.open_study(chat.replays[-1].id, store=store, client=client, budget=30_000).resume(progress=False)
    assert runs.paused == "the budget allows no further call"
    assert sum(run.cut for run in runs) >= cut
    prompt = runs.estimate.prompt if runs.estimate else 0
    assert used(runs) + cut * prompt <= 30_000
    assert sum(client.calls.values()) > before
    done = runs.resume(budget=10**7, progress=False)
    assert (len(done), done.outcomes.cancelled, done.paused) == (40, 0, None)


def test_the_recorded_body_of_evidence_comes_back_from_the_log() -> None:
    told = EvidenceRecorded(
        at=1.0, reply="r", token="t", gate="second_opinion", tool_use="u", favours=None, model="m", cut=True
    )
    assert decode("evidence", encode(told), 1.0) == told
    bare = json.loads(encode(EvidenceRecorded(at=1.0, reply="r", token="t", gate="g", tool_use="u", favours=True)))
    assert set(bare) == {"reply", "token", "gate", "tool_use", "favours"}, "logs of before are read as they were"
