"""Bring over what is whole in a damaged file.

Only conversations whose log is there to its end and follows its chain: a log that lost its end might have lost the very
event that ended the conversation, and must not come back as one that goes on.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from ..errors import ConvendError, StoreBusy
from .connection import OPENING
from .digest import genesis
from .log import follow, log_rows
from .protocol import Append, Beat, Facts, NewEvent, OpenLease
from .schema import APPLICATION_ID, MIGRATIONS
from .sqlite import SqliteStore

_HEADS = "SELECT touched, number, id, deleted, seq, digest, title, ended, hidden, model FROM conversation NOT INDEXED"
_LEASES = "SELECT reply, token, holder, beat, partial FROM lease NOT INDEXED WHERE conversation = ?"


def bring_over(damaged: Path, store: SqliteStore) -> tuple[int, int]:
    """Copy what is whole from a damaged file, which is only read; how many conversations came, and how many did not."""
    came = lost = 0
    with closing(sqlite3.connect(f"{damaged.as_uri()}?mode=ro", uri=True, isolation_level=None)) as db:
        db.execute("PRAGMA trusted_schema = OFF")
        db.execute("PRAGMA writable_schema = ON")  # else SQLite reads nothing of a file whose end is missing
        for head in sorted(_heads(db), key=lambda head: head[0] if isinstance(head[0], int) else 0):
            name, deleted = head[2:4]
            try:
                units = [] if deleted else _whole(db, head)
                if deleted:
                    _bury(store, name)
                elif units is not None:
                    _patiently(store, units)
                    came += 1
                else:
                    lost += 1
            except (sqlite3.Error, ConvendError, TypeError, ValueError):  # whatever a damaged row can lead to
                lost += 1
    return came, lost


def _heads(db: sqlite3.Connection) -> Iterator[Any]:
    """The conversations that can still be found."""
    with suppress(sqlite3.Error):
        marks = [db.execute(f"PRAGMA {mark}").fetchone()[0] for mark in ("application_id", "user_version")]
        if marks == [APPLICATION_ID, len(MIGRATIONS)]:
            yield from db.execute(_HEADS)


def _whole(db: sqlite3.Connection, head: tuple[Any, ...]) -> list[Append] | None:
    """What makes the conversation anew, or None if something of it is missing or changed."""
    _, number, name, _, seq, last, title, ended, hidden, model = head
    digest, events = genesis(name), list[NewEvent]()
    for count, row in enumerate(log_rows(db, number, 0)):
        problem, digest = follow(name, count, digest, row)
        if problem:
            return None
        events.append(row[1:4])
    if (len(events), digest) != (seq, last):
        return None
    facts: Facts = {"title": title, "ended": bool(ended), "hidden": bool(hidden), "model": model}
    units = [Append(name, 0, tuple(events), summary=facts)]
    for reply, token, holder, beat, partial in db.execute(_LEASES, (number,)):
        units += [
            Append(name, seq, lease=OpenLease(reply, token, holder, beat)),
            Append(name, seq, lease=Beat(reply, token, beat, partial)),
        ]
    return units


def _bury(store: SqliteStore, name: str) -> None:
    """What was deleted stays deleted: its id is not to be used again."""
    _patiently(store, [Append(name, 0, (("deleted", "{}", 0.0),))])
    store.delete(name)


def _patiently(store: SqliteStore, units: list[Append]) -> None:
    deadline = time.monotonic() + OPENING
    while True:
        try:
            for result in store.commit(units):
                if isinstance(result, ConvendError):
                    raise result
            return
        except StoreBusy:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
