"""A conversation as JSON to be read without a kernel: in a saved notebook, and beside the log in an export.

.. code-block:: json

    {"format": "convend-transcript", "version": 1, "conversation": "c_…", "head": "m_…",
     "chat": {"model": "…", "provider": "…", "policy": "…", "mode": "enforce", "can_end": true},
     "earlier": 0, "others": 0, "rows": [{"m": "m_…", "role": "user", "at": 1790000000.0, …}, …]}

``rows`` are messages as the panel gets them (``wire.row``), of every branch, oldest first; a field that is null there
is left out. ``earlier`` counts the messages of the head's branch that are left out, ``others`` those of other branches.
A reader must refuse a ``version`` above its own, and ignore fields that it does not know. It is a picture: nothing is
ever read back from it.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..conversation import Conversation, Message
from ..markup import sound
from . import wire
from .pages import upward
from .wire import Json

MIME = "application/vnd.convend+json"
FORMAT = "convend-transcript"
VERSION = 1


def document(
    conversation: Conversation, head: str | None, rows: Sequence[Json], *, earlier: int = 0, others: int = 0
) -> Json:
    """These rows as a document. ``earlier`` and ``others`` say how many messages are not among them."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "conversation": conversation.id,
        "head": head,
        "chat": _chat(conversation, head),
        "earlier": earlier,
        "others": others,
        "rows": list(rows),
    }


def whole(conversation: Conversation, head: str | None) -> Json:
    """Every message of every branch."""
    rows = [saved_row(conversation, message) for message in conversation.messages.values()]
    return document(conversation, head, rows)


def saved_row(conversation: Conversation, message: Message) -> Json:
    """One message, without what is null."""
    return {name: value for name, value in wire.row(conversation, message).items() if value is not None}


def _chat(conversation: Conversation, head: str | None) -> Json | None:
    """What the newest reply of the head's branch was made under; None before the first."""
    last = next((message for message in upward(conversation, head) if message.settings), None)
    if last is None or not last.settings:
        return None
    settings = conversation.settings[last.settings]
    return {
        "model": sound(wire.model_of(last, settings) or settings.model),
        "provider": sound(settings.provider),
        "policy": sound(settings.policy),
        "mode": settings.mode,
        "can_end": settings.can_end,
    }
