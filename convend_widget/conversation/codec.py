"""Events as canonical JSON and back, with a schema version. Canonical: ASCII only, no spaces, defaults left out.

ASCII only, so that text of any kind (lone surrogates and NUL too) comes back exactly as it was. One thing cannot: a
surrogate pair that was cut in two and then put together again is one character when it comes back, as it is in every
browser.
"""

from __future__ import annotations

import json
import types
from collections.abc import Callable, Iterable, Iterator
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import cache
from itertools import islice
from typing import Any, Literal, NoReturn, Union, get_args, get_origin, get_type_hints

from ..errors import StoreDamaged, StoreTooNew
from .events import EVENTS, Event
from .values import made

# Moves when an event of a known kind changes its fields or its meaning. A new kind does not move it: a version that
# does not know the kind refuses the conversations that have one, by name, and goes on reading all others.
SCHEMA = 1
Row = tuple[str, str, float]  # kind, body, at
TOGETHER = 256  # rows whose bodies are parsed in one go, which takes a little over half the time
_dump = json.JSONEncoder(ensure_ascii=True, separators=(",", ":"), allow_nan=False).encode


def encode(event: Event) -> str:
    """The event's body. ``kind`` and ``at`` are not in it: they are stored beside it.

    Raises ``ValueError`` for what JSON cannot hold (NaN, infinity, an endless whole number, endless nesting) and for
    fields of a wrong type: what cannot be read again must not get into a log, since it would close it for ever.
    """
    plain = _plain(event)
    del plain["at"]
    try:
        body = _dump(plain)
        decode(event.kind, body, event.at)
    except RecursionError:
        raise ValueError("the event is nested too deep to be stored") from None
    except (TypeError, StoreDamaged) as error:
        raise ValueError(f"the event could not be read again: {error}") from None
    return body


def decode(kind: str, body: str, at: float) -> Event:
    """The event of this kind. An unknown kind raises ``StoreTooNew``; a field that is unknown, missing or of a wrong
    type ``StoreDamaged``.
    """
    try:
        return _event(kind, _load(body), at)
    except (ValueError, TypeError, ArithmeticError, RecursionError) as error:
        raise StoreDamaged(f"An event of kind {kind!r} cannot be read: {error}.") from None


def decode_all(rows: Iterable[Row]) -> Iterator[Event]:
    """The events of many rows, as ``decode`` gives them one by one."""
    left = iter(rows)
    while some := list(islice(left, TOGETHER)):
        bodies = _load_together([body for _, body, _ in some])
        if bodies is None:
            yield from (decode(*row) for row in some)  # one of them is damaged: say which
            continue
        for (kind, body, at), values in zip(some, bodies):  # noqa: B905 - strict costs, and _load_together has counted
            try:
                event = _event(kind, values, at)
            except (ValueError, TypeError, ArithmeticError):
                event = decode(kind, body, at)
            yield event


def _event(kind: str, values: Any, at: float) -> Event:
    cls = EVENTS.get(kind)
    if cls is None:
        raise StoreTooNew(f"There are events of kind {kind!r}, which this version does not know.")
    if kind == "started" and isinstance(values, dict) and _is_newer(values.get("schema")):
        raise StoreTooNew(f"This conversation has schema {values['schema']}; this version knows {SCHEMA}.")
    _exactly(dict, values)["at"] = at
    event: Event = _form(cls).read(values)
    return event


def _is_newer(schema: object) -> bool:
    return isinstance(schema, int) and schema > SCHEMA


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number in JSON")


_load = json.JSONDecoder(parse_constant=_refuse_constant).decode


def _load_together(bodies: list[str]) -> list[Any] | None:
    """The values of these bodies, or None where one of them is not one JSON object."""
    if not all(body[:1] == "{" and body[-1:] == "}" for body in bodies):
        return None
    try:
        values: list[Any] = _load(f"[{','.join(bodies)}]")
    except (ValueError, RecursionError):
        return None
    return values if len(values) == len(bodies) else None


class _Form:
    """How one dataclass is read and written: worked out once from its fields and their types."""

    def __init__(self, cls: type) -> None:
        self.cls = cls
        hints = get_type_hints(cls)
        found = fields(cls)
        self.required = {f.name for f in found if f.default is MISSING and f.default_factory is MISSING}
        self.makers = [(f.name, f.default_factory) for f in found if f.default_factory is not MISSING]
        self.readers = {f.name: _reader(hints[f.name]) for f in found}
        self.plainly = {f.name: kind for f in found if (kind := _plain_type(hints[f.name])) is not None}
        self.writers = [(f.name, _default(f), _writer(hints[f.name])) for f in found]

    def read(self, values: Any) -> Any:
        """A value from its plain JSON, which becomes the value's own. Raises TypeError."""
        plainly = self.plainly
        for name, value in _exactly(dict, values).items():
            if type(value) is not plainly.get(name):
                reader = self.readers.get(name) or _wrong(f"no field {name!r}", value)
                values[name] = reader(value)
        if not self.required <= values.keys():
            raise TypeError(f"there is no {min(self.required - values.keys())}")
        for name, make in self.makers:
            if name not in values:
                values[name] = make()
        return made(self.cls, values)

    def write(self, value: Any) -> dict[str, Any]:
        """The value as plain JSON, defaults left out."""
        plain: dict[str, Any] = {}
        for name, default, writer in self.writers:
            item = getattr(value, name)
            if item is default or (item == default and type(item) is type(default)):
                continue
            plain[name] = item if writer is None else writer(item)
        return plain


_forms: dict[type, _Form] = {}


def _form(cls: type) -> _Form:
    form = _forms.get(cls)
    if form is None:
        form = _forms[cls] = _Form(cls)
    return form


def _plain(value: Any) -> dict[str, Any]:
    return _form(type(value)).write(value)


def _default(f: Field[Any]) -> Any:
    if f.default_factory is not MISSING:
        return f.default_factory()
    return f.default  # MISSING, where there is none, equals no value


def _plain_type(hint: Any) -> type | None:
    """The type that values of this hint nearly always have, where such a value is right as it is."""
    inner = _without_none(hint)
    kind = get_origin(inner) or inner
    return kind if kind in (str, int, bool, float, dict) else None


def _without_none(hint: Any) -> Any:
    if get_origin(hint) in (Union, types.UnionType):
        return next(a for a in get_args(hint) if a is not type(None))
    return hint


def _writer(hint: Any) -> Callable[[Any], Any] | None:
    """How a value of this type becomes plain JSON; None where it is plain already."""
    inner = _without_none(hint)
    if is_dataclass(inner):
        return lambda value: None if value is None else _plain(value)
    if get_origin(inner) is tuple and is_dataclass(get_args(inner)[0]):
        return lambda value: [_plain(item) for item in value]
    return None


@cache
def _reader(hint: Any) -> Callable[[Any], Any]:
    """A function that turns plain JSON into a value of this type, or raises TypeError."""
    if isinstance(hint, type) and is_dataclass(hint):
        return lambda value: _form(hint).read(value)
    origin, args = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        inner = _reader(_without_none(hint))
        return lambda value: None if value is None else inner(value)
    if origin is tuple:
        return _tuple_reader(args[0])
    if origin is Literal:
        return lambda value: value if value in args else _wrong(f"one of {args}", value)
    if hint is float:
        return _number
    return lambda value: _exactly(origin or hint, value)


def _tuple_reader(hint: Any) -> Callable[[Any], Any]:
    each, plainly = _reader(hint), _plain_type(hint)

    def read(value: Any) -> Any:
        items = _exactly(list, value)
        return tuple([item if type(item) is plainly else each(item) for item in items])

    return read


def _number(value: Any) -> float:
    return float(value) if type(value) in (int, float) else _wrong("a number", value)


def _exactly(kind: type, value: Any) -> Any:
    return value if type(value) is kind else _wrong(kind.__name__, value)


def _wrong(wanted: str, value: Any) -> NoReturn:
    raise TypeError(f"{wanted} was expected, not {type(value).__name__}")
