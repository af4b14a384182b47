"""``cw.collect(folder)``: what a class handed in, as one result."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from hashlib import blake2b
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import SettingsError
from ..interchange.frame import typed
from ..interchange.report import Limits
from ..spreadsheet import write_csv
from . import frames
from .copies import Copy, copies
from .frames import Row, Tables
from .lines import Talk
from .reading import read
from .walk import File, Trouble, walk

if TYPE_CHECKING:
    import pandas as pd

LIMIT = 256  # MB of one file
_TOLD = 10  # problems that a printed result lists


def collect(folder: str | PathLike[str], *, names: bool = False, limit: float = LIMIT) -> Collected:
    """What is handed in below a folder: a folder, or a file, for each student.

    Reads exports (``.json``, ``.convend.json``), stores (``.db``; that of a home folder is found in it) and the chats
    that notebooks save. Files are only read, links are not followed, and no file stops the others: whatever could not
    be used is in ``.problems``. Replayed runs in a store are left out.

    Hand-ins are numbered in an order that follows from what is in them. ``names`` adds the names of files and folders;
    what people wrote is shown as it is, and may hold names. ``limit`` is the most of one file, in MB. Raises
    ``SettingsError`` where there is no folder, or where it cannot be read.
    """
    where = Path(folder).expanduser()
    if not where.is_dir():
        raise SettingsError(f"There is no folder {where}.", advice="Pass the folder with what was handed in.")
    if not 0 < limit < float("inf"):
        raise SettingsError(f"limit={limit!r} is no number of megabytes.", advice="Pass a number above 0.")
    limits = replace(Limits(), size=int(limit * 2**20))
    talks: list[tuple[File, Talk]] = []
    troubles: list[Trouble] = []
    passed_over = 0
    for found in walk(where.resolve()):
        if isinstance(found, int):
            passed_over += found
        elif isinstance(found, Trouble):
            troubles.append(found)
        else:
            for one in read(found, limits):
                if isinstance(one, Talk):
                    talks.append((found, one))
                else:
                    troubles.append(one)
    return Collected(talks, troubles, passed_over, names)


class Collected:
    """What was handed in. Its frames, with their columns and dtypes, are documented in ``collecting.frames``.

    ``passed_over``: how many files were of no kind that is handed in.
    """

    def __init__(
        self, talks: Iterable[tuple[File, Talk]], troubles: Iterable[Trouble], passed_over: int, names: bool
    ) -> None:
        self._given, self._troubles = list(talks), list(troubles)
        self.passed_over, self._names = passed_over, names
        self._numbers = _numbered(self._given, self._troubles)
        self._given.sort(key=lambda given: (self._numbers[given[0].name], *_order(given[1])))
        self._troubles.sort(key=lambda trouble: (self._numbers[trouble.name], trouble.place))
        self._copies = copies([talk for _, talk in self._given])
        left_out = {copy.one for copy in self._copies if copy.how != "parted"}
        counting = (number for number in range(len(self._given)) if number not in left_out)
        self._chats = {number: chat for chat, number in enumerate(counting, 1)}
        self._tables = [
            (file, Tables(talk, self._numbers[file.name], self._chats[number]))
            for number, (file, talk) in enumerate(self._given)
            if number in self._chats
        ]

    def named(self) -> Collected:
        """The same with the names of folders and files."""
        return Collected(self._given, self._troubles, self.passed_over, names=True)

    def __len__(self) -> int:
        """How many hand-ins there are."""
        return len(self._numbers)

    # -- frames ---

    def to_frame(self) -> pd.DataFrame:
        """One row a branch, with how it ended and the feedback on it. What was handed in twice counts once."""
        return self._frame(frames.BRANCHES, [(file, row) for file, of in self._tables for row in of.branches()])

    @property
    def branches(self) -> pd.DataFrame:
        """The same as ``to_frame()``."""
        return self.to_frame()

    @property
    def endings(self) -> pd.DataFrame:
        """One row an ending."""
        return self._frame(frames.ENDINGS, [(file, row) for file, of in self._tables for row in of.endings()])

    @property
    def feedback(self) -> pd.DataFrame:
        """One row a message that somebody gave feedback on."""
        return self._frame(frames.FEEDBACK, [(file, row) for file, of in self._tables for row in of.feedback()])

    @property
    def chats(self) -> pd.DataFrame:
        """One row a conversation that counts."""
        return self._frame(frames.CHATS, [(file, of.chat()) for file, of in self._tables])

    @property
    def duplicates(self) -> pd.DataFrame:
        """One row a conversation that was handed in before; only those with ``how`` ``"parted"`` count as well."""
        return self._frame(frames.DUPLICATES, [self._duplicate(copy) for copy in self._copies])

    @property
    def problems(self) -> pd.DataFrame:
        """One row a thing that could not be used, or (``kind`` ``"doubt"``) not be believed as it stands."""
        return self._frame(
            frames.PROBLEMS,
            [
                (trouble, {"hand_in": self._numbers[trouble.name], "kind": trouble.kind, "what": trouble.what})
                for trouble in self._troubles
            ],
        )

    def export(self, path: str | PathLike[str]) -> Path:
        """Write ``to_frame()`` to a ``.csv`` file; returns the path. Raises ``SettingsError``."""
        return write_csv(self.to_frame(), path)

    def _duplicate(self, copy: Copy) -> tuple[File, Row]:
        (file, talk), (of, _) = self._given[copy.one], self._given[copy.of]
        about = {"hand_in": self._numbers[file.name], "conversation": talk.conversation, "source": talk.source}
        counts = {"of_hand_in": self._numbers[of.name], "of_chat": self._chats[copy.of]}
        return file, {**about, "how": copy.how, **counts}

    def _frame(self, columns: Mapping[str, str], rows: Sequence[tuple[File | Trouble, Row]]) -> pd.DataFrame:
        if not self._names:
            return typed([row for _, row in rows], columns)
        whole = [{**row, "name": _readable(of.name), "file": _readable(of.place)} for of, row in rows]
        return typed(whole, {**columns, **frames.NAMES})

    # -- for people ---

    def __repr__(self) -> str:
        return "\n".join([self._head(), *self._below(_TOLD)])

    def _repr_html_(self) -> str:
        from ..replay.tables import table

        heads = ["hand-in", "chats", "branches", "ended", "tried and held back", "👍", "👎", "in words", "problems"]
        return table(self._head(), heads, self._by_hand_in(), below=self._below(3))

    def _by_hand_in(self) -> list[list[str]]:
        """A row a hand-in: numbers that are 0 are left empty."""
        sums = {number: [0] * 8 for number in self._numbers.values()}
        for file, of in self._tables:
            chat = of.chat()
            counts = (1, *(chat[name] for name in ("branches", "endings", "blocked")), *_feedback(chat))
            row = sums[self._numbers[file.name]]
            row[:7] = [have + more for have, more in zip(row, counts, strict=False)]
        for trouble in self._troubles:
            sums[self._numbers[trouble.name]][7] += 1
        names = {number: name for name, number in self._numbers.items()}
        called = {n: f"{n} {_readable(name)}" if self._names else str(n) for n, name in names.items()}
        return [[called[number], *(str(count or "") for count in sums[number])] for number in sorted(sums)]

    def _head(self) -> str:
        chats = [of.chat() for _, of in self._tables]
        total = {name: sum(chat[name] for chat in chats) for name in ("branches", "endings")}
        given = sum(chat["thumbs_up"] + chat["thumbs_down"] for chat in chats)
        return (
            f"{_count(len(self), 'hand-in')}: {_count(len(chats), 'chat')}, "
            f"{_count(total['branches'], 'branch', 'branches')}, {total['endings']} ended; {_count(given, 'thumb')}, "
            f"{_count(sum(chat['comments'] for chat in chats), 'comment')}"
        )

    def _below(self, most: int) -> list[str]:
        """What a teacher should look at."""
        told = []
        once = [copy for copy in self._copies if copy.how != "parted"]
        if once:
            other = sum(self._given[copy.one][0].name != self._given[copy.of][0].name for copy in once)
            told.append(f"{_count(len(once), 'duplicate')} left out, {other} of them from another hand-in: .duplicates")
        if self._troubles:
            told.append(f"{_count(len(self._troubles), 'problem')}: .problems")
            told += [f"  {self._problem(trouble)}" for trouble in self._troubles[:most]]
            if len(self._troubles) > most:
                told.append(f"  and {len(self._troubles) - most} more")
        if self.passed_over:
            told.append(f"{_count(self.passed_over, 'file')} of other kinds passed over.")
        return told

    def _problem(self, trouble: Trouble) -> str:
        where = f" ({_readable(trouble.place)})" if self._names else ""
        return f"hand-in {self._numbers[trouble.name]}{where}: {trouble.what}"


def _numbered(given: Sequence[tuple[File, Talk]], troubles: Sequence[Trouble]) -> dict[str, int]:
    """A number for each hand-in. The order follows from what is in them: that of names would give names away."""
    inside: dict[str, list[bytes]] = {}
    for file, talk in given:
        inside.setdefault(file.name, []).append(talk.chain[-1] if talk.chain else min(talk.prints()))
    for trouble in troubles:
        inside.setdefault(trouble.name, []).append(f"{trouble.kind} {trouble.what}".encode())

    def order(name: str) -> tuple[bytes, bytes]:
        return _digest(b"\0".join(sorted(inside[name]))), _digest(name.encode("utf-8", "surrogateescape"))

    return {name: number for number, name in enumerate(sorted(inside, key=order), 1)}


def _digest(content: bytes) -> bytes:
    return blake2b(content, digest_size=16).digest()


def _order(talk: Talk) -> tuple[Any, ...]:
    """Talks of one hand-in: by time, then by what is the same on every machine."""
    return min(line.at for line in talk.lines), talk.conversation, talk.source, len(talk.lines)


def _feedback(chat: Row) -> tuple[int, int, int]:
    return chat["thumbs_up"], chat["thumbs_down"], chat["comments"]


def _readable(name: str) -> str:
    """A name that may hold bytes of no text, and characters that turn a line around, on one line."""
    known = name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return "".join(c if c.isprintable() else "\ufffd" for c in known)


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"
