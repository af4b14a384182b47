"""The ``convend`` command: plain lines, exit codes 0, 1 and 2, and never a traceback for what can go wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import convend_widget as cw
from convend_widget import __version__
from convend_widget.cli import main
from convend_widget.conversation.codec import encode
from convend_widget.store import Append, Committed, SqliteStore
from tests.conversation.build import Talk, end, text

CANARY = "sk-ant-canary-7Q2xV9"


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store with one ended and one open conversation; the usual one of these tests."""
    path = tmp_path / "chats.db"
    store = SqliteStore(path)
    for name, policy, title in (("c_one", "off", "\x1b[31mRed\nline \u202etitle"), ("c_two", "launch_2025", "Ends")):
        talk = Talk(policy, name=name)
        talk.turn([text("Fine."), end()] if policy != "off" else [text("Fine.")])
        events = tuple((e.kind, encode(e), e.at) for e in talk.events)
        ended = bool(talk.now.endings)
        (done,) = store.commit([Append(name, 0, events, summary={"title": title, "ended": ended})])
        assert isinstance(done, Committed)
    store.close()
    monkeypatch.setenv("CONVEND_STORE", str(path))
    return path


def damage(path: Path) -> None:
    import sqlite3

    with sqlite3.connect(path) as db:
        db.execute("UPDATE event SET body = replace(body, 'Fine.', 'Five.') WHERE body LIKE '%Fine.%'")
    db.close()


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[str], list[str]]:
    code = main(arguments)
    said = capsys.readouterr()
    return code, said.out.splitlines(), said.err.splitlines()


def test_list_shows_one_conversation_a_line_without_what_could_steer_a_terminal(
    kept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run(capsys, "list")
    assert (code, err) == (0, [])
    assert out == [
        "c_two  2023-11-14 22:13 UTC  ended  Ends",
        "c_one  2023-11-14 22:13 UTC  open   [31mRed line title",
    ]


def test_verify_checks_all_or_one_and_shows_digests(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "verify")
    assert (code, len(out), err) == (0, 2, [])
    store = SqliteStore(kept)
    assert run(capsys, "verify", "c_one") == (0, [f"ok    c_one  6 events {store.verify('c_one').digest}"], [])
    store.close()


def test_verify_finds_damage_and_says_so_with_exit_code_1(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    damage(kept)
    code, out, err = run(capsys, "verify", "c_one")
    assert code == 1
    assert out[0].startswith("bad   c_one  ")
    assert err == []


def test_verify_finds_a_whole_log_that_breaks_the_law(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = SqliteStore(kept)
    talk = Talk(name="c_three")
    talk.turn()
    events = tuple((e.kind, encode(e), e.at) for e in [*talk.events, talk.events[-1]])
    store.commit([Append("c_three", 0, events)])
    store.close()
    code, out, _ = run(capsys, "verify")
    assert code == 1
    assert [line.split()[:2] for line in out] == [["bad", "c_three"], ["ok", "c_two"], ["ok", "c_one"]]


@pytest.mark.parametrize("suffix", [".md", ".html", ".json", ".csv"])
def test_export_writes_the_file_and_prints_its_path(
    kept: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], suffix: str
) -> None:
    path = tmp_path / f"out{suffix}"
    assert run(capsys, "export", "c_two", str(path)) == (0, [str(path)], [])
    assert "Fine." in path.read_text("utf-8")


def test_export_of_another_branch(kept: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, _ = run(capsys, "export", "c_two", str(tmp_path / "a.md"), "--branch", "all")
    assert code == 0
    assert "## Branch 1" in (tmp_path / "a.md").read_text("utf-8")
    code, out, err = run(capsys, "export", "c_two", str(tmp_path / "a.md"), "--branch", "nobody")
    assert (code, out, len(err)) == (1, [], 1)


@pytest.mark.parametrize("words", [("scenarios",), ("scenario", "list")])
def test_scenarios_lists_those_that_ship(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, *words)
    assert code == 0
    assert [line.split()[0] for line in out] == [one.name for one in cw.scenarios()]


def test_a_new_scenario_is_sound_and_is_never_written_over_another_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "my_talk.toml"
    assert run(capsys, "scenario", "new", str(tmp_path / "my_talk"))[0] == 0
    code, out, err = run(capsys, "scenario", "check", str(path))
    assert (code, out[0], out[-1], err) == (0, "my_talk.toml: My lesson", "ok   my_talk.toml", [])
    before = path.read_bytes()
    code, out, err = run(capsys, "scenario", "new", str(path))
    assert (code, out, path.read_bytes()) == (2, [], before) and "already" in err[0]
    for name in ("My Talk", "no/where/at_all"):
        code, out, err = run(capsys, "scenario", "new", str(tmp_path / name))
        assert (code, out, len(err)) == (2, [], 1)


def test_a_check_of_several_scenarios_says_all_and_ends_with_1_where_one_is_bad(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.toml").write_text('name = "bad"\n', "utf-8")
    code, out, err = run(capsys, "scenario", "check", "--quiet", "calm", "bad.toml", "nowhere.toml", "paused")
    assert (code, err) == (1, [])
    assert [line.split(maxsplit=2)[:2] for line in out] == [
        ["ok", "calm.toml"],
        *[["bad", "bad.toml:"]] * 4,
        ["bad", "nowhere.toml:"],
        ["ok", "paused.toml"],
    ]
    code, out, err = run(capsys, "scenario", "check", "--policy", "lenient", "calm")
    assert (code, out, len(err)) == (2, [], 1)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("export", "c_none", "a.md"), 1, "There is no conversation c_none"),
        (("verify", "c_none"), 1, "There is no conversation c_none"),
        (("export", "c_one", "a.txt"), 2, ".csv, .eval, .html, .json, .md"),
        (("export", "c_one", "no/such/folder/a.md"), 2, "no folder"),
        (("list", "--store", "no_such.db"), 2, "no store at no_such.db"),
    ],
)
def test_an_error_is_one_line_with_advice(
    kept: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    code: int,
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    got, out, err = run(capsys, *arguments)
    assert (got, out, len(err)) == (code, [], 1)
    assert err[0].startswith("convend: ")
    assert said in err[0]
    assert not Path("no_such.db").exists()


@pytest.mark.parametrize("arguments", [(), ("dance",), ("export", "c_one"), ("list", "--colour")])
def test_wrong_use_of_the_command_line_exits_with_2(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage: convend" in capsys.readouterr().err


@pytest.mark.fault(54)
def test_a_store_of_a_newer_version_is_named_and_left_alone(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import sqlite3

    with sqlite3.connect(kept) as db:
        db.execute("PRAGMA user_version = 999")
    db.close()
    before = kept.read_bytes()
    code, out, err = run(capsys, "list")
    assert (code, out, len(err)) == (1, [], 1)
    assert "Update convend_widget" in err[0]
    assert kept.read_bytes() == before


def test_a_store_that_is_named_is_used_instead_of_the_usual_one(
    kept: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other.db"
    SqliteStore(other).close()
    assert run(capsys, "list", "--store", str(other)) == (0, [], [])
    assert run(capsys, "verify", "--store", str(other)) == (0, [], [])


def convend(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "convend_widget.cli", *arguments],
        env=os.environ | more,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


@pytest.mark.fault(59)
def test_doctor_runs_as_a_command_and_shows_no_key(kept: Path, tmp_path: Path) -> None:
    home = {"ANTHROPIC_API_KEY": CANARY, "ANTHROPIC_BASE_URL": f"https://user:{CANARY}@proxy.example/{CANARY}"}
    done = convend("doctor", **home)
    assert "key         from ANTHROPIC_API_KEY" in done.stdout
    assert "calls go to proxy.example" in done.stdout
    assert CANARY not in done.stdout + done.stderr
    assert done.returncode == (1 if "\nbad" in done.stdout else 0)


def test_version_is_one_line() -> None:
    done = convend("--version")
    assert (done.returncode, done.stdout) == (0, f"convend_widget {__version__}\n")


def test_a_terminal_that_cannot_show_a_title_gets_it_all_the_same(kept: Path) -> None:
    store = SqliteStore(kept)
    store.describe("c_one", title="Grüße 👋")
    store.close()
    done = convend("list", PYTHONIOENCODING="ascii")
    assert done.returncode == 0
    assert "Gr??e ?" in done.stdout


def test_a_reader_that_leaves_early_is_no_error() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    arguments = [sys.executable, "-m", "convend_widget.cli", "scenarios"]
    done = subprocess.run(arguments, stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, "")


def test_looking_needs_neither_the_sdk_nor_pandas_nor_jupyter(kept: Path) -> None:
    code = (
        "import sys, convend_widget.cli as cli; cli.main(['list']); cli.main(['verify']);"
        "print(sorted({'anthropic', 'pandas', 'ipywidgets', 'anywidget', 'IPython', 'nh3'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_an_exported_conversation_comes_back_by_import(
    kept: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:

    main(["export", "c_two", str(tmp_path / "a.json")])
    chat = cw.import_conversation(tmp_path / "a.json", store=":memory:")
    assert chat.ended
    assert json.loads((tmp_path / "a.json").read_text())["conversation"] == "c_two"
