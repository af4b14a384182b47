"""Scenarios: the scripts of rehearsed lessons, as TOML files. For whoever writes one: ``docs/scenarios.md``.

A scenario holds turns. Each has the person's words, as `play()` sends them, and the steps of the reply: one step is
one model call, and after a step with tool calls the next one is served when their results have come. A turn that edits
an earlier one begins a branch beside it, and the turns after it go on from there (``course.py``).

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

import re
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    StrictBool,
    StrictFloat,
    StrictInt,
    model_validator,
)

from . import course

CONFIRMATIONS = {"yes": "Yes, please end this conversation.", "no": "No, let's go on."}
"""What the panel's buttons say for the person when a model asks whether the conversation shall end."""

STOP_REASONS = (
    "end_turn",
    "tool_use",
    "max_tokens",
    "stop_sequence",
    "pause_turn",
    "refusal",
    "model_context_window_exceeded",
)
"""Those of the Messages API. A script may use another one, to show what happens if one is added."""

MOST_TURNS = 100
"""Of one scenario. A lesson has about five; what is sent grows with each, so that very many take very long."""

Came = Literal[
    "goes_on",
    "redirected",
    "warned",
    "asks",
    "blocked",
    "invalid",
    "ended",
    "refused",
    "cut_short",
    "paused",
    "full",
    "interrupted",
    "failed",
]
"""What a reply can come to, as a script promises it. Each in a sentence: ``docs/scenarios.md``."""

_NOT_IN_A_LINE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def _one_line(text: str) -> str:
    if _NOT_IN_A_LINE.search(text):
        raise ValueError("must be one line, without control characters")
    if not text.strip():
        raise ValueError("must hold more than spaces")
    return text


Line = Annotated[str, AfterValidator(_one_line)]
"""Text for lists and headings."""


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Cut(_Record):
    """The connection breaks after so many characters of text. ``clean``: the stream just ends, without an error."""

    kind: Literal["cut"]
    after: StrictInt = Field(ge=0)
    clean: StrictBool = False
    times: StrictInt = Field(default=1, ge=1)


class Status(_Record):
    """An HTTP error in place of the reply. ``retry_after`` in seconds."""

    kind: Literal["status"]
    status: StrictInt = Field(ge=400, le=599)
    retry_after: StrictFloat | None = None
    times: StrictInt = Field(default=1, ge=1)


class ErrorEvent(_Record):
    """An ``error`` event in the stream after so many characters of text."""

    kind: Literal["error_event"]
    type: str = "overloaded_error"
    after: StrictInt = Field(default=0, ge=0)
    times: StrictInt = Field(default=1, ge=1)


class Stall(_Record):
    """Silence after so many characters of text, until the client's read timeout or for ever."""

    kind: Literal["stall"]
    after: StrictInt = Field(default=0, ge=0)
    times: StrictInt = Field(default=1, ge=1)


Fault = Annotated[Cut | Status | ErrorEvent | Stall, Field(discriminator="kind")]
"""Each happens the first ``times`` times that a transport sees the request; after that the reply is whole."""


class ToolCall(_Record):
    """A call of the model. The input is sent as it stands, also where it does not fit the tool's schema."""

    name: str = Field(min_length=1)
    input: dict[str, JsonValue] = Field(default_factory=dict)


class Step(_Record):
    """One model call of a reply.

    ``unable``: what is said instead where ending is not offered, by a step that would end or announce it. There are
    words for that already (``cue.py``), for scripts that bring none.
    """

    text: str = ""
    unable: str | None = None
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


class Feedback(_Record):
    """What the person says of a reply: a thumb, ``up`` or ``down``, and words, or one of them."""

    thumb: Literal["up", "down"] | None = None
    words: str = ""

    @model_validator(mode="after")
    def _says_something(self) -> Feedback:
        if self.thumb is None and not self.words.strip():
            raise ValueError("feedback needs a thumb or words")
        return self


class Turn(_Record):
    """What the person says, and the steps of the reply.

    ``confirm``: the person presses this button of the panel; the text is the button's. ``edit``: the words are written
    in place of those of an earlier turn, by its number from 1. ``retry``: after this turn, `play()` asks for the reply
    once more, as the person would after a cut. ``feedback``: what the person then says of it. ``expect``: what the
    reply comes to (after a retry: the second one), under the scenario's own policy, or a table by policy.
    """

    user: str = Field(min_length=1)
    confirm: Literal["yes", "no"] | None = None
    edit: StrictInt | None = Field(default=None, ge=1)
    retry: StrictBool = False
    feedback: Feedback | None = None
    expect: Came | dict[str, Came] | None = None
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
        if self.confirm and self.edit:
            raise ValueError("confirm and edit do not go together: a button is pressed, and nothing is written")
        if not self.user.strip():
            raise ValueError("user must hold more than spaces")
        return self


class Variation(_Record):
    """Chances from 0 to 1, drawn for each run when the rehearsal has a seed. See the top of this module."""

    ends: StrictFloat = Field(default=1.0, ge=0, le=1)
    ends_early: StrictFloat = Field(default=0.0, ge=0, le=1)
    warns: StrictFloat = Field(default=1.0, ge=0, le=1)
    ends_anyway: StrictFloat = Field(default=0.0, ge=0, le=1)
    instead: str = Field(default="Let us leave it there for a moment. I am still here to help.", min_length=1)


class Scenario(_Record):
    """A rehearsed lesson. ``lesson`` says what to look at, ``questions`` what to ask a class.

    ``policy``: the one under which it is meant to run. ``compare``: others under which the same words are worth
    playing.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: Line
    summary: Line
    lesson: str = Field(min_length=1)
    questions: tuple[Line, ...] = ()
    policy: str = "last_resort"
    compare: tuple[str, ...] = ()
    system: str | None = None
    variation: Variation | None = None
    turns: tuple[Turn, ...] = Field(min_length=1, max_length=MOST_TURNS)

    def place(self, at: int) -> int:
        """At which place of its branch the turn of this index stands, from 1."""
        return course.places(self.turns)[at]

    def standing(self, said: Sequence[str]) -> int:
        """How many turns are over on a branch where the person said this."""
        return course.standing(self.turns, said)

    def __repr__(self) -> str:
        return f"Scenario({self.name!r}, {len(self.turns)} turn{'s' * (len(self.turns) != 1)})"
