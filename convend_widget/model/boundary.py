"""Every error of the SDK, its HTTP client and its parsers, translated into ``errors.ModelError``.

What comes out never refers to what went in: an error of the SDK holds the request, with the key in its headers.
"""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import (
    BadRequest,
    ConnectionLost,
    ContextFull,
    KeyProblem,
    ModelError,
    NotTheApi,
    Overloaded,
    RateLimited,
    SettingsError,
    TimedOut,
)
from .keys import Secret

_EXCERPT = 300
_CONTEXT_FULL = (
    "prompt is too long",
    "input is too long",
    "exceed context limit",
    "exceeds the context window",
    "exceeds the model's context window",
    "context window exceeded",
    "maximum context length",
)
_BUSY = frozenset({"overloaded_error", "api_error", "timeout_error", "conflict_error"})


@dataclass(frozen=True, slots=True)
class Failure:
    """An error, whether trying again as it is could help, and the wait that was asked for (it may be infinite).

    ``sent``: the network failed when the request was on its way, so that it may be charged.
    """

    error: ModelError
    again: bool = False
    after: float | None = None
    sent: bool = False


# -- answers with an HTTP status --------------------------------------------------------------------------------


def from_status(
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    *,
    host: str,
    after: float | None = None,
    secret: Secret | None = None,
) -> Failure:
    """What an answer that is not 2xx stands for. ``after`` is its Retry-After, ``secret`` what is never quoted."""
    kind, message = _api_error(body)
    message = _quotable(message, secret)
    known: dict[str, Any] = {
        "request_id": request_id(headers),
        "status": status,
        "retry_after": after if after is not None and after != float("inf") else None,
    }
    page = "html" in headers.get("content-type", "").lower()
    may_retry = headers.get("x-should-retry") != "false"
    if status < 400:
        return Failure(NotTheApi(f"{host} answered with a redirect, which is not followed.", **known))
    if status in (408, 409) or status >= 500:
        what = f"The model at {host} is busy or failing (HTTP {status})."
        return Failure(Overloaded(what + _asked(after), **known), may_retry and status != 501, after)
    if status == 429:
        return Failure(RateLimited("Too many requests." + _asked(after), **known), may_retry, after)
    if status == 401 or (status == 403 and not page):
        return Failure(_key_refused(status, host, known))
    if status == 413:
        return Failure(ContextFull("The request is too large for the provider.", **known))
    if page or (kind is None and not message):
        return Failure(NotTheApi(f"{host} answered HTTP {status} without an error of the Messages API.", **known))
    return Failure(_bad_request(status, kind, message, known))


def error_event(event: Mapping[str, Any]) -> ModelError:
    """What an ``error`` event inside a stream stands for."""
    error = event.get("error")
    kind = error.get("type") if isinstance(error, dict) else None
    message = error.get("message") if isinstance(error, dict) else None
    return _from_kind(kind if isinstance(kind, str) else "", _quotable(message, None), event.get("request_id"))


def _from_kind(kind: str, message: str, request: object) -> ModelError:
    known: dict[str, Any] = {"request_id": request if isinstance(request, str) else None, "status": 200}
    if kind == "rate_limit_error":
        return RateLimited("Too many requests.", **known)
    if kind in ("authentication_error", "permission_error"):
        return KeyProblem("The provider does not accept the key for this.", **known)
    if kind in ("invalid_request_error", "not_found_error", "request_too_large", "billing_error"):
        return _bad_request(400, kind, message, known)
    # Also kinds that are new: the provider broke off, and that is all one can tell.
    return Overloaded("The model broke off." if kind in _BUSY else "The model broke off with an error.", **known)


def _bad_request(status: int, kind: str | None, message: str, known: dict[str, Any]) -> ModelError:
    if kind == "request_too_large" or any(sign in message.lower() for sign in _CONTEXT_FULL):
        return ContextFull("The conversation no longer fits the model's context window.", **known)
    if status == 402 or kind == "billing_error":
        advice = "Check the plan and the credit of the account that the key belongs to."
        return BadRequest("The provider refused the request for a reason of billing.", advice=advice, **known)
    said = f": {message}" if message else "."
    return BadRequest(f"The provider refused the request (HTTP {status}){said}", **known)


def _key_refused(status: int, host: str, known: dict[str, Any]) -> KeyProblem:
    if status == 401:
        return KeyProblem(f"{host} does not accept the API key.", **known)
    return KeyProblem(f"{host} does not allow this with the API key that is set.", **known)


def _asked(after: float | None) -> str:
    if after is None or after <= 0:
        return ""
    if after == float("inf"):
        return " The provider names no time when to try again."
    return f" The provider asks to wait {in_words(after)}."


def in_words(seconds: float) -> str:
    """A duration for people: ``"40 s"``, ``"12 min"``, ``"24 h"``, ``"3 days"``; rounded up."""
    for size, unit in ((172_800, "days"), (5_400, "h"), (90, "min")):
        if seconds >= size:
            per = {"days": 86_400, "h": 3_600, "min": 60}[unit]
            return f"{-int(-seconds // per)} {unit}"
    return f"{-int(-seconds // 1)} s"


def _api_error(body: bytes) -> tuple[str | None, str]:
    """The type and message of an error as the API writes it; (None, "") for anything else."""
    try:
        error = json.loads(body.decode("utf-8"))["error"]
        kind, message = error.get("type"), error.get("message")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None, ""
    return (kind if isinstance(kind, str) else None), (message if isinstance(message, str) else "")


def _quotable(message: object, secret: Secret | None) -> str:
    """The provider's own sentence: one short line of printable text, and nothing at all if it holds the key."""
    if not isinstance(message, str) or (secret is not None and secret.reveal() in message):
        return ""
    line = " ".join("".join(c if c.isprintable() else " " for c in message[: 4 * _EXCERPT]).split())
    return line if len(line) <= _EXCERPT else line[: _EXCERPT - 1] + "…"


def request_id(headers: Mapping[str, str]) -> str | None:
    """The provider's own name of the request, for whoever asks them about it."""
    value = headers.get("request-id")
    return value[:100] if value and value.isprintable() else None


# -- exceptions -------------------------------------------------------------------------------------------------


def from_exception(error: BaseException, *, host: str, begun: bool) -> Failure:
    """What an exception stands for. ``begun``: an event of the answer had arrived."""
    import httpx2

    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, SettingsError):
            return Failure(BadRequest(cause.what, advice=cause.advice or None))
        if isinstance(cause, ModelError):
            # Before the first event, and only then, it may be tried again: nothing was shown.
            return Failure(cause, not begun and type(cause) in (Overloaded, RateLimited, ConnectionLost))
    status = getattr(error, "status_code", None)
    if isinstance(status, int) and isinstance(response := getattr(error, "response", None), httpx2.Response):
        return from_status(status, response.headers, b"", host=host)  # raised by a middleware of the person's client
    for cause in causes:
        if isinstance(cause, ssl.SSLError):
            return Failure(ConnectionLost(f"The secure connection to {host} failed.", advice=_TLS))
        if isinstance(cause, socket.gaierror):
            return Failure(ConnectionLost(f"The name {host} could not be found.", advice=_DNS), not begun)
    for cause in causes:
        if isinstance(cause, httpx2.ConnectTimeout):
            return Failure(ConnectionLost(f"No connection to {host} in time."), not begun)
        if isinstance(cause, httpx2.TimeoutException):
            return Failure(TimedOut(f"{host} did not answer in time."))
        if isinstance(cause, (httpx2.LocalProtocolError, UnicodeEncodeError)):
            return Failure(KeyProblem("The key, or a header of the client, cannot be sent as it is."))
        if isinstance(cause, (httpx2.UnsupportedProtocol, httpx2.InvalidURL)):
            return Failure(NotTheApi("The address in base_url cannot be used."))
        if isinstance(cause, httpx2.ConnectError):
            return Failure(ConnectionLost(f"No connection to {host}."), not begun)
        if isinstance(cause, httpx2.TransportError):
            return Failure(lost(host, begun=begun), not begun, sent=True)
        if isinstance(cause, (httpx2.DecodingError, ValueError, AssertionError, RecursionError)):
            return Failure(NotTheApi(f"What {host} sent could not be read as an answer of the Messages API."))
        if isinstance(cause, OSError):
            return Failure(lost(host, begun=begun), not begun, sent=True)
    if _no_credentials(error):
        return Failure(KeyProblem("There is no API key."))
    advice = "Retry; if it comes again, report it with the name of the error."
    return Failure(ModelError(f"The call to {host} failed ({type(error).__name__}).", advice=advice))


_TLS = "Check the clock, the certificates and any proxy between here and the address in base_url."
_DNS = "Check base_url and the network."


def lost(host: str, *, begun: bool) -> ConnectionLost:
    """The connection ended before the reply did."""
    if begun:
        return ConnectionLost(f"The connection to {host} broke off in the middle of the reply.")
    return ConnectionLost(f"The connection to {host} broke off before a reply came.")


def _no_credentials(error: BaseException) -> bool:
    """The SDK found no credentials: a plain TypeError when there are none, its own class when they do not load.

    By name, so that this module works without importing the SDK.
    """
    if isinstance(error, TypeError):
        return "authentication" in str(error)
    return any(kind.__name__ in ("CredentialsError", "AnthropicError") for kind in type(error).__mro__)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__
