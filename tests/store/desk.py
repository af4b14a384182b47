"""What the tests of the store share: short ways to write units, and a child process that does one thing."""

from __future__ import annotations

import os
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from convend_widget.errors import NoSuchConversation, StaleSequence, StoreBusy
from convend_widget.store import Append, Committed, Facts, LeaseChange, Store

# Killing a process leaves the kernel's cache as it is, so a folder in memory shows the same, without a disk's wait.
IN_MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def unit(
    conversation: str,
    expected: int,
    *bodies: str,
    lease: LeaseChange | None = None,
    summary: Facts | None = None,
    at: float = 1000.0,
) -> Append:
    """One unit whose events are all of one kind."""
    return Append(conversation, expected, tuple(("said", body, at) for body in bodies), lease, summary)


def bodies(store: Store, conversation: str) -> list[str]:
    return [record.body for record in store.read(conversation)]


def state(store: Store) -> object:
    """All that a store holds, as a value that can be compared."""
    names = [summary.conversation for summary in store.conversations(hidden=True)]
    assert all(store.verify(name).ok for name in names)
    return (store.conversations(hidden=True), [store.read(name) for name in names], store.leases())


def wait_for(condition: Callable[[], object]) -> None:
    """Wait until something is so; give up loudly after half a minute."""
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.001)


def append_patiently(store: Store, conversation: str, body: str) -> None:
    """Append one event whatever others do meanwhile: the loop that a caller of the store needs."""
    deadline = time.monotonic() + 60
    while True:
        assert time.monotonic() < deadline, "the store was busy for a minute"
        try:
            expected = len(store.read(conversation))
        except NoSuchConversation:
            expected = 0
        except StoreBusy:
            continue
        try:
            (result,) = store.commit([unit(conversation, expected, body)])
        except StoreBusy:
            continue
        if isinstance(result, Committed):
            return
        assert isinstance(result, StaleSequence)


def child(work: Callable[[], object]) -> int:
    """Fork a process that does ``work`` and never comes back into pytest; returns its id."""
    sessions = [thread.name for thread in threading.enumerate() if thread.name.startswith("convend")]
    assert not sessions, "a fork among the threads of sessions can hang: these tests must run first"
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        work()
        code = 0
    except BaseException:  # noqa: BLE001 - the parent sees the exit code, a person the traceback
        traceback.print_exc(file=sys.stderr)
        sys.stderr.flush()
    finally:
        os._exit(code)


def outcome(pid: int) -> int:
    """Wait for a child: 0 for success, the negative signal that killed it, or its exit code."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}
