"""Which files of a folder may hold chats, and whose they are. Nothing is opened here, and no link is followed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Kind = Literal["export", "store", "notebook"]
KINDS: dict[str, Kind] = {
    ".json": "export",
    ".ipynb": "notebook",
    ".db": "store",
    ".sqlite": "store",
    ".sqlite3": "store",
}
_TO_READ = {".csv", ".eval", ".htm", ".html", ".md", ".pdf"}
_PACKED = {".7z", ".bz2", ".gz", ".rar", ".tar", ".tgz", ".xz", ".zip"}
_ENDINGS = (".convend", *KINDS, *_TO_READ, *_PACKED)  # a point may also be part of a person's name
_COMPANIONS = ("-journal", "-shm", "-wal")
_USUAL = Path(".local", "share", "convend_widget")  # where the store is in a home folder
_JUNK = {"__MACOSX", "__pycache__", "node_modules"}

ASK = "Ask for a file from chat.export('talk.convend.json'), or for the store."


@dataclass(frozen=True, slots=True)
class File:
    """One file that may hold chats. ``name``: of the hand-in it belongs to. ``place``: its path within the folder."""

    name: str
    place: str
    path: Path
    kind: Kind


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that could not be used, or not be believed as it is. ``what`` names neither file nor person.

    ``kind``: ``damaged``, ``doubt`` (counted all the same), ``empty``, ``foreign``, ``link``, ``newer``, ``too_big``,
    ``unreadable``, ``defect`` (of ours).
    """

    name: str
    place: str
    kind: str
    what: str


PassedOver = int
"""How many other files there were."""


def walk(folder: Path) -> Iterator[File | Trouble | PassedOver]:
    """Everything below ``folder``, in the order of its names; each file that cannot hold chats counts 1."""
    waiting = [folder]
    while waiting:
        here = waiting.pop()
        try:
            entries = sorted(os.scandir(here), key=lambda entry: entry.name)
        except OSError as error:
            yield _trouble(folder, here, "unreadable", f"This folder cannot be read: {error.strerror or error}.")
            continue
        below = []
        for entry in entries:
            found = _look(folder, entry)
            if isinstance(found, Path):
                below.append(found)
            elif found is not None:
                yield found
        waiting += reversed(below)


def _look(folder: Path, entry: os.DirEntry[str]) -> File | Trouble | Path | PassedOver | None:
    """What one entry is: a folder to walk on in is a path."""
    path = Path(entry.path)
    if entry.is_dir(follow_symlinks=False):
        return _below(path)
    suffix = path.suffix.lower()
    if entry.name.startswith("."):
        return 1
    if entry.name.endswith(_COMPANIONS):
        return None  # it goes with its store
    if suffix not in KINDS and suffix not in _TO_READ | _PACKED and not entry.is_symlink():
        return 1
    if entry.is_symlink():
        return _trouble(folder, path, "link", "A link. Links are not followed: they may lead to anything.")
    if not entry.is_file(follow_symlinks=False):
        return _trouble(folder, path, "foreign", "No file, but a pipe or a device.")
    if suffix in _PACKED:
        return _trouble(folder, path, "foreign", "Packed. Unpack it beside the others, and collect again.")
    if suffix in _TO_READ:
        return _trouble(folder, path, "foreign", f"A file for people to read, which cannot be read back. {ASK}")
    return File(_name(folder, path), _place(folder, path), path, KINDS[suffix])


def _below(path: Path) -> Path | None:
    """The folder to walk on in. Of hidden ones only that of a home's store, which is reached past no link."""
    if path.name == _USUAL.parts[0]:
        steps = [path, path / _USUAL.parts[1], path / _USUAL.parts[1] / _USUAL.parts[2]]
        return steps[-1] if all(step.is_dir() and not step.is_symlink() for step in steps) else None
    return None if path.name.startswith(".") or path.name in _JUNK else path


def _trouble(folder: Path, path: Path, kind: str, what: str) -> Trouble:
    return Trouble(_name(folder, path), _place(folder, path), kind, what)


def _place(folder: Path, path: Path) -> str:
    return path.relative_to(folder).as_posix()


def _name(folder: Path, path: Path) -> str:
    """Whose it is: the folder right below the collected one, or a file's name without its endings."""
    first, *below = path.relative_to(folder).parts or ("",)
    while not below and first.lower().endswith(_ENDINGS) and not first.startswith("."):
        first = first[: first.rindex(".")]
    return first
