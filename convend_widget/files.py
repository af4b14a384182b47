"""Writing a file for a person: under a name that says its format, and whole or not at all."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from os import PathLike
from pathlib import Path
from typing import IO

from .errors import SettingsError


def place(path: str | PathLike[str], suffixes: Iterable[str]) -> Path:
    """The path to write to. Raises ``SettingsError`` for another suffix than these, and where there is no folder."""
    target, known = Path(path).expanduser(), sorted(suffixes)
    if target.suffix.lower() not in known:
        one_of = f"one of {', '.join(known)}" if len(known) > 1 else known[0]
        raise SettingsError(f"{target.name} says no format that is known.", advice=f"Let the name end in {one_of}.")
    if not target.parent.is_dir():
        raise SettingsError(f"There is no folder {target.parent}.", advice="Make it first, or choose another.")
    return target


@contextmanager
def written(target: Path) -> Iterator[IO[bytes]]:
    """A file that is written beside its place and moved over it at the end, if nothing went wrong meanwhile.

    Raises ``SettingsError`` for a place that cannot be written.
    """
    real = Path(os.path.realpath(target))
    beside = real.with_name(f".{real.name[:100]}.{secrets.token_hex(4)}")
    try:
        with beside.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if real.exists():
            shutil.copymode(real, beside)
        os.replace(beside, real)
    except OSError as error:
        raise SettingsError(
            f"{target} cannot be written: {error.strerror or error}.", advice="Choose another place."
        ) from None
    finally:
        with suppress(OSError):
            beside.unlink()
