"""``doctor()``: what it finds, what it advises, and that it shows no key."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

import convend_widget as cw
from convend_widget import diagnosis
from convend_widget.diagnosis import Finding, Report, doctor, kernel_finding

CANARY = "sk-ant-canary-7Q2xV9"


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / "chats.db"


def found(report: Report, topic: str) -> list[Finding]:
    return [finding for finding in report.findings if finding.topic == topic]


def test_the_package_offers_the_function_whatever_was_imported_before() -> None:
    assert cw.doctor is doctor


def test_the_report_reads_as_plain_lines_has_a_short_repr_and_a_table_for_notebooks() -> None:
    report = Report((Finding("ok", "a", "<b>"), Finding("warn", "b", "two", "Do it."), Finding("bad", "c", "three")))
    assert str(report).splitlines() == [
        "ok    a           <b>",
        "warn  b           two",
        "                  Do it.",
        "bad   c           three",
    ]
    assert repr(report) == "Report(1 ok, 1 warn, 1 bad)"
    bundle = report._repr_mimebundle_()
    assert bundle["text/plain"] == str(report)
    assert '<td>a</td><td style="text-align:start">&lt;b&gt;</td>' in bundle["text/html"]
    assert "<b>" not in bundle["text/html"]


def test_a_warning_is_not_broken() -> None:
    assert Report((Finding("warn", "a", "b"),)).ok
    assert not Report((Finding("bad", "a", "b"),)).ok


def test_versions_are_named_and_the_rehearsal_works(store: Path) -> None:
    report = doctor(store=store)
    assert f"anthropic {importlib.metadata.version('anthropic')}" in [f.text for f in found(report, "package")]
    assert [f.level for f in found(report, "rehearsal")] == ["ok"]
    assert {f.level for f in found(report, "python") + found(report, "package")} == {"ok"}


def test_the_store_s_place_size_and_sqlite_are_named(store: Path) -> None:
    place, sqlite = found(doctor(store=store), "store")
    assert place.text.startswith(f"stored in {store}, ")
    assert place.text.endswith(" kB")
    assert sqlite.text.startswith("SQLite 3.")


@pytest.mark.fault(52)
def test_a_store_that_cannot_be_written_is_bad_and_says_what_to_do(store: Path) -> None:
    store.mkdir()
    findings = found(doctor(store=store), "store")
    assert [f.level for f in findings] == ["ok", "bad", "ok"]
    assert "not saved" in findings[0].text
    assert "export it to keep it" in findings[1].text


def test_without_a_key_chats_are_rehearsals(store: Path) -> None:
    (key,) = found(doctor(store=store), "key")
    assert (key.level, key.text) == ("ok", "none found: chats are rehearsals")
    assert "ANTHROPIC_API_KEY" in key.advice


@pytest.mark.fault(59)
def test_the_source_of_the_key_is_named_and_never_its_value(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", CANARY)
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", f"{CANARY}-2")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", f"https://{CANARY}@proxy.example/{CANARY}?{CANARY}")
    (store.parent / ".env").write_text(f"ANTHROPIC_API_KEY={CANARY}-3\n")
    report = doctor(store=store)
    key, address = found(report, "key")
    assert key.text.startswith("from ANTHROPIC_API_KEY; also set, but not used: ANTHROPIC_AUTH_TOKEN")
    assert address.text == "calls go to proxy.example"
    assert CANARY not in str(report) + repr(report) + str(report._repr_mimebundle_()) + repr(report.findings)


@pytest.mark.fault(9, 59)
def test_a_malformed_key_is_bad_and_not_echoed(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", f"{CANARY} \n")
    report = doctor(store=store)
    (key,) = found(report, "key")
    assert key.level == "bad"
    assert "space or a line break" in key.text
    assert CANARY not in str(report)
    assert not report.ok


@pytest.mark.parametrize(
    ("version", "level"),
    [("6.31.0", "warn"), ("6.29.5", "warn"), ("7.0.0", "ok"), ("7.3.1", "ok"), ("7.4.0", "ok"), ("8.0.0a1", "ok")],
)
@pytest.mark.fault(41)
def test_the_kernel_s_version_says_whether_the_panel_answers_while_a_cell_runs(version: str, level: str) -> None:
    finding = kernel_finding(version)
    assert finding.level == level
    assert version in finding.text
    assert bool(finding.advice) is (level == "warn")


def test_a_script_is_not_a_kernel_and_a_notebook_is(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: None))
    assert "not a Jupyter kernel" in found(doctor(store=store), "kernel")[0].text
    shell = SimpleNamespace(kernel=object())
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    assert "ipykernel" in found(doctor(store=store), "kernel")[0].text


def copied_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, manifest: str) -> Path:
    """A copy of the panel's files that a test may break, in the place where doctor looks."""
    static = tmp_path / "package" / "panel" / "static"
    static.mkdir(parents=True)
    (static / "manifest.json").write_text(manifest)
    (static / "loader.js").write_text("loader")
    (static / "panel.js").write_text("panel")
    monkeypatch.setattr("convend_widget.diagnosis.resources.files", lambda name: tmp_path / "package")
    return static


GOOD = json.dumps({"panel": {"file": "panel.js", "sha256": hashlib.sha256(b"panel").hexdigest()}})


@pytest.mark.parametrize(
    ("manifest", "missing", "level"),
    [
        (GOOD, None, "ok"),
        (GOOD, "panel.js", "bad"),
        (GOOD, "loader.js", "bad"),
        (GOOD, "manifest.json", "bad"),
        ("{}", None, "bad"),
        ("[]", None, "bad"),
        ("not json", None, "bad"),
        (GOOD.replace('256": "', '256": "0'), None, "bad"),
    ],
)
def test_panel_files_that_are_missing_or_changed_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, manifest: str, missing: str | None, level: str
) -> None:
    static = copied_package(tmp_path, monkeypatch, manifest)
    if missing:
        (static / missing).unlink()
    (finding,) = diagnosis._panel()
    assert finding.level == level
    assert ("make panel" in finding.advice) is (level == "bad")
    shutil.rmtree(static)


def test_a_package_that_is_missing_or_too_old_is_bad_with_the_command_to_run(monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.metadata.version

    def version(name: str) -> str:
        if name in ("nh3", "jupyterlab"):
            raise importlib.metadata.PackageNotFoundError(name)
        return "0.1" if name == "anthropic" else real(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    bad = [f for f in diagnosis._versions() if f.level == "bad"]
    assert [(f.text.split()[0], f.advice) for f in bad] == [
        ("anthropic", "Run: pip install -U anthropic"),
        ("nh3", "Run: pip install nh3"),
    ]


def test_a_rehearsal_that_fails_is_reported_not_raised(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails() -> bool:
        raise ImportError("no SDK")

    monkeypatch.setattr(diagnosis, "_rehearse", fails)
    (finding,) = found(doctor(store=store), "rehearsal")
    assert (finding.level, finding.text) == ("bad", "failed with ImportError")
