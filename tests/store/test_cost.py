"""What things cost, in counts: work must not grow with what else is in the store."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from convend_widget.store import Beat, CloseLease, OpenLease, SqliteStore
from tests.store.desk import unit


class Counted:
    """A store, the statements that it asks, and the steps that SQLite takes for them."""

    def __init__(self, path: Path) -> None:
        self.asked: list[str] = []
        self.steps = 0
        self.store = SqliteStore(path, connect=self._connect)

    def _connect(self, *args: Any, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = sqlite3.connect(*args, **options)
        connection.set_trace_callback(self.asked.append)
        connection.set_progress_handler(self._step, 1)
        return connection

    def _step(self) -> int:
        self.steps += 1
        return 0

    def cost(self, do: Any) -> int:
        before = self.steps
        do(self.store)
        return self.steps - before


WORK = {
    "append": lambda store: store.commit([unit("a", store.summary("a").events, "1")]),
    "beat": lambda store: store.commit([unit("a", 0, lease=Beat("r", "t", 2.0, "[]"))]),
    "read the end": lambda store: store.read("a", after=store.summary("a").events - 3),
    "list the newest": lambda store: store.conversations(limit=5),
    "list all newest": lambda store: store.conversations(hidden=True, limit=5),
    "describe": lambda store: store.describe("a", title="x"),
    "look for news": lambda store: store.data_version(),
    "leases": lambda store: store.leases("a"),
    "a small one": lambda store: store.verify("small"),
    "create and delete": lambda store: (store.commit([unit("z", 0, "1")]), store.delete("z")),
}


@pytest.mark.fault(56)
@pytest.mark.parametrize("name", WORK)
def test_the_cost_is_the_same_in_a_small_store_and_in_a_large_one(tmp_path: Path, name: str) -> None:
    counted = Counted(tmp_path / "store.db")
    store = counted.store
    store.commit(
        [unit("small", 0, "1", "2"), unit("b", 0, "1"), unit("c", 0, "1"), unit("d", 0, "1"), unit("e", 0, "1")]
    )
    store.commit([unit("a", 0, "1", "2", "3", lease=OpenLease("r", "t", "here", 1.0))])
    small = counted.cost(WORK[name])
    store.commit([unit(f"more-{n}", 0, "1", summary={"hidden": n % 2 == 0}) for n in range(500)])
    store.commit([unit("a", store.summary("a").events, *("1" for _ in range(5000)))])
    if name == "create and delete":  # its id has a tombstone now
        large = counted.cost(lambda store: (store.commit([unit("y", 0, "1")]), store.delete("y")))
    else:
        large = counted.cost(WORK[name])
    assert large <= small * 1.2 + 20
    store.close()


@pytest.mark.fault(56)
def test_no_statement_goes_through_a_whole_table(tmp_path: Path) -> None:
    counted = Counted(tmp_path / "store.db")
    store = counted.store
    counted.asked.clear()
    store.commit([unit("a", 0, "1", lease=OpenLease("r", "t", "here", 1.0)), unit("b", 0, "1")])
    store.commit([unit("a", 1, "2", lease=Beat("r", "t", 1.0, "")), unit("small", 0, "1")])
    for do in WORK.values():
        do(store)
    store.commit([unit("a", store.summary("a").events, "3", lease=CloseLease("r", "t"))])
    plain = sqlite3.connect(store.path)
    asked = [sql for sql in counted.asked if sql.startswith(("SELECT", "INSERT", "UPDATE", "DELETE"))]
    assert len(asked) > 20
    for sql in asked:
        for *_, step in plain.execute(f"EXPLAIN QUERY PLAN {sql}"):
            assert "TEMP B-TREE" not in step, sql
            assert not step.startswith("SCAN") or ("INDEX" in step and "LIMIT" in sql), sql
    plain.close()
    store.close()


def test_the_file_takes_at_most_half_more_than_what_is_in_it(tmp_path: Path) -> None:
    """A thousand turns of a question and a short answer, each stored by itself."""
    store = SqliteStore(tmp_path / "store.db")
    payload = 0
    for turn in range(1000):
        question, answer = f"{turn}" + "q" * (150 + turn % 300), f"{turn}" + "a" * (400 + turn * 37 % 1200)
        store.commit([unit("a", turn * 2, question, answer)])
        payload += len(question) + len(answer)
    store.close()
    assert store.path.stat().st_size <= 1.5 * payload


def test_what_is_deleted_is_gone_from_the_file_and_its_journal(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store.db")
    store.commit(
        [unit("a", 0, "SECRET" * 9000, "SECRET", lease=OpenLease("r", "t", "here", 1.0), summary={"title": "SECRET"})]
    )
    store.commit([unit("a", 0, lease=Beat("r", "t", 2.0, "SECRET" * 3000)), unit("b", 0, "kept")])
    assert b"SECRET" in store.path.read_bytes()
    store.delete("a")
    for path in tmp_path.iterdir():
        assert b"SECRET" not in path.read_bytes()
    assert b"kept" in store.path.read_bytes()
    store.close()
