"""Where nothing can be written the chat goes on in memory, says so for good, and what is in the file stays readable."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from convend_widget.errors import NoSuchConversation, StoreReadOnly
from convend_widget.store import Committed, MemoryStore, OpenLease, SqliteStore, Store, open_store, unsaved
from tests.store.desk import bodies, child, contents, outcome, unit

pytestmark = pytest.mark.fault(52)


def works_unsaved(store: Store) -> None:
    """It takes a conversation, and says in one lasting line that it is not saved."""
    (result,) = store.commit([unit("new", 0, "hello")])
    assert isinstance(result, Committed)
    assert bodies(store, "new") == ["hello"]
    (notice,) = store.notices
    assert notice.code == "not_saved"
    assert notice.text.startswith("Not saved: ")
    assert "export" in notice.text
    assert "not saved" in store.where


def small_disk(pages: int) -> Callable[..., sqlite3.Connection]:
    def connect(*args: Any, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = sqlite3.connect(*args, **options)
        connection.execute(f"PRAGMA max_page_count = {pages}")
        return connection

    return connect


def test_a_full_disk_keeps_all_that_was_told_to_be_stored_and_nothing_of_the_rest(tmp_path: Path) -> None:
    store, stored = SqliteStore(tmp_path / "store.db", connect=small_disk(20)), 0

    def fill() -> None:
        nonlocal stored
        for stored in range(100):
            store.commit([unit("a", stored, "x" * 3000), unit(f"other-{stored}", 0, "x" * 3000)])

    with pytest.raises(StoreReadOnly, match="the disk is full"):
        fill()
    assert stored > 2
    assert len(store.read("a")) == stored
    assert len(store.conversations()) == stored + 1
    assert store.verify("a").ok
    store.close()


def test_after_the_disk_filled_up_the_same_conversation_goes_on_in_memory(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store.db", connect=small_disk(10))
    store.commit([unit("a", 0, "stored", lease=OpenLease("r", "t", "here", 1.0), summary={"title": "kept"})])
    with pytest.raises(StoreReadOnly) as full:
        store.commit([unit("a", 1, "x" * 100_000)])
    before = contents(tmp_path)
    above = unsaved(full.value.what, beneath=store)
    works_unsaved(above)
    above.commit([unit("a", 1, "x" * 100_000)])
    assert [len(body) for body in bodies(above, "a")] == [6, 100_000]
    assert above.verify("a").ok
    assert above.summary("a").title == "kept"
    assert above.leases() == store.leases()
    assert [summary.conversation for summary in above.conversations()] == ["a", "new"]
    assert contents(tmp_path) == before
    above.close()


def test_no_room_even_for_an_empty_store(tmp_path: Path) -> None:
    with pytest.raises(StoreReadOnly, match="the disk is full"):
        SqliteStore(tmp_path / "store.db", connect=small_disk(2))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="limits a forked child")
def test_a_file_that_may_not_grow_is_like_a_full_disk(tmp_path: Path) -> None:
    import resource

    def write() -> None:
        store = open_store(tmp_path / "store.db")
        store.commit([unit("a", 0, "stored")])
        size = (tmp_path / "store.db").stat().st_size
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        with pytest.raises(StoreReadOnly):
            store.commit([unit("a", 1, "x" * 50_000)])
        assert bodies(store, "a") == ["stored"]

    assert outcome(child(write)) == 0


def test_a_read_only_file_can_be_read_and_its_conversations_go_on_in_memory(unprivileged: Path) -> None:
    path = unprivileged / "store.db"
    first = open_store(path)
    first.commit([unit("old", 0, "1"), unit("other", 0, "1"), unit("deleted", 0, "1")])
    first.delete("deleted")
    first.close()
    path.chmod(0o400)
    before = contents(unprivileged)
    store = open_store(path)
    assert bodies(store, "old") == ["1"]
    works_unsaved(store)
    store.commit([unit("old", 1, "2")])
    store.describe("other", title="in memory")
    assert bodies(store, "old") == ["1", "2"]
    assert [s.conversation for s in store.conversations()] == ["old", "new", "other"]
    assert store.summary("other").title == "in memory"
    with pytest.raises(StoreReadOnly):
        store.delete("other")
    assert bodies(store, "other") == ["1"]
    with pytest.raises(NoSuchConversation):
        store.read("unknown")
    (refusal,) = store.commit([unit("deleted", 0, "again")])
    assert isinstance(refusal, NoSuchConversation)
    store.close()
    assert contents(unprivileged) == before


@pytest.mark.parametrize("there", [True, False], ids=["with a store", "empty"])
def test_a_read_only_folder(unprivileged: Path, there: bool) -> None:
    path = unprivileged / "store.db"
    if there:
        store = open_store(path)
        store.commit([unit("old", 0, "1")])
        store.close()
    unprivileged.chmod(0o500)
    store = open_store(path)
    assert [s.conversation for s in store.conversations()] == (["old"] if there else [])
    works_unsaved(store)
    store.close()
    assert path.exists() is there


def test_a_folder_that_cannot_be_made(unprivileged: Path) -> None:
    unprivileged.chmod(0o500)
    works_unsaved(open_store(unprivileged / "deep" / "down" / "store.db"))


def test_a_missing_home(unprivileged: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unprivileged.chmod(0o500)
    monkeypatch.delenv("CONVEND_STORE", raising=False)
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.setenv("HOME", str(unprivileged / "gone"))
    works_unsaved(open_store())


def test_a_user_without_any_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CONVEND_STORE", raising=False)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)  # what it does for a user that is not on record
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    works_unsaved(open_store())
    assert not Path("~").exists()


@pytest.mark.parametrize("what", ["folder", "pipe", "below a file"])
def test_what_is_no_file_is_left_alone(tmp_path: Path, what: str) -> None:
    path = tmp_path / "store.db"
    if what == "folder":
        path.mkdir()
    elif what == "pipe":
        os.mkfifo(path)
    else:
        (tmp_path / "notes.txt").write_text("mine")
        path = tmp_path / "notes.txt" / "store.db"
    store = open_store(path)
    works_unsaved(store)
    assert what == "below a file" or "is not a file" in store.notices[0].text
    assert path.is_dir() if what == "folder" else not path.is_file()


def test_a_file_that_was_removed_or_moved_meanwhile_takes_nothing_silently(tmp_path: Path) -> None:
    for step, away in enumerate((Path.unlink, lambda path: path.rename(tmp_path / "elsewhere.db"))):
        path = tmp_path / f"store-{step}.db"
        store = SqliteStore(path)
        store.commit([unit("a", 0, "1")])
        away(path)
        with pytest.raises(StoreReadOnly, match="moved or removed"):
            store.commit([unit("a", 1, "2")])
        above = unsaved("it is gone.", beneath=store)
        above.commit([unit("a", 1, "2")])
        assert bodies(above, "a") == ["1", "2"]
        above.close()


def test_memory_on_request_is_no_cause_for_a_notice() -> None:
    store = open_store(":memory:")
    assert isinstance(store, MemoryStore)
    assert store.notices == ()
    assert store.where == "in memory, not saved"
