"""The browser's code as built by npm: the loader, which every widget carries, and chunks that come when asked for.

The loader asks for the panel, the panel for further chunks when they are first needed, each by its name and sha256.
With ``CONVEND_DEV=1`` files are read again when a chat is shown, so that a rebuild shows when the cell is run again.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from functools import cache
from importlib import resources

from ..errors import SettingsError


@dataclass(frozen=True, slots=True)
class Chunk:
    """One part of the panel's code. ``sha256`` in hex is the name that browsers keep it under."""

    name: str
    sha256: str
    code: bytes


def developing() -> bool:
    """Whether the files may change while this process runs."""
    return os.environ.get("CONVEND_DEV", "") not in ("", "0")


def loader() -> str:
    """The module that hosts run and save with each widget: a few kilobytes. Raises ``SettingsError`` if not built."""
    return (_read if developing() else _kept)("loader.js").decode()


def chunk(name: str) -> Chunk:
    """A chunk by name. Raises ``SettingsError`` where there is none."""
    return (_find if developing() else _kept_chunk)(name)


def every() -> list[Chunk]:
    """All chunks of one build. Raises ``SettingsError`` if it was not built."""
    return [chunk(name) for name in json.loads((_read if developing() else _kept)("manifest.json"))]


def _find(name: str) -> Chunk:
    manifest = json.loads(_read("manifest.json"))
    if name not in manifest:
        raise SettingsError("There is no such part of the panel.", advice="Reload the page and try again.")
    code = _read(manifest[name]["file"])
    return Chunk(name, hashlib.sha256(code).hexdigest(), code)


def _read(file: str) -> bytes:
    try:
        return (resources.files("convend_widget.panel") / "static" / file).read_bytes()
    except OSError:
        raise SettingsError(
            f"The panel's browser part is not built ({file} is missing).",
            advice="Run `npm run build` in the working copy, or install a wheel.",
        ) from None


_kept = cache(_read)
_kept_chunk = cache(_find)
