"""Where conversations are kept: a protocol, a store in one SQLite file, and one in memory."""

from .looking import looked_into, size_of
from .memory import MemoryStore
from .opening import open_store, unsaved
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
    Store,
    Summary,
    TakeLease,
    Verdict,
)
from .schema import NotOurs
from .sqlite import SqliteStore

__all__ = [
    "Append",
    "Beat",
    "CloseLease",
    "Committed",
    "Facts",
    "Lease",
    "LeaseChange",
    "MemoryStore",
    "NewEvent",
    "NotOurs",
    "Notice",
    "OpenLease",
    "Record",
    "SqliteStore",
    "Store",
    "Summary",
    "TakeLease",
    "Verdict",
    "looked_into",
    "open_store",
    "size_of",
    "unsaved",
]
