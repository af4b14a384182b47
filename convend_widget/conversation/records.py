"""The values that events carry and that a folded conversation holds. Immutable; identity lives in ids.

A ``Block`` is one content block as plain JSON, exactly as the API gave it (or as the person wrote it). Treat it as
frozen: it is shared between the log, the tree and requests, and is never edited.

These classes have no ``__slots__``: a fold makes them by handing their fields over (see ``values.py``).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from .law import RUNNING, Tip, Turn

Block = dict[str, Any]
Role = Literal["user", "assistant"]
Verdict = Literal["accepted", "recorded", "blocked", "confirming", "invalid", "warned", "not_run"]


@dataclass(frozen=True)
class Settings:
    """What a reply was asked for with. Recorded once; replies refer to it by ``key``, a digest of the rest.

    ``max_tokens`` is per step. ``tools`` are the schemas as offered. ``policy_text`` is the prose the model was given;
    ``system`` is the person's own system text. ``request`` is whatever else was passed through to the Messages API.
    ``effect`` false: an ending that passes is recorded, and nothing else comes of it. ``stream``: how replies came.
    """

    key: str
    model: str
    provider: str
    policy: str
    mode: str
    max_tokens: int
    policy_text: str = ""
    system: str = ""
    tools: tuple[Block, ...] = ()
    request: dict[str, Any] = field(default_factory=dict)
    can_end: bool = True
    max_steps: int = 4
    effect: bool = True
    stream: bool = True
    provenance: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Fork:
    """Where a conversation goes on from another one: below ``message`` of ``conversation``, which is not copied.

    ``seq`` is how many events that one had, and ``digest`` stood for them all (hexadecimal; empty: not noted).
    """

    conversation: str
    message: str
    seq: int = 0
    digest: str = ""


@dataclass(frozen=True)
class GateResult:
    """What one gate said of one ending call. ``missing`` is empty where it passed."""

    gate: str
    passed: bool
    missing: str = ""


@dataclass(frozen=True)
class JudgedCall:
    """One tool call of a step with the verdict on it, and what the model was told (``answer``)."""

    tool_use: str
    name: str
    verdict: Verdict
    answer: str = ""
    is_error: bool = False
    kind: str | None = None
    counted: bool = False
    trigger: str | None = None
    at_risk: bool = False
    reason: str | None = None
    confirmed_by: str | None = None
    gates: tuple[GateResult, ...] = ()
    flags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Step:
    """One model call: its blocks, why it stopped, and what it used.

    ``complete`` is true only if ``message_stop`` was seen and every block was closed. ``malformed`` names tool calls
    whose input was not JSON. ``left_out`` says what the request's history had to do without, and why. ``sent`` is the
    fingerprint of the request as it was sent: the request itself is built again from the record (``session/seen.py``).
    """

    blocks: tuple[Block, ...]
    stop_reason: str | None
    complete: bool
    stop_details: dict[str, Any] | None = None
    usage: dict[str, Any] = field(default_factory=dict)
    model: str | None = None
    api_message: str | None = None
    request_id: str | None = None
    malformed: tuple[str, ...] = ()
    unknown: tuple[dict[str, Any], ...] = ()
    left_out: tuple[str, ...] = ()
    seconds: float | None = None
    sent: str | None = None
    calls: tuple[JudgedCall, ...] = ()

    def tool_calls(self) -> list[Block]:
        """The complete ``tool_use`` blocks of this step, in order."""
        return [block for block in self.blocks if block.get("type") == "tool_use"]


@dataclass(frozen=True)
class EvidenceFacts:
    """What a gate had asked for: in favour of ending, against it, or (None) not to be had.

    ``model``: who was asked; None where nobody was, or where no answer had begun. ``usage``: what that call used, as
    the API told it. ``cut``: it was cut, so that its usage was never told.
    """

    gate: str
    tool_use: str
    favours: bool | None
    detail: str = ""
    model: str | None = None
    usage: dict[str, Any] = field(default_factory=dict)
    seconds: float | None = None
    cut: bool = False


@dataclass(frozen=True)
class ErrorFacts:
    """An error as it is stored and shown: never a traceback, never a response body."""

    code: str
    what: str
    advice: str = ""
    who: str = "model"
    retryable: bool = False
    request_id: str | None = None
    status: int | None = None
    retry_after: float | None = None


@dataclass(frozen=True)
class Warned:
    """One counted warning: which reply gave it, and of which kind (``redirect`` or ``final_warning``)."""

    message: str
    kind: str


@dataclass(frozen=True)
class Facts:
    """What is known of a branch at one message: all that gates may look at.

    ``asked``: the reply that asked to confirm an ending, while that question is open. ``confirmed``: how the person
    confirmed it (``"panel"``, ``"python"``, or ``"reading"`` where the model must read it in the next message); valid
    for the reply to that one message. ``asks``: how often a call was answered by a request to confirm, on the whole
    branch. ``harm_blocked_here``: the running reply had a ``persistent_harm`` blocked.
    """

    turns: int = 0
    warnings: tuple[Warned, ...] = ()
    at_risk: bool = False
    asked: str | None = None
    confirmed: str | None = None
    asks: int = 0
    end_calls: int = 0
    blocked: int = 0
    harm_blocked_here: bool = False


@dataclass(frozen=True)
class Feedback:
    """What the person said of one message. ``thumb`` is ``"up"``, ``"down"`` or None."""

    message: str
    thumb: str | None
    words: str
    at: float
    by: str


@dataclass(frozen=True)
class Mark:
    """The person's label (empty: none) and star on one message."""

    message: str
    label: str
    starred: bool
    at: float
    by: str


@dataclass(frozen=True)
class Archived:
    """Whether a message was last put out of sight with all that is below it, or back into it."""

    message: str
    archived: bool
    at: float
    by: str


@dataclass(frozen=True)
class Message:
    """One message of the tree. A user message has ``content``; a reply has ``steps``.

    ``parent`` is None for the first message (its parent is the virtual root). ``state`` is None for user messages.
    ``partial`` holds what had arrived when a reply was cut. ``at`` is unix seconds; order is by ``seq``, never ``at``:
    it grows from message to message, on from the inherited ones where the conversation goes on from another one.
    """

    id: str
    role: Role
    parent: str | None
    depth: int
    at: float
    seq: int
    facts: Facts
    tip: Tip
    content: tuple[Block, ...] = ()
    by: str = "python"
    confirm: str | None = None
    edit_of: str | None = None
    state: Turn | None = None
    settings: str | None = None
    token: str = ""
    steps: tuple[Step, ...] = ()
    evidence: tuple[EvidenceFacts, ...] = ()
    partial: tuple[Block, ...] = ()
    note: str | None = None
    error: ErrorFacts | None = None
    cut_by: str | None = None
    before: str | None = None  # the sibling that was there before this one

    @property
    def ended(self) -> bool:
        """Whether the model ended the conversation with this message."""
        return self.tip is Tip.ENDED

    @property
    def running(self) -> bool:
        """Whether this is a reply that is not settled yet."""
        return self.state in RUNNING

    @property
    def standing(self) -> str:
        """In one word: where the turn is while it is not settled, or else what the tip means."""
        return self.tip.value if self.state in (None, Turn.SETTLED) else self.state.value

    def blocks(self) -> list[Block]:
        """All content blocks in order: what the person wrote, or every step's blocks and then the partial ones."""
        if self.role == "user":
            return list(self.content)
        return [block for step in self.steps for block in step.blocks] + list(self.partial)

    @property
    def text(self) -> str:
        """The text blocks, joined by blank lines."""
        texts = (b.get("text") for b in self.blocks() if b.get("type") == "text")
        return "\n\n".join(text for text in texts if isinstance(text, str) and text)

    @property
    def ending_recorded(self) -> bool:
        """Whether the model would have ended the conversation here, had its endings not been recorded only."""
        return any(call.verdict == "recorded" for step in self.steps for call in step.calls)

    def ending_call(self) -> JudgedCall | None:
        """The accepted ending, if this message has one."""
        for step in self.steps:
            for call in step.calls:
                if call.verdict == "accepted":
                    return call
        return None

    def __repr__(self) -> str:
        text = self.text if len(self.text) <= 60 else self.text[:57] + "…"
        mark = "" if self.state in (None, Turn.SETTLED) else f", {self.state.value}"
        return f"Message({self.role}, {text!r}{', ended' if self.ended else mark})"
