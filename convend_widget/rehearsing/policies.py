"""The policies that a scenario names: they must be there, since the script is played under them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..ending import Policy
from ..errors import SettingsError
from ..library import find_policy, policies
from ..model.rehearsal import Source, read_scenario
from ..model.rehearsal.problems import Problem, nearest, shown


def sound(scenario: str | Path) -> Source:
    """A scenario by name or path, with policies that exist. Raises ``SettingsError``; a file: ``ScenarioRefused``."""
    source = read_scenario(scenario)
    if problems := list(_problems(source)):
        raise source.refused(problems)
    return source


def policy_of(source: Source, policy: str | Path | Policy) -> Policy:
    """A policy as the scenario names it; a ``.md`` file is also looked for beside the scenario."""
    if isinstance(policy, str) and policy.endswith(".md") and source.folder and (source.folder / policy).is_file():
        policy = source.folder / policy
    return find_policy(policy)


def _problems(source: Source) -> Iterator[Problem]:
    script = source.script
    named = [(("policy",), script.policy), *((("compare", i), name) for i, name in enumerate(script.compare))]
    for place, name in named:
        try:
            policy_of(source, name)
        except SettingsError as error:
            what, advice = f"there is no policy {shown(name)}", nearest(name, policies())
            yield Problem(place, what, advice) if not name.endswith(".md") else Problem(place, str(error).rstrip("."))
    known = [name for _, name in named]
    for at, turn in enumerate(script.turns):
        for name in turn.expect if isinstance(turn.expect, dict) else ():
            if name not in known:
                advice = nearest(name, known, otherwise="Name it in compare, or use")
                yield Problem(("turns", at, "expect", name), "the scenario is not played under such a policy", advice)
