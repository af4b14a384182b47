"""The hash chain of one log.

Each digest is the SHA-256 of: the digest before (32 bytes), the sequence number and the time (big-endian, unsigned
64-bit and IEEE double), the conversation id, a NUL, the kind, a NUL, the body. Before the first stands the SHA-256 of
the conversation id. So the last digest stands for the whole log: kept elsewhere, it shows later whether anything was
changed.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from hashlib import sha256

from .protocol import NewEvent, Record

_NUMBERS = struct.Struct(">Qd")


def genesis(conversation: str) -> bytes:
    """What stands before the first event."""
    return sha256(conversation.encode("ascii")).digest()


def link(before: bytes, conversation: str, seq: int, kind: str, body: str, at: float) -> bytes:
    """The digest of one event, 32 bytes."""
    text = f"{conversation}\0{kind}\0{body}"
    return sha256(before + _NUMBERS.pack(seq, at) + text.encode("ascii")).digest()


def chained(conversation: str, seq: int, before: bytes, events: Iterable[NewEvent]) -> list[tuple[Record, bytes]]:
    """The events as records that follow number ``seq`` with digest ``before``, each with its digest as bytes."""
    made = []
    for kind, body, at in events:
        # Adding zero turns -0.0 into 0.0 and a whole number into a float: that is how it comes back from a file.
        seq, at = seq + 1, at + 0.0
        before = link(before, conversation, seq, kind, body, at)
        made.append((Record(seq, kind, body, at, before.hex()), before))
    return made
