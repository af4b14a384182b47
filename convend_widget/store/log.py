"""The table of events: where the log of a conversation lies in it, and whether what lies there follows.

An event's place is its conversation's number * 2**32 + its sequence number.
"""

from __future__ import annotations

import sqlite3
from typing import Any

from .digest import link

_LAST = 0xFFFF_FFFF  # the highest sequence number within a place
_ROWS = (
    f"SELECT place & {_LAST}, kind, body, at, digest FROM event WHERE place > ? AND place <= ? ORDER BY place LIMIT ?"
)


def log_rows(db: sqlite3.Connection, number: int, after: int, limit: int = -1) -> list[Any]:
    """Number, kind, body, time and digest of the events after number ``after``, in order."""
    first, last = places(number)
    return db.execute(_ROWS, (first + min(max(after, 0), _LAST), last, limit)).fetchall()


def places(number: int) -> tuple[int, int]:
    """What lies before and at the end of a conversation's places."""
    return number << 32, number << 32 | _LAST


def is_sound(row: tuple[Any, ...]) -> bool:
    """Whether the columns hold what they must; a file can be changed by other programs."""
    _, kind, body, at, digest = row
    return type(kind) is type(body) is str and type(at) is float and type(digest) is bytes and body.isascii()


def follow(conversation: str, seq: int, before: bytes, row: tuple[Any, ...]) -> tuple[str | None, bytes]:
    """What is wrong with the event that comes after number ``seq``, and the digest as far as it is right."""
    found, kind, body, at, digest = row
    if found != seq + 1:
        return f"Event {seq + 1} is missing.", before
    if not is_sound(row) or not kind.isascii() or link(before, conversation, found, kind, body, at) != digest:
        return f"Event {found} is not what was stored.", before
    return None, digest
