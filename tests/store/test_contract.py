"""What every store promises; each test runs against each of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from convend_widget.errors import LeaseLost, NoSuchConversation, SettingsError, StaleSequence, StoreError
from convend_widget.store import (
    Append,
    Beat,
    CloseLease,
    Committed,
    Lease,
    MemoryStore,
    OpenLease,
    SqliteStore,
    Store,
    Summary,
    TakeLease,
)
from tests.store.desk import bodies, state, unit

OPEN = OpenLease("reply", "token", "here:1", 1000.0)
HELD = Lease("a", "reply", "token", "here:1", 1000.0, "")


@pytest.fixture(params=["sqlite", "memory", "memory over sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    opened: Store = MemoryStore() if request.param == "memory" else SqliteStore(tmp_path / "store.db")
    if request.param == "memory over sqlite":
        opened = MemoryStore(beneath=opened)
    yield opened
    opened.close()


def test_events_are_numbered_from_one_and_come_back_as_they_were(store: Store) -> None:
    events = (("asked", '{"text":"hi"}', 1.5), ("answered", "[]", -0.0), ("asked", '"\\ud800 \\u0000"', 1e300))
    (result,) = store.commit([Append("a", 0, events)])
    assert isinstance(result, Committed)
    assert [record.seq for record in result.records] == [1, 2, 3]
    assert [(record.kind, record.body, record.at) for record in result.records] == list(events)
    assert store.read("a") == list(result.records)
    assert json.loads(store.read("a")[2].body) == "\ud800 \x00"


def test_reading_after_a_number_gives_only_what_came_later(store: Store) -> None:
    store.commit([unit("a", 0, "1", "2", "3"), unit("b", 0, "4")])
    assert [record.body for record in store.read("a", after=1)] == ["2", "3"]
    assert store.read("a", after=3) == store.read("a", after=10**12) == []
    assert [record.body for record in store.read("b", after=-(2**33))] == ["4"]
    assert store.read("a", after=10**30) == []


def test_a_writer_that_knows_too_little_is_told_where_the_log_is(store: Store) -> None:
    store.commit([unit("a", 0, "1", "2")])
    before = state(store)
    for expected in (0, 1, 3):
        (refusal,) = store.commit([unit("a", expected, "late", lease=OPEN, summary={"title": "late"})])
        assert isinstance(refusal, StaleSequence)
        assert (refusal.expected, refusal.current) == (expected, 2)
    assert state(store) == before


def test_of_two_that_expect_the_same_in_one_batch_the_first_wins(store: Store) -> None:
    first, second, third = store.commit([unit("a", 0, "first"), unit("a", 0, "second"), unit("a", 1, "third")])
    assert isinstance(first, Committed)
    assert isinstance(second, StaleSequence)
    assert isinstance(third, Committed)
    assert bodies(store, "a") == ["first", "third"]
    assert store.verify("a").ok


def test_a_refused_unit_leaves_its_neighbours_in_the_batch_alone(store: Store) -> None:
    results = store.commit(
        [unit("a", 0, "1"), unit("b", 7, "2"), unit("a", 1, "3", lease=CloseLease("x", "y")), unit("c", 0)]
    )
    assert [type(result) for result in results] == [Committed, NoSuchConversation, LeaseLost, NoSuchConversation]
    assert [summary.conversation for summary in store.conversations()] == ["a"]
    assert bodies(store, "a") == ["1"]


def test_an_empty_batch_and_an_empty_unit_change_nothing(store: Store) -> None:
    store.commit([unit("a", 0, "1")])
    before = state(store)
    assert store.commit([]) == []
    assert store.commit([unit("a", 1)]) == [Committed(())]
    assert state(store) == before


def test_a_lease_is_opened_beaten_and_closed_with_the_events_of_its_unit(store: Store) -> None:
    store.commit([unit("a", 0, "asked", lease=OPEN)])
    assert store.leases() == store.leases("a") == [HELD]
    store.commit([unit("a", 0, lease=Beat("reply", "token", 1001.0, '["so far"]'))])
    assert store.leases("a") == [Lease("a", "reply", "token", "here:1", 1001.0, '["so far"]')]
    store.commit([unit("a", 1, "settled", lease=CloseLease("reply", "token"))])
    assert store.leases() == store.leases("unknown") == []
    assert bodies(store, "a") == ["asked", "settled"]


def test_a_heartbeat_does_not_mind_what_others_append(store: Store) -> None:
    store.commit([unit("a", 0, "asked", lease=OPEN), unit("a", 1, "something else")])
    assert store.commit([unit("a", 1, lease=Beat("reply", "token", 1001.0, ""))]) == [Committed(())]


def test_a_beat_that_carries_events_is_held_to_the_sequence_like_any_other(store: Store) -> None:
    store.commit([unit("a", 0, "asked", lease=OPEN)])
    (refusal,) = store.commit([unit("a", 0, "late", lease=Beat("reply", "token", 1001.0, ""))])
    assert isinstance(refusal, StaleSequence)
    assert store.leases() == [HELD]


@pytest.mark.parametrize(
    "change",
    [
        OPEN,
        OpenLease("reply", "another", "there:2", 1001.0),
        Beat("reply", "old", 1001.0, "[]"),
        Beat("unknown", "token", 1001.0, "[]"),
        CloseLease("reply", "old"),
        CloseLease("unknown", "token"),
        TakeLease("reply", "old", 1000.0),
        TakeLease("reply", "token", 999.0),
        TakeLease("unknown", "token", 1000.0),
    ],
)
def test_a_lease_that_is_not_as_expected_stops_the_whole_unit(store: Store, change: OpenLease) -> None:
    """Fencing: whoever lost the lease can write nothing under it, neither a checkpoint nor the settled reply."""
    store.commit([unit("a", 0, "asked", lease=OPEN)])
    before = state(store)
    (refusal,) = store.commit([unit("a", 1, "late", lease=change, summary={"title": "late"})])
    assert isinstance(refusal, LeaseLost)
    assert state(store) == before


def test_a_lapsed_reply_is_taken_over_once_and_its_holder_comes_too_late(store: Store) -> None:
    store.commit([unit("a", 0, "asked", lease=OPEN)])
    took, second = store.commit(
        [unit("a", 1, "interrupted", lease=TakeLease("reply", "token", 1000.0)) for _ in range(2)]
    )
    assert isinstance(took, Committed)
    assert isinstance(second, StaleSequence)
    (late,) = store.commit([unit("a", 2, "settled", lease=CloseLease("reply", "token"))])
    assert isinstance(late, LeaseLost)
    assert bodies(store, "a") == ["asked", "interrupted"]


def test_replies_on_two_branches_hold_a_lease_each(store: Store) -> None:
    other = OpenLease("another", "token2", "here:1", 1000.0)
    store.commit([unit("a", 0, "1", lease=OPEN), unit("a", 1, "2", lease=other), unit("b", 0, "3", lease=OPEN)])
    assert [(lease.conversation, lease.reply) for lease in store.leases()] == [
        ("a", "another"),
        ("a", "reply"),
        ("b", "reply"),
    ]
    assert len(store.leases("a")) == 2


def test_the_list_shows_what_the_units_said_of_their_conversations(store: Store) -> None:
    store.commit([unit("a", 0, "1", at=10.0, summary={"title": "Ä talk", "model": "m"}), unit("a", 1, "2", at=20.0)])
    assert store.conversations() == [Summary("a", "Ä talk", 10.0, 20.0, 2, False, False, "m")]
    store.commit([unit("a", 2, summary={"ended": True})])
    store.describe("a", title="Other")
    assert store.summary("a") == Summary("a", "Other", 10.0, 20.0, 2, True, False, "m")


def test_hidden_conversations_are_listed_only_when_asked_for(store: Store) -> None:
    store.commit([unit("a", 0, "1"), unit("run", 0, "1", summary={"hidden": True}), unit("c", 0, "1")])
    assert [summary.conversation for summary in store.conversations()] == ["c", "a"]
    assert [summary.conversation for summary in store.conversations(hidden=True)] == ["c", "run", "a"]
    assert [summary.conversation for summary in store.conversations(hidden=True, limit=2)] == ["c", "run"]
    store.describe("c", hidden=True)
    assert [summary.conversation for summary in store.conversations(limit=1)] == ["a"]


@pytest.mark.fault(57)
def test_order_is_that_of_the_commits_whatever_the_clock_says(store: Store) -> None:
    store.commit([unit("a", 0, "1", at=3e9), unit("b", 0, "1", at=2e9)])
    store.commit([unit("a", 1, "2", at=5.0), unit("a", 2, "3", at=5.0), unit("a", 3, "4", at=-1.0)])
    assert bodies(store, "a") == ["1", "2", "3", "4"]
    assert [summary.conversation for summary in store.conversations()] == ["a", "b"]
    store.commit([unit("b", 1, "2", at=-2.0)])
    assert [summary.conversation for summary in store.conversations()] == ["b", "a"]
    assert store.verify("a").ok


def test_a_deleted_conversation_is_gone_and_its_id_is_never_used_again(store: Store) -> None:
    store.commit([unit("a", 0, "secret", lease=OPEN, summary={"title": "t"}), unit("b", 0, "kept")])
    store.delete("a")
    assert [summary.conversation for summary in store.conversations(hidden=True)] == ["b"]
    assert store.leases() == []
    for attempt in (unit("a", 0, "again"), unit("a", 1, "more"), unit("a", 0, lease=Beat("reply", "token", 1.0, ""))):
        (refusal,) = store.commit([attempt])
        assert isinstance(refusal, NoSuchConversation)
    assert bodies(store, "b") == ["kept"]
    assert [store.was_deleted(name) for name in ("a", "b", "never")] == [True, False, False]


@pytest.mark.parametrize("name", ["unknown", "deleted"])
def test_what_is_not_there_is_said_not_to_be_there(store: Store, name: str) -> None:
    store.commit([unit("deleted", 0, "1")])
    store.delete("deleted")
    for ask in (store.read, store.verify, store.delete, store.summary, store.describe):
        with pytest.raises(NoSuchConversation, match=name):
            ask(name)
    assert store.leases(name) == []


def test_a_whole_log_is_found_whole_with_the_digest_of_its_last_event(store: Store) -> None:
    store.commit([unit("a", 0, *map(str, range(1234)))])
    verdict = store.verify("a")
    assert (verdict.ok, verdict.events, verdict.problem) == (True, 1234, None)
    assert verdict.digest == store.read("a")[-1].digest


def test_own_commits_are_no_news_to_the_one_that_made_them(store: Store) -> None:
    before = store.data_version()
    store.commit([unit("a", 0, "1")])
    assert store.data_version() == before


def test_a_title_with_half_a_character_is_repaired_where_people_see_it(store: Store) -> None:
    store.commit([unit("a", 0, "1", summary={"title": "x\ud800y \ud83d\ude00 \x00"})])
    assert store.summary("a").title == "x\ufffdy \U0001f600 \x00"


@pytest.mark.parametrize(
    "make",
    [
        lambda: unit("", 0, "{}"),
        lambda: unit("é", 0, "{}"),
        lambda: unit("a\0b", 0, "{}"),
        lambda: unit("a" * 201, 0, "{}"),
        lambda: unit("a", 0, "é"),
        lambda: unit("a", 0, "{}", at=float("nan")),
        lambda: unit("a", 0, "{}", at=float("inf")),
        lambda: Append("a", 0, (("bad\nkind", "{}", 1.0),)),
        lambda: unit("a", 0, "{}", summary={"colour": "red"}),  # type: ignore[arg-type]
        lambda: unit("a", 0, "{}", summary={"title": 5}),  # type: ignore[arg-type]
        lambda: Beat("reply", "token", 1.0, "é"),
        lambda: Beat("reply", "token", float("nan"), ""),
        lambda: OpenLease("", "token", "here", 1.0),
        lambda: CloseLease("reply", ""),
    ],
)
def test_what_could_not_come_back_as_it_was_is_refused_before_it_reaches_a_store(make: object) -> None:
    assert callable(make)
    with pytest.raises(SettingsError):
        make()


def test_an_unknown_fact_is_refused(store: Store) -> None:
    store.commit([unit("a", 0, "1")])
    with pytest.raises(SettingsError, match="colour"):
        store.describe("a", colour="red")  # type: ignore[call-arg]


def test_a_closed_store_says_that_it_is_closed(store: Store) -> None:
    store.commit([unit("a", 0, "1")])
    store.close()
    store.close()
    for ask in (lambda: store.read("a"), lambda: store.commit([unit("a", 1, "2")]), store.data_version, store.leases):
        with pytest.raises(StoreError, match="closed"):
            ask()
