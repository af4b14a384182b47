"""Writing a conversation to a file: the suffix says how."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

from ..conversation import Conversation, Message
from ..files import place, written
from ..inspect_log import of_conversation
from ..spreadsheet import to_bytes
from ..store import Record
from .frame import to_frame
from .html import to_html
from .json_format import export_json
from .markdown import to_markdown

Branch = Message | str | None
Records = Sequence[Record]
Picture = Callable[[], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class _Whole:
    """Everything that a writer may ask for."""

    conversation: Conversation
    records: Records
    above: Records
    branch: Branch
    picture: Picture | None


_WRITERS: dict[str, Callable[[_Whole], str | bytes]] = {
    ".csv": lambda it: to_bytes(to_frame(it.conversation)),
    ".eval": lambda it: of_conversation(it.conversation),
    ".html": lambda it: to_html(it.conversation, it.branch),
    ".json": lambda it: export_json(it.conversation, it.records, it.above, it.picture and it.picture()),
    ".md": lambda it: to_markdown(it.conversation, it.branch),
}
SUFFIXES = tuple(_WRITERS)


def export(
    conversation: Conversation,
    records: Records,
    path: str | PathLike[str],
    *,
    branch: Branch = None,
    above: Records = (),
    picture: Picture | None = None,
) -> Path:
    """Write the conversation to ``path``; returns the path. ``records`` are its stored events, all of them.

    ``above``: those of the conversations that it goes on from, the farthest first. ``picture`` makes what ``.json``
    holds for viewers.

    ``.md`` holds the branch of ``branch`` (a message or its id; default: the head's); all of them if it is ``"all"``.
    ``.html`` holds every branch, that one first. ``.json`` (the exchange format) and ``.csv`` hold everything always.
    ``.eval`` is a log for Inspect, with one sample a branch.
    A file that is there is replaced, whole or not at all; folders are not made. Raises ``SettingsError`` for another
    suffix or a path that cannot be written, and ``UnknownMessage``.
    """
    target = place(path, SUFFIXES)
    data = _WRITERS[target.suffix.lower()](_Whole(conversation, records, above, branch, picture))
    with written(target) as file:
        file.write(data.encode("utf-8", "replace") if isinstance(data, str) else data)
    return target
