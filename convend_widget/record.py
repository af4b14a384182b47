"""``chat.conversation``: one conversation as people look at it; a value of its moment."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from .conversation import Conversation, Message, Turn, refusals
from .conversation.records import Feedback
from .conversation.tree import Blocked, Ending
from .errors import NoSuchConversation, SettingsError
from .model.price import Cost
from .owner import owner
from .session.journal import Journal
from .session.lineage import lineage
from .session.seen import Seen, cost_of, seen
from .store import Record, Verdict

if TYPE_CHECKING:
    import pandas as pd


class Branch(list[Message]):
    """The messages from the first one to a tip."""

    cost: Cost

    def __repr__(self) -> str:
        return "\n".join(_line(m) for m in self) or "(empty)"


class TreePicture(str):
    """A drawing of the tree in plain text; shows as it is."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


class ConversationRecord:
    """Messages, branches, endings, frames and verification of one conversation."""

    def __init__(self, conversation: Conversation, head: str | None, journal: Journal) -> None:
        self._conversation, self._head, self._journal = conversation, head, journal

    @property
    def id(self) -> str:
        """The id to ``convend_widget.open`` it with."""
        return self._conversation.id

    @property
    def messages(self) -> list[Message]:
        """Every message of every branch, oldest first."""
        return list(self._conversation.messages.values())

    @property
    def head(self) -> Message | None:
        """The message that the chat is on; None while nothing was said."""
        return self._conversation.find(self._head) if self._head else None

    @property
    def endings(self) -> list[Ending]:
        """Every ending, oldest first."""
        return self._conversation.endings

    @property
    def blocked(self) -> list[Blocked]:
        """Every ending that was tried and not accepted."""
        return self._conversation.blocked

    @property
    def feedback(self) -> list[Feedback]:
        """The newest feedback on each message that has some."""
        return self._conversation.feedback

    def branch(self, message: Message | str | None = None) -> Branch:
        """The path from the first message to this one (default: the head), both included."""
        branch = Branch(self._conversation.branch(self._head if message is None else self._known(message)))
        branch.cost = cost_of(self._conversation, branch)
        return branch

    def seen(self, message: Message | str | None = None) -> Seen:
        """What the model saw for this reply (default: the newest one of the head's branch): the exact requests.

        See ``session.seen.Seen``: ``.steps`` have ``.request``, ``.usage``, ``.cost``, ``.stop_reason`` and
        ``.verdicts``. Raises ``SettingsError`` where no model was asked.
        """
        if message is not None:
            return seen(self._conversation, self._known(message))
        replies = [m for m in self._conversation.branch(self._head) if m.role == "assistant"]
        if not replies:
            raise SettingsError("No model was asked anything here yet.", advice="Say something first.")
        return seen(self._conversation, replies[-1].id)

    @property
    def cost(self) -> Cost:
        """What all replies of all branches cost, at list prices.

        Of a run, or of anything else that goes on from another conversation, what was asked for here: the replies above
        the fork were paid for there, and count in the ``cost`` of that one (and in that of ``branch()``, which is the
        whole path).
        """
        return cost_of(self._conversation, self._conversation.own())

    def siblings(self, message: Message | str) -> list[Message]:
        """The message and its alternatives, oldest first."""
        return self._conversation.siblings(self._known(message))

    def tree(self, archived: bool = False) -> TreePicture:
        """A drawing of all branches, one line a message: ``>`` marks the head's branch, ``*`` a star, ``#`` a label.

        Archived branches are counted and left out, but for the head's; with ``archived`` they are drawn too.
        """
        conversation, on_path = self._conversation, {m.id for m in self._conversation.branch(self._head)}
        left_out = set() if archived else {m for m in conversation.out_of_sight() if m not in on_path}
        lines = list(_draw(conversation, on_path, left_out))
        if left_out:
            lines.append(f"({len(left_out)} archived left out; tree(archived=True) draws them)")
        return TreePicture("\n".join(lines) or "(empty)")

    def to_frame(self, branch: Message | str | None = None) -> pd.DataFrame:
        """One row a message, of all branches or of one. The columns are documented in ``interchange.frame``."""
        from .interchange.frame import to_frame

        return to_frame(self._conversation, None if branch is None else self._known(branch))

    def export(self, path: str | Path) -> Path:
        """Write it to ``path``: ``.md``, ``.html``, ``.json``, ``.csv`` or ``.eval`` (Inspect). Returns the path.

        JupyterLab shows a file whose name ends in ``.convend.json`` as a transcript.
        """
        from .interchange.export import export
        from .panel.document import whole

        picture = functools.partial(whole, self._conversation, self._head)
        above, records = self._records()
        return export(self._conversation, records, path, branch=self._head, above=above, picture=picture)

    def verify(self) -> Verdict:
        """Recompute the stored hash chain: finds damage, and tampering against a ``digest`` kept elsewhere."""
        name = self._stored()
        return owner().wait(self._journal.ask(lambda store: store.verify(name)))

    @property
    def digest(self) -> str:
        """The last digest of the stored hash chain, in hexadecimal. Keep it elsewhere to notice tampering later."""
        return self.verify().digest

    def _records(self) -> tuple[list[Record], list[Record]]:
        """The logs of what it goes on from, and its own."""
        name, seq = self._stored(), self._conversation.seq  # what came after this moment is not part of it
        *above, own = owner().wait(self._journal.ask(lambda store: lineage(store, name)))
        return [record for line in above for record in line.records], own.records[:seq]

    def _stored(self) -> str:
        if self._conversation.seq == 0:
            raise NoSuchConversation("Nothing was said here yet, so nothing is stored.", advice="Say something first.")
        return self.id

    def _known(self, message: Message | str) -> str:
        name = message.id if isinstance(message, Message) else message
        if self._conversation.find(name) is None:
            raise refusals.unknown(self._conversation, name)
        return name

    def __len__(self) -> int:
        return len(self._conversation)

    def __iter__(self) -> Iterator[Message]:
        return iter(self.messages)

    def __repr__(self) -> str:
        return repr(self._conversation)


def _draw(conversation: Conversation, on_path: set[str], left_out: set[str]) -> Iterator[str]:
    """Lines of the tree, walked without recursion. Depth shows only where branches fork, so that long talks fit."""

    def children_of(message: str | None) -> list[Message]:
        return [m for m in conversation.children(message) if m.id not in left_out]

    stack = [(m, 0) for m in reversed(children_of(None))]
    while stack:
        message, indent = stack.pop()
        kept = _kept(conversation, message.id)
        yield f"{'>' if message.id in on_path else ' '} {'  ' * indent}{_line(message)}{kept}"
        children = children_of(message.id)
        deeper = indent + (len(children) > 1)
        stack.extend((child, deeper) for child in reversed(children))


def _line(message: Message) -> str:
    text = one_line(message.text)
    text = text if len(text) <= 60 else text[:57] + "…"
    return f"{'person' if message.role == 'user' else 'model '}  {text}{_mark(message)}"


def _kept(conversation: Conversation, message: str) -> str:
    """What the person keeps about a message, for the end of its line."""
    label = conversation.label(message)
    marks = [
        "*" if conversation.starred(message) else "",
        f"# {one_line(label)}" if label else "",
        "[archived]" if conversation.is_archived(message) else "",
    ]
    return "".join(f"  {mark}" for mark in marks if mark)


def one_line(text: str) -> str:
    """Text for a line of plain output: what could turn its direction, break it or not be printed shows as U+FFFD."""
    joined = " ".join(text[:1000].split())
    return "".join(c if c.isprintable() or c == "\u200d" else "\ufffd" for c in joined)


def _mark(message: Message) -> str:
    if message.ended:
        return "  [ended]"
    if message.state not in (None, Turn.SETTLED):
        return f"  [{message.state.value}]"
    warned = [call.kind for step in message.steps for call in step.calls if call.counted and call.kind]
    return f"  [{warned[0]}]" if warned else ""
