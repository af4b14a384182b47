"""From a file to a scenario: read with a limit, decoded, parsed and checked, with every mistake named by its line."""

from __future__ import annotations

import difflib
import errno
import stat
import sys
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ...errors import ScenarioRefused, SettingsError
from .problems import Problem, of_sense, of_shape
from .script import Scenario
from .slips import in_words
from .where import line_of, lines_of, too_deep

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # type: ignore[import-not-found,unused-ignore]  # only where Python lacks its own

BIGGEST = 256 * 1024  # bytes of a file; a long lesson has ten thousand
_MOST_TOLD = 20
ORDER = "order.txt"


@cache
def shipped() -> tuple[str, ...]:
    """The names of the scenarios that ship, in the order in which a course would show them: the gentle ones first."""
    return tuple((files(__package__) / "scenarios" / ORDER).read_text("utf-8").split())


@dataclass(frozen=True, repr=False)
class ScenarioInfo:
    """A line of the list of scenarios. ``turns`` counts the person's messages."""

    name: str
    title: str
    summary: str
    turns: int

    def __repr__(self) -> str:
        return f"ScenarioInfo({self.name!r}, {self.title!r}, {self.turns} turns)"


class Scenarios(list[ScenarioInfo]):
    """A list of scenarios that shows itself as a table."""

    def __repr__(self) -> str:
        name, title = (max((len(getattr(one, key)) for one in self), default=0) for key in ("name", "title"))
        return "\n".join(f"{one.name:<{name}}  {one.title:<{title}}  {one.summary}" for one in self)

    def _repr_html_(self) -> str:
        left = ' style="text-align:left"'
        head = "".join(f'<th scope="col"{left}>{word}</th>' for word in ("name", "title", "what happens"))
        rows = "".join(
            f'<tr><th scope="row"{left}><code>{escape(one.name)}</code></th>'
            f"<td{left}>{escape(one.title)}</td><td{left}>{escape(one.summary)}</td></tr>"
            for one in self
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def scenarios() -> Scenarios:
    """The scenarios that ship, in the order of a course: gentle ones first. A list; shown, it is a table."""
    loaded = (load_scenario(name) for name in shipped())
    return Scenarios(ScenarioInfo(one.name, one.title, one.summary, len(one.turns)) for one in loaded)


@dataclass(frozen=True)
class Source:
    """A scenario with where it came from: the ``name`` of its file, its ``text``, and the ``folder`` of one's own."""

    script: Scenario
    name: str
    text: str
    folder: Path | None = None

    def refused(self, problems: list[Problem]) -> ScenarioRefused:
        """The error for what is wrong with it, in the order of its lines."""
        return _refused(self.name, problems, self.text)


def load_scenario(name_or_path: str | Path | Scenario) -> Scenario:
    """A shipped scenario by name, or one of your own by the path of its TOML file (``"talk.toml"`` or a `Path`).

    Raises `SettingsError`; for a file it is a `ScenarioRefused`, which names every mistake with its line.
    """
    return name_or_path if isinstance(name_or_path, Scenario) else read_scenario(name_or_path).script


def read_scenario(name_or_path: str | Path) -> Source:
    """``load_scenario``, with where it came from."""
    if isinstance(name_or_path, str) and name_or_path in shipped():
        return _shipped(name_or_path)
    if isinstance(name_or_path, str) and not name_or_path.endswith(".toml"):
        advice = f"Choose one of {', '.join(shipped())}, or pass the path of a .toml file."
        raise SettingsError(f"There is no scenario {name_or_path!r}.", advice=f"{_meant(name_or_path)}{advice}")
    path = Path(name_or_path).expanduser()
    text = _text(path)
    return Source(parse_scenario(text, source=path.name), path.name, text, path.parent)


def _meant(name: str) -> str:
    """The hint for a name that is none: a file of that name, or one that ships and is spelt nearly so."""
    file = f"{name}.toml"
    if file in _beside(Path(file)):
        return f"For the file, write {file!r}. "
    near = difflib.get_close_matches(name, shipped(), n=1)
    return f"Did you mean {near[0]!r}? " if near else ""


@cache
def _shipped(name: str) -> Source:
    source = f"{name}.toml"
    text = (files(__package__) / "scenarios" / source).read_text(encoding="utf-8")
    return Source(parse_scenario(text, source=source), source, text)


def parse_scenario(text: str, *, source: str = "scenario") -> Scenario:
    """Read a scenario from TOML. ``source`` names it in errors. Raises `ScenarioRefused`."""
    if not text.strip():
        raise ScenarioRefused(source, ["it is empty."], advice="`convend scenario new NAME` writes one to begin with.")
    data = _parsed(text, source)
    try:
        script = Scenario.model_validate(data)
    except ValidationError as error:
        raise _refused(source, of_shape(error), text) from None
    if problems := list(of_sense(script)):
        raise _refused(source, problems, text)
    return script


def _refused(source: str, problems: list[Problem], text: str) -> ScenarioRefused:
    lines = lines_of(text)
    placed = sorted(((line_of(lines, one.place), one) for one in problems), key=lambda pair: pair[0] or 0)
    told = [one.told(line) for line, one in placed[:_MOST_TOLD]]
    more = len(placed) - _MOST_TOLD
    return ScenarioRefused(source, [*told, *([f"and {more} more."] if more > 0 else [])])


# -- bytes


def _text(path: Path) -> str:
    data = _bytes(path)
    if len(data) > BIGGEST:
        raise ScenarioRefused(path.name, [f"it is bigger than {BIGGEST >> 10} kB."], advice="Is this a scenario?")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise ScenarioRefused(path.name, ["this is UTF-16."], advice="Save it as UTF-8.")
    if b"\0" in data:
        raise ScenarioRefused(path.name, ["there are NUL bytes in it."], advice="Is this a text file?")
    try:
        return data.decode("utf-8-sig")  # some editors put a mark at the front
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ScenarioRefused(path.name, [f"line {line}: this is not UTF-8."], advice="Save it as UTF-8.") from None


def _bytes(path: Path) -> bytes:
    """What is in the file, or a little more than may be. A pipe or a device would never come to its end."""
    try:
        kind = path.stat().st_mode
        data = b""
        if stat.S_ISREG(kind):
            with path.open("rb") as file:
                data = file.read(BIGGEST + 1)
    except (OSError, ValueError) as error:
        raise ScenarioRefused(path.name or str(path), [_unreadable(path, error)]) from None
    if not stat.S_ISREG(kind):
        what = "this is a folder." if stat.S_ISDIR(kind) else "this is no file."
        raise ScenarioRefused(path.name or str(path), [what], advice="Pass the path of a .toml file.")
    return data


def _unreadable(path: Path, error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        near = difflib.get_close_matches(path.name, _beside(path), n=1)
        return f"there is no such file{f'. Did you mean {near[0]!r}?' if near else ' here.'}"
    if isinstance(error, OSError) and error.errno == errno.ELOOP:
        return "its links lead in a circle."
    return f"it cannot be read: {getattr(error, 'strerror', None) or error}."


def _beside(path: Path) -> list[str]:
    try:
        return [one.name for one in path.parent.glob("*.toml")][:1000]
    except OSError:
        return []


# -- TOML


def _parsed(text: str, source: str) -> dict[str, Any]:
    if line := too_deep(text):  # reading a key takes the square of its parts
        raise ScenarioRefused(source, [f"line {line}: this key has very many parts."], advice="Is this a scenario?")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ScenarioRefused(source, [in_words(text, str(error))]) from None
    except (ValueError, RecursionError) as error:  # a number of thousands of digits; nested very deep
        what = "it is nested too deep" if isinstance(error, RecursionError) else str(error)[:80]
        raise ScenarioRefused(source, [f"it cannot be read: {what}."]) from None
