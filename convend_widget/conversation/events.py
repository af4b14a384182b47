"""Everything that can happen to a conversation, as values. Times are unix seconds; ids are opaque strings.

Every event is stored but those that say ``durable = False``; these only move the running turn in memory. What the
law makes of each event is written in ``law.py``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from .records import Block, ErrorFacts, Fork, JudgedCall, Settings, Step


@dataclass(frozen=True, kw_only=True)
class Event:
    """The root of all events."""

    kind: ClassVar[str]
    durable: ClassVar[bool] = True
    at: float


@dataclass(frozen=True, kw_only=True)
class ConversationStarted(Event):
    """The first event of every conversation. ``origin`` says how it came to be, e.g. ``{"imported": "talk.json"}``.

    ``fork``: it goes on from a message of another conversation. ``study``: it is the trunk of a study, which was asked
    for like this (see ``replay/study.py``). ``run``: it is this run of the study that it goes on from.
    """

    kind: ClassVar[str] = "started"
    conversation: str
    schema: int
    origin: dict[str, str] | None = None
    fork: Fork | None = None
    study: dict[str, Any] | None = None
    run: int | None = None


@dataclass(frozen=True, kw_only=True)
class SettingsRecorded(Event):
    """Settings that later replies refer to by key."""

    kind: ClassVar[str] = "settings"
    settings: Settings


@dataclass(frozen=True, kw_only=True)
class UserSent(Event):
    """The person wrote. ``edit_of`` names the sibling that this rewrites; without it the parent must be a leaf.

    ``confirm`` is ``"yes"`` or ``"no"`` where the person answered the question whether to end by a button or by
    ``confirm_end()``; a typed answer has None, and the model reads it.
    """

    kind: ClassVar[str] = "user_sent"
    message: str
    parent: str | None
    content: tuple[Block, ...]
    by: str
    confirm: Literal["yes", "no"] | None = None
    edit_of: str | None = None
    command: str | None = None


@dataclass(frozen=True, kw_only=True)
class ReplyRequested(Event):
    """A reply to a user message was asked for. ``token`` fences every later event of this reply."""

    kind: ClassVar[str] = "reply_requested"
    reply: str
    parent: str
    settings: str
    token: str
    by: str
    command: str | None = None


@dataclass(frozen=True, kw_only=True)
class ReplyEvent(Event):
    """The root of the events of a running reply."""

    reply: str
    token: str


@dataclass(frozen=True, kw_only=True)
class StepOpened(ReplyEvent):
    """A model call has begun to answer."""

    kind: ClassVar[str] = "step_opened"
    durable: ClassVar[bool] = False


@dataclass(frozen=True, kw_only=True)
class StepCompleted(ReplyEvent):
    """A model call came to its ``message_stop``."""

    kind: ClassVar[str] = "step_completed"
    step: Step


@dataclass(frozen=True, kw_only=True)
class EvidenceRecorded(ReplyEvent):
    """What a gate had asked for was fetched, or could not be (``favours`` None). See ``EvidenceFacts``."""

    kind: ClassVar[str] = "evidence"
    gate: str
    tool_use: str
    favours: bool | None
    detail: str = ""
    model: str | None = None
    usage: dict[str, Any] = field(default_factory=dict)
    seconds: float | None = None
    cut: bool = False


@dataclass(frozen=True, kw_only=True)
class StepJudged(ReplyEvent):
    """Every tool call of the last step has its verdict, and the answer that the model gets."""

    kind: ClassVar[str] = "step_judged"
    calls: tuple[JudgedCall, ...]


@dataclass(frozen=True, kw_only=True)
class ReplySettled(ReplyEvent):
    """The reply is whole. ``note`` tells of anything unusual: ``length``, ``context_full``, ``empty``, ``bound``,
    ``paused``, or ``stopped: <unknown stop reason>``.
    """

    kind: ClassVar[str] = "reply_settled"
    note: str | None = None


@dataclass(frozen=True, kw_only=True)
class ReplyRefused(ReplyEvent):
    """A safety classifier refused (stop reason ``refusal``). Not an ending."""

    kind: ClassVar[str] = "reply_refused"


@dataclass(frozen=True, kw_only=True)
class ReplyStopped(ReplyEvent):
    """The person stopped the reply; ``partial`` is what had arrived of the running step."""

    kind: ClassVar[str] = "reply_stopped"
    partial: tuple[Block, ...] = ()
    by: str = "python"


@dataclass(frozen=True, kw_only=True)
class ReplyInterrupted(ReplyEvent):
    """The network, a time limit or the death of a kernel cut the reply. ``cut_by`` says which."""

    kind: ClassVar[str] = "reply_interrupted"
    partial: tuple[Block, ...] = ()
    cut_by: str = "connection"
    error: ErrorFacts | None = None


@dataclass(frozen=True, kw_only=True)
class ReplyFailed(ReplyEvent):
    """The reply could not be made: nothing had arrived, or what arrived is in earlier steps."""

    kind: ClassVar[str] = "reply_failed"
    error: ErrorFacts
    partial: tuple[Block, ...] = ()


@dataclass(frozen=True, kw_only=True)
class FeedbackGiven(Event):
    """The person's thumb and words on one message; the newest one counts."""

    kind: ClassVar[str] = "feedback"
    message: str
    thumb: Literal["up", "down"] | None
    words: str
    by: str


@dataclass(frozen=True, kw_only=True)
class MessageMarked(Event):
    """The person's label and star on one message; the newest one counts. An empty label is none."""

    kind: ClassVar[str] = "marked"
    message: str
    label: str
    starred: bool
    by: str


@dataclass(frozen=True, kw_only=True)
class BranchArchived(Event):
    """A message is put out of sight with all that is below it, or (``archived`` false) back; the newest one counts."""

    kind: ClassVar[str] = "archived"
    message: str
    archived: bool
    by: str


EVENTS: dict[str, type[Event]] = {
    cls.kind: cls
    for cls in (
        ConversationStarted,
        SettingsRecorded,
        UserSent,
        ReplyRequested,
        StepOpened,
        StepCompleted,
        EvidenceRecorded,
        StepJudged,
        ReplySettled,
        ReplyRefused,
        ReplyStopped,
        ReplyInterrupted,
        ReplyFailed,
        FeedbackGiven,
        MessageMarked,
        BranchArchived,
    )
}
