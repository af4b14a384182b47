"""The exchange format, version 1: a conversation as one JSON object, one event or message a line.

.. code-block:: json

    {"format": "convend", "version": 1, "written_by": "convend_widget 0.1.0",
     "conversation": "c_…", "digest": "…",
     "events": [{"seq": 1, "kind": "started", "at": 1790000000.0, "digest": "…", "body": {…}}, …],
     "messages": [{"id": "m_…", "parent": null, "role": "user", "at": "2026-09-21T…Z", "text": "…"}, …],
     "transcript": {"format": "convend-transcript", …}}

``events`` is the stored log, whole and in order, and it is the truth: an import folds it by the same law as everything
else. ``seq`` counts from 1; ``at`` is unix seconds; ``body`` is what ``conversation/codec.py`` writes; ``digest``
(hexadecimal SHA-256) chains each event to those before it, over the exact text of ``body`` as it stands in the file:
ASCII, no spaces (see ``store/digest.py``). The top ``digest`` is the last one.

A run of a study goes on from a message of another conversation, and its log alone would be half of what it shows. Such
an export has ``above`` too, before ``events``: those events of the other log that made the path down to the fork, and
the settings in use, as objects with ``kind``, ``at`` and ``body``. An import makes one conversation of both, which goes
on from nothing; its ``origin`` says which message of which conversation the run went on from. No digest vouches for
``above``, which is part of a log; those of ``events`` vouch for all that the run made itself.

``messages`` is for people and other programs, made from the events; an import only compares it. There, ``tip`` is
``open``, ``warned``, ``confirming`` or ``ended``; ``state`` that of a reply; ``ending`` says how it ended.
``transcript`` is what viewers show without a kernel (``panel/document.py``); an import passes over it.

A reader must refuse a ``version`` above its own, and ignore fields that it does not know. An import also takes a plain
list of ``{"role": …, "content": …}``, as the Messages API has it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from os import PathLike
from typing import Any

from .. import __version__
from ..conversation import Conversation, Message
from ..conversation.codec import encode
from ..dates import moment
from ..errors import ImportRefused
from ..store import Record
from .above import events_above
from .envelope import FORMAT, VERSION, check_envelope
from .history_import import import_history
from .log_import import import_log
from .reading import parse, read
from .report import Imported, Limits

_dump = json.JSONEncoder(ensure_ascii=True, separators=(",", ":")).encode


def export_json(
    conversation: Conversation,
    records: Sequence[Record],
    above: Iterable[Record] = (),
    transcript: Mapping[str, Any] | None = None,
) -> str:
    """The exchange format for ``conversation``, whose stored events are ``records``, all of them, in order.

    ``above``: the logs of what it goes on from, the farthest first; of these only what it shows is exported.

    ASCII only, so that text of any kind comes back exactly. Bodies are copied as they are stored, digit for digit.
    ``transcript`` is put beside them for viewers.
    """
    head = {
        "format": FORMAT,
        "version": VERSION,
        "written_by": f"convend_widget {__version__}",
        "conversation": conversation.id,
        "digest": records[-1].digest if records else None,
    }
    inherited = ",\n".join(
        f'{{"kind":{_dump(e.kind)},"at":{_dump(e.at)},"body":{encode(e)}}}' for e in events_above(conversation, above)
    )
    events = ",\n".join(
        f'{{"seq":{r.seq},"kind":{_dump(r.kind)},"at":{_dump(r.at)},"digest":{_dump(r.digest)},"body":{r.body}}}'
        for r in records
    )
    messages = ",\n".join(_dump(_readable(conversation, m)) for m in conversation.messages.values())
    shown = f'"above":[\n{inherited}\n],\n' if conversation.fork is not None else ""
    return f'{_dump(head)[:-1]},\n{shown}"events":[\n{events}\n],\n"messages":[\n{messages}\n]{_beside(transcript)}}}\n'


def _beside(transcript: Mapping[str, Any] | None) -> str:
    if transcript is None:
        return ""
    rows = ",\n".join(map(_dump, transcript["rows"]))
    about = {name: value for name, value in transcript.items() if name != "rows"}
    return f',\n"transcript":{_dump(about)[:-1]},\n"rows":[\n{rows}\n]}}'


def import_json(
    source: str | PathLike[str], *, conversation: str, limits: Limits | None = None, at: float | None = None
) -> Imported:
    """The conversation in a file, or in the text of one, as events for a new conversation of this id.

    Takes the exchange format and plain lists of messages. All or nothing: raises ``ImportRefused``, which names the
    record at fault. A ``str`` that begins with ``{`` or ``[`` is text, any other is a path. ``at`` (unix seconds;
    default: now) is the time that messages without one get. Nothing is stored; see ``Imported``.
    """
    limits = limits or Limits()
    name, data = read(source, limits)
    value = parse(data, limits)
    if isinstance(value, list):
        return import_history(value, name, conversation, limits, time.time() if at is None else at)
    if isinstance(value, dict):
        return import_log(check_envelope(value, limits), name, conversation)
    raise ImportRefused("This is neither an exported conversation nor a list of messages.")


def _readable(conversation: Conversation, message: Message) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "id": message.id,
        "parent": message.parent,
        "role": message.role,
        "at": moment(message.at),
        "text": message.text,
        "tip": message.tip.value,
        "ended": message.ended,
    }
    if conversation.label(message.id):
        entry["label"] = conversation.label(message.id)
    if conversation.starred(message.id):
        entry["starred"] = True
    if conversation.is_archived(message.id):
        entry["archived"] = True
    if message.state is not None:
        settings = conversation.settings[message.settings or ""]
        entry |= {"state": message.state.value, "model": settings.model, "policy": settings.policy}
    ending = conversation.ending(message.id)
    if ending is not None:
        entry["ending"] = {
            "trigger": ending.trigger,
            "reason": ending.reason,
            "warnings": list(ending.warnings),
            "confirmed_by": ending.confirmed_by,
        }
    return entry
