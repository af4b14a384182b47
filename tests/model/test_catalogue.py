"""The table of models."""

from __future__ import annotations

from datetime import date

import pytest

from convend_widget.errors import SettingsError
from convend_widget.model.catalogue import DEFAULT_MODEL, Model, catalogue, extend
from convend_widget.model.catalogue import can_end as able

TODAY = date(2026, 11, 23)
ABLE = {
    "rehearsal-1", "claude-opus-4-0", "claude-opus-4-1", "claude-opus-4-6", "claude-opus-4-7", "claude-opus-4-8",
    "claude-sonnet-4-6", "claude-fable-5", "claude-sonnet-5", "claude-opus-5", "claude-opus-5-5",
    "claude-sonnet-5-5", "claude-haiku-5-5",
}  # fmt: skip


def entry(model_id: str) -> Model:
    model = catalogue().get(model_id)
    assert model is not None
    return model


@pytest.fixture(autouse=True)
def fresh():
    yield
    catalogue.cache_clear()


def test_exactly_the_models_of_the_sources_have_the_ability():
    assert {model.id for model in catalogue() if model.can_end} == ABLE
    assert all(able(model) for model in ABLE)


@pytest.mark.fault(30)
@pytest.mark.parametrize("model", ["claude-opus-4-5", "claude-haiku-4-5", "claude-sonnet-4-5", "claude-mythos-5"])
def test_other_models_are_known_and_cannot_end(model):
    assert catalogue().known(model)
    assert not able(model)


@pytest.mark.fault(30)
@pytest.mark.parametrize("model", ["", "gpt", "claude-opus-9", "CLAUDE-OPUS-5", "claude-opus-5 ", "claude-opus-5-5-1"])
def test_an_unknown_model_cannot_end(model):
    assert not catalogue().known(model)
    assert not able(model)


def test_a_dated_snapshot_counts_as_its_model():
    assert able("claude-opus-5-20260724")
    assert entry("claude-opus-4-20250514").id == "claude-opus-4-0"
    assert not able("claude-haiku-4-5-20251001")


def test_every_model_that_the_sdk_names_is_known():
    import typing

    from anthropic.types import Model

    literals = [value for part in typing.get_args(Model) for value in typing.get_args(part)]
    assert len(literals) > 15
    assert [value for value in literals if not catalogue().known(value)] == []


def test_the_default_model_is_current_and_able():
    model = entry(DEFAULT_MODEL)
    assert model.can_end
    assert not model.is_retired(TODAY)
    assert model.price["cache_read"] < model.price["input"] < model.price["output"]


def test_retired_models_stay_listed_for_old_records():
    assert entry("claude-opus-4-0").is_retired(TODAY)
    assert entry("claude-opus-4-1").is_retired(TODAY)
    assert not entry("claude-sonnet-4-5").is_retired(date(2026, 11, 29))
    assert entry("claude-sonnet-4-5").is_retired(date(2026, 11, 30))


def test_an_unknown_price_is_absent_and_breaks_nothing():
    assert entry("claude-fable-5-2").price == {}
    for model in catalogue():
        assert all(0 <= dollars < 1000 for dollars in model.price.values())


def test_a_person_adds_a_model_in_one_line():
    extend("my-model", can_end=True, price={"input": 1.5})
    assert able("my-model")
    assert entry("my-model").price == {"input": 1.5}
    with pytest.raises(SettingsError, match="my-model"):
        extend("my-model", can_end=True, price={"speed": 1})
    with pytest.raises(SettingsError):
        extend("", can_end=True)
