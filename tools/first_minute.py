"""Do what a newcomer does after the README's first command, measure it, and make the README's moving picture of it.

``python tools/first_minute.py`` starts JupyterLab by ``make lab``, on a copy of the lessons
and in an empty home. A real browser opens the page that Jupyter would open, runs the first cell, plays the lesson until
the model has ended the conversation, and begins a new chat. Tells seconds, clicks and keys. With ``--picture`` the run
is kept in ``docs/first_minute.webp``; ``make pictures`` does that too.
"""

from __future__ import annotations

import io
import itertools
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw
from playwright.sync_api import Locator, Page, ViewportSize, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "docs" / "first_minute.webp"
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
ENDED = "The model has ended this conversation"
WINDOW = ViewportSize(width=1060, height=912)
LONG = 60.0  # seconds for one thing to come: a busy machine is no reason to give up
SCALE = 1.5  # pixels of the picture to one of the page
FRAME = 0.3  # seconds between two looks
PACE = 0.7  # of the time that it took is shown
MOST = 900  # milliseconds that a frame is shown at most, but for the last one
LAST = 5000
QUALITY = 60
UNSEEN = ".cvd-stored { visibility: hidden }"  # where chats are on this machine is nobody's business
DOTS = 28  # pixels of the page


@contextmanager
def lab(folder: Path) -> Iterator[tuple[str, float]]:
    """JupyterLab as ``make lab`` starts it; its address, and how many seconds it took until it answered."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    lessons = shutil.copytree(ROOT / "notebooks", folder / "notebooks")
    env = {name: value for name, value in os.environ.items() if not name.startswith(("ANTHROPIC_", "CONVEND_"))}
    options = f"--no-browser --port={port} --IdentityProvider.token="
    began = time.monotonic()
    with (folder / "lab.log").open("wb") as log:
        server = subprocess.Popen(
            ["make", "lab", f"LESSONS={lessons}", f"LAB_ARGS={options}"],
            cwd=ROOT,
            env=env | {"HOME": str(folder), "JUPYTER_RUNTIME_DIR": str(folder / "runtime")},
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_for(address, server, folder / "lab.log")
        yield address, time.monotonic() - began
    finally:
        if server.poll() is None:
            os.killpg(server.pid, signal.SIGTERM)
        server.wait(60)


def _wait_for(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    while server.poll() is None:
        try:
            urllib.request.urlopen(f"{address}/api", timeout=2).close()
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"JupyterLab did not start:\n{log.read_text('utf-8', 'replace')[-2000:]}")


class Film:
    """Pictures of the notebook, each with when it was taken."""

    def __init__(self, page: Page) -> None:
        self._page, self._last, self._pressed = page, 0.0, list[tuple[float, float]]()
        self.running = False
        self.frames: list[tuple[float, Image.Image]] = []

    def look(self, now: bool = False) -> None:
        """Take one, if it is time for it."""
        at = time.monotonic()
        place = self._page.locator(".jp-NotebookPanel").first
        box = place.bounding_box() if self.running and (now or at - self._last >= FRAME) else None
        if box is None:
            return
        self._last = at
        shot = self._page.screenshot(type="png", clip=box, animations="allow", style=UNSEEN)
        picture = Image.open(io.BytesIO(shot)).convert("RGB")
        for x, y in self._pressed:
            _mark(picture, (x - box["x"]) * SCALE, (y - box["y"]) * SCALE)
        self._pressed.clear()
        self.frames.append((at, picture))

    def press(self, x: float, y: float) -> None:
        """A click, which the next picture shows; the first of all is where the film begins."""
        if not self.running:
            self.running = True
            self.look(now=True)
        self._pressed.append((x, y))
        self.look(now=True)

    def keep(self, path: Path) -> None:
        """Write it, from the first click on: in the time that it took, but nobody waits long for what is slow here."""
        shown = [self.frames[0]]
        for frame in self.frames[1:]:
            if _differ(frame[1], shown[-1][1]):
                shown.append(frame)
        times = [at for at, _ in shown]
        spans = [min(MOST, round(1000 * (b - a) * PACE)) for a, b in itertools.pairwise(times)]
        first, *rest = (picture for _, picture in shown)
        first.save(path, save_all=True, append_images=rest, duration=[*spans, LAST], loop=0, quality=QUALITY, method=6)


def _differ(one: Image.Image, other: Image.Image) -> bool:
    """Whether more is different than the dots of a reply that is about to come."""
    box = ImageChops.difference(one, other).getbbox()
    return box is not None and (box[2] - box[0] > DOTS * SCALE or box[3] - box[1] > DOTS * SCALE)


def _mark(picture: Image.Image, x: float, y: float) -> None:
    """A ring where somebody clicked."""
    layer = Image.new("RGBA", picture.size)
    size = 16 * SCALE
    circle = (x - size, y - size, x + size, y + size)
    ImageDraw.Draw(layer).ellipse(circle, fill=(213, 94, 0, 70), outline=(213, 94, 0, 255), width=round(3 * SCALE))
    picture.paste(Image.alpha_composite(picture.convert("RGBA"), layer).convert("RGB"))


class Newcomer:
    """Somebody with a mouse and a keyboard. Every click and key counts; so does the time."""

    def __init__(self, page: Page, film: Film | None) -> None:
        self._page, self._film, self._began = page, film, time.monotonic()
        self.clicks = self.keys = 0
        self.told: list[tuple[float, str]] = []

    def click(self, what: Locator) -> None:
        self.clicks += 1
        what.scroll_into_view_if_needed()
        box = what.bounding_box()
        if self._film is not None and box is not None:
            self._film.press(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        what.click()

    def press(self, key: str) -> None:
        self.keys += 1
        self._page.keyboard.press(key)

    def until(self, seen: Locator, what: str) -> None:
        """Watch until something is in sight."""
        deadline = time.monotonic() + LONG
        while not seen.is_visible():
            self.watch()
            self._page.wait_for_timeout(50)
            if time.monotonic() > deadline:
                raise SystemExit(f"It never came to this: {what}.")
        self.told.append((time.monotonic() - self._began, what))
        self.watch()

    def watch(self) -> None:
        if self._film is not None:
            self._film.look()


def walk(who: Newcomer, page: Page, address: str) -> None:
    """From the page that Jupyter opens to an ended chat."""
    page.goto(f"{address}/lab/tree/01_quickstart.ipynb")
    cell = page.locator(".jp-CodeCell").first
    who.until(cell, "the lesson is in sight")
    who.until(page.get_by_role("button", name="| Idle").first, "its kernel is ready")
    who.click(cell.locator(".cm-content"))
    who.press("Shift+Enter")
    panel = page.locator(".cvd-root").first
    play = panel.get_by_role("button", name="Play the lesson", exact=True)
    who.until(play, "the panel is there")
    who.click(play)
    who.until(panel.get_by_text("Last warning").first, "the model has warned")
    who.until(panel.get_by_role("group", name=ENDED), "the model has ended the conversation")


def on(who: Newcomer, page: Page) -> None:
    """And on, in a new chat."""
    panel = page.locator(".cvd-root").first
    who.click(panel.get_by_role("group", name=ENDED).get_by_role("button", name="New chat"))
    who.until(panel.get_by_role("button", name="Play the lesson", exact=True), "a new chat is there")


def main() -> None:
    wanted = "--picture" in sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder, lab(Path(folder)) as (address, started), sync_playwright() as play:
        chromium = shutil.which("chromium") or shutil.which("google-chrome")
        browser = play.chromium.launch(executable_path=chromium, args=FLAGS)
        page = browser.new_page(viewport=WINDOW, device_scale_factor=SCALE if wanted else 1, color_scheme="light")
        film = Film(page) if wanted else None
        who = Newcomer(page, film)
        walk(who, page, address)
        if film is not None:
            page.mouse.move(2, 2)
            page.wait_for_timeout(1500)  # until all has come to rest
            film.look(now=True)
            film.keep(PICTURE)
            who = Newcomer(page, None)
        on(who, page)
        browser.close()
    print(f"{started:6.1f} s  JupyterLab has started (what make sets up the first time comes before)")
    for seconds, what in who.told:
        print(f"{seconds:6.1f} s  {what}")
    print(f"{who.clicks} clicks, {who.keys} key")


if __name__ == "__main__":
    main()
