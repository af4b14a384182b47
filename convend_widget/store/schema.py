"""What is inside the file: its marks, its tables, and how an older file is brought up to date.

The header carries ``APPLICATION_ID`` (this is ours) and ``user_version`` (how many migrations it has had). A migration
is a tuple of statements, is never edited once released, and runs with its mark in one transaction: old or new.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from ..errors import StoreDamaged, StoreTooNew

APPLICATION_ID = 0x636F_6E76  # "conv"

# For "place" see log.py: the log of one conversation lies together, in order, in the table itself; no second index, and
# rows of any usual size fill their pages. (Conversation and number as the key of a WITHOUT ROWID table took more than
# twice the disk, since rows over a quarter of a page overflow there.)
# "touched" puts conversations in the order in which they were last written to, without trusting a clock.
MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE conversation (
            number INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            deleted INTEGER NOT NULL DEFAULT 0,
            seq INTEGER NOT NULL DEFAULT 0,
            digest BLOB NOT NULL,
            touched INTEGER,
            created REAL NOT NULL DEFAULT 0,
            changed REAL NOT NULL DEFAULT 0,
            title TEXT NOT NULL DEFAULT '',
            ended INTEGER NOT NULL DEFAULT 0,
            hidden INTEGER NOT NULL DEFAULT 0,
            model TEXT NOT NULL DEFAULT ''
        )""",
        "CREATE UNIQUE INDEX conversation_touched ON conversation (touched)",
        "CREATE INDEX conversation_visible ON conversation (touched) WHERE hidden = 0",
        """CREATE TABLE event (
            place INTEGER PRIMARY KEY,
            kind TEXT NOT NULL,
            body TEXT NOT NULL,
            at REAL NOT NULL,
            digest BLOB NOT NULL
        )""",
        """CREATE TABLE lease (
            conversation INTEGER NOT NULL REFERENCES conversation (number),
            reply TEXT NOT NULL,
            token TEXT NOT NULL,
            holder TEXT NOT NULL,
            beat REAL NOT NULL,
            partial TEXT NOT NULL,
            UNIQUE (conversation, reply)
        )""",
    ),
)


class NotOurs(StoreDamaged):
    """A sound database of another program. It was only looked at."""

    who = "you"
    advice = "Pass another path as store=…"


def prepare(connection: sqlite3.Connection, name: str, migrations: Sequence[Sequence[str]] = MIGRATIONS) -> None:
    """Make the file a store of the newest schema, or raise ``NotOurs`` or ``StoreTooNew`` and leave it as it is."""
    newest = len(migrations)
    with transaction(connection, "BEGIN"):
        if _version(connection, name, newest) == newest:
            return
    with transaction(connection, "BEGIN IMMEDIATE"):
        # Another process may have done it while this one waited for the lock.
        for step in migrations[_version(connection, name, newest) :]:
            for statement in step:
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {newest}")


@contextmanager
def transaction(connection: sqlite3.Connection, begin: str) -> Iterator[None]:
    """All of the block's statements, or, when anything is raised, none."""
    try:
        connection.execute(begin)
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            with suppress(sqlite3.Error):  # what went wrong first is what must be told
                connection.execute("ROLLBACK")
        raise


def _version(connection: sqlite3.Connection, name: str, newest: int) -> int:
    """How many migrations the file has had; 0 for an empty one."""
    owner = int(connection.execute("PRAGMA application_id").fetchone()[0])
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if owner == APPLICATION_ID:
        if version > newest:
            raise StoreTooNew(f"{name} has schema {version}; this version of convend_widget knows up to {newest}.")
        return version
    tables = int(connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])
    if owner or version or tables:
        raise NotOurs(f"{name} is a database of another program. It was left as it was.")
    return 0
