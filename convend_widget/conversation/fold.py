"""From events to a conversation. Loading, replay, sync and tests all come through here; there is no second way."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from . import law
from .events import (
    EVENTS,
    BranchArchived,
    ConversationStarted,
    Event,
    EvidenceRecorded,
    FeedbackGiven,
    MessageMarked,
    ReplyEvent,
    ReplyFailed,
    ReplyInterrupted,
    ReplyRefused,
    ReplyRequested,
    ReplySettled,
    ReplyStopped,
    SettingsRecorded,
    StepCompleted,
    StepJudged,
    StepOpened,
    UserSent,
)
from .law import Turn
from .records import Archived, EvidenceFacts, Facts, Feedback, JudgedCall, Mark, Message, Warned
from .tree import ROOT, Conversation, empty
from .values import changed, made


def apply(conversation: Conversation, *events: Event) -> Conversation:
    """The conversation after these events. Pure: all happen, or ``IllegalEvent`` is raised and nothing changes."""
    change = _Change(conversation)
    for event in events:
        change.take(event)
    return change.done()


def fold(conversation: str, events: Iterable[Event], onto: Conversation | None = None) -> Conversation:
    """The conversation that these events make, from the first on. The same law as ``apply``, in one sweep.

    ``onto``: what a conversation that goes on from another one begins with (see ``fork.py``).
    """
    change = _Change(empty(conversation) if onto is None else onto)
    for event in events:
        change.take(event)
    return change.done()


class _Change:
    """A change under way: what the law looks at, and what events write to. Thrown away if an event is illegal."""

    def __init__(self, before: Conversation) -> None:
        self.id, self.seq = before.id, before.seq
        self.newest, self.started, self.fork = before.newest, before.started, before.fork
        self.inherited = before.inherited
        self.messages = before.messages.editor()
        self.last = before.last.editor()
        self.settings = before.settings.editor()
        self.notes = before.notes.editor()
        self.marks = before.marks.editor()
        self.archive = before.archive.editor()
        self.find, self.find_settings = self.messages.get, self.settings.get

    def done(self) -> Conversation:
        return Conversation(
            self.id,
            self.seq,
            self.messages.done(),
            self.last.done(),
            self.settings.done(),
            self.notes.done(),
            self.marks.done(),
            self.archive.done(),
            self.newest,
            self.started,
            self.fork,
            self.inherited,
        )

    def last_child(self, message: str | None) -> Message | None:
        child = self.last.get(message or ROOT)
        return None if child is None else self.messages[child]

    def take(self, event: Event) -> None:
        if self.seq == 0:
            law.check_begun(self, event)
        TAKE[type(event)](self, event)
        if event.durable:
            self.seq += 1

    def start(self, event: ConversationStarted) -> None:
        law.check_started(self, event)
        self.started = event.at

    def record_settings(self, event: SettingsRecorded) -> None:
        law.check_settings(self, event)
        self.settings[event.settings.key] = event.settings

    def user_sent(self, event: UserSent) -> None:
        law.check_user_sent(self, event)
        parent = None if event.parent is None else self.messages[event.parent]
        self._add(
            id=event.message,
            role="user",
            parent=event.parent,
            depth=parent.depth + 1 if parent else 1,
            at=event.at,
            seq=self.inherited + self.seq + 1,
            facts=facts_after_writing(parent, event),
            tip=law.tip_after_writing(parent),
            content=event.content,
            by=event.by,
            confirm=event.confirm,
            edit_of=event.edit_of,
        )

    def reply_requested(self, event: ReplyRequested) -> None:
        law.check_reply_requested(self, event)
        parent = self.messages[event.parent]
        self._add(
            id=event.reply,
            role="assistant",
            parent=event.parent,
            depth=parent.depth + 1,
            at=event.at,
            seq=self.inherited + self.seq + 1,
            facts=parent.facts,
            tip=parent.tip,
            by=event.by,
            state=Turn.REQUESTED,
            settings=event.settings,
            token=event.token,
        )

    def _add(self, **fields: Any) -> None:
        message, parent = fields["id"], fields["parent"] or ROOT
        fields["before"] = self.last.get(parent)
        self.messages[message] = made(Message, fields)
        self.last[parent] = self.newest = message

    def reply_event(self, event: ReplyEvent) -> None:
        reply, state = law.check_reply_event(self, event)
        self.messages[event.reply] = after(reply, state, event)

    def give_feedback(self, event: FeedbackGiven) -> None:
        law.check_kept(self, event)
        self.notes[event.message] = Feedback(event.message, event.thumb, event.words, event.at, event.by)

    def mark(self, event: MessageMarked) -> None:
        law.check_marked(self, event)
        self.marks[event.message] = Mark(event.message, event.label, event.starred, event.at, event.by)

    def put_away(self, event: BranchArchived) -> None:
        law.check_kept(self, event)
        self.archive[event.message] = Archived(event.message, event.archived, event.at, event.by)


def after(reply: Message, state: Turn, event: ReplyEvent) -> Message:
    """The reply once this legal event has happened to it."""
    if isinstance(event, StepCompleted):
        return changed(reply, state=state, steps=(*reply.steps, event.step))
    if isinstance(event, EvidenceRecorded):
        found = EvidenceFacts(**{name: getattr(event, name) for name in EvidenceFacts.__dataclass_fields__})
        return changed(reply, state=state, evidence=(*reply.evidence, found))
    if isinstance(event, StepJudged):
        judged = changed(reply.steps[-1], calls=event.calls)
        return changed(
            reply,
            state=state,
            steps=(*reply.steps[:-1], judged),
            facts=facts_after_judging(reply, event.calls),
            tip=law.tip_after_judging(reply.tip, event.calls),
        )
    if isinstance(event, StepOpened):
        return changed(reply, state=state)
    tells = {field: getattr(event, name) for field, name in RESTS[type(event)].items()}
    return changed(reply, state=state, facts=_at_rest(reply.facts), **tells)


# How a reply comes to rest -> what its message keeps of that: field of the message, field of the event.
RESTS: dict[type[Event], dict[str, str]] = {
    ReplySettled: {"note": "note"},
    ReplyRefused: {},
    ReplyStopped: {"partial": "partial", "cut_by": "by"},
    ReplyInterrupted: {"partial": "partial", "cut_by": "cut_by", "error": "error"},
    ReplyFailed: {"partial": "partial", "error": "error"},
}


def facts_after_writing(parent: Message | None, event: UserSent) -> Facts:
    """The branch's facts once the person wrote: the question whether to end is answered or lapses."""
    facts = parent.facts if parent else Facts()
    confirmed = None
    if facts.asked and event.confirm != "no":
        confirmed = event.by if event.confirm == "yes" else "reading"
    return changed(facts, turns=facts.turns + 1, asked=None, confirmed=confirmed, harm_blocked_here=False)


def facts_after_judging(reply: Message, calls: tuple[JudgedCall, ...]) -> Facts:
    """The branch's facts once these calls of a reply have their verdicts."""
    facts = reply.facts
    warnings = facts.warnings
    for call in calls:
        if call.verdict == "warned" and call.counted and call.kind:
            warnings = (*warnings, Warned(reply.id, call.kind))
    ends = [c for c in calls if c.name == "end_conversation" and c.verdict != "not_run"]
    asks = sum(c.verdict == "confirming" for c in ends)
    refused = [c for c in ends if c.verdict in ("blocked", "invalid")]
    return changed(
        facts,
        warnings=warnings,
        at_risk=facts.at_risk or any(c.at_risk for c in calls),  # also where the call itself was not run
        asked=reply.id if asks else facts.asked,
        asks=facts.asks + asks,
        end_calls=facts.end_calls + len(ends),
        blocked=facts.blocked + len(refused),
        harm_blocked_here=facts.harm_blocked_here or any(c.trigger != "user_request" for c in refused),
    )


def _at_rest(facts: Facts) -> Facts:
    """A confirmation is valid for one reply; what was blocked in a reply matters in that reply only."""
    if facts.confirmed is None and not facts.harm_blocked_here:
        return facts
    return changed(facts, confirmed=None, harm_blocked_here=False)


TAKE: dict[type[Event], Callable[[_Change, Any], None]] = {
    ConversationStarted: _Change.start,
    SettingsRecorded: _Change.record_settings,
    UserSent: _Change.user_sent,
    ReplyRequested: _Change.reply_requested,
    FeedbackGiven: _Change.give_feedback,
    MessageMarked: _Change.mark,
    BranchArchived: _Change.put_away,
}
TAKE |= {kind: _Change.reply_event for kind in EVENTS.values() if issubclass(kind, ReplyEvent)}
