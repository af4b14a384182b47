"""The outside of the exchange format: what an export begins with, and records that are records at all."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from ..errors import ImportRefused
from .reading import shown
from .report import Limits

FORMAT = "convend"
VERSION = 1


@dataclass(frozen=True, slots=True)
class Envelope:
    """An export, checked from outside: ``records`` have a kind, a body, a time and the right number.

    ``above``: what it shows of the conversation that it goes on from; these have no numbers.
    """

    records: list[dict[str, Any]]
    above: list[dict[str, Any]]
    messages: list[Any]
    digest: object


def check_envelope(value: dict[str, Any], limits: Limits) -> Envelope:
    """The parts of an export. Raises ``ImportRefused``."""
    if value.get("format") != FORMAT:
        raise ImportRefused(
            f"The field format says {shown(value.get('format'))!r}, not {FORMAT!r}.",
            advice="Import an export of this package, or a list of messages.",
        )
    version = value.get("version")
    if type(version) is not int or version < 1:
        raise ImportRefused(f"The field version is {shown(version)!r}, not a whole number.")
    if version > VERSION:
        raise ImportRefused(f"This is version {shown(version)} of the format.", advice="Update convend_widget.")
    records, messages = value.get("events"), value.get("messages", [])
    if not isinstance(records, list):
        raise ImportRefused("There is no list of events.")
    above = value.get("above", [])
    if not isinstance(above, list):
        raise ImportRefused("What stands above is no list of events.")
    check_count([*above, *records], limits)
    for number, record in enumerate(above, 1):
        _check_record(f"event {number} above", record)
    for number, record in enumerate(records, 1):
        _check_record(f"event {number}", record, number)
    return Envelope(records, above, messages if isinstance(messages, list) else [], value.get("digest"))


def check_count(records: list[Any], limits: Limits) -> None:
    """Refuse more records than an import may have."""
    if len(records) > limits.records:
        raise ImportRefused(f"There are {len(records)} records; {limits.records} is the limit of an import.")


def _check_record(place: str, record: object, number: int | None = None) -> None:
    if not isinstance(record, dict):
        raise ImportRefused(f"{place} is not an object.")
    if number is not None and (type(record.get("seq")) is not int or record["seq"] != number):
        raise ImportRefused(f"{place} has seq {shown(record.get('seq'))}; events are numbered 1, 2, 3 … in order.")
    if not isinstance(record.get("kind"), str):
        raise ImportRefused(f"{place} has no kind.")
    if not isinstance(record.get("body"), dict):
        raise ImportRefused(f"{place} has no body.")
    at = record.get("at")
    if not _finite(at):
        raise ImportRefused(f"{place}: at must be a number of seconds, not {shown(at)}.")


def _finite(at: object) -> bool:
    try:
        return isinstance(at, (int, float)) and not isinstance(at, bool) and math.isfinite(at)
    except OverflowError:  # a whole number beyond every float
        return False
