"""What the pure core costs: opening a long conversation, and one event at its beginning and at its end.

Times are CPU of this process: medians of rounds in which everything is measured in turns. "floor" is ``json.loads`` of
the same rows, one by one: the least that reading them can cost without thinking about it.
"""

from __future__ import annotations

import gc
import json
import time
import tracemalloc
from collections.abc import Callable, Iterator
from statistics import median

from convend_widget.conversation import (
    Conversation,
    ConversationStarted,
    Event,
    ReplyRequested,
    ReplySettled,
    Settings,
    SettingsRecorded,
    Step,
    StepCompleted,
    UserSent,
    apply,
    fold,
)
from convend_widget.conversation.codec import SCHEMA, Row, decode, decode_all, encode

MESSAGES = 10_000
ROUNDS = 9
TURNS = 200  # in one measurement of single events
ID = "0123456789ab"


def talk(messages: int) -> Iterator[Event]:
    """Half the messages of the person, 300 characters each; half replies of 1,200."""
    yield ConversationStarted(at=0.0, conversation="c_" + ID, schema=SCHEMA)
    yield SettingsRecorded(at=0.0, settings=Settings("s" + ID, "claude-x", "claude", "last_resort", "enforce", 4096))
    parent = None
    for i in range(messages // 2):
        yield from turn(i, parent)
        parent = f"r_{ID}{i}"


def turn(i: int, parent: str | None) -> tuple[Event, ...]:
    user, reply, token, at = f"m_{ID}{i}", f"r_{ID}{i}", f"t_{ID}{i}", 1.75e9 + i
    step = Step(
        blocks=({"type": "text", "text": f"{i} " + "reply " * 200},),
        stop_reason="end_turn",
        complete=True,
        usage={"input_tokens": 9000, "output_tokens": 300, "cache_read_input_tokens": 8500},
        model="claude-x",
        api_message="msg_" + ID * 2,
        request_id="req_" + ID * 2,
        seconds=3.125,
    )
    said = {"type": "text", "text": f"{i} " + "word " * 60}
    return (
        UserSent(at=at, message=user, parent=parent, content=(said,), by="panel", command="k_" + ID),
        ReplyRequested(at=at, reply=reply, parent=user, settings="s" + ID, token=token, by="panel", command="k_" + ID),
        StepCompleted(at=at, reply=reply, token=token, step=step),
        ReplySettled(at=at, reply=reply, token=token),
    )


def cpu(work: Callable[[], object]) -> float:
    """CPU milliseconds of one run, without the collector of garbage, whose turn comes by chance."""
    gc.collect()
    gc.disable()
    before = time.process_time()
    kept = work()
    spent = time.process_time() - before
    gc.enable()
    del kept
    return spent * 1000


def measured(works: dict[str, Callable[[], object]]) -> dict[str, list[float]]:
    """Every work in turns, round after round."""
    for work in works.values():
        work()
    found: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(ROUNDS):
        for name, work in works.items():
            found[name].append(cpu(work))
    return found


def opening(rows: list[Row], events: list[Event]) -> None:
    name = "c_" + ID
    works: dict[str, Callable[[], object]] = {
        "floor: json.loads, row by row": lambda: [json.loads(body) for _, body, _ in rows],
        "json.loads, all rows together": lambda: json.loads(f"[{','.join(body for _, body, _ in rows)}]"),
        "decode, row by row": lambda: [decode(*row) for row in rows],
        "decode_all": lambda: list(decode_all(rows)),
        "fold": lambda: fold(name, events),
        "fold(decode_all(rows))": lambda: fold(name, decode_all(rows)),
    }
    size = sum(len(body) for _, body, _ in rows)
    print(f"{MESSAGES:,} messages, {len(rows):,} rows, {size / 1e6:.1f} MB of JSON\n")
    print(f"{'from rows to a live conversation':42}{'ms':>8}{'of floor':>10}{'µs a row':>10}")
    found = measured(works)
    floor = found["floor: json.loads, row by row"]
    for name, spent in found.items():
        ratio = median(a / b for a, b in zip(spent, floor, strict=True))
        print(f"{name:42}{median(spent):8.0f}{ratio:10.2f}{median(spent) / len(rows) * 1000:10.2f}")


def one_event(events: list[Event]) -> None:
    short, long = fold("c_" + ID, events[:2]), fold("c_" + ID, events)
    more = [turn(MESSAGES + i, None) for i in range(TURNS)]
    bodies = [(e.kind, encode(e), e.at) for four in more for e in four]

    def applied(now: Conversation) -> Callable[[], object]:
        def work() -> Conversation:
            grown, parent = now, now.head
            for i in range(TURNS):
                for event in turn(MESSAGES + i, parent):
                    grown = apply(grown, event)
                parent = grown.head
            return grown

        return work

    found = measured(
        {
            "making the events": lambda: [turn(MESSAGES + i, "r") for i in range(TURNS)],
            "encode": lambda: [encode(e) for four in more for e in four],
            "decode": lambda: [decode(*row) for row in bodies],
            "at message 1": applied(short),
            "at message 10,000": applied(long),
        }
    )
    made = median(found.pop("making the events"))
    print(f"\n{'one event':42}{'µs':>8}")
    for name in ("encode", "decode"):
        print(f"{name:42}{median(found[name]) / (4 * TURNS) * 1000:8.1f}")
    for name in ("at message 1", "at message 10,000"):
        print(f"{'apply ' + name:42}{(median(found[name]) - made) / (4 * TURNS) * 1000:8.1f}")


def memory(rows: list[Row]) -> None:
    gc.collect()
    tracemalloc.start()
    kept = fold("c_" + ID, decode_all(rows))
    gc.collect()
    size = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    texts = sum(len(m.text) for m in kept.messages.values())
    print(f"\n{'memory':42}{'bytes':>8}\n{'a message, beside its text':42}{(size - texts) / MESSAGES:8.0f}")


def main() -> None:
    events = list(talk(MESSAGES))
    rows = [(e.kind, encode(e), e.at) for e in events]
    opening(rows, events)
    one_event(events)
    memory(rows)


if __name__ == "__main__":
    main()
