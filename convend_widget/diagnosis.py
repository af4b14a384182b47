"""``doctor()``: what works here, what does not, and what to do about it. Shows no key, and sends nothing anywhere.

The module is not called ``doctor``, since importing it would then put itself where the package has the function.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import platform
import re
import sqlite3
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape
from importlib import resources
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from . import __version__
from .errors import ConvendError
from .model.catalogue import catalogue

Level = Literal["ok", "warn", "bad"]
_DISTRIBUTION = "convend-widget"
_NEEDED = ("anthropic", "ipywidgets", "anywidget", "pandas", "markdown-it-py", "nh3")
_AROUND = ("jupyterlab", "notebook", "ipykernel")  # these may live in another environment than the kernel


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report. ``advice`` is one plain sentence, empty where there is nothing to do."""

    level: Level
    topic: str
    text: str
    advice: str = ""

    def __str__(self) -> str:
        line = f"{self.level:<5} {self.topic:<11} {self.text}"
        return f"{line}\n{'':<18}{self.advice}" if self.advice else line


@dataclass(frozen=True, slots=True, repr=False)
class Report:
    """What was found, in order. ``print`` it, or let a notebook show it."""

    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing is broken. Warnings are not broken."""
        return all(finding.level != "bad" for finding in self.findings)

    def __str__(self) -> str:
        return "\n".join(map(str, self.findings))

    def __repr__(self) -> str:
        counts = {level: sum(f.level == level for f in self.findings) for level in ("ok", "warn", "bad")}
        return f"Report({', '.join(f'{count} {level}' for level, count in counts.items())})"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        rows = "".join(
            f"<tr><td>{f.level}</td><td>{escape(f.topic)}</td>"
            f'<td style="text-align:start">{escape(f.text)}{"<br>" if f.advice else ""}{escape(f.advice)}</td></tr>'
            for f in self.findings
        )
        return {"text/plain": str(self), "text/html": f"<table><tbody>{rows}</tbody></table>"}


def doctor(*, store: str | Path | None = None) -> Report:
    """Look at the installation, the key, the store, the panel's files, JupyterLab, the kernel and the rehearsal.

    ``store`` is the path of another store than the usual one. Opening the usual store makes its file, as a first chat
    would. Nothing is sent over a network, and of a key only its source is named.
    """
    checks: tuple[Callable[[], Iterator[Finding]], ...] = (
        _versions,
        _key,
        lambda: _store(store),
        _panel,
        _lab,
        _kernel,
        _rehearsal,
    )
    return Report(tuple(finding for check in checks for finding in check()))


def _versions() -> Iterator[Finding]:
    yield Finding("ok", "python", f"{platform.python_version()} on {platform.system()}")
    yield Finding("ok", "package", f"convend_widget {__version__}")
    yield Finding("ok", "package", f"costs are shown at the list prices of {catalogue().prices_as_of}")
    floors = _floors()
    for name in (*_NEEDED, *_AROUND):
        version = _version(name)
        floor = floors.get(name, ())
        if version is None and name in _NEEDED:
            yield Finding("bad", "package", f"{name} is not installed", f"Run: pip install {name}")
        elif version is None:
            yield Finding("ok", "package", f"{name} is not in this environment")
        elif _parts(version) < floor and name in _NEEDED:
            least = ".".join(map(str, floor))
            yield Finding(
                "bad", "package", f"{name} {version}; at least {least} is needed", f"Run: pip install -U {name}"
            )
        else:
            yield Finding("ok", "package", f"{name} {version}")


def _key() -> Iterator[Finding]:
    from .model.keys import find_key

    found = find_key()
    if not found.present:
        yield Finding("ok", "key", "none found: chats are rehearsals", "For Claude, set ANTHROPIC_API_KEY.")
    elif found.problem:
        yield Finding(
            "bad", "key", f"{found.name} wins, but {found.problem}", "Set it anew, without anything around it."
        )
    else:
        lost = f"; also set, but not used: {', '.join(found.others)}" if found.others else ""
        yield Finding("ok", "key", f"from {found.name}{lost}")
    address = found.base_url or os.environ.get("ANTHROPIC_BASE_URL")
    if address:
        yield Finding("ok", "key", f"calls go to {_host(address)}")


def _store(where: str | Path | None) -> Iterator[Finding]:
    from .store import open_store

    try:
        store = open_store(where)
    except ConvendError as error:
        yield Finding("bad", "store", error.what, error.advice)
        return
    try:
        path = getattr(store, "path", None)
        size = f", {_size(path.stat().st_size)}" if isinstance(path, Path) and path.exists() else ""
        yield Finding("ok", "store", f"{store.where}{size}")
        for notice in store.notices:
            yield Finding("warn" if notice.code == "set_aside" else "bad", "store", notice.text)
    finally:
        store.close()
    yield Finding("ok", "store", f"SQLite {sqlite3.sqlite_version}")


def _panel() -> Iterator[Finding]:
    static = resources.files("convend_widget") / "panel" / "static"
    advice = "Install the package again; in a working copy, run: make panel"
    try:
        manifest: dict[str, dict[str, str]] = json.loads(static.joinpath("manifest.json").read_text("utf-8"))
        static.joinpath("loader.js").read_bytes()
        for chunk in (manifest["panel"], *manifest.values()):
            data = static.joinpath(chunk["file"]).read_bytes()
            if hashlib.sha256(data).hexdigest() != chunk["sha256"]:
                yield Finding("bad", "panel", f"{chunk['file']} is not the file that was built", advice)
                return
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        yield Finding("bad", "panel", f"the panel's files are not whole: {type(error).__name__}", advice)
        return
    yield Finding("ok", "panel", "all its files are here, as they were built")


def _lab() -> Iterator[Finding]:
    """JupyterLab may live in another environment than the kernel: then its part is there, out of sight from here."""
    from .panel import in_lab

    version = in_lab.part()
    if version == __version__:
        yield Finding("ok", "lab", f"JupyterLab's part is version {version}")
    elif version is not None:
        yield Finding(
            "warn", "lab", f"JupyterLab's part is version {version}, the package {__version__}", in_lab.ADVICE
        )
    elif in_lab.lacking():
        yield Finding("warn", "lab", "JupyterLab has no part of this package", in_lab.ADVICE)
    else:
        yield Finding("ok", "lab", "JupyterLab is not in this environment; convend-widget is to be installed there too")


def _kernel() -> Iterator[Finding]:
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    version = _version("ipykernel")
    if version is None or getattr(shell, "kernel", None) is None:
        yield Finding("ok", "kernel", "this is not a Jupyter kernel; here chats are driven from Python")
        return
    yield kernel_finding(version)


def kernel_finding(version: str) -> Finding:
    """Whether the panel answers while a cell runs, by the version of ipykernel (7.0 brought threads for that)."""
    if _parts(version) >= (7,):
        return Finding("ok", "kernel", f"ipykernel {version}: the panel answers while a cell runs")
    return Finding(
        "warn",
        "kernel",
        f"ipykernel {version}: while a cell runs, Send and Stop wait until it ends",
        "Run: pip install -U ipykernel, and restart the kernel.",
    )


def _rehearsal() -> Iterator[Finding]:
    from .owner import owner

    try:
        said = owner().wait(_rehearse())
    except ConvendError as error:
        yield Finding("bad", "rehearsal", error.what, error.advice)
    except Exception as error:  # noqa: BLE001 - a broken installation can fail in any way, and this is to say so
        yield Finding("bad", "rehearsal", f"failed with {type(error).__name__}", "Install the package again.")
    else:
        level: Level = "ok" if said else "bad"
        yield Finding(level, "rehearsal", "works, without key or network" if said else "gave no answer")


async def _rehearse() -> bool:
    """One whole reply of the offline model, through the real client and the SDK."""
    from .model.client import Call
    from .model.draft import Draft
    from .provision import REHEARSAL_MODEL, rehearsal_client

    client, draft = rehearsal_client(pause=0), Draft()
    hello = {"role": "user", "content": [{"type": "text", "text": "Hello"}]}
    try:
        await client.step(Call(model=REHEARSAL_MODEL, max_tokens=64, messages=(hello,)), draft)
    finally:
        await client.aclose()
    return draft.complete and any(block.get("text") for block in draft.blocks)


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _floors() -> dict[str, tuple[int, ...]]:
    """The least version of each package that this one asks for."""
    try:
        asked = importlib.metadata.requires(_DISTRIBUTION) or []
    except importlib.metadata.PackageNotFoundError:
        return {}
    found = (re.match(r"([A-Za-z0-9._-]+)[^;]*?>=\s*([0-9.]+)", line) for line in asked)
    return {match[1].lower(): _parts(match[2]) for match in found if match}


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version.split("+")[0])[:3])


def _host(address: str) -> str:
    """Only the host: an address may hold a password."""
    try:
        return urlsplit(address).hostname or "an address that cannot be read"
    except ValueError:
        return "an address that cannot be read"


def _size(count: int) -> str:
    return f"{count / 2**20:.1f} MB" if count >= 2**20 else f"{-(-count // 1024)} kB"
