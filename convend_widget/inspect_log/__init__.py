"""Logs for Inspect (``.eval``), so that its viewer and tools can read conversations and studies."""

from __future__ import annotations

import io

from ..conversation import Conversation
from .log import Log
from .sample import sample, usage

__all__ = ["Log", "of_conversation", "sample"]


def of_conversation(conversation: Conversation) -> bytes:
    """A conversation with one sample a branch, archived ones too: the bytes of the file, the same ones each time."""
    file = io.BytesIO()
    used = usage(conversation, conversation.messages.values())
    name, settings = conversation.id, conversation.settings.values()
    with Log(file, name, "conversation", name, conversation.started, settings, used) as log:
        for leaf in conversation.leaves():
            log.add(sample(conversation, leaf))
        log.close()
    return file.getvalue()
