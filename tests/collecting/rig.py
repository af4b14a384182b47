"""Hand-ins to collect: talks of students as the files that they would hand in."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from convend_widget.conversation import FeedbackGiven
from convend_widget.conversation.codec import encode
from convend_widget.interchange.json_format import export_json
from convend_widget.panel.document import MIME, whole
from convend_widget.store import Append, Committed, SqliteStore
from tests.conversation.build import Talk, end, text
from tests.interchange.trees import stored


class Own(Talk):
    """A talk at a time of its own: real ones have ids of their own too."""

    def tick(self) -> float:
        return super().tick() + 1000 * zlib.crc32(self.now.id.encode())


def talk_of(student: str, *, ended: bool = True) -> Talk:
    """A talk of this student: two branches, of which the first ended (if so wanted) and has feedback."""
    talk = Own(name=f"c_{student}")
    talk.turn([text(f"Hello, {student}.")], words=f"I am {student}.")
    if ended:
        talk.warned_enough()
        talk.turn([text("This ends here."), end(reason="The remarks went on.")], words="More of it.")
        talk.do(FeedbackGiven(at=talk.tick(), message=talk.tip or "", thumb="down", words="Why?", by="panel"))
    talk.edit("u1", f"Once more, {student}.")
    talk.reply([text("Gladly.")])
    return talk


def exported(talk: Talk, path: Path) -> Path:
    """The export, in a folder that is made for it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(export_json(talk.now, stored(talk)), encoding="ascii")
    return path


def in_store(path: Path, *talks: Talk, hidden: bool = False) -> Path:
    """A store that holds these talks, in sight of lists or not."""
    path.parent.mkdir(parents=True, exist_ok=True)
    store = SqliteStore(path)
    for talk in talks:
        events = tuple((e.kind, encode(e), e.at) for e in talk.events)
        (done,) = store.commit([Append(talk.now.id, 0, events, summary={"hidden": hidden})])
        assert isinstance(done, Committed)
    store.close()
    return path


def notebook(path: Path, *documents: Any) -> Path:
    """A saved notebook whose cells show these documents."""
    path.parent.mkdir(parents=True, exist_ok=True)
    outputs = [{"output_type": "display_data", "data": {MIME: document}, "metadata": {}} for document in documents]
    cells = [{"cell_type": "code", "source": "chat", "metadata": {}, "execution_count": 1, "outputs": outputs}]
    path.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}), encoding="utf-8")
    return path


def picture(talk: Talk) -> dict[str, Any]:
    """What a notebook saves of a talk."""
    return json.loads(json.dumps(whole(talk.now, talk.tip)))  # type: ignore[no-any-return]


def rewritten(path: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    """The JSON file after a change."""
    value = json.loads(path.read_text("utf-8"))
    change(value)
    path.write_text(json.dumps(value), encoding="ascii")
    return path


def state_of(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Every file below a folder, with its content and when it was last changed."""
    return {
        path.relative_to(folder).as_posix(): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink()
    }
