"""Looking into a store that somebody handed over, or that is in use: a copy is opened, the file itself never.

Opening a store may roll back a journal, bring its schema up to date, or put files beside it; all of that happens to
the copy. A file is not trusted: with a view or a trigger in it, reading a table could take for ever.
"""

from __future__ import annotations

import shutil
import sqlite3
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path

from ..errors import StoreBusy, StoreDamaged
from .connection import OPENING, open_here
from .salvage import bring_over
from .schema import NotOurs, prepare, transaction
from .sqlite import SqliteStore

_LOGS = ("-wal", "-journal")  # what of a database may lie beside it
_TRIES = 5
_PARTS = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name"


@contextmanager
def looked_into(path: Path) -> Iterator[tuple[SqliteStore, int | None]]:
    """A store with what ``path`` holds; and None, or of a damaged file how many conversations could not be read.

    Raises ``NotOurs``, ``StoreTooNew``, ``StoreBusy`` while it is written to all the time, ``StoreDamaged`` where
    nothing can be read, and ``OSError``.
    """
    with tempfile.TemporaryDirectory(prefix="convend-") as folder:
        copy = Path(folder, "copy.db")
        _copy(path, copy)
        store, lost = _opened(copy)
        try:
            yield store, lost
        finally:
            store.close()


def size_of(path: Path) -> int:
    """The bytes of a file with its logs, all of which are copied to look into it. Raises ``OSError``."""
    logs = [path.with_name(path.name + suffix) for suffix in _LOGS]
    return path.stat().st_size + sum(log.lstat().st_size for log in logs if _is_file(log))


def _opened(copy: Path) -> tuple[SqliteStore, int | None]:
    try:
        store = SqliteStore(copy)
    except NotOurs:
        raise
    except StoreDamaged:
        store = SqliteStore(copy.with_name("whole.db"))
        came, lost = bring_over(copy, store)
        if not came:
            store.close()
            raise
        return store, lost
    if _parts(copy) != _usual_parts():
        store.close()
        raise NotOurs("It has tables, views or triggers that no store has.")
    return store, None


def _copy(path: Path, copy: Path) -> None:
    """The file as it is between two commits."""
    ours = open_here(path)
    if ours is not None:  # closing the file a second time in one process would let go of its locks
        with ours.using() as db:
            _back_up(db, copy)
    elif _keeps_a_wal(path) or not _through_locks(path, copy):
        _file_by_file(path, copy)


def _through_locks(path: Path, copy: Path) -> bool:
    """Copy as SQLite reads, so that writers are waited for. False where that cannot be done without writing."""
    try:
        address = f"{path.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(address, uri=True, timeout=OPENING, isolation_level=None)) as db:
            db.execute("PRAGMA trusted_schema = OFF")
            with transaction(db, "BEGIN"):
                db.execute("SELECT count(*) FROM sqlite_master").fetchone()  # a backup would wait for the lock for ever
                _back_up(db, copy)
    except sqlite3.Error as error:
        if "is locked" in str(error):
            raise StoreBusy("It is being written to.") from error
        return False  # a journal to roll back, or damage: whoever opens the copy will see
    # What is missing of the end would be zeros in the copy, and nobody would notice.
    return copy.stat().st_size <= path.stat().st_size


def _back_up(db: sqlite3.Connection, copy: Path) -> None:
    with closing(sqlite3.connect(copy)) as target:
        db.backup(target)


def _file_by_file(path: Path, copy: Path) -> None:
    """Copy the file and its logs; again, if one of them changed meanwhile."""
    for _ in range(_TRIES):
        before = _state(path)
        for suffix in ("", *_LOGS):
            beside, target = path.with_name(path.name + suffix), copy.with_name(copy.name + suffix)
            target.unlink(missing_ok=True)
            if _is_file(beside):
                shutil.copyfile(beside, target)
        if _state(path) == before:
            return
        time.sleep(0.2)
    raise StoreBusy("It is being written to.")


def _state(path: Path) -> list[tuple[int, int, int] | None]:
    found = []
    for suffix in ("", *_LOGS):
        beside = path.with_name(path.name + suffix)
        now = beside.lstat() if _is_file(beside) else None
        found.append((now.st_ino, now.st_size, now.st_mtime_ns) if now else None)
    return found


def _is_file(path: Path) -> bool:
    """Whether a plain file is there, which no link leads elsewhere."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except FileNotFoundError:
        return False


def _keeps_a_wal(path: Path) -> bool:
    """Whether the file is kept with a write-ahead log: then even reading it would put files beside it."""
    with path.open("rb") as file:
        return 2 in file.read(20)[18:]


def _parts(copy: Path) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(copy)) as db:
        return db.execute(_PARTS).fetchall()


@cache
def _usual_parts() -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        prepare(db, "a new store")
        return db.execute(_PARTS).fetchall()
