"""The law: what may happen to a conversation, and what it leads to.

A conversation is a tree. Two small machines walk it, and they are coupled.

**The turn** is the life of one reply. Somebody asks for it (REQUESTED); the model begins to answer (STREAMING); a
model call comes to its end and its tool calls wait for their verdicts (JUDGING). From there either the next model
call streams, with the verdicts as tool results, or the reply comes to rest. There are five ways to rest and none
leads on: SETTLED (whole), STOPPED (by the person), INTERRUPTED (network, time limit, death of a kernel), REFUSED (by
a safety classifier), FAILED (an error, nothing to show). STREAMING is known in memory only: the log goes from
REQUESTED to JUDGING when the step is complete.

**The tip** is what the newest message of a branch means for whoever wants to write below it. OPEN: go on. WARNED: go
on, a final warning stands. CONFIRMING: go on, and the next message answers the question whether to end. ENDED:
nothing goes below, ever. The table TIP has no row that starts at ENDED, and that is the whole lock. A question
lapses with the message after it, whatever it says: writing leads from CONFIRMING to OPEN, or to WARNED where a
final warning stands.

They are coupled in one place: a tip moves only when a reply is judged or the person writes. An ending is an accepted
call in a *complete* step whose stop reason is ``tool_use``; once there is one, the turn may only settle. A reply
that is stopped, interrupted, refused or failed therefore never ends anything.

When two rules meet: an ended tip speaks first (``ConversationEnded``), then a running reply (``ReplyRunning``), then
a tip that has moved on (``TipMoved``). For the events of a reply: an ended one speaks first, then one that is at rest
or has another token (``StaleToken``), then the table. An illegal event raises, names conversation, message and state,
offers the ways on (``refusals.py``), and changes nothing.

**Beside the law** stands what a person keeps about messages: feedback, a label, a star, and whether a branch is
archived. It is kept on any message in any state, the newest of each counts, and none of it moves a turn or a tip.
Archiving hides a message with all that is below it, and does nothing else: what may follow a message may follow it
archived too, and an ended one stays ended. Whoever writes below what is archived brings it back in the same breath
(``session.py`` does), so that nothing grows out of sight.

What the tables cannot see, since it is inside an event, is in ``guards.py``: that verdicts answer the calls of the
last step and no others, that nothing runs beside an ending, that one warning counts for each reply.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Protocol

from . import guards, refusals

if TYPE_CHECKING:
    from .events import (
        BranchArchived,
        ConversationStarted,
        Event,
        FeedbackGiven,
        MessageMarked,
        ReplyEvent,
        ReplyRequested,
        SettingsRecorded,
        UserSent,
    )
    from .records import Fork, JudgedCall, Message, Settings


class Turn(Enum):
    """Where one reply is in its life."""

    REQUESTED = "requested"
    STREAMING = "streaming"
    JUDGING = "judging"
    SETTLED = "settled"
    STOPPED = "stopped"
    INTERRUPTED = "interrupted"
    REFUSED = "refused"
    FAILED = "failed"

    __hash__ = object.__hash__  # members are singletons; Enum's own hash is slow, and the tables are asked often


class Tip(Enum):
    """What the newest message of a branch means for whoever wants to write below it."""

    OPEN = "open"
    WARNED = "warned"
    CONFIRMING = "confirming"
    ENDED = "ended"

    __hash__ = object.__hash__


RUNNING = frozenset({Turn.REQUESTED, Turn.STREAMING, Turn.JUDGING})

# (where the turn is, what happens) -> where it is then. What is not here is illegal.
TURN: dict[tuple[Turn, str], Turn] = {
    (Turn.REQUESTED, "step_opened"): Turn.STREAMING,
    (Turn.REQUESTED, "step_completed"): Turn.JUDGING,
    (Turn.REQUESTED, "reply_stopped"): Turn.STOPPED,
    (Turn.REQUESTED, "reply_interrupted"): Turn.INTERRUPTED,
    (Turn.REQUESTED, "reply_failed"): Turn.FAILED,
    (Turn.STREAMING, "step_completed"): Turn.JUDGING,
    (Turn.STREAMING, "reply_stopped"): Turn.STOPPED,
    (Turn.STREAMING, "reply_interrupted"): Turn.INTERRUPTED,
    (Turn.STREAMING, "reply_failed"): Turn.FAILED,
    (Turn.JUDGING, "evidence"): Turn.JUDGING,
    (Turn.JUDGING, "step_judged"): Turn.JUDGING,
    (Turn.JUDGING, "step_opened"): Turn.STREAMING,
    (Turn.JUDGING, "step_completed"): Turn.JUDGING,
    (Turn.JUDGING, "reply_settled"): Turn.SETTLED,
    (Turn.JUDGING, "reply_refused"): Turn.REFUSED,
    (Turn.JUDGING, "reply_stopped"): Turn.STOPPED,
    (Turn.JUDGING, "reply_interrupted"): Turn.INTERRUPTED,
    (Turn.JUDGING, "reply_failed"): Turn.FAILED,
}

# (what the tip means, what comes below it or is judged on it) -> what the tip means then. No row starts at ENDED.
TIP: dict[tuple[Tip, str], Tip] = {
    (Tip.OPEN, "wrote"): Tip.OPEN,
    (Tip.OPEN, "final_warning"): Tip.WARNED,
    (Tip.OPEN, "confirming"): Tip.CONFIRMING,
    (Tip.OPEN, "accepted"): Tip.ENDED,
    (Tip.WARNED, "wrote"): Tip.WARNED,
    (Tip.WARNED, "final_warning"): Tip.WARNED,
    (Tip.WARNED, "confirming"): Tip.CONFIRMING,
    (Tip.WARNED, "accepted"): Tip.ENDED,
    (Tip.CONFIRMING, "wrote"): Tip.OPEN,
    (Tip.CONFIRMING, "wrote_after_final_warning"): Tip.WARNED,
    (Tip.CONFIRMING, "final_warning"): Tip.CONFIRMING,
    (Tip.CONFIRMING, "confirming"): Tip.CONFIRMING,
    (Tip.CONFIRMING, "accepted"): Tip.ENDED,
}


class Tree(Protocol):
    """What the law needs to know of a conversation."""

    id: str
    seq: int
    fork: Fork | None

    def find(self, message: str) -> Message | None: ...
    def last_child(self, message: str | None) -> Message | None: ...
    def find_settings(self, key: str) -> Settings | None: ...


# -- the conversation and its messages


def check_begun(tree: Tree, event: Event) -> None:
    """Nothing comes before the start."""
    if event.kind != "started":
        raise refusals.illegal(tree, None, "A conversation begins with its start.")


def check_started(tree: Tree, event: ConversationStarted) -> None:
    """There is one start, and it names this conversation."""
    if tree.seq != 0:
        raise refusals.illegal(tree, None, "A conversation starts once.")
    if event.conversation != tree.id:
        raise refusals.illegal(tree, None, f"This log belongs to conversation {event.conversation!r}.")
    if event.fork != tree.fork:
        raise refusals.illegal(tree, None, "This conversation goes on from another one, and that one is not here.")


def check_settings(tree: Tree, event: SettingsRecorded) -> None:
    """Settings are recorded once and never change: replies refer to them."""
    if tree.find_settings(event.settings.key) is not None:
        raise refusals.illegal(tree, None, f"The settings {event.settings.key!r} are on record already.")


def check_kept(tree: Tree, event: FeedbackGiven | MessageMarked | BranchArchived) -> None:
    """Feedback, marks, and what is archived are kept about a message that is there, in any state."""
    _known(tree, event.message)


def check_marked(tree: Tree, event: MessageMarked) -> None:
    """A mark is kept like feedback, and its label is a label."""
    check_kept(tree, event)
    if not guards.is_label(event.label):
        about = tree.find(event.message)
        raise refusals.illegal(tree, about, f"A label is one line of at most {guards.LABEL} characters.")


def check_user_sent(tree: Tree, event: UserSent) -> None:
    """A person may write at the root or under a reply at rest that did not end. Only an edit may have siblings."""
    parent = None if event.parent is None else _known(tree, event.parent)
    if parent is not None:
        if parent.ended:
            raise refusals.ended(tree, parent)
        if parent.role == "user":
            raise refusals.illegal(tree, parent, "A message of the person goes below a reply, not below another one.")
        if parent.running:
            raise refusals.still_running(tree, parent)
    if event.edit_of is not None:
        edited = _known(tree, event.edit_of)
        if edited.role != "user" or edited.parent != event.parent:
            raise refusals.illegal(tree, edited, "An edit must rewrite a message of the person, beside it.")
    elif (moved := tree.last_child(event.parent)) is not None:
        raise refusals.tip_moved(tree, moved)
    _check_new(tree, event.message)
    if not guards.has_words(event.content):
        raise refusals.illegal(tree, parent, "A message of the person needs words, and only what a person writes.")
    if event.confirm is not None and (parent is None or parent.tip is not Tip.CONFIRMING):
        raise refusals.illegal(tree, parent, "No question whether to end is open here.")


def check_reply_requested(tree: Tree, event: ReplyRequested) -> None:
    """A reply is asked for below a message of the person, one at a time, with settings that are on record."""
    parent = _known(tree, event.parent)
    if parent.ended:
        raise refusals.ended(tree, parent)
    if parent.role != "user":
        raise refusals.illegal(tree, parent, "A reply goes below a message of the person.")
    newest = tree.last_child(parent.id)
    if newest is not None and newest.running:  # older ones are at rest, or the newest could not have been asked for
        raise refusals.still_running(tree, newest)
    _check_new(tree, event.reply)
    if tree.find_settings(event.settings) is None:
        raise refusals.illegal(tree, parent, f"The settings {event.settings!r} of this reply are not on record.")


def _known(tree: Tree, message: str) -> Message:
    found = tree.find(message)
    if found is None:
        raise refusals.unknown(tree, message)
    return found


def _check_new(tree: Tree, message: str) -> None:
    if not message:
        raise refusals.illegal(tree, None, "A message needs an id.")
    there = tree.find(message)
    if there is not None:
        raise refusals.illegal(tree, there, "A message with this id exists already.")


# -- the events of a running reply


def check_reply_event(tree: Tree, event: ReplyEvent) -> tuple[Message, Turn]:
    """The turn's table, its fence, and the guards. Returns the reply as it is, and where its turn is then."""
    reply = _known(tree, event.reply)
    if reply.state is None:
        raise refusals.illegal(tree, reply, "This is a message of the person, not a reply.")
    if reply.state not in RUNNING:
        if reply.ended:
            raise refusals.ended(tree, reply)
        raise refusals.late(tree, reply, f"This reply is at rest already; {event.kind} comes too late.")
    if reply.token != event.token:
        raise refusals.late(tree, reply, "This reply is written by somebody else.")
    after = TURN.get((reply.state, event.kind))
    if after is None:
        raise refusals.illegal(tree, reply, f"{event.kind} cannot follow {reply.state.value}.")
    problem = guards.GUARDS[event.kind](reply, event)
    if problem:
        raise refusals.illegal(tree, reply, problem)
    return reply, after


# -- the tip


def tip_after_writing(parent: Message | None) -> Tip:
    """What the tip means once the person wrote below ``parent`` (None: at the root)."""
    if parent is None:
        return Tip.OPEN
    happened = "wrote"
    if parent.tip is Tip.CONFIRMING and any(w.kind == "final_warning" for w in parent.facts.warnings):
        happened = "wrote_after_final_warning"
    return TIP[parent.tip, happened]


def tip_after_judging(tip: Tip, calls: tuple[JudgedCall, ...]) -> Tip:
    """What the tip of a running reply means once these calls have their verdicts."""
    for call in calls:
        if call.verdict in ("accepted", "confirming"):
            tip = TIP[tip, call.verdict]
        elif call.counted and call.kind == "final_warning":
            tip = TIP[tip, "final_warning"]
    return tip
