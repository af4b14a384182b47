"""A conversation that goes on from a message of another one: it shows what lies above, and stores only what is its own.

The log of such a conversation begins with a start that names its ``Fork``. Its fold begins with ``graft``: the path of
the other conversation down to that message, by reference, as its own first messages. So nothing is copied, the law and
``history`` need no second way, and whatever grows in the one is never seen in the other.
"""

from __future__ import annotations

from dataclasses import replace

from . import refusals
from .layers import Layers
from .records import Fork, Message
from .tree import ROOT, Conversation
from .values import changed


def graft(conversation: str, parent: Conversation, fork: Fork) -> Conversation:
    """What ``conversation`` begins with, before its first event: the path to the fork, and the settings made under.

    A fork without a message goes on from the root: it shares the settings alone. Raises ``UnknownMessage``,
    ``ConversationEnded`` below an ended message, and ``ReplyRunning`` below one under way.
    """
    path = parent.branch(check_fork(parent, fork.message).id) if fork.message else []
    messages = {m.id: changed(m, before=None) if m.before else m for m in path}  # its siblings stay with the other one
    last = {(m.parent or ROOT): m.id for m in path}
    return Conversation(
        conversation,
        0,
        Layers(messages),
        Layers(last),
        parent.settings,
        Layers(),
        Layers(),
        Layers(),
        newest=fork.message or None,
        fork=fork,
        inherited=path[-1].seq if path else 0,  # parents come before their children, so this is the highest
    )


def again(grafted: Conversation, conversation: str) -> Conversation:
    """The same beginning for another conversation that forks at the same place: everything in it is shared."""
    return replace(grafted, id=conversation)


def check_fork(parent: Conversation, message: str) -> Message:
    """The message that another conversation may go on from. Raises as ``graft`` does."""
    found = parent.find(message)
    if found is None:
        raise refusals.unknown(parent, message)
    if found.ended:
        raise refusals.ended(parent, found)
    if found.running:
        raise refusals.still_running(parent, found)
    return found
