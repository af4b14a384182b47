"""The store that does not last: dictionaries. Also what takes over when a file cannot be written.

Laid over another store (``beneath``) it shows what is there, and keeps in memory whatever is written from then on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING

from ..errors import LeaseLost, NoSuchConversation, StaleSequence, StoreError
from .digest import chained, genesis
from .protocol import (
    Append,
    Beat,
    CloseLease,
    Committed,
    Facts,
    Lease,
    LeaseChange,
    Notice,
    OpenLease,
    Record,
    Store,
    Summary,
    Verdict,
    checked,
)

if TYPE_CHECKING:
    from typing_extensions import Unpack


@dataclass
class _Log:
    """One conversation."""

    summary: Summary
    records: list[Record] = field(default_factory=list)
    leases: dict[str, Lease] = field(default_factory=dict)


class MemoryStore:
    """A store that is gone with the process. Changes no file, also not that of the store ``beneath`` it."""

    writable = True

    def __init__(
        self, *, beneath: Store | None = None, notices: tuple[Notice, ...] = (), where: str = "in memory, not saved"
    ) -> None:
        self._beneath = beneath
        self._logs: dict[str, _Log] = {}
        self._written: dict[str, None] = {}  # those that got events here, the last one at the end
        self._deleted: set[str] = set()
        self._closed = False
        self.notices = notices
        self.where = where
        self.path = None

    def __repr__(self) -> str:
        return f"MemoryStore({f'beneath={self._beneath!r}' if self._beneath else ''})"

    def commit(self, batch: Sequence[Append]) -> list[Committed | StoreError]:
        self._check_open()
        for unit in batch:  # first, since what lies beneath may be busy, and then nothing must have been stored
            self._lift(unit.conversation)
        return [self._attempt(unit) for unit in batch]

    def read(self, conversation: str, after: int = 0) -> list[Record]:
        self._check_open()
        if self._is_beneath(conversation) and self._beneath is not None:
            return self._beneath.read(conversation, after)
        return self._find(conversation).records[max(after, 0) :]

    def leases(self, conversation: str | None = None) -> list[Lease]:
        self._check_open()
        held = [lease for log in self._logs.values() for lease in log.leases.values()]
        if self._beneath is not None:
            held += [lease for lease in self._beneath.leases(conversation) if self._is_beneath(lease.conversation)]
        held = [lease for lease in held if conversation in (None, lease.conversation)]
        return sorted(held, key=lambda lease: (lease.conversation, lease.reply))

    def conversations(self, *, hidden: bool = False, limit: int | None = None) -> list[Summary]:
        self._check_open()
        shown = (summary for summary in self._newest_first() if hidden or not summary.hidden)
        return list(islice(shown, limit))

    def summary(self, conversation: str) -> Summary:
        self._check_open()
        if self._is_beneath(conversation) and self._beneath is not None:
            return self._beneath.summary(conversation)
        return self._find(conversation).summary

    def describe(self, conversation: str, **facts: Unpack[Facts]) -> None:
        self._check_open()
        sound = checked(facts)
        self._lift(conversation)
        log = self._find(conversation)
        log.summary = replace(log.summary, **sound)

    def delete(self, conversation: str) -> None:
        """As in every store; what lies beneath must go too, so it raises where that cannot be changed."""
        self._check_open()
        gone_here = conversation in self._logs
        if self._beneath is not None and conversation not in self._deleted:
            try:
                self._beneath.delete(conversation)
            except NoSuchConversation:
                if not gone_here:
                    raise
        elif not gone_here:
            raise _unknown(conversation)
        self._logs.pop(conversation, None)
        self._written.pop(conversation, None)
        self._deleted.add(conversation)

    def was_deleted(self, conversation: str) -> bool:
        self._check_open()
        beneath = self._beneath is not None and self._beneath.was_deleted(conversation)
        return beneath or conversation in self._deleted

    def data_version(self) -> int:
        self._check_open()
        return 0 if self._beneath is None else self._beneath.data_version()

    def verify(self, conversation: str) -> Verdict:
        self._check_open()
        if self._is_beneath(conversation) and self._beneath is not None:
            return self._beneath.verify(conversation)
        records = self._find(conversation).records
        events = [(record.kind, record.body, record.at) for record in records]
        made = chained(conversation, 0, genesis(conversation), events)
        for count, ((expected, _), record) in enumerate(zip(made, records, strict=True)):
            if expected != record:
                digest = records[count - 1].digest if count else genesis(conversation).hex()
                return Verdict(False, count, digest, f"Event {count + 1} is not what was stored.")
        return Verdict(True, len(records), records[-1].digest, None)

    def close(self) -> None:
        self._closed = True
        if self._beneath is not None:
            self._beneath.close()

    def _attempt(self, unit: Append) -> Committed | StoreError:
        try:
            return self._append(unit)
        except StoreError as refusal:
            return refusal

    def _append(self, unit: Append) -> Committed:
        name = unit.conversation
        log = self._logs.get(name)
        if log is None:
            if name in self._deleted or unit.expected or not unit.events:
                raise _unknown(name)
            first = unit.events[0][2]
            log = _Log(Summary(name, "", first, first, 0, ended=False, hidden=False, model=""))
        length = len(log.records)
        if unit.expected != length and not unit.heartbeat:
            raise StaleSequence(name, expected=unit.expected, current=length)
        leases = log.leases if unit.lease is None else _changed(name, log.leases, unit.lease)
        before = bytes.fromhex(log.records[-1].digest) if log.records else genesis(name)
        records = tuple(record for record, _ in chained(name, length, before, unit.events))
        # Nothing can be refused from here on.
        log.leases = leases
        log.records.extend(records)
        if records:
            log.summary = replace(log.summary, events=records[-1].seq, changed=records[-1].at)
            self._logs[name] = log
            self._written.pop(name, None)
            self._written[name] = None
        if unit.summary:
            log.summary = replace(log.summary, **unit.summary)
        return Committed(records)

    def _lift(self, name: str) -> None:
        """Take a conversation that is about to change out of the store beneath."""
        if self._beneath is None or not self._is_beneath(name):
            return
        try:
            log = _Log(self._beneath.summary(name), self._beneath.read(name))
        except NoSuchConversation:
            if self._beneath.was_deleted(name):
                self._deleted.add(name)
            return
        log.leases = {lease.reply: lease for lease in self._beneath.leases(name)}
        self._logs[name] = log

    def _is_beneath(self, name: str) -> bool:
        return self._beneath is not None and name not in self._logs and name not in self._deleted

    def _newest_first(self) -> Iterator[Summary]:
        for name in reversed(self._written):
            yield self._logs[name].summary
        older = self._beneath.conversations(hidden=True) if self._beneath is not None else []
        for summary in older:
            if summary.conversation not in self._written and summary.conversation not in self._deleted:
                log = self._logs.get(summary.conversation)
                yield log.summary if log else summary

    def _find(self, name: str) -> _Log:
        if name not in self._logs:
            raise _unknown(name)
        return self._logs[name]

    def _check_open(self) -> None:
        if self._closed:
            raise StoreError("The store is closed.", advice="Open it again.")


def _changed(name: str, leases: dict[str, Lease], change: LeaseChange) -> dict[str, Lease]:
    """The leases after the change. Raises ``LeaseLost`` if they are not as it expects."""
    held = leases.get(change.reply)
    others = {reply: lease for reply, lease in leases.items() if reply != change.reply}
    if isinstance(change, OpenLease) and held is None:
        return {**others, change.reply: Lease(name, change.reply, change.token, change.holder, change.at, "")}
    if isinstance(change, Beat) and held is not None and held.token == change.token:
        return {**others, change.reply: replace(held, beat=change.at, partial=change.partial)}
    if isinstance(change, CloseLease) and held is not None and held.token == change.token:
        return others
    seen = (change.token_seen, change.beat_seen) if not isinstance(change, OpenLease | Beat | CloseLease) else None
    if held is not None and seen == (held.token, held.beat):
        return others
    raise LeaseLost(f"The reply {change.reply} is not held under this token.")


def _unknown(name: str) -> NoSuchConversation:
    return NoSuchConversation(f"There is no conversation {name} in this store.")
