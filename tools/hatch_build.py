"""Builds the panel and Lab's part before they are packed, so that an installed wheel never needs Node."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

OLDEST_NODE = 20
SOURCES = ("package.json", "package-lock.json", "js/build.mjs", "js/labextension.mjs", "js/src")
LAB = "labextension"  # where it is built
IN_LAB = "share/jupyter/labextensions/convend-widget"  # where JupyterLab looks for it


class PanelBuildHook(BuildHookInterface[Any]):
    """Makes `convend_widget/panel/static` and `labextension` for wheels and source distributions.

    Node is not run when the built files are there and no source is newer, nor when
    `CONVEND_SKIP_JS=1`. Either way a package without the panel is never packed.
    """

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build where needed. Raises RuntimeError, saying what to do, where that cannot be done."""
        if version == "editable":  # `make` builds the panel itself and shows what esbuild says
            return
        root = Path(self.root)
        skip = os.environ.get("CONVEND_SKIP_JS") == "1"
        if not skip and _is_stale(root):
            _build(root)
        missing = _missing(root)
        if missing:
            raise RuntimeError(
                f"The panel is not built: {missing} is missing. Run `npm ci && npm run build`"
                + (", or unset CONVEND_SKIP_JS." if skip else ".")
            )
        if self.target_name == "wheel":
            build_data["shared_data"][LAB] = IN_LAB


def _missing(root: Path) -> str | None:
    """The first file that the built panel lacks, or None."""
    static = root / "convend_widget" / "panel" / "static"
    for name in ("loader.js", "manifest.json"):
        if not (static / name).is_file():
            return f"{static.relative_to(root)}/{name}"
    chunks: dict[str, dict[str, str]] = json.loads((static / "manifest.json").read_text("utf-8"))
    for chunk in chunks.values():
        if not (static / chunk["file"]).is_file():
            return f"{static.relative_to(root)}/{chunk['file']}"
    return _missing_for_lab(root / LAB)


def _missing_for_lab(folder: Path) -> str | None:
    """The first file that JupyterLab's part lacks, or None."""
    for name in ("package.json", "install.json", "static/manifest.json"):
        if not (folder / name).is_file():
            return f"{folder.name}/{name}"
    about = json.loads((folder / "package.json").read_text("utf-8"))
    chunks: dict[str, dict[str, str]] = json.loads((folder / "static" / "manifest.json").read_text("utf-8"))
    for name in (about["jupyterlab"]["_build"]["load"], *(f"static/{chunk['file']}" for chunk in chunks.values())):
        if not (folder / name).is_file():
            return f"{folder.name}/{name}"
    return None


def _is_stale(root: Path) -> bool:
    if _missing(root):
        return True
    # The manifest is written last, and an unpacked sdist gives every file one and the same time.
    built = (root / "convend_widget" / "panel" / "static" / "manifest.json").stat().st_mtime
    return any(path.stat().st_mtime > built for path in _source_files(root))


def _source_files(root: Path) -> list[Path]:
    found: list[Path] = []
    for name in SOURCES:
        path = root / name
        found.extend([path] if path.is_file() else [p for p in path.rglob("*") if p.is_file()])
    return found


def _build(root: Path) -> None:
    npm = shutil.which("npm")
    problem = _node_problem() or (None if npm else "npm was not found in PATH")
    if npm is None or problem:
        raise RuntimeError(
            f"Node >= {OLDEST_NODE} is needed to build the panel: {problem}. "
            "Install Node, or install a wheel, which has the panel in it."
        )
    installed = root / "node_modules" / ".package-lock.json"
    lock = root / "package-lock.json"
    if not installed.is_file() or installed.stat().st_mtime < lock.stat().st_mtime:
        subprocess.run([npm, "ci", "--loglevel=error"], cwd=root, check=True)
    subprocess.run([npm, "run", "--silent", "build"], cwd=root, check=True)


def _node_problem() -> str | None:
    node = shutil.which("node")
    if node is None:
        return "node was not found in PATH"
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    major = re.match(r"v(\d+)\.", said)
    if major is None:
        return f"`{node} --version` did not answer with a version"
    return None if int(major[1]) >= OLDEST_NODE else f"this is Node {said}"
