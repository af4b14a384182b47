"""What it costs to begin: import, a first chat, and the sizes of what reaches the browser and the disk."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

STATIC = Path(__file__).parent.parent / "convend_widget" / "panel" / "static"
PAIRS = 7
CASES = {
    "import convend_widget": "import convend_widget",
    "… and Chat": "import convend_widget as cw; cw.Chat",
    "a chat in memory": "import convend_widget as cw; cw.Chat(store=':memory:')",
    "a chat, a scenario": "import convend_widget as cw; cw.Chat(store=':memory:', scenario='calm')",
    "import anthropic (for comparison)": "import anthropic",
}
STATE = """
import json, convend_widget as cw
widget = cw.Chat(store=":memory:").widget
state = widget.get_state()
loader = len(state.pop("_esm"))
print(json.dumps([loader, len(json.dumps(state, default=str))]))
"""


def seconds(code: str) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def main() -> None:
    print(f"{'over a bare Python (median of pairs)':40} {'ms':>8}   goal")
    goals = {"import convend_widget": "150"}
    for name, code in CASES.items():
        over = statistics.median(seconds(code) - seconds("pass") for _ in range(PAIRS))
        print(f"{name:40} {over * 1000:8.0f}   {goals.get(name, '')}")
    loader, state = json.loads(subprocess.check_output([sys.executable, "-c", STATE]))
    chunk = max(p.stat().st_size for p in STATIC.glob("panel-*.js"))
    print(f"\n{'size':40} {'bytes':>8}   goal")
    for name, size, goal in (
        ("_esm (the loader)", loader, 5_000),
        ("the rest of the widget's state", state, 2_000),
        ("panel chunk, minified", chunk, 200_000),
    ):
        print(f"{name:40} {size:8}   {goal}")


if __name__ == "__main__":
    main()
