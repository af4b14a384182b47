"""Every error that this package raises, as one tree. Each says who must act and what to do.

``who`` is one of ``"you"`` (the person at the notebook), ``"model"`` (the model or its provider; usually: try
again), ``"machine"`` (disk, network or another process) and ``"us"`` (a defect of this package). ``advice`` is one
plain sentence. Nothing here ever holds key material, request headers or a response body.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

Who = Literal["you", "model", "machine", "us"]


class ConvendError(Exception):
    """The root of the tree. ``str(error)`` is what happened, followed by the advice."""

    who: ClassVar[Who] = "you"
    advice: str = ""

    def __init__(self, what: str, *, advice: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        if advice is not None:
            self.advice = advice

    def __str__(self) -> str:
        return f"{self.what} {self.advice}".strip()


# -- the law


class IllegalEvent(ConvendError):
    """An event that the law does not allow. The conversation is unchanged.

    ``ways`` are the legal ways on, as short imperatives.
    """

    def __init__(
        self, what: str, *, conversation: str, message: str | None, state: str, ways: tuple[str, ...] = ()
    ) -> None:
        super().__init__(what, advice=f"You can: {'; '.join(ways)}." if ways else None)
        self.conversation = conversation
        self.message = message
        self.state = state
        self.ways = ways


class ConversationEnded(IllegalEvent):
    """Something would have gone below an ended message. A new chat, or an edit of an earlier message, goes on."""


class ReplyRunning(IllegalEvent):
    """The tip already has a running reply, here or in another kernel."""


class TipMoved(IllegalEvent):
    """Somebody else wrote on this tip first. The draft is kept; look at what came and send again."""


class UnknownMessage(IllegalEvent):
    """The named message is not in this conversation."""


class StaleToken(IllegalEvent):
    """A late event of a reply whose lease was taken over or that is settled already."""

    who: ClassVar[Who] = "machine"


# -- settings and use


class SettingsError(ConvendError, ValueError):
    """An argument, policy, scenario or command that cannot be used as it is."""


class UnknownArgument(SettingsError, TypeError):
    """An argument that does not exist; the advice names the nearest one."""


class CasesRefused(SettingsError):
    """Cases of an audit that cannot be used as they are; nothing was started. ``file`` and ``place`` say where."""

    def __init__(self, what: str, *, file: str, place: str = "", advice: str | None = None) -> None:
        super().__init__(f"{file}, {place}: {what}" if place else f"{file}: {what}", advice=advice)
        self.file = file
        self.place = place


class ScenarioRefused(SettingsError):
    """A scenario that cannot be played as it is written. ``file`` names it.

    ``problems``: every mistake that was found, a sentence or two each, which begin with the line and the turn.
    """

    def __init__(self, file: str, problems: Sequence[str], *, advice: str | None = None) -> None:
        first, *more = problems
        told = f"{file}, {first}" if first.startswith("line ") else f"{file}: {first}"
        listed = "\n".join(f"  {problem}" for problem in problems)
        super().__init__(f"{file} has several mistakes:\n{listed}" if more else told, advice=advice)
        self.file = file
        self.problems = tuple(problems)


class CannotEnd(ConvendError):
    """The model does not have the ability to end conversations, and what was asked needs it."""


class OnOwnerThread(ConvendError):
    """A synchronous call was made on the owner thread, where it would wait for itself."""

    advice = "Use the async form (await chat.asay(…)) in observers and handlers."


class Cancelled(ConvendError):
    """The call was stopped before it came to a result."""


# -- the model


class ModelError(ConvendError):
    """A model call did not come to a whole reply. What arrived before is kept as partial.

    ``code`` is stable and short, for the panel and for statistics; ``request_id`` is the provider's, if one came;
    ``status`` the HTTP status; ``retry_after`` seconds; ``retryable``: whether trying again as it is can help.
    """

    who: ClassVar[Who] = "model"
    code: ClassVar[str] = "model_error"
    retryable: ClassVar[bool] = False

    def __init__(
        self,
        what: str,
        *,
        advice: str | None = None,
        request_id: str | None = None,
        status: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(what, advice=advice)
        self.request_id = request_id
        self.status = status
        self.retry_after = retry_after
        self.reply: object = None  # the message that keeps what arrived, once there is one


class KeyProblem(ModelError):
    """No key, a malformed key, or one that the provider does not accept (401, 403)."""

    who: ClassVar[Who] = "you"
    code = "key"
    advice = "Set ANTHROPIC_API_KEY (or pass api_key=…) and try again. Reading, export and the rehearsal work without."


class BadRequest(ModelError):
    """The provider refused the request as it is (400, 404, 413, 422)."""

    who: ClassVar[Who] = "you"
    code = "bad_request"
    advice = "Change what is sent: an earlier message, the model, or request={…}."


class ContextFull(BadRequest):
    """The conversation no longer fits the model's context window."""

    code = "context_full"
    advice = "Edit an earlier message to go on from there with less text, or start a new chat."


class RateLimited(ModelError):
    """Too many requests (429), after bounded retries."""

    code = "rate_limited"
    retryable = True
    advice = "Wait a little, then retry."


class Overloaded(ModelError):
    """The provider is busy or failing (408, 409, 5xx, 529, an ``error`` event), after bounded retries."""

    code = "overloaded"
    retryable = True
    advice = "Retry in a moment. Your message and the history are kept."


class ConnectionLost(ModelError):
    """The network failed: no connection, TLS trouble, a connection cut in mid-stream."""

    who: ClassVar[Who] = "machine"
    code = "connection"
    retryable = True
    advice = "Check the network, then retry. What arrived is kept."


class TimedOut(ConnectionLost):
    """No data for too long, or the whole call took longer than its deadline."""

    code = "timeout"
    advice = "Retry, or raise the limits with timeouts=…"


class NotTheApi(ModelError):
    """The answer did not look like the Messages API: a page, a redirect, a broken or huge stream."""

    who: ClassVar[Who] = "machine"
    code = "not_the_api"
    retryable = True
    advice = "Check base_url and any proxy between here and the API."


class UnsafeAddress(ModelError):
    """A key would have gone over plain http to another machine."""

    who: ClassVar[Who] = "you"
    code = "unsafe_address"
    advice = "Use https, or pass allow_http=True if you know this network."


class KernelGone(ModelError):
    """The kernel that wrote the reply died; another one kept what had arrived."""

    who: ClassVar[Who] = "machine"
    code = "kernel"
    retryable = True


class ReplyNotStored(ModelError):
    """The reply came, and could not be stored. What arrived is kept as far as it could be."""

    who: ClassVar[Who] = "machine"
    code = "store"
    retryable = True


class Defect(ModelError):
    """A failure of this package while a reply was written."""

    who: ClassVar[Who] = "us"
    code = "defect"
    retryable = True


# -- the store


class StoreError(ConvendError):
    """The store could not do what was asked. Nothing half-written remains."""

    who: ClassVar[Who] = "machine"


class StoreBusy(StoreError):
    """Another process holds the store's lock, past the deadline."""

    advice = "Try again; if it goes on, close other programs that use this file."


class StoreReadOnly(StoreError):
    """The file or its folder cannot be written, or the disk is full."""

    advice = "This chat works in memory and is not saved; export it to keep it."


class StoreDamaged(StoreError):
    """The file is not a sound store."""


class StoreTooNew(StoreError):
    """The file was written by a newer version of this package. It was not touched."""

    who: ClassVar[Who] = "you"
    advice = "Update convend_widget, or pass another path as store=…"


class StaleSequence(StoreError):
    """Another writer appended first; ``current`` is the sequence number that the conversation has now."""

    def __init__(self, conversation: str, *, expected: int, current: int) -> None:
        super().__init__(f"Conversation {conversation} is at event {current}, not {expected}.")
        self.conversation = conversation
        self.expected = expected
        self.current = current


class LeaseLost(StoreError):
    """The lease of a running reply was taken over, or closed, by somebody else."""


class NoSuchConversation(StoreError):
    """No conversation with that id in this store, or it was deleted."""

    who: ClassVar[Who] = "you"
    advice = "convend_widget.conversations() lists those that there are."


class ImportRefused(ConvendError):
    """A file that cannot be imported. Nothing was changed; the message names the record at fault."""
