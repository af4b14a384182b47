"""Open a store for a person: whatever is the matter with the file, the chat works, and nothing is overwritten.

============================================ ==================================================================
the file                                     what happens
============================================ ==================================================================
is not there, or empty                       made, for its owner's eyes only
is ours                                      opened, migrated if it is older
is ours, but it or its folder is read-only   read from; what is written stays in memory: "not saved"
cannot be made or opened                     in memory: "not saved"
is ours and damaged                          set aside under a name that says so; a new one gets what is whole
is no database, but has a database's name    the same
belongs to another program                   left alone; in memory: "not saved"
has a newer schema                           refused with StoreTooNew, left alone
============================================ ==================================================================
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import StoreBusy, StoreDamaged, StoreReadOnly
from .connection import OPENING
from .memory import MemoryStore
from .protocol import Notice, Store
from .salvage import bring_over
from .schema import APPLICATION_ID, NotOurs
from .sqlite import SqliteStore

MEMORY = ":memory:"
VARIABLE = "CONVEND_STORE"
_DATABASE_NAMES = {".db", ".sqlite", ".sqlite3"}
_COMPANIONS = ("-journal", "-wal", "-shm")


def open_store(where: str | Path | None = None) -> Store:
    """The store at a path, or in memory for ``":memory:"``. Without ``where``: ``$CONVEND_STORE`` or the usual folder.

    What the person must know for as long as it is open is in ``notices``. Raises ``StoreTooNew`` for a file of a newer
    version and ``StoreBusy`` if another process kept the file locked for five seconds.
    """
    asked = where if where is not None else os.environ.get(VARIABLE) or None
    if asked is not None and str(asked) == MEMORY:
        return MemoryStore()
    try:
        path = (_usual() if asked is None else Path(asked)).expanduser().absolute()
    except RuntimeError:  # Python's and platformdirs' way to say so
        return unsaved("There is no home folder.")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return _open(path)
    except OSError as error:
        return unsaved(f"{path} cannot be used: {error.strerror or error}.")
    except (StoreReadOnly, StoreDamaged) as error:
        return unsaved(error.what)


def unsaved(why: str, beneath: Store | None = None) -> MemoryStore:
    """A store in memory with a lasting notice, for when a file cannot be written; over that file's store if given."""
    notice = Notice("not_saved", f"Not saved: {why} {StoreReadOnly.advice}")
    return MemoryStore(beneath=beneath, notices=((beneath.notices if beneath else ()) + (notice,)))


def _usual() -> Path:
    import platformdirs  # here, since a script that names its store needs no search for folders

    return Path(platformdirs.user_data_dir("convend_widget", appauthor=False)) / "conversations.db"


def _open(path: Path) -> Store:
    if path.exists() and not path.is_file():
        raise StoreReadOnly(f"{path} is not a file.")
    if not os.access(path.parent, os.W_OK | os.X_OK) or (path.exists() and not os.access(path, os.W_OK)):
        beneath = SqliteStore(path, writable=False) if path.exists() else None
        return unsaved(f"{path} cannot be written.", beneath)
    found = _identity(path)
    try:
        return SqliteStore(path)
    except NotOurs as error:
        raise StoreDamaged(f"{error.what} {error.advice}") from error
    except StoreDamaged as error:
        if not _may_be_ours(path):
            raise StoreDamaged(f"{path} is not a store and was left as it was. {NotOurs.advice}") from error
        with _alone(path):
            if _identity(path) != found:  # another process was quicker, and what is there now is its new file
                return SqliteStore(path)
            return _anew(path, _set_aside(path))


def _anew(path: Path, aside: Path) -> Store:
    """A new store in the place of a damaged one, with what is whole in that."""
    store = SqliteStore(path)
    came, lost = bring_over(aside, store)
    brought = f"{came} whole conversations were brought over from it" + (f", {lost} could not be" * bool(lost))
    store.notices = (
        Notice(
            "set_aside",
            f"The store {path} was damaged and is kept as {aside}. {brought}. "
            f'What else is readable there comes out with: sqlite3 "{aside}" .recover',
        ),
    )
    return store


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """One process at a time. The lock is SQLite's, on an empty file: portable, and gone with a process that dies."""
    lock = sqlite3.connect(path.with_name(f"{path.name}.setting-aside"), timeout=OPENING, isolation_level=None)
    try:
        lock.execute("BEGIN EXCLUSIVE")
        yield
    except sqlite3.OperationalError as error:
        raise StoreBusy(f"Another process is setting {path} aside.") from error
    finally:
        lock.close()


def _may_be_ours(path: Path) -> bool:
    """Whether a file that SQLite cannot read may be renamed: it carries our mark, or no mark but a database's name."""
    try:
        with path.open("rb") as file:
            header = file.read(72)
    except FileNotFoundError:  # another process is renaming it
        return True
    if header.startswith(b"SQLite format 3\0") and len(header) == 72:
        return header[68:] == APPLICATION_ID.to_bytes(4, "big")
    return path.suffix in _DATABASE_NAMES


def _set_aside(path: Path) -> Path:
    """Rename the file, and what lies beside it; returns its new path."""
    stem = f"{path.name}.damaged-{time.strftime('%Y%m%d-%H%M%S')}"
    names = (path.with_name(stem + more) for more in ("", *(f"-{count}" for count in range(2, 1000))))
    aside = next(name for name in names if not name.exists())
    # The companions go first: a journal left behind would be rolled back into the new file.
    for suffix in (*_COMPANIONS, ""):
        old = path.with_name(path.name + suffix)
        if old.exists():
            old.rename(aside.with_name(aside.name + suffix))
    return aside


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino
