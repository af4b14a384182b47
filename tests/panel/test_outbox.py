"""Numbers without holes, and a bounded memory of what was sent."""

from __future__ import annotations

from convend_widget.panel.outbox import KEPT, KEPT_BYTES, Outbox
from convend_widget.panel.wire import Json


def box() -> tuple[Outbox, list[Json]]:
    sent: list[Json] = []
    return Outbox(sent.append), sent


def test_messages_are_numbered_from_one_without_holes_snapshots_too():
    outbox, sent = box()
    outbox.post({"t": "chat"}, 10)
    outbox.post_whole({"t": "snapshot"})
    outbox.post({"t": "delta"}, 10)
    assert [m["n"] for m in sent] == [1, 2, 3]


def test_what_came_after_a_number_is_sent_again_as_it_was():
    outbox, sent = box()
    for i in range(5):
        outbox.post({"t": "delta", "i": i}, 10)
    before = list(sent)
    assert outbox.again(3) == 2 and sent[5:] == before[3:]
    assert outbox.again(5) == 0 and outbox.again(0) == 5


def test_what_is_not_kept_any_more_or_was_never_sent_cannot_be_sent_again():
    outbox, _ = box()
    for _ in range(KEPT + 10):
        outbox.post({"t": "delta"}, 10)
    assert outbox.again(9) is None and outbox.again(10) == KEPT
    assert outbox.again(KEPT + 11) is None
    outbox.post_whole({"t": "snapshot"})
    assert outbox.again(KEPT + 10) is None and outbox.again(KEPT + 11) == 0


def test_the_memory_of_what_was_sent_is_bounded_in_bytes():
    outbox, _ = box()
    for _ in range(10):
        outbox.post({"t": "rows"}, KEPT_BYTES // 4)
    assert outbox.again(5) is None and outbox.again(6) == 4
