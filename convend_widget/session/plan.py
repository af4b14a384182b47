"""How replies are asked for: which client, model, policy and settings. A plan becomes recorded ``Settings``."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..conversation import Conversation, Settings
from ..conversation.history import history
from ..ending import Policy, offer
from ..ending.policy import Mode
from ..model.catalogue import can_end
from ..model.client import Call, ModelClient
from ..owner import aside


@dataclass(frozen=True, slots=True)
class Plan:
    """What a chat asks its replies with. ``max_tokens`` is per model call; ``request`` is passed through as it is.

    ``effect`` false: endings are recorded and lock nothing. ``stream`` false: nobody watches, so that a reply may come
    in one piece. ``run`` numbers the draws of a rehearsal.
    """

    client: ModelClient
    model: str
    policy: Policy
    mode: Mode = "enforce"
    system: str = ""
    max_tokens: int = 4096
    request: Mapping[str, Any] = field(default_factory=dict)
    effect: bool = True
    stream: bool = True
    run: int | None = None
    _settings: Settings | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def can_end(self) -> bool:
        """Whether the model has the ability to end, and the policy offers it a way to."""
        return can_end(self.model) and self.policy.ends

    def for_run(self, run: int) -> Plan:
        """The same plan for one run of a study, with settings that are worked out once for all of them."""
        if self._settings is None:
            object.__setattr__(self, "_settings", self.settings())
        plan = replace(self, run=run)
        object.__setattr__(plan, "_settings", self._settings)
        return plan

    async def warm(self) -> None:
        """Have the client ready: importing the SDK takes seconds on a busy machine, and Stop must work meanwhile."""
        warm = getattr(self.client, "warm", None)
        if warm is not None and not getattr(self.client, "is_warm", False):
            await aside(warm)

    def settings(self) -> Settings:
        """The settings to record, with a key that is a digest of everything else."""
        if self._settings is not None:
            return self._settings
        bare = Settings(
            key="",
            model=self.model,
            provider=self.client.name,
            policy=self.policy.name,
            mode=self.mode,
            max_tokens=self.max_tokens,
            policy_text=self.policy.prose if self.can_end else "",
            system=self.system,
            tools=offer(self.policy, self.can_end),
            request=copy.deepcopy(dict(self.request)),  # what is on record must not change with the person's own
            can_end=self.can_end,
            max_steps=self.policy.max_steps,
            effect=self.effect,
            stream=self.stream,
            provenance=dict(self.client.provenance())
            | {
                "gates": [name for name, _ in self.policy.named_gates()],
                "numbers": dict(self.policy.numbers),
            },
        )
        parts = [getattr(bare, name) for name in Settings.__dataclass_fields__]
        text = json.dumps(parts, default=str)  # in their order: the body that is sent keeps it too
        return replace(bare, key=hashlib.sha256(text.encode()).hexdigest()[:16])

    def call(self, conversation: Conversation, tip: str, settings: Settings) -> tuple[Call, tuple[str, ...]]:
        """The model call for the next step of the reply ``tip``, and what its history had to leave out."""
        call, left_out = call_for(conversation, tip, settings)
        return (call if self.run is None else replace(call, run=self.run)), left_out


def call_for(
    conversation: Conversation, tip: str, settings: Settings, steps: int | None = None
) -> tuple[Call, tuple[str, ...]]:
    """A model call of the reply ``tip`` out of the record alone, and what its history had to leave out.

    The next one; with ``steps`` the one that it made when it had so many steps.
    """
    messages, left_out = history(conversation, tip, settings, steps)
    system = "\n\n".join(text for text in (settings.policy_text, settings.system) if text)
    call = Call(
        model=settings.model,
        max_tokens=settings.max_tokens,
        system=system or None,
        tools=settings.tools,
        messages=tuple(messages),
        extra=settings.request,
        fork=_fork(conversation, messages, settings),
        stream=settings.stream,
    )
    return call, left_out


def _fork(conversation: Conversation, messages: list[dict[str, Any]], settings: Settings) -> int | None:
    """The place of the message after which the runs of a study differ: their prefix is the same, so it is kept once."""
    if conversation.fork is None or not conversation.fork.message:
        return None
    shared, _ = history(conversation, conversation.fork.message, settings)
    return min(len(shared), len(messages)) - 1
