"""What calls cost, by the dated list of prices in ``catalogue.toml``: plain arithmetic.

An unknown price shows as a dash and breaks nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from .catalogue import Model, PriceKind, catalogue

REHEARSAL = "rehearsal"
KINDS: tuple[PriceKind, ...] = ("input", "output", "cache_read", "cache_write", "cache_write_1h")
# Where an answer or its request names one of these, another list applies, which is not kept here.
_USUAL: dict[str, tuple[object, ...]] = {
    "speed": (None, "standard"),
    "inference_geo": (None, "global", "not_available"),
    "service_tier": (None, "auto", "standard", "standard_only"),
}


@dataclass(frozen=True, slots=True)
class Tokens:
    """Tokens of one call or of many. ``input`` is what was neither read from the cache nor written to it."""

    input: int = 0
    cache_read: int = 0
    cache_write: int = 0
    cache_write_1h: int = 0
    output: int = 0

    @property
    def prompt(self) -> int:
        """The whole prompt, cached or not."""
        return self.input + self.cache_read + self.cache_write + self.cache_write_1h

    def __add__(self, other: Tokens) -> Tokens:
        return Tokens(
            self.input + other.input,
            self.cache_read + other.cache_read,
            self.cache_write + other.cache_write,
            self.cache_write_1h + other.cache_write_1h,
            self.output + other.output,
        )


def tokens_of(usage: Mapping[str, Any]) -> Tokens:
    """The counts in the usage of one answer. What is no count counts as 0; a write without a time was one of 5 min."""
    split = usage.get("cache_creation")
    hour, written = 0, _count(usage, "cache_creation_input_tokens")
    if split and isinstance(split, Mapping):
        hour = _count(split, "ephemeral_1h_input_tokens")
        written = max(_count(split, "ephemeral_5m_input_tokens"), written - hour)
    read, put = _count(usage, "input_tokens"), _count(usage, "output_tokens")
    return Tokens(read, _count(usage, "cache_read_input_tokens"), written, hour, put)


@dataclass(frozen=True, slots=True)
class Cost:
    """What calls cost at list prices. ``dollars`` is the sum of those with a known price.

    ``unpriced`` names the models, or the way they were called, that no price is known for. ``cut`` counts calls that
    were cut, whose usage was never told. ``rehearsed``: the calls were those of the rehearsal, which costs nothing.
    ``as_of`` is the day of the list. What a cloud or a gateway asks may differ from it.
    """

    dollars: float = 0.0
    calls: int = 0
    unpriced: tuple[str, ...] = ()
    cut: int = 0
    rehearsed: int = 0
    as_of: date | None = None

    @property
    def known(self) -> bool:
        """Whether ``dollars`` is all of it."""
        return not self.unpriced and not self.cut

    @property
    def free(self) -> bool:
        """Whether nothing but the rehearsal was asked."""
        return self.calls > 0 and self.rehearsed == self.calls

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            self.dollars + other.dollars,
            self.calls + other.calls,
            _each_once(self.unpriced, other.unpriced),
            self.cut + other.cut,
            self.rehearsed + other.rehearsed,
            self.as_of or other.as_of,
        )

    def __str__(self) -> str:
        """In a few characters: ``$0.0123``, ``at least $0.0123``, ``no cost (rehearsal)``, or a dash."""
        if self.free:
            return "no cost (rehearsal)"
        if self.calls == 0 or (self.dollars == 0 and not self.known):
            return "–"
        return f"{'' if self.known else 'at least '}{in_dollars(self.dollars)}"

    def __repr__(self) -> str:
        more = [f"no price known: {', '.join(self.unpriced)}"] if self.unpriced else []
        more += [f"cut calls: {self.cut}"] if self.cut else []
        more += [f"prices of {self.as_of}"] if self.as_of is not None and not self.free else []
        return f"Cost({'; '.join([str(self), *more])})"


def _each_once(names: tuple[str, ...], more: tuple[str, ...]) -> tuple[str, ...]:
    return names if not more or names == more else tuple(dict.fromkeys((*names, *more)))


def in_dollars(dollars: float) -> str:
    """An amount with cents, or with the four places that a single call needs."""
    return (
        f"${dollars:,.2f}" if dollars == 0 or dollars >= 1 else f"${dollars:.4f}" if dollars >= 0.0001 else "<$0.0001"
    )


def total(costs: Iterable[Cost]) -> Cost:
    """The sum."""
    return sum(costs, Cost())


def cut_call(provider: str) -> Cost:
    """A call that was cut: its usage is not known."""
    return Cost(calls=1, rehearsed=1) if provider == REHEARSAL else Cost(calls=1, cut=1, as_of=_as_of())


def price(
    usage: Mapping[str, Any],
    *,
    model: str,
    provider: str,
    request: Mapping[str, Any] | None = None,
    tokens: Tokens | None = None,
) -> Cost:
    """What one call cost. ``usage`` as the API told it; ``request`` what was asked for beside the messages.

    ``tokens``: those of the usage, where they have been counted already.
    """
    if provider == REHEARSAL:
        return Cost(calls=1, rehearsed=1)
    entry = catalogue().get(model)
    unusual = _unusual(usage, request or {})
    dollars = None if entry is None or unusual or not usage else _dollars(entry, tokens or tokens_of(usage))
    if dollars is None:
        return Cost(calls=1, unpriced=(f"{model}{f' ({unusual})' if unusual else ''}",), as_of=_as_of())
    return Cost(dollars, calls=1, as_of=_as_of())


def _dollars(entry: Model, tokens: Tokens) -> float | None:
    prices = entry.prices(tokens.prompt)
    if not prices:
        return None
    dollars = 0.0
    for kind in KINDS:
        count: int = getattr(tokens, kind)
        if count and kind not in prices:
            return None
        dollars += count * prices.get(kind, 0.0)
    return dollars / 1_000_000


def _unusual(usage: Mapping[str, Any], request: Mapping[str, Any]) -> str:
    for name, usual in _USUAL.items():
        asked = usage.get(name, request.get(name))
        if asked not in usual:
            return f"{name} {str(asked)[:40]}"
    return ""


def _count(counts: Mapping[str, Any], name: str) -> int:
    count = counts.get(name)
    return count if type(count) is int and count > 0 else 0


def _as_of() -> date:
    return catalogue().prices_as_of
