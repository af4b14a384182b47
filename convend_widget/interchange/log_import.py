"""From the events of an export to events for a new conversation, by the law, with what does not fit set aside.

Nothing in a file is believed for its own sake. A verdict counts only where a typed block bears it out; what hangs below
an ended message is foreign and stays out of the tree; whatever else breaks the law refuses the whole import.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ..conversation import (
    BranchArchived,
    Conversation,
    ConversationStarted,
    ErrorFacts,
    Event,
    FeedbackGiven,
    MessageMarked,
    ReplyInterrupted,
    ReplyRequested,
    ReplySettled,
    UserSent,
    apply,
    fold,
)
from ..conversation.codec import SCHEMA, decode
from ..conversation.events import ReplyEvent
from ..errors import IllegalEvent, ImportRefused, StoreDamaged, StoreTooNew, UnknownMessage
from .chain import Chain
from .checks import is_id, problem_of
from .envelope import Envelope
from .reading import shown
from .report import Finding, Imported, ImportReport
from .verdicts import Verdicts

_dump = json.JSONEncoder(ensure_ascii=True, separators=(",", ":"), allow_nan=False).encode
_CUT = ErrorFacts(
    "export",
    "This reply was still being written when the conversation was exported.",
    "Retry to get a whole reply.",
    who="machine",
    retryable=True,
)


def import_log(envelope: Envelope, source: str, conversation: str) -> Imported:
    """The events of an export as those of ``conversation``. Raises ``ImportRefused``."""
    if not envelope.records:
        return Imported(conversation, (), ImportReport(source, "convend", None, 0, 0))
    log = _Log(envelope, conversation)
    events: list[Event] = []
    try:
        folded = fold(conversation, _noted(log.events(), events))
    except IllegalEvent as error:
        raise ImportRefused(f"{log.place}: {log.explain(error)}") from None
    cut = _cut(folded, events[-1].at)
    folded = apply(folded, *cut)
    verified, broken = log.chain.verdict(envelope.digest)
    origin = {"imported": shown(source), "conversation": log.named, "digest": log.chain.digest, **log.went_on_from()}
    if log.foreign:
        origin["set_aside"] = f"{len(log.foreign)} events"
    start = ConversationStarted(at=events[0].at, conversation=conversation, schema=SCHEMA, origin=origin)
    still = [Finding(f"message {event.reply}", "cut", _CUT.what) for event in cut]
    report = ImportReport(
        source,
        "convend",
        log.named,
        events=len(events) + len(cut),
        messages=len(folded),
        findings=(*broken, *log.findings, *_compare(envelope.messages, folded, log.set_aside), *still),
        foreign=tuple(log.foreign),
        verified=verified,
        digest=log.chain.digest,
    )
    return Imported(conversation, (start, *events[1:], *cut), report)


class _Log:
    """The records of one file on their way to events: the start, what stands above, the rest.

    ``at`` is the number of the record that is looked at, in this order.
    """

    def __init__(self, envelope: Envelope, conversation: str) -> None:
        self.conversation, self._above = conversation, len(envelope.above)
        self.records = [*envelope.records[:1], *envelope.above, *envelope.records[1:]]
        self.at = 1
        self._start: ConversationStarted | None = None
        self.findings: list[Finding] = []
        self.foreign: list[dict[str, Any]] = []
        self.set_aside: set[str] = set()
        self._known: set[str] = set()
        self._verdicts = Verdicts()
        self.named = self._name()
        self.chain = Chain(self.named)

    def events(self) -> Iterator[Event]:
        """The events that belong to the tree, with such verdicts as the blocks bear out."""
        for number, record in enumerate(self.records, 1):
            self.at = number
            event = self._decoded(record)
            if self._is_foreign(event):
                self.foreign.append(record)
                continue
            true, doubts = self._verdicts.checked(event)
            self.findings += [Finding(self.place, "disagrees", doubt) for doubt in doubts]
            yield true

    @property
    def place(self) -> str:
        """Where the record stands that is looked at, as a person would say it."""
        if 1 < self.at <= 1 + self._above:
            return f"event {self.at - 1} above"
        return f"event {self.at if self.at == 1 else self.at - self._above}"

    def went_on_from(self) -> dict[str, str]:
        """Of a run or a study's trunk: which message of which conversation, and what was asked for."""
        start = self._start
        if start is None or start.fork is None:
            return {}
        told = {"went_on_from": shown(start.fork.conversation), "below": shown(start.fork.message)}
        if start.run is not None:
            told["run"] = str(start.run)
        if start.study is not None:
            told["study"] = _dump(start.study)
        return told

    def explain(self, error: IllegalEvent) -> str:
        """What the law said of this record, and more where the file's order is at fault."""
        if isinstance(error, UnknownMessage):
            later = any(_made(record) == error.message for record in self.records[self.at - 1 :])
            return shown(error.what) + (" It comes later in the file: a cycle, or a wrong order." if later else "")
        return error.what

    def _name(self) -> str:
        """The id that the conversation had: the chain begins with it."""
        first = self.records[0]
        if first["kind"] != ConversationStarted.kind:
            raise ImportRefused("event 1 is not the start of a conversation.")
        name = first["body"].get("conversation")
        if not is_id(name):
            raise ImportRefused(f"event 1: {shown(name)!r} is no id of a conversation.")
        return str(name)

    def _decoded(self, record: dict[str, Any]) -> Event:
        try:
            body = _dump(record["body"])
            event = decode(record["kind"], body, float(record["at"]))
        except StoreTooNew as error:
            raise ImportRefused(f"{self.place}: {shown(error.what)}", advice="Update convend_widget.") from None
        except (StoreDamaged, ValueError, RecursionError) as error:
            what = error.what if isinstance(error, StoreDamaged) else f"{error}."
            raise ImportRefused(f"{self.place}: {shown(what)}") from None
        problem = problem_of(event) if event.durable else f"{event.kind} is never stored"
        if problem:
            raise ImportRefused(f"{self.place}: {problem}.")
        if not 1 < self.at <= 1 + self._above:
            self.chain.add(record, body)
        if isinstance(event, ConversationStarted) and self.at == 1:
            self._start = event
            self._check_above(event)
            return replace(event, conversation=self.conversation, fork=None, study=None, run=None)
        return event

    def _check_above(self, start: ConversationStarted) -> None:
        """What a run goes on from must be in the file, and nothing else may stand above."""
        if start.fork is None and self._above:
            raise ImportRefused("event 1 above: this conversation goes on from nothing.")
        if start.fork is not None and start.fork.message:
            above = {_made(record) for record in self.records[1 : 1 + self._above]}
            if start.fork.message not in above:
                raise ImportRefused(
                    f"event 1: this goes on from message {shown(start.fork.message)} of another conversation, which is "
                    "not in the file.",
                    advice="Export it again with this version, which writes what stands above too.",
                )

    def _is_foreign(self, event: Event) -> bool:
        """Whether this event is about a message below an ended one. Such a message is noted."""
        if isinstance(event, (ReplyEvent, FeedbackGiven, MessageMarked, BranchArchived)):
            about = event.reply if isinstance(event, ReplyEvent) else event.message
            return about in self.set_aside
        if not isinstance(event, (UserSent, ReplyRequested)):
            return False
        made = event.message if isinstance(event, UserSent) else event.reply
        if made in self._known:
            raise ImportRefused(f"{self.place}: there are two messages with the id {shown(made)!r}.")
        self._known.add(made)
        below_ended = event.parent in self._verdicts.ended
        if not below_ended and event.parent not in self.set_aside:
            return False
        self.set_aside.add(made)
        where = f"below {event.parent}, which ended the conversation" if below_ended else f"below {event.parent}"
        self.findings.append(Finding(self.place, "foreign", f"message {made} is {where}: set aside"))
        return True


def _noted(events: Iterator[Event], taken: list[Event]) -> Iterator[Event]:
    for event in events:
        taken.append(event)
        yield event


def _made(record: dict[str, Any]) -> object:
    """The message that a record makes, if it makes one."""
    name = {UserSent.kind: "message", ReplyRequested.kind: "reply"}.get(record["kind"])
    return record["body"].get(name) if name else None


def _cut(folded: Conversation, at: float) -> list[ReplySettled | ReplyInterrupted]:
    """What brings to rest the replies that were running when the conversation was exported."""
    return [
        ReplySettled(at=at, reply=m.id, token=m.token)
        if m.ended
        else ReplyInterrupted(at=at, reply=m.id, token=m.token, cut_by="export", error=_CUT)
        for m in folded.running
    ]


def _compare(listed: list[Any], folded: Conversation, set_aside: set[str]) -> list[Finding]:
    """Where the file's readable list of messages says something else than its events."""
    findings = []
    for entry in listed:
        name = entry.get("id") if isinstance(entry, dict) else None
        if not isinstance(name, str) or name in set_aside:
            continue
        found = folded.find(name)
        if found is None:
            what = "it is in the list of messages, but no event made it: left out"
            findings.append(Finding(f"message {shown(name)}", "disagrees", what))
        elif "ended" in entry and entry["ended"] is not found.ended:
            what = f"the list says ended: {shown(entry['ended'])}; by its events it is {found.tip.value}"
            findings.append(Finding(f"message {name}", "disagrees", what))
    return findings
