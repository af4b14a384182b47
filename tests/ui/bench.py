"""What a person does at a notebook with a panel, in the words of the tests."""

from __future__ import annotations

import json
import re
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlparse

import nbformat
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import Locator, Page, expect

LONG = 60_000  # milliseconds: a kernel's start on a busy machine
PROBE = "None  # the test's own cell: it tells whether the kernel runs, and looks at the chat"
KERNEL = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
ENDED = "The model has ended this conversation"
RUDE = "You are useless."

# What the page may say on the console that is not about us: a pattern, and whose it is.
NOT_OURS = {
    r"^page error: Cannot read properties of undefined \(reading 'schema'\)$": "Notebook 7.6, on opening any notebook",
    r"^page error: Command 'filebrowser:open-path' not registered\.$": "Notebook 7.6, on opening any notebook",
    r"^page error: Cannot read properties of undefined \(reading 'last_modified'\)$": "Notebook 7.0, on a new one",
}

# Takes the extension out of what the server tells Lab, before Lab reads it.
FORGET = """new MutationObserver(() => {
  const told = document.getElementById("jupyter-config-data");
  if (!told?.textContent.includes("convend-widget")) return;
  try {
    const config = JSON.parse(told.textContent);
    config.federated_extensions = config.federated_extensions.filter(({ name }) => name !== "convend-widget");
    told.textContent = JSON.stringify(config);
  } catch {} // half of it: the rest is on its way
}).observe(document, { childList: true, subtree: true });"""


def words(text: str) -> str:
    """The words of Markdown or of what it became, without marks and layout."""
    return " ".join(re.findall(r"[\w'…]+", text))


class Panel:
    """One view of a chat."""

    def __init__(self, panel: Locator) -> None:
        self.panel = panel

    @property
    def composer(self) -> Locator:
        return self.panel.get_by_label("Your message", exact=True)

    @property
    def messages(self) -> Locator:
        return self.panel.get_by_role("article")

    @property
    def last(self) -> Locator:
        return self.messages.last

    @property
    def spoken(self) -> Locator:
        """What screen readers were told of the talk."""
        return self.panel.get_by_role("log").locator("p")

    @property
    def notice(self) -> Locator:
        """The notice of the end, with its three ways on."""
        return self.panel.get_by_role("group", name=ENDED)

    def button(self, name: str) -> Locator:
        return self.panel.get_by_role("button", name=name, exact=True)

    def say(self, text: str) -> None:
        """Type and send with the keyboard."""
        self.composer.click()
        self.panel.page.keyboard.type(text)
        self.panel.page.keyboard.press("Enter")

    def streaming(self, count: int, text: str) -> None:
        """Wait until the reply that is message ``count`` has begun with ``text`` and is not yet whole."""
        expect(self.messages).to_have_count(count, timeout=LONG)
        expect(self.last).to_contain_text(text, timeout=LONG)
        expect(self.last).to_have_attribute("aria-busy", "true")

    def shows(self, message: int, text: str) -> None:
        """Wait until a message (from 0) shows exactly the words of this Markdown: the last ones may be on their way."""
        prose = self.messages.nth(message).locator(".cvd-prose")
        for _ in range(200):
            if words(prose.inner_text()) == words(text):
                return
            self.panel.page.wait_for_timeout(100)
        assert words(prose.inner_text()) == words(text)

    def settled(self, count: int) -> None:
        """Wait until the transcript shows ``count`` messages and no reply is being written."""
        expect(self.messages).to_have_count(count, timeout=LONG)
        expect(self.button("Stop")).to_have_count(0, timeout=LONG)


class Bench(Panel):
    """One notebook in one host, its first panel, and a record of what the page asked for and complained of."""

    def __init__(self, address: str, root: Path, page: Page, name: str) -> None:
        super().__init__(page.locator(".cvd-root").first)
        self.address, self.root, self.page = address, root, page
        self.name = re.sub(r"\W+", "_", name)[:80]
        self.size = 0  # cells of the notebook
        self.asked: list[str] = []
        self.complaints: list[str] = []
        self.excuses = dict(NOT_OURS)
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("websocket", lambda socket: self.asked.append(socket.url))
        page.on("console", lambda m: self.complaints.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(f"page error: {error}"))

    # -- the notebook ---

    def write(self, *cells: str) -> Path:
        """Put a notebook with these cells, and a last one of the test's own, into the folder."""
        path = self.root / f"{self.name}.ipynb"
        book = new_notebook(metadata={"kernelspec": KERNEL}, cells=[new_code_cell(c) for c in (*cells, PROBE)])
        nbformat.write(book, path)
        self.size = len(book.cells)
        return path

    def visit(self, host: str = "lab") -> None:
        """Open the notebook in JupyterLab (``lab``) or Notebook 7 (``notebook``)."""
        way = f"lab/tree/{self.name}.ipynb?reset" if host == "lab" else f"notebooks/{self.name}.ipynb"
        self.page.goto(f"{self.address}/{way}")
        self.kernel_runs()

    def visit_without_kernel(self) -> None:
        """Open the notebook, whose kernel does not exist, in JupyterLab, and choose none."""
        self.page.goto(f"{self.address}/lab/tree/{self.name}.ipynb?reset")
        asked = self.page.locator(".jp-Dialog")
        asked.locator("select").select_option(label="No Kernel", timeout=LONG)
        asked.locator(".jp-mod-accept").click()

    def beside(self, name: str) -> None:
        """Open a file of the folder below what is open."""
        self.page.evaluate(
            "path => jupyterapp.commands.execute('docmanager:open', { path, options: { mode: 'split-bottom' } })", name
        )

    def without_lab_part(self) -> None:
        """From the next page on, JupyterLab knows nothing of the extension, as if it was not installed there."""
        self.page.add_init_script(FORGET)

    def kernel_runs(self) -> None:
        """Wait until the kernel really runs cells.

        Asked before its kernel is there, Lab asks which one is meant; a little later it forgets what it was asked.
        """
        expect(self.page.locator(".jp-CodeCell")).to_have_count(self.size, timeout=LONG)
        for _ in range(LONG // 200):
            if any(kernel["execution_state"] == "idle" and kernel["connections"] for kernel in self.kernels()):
                break
            self.page.wait_for_timeout(200)
        status = self.page.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]')
        expect(status.first).to_be_attached(timeout=LONG)
        for _ in range(30):
            self.run(-1)
            try:
                expect(self.prompt(-1)).to_have_text(re.compile(r"\[\d+\]"), timeout=2_000)
                return
            except AssertionError:
                asked = self.page.locator(".jp-Dialog").all_inner_texts()
                assert not asked, f"Jupyter asks: {asked}"
        raise AssertionError("The kernel never ran a cell.")

    def cell(self, cell: int) -> Locator:
        return self.page.locator(".jp-CodeCell").nth(cell)

    def prompt(self, cell: int) -> Locator:
        return self.cell(cell).locator(".jp-InputPrompt")

    def output(self, cell: int) -> Locator:
        return self.cell(cell).locator(".jp-OutputArea").first

    def cells(self) -> list[tuple[str, str]]:
        """Every cell: whether and as what it ran, and what stands in it."""
        found = self.page.locator(".jp-Notebook .jp-Cell")
        parts = found.evaluate_all(
            "cells => cells.map(c => [...c.querySelectorAll('.jp-InputPrompt, .cm-content')].map(e => e.innerText))"
        )
        return [(str(prompt), str(source)) for prompt, source in parts]

    def run(self, cell: int) -> None:
        """Run one cell with Control+Enter, as a person would."""
        self.cell(cell).locator(".cm-content").click()
        self.page.keyboard.press("Control+Enter")

    def python(self, code: str) -> str:
        """Run code in the notebook's last cell; what it prints."""
        before = self.prompt(-1).inner_text()
        self.cell(-1).locator(".cm-content").click()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(code)
        self.page.keyboard.press("Control+Enter")
        expect(self.prompt(-1)).not_to_have_text(before, timeout=LONG)
        expect(self.prompt(-1)).to_have_text(re.compile(r"\[\d+\]"), timeout=LONG)
        return self.output(-1).inner_text().strip()

    def open(self, *cells: str, host: str = "lab") -> Locator:
        """A notebook with these cells, its first cell run, and the panel that it shows."""
        self.write(*cells)
        self.visit(host)
        self.run(0)
        expect(self.composer).to_be_visible(timeout=LONG)
        return self.panel

    def save(self) -> None:
        self.page.locator('.jp-NotebookPanel-toolbar [data-command="docmanager:save"]').first.click()
        expect(self.page.locator(".jp-mod-dirty")).to_have_count(0, timeout=LONG)

    def notebook(self) -> dict[str, Any]:
        """The notebook as it is on the disk."""
        book: dict[str, Any] = json.loads((self.root / f"{self.name}.ipynb").read_text("utf-8"))
        return book

    # -- the server ---

    def rest(self, way: str, method: str = "GET") -> Any:
        request = urllib.request.Request(f"{self.address}/api/{quote(way)}", method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read() or b"null")

    def kernels(self) -> list[Any]:
        """What the server knows of this notebook's kernel."""
        return [s["kernel"] for s in self.rest("sessions") if s["path"] == f"{self.name}.ipynb"]

    def shut_down(self) -> None:
        """End this notebook's kernel, so that kernels do not pile up."""
        for session in self.rest("sessions"):
            if session["path"] == f"{self.name}.ipynb":
                self.rest(f"sessions/{session['id']}", "DELETE")

    # -- what the page must not do ---

    def elsewhere(self) -> list[str]:
        """Requests that left this machine."""
        inside = ("blob", "data", "about")
        hosts = ("127.0.0.1", "localhost")
        return [u for u in self.asked if urlparse(u).scheme not in inside and urlparse(u).hostname not in hosts]

    def ours(self) -> list[str]:
        """What the console complained of, but for what Jupyter itself is known to say."""
        return [c for c in self.complaints if not any(re.search(pattern, c) for pattern in self.excuses)]
