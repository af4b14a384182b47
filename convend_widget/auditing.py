"""From cases to an audit: each case becomes a conversation of its own, and a study goes on from it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from .conversation import Event, fold
from .conversation.events import ConversationStarted
from .ending import Policy
from .ending.policy import Mode
from .errors import SettingsError, UnknownArgument
from .interchange.history_import import import_history
from .interchange.report import Limits
from .kept_audits import case_id, study_id
from .kept_studies import AUDIT, openable
from .model.keys import Secret
from .owner import owner
from .provision import hidden, make_plan, unknown_argument
from .replay.audit import Audit, estimated
from .replay.budget import Budget, as_budget, check_priced
from .replay.cases import Case, Cases, Source, read_cases
from .replay.design import MOST_RUNS, check_ability, check_runs, check_seed
from .replay.estimate import Estimate
from .replay.runs import check_concurrency
from .replay.study import Study
from .replaying import asked, make_study
from .session import Plan, Seat, desk
from .session.desk import Desk
from .session.identity import new_id
from .session.plan import call_for

if TYPE_CHECKING:
    from .model.client import Timeouts

AT_A_TIME = 100  # cases that are stored in one go
STORED_IN = "audit"


class _Asked(NamedTuple):
    """The arguments of ``audit``, checked."""

    cases: Cases
    n: int
    plan: Plan
    seed: int | None
    scenario: str | None
    concurrency: int
    budget: Budget
    store: str | Path | None


def audit(
    cases: Source = None,
    *,
    n: int = 1,
    model: str | None = None,
    policy: str | Policy | Path | None = None,
    mode: Mode = "enforce",
    system: str | None = None,
    effect: bool = True,
    seed: int | None = None,
    concurrency: int = 8,
    budget: Budget | Mapping[str, Any] | int | None = None,
    progress: bool = True,
    client: object = None,
    base_url: str | None = None,
    api_key: str | Secret | None = None,
    allow_http: bool = False,
    timeouts: Timeouts | None = None,
    max_tokens: int = 4096,
    request: Mapping[str, Any] | None = None,
    scenario: str | Path | None = None,
    store: str | Path | None = None,
    **unknown: Any,
) -> Audit:
    """How often a policy ends conversations that nobody should end, with an upper bound and the cases to read.

    ``cases``: the path of a ``.csv`` or ``.jsonl`` file, a DataFrame, a list of dicts, or a set that ships
    (``"benign"``, ``"controversial"``, ``"at_risk"``; None: these three). Each case has an ``id``, a ``set``, and a
    ``prompt`` or ``messages``; see ``replay/cases.py``. The model replies to its last message, ``n`` times: more cases
    say more than more runs of each.

    The rest is as for ``Chat.replay`` (``model`` to ``progress``; the budget is one for all cases) and for ``Chat``.
    With ``mode="observe"`` the gates hold nothing back, so that the model alone is audited.

    Each case and each run is stored, hidden from ``conversations()``. An interrupt keeps what is over: ``open_audit``.

    Raises ``CasesRefused`` (which file and line), ``CannotEnd`` and ``SettingsError`` before anything starts.
    """
    api_key = hidden(api_key)  # first of all: a verbose traceback shows the variables of every frame
    how = {name: value for name, value in locals().items() if name not in ("cases", "progress", "unknown")}
    begun = owner().wait(_begin(_asked(cases, **how, **unknown)))
    return begun.resume(progress=progress)


async def aaudit(cases: Source = None, *, progress: bool = True, **how: Any) -> Audit:
    """``audit``, to be awaited. Cancelled, it is at rest before it raises."""
    _hide_key(how)
    begun = await owner().awaited(_begin(_asked(cases, **how)))
    return await begun.aresume(progress=progress)


def estimate_audit(cases: Source = None, **how: Any) -> Estimate:
    """What ``audit`` with these arguments would use at most. Nothing is run or stored."""
    _hide_key(how)
    return owner().wait(_estimate(_asked(cases, **how)))


def audit_cases(cases: Source = None) -> Cases:
    """The cases as ``audit`` would take them, checked and in order; nothing is run. Raises ``CasesRefused``."""
    return read_cases(cases)


def _hide_key(how: dict[str, Any]) -> None:
    """In place: a verbose traceback shows the variables of every frame."""
    if "api_key" in how:
        how["api_key"] = hidden(how["api_key"])


def _asked(
    cases: Source,
    *,
    n: int = 1,
    model: str | None = None,
    policy: str | Policy | Path | None = None,
    mode: Mode = "enforce",
    system: str | None = None,
    effect: bool = True,
    seed: int | None = None,
    concurrency: int = 8,
    budget: Budget | Mapping[str, Any] | int | None = None,
    client: object = None,
    base_url: str | None = None,
    api_key: Secret | None = None,
    allow_http: bool = False,
    timeouts: Timeouts | None = None,
    max_tokens: int = 4096,
    request: Mapping[str, Any] | None = None,
    scenario: str | Path | None = None,
    store: str | Path | None = None,
    **unknown: Any,
) -> _Asked:
    for name in unknown:
        raise _no_argument(name)
    plan, _ = make_plan(
        model=model,
        policy=policy,
        mode=mode,
        system=system,
        client=client,
        base_url=base_url,
        api_key=api_key,
        scenario=scenario,
        seed=seed,
        pause=0,
        max_tokens=max_tokens,
        request=request,
        timeouts=timeouts,
        allow_http=allow_http,
    )
    plan = replace(plan, effect=bool(effect), stream=False)
    check_ability(plan)
    seed = check_seed(seed)
    limit = as_budget(budget)
    check_priced(limit, plan)
    found = read_cases(cases)
    n = check_runs(n)
    if n * len(found) > MOST_RUNS:
        raise SettingsError(f"These are {n * len(found):,} runs; at most {MOST_RUNS:,} in one audit.")
    where = None if scenario is None else str(scenario)
    return _Asked(found, n, plan, seed, where, check_concurrency(concurrency), limit, store)


def _no_argument(name: str) -> UnknownArgument:
    if name in _ELSEWHERE:
        return UnknownArgument(f"audit takes no argument {name!r}.", advice=_ELSEWHERE[name])
    return unknown_argument("audit", name, _asked.__kwdefaults__ or ())


_ELSEWHERE = {
    "at": "Each case is answered from its last message on.",
    "turns": "Each run is one reply to the last message of its case.",
    "edit": "Write the words into the case.",
    "level": "Ask the audit: a.rates(level=0.99).",
}


async def _begin(what: _Asked) -> Audit:
    """Store the cases and a study of each. Nothing is run yet."""
    at, name = await desk(what.store), new_id(AUDIT)
    members: list[tuple[Study, Plan | None]] = []
    for start in range(0, len(what.cases), AT_A_TIME):
        some = enumerate(what.cases[start : start + AT_A_TIME], start)
        members += await asyncio.gather(*(_begin_case(at, name, number, case, what) for number, case in some))
    return openable(Audit(name, what.cases, members, concurrency=what.concurrency, budget=what.budget), what.store)


async def _begin_case(at: Desk, name: str, number: int, case: Case, what: _Asked) -> tuple[Study, Plan]:
    origin = {
        STORED_IN: name,
        "cases": what.cases.source,
        "of": str(len(what.cases)),
        "case": case.id,
        "set": case.set,
        "note": case.note,
    }
    conversation = case_id(name, number)
    session = await at.take_in(conversation, _events(case, conversation, origin), hidden=True)
    seat = Seat(at, what.plan, session)
    mine = asked(seat, what.scenario, n=what.n, effect=what.plan.effect, seed=what.seed, turns=1)
    return await make_study(seat, mine, keep=True, name=study_id(name, number))


def _events(case: Case, conversation: str, origin: dict[str, str]) -> list[Event]:
    """The case as a conversation: what the model said in it was never this model's, and counts as nothing."""
    messages = [{"role": role, "content": text} for role, text in case.messages]
    start, *events = import_history(messages, case.id, conversation, Limits(), time.time()).events
    assert isinstance(start, ConversationStarted), "every import begins with it"
    return [replace(start, origin=origin), *events]


async def _estimate(what: _Asked) -> Estimate:
    calls = []
    for case in what.cases:
        conversation = fold("estimate", _events(case, "estimate", {}))
        calls.append(call_for(conversation, conversation.head or "", what.plan.settings())[0])
    return await estimated(what.plan, calls, what.n)
