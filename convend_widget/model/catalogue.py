"""Which models there are, and which of them have the ability to end a conversation: data, in ``catalogue.toml``."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib import resources
from typing import Any, Final, Literal, get_args

from ..errors import SettingsError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # type: ignore[import-not-found,unused-ignore]  # installed on 3.10 only

# Current, able to end, quick to answer, and half the price of Opus 5.5: a notebook asks often, a study many times over.
DEFAULT_MODEL: Final = "claude-sonnet-5-5"
PriceKind = Literal["input", "output", "cache_read", "cache_write", "cache_write_1h"]
_SNAPSHOT = re.compile(r"-\d{8}$")
_PRICES: tuple[PriceKind, ...] = get_args(PriceKind)


@dataclass(frozen=True, slots=True)
class Model:
    """One entry. ``price``: US dollars per million tokens of a kind; a kind without a known price is absent.

    ``long``: the prices of a request whose whole prompt has more than ``long_above`` tokens.
    """

    id: str
    can_end: bool
    name: str = ""
    retires: date | None = None
    retired: bool = False
    price: Mapping[PriceKind, float] = field(default_factory=dict)
    note: str = ""
    long: Mapping[PriceKind, float] = field(default_factory=dict)
    long_above: int = 0

    def prices(self, prompt: int) -> Mapping[PriceKind, float]:
        """The prices of a request with so many tokens in its prompt, cached or not."""
        return self.long if self.long and prompt > self.long_above else self.price

    def is_retired(self, on: date) -> bool:
        """Whether the API refuses this model on that day."""
        return self.retired or (self.retires is not None and on >= self.retires)


class ModelCatalogue:
    """Models by id. A dated snapshot (``claude-opus-5-20260724``) counts as the model that it is one of."""

    def __init__(self, models: Mapping[str, Model], as_of: date, prices_as_of: date, prices_from: str) -> None:
        self._models = dict(models)
        self.as_of = as_of
        self.prices_as_of, self.prices_from = prices_as_of, prices_from

    def __iter__(self) -> Iterator[Model]:
        return iter({model.id: model for model in self._models.values()}.values())

    def get(self, model_id: str) -> Model | None:
        """The entry for an id, its alias or its snapshot; None for a model that is not known."""
        return self._models.get(model_id) or self._models.get(_SNAPSHOT.sub("", model_id))

    def known(self, model_id: str) -> bool:
        """Whether the catalogue has this model."""
        return self.get(model_id) is not None

    def can_end(self, model_id: str) -> bool:
        """Whether this model has the ability. An unknown model has not."""
        model = self.get(model_id)
        return model is not None and model.can_end

    def extend(
        self,
        model_id: str,
        *,
        can_end: bool,
        name: str = "",
        retires: date | None = None,
        price: Mapping[PriceKind, float] | None = None,
        note: str = "",
    ) -> Model:
        """Add a model, or replace an entry, until the process ends. Raises ``SettingsError``."""
        if not model_id or not isinstance(can_end, bool):
            raise SettingsError("extend() takes a model's id and can_end=True or False.")
        price = _checked_price(model_id, price or {})
        model = Model(model_id, can_end, name or model_id, retires, False, price, note)
        self._models[model_id] = model
        return model


@cache
def catalogue() -> ModelCatalogue:
    """The catalogue that ships, and what was added to it."""
    text = (resources.files(__package__) / "catalogue.toml").read_text("utf-8")
    table = tomllib.loads(text)
    models: dict[str, Model] = {}
    for model_id, facts in table["models"].items():
        aliases = facts.pop("aliases", ())
        long = facts.pop("long", {})
        facts |= {"long_above": long.pop("above", 0), "long": _checked_price(model_id, long)}
        model = Model(model_id, **facts | {"price": _checked_price(model_id, facts.get("price", {}))})
        models.update(dict.fromkeys((model_id, *aliases), model))
    return ModelCatalogue(models, table["as_of"], table["prices"]["as_of"], table["prices"]["source"])


def known(model_id: str) -> bool:
    """Whether the catalogue has this model."""
    return catalogue().known(model_id)


def can_end(model_id: str) -> bool:
    """Whether this model has the ability to end a conversation. An unknown model has not."""
    return catalogue().can_end(model_id)


def extend(model_id: str, *, can_end: bool, **facts: Any) -> Model:
    """Add a model of one's own to the catalogue; see ``ModelCatalogue.extend``."""
    return catalogue().extend(model_id, can_end=can_end, **facts)


def _checked_price(model_id: str, price: Mapping[Any, float]) -> Mapping[PriceKind, float]:
    wrong = [kind for kind, dollars in price.items() if kind not in _PRICES or not 0 <= dollars < float("inf")]
    if wrong:
        raise SettingsError(f"{model_id}: {wrong[0]!r} is no price; give {', '.join(_PRICES)} in dollars.")
    return dict(price)
