"""axe-core in the page, and JupyterLab's themes, for the tests of what everybody can use."""

from __future__ import annotations

import re
from pathlib import Path

from tests.ui.bench import Bench

AXE = Path(__file__).parents[2] / "node_modules/axe-core/axe.min.js"
LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
LOOK = """(panel, levels) => axe.run(panel, {runOnly: {type: 'tag', values: levels}}).then(found => ({
    wrong: found.violations.flatMap(v => v.nodes.map(n => `${v.id}: ${n.html.slice(0, 160)} ${n.failureSummary}`)),
    unsure: found.incomplete.flatMap(
        v => v.nodes.map(n => [v.error?.message ?? v.id, n.html.slice(0, 99), ...n.any.map(c => c.message)])
    ),
    looked: Object.fromEntries(found.passes.map(p => [p.id, p.nodes.length])),
}))"""
# axe passes over what it takes for hidden: all that is outside the window, which Lab's body clips; and the body has no
# height, and what is not drawn yet has no place, and tools show only where the mouse is.
TALL = 9000  # pixels
SEEN = """body { height: 100vh } * { content-visibility: visible !important }
.cvd-scroller { max-height: none !important } .cvd-tools-slot, .cvd-meta { opacity: 1 !important }"""
ALL_IN_SIGHT = """() => {
    const notebook = document.querySelector('.jp-WindowedPanel-outer');
    notebook.scrollTop = 0;
    return notebook.clientHeight > 8000 && notebook.scrollTop === 0;
}"""
THEMES = (("JupyterLab Light", "light"), ("JupyterLab Dark", "dark"), ("JupyterLab Dark High Contrast", "dark"))


def choose_theme(bench: Bench, name: str) -> None:
    """Take a theme from JupyterLab's menu."""
    bench.page.get_by_role("menuitem", name="Settings").click()
    bench.page.locator(".lm-Menu-item", has_text=re.compile("^Theme")).hover()
    bench.page.locator(".lm-Menu-item", has_text=re.compile(rf"^{name}\s*$")).click()
