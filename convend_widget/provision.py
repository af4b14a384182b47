"""From the arguments of ``Chat`` to a plan: which client is used, and why. Imports what it needs when it needs it."""

from __future__ import annotations

import difflib
import math
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, SupportsIndex

from .ending import Policy
from .ending.policy import Mode
from .errors import SettingsError, UnknownArgument
from .library import find_policy
from .model.catalogue import DEFAULT_MODEL
from .model.client import ModelClient, Timeouts, check_request
from .model.keys import Secret
from .session import Plan

if TYPE_CHECKING:
    from .model.rehearsal import Scenario, Source

REHEARSAL_MODEL = "rehearsal-1"
MODES = ("enforce", "observe")


def make_plan(
    *,
    model: str | None,
    policy: str | Policy | Path | None,
    mode: Mode,
    system: str | None,
    client: object,
    base_url: str | None,
    api_key: Secret | None,
    scenario: str | Path | None,
    seed: int | None,
    pause: float,
    max_tokens: int,
    request: Mapping[str, Any] | None,
    timeouts: Timeouts | None,
    allow_http: bool,
) -> tuple[Plan, Scenario | None]:
    """The plan that these arguments ask for, and the scenario, if one is rehearsed. Raises ``SettingsError``."""
    if mode not in MODES:
        raise SettingsError(f"There is no mode {mode!r}.", advice="Use 'enforce' or 'observe'.")
    if type(max_tokens) is not int or max_tokens < 1:
        raise SettingsError(f"max_tokens must be a whole number above 0, not {max_tokens!r}.")
    _check_kind("model", model, str, "the id of a model, as text")
    _check_kind("system", system, str, "text")
    _check_kind("timeouts", timeouts, Timeouts, "a convend_widget.model.client.Timeouts, such as Timeouts(total=60)")
    _check_kind("seed", seed, SupportsIndex, "a whole number")
    _check_kind("pause", pause, (int, float), "a number of seconds")
    if not 0 <= pause < math.inf:
        raise SettingsError(f"pause must be a number of seconds from 0 on, not {pause!r}.")
    _check_kind("request", request, Mapping, "a dict of further parameters of the Messages API")
    check_request(request or {})
    if scenario is not None and (client is not None or base_url is not None or api_key is not None):
        raise SettingsError(
            "A scenario is rehearsed without a client.", advice="Leave out client, base_url and api_key."
        )
    source = _source(scenario)
    script = source.script if source else None
    if client is None and base_url is None and api_key is None and (script is not None or not _has_key()):
        chosen: ModelClient = rehearsal_client(script, seed=seed, pause=pause)
        model = model or REHEARSAL_MODEL
    else:
        chosen = _real_client(client, base_url, api_key, timeouts, allow_http)
        model = model or DEFAULT_MODEL
    plan = Plan(
        client=chosen,
        model=model,
        policy=_policy(policy, source),
        mode=mode,
        system=system if system is not None else ((script.system if script else None) or ""),
        max_tokens=max_tokens,
        request=dict(request or {}),
    )
    return plan, script


def hidden(key: str | Secret | None) -> Secret | None:
    """A key as nothing shows it."""
    return Secret(key) if isinstance(key, str) else key


def _check_kind(name: str, value: object, kind: Any, words: str) -> None:
    """Raise ``SettingsError`` unless it is of that kind, or not given."""
    if value is not None and not isinstance(value, kind):
        raise SettingsError(f"{name} must be {words}, not {type(value).__name__}.")


def _source(scenario: str | Path | None) -> Source | None:
    if scenario is None:
        return None
    from .rehearsing.policies import sound

    return sound(scenario)


def _policy(policy: str | Policy | Path | None, source: Source | None) -> Policy:
    if policy is None and source is not None:
        from .rehearsing.policies import policy_of

        return policy_of(source, source.script.policy)
    return find_policy(policy or "last_resort")


def rehearsal_client(scenario: Scenario | None = None, *, seed: int | None = None, pause: float = 0.02) -> ModelClient:
    """The real client over the rehearsal's transport. ``pause``: seconds between words."""
    from .model.rehearsal.client import RehearsedClient

    return RehearsedClient(scenario, seed=seed, pause=pause)


def _has_key() -> bool:
    from .model.keys import find_key

    return find_key().present


def _real_client(
    client: Any, base_url: str | None, api_key: Secret | None, timeouts: Timeouts | None, allow_http: bool
) -> ModelClient:
    from .model.claude import ClaudeClient

    if client is not None and (base_url is not None or api_key is not None):
        raise SettingsError("Pass either client= or base_url= and api_key=, not both.")
    if hasattr(client, "step") and hasattr(client, "provenance"):
        own: ModelClient = client
        return own
    return ClaudeClient(
        api_key=api_key, base_url=base_url, client=client, timeouts=timeouts or Timeouts(), allow_http=allow_http
    )


def unknown_argument(of: str, name: str, known: Collection[str]) -> UnknownArgument:
    """The error for an argument that does not exist; its advice names the nearest one."""
    near = difflib.get_close_matches(name, known, n=1)
    advice = f"Did you mean {near[0]}=?" if near else f"There are {', '.join(known)}."
    if name in ("temperature", "top_p", "top_k"):
        advice = "The Messages API takes no sampling parameters any more."
    return UnknownArgument(f"{of} takes no argument {name!r}.", advice=advice)
