"""The person's conversations as a whole: list, open, delete, import."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from .chat import Chat
from .conversation import Conversation
from .errors import ImportRefused
from .kept_audits import delete_audit, is_audit
from .kept_studies import is_trunk, studies_of
from .library import policies
from .owner import owner
from .provision import hidden
from .record import one_line
from .replay.sweep import delete_study
from .session import Session, desk
from .store import Summary


class Listing(list[Summary]):
    """Conversations, those last written to first. Shows as a short table."""

    def __repr__(self) -> str:
        if not self:
            return "No conversations."
        return "\n".join(
            f"{s.conversation}  {datetime.fromtimestamp(s.changed, timezone.utc):%Y-%m-%d %H:%M}  "
            f"{'ended' if s.ended else 'open '}  {one_line(s.title)}"
            for s in self
        )


def conversations(*, store: str | Path | None = None, hidden: bool = False, limit: int | None = None) -> Listing:
    """The stored conversations, those last written to first. ``hidden`` shows replayed runs too."""

    async def ask() -> list[Summary]:
        journal = (await desk(store)).journal
        return await journal.ask(lambda kept: kept.conversations(hidden=hidden, limit=limit))

    return Listing(owner().wait(ask()))


def open(conversation: str, *, store: str | Path | None = None, **settings: Any) -> Chat:
    """A stored conversation as a live chat, on the branch that was active last.

    ``settings`` are those of ``Chat``; policy (one that ships), mode and system text default to those of the last
    reply. Raises ``NoSuchConversation``.
    """
    _hide_key(settings)

    async def find() -> Session:
        return await (await desk(store)).open(conversation)

    found = owner().wait(find())
    return Chat(conversation=conversation, store=store, **{**_as_before(found.conversation), **settings})


def _as_before(conversation: Conversation) -> dict[str, Any]:
    from .interchange.history_import import IMPORTED

    branch = conversation.branch(conversation.leaf(conversation.head))
    settings = [conversation.settings[m.settings] for m in branch if m.settings]
    ours = [each for each in settings if each.provider != IMPORTED.provider]  # a bare history tells nothing of its own
    if not ours:
        return {}
    last = ours[-1]
    shipped = {"policy": last.policy} if last.policy in policies() else {}
    return {**shipped, "mode": last.mode, "system": last.system}


def _hide_key(settings: dict[str, Any]) -> None:
    """In place: a verbose traceback shows the variables of every frame."""
    if "api_key" in settings:
        settings["api_key"] = hidden(settings["api_key"])


def delete(conversation: str, *, store: str | Path | None = None) -> None:
    """Remove a conversation's content for good, and the replays of it with it; tombstones stay.

    Also a study with its runs, or an audit with its cases, by their ids. Raises ``NoSuchConversation``.
    """

    async def remove() -> None:
        at = await desk(store)
        if is_audit(conversation) and "." not in conversation:
            await delete_audit(at, conversation)
            return
        below = await at.journal.ask(lambda kept: studies_of(kept, conversation))
        for trunk in (name for name in (*below, conversation) if is_trunk(name)):
            await delete_study(at, trunk)
        if not is_trunk(conversation):
            await at.delete(conversation)

    owner().wait(remove())


def import_conversation(path: str | Path, *, store: str | Path | None = None, **settings: Any) -> Chat:
    """A conversation from a ``.json`` file (our own export, or a list of Messages API messages) as a new live chat.

    All or nothing. Whatever was set aside as foreign is in ``chat.imported``. Raises ``ImportRefused``.
    """
    _hide_key(settings)
    from .interchange.json_format import import_json
    from .session.identity import new_id

    name = new_id("c")
    found = import_json(Path(path), conversation=name)
    if not found.events:
        raise ImportRefused(f"There is nothing to import in {Path(path).name}.")

    async def keep() -> None:
        await (await desk(store)).take_in(name, found.events)

    owner().wait(keep())
    chat = open(name, store=store, **settings)
    chat.imported = found.report
    return chat
