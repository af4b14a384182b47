"""A handout in a browser: without scripts, accessible, and on paper of either size."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser

import convend_widget as cw
from tests.ui.axe import AXE

WIDTHS = {"A4": 794, "Letter": 816, "narrow": 320}  # pixels of a page without margins
EVERY_RULE = "() => axe.run(document).then(found => found.violations.map(v => `${v.id}: ${v.nodes[0].html}`))"


def test_a_handout_needs_nothing_is_accessible_and_fits_on_paper(browser: Browser, tmp_path: Path) -> None:
    path = cw.handout("persistent_abuse", tmp_path / "handout.html")
    page = browser.new_page(bypass_csp=True)  # so that axe may run; the page itself has no script
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    assert asked == [path.as_uri()]
    page.add_script_tag(path=AXE)
    assert page.evaluate(EVERY_RULE) == []
    page.emulate_media(media="print")
    for name, width in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": 1000})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
    for paper in ("A4", "Letter"):
        assert page.pdf(format=paper).startswith(b"%PDF-")
    page.close()
