"""The rehearsal's wire: an HTTP transport beneath the real client that answers as the Messages API does."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextvars import ContextVar
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any, NoReturn

import httpx2

from .checks import RequestRefused
from .cue import next_step
from .loading import load_scenario
from .request import Request, digest, read_request
from .script import Cut, ErrorEvent, Fault, Scenario, Stall, Status, Step
from .stream import Reply, event, output_tokens, within
from .usage import PromptCache, Usage, measure

MODEL = "rehearsal-1"
"""The model id under which the rehearsal goes in this package. Any id is answered."""

RUN_HEADER = "x-rehearsal-run"
"""A request may carry the number of its run in this header, so that many runs can share one client."""

RUN: ContextVar[int | None] = ContextVar("rehearsed run", default=None)
"""The number of the run whose request is being made, for clients of ours: it spares them the header."""

Sleep = Callable[[float], Awaitable[object]]

# With no pause between words, this many go out at once: fewer turns of the loop, and Stop still gets its turn.
_AT_ONCE = 32
_ERROR_STATUS = {"overloaded_error": 529, "rate_limit_error": 429, "api_error": 500, "timeout_error": 504}
_ERROR_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
    529: "overloaded_error",
}


class RehearsalTransport(httpx2.AsyncBaseTransport):
    """Answers ``/v1/messages`` and ``/v1/messages/count_tokens`` in this process, without a key or a network.

    ``scenario``: a script, its name or its path; without one, all is free typing. ``seed`` switches a scenario's
    variation on, ``run`` numbers the draws made with it. ``chunk_seconds``: the pause after each word; 0 sends words as
    fast as they are read. ``sleep`` waits a number of seconds. ``silences`` false: a stall is over at once.

    The faults of a script happen as the network would make them, the first times that a request is seen *by this
    transport*; so a retry over the same transport gets the whole reply.
    """

    def __init__(
        self,
        scenario: Scenario | str | Path | None = None,
        *,
        seed: int | None = None,
        run: int = 0,
        chunk_seconds: float = 0.02,
        sleep: Sleep = asyncio.sleep,
        silences: bool = True,
    ) -> None:
        self.scenario = None if scenario is None else load_scenario(scenario)
        self.seed = seed
        self.run = run
        self.chunk_seconds = chunk_seconds
        self.open_streams = 0
        self.sleep = sleep
        self._silences = silences
        self._cache = PromptCache()
        self._faults_seen: Counter[str] = Counter()

    def __repr__(self) -> str:
        name = None if self.scenario is None else self.scenario.name
        return f"RehearsalTransport({name!r}, seed={self.seed!r}, run={self.run!r})"

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer one request of the client."""
        content = await request.aread()
        try:
            if request.method == "POST" and request.url.path.endswith("/v1/messages"):
                return await self._message(request, content)
            if request.method == "POST" and request.url.path.endswith("/v1/messages/count_tokens"):
                read = read_request(content, counting=True)
                return _json_response(200, {"input_tokens": measure(read.body).tokens})
            raise RequestRefused("Not found", status=404, kind="not_found_error")
        except RequestRefused as refused:
            return _error(refused.status, refused.kind, refused.message)

    async def _message(self, request: httpx2.Request, content: bytes) -> httpx2.Response:
        read = read_request(content)
        run = self._run_of(request)
        step = next_step(read, self.scenario, seed=self.seed, run=run)
        prefixes = measure(read.body)
        key = digest(prefixes.whole, self.seed, run)
        fault = self._fault(step, key)
        if isinstance(fault, Status):
            wait = {} if fault.retry_after is None else {"retry-after": f"{fault.retry_after:g}"}
            return _error(fault.status, _error_type(fault.status), "Rehearsed error", wait)
        reply = _reply(step, read, key, self._cache.charge(prefixes))
        headers = {"request-id": f"req_{key}"}
        if read.body.get("stream"):
            headers["content-type"] = "text/event-stream; charset=utf-8"
            return httpx2.Response(200, headers=headers, stream=_Speech(self, reply, fault, request))
        if isinstance(fault, ErrorEvent):
            return _error(_ERROR_STATUS.get(fault.type, 500), fault.type, "Rehearsed error")
        if isinstance(fault, Cut):
            raise httpx2.RemoteProtocolError("Server disconnected without sending a response.", request=request)
        if isinstance(fault, Stall):
            await self.fall_silent(request)
        return _json_response(200, reply.as_json(), headers)

    def _run_of(self, request: httpx2.Request) -> int:
        run = RUN.get()
        if run is not None:
            return run
        try:
            return int(request.headers.get(RUN_HEADER, self.run))
        except ValueError:
            raise RequestRefused(f"{RUN_HEADER}: Input should be a whole number") from None

    def _fault(self, step: Step, key: str) -> Fault | None:
        if step.fault is None:
            return None
        self._faults_seen[key] += 1
        return step.fault if self._faults_seen[key] <= step.fault.times else None

    async def fall_silent(self, request: httpx2.Request) -> NoReturn:
        """Say nothing until the client's read timeout, or for ever if it has none."""
        seconds = request.extensions.get("timeout", {}).get("read")
        if self._silences and seconds is None:
            await asyncio.Event().wait()
        if self._silences:
            await self.sleep(seconds)
        raise httpx2.ReadTimeout("", request=request)


class _Speech(httpx2.AsyncByteStream):
    """The body of a streamed answer. Counts as open until the client closes it, whichever way it went."""

    def __init__(
        self, transport: RehearsalTransport, reply: Reply, fault: Fault | None, request: httpx2.Request
    ) -> None:
        self._transport = transport
        self._reply = reply
        self._fault = None if isinstance(fault, Status) else fault
        self._request = request
        self._closed = False
        transport.open_streams += 1

    async def aclose(self) -> None:
        if not self._closed:
            self._closed = True
            self._transport.open_streams -= 1

    async def __aiter__(self) -> AsyncIterator[bytes]:
        fault, transport = self._fault, self._transport
        beats = self._reply.beats(until=None if fault is None else fault.after)
        words_at_once = 1 if transport.chunk_seconds > 0 else _AT_ONCE
        while portion := b"".join(islice(beats, words_at_once)):
            if self._closed:
                return
            yield portion
            await transport.sleep(transport.chunk_seconds)
        if isinstance(fault, ErrorEvent):
            yield event("error", {"error": {"type": fault.type, "message": "Rehearsed error"}})
        elif isinstance(fault, Stall):
            await transport.fall_silent(self._request)
        elif isinstance(fault, Cut) and not fault.clean:
            raise httpx2.RemoteProtocolError(
                "peer closed connection without sending complete message body (incomplete chunked read)",
                request=self._request,
            )


def _reply(step: Step, request: Request, key: str, usage: Usage) -> Reply:
    blocks: list[dict[str, Any]] = []
    if step.thinking and request.thinks:
        signature = request.seal().sign(step.thinking)
        blocks.append({"type": "thinking", "thinking": step.thinking, "signature": signature})
    if step.text.strip():
        blocks.append({"type": "text", "text": step.text})
    for at, call in enumerate(step.tools):
        blocks.append({"type": "tool_use", "id": f"toolu_{key}{at}", "name": call.name, "input": call.input})
    kept, cut = within(blocks, request.body["max_tokens"])
    return Reply(
        id=f"msg_{key}",
        model=request.body["model"],
        blocks=tuple(kept),
        stop_reason="max_tokens" if cut else step.stop_reason,
        stop_details=None if cut else step.stop_details,
        # Even an empty answer costs the tokens that close it.
        usage=replace(usage, output_tokens=sum(map(output_tokens, kept)) + 2),
    )


def _error_type(status: int) -> str:
    return _ERROR_TYPES.get(status, "api_error" if status >= 500 else "invalid_request_error")


def _error(status: int, kind: str, message: str, headers: Mapping[str, str] | None = None) -> httpx2.Response:
    name = f"req_{digest(status, kind, message)}"
    body = {"type": "error", "error": {"type": kind, "message": message}, "request_id": name}
    return _json_response(status, body, {"request-id": name, **(headers or {})})


def _json_response(status: int, body: object, headers: Mapping[str, str] | None = None) -> httpx2.Response:
    content = json.dumps(body, separators=(",", ":")).encode()
    return httpx2.Response(status, headers={"content-type": "application/json", **(headers or {})}, content=content)
