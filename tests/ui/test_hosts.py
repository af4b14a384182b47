"""The same wheel in every host that it is meant for, each of them in a real browser: see ``docs/hosts.md``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

import convend_widget as cw
from tests.ui import hosts, servers
from tests.ui.bench import ENDED, LONG, RUDE, Bench, Panel

# What the first cell says of itself: that the package is the wheel's, and not the working copy's.
CELL = """import convend_widget as cw, pathlib
_ = pathlib.Path("{name}.where").write_text(cw.__file__)
chat = cw.Chat(pause=0, store="{name}.db"); chat"""
HOSTS = {
    "JupyterLab, newest": ("newest", Bench, "lab"),
    "Notebook 7, newest": ("newest", Bench, "notebook"),
    "JupyterLab, oldest": ("oldest", Bench, "lab"),
    "Notebook 7, oldest": ("oldest", Bench, "notebook"),
    "Voila": ("oldest", hosts.InVoila, "voila"),
    "marimo": ("marimo", hosts.InMarimo, "marimo"),
}
Server = tuple[str, Path, Path]  # its address, its folder, and where the wheel is


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not hosts.OLDEST.exists():
        pytest.fail(f"{hosts.OLDEST} is missing: run make ui.")
    made = hosts.make_wheel(tmp_path_factory.mktemp("wheel"))
    hosts.install(made, "--python", str(hosts.OLDEST))
    return made


@pytest.fixture(scope="module")
def newest(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The JupyterLab and Notebook of the development environment, with the wheel before the working copy."""
    root, place = tmp_path_factory.mktemp("newest"), tmp_path_factory.mktemp("installed")
    hosts.install(wheel, "--target", str(place))
    shared = str(place / "share" / "jupyter")
    with servers.jupyter(sys.executable, root, PYTHONPATH=str(place), JUPYTER_PATH=shared) as address:
        yield address, root, place


@pytest.fixture(scope="module")
def oldest(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The oldest JupyterLab and Notebook; its server has Voila too."""
    root = tmp_path_factory.mktemp("oldest")
    with servers.jupyter(hosts.OLDEST, root) as address:
        yield address, root, hosts.OLDEST.parents[1]


@pytest.fixture(scope="module")
def marimo(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    root = tmp_path_factory.mktemp("marimo")
    with servers.marimo(hosts.OLDEST, root) as address:
        yield address, root, hosts.OLDEST.parents[1]


@pytest.mark.parametrize("host", HOSTS)
def test_talk_end_lock_edit_and_new_chat(host: str, window: BrowserContext, request: pytest.FixtureRequest) -> None:
    """The whole job, with a part of the panel that comes later, is done in each host; what was said is in the store."""
    server, bench, app = HOSTS[host]
    address, root, place = request.getfixturevalue(server)
    at = bench(address, root, window.new_page(), f"a chat in {host}")
    at.open(CELL.format(name=at.name), host=app)
    assert Path((root / f"{at.name}.where").read_text()).is_relative_to(place)
    at.say("hello")
    at.settled(2)
    expect(at.last).to_contain_text("Hello, and welcome")
    for said in range(2, 6):
        at.say(RUDE)
        at.settled(2 * said)
    expect(at.notice).to_be_visible(timeout=LONG)
    expect(at.composer).to_have_attribute("readonly", "")
    at.page.keyboard.type("more")
    expect(at.composer).to_have_value("")

    at.notice.get_by_role("button", name="Edit an earlier message").click()
    at.panel.get_by_label("Edit your message", exact=True).fill("12 * 7")
    at.page.keyboard.press("Enter")
    expect(at.last).to_contain_text("84", timeout=LONG)
    at.settled(10)
    expect(at.composer).to_be_editable()
    at.messages.nth(8).get_by_role("button", name="Previous version").click()
    expect(at.notice).to_be_visible()
    at.button("Branches 2").click()
    expect(at.panel.get_by_role("treeitem").filter(has_text="ended")).to_be_visible(timeout=LONG)
    at.button("Close branches").click()
    at.notice.get_by_role("button", name="New chat").click()
    expect(at.messages).to_have_count(0)
    at.say("hello")
    at.settled(2)

    store = root / f"{at.name}.db"  # as another process opens it
    fresh, ended = (cw.open(each.conversation, store=store).conversation for each in cw.conversations(store=store))
    assert (len(fresh), len(ended), len(ended.endings)) == (2, 12, 1)
    assert at.elsewhere() == []
    assert at.ours() == []
    at.page.close()


def test_in_marimo_a_cell_that_runs_again_shows_the_chat_as_it_was(marimo: Server, window: BrowserContext) -> None:
    """marimo closes the widgets that a cell has shown when the cell runs again, and tells nobody."""
    at = hosts.InMarimo(marimo[0], marimo[1], window.new_page(), "a chat that is shown again")
    at.open("import convend_widget as cw\nchat = cw.Chat(pause=0)")
    at.say("hello")
    at.settled(2)
    at.panel.evaluate("e => { e.dataset.before = '' }")
    at.run(1)
    expect(at.page.locator(".cvd-root:not([data-before])")).to_be_visible(timeout=LONG)
    at.settled(2)
    at.say("12 * 7")
    at.settled(4)
    expect(at.last).to_contain_text("84")
    assert at.elsewhere() == []
    assert at.ours() == []
    at.page.close()


def test_in_marimo_a_class_sees_one_talk_with_and_without_the_ability(marimo: Server, window: BrowserContext) -> None:
    """marimo has none of the boxes of ipywidgets, and gives each view a shadow root that no other's sheets reach."""
    at = hosts.InMarimo(marimo[0], marimo[1], window.new_page(), "a pair")
    policies = ("last_resort", "off")
    at.open(f"import convend_widget as cw\nchat = cw.pair('persistent_abuse', policies={policies}, pause=0)")
    controls = at.page.get_by_role("group", name="Lesson in all chats, in step")
    expect(controls).to_be_visible()
    controls.get_by_role("button", name="8×").click()
    controls.get_by_role("button", name="Play the lesson").click()
    note = "The model has ended the conversation under \u2068last_resort\u2069. It goes on under \u2068off\u2069"
    expect(controls).to_contain_text(note, timeout=LONG)
    expect(at.page.get_by_role("group", name=ENDED)).to_have_count(1)
    expect(at.page.get_by_label("Your message", exact=True)).to_have_count(2)
    assert at.elsewhere() == []
    assert at.ours() == []
    at.page.close()


def test_the_oldest_lab_has_the_launcher_card_the_sidebar_and_the_viewer(
    oldest: Server, window: BrowserContext
) -> None:
    page = window.new_page()
    at = Bench(oldest[0], oldest[1], page, "the oldest Lab")
    page.goto(f"{at.address}/lab?reset")
    page.locator(".jp-LauncherCard", has_text="New Chat").click(timeout=LONG)
    expect(at.composer).to_be_visible(timeout=LONG)
    at.say("A zebra")
    at.settled(2)
    page.locator('.jp-SideBar [data-id="convend-shelf"]').click()
    listed = page.locator(".cvd-shelf").get_by_role("listitem")
    expect(listed).to_have_count(1, timeout=LONG)
    expect(listed).to_contain_text("A zebra")
    page.evaluate("jupyterapp.commands.execute('convend:export', { format: '.convend.json' })")
    [written] = at.root.glob("Chat*.convend.json")
    at.beside(written.name)
    copy = Panel(page.locator(".cvd-viewer .cvd-root"))
    expect(copy.messages).to_have_count(2, timeout=LONG)
    expect(copy.composer).to_be_hidden()
    assert at.elsewhere() == []
    assert at.ours() == []
    page.close()
