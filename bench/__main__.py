"""Every benchmark, one after another: ``python -m bench``, or some by name: ``python -m bench store start``.

Times are noisy: each benchmark compares two things in one run and prints ratios of medians, CPU rather than wall time,
and counts wherever a count exists. None of this is a test.
"""

from __future__ import annotations

import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).parent
NAMES = sorted(p.stem for p in HERE.glob("*.py") if not p.stem.startswith("_"))
VERSIONS = ("anthropic", "anywidget", "jupyterlab", "ipykernel")


def main() -> None:
    wanted = sys.argv[1:] or NAMES
    unknown = [name for name in wanted if name not in NAMES]
    if unknown:
        sys.exit(f"There is no benchmark {unknown[0]!r}; there are {', '.join(NAMES)}.")
    known = ", ".join(f"{name} {version(name)}" for name in VERSIONS)
    print(f"Python {platform.python_version()}, {known}, {platform.machine()}, {platform.system()}")
    for name in wanted:
        print(f"\n== {name}", flush=True)
        subprocess.run([sys.executable, "-m", f"bench.{name}"], check=True, cwd=HERE.parent)


if __name__ == "__main__":
    main()
