"""The digests of an imported log: do they fit the events in the file? Says where they stop fitting, no more."""

from __future__ import annotations

from typing import Any

from ..store.digest import genesis, link
from .report import Finding


class Chain:
    """The hash chain as it follows from the events, beside the one that the file has."""

    def __init__(self, conversation: str) -> None:
        self._conversation = conversation
        self._last = genesis(conversation)
        self._seen = self._missing = 0
        self._broken: int | None = None

    def add(self, record: dict[str, Any], body: str) -> None:
        """Follow the chain over one record, whose canonical body is ``body``."""
        self._seen += 1
        at = float(record["at"])
        self._last = link(self._last, self._conversation, record["seq"], record["kind"], body, at)
        given = record.get("digest")
        if given is None:
            self._missing += 1
        elif given != self._last.hex() and self._broken is None:
            self._broken = self._seen

    @property
    def digest(self) -> str:
        """The last digest that follows from the events."""
        return self._last.hex()

    def verdict(self, top: object) -> tuple[bool | None, list[Finding]]:
        """Whether all digests of the file fit (None: it has none), given the one at its top."""
        if self._missing == self._seen and top is None:
            return None, []
        if self._broken is not None:
            what = "its digest does not fit: something up to here was changed after the export"
            return False, [Finding(f"event {self._broken}", "digest", what)]
        if self._missing or top != self.digest:
            return False, [Finding("the file", "digest", "digests are missing, or the last one does not fit")]
        return True, []
