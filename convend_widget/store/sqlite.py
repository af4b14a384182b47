"""The store that lasts: one SQLite file.

Every write begins with ``BEGIN IMMEDIATE``: a transaction that reads first and writes later can fail in a way that no
waiting helps. What is read is read in one transaction that ends before anything is done with it, so that a slow reader
here never keeps a writer elsewhere waiting.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import LeaseLost, NoSuchConversation, StaleSequence, StoreDamaged, StoreError
from .connection import RECOVERY, Connect, StoreFile
from .digest import chained, genesis
from .log import follow, is_sound, log_rows, places
from .protocol import (
    Append,
    Beat,
    CloseLease,
    Committed,
    Facts,
    Lease,
    LeaseChange,
    NewEvent,
    Notice,
    OpenLease,
    Record,
    Summary,
    Verdict,
    checked,
)
from .schema import transaction

if TYPE_CHECKING:
    from typing_extensions import Unpack

STEP = 500  # events that verify() holds at a time
_FIND = "SELECT number, seq, digest FROM conversation WHERE id = ? AND deleted = 0"
_SUMMARY = "SELECT id, title, created, changed, seq, ended, hidden, model FROM conversation"
_LEASE = (
    "SELECT c.id, reply, token, holder, beat, partial FROM lease"
    " JOIN conversation AS c ON c.number = lease.conversation"
)


class SqliteStore:
    """A store in one file. May be called from any thread; calls wait for each other, and for the disk.

    Opens the file at once and raises as ``StoreFile`` does. ``open_store`` is the friendly way to open one.
    """

    def __init__(
        self,
        path: Path,
        *,
        writable: bool = True,
        notices: tuple[Notice, ...] = (),
        connect: Connect = sqlite3.connect,
    ) -> None:
        self._file = StoreFile(path, writable=writable, connect=connect)
        self.path = self._file.path
        self.writable = writable
        self.notices = notices
        self.where = f"stored in {self.path}" if writable else f"read from {self.path}, not saved"

    def __repr__(self) -> str:
        return f"SqliteStore({str(self.path)!r})"

    def commit(self, batch: Sequence[Append]) -> list[Committed | StoreError]:
        with self._writing() as db:
            return [_attempt(db, unit) for unit in batch]

    def read(self, conversation: str, after: int = 0) -> list[Record]:
        with self._reading() as db:
            number, _, _ = _find(db, conversation)
            rows = log_rows(db, number, after)
        if not all(map(is_sound, rows)):
            raise StoreDamaged(
                f"The log of conversation {conversation} in {self.path} holds what no log can hold.",
                advice=RECOVERY.format(path=self.path),
            )
        return [Record(seq, kind, body, at, digest.hex()) for seq, kind, body, at, digest in rows]

    def leases(self, conversation: str | None = None) -> list[Lease]:
        which, values = ("", ()) if conversation is None else (" WHERE c.id = ?", (conversation,))
        with self._file.using() as db:
            rows = db.execute(f"{_LEASE}{which} ORDER BY c.id, reply", values).fetchall()
        return [Lease(*row) for row in rows]

    def conversations(self, *, hidden: bool = False, limit: int | None = None) -> list[Summary]:
        which = "deleted = 0" if hidden else "deleted = 0 AND hidden = 0"
        with self._file.using() as db:
            rows = db.execute(
                f"{_SUMMARY} WHERE {which} ORDER BY touched DESC LIMIT ?", (-1 if limit is None else limit,)
            ).fetchall()
        return [_summary(row) for row in rows]

    def summary(self, conversation: str) -> Summary:
        with self._file.using() as db:
            row = db.execute(f"{_SUMMARY} WHERE id = ? AND deleted = 0", (conversation,)).fetchone()
        if row is None:
            raise _unknown(conversation)
        return _summary(row)

    def describe(self, conversation: str, **facts: Unpack[Facts]) -> None:
        sound = checked(facts)
        with self._writing() as db:
            number, _, _ = _find(db, conversation)
            _describe(db, number, sound)

    def delete(self, conversation: str) -> None:
        with self._writing() as db:
            number, _, _ = _find(db, conversation)
            db.execute("DELETE FROM event WHERE place BETWEEN ? AND ?", places(number))
            db.execute("DELETE FROM lease WHERE conversation = ?", (number,))
            db.execute(
                "UPDATE conversation SET deleted = 1, seq = 0, digest = x'', touched = NULL, created = 0,"
                " changed = 0, title = '', ended = 0, hidden = 0, model = '' WHERE number = ?",
                (number,),
            )

    def was_deleted(self, conversation: str) -> bool:
        with self._file.using() as db:
            row = db.execute("SELECT deleted FROM conversation WHERE id = ?", (conversation,)).fetchone()
        return row is not None and bool(row[0])

    def data_version(self) -> int:
        with self._file.using() as db:
            return int(db.execute("PRAGMA data_version").fetchone()[0])

    def verify(self, conversation: str) -> Verdict:
        seq, digest = 0, genesis(conversation)
        while True:
            try:
                with self._reading() as db:
                    number, length, last = _find(db, conversation)
                    rows = log_rows(db, number, seq, STEP)
            except StoreDamaged as error:
                return Verdict(False, seq, digest.hex(), f"Event {seq + 1} or one soon after: {error.what}")
            for row in rows:
                problem, digest = follow(conversation, seq, digest, row)
                if problem:
                    return Verdict(False, seq, digest.hex(), problem)
                seq += 1
            if len(rows) < STEP:
                break
        if seq != length:
            return Verdict(False, seq, digest.hex(), f"The log has {seq} events, where {length} were stored.")
        if digest != last:
            return Verdict(False, seq, digest.hex(), "The log ends otherwise than it was stored.")
        return Verdict(True, seq, digest.hex(), None)

    def close(self) -> None:
        self._file.close()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._file.using() as db, transaction(db, "BEGIN IMMEDIATE"):
            yield db

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._file.using() as db, transaction(db, "BEGIN"):
            yield db


def _attempt(db: sqlite3.Connection, unit: Append) -> Committed | StoreError:
    """One unit in a savepoint of its own, so that it leaves nothing when it is refused."""
    result: Committed | StoreError
    db.execute("SAVEPOINT unit")
    try:
        result = _append(db, unit)
    except StoreError as refusal:
        db.execute("ROLLBACK TO unit")
        result = refusal
    except sqlite3.DataError as error:
        db.execute("ROLLBACK TO unit")
        result = StoreError(f"An event is too big to be stored: {error}.", advice="Send less at a time.")
    db.execute("RELEASE unit")
    return result


def _append(db: sqlite3.Connection, unit: Append) -> Committed:
    try:
        number, seq, digest = _find(db, unit.conversation)
    except NoSuchConversation:
        if unit.expected or not unit.events:
            raise
        number, seq, digest = _create(db, unit.conversation, unit.events[0][2])
    if unit.expected != seq and not unit.heartbeat:
        raise StaleSequence(unit.conversation, expected=unit.expected, current=seq)
    records = _extend(db, unit.conversation, number, seq, digest, unit.events) if unit.events else ()
    if unit.lease is not None and not _change(db, number, unit.lease):
        raise LeaseLost(f"The reply {unit.lease.reply} is not held under this token.")
    if unit.summary:
        _describe(db, number, unit.summary)
    return Committed(records)


def _create(db: sqlite3.Connection, conversation: str, at: float) -> tuple[int, int, bytes]:
    digest = genesis(conversation)
    done = db.execute(
        "INSERT OR IGNORE INTO conversation (id, digest, created) VALUES (?, ?, ?)", (conversation, digest, at)
    )
    if not done.rowcount:
        raise _unknown(conversation)  # it was deleted, and its tombstone holds the place
    assert done.lastrowid is not None
    return done.lastrowid, 0, digest


def _extend(
    db: sqlite3.Connection, conversation: str, number: int, seq: int, digest: bytes, events: tuple[NewEvent, ...]
) -> tuple[Record, ...]:
    made = chained(conversation, seq, digest, events)
    first, _ = places(number)
    db.executemany(
        "INSERT INTO event VALUES (?, ?, ?, ?, ?)",
        [(first + record.seq, record.kind, record.body, record.at, link) for record, link in made],
    )
    last, digest = made[-1]
    db.execute(
        "UPDATE conversation SET seq = ?, digest = ?, changed = ? WHERE number = ?",
        (last.seq, digest, last.at, number),
    )
    newest = db.execute("SELECT number, touched FROM conversation ORDER BY touched DESC LIMIT 1").fetchone()
    if newest[0] != number or newest[1] is None:
        db.execute("UPDATE conversation SET touched = ? WHERE number = ?", ((newest[1] or 0) + 1, number))
    return tuple(record for record, _ in made)


def _change(db: sqlite3.Connection, number: int, change: LeaseChange) -> bool:
    """Whether the lease was as the change expects, and has been changed."""
    values: tuple[Any, ...]
    if isinstance(change, OpenLease):
        sql = "INSERT OR IGNORE INTO lease VALUES (?, ?, ?, ?, ?, '')"
        values = (number, change.reply, change.token, change.holder, change.at)
    elif isinstance(change, Beat):
        sql = "UPDATE lease SET beat = ?, partial = ? WHERE conversation = ? AND reply = ? AND token = ?"
        values = (change.at, change.partial, number, change.reply, change.token)
    elif isinstance(change, CloseLease):
        sql = "DELETE FROM lease WHERE conversation = ? AND reply = ? AND token = ?"
        values = (number, change.reply, change.token)
    else:
        sql = "DELETE FROM lease WHERE conversation = ? AND reply = ? AND token = ? AND beat = ?"
        values = (number, change.reply, change.token_seen, change.beat_seen)
    return db.execute(sql, values).rowcount == 1


def _describe(db: sqlite3.Connection, number: int, facts: Facts) -> None:
    if facts:
        changes = ", ".join(f"{name} = ?" for name in facts)  # names of ours, see ``checked``
        db.execute(f"UPDATE conversation SET {changes} WHERE number = ?", (*facts.values(), number))


def _find(db: sqlite3.Connection, conversation: str) -> tuple[int, int, bytes]:
    """Number, length and last digest."""
    row: tuple[int, int, bytes] | None = db.execute(_FIND, (conversation,)).fetchone()
    if row is None:
        raise _unknown(conversation)
    return row


def _summary(row: tuple[Any, ...]) -> Summary:
    conversation, title, created, changed, events, ended, hidden, model = row
    return Summary(conversation, title, created, changed, events, bool(ended), bool(hidden), model)


def _unknown(conversation: str) -> NoSuchConversation:
    return NoSuchConversation(f"There is no conversation {conversation} in this store.")
