"""What an import gives back: events to append, and an account of what was found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from ..conversation import Event

_SHOWN = 20  # findings that a printed report lists


@dataclass(frozen=True, slots=True)
class Limits:
    """How much an import may be. ``size`` in bytes, ``records`` (events or messages), ``depth`` of nested brackets."""

    size: int = 256 * 2**20
    records: int = 1_000_000
    depth: int = 400


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that the person should know. ``record`` names the place in the file, e.g. ``event 12``.

    ``kind``: ``foreign`` (set aside, not in the tree), ``disagrees`` (a flag that the blocks do not bear out; the
    blocks win), ``digest`` (changed since it was exported), ``cut`` (a reply that was still running), ``simplified``.
    """

    record: str
    kind: Literal["foreign", "disagrees", "digest", "cut", "simplified"]
    what: str

    def __str__(self) -> str:
        return f"{self.record}: {self.what}"


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What was in the file. ``source`` is its name; ``conversation`` the id that it had there, if any.

    ``events`` and ``messages`` count what was taken in. ``foreign`` are the records that were set aside, exactly as the
    file has them. ``verified``: whether every digest in the file fits its events; None where there are none.
    ``digest``: the last one, as it follows from the events in the file.
    """

    source: str
    format: Literal["convend", "messages"]
    conversation: str | None
    events: int
    messages: int
    findings: tuple[Finding, ...] = ()
    foreign: tuple[dict[str, Any], ...] = ()
    verified: bool | None = None
    digest: str | None = None

    def __str__(self) -> str:
        aside = f", {len(self.foreign)} events set aside" if self.foreign else ""
        lines = [f"{self.source}: {self.messages} messages in {self.events} events{aside}"]
        lines += [f"  {finding}" for finding in self.findings[:_SHOWN]]
        more = len(self.findings) - _SHOWN
        return "\n".join([*lines, f"  and {more} more" if more > 0 else ""]).rstrip("\n")

    def __repr__(self) -> str:
        return (
            f"ImportReport({self.messages} messages, {len(self.findings)} findings, {len(self.foreign)} foreign events)"
        )


@dataclass(frozen=True, slots=True, repr=False)
class Imported:
    """A conversation that is read but not stored yet. ``fold(conversation, events)`` is what it will be.

    To keep it: append all ``events``, encoded, in one unit to a conversation that is not there yet. They begin with its
    start, whose ``origin`` says where it came from. Without anything to import there are no events.
    """

    conversation: str
    events: tuple[Event, ...]
    report: ImportReport

    def __repr__(self) -> str:
        return f"Imported({len(self.events)} events, {self.report!r})"
