"""Hosts other than Lab and Notebook, and the wheel that is put into each of them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from textwrap import indent
from urllib.parse import urlparse

from playwright.sync_api import Locator, expect

from tests.ui.bench import LONG, Bench

ROOT = Path(__file__).parents[2]
OLDEST = ROOT / ".venv-hosts/bin/python"
IN_MARIMO = """import marimo

app = marimo.App()


@app.cell
def _():
{}
    return (chat,)


@app.cell
def _(chat):
    chat
    return
"""


class InVoila(Bench):
    """A notebook that Voila runs and shows: there are outputs, and no cells to write in.

    Its own page asks a CDN for an icon font and for MathJax, whatever it shows. Here those requests are refused, as
    they would be without a network, and left out of the account only if a page without a chat makes them too.
    """

    of_the_host: frozenset[str] = frozenset()

    def open(self, *cells: str, host: str = "voila") -> Locator:
        self.excuses |= {
            r"^Failed to load resource: net::ERR_FAILED$": "Voila, of what is refused here",
            r"^Plugin '@jupyter-notebook/.*' failed to activate": "Notebook's, which Voila starts in vain",
        }
        self.page.route(lambda url: urlparse(url).hostname != "127.0.0.1", lambda route: route.abort())
        with self.page.expect_request(re.compile("mathjax"), timeout=LONG):  # the last of them
            self._visit("print('no chat')")
        self.of_the_host = frozenset(self.elsewhere())
        self.asked.clear()
        self._visit(*cells)
        expect(self.composer).to_be_visible(timeout=LONG)
        return self.panel

    def _visit(self, *cells: str) -> None:
        self.write(*cells)
        self.page.goto(f"{self.address}/voila/render/{self.name}.ipynb")

    def elsewhere(self) -> list[str]:
        return [url for url in super().elsewhere() if url not in self.of_the_host]


class InMarimo(Bench):
    """A notebook of two cells in marimo's editor: the first makes the chat, the second is its name alone."""

    def open(self, *cells: str, host: str = "marimo") -> Locator:
        made = "\n".join(cells).removesuffix("; chat")
        (self.root / f"{self.name}.py").write_text(IN_MARIMO.format(indent(made, "    ")), "utf-8")
        self.page.goto(f"{self.address}/?file={self.name}.py")
        expect(self.page.locator(".cm-content")).to_have_count(2, timeout=LONG)
        self.page.get_by_test_id("run-button").last.click()
        expect(self.page.get_by_label("Your message", exact=True).first).to_be_visible(timeout=LONG)
        return self.panel

    def run(self, cell: int) -> None:
        self.page.locator(".cm-content").nth(cell).click()
        self.page.keyboard.press("Control+Enter")


def make_wheel(folder: Path) -> Path:
    """The wheel of this working copy, packed now."""
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    [wheel] = folder.glob("*.whl")
    return wheel


def install(wheel: Path, *where: str) -> None:
    """Install the wheel alone, in place of the one that was there: what it needs is in the lock of the environment."""
    command = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--no-index", "--no-deps", "--reinstall"]
    subprocess.run([*command, *where, str(wheel)], check=True, env={**os.environ, "UV_NO_CONFIG": "1"})
