"""What a study may use, and the purse that sees to it: a call is made only if its worst case still fits.

The input of a call is told by its length (see ``estimate.Gauge``); its output is at most ``max_tokens``. Second
opinions are calls like any other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..errors import SettingsError, TimedOut
from ..model.client import Call, ModelClient
from ..model.draft import Draft
from ..model.price import Cost, Tokens, price, tokens_of
from ..session import Plan
from .estimate import Forecast, Gauge, models_of, size_of, worst_cost
from .numbers import as_whole

FEW = 1_000  # tokens: no call fits a budget of less, and a number as small as that was meant as money


@dataclass(frozen=True, slots=True)
class Budget:
    """``tokens``: of input, cached or not, and output together. ``dollars``: at list prices. None: no limit."""

    tokens: int | None = None
    dollars: float | None = None

    def __post_init__(self) -> None:
        for name in ("tokens", "dollars"):
            value = getattr(self, name)
            if (number := as_whole(value)) is not None:
                object.__setattr__(self, name, value := number)
            if value is not None and (isinstance(value, bool) or not isinstance(value, (int, float)) or not value > 0):
                raise SettingsError(
                    f"A budget of {name} must be above 0, not {value!r}.", advice="With 0 nothing could start."
                )


def as_budget(budget: Budget | Mapping[str, Any] | int | None) -> Budget:
    """What was asked for; a whole number is one of tokens, unless it is so small that it might be one of dollars.

    Raises ``SettingsError``.
    """
    if budget is None or isinstance(budget, Budget):
        return budget or Budget()
    if isinstance(budget, Mapping):
        unknown = sorted({*budget} - {"tokens", "dollars"})
        if unknown:
            raise SettingsError(f"A budget has no {unknown[0]!r}.", advice="Use tokens and dollars.")
        return Budget(**budget)
    number = as_whole(budget)
    if number is None:
        advice = "Say of what: {'dollars': 2.5}, {'tokens': 200_000}, or both."
        raise SettingsError(f"budget cannot be {budget!r}.", advice=advice)
    if 0 < number < FEW:
        raise SettingsError(
            f"budget={number} would be {number} token{'' if number == 1 else 's'}, which no call fits.",
            advice=f"For money: budget={{'dollars': {number}}}. If you mean tokens: budget={{'tokens': {number}}}.",
        )
    return Budget(tokens=number)


def check_priced(budget: Budget, plan: Plan) -> None:
    """Raise ``SettingsError`` for a budget of dollars where no price is known: it would hold nothing back."""
    usage = {"cache_creation_input_tokens": 1, "output_tokens": 1}
    for model in models_of(plan):
        cost = price(usage, model=model, provider=plan.client.name, request=plan.request)
        if budget.dollars is not None and cost.unpriced:
            raise SettingsError(
                f"No price is known for {cost.unpriced[0]}, so a budget of dollars would hold nothing back.",
                advice="Use a budget of tokens: budget={'tokens': 200_000}.",
            )


@dataclass(frozen=True, slots=True)
class Spent:
    """Tokens and dollars: of a call, of a study, or of a limit."""

    tokens: float = 0
    dollars: float = 0

    def __add__(self, other: Spent) -> Spent:
        return Spent(self.tokens + other.tokens, self.dollars + other.dollars)

    def __sub__(self, other: Spent) -> Spent:
        return Spent(self.tokens - other.tokens, self.dollars - other.dollars)


def spent_on(tokens: Tokens, cost: Cost) -> Spent:
    """What counts against a budget of calls that were made."""
    return Spent(tokens.prompt + tokens.output, cost.dollars)


class Purse:
    """What is left of a budget. Lives on the owner's loop; calls under way hold their worst case in reserve."""

    def __init__(self, budget: Budget, spent: Spent) -> None:
        self.budget, self.spent = budget, spent
        self._reserved = Spent()
        self._changed = asyncio.Event()

    async def reserve(self, need: Spent) -> bool:
        """Wait until ``need`` fits beside the calls under way, and hold it; False where it never will."""
        while not self._fits(self.spent + self._reserved + need):
            if not self._fits(self.spent + need):
                return False
            self._changed.clear()
            await self._changed.wait()
        self._reserved += need
        return True

    def settle(self, need: Spent, used: Spent) -> None:
        """A call is over: let go of its worst case, and count what it used."""
        self._reserved -= need
        self.spent += used
        self._changed.set()

    def _fits(self, spent: Spent) -> bool:
        budget = self.budget
        return (budget.tokens is None or spent.tokens <= budget.tokens) and (
            budget.dollars is None or spent.dollars <= budget.dollars
        )


@dataclass(frozen=True, slots=True)
class Meter:
    """What a study's budget is measured with. ``cut``: what a call counts as that was cut and never told its usage.

    ``purse``: one that several studies share.
    """

    budget: Budget
    forecast: Forecast
    cut: Spent
    purse: Purse | None = None

    @classmethod
    def of(cls, budget: Budget, forecast: Forecast, provider: str) -> Meter:
        """``forecast``: of the study's runs."""
        longest = forecast.prompts[-1]
        return cls(budget, forecast, Spent(longest, worst_cost(forecast.first, longest, provider, output=0).dollars))

    def over(self, client: ModelClient, spent: Spent, refused: Callable[[int | None], None]) -> Metered:
        """The client with a purse, of which ``spent`` is gone. ``refused``: see ``Metered``."""
        return Metered(client, self.purse or Purse(self.budget, spent), self.forecast, refused)

    def shared(self, spent: Spent) -> Meter:
        """The same for several studies, which have ``spent`` so much together."""
        return replace(self, purse=Purse(self.budget, spent))


class Metered:
    """A client whose calls are paid from a purse. A call that does not fit is never made; ``refused`` hears its run."""

    def __init__(
        self, client: ModelClient, purse: Purse, forecast: Forecast, refused: Callable[[int | None], None]
    ) -> None:
        self._client, self._purse, self._refused = client, purse, refused
        self._gauges = {_kind(forecast.first): forecast.gauge}
        self.warm = getattr(client, "warm", lambda: None)

    @property
    def name(self) -> str:
        return self._client.name

    @property
    def is_warm(self) -> bool:
        return getattr(self._client, "is_warm", True)

    def provenance(self) -> dict[str, Any]:
        return self._client.provenance()

    async def step(self, call: Call, draft: Draft) -> None:
        """See ``ModelClient``. A call that does not fit waits for ever, so whoever is told must stop it."""
        length, gauge = size_of(call), self._gauges.setdefault(_kind(call), Gauge())
        prompt = gauge.at_most(length)
        need = Spent(prompt + call.max_tokens, worst_cost(call, prompt, self.name).dollars)
        if not await self._purse.reserve(need):
            self._refused(call.run)
            await asyncio.Event().wait()
        used, bare = Spent(), Spent(prompt, worst_cost(call, prompt, self.name, output=0).dollars)
        try:
            await self._client.step(call, draft)
        except (asyncio.CancelledError, TimedOut):  # it may be charged, whatever has come of it
            used = bare
            raise
        finally:
            if draft.usage:
                cost = price(draft.usage, model=draft.model or call.model, provider=self.name, request=call.extra)
                used = spent_on(tokens_of(draft.usage), cost)
                gauge.learn(length, tokens_of(draft.usage).prompt)
            for _ in range(draft.unanswered):  # what the network cut may be charged too
                used += bare
            self._purse.settle(need, used)

    async def count_tokens(self, call: Call) -> int:
        return await self._client.count_tokens(call)

    async def aclose(self) -> None:
        await self._client.aclose()


def _kind(call: Call) -> tuple[str, str | None]:
    """Calls that are alike in what a byte of them comes to: a second opinion may be another model's."""
    return call.model, call.system
