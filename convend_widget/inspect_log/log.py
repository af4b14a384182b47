"""An ``.eval`` file: what was run, its results, and one sample a branch or a run.

It is a zip archive: ``header.json`` (what was run, and the results), ``_journal/start.json`` (the same without
results), ``summaries.json`` and one ``samples/….json`` each. A sample scores 1 if the model ended the conversation and
0 if it did not; a reply that failed or was stopped has no score.
"""

from __future__ import annotations

import json
import zipfile
from collections import Counter
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import IO, Any

from .. import __version__
from ..conversation import Settings
from ..dates import moment
from .sample import SCORER, Json, summary

FORMAT = 2  # Inspect's LOG_SCHEMA_VERSION
_NEVER_STARTED = "1970-01-01T00:00:00Z"  # Inspect wants a date, also of a conversation without events


class Log:
    """A log under way. Samples go into the file one by one and none of them is kept; ``close`` writes the rest.

    ``name``: the id of what was run. ``task``: what kind of thing that is. ``dataset``: what it was run on.
    ``started``: unix seconds. ``usage``: tokens by model, where samples share replies so that theirs must not be added.
    """

    def __init__(
        self,
        file: IO[bytes],
        name: str,
        task: str,
        dataset: str,
        started: float,
        settings: Iterable[Settings],
        usage: Json | None = None,
    ) -> None:
        self._archive = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED)
        self._name, self._task, self._dataset, self._started = name, task, dataset, started
        self._settings = list(settings)
        self._usage, self._added = usage, dict[str, Counter[str]]()
        self._summaries: list[Json] = []
        self._ended_last = ""

    def __enter__(self) -> Log:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._archive.close()

    def add(self, sample: Json) -> None:
        """Write a sample."""
        self._put(f"samples/{sample['id']}_epoch_{sample['epoch']}.json", sample)
        self._summaries.append(summary(sample))
        self._ended_last = max(self._ended_last, sample["completed_at"] or "")
        for model, row in sample["model_usage"].items():
            self._added.setdefault(model, Counter()).update(row)

    def close(self, metrics: Mapping[str, float] | None = None) -> None:
        """Write what was run and what came out. ``metrics`` stand beside the mean of the scores."""
        start = {"version": FORMAT, "eval": self._spec(), "plan": {"name": self._task, "steps": []}}
        end = {"status": "success", "results": self._results(metrics or {}), "stats": self._stats()}
        self._put("_journal/start.json", start)
        self._put("summaries.json", self._summaries)
        self._put("header.json", start | end)
        self._archive.close()

    def _put(self, name: str, value: Any) -> None:
        """Half a character in a text is replaced, since Inspect refuses it. No time: equal logs are equal files."""
        data = json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
        self._archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)

    def _spec(self) -> Json:
        newest = self._settings[-1] if self._settings else None
        names = list(dict.fromkeys(each["id"] for each in self._summaries))
        return {
            "eval_id": self._name,
            "run_id": self._name,
            "task_id": self._name,
            "created": moment(self._started) or _NEVER_STARTED,
            "task": self._task,
            "dataset": {"name": self._dataset, "samples": len(names), "sample_ids": names, "shuffled": False},
            "model": f"{newest.provider}/{newest.model}" if newest else "none",
            "config": {"epochs": max((each["epoch"] for each in self._summaries), default=1)},
            "packages": {"convend_widget": __version__},
            "scorers": [{"name": SCORER, "metrics": [{"name": "mean"}], "metadata": {}}],
            "metadata": {"settings": [_asked_with(each) for each in self._settings]},
        }

    def _results(self, metrics: Mapping[str, float]) -> Json:
        values = [each["scores"][SCORER]["value"] for each in self._summaries if each["scores"]]
        told = {"mean": sum(values) / len(values), **metrics} if values else {}
        score = {
            "name": SCORER,
            "scorer": SCORER,
            "scored_samples": len(values),
            "unscored_samples": len(self._summaries) - len(values),
            "metrics": {name: {"name": name, "value": value} for name, value in told.items()},
        }
        return {
            "total_samples": len(self._summaries),
            "completed_samples": sum(each["completed"] for each in self._summaries),
            "scores": [score],
        }

    def _stats(self) -> Json:
        started = moment(self._started) or ""
        usage = self._usage if self._usage is not None else {m: dict(row) for m, row in self._added.items()}
        return {"started_at": started, "completed_at": self._ended_last or started, "model_usage": usage}


def _asked_with(settings: Settings) -> Json:
    return {
        "key": settings.key,
        "model": settings.model,
        "provider": settings.provider,
        "policy": settings.policy,
        "mode": settings.mode,
        "effect": settings.effect,
        "max_tokens": settings.max_tokens,
        "tools": [tool.get("name") for tool in settings.tools],
        "provenance": settings.provenance,
    }
