"""``check_scenario``: a script is read, played under each of its policies, and held against what it promises.

It is played on the real path (session, client, rehearsal) in a store of its own in memory, and nobody waits for words.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ..conversation import Message
from ..errors import ScenarioRefused
from ..interchange.transcript import plain_line
from ..library import find_policy
from ..model.rehearsal import Scenario
from ..model.rehearsal.problems import Problem
from ..model.rehearsal.script import Turn
from .performance import Performance, perform
from .policies import policy_of, sound
from .words import came, in_words, unlike

_WIDTH = 100
_ASK = 'The model asks by a call of end_conversation with trigger = "user_request" in the turn before.'
_SAID = 34  # characters of what the person says


@dataclass(frozen=True)
class Line:
    """One turn as it was played: what the person said, what came of it in ``words``, and what is to be noted."""

    turn: int
    said: str
    words: tuple[str, ...] = ()

    def __str__(self) -> str:
        first, *more = [part for word in self.words for part in textwrap.wrap(word, _WIDTH - _SAID - 7)] or [""]
        begin = f"  {self.turn:>2}  {plain_line(self.said, _SAID):<{_SAID}}  "
        return "\n".join([f"{begin}{first}", *(f"{'':{len(begin)}}{line}" for line in more)])


@dataclass(frozen=True)
class Played:
    """A script as it went under one policy. ``state``: how the conversation stands at the end."""

    policy: str
    lines: tuple[Line, ...]
    state: str

    def __str__(self) -> str:
        return "\n".join([f"under {self.policy}:", *map(str, self.lines), f"  At the end: {self.state}."])


@dataclass(frozen=True, repr=False)
class Checked:
    """What there is to say of one scenario. ``problems`` is empty where all is well; shown, it is a report."""

    file: str
    title: str = ""
    played: tuple[Played, ...] = ()
    problems: tuple[str, ...] = field(default=())

    @property
    def ok(self) -> bool:
        """Whether it can be played, and does what it promises."""
        return not self.problems

    @property
    def verdict(self) -> str:
        """A line that says that all is well, or one for each problem."""
        file = plain_line(self.file)
        bad = [f"bad  {file}{', ' if one.startswith('line ') else ': '}{plain_line(one)}" for one in self.problems]
        return "\n".join(bad or [f"ok   {file}"])

    def __repr__(self) -> str:
        head = [f"{plain_line(self.file)}: {plain_line(self.title)}"] if self.title else []
        return "\n".join([*head, *map(str, self.played), self.verdict])


def check_scenario(scenario: str | Path, *, policy: str | Path | None = None) -> Checked:
    """Say what happens in a scenario, turn by turn, and what is wrong with it.

    ``scenario``: the path of a file, or the name of one that ships. ``policy``: play it under this one, instead of
    under its own and those of ``compare``. Raises ``SettingsError`` for a name or a policy that does not exist;
    mistakes in the file are in ``problems``.
    """
    other = None if policy is None else find_policy(policy)
    try:
        source = sound(scenario)
    except ScenarioRefused as refused:
        advice = f" {refused.advice}" if refused.advice else ""
        return Checked(refused.file, problems=tuple(f"{problem}{advice}" for problem in refused.problems))
    script = source.script
    names = [other.name] if other else list(dict.fromkeys([script.policy, *script.compare]))
    policies = [other or policy_of(source, name) for name in names]
    shows = [perform(script, one) for one in policies]
    problems = [one for name, show in zip(names, shows, strict=True) for one in _problems(script, name, show)]
    return Checked(
        source.name,
        script.title,
        tuple(_played(script, name, show) for name, show in zip(names, shows, strict=True)),
        tuple(source.refused(problems).problems) if problems else (),
    )


def _played(script: Scenario, name: str, show: Performance) -> Played:
    lines = [Line(at + 1, _said(turn), _words(turn, at, show)) for at, turn in enumerate(script.turns)]
    return Played(name, tuple(lines), show.state)


def _said(turn: Turn) -> str:
    prefix = f"[{turn.confirm.title()}] " if turn.confirm else f"[edits {turn.edit}] " if turn.edit else ""
    return prefix + turn.user


def _words(turn: Turn, at: int, show: Performance) -> tuple[str, ...]:
    if at not in show.replies:
        return ("not said: the conversation had ended",)
    first, *again = show.replies[at]
    told = in_words(first, show.policy)
    for reply in again:
        told += [f"retried: {words}" for words in in_words(reply, show.policy)]
    if at in show.unasked:
        told.append("note: nothing is asked here, so the words of the button are written instead")
    told += [f"note: {note}" for note in unlike(turn, (again or [first])[-1], show.offered, show.policy)]
    return tuple(told)


def _problems(script: Scenario, name: str, show: Performance) -> Iterator[Problem]:
    for at, turn in enumerate(script.turns):
        promised = turn.expect.get(name) if isinstance(turn.expect, dict) else turn.expect
        if isinstance(turn.expect, str) and name != script.policy:
            promised = None
        place = ("turns", at, *(("expect",) if promised else ()))
        if at in show.unasked and name == script.policy:
            yield Problem(("turns", at, "confirm"), "there is no button to press, since nothing is asked here", _ASK)
        if at not in show.replies:
            if promised:
                yield Problem(place, f"{promised!r} is promised under {name}, but the turn is never reached")
        else:
            yield from _broken(show.replies[at][-1], promised, place, name)


def _broken(reply: Message, promised: str | None, place: tuple[int | str, ...], name: str) -> Iterator[Problem]:
    found = came(reply)
    if promised and promised not in found:
        yield Problem(place, f"{promised!r} is promised under {name}, but it came to {_listed(found)}")
    elif not promised and "invalid" in found:
        yield Problem(
            place,
            "a call of the model cannot be used as it is written",
            'If that is what you want to show, add expect = "invalid".',
        )


def _listed(words: set[str]) -> str:
    return " and ".join(repr(word) for word in sorted(words))
