"""What calls cost: arithmetic over a dated list, and the many ways in which a price is not known."""

from __future__ import annotations

from datetime import date

import pytest

from convend_widget.model.catalogue import catalogue, extend
from convend_widget.model.price import Cost, Tokens, cut_call, in_dollars, price, tokens_of, total

USAGE = {
    "input_tokens": 1_000,
    "output_tokens": 200,
    "cache_read_input_tokens": 30_000,
    "cache_creation_input_tokens": 5_000,
}
OPUS, HAIKU = "claude-opus-5-5", "claude-haiku-5-5"


@pytest.fixture(autouse=True)
def fresh():
    yield
    catalogue.cache_clear()


def cost(usage=USAGE, model=OPUS, provider="claude", **more) -> Cost:
    return price(usage, model=model, provider=provider, **more)


def test_every_kind_of_token_has_its_price():
    split = {**USAGE, "cache_creation": {"ephemeral_5m_input_tokens": 4_000, "ephemeral_1h_input_tokens": 1_000}}
    assert tokens_of(split) == Tokens(1_000, 30_000, 4_000, 1_000, 200)
    assert cost(split).dollars == pytest.approx((1_000 * 4 + 30_000 * 0.2 + 4_000 * 5 + 1_000 * 8 + 200 * 20) / 1e6)


def test_a_cache_write_without_a_time_was_kept_for_five_minutes():
    assert tokens_of(USAGE) == Tokens(1_000, 30_000, 5_000, 0, 200)
    assert cost().dollars == pytest.approx((1_000 * 4 + 30_000 * 0.2 + 5_000 * 5 + 200 * 20) / 1e6)


def test_the_prompt_is_all_that_was_read_written_or_neither():
    assert tokens_of(USAGE).prompt == 36_000


def test_a_model_may_have_other_prices_for_a_long_prompt():
    short, long = {"input_tokens": 100_000, "output_tokens": 1_000}, {"input_tokens": 100_001, "output_tokens": 1_000}
    assert cost(short, HAIKU).dollars == pytest.approx((100_000 * 0.1 + 1_000 * 0.5) / 1e6)
    assert cost(long, HAIKU).dollars == pytest.approx((100_001 * 0.5 + 1_000 * 2.5) / 1e6)
    read = {"input_tokens": 1, "cache_read_input_tokens": 100_000, "output_tokens": 0}
    assert cost(read, HAIKU).dollars == pytest.approx((1 * 0.5 + 100_000 * 0.05) / 1e6), "what is read counts as prompt"


def test_a_dated_snapshot_costs_what_its_model_costs():
    assert cost(model="claude-opus-5-5-20260922").dollars == cost().dollars


@pytest.mark.parametrize("model", ["claude-fable-5-2", "claude-opus-9", ""])
def test_an_unknown_price_is_a_dash_and_breaks_nothing(model):
    unknown = cost(model=model)
    assert str(unknown) == "–"
    assert unknown.unpriced == (model,)
    both = unknown + cost()
    assert str(both) == f"at least {in_dollars(cost().dollars)}"
    assert not both.known


def test_a_kind_of_token_without_a_price_makes_the_cost_unknown():
    extend("my-model", can_end=True, price={"input": 1.0, "output": 2.0})
    assert cost({"input_tokens": 1_000_000, "output_tokens": 0}, "my-model").dollars == 1.0
    assert str(cost(model="my-model")) == "–"


@pytest.mark.parametrize(
    ("usage", "request_"),
    [
        ({"speed": "fast"}, {}),
        ({}, {"speed": "fast"}),
        ({"inference_geo": "us"}, {}),
        ({"service_tier": "priority"}, {"service_tier": "auto"}),
    ],
)
def test_another_list_of_prices_is_not_guessed(usage, request_):
    assert str(cost({**USAGE, **usage}, request=request_)) == "–"


def test_the_usual_ways_are_named_and_cost_the_usual():
    usual = {**USAGE, "speed": "standard", "inference_geo": "global", "service_tier": "standard"}
    assert cost(usual, request={"service_tier": "auto"}).dollars == cost().dollars


def test_the_rehearsal_costs_nothing_and_says_so():
    rehearsed = cost(model="rehearsal-1", provider="rehearsal")
    assert str(rehearsed) == "no cost (rehearsal)"
    assert str(rehearsed + cut_call("rehearsal")) == "no cost (rehearsal)"
    assert str(rehearsed + cost()) == in_dollars(cost().dollars)


def test_a_cut_call_makes_it_a_least_cost():
    assert str(cut_call("claude")) == "–"
    assert str(cost() + cut_call("claude")) == f"at least {in_dollars(cost().dollars)}"


def test_nothing_asked_is_a_dash_and_no_free_lunch():
    assert str(Cost()) == "–"
    assert not Cost().free


@pytest.mark.parametrize("usage", [{}, {"input_tokens": None}, {"input_tokens": "7"}, {"input_tokens": True}])
def test_counts_that_are_none_count_as_none(usage):
    assert tokens_of(usage) == Tokens()
    assert tokens_of({"cache_creation": 7, "cache_creation_input_tokens": -1}) == Tokens()


def test_a_sum_keeps_the_day_of_the_list_and_names_each_model_once():
    both = total([cost(), cost(model="claude-fable-5-2"), cost(model="claude-fable-5-2")])
    assert (both.calls, both.unpriced) == (3, ("claude-fable-5-2",))
    assert repr(both) == (
        f"Cost(at least {in_dollars(cost().dollars)}; no price known: claude-fable-5-2; prices of {both.as_of})"
    )


@pytest.mark.parametrize(
    ("dollars", "shown"),
    [
        (0, "$0.00"),
        (0.00001, "<$0.0001"),
        (0.01234, "$0.0123"),
        (0.9, "$0.9000"),
        (1.005, "$1.00"),
        (1234.5, "$1,234.50"),
    ],
)
def test_amounts_are_shown_with_the_places_that_they_need(dollars, shown):
    assert in_dollars(dollars) == shown


def test_the_list_is_dated_and_says_where_it_is_from():
    assert isinstance(catalogue().prices_as_of, date)
    assert "Anthropic" in catalogue().prices_from
    priced = [model for model in catalogue() if model.price]
    assert len(priced) > 10
    for model in priced:
        assert set(model.price) == {"input", "output", "cache_read", "cache_write", "cache_write_1h"}, model.id
