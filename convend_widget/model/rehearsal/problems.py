"""What is wrong with a scenario, in words for whoever wrote it: all of it at once, with the nearest right word."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from .course import branch
from .request import END, WARN
from .script import STOP_REASONS, Cut, ErrorEvent, Feedback, Scenario, Stall, Status, Step, ToolCall, Turn, Variation
from .where import Place

TOOLS = (WARN, END)
_FAULTS: dict[str, type[BaseModel]] = {"cut": Cut, "status": Status, "error_event": ErrorEvent, "stall": Stall}
_TABLES: dict[str, type[BaseModel]] = {
    "steps": Step,
    "turns": Turn,
    "tools": ToolCall,
    "variation": Variation,
    "feedback": Feedback,
}
_HOMES: dict[type[BaseModel], str] = {
    Scenario: "at the top of the file, before the first [[turns]]",
    Turn: "below [[turns]] and before its [[turns.steps]]",
    Step: "below [[turns.steps]]",
    Variation: "below [variation]",
}
_KINDS = {
    "string": "text in quotes",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "tuple": "a list in [brackets]",
    "dict": "a table in {braces}",
    "model": "a table in {braces}",
    "model_attributes": "a table in {braces}",
}
_LONGEST = 60  # characters of what a file says, as an error repeats it
_DEEPEST = 9  # parts of a place that an error names

# In "…" a backslash and some letters make one character, and formulas have such commands. Other tabs are left alone.
_LOST = re.compile(
    r"[\x08\x0c\r][A-Za-z]+|\t(?:heta|imes|ext\w*|an|anh|au|op|ilde|riangle\w*|frac|ag|hin)\b|\n(?:abla|otin)\b"
)
_ESCAPES = {"\b": "\\b", "\f": "\\f", "\r": "\\r", "\t": "\\t", "\n": "\\n"}


@dataclass(frozen=True)
class Problem:
    """One mistake: where it stands (see ``where.py``), what it is, and what to do about it."""

    place: Place
    what: str
    advice: str = ""

    def told(self, line: int | None = None) -> str:
        """In one or two sentences, which begin with the line and the place."""
        there = ", ".join(part for part in (f"line {line}" if line else "", in_words(self.place)) if part)
        return f"{there or 'the file'}: {self.what}.{f' {self.advice}' if self.advice else ''}"


def nearest(word: object, known: Iterable[str], *, otherwise: str = "Use one of") -> str:
    """``Did you mean 'text'?``, or what there is."""
    known = list(known)
    near = _meant(str(word).lower(), known)
    return f"Did you mean {near!r}?" if near else f"{otherwise} {', '.join(known)}."


def _meant(word: str, known: Sequence[str]) -> str | None:
    return next(iter(difflib.get_close_matches(word[:_LONGEST], known, n=1)), None)


def shown(value: object) -> str:
    """What the file says, short and without what a terminal would obey."""
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def in_words(place: Place) -> str:
    """A place in words: ``turn 2, step 1, text``."""
    words: list[str] = []
    for part in place[:_DEEPEST]:
        if isinstance(part, int) and words:
            words[-1] = f"{words[-1].removesuffix('s')} {part + 1}"
        else:
            words.append(str(part) if str(part).isidentifier() else shown(part))
    words += ["…"] * (len(place) > _DEEPEST)
    return ", ".join(words)


# -- what does not have the shape of a scenario


def of_shape(error: ValidationError) -> list[Problem]:
    """A problem for each thing that pydantic found."""
    found = error.errors(include_url=False)
    # A list whose items failed is also reported as too short; the items say what is wrong.
    inner = [one for one in found if not any(_holds(one["loc"], other["loc"]) for other in found)]
    return [_problem(one) for one in inner if not _other_choice(one)]


def _other_choice(one: Any) -> bool:
    """Whether this is only the way not taken: a promise is a word or a table, and both were tried."""
    if "expect" not in one["loc"][-2:-1]:
        return False
    return one["type"] == "dict_type" or (one["type"] == "literal_error" and isinstance(one["input"], dict))


def _holds(outer: Place, inner: Place) -> bool:
    return len(outer) < len(inner) and inner[: len(outer)] == outer


def _problem(one: Any) -> Problem:
    kind, context = one["type"], one.get("ctx", {})
    place = tuple(part for i, part in enumerate(one["loc"]) if not _names_a_choice(one["loc"], i))
    if kind == "extra_forbidden":
        return Problem(place, "there is no such key here", _where_it_belongs(str(place[-1]), one["loc"][:-1]))
    if kind == "missing":
        return Problem(place[:-1], f"the key {place[-1]!r} is missing")
    if kind == "literal_error":
        return Problem(place, f"{shown(one['input'])} is not known here", nearest(one["input"], _choices(context)))
    if kind == "union_tag_invalid":
        return Problem((*place, "kind"), f"there is no fault {shown(context['tag'])}", nearest(context["tag"], _FAULTS))
    if kind == "union_tag_not_found":
        return Problem(place, "the key 'kind' is missing", f"Use one of {', '.join(_FAULTS)}.")
    if brackets := _brackets(place, kind, one["input"]):
        return Problem(place, *brackets)
    return Problem(place, _sentence(kind, context, one))


def _brackets(place: Place, kind: str, given: Any) -> tuple[str, str] | None:
    """The usual slip with tables: one pair of brackets for a list of them, or two for a single one."""
    name = ".".join(part for part in place if isinstance(part, str))
    if kind == "tuple_type" and isinstance(given, dict) and name in ("turns", "turns.steps"):
        return f"[{name}] opens a single table", f"Write [[{name}]], with two brackets on each side."
    if kind in ("model_type", "model_attributes_type") and isinstance(given, list) and name in ("variation",):
        return f"[[{name}]] opens a list", f"Write [{name}], with one bracket on each side."
    return None


def _sentence(kind: str, context: dict[str, Any], one: Any) -> str:
    if kind == "value_error":
        return str(context["error"])
    if kind == "string_pattern_mismatch":
        return f"{shown(one['input'])} cannot be a name: small letters, digits and _, and a letter first"
    if kind in ("string_too_short", "too_short"):
        return "it is empty"
    if kind == "too_long":
        return f"there are more than {context['max_length']}"
    base = kind.removesuffix("_type").removesuffix("_parsing")
    if base in _KINDS:
        return f"must be {_KINDS[base]}, not {shown(one['input'])}"
    if "ge" in context or "le" in context:
        bound = f"at least {context['ge']:g}" if "ge" in context else f"at most {context['le']:g}"
        return f"must be {bound}, not {shown(one['input'])}"
    return str(one["msg"])


def _choices(context: dict[str, Any]) -> list[str]:
    """The words that pydantic lists as ``'a', 'b' or 'c'``."""
    return [word.strip(" '") for word in str(context["expected"]).replace(" or ", ", ").split(",")]


def _names_a_choice(loc: Place, at: int) -> bool:
    """Whether this part of a location is the branch of a union that pydantic tried, which no file mentions."""
    return at > 0 and loc[at - 1] in ("fault", "expect") and (loc[at] in _FAULTS or "[" in str(loc[at]))


def _where_it_belongs(key: str, loc: Place) -> str:
    """The usual slip is a key below the wrong line in brackets."""
    home = next((words for record, words in _HOMES.items() if key in record.model_fields), "")
    return f"It belongs {home}." if home else nearest(key, _keys_at(loc))


def _keys_at(loc: Place) -> list[str]:
    names = [part for part in loc if isinstance(part, str)]
    last = names[-1] if names else ""
    record = _FAULTS.get(last) or _TABLES.get(last, Scenario)
    return list(record.model_fields)


# -- what has the shape, and cannot be meant


def of_sense(script: Scenario) -> Iterator[Problem]:
    """What no single key shows: lost formulas, edits of what is not there, unknown tools, steps that never come."""
    for place, text in _texts(script.model_dump()):
        if lost := _LOST.search(text):
            written = _ESCAPES[lost[0][0]] + lost[0][1:][: _LONGEST // 3]
            told = f'{shown(written)[1:-1]} became another character, since a backslash in "…" begins one'
            yield Problem(place, told, "Put texts with formulas between ''' and '''.")
    for at, turn in enumerate(script.turns):
        yield from _of_edit(script.turns, at)
        for number, step in enumerate(turn.steps):
            yield from _of_step(step, ("turns", at, "steps", number), last=number == len(turn.steps) - 1)


def _texts(value: Any, place: Place = ()) -> Iterator[tuple[Place, str]]:
    """Every text in it, with its place."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, (list, tuple)) else ()
    for key, part in inner:
        if isinstance(part, str):
            yield (*place, key), part
        else:
            yield from _texts(part, (*place, key))


def _of_edit(turns: tuple[Turn, ...], at: int) -> Iterator[Problem]:
    edit, place = turns[at].edit, ("turns", at, "edit")
    if edit is None:
        return
    if edit > at:
        what = "itself" if edit == at + 1 else f"turn {edit}, which comes later" if edit <= len(turns) else None
        told = f"it edits {what}" if what else f"there is no turn {edit}"
        yield Problem(place, told, f"Give the number of an earlier turn, 1 to {at}." if at else "Nothing comes before.")
    elif branch(turns, at - 1)[: len(above := branch(turns, edit - 1)[:-1])] != above:
        yield Problem(place, f"turn {edit} is on another branch by then", "Edit a turn of the branch that goes on.")


def _of_step(step: Step, place: Place, *, last: bool) -> Iterator[Problem]:
    for number, call in enumerate(step.tools):
        if call.name not in TOOLS:
            where = (*place, "tools", number, "name")
            yield Problem(where, f"there is no tool {shown(call.name)}", nearest(call.name, TOOLS))
    near = _meant(step.stop_reason, STOP_REASONS)
    if near not in (None, step.stop_reason):
        yield Problem((*place, "stop_reason"), f"there is no {shown(step.stop_reason)}", f"Did you mean {near!r}?")
    if not last and not step.tools and step.stop_reason != "pause_turn":
        yield Problem(
            place,
            "nothing leads from this step to the next one",
            "A reply goes on after a tool call; else put all its words into one step.",
        )
