"""The model client: calls to Claude, or to anything that speaks the Messages API, with their tries and limits."""

from __future__ import annotations

import importlib
import importlib.metadata
import math
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..errors import KeyProblem, ModelError, NotTheApi, TimedOut
from . import boundary
from .boundary import Failure
from .caching import count_body, fingerprint, request_body, sendable
from .client import Call, Timeouts
from .draft import Draft, Waiting
from .endpoint import API_HOST, Endpoint, Refused
from .keys import Secret
from .reading import OutOfTime, read_json, read_stream, read_whole, within
from .retry import Retries

if TYPE_CHECKING:
    import httpx2
    from anthropic import Anthropic, AsyncAnthropic

MAX_BYTES = 64 * 1024 * 1024  # the longest replies are some 20 MB on the wire
_MESSAGES = "/v1/messages"
_Read = Callable[["httpx2.Response"], Awaitable[None]]


class ClaudeClient:
    """A ``ModelClient`` over the Anthropic SDK.

    Give either ``client``, an ``Anthropic`` or ``AsyncAnthropic`` of your own, or ``api_key`` and ``base_url``, or
    nothing: then the key is looked for when it is first needed (see ``keys``). ``transport`` replaces the network.
    Plain http is refused but to this machine, unless ``allow_http``. ``max_bytes`` limits one answer. ``name`` is
    "claude" or the host, unless given.

    Raises ``SettingsError`` for a client or an address that cannot be used, and ``UnsafeAddress``. A key that is
    missing or malformed raises ``KeyProblem`` at the first call, so that a chat can be opened without one.
    """

    def __init__(
        self,
        *,
        api_key: str | Secret | None = None,
        base_url: str | None = None,
        client: Anthropic | AsyncAnthropic | None = None,
        timeouts: Timeouts | None = None,
        retries: Retries | None = None,
        transport: httpx2.AsyncBaseTransport | None = None,
        allow_http: bool = False,
        max_bytes: int = MAX_BYTES,
        name: str | None = None,
    ) -> None:
        # Rebound at once: a verbose traceback shows the variables of every frame.
        api_key = Secret(api_key) if isinstance(api_key, str) else api_key
        self._timeouts = timeouts or Timeouts()
        self._retries = retries or Retries()
        self._max_bytes = max_bytes
        self.is_warm = False  # whether the SDK is imported
        self._name = name
        self._endpoint = Endpoint(
            api_key=api_key,
            base_url=base_url,
            client=client,
            transport=transport,
            allow_http=allow_http,
            connect=self._timeouts.connect,
        )

    def __repr__(self) -> str:
        endpoint: Endpoint | None = getattr(self, "_endpoint", None)  # a traceback may show one that is half made
        return f"ClaudeClient({endpoint.host})" if endpoint is not None else "ClaudeClient()"

    @property
    def name(self) -> str:
        """The name given, "claude" for Anthropic's own API, else the host."""
        host = self._endpoint.host
        return self._name or ("claude" if host == API_HOST else host)

    def provenance(self) -> dict[str, Any]:
        """The versions of the SDK and of the API, and the host: the same before and after the first call."""
        return {
            "client": self.name,
            "sdk": f"anthropic {importlib.metadata.version('anthropic')}",
            "api": self._endpoint.api_version,
            "host": self._endpoint.host,
        }

    def warm(self) -> None:
        """Import the SDK, which takes a second of CPU: for another thread, before the first call."""
        importlib.import_module("anthropic")
        self.is_warm = True

    async def step(self, call: Call, draft: Draft) -> None:
        """Fill ``draft`` with the answer to ``call``. See ``ModelClient``."""

        async def read(response: httpx2.Response) -> None:
            into = read_stream if call.stream else read_whole
            await into(response, draft, host=self._endpoint.host, limit=self._max_bytes)

        limits = self._timeouts
        idle = limits.idle if call.stream else math.inf
        total = limits.total if call.seconds is None else min(limits.total, call.seconds)
        await self._call(_MESSAGES, request_body(call), draft, replace(limits, idle=idle, total=total), read)

    async def count_tokens(self, call: Call) -> int:
        """The number of input tokens of ``call``. See ``ModelClient``."""
        draft, counted = Draft(), list[int]()

        async def read(response: httpx2.Response) -> None:
            answer = await read_json(response, draft, host=self._endpoint.host, limit=self._max_bytes)
            count = answer.get("input_tokens") if isinstance(answer, dict) else None
            if type(count) is not int:
                raise NotTheApi(f"{self._endpoint.host} did not answer with a number of tokens.")
            counted.append(count)

        limits = replace(self._timeouts, idle=math.inf)
        await self._call(f"{_MESSAGES}/count_tokens", count_body(call), draft, limits, read)
        return counted[-1]

    async def aclose(self) -> None:
        """Close the connections, but for those of an HTTP client that was given."""
        await self._endpoint.aclose()

    async def _call(self, path: str, body: dict[str, Any], draft: Draft, limits: Timeouts, read: _Read) -> None:
        self.warm()  # before the clock starts: it may take long on a busy machine
        deadline = time.monotonic() + limits.total
        tried = 0
        while True:
            tried += 1
            failure = await self._try(path, body, draft, limits, deadline, read)
            if failure is None:
                return
            draft.unanswered += failure.sent and not draft.started
            wait = self._retries.wait(tried, failure.after) if failure.again else None
            if wait is None or time.monotonic() + wait >= deadline:
                raise _bare(failure.error)  # here, where no error is being handled: it would become the context
            draft.waiting = Waiting(time.monotonic() + wait, wait, failure.error.code, tried)
            try:
                await self._retries.sleep(wait)
            finally:
                draft.waiting = None

    async def _try(
        self, path: str, body: dict[str, Any], draft: Draft, limits: Timeouts, deadline: float, read: _Read
    ) -> Failure | None:
        draft.heard = time.monotonic()
        failure: Failure | None
        try:
            work = self._exchange(path, body, draft, read)
            failure = await within(work, lambda: min(deadline, draft.heard + limits.idle))
        except OutOfTime:
            if draft.complete:
                return None
            if time.monotonic() >= deadline:
                failure = Failure(TimedOut(f"The reply took longer than {limits.total:g} s."))
            else:
                failure = Failure(TimedOut(f"{self._endpoint.host} sent nothing for {limits.idle:g} s."))
        if failure is not None:
            failure.error.request_id = failure.error.request_id or draft.request_id
            if isinstance(failure.error, KeyProblem):
                self._endpoint.forget_key()
        return failure

    async def _exchange(self, path: str, body: dict[str, Any], draft: Draft, read: _Read) -> Failure | None:
        """One request and its answer. Errors are values from here on: those of the SDK hold the key."""
        try:
            response = await self._post(path, body)
            try:
                draft.sent = fingerprint(response.request.content)  # the very bytes: nothing is written out twice
                draft.request_id = boundary.request_id(response.headers)
                await read(response)
            finally:
                await response.aclose()
        except Refused as refused:
            return refused.failure
        except Exception as error:  # noqa: BLE001  # see above
            return (
                None
                if draft.complete
                else boundary.from_exception(error, host=self._endpoint.host, begun=draft.started)
            )
        except BaseException:
            if draft.complete:  # cancelled while it read what comes after a complete reply
                return None
            raise
        return None

    async def _post(self, path: str, body: dict[str, Any]) -> httpx2.Response:
        try:
            return await self._endpoint.post(path, body)
        except UnicodeEncodeError as error:
            if error.encoding != "utf-8":
                raise
        return await self._endpoint.post(path, sendable(body))


def _bare(error: ModelError) -> ModelError:
    """The error without what it came from: frames and errors that hold headers, bodies and keys."""
    error.__cause__ = error.__context__ = error.__traceback__ = None
    return error
