"""Reading a reply with code and formulas, in a real JupyterLab: what is needed for them comes over the comm."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.ui.bench import LONG, Bench

SCENARIO = r"""
name = "reading"
title = "Reading"
summary = "A reply with code and formulas."
lesson = "What needs more than letters to be read."

[[turns]]
user = "How is a line fitted?"
[[turns.steps]]
text = '''
At $5 to $10 an hour we look for $\hat\beta \in \mathbb{R}^p$:

$$
\hat\beta = (X^\top X)^{-1} X^\top y
$$

```python
import numpy as np  # arrays
beta = np.linalg.solve(X.T @ X, X.T @ y)
```
'''
"""
CHAT = "import convend_widget as cw\nchat = cw.Chat(scenario='reading.toml', pause=0); chat"


def test_formulas_and_code_are_finished_by_chunks_that_come_over_the_comm(bench: Bench) -> None:
    """Nothing is asked of any server (the fixture looks); Copy gives the code as it was written."""
    (bench.root / "reading.toml").write_text(SCENARIO, "utf-8")
    bench.open(CHAT, "_ = chat.play()")
    bench.run(1)
    bench.settled(2)
    expect(bench.last.locator("math")).to_have_count(2, timeout=LONG)
    expect(bench.last).to_contain_text("At $5 to $10 an hour")
    expect(bench.last.locator(".cvd-token-keyword").first).to_have_text("import", timeout=LONG)
    expect(bench.last.locator("code")).to_have_text(
        "import numpy as np  # arrays\nbeta = np.linalg.solve(X.T @ X, X.T @ y)\n"
    )
    ink, keyword = (
        bench.last.locator(css).first.evaluate("e => getComputedStyle(e).color") for css in ("code", "code span")
    )
    assert ink != keyword
    tall = bench.last.locator(".cvd-math[data-display]").evaluate("e => e.getBoundingClientRect().height")
    assert tall > 20  # pixels: laid out
