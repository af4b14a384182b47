"""Reading cases from CSV and JSON lines: bounded, as UTF-8 with or without a mark, each row with its line."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ..errors import CasesRefused
from .cases import KEYS, Row, one_line

BIGGEST = 64 * 2**20  # bytes of a file
LONGEST_LINE = 2**20  # bytes


def read_file(path: Path) -> tuple[str, Iterator[Row]]:
    """The name of the file, and its rows. Raises ``CasesRefused``, which names the line at fault."""
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise CasesRefused("This is no format that is known.", file=path.name, advice="Use .csv or .jsonl.")
    return path.name, reader(path.name, _lines(path))


def _lines(path: Path) -> list[str]:
    """The lines of the file with their ends, checked as a whole before any is looked at."""
    name = path.name
    try:
        with path.open("rb") as file:
            data = file.read(BIGGEST + 1)
    except OSError as error:
        raise CasesRefused(f"It cannot be read: {error.strerror or error}.", file=name) from None
    if len(data) > BIGGEST:
        raise CasesRefused(f"It is bigger than {BIGGEST >> 20} MB.", file=name, advice="Make several audits.")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise CasesRefused("This is UTF-16.", file=name, place="line 1", advice="Save it as UTF-8.")
    lines = data.removeprefix(b"\xef\xbb\xbf").splitlines(keepends=True)
    return [_decoded(name, number, line) for number, line in enumerate(lines, 1)]


def _decoded(file: str, number: int, line: bytes) -> str:
    place = f"line {number}"
    if len(line) > LONGEST_LINE:
        megabytes = f"{len(line) / 2**20:.1f} MB long; {LONGEST_LINE >> 20} MB is the limit"
        raise CasesRefused(f"The line is {megabytes}.", file=file, place=place)
    if b"\0" in line:
        raise CasesRefused("There is a NUL byte in it.", file=file, place=place, advice="Is this a text file?")
    try:
        return line.decode()
    except UnicodeDecodeError as error:
        raise CasesRefused(
            f"This is not UTF-8 (byte {error.start + 1} of the line).",
            file=file,
            place=place,
            advice="Save it as UTF-8.",
        ) from None


# -- JSON lines


def _json_rows(file: str, lines: list[str]) -> Iterator[Row]:
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield f"line {number}", from_json(file, f"line {number}", line)


def from_json(file: str, place: str, text: str, what: str = "This") -> Any:
    """The value. Raises ``CasesRefused``, also where a key is there twice: one of the two would go unread."""
    try:
        return json.loads(text, parse_constant=_no_number, object_pairs_hook=_each_once)
    except json.JSONDecodeError as error:
        raise CasesRefused(f"{what} is not JSON: {error.msg}, column {error.colno}.", file=file, place=place) from None
    except (ValueError, RecursionError) as error:  # NaN; a number of thousands of digits; nested very deep
        raise CasesRefused(f"{what} cannot be read: {one_line(str(error), 80)}.", file=file, place=place) from None


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"{key!r} is there twice")
        found[key] = value
    return found


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")


# -- CSV


def _csv_rows(file: str, lines: list[str]) -> Iterator[Row]:
    table = _table(file, lines)
    first = next(table, None)
    if first is None:
        return
    header = _header(file, *first)
    for place, cells in table:
        if len(cells) != len(header):
            many = f"{len(cells)} cell{'s' * (len(cells) != 1)} and not {len(header)}, as the first line has"
            raise CasesRefused(f"There are {many}.", file=file, place=place, advice='Text with a comma is put in "…".')
        row: dict[str, Any] = dict(zip(header, cells, strict=True))
        if row.get("messages"):
            row["messages"] = from_json(file, place, row["messages"], "messages")
        yield place, row


def _table(file: str, lines: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Rows that are not empty, each with the line that it begins in."""
    reader = csv.reader(lines, strict=True)
    while True:
        place = f"line {reader.line_num + 1}"
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise CasesRefused(f"This is not CSV: {error}.", file=file, place=place, advice=_QUOTES) from None
        if cells is None:
            return
        if any(cell.strip() for cell in cells):
            yield place, cells


_QUOTES = 'Within a text in "…", write each quotation mark twice.'


def _header(file: str, place: str, cells: list[str]) -> list[str]:
    names = [cell.strip() for cell in cells]
    unknown = next((name for name in names if name not in KEYS), None)
    if unknown is not None:
        split = next((sign for sign in (";", "\t") if sign in unknown), None)
        advice = "Separate the columns by commas." if split else f"There are {', '.join(KEYS)}."
        raise CasesRefused(f"There is no column {one_line(unknown, 40)!r}.", file=file, place=place, advice=advice)
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise CasesRefused(f"There are two columns {twice!r}.", file=file, place=place)
    missing = next((name for name in ("id", "set") if name not in names), None)
    if missing is None and not {"prompt", "messages"} & {*names}:
        missing = "prompt"
    if missing is not None:
        advice = "The first line names the columns: id, set, and prompt or messages."
        raise CasesRefused(f"There is no column {missing!r}.", file=file, place=place, advice=advice)
    return names


_READERS: dict[str, Callable[[str, list[str]], Iterator[Row]]] = {
    ".csv": _csv_rows,
    ".jsonl": _json_rows,
    ".ndjson": _json_rows,
}
