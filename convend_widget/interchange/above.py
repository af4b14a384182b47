"""What a run shows of the conversation that it goes on from, as events: so that an export of it stands by itself.

Only the path to the fork is in it, with the settings of all that is shown: never another branch of that conversation,
which whoever opens the run does not see either. So it is a part of a log, and no digest vouches for a part.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from ..conversation import Conversation, Event, ReplyRequested, SettingsRecorded, UserSent
from ..conversation.codec import decode_all
from ..conversation.events import ReplyEvent
from ..store import Record


def events_above(conversation: Conversation, records: Iterable[Record]) -> Iterator[Event]:
    """The events of the messages that ``conversation`` shows and has not made, and of the settings in use.

    ``records``: the logs of all that it goes on from, the farthest first.
    """
    shown = {m.id for m in conversation.messages.values() if m.seq <= conversation.inherited}
    used = {m.settings for m in conversation.messages.values()}
    for event in decode_all((r.kind, r.body, r.at) for r in records):
        if isinstance(event, SettingsRecorded):
            if event.settings.key in used:
                used.discard(event.settings.key)  # it may be in several of these logs
                yield event
        elif isinstance(event, UserSent):
            if event.message in shown:
                yield replace(event, edit_of=None)  # what it was an edit of stayed behind
        elif isinstance(event, (ReplyRequested, ReplyEvent)) and event.reply in shown:
            yield event
