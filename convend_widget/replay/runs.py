"""``Runs``: what came of a study, at any time: counts, rates, a frame, when runs end; and the way to go on with it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import SettingsError
from ..files import place, written
from ..model.price import Cost, Tokens
from ..session import Plan, desk
from .budget import Budget, Meter, as_budget, check_priced
from .design import check_same
from .estimate import Estimate, forecast
from .numbers import as_whole
from .outcomes import Bounds, Outcomes
from .rate import Rate
from .run import Run
from .study import Study
from .survival import Survival, survival
from .waiting import UnderWay

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from .beside.view import Opener, SideBySide

PAUSED = {
    "interrupt": "interrupted",
    "budget": "the budget allows no further call",
    "failures": "too many runs failed in a row",
    "elsewhere": "another kernel makes the rest",
    "deleted": "it was deleted",
}
MOST_AT_ONCE = 256


class Runs(UnderWay):
    """The runs of one study. Usable while it is under way, after an interrupt, and from another kernel.

    ``plan`` is None where it was opened without a way to call a model: then it can be looked at and not resumed.
    """

    def __init__(self, study: Study, plan: Plan | None, *, concurrency: int, budget: Budget) -> None:
        self._study, self._plan, self._pid = study, plan, os.getpid()
        self._concurrency, self._budget = check_concurrency(concurrency), budget
        self.estimate: Estimate | None = None
        self.kept_in = "chat.replays[-1]"  # where they are found after an interrupt
        self.opener: Opener | None = None  # how one run becomes a live panel; from the front door, which knows

    # -- what came out ---

    @property
    def runs(self) -> list[Run]:
        """One row a run that is over or was halted, by number."""
        return self._study.rows

    @property
    def outcomes(self) -> Outcomes:
        """How many runs came out which way."""
        return Outcomes.count(run.outcome for run in self.runs)

    def end_rate(self, *, method: str = "wilson", level: float = 0.95) -> Rate:
        """Ended runs of the runs with a result. See ``bounds`` for what the others could change."""
        return self.outcomes.rate(method=method, level=level)

    def bounds(self, *, method: str = "wilson", level: float = 0.95) -> Bounds:
        """The rate if every failed or cancelled run had not ended, and if every one had."""
        return self.outcomes.bounds(method=method, level=level)

    def survival(self, *, level: float = 0.95) -> Survival:
        """When runs end, by the number of the reply from the fork."""
        found = survival((run.life for run in self.runs), level=level)
        return replace(found, marks=tuple(self.marks()))

    def to_frame(self) -> pd.DataFrame:
        """One row a run; the columns are documented in ``replay.frame``."""
        from .frame import to_frame

        return to_frame(self.runs, self._same())

    def export(self, path: str | PathLike[str]) -> Path:
        """Write the runs to ``path`` and return it: ``.csv``, or ``.eval`` for Inspect with each run as an epoch.

        Raises ``SettingsError`` for another suffix or a path that cannot be written. One run alone has all formats:
        ``convend_widget.open(run.conversation).export(…)``.
        """
        from ..spreadsheet import to_bytes
        from .study_log import write

        target = place(path, (".csv", ".eval"))
        with written(target) as file:
            if target.suffix.lower() == ".csv":
                file.write(to_bytes(self.to_frame()))
            else:
                write(file, self._study, self.end_rate())
        return target

    def plot(self, ax: Axes | None = None) -> Axes:
        """A chart of the end rate, what lost runs could change, and all outcomes. See ``Rate.plot``."""
        from .plot.rows import plot_outcomes

        return plot_outcomes(self.outcomes, ax, marks=self.marks())

    def _same(self) -> dict[str, Any]:
        settings, design = self._study.settings, self._study.design
        return {
            "model": settings.model,
            "policy": settings.policy,
            "mode": settings.mode,
            "effect": settings.effect,
            "seed": design.seed,
            "sdk": settings.provenance.get("sdk"),
            "api": settings.provenance.get("api"),
            "parent": self._study.parent,
            "fork": design.at,
        }

    # -- what it is, and what it took ---

    @property
    def id(self) -> str:
        """The id of the study, to ``convend_widget.open_study`` it with."""
        return self._study.trunk.id

    @property
    def n(self) -> int:
        """How many runs were asked for."""
        return self._study.design.n

    @property
    def deleted(self) -> int:
        """How many runs were deleted one by one. They have no row, count in no rate, and are not made again."""
        return len(self._study.deleted)

    @property
    def paused(self) -> str | None:
        """Why it rests before it is over, in a few words; None where it is over."""
        why = self._study.paused
        return None if why is None else PAUSED.get(why, why)

    @property
    def off_policy(self) -> bool:
        """Whether recorded words were sent after replies that they never were an answer to."""
        return any(run.off_policy for run in self.runs)

    @property
    def tokens(self) -> Tokens:
        """Tokens of all runs that are over."""
        return sum((run.tokens for run in self.runs), Tokens())

    @property
    def cost(self) -> Cost:
        """What they cost at list prices."""
        return sum((run.cost for run in self.runs), Cost())

    @property
    def notices(self) -> list[str]:
        """Lasting lines for the person, e.g. that nothing is saved."""
        return [notice.text for notice in self._study.notices]

    def __len__(self) -> int:
        return len(self._study.runs)

    def __iter__(self) -> Iterator[Run]:
        return iter(self.runs)

    def __repr__(self) -> str:
        came = self.outcomes
        named = ("ended", "not_ended", "refused", "truncated", "failed", "cancelled")
        counts = ", ".join(f"{getattr(came, name)} {name}" for name in named if getattr(came, name))
        count = f"{len(self)} of {self.n}"
        return f"Runs({'; '.join([f'{count}: {counts}' if counts else count, *self.marks()])})"

    def side_by_side(self, *which: int | Run | Runs) -> SideBySide:
        """Runs beside each other from where they part, with the words that differ from the first one marked.

        ``which``: numbers of runs, up to six; ``Run`` objects, also of another study in the same store; or another
        study, of which one run is taken that came out otherwise. By default one run that ended and one that did not.
        In a notebook each can be opened in a panel below. Raises ``SettingsError`` for a run that there is not, and
        ``NoSuchConversation`` for one that was deleted.
        """
        from .beside.choice import side_by_side

        return side_by_side(self, which)

    def _repr_html_(self) -> str:
        from .tables import facts_line, outcomes_table

        same, came = self._same(), self._study.over
        facts = {"model": same["model"], "policy": same["policy"], "mode": same["mode"]}
        used = f"{came} of {self.n} runs over · {self.tokens.prompt + self.tokens.output:,} tokens · {self.cost}"
        return outcomes_table(self.outcomes, below=[*self.marks(), facts_line(facts), used])

    def marks(self) -> list[str]:
        """What must be said wherever their numbers are."""
        marks = ["off-policy after the first reply"] if self.off_policy else []
        marks += [] if self._study.settings.effect else ["endings recorded only"]
        marks += [f"{self.deleted} deleted"] if self.deleted else []
        return [*marks, *([self.paused] if self.paused else [])]

    # -- going on ---

    async def _again(self, concurrency: int | None, budget: Any, failed: bool) -> None:
        if self._pid != os.getpid():  # forked: the parent's loop and sessions stayed behind; what is stored is shared
            self._study, self._pid = await Study.load(await desk(self._study.desk.where), self.id), os.getpid()
        if self._plan is None:
            raise SettingsError(
                "This study was opened to be looked at.",
                advice="Open it with its policy, and with api_key or client where it had one, to go on.",
            )
        if concurrency is not None:
            self._concurrency = check_concurrency(concurrency)
        if budget is not None:
            self._budget = as_budget(budget)
        check_priced(self._budget, self._plan)
        await self._study.read()
        meter = None
        if self.estimate is None or self._budget != Budget():
            ahead = await forecast(self._study, self._plan)
            self.estimate = ahead.estimate(self.n, self._plan.client.name, self._plan.policy.max_steps)
            meter = Meter.of(self._budget, ahead, self._plan.client.name) if self._budget != Budget() else None
        await self._study.run(self._plan, concurrency=self._concurrency, meter=meter, failed_too=failed)

    def _kept(self) -> str:
        return f"{self._study.over} of {self.n} runs are over and kept; {self.kept_in} has them, and .resume() goes on"

    async def _rested(self) -> None:
        await self._study.rested()

    @property
    def total(self) -> int:
        """How many runs there are to be."""
        return self.n


def check_concurrency(concurrency: object) -> int:
    """How many runs at once. Raises ``SettingsError``."""
    number = as_whole(concurrency)
    if number is None or not 1 <= number <= MOST_AT_ONCE:
        raise SettingsError(f"concurrency must be from 1 to {MOST_AT_ONCE}, not {concurrency!r}.")
    return number


async def estimated(study: Study, plan: Plan) -> Estimate:
    """What a study would use at most, before it is begun."""
    return (await forecast(study, plan)).estimate(study.design.n, plan.client.name, plan.policy.max_steps)


def check_plan(study: Study, plan: Plan) -> None:
    """Raise ``SettingsError`` where the plan is another one than the study was begun with."""
    check_same(study.settings, plan)
