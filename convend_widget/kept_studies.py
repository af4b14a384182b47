"""The studies of a store: listed, opened again to be looked at or gone on with, and told by their ids."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from .conversation.codec import decode
from .conversation.events import ConversationStarted
from .ending import Policy
from .errors import NoSuchConversation, SettingsError, StoreError
from .library import policies
from .model.client import Drawing
from .owner import owner
from .provision import hidden, make_plan
from .record import one_line
from .replay.budget import Budget, as_budget
from .replay.runs import Runs, check_plan
from .replay.study import STUDY, Study
from .session import Plan, desk

if TYPE_CHECKING:
    from .replay.audit import Audit
    from .store import Store

AUDIT = "a"  # how the ids of audits begin, and the names of their studies
Found = TypeVar("Found", Runs, "Audit")


class StudyInfo(NamedTuple):
    """A study as a list shows it: ``n`` runs were asked for, at ``at`` (unix seconds)."""

    id: str
    title: str
    parent: str
    n: int
    at: float


class Studies(list[StudyInfo]):
    """Studies, the newest first. Shows as a short table."""

    def __repr__(self) -> str:
        return "\n".join(_line(study) for study in self) or "No studies."


def _line(study: StudyInfo) -> str:
    when = datetime.fromtimestamp(study.at, timezone.utc)
    return f"{study.id}  {when:%Y-%m-%d %H:%M}  {study.n} runs of: {one_line(study.title)}"


def studies(*, store: str | Path | None = None) -> Studies:
    """The stored studies, the newest first."""

    async def ask() -> Studies:
        return await (await desk(store)).journal.ask(_studies)

    return owner().wait(ask())


def is_study(conversation: str) -> bool:
    """Whether this is the id of a study's trunk or of one of its runs."""
    return conversation.startswith(f"{STUDY}_")


def is_trunk(conversation: str) -> bool:
    """Whether this is the id of a study's trunk."""
    return is_study(conversation) and "." not in conversation


def studies_of(store: Store, parent: str) -> list[str]:
    """The trunks and runs that go on from this conversation, and from those, and so on; the farthest come first."""
    hidden_ones = [s.conversation for s in store.conversations(hidden=True) if is_study(s.conversation)]
    trunks = [name for name in hidden_ones if is_trunk(name)]
    starts = {name: start for name in trunks if (start := start_of(store, name)) is not None}
    parents = {name: start.fork.conversation for name, start in starts.items() if start.fork is not None}
    below: dict[str, list[str]] = {}
    for name in hidden_ones:
        above = name.partition(".")[0] if "." in name else parents.get(name)
        if above is not None:
            below.setdefault(above, []).append(name)
    found: list[str] = []
    waiting = [parent]
    while waiting:
        above = waiting.pop()
        mine = below.get(above, [])
        found += mine
        waiting += mine
    return found[::-1]


def _studies(store: Store) -> Studies:
    """In the store's order, those last written first: a trunk is written once, and clocks go wrong."""
    found = Studies()
    for summary in store.conversations(hidden=True):
        name = summary.conversation
        if is_trunk(name) and not name.startswith(f"{STUDY}_{AUDIT}_"):  # audits() lists those of an audit
            start = start_of(store, name)
            if start is not None and start.study is not None and start.fork is not None:
                found.append(StudyInfo(name, summary.title, start.fork.conversation, start.study.get("n", 0), start.at))
    return found


def start_of(store: Store, name: str) -> ConversationStarted | None:
    """How a log begins; None where that is damaged, of a newer version, or gone: others must not suffer from it."""
    try:
        records = store.read(name)
        start = decode(records[0].kind, records[0].body, records[0].at) if records else None
    except StoreError:
        return None
    return start if isinstance(start, ConversationStarted) else None


def open_study(
    study: str,
    *,
    store: str | Path | None = None,
    policy: str | Policy | Path | None = None,
    concurrency: int = 8,
    budget: Budget | Mapping[str, Any] | int | None = None,
    **means: Any,
) -> Runs:
    """A stored study, to look at and to ``resume()``, also after its kernel died.

    ``means`` are those arguments of ``Chat`` that say how the model is reached (``client``, ``base_url``, ``api_key``,
    ``timeouts``, ``allow_http``). A policy that does not ship must be given again. Raises ``NoSuchConversation``, and
    ``SettingsError`` where it would go on under other settings than it was begun with.
    """
    if "api_key" in means:
        means["api_key"] = hidden(means["api_key"])
    check_means("open_study", means)
    if not is_trunk(study):
        raise NoSuchConversation(f"{study} is no study.", advice="convend_widget.studies() lists those that there are.")
    found = owner().wait(_load(store, study))
    plan = plan_again(found, policy, means)
    if plan is not None:
        check_plan(found, plan)
    runs = openable(Runs(found, plan, concurrency=concurrency, budget=as_budget(budget)), store)
    runs.kept_in = f"convend_widget.open_study({study!r})"
    return runs


def check_means(who: str, means: Mapping[str, Any]) -> None:
    """Raise ``SettingsError`` for anything that does not say how the model is reached."""
    unknown = sorted({*means} - {"client", "base_url", "api_key", "timeouts", "allow_http"})
    if unknown:
        raise SettingsError(f"{who} takes no argument {unknown[0]!r}.", advice="It has the settings on record.")


async def _load(store: str | Path | None, study: str) -> Study:
    return await Study.load(await desk(store), study)


def plan_again(study: Study, policy: str | Policy | Path | None, means: Mapping[str, Any]) -> Plan | None:
    """The plan that the study began with; None where its policy is not at hand, so that it can only be looked at."""
    settings, design = study.settings, study.design
    if policy is None and settings.policy not in policies():
        return None
    rehearsed = settings.provider == "rehearsal"
    plan, _ = make_plan(
        model=settings.model,
        policy=policy or settings.policy,
        mode=settings.mode,  # type: ignore[arg-type]  # it was checked when it was recorded
        system=settings.system,
        client=means.get("client"),
        base_url=means.get("base_url"),
        api_key=means.get("api_key"),
        scenario=design.scenario if rehearsed else None,
        seed=None,
        pause=0,
        max_tokens=settings.max_tokens,
        request=settings.request,
        timeouts=means.get("timeouts"),
        allow_http=bool(means.get("allow_http")),
    )
    if (plan.client.name == "rehearsal") is not rehearsed:
        return None  # without a key a stand-in would answer: its words must not count as the model's
    if rehearsed and isinstance(plan.client, Drawing) and design.seed is not None:
        plan = replace(plan, client=plan.client.for_study(design.seed))
    return replace(plan, effect=settings.effect, stream=settings.stream)


def openable(found: Found, store: str | Path | None) -> Found:
    """The same, with runs that can be opened in a panel beside each other: neither of the two knows of a chat."""
    from .collection import open

    found.opener = lambda run: open(run, store=store)
    return found
