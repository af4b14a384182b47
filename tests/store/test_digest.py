"""The chain, recomputed by hand from its description."""

from __future__ import annotations

import hashlib
import sqlite3
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from convend_widget.store import Append, SqliteStore
from convend_widget.store.sqlite import STEP

EVENTS = (("asked", '{"text":"hi"}', 1.5), ("answered", '"\\u00e4"', 2.0), ("asked", "", -0.0))


def test_the_digests_are_those_that_the_description_gives(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store.db")
    store.commit([Append("chat", 0, EVENTS)])
    digest = hashlib.sha256(b"chat").digest()
    for record, (kind, body, at) in zip(store.read("chat"), EVENTS, strict=True):
        numbers = struct.pack(">Q", record.seq) + struct.pack(">d", abs(at))
        digest = hashlib.sha256(digest + numbers + b"chat\0" + kind.encode() + b"\0" + body.encode()).digest()
        assert record.digest == digest.hex()
    store.close()


def test_a_log_has_the_same_digest_wherever_and_however_it_was_written(tmp_path: Path) -> None:
    stores = [SqliteStore(tmp_path / name) for name in ("one.db", "two.db")]
    stores[0].commit([Append("chat", 0, EVENTS)])
    stores[1].commit([Append("other", 0, EVENTS)])
    for seq, event in enumerate(EVENTS):
        stores[1].commit([Append("chat", seq, (event,))])
    assert stores[0].verify("chat") == stores[1].verify("chat") != stores[1].verify("other")
    for store in stores:
        store.close()


@pytest.mark.parametrize(
    ("tamper", "events", "problem"),
    [
        ("UPDATE event SET body = '{}' WHERE place & 0xffffffff = 700", 699, "Event 700 is not"),
        ("UPDATE event SET at = at + 1 WHERE place & 0xffffffff = 1", 0, "Event 1 is not"),
        ("UPDATE event SET kind = 'endéd' WHERE place & 0xffffffff = 3", 2, "Event 3 is not"),
        ("UPDATE event SET body = CAST(body AS BLOB) WHERE place & 0xffffffff = 3", 2, "Event 3 is not"),
        ("UPDATE event SET digest = 'text' WHERE place & 0xffffffff = 3", 2, "Event 3 is not"),
        ("UPDATE event SET digest = zeroblob(32) WHERE place & 0xffffffff = 999", 998, "Event 999 is not"),
        ("DELETE FROM event WHERE place & 0xffffffff = 500", 499, "Event 500 is missing"),
        ("DELETE FROM event WHERE place & 0xffffffff = 1000", 999, "has 999 events, where 1000 were stored"),
        ("DELETE FROM event", 0, "has 0 events, where 1000 were stored"),
        ("UPDATE conversation SET seq = 999", 1000, "has 1000 events, where 999 were stored"),
        ("UPDATE conversation SET digest = zeroblob(32)", 1000, "ends otherwise than it was stored"),
        (
            "INSERT INTO event SELECT place + 1, kind, body, at, digest FROM event WHERE place & 0xffffffff = 1000",
            1000,
            "Event 1001 is not",
        ),
        (
            "UPDATE event SET place = place + 5000 WHERE place & 0xffffffff = 6;"
            " UPDATE event SET place = place - 1 WHERE place & 0xffffffff = 7;"
            " UPDATE event SET place = place - 4999 WHERE place & 0xffffffff = 5006",
            5,
            "Event 6 is not",
        ),
    ],
)
def test_damage_is_found_and_its_place_named(tmp_path: Path, tamper: str, events: int, problem: str) -> None:
    store = SqliteStore(tmp_path / "store.db")
    store.commit([Append("chat", 0, tuple(("said", f'"{n}"', float(n)) for n in range(1000)))])
    good = store.verify("chat")
    other = sqlite3.connect(store.path)
    other.executescript(tamper)
    other.close()
    verdict = store.verify("chat")
    assert (good.ok, verdict.ok, verdict.events) == (True, False, events)
    assert verdict.problem is not None
    assert problem in verdict.problem
    store.close()


def test_a_log_that_was_rewritten_with_a_whole_new_chain_shows_only_against_a_digest_kept_elsewhere(
    tmp_path: Path,
) -> None:
    honest, forged = SqliteStore(tmp_path / "honest.db"), SqliteStore(tmp_path / "forged.db")
    honest.commit([Append("chat", 0, EVENTS)])
    forged.commit([Append("chat", 0, (("asked", '{"text":"ho"}', 1.5), *EVENTS[1:]))])
    kept = honest.verify("chat").digest
    assert forged.verify("chat").ok
    assert forged.verify("chat").digest != kept
    honest.close()
    forged.close()


def test_verifying_holds_a_bounded_number_of_events(tmp_path: Path) -> None:
    """No step of it reads more than STEP rows, and none is left half-read with a lock held."""
    store, asked = SqliteStore(tmp_path / "store.db"), list[str]()
    store.commit([Append("chat", 0, tuple(("said", "1", 1.0) for _ in range(STEP * 3 + 1)))])
    store.close()

    def connect(*args: object, **options: object) -> sqlite3.Connection:
        make: Callable[..., sqlite3.Connection] = sqlite3.connect
        connection = make(*args, **options)
        connection.set_trace_callback(asked.append)
        return connection

    store = SqliteStore(tmp_path / "store.db", connect=connect)
    asked.clear()
    assert store.verify("chat").events == STEP * 3 + 1
    assert sum(f"LIMIT {STEP}" in sql for sql in asked) == 4
    assert asked.count("BEGIN ") == asked.count("COMMIT") == 4 or asked.count("BEGIN") == asked.count("COMMIT") == 4
    store.close()
