"""Many processes on one file: nothing is lost or doubled, and whoever must wait is told so at once."""

from __future__ import annotations

import os
import signal
import sqlite3
import threading
import time
from functools import partial
from pathlib import Path

import pytest

from convend_widget.errors import StoreBusy, StoreError
from convend_widget.store import Append, SqliteStore, open_store
from convend_widget.store import connection as connection_module
from tests.store.desk import append_patiently, bodies, child, outcome, unit, wait_for

pytestmark = [
    pytest.mark.fault(53),
    pytest.mark.skipif(not hasattr(os, "fork"), reason="forks its processes"),
]


def test_ten_processes_and_a_long_reader_lose_and_double_nothing(quick_folder: Path) -> None:
    path, each, workers = quick_folder / "new" / "store.db", 15, 10

    def work(name: int) -> None:
        store = open_store(path)
        for number in range(each):
            append_patiently(store, "shared", f"{name}:{number}")
            append_patiently(store, f"own-{name}", str(number))

    pids = [child(partial(work, name)) for name in range(workers)]
    wait_for(path.exists)
    reader = sqlite3.connect(path, isolation_level=None, timeout=10)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM sqlite_master").fetchone()
    time.sleep(0.3)
    reader.close()
    assert [outcome(pid) for pid in pids] == [0] * workers
    store = open_store(path)
    assert store.verify("shared").ok
    said = bodies(store, "shared")
    assert sorted(said) == sorted(f"{name}:{number}" for name in range(workers) for number in range(each))
    for name in range(workers):
        assert [body for body in said if body.startswith(f"{name}:")] == [f"{name}:{n}" for n in range(each)]
        assert bodies(store, f"own-{name}") == [str(number) for number in range(each)]
    store.close()


@pytest.mark.parametrize("lock", ["BEGIN EXCLUSIVE", "BEGIN IMMEDIATE", "BEGIN; SELECT * FROM event"])
def test_a_lock_elsewhere_is_told_at_once_and_leaves_no_trace(quick_folder: Path, lock: str) -> None:
    store = SqliteStore(quick_folder / "store.db")
    store.commit([unit("a", 0, "1")])
    other = sqlite3.connect(store.path, isolation_level=None)
    for statement in lock.split("; "):
        other.execute(statement).fetchone()
    for _ in range(3):
        with pytest.raises(StoreBusy, match=r"store\.db"):
            store.commit([unit("a", 1, "2")])
    if lock == "BEGIN EXCLUSIVE":
        with pytest.raises(StoreBusy):
            store.read("a")
    else:
        assert bodies(store, "a") == ["1"]
    other.execute("ROLLBACK")
    store.commit([unit("a", 1, "2")])
    assert bodies(store, "a") == ["1", "2"]
    other.close()
    store.close()


def test_opening_waits_for_a_lock_to_a_deadline_and_then_says_so(
    quick_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection_module, "OPENING", 0.05)
    store = open_store(quick_folder / "store.db")
    other = sqlite3.connect(quick_folder / "store.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StoreBusy):
        open_store(quick_folder / "store.db")
    other.close()
    open_store(quick_folder / "store.db").close()
    store.close()


@pytest.mark.parametrize("lock", ["BEGIN IMMEDIATE", "BEGIN EXCLUSIVE"])
def test_the_lock_of_a_process_that_was_killed_is_no_lock(quick_folder: Path, lock: str) -> None:
    path = quick_folder / "store.db"
    store = SqliteStore(path)
    store.commit([unit("a", 0, "1")])

    def die_with_the_lock() -> None:
        mine = sqlite3.connect(path, isolation_level=None)
        mine.execute("PRAGMA cache_size = 1")
        mine.execute(lock)
        mine.execute("UPDATE event SET body = ?", ("x" * 100_000,))
        os.kill(os.getpid(), signal.SIGKILL)

    assert outcome(child(die_with_the_lock)) == -signal.SIGKILL
    assert (quick_folder / "store.db-journal").stat().st_size > 0
    store.commit([unit("a", 1, "2")])
    assert bodies(store, "a") == ["1", "2"]
    assert store.verify("a").ok
    store.close()


def test_what_another_process_stores_is_noticed_and_what_it_deletes_is_gone(quick_folder: Path) -> None:
    store = SqliteStore(quick_folder / "store.db")
    store.commit([unit("a", 0, "1"), unit("b", 0, "1")])
    quiet = store.data_version()
    assert store.data_version() == quiet

    def write() -> None:
        other = SqliteStore(quick_folder / "store.db")
        other.commit([unit("a", 1, "2")])
        other.delete("b")

    assert outcome(child(write)) == 0
    assert store.data_version() != quiet
    assert [record.body for record in store.read("a", after=1)] == ["2"]
    assert [summary.conversation for summary in store.conversations()] == ["a"]
    store.close()


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_store_that_was_carried_through_a_fork_works_on_both_sides(quick_folder: Path) -> None:
    """Forks happen while another thread is in the middle of commits; neither side hangs, loses or breaks anything."""
    store, stop, wrote = SqliteStore(quick_folder / "store.db"), threading.Event(), list[object]()

    def write() -> None:
        while not stop.is_set():
            (result,) = store.commit([Append("parent", len(wrote), (("said", "x" * 9000, 1.0),))])
            wrote.append(result)
            time.sleep(0.001)

    def work(name: int) -> None:
        for number in range(5):
            append_patiently(store, f"child-{name}", str(number))

    def patiently() -> None:
        while not stop.is_set():
            try:
                write()
            except StoreBusy:
                continue

    thread = threading.Thread(target=patiently)
    thread.start()
    wait_for(lambda: wrote)
    pids = [child(partial(work, name)) for name in range(8)]
    ends = [outcome(pid) for pid in pids]
    stop.set()
    thread.join()
    assert ends == [0] * 8
    assert len(store.read("parent")) == len(wrote)
    assert not any(isinstance(result, StoreError) for result in wrote)
    for name in range(8):
        assert bodies(store, f"child-{name}") == ["0", "1", "2", "3", "4"]
    assert all(store.verify(summary.conversation).ok for summary in store.conversations())
    store.close()


def test_a_forked_child_does_not_use_its_parents_connection(quick_folder: Path) -> None:
    opened: list[int] = []

    def connect(*args: object, **options: object) -> sqlite3.Connection:
        opened.append(os.getpid())
        made: sqlite3.Connection = sqlite3.connect(*args, **options)  # type: ignore[call-overload]
        return made

    store = SqliteStore(quick_folder / "store.db", connect=connect)

    def use() -> None:
        append_patiently(store, "a", "1")
        assert opened == [os.getppid(), os.getpid()]
        store.close()

    assert outcome(child(use)) == 0
    assert opened == [os.getpid()]
    append_patiently(store, "a", "2")
    assert bodies(store, "a") == ["1", "2"]
    store.close()
