"""JupyterLab, Notebook 7 and the panel's own page in a real Chromium: one server, one folder, one browser for all."""

from __future__ import annotations

import functools
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.ui.bench import Bench
from tests.ui.servers import jupyter

expect.set_options(
    timeout=20_000
)  # milliseconds: on a busy machine a page takes its time; what is true at once costs none

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict) -> dict:
    """The system's Chromium where there is one; else Playwright's own."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    path = {"executable_path": found} if found else {}
    return {**browser_type_launch_args, **path, "args": CHROMIUM_FLAGS}


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A Jupyter server with Lab and Notebook 7 on a free port: its address and its folder."""
    root = tmp_path_factory.mktemp("lab")
    with jupyter(sys.executable, root) as address:
        yield address, root


@pytest.fixture(scope="session")
def window(browser: Browser, browser_context_args: dict) -> Iterator[BrowserContext]:
    """One for all tests: what Jupyter sends to every page is fetched once."""
    context = browser.new_context(**browser_context_args, viewport={"width": 1280, "height": 1000})
    yield context
    context.close()


@pytest.fixture(scope="session")
def closing(lab: tuple[str, Path]) -> Iterator[ThreadPoolExecutor]:
    """Ends kernels while the next test runs: the server takes its time over each."""
    with ThreadPoolExecutor(max_workers=1) as closing:
        yield closing


@pytest.fixture
def bench(
    lab: tuple[str, Path], window: BrowserContext, closing: ThreadPoolExecutor, request: pytest.FixtureRequest
) -> Iterator[Bench]:
    """A notebook of one's own. Whatever a test does: no request leaves the machine, and the console stays clean."""
    page = window.new_page()
    made = Bench(lab[0], lab[1], page, request.node.name)
    yield made
    page.close()
    closing.submit(made.shut_down)
    assert made.elsewhere() == []
    assert made.ours() == []


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the panel without Jupyter: the development page, built from the sources as they are."""
    folder = tmp_path_factory.mktemp("page")
    root = Path(__file__).parents[2]
    subprocess.run(["node", "js/build.mjs", "page", folder], cwd=root, check=True, stdout=subprocess.DEVNULL)
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def plain(pages: str, window: BrowserContext) -> Iterator[Callable[[str], Page]]:
    """Opens the panel without Jupyter in a state of the development page, with its parameters (``state=long``).

    Whatever a test does, the page's console stays clean.
    """
    page = window.new_page()
    complaints: list[str] = []
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(f"page error: {error}"))

    def show(parameters: str) -> Page:
        page.goto(f"{pages}/?bare&{parameters}")
        page.locator("body[data-ready]").wait_for()
        return page

    yield show
    page.close()
    assert complaints == []
