"""Whether JupyterLab has its part of this package, as far as can be seen from where the kernel runs."""

from __future__ import annotations

import json
import sys
from importlib.util import find_spec
from pathlib import Path

NAME = "convend-widget"
ADVICE = "Install convend-widget again from a wheel, where JupyterLab is, and reload the page."


def part() -> str | None:
    """The version of JupyterLab's part, or None where none is found."""
    for folder in _folders():
        try:
            about = json.loads((folder / "labextensions" / NAME / "package.json").read_text("utf-8"))
            return str(about["version"])
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return None


def lacking() -> str | None:
    """A sentence where JupyterLab is in this environment and has no part of this package; else None.

    Where JupyterLab is in another environment nothing can be said from here.
    """
    if find_spec("jupyterlab") is None or part() is not None:
        return None
    return (
        "JupyterLab has no part of convend_widget: chats work, but the launcher card, the sidebar and the viewer are "
        f"missing. {ADVICE}"
    )


def _folders() -> list[Path]:
    """Where Jupyter looks for what is shared, nearest first."""
    try:
        from jupyter_core.paths import jupyter_path
    except ImportError:
        return [Path(sys.prefix) / "share" / "jupyter"]
    return [Path(place) for place in jupyter_path()]
