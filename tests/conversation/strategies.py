"""Hypothesis strategies for events and their values, made from the types of their fields."""

from __future__ import annotations

import types
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

from convend_widget.conversation import ConversationStarted

WEIRD = ["\x00", "\ud800", "\udfff\ud800", "\u202e", "\u2028", "\x1b[31m", "é", "é", "👩‍👩‍👧", "<b>", '"\\', "NaN"]


def joined(words: str) -> str:
    """The same text with cut surrogate pairs put together again, as every UTF-16 reader has them."""
    return words.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


any_text = st.one_of(
    st.sampled_from(WEIRD), st.text(st.characters(exclude_categories=()), max_size=12), st.text(max_size=4)
).map(joined)
numbers = st.one_of(
    st.integers(),
    st.sampled_from([2**53 + 1, -(2**64), 10**400, -(10**4000)]),
    st.floats(allow_nan=False, allow_infinity=False),
)
plain = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, any_text),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(any_text, inner, max_size=3)),
    max_leaves=6,
)
objects = st.dictionaries(any_text, plain, max_size=3)


@cache
def values(hint: Any) -> st.SearchStrategy[Any]:
    """Values of this type, every field given or left at its default."""
    if is_dataclass(hint):
        return whole(hint)  # type: ignore[arg-type]  # a class, as hints have it
    origin, args = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return st.one_of(*(values(a) for a in args))
    if origin is tuple:
        return st.lists(values(args[0]), max_size=3).map(tuple)
    if origin is Literal:
        return st.sampled_from(args)
    if hint == dict[str, str]:
        return st.dictionaries(any_text, any_text, max_size=2)
    if origin is dict:
        return objects
    known: dict[Any, st.SearchStrategy[Any]] = {
        str: any_text,
        bool: st.booleans(),
        int: st.integers(),
        float: st.floats(allow_nan=False, allow_infinity=False),
        type(None): st.none(),
    }
    return known[hint]


def whole(cls: type) -> st.SearchStrategy[Any]:
    """Instances of a dataclass with any of its fields set."""
    hints = get_type_hints(cls)
    if cls is ConversationStarted:
        hints["schema"] = Literal[0, 1]  # newer ones are not read at all
    return st.fixed_dictionaries(
        {f.name: values(hints[f.name]) for f in fields(cls) if f.name in _required(cls)},
        optional={f.name: values(hints[f.name]) for f in fields(cls) if f.name not in _required(cls)},
    ).map(lambda given: cls(**given))


def _required(cls: type) -> set[str]:
    return {f.name for f in fields(cls) if f.default is f.default_factory}  # both MISSING
