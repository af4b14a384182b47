"""What a store of conversations promises, and the values that go in and come out.

A store keeps one log of events for each conversation, numbered 1, 2, 3 … in the commit and chained by digests; outside
the log, the leases of replies that are running; and a few facts for lists. It knows nothing of what an event means.

Every method blocks and may wait for the disk, so call it from a thread that may wait; any thread will do, one call at
a time. Order is by sequence number alone: ``at`` is what somebody's clock said, and clocks go back.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypedDict

from ..errors import SettingsError, StoreError

if TYPE_CHECKING:
    from typing_extensions import Unpack

NewEvent = tuple[str, str, float]
"""Kind, body (canonical JSON in ASCII, so that any text comes back exactly) and unix seconds."""


class Record(NamedTuple):  # a dataclass takes twice as long to make, and opening makes thousands
    """One event as stored. ``digest`` is hexadecimal; see ``digest.py``."""

    seq: int
    kind: str
    body: str
    at: float
    digest: str


@dataclass(frozen=True, slots=True)
class Lease:
    """A running reply: who holds it, when it was last heard of (unix seconds), and what has arrived so far."""

    conversation: str
    reply: str
    token: str
    holder: str
    beat: float
    partial: str


@dataclass(frozen=True, slots=True)
class OpenLease:
    """Start to hold a reply. ``LeaseLost`` if it is held already."""

    reply: str
    token: str
    holder: str
    at: float

    def __post_init__(self) -> None:
        _check_name(self.reply, self.token)
        _check_time(self.at)
        object.__setattr__(self, "holder", storable(self.holder))


@dataclass(frozen=True, slots=True)
class Beat:
    """Still running, and this has arrived (JSON in ASCII). ``LeaseLost`` under any other token."""

    reply: str
    token: str
    at: float
    partial: str

    def __post_init__(self) -> None:
        _check_name(self.reply, self.token)
        _check_time(self.at)
        _check_body(self.partial)


@dataclass(frozen=True, slots=True)
class CloseLease:
    """The reply is settled or was cut by its holder. ``LeaseLost`` under any other token."""

    reply: str
    token: str

    def __post_init__(self) -> None:
        _check_name(self.reply, self.token)


@dataclass(frozen=True, slots=True)
class TakeLease:
    """Recover a lapsed reply: drop its lease, but only if nobody has beaten or taken it since it was seen."""

    reply: str
    token_seen: str
    beat_seen: float

    def __post_init__(self) -> None:
        _check_name(self.reply, self.token_seen)
        _check_time(self.beat_seen)


LeaseChange = OpenLease | Beat | CloseLease | TakeLease


class Facts(TypedDict, total=False):
    """What lists show of a conversation. A cache of what the log says, never the truth."""

    title: str
    ended: bool
    hidden: bool
    model: str


_FACT_TYPES: dict[str, type] = {"title": str, "ended": bool, "hidden": bool, "model": str}


@dataclass(frozen=True, slots=True)
class Append:
    """One atomic unit: all of it is stored, or nothing.

    ``expected`` is the last sequence number that the writer knows, 0 for a conversation that is not there yet. If the
    log has moved on, the unit fails with ``StaleSequence``. A bare heartbeat (a ``Beat`` without events) is not held
    to it. A unit without events never creates a conversation. Raises ``SettingsError`` for values that no store
    could give back as they were.
    """

    conversation: str
    expected: int
    events: tuple[NewEvent, ...] = ()
    lease: LeaseChange | None = None
    summary: Facts | None = None

    def __post_init__(self) -> None:
        _check_name(self.conversation)
        for kind, body, at in self.events:
            _check_name(kind)
            _check_body(body)
            _check_time(at)
        if self.summary is not None:
            object.__setattr__(self, "summary", checked(self.summary))

    @property
    def heartbeat(self) -> bool:
        """Whether this only says that a reply is still running."""
        return isinstance(self.lease, Beat) and not self.events


@dataclass(frozen=True, slots=True)
class Committed:
    """One unit is stored, and these are its events with their numbers and digests."""

    records: tuple[Record, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """One conversation as a list shows it. ``created`` and ``changed`` are unix seconds, for show."""

    conversation: str
    title: str
    created: float
    changed: float
    events: int
    ended: bool
    hidden: bool
    model: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a log is whole. ``digest`` is the last one that follows from the events; ``problem`` one sentence.

    It finds damage by itself. It finds tampering only when ``digest`` is compared with one that was kept elsewhere.
    """

    ok: bool
    events: int
    digest: str
    problem: str | None


class Notice(NamedTuple):
    """A lasting line for the person. ``code`` is ``"not_saved"`` or ``"set_aside"``."""

    code: str
    text: str


class Store(Protocol):
    """The seam between the session and what keeps its conversations."""

    @property
    def where(self) -> str:
        """Where conversations are kept, in a few plain words."""

    @property
    def path(self) -> Path | None:
        """The file that they are kept in; None where they are in memory alone."""

    @property
    def writable(self) -> bool:
        """Whether this store was opened for writing. A full disk shows only in ``commit``."""

    @property
    def notices(self) -> tuple[Notice, ...]:
        """What the person must know about this store for as long as it is open."""

    def commit(self, batch: Sequence[Append]) -> list[Committed | StoreError]:
        """Store a batch in one transaction; each unit succeeds or fails alone, with its result at its place.

        A unit fails with ``StaleSequence``, ``LeaseLost``, ``NoSuchConversation``, or ``StoreError`` if it is too big.
        Raises, and then nothing of the batch is stored: ``StoreBusy`` at once when another process holds the
        lock (try again later), ``StoreReadOnly`` when the file cannot be written or the disk is full, and
        ``StoreDamaged``.
        """

    def read(self, conversation: str, after: int = 0) -> list[Record]:
        """The events after number ``after``, in order. Raises ``NoSuchConversation`` if unknown or deleted."""

    def leases(self, conversation: str | None = None) -> list[Lease]:
        """The replies that are running, of one conversation or of all, by conversation and reply."""

    def conversations(self, *, hidden: bool = False, limit: int | None = None) -> list[Summary]:
        """Those last written to first; the hidden ones too if asked for; at most ``limit``."""

    def summary(self, conversation: str) -> Summary:
        """One conversation as a list shows it. Raises ``NoSuchConversation``."""

    def describe(self, conversation: str, **facts: Unpack[Facts]) -> None:
        """Change what lists show. Raises ``NoSuchConversation``, and ``SettingsError`` for an unknown fact."""

    def delete(self, conversation: str) -> None:
        """Remove the content for good; a tombstone stays, so nothing can be appended under this id again.

        Raises ``NoSuchConversation`` if there is nothing to delete.
        """

    def was_deleted(self, conversation: str) -> bool:
        """Whether a tombstone stands in this conversation's place."""

    def data_version(self) -> int:
        """A number that changes when somebody else has written to the same file; equal numbers mean: nothing new."""

    def verify(self, conversation: str) -> Verdict:
        """Read the whole log, in steps of bounded memory, and recompute its chain. Raises ``NoSuchConversation``."""

    def close(self) -> None:
        """Let go of the file. Closing twice is fine; anything else afterwards raises ``StoreError``."""


def storable(text: str) -> str:
    """The same text, but halves of surrogate pairs become whole characters where they meet, else U+FFFD."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def checked(facts: Facts) -> Facts:
    """``facts`` with storable text. Raises ``SettingsError`` for a fact that does not exist or of a wrong type."""
    for name, value in facts.items():
        if name not in _FACT_TYPES or not isinstance(value, _FACT_TYPES[name]):
            raise SettingsError(f"{name}={value!r} is not a fact about a conversation; there are {_FACT_TYPES}.")
    sound = facts.copy()
    if "title" in sound:
        sound["title"] = storable(sound["title"])
    if "model" in sound:
        sound["model"] = storable(sound["model"])
    return sound


def _check_name(*names: str) -> None:
    for name in names:
        if not (name.isascii() and name.isprintable() and 0 < len(name) <= 200):
            raise SettingsError(f"{name[:60]!r} cannot be an id: 1 to 200 printable ASCII characters are needed.")


def _check_body(body: str) -> None:
    if not body.isascii():
        raise SettingsError("A stored body must be ASCII; escape the rest as JSON does.")


def _check_time(at: float) -> None:
    if not math.isfinite(at):
        raise SettingsError(f"A time of {at} cannot be stored.")
