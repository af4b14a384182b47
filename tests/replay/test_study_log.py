"""A study as a file: rows for spreadsheets, and a log for Inspect whose numbers are those of the study."""

from __future__ import annotations

import csv
import io
import json
import os
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import convend_widget as cw
from convend_widget.errors import SettingsError
from tests.inspect_log.test_log import SHAPES
from tests.replay.rig import ended_chat, faulty_chat, person


def opened(path: Path) -> dict[str, Any]:
    with zipfile.ZipFile(path) as archive:
        return {name: json.loads(archive.read(name)) for name in archive.namelist()}


def test_each_run_is_an_epoch_of_the_branch_and_the_rate_is_the_studys(tmp_path: Path) -> None:
    chat = ended_chat()
    asked = person(chat, 3)
    runs = chat.replay(at=asked, n=12, progress=False)
    files = opened(runs.export(tmp_path / "runs.eval"))
    header = files.pop("header.json")
    SHAPES["log"].validate(header | {"location": ""})
    (score,) = header["results"]["scores"]
    rate = runs.end_rate()
    assert 0 < rate.k < 12
    told = {name: metric["value"] for name, metric in score["metrics"].items()}
    assert told == {"mean": rate.value, "low": rate.low, "high": rate.high}
    assert header["eval"]["config"]["epochs"] == header["results"]["total_samples"] == 12
    assert header["eval"]["dataset"]["sample_ids"] == [asked.id]
    for run in runs:
        sample = files[f"samples/{asked.id}_epoch_{run.number + 1}.json"]
        SHAPES["sample"].validate(sample)
        assert sample["metadata"]["conversation"] == run.conversation
        assert sample["scores"]["ended"]["answer"] == run.outcome
        assert sample["turn_count"] == run.replies
        used = sum(row["total_tokens"] for row in sample["model_usage"].values())
        assert used == run.tokens.prompt + run.tokens.output
        assert sample["input"][-1]["content"] == list(asked.content)
        assert sample["messages"][: len(sample["input"])] == sample["input"]


def test_an_ending_that_was_recorded_only_counts_as_in_the_study(tmp_path: Path) -> None:
    chat = ended_chat(mode="observe")
    runs = chat.replay(at=person(chat, 1), n=12, effect=False, mode="observe", progress=False)
    assert any(run.ended_at is not None and run.ended_at < run.replies for run in runs), "one went on after its end"
    files = opened(runs.export(tmp_path / "runs.eval"))
    (score,) = files["header.json"]["results"]["scores"]
    assert score["metrics"]["mean"]["value"] == runs.end_rate().value
    said = {s["epoch"] - 1: s["scores"]["ended"]["answer"] for s in files["summaries.json"]}
    assert said == {run.number: run.outcome for run in runs}


@pytest.mark.fault(58)
def test_lost_runs_have_an_error_and_no_score(tmp_path: Path) -> None:
    chat, _ = faulty_chat(cut=0.3)
    runs = chat.replay(n=20, concurrency=4, progress=False)
    files = opened(runs.export(tmp_path / "runs.eval"))
    (score,) = files["header.json"]["results"]["scores"]
    assert runs.outcomes.failed > 2
    assert (score["scored_samples"], score["unscored_samples"]) == (20 - runs.outcomes.failed, runs.outcomes.failed)
    assert sum(not s["completed"] for s in files["summaries.json"]) == runs.outcomes.failed


def test_rows_read_back_as_they_were(tmp_path: Path) -> None:
    runs = ended_chat().replay(n=3, progress=False)
    frame = runs.to_frame()
    back = pd.read_csv(runs.export(tmp_path / "runs.csv"), dtype=frame.dtypes.drop("at").to_dict(), parse_dates=["at"])
    pd.testing.assert_frame_equal(back, frame, check_dtype=False)


def test_a_name_that_says_no_format_and_a_place_that_is_not_there_are_refused(tmp_path: Path) -> None:
    runs = ended_chat().replay(n=1, progress=False)
    with pytest.raises(SettingsError, match=r"one of \.csv, \.eval"):
        runs.export(tmp_path / "runs.json")
    with pytest.raises(SettingsError, match="There is no folder"):
        runs.export(tmp_path / "nowhere" / "runs.eval")
    assert os.listdir(tmp_path) == []


def test_a_log_that_cannot_be_finished_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from convend_widget.replay import study_log

    runs = ended_chat().replay(n=2, progress=False)
    path = tmp_path / "runs.eval"
    path.write_text("old")

    def fails(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(study_log, "sample", fails)
    with pytest.raises(MemoryError):
        runs.export(path)
    assert path.read_text() == "old" and os.listdir(tmp_path) == ["runs.eval"]


@pytest.mark.fault(60)
def test_no_cell_of_an_exported_study_is_a_formula(tmp_path: Path) -> None:
    chat = cw.Chat(store=":memory:", pause=0, policy=replace(cw.policies()["launch_2025"], name="=1+1"))
    chat.say("Hello.")
    written = chat.replay(n=2, progress=False).export(tmp_path / "runs.csv").read_text("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(written, newline="")))
    assert [row["policy"] for row in rows] == ["'=1+1"] * 2
    assert not any(cell.strip()[:1] in tuple("=+-@") for row in rows for cell in row.values() if cell.strip())
