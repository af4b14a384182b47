"""Where the key comes from. The value stays inside ``Secret``: it is never shown, logged, pickled or compared.

The first of these that is set wins: the argument ``api_key``; ``ANTHROPIC_API_KEY``; ``ANTHROPIC_AUTH_TOKEN``; a
profile or an identity federation named in the environment; a ``.env`` file in the working directory; the active
profile on disk.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, NoReturn

_NAMES = ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN")
_ENV_FILE_LIMIT = 64 * 1024
_ENV_LINE = re.compile(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)")
_QUOTED = re.compile(r"""'(?P<single>[^']*)'|"(?P<double>(?:[^"\\]|\\.)*)\"""")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}


class Secret:
    """A value that no repr, log, pickle or listing of attributes shows."""

    __slots__ = ("_get",)

    def __init__(self, value: str) -> None:
        self._get: Callable[[], str] = lambda: value

    def reveal(self) -> str:
        """The value. Hand it straight on; a verbose traceback shows the variables of every frame."""
        return self._get()

    def __repr__(self) -> str:
        return "Secret(hidden)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a key cannot be pickled or copied")


@dataclass(frozen=True, slots=True)
class KeySource:
    """Which source won. ``name`` is for people; ``problem`` says in plain words why the value cannot be used.

    ``kind``: ``"sdk"`` means that the SDK finds it by itself. ``others`` are further sources that are set, but lost.
    ``base_url``: where a ``.env`` sets one beside its key, the key is meant for that address only.
    """

    name: str
    kind: Literal["none", "api_key", "auth_token", "sdk"]
    problem: str | None = None
    others: tuple[str, ...] = ()
    base_url: str | None = None
    secret: Secret | None = field(default=None, repr=False, compare=False)

    @property
    def present(self) -> bool:
        """Whether there is a key at all, usable or not."""
        return self.kind != "none"


def find_key(
    api_key: str | Secret | None = None,
    *,
    env: Mapping[str, str] | None = None,
    directory: Path | None = None,
) -> KeySource:
    """The source that wins; ``name`` is "none" when there is none. Reads the environment and two small files."""
    given = Secret(api_key) if isinstance(api_key, str) else api_key
    del api_key  # a verbose traceback shows the variables of every frame
    found = list(_sources(given, os.environ if env is None else env, directory or Path.cwd()))
    if not found:
        return KeySource("none", "none")
    won = found[0]
    problem = problem_of(won.secret) if won.secret is not None else None
    return replace(won, problem=problem, others=tuple(source.name for source in found[1:]))


def _sources(given: Secret | None, env: Mapping[str, str], directory: Path) -> Iterator[KeySource]:
    if given is not None:
        yield KeySource("the argument api_key", "api_key", secret=given)
    for name in _NAMES:
        if env.get(name):
            yield _static(name, name, Secret(env[name]))
    if env.get("ANTHROPIC_PROFILE"):
        yield KeySource("ANTHROPIC_PROFILE", "sdk")
    federated = env.get("ANTHROPIC_IDENTITY_TOKEN") or env.get("ANTHROPIC_IDENTITY_TOKEN_FILE")
    if federated and env.get("ANTHROPIC_FEDERATION_RULE_ID") and env.get("ANTHROPIC_ORGANIZATION_ID"):
        yield KeySource("ANTHROPIC_FEDERATION_RULE_ID", "sdk")
    file = read_env_file(directory / ".env")
    for name in _NAMES:
        if name in file:
            base = file.get("ANTHROPIC_BASE_URL")
            yield _static(f"{name} in .env", name, file[name], base.reveal() if base else None)
    if _active_profile(env):
        yield KeySource("the active profile on disk", "sdk")


def _static(shown: str, name: str, secret: Secret, base_url: str | None = None) -> KeySource:
    return KeySource(shown, "api_key" if name == _NAMES[0] else "auth_token", base_url=base_url, secret=secret)


def problem_of(secret: Secret) -> str | None:
    """Why a key cannot be one, in words that give nothing of it away; None if it can."""
    text = secret.reveal()
    if not text:
        return "it is empty"
    if any(c.isspace() for c in text):
        return "it holds a space or a line break"
    if any(c in "\"'`\u2018\u2019\u201c\u201d" for c in text):
        return "it holds a quotation mark"
    if not (text.isascii() and text.isprintable()):
        return "it holds a character that no key has"
    return None


def read_env_file(path: Path) -> dict[str, Secret]:
    """The non-empty values of a ``.env`` file: ``NAME=value`` lines, ``export``, quotes and comments; the last wins.

    No file, an unreadable one or one above 64 KiB gives nothing. Values may not span lines; nothing is expanded.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(_ENV_FILE_LIMIT + 1)
    except OSError:
        return {}
    if len(raw) > _ENV_FILE_LIMIT:
        return {}
    values: dict[str, Secret] = {}
    for line in raw.decode("utf-8-sig", "replace").splitlines():
        if match := _ENV_LINE.fullmatch(line):
            values[match[1]] = Secret(_unquoted(match[2]))
    return {name: secret for name, secret in values.items() if secret.reveal()}


def _unquoted(value: str) -> str:
    if match := _QUOTED.match(value):
        if match["single"] is not None:
            return match["single"]
        return re.sub(r"\\(.)", lambda m: _ESCAPES.get(m[1], m[1]), match["double"])
    return re.split(r"(?:^|\s)#", value, maxsplit=1)[0].strip()


def _active_profile(env: Mapping[str, str]) -> bool:
    """Whether the SDK's own configuration names a profile that exists."""
    try:
        if env.get("ANTHROPIC_CONFIG_DIR"):
            folder = Path(env["ANTHROPIC_CONFIG_DIR"])
        elif sys.platform == "win32":
            folder = Path(env.get("APPDATA") or Path.home() / "AppData" / "Roaming") / "Anthropic"
        else:
            folder = Path.home() / ".config" / "anthropic"
        named = folder / "active_config"
        name = named.read_text("utf-8").strip() if named.is_file() else ""
        return (folder / "configs" / f"{name or 'default'}.json").is_file()
    except (OSError, ValueError, RuntimeError):  # RuntimeError: there is no home folder
        return False
