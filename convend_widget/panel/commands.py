"""What a browser may ask for. Anything else is refused and logged; nothing that it sends ever raises."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from ..errors import SettingsError
from ..markup import sound

logger = logging.getLogger("convend_widget.panel")
TEXT = 1_000_000  # characters of one message
WORDS = 20_000  # characters of feedback

Name = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9_.-]+$")]
Text = Annotated[str, Field(min_length=1, max_length=TEXT)]
Number = Annotated[int, Field(ge=0, le=2**53)]


class Command(BaseModel):
    """One command. ``c`` is its id: a command is done once, however often it arrives."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
    t: Literal["command"]
    c: Name
    conversation: Annotated[str, Field(max_length=100)]


class Hello(Command):
    """A view has opened. ``have``: the number of the last message that it heard."""

    do: Literal["hello"]
    have: Number | None


class Resync(Command):
    """A view has missed something after number ``have``, or wants to make sure that it has not."""

    do: Literal["resync"]
    have: Number


class Page(Command):
    """The rows that a snapshot left for later: those with a ``seq`` smaller than ``below``."""

    do: Literal["page"]
    below: Number


class Send(Command):
    """Write below ``parent`` (None: as the first message)."""

    do: Literal["send"]
    parent: Name | None
    text: Text


class Edit(Command):
    """Write beside a message of the person."""

    do: Literal["edit"]
    message: Name
    text: Text


class Retry(Command):
    """Ask for another reply."""

    do: Literal["retry"]
    message: Name


class Stop(Command):
    """Cut the running reply."""

    do: Literal["stop"]


class New(Command):
    """Begin a new conversation in this panel."""

    do: Literal["new"]


class Confirm(Command):
    """Answer the question whether to end."""

    do: Literal["confirm"]
    parent: Name
    yes: bool


class Feedback(Command):
    """A thumb and words on one message."""

    do: Literal["feedback"]
    message: Name
    thumb: Literal["up", "down"] | None
    words: Annotated[str, Field(max_length=WORDS)]


class Mark(Command):
    """A label (empty: none) and a star on one message."""

    do: Literal["mark"]
    message: Name
    label: Annotated[str, Field(max_length=WORDS)]
    starred: bool


class Archive(Command):
    """Put a branch out of sight, or back."""

    do: Literal["archive"]
    message: Name
    archived: bool


class Rehearse(Command):
    """Steer the lesson that is rehearsed here. ``speed`` is that of ``pace``, and else stays as it is."""

    do: Literal["rehearse"]
    act: Literal["play", "pause", "step", "reset", "pace"]
    speed: Literal[1, 2, 4, 8]


class Inspect(Command):
    """Show what the model saw in one call of a reply; ``call`` counts from 1."""

    do: Literal["inspect"]
    message: Name
    call: Annotated[int, Field(ge=1, le=100)]


class Chunk(Command):
    """A part of the panel's own code, which needs no conversation. ``sha256``: exactly what the view was promised."""

    conversation: Annotated[str, Field(max_length=100)] = ""

    do: Literal["chunk"]
    name: Name
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


Asked = Union[Send, Edit, Retry, Confirm]  # noqa: UP007 - an alias that 3.10 evaluates
Looking = Union[Hello, Resync, Page, Inspect, Chunk]  # noqa: UP007
Order = Union[Looking, Asked, Stop, New, Feedback, Mark, Archive, Rehearse]  # noqa: UP007
_ORDER: TypeAdapter[Order] = TypeAdapter(Annotated[Order, Field(discriminator="do")])


@dataclass(frozen=True, slots=True)
class Refused:
    """A message that is no command. ``c``: whom to answer, where that can be told."""

    c: str | None
    error: SettingsError


def decode(content: object) -> Order | Refused:
    """The command in a message of a browser, or why it is refused. Never raises."""
    try:
        if isinstance(content, dict):
            content = {name: sound(value) if isinstance(value, str) else value for name, value in content.items()}
        return _ORDER.validate_python(content)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_context=False, include_input=False)
        return _refuse(content, problems[0]["type"], [str(part) for part in problems[0]["loc"]])
    except (ValueError, TypeError, RecursionError) as error:
        return _refuse(content, type(error).__name__, [])


def _refuse(content: object, kind: str, place: list[str]) -> Refused:
    """What was sent is not logged: it may be long, private, or made to be read in a log."""
    logger.warning("A message of a browser was refused: %s at %.100r", kind, ".".join(place))
    if kind == "string_too_long" and place[-1:] in (["text"], ["words"]):
        most = TEXT if place[-1] == "text" else WORDS
        why = SettingsError(f"That is longer than {most:,} characters.", advice="Send less at once.")
    else:
        why = SettingsError("The kernel could not read this.", advice="Reload the page and try again.")
    return Refused(_command_id(content), why)


def _command_id(content: Any) -> str | None:
    c = content.get("c") if isinstance(content, dict) else None
    return c if isinstance(c, str) and 0 < len(c) <= 100 else None
