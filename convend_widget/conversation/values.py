"""Making frozen values quickly.

``__init__`` of a frozen dataclass goes through ``object.__setattr__`` once a field, which is most of what opening a
long conversation costs. These two hand the fields over as they are; a field that is left out has its class's default.
Nothing is checked: they are for the fold and the codec, which have checked already.
"""

from __future__ import annotations

from typing import Any, TypeVar

T = TypeVar("T")
_new = object.__new__
_set = object.__setattr__


def made(cls: type[T], fields: dict[str, Any]) -> T:
    """An instance with these fields. The dictionary becomes the instance's own."""
    value = _new(cls)
    _set(value, "__dict__", fields)
    return value


def changed(value: T, **changes: Any) -> T:
    """The same value with some fields changed, as ``dataclasses.replace`` would make it."""
    return made(type(value), {**vars(value), **changes})
