"""An answer read into a draft, within limits of time and size."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import aclosing
from typing import TYPE_CHECKING, TypeVar

from ..errors import NotTheApi
from . import boundary
from .draft import Draft
from .sse import EventDecoder, strict_json

if TYPE_CHECKING:
    import httpx2

T = TypeVar("T")
_GRACE = 0.5  # seconds that an answer may take to end once its reply is complete


class OutOfTime(Exception):
    """The limit given to ``within`` has passed."""


async def within(work: Coroutine[object, object, T], limit: Callable[[], float]) -> T:
    """The result of ``work``, which is cancelled once the monotonic clock passes ``limit()``: then ``OutOfTime``.

    The limit may move on while the work goes on: it is asked for again only when the last one has passed, so it
    costs nothing for each piece that arrives. Cancelling this cancels the work and waits until it has let go.
    """
    task = asyncio.ensure_future(work)
    try:
        while not task.done():
            left = limit() - time.monotonic()
            if left <= 0:
                raise OutOfTime
            await asyncio.wait({task}, timeout=left)
        return task.result()
    finally:
        if not task.done():
            task.cancel()
            await asyncio.wait({task})


async def read_stream(response: httpx2.Response, draft: Draft, *, host: str, limit: int) -> None:
    """Feed a streamed answer into ``draft`` until it is complete. Raises ``ModelError`` and what the socket raises."""
    _expect(response, "text/event-stream", host)
    decoder = EventDecoder(limit)
    async with aclosing(_pieces(response)) as pieces:
        async for piece in pieces:
            draft.heard = time.monotonic()
            for event in decoder.feed(piece):
                draft.feed(event)
                if draft.complete:
                    await _to_the_end(pieces)
                    return
    if decoder.heard and not draft.started and decoder.foreign():
        raise NotTheApi(f"What {host} sent could not be read as an answer of the Messages API.")
    raise boundary.lost(host, begun=draft.started)


async def read_whole(response: httpx2.Response, draft: Draft, *, host: str, limit: int) -> None:
    """Put an answer that is not streamed into ``draft``."""
    message = await read_json(response, draft, host=host, limit=limit)
    if isinstance(message, dict) and message.get("type") == "error":
        raise boundary.error_event(message)
    draft.whole(message if isinstance(message, dict) else {})


async def read_json(response: httpx2.Response, draft: Draft, *, host: str, limit: int) -> object:
    """A JSON answer. Raises ``NotTheApi`` for anything else, and for more than ``limit`` bytes."""
    _expect(response, "application/json", host)
    body = bytearray()
    async with aclosing(_pieces(response)) as pieces:
        async for piece in pieces:
            draft.heard = time.monotonic()
            body += piece
            if len(body) > limit:
                raise NotTheApi(f"The answer went on past {limit:,} bytes and was cut off.")
    try:
        return strict_json(body.decode("utf-8"))
    except ValueError:
        raise NotTheApi(f"What {host} sent could not be read as an answer of the Messages API.") from None


async def read_start(response: httpx2.Response, limit: int) -> bytes:
    """The first bytes of an answer, at least ``limit`` of them if there are so many. For errors, which are short."""
    body = bytearray()
    async with aclosing(_pieces(response)) as pieces:
        async for piece in pieces:
            body += piece
            if len(body) >= limit:
                break
    return bytes(body)


def _pieces(response: httpx2.Response) -> AsyncGenerator[bytes, None]:
    # Undoing an encoding costs one more generator for each piece; nearly no stream has one.
    if "content-encoding" in response.headers or response.is_stream_consumed:
        return response.aiter_bytes()
    return response.aiter_raw()


def _expect(response: httpx2.Response, kind: str, host: str) -> None:
    got = response.headers.get("content-type", kind).partition(";")[0].strip().lower()
    if got != kind:
        shown = got if len(got) <= 60 and got.isprintable() else "something else"
        raise NotTheApi(f"{host} answered with {shown} where the Messages API sends {kind}.")


async def _to_the_end(pieces: AsyncGenerator[bytes, None]) -> None:
    """Read what little is left, so that the connection can be used again; not for long, and whatever it is."""
    task = asyncio.current_task()
    assert task is not None
    timer = asyncio.get_running_loop().call_later(_GRACE, task.cancel)
    try:
        async for _ in pieces:
            pass
    finally:
        timer.cancel()
