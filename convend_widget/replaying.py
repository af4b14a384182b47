"""From a chat and the arguments of ``replay`` to a study."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from .conversation import Message
from .ending import Policy
from .ending.policy import Mode
from .errors import SettingsError
from .kept_studies import openable
from .library import find_policy
from .model.client import Drawing
from .provision import MODES, unknown_argument
from .replay.branch import Turns, branch_at, check_turns
from .replay.budget import Budget, as_budget, check_priced
from .replay.design import Design, check_ability, check_runs, check_seed, seed_of
from .replay.estimate import Estimate
from .replay.rate import check_level
from .replay.runs import Runs, check_concurrency, estimated
from .replay.study import Study
from .replay.turning import TurningPoint, turning_point_of
from .session import Plan, Seat

if TYPE_CHECKING:
    from .chat import Chat


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


def name_of(message: Message | str | None) -> str | None:
    """The id of a message, however it was given."""
    if message is None or isinstance(message, str):
        return message
    if isinstance(message, Message):
        return message.id
    raise SettingsError(f"at must be a message or its id, not {type(message).__name__}.")
