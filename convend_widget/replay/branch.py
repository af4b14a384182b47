"""What is run again: the message that runs fork at, the words below it, the recorded words sent later. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from ..conversation import Block, Conversation, Message, Turn
from ..conversation.fork import check_fork
from ..conversation.law import Tip
from ..conversation.outcome import outcome
from ..errors import IllegalEvent, SettingsError, UnknownMessage
from .numbers import as_whole

Turns = Literal["recorded"] | int
BY = "replay"  # who writes in a run, as long as it is made


@dataclass(frozen=True, slots=True)
class Words:
    """What the person says in a run. ``confirm``: their recorded answer by button, where they gave one."""

    content: tuple[Block, ...]
    confirm: str | None = None


@dataclass(frozen=True, slots=True)
class Branch:
    """Where the runs fork. ``at`` is the message that was asked for; ``fork`` the last one that is shared.

    ``fork`` is empty for the root. ``first``: words that go below the fork before the first reply; None where the fork
    is itself a message of the person. ``later``: the ids of the recorded messages that are sent after that, in order.
    """

    at: str
    fork: str
    first: Words | None
    later: tuple[str, ...]

    @property
    def replies(self) -> int:
        """How many replies a run comes to at most."""
        return 1 + len(self.later)


def branch_at(conversation: Conversation, head: str | None, at: str | None, edit: str | None, turns: Turns) -> Branch:
    """The branch to run again: at a message of the person its reply is made anew, at a reply the next words follow it.

    ``at`` None: the last message of the person on the head's branch. ``edit`` replaces the words at the fork. Raises
    ``UnknownMessage``, ``ConversationEnded``, ``ReplyRunning``, ``IllegalEvent`` for a reply that was cut, and
    ``SettingsError`` where nothing is there to send.
    """
    turns = check_turns(turns)
    path = conversation.branch(head)
    here = _message(conversation, path, at)
    if here not in path:
        path = conversation.branch(conversation.leaf(here.id))
    after = [m for m in path[path.index(here) + 1 :] if m.role == "user"]
    if here.role == "user":
        if edit is None:
            return Branch(here.id, here.id, None, _later(after, turns))
        return Branch(here.id, here.parent or "", _words(edit), _later(after, turns))
    if edit is not None:
        return Branch(here.id, here.id, _words(edit), _later(after[1:], turns))
    if not after:
        raise SettingsError(
            "Nothing was said after this reply, so there is nothing to send.",
            advice="Give the words with edit=…, or replay at the message before it.",
        )
    return Branch(here.id, here.id, said(after[0]), _later(after[1:], turns))


def said(message: Message) -> Words:
    """What the person said with a recorded message."""
    return Words(message.content, message.confirm)


def check_turns(turns: object) -> Turns:
    """How many replies a run may come to. Raises ``SettingsError``."""
    number = as_whole(turns)
    if number is not None and number >= 1:
        return number
    if isinstance(turns, str) and turns == "recorded":
        return "recorded"
    raise SettingsError(f"turns cannot be {turns!r}.", advice="Use 'recorded', or a number of replies from 1 on.")


def _message(conversation: Conversation, path: list[Message], at: str | None) -> Message:
    if at is None:
        spoken = [m for m in path if m.role == "user"]
        if not spoken:
            raise SettingsError("There is nothing to replay: nothing was said here.", advice="Say something first.")
        return spoken[-1]
    if conversation.find(at) is None:
        raise UnknownMessage(
            f"There is no message {at!r} in this conversation, so nothing can be replayed at it.",
            conversation=conversation.id,
            message=at,
            state="unknown",
            ways=("pass a message of chat.conversation, or its id", "leave at out for the last message of the person"),
        )
    here = check_fork(conversation, at)
    if here.role == "assistant" and here.state is not Turn.SETTLED:
        raise IllegalEvent(
            "This reply was cut, so nothing that goes on from it would be the model's own.",
            conversation=conversation.id,
            message=here.id,
            state=here.standing,
            ways=("replay at the message of the person before it", "retry it first with chat.retry(message)"),
        )
    return here


def _later(after: Iterable[Message], turns: Turns) -> tuple[str, ...]:
    ids = tuple(m.id for m in after)
    return ids if turns == "recorded" else ids[: turns - 1]


def _words(text: object) -> Words:
    if not isinstance(text, str) or not text.strip():
        raise SettingsError("edit must be words.", advice="Pass the person's words as text.")
    return Words(({"type": "text", "text": text},))


# -- the moves of one run


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask for a reply below a message of the person."""

    message: str


@dataclass(frozen=True, slots=True)
class Say:
    """Send recorded words below a reply, and ask for the next one."""

    parent: str
    words: Words


def next_move(
    run: Conversation, later: tuple[Words, ...], *, again: bool = False, failed_too: bool = False
) -> Ask | Say | None:
    """What comes next in a run; None when it is over. ``again``: a reply that was cut from here is asked for once more.

    ``failed_too``: also one that network or provider cut.

    A run goes on while its replies neither end nor fail, until its words are used up. Where endings are recorded only,
    it goes on after one.
    """
    tip = tip_of(run)
    if tip.role == "user":
        return Ask(tip.id)
    came = outcome(tip)
    if again and (cut_from_here(tip) or (failed_too and came.name == "failed")):
        return Ask(tip.parent or "")
    said_so_far = len(own_replies(run)) - 1
    if (came.name != "not_ended" and not tip.ending_recorded) or said_so_far >= len(later):
        return None
    words = later[said_so_far]
    open_question = tip.tip is Tip.CONFIRMING
    return Say(tip.id, words if open_question else Words(words.content))


def tip_of(run: Conversation) -> Message:
    """The last message that the study made in a run, or the fork. What somebody says in an opened run is not of it."""
    fork = run.fork.message if run.fork else ""
    newest = run.find(run.newest or "")
    if newest is not None and (newest.by == BY or newest.id == fork):  # as long as nobody else has written in it
        return newest
    return next(m for m in reversed(list(run.messages.values())) if m.id == fork or m.by == BY)


def beside(run: Conversation, parent: str) -> str | None:
    """What somebody else wrote where the next words of a run belong: they go beside that, as an edit does.

    None where nothing is there; and where the run has its own words there, which must not be sent twice.
    """
    there = run.children(parent)
    return there[0].id if there and all(message.by != BY for message in there) else None


def own_replies(run: Conversation) -> list[Message]:
    """The replies of a run on its way from the fork, oldest first; of several tries for one, the last."""
    found: list[Message] = []
    tip: str | None = tip_of(run).id
    while tip is not None and tip != (run.fork.message if run.fork else None):
        message = run.messages[tip]
        if message.role == "assistant":
            found.append(message)
        tip = message.parent
    return found[::-1]


# Errors that say nothing of the model: what was cut by them is asked for again when a study is resumed.
FROM_HERE = frozenset({"kernel", "key", "unsafe_address", "store", "defect"})


def cut_from_here(reply: Message) -> bool:
    """Whether a reply was cut by this side: stopped, or by an error that says nothing of the model."""
    if reply.state is Turn.STOPPED:
        return True
    return reply.state in (Turn.INTERRUPTED, Turn.FAILED) and reply.error is not None and reply.error.code in FROM_HERE
