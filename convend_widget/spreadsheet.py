"""A DataFrame as CSV in which no cell is a formula: a spreadsheet that opens it runs nothing that somebody wrote."""

from __future__ import annotations

import csv
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .files import place, written

if TYPE_CHECKING:
    import pandas as pd

_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")  # and their full-width forms


def frame_to_csv(frame: pd.DataFrame) -> str:
    r"""The frame as CSV, without its index; lines end in ``\n``, and text is quoted.

    Text that a spreadsheet would take for a formula (it begins with ``=``, ``+``, ``-`` or ``@``, also after spaces or
    control characters) gets an apostrophe before it, which spreadsheets take away again. NUL, which neither they nor
    Python 3.10 can write, becomes U+FFFD.
    """
    safe = frame.copy()
    for position, name in enumerate(frame.columns):
        column = frame[name]
        if column.dtype == object or str(column.dtype) in ("string", "str", "category"):
            safe.isetitem(position, column.astype(object).map(_inert, na_action="ignore").to_numpy(object))
    safe.columns = [_inert(name) for name in frame.columns]
    return str(safe.to_csv(index=False, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC))


def write_csv(frame: pd.DataFrame, path: str | PathLike[str]) -> Path:
    """Write ``frame_to_csv`` to a file whose name ends in ``.csv``; returns the path. Raises ``SettingsError``."""
    target = place(path, [".csv"])
    with written(target) as file:
        file.write(to_bytes(frame))
    return target


def to_bytes(frame: pd.DataFrame) -> bytes:
    """``frame_to_csv`` in UTF-8, with the mark without which spreadsheets guess wrong."""
    return frame_to_csv(frame).encode("utf-8-sig", "replace")


def is_formula(text: str) -> bool:
    """Whether a spreadsheet would take this text for a formula."""
    start = next((c for c in text if c.isprintable() and not c.isspace()), "")
    return bool(start) and start in _FORMULA


def _inert(value: Any) -> Any:
    """The cell, with an apostrophe before it where it would be a formula."""
    if not isinstance(value, str):
        return value
    text = value.replace("\0", "\ufffd")
    return f"'{text}" if is_formula(value) else text
