"""How the law refuses: typed errors that name the conversation, the message, its state and the legal ways on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from ..errors import ConversationEnded, IllegalEvent, ReplyRunning, StaleToken, TipMoved, UnknownMessage

if TYPE_CHECKING:
    from .records import Message

WAYS_FROM_ENDED = (
    "start a new conversation with chat.new()",
    "edit an earlier message with chat.edit(message, text)",
    "retry an earlier reply with chat.retry(message)",
)
WAYS_FROM_RUNNING = ("wait for the reply", "stop it with chat.stop()")
WAYS_FROM_REPLY = ("write with chat.say(text)", "edit or retry an earlier message", "start anew with chat.new()")
WAYS_FROM_USER = ("ask for a reply with chat.retry(message)", "edit it with chat.edit(message, text)")
WAYS_FROM_NOWHERE = ("look at chat.conversation.messages", "start anew with chat.new()")


class Named(Protocol):
    """Whatever the refusal is about has an id."""

    @property
    def id(self) -> str: ...


def ways_on(message: Message | None) -> tuple[str, ...]:
    """The legal ways on from a message (None: from a conversation as a whole), as short imperatives."""
    if message is None:
        return WAYS_FROM_NOWHERE
    if message.role == "user":
        return WAYS_FROM_USER
    if message.ended:
        return WAYS_FROM_ENDED
    return WAYS_FROM_RUNNING if message.running else WAYS_FROM_REPLY


def illegal(tree: Named, message: Message | None, what: str) -> IllegalEvent:
    """An event that cannot happen at this message, or to the conversation as a whole."""
    return IllegalEvent(
        what,
        conversation=tree.id,
        message=message.id if message else None,
        state=message.standing if message else "no message",
        ways=ways_on(message),
    )


def ended(tree: Named, message: Message) -> ConversationEnded:
    """Something would have gone below an ended message, or changed it."""
    return ConversationEnded(
        "The model ended this conversation; it takes no new message.",
        conversation=tree.id,
        message=message.id,
        state=message.tip.value,
        ways=WAYS_FROM_ENDED,
    )


def still_running(tree: Named, reply: Message) -> ReplyRunning:
    """A reply that is being written stands in the way."""
    return ReplyRunning(
        "A reply is still being written here.",
        conversation=tree.id,
        message=reply.id,
        state=reply.standing,
        ways=WAYS_FROM_RUNNING,
    )


def tip_moved(tree: Named, newer: Message) -> TipMoved:
    """Somebody wrote below the same message first."""
    return TipMoved(
        "Somebody wrote here first.",
        conversation=tree.id,
        message=newer.id,
        state=newer.standing,
        ways=("look at what came and send again", "edit that message to make a branch beside it"),
    )


def late(tree: Named, reply: Message, what: str) -> StaleToken:
    """An event of a reply that is no longer this writer's, or no longer written at all."""
    return StaleToken(
        what,
        conversation=tree.id,
        message=reply.id,
        state=reply.standing,
        ways=("reload the conversation", *ways_on(reply)),
    )


def unknown(tree: Named, message: str) -> UnknownMessage:
    """The conversation has no message of this id."""
    return UnknownMessage(
        f"There is no message {message!r} in this conversation.",
        conversation=tree.id,
        message=message,
        state="unknown",
        ways=WAYS_FROM_NOWHERE,
    )
