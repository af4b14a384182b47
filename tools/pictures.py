"""Take the README's pictures: ``python tools/pictures.py`` (needs the test environment).

The panel is shown by its plain page; evidence by what Python makes of a seeded rehearsal.
"""

from __future__ import annotations

import functools
import http.server
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).parent.parent
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
PICTURES = {"ended.png": "?state=ended&theme=light&bare"}


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, *args: object) -> None:
        """Requests are not worth a line."""


def main() -> None:
    """Build the page, open each state and keep its picture in ``docs/``."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["node", "js/build.mjs", "page", folder], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        handler = functools.partial(Quiet, directory=folder)
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with sync_playwright() as playwright:
            chromium = shutil.which("chromium") or shutil.which("google-chrome")
            browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
            page = browser.new_page(viewport={"width": 860, "height": 1200}, device_scale_factor=1.5)
            for name, query in PICTURES.items():
                page.goto(f"http://127.0.0.1:{server.server_port}/{query}")
                page.locator(".cvd-root").wait_for()
                page.wait_for_timeout(800)
                page.locator(".cvd-root").screenshot(path=ROOT / "docs" / name)
                print(f"docs/{name}")
            evidence(browser)
            browser.close()
        server.shutdown()


PAGE = """<body style="margin:0;color:#1f1f1f;font:14px/1.5 system-ui,'DejaVu Sans',sans-serif">
<div id="all" style="display:flex;gap:12px;align-items:flex-start;padding:12px">
<div style="flex:1">{view}</div><div style="width:480px">{charts}</div></div>"""


def evidence(browser: Browser) -> None:
    """Runs side by side, and beside them the turning point that they come from."""
    sys.path.insert(0, str(ROOT))
    import convend_widget as cw
    from tests.replay.rig import person, turning_chat

    with tempfile.TemporaryDirectory() as folder:
        chat = turning_chat(Path(folder))
        runs = chat.replay(at=person(chat, 4), n=12, seed=1, progress=False)
        found = cw.turning_point(chat, n=20, seed=2, progress=False)
    charts: list[Any] = [found.plot(), runs.plot()]
    html = "<p></p>".join(chart._repr_mimebundle_()["text/html"] for chart in charts)
    page = browser.new_page(viewport={"width": 1220, "height": 900}, device_scale_factor=1.5)
    page.set_content(PAGE.format(view=runs.side_by_side()._repr_html_(), charts=html))
    page.locator("#all").screenshot(path=ROOT / "docs" / "evidence.png")
    print("docs/evidence.png")


if __name__ == "__main__":
    main()
