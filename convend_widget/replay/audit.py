"""``Audit``: what came of one, at any time: the rate of false endings by set, its bounds, and the cases to read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import ModelError, SettingsError
from ..model.client import Call
from ..model.price import Cost, Tokens
from ..owner import owner
from ..session import Plan
from ..session.plan import call_for
from ..spreadsheet import write_csv
from .batch import Batch, Member
from .budget import Budget, Meter, as_budget, check_priced
from .cases import Case
from .estimate import TOKENS_A_BYTE, Estimate, Forecast, Gauge, at_most, in_steps, size_of
from .false_endings import FalseEndings, SetRate, notes_on
from .outcomes import Outcomes
from .runs import PAUSED, Runs, check_concurrency
from .study import Study
from .to_read import CasesToRead, ToRead, to_read
from .waiting import UnderWay

if TYPE_CHECKING:
    import pandas as pd

    from .beside.view import Opener


class Audit(UnderWay):
    """One audit: a study of each case. Usable while it is under way, after an interrupt, and from another kernel.

    Every ending counts as a false one, since the cases are conversations that should not end.
    """

    def __init__(
        self,
        name: str,
        cases: Sequence[Case],
        members: Sequence[tuple[Study, Plan | None]],
        *,
        concurrency: int,
        budget: Budget,
        asked: int | None = None,
    ) -> None:
        """``asked``: how many cases there were when it began, where some may be gone by now."""
        self._name, self._cases = name, list(cases)
        self._gone = max(0, (asked or 0) - len(self._cases))
        self.opener: Opener | None = None  # how one run becomes a live panel; from the front door, which knows
        self._members = list(members)
        self._batch = Batch([Member(study, plan) for study, plan in members if plan is not None])
        self._concurrency, self._budget = check_concurrency(concurrency), budget
        self._read: dict[str, list[ToRead]] = {}  # run -> what is to be read of it

    # -- what came out ---

    def rates(self, *, level: float = 0.95) -> FalseEndings:
        """The rate of false endings of each set, with an upper bound that holds with ``level``."""
        tried = {one.conversation for one in self.cases if one.is_try}
        found = FalseEndings()
        for name in dict.fromkeys(case.set for case in self._cases):
            mine = [(case, study) for case, study in self._each() if case.set == name]
            held = sum(run.conversation in tried for _, study in mine for run in study.rows)
            found[name] = SetRate(name, {case.id: _came(study) for case, study in mine}, held, level)
        return found

    @property
    def upper_bound(self) -> dict[str, float]:
        """Set -> the most that its true rate may be, at 95 %. See ``rates`` for another level."""
        return self.rates().upper_bound

    @property
    def cases(self) -> CasesToRead:
        """The cases to read: every ending, every ending that was tried, every warning; endings first."""
        owner().wait(self._read_all())
        order = {case.id: place for place, case in enumerate(self._cases)}
        found = [one for some in self._read.values() for one in some]
        return CasesToRead(sorted(found, key=lambda o: (not o.is_ending, not o.is_try, order[o.case], o.run)))

    @property
    def endings(self) -> CasesToRead:
        """Every false ending."""
        return CasesToRead(one for one in self.cases if one.is_ending)

    @property
    def outcomes(self) -> Outcomes:
        """How many runs of all sets came out which way."""
        return Outcomes.count(run.outcome for _, study in self._each() for run in study.rows)

    @property
    def notes(self) -> list[str]:
        """What the numbers do not show, in plain sentences."""
        settings = self._members[0][0].settings
        stand_in, enforced = settings.provider == "rehearsal", settings.mode == "enforce"
        return [*notes_on(self.rates().values(), runs=self.n, stand_in=stand_in, enforced=enforced), *self._missing()]

    @property
    def runs(self) -> dict[str, Runs]:
        """Case -> its study. ``cw.compare(a.runs, b.runs)`` pairs two audits of the same cases."""
        found = {
            case.id: Runs(study, plan, concurrency=self._concurrency, budget=Budget())
            for case, (study, plan) in zip(self._cases, self._members, strict=True)
        }
        for runs in found.values():
            runs.opener = self.opener
        return found

    def to_frame(self) -> pd.DataFrame:
        """One row a run: set, case, case_note, prompt, what, reason, missing, and the columns of ``replay.frame``.

        ``what``, ``reason`` and ``missing`` are those of the weightiest call that is to be read, see ``to_read``.
        """
        import pandas as pd

        first: dict[str, ToRead] = {}
        for one in self.cases:
            first.setdefault(one.conversation, one)
        frames = []
        for case, runs in zip(self._cases, self.runs.values(), strict=True):
            frame = runs.to_frame()
            calls = [first.get(conversation) for conversation in frame["conversation"]]
            for place, (name, values) in enumerate(_about(case, calls).items()):
                frame.insert(place, name, pd.Series(values, dtype="string[python]", index=frame.index))
            frames.append(frame)
        return pd.concat(frames, ignore_index=True)

    def export(self, path: str | PathLike[str]) -> Path:
        """Write ``to_frame()`` as CSV in which no cell is a formula; returns the path."""
        return write_csv(self.to_frame(), path)

    # -- what it is, and what it took ---

    @property
    def id(self) -> str:
        """The id of the audit, to ``convend_widget.open_audit`` it with."""
        return self._name

    @property
    def n(self) -> int:
        """How many runs of each case were asked for."""
        return self._members[0][0].design.n

    @property
    def paused(self) -> str | None:
        """Why it rests before it is over, in a few words; None where it is over."""
        why = self._batch.paused
        if why is None and not all(study.is_over() for study, _ in self._members):
            return "not all of it was run"
        return None if why is None else PAUSED.get(why, why)

    @property
    def tokens(self) -> Tokens:
        """Tokens of all runs that are over."""
        return sum((run.tokens for _, study in self._each() for run in study.rows), Tokens())

    @property
    def cost(self) -> Cost:
        """What they cost at list prices."""
        return sum((run.cost for _, study in self._each() for run in study.rows), Cost())

    def __len__(self) -> int:
        return sum(len(study.runs) for study, _ in self._members)

    def __repr__(self) -> str:
        settings = self._members[0][0].settings
        each = f"{self.n} run{'s' * (self.n != 1)} each"
        head = f"Audit({len(self._cases)} cases, {each}, {settings.model}, {settings.policy}, {settings.mode})"
        return "\n".join([head, repr(self.rates()), *self._missing(), *self._resting()])

    def _repr_html_(self) -> str:
        from .tables import facts_line, false_endings_table

        settings = self._members[0][0].settings
        facts = facts_line({"model": settings.model, "policy": settings.policy, "mode": settings.mode})
        return false_endings_table(self.rates(), below=[facts, *self._resting(), *self.notes])

    def _missing(self) -> list[str]:
        """What was deleted of it, in sentences."""
        told, runs = [], sum(len(study.deleted) for study, _ in self._members)
        if self._gone:
            told.append(f"{self._gone} {_are(self._gone, 'case')} gone: deleted, or never stored.")
        if runs:
            told.append(f"{runs} {_are(runs, 'run')} deleted, and in no number.")
        return told

    def _resting(self) -> list[str]:
        return (
            [f"Paused: {self.paused}; {self._over()} of {len(self._cases) * self.n} runs are over."]
            if self.paused
            else []
        )

    # -- going on ---

    async def _again(self, concurrency: int | None, budget: Any, failed: bool) -> None:
        if len(self._batch.members) < len(self._members):
            raise SettingsError(
                "This audit was opened to be looked at.",
                advice="Open it with its policy, and with api_key or client where it had one, to go on.",
            )
        if concurrency is not None:
            self._concurrency = check_concurrency(concurrency)
        if budget is not None:
            self._budget = as_budget(budget)
        plan, meter = self._batch.members[0].plan, None
        check_priced(self._budget, plan)
        if self._budget != Budget():
            trunks = [study.trunk.conversation for study, _ in self._members]
            calls = [call_for(trunk, trunk.newest or "", plan.settings())[0] for trunk in trunks]
            meter = Meter.of(self._budget, await forecast(plan, calls), plan.client.name)
        self._read.clear()  # what is made again has a run of the same name
        await self._batch.run(concurrency=self._concurrency, meter=meter, failed_too=failed)

    def _kept(self) -> str:
        return (
            f"{self._over()} of {len(self._cases) * self.n} runs are over and kept; "
            f"convend_widget.open_audit({self._name!r}) has them, and .resume() goes on"
        )

    async def _rested(self) -> None:
        await self._batch.rested()

    @property
    def total(self) -> int:
        """How many runs there are to be."""
        return len(self._cases) * self.n

    # -- reading ---

    def _over(self) -> int:
        return sum(study.over for study, _ in self._members)

    def _each(self) -> Iterator[tuple[Case, Study]]:
        return ((case, study) for case, (study, _) in zip(self._cases, self._members, strict=True))

    async def _read_all(self) -> None:
        for case, study in self._each():
            new = (run for run in study.rows if not run.resumable and run.conversation not in self._read)
            runs = {run.number: run for run in new}
            async for number, conversation in study.logs(sorted(runs)):
                self._read[runs[number].conversation] = list(to_read(case, runs[number], conversation))


def _are(count: int, what: str) -> str:
    return f"{what} is" if count == 1 else f"{what}s are"


def _came(study: Study) -> Outcomes:
    return Outcomes.count(run.outcome for run in study.rows)


def _about(case: Case, calls: Sequence[ToRead | None]) -> dict[str, list[str | None]]:
    """The columns of the case, and of the call to read of each of its runs."""
    same = {"set": case.set, "case": case.id, "case_note": case.note or None, "prompt": case.prompt}
    return {name: [value] * len(calls) for name, value in same.items()} | {
        "what": [call.what if call else None for call in calls],
        "reason": [call.reason if call else None for call in calls],
        "missing": ["; ".join(call.missing) or None if call else None for call in calls],
    }


# -- before it starts


async def forecast(plan: Plan, calls: Sequence[Call]) -> Forecast:
    """What is known of the longest of these first calls before any is sent; the provider counts it, where it can."""
    await plan.warm()
    longest = max(calls, key=size_of)
    length = size_of(longest)
    try:
        prompt, counted = await plan.client.count_tokens(longest), True
    except (ModelError, NotImplementedError):
        prompt, counted = int(length * TOKENS_A_BYTE), False
    return Forecast(longest, Gauge(length, prompt), (prompt,), counted)


async def estimated(plan: Plan, calls: Sequence[Call], n: int) -> Estimate:
    """What ``n`` runs of each of these calls use at most. ``prompt`` is that of the longest."""
    ahead = await forecast(plan, calls)
    prompts = [ahead.gauge.at_most(size_of(call)) for call in calls]
    each, steps, provider = list(zip(calls, prompts, strict=True)), plan.policy.max_steps, plan.client.name
    one = at_most(each, n, provider)
    most = at_most([step for call, prompt in each for step in in_steps(call, [prompt], steps)], n, provider)
    return Estimate(n * len(calls), 1, max(ahead.prompts), ahead.counted, *one, steps, *most)
