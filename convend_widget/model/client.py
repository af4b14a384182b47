"""What the session knows of a model: a call, its limits of time, and the seam that every client fits."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from ..errors import SettingsError

if TYPE_CHECKING:
    from .draft import Draft

# Set by the chat itself: a second source for them would make what is recorded differ from what was sent.
_OWN = {
    "messages": "Messages come from the conversation.",
    "tools": "Tools come from the policy: choose one with policy=…",
    "system": "Pass system=… instead.",
    "model": "Pass model=… instead.",
    "max_tokens": "Pass max_tokens=… instead.",
    "stream": "How a reply travels is for the client to say.",
}
# Arguments of the SDK's methods that are not part of the body. Headers may hold secrets, and calls are recorded.
_NOT_BODY = ("extra_headers", "extra_query", "extra_body", "headers", "betas", "timeout")


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Limits of one step, in seconds, all above 0.

    ``connect``: until a connection stands. ``idle``: without a byte of a streamed answer. ``total``: for the whole
    step, waits before retries included. A reply that is not streamed sends nothing until it is whole, so only
    ``total`` limits it.
    """

    connect: float = 10.0
    idle: float = 60.0
    total: float = 600.0

    def __post_init__(self) -> None:
        for name in ("connect", "idle", "total"):
            if not getattr(self, name) > 0:
                raise SettingsError(f"timeouts: {name} must be above 0 seconds, not {getattr(self, name)!r}.")


@dataclass(frozen=True, slots=True)
class Call:
    """One request to a model.

    ``extra`` is anything else of the Messages API (thinking, output_config …), as the person gave it in
    ``request={…}``. ``fork`` is the index of the message after which branches of this conversation differ, or None.
    ``run`` is the number of a study's run, for a client that draws by it; ``seconds`` is the most that the answer may
    take from when it is sent, where that is less than ``Timeouts.total``. Neither is part of the request.
    """

    model: str
    max_tokens: int
    messages: tuple[dict[str, Any], ...]
    system: str | None = None
    tools: tuple[dict[str, Any], ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)
    fork: int | None = None
    stream: bool = True
    run: int | None = None
    seconds: float | None = None

    def __post_init__(self) -> None:
        check_request(self.extra)


def check_request(extra: Mapping[str, Any]) -> None:
    """Raise ``SettingsError`` where ``request={…}`` would override what the chat sets, or cannot be sent."""
    for key in extra:
        if key in _OWN:
            raise SettingsError(f"request={{…}} may not set {key!r}.", advice=_OWN[key])
        if key in _NOT_BODY:
            raise SettingsError(
                f"request={{…}} may not set {key!r}: it is recorded with each call and sent as the request's body.",
                advice="Pass client=anthropic.AsyncAnthropic(default_headers=…, timeout=…) instead.",
            )
    try:
        json.dumps(dict(extra), allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise SettingsError(f"request={{…}} must hold plain JSON values ({error}).") from None


class ModelClient(Protocol):
    """Sends calls to a model. Lives on one asyncio loop; safe to use for several steps at once there."""

    @property
    def name(self) -> str:
        """The provider: "claude", "rehearsal", or the host that the calls go to."""

    async def step(self, call: Call, draft: Draft) -> None:
        """Fill ``draft`` with the answer to ``call``; return once it is complete.

        Raises ``errors.ModelError``; the draft keeps what arrived. Cancelling closes the connection at once.
        """

    async def count_tokens(self, call: Call) -> int:
        """The number of input tokens of ``call`` for its model. Raises ``errors.ModelError``."""

    def provenance(self) -> dict[str, Any]:
        """What made the replies, for the record: versions and the host. Never a key."""

    async def aclose(self) -> None:
        """Close the connections that this client opened. It is not used afterwards."""


@runtime_checkable
class Paced(Protocol):
    """A client that speaks at a pace of its own, as the rehearsal does. ``pause``: seconds between words."""

    pause: float

    def hurry(self, speed: int) -> None:
        """Speak so many times as fast as ``pause`` says, from the next word on."""


@runtime_checkable
class Drawing(Protocol):
    """A client whose answers are drawn by a seed, as the rehearsal's are. Each study gets one of its own."""

    def for_study(self, seed: int) -> ModelClient:
        """A client that draws by ``seed`` and by the ``run`` of each call, and answers as quickly as it can."""
