"""What a study takes at most, before it starts; and how long a request may be in tokens, by its length in bytes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import ModelError
from ..model.caching import body_text, request_body
from ..model.client import Call
from ..model.price import Cost, price
from ..session import Plan
from ..session.plan import call_for
from .branch import Words

if TYPE_CHECKING:
    from .study import Study

MARGIN = 1.05  # on what is told by the length of a request
RESULT = 500  # tokens that the answer to a tool call takes at most in the request after it
TOKENS_A_BYTE = 0.5  # of text that nothing is known of: twice what English needs, and about what others do


@dataclass(frozen=True, slots=True, repr=False)
class Estimate:
    """Before a study starts: ``prompt`` tokens of the first call (``counted`` by the provider, or guessed).

    ``tokens`` and ``cost`` are what all runs use at most, if every reply is one call of ``max_tokens``, all recorded
    words are sent and nothing is read from a cache; a warning, or a try to end, makes a reply of one call more.
    ``most_tokens`` and ``most_cost``: if every reply is as many calls as the policy allows, which are ``steps``. Most
    studies use a small part of either. Second opinions and calls that are tried again come on top; a budget holds for
    them too.
    """

    runs: int
    replies: int
    prompt: int
    counted: bool
    tokens: int
    cost: Cost
    steps: int
    most_tokens: int
    most_cost: Cost

    def _repr_html_(self) -> str:
        from .tables import estimate_table

        return estimate_table(self)

    def __repr__(self) -> str:
        first = f"{self.prompt:,} tokens of input {'each' if self.counted else 'each, guessed'}"
        many = f"{self.runs} runs of at most {self.replies} {'reply' if self.replies == 1 else 'replies'}"
        one, most = (_priced(tokens, cost) for tokens, cost in self.amounts())
        return f"Estimate({many}, {first}; {one} if every reply is one call; at most {most}, if each is {self.steps})"

    def amounts(self) -> tuple[tuple[int, Cost], tuple[int, Cost]]:
        """Tokens and cost: if every reply is one call, and if each is as many as it may be."""
        return (self.tokens, self.cost), (self.most_tokens, self.most_cost)


def _priced(tokens: int, cost: Cost) -> str:
    return f"{tokens:,} tokens, {'no price is known' if cost.unpriced else cost}"


class Gauge:
    """The most tokens that a request of some length comes to: what was counted, and for all beyond that as much as text
    may take. It learns from what answers tell.
    """

    def __init__(self, length: int = 0, tokens: int = 0) -> None:
        self._length, self._tokens = length, tokens
        self._rate = tokens / length if tokens and length else 0.0  # the most tokens a byte that any request came to

    def at_most(self, length: int) -> int:
        """Of a request of so many bytes."""
        beyond = self._tokens + self.words(max(0, length - self._length))
        return int(max(beyond, length * self._rate) * MARGIN) + 1

    def words(self, length: int) -> int:
        """Of so many bytes of text within a request, alone."""
        return int(length * max(self._rate, TOKENS_A_BYTE))

    def learn(self, length: int, tokens: int) -> None:
        """A request of this length came to so many tokens."""
        self._rate = max(self._rate, tokens / length)


@dataclass(frozen=True, slots=True)
class Forecast:
    """The requests of one run as far as they are known: ``first`` as it will be sent, how many tokens each has at most.

    ``prompts``: of each reply's first call, where every earlier reply was as long as it may be.
    """

    first: Call
    gauge: Gauge
    prompts: tuple[int, ...]
    counted: bool

    def estimate(self, runs: int, provider: str, steps: int) -> Estimate:
        """For so many runs, whose replies are at most ``steps`` calls each."""
        one = at_most([(self.first, prompt) for prompt in self.prompts], runs, provider)
        most = at_most(list(in_steps(self.first, self.prompts, steps)), runs, provider)
        return Estimate(runs, len(self.prompts), self.prompts[0], self.counted, *one, steps, *most)


def in_steps(call: Call, prompts: Sequence[int], steps: int) -> Iterator[tuple[Call, int]]:
    """The calls of replies that are ``steps`` calls each, with their prompts; given those of one call each."""
    more = call.max_tokens + RESULT  # what each call before adds: its words, and the answer to its tools
    for before, prompt in enumerate(prompts):
        for step in range(steps):
            yield call, prompt + (before * (steps - 1) + step) * more


def at_most(calls: Sequence[tuple[Call, int]], runs: int, provider: str) -> tuple[int, Cost]:
    """Tokens and cost of so many runs of these calls, each with its prompt."""
    tokens = runs * sum(prompt + call.max_tokens for call, prompt in calls)
    one = sum((worst_cost(call, prompt, provider) for call, prompt in calls), Cost())
    return tokens, Cost(runs * one.dollars, runs * one.calls, one.unpriced, 0, runs * one.rehearsed, one.as_of)


async def forecast(study: Study, plan: Plan) -> Forecast:
    """What is known of a run's requests before the first is sent. The provider counts that one, where it can."""
    await plan.warm()
    trunk = study.trunk.conversation
    first, _ = call_for(trunk, trunk.newest or "", plan.settings())
    length = size_of(first)
    try:
        prompt, counted = await plan.client.count_tokens(first), True
    except (ModelError, NotImplementedError):
        prompt, counted = int(length * TOKENS_A_BYTE), False
    gauge = Gauge(length, prompt)
    prompts = [prompt]
    for words in study.later:
        prompts.append(prompts[-1] + first.max_tokens + gauge.words(_length(words)))
    return Forecast(first, gauge, tuple(prompts), counted)


def size_of(call: Call) -> int:
    """The length of a request in bytes, which says more of its tokens than characters do, whatever the language."""
    return len(body_text(request_body(call)).encode())


def _length(words: Words) -> int:
    message = {"role": "user", "content": words.content}
    return len(json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace"))


def worst_cost(call: Call, prompt: int, provider: str, output: int | None = None) -> Cost:
    """The most that a call can cost at list prices."""
    usage = {
        "cache_creation_input_tokens": prompt,
        "output_tokens": call.max_tokens if output is None else output,
    }
    return price(usage, model=call.model, provider=provider, request=call.extra)


def models_of(plan: Plan) -> Iterator[str]:
    """The models that a plan asks: its own, and the one whose opinion its gates ask for."""
    yield plan.model
    for gate, _ in plan.policy.named_gates():
        if gate == "second_opinion":
            yield plan.policy.models.get(gate, plan.model)
