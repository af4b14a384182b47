"""The audits of a store: listed, opened again to be looked at or gone on with, and deleted."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from .conversation.events import ConversationStarted
from .ending import Policy
from .errors import NoSuchConversation
from .kept_studies import AUDIT, check_means, openable, plan_again, start_of
from .owner import owner
from .provision import hidden
from .replay.audit import Audit
from .replay.budget import Budget, as_budget
from .replay.cases import Case
from .replay.runs import check_plan
from .replay.study import STUDY, Study
from .replay.sweep import delete_study
from .session import Plan, Session, desk
from .session.desk import Desk

if TYPE_CHECKING:
    from .store import Store


def case_id(audit: str, number: int) -> str:
    """The id of the conversation of a case."""
    return f"{audit}.{number:05}"


def study_id(audit: str, number: int) -> str:
    """The id of the study of a case: that of a trunk, so it has no point in it."""
    return f"{STUDY}_{audit}_{number:05}"


class AuditInfo(NamedTuple):
    """An audit as a list shows it: of how many cases, from where (``source``), and when (``at``, unix seconds)."""

    id: str
    source: str
    cases: int
    at: float


class Audits(list[AuditInfo]):
    """Audits, the newest first. Shows as a short table."""

    def __repr__(self) -> str:
        return "\n".join(map(_line, self)) or "No audits."


def _line(one: AuditInfo) -> str:
    return f"{one.id}  {datetime.fromtimestamp(one.at, timezone.utc):%Y-%m-%d %H:%M}  {one.cases} cases: {one.source}"


def audits(*, store: str | Path | None = None) -> Audits:
    """The stored audits, the newest first."""

    async def ask() -> Audits:
        return await (await desk(store)).journal.ask(_audits)

    return owner().wait(ask())


def _audits(store: Store) -> Audits:
    """In the store's order, those last written first: their cases are written once, and clocks go wrong."""
    stored = store.conversations(hidden=True)
    firsts: dict[str, str] = {}  # any case knows, and the first may be gone
    for case in sorted(s.conversation for s in stored if is_audit(s.conversation)):
        firsts.setdefault(case.partition(".")[0], case)
    names = dict.fromkeys(s.conversation.partition(".")[0] for s in stored if is_audit(s.conversation))
    starts = [(name, start_of(store, firsts[name])) for name in names]
    found = [
        AuditInfo(name, start.origin.get("cases", ""), _how_many(start), start.at)
        for name, start in starts
        if start is not None and start.origin is not None
    ]
    return Audits(found)


def is_audit(conversation: str) -> bool:
    """Whether this is the id of an audit, or of the conversation of one of its cases."""
    return conversation.startswith(f"{AUDIT}_")


async def delete_audit(at: Desk, name: str) -> None:
    """Remove an audit: its cases, with their studies and runs. Raises ``NoSuchConversation``."""
    cases = await at.journal.ask(lambda store: _cases_of(store, name))
    if not cases:
        raise NoSuchConversation(f"There is no audit {name}.", advice="convend_widget.audits() lists those there are.")
    for case in reversed(cases):  # the first one last: by it the others are found again if this is cut short
        number = int(case.rpartition(".")[2])
        with suppress(NoSuchConversation):
            await delete_study(at, study_id(name, number))
        with suppress(NoSuchConversation):
            await at.delete(case)


def _cases_of(store: Store, name: str) -> list[str]:
    mine = (s.conversation for s in store.conversations(hidden=True) if s.conversation.startswith(f"{name}."))
    return sorted(mine)


def open_audit(
    audit: str,
    *,
    store: str | Path | None = None,
    policy: str | Policy | Path | None = None,
    concurrency: int = 8,
    budget: Budget | Mapping[str, Any] | int | None = None,
    **means: Any,
) -> Audit:
    """A stored audit, to look at and to ``resume()``, also after its kernel died.

    ``means`` and ``policy`` as for ``open_study``. Raises ``NoSuchConversation``, and ``SettingsError`` where it would
    go on under other settings than it was begun with.
    """
    if "api_key" in means:
        means["api_key"] = hidden(means["api_key"])
    check_means("open_audit", means)
    asked_for, found = owner().wait(_load(store, audit))
    members: list[tuple[Study, Plan | None]] = []
    for _, study in found:
        plan = plan_again(study, policy, means)
        if plan is not None:
            check_plan(study, plan)
        members.append((study, plan))
    cases, limit = [case for case, _ in found], as_budget(budget)
    return openable(Audit(audit, cases, members, concurrency=concurrency, budget=limit, asked=asked_for), store)


async def _load(store: str | Path | None, name: str) -> tuple[int, list[tuple[Case, Study]]]:
    """How many cases there were when it began, and those that are there with their studies."""
    at = await desk(store)
    names = await at.journal.ask(lambda kept: _cases_of(kept, name)) if is_audit(name) else []
    found, asked_for = [], 0
    for case in names:
        number = int(case.rpartition(".")[2])
        with suppress(NoSuchConversation):  # the kernel died while it stored the audit, or somebody deleted this case
            study = await Study.load(at, study_id(name, number))
            start = await at.journal.ask(lambda kept, case=case: start_of(kept, case))  # type: ignore[misc]
            found.append((_case(await at.open(case), start), study))
            asked_for = max(asked_for, _how_many(start))
    if not found:
        raise NoSuchConversation(f"There is no audit {name}.", advice="convend_widget.audits() lists those there are.")
    return asked_for, found


def _how_many(start: ConversationStarted | None) -> int:
    return int(((start.origin if start is not None else None) or {}).get("of", 0))


def _case(session: Session, start: ConversationStarted | None) -> Case:
    origin = (start.origin if start is not None else None) or {}
    messages = tuple((message.role, message.text) for message in session.conversation.branch(session.conversation.head))
    return Case(origin.get("case", session.id), origin.get("set", ""), messages, origin.get("note", ""))
