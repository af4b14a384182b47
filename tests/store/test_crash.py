"""Death and failure at every statement: what was there before is there, or what was to be, and never a part of it."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from convend_widget.errors import StoreError
from convend_widget.store import Append, Beat, CloseLease, OpenLease, SqliteStore
from tests.store.desk import child, outcome, state, unit

pytestmark = [
    pytest.mark.fault(51),
    pytest.mark.skipif(not hasattr(os, "fork"), reason="kills forked children"),
]
LONG = "x" * 20_000
Step = Callable[[SqliteStore], object]
LIFE: list[Step] = [
    lambda store: store.commit([unit("a", 0, "asked", LONG, lease=OpenLease("r", "t", "here", 1.0))]),
    lambda store: store.commit([unit("a", 0, lease=Beat("r", "t", 2.0, LONG))]),
    lambda store: store.commit([unit("b", 0, LONG, "2"), unit("b", 0, "refused"), unit("c", 0, "3", LONG)]),
    lambda store: store.commit([unit("a", 2, "settled", lease=CloseLease("r", "t"), summary={"ended": True})]),
    lambda store: store.describe("b", title="renamed", hidden=True),
    lambda store: store.delete("c"),
    lambda store: store.commit([unit("b", 2, *(f"{n}{LONG}" for n in range(20)))]),
]


def whole_life(path: Path) -> list[object]:
    """Every state between the steps, as seen by somebody who opens the file then."""
    states = []
    for steps in range(len(LIFE) + 1):
        folder = path / str(steps)
        folder.mkdir()
        store = SqliteStore(folder / "store.db")
        for step in LIFE[:steps]:
            step(store)
        states.append(state(store))
        store.close()
    return states


def seen_by_others(path: Path) -> object:
    store = SqliteStore(path)
    try:
        return state(store)
    finally:
        store.close()


def dying(at: int, cache_pages: int) -> Callable[..., sqlite3.Connection]:
    """Connections of a process that is killed when it begins its ``at``-th statement."""
    left = count(at, -1)

    def statement(_: str) -> None:
        if next(left) == 1:
            os.kill(os.getpid(), signal.SIGKILL)

    def connect(*args: Any, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = sqlite3.connect(*args, **options)
        connection.execute(f"PRAGMA cache_size = {cache_pages}")
        connection.set_trace_callback(statement)
        return connection

    return connect


@pytest.mark.parametrize("cache_pages", [2000, 1], ids=["written at commit", "written before commit"])
def test_killed_at_any_statement_the_store_is_old_or_new_and_verifies(quick_folder: Path, cache_pages: int) -> None:
    """With a cache of one page, half a transaction is in the file already when the process dies."""
    states = whole_life(quick_folder)
    for at in count(1):
        path = quick_folder / f"killed-{at}.db"
        reader, writer = os.pipe()

        def live(path: Path = path, at: int = at, writer: int = writer) -> None:
            store = SqliteStore(path, connect=dying(at, cache_pages))
            for step in LIFE:
                step(store)
                os.write(writer, b".")

        end = outcome(child(live))
        os.close(writer)
        done = len(os.read(reader, 100))
        os.close(reader)
        store = SqliteStore(path)
        assert state(store) in states[done : done + 2], f"killed at statement {at}, after step {done}"
        with closing(sqlite3.connect(path)) as plain:
            assert plain.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        for step in LIFE[states.index(state(store)) :]:
            step(store)
        assert state(store) == states[-1]
        store.close()
        path.unlink()
        if end == 0:
            assert at > 60
            return
        assert end == -signal.SIGKILL


class Failing(sqlite3.Connection):
    """Fails at its n-th statement, before or after SQLite has done it."""

    left: Iterator[int] = iter(())
    after = False

    def _maybe(self, do: Callable[[], sqlite3.Cursor]) -> sqlite3.Cursor:
        fails = next(self.left, 0) == 1
        if fails and not self.after:
            raise sqlite3.OperationalError("disk I/O error")
        result = do()
        if fails:
            result.close()
            raise sqlite3.OperationalError("disk I/O error")
        return result

    def execute(self, *args: Any) -> sqlite3.Cursor:
        return self._maybe(lambda: super(Failing, self).execute(*args))

    def executemany(self, *args: Any) -> sqlite3.Cursor:
        return self._maybe(lambda: super(Failing, self).executemany(*args))


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_when_any_statement_fails_the_caller_hears_it_and_the_store_goes_on(quick_folder: Path, after: bool) -> None:
    states = whole_life(quick_folder)
    for at in count(1):
        left = count(at, -1)
        path = quick_folder / f"failing-{at}.db"

        def connect(*args: Any, left: Iterator[int] = left, **options: Any) -> sqlite3.Connection:
            connection: Failing = sqlite3.connect(*args, **options, factory=Failing)
            connection.left, connection.after = left, after
            return connection

        failures = 0
        try:
            store = SqliteStore(path, connect=connect)
        except StoreError:
            failures, store = 1, SqliteStore(path, connect=connect)
        for done, step in enumerate(LIFE):
            try:
                step(store)
            except StoreError:
                failures += 1
                now = seen_by_others(path)
                assert now in states[done : done + 2], f"failed at statement {at}"
                if now == states[done]:
                    step(store)
        store.close()
        assert seen_by_others(path) == states[-1]
        path.unlink()
        if failures == 0:
            assert at > 60
            return
        assert failures == 1


def test_killed_at_any_moment_of_its_commits_it_loses_none_that_it_was_told_of(quick_folder: Path) -> None:
    path, chance = quick_folder / "store.db", random.Random(51)
    store = SqliteStore(path)
    for _ in range(12):
        reader, writer = os.pipe()
        before = store.read("a")[-1].seq if store.conversations() else 0

        def write(writer: int = writer, before: int = before) -> None:
            mine = SqliteStore(path)
            for seq in count(before, 2):
                mine.commit([Append("a", seq, (("one", LONG, 1.0), ("two", LONG, 1.0)))])
                os.write(writer, b".")

        pid = child(write)
        os.read(reader, 1)
        time.sleep(chance.random() * 0.02)
        os.kill(pid, signal.SIGKILL)
        assert outcome(pid) == -signal.SIGKILL
        os.close(writer)
        told = 1 + len(os.read(reader, 100_000))
        os.close(reader)
        verdict = store.verify("a")
        assert verdict.ok
        assert verdict.events - before in (2 * told, 2 * told + 2)
        assert [record.kind for record in store.read("a")] == ["one", "two"] * (verdict.events // 2)
    store.close()
