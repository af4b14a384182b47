"""A conversation as a value: a tree of messages, folded from its events. Reading it never changes it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .law import Tip
from .layers import Layers
from .records import Archived, Feedback, Fork, Mark, Message, Settings


@dataclass(frozen=True, slots=True)
class Ending:
    """How one branch ended. ``at`` is unix seconds; ``message`` the id of the message that the ending sits on.

    ``trigger`` is ``persistent_harm``, ``user_request``, or ``unstated`` under policies whose tool has no parameters.
    """

    trigger: str
    reason: str | None
    warnings: tuple[str, ...]
    redirections: int
    model: str
    policy: str
    mode: str
    confirmed_by: str | None
    usage: dict[str, int]
    at: float
    turns: int
    message: str

    def __repr__(self) -> str:
        return f"Ending(trigger={self.trigger!r}, reason={self.reason!r}, warnings={len(self.warnings)})"


@dataclass(frozen=True, slots=True)
class Blocked:
    """An ending that the gates refused: by which message, why it was tried, and what was missing."""

    message: str
    trigger: str | None
    verdict: str
    missing: tuple[str, ...]

    def __repr__(self) -> str:
        return f"Blocked(trigger={self.trigger!r}, verdict={self.verdict!r}, missing={list(self.missing)!r})"


@dataclass(frozen=True, slots=True, repr=False)
class Conversation:
    """An immutable conversation at event ``seq``. Made by ``fold`` and ``apply`` only."""

    id: str
    seq: int
    messages: Layers[str, Message]
    last: Layers[str, str]
    settings: Layers[str, Settings]
    notes: Layers[str, Feedback]
    marks: Layers[str, Mark]
    archive: Layers[str, Archived]
    newest: str | None = None
    started: float = 0.0
    fork: Fork | None = None  # where it goes on from another one, whose messages down to there it shows as its own
    inherited: int = 0  # the highest ``seq`` among those; its own messages are numbered on from there

    # -- what the law asks ---

    def find(self, message: str) -> Message | None:
        return self.messages.get(message)

    def last_child(self, message: str | None) -> Message | None:
        child = self.last.get(message or ROOT)
        return None if child is None else self.messages[child]

    def find_settings(self, key: str) -> Settings | None:
        return self.settings.get(key)

    # -- walking ---

    def children(self, message: str | None) -> list[Message]:
        """The messages right below this one (None: below the root), oldest first."""
        found, child = [], self.last_child(message)
        while child is not None:
            found.append(child)
            child = self.messages[child.before] if child.before else None
        return found[::-1]

    def siblings(self, message: str) -> list[Message]:
        """The message and its alternatives, oldest first."""
        return self.children(self.messages[message].parent)

    def branch(self, tip: str | None) -> list[Message]:
        """The path from the first message to ``tip``, both included. Empty for None."""
        path: list[Message] = []
        while tip is not None:
            message = self.messages[tip]
            path.append(message)
            tip = message.parent
        return path[::-1]

    def leaf(self, message: str | None) -> str | None:
        """The newest leaf below a message: the way down takes the newest child each time, past archived ones."""
        child = self._newest_child(message)
        while child is not None:
            message, child = child.id, self._newest_child(child.id)
        return message

    def _newest_child(self, message: str | None) -> Message | None:
        """The newest child that is not archived; where all are, the newest."""
        newest = child = self.last_child(message)
        if self.archive:
            while child is not None and self.is_archived(child.id):
                child = self.messages[child.before] if child.before else None
        return child or newest

    def own(self) -> Iterator[Message]:
        """The messages that were made here, oldest first: all but those of the conversation that it goes on from."""
        return (m for m in self.messages.values() if m.seq > self.inherited)

    def leaves(self) -> Iterator[Message]:
        return (m for m in self.messages.values() if m.id not in self.last)

    @property
    def head(self) -> str | None:
        """The tip that was active last; None while nothing was said."""
        return self.newest

    # -- what a person keeps about it ---

    def label(self, message: str) -> str:
        """The label on a message; empty where there is none."""
        mark = self.marks.get(message)
        return mark.label if mark is not None else ""

    def starred(self, message: str) -> bool:
        """Whether there is a star on a message."""
        mark = self.marks.get(message)
        return mark is not None and mark.starred

    def is_archived(self, message: str) -> bool:
        """Whether this very message was archived. What is below one is out of sight too: see ``out_of_sight``."""
        kept = self.archive.get(message)
        return kept is not None and kept.archived

    def archived_above(self, message: str | None) -> list[Message]:
        """The archived messages on the path to this one, itself included: what puts it out of sight."""
        return [m for m in self.branch(message) if self.is_archived(m.id)] if self.archive else []

    def out_of_sight(self) -> set[str]:
        """Every message that is archived or below one that is."""
        away: set[str] = set()
        if any(kept.archived for kept in self.archive.values()):
            for m in self.messages.values():  # parents come before their children
                if m.parent in away or self.is_archived(m.id):
                    away.add(m.id)
        return away

    def opens_at(self) -> str | None:
        """Where to go on after opening: the tip that was active last and is in sight; if none is, the last of all."""
        if not self.archived_above(self.newest):
            return self.newest
        away = self.out_of_sight()
        return next((m.id for m in reversed(list(self.leaves())) if m.id not in away), self.newest)

    # -- what happened ---

    @property
    def running(self) -> list[Message]:
        """Replies that are being written now."""
        return [m for m in self.messages.values() if m.running]

    def ending(self, message: str | None) -> Ending | None:
        """How the branch of this message ended, or None."""
        found = self.messages.get(message) if message else None
        if found is None or found.tip is not Tip.ENDED:
            return None
        call = found.ending_call()
        assert call is not None, "a tip is ended by an accepted call only"
        settings = self.settings[found.settings or ""]
        warnings = found.facts.warnings
        return Ending(
            trigger=call.trigger or "unstated",
            reason=call.reason,
            warnings=tuple(w.message for w in warnings),
            redirections=sum(w.kind == "redirect" for w in warnings),
            model=next((s.model for s in found.steps[::-1] if s.model), settings.model),
            policy=settings.policy,
            mode=settings.mode,
            confirmed_by=call.confirmed_by,
            usage=total_usage(found),
            at=found.at,
            turns=found.facts.turns,
            message=found.id,
        )

    @property
    def endings(self) -> list[Ending]:
        """Every ending of this conversation, oldest first."""
        return [e for m in self.messages.values() if m.ended and (e := self.ending(m.id)) is not None]

    @property
    def blocked(self) -> list[Blocked]:
        """Every ending that was tried and not accepted, oldest first. A request to confirm is among them."""
        return [
            Blocked(m.id, call.trigger, call.verdict, tuple(g.missing for g in call.gates if not g.passed))
            for m in self.messages.values()
            for step in m.steps
            for call in step.calls
            if call.name == "end_conversation" and call.verdict in ("blocked", "confirming", "invalid")
        ]

    @property
    def feedback(self) -> list[Feedback]:
        """The newest feedback on each message that has some."""
        return list(self.notes.values())

    def __len__(self) -> int:
        return len(self.messages)

    def __repr__(self) -> str:
        tips = sum(1 for _ in self.leaves())
        state = "ended" if (m := self.find(self.head or "")) is not None and m.ended else "open"
        return f"Conversation({len(self)} messages, {tips} {'branch' if tips == 1 else 'branches'}, {state})"


ROOT = ""  # the key of the virtual root in ``last``


def empty(conversation: str) -> Conversation:
    """A conversation before its first event."""
    return Conversation(conversation, 0, Layers(), Layers(), Layers(), Layers(), Layers(), Layers())


def total_usage(message: Message) -> dict[str, int]:
    """Tokens of all steps of a reply, by the API's own names. Only whole numbers are added."""
    total: dict[str, int] = {}
    for step in message.steps:
        for name, count in step.usage.items():
            if isinstance(count, int) and not isinstance(count, bool):
                total[name] = total.get(name, 0) + count
    return total
