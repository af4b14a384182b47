"""``handout``: a page to print for a class, of a scenario as it plays or of a chat as it went."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from .conversation import Conversation
from .ending import Policy
from .files import place, written
from .interchange.handout import About, to_handout
from .library import find_policy

if TYPE_CHECKING:
    from .model.rehearsal import Scenario

SUFFIXES = (".html",)


def handout(scenario: str | Path, path: str | PathLike[str], *, policy: str | Path | Policy | None = None) -> Path:
    """Play a scenario, and write a handout of it to ``path`` (``.html``); returns the path.

    It holds the talk with its warnings, what the gates said and the end; the scenario's questions; what the model was
    told; the policy in words; a glossary and the source. It needs no scripts, and prints on A4 and Letter. ``policy``:
    another one than the scenario's. Nothing is stored. Raises ``SettingsError``.
    """
    from .rehearsing.performance import talk_of
    from .rehearsing.policies import policy_of, sound

    target = place(path, SUFFIXES)
    source = sound(scenario)
    chosen = policy_of(source, source.script.policy) if policy is None else find_policy(policy)
    conversation, head = talk_of(source.script, chosen)
    return write(conversation, head, target, source.script, chosen)


def write(
    conversation: Conversation, head: str | None, path: str | PathLike[str], script: Scenario | None, policy: Policy
) -> Path:
    """Write the handout of a conversation; see ``handout``. ``script``: what was rehearsed there, if anything."""
    target = place(path, SUFFIXES)
    about = About(policy=policy.summary)
    if script is not None:
        about = About(script.title, script.summary, script.lesson, script.questions, policy.summary)
    page = to_handout(conversation, about, head)
    with written(target) as file:
        file.write(page.encode("utf-8", "replace"))
    return target
