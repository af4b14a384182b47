"""One connection to one file: its settings, what its errors mean to a person, and what a fork does to it.

A rollback journal rather than a write-ahead log, since home folders are often on a network; whoever has switched their
file to a write-ahead log keeps it. ``synchronous=FULL`` with a truncated journal survives a power cut, and costs less
than one that is deleted at every commit.

SQLite forbids a child process to use, or even close, its parent's connection, and counts a process's locks in memory
that a fork copies. So a fork waits until no connection is in the middle of something; the child then leaves the
inherited one alone and opens its own at first use. The lock for that also lets any thread call.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from weakref import WeakSet

from ..errors import StoreBusy, StoreDamaged, StoreError, StoreReadOnly
from .schema import prepare

Connect = Callable[..., sqlite3.Connection]

OPENING = 5.0  # seconds to wait for the lock while opening: others may be creating or migrating the same file
WAITING = 0.02  # seconds afterwards: long enough for a short read elsewhere to end, too short to stall anything
PAGE = 8192  # bytes; fixed when the file is made. See bench/store.py
RECOVERY = (
    "Export the chats that still open, then move the file away. "
    'What else is readable comes out with: sqlite3 "{path}" .recover'
)


class StoreFile:
    """Hands out the connection to ``path``, one user at a time, and turns SQLite's errors into ours.

    ``connect`` is ``sqlite3.connect`` or stands in for it. Opens the file at once; raises ``StoreBusy``,
    ``StoreReadOnly``, ``StoreTooNew``, ``StoreDamaged``, or its kind ``NotOurs``.
    """

    def __init__(self, path: Path, *, writable: bool = True, connect: Connect = sqlite3.connect) -> None:
        self.path = path.absolute()
        self.writable = writable
        self._connect = connect
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._closed = False
        with self.using():
            _files.add(self)

    @contextmanager
    def using(self) -> Iterator[sqlite3.Connection]:
        """The open connection, for the length of the block."""
        with self._lock:
            if self._closed:
                raise StoreError(f"The store {self.path} is closed.", advice="Open it again.")
            try:
                if self._connection is None:
                    self._connection = self._open()
                yield self._connection
            except sqlite3.Error as error:
                raise self._meaning(error) from error

    def is_at(self, path: Path) -> bool:
        """Whether this is open, and on that very file, under whatever name."""
        try:
            return not self._closed and self.path.samefile(path)
        except OSError:
            return False

    def close(self) -> None:
        """Let go of the file; twice is fine."""
        with self._lock:
            self._closed = True
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _open(self) -> sqlite3.Connection:
        new = self.writable and not self.path.exists()
        connection = self._connect(
            f"{self.path.as_uri()}?mode={'rwc' if self.writable else 'ro'}",
            uri=True,
            isolation_level=None,
            timeout=OPENING,
            check_same_thread=False,
        )
        try:
            if new:
                with suppress(OSError):  # a file system without permissions
                    self.path.chmod(0o600)
            connection.execute(f"PRAGMA page_size = {PAGE}")
            connection.execute("PRAGMA trusted_schema = OFF")
            prepare(connection, str(self.path))
            if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
                connection.execute("PRAGMA journal_mode = TRUNCATE")
                self._check_length(connection)
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA secure_delete = ON")
            connection.execute(f"PRAGMA busy_timeout = {int(WAITING * 1000)}")
        except BaseException:
            connection.close()
            raise
        return connection

    def _check_length(self, connection: sqlite3.Connection) -> None:
        """SQLite takes what is missing of the last page for zeros, so a file that lost a few bytes would pass."""
        pages, size = (int(connection.execute(f"PRAGMA page_{what}").fetchone()[0]) for what in ("count", "size"))
        if self.path.stat().st_size < pages * size:
            raise sqlite3.DatabaseError("its end is missing")

    def _meaning(self, error: sqlite3.Error) -> StoreError:
        # By class and text, since Python 3.10 does not tell SQLite's codes.
        text = str(error)
        if isinstance(error, sqlite3.OperationalError):
            if "is locked" in text:
                return StoreBusy(f"Another process is using {self.path}.")
            if "is full" in text:
                return StoreReadOnly(f"{self.path} cannot be written: the disk is full.")
            if not self.path.exists():
                return StoreReadOnly(f"{self.path} was moved or removed, or cannot be reached.")
            if any(sign in text for sign in ("readonly", "unable to open", "I/O", "permission", "locking protocol")):
                return StoreReadOnly(f"{self.path} cannot be used: {text}.")
        if isinstance(error, sqlite3.DataError | sqlite3.ProgrammingError | sqlite3.InterfaceError):
            return StoreError(f"{self.path} cannot take this: {text}.")
        return StoreDamaged(f"{self.path} is damaged: {text}.", advice=RECOVERY.format(path=self.path))

    def hold(self) -> None:
        """Before a fork: wait until the connection is idle and holds no lock, and keep it so."""
        self._lock.acquire()

    def resume(self) -> None:
        """After a fork, in the parent: go on."""
        self._lock.release()

    def leave(self) -> None:
        """After a fork, in the child: never touch the parent's connection, and open an own one when needed."""
        self._lock = threading.RLock()
        if self._connection is not None:
            _inherited.append(self._connection)
            self._connection = None


_files: WeakSet[StoreFile] = WeakSet()
_held: list[StoreFile] = []
_inherited: list[sqlite3.Connection] = []  # kept, since being collected would close them


def open_here(path: Path) -> StoreFile | None:
    """The store file of this process that is this very file, if one is open."""
    return next((file for file in list(_files) if file.is_at(path)), None)


def _before_fork() -> None:
    _held.extend(_files)
    for file in _held:
        file.hold()


def _after_in_parent() -> None:
    while _held:
        _held.pop().resume()


def _after_in_child() -> None:
    while _held:
        _held.pop().leave()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_in_parent, after_in_child=_after_in_child)
