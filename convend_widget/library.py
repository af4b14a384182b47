"""The data that ships with the package and what people add to it: policies, as files with front matter.

A policy file is TOML between two lines of ``+++``, then the prose that the model is given.
"""

from __future__ import annotations

import difflib
import sys
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from .ending import Policy
from .errors import SettingsError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # type: ignore[import-not-found,unused-ignore]  # installed on 3.10 only

_KNOWN = {"summary", "tools", "gates", "numbers", "max_steps", "models"}


@cache
def policies() -> dict[str, Policy]:
    """The policies that ship, by name."""
    folder = resources.files("convend_widget.ending") / "policies"
    files = sorted((f for f in folder.iterdir() if f.name.endswith(".md")), key=lambda f: f.name)
    return {name: parse_policy(name, f.read_text("utf-8")) for f in files if (name := f.name.removesuffix(".md"))}


def find_policy(policy: str | Policy | Path) -> Policy:
    """A policy by name, from a ``.md`` file of one's own, or the policy itself. Raises ``SettingsError``."""
    if isinstance(policy, Policy):
        return policy
    if str(policy) in policies():
        return policies()[str(policy)]
    path = Path(str(policy))
    if path.suffix == ".md" and path.is_file():
        return parse_policy(path.stem, _read(path))
    near = difflib.get_close_matches(str(policy)[:60].lower(), policies(), n=1)
    hint = f"Did you mean {near[0]!r}? " if near else ""
    raise SettingsError(
        f"There is no policy {str(policy)!r}.",
        advice=f"{hint}Use one of {', '.join(policies())}, a path to a .md file, or a Policy.",
    )


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")  # some editors put a mark at the front
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"Policy {path.stem}: the file {path.name} cannot be read: {error}.") from None


def parse_policy(name: str, text: str) -> Policy:
    """A policy from the text of its file. Raises ``SettingsError`` that names the policy and what is wrong."""
    head, prose = _front_matter(name, text)
    unknown = sorted(set(head) - _KNOWN)
    if unknown:
        raise SettingsError(f"Policy {name}: unknown field {unknown[0]!r}.", advice=f"Use {', '.join(sorted(_KNOWN))}.")
    given: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in head.items()}
    return Policy(name=name, prose=prose.strip(), **given)


def _front_matter(name: str, text: str) -> tuple[dict[str, Any], str]:
    lines = text.replace("\r\n", "\n").split("\n")
    if lines[0].strip() != "+++" or "+++" not in (line.strip() for line in lines[1:]):
        raise SettingsError(f"Policy {name}: the file must begin with front matter between two lines of +++.")
    close = next(i for i, line in enumerate(lines[1:], 1) if line.strip() == "+++")
    try:
        return tomllib.loads("\n".join(lines[1:close])), "\n".join(lines[close + 1 :])
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"Policy {name}: the front matter is not TOML: {error}.") from None
