"""Write down the shapes of Inspect's logs, for tests/inspect_log. Run where inspect_ai is installed:

python tools/inspect_shapes.py >tests/fixtures/inspect_log.json
"""

from __future__ import annotations

import json
import re
from importlib.metadata import version
from typing import Any

from inspect_ai.log import EvalLog, EvalSample  # type: ignore[import-not-found]
from inspect_ai.log._log import EvalSampleSummary  # type: ignore[import-not-found]

# What our logs have none of, and what is most of the whole. As it is left out, it would not be allowed either.
LEFT_OUT = [
    "events",
    "events_data",
    "timelines",
    "samples@EvalLog",
    "reductions",
    "log_updates",
    "config_updates",
    "invalidation",
    "error_retries",
    "model_generate_config",
    "model_roles",
    "model_fallbacks",
    "fallback",
    "connection_limit_history",
    "viewer",
    "sandbox",
    "approval",
    "review",
    "sentinel",
    "early_stopping",
    "headline",
    "headline_metric",
    "shards",
    "revision",
    "history",
    "logprobs",
    "prompt_logprobs",
    "citations",
    "config@EvalPlan",
    "finish",
    "internal",
    "view",
    "limit@EvalSample",
    "stop_details",
    "tags",
]


def bare(value: Any) -> Any:
    """A schema without words for people."""
    if isinstance(value, list):
        return [bare(item) for item in value]
    if not isinstance(value, dict):
        return value
    words = {"title", "description", "default"} if not isinstance(value.get("title"), dict) else set()
    return {name: bare(item) for name, item in value.items() if name not in words}


def shape(model: Any) -> dict[str, Any]:
    """The JSON schema of a model, with only the definitions that are reached, and no field but the known ones."""
    schema: dict[str, Any] = bare(model.model_json_schema())
    definitions = schema.pop("$defs", {})
    for title, each in ((model.__name__, schema), *definitions.items()):
        for name in LEFT_OUT:
            field, _, only = name.partition("@")
            if only in ("", title):
                each.get("properties", {}).pop(field, None)
        if "properties" in each:
            each.setdefault("additionalProperties", False)
    reached: dict[str, Any] = {}
    waiting = [schema]
    while waiting:
        for name in re.findall(r"#/\$defs/(\w+)", json.dumps(waiting.pop())):
            if name not in reached:
                reached[name] = definitions[name]
                waiting.append(definitions[name])
    return schema | {"$defs": dict(sorted(reached.items()))}


if __name__ == "__main__":
    shapes = {"log": shape(EvalLog), "sample": shape(EvalSample), "summary": shape(EvalSampleSummary)}
    print(json.dumps({"inspect_ai": version("inspect_ai"), **shapes}, separators=(",", ":"), sort_keys=True))
