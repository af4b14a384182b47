"""Scenarios on the command line: what a word given there means, and a file to begin with."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

from ..errors import SettingsError
from ..model.rehearsal import scenarios

_TEMPLATE = "template.toml"


def given_as(word: str) -> str | Path:
    """The name of a scenario that ships, unless there is a file of that name; else a path."""
    shipped = word in [one.name for one in scenarios()]
    return word if shipped and not Path(word).exists() else Path(word)


def begin(path: str) -> Path:
    """Write a small scenario to ``path``, to begin with; returns the path. Nothing is written over."""
    place = Path(path).expanduser()
    place = place if place.suffix == ".toml" else place.with_name(f"{place.name}.toml")
    if not re.fullmatch(r"[a-z][a-z0-9_]*", place.stem):
        raise SettingsError(
            f"{place.stem!r} cannot be the name of a scenario.", advice="Use small letters, digits and _, as my_lesson."
        )
    text = (files(__package__) / _TEMPLATE).read_text("utf-8").replace("my_lesson", place.stem)
    try:
        with place.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise SettingsError(f"There is a {place.name} already.", advice="Choose another name.") from None
    except OSError as error:
        raise SettingsError(f"{place} cannot be written: {error.strerror or error}.") from None
    return place
