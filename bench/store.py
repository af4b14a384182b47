"""What the store costs: ``python bench/store.py [--folder DIR] [--many 1000000]``.

Times are CPU (user and system) of this process: medians of pairs that are measured in turns. Sizes and rows are counts.
"floor" is the same rows in one bare SQLite table under the same promise (rollback journal, synchronous=FULL).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from convend_widget.store import Append, Beat, CloseLease, NewEvent, OpenLease, Record, SqliteStore

EACH = 100  # commits in one measurement
PAIRS = 7
IDS = [f"{n:032x}" for n in range(4)]


def turn(number: int) -> tuple[NewEvent, ...]:
    """The four events of one turn: 300 characters from the person, 1,200 from the model, and what goes with them."""
    said, answer = f"{number} " + "word " * 60, f"{number} " + "reply " * 200
    usage = {"input_tokens": 9000, "output_tokens": 300, "cache_read_input_tokens": 8500}
    message, reply, parent, token = IDS
    bodies = [
        (
            "user_sent",
            {"message": message, "parent": parent, "content": [{"type": "text", "text": said}], "by": "panel"},
        ),
        ("reply_requested", {"reply": reply, "parent": message, "settings": parent, "token": token, "by": "panel"}),
        (
            "step_completed",
            {
                "reply": reply,
                "token": token,
                "step": {
                    "blocks": [_text(answer)],
                    "complete": True,
                    "stop_reason": "end_turn",
                    "usage": usage,
                    "model": "claude-opus-4-8",
                    "api_message": "msg_" + "0" * 24,
                    "request_id": "req_" + "0" * 24,
                },
            },
        ),
        ("reply_settled", {"reply": reply, "token": token}),
    ]
    return tuple((kind, json.dumps(body, separators=(",", ":")), 1.75e9 + number) for kind, body in bodies)


def _text(text: str) -> dict[str, str]:
    return {"type": "text", "text": text}


def cpu(work: Callable[..., object], *args: object) -> float:
    """CPU seconds of this process."""
    before = time.process_time()
    work(*args)
    return time.process_time() - before


class Grown:
    """One conversation that events are appended to, one commit each."""

    def __init__(self, path: Path, length: int = 0) -> None:
        self.store, self.length = SqliteStore(path), 0
        while self.length < length:
            self.append(min(1000, length - self.length), together=True)

    def append(self, count: int, *, together: bool = False) -> None:
        events = [turn(self.length + n)[2] for n in range(count)]
        for some in [tuple(events)] if together else [(event,) for event in events]:
            self.store.commit([Append("chat", self.length, some)])
            self.length += len(some)


class Floor:
    """The least that a durable row can cost."""

    def __init__(self, path: Path) -> None:
        self.db = sqlite3.connect(path, isolation_level=None)
        self.db.execute("PRAGMA journal_mode = TRUNCATE")
        self.db.execute("PRAGMA synchronous = FULL")
        self.db.execute("CREATE TABLE event (n INTEGER PRIMARY KEY, kind TEXT, body TEXT, at REAL)")
        self.length = 0

    def append(self, count: int) -> None:
        for _ in range(count):
            self.db.execute("BEGIN IMMEDIATE")
            self.db.execute("INSERT INTO event (kind, body, at) VALUES (?, ?, ?)", turn(self.length)[2])
            self.db.execute("COMMIT")
            self.length += 1


def commits(folder: Path) -> list[tuple[str, str]]:
    """CPU per committed event in a young and in a long conversation, beside the floor."""
    young, old, floor = Grown(folder / "young.db", 1), Grown(folder / "old.db", 10_000), Floor(folder / "floor.db")
    times: dict[str, list[float]] = {"young": [], "old": [], "floor": []}
    for _ in range(PAIRS):
        for name, target in (("young", young), ("old", old), ("floor", floor)):
            times[name].append(cpu(target.append, EACH) / EACH * 1e3)
    group = []
    for start in range(PAIRS):
        batch = [Append(f"chat-{start}-{n}", 0, (turn(n)[2],)) for n in range(EACH)]
        group.append(cpu(old.store.commit, batch) / EACH * 1e3)
    ratio = median(a / b for a, b in zip(times["old"], times["young"], strict=True))
    over = median(a / b for a, b in zip(times["old"], times["floor"], strict=True))
    return [
        ("CPU per committed event, turn 1", f"{median(times['young']):.3f} ms"),
        ("CPU per committed event, turn 10,000", f"{median(times['old']):.3f} ms  (goal 0.5)"),
        ("  ratio of the two", f"{ratio:.2f}  (goal 1)"),
        ("  floor: a bare row", f"{median(times['floor']):.3f} ms, ratio {over:.2f}"),
        (f"  {EACH} conversations in one commit", f"{median(group):.3f} ms per event"),
    ]


def disk(folder: Path) -> list[tuple[str, str]]:
    """Bytes on disk for a thousand turns, committed as a session does: at send, every second, at the end."""
    store, payload, seq = SqliteStore(folder / "disk.db"), 0, 0
    text = sum(len("word " * 60) + len("reply " * 200) for _ in range(1000))
    turns = [turn(number) for number in range(1000)]
    before = time.process_time()
    for sent, requested, step, settled in turns:
        store.commit([Append("chat", seq, (sent, requested), OpenLease("r", "t", "here", 1.0), {"title": "A talk"})])
        store.commit([Append("chat", seq, lease=Beat("r", "t", 2.0, step[1]))])
        store.commit([Append("chat", seq + 2, (step, settled), CloseLease("r", "t"), {"ended": False})])
        seq += 4
        payload += sum(len(body) for _, body, _ in (sent, requested, step, settled))
    spent = time.process_time() - before
    store.close()
    size = store.path.stat().st_size
    return [
        ("disk / bodies, 1,000 turns", f"{size / payload:.2f}  (goal 1.5)"),
        ("  disk / text alone", f"{size / text:.2f}"),
        ("  bodies of a turn", f"{payload / 1000:,.0f} bytes in 4 events"),
        ("CPU per turn: three commits, one a heartbeat", f"{spent:.3f} ms"),
    ]


def long_one(folder: Path) -> list[tuple[str, str]]:
    """Opening, reading and verifying 10,000 messages."""
    path = folder / "long.db"
    Grown(path, 10_000).store.close()
    opened, read, parsed, verified = [], [], [], []
    for _ in range(PAIRS):
        opened.append(cpu(lambda: SqliteStore(path).close()))
        store = SqliteStore(path)
        read.append(cpu(store.read, "chat"))
        records = store.read("chat")
        parsed.append(cpu(_parse, records))
        verified.append(cpu(store.verify, "chat"))
        rows = len(records)
        store.close()
    return [
        ("open the file", f"{median(opened) * 1e3:.1f} ms"),
        (f"read 10,000 events ({rows:,} rows)", f"{median(read) * 1e3:.1f} ms"),
        ("  json.loads of their bodies", f"{median(parsed) * 1e3:.1f} ms"),
        ("verify 10,000 events", f"{median(verified) * 1e3:.1f} ms  (goal 300)"),
    ]


def _parse(records: list[Record]) -> None:
    for record in records:
        json.loads(record.body)


def many(folder: Path, events: int) -> list[tuple[str, str]]:
    """A store with very many events in it: 100 to a conversation, one conversation with a tenth of all."""
    store, bodies = SqliteStore(folder / "many.db"), turn(0)
    conversations = events * 9 // 10 // 100
    for start in range(0, conversations, 100):
        store.commit([Append(f"chat-{start + n}", 0, bodies * 25) for n in range(min(100, conversations - start))])
    for start in range(0, events // 10, 4000):
        store.commit([Append("long", start, bodies * 1000)])
    name = f"chat-{conversations // 2}"
    tasks: list[tuple[str, Callable[[], object]]] = [
        ("open the file", lambda: SqliteStore(store.path).close()),
        ("list the newest 50", lambda: store.conversations(limit=50)),
        (f"list all {conversations + 1:,}", lambda: store.conversations()),
        ("read one of 100 events", lambda: store.read(name)),
        ("read the last ten of the long one", lambda: store.read("long", after=store.summary("long").events - 10)),
        ("append to one in the middle", lambda: store.commit([Append(name, store.summary(name).events, bodies[:1])])),
        ("look for news", store.data_version),
        ("begin and delete one of 100", lambda: _begin_and_delete(store, bodies * 25)),
    ]
    rows = [(f"  {label}", f"{median(cpu(task) for _ in range(PAIRS)) * 1e3:.2f} ms") for label, task in tasks]
    store.close()
    return [(f"in a store of {events:,} events ({store.path.stat().st_size / 1e6:,.0f} MB)", ""), *rows]


def _begin_and_delete(store: SqliteStore, events: tuple[NewEvent, ...]) -> None:
    name = f"gone-{time.monotonic_ns()}"
    store.commit([Append(name, 0, events)])
    store.delete(name)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", help="where to write (default: the temporary folder)")
    parser.add_argument("--many", type=int, default=100_000, help="events in the large store (default 100000)")
    options = parser.parse_args()
    print(
        f"Python {platform.python_version()} · SQLite {sqlite3.sqlite_version} · {platform.system()} "
        f"{platform.release()} · {os.cpu_count()} cores\n"
    )
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name)
        for part in (commits, disk, long_one):
            for label, value in part(folder):
                print(f"{label:<52} {value}")
        for label, value in many(folder, options.many):
            print(f"{label:<52} {value}")


if __name__ == "__main__":
    main()
