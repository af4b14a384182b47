"""From a chat and the arguments of ``replay`` to a study, and from a stored study back to a chat's means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from .conversation import Message
from .conversation.codec import decode
from .conversation.events import ConversationStarted
from .ending import Policy
from .ending.policy import Mode
from .errors import NoSuchConversation, SettingsError, StoreError
from .library import find_policy, policies
from .model.client import Drawing
from .owner import owner
from .provision import MODES, hidden, make_plan, unknown_argument
from .record import one_line
from .replay.branch import Turns, branch_at, check_turns
from .replay.budget import Budget, as_budget, check_priced
from .replay.design import Design, check_ability, check_runs, check_seed, seed_of
from .replay.estimate import Estimate
from .replay.rate import check_level
from .replay.runs import Runs, check_concurrency, check_plan, estimated
from .replay.study import STUDY, Study
from .replay.turning import TurningPoint, turning_point_of
from .session import Plan, Seat, desk

AUDIT = "a"  # how the ids of audits begin

if TYPE_CHECKING:
    from .chat import Chat
    from .replay.audit import Audit
    from .store import Store

Found = TypeVar("Found", Runs, "Audit")


class Asked(NamedTuple):
    """The arguments of ``Chat.replay``, checked."""

    at: str | None
    n: int
    edit: str | None
    turns: Turns
    seed: int | None
    plan: Plan
    concurrency: int
    budget: Budget
    scenario: str | None


def asked(
    seat: Seat,
    scenario: str | None,
    *,
    at: Message | str | None = None,
    n: int = 20,
    model: str | None = None,
    policy: str | Policy | Path | None = None,
    mode: Mode | None = None,
    system: str | None = None,
    edit: str | None = None,
    turns: Turns = "recorded",
    effect: bool = True,
    seed: int | None = None,
    concurrency: int = 8,
    budget: Budget | Mapping[str, Any] | int | None = None,
    **unknown: Any,
) -> Asked:
    """What these arguments ask for. Raises before anything starts; see ``Chat.replay``."""
    for name in unknown:
        raise unknown_argument("replay", name, asked.__kwdefaults__ or ())
    if mode is not None and mode not in MODES:
        raise SettingsError(f"There is no mode {mode!r}.", advice="Use 'enforce' or 'observe'.")
    base = seat.plan
    plan = replace(
        base,
        model=base.model if model is None else model,
        policy=base.policy if policy is None else find_policy(policy),
        mode=base.mode if mode is None else mode,
        system=base.system if system is None else system,
        effect=bool(effect),
        stream=False,
    )
    check_ability(plan)
    limit = as_budget(budget)
    check_priced(limit, plan)
    return Asked(
        name_of(at),
        check_runs(n),
        edit,
        check_turns(turns),
        check_seed(seed),
        plan,
        check_concurrency(concurrency),
        limit,
        scenario,
    )


async def begin(seat: Seat, what: Asked, store: str | Path | None) -> Runs:
    """Store the study that was asked for. Nothing is run yet."""
    study, plan = await make_study(seat, what, keep=True)
    return openable(Runs(study, plan, concurrency=what.concurrency, budget=what.budget), store)


def openable(found: Found, store: str | Path | None) -> Found:
    """The same, with runs that can be opened in a panel beside each other: neither of the two knows of a chat."""
    from .collection import open

    found.opener = lambda run: open(run, store=store)
    return found


async def estimate(seat: Seat, what: Asked) -> Estimate:
    """What that study would use at most. Nothing is stored."""
    return await estimated(*await make_study(seat, what, keep=False))


async def make_study(seat: Seat, what: Asked, *, keep: bool, name: str | None = None) -> tuple[Study, Plan]:
    """The study that was asked for, and the plan of its runs. ``name`` and ``keep``: see ``Study.begin``."""
    session = seat.session
    conversation = session.conversation
    branch = branch_at(conversation, seat.head, what.at, what.edit, what.turns)
    plan, seed = what.plan, None
    if isinstance(plan.client, Drawing):
        seed = seed_of(what.seed, conversation, branch, plan)
        plan = replace(plan, client=plan.client.for_study(seed))
    design = Design(what.n, branch.at, what.turns, branch.later, "", seed, what.edit is not None, what.scenario)
    return await Study.begin(seat.desk, session, branch, design, plan, keep=keep, name=name), plan


def turning_point(chat: Chat, *, n: int = 20, level: float = 0.95, progress: bool = True, **how: Any) -> TurningPoint:
    """Which turn of the chat's branch made the ending likely: ``n`` runs from each message of the person on it.

    ``how`` goes to ``chat.replay`` (model, policy, turns, budget, …); a budget is for each point. A reply has no point
    of its own: runs that keep it and send the next message are those that begin at that message. The answer may be:
    none found.
    """
    check_level(level)
    if "at" in how:
        raise SettingsError("A turning point is looked for at each message of the person.", advice="Leave at out.")
    spoken = [m for m in chat.conversation.branch() if m.role == "user"]
    if not spoken:
        raise SettingsError("There is nothing to replay: nothing was said here.", advice="Say something first.")
    studies = [(m.id, chat.replay(at=m, n=n, progress=progress, **how)) for m in spoken]
    return turning_point_of([(message, runs.end_rate(), runs) for message, runs in studies], level=level)


# -- studies in the store


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


def name_of(message: Message | str | None) -> str | None:
    """The id of a message, however it was given."""
    if message is None or isinstance(message, str):
        return message
    if isinstance(message, Message):
        return message.id
    raise SettingsError(f"at must be a message or its id, not {type(message).__name__}.")
