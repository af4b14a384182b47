"""Whatever a folder holds: each file that cannot be used is named with a reason, and all others are read."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import convend_widget as cw
from convend_widget.store import SqliteStore
from tests.attacks import SHORT
from tests.collecting.rig import Own, exported, in_store, notebook, picture, rewritten, state_of, talk_of
from tests.interchange.trees import broken
from tests.test_attacks import everywhere

Make = Callable[[Path], object]


def json_file(content: str | bytes) -> Make:
    data = content.encode() if isinstance(content, str) else content
    return lambda folder: (folder / "talk.json").write_bytes(data)


def export_with(change: Callable[[dict[str, Any]], object]) -> Make:
    return lambda folder: rewritten(exported(talk_of("Eve"), folder / "talk.json"), change)


def picture_with(change: Callable[[dict[str, Any]], object]) -> Make:
    def make(folder: Path) -> None:
        document = picture(talk_of("Eve"))
        change(document)
        notebook(folder / "lesson.ipynb", document)

    return make


def store_with(*statements: str) -> Make:
    def make(folder: Path) -> None:
        with contextlib.closing(sqlite3.connect(in_store(folder / "chats.db", talk_of("Eve")))) as db:
            for statement in statements:
                db.execute(statement)
            db.commit()

    return make


def store_cut_to(share: float) -> Make:
    def make(folder: Path) -> None:
        path = in_store(folder / "chats.db", talk_of("Eve"))
        os.truncate(path, int(path.stat().st_size * share))

    return make


def pipe(folder: Path) -> None:
    os.mkfifo(folder / "talk.json")


def link(folder: Path) -> None:
    exported(talk_of("Eve"), folder.parent.parent / "elsewhere" / "talk.json")
    (folder / "talk.json").symlink_to(folder.parent.parent / "elsewhere" / "talk.json")


def loop(folder: Path) -> None:
    (folder / "round").symlink_to(folder)
    (folder / "talk.json").symlink_to("talk.json")


NEWER_EVENT = {"seq": 2, "kind": "from_tomorrow", "at": 1.0, "body": {}}
BAD: dict[str, tuple[str, Make]] = {
    "empty": ("empty", json_file("")),
    "no JSON": ("damaged", json_file("{")),
    "no text": ("damaged", json_file(b"\xff\xfe\x00{")),
    "nested without end": ("damaged", json_file("[" * 100_000)),
    "a number without end": ("damaged", json_file("9" * 100_000)),
    "JSON of another program": ("foreign", json_file('{"name": "left-pad", "version": "1.0.0"}')),
    "only null": ("foreign", json_file("null")),
    "a list of messages": ("foreign", json_file('[{"role": "user", "content": "Hello"}]')),
    "an export without its end": (
        "damaged",
        lambda f: exported(talk_of("Eve"), f / "talk.json").write_bytes(
            exported(talk_of("Eve"), f / "talk.json").read_bytes()[:3000]
        ),
    ),
    "a later format": ("newer", export_with(lambda v: v.update(version=2))),
    "an event of a later version": ("newer", export_with(lambda v: v["events"].__setitem__(1, NEWER_EVENT))),
    "events that are none": ("damaged", export_with(lambda v: v.update(events=[1, 2]))),
    "events out of order": ("damaged", export_with(lambda v: v["events"].reverse())),
    "no events": ("empty", export_with(lambda v: v.update(events=[]))),
    "a notebook without a chat": ("empty", lambda f: notebook(f / "lesson.ipynb")),
    "a notebook that is none": ("foreign", lambda f: (f / "lesson.ipynb").write_text("[]")),
    "a picture of tomorrow": ("newer", picture_with(lambda v: v.update(version=2))),
    "a picture of another program": ("foreign", picture_with(lambda v: v.update(format="x"))),
    "a picture without rows": ("damaged", picture_with(lambda v: v.update(rows=None))),
    "a picture with a forged end": ("damaged", picture_with(lambda v: v["rows"][1].update(tip="ended"))),
    "a picture that goes on below an end": (
        "damaged",
        picture_with(lambda v: v["rows"][-1].update(p=next(r["m"] for r in v["rows"] if r["tip"] == "ended"))),
    ),
    "a picture with a message twice": ("damaged", picture_with(lambda v: v["rows"].append(v["rows"][0]))),
    "a store that is none": ("damaged", lambda f: (f / "chats.db").write_bytes(b"no database" * 900)),
    "a store of zeros": ("damaged", lambda f: (f / "chats.db").write_bytes(bytes(8192))),
    "a store with nothing in it": ("empty", lambda f: SqliteStore(f / "chats.db").close()),
    "an empty store": ("empty", lambda f: (f / "chats.db").touch()),
    "a database of another program": ("foreign", store_with("PRAGMA application_id = 7")),
    "a store of tomorrow": ("newer", store_with("PRAGMA user_version = 99")),
    "a store with a trap": (
        "foreign",
        store_with(
            "DROP TABLE lease",
            "CREATE VIEW lease AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n) SELECT i FROM n",
        ),
    ),
    "a changed event": ("damaged", store_with("UPDATE event SET body = replace(body, 'Eve', 'Eva')")),
    "an event that is no text": ("damaged", store_with("UPDATE event SET body = x'00ff' WHERE place % 5 = 1")),
    "a lost event": ("damaged", store_with("DELETE FROM event WHERE kind = 'user_sent' OR place % 7 = 3")),
    "an id that is none": ("damaged", store_with("UPDATE conversation SET id = x'00ff'")),
    "a store without its end": ("damaged", store_cut_to(0.6)),
    "a store without most of it": ("damaged", store_cut_to(0.1)),
    "a pipe": ("foreign", pipe),
    "a link": ("link", link),
    "links in a circle": ("link", loop),
    "packed": ("foreign", lambda f: (f / "all.zip").write_bytes(b"PK")),
    "a page": ("foreign", lambda f: (f / "talk.html").write_text("<p>Hello")),
}


@pytest.mark.parametrize("what", BAD)
def test_a_file_that_cannot_be_used_is_named_with_its_reason_and_stops_nothing(what: str, tmp_path: Path):
    kind, make = BAD[what]
    folder = tmp_path / "in"
    exported(talk_of("Ada"), folder / "Ada.json")
    (folder / "Eve").mkdir()
    make(folder / "Eve")
    exported(talk_of("Zoe"), folder / "Zoe.json")
    before = state_of(folder)
    found = cw.collect(folder, names=True)
    assert sorted(found.chats["name"]) == ["Ada", "Zoe"]
    assert set(found.problems["kind"]) == {kind}
    assert set(found.problems["name"]) == {"Eve"}
    assert all(len(reason) < 300 and "\n" not in reason for reason in found.problems["what"])
    assert state_of(folder) == before


def test_a_file_above_the_limit_is_not_opened(tmp_path: Path):
    exported(talk_of("Ada"), tmp_path / "Ada.json")
    with (tmp_path / "Eve.json").open("wb") as file:
        file.truncate(3 * 2**30)  # nothing on the disk
    found = cw.collect(tmp_path)
    assert found.problems["kind"].tolist() == ["too_big"] and "3,072 MB" in repr(found)
    assert cw.collect(tmp_path, limit=0.001).problems["kind"].tolist() == ["too_big"] * 2


def test_what_lies_beside_a_store_counts_for_its_size(tmp_path: Path):
    path = in_store(tmp_path / "Eve.db", talk_of("Eve"))
    assert len(cw.collect(tmp_path, limit=1).chats) == 1
    with path.with_name("Eve.db-wal").open("wb") as file:
        file.truncate(2**30)  # nothing on the disk
    assert cw.collect(tmp_path, limit=1).problems["kind"].tolist() == ["too_big"]


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is unreadable for root")
def test_what_may_not_be_read_is_named(tmp_path: Path):
    exported(talk_of("Ada"), tmp_path / "Ada.json").chmod(0)
    (tmp_path / "Eve").mkdir(mode=0)
    found = cw.collect(tmp_path, names=True)
    assert found.problems["kind"].tolist() == ["unreadable"] * 2
    (tmp_path / "Eve").chmod(0o700)


def test_names_of_no_text_are_shown_as_far_as_they_can_be(tmp_path: Path):
    name = os.fsdecode(b"\xff\xfeEve\xe2\x80\xae.json")
    exported(talk_of("Eve"), tmp_path / name)
    found = cw.collect(tmp_path, names=True)
    assert len(found.chats) == 1
    (tmp_path / "out").mkdir()
    assert "Eve" in found.export(tmp_path / "out" / "class.csv").read_text("utf-8-sig")
    assert "\u202e" not in repr(found) + found._repr_html_() + found.chats["name"][0]


def test_a_chat_that_is_damaged_says_nothing_of_the_others_in_its_store(tmp_path: Path):
    path = in_store(tmp_path / "Eve.db", talk_of("Eve"), talk_of("Eva"))
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute("UPDATE event SET body = replace(body, 'I am Eve', 'I am Eva')")
        db.commit()
    found = cw.collect(tmp_path)
    assert found.chats["conversation"].tolist() == ["c_Eva"]
    assert found.problems["kind"].tolist() == ["damaged"]


def test_a_forged_end_is_no_end_and_a_changed_file_is_doubted(tmp_path: Path):
    path = exported(talk_of("Eve", ended=False), tmp_path / "Eve.json")
    rewritten(path, lambda v: v["messages"][1].update(ended=True))
    path = exported(talk_of("Eva"), tmp_path / "Eva.json")
    path.write_text(path.read_text("ascii").replace("I am Eva", "I am me"), encoding="ascii")
    found = cw.collect(tmp_path, names=True)
    assert set(found.problems["kind"]) == {"doubt"}
    assert set(found.problems["name"]) == {"Eve", "Eva"}
    by_name = found.chats.set_index("name")
    assert by_name.loc["Eve", "endings"] == 0
    assert not by_name.loc["Eva", "verified"]


def test_broken_copies_of_every_kind_never_stop_it(tmp_path: Path):
    talk = talk_of("Eve")
    sources = {
        "json": exported(talk, tmp_path / "Eve.json").read_text("ascii"),
        "ipynb": json.dumps(json.loads(notebook(tmp_path / "Eve.ipynb", picture(talk)).read_text("utf-8"))),
    }
    folder = tmp_path / "in"
    folder.mkdir()
    for suffix, source in sources.items():
        for number, text in enumerate(broken(source, 60, seed=7)):
            (folder / f"{number}.{suffix}").write_text(text, encoding="utf-8")
    data = in_store(tmp_path / "Eve.db", talk).read_bytes()
    for number in range(30):
        at = 100 + number * (len(data) - 200) // 30
        (folder / f"s{number}.db").write_bytes(data[:at] + bytes([255] * 7) + data[at + 7 :])
    found = cw.collect(folder)
    assert len(found.problems) > 50
    assert "defect" not in set(found.problems["kind"])


def test_attacks_in_every_field_are_only_text(tmp_path: Path):
    for number, attack in enumerate(list(SHORT.values())[::12]):
        exported(everywhere(attack, Own(name=f"c{number}")), tmp_path / f"{number}.json")
    found = cw.collect(tmp_path)
    assert len(found.chats) == len(list(tmp_path.iterdir()))
    assert "<script" not in found._repr_html_() + found.named()._repr_html_()
    found.export(tmp_path / "class.csv")
