"""What opening does with a file that is not as it should be. Nothing is ever deleted or overwritten."""

from __future__ import annotations

import os
import sqlite3
import stat
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from convend_widget.errors import NoSuchConversation, StoreBusy, StoreDamaged, StoreTooNew
from convend_widget.store import Beat, MemoryStore, OpenLease, SqliteStore, Store, open_store
from convend_widget.store import connection as connection_module
from convend_widget.store.connection import PAGE
from convend_widget.store.schema import APPLICATION_ID, MIGRATIONS, NotOurs, prepare
from tests.store.desk import append_patiently, bodies, child, contents, outcome, state, unit

GARBAGE = b"not a database at all " * 500


def filled(path: Path, conversations: int = 8) -> bytes:
    """A sound store of some hundred pages at this path; its bytes."""
    store = SqliteStore(path)
    for number in range(conversations):
        store.commit([unit(f"chat-{number}", 0, *(f"{number}:{n}:{'x' * 1500}" for n in range(50)))])
    store.close()
    return path.read_bytes()


def works(store: Store) -> None:
    store.commit([unit("new", 0, "hello")])
    assert bodies(store, "new") == ["hello"]


def set_aside(folder: Path, content: bytes, store: Store) -> None:
    """The bytes are kept under a name that the notice gives, with a way to what is in them; a new store works."""
    (aside,) = folder.glob("store.db.damaged-*")
    assert aside.read_bytes() == content
    (notice,) = store.notices
    assert notice.code == "set_aside"
    assert str(aside) in notice.text
    assert ".recover" in notice.text
    assert isinstance(store, SqliteStore)
    works(store)
    store.close()
    again = open_store(folder / "store.db")
    assert bodies(again, "new") == ["hello"]
    assert again.notices == ()
    again.close()


@pytest.mark.fault(54)
@pytest.mark.parametrize(
    "content", [GARBAGE, bytes(100_000), b"SQLite format 3\0"], ids=["text", "zeros", "a beginning"]
)
def test_garbage_under_a_databases_name_is_set_aside(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "store.db").write_bytes(content)
    set_aside(tmp_path, content, open_store(tmp_path / "store.db"))


@pytest.mark.fault(54)
def test_a_truncated_store_is_set_aside_wherever_it_was_cut(tmp_path: Path) -> None:
    whole = filled(tmp_path / "whole.db")
    for cut in (
        20,
        99,
        100,
        600,
        PAGE - 1,
        PAGE,
        PAGE + 1,
        PAGE * 5,
        len(whole) // 2,
        len(whole) - PAGE,
        len(whole) - 1,
    ):
        folder = tmp_path / str(cut)
        folder.mkdir()
        (folder / "store.db").write_bytes(whole[:cut])
        set_aside(folder, whole[:cut], open_store(folder / "store.db"))


@pytest.mark.fault(54)
def test_a_store_with_a_destroyed_schema_is_set_aside_with_what_lay_beside_it(tmp_path: Path) -> None:
    whole = filled(tmp_path / "store.db")
    broken = whole[:100] + bytes(PAGE - 100) + whole[PAGE:]
    (tmp_path / "store.db").write_bytes(broken)
    (tmp_path / "store.db-shm").write_bytes(b"left by somebody")
    store = open_store(tmp_path / "store.db")
    (beside,) = tmp_path.glob("store.db.damaged-*-shm")
    assert beside.read_bytes() == b"left by somebody"
    for path in tmp_path.glob("store.db.damaged-*-*-*"):
        path.unlink()
    set_aside(tmp_path, broken, store)


@pytest.mark.fault(54)
def test_what_is_whole_in_a_truncated_store_is_brought_over_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    store: Store = SqliteStore(path)
    store.commit([unit("deleted", 0, "gone")])
    store.delete("deleted")
    store.commit(
        [unit("early", 0, *"abc", lease=OpenLease("r", "t", "here", 5.0), summary={"title": "T", "ended": True})]
    )
    store.commit([unit("early", 3, lease=Beat("r", "t", 6.0, "[1]")), unit("run", 0, "1", summary={"hidden": True})])
    hidden, leases = store.summary("run"), store.leases()
    store.commit([unit("cut", 0, *("x" * 1500 for _ in range(100)))])
    store.commit([unit("late", 0, *("x" * 1500 for _ in range(100)))])
    store.commit([unit("early", 3, "d")])
    early = store.read("early")
    summary = store.summary("early")
    store.close()
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 3])
    store = open_store(path)
    assert store.read("early") == early
    assert (store.summary("early"), store.summary("run"), store.leases()) == (summary, hidden, leases)
    assert [s.conversation for s in store.conversations(hidden=True)] == ["early", "run"]
    assert "2 whole conversations were brought over from it, 2 could not be" in store.notices[0].text
    (refusal,) = store.commit([unit("deleted", 0, "again")])
    assert isinstance(refusal, NoSuchConversation)
    store.close()


@pytest.mark.fault(54)
def test_a_log_that_lost_its_end_is_not_brought_over_as_one_that_goes_on(tmp_path: Path) -> None:
    """The event that is missing might be the one that ended the conversation."""
    path = tmp_path / "store.db"
    filled(path, conversations=2)
    raw = sqlite3.connect(path, isolation_level=None)
    raw.execute("DELETE FROM event WHERE place & 0xffffffff = 50 AND body LIKE '0:49:%'")
    raw.close()
    path.write_bytes(path.read_bytes()[:-1])
    store = open_store(path)
    assert "chat-0" not in [summary.conversation for summary in store.conversations()]
    store.close()


@pytest.mark.fault(54)
def test_damage_in_the_middle_costs_only_the_conversations_that_it_hit(tmp_path: Path) -> None:
    whole = filled(tmp_path / "store.db")
    where = whole.index(b"3:25:x")
    page = where - where % PAGE
    (tmp_path / "store.db").write_bytes(whole[:page] + b"\xff" * PAGE + whole[page + PAGE :])
    store = open_store(tmp_path / "store.db")
    assert len(store.conversations()) == 8
    with pytest.raises(StoreDamaged, match=r"\.recover"):
        store.read("chat-3")
    verdict = store.verify("chat-3")
    assert (verdict.ok, verdict.problem is not None) == (False, True)
    for number in (0, 1, 2, 4, 5, 6, 7):
        assert store.verify(f"chat-{number}").ok
        assert len(store.read(f"chat-{number}")) == 50
    store.close()


@pytest.mark.fault(54)
@pytest.mark.parametrize("column", ["kind", "body", "at", "digest"])
def test_what_no_log_can_hold_is_damage_and_not_a_crash(tmp_path: Path, column: str) -> None:
    filled(tmp_path / "store.db", conversations=1)
    other = sqlite3.connect(tmp_path / "store.db")
    wrong = {"kind": "x'ff'", "body": "'\u00e9'", "at": "'noon'", "digest": "'text'"}[column]
    other.execute(f"UPDATE event SET {column} = {wrong} WHERE place & 0xffffffff = 7")
    other.commit()
    other.close()
    store = open_store(tmp_path / "store.db")
    with pytest.raises(StoreDamaged, match="chat-0"):
        store.read("chat-0")
    assert store.verify("chat-0").events == 6
    store.close()


@pytest.mark.fault(54)
@pytest.mark.parametrize("marked", [True, False], ids=["with its own mark", "without any"])
def test_a_database_of_another_program_is_left_alone(tmp_path: Path, marked: bool) -> None:
    path = tmp_path / "store.db"
    other = sqlite3.connect(path)
    other.executescript("CREATE TABLE bookmarks (url TEXT); INSERT INTO bookmarks VALUES ('x')")
    other.execute(f"PRAGMA application_id = {7 if marked else 0}")
    other.close()
    before = contents(tmp_path)
    with pytest.raises(NotOurs):
        SqliteStore(path)
    store = open_store(path)
    (notice,) = store.notices
    assert (notice.code, "another program" in notice.text, "store=" in notice.text) == ("not_saved", True, True)
    works(store)
    assert contents(tmp_path) == before


@pytest.mark.fault(54)
def test_a_damaged_database_of_another_program_is_left_alone_too(tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "store.db")
    other.executescript("PRAGMA application_id = 7; CREATE TABLE bookmarks (url TEXT)")
    other.execute("INSERT INTO bookmarks VALUES (?)", ("x" * 100_000,))
    other.commit()
    other.close()
    cut = (tmp_path / "store.db").read_bytes()[:50_000]
    (tmp_path / "store.db").write_bytes(cut)
    store = open_store(tmp_path / "store.db")
    assert store.notices[0].code == "not_saved"
    assert (tmp_path / "store.db").read_bytes() == cut
    assert not list(tmp_path.glob("*.damaged-*"))


@pytest.mark.fault(54)
def test_a_file_with_another_kind_of_name_is_not_renamed(tmp_path: Path) -> None:
    path = tmp_path / "lesson.ipynb"
    path.write_bytes(GARBAGE)
    store = open_store(path)
    (notice,) = store.notices
    assert (notice.code, "lesson.ipynb" in notice.text, "left as it was" in notice.text) == ("not_saved", True, True)
    works(store)
    assert contents(tmp_path) == {"lesson.ipynb": GARBAGE}


@pytest.mark.fault(54)
def test_a_store_of_a_newer_version_is_refused_and_not_touched(tmp_path: Path) -> None:
    filled(tmp_path / "store.db", conversations=1)
    other = sqlite3.connect(tmp_path / "store.db")
    other.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    other.close()
    before = contents(tmp_path)
    with pytest.raises(StoreTooNew, match="Update convend_widget"):
        open_store(tmp_path / "store.db")
    assert contents(tmp_path) == before


@pytest.mark.fault(54)
@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks its processes")
def test_many_that_find_the_same_damage_set_it_aside_once(tmp_path: Path) -> None:
    (tmp_path / "store.db").write_bytes(GARBAGE)

    def work(name: int) -> None:
        store = open_store(tmp_path / "store.db")
        assert isinstance(store, SqliteStore)
        append_patiently(store, f"chat-{name}", "hello")

    assert [outcome(pid) for pid in [child(partial(work, name)) for name in range(8)]] == [0] * 8
    (aside,) = tmp_path.glob("store.db.damaged-*")
    assert aside.read_bytes() == GARBAGE
    store = open_store(tmp_path / "store.db")
    assert len(store.conversations()) == 8
    store.close()


def test_a_store_that_another_process_makes_meanwhile_is_not_taken_for_a_strangers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The marks of the file are read at one moment, or a file could show the old one and then the new one."""
    monkeypatch.setattr(connection_module, "OPENING", 0.01)

    def connect(*args: Any, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = sqlite3.connect(*args, **options)
        connection.set_trace_callback(meddle)
        return connection

    def meddle(statement: str) -> None:
        if statement == "PRAGMA user_version":
            with suppress(StoreBusy):
                SqliteStore(tmp_path / "store.db").close()

    store = SqliteStore(tmp_path / "store.db", connect=connect)
    works(store)
    store.close()


def test_two_that_are_set_aside_in_one_second_do_not_overwrite_each_other(tmp_path: Path) -> None:
    for content in (b"first" * 100, b"second" * 100, b"third" * 100):
        (tmp_path / "store.db").write_bytes(content)
        open_store(tmp_path / "store.db").close()
    kept = {path.read_bytes()[:3] for path in tmp_path.glob("store.db.damaged-*")}
    assert kept == {b"fir", b"sec", b"thi"}


def test_a_new_store_is_for_its_owners_eyes_only(tmp_path: Path) -> None:
    store = open_store(tmp_path / "new" / "store.db")
    store.commit([unit("a", 0, "1")])
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "new", *(tmp_path / "new").iterdir())}
    assert modes == {"new": 0o700, "store.db": 0o600, "store.db-journal": 0o600}
    store.close()


def test_an_empty_file_becomes_a_store(tmp_path: Path) -> None:
    (tmp_path / "store.db").touch()
    store = open_store(tmp_path / "store.db")
    assert isinstance(store, SqliteStore)
    assert store.notices == ()
    works(store)
    store.close()


def test_where_it_is_comes_from_the_argument_then_the_environment_then_the_usual_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("CONVEND_STORE", str(tmp_path / "environment.db"))
    for asked, expected in (("~/mine.db", "mine.db"), (None, "environment.db")):
        store = open_store(asked)
        assert str(tmp_path / expected) in store.where
        store.close()
    monkeypatch.setenv("CONVEND_STORE", ":memory:")
    assert isinstance(open_store(), MemoryStore)
    monkeypatch.delenv("CONVEND_STORE")
    store = open_store()
    assert isinstance(store, SqliteStore)
    assert store.path.is_relative_to(tmp_path)
    store.close()


def test_names_that_mean_something_in_an_address_are_plain_names_here(tmp_path: Path) -> None:
    for name in ("a?mode=ro.db", "50%41.db", "# ü.db", "file:x.db"):
        store = open_store(tmp_path / name)
        works(store)
        store.close()
        assert (tmp_path / name).stat().st_size > 0


def test_a_write_ahead_log_that_somebody_chose_is_kept(tmp_path: Path) -> None:
    filled(tmp_path / "store.db", conversations=1)
    other = sqlite3.connect(tmp_path / "store.db")
    other.execute("PRAGMA journal_mode = WAL")
    other.close()
    store = open_store(tmp_path / "store.db")
    works(store)
    assert (tmp_path / "store.db-wal").exists()
    assert len(store.read("chat-0")) == 50
    store.close()


def test_an_older_store_is_brought_up_to_date_in_one_go_or_stays_old(tmp_path: Path) -> None:
    filled(tmp_path / "store.db")
    store = SqliteStore(tmp_path / "store.db")
    before = state(store)
    store.close()
    raw = sqlite3.connect(tmp_path / "store.db", isolation_level=None)
    good = ("ALTER TABLE conversation ADD COLUMN colour TEXT", "UPDATE conversation SET colour = 'red'")
    with pytest.raises(sqlite3.OperationalError, match="syntax"):
        prepare(raw, "store.db", (*MIGRATIONS, good, ("this is wrong",)))
    assert raw.execute("PRAGMA user_version").fetchone() == (1,)
    store = SqliteStore(tmp_path / "store.db")
    assert state(store) == before
    store.close()
    prepare(raw, "store.db", (*MIGRATIONS, good))
    prepare(raw, "store.db", (*MIGRATIONS, good))
    assert raw.execute("PRAGMA user_version").fetchone() == (2,)
    assert raw.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
    assert raw.execute("SELECT DISTINCT colour FROM conversation").fetchall() == [("red",)]
    raw.close()
    with pytest.raises(StoreTooNew):
        SqliteStore(tmp_path / "store.db")
