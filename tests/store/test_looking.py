"""Looking into a store that others use: what is seen is whole, and the file and all beside it stay as they are."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from convend_widget.errors import StoreBusy, StoreTooNew
from convend_widget.store import NotOurs, SqliteStore, looked_into
from tests.store.desk import bodies, unit

OTHER = """
import sqlite3, sys
sqlite3.connect(sys.argv[1], isolation_level=None, timeout=0).execute("BEGIN EXCLUSIVE")
"""


def filled(path: Path, events: int = 5) -> SqliteStore:
    store = SqliteStore(path)
    for number in range(events):
        store.commit([unit("c", number, str(number))])
    return store


def listing(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def seen(path: Path) -> list[str]:
    with looked_into(path) as (store, lost):
        assert lost is None
        assert store.path != path
        assert store.verify("c").ok
        return bodies(store, "c")


def test_a_store_that_is_open_here_can_be_looked_into_and_keeps_its_locks(tmp_path: Path):
    path = tmp_path / "a.db"
    store = filled(path)
    with store._file.using() as db:
        db.execute("BEGIN")
        db.execute("SELECT * FROM event").fetchone()
        assert seen(path) == [str(n) for n in range(5)]
        # Had looking opened and closed the file, all locks that this process has on it would be gone.
        other = subprocess.run([sys.executable, "-c", OTHER, str(path)], capture_output=True, text=True)
        assert "is locked" in other.stderr
        db.execute("ROLLBACK")
    store.close()


def test_a_store_with_a_journal_to_roll_back_is_rolled_back_in_the_copy_alone(tmp_path: Path):
    filled(tmp_path / "a.db").close()
    path = tmp_path / "b" / "a.db"
    path.parent.mkdir()
    with closing(sqlite3.connect(tmp_path / "a.db", isolation_level=None)) as db:
        db.execute("PRAGMA cache_size = 1")
        db.execute("PRAGMA cache_spill = 1")
        db.execute("BEGIN IMMEDIATE")
        db.execute("UPDATE event SET body = body || hex(zeroblob(20000))")  # spills, so that the journal is on the disk
        for name in ("a.db", "a.db-journal"):
            shutil.copy(tmp_path / name, path.with_name(name))
    before = listing(path.parent)
    assert len(before["a.db-journal"]) > 0
    assert seen(path) == [str(n) for n in range(5)]
    assert listing(path.parent) == before


def test_a_write_ahead_log_is_read_and_nothing_is_put_beside_it(tmp_path: Path):
    filled(tmp_path / "a.db", 3).close()
    with closing(sqlite3.connect(tmp_path / "a.db")) as db:
        db.execute("PRAGMA journal_mode = WAL")
        store = SqliteStore(tmp_path / "a.db")
        for number in (3, 4):
            store.commit([unit("c", number, str(number))])
        path = tmp_path / "b" / "a.db"
        path.parent.mkdir()
        for name in ("a.db", "a.db-wal"):
            shutil.copy(tmp_path / name, path.with_name(name))
        store.close()
    before = listing(path.parent)
    assert seen(path) == [str(n) for n in range(5)]
    assert listing(path.parent) == before


def test_while_others_write_what_is_seen_is_whole(quick_folder: Path):
    path = quick_folder / "a.db"
    filled(path).close()
    child = os.fork()
    if child == 0:
        store, number = SqliteStore(path), 5
        while number < 400:
            try:
                store.commit([unit("c", number, str(number))])
            except StoreBusy:
                continue
            number += 1
        os._exit(0)
    lengths = [len(seen(path))]
    while not os.waitpid(child, os.WNOHANG)[0]:
        lengths.append(len(seen(path)))
    assert lengths == sorted(lengths)


def test_what_is_no_store_is_told_apart(tmp_path: Path):
    with closing(sqlite3.connect(tmp_path / "other.db")) as db:
        db.execute("CREATE TABLE t (x)")
    with pytest.raises(NotOurs), looked_into(tmp_path / "other.db"):
        pass
    filled(tmp_path / "new.db").close()
    with closing(sqlite3.connect(tmp_path / "new.db")) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreTooNew), looked_into(tmp_path / "new.db"):
        pass


def test_what_is_whole_in_a_damaged_store_is_seen_and_the_rest_counted(tmp_path: Path):
    path = tmp_path / "a.db"
    store = filled(path)
    store.commit([unit("other", 0, "x" * 60_000)])
    store.close()
    os.truncate(path, path.stat().st_size - 9000)
    before = path.read_bytes()
    with looked_into(path) as (store, lost):
        assert lost == 1
        assert [s.conversation for s in store.conversations()] == ["c"]
    assert path.read_bytes() == before
