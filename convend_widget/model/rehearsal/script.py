"""Scenarios: the scripts of rehearsed lessons, as TOML files.

A scenario holds turns. Each has the person's words, as `play()` sends them, and the steps of the reply: one step is
one model call, and after a step with tool calls the next one is served when their results have come.

``[variation]`` makes a lesson vary. It is used only when the rehearsal has a seed, and then each run draws anew, so
that the true rate is known and an estimate can be held against it:

* ``ends``: the chance that a scripted call of ``end_conversation`` is made. Otherwise the reply is ``instead``.
* ``ends_early``: the chance that a reply which would give the final warning tries to end at once, with the words of
  the scripted ending. Where a gate blocks that, the scripted reply follows.

* ``warns``: the chance that a scripted final warning is given. Otherwise the reply is ``instead``, and the gates of
  ``last_resort`` block the ending that would have followed.
* ``ends_anyway``: the chance that a reply to words that are not the script's tries to end at once, whatever they are: a
  stand-in for a hasty model, so that an audit of false endings can be held against the truth.

Where the gates of ``last_resort`` are enforced, the rate of ended runs of a script like ``persistent_abuse`` is
``warns * ends`` from any message before the final warning, and ``ends`` from there on; where they are only observed it
is ``ends_early + (1 - ends_early) * ends``.
"""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError, model_validator

from ...errors import SettingsError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # type: ignore[import-not-found,unused-ignore]  # only where Python lacks its own

CONFIRMATIONS = {"yes": "Yes, please end this conversation.", "no": "No, let's go on."}
"""What the panel's buttons say for the person when a model asks whether the conversation shall end."""

SHIPPED = (
    "calm",
    "heated_debate",
    "persistent_abuse",
    "asked_to_end",
    "person_at_risk",
    "injection",
    "refusal",
    "network_cut",
)
"""The shipped scenarios, in the order in which a lesson would show them."""


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Cut(_Record):
    """The connection breaks after so many characters of text. ``clean``: the stream just ends, without an error."""

    kind: Literal["cut"]
    after: int = Field(ge=0)
    clean: bool = False
    times: int = Field(default=1, ge=1)


class Status(_Record):
    """An HTTP error in place of the reply. ``retry_after`` in seconds."""

    kind: Literal["status"]
    status: int = Field(ge=400, le=599)
    retry_after: float | None = None
    times: int = Field(default=1, ge=1)


class ErrorEvent(_Record):
    """An ``error`` event in the stream after so many characters of text."""

    kind: Literal["error_event"]
    type: str = "overloaded_error"
    after: int = Field(default=0, ge=0)
    times: int = Field(default=1, ge=1)


class Stall(_Record):
    """Silence after so many characters of text, until the client's read timeout or for ever."""

    kind: Literal["stall"]
    after: int = Field(default=0, ge=0)
    times: int = Field(default=1, ge=1)


Fault = Annotated[Cut | Status | ErrorEvent | Stall, Field(discriminator="kind")]
"""Each happens the first ``times`` times that a transport sees the request; after that the reply is whole."""


class ToolCall(_Record):
    """A call of the model. The input is sent as it stands, also where it does not fit the tool's schema."""

    name: str = Field(min_length=1)
    input: dict[str, JsonValue] = Field(default_factory=dict)


class Step(_Record):
    """One model call of a reply."""

    text: str = ""
    thinking: str | None = None
    tools: tuple[ToolCall, ...] = ()
    stop_reason: str = ""
    stop_details: dict[str, JsonValue] | None = None
    fault: Fault | None = None

    @model_validator(mode="before")
    @classmethod
    def _stop_as_the_content_says(cls, data: Any) -> Any:
        if isinstance(data, dict) and not data.get("stop_reason"):
            return {**data, "stop_reason": "tool_use" if data.get("tools") else "end_turn"}
        return data

    @model_validator(mode="after")
    def _stop_fits_the_content(self) -> Step:
        if self.stop_reason == "tool_use" and not self.tools:
            raise ValueError("stop_reason is tool_use, but the step calls no tool")
        if self.stop_details is not None and self.stop_reason != "refusal":
            raise ValueError('stop_details belong to stop_reason = "refusal"')
        return self


class Turn(_Record):
    """What the person says, and the steps of the reply.

    ``confirm``: the person presses this button of the panel; the text is the button's. ``retry``: after this turn,
    `play()` asks for the reply once more, as the person would after a cut.
    """

    user: str = Field(min_length=1)
    confirm: Literal["yes", "no"] | None = None
    retry: bool = False
    steps: tuple[Step, ...] = Field(min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _button_text(cls, data: Any) -> Any:
        if isinstance(data, dict) and "user" not in data and data.get("confirm") in CONFIRMATIONS:
            return {**data, "user": CONFIRMATIONS[data["confirm"]]}
        return data

    @model_validator(mode="after")
    def _button_says_its_text(self) -> Turn:
        if self.confirm and self.user != CONFIRMATIONS[self.confirm]:
            raise ValueError(f'with confirm = "{self.confirm}" leave user out: the button has its own text')
        if not self.user.strip():
            raise ValueError("user must hold more than spaces")
        return self


class Variation(_Record):
    """Chances from 0 to 1, drawn for each run when the rehearsal has a seed. See the top of this module."""

    ends: float = Field(default=1.0, ge=0, le=1)
    ends_early: float = Field(default=0.0, ge=0, le=1)
    warns: float = Field(default=1.0, ge=0, le=1)
    ends_anyway: float = Field(default=0.0, ge=0, le=1)
    instead: str = Field(default="Let us leave it there for a moment. I am still here to help.", min_length=1)


class Scenario(_Record):
    """A rehearsed lesson. ``lesson`` says what to look at, ``policy`` under which policy it is meant to run."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str = Field(min_length=1)
    summary: str = Field(min_length=1)
    lesson: str = Field(min_length=1)
    policy: str = "last_resort"
    system: str | None = None
    variation: Variation | None = None
    turns: tuple[Turn, ...] = Field(min_length=1)

    def __repr__(self) -> str:
        return f"Scenario({self.name!r}, {len(self.turns)} turns)"


@dataclass(frozen=True, repr=False)
class ScenarioInfo:
    """A line of the list of scenarios. ``turns`` counts the person's messages."""

    name: str
    title: str
    summary: str
    turns: int

    def __repr__(self) -> str:
        return f"ScenarioInfo({self.name!r}, {self.title!r}, {self.turns} turns)"


def scenarios() -> list[ScenarioInfo]:
    """The scenarios that ship, in the order of a lesson."""
    loaded = (load_scenario(name) for name in SHIPPED)
    return [ScenarioInfo(one.name, one.title, one.summary, len(one.turns)) for one in loaded]


def load_scenario(name_or_path: str | Path | Scenario) -> Scenario:
    """A shipped scenario by name, or one of your own by the path of its TOML file (``"talk.toml"`` or a `Path`).

    Raises `SettingsError`, which names the file and the turn at fault.
    """
    if isinstance(name_or_path, Scenario):
        return name_or_path
    if isinstance(name_or_path, str) and name_or_path in SHIPPED:
        return _shipped(name_or_path)
    if isinstance(name_or_path, str) and not name_or_path.endswith(".toml"):
        near = difflib.get_close_matches(name_or_path, SHIPPED, n=1)
        hint = f"Did you mean {near[0]!r}? " if near else ""
        raise SettingsError(
            f"There is no scenario {name_or_path!r}.",
            advice=f"{hint}Choose one of {', '.join(SHIPPED)}, or pass the path of a .toml file.",
        )
    path = Path(name_or_path)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"The scenario {path.name} cannot be read: {error}.") from None
    return parse_scenario(text, source=path.name)


@cache
def _shipped(name: str) -> Scenario:
    source = f"{name}.toml"
    text = (files(__package__) / "scenarios" / source).read_text(encoding="utf-8")
    return parse_scenario(text, source=source)


def parse_scenario(text: str, *, source: str = "scenario") -> Scenario:
    """Read a scenario from TOML. ``source`` names it in errors. Raises `SettingsError`."""
    try:
        return Scenario.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{source} is not valid TOML: {error}.") from None
    except ValidationError as error:
        raise SettingsError(f"{source}: {_problems(error)}.") from None


def _problems(error: ValidationError) -> str:
    found = error.errors(include_url=False)
    # A list whose items failed is also reported as too short; the items say what is wrong.
    inner = [one for one in found if not any(_holds(one["loc"], other["loc"]) for other in found)]
    return "; ".join(f"{_place(one['loc'])}: {one['msg'].removeprefix('Value error, ')}" for one in inner)


def _holds(outer: tuple[int | str, ...], inner: tuple[int | str, ...]) -> bool:
    return len(outer) < len(inner) and inner[: len(outer)] == outer


def _place(location: Iterable[int | str]) -> str:
    """The place of a mistake in words: ``turn 2, step 1, text``."""
    words: list[str] = []
    for part in location:
        if isinstance(part, int) and words:
            words[-1] = f"{words[-1].removesuffix('s')} {part + 1}"
        else:
            words.append(str(part))
    return ", ".join(words) or "the file"
