"""Studies under trouble: faults, interrupts, budgets, a kernel that dies. Whatever happens, no run is made twice."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import convend_widget as cw
from convend_widget.errors import NoSuchConversation, SettingsError, StoreBusy, StoreReadOnly
from convend_widget.model.catalogue import Model
from convend_widget.model.price import Tokens, tokens_of
from convend_widget.owner import owner
from convend_widget.replay.outcomes import Outcomes
from convend_widget.session import recovery
from convend_widget.store import SqliteStore
from tests.replay.rig import FaultyClient, Once, ended_chat, faulty_chat, interrupt_at, person
from tests.server import Answer, MessagesServer
from tests.test_chat import in_child


def adds_up(runs: Any, n: int) -> None:
    """Invariant 10, and one row for each run."""
    came: Outcomes = runs.outcomes
    names = ("ended", "not_ended", "refused", "truncated", "failed", "cancelled")
    assert came.started == sum(getattr(came, name) for name in names) == len(runs) == n
    assert [run.number for run in runs] == sorted({run.number for run in runs})
    frame = runs.to_frame()
    assert frame["outcome"].value_counts().to_dict() == {x: getattr(came, x) for x in names if getattr(came, x)}


@pytest.fixture
def short_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recovery, "LEASE", 0.5)


# -- several at once


def test_no_more_runs_are_under_way_than_were_asked_for() -> None:
    chat, client = faulty_chat(pace=0.01)
    chat.replay(n=20, concurrency=3)
    assert client.most == 3


def test_the_first_run_is_alone_until_its_reply_is_there_so_that_the_others_find_its_prefix() -> None:
    chat, client = faulty_chat(pace=0.01)
    chat.replay(n=10, concurrency=8)
    assert client.log[0] == (0, 1)
    assert client.log[1][1] == 1, "the second call began when the first was over"
    assert client.most == 8


# -- row 58


@pytest.mark.fault(58, 40)
def test_a_thousand_runs_with_faults_and_an_interrupt_all_come_to_one_outcome_each(tmp_path: Path) -> None:
    chat, client = faulty_chat(tmp_path / "chats.db", busy=0.10, cut=0.02, refuses=0.01, at=interrupt_at(437))
    with pytest.raises(KeyboardInterrupt, match=r"of 1000 runs are over and kept; chat.replays\[-1\]"):
        chat.replay(n=1000, concurrency=32, progress=False)
    runs = chat.replays[-1]
    assert 300 < len(runs) < 500
    adds_up(runs, len(runs))
    assert runs.paused == "interrupted"
    kept = {run.number: run for run in runs if not run.resumable}
    assert 0 < runs.outcomes.cancelled <= 32
    calls_before = Counter(client.calls)
    rate_before = runs.end_rate()
    assert rate_before.n == len(kept) - runs.outcomes.failed

    again = runs.resume(progress=False)
    assert again is runs
    adds_up(runs, 1000)
    assert repr(again.paused) == "None"
    assert runs.outcomes.cancelled == 0
    assert {number: runs.runs[number] for number in kept} == kept, "what was over is as it was"
    assert all(client.calls[number] == calls_before[number] for number in kept), "and was not run again"
    drawn = Counter(_fate(number) for number in range(1000))
    assert (runs.outcomes.failed, runs.outcomes.refused) == (drawn["cut"], drawn["refused"])
    rate = runs.end_rate()
    assert rate.n == 1000 - drawn["cut"]
    assert rate.low <= 0.7 * (1 - drawn["refused"] / rate.n) <= rate.high
    assert runs.bounds().low.k == rate.k
    assert runs.bounds().high.k == rate.k + drawn["cut"]
    once_more = Counter(client.calls)
    runs.resume(progress=False)
    assert client.calls == once_more, "a study that is over makes no call"


def _fate(number: int) -> str:
    from random import Random

    chance = Random(f"58 {number}").random()
    return "cut" if chance < 0.02 else "refused" if chance < 0.03 else "answered"


@pytest.mark.fault(58)
def test_runs_that_the_network_cut_are_made_again_only_if_asked_for() -> None:
    chat, client = faulty_chat(cut=0.3)
    runs = chat.replay(n=20, concurrency=4)
    failed = runs.outcomes.failed
    assert failed > 2
    client.cut = 0
    assert runs.resume().outcomes.failed == failed
    assert runs.resume(failed=True).outcomes.failed == 0
    adds_up(runs, 20)


@pytest.mark.fault(58)
def test_runs_that_failed_keep_their_row_until_they_are_asked_again(tmp_path: Path) -> None:
    chat, client = faulty_chat(tmp_path / "chats.db", cut=0.3)
    runs = chat.replay(n=20, concurrency=4, progress=False)
    failed = runs.outcomes.failed
    client.cut = 0
    calls = sum(client.calls.values())
    runs.resume(failed=True, budget=1_000, progress=False)
    assert sum(client.calls.values()) == calls, "the budget allows none"
    adds_up(runs, 20)
    assert (runs.outcomes.failed, runs.outcomes.cancelled) == (failed - 1, 1), "one was asked for and had no room"
    assert cw.open_study(runs.id, store=chat._where, client=client).outcomes == runs.outcomes
    assert runs.resume(failed=True, budget=10**7, progress=False).outcomes.with_result == 20


# -- interrupts


@pytest.mark.fault(40)
@pytest.mark.parametrize("call", [1, 2, 9, 10])
def test_an_interrupt_at_any_call_leaves_whole_rows_and_a_study_that_goes_on(call: int, tmp_path: Path) -> None:
    chat, _ = faulty_chat(tmp_path / "chats.db", at=interrupt_at(call), pace=0.02)
    with pytest.raises(KeyboardInterrupt):
        chat.replay(n=10, concurrency=4, progress=False)
    runs = chat.replays[-1]
    adds_up(runs, len(runs))
    assert not owner().wait(_running(chat)), "nothing runs any more"
    assert runs.resume(progress=False) is runs
    adds_up(runs, 10)
    assert runs.outcomes.cancelled == 0


async def _running(chat: cw.Chat) -> list[str]:
    return [s.id for s in chat._seat.desk.sessions.values() if s.replies]


@pytest.mark.fault(40)
def test_an_interrupt_before_the_first_call_leaves_an_empty_study() -> None:
    chat, client = faulty_chat()
    before = interrupt_at(0)
    counting = client.for_study

    def for_study(seed: int) -> FaultyClient:
        study = counting(seed)

        async def count(call: Any) -> int:
            before(0)
            await asyncio.sleep(5)
            return 1

        study.count_tokens = count  # type: ignore[method-assign]
        return study

    client.for_study = for_study  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt, match="0 of 5 runs"):
        chat.replay(n=5, progress=False)
    assert "0 of 5" in repr(chat.replays[-1])
    assert "no data" in repr(chat.replays[-1].end_rate())
    assert not client.calls


@pytest.mark.fault(40)
def test_a_cancelled_await_is_at_rest_before_it_raises_and_can_be_resumed() -> None:
    chat, client = faulty_chat(pace=0.02)

    async def cancelled() -> None:
        task = asyncio.ensure_future(chat.areplay(n=30, concurrency=4, progress=False))
        while sum(client.calls.values()) < 8:
            await asyncio.sleep(0.005)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert client.under_way == 0

    asyncio.run(cancelled())
    runs = chat.replays[-1]
    assert 0 < len(runs) < 30
    adds_up(runs, len(runs))
    asyncio.run(runs.aresume(progress=False))
    adds_up(runs, 30)


def test_a_run_of_several_turns_that_was_halted_between_two_goes_on_where_it_was(tmp_path: Path) -> None:
    chat, client = faulty_chat(tmp_path / "chats.db", at=interrupt_at(12), pace=0.01)
    with pytest.raises(KeyboardInterrupt):
        chat.replay(at=person(chat, 1), n=4, concurrency=2, progress=False)
    client.at = None
    runs = chat.replays[-1].resume(progress=False)
    adds_up(runs, 4)
    assert {run.replies for run in runs} == {5}


def test_what_somebody_says_in_a_halted_run_stands_beside_its_next_words_and_not_in_their_way(tmp_path: Path) -> None:
    chat, client = faulty_chat(tmp_path / "chats.db", at=interrupt_at(7), pace=0.01)
    with pytest.raises(KeyboardInterrupt):
        chat.replay(at=person(chat, 1), n=2, concurrency=1, progress=False)
    client.at = None
    first = chat.replays[-1]
    halted = next(name for name in (f"{first.id}.00000", f"{first.id}.00001") if name not in _over(first))
    opened = cw.open(halted, store=chat._where, client=client, model="rehearsal-1")
    opened.retry(opened.conversation.branch()[-1])
    opened.say("Something of my own.")
    again = cw.open_study(first.id, store=chat._where, client=client).resume(progress=False)
    assert (len(again), again.paused) == (2, None)
    assert {run.replies for run in again} == {5}
    run = cw.open(halted, store=chat._where).conversation
    assert "Something of my own." in [m.text for m in run if m.by == "python"]
    assert [m.text for m in run.branch() if m.role == "user"] == [
        m.text for m in chat.conversation.branch() if m.role == "user"
    ]


def _over(runs: Any) -> set[str]:
    return {run.conversation for run in runs if not run.resumable}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.fault(53, 58)
@pytest.mark.parametrize("where", ["chats.db", ":memory:"])
def test_a_forked_child_ends_a_study_that_its_parent_has_under_way(
    where: str, tmp_path: Path, short_lease: None
) -> None:
    """The parent is held in its fourth run, so that its lease of that lapses: the child makes that and all others."""
    chat, client = faulty_chat(where if where == ":memory:" else tmp_path / where)
    held, done = threading.Event(), threading.Event()

    def at(calls: int) -> bool:
        if calls == 4:
            held.set()
            done.wait()
        return False

    client.at = at
    making = threading.Thread(target=lambda: chat.replay(n=12, concurrency=1, progress=False))
    making.start()
    assert held.wait(60)

    def child() -> object:
        client.at = None
        client.calls.clear()
        runs = chat.replays[-1].resume(progress=False)
        return [len(runs), runs.paused, *client.calls]

    said = in_child(child)
    done.set()
    making.join()
    assert said == f"[12, None, {', '.join(map(str, range(3, 12)))}]"
    runs = chat.replays[-1].resume(progress=False)
    adds_up(runs, 12)
    if where != ":memory:":  # a memory of its own is what the child had there
        assert sum(client.calls.values()) == 4, "what the child made was not made again"


# -- a kernel that dies

DYING = """
import sys
from pathlib import Path
from tests.replay.rig import faulty_chat
chat, client = faulty_chat(Path(sys.argv[1]), pace=0.005)
client.log_file = Path(sys.argv[2])
print(chat.conversation_id, flush=True)
chat.replay(n=60, concurrency=4, progress=False)
"""


@pytest.mark.fault(58, 51)
def test_a_kernel_that_dies_leaves_a_study_that_another_one_ends(tmp_path: Path, short_lease: None) -> None:
    store, log = tmp_path / "chats.db", tmp_path / "calls"
    log.touch()
    with subprocess.Popen(
        [sys.executable, "-c", DYING, str(store), str(log)], stdout=subprocess.PIPE, text=True
    ) as dying:
        assert dying.stdout is not None
        dying.stdout.readline()
        deadline = time.monotonic() + 120
        while len(log.read_text().split()) < 37 and time.monotonic() < deadline and dying.poll() is None:
            time.sleep(0.01)
        os.kill(dying.pid, signal.SIGKILL)
    called = Counter(map(int, log.read_text().split()))
    assert len(called) >= 20

    (listed,) = cw.studies(store=store)
    runs = cw.open_study(listed.id, store=store)
    over = {run.number for run in runs if not run.resumable}
    assert len(over) >= len(called) - 8
    adds_up(runs, len(runs))
    assert len(runs) >= len(called), "what it was at counts too"
    client = _watched(runs)
    runs.resume(progress=False)
    adds_up(runs, 60)
    assert runs.outcomes.started == runs.outcomes.ended + runs.outcomes.not_ended
    made_here = set(client.calls)
    assert not made_here & over, "no run that had come to its end was made again"
    assert made_here == set(range(60)) - over
    for run in runs:
        opened = cw.open(run.conversation, store=store)
        assert opened.conversation.verify().ok


def _watched(runs: Any) -> FaultyClient:
    """Put a client that counts its calls under a study."""
    from dataclasses import replace

    from convend_widget.model.rehearsal import load_scenario

    client = FaultyClient(load_scenario("persistent_abuse"), seed=runs._study.design.seed)
    plan = runs._plan
    assert plan is None or plan.client.name == "rehearsal"
    runs._plan = replace(plan, client=client)
    return client


def test_two_kernels_that_make_one_study_at_once_make_each_run_once(tmp_path: Path) -> None:
    store, log = tmp_path / "chats.db", tmp_path / "calls"
    chat, client = faulty_chat(store, pace=0.01)
    client.at = interrupt_at(5)
    with pytest.raises(KeyboardInterrupt):
        chat.replay(n=30, concurrency=2, progress=False)
    client.at = None
    runs = chat.replays[-1]
    client.pace = 0.05
    with subprocess.Popen(
        [sys.executable, "-c", RESUMING, str(store), runs.id, str(log)], stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline().strip() == "ready"
        client.calls.clear()
        runs.resume(progress=False)
    runs.resume(progress=False)
    adds_up(runs, 30)
    theirs = Counter(map(int, log.read_text().split()))
    assert theirs
    assert client.calls
    assert not {number for number in theirs if client.calls[number]}, "no run was made by both"


RESUMING = """
import sys
from pathlib import Path
import convend_widget as cw
from tests.replay.test_study import _watched
runs = cw.open_study(sys.argv[2], store=sys.argv[1], concurrency=2)
client = _watched(runs)
client.pace = 0.05
client.log_file = Path(sys.argv[3])
client.log_file.touch()
client.warm()
print("ready", flush=True)
runs.resume(progress=False)
"""


# -- deleted while it is made


def test_a_study_that_is_deleted_while_it_runs_comes_to_rest_and_leaves_nothing(tmp_path: Path) -> None:
    chat, client = faulty_chat(tmp_path / "chats.db", pace=0.02)
    calls: list[int] = []

    def deleted() -> None:
        cw.delete(chat.conversation_id, store=chat._where)
        calls.append(sum(client.calls.values()))

    client.at = Once(6, lambda: threading.Thread(target=deleted).start())
    runs = chat.replay(at=person(chat, 5), n=40, concurrency=2, progress=False)
    assert runs.paused == "it was deleted"
    while not calls:
        time.sleep(0.01)
    assert calls == [sum(client.calls.values())], "nothing was asked of the model after it"
    assert calls[0] < 10
    assert cw.conversations(store=chat._where, hidden=True) == []


def patiently(work: Callable[[], object]) -> None:
    """As another kernel would, on a machine that is busy."""
    while True:
        try:
            work()
            return
        except StoreBusy:
            time.sleep(0.01)


def test_a_study_that_another_kernel_deletes_while_it_runs_leaves_nothing(tmp_path: Path) -> None:
    chat, client = faulty_chat(tmp_path / "chats.db", pace=0.02)
    other = SqliteStore(tmp_path / "chats.db")

    def delete(so_far: int) -> None:
        if so_far == 6:
            for summary in other.conversations(hidden=True):
                if summary.conversation.startswith("s_"):
                    patiently(lambda name=summary.conversation: other.delete(name))  # type: ignore[misc]

    client.at = delete
    with pytest.raises(NoSuchConversation):
        chat.replay(n=100, concurrency=2, progress=False)
    assert len(client.calls) < 100
    assert [s.conversation for s in other.conversations(hidden=True)] == [chat.conversation_id]
    other.close()


def test_a_study_that_was_deleted_is_not_gone_on_with(tmp_path: Path) -> None:
    chat, client = faulty_chat(tmp_path / "chats.db", at=interrupt_at(6), pace=0.01)
    with pytest.raises(KeyboardInterrupt):
        chat.replay(n=20, concurrency=2, progress=False)
    cw.delete(chat.conversation_id, store=chat._where)
    before = Counter(client.calls)
    with pytest.raises(NoSuchConversation):
        chat.replays[-1].resume(progress=False)
    assert client.calls == before
    assert cw.conversations(store=chat._where, hidden=True) == []


def test_a_run_that_was_deleted_is_counted_apart_and_its_study_goes_on(tmp_path: Path) -> None:
    chat, client = faulty_chat(tmp_path / "chats.db", at=interrupt_at(5), pace=0.01)
    with pytest.raises(KeyboardInterrupt):
        chat.replay(n=8, concurrency=2, progress=False)
    first = chat.replays[-1]
    cw.delete(first.runs[1].conversation, store=chat._where)
    opened = cw.open_study(first.id, store=chat._where, client=client)
    assert f"open_study({first.id!r}) has them" in opened._kept(), "where there is no chat"
    again = opened.resume(progress=False)
    assert (len(again), again.deleted, again.paused) == (7, 1, None)
    assert "1 deleted" in repr(again)
    adds_up(again, 7)


# -- the store


@pytest.mark.fault(52, 58)
def test_a_store_that_goes_read_only_in_the_middle_loses_no_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat = ended_chat(tmp_path / "chats.db")
    commit, left = SqliteStore.commit, [12]

    def failing(self: SqliteStore, batch: Any) -> Any:
        left[0] -= 1
        if left[0] < 0:
            raise StoreReadOnly("The disk is full.")
        return commit(self, batch)

    monkeypatch.setattr(SqliteStore, "commit", failing)
    runs = chat.replay(n=20, concurrency=2)
    adds_up(runs, 20)
    assert runs.outcomes.failed == runs.outcomes.cancelled == 0
    assert any("Not saved" in notice for notice in runs.notices)


# -- budgets


def used(runs: Any) -> int:
    tokens: Tokens = runs.tokens
    return tokens.prompt + tokens.output


@pytest.mark.fault(58)
@pytest.mark.parametrize("limit", [7_000, 20_000, 40_000])
def test_a_budget_of_tokens_is_never_passed(limit: int) -> None:
    chat, client = faulty_chat()
    runs = chat.replay(n=60, budget=limit, concurrency=8)
    assert used(runs) <= limit
    assert used(runs) > limit - 7_000, "and no more is left than the worst case of a call"
    assert runs.paused == "the budget allows no further call"
    assert "budget" in repr(runs)
    adds_up(runs, len(runs))
    before = Counter(client.calls)
    assert len(runs.resume(budget=10 * limit)) > len(before)


def test_a_budget_counts_what_was_used_on_runs_that_are_not_over_yet(tmp_path: Path) -> None:
    store = tmp_path / "chats.db"
    chat, client = faulty_chat(store)
    runs = chat.replay(at=person(chat, 1), n=30, concurrency=8, budget=60_000, progress=False)
    for _ in range(3):
        runs.resume(progress=False)
    cw.open_study(runs.id, store=store, client=client, budget=60_000).resume(progress=False)
    names = [s.conversation for s in cw.conversations(store=store, hidden=True)]
    made = [
        tokens_of(step.usage)
        for name in names
        if name.startswith(f"{runs.id}.")
        for message in cw.open(name, store=store).conversation.messages
        if message.by == "replay"
        for step in message.steps
    ]
    assert 0 < sum(tokens.prompt + tokens.output for tokens in made) <= 60_000


@pytest.mark.fault(58)
def test_runs_that_were_halted_between_two_replies_count_as_cancelled_and_go_on_from_there(tmp_path: Path) -> None:
    """They are those that had not ended, so a rate without them would be of the quick ones."""
    store = tmp_path / "chats.db"
    chat, client = faulty_chat(store)
    runs = chat.replay(at=person(chat, 1), n=30, concurrency=8, budget=60_000, progress=False)
    begun = [s for s in cw.conversations(store=store, hidden=True) if s.conversation.startswith(f"{runs.id}.")]
    adds_up(runs, len(begun))
    halted = [run for run in runs if run.halted]
    assert halted
    assert all((run.outcome, run.resumable, run.life) == ("cancelled", True, (run.replies, "open")) for run in halted)
    assert runs.bounds().lost == runs.outcomes.failed + runs.outcomes.cancelled
    assert runs.bounds().high.n == len(begun)
    assert sum(moment.at_risk for moment in runs.survival().moments) == sum(run.life.replies for run in runs)
    again = cw.open_study(runs.id, store=store, client=client)
    assert again.runs == runs.runs, "another kernel says the same"
    assert (used(again), again.cost) == (used(runs), runs.cost)
    before = {run.number: run.replies for run in halted}
    again.resume(budget=10**7, progress=False)
    adds_up(again, 30)
    assert (again.outcomes.cancelled, again.paused) == (0, None)
    for run in (again.runs[number] for number in before):
        made = [m for m in cw.open(run.conversation, store=store).conversation if m.role == "assistant"]
        assert sum(m.by == "replay" for m in made) == run.replies > before[run.number], "no reply was made again"


def test_a_budget_that_no_call_fits_makes_none() -> None:
    chat, client = faulty_chat()
    runs = chat.replay(n=5, budget={"tokens": 100})
    assert not client.calls
    assert runs.outcomes.cancelled <= 1
    assert runs.paused
    runs.resume(budget={"tokens": 10**6})
    adds_up(runs, 5)
    assert runs.outcomes.cancelled == 0


def test_a_budget_of_dollars_is_never_passed(messages_server: MessagesServer) -> None:
    chat = cw.Chat(api_key="k", base_url=messages_server.url, store=":memory:", model="claude-opus-5-5", max_tokens=100)
    chat.say("Hello.")
    messages_server.otherwise(_counted)
    runs = chat.replay(n=50, budget={"dollars": 0.05}, concurrency=4)
    each = (1000 * 4 + 50 * 20) / 1e6
    assert 0.04 < runs.cost.dollars <= 0.05
    assert runs.cost.dollars == pytest.approx(each * runs.outcomes.not_ended)
    assert runs.paused == "the budget allows no further call"


def _counted(seen: Any) -> Answer:
    if seen.path.endswith("count_tokens"):
        return Answer.json({"input_tokens": 1000})
    return Answer.json(
        {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": "claude-opus-5-5",
            "content": [{"type": "text", "text": "Hello."}],
            "stop_reason": "end_turn",
            "stop_sequence": None,
            "usage": {"input_tokens": 1000, "output_tokens": 50},
        }
    )


def test_a_study_that_is_under_way_is_not_resumed_beside_itself() -> None:
    chat, _ = faulty_chat(pace=0.02)
    runs = chat.replay(n=60, budget={"tokens": 100}, progress=False)

    async def both() -> list[Any]:
        ways = (runs.aresume(budget=20_000, progress=False) for _ in range(2))
        return await asyncio.gather(*ways, return_exceptions=True)

    came = asyncio.run(both())
    assert sorted(type(one).__name__ for one in came) == ["Runs", "SettingsError"]
    assert used(runs) <= 20_000


def test_a_study_of_a_model_is_not_gone_on_with_by_the_stand_in(
    tmp_path: Path, messages_server: MessagesServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    store = tmp_path / "chats.db"
    chat = cw.Chat(api_key="k", base_url=messages_server.url, store=store, model="claude-opus-5-5", max_tokens=100)
    chat.say("Hello.")
    runs = chat.replay(n=4, budget={"tokens": 50}, progress=False)
    again = cw.open_study(runs.id, store=store)
    with pytest.raises(SettingsError, match="opened to be looked at"):
        again.resume(budget=10**6, progress=False)
    messages_server.otherwise(_counted)
    with_key = cw.open_study(runs.id, store=store, api_key="k", base_url=messages_server.url)
    assert with_key.resume(budget=10**6, progress=False).outcomes.not_ended == 4


def test_a_budget_of_dollars_where_no_price_is_known_raises_before_anything_starts(
    messages_server: MessagesServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat = cw.Chat(api_key="k", base_url=messages_server.url, store=":memory:", model="claude-opus-5-5")
    chat.say("Hello.")
    monkeypatch.setattr(Model, "prices", lambda model, tokens: {})
    sent, stored = len(messages_server.seen), len(cw.conversations(store=":memory:", hidden=True))
    with pytest.raises(SettingsError, match="No price is known") as raised:
        chat.replay(n=2, budget={"dollars": 1.0}, progress=False)
    assert "tokens" in raised.value.advice
    assert (len(messages_server.seen), len(cw.conversations(store=":memory:", hidden=True))) == (sent, stored)


def test_a_provider_that_only_fails_pauses_the_study_instead_of_spoiling_it(messages_server: MessagesServer) -> None:
    chat = cw.Chat(api_key="k", base_url=messages_server.url, store=":memory:")
    chat.say("Hello.")
    sent = len(messages_server.seen)
    messages_server.otherwise(Answer.json({"type": "error", "error": {"type": "api_error"}}, status=501))
    runs = chat.replay(n=200, concurrency=4)
    assert runs.paused == "too many runs failed in a row"
    assert len(messages_server.seen) - sent < 40
    messages_server.otherwise(_counted)
    assert runs.resume(failed=True).outcomes.not_ended == 200


def test_memory_holds_a_row_for_each_run_and_no_conversation() -> None:
    import gc

    chat = ended_chat()
    runs = chat.replay(n=30)
    gc.collect()
    open_ones = [name for name in chat._seat.desk.sessions if name.startswith(f"{runs.id}.")]
    assert open_ones == []
