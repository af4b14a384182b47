"""A store that cannot be used, as a person meets it in JupyterLab: a clear word, and a chat that works where it may."""

from __future__ import annotations

import sqlite3

import pytest
from playwright.sync_api import expect

import convend_widget as cw
from tests.ui.bench import LONG, Bench, Panel

SHOW = "import convend_widget as cw\nchat = cw.Chat(pause=0, store={!r}); chat"


@pytest.mark.fault(52, 54)
def test_a_folder_a_damaged_file_and_a_newer_one_are_told_and_only_the_last_is_refused(bench: Bench) -> None:
    folder, damaged, newer = (bench.root / name for name in ("folder.db", "damaged.db", "newer.db"))
    folder.mkdir()
    damaged.write_bytes(b"no database at all" * 500)
    cw.Chat(store=newer, pause=0).say("From a later year")
    with sqlite3.connect(newer) as kept:
        kept.execute("PRAGMA user_version = 9999")
    kept.close()
    panel = bench.open(*(SHOW.format(path.name) for path in (folder, damaged, newer)))
    expect(panel).to_contain_text("Not saved")
    expect(panel).to_contain_text("folder.db is not a file")
    bench.say("hello")
    bench.settled(2)
    expect(bench.last).to_contain_text("Hello, and welcome")

    bench.run(1)
    second = Panel(bench.page.locator(".cvd-root").nth(1))
    expect(second.panel).to_contain_text("was damaged and is kept as", timeout=LONG)
    second.say("hello")
    second.settled(2)
    expect(second.last).to_contain_text("Hello, and welcome")

    bench.run(2)
    expect(bench.output(2)).to_contain_text("newer.db has schema 9999", timeout=LONG)
    expect(bench.output(2)).to_contain_text("Update convend_widget, or pass another path as store=…")
    expect(bench.page.locator(".cvd-root")).to_have_count(2)
