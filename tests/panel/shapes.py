"""The shapes of ``js/src/core/wire.ts``, field by field, so that Python and TypeScript are held to the same."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Union

from pydantic import ConfigDict, Field, TypeAdapter
from typing_extensions import TypedDict

Text = Literal["text", "thinking"]


class Strict(TypedDict):
    __pydantic_config__ = ConfigDict(extra="forbid", strict=True)  # type: ignore[misc]  # read by pydantic


class ErrorView(Strict):
    code: str
    what: str
    advice: str
    who: Literal["you", "model", "machine", "us"]
    retryable: bool
    request_id: str | None
    retry_after: float | None


class WarningAt(Strict):
    m: str
    kind: Literal["redirect", "final_warning"]


class Need(Strict):
    gate: str
    number: int | None


class EndingView(Strict):
    trigger: str
    reason: str | None
    warnings: list[WarningAt]
    policy: str
    mode: Literal["enforce", "observe"]
    confirmed_by: str | None
    needs: list[Need]


class TextBlock(Strict):
    k: Text
    text: str


class WarningBlock(Strict):
    k: Literal["warning"]
    kind: str
    counted: bool


class AttemptBlock(Strict):
    k: Literal["attempt"]
    verdict: Literal["blocked", "confirming", "accepted", "invalid", "not_run", "observed"]
    trigger: str | None
    missing: list[str]


class OtherBlock(Strict):
    k: Literal["other"]
    type: str


class Usage(Strict):
    input: int
    output: int
    cache_read: int


class Feedback(Strict):
    thumb: Literal["up", "down"] | None
    words: str


class Mark(Strict):
    label: str
    starred: bool
    archived: bool


class Row(Strict):
    m: str
    p: str | None
    role: Literal["user", "assistant"]
    at: float
    seq: int
    state: Literal[
        "sent", "requested", "streaming", "judging", "settled", "stopped", "interrupted", "refused", "failed"
    ]
    blocks: list[Annotated[TextBlock | WarningBlock | AttemptBlock | OtherBlock, Field(discriminator="k")]]
    tip: Literal["open", "warned", "confirming", "ended"]
    by: str
    confirm: Literal["yes", "no"] | None
    ending: EndingView | None
    error: ErrorView | None
    note: str | None
    stop: str | None
    model: str | None
    usage: Usage | None
    feedback: Feedback | None
    edit_of: str | None
    mark: Mark | None


class Wait(Strict):
    seconds: float
    why: str


class Notice(Strict):
    code: str
    text: str


class Stored(Strict):
    path: str | None
    writable: bool


class CostView(Strict):
    dollars: float | None
    at_least: bool
    free: bool
    unpriced: list[str]
    as_of: str | None


class Spent(Strict):
    input: int
    output: int
    cost: CostView


class LessonView(Strict):
    title: str
    at: int
    of: int
    over: bool
    playing: bool
    speed: Literal[1, 2, 4, 8]


class ChatView(Strict):
    conversation: str
    head: str | None
    status: Literal["ready", "waiting", "responding", "judging", "ended", "elsewhere"]
    wait: Wait | None
    silent: int
    model: str
    provider: str
    rehearsal: bool
    policy: str
    mode: Literal["enforce", "observe"]
    can_end: bool
    notices: list[Notice]
    send_with: Literal["enter", "shift-enter", "ctrl-enter"]
    theme: Literal["auto", "light", "dark"]
    size: Literal["normal", "presenter"]
    stored: Stored
    running: str | None
    spent: Spent
    lesson: LessonView | None


class Snapshot(Strict):
    t: Literal["snapshot"]
    n: int
    chat: ChatView
    rows: list[Row]
    below: int | None


class Page(Strict):
    t: Literal["page"]
    conversation: str
    below: int
    rows: list[Row]
    next: int | None


class Rows(Strict):
    t: Literal["rows"]
    n: int
    rows: list[Row]


class Growth(Strict):
    t: Literal["delta"]
    n: int
    m: str
    d: list[tuple[int, Text, str]]


class ChatChanged(Strict):
    t: Literal["chat"]
    n: int
    chat: ChatView


class Answer(Strict):
    t: Literal["answer"]
    c: str
    ok: bool
    error: ErrorView | None
    m: str | None


class SeenPart(Strict):
    t: Literal["seen"]
    c: str
    part: int
    parts: int
    text: str


class Play(Strict):
    t: Literal["play"]
    conversation: str
    m: str
    speed: Literal[1, 2, 4, 8]


class Side(Strict):
    policy: str
    ended: bool


class Beside(Strict):
    t: Literal["beside"]
    lesson: LessonView
    sides: list[Side]
    theme: Literal["auto", "light", "dark"]
    size: Literal["normal", "presenter"]


class Tokens(Strict):
    input: int
    cache_read: int
    cache_write: int
    cache_write_1h: int
    output: int


class Reply(Strict):
    model: str
    provider: str
    policy: str
    mode: Literal["enforce", "observe"]
    can_end: bool
    gates: list[str]
    tokens: Tokens
    cost: CostView


class Why(Strict):
    code: Literal["", "blank", "unfinished", "other_ground", "alone", "not_json", "unanswered", "not_offered"]
    text: str


class Gate(Strict):
    gate: str
    passed: bool
    missing: str


class VerdictView(Strict):
    tool: str
    input: str
    verdict: Literal["accepted", "blocked", "confirming", "invalid", "warned", "not_run", "observed"]
    answer: str
    is_error: bool
    trigger: str | None
    at_risk: bool
    counted: bool
    confirmed_by: str | None
    gates: list[Gate]


class SeenCall(Strict):
    number: int
    complete: bool
    model: str
    stop: str | None
    seconds: float | None
    request_id: str | None
    tokens: Tokens
    cost: CostView
    left_out: list[Why]
    verdicts: list[VerdictView]


class Evidence(Strict):
    gate: str
    tool_use: str
    favours: bool | None
    detail: str


class Gap(Strict):
    turn: int
    at: int
    role: Literal["user", "assistant"]
    why: Why
    type: str
    name: str | None
    text: str


class SeenView(Strict):
    """What the parts hold together."""

    m: str
    call: int
    reply: Reply
    calls: list[SeenCall]
    evidence: list[Evidence]
    exact: bool | None
    omitted: list[Gap]
    new_from: int
    body: str


_SEEN: TypeAdapter[Any] = TypeAdapter(SeenView)
_MESSAGE: TypeAdapter[Any] = TypeAdapter(
    Annotated[
        Union[Snapshot, Page, Rows, Growth, ChatChanged, Answer, SeenPart, Play, Beside],  # noqa: UP007 - for 3.10
        Field(discriminator="t"),
    ]
)


def check(message: object) -> None:
    """Raise unless this is a message of the wire, with exactly its fields."""
    if isinstance(message, dict) and message.get("t") == "delta":
        message = {**message, "d": [tuple(delta) for delta in message["d"]]}  # JSON knows no tuples
    _MESSAGE.validate_python(message)


def check_seen(view: object) -> None:
    """Raise unless this is what the model saw, with exactly its fields."""
    _SEEN.validate_python(view)
