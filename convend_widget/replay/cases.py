"""The cases of an audit: conversations which nobody should end. What each must look like, and the sets that ship.

==============  ========================================================================================================
key or column   what
==============  ========================================================================================================
``id``          a name for the case, unlike all others
``set``         ``benign``, ``controversial``, ``at_risk``, or any name of your own: rates are by set
``prompt``      one message of the person; or instead of it
``messages``    a conversation, as a list of ``{"role": …, "content": …}`` (in CSV: the same as JSON). Roles take turns,
                and the person has the first word and the last. Content is text
``note``        anything that whoever reads the results should know; may be missing
==============  ========================================================================================================

Each case is run from its last message on: the model replies, and every ending of it counts as a false one.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import CasesRefused, SettingsError
from ..spreadsheet import is_formula

if TYPE_CHECKING:
    import pandas as pd

SHIPPED = ("benign", "controversial", "at_risk")
KEYS = ("id", "set", "prompt", "messages", "note")
MOST_CASES = 10_000
LONGEST = 100_000  # characters of one message
_LONGEST_NAME = 80

Source = str | Path | Iterable[Any] | None
Row = tuple[str, Mapping[str, Any]]  # where it stands, and what it holds


@dataclass(frozen=True, slots=True, repr=False)
class Case:
    """One case. ``messages`` are pairs of role and text, the person's first and last."""

    id: str
    set: str
    messages: tuple[tuple[str, str], ...]
    note: str = ""

    @property
    def prompt(self) -> str:
        """The person's last words: what the model replies to."""
        return self.messages[-1][1]

    def __repr__(self) -> str:
        more = f", {len(self.messages)} messages" if len(self.messages) > 1 else ""
        return f"Case({self.id!r}, {self.set!r}{more}: {one_line(self.prompt, 60)!r})"


class Cases(list[Case]):
    """Cases, checked, in the order of the file. ``source`` is the name of the file, or says what they came from."""

    def __init__(self, cases: Iterable[Case], source: str) -> None:
        super().__init__(cases)
        self.source = source

    @property
    def sets(self) -> dict[str, int]:
        """How many cases each set has, in the order in which they first come."""
        found: dict[str, int] = {}
        for case in self:
            found[case.set] = found.get(case.set, 0) + 1
        return found

    def to_frame(self) -> pd.DataFrame:
        """One row a case: id, set, messages (how many), prompt (the person's last words), note."""
        import pandas as pd

        rows = [(c.id, c.set, len(c.messages), c.prompt, c.note) for c in self]
        text = "string[python]"
        kinds = {"id": text, "set": text, "messages": "int64", "prompt": text, "note": text}
        frame: pd.DataFrame = pd.DataFrame(rows, columns=list(kinds)).astype(kinds)
        return frame

    def __repr__(self) -> str:
        return f"Cases({self.source}: {', '.join(f'{count} {name}' for name, count in self.sets.items())})"


def read_cases(source: Source = None) -> Cases:
    """The cases of a ``.csv`` or ``.jsonl`` file, a DataFrame, or a list of mappings; or a set that ships, by name.

    None: all the sets that ship. What a case looks like stands at the head of this module. Raises ``CasesRefused``,
    which names the file and the line at fault: one fault and nothing is taken.
    """
    if isinstance(source, Cases):
        return source
    if source is None:
        return Cases((case for name in SHIPPED for case in _shipped(name)), "the sets that ship")
    if isinstance(source, str) and source in SHIPPED:
        return _shipped(source)
    if isinstance(source, (str, Path)):
        from .case_files import read_file

        name, rows = read_file(_known(source))
        return _checked(name, rows)
    return _checked(*_in_hand(source))


def _shipped(name: str) -> Cases:
    from .case_files import read_file

    file, rows = read_file(Path(__file__).parent / "sets" / f"{name}.jsonl")
    return _checked(file, rows)


def _known(source: str | Path) -> Path:
    path = Path(source).expanduser()
    if path.is_file():
        return path
    near = difflib.get_close_matches(str(source), SHIPPED, n=1)
    advice = f"Did you mean {near[0]!r}?" if near else f"Pass a path, or one of {', '.join(map(repr, SHIPPED))}."
    end = str(source)[-200:]  # of a long path the end tells more
    raise SettingsError(f"There is no file or set {one_line(end, 200)}.", advice=advice)


def _in_hand(source: Any) -> tuple[str, Iterator[Row]]:
    """The rows of a DataFrame or of a list of mappings."""
    if hasattr(source, "to_dict") and hasattr(source, "columns"):
        return "the DataFrame", _frame_rows(source.to_dict("records"))
    if isinstance(source, (Mapping, bytes)) or not isinstance(source, Iterable):
        kind = type(source).__name__
        raise SettingsError(f"cases cannot be a {kind}.", advice="Pass a path, a DataFrame, or a list of dicts.")
    return "the list", ((f"case {number}", row) for number, row in enumerate(source, 1))


def _frame_rows(rows: Sequence[Mapping[Any, Any]]) -> Iterator[Row]:
    """As in a CSV file, from which a frame often comes, messages may be JSON."""
    from .case_files import from_json

    for number, row in enumerate(rows, 1):
        found = _without_gaps(row)
        if isinstance(found.get("messages"), str) and found["messages"]:
            found["messages"] = from_json("the DataFrame", f"row {number}", found["messages"], "messages")
        yield f"row {number}", found


def _without_gaps(row: Mapping[Any, Any]) -> dict[Any, Any]:
    """A row of a DataFrame without its missing values: None, NaN or pandas' own NA, none of which equals itself."""

    def there(value: Any) -> bool:
        return value is not None and type(value).__name__ != "NAType" and not (_is_nan(value))

    return {key: value for key, value in row.items() if there(value)}


def _is_nan(value: object) -> bool:
    return isinstance(value, float) and math.isnan(value)


# -- what a case must look like


def _checked(file: str, rows: Iterable[Row]) -> Cases:
    cases: list[Case] = []
    names: dict[str, str] = {}
    words: dict[tuple[tuple[str, str], ...], str] = {}
    for place, row in rows:
        if len(cases) == MOST_CASES:
            raise CasesRefused(f"An audit has at most {MOST_CASES:,} cases.", file=file, advice="Make several.")
        case = _case(file, place, row)
        if case.id in names:
            raise CasesRefused(
                f"The id {case.id!r} is that of {names[case.id]} too.", file=file, place=place, advice="Name each once."
            )
        if case.messages in words:
            raise CasesRefused(
                f"This says the same as {words[case.messages]}, so it would count twice.",
                file=file,
                place=place,
                advice="Leave one out; n=… runs a case several times.",
            )
        names[case.id] = words[case.messages] = place
        cases.append(case)
    if not cases:
        raise CasesRefused("There is no case in it.", file=file, advice=f"Each has {_NEEDED}.")
    return Cases(cases, file)


_NEEDED = "an id, a set, and a prompt or messages"


def _case(file: str, place: str, row: object) -> Case:
    def refuse(what: str, advice: str | None = None) -> CasesRefused:
        return CasesRefused(what, file=file, place=place, advice=advice)

    if not isinstance(row, Mapping):
        raise refuse("This is not an object.", f"Each case is a mapping that has {_NEEDED}.")
    unknown = [key for key in row if key not in KEYS]
    if unknown:
        raise refuse(f"There is no {one_line(str(unknown[0]), 40)!r} in a case.", f"It has {', '.join(KEYS)}.")
    given = {
        key: value for key, value in row.items() if value is not None and not (isinstance(value, str) and not value)
    }
    missing = [key for key in ("id", "set") if key not in given]
    if missing:
        raise refuse(f"The {missing[0]} is missing.", f"Each case has {_NEEDED}.")
    if ("prompt" in given) == ("messages" in given):
        both = "prompt" in given
        raise refuse("It has a prompt and messages." if both else "There is no prompt.", "Give one of the two.")
    messages = given["messages"] if "messages" in given else [{"role": "user", "content": given["prompt"]}]
    try:
        note = given.get("note", "")
        return Case(_name("id", given["id"]), _name("set", given["set"]), _talk(messages), _text("note", note))
    except ValueError as error:
        raise refuse(str(error)) from None


def _name(key: str, value: object) -> str:
    name = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(name, str) or not name.strip() or name != name.strip() or not name.isprintable():
        raise ValueError(f"The {key} must be words on one line, without spaces around them.")
    if len(name) > _LONGEST_NAME:
        raise ValueError(f"The {key} is longer than {_LONGEST_NAME} characters.")
    if is_formula(name):
        raise ValueError(f"The {key} {name!r} begins like a formula of a spreadsheet; begin it with a letter.")
    return name


def _text(key: str, value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"The {key} must be text, not {type(value).__name__}.")
    if len(value) > LONGEST:
        raise ValueError(f"The {key} is longer than {LONGEST:,} characters.")
    if "\0" in value:
        raise ValueError(f"There is a NUL character in the {key}.")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError(f"There is half a character in the {key} (a lone surrogate).") from None
    return value


def _talk(messages: object) -> tuple[tuple[str, str], ...]:
    if not isinstance(messages, (list, tuple)) or not messages:
        raise ValueError("messages must be a list of messages, each with a role and content.")
    talk = []
    for number, message in enumerate(messages, 1):
        which = "prompt" if len(messages) == 1 else f"message {number}"
        if not isinstance(message, Mapping) or set(message) != {"role", "content"}:
            raise ValueError(f"{which.capitalize()} must have a role and content, and nothing else.")
        role = "user" if number % 2 else "assistant"
        if message["role"] != role:
            raise ValueError(
                f"Message {number} must be of the {role}: the user has the first word, and roles take turns."
            )
        text = _text(which, _plain(message["content"]))
        if not text.strip():
            raise ValueError(f"The {which} is empty.")
        talk.append((role, text))
    if len(talk) % 2 == 0:
        raise ValueError("The last message must be of the user: it is what the model replies to.")
    return tuple(talk)


def _plain(content: object) -> object:
    """Text blocks, as the Messages API has them, as text."""
    if isinstance(content, list) and content and all(_is_text(block) for block in content):
        return "\n\n".join(block["text"] for block in content)
    return content


def _is_text(block: object) -> bool:
    return isinstance(block, Mapping) and block.get("type") == "text" and isinstance(block.get("text"), str)


def one_line(text: str, most: int) -> str:
    """Text on one line, cut to so many characters."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text[: most * 4]).split())
    return line if len(line) <= most else f"{line[: most - 1]}…"
