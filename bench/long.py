"""A conversation of 10,000 messages, opened in JupyterLab in a real Chromium and read from one end to the other.

Times the way from running the cell to a panel that takes a message, and to all pages being there; counts bytes on the
page's websockets, DOM nodes at each place, long tasks, and how long frames take while the wheel is turned. Needs the
test environment (``make test`` sets it up).
"""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import Page, sync_playwright

from .browser import FLAGS, run, start_lab

MESSAGES = 10_000
FILL = f"""import sys, time
sys.path.insert(0, {str(Path(__file__).parents[1])!r})
from bench.core import talk
from convend_widget.conversation.codec import encode
from convend_widget.store import Append, open_store
store = open_store("long.db")
name, events = "c_0123456789ab", list(talk({MESSAGES}))
for at in range(0, len(events), 2000):
    rows = tuple((e.kind, encode(e), e.at) for e in events[at:at + 2000])
    store.commit([Append(name, at, rows)])
store.close()
import convend_widget as cw
chat = cw.Chat(store="long.db", scenario="calm")  # imports, and the first widget's code
chat"""
OPEN = """import time, convend_widget as cw
before = time.process_time()
opened = cw.open(name, store="long.db")
print("CPU", time.process_time() - before)
opened"""
WATCH = """() => {
    window.bench = {long: [], frames: [], panels: document.querySelectorAll(".cvd-root").length};
    new PerformanceObserver((list) => bench.long.push(...list.getEntries().map((e) => e.duration)))
        .observe({type: "longtask"});
    let last = performance.now();
    const frame = (now) => { bench.frames.push(now - last); last = now; requestAnimationFrame(frame); };
    requestAnimationFrame(frame);
}"""
USABLE = "() => [...document.querySelectorAll('.cvd-root')].length > bench.panels && " + (
    "[...document.querySelectorAll('.cvd-root')].at(-1).querySelectorAll('.cvd-message').length > 4"
)
WHOLE = "() => [...document.querySelectorAll('.cvd-root')].at(-1).querySelector('[aria-setsize=\"%d\"]') !== null"
NODES = "() => [...document.querySelectorAll('.cvd-root')].at(-1).querySelectorAll('*').length"
QUIET = "() => { bench.long.length = 0; bench.frames.length = 0; }"


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[int(share * (len(values) - 1))] if values else 0.0


def measure(page: Page, address: str) -> dict[str, tuple[float, str]]:
    received = {"bytes": 0}

    def count(frame: str | bytes) -> None:
        received["bytes"] += len(frame.encode() if isinstance(frame, str) else frame)

    page.on("websocket", lambda socket: socket.on("framereceived", count))
    page.goto(address)
    page.locator(".jp-CodeCell").first.wait_for(timeout=60_000)
    run(page, 0)
    page.locator(".cvd-root").wait_for(timeout=60_000)
    page.wait_for_timeout(2_000)
    page.evaluate(WATCH)
    before = received["bytes"]
    page.locator(".jp-CodeCell").nth(1).locator(".cm-content").click()
    page.evaluate(QUIET)
    began = time.perf_counter()
    page.keyboard.press("Control+Enter")
    page.wait_for_function(USABLE, timeout=120_000)
    usable, at_first = time.perf_counter() - began, received["bytes"] - before
    page.wait_for_function(WHOLE % MESSAGES, timeout=120_000)
    whole, all_bytes = time.perf_counter() - began, received["bytes"] - before
    opening = page.evaluate("bench.long")
    found: dict[str, tuple[float, str]] = {
        "from the key press to usable, s": (usable, "1"),
        "… until every message is there, s": (whole, ""),
        "bytes until usable, kB": (at_first / 1e3, ""),
        "bytes of all, MB": (all_bytes / 1e6, ""),
        "long tasks while it opens": (len(opening), ""),
        "… the longest, ms": (max(opening, default=0), ""),
        "DOM nodes at the end": (page.evaluate(NODES), "bounded"),
    }
    return found | scrolled(page)


def scrolled(page: Page) -> dict[str, tuple[float, str]]:
    scroller = page.locator(".cvd-scroller").last
    scroller.scroll_into_view_if_needed()
    scroller.hover()
    page.evaluate(QUIET)
    for _ in range(100):
        page.mouse.wheel(0, -240)
        page.wait_for_timeout(16)
    seen: dict[str, Any] = page.evaluate("bench")
    nodes = page.evaluate(NODES)
    scroller.focus()
    page.keyboard.press("Home")
    page.wait_for_timeout(500)
    return {
        "frames while scrolling, ms: median": (percentile(seen["frames"], 0.5), "16.7"),
        "… 95 of 100": (percentile(seen["frames"], 0.95), ""),
        "long tasks while scrolling": (len(seen["long"]), "0"),
        "DOM nodes after 24,000 pixels": (nodes, "bounded"),
        "DOM nodes at the beginning": (page.evaluate(NODES), "bounded"),
    }


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        cells = [new_code_cell(FILL), new_code_cell(OPEN)]
        nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), root / "long.ipynb")
        lab, where = start_lab(root)
        try:
            with sync_playwright() as playwright:
                chromium = shutil.which("chromium") or shutil.which("google-chrome")
                browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
                found = measure(browser.new_page(), f"{where}/lab/tree/long.ipynb?reset")
                browser.close()
        finally:
            lab.terminate()
            lab.wait(20)
    print(f"{MESSAGES:,} messages in JupyterLab {'':18}   goal")
    for name, (value, goal) in found.items():
        print(f"{name:42} {value:10.2f}   {goal}")


if __name__ == "__main__":
    main()
