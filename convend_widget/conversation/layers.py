"""A persistent map in two layers: changing it is cheap and leaves every earlier version as it was.

A big shared ``base`` lies under a small ``recent`` layer; only the small one is copied for a change. When it has grown
past ``LIMIT`` the two are joined, once in ``LIMIT`` new keys, so that a change costs nearly the same at the first
message and at the ten-thousandth.
"""

from __future__ import annotations

from collections.abc import ItemsView, Iterator, Mapping, ValuesView
from typing import Any, Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")
LIMIT = 256


class Layers(Mapping[K, V], Generic[K, V]):
    """An immutable mapping. ``editor()`` opens a change; ``Editor.done()`` gives the new version."""

    __slots__ = ("_base", "_recent", "_size")

    def __init__(
        self, base: dict[K, V] | None = None, recent: dict[K, V] | None = None, size: int | None = None
    ) -> None:
        self._base: dict[K, V] = {} if base is None else base
        self._recent: dict[K, V] = {} if recent is None else recent
        self._size = len(self._base) if size is None else size

    def __getitem__(self, key: K) -> V:
        if key in self._recent:
            return self._recent[key]
        return self._base[key]

    def __contains__(self, key: object) -> bool:
        return key in self._recent or key in self._base

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[K]:
        """Keys in the order in which they first came."""
        return (key for key, _ in self._pairs())

    def values(self) -> ValuesView[V]:
        return _Values(self)

    def items(self) -> ItemsView[K, V]:
        return _Items(self)

    def _pairs(self) -> Iterator[tuple[K, V]]:
        """Keys and values, one look at each layer; whoever wants the first only does not pay for all."""
        recent, base = self._recent, self._base
        for key, value in base.items():
            yield key, recent.get(key, value)
        for key, value in recent.items():
            if key not in base:
                yield key, value

    def editor(self) -> Editor[K, V]:
        """Open a change to this version, which itself stays as it is."""
        return Editor(self)


class _Values(ValuesView[V]):
    _mapping: Layers[Any, V]

    def __iter__(self) -> Iterator[V]:
        return (value for _, value in self._mapping._pairs())


class _Items(ItemsView[K, V]):
    _mapping: Layers[K, V]

    def __iter__(self) -> Iterator[tuple[K, V]]:
        return self._mapping._pairs()


class Editor(Generic[K, V]):
    """A change to a ``Layers`` that is under way; it copies the small layer at its first write.

    ``done()`` is the last call: what it gave must not change any more. Throwing an editor away changes nothing.
    """

    __slots__ = ("_base", "_before", "_recent", "_size")

    def __init__(self, before: Layers[K, V]) -> None:
        self._before: Layers[K, V] | None = before  # None from the first write on
        self._base, self._recent, self._size = before._base, before._recent, before._size

    def __contains__(self, key: object) -> bool:
        return key in self._recent or key in self._base

    def __getitem__(self, key: K) -> V:
        if key in self._recent:
            return self._recent[key]
        return self._base[key]

    def get(self, key: K) -> V | None:
        found = self._recent.get(key)
        return self._base.get(key) if found is None else found

    def __setitem__(self, key: K, value: V) -> None:
        if self._before is not None:
            self._before, self._recent = None, dict(self._recent)
        if key not in self._recent and key not in self._base:
            self._size += 1
        self._recent[key] = value

    def done(self) -> Layers[K, V]:
        """The new version, or the very same one where nothing was written."""
        if self._before is not None:
            return self._before
        if len(self._recent) <= LIMIT:
            return Layers(self._base, self._recent, self._size)
        return Layers({**self._base, **self._recent} if self._base else self._recent)
