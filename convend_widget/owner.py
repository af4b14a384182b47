"""Threads live here and nowhere else: the one owner thread with its loop, a disk thread for each store, observers.

ipykernel runs widget handlers on the main thread, on a subshell thread, or only after the cell ends, depending on its
version. So handlers only post to the owner; everything that happens to a conversation happens on its loop. A process
that was forked gets an owner of its own at first use: threads do not survive a fork.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import logging
import os
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from .errors import ConvendError, OnOwnerThread

logger = logging.getLogger("convend_widget")
T = TypeVar("T")
POLL = 0.2  # seconds between looks for a keyboard interrupt, where waiting for a lock cannot be interrupted (Windows)


class Owner:
    """One daemon thread with an asyncio loop. ``post`` from anywhere; ``wait`` from any thread but this one."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self.loop = asyncio.new_event_loop()
        self._observers = Thread("convend-observers")
        self._thread = threading.Thread(target=self._run, name="convend-owner", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()

    def here(self) -> bool:
        """Whether the caller is on the owner thread."""
        return threading.current_thread() is self._thread

    def post(self, work: Coroutine[Any, Any, T]) -> concurrent.futures.Future[T]:
        """Start ``work`` on the owner's loop and return at once."""
        return asyncio.run_coroutine_threadsafe(work, self.loop)

    def call(self, function: Callable[[], object]) -> None:
        """Run a plain function on the owner's loop soon."""
        self.loop.call_soon_threadsafe(function)

    def wait(self, work: Coroutine[Any, Any, T], meanwhile: Callable[[], object] | None = None) -> T:
        """Run ``work`` on the owner and wait for its result. A keyboard interrupt cancels it.

        ``meanwhile`` is called here every ``POLL`` seconds, e.g. to move a progress bar.
        Raises ``OnOwnerThread`` where waiting would wait for itself.
        """
        __tracebackhide__ = True
        if self.here():
            work.close()
            raise OnOwnerThread("This call would wait for the thread that it is on.")
        future = self.post(work)
        try:
            while True:
                try:
                    return future.result(timeout=POLL if os.name == "nt" or meanwhile is not None else None)
                except concurrent.futures.TimeoutError:
                    if future.done():  # it failed with a time-out of its own, or came to its end just now
                        return future.result()
                if meanwhile is not None:
                    meanwhile()
        except BaseException as error:
            future.cancel()
            if isinstance(error, ConvendError):
                raise _to_the_point(error) from error.__cause__
            raise

    async def awaited(self, work: Coroutine[Any, Any, T]) -> T:
        """Await ``work``, which runs on the owner, from any loop. Cancelling the await cancels the work."""
        __tracebackhide__ = True
        if self.here():
            return await work
        try:
            return await asyncio.wrap_future(self.post(work))
        except ConvendError as error:
            raise _to_the_point(error) from error.__cause__

    def observe(self, function: Callable[[], object]) -> None:
        """Run an observer off the owner, in order, so that it may call the synchronous API."""
        with contextlib.suppress(asyncio.CancelledError):  # the process is ending: nobody is left to be told
            self._observers.post(function)


def _to_the_point(error: ConvendError) -> ConvendError:
    """The error without the twenty frames of the owner: it says what to do, and the caller's lines stay in sight."""
    logger.debug("How the owner came to this:", exc_info=error)
    return error.with_traceback(None)


async def aside(work: Callable[[], T]) -> T:
    """Run what would hold up the loop for long on another thread. Cancelling the await does not undo it."""
    return await asyncio.get_running_loop().run_in_executor(None, work)


class Thread:
    """One thread that runs plain functions in order, e.g. everything that touches one database connection.

    After a fork, the child has one of its own; what the parent had queued is the parent's to do.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._closed = False
        self._begin()

    def _begin(self) -> None:
        self._pid = os.getpid()
        self._work = concurrent.futures.ThreadPoolExecutor(max_workers=1, thread_name_prefix=self._name)

    def post(self, function: Callable[[], T]) -> concurrent.futures.Future[T]:
        """Queue ``function`` and return at once."""
        if self._pid != os.getpid():
            self._begin()
        try:
            return self._work.submit(function)
        except RuntimeError:
            if self._closed:
                raise
            # The process is ending, and Python has closed its executors: whatever waits for this ends without a word.
            raise asyncio.CancelledError from None

    async def run(self, function: Callable[[], T]) -> T:
        """Run ``function`` on the thread. Cancelling the await does not undo what the thread does."""
        return await asyncio.wrap_future(self.post(function))

    def close(self) -> None:
        """Let the queued work finish; take no more."""
        self._closed = True
        self._work.shutdown(wait=False)


_lock = threading.Lock()
_owner: Owner | None = None


def owner() -> Owner:
    """The owner of this process; made at first use, and anew after a fork."""
    global _owner
    with _lock:
        if _owner is None or _owner.pid != os.getpid():
            _owner = Owner()
        return _owner


def _forget() -> None:
    global _owner, _lock
    _owner, _lock = None, threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
