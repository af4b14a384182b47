"""Ids: short, random, safe in file names; and who holds a lease."""

from __future__ import annotations

import os
import socket

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no letters that look like others


def new_id(prefix: str) -> str:
    """``prefix_`` and 60 random bits: unique among all that one person will ever store."""
    bits = int.from_bytes(os.urandom(8), "big")  # one question to the system, not one a letter: runs have many ids
    return f"{prefix}_" + "".join([ALPHABET[bits >> shift & 31] for shift in range(0, 60, 5)])


def holder() -> str:
    """Who holds a lease: the host and process, in words that help a person to find it."""
    return f"{socket.gethostname()}:{os.getpid()}"
