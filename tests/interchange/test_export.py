"""Writing exports to files: the suffix says how, the file is there whole or not at all, and no key is in it."""

from __future__ import annotations

import json
import os
import stat
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from convend_widget.conversation.tree import empty
from convend_widget.errors import SettingsError, UnknownMessage
from convend_widget.interchange.export import SUFFIXES, export
from convend_widget.interchange.json_format import import_json
from tests.conversation.build import Talk, text
from tests.interchange.trees import ended_talk, stored


def written(path: Path) -> str:
    """The text of an export; of an archive the text of all that is in it. Raises where it is not UTF-8."""
    if path.suffix != ".eval":
        return path.read_text("utf-8")
    with zipfile.ZipFile(path) as archive:
        return "\n".join(archive.read(name).decode("utf-8") for name in archive.namelist())


CANARY = "sk-ant-canary-7Q2xV9"


@pytest.mark.parametrize(
    ("name", "begins"),
    [
        ("talk.md", "# Rude words."),
        ("talk.html", "<!doctype html>"),
        ("talk.json", '{"format":"convend"'),
        ("talk.csv", '\ufeff"id","parent"'),
        ("TALK.JSON", '{"format":"convend"'),
    ],
)
def test_the_suffix_says_what_is_written(tmp_path: Path, name: str, begins: str) -> None:
    talk = ended_talk()
    path = export(talk.now, stored(talk), tmp_path / name)
    assert path == tmp_path / name
    assert path.read_text("utf-8").startswith(begins)
    assert os.listdir(tmp_path) == [name]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_conversation_without_messages_can_be_written_too(tmp_path: Path, suffix: str) -> None:
    assert export(empty("c1"), [], tmp_path / f"a{suffix}").is_file()


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_each_format_takes_a_branch(tmp_path: Path, suffix: str) -> None:
    talk = ended_talk()
    ended = talk.now.endings[0].message
    for branch in (ended, talk[ended], "all"):
        path = export(talk.now, stored(talk), tmp_path / f"a{suffix}", branch=branch)
        assert "The remarks went on." in written(path)


@pytest.mark.parametrize("name", ["talk", "talk.txt", "talk.md.bak", ".md", "talk.log"])
def test_another_suffix_is_refused_and_the_known_ones_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingsError, match=r"\.csv, \.eval, \.html, \.json, \.md"):
        export(ended_talk().now, [], tmp_path / name)
    assert os.listdir(tmp_path) == []


def test_a_file_that_is_there_is_replaced_and_keeps_its_permissions(tmp_path: Path) -> None:
    path = tmp_path / "talk.md"
    path.write_text("old " * 10_000)
    path.chmod(0o640)
    export(Talk().now, [], path)
    assert path.read_text("utf-8").startswith("# An empty conversation")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_link_to_a_file_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.md").write_text("old")
    (tmp_path / "link.md").symlink_to(tmp_path / "real.md")
    export(Talk().now, [], tmp_path / "link.md")
    assert (tmp_path / "link.md").is_symlink()
    assert (tmp_path / "real.md").read_text("utf-8").startswith("#")


@pytest.mark.parametrize("broken", ["replace", "fsync"])
def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "talk.md"
    path.write_text("old")
    monkeypatch.setattr(os, broken, full)
    with pytest.raises(SettingsError, match="No space left on device"):
        export(Talk().now, [], path)
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["talk.md"]


def test_a_folder_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no folder"):
        export(Talk().now, [], tmp_path / "new" / "talk.md")
    assert os.listdir(tmp_path) == []


def test_a_folder_in_the_place_of_the_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "talk.md").mkdir()
    with pytest.raises(SettingsError, match="cannot be written"):
        export(Talk().now, [], tmp_path / "talk.md")
    assert os.listdir(tmp_path) == ["talk.md"]


def test_an_unknown_branch_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(UnknownMessage):
        export(Talk().now, [], tmp_path / "talk.md", branch="nobody")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.fault(48)
def test_broken_unicode_is_written_as_valid_utf_8(tmp_path: Path, suffix: str) -> None:
    talk = Talk()
    talk.turn([text("half \ud800 and NUL \x00")], words="\udfff end")
    made = written(export(talk.now, stored(talk), tmp_path / f"a{suffix}"))
    assert "half" in made
    if suffix == ".json":
        came = import_json(made, conversation="c2")
        assert came.events[-1] == talk.events[-1]


def test_csv_of_a_file_reads_back_with_pandas(tmp_path: Path) -> None:
    talk = ended_talk()
    path = export(talk.now, stored(talk), tmp_path / "a.csv")
    assert pd.read_csv(path)["id"].tolist() == list(talk.now.messages)


@pytest.mark.fault(59)
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_no_key_is_in_an_export(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str) -> None:
    import convend_widget as cw

    monkeypatch.setenv("ANTHROPIC_API_KEY", CANARY)
    chat = cw.Chat(scenario="persistent_abuse", store=":memory:", pause=0)
    chat.play()
    path = tmp_path / f"a{suffix}"
    chat.conversation.export(path)
    assert CANARY not in written(path)
    if suffix == ".json":
        assert json.loads(path.read_text("utf-8"))["messages"][-1]["ended"]


@pytest.mark.fault(56)
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_conversation_deeper_than_the_stack_and_wide_at_its_root_is_written(tmp_path: Path, suffix: str) -> None:
    talk = Talk("off")
    for number in range(700):
        talk.say(f"Deep {number}.", below=talk.tip)
        talk.reply([text("Fine.")])
    for number in range(200):
        talk.say(f"Wide {number}.", below=None, edit_of="u1")
    made = written(export(talk.now, stored(talk), tmp_path / f"a{suffix}", branch="all"))
    assert "Deep 699." in made
    if suffix != ".eval":  # there the first words of a branch stand in its summary too
        assert made.count("Deep 699.") == made.count("Wide 199.")
    assert "Wide 0." in made
