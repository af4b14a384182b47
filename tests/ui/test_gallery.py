"""Every state of the panel on the plain page, without Jupyter: what axe finds, and what is cut, small or covered."""

from __future__ import annotations

import contextlib
import functools
import http.server
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.ui.axe import AXE, LEVELS, LOOK, SEEN

ROOT = Path(__file__).parents[2]
LONG = 90_000  # milliseconds: a busy machine paints eighty panels
NAMES = "options => options.map(option => option.value)"
NOT_SHOWN = ("simulated", "long", "playback_runs")  # as in gallery.ts
# What axe cannot measure: a line whose middle is scrolled out of its own frame, the signs of a formula, and numbers of
# the drawer's table at the edge of its own frame, where the panel is narrow.
BEYOND = ("exceeds the grid bounds", "only non-text characters", '<td class="cvd-n">')
# axe measures what is drawn, so nothing may be folded away or fading in
STILL = f"""{SEEN} .cvd-scroller {{ overflow: visible }} .cvd-drawer-open .cvd-middle {{ min-height: 1400px }}
.cvd-covered {{ min-height: 3600px !important }} .cvd-seen-code {{ max-height: none !important }}
* {{ transition: none !important; animation: none !important }}"""


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, *args: object) -> None:
        """Requests are not worth a line."""


@contextlib.contextmanager
def served(folder: str) -> Iterator[str]:
    """The plain page, built into a folder and served from there: its address."""
    subprocess.run(["node", "js/build.mjs", "page", folder], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(str(tmp_path_factory.mktemp("page"))) as address:
        yield address


def gallery(browser: Browser, address: str, query: str, width: int, height: int = 1000, **more: Any) -> Page:
    """All states on one page, at rest."""
    page = browser.new_page(viewport={"width": width, "height": height}, reduced_motion="reduce", **more)
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(f"{address}?gallery&bare&{query}", timeout=LONG)
    page.wait_for_selector("body[data-ready]", timeout=LONG)
    assert wrong == []
    return page


@pytest.mark.parametrize(
    ("query", "width"),
    [("", 1400), ("width=320&size=presenter", 760)],
    ids=["normal", "narrow, presenter"],
)
def test_axe_finds_nothing_wrong_in_any_state(browser: Browser, address: str, query: str, width: int) -> None:
    """Each state, light and dark, under the rules of WCAG 2.2 A and AA."""
    page = gallery(browser, address, "only=empty", 900)
    states = [name for name in page.locator("[name=state] option").evaluate_all(NAMES) if name not in NOT_SHOWN]
    page.close()
    assert len(states) >= 35
    looked: Counter[str] = Counter()
    for at in range(0, len(states), 8):  # few at a time: axe takes the square of a page
        few = ",".join(states[at : at + 8])
        page = gallery(browser, address, f"{query}&only={few}", width, 16_000)  # nothing may be outside the window
        page.add_style_tag(content=STILL)
        page.add_script_tag(path=AXE)
        found: dict[str, Any] = page.locator("main").evaluate(LOOK, LEVELS)
        assert found["wrong"] == []
        unsure = [each for each in found["unsure"] if not any(known in str(each) for known in BEYOND)]
        assert unsure == []
        looked.update(found["looked"])
        page.close()
    assert looked["color-contrast"] > 1500, "axe took most of what is written for hidden"
    assert min(looked[rule] for rule in ("target-size", "button-name", "label", "list")) > 70


# What is wrong with the layout of one panel, in words.
WRONG = """cell => {
    const root = cell.querySelector('.cvd-root'), frame = root.getBoundingClientRect(), wrong = [];
    const seen = element => element.checkVisibility({visibilityProperty: true}) && !element.closest('.cvd-hidden');
    const name = element => `${element.tagName}.${element.className} ${(element.textContent ?? '').slice(0, 30)}`;
    if (root.scrollWidth > root.clientWidth) wrong.push(`the panel scrolls sideways by ${root.scrollWidth}`);
    const scroller = root.querySelector('.cvd-scroller');
    if (scroller.scrollWidth > scroller.clientWidth) wrong.push(`the talk scrolls sideways by ${scroller.scrollWidth}`);
    // With an ellipsis: a line that stands in full elsewhere. In a frame of its own: there a table or formula scrolls.
    const atHome = element => {
        for (let at = element; at && at !== root; at = at.parentElement) {
            const {textOverflow, overflowX} = getComputedStyle(at);
            if (textOverflow === 'ellipsis') return true;
            if (at === element || at === scroller || at.tabIndex !== 0) continue;
            if (/auto|scroll/.test(overflowX)) return true;
        }
        return false;
    };
    for (const element of root.querySelectorAll('*')) {
        if (!seen(element) || element.closest('svg') || atHome(element)) continue;
        const box = element.getBoundingClientRect();
        if (box.width && (box.left < frame.left - 0.5 || box.right > frame.right + 0.5))
            wrong.push(`cut at the side: ${name(element)}`);
        const {overflowX} = getComputedStyle(element);
        if (overflowX === 'hidden' && element.scrollWidth > element.clientWidth + 1 && element !== root)
            wrong.push(`cut inside: ${name(element)}`);
    }
    for (const control of root.querySelectorAll('button, textarea, summary, input, select')) {
        if (!seen(control)) continue;
        const {width, height} = control.getBoundingClientRect();
        if (width < 24 || height < 24) wrong.push(`small (${width} by ${height}): ${name(control)}`);
    }
    return wrong;
}"""
# Where the focus cannot be seen, control by control, after a key was pressed.
UNSEEN = """async cell => {
    const root = cell.querySelector('.cvd-root'), wrong = [];
    const frames = () => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
    const above = control => {
        const box = control.getBoundingClientRect();
        const x = Math.min(Math.max(box.left + box.width / 2, 1), innerWidth - 1);
        const y = Math.min(Math.max(box.top + Math.min(box.height / 2, 12), 1), innerHeight - 1);
        const top = document.elementFromPoint(x, y);
        return top && (control.contains(top) || top.contains(control)) ? null : `${top?.className} at ${x}, ${y}`;
    };
    const controls = [...root.querySelectorAll('button, textarea, summary, a[href], [tabindex="0"]')];
    for (const control of controls) {
        if (!control.checkVisibility() || control.closest('.cvd-hidden, [inert]')) continue;
        control.focus();
        const name = `${control.tagName}.${control.className} ${(control.textContent ?? '').slice(0, 30)}`;
        if (document.activeElement !== control) { wrong.push(`takes no focus: ${name}`); continue; }
        const marks = [control, control.closest('.cvd-box')].filter(Boolean).map(each => getComputedStyle(each));
        const marked = marks.some(s => (s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2)
            || s.boxShadow !== 'none');
        if (!marked) wrong.push(`no sign of the focus: ${name}`);
        if (above(control)) await frames();  // the talk has moved, and what floats above it follows
        if (above(control)) wrong.push(`covered: ${name} by ${above(control)}`);
    }
    return wrong;
}"""


def faults(page: Page, look: str) -> dict[str, list[str]]:
    cells = page.locator(".cell")
    found = {}
    for at in range(cells.count()):
        wrong = cells.nth(at).evaluate(look)
        if wrong:
            found[f"{cells.nth(at).get_attribute('data-state')} {at}"] = wrong
    return found


@pytest.mark.fault(50)
@pytest.mark.parametrize(
    ("query", "width", "height", "more"),
    [
        ("shade=light&width=320", 352, 800, {}),
        ("shade=light&width=304", 320, 256, {"device_scale_factor": 4}),
        ("shade=dark&width=320&size=presenter", 352, 800, {}),
        ("shade=light&width=320&language=de", 352, 800, {}),
        ("shade=light&width=560", 592, 800, {"forced_colors": "active"}),
        ("shade=light&width=560", 592, 800, {"contrast": "more"}),
    ],
    ids=["320 px", "400 % zoom", "presenter, 320 px", "German, 320 px", "forced colours", "more contrast"],
)
def test_nothing_is_cut_small_or_covered(
    browser: Browser, address: str, query: str, width: int, height: int, more: dict[str, Any]
) -> None:
    """Every state: no scrolling sideways, nothing cut, controls of 24 pixels and more, the focus in plain sight."""
    page = gallery(browser, address, query, width, height, **more)
    assert faults(page, WRONG) == {}
    page.keyboard.press("Tab")  # from now on the browser shows where the focus is
    assert faults(page, UNSEEN) == {}
    page.close()
