"""One file that was handed in: the talks in it, and what could not be used or believed. Never raises for a file.

A store is read as its exports would be: each conversation goes through the checks of an import, so that a verdict
counts only where a typed block bears it out, whoever wrote the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..conversation import fold
from ..errors import ConvendError, ImportRefused, StoreBusy, StoreDamaged, StoreError, StoreTooNew
from ..interchange.checks import is_id
from ..interchange.envelope import FORMAT, check_envelope
from ..interchange.envelope import VERSION as NEWEST
from ..interchange.json_format import export_json
from ..interchange.log_import import import_log
from ..interchange.reading import parse, shown
from ..interchange.report import Imported, Limits
from ..panel.document import FORMAT as PICTURE
from ..panel.document import MIME, VERSION
from ..session.lineage import folded, lineage
from ..store import NotOurs, Store, looked_into, size_of
from .lines import Source, Talk, talk_of
from .picture import NoPicture, picture_of
from .walk import ASK, File, Trouble

Told = tuple[str, str]
"""The kind of a trouble, and what it is."""

_UPDATE = "Update convend_widget."
_TOO_NEW: Told = ("newer", f"Written by a later version. {_UPDATE}")
_EMPTY: Told = ("empty", "The file is empty.")
_NO_CHAT: Told = ("empty", "There is no chat in it.")
_MOST_TOLD = 3  # doubts about one chat that are listed


def read(file: File, limits: Limits) -> Iterator[Talk | Trouble]:
    """What is in a file. ``limits`` are those of an import."""
    try:
        for found in _read(file, limits):
            yield found if isinstance(found, Talk) else Trouble(file.name, file.place, *found)
    except OSError as error:
        yield Trouble(file.name, file.place, "unreadable", f"It cannot be read: {error.strerror or 'no reason given'}.")
    except ImportRefused as error:
        yield Trouble(file.name, file.place, "newer" if error.advice == _UPDATE else "damaged", str(error))
    except Exception as error:  # noqa: BLE001 - thirty others are not to be lost for one file that nobody thought of
        what = f"It could not be read, which is a defect of convend_widget: {type(error).__name__}."
        yield Trouble(file.name, file.place, "defect", what)


def _read(file: File, limits: Limits) -> Iterator[Talk | Told]:
    size = size_of(file.path)
    if size == 0:
        yield _EMPTY
    elif size > limits.size:
        yield "too_big", f"It has {size / 2**20:,.0f} MB; {limits.size / 2**20:g} MB is the limit (limit=… in MB)."
    elif file.kind == "store":
        yield from _store(file.path, limits)
    else:
        with file.path.open("rb") as opened:
            value = parse(opened.read(limits.size), limits)
        yield from _notebook(value) if file.kind == "notebook" else _export(value, limits)


# -- exports ---


def _export(value: Any, limits: Limits) -> Iterator[Talk | Told]:
    form = value.get("format") if isinstance(value, dict) else None
    if form == PICTURE:
        yield from _pictures([value])
    elif form == FORMAT:
        version = value.get("version")
        yield from [_TOO_NEW] if type(version) is int and version > NEWEST else _imported(value, "export", limits)
    elif isinstance(value, list) and value and isinstance(value[0], dict) and "role" in value[0]:
        yield "foreign", f"A list of messages, which says of no ending how it came about. {ASK}"
    else:
        yield "foreign", "JSON of another program."


def _imported(value: dict[str, Any], source: Source, limits: Limits) -> Iterator[Talk | Told]:
    came = import_log(check_envelope(value, limits), "a file", "c_collected")
    if not came.report.messages:
        yield _NO_CHAT
        return
    findings = [finding for finding in came.report.findings if finding.kind in ("foreign", "disagrees", "digest")]
    for finding in findings[:_MOST_TOLD]:
        yield "doubt", f"{str(finding)[:1].upper()}{str(finding)[1:]}."
    if len(findings) > _MOST_TOLD:
        yield "doubt", f"And {len(findings) - _MOST_TOLD} more of that kind."
    yield _talk(came, source, brought=bool(value["events"][0]["body"].get("origin")))


def _talk(came: Imported, source: Source, brought: bool) -> Talk:
    """The talk, whose chain is without what the import itself put at the end of replies that were cut."""
    cut = sum(finding.kind == "cut" for finding in came.report.findings)
    whole = fold(came.conversation, came.events)
    events = came.events[: len(came.events) - cut]
    name, verified = came.report.conversation or "", came.report.verified
    return talk_of(whole, events, name=name, source=source, verified=verified, brought=brought)


# -- saved notebooks ---


def _notebook(value: Any) -> Iterator[Talk | Told]:
    cells = value.get("cells") if isinstance(value, dict) else None
    if not isinstance(cells, list):
        yield "foreign", "No notebook of a kind that is known (nbformat 4)."
        return
    pictures = [found for cell in cells for found in _saved_in(cell)]
    if pictures:
        yield from _pictures(pictures)
    else:
        yield "empty", f"There is no saved chat in this notebook. {ASK}"


def _saved_in(cell: Any) -> Iterator[Any]:
    outputs = cell.get("outputs") if isinstance(cell, dict) else None
    for output in outputs if isinstance(outputs, list) else ():
        data = output.get("data") if isinstance(output, dict) else None
        if isinstance(data, dict) and MIME in data:
            yield data[MIME]


def _pictures(documents: list[Any]) -> Iterator[Talk | Told]:
    for document in documents:
        if not isinstance(document, dict) or document.get("format") != PICTURE:
            yield "foreign", "A saved chat of another program."
        elif type(document.get("version")) is not int or document["version"] > VERSION:
            yield _TOO_NEW
        elif document.get("rows") != []:  # a chat in which nothing was said yet is no trouble
            try:
                yield picture_of(document)
            except NoPicture as error:
                yield "damaged", str(error)


# -- stores ---


def _store(path: Path, limits: Limits) -> Iterator[Talk | Told]:
    try:
        with looked_into(path) as (store, lost):
            if lost is not None:
                yield "damaged", f"The store is damaged. What is whole in it was read; {lost} chats could not be."
            names = [summary.conversation for summary in reversed(store.conversations())]
            if not names:
                yield _NO_CHAT
            for number, name in enumerate(names, 1):
                yield from _stored(store, name, f"Chat {number} of {len(names)}", limits)
    except StoreTooNew:
        yield _TOO_NEW
    except NotOurs:
        yield "foreign", "A database of another program, or with parts that no store has."
    except StoreBusy:
        yield "unreadable", "The store is being written to all the time. Collect again in a moment."
    except StoreDamaged:
        yield "damaged", "The store is damaged, or is none; nothing in it can be read."
    except StoreError as error:
        yield "unreadable", f"The store cannot be read: {type(error).__name__}."


def _stored(store: Store, name: Any, which: str, limits: Limits) -> Iterator[Talk | Told]:
    """One conversation of a store; what is wrong with it says nothing of the others."""
    if not is_id(name):
        yield "damaged", f"{which} has no id."
        return
    try:
        verdict = store.verify(name)
        if not verdict.ok:
            yield "damaged", f"{which} is damaged: {_said(store, verdict.problem or 'its log is not whole.')}"
            return
        *above, own = lines = lineage(store, name)
        inherited = [record for line in above for record in line.records]
        text = export_json(folded(lines), own.records, inherited)
        for found in _imported(parse(text.encode("ascii"), limits), "store", limits):
            if found != _NO_CHAT:
                yield found if isinstance(found, Talk) else (found[0], f"{which}: {found[1]}")
    except StoreTooNew:
        yield "newer", f"{which} was written by a later version. {_UPDATE}"
    except ConvendError as error:
        yield "damaged", f"{which} is damaged: {_said(store, error.what)}"


def _said(store: Store, what: str) -> str:
    """What was found, without the place of the copy that it was found in."""
    return shown(what.replace(str(store.path), "the store"))
