"""What a study was asked for: recorded in the log of its trunk, so that another kernel can go on with it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ..conversation import Conversation, Settings
from ..errors import CannotEnd, SettingsError, StoreDamaged
from ..model.catalogue import can_end, known
from ..session import Plan
from .branch import Branch
from .numbers import as_whole

MOST_RUNS = 100_000


@dataclass(frozen=True, slots=True)
class Design:
    """``n`` runs that fork below ``at``. ``later`` are ids of messages of the parent; ``seed`` is None for a model.

    ``settings`` is the key of the settings that all runs are asked for with, on record in the trunk.

    ``edited``: the words at the fork are new ones. ``scenario``: the rehearsed lesson, by name or path.
    """

    n: int
    at: str
    turns: int | str
    later: tuple[str, ...]
    settings: str = ""
    seed: int | None = None
    edited: bool = False
    scenario: str | None = None

    def plain(self) -> dict[str, Any]:
        """As it goes into the log."""
        return asdict(self) | {"later": list(self.later)}


def read_design(plain: Mapping[str, Any] | None) -> Design:
    """From the log. Raises ``StoreDamaged``."""
    try:
        return Design(**{**(plain or {}), "later": tuple((plain or {})["later"])})
    except (TypeError, KeyError) as error:
        raise StoreDamaged(f"What this study was asked for cannot be read: {error}.") from None


def check_runs(n: object) -> int:
    """How many runs. Raises ``SettingsError`` for anything but a whole number from 1 on."""
    number = as_whole(n)
    if number is None or number < 1:
        raise SettingsError(f"n must be a whole number from 1 on, not {n!r}.", advice="n=50 makes fifty runs.")
    if number > MOST_RUNS:
        raise SettingsError(f"n is at most {MOST_RUNS:,} in one study.", advice="Make several studies.")
    return number


def check_ability(plan: Plan) -> None:
    """Raise ``CannotEnd`` where no run could end: its rate would be 0 by construction, and say nothing."""
    if not known(plan.model):
        raise CannotEnd(
            f"The model {plan.model!r} is not in the catalogue, so it counts as one that cannot end conversations.",
            advice="If it can: convend_widget.model.catalogue.extend(model, can_end=True).",
        )
    if not can_end(plan.model):
        raise CannotEnd(
            f"The model {plan.model!r} cannot end conversations, so no run could.", advice="Replay with one that can."
        )
    if not plan.policy.ends:
        raise CannotEnd(
            f"The policy {plan.policy.name!r} offers no way to end, so no run could.",
            advice="Replay with policy='last_resort', say.",
        )


def seed_of(seed: int | None, conversation: Conversation, branch: Branch, plan: Plan) -> int:
    """What the draws of a rehearsed study begin with: the same for the same study of the same words, and no other.

    So two studies are independent samples, also where they share a seed and differ in a policy alone; and a lesson
    that is run again gives what it gave before, whatever ids its messages have now.
    """
    seed = check_seed(seed)
    words = [m.blocks() for m in conversation.branch(branch.fork or None)]
    later = [list(conversation.messages[m].content) for m in branch.later]
    said = list(branch.first.content) if branch.first is not None else None
    policy = (plan.policy.name, plan.policy.prose, [name for name, _ in plan.policy.named_gates()], plan.mode)
    parts = (seed, _without_ids(words), later, said, plan.model, policy, plan.system, plan.effect)
    digest = hashlib.sha256(json.dumps(parts, default=str).encode()).hexdigest()
    return int(digest[:13], 16)  # 52 bits: what every reader of JSON holds


def check_seed(seed: object) -> int | None:
    """The seed, or None. Raises ``SettingsError`` for anything but a whole number."""
    number = as_whole(seed)
    if seed is not None and number is None:
        raise SettingsError(f"seed must be a whole number, not {seed!r}.")
    return number


def _without_ids(words: list[list[dict[str, Any]]]) -> list[list[dict[str, Any]]]:
    return [[{k: v for k, v in block.items() if k not in ("id", "signature")} for block in blocks] for blocks in words]


def check_same(settings: Settings, plan: Plan) -> None:
    """Raise ``SettingsError`` where a study would go on under other settings than it began with, versions apart."""
    now = plan.settings()
    names = [name for name in Settings.__dataclass_fields__ if name not in ("key", "provenance", "provider")]
    differs = [name for name in names if getattr(settings, name) != getattr(now, name)]
    gates = [s.provenance.get(name) for s in (settings, now) for name in ("gates", "numbers")]
    if gates[:2] != gates[2:]:
        differs.append("gates")
    if differs:
        raise SettingsError(
            f"This study was made with another {differs[0]}.", advice="Pass the same model, policy and settings."
        )
