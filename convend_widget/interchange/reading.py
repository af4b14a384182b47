"""Reading JSON that anybody may have written: bounded in size and depth before it is parsed. All or nothing."""

from __future__ import annotations

import json
from itertools import accumulate
from os import PathLike
from pathlib import Path
from typing import Any

from ..errors import ImportRefused
from .report import Limits

_CHUNK = 1 << 20
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_STEP = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}


def read(source: str | PathLike[str], limits: Limits) -> tuple[str, bytes]:
    """The name and content of a file; or of the text itself, if its first character that shows is ``{`` or ``[``."""
    if isinstance(source, str) and source.lstrip("\ufeff \t\r\n")[:1] in ("{", "["):
        # JSON escapes halves of surrogate pairs; where they are not escaped, they are kept all the same.
        return "text", _bounded(source.encode("utf-8", "surrogatepass"), "The text", limits)
    try:
        path = Path(source).expanduser()
        if not path.is_file():
            raise ImportRefused(
                f"There is no file {shown(path)}.", advice="Pass a path, or JSON text that begins with { or [."
            )
        with path.open("rb") as file:
            return path.name, _bounded(file.read(limits.size + 1), path.name, limits)
    except (OSError, ValueError, RuntimeError) as error:
        raise ImportRefused(f"{shown(source)} cannot be read: {shown(_reason(error))}.") from None


def parse(data: bytes, limits: Limits) -> Any:
    """The JSON value. NaN and infinities are let through here, so that whoever looks at a record can name it."""
    try:
        text = data.decode("utf-8-sig", "surrogatepass")
    except UnicodeDecodeError as error:
        raise ImportRefused(f"This is not UTF-8 text (byte {error.start}).") from None
    depth = _deepest(data)
    if depth > limits.depth:
        raise ImportRefused(f"This is nested {depth} deep; {limits.depth} is the limit.")
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise ImportRefused(f"This is not JSON: {error.msg} in line {error.lineno}, column {error.colno}.") from None
    except (ValueError, RecursionError) as error:  # a whole number of thousands of digits; a very deep stack around us
        raise ImportRefused(f"This JSON cannot be read: {shown(str(error))}.") from None


def shown(text: object) -> str:
    """Something from a file, short and on one line, for a message to the person."""
    line = "".join(c if c.isprintable() else " " for c in str(text)[:200])
    return line if len(line) <= 80 else line[:79] + "…"


def _bounded(data: bytes, name: str, limits: Limits) -> bytes:
    if len(data) > limits.size:
        raise ImportRefused(f"{name} is bigger than {limits.size / 2**20:g} MB, which is the limit of an import.")
    return data


def _reason(error: Exception) -> str:
    return error.strerror or str(error) if isinstance(error, OSError) else str(error)


def _deepest(data: bytes) -> int:
    """How deep brackets are nested outside of strings. No recursion, and linear whatever comes."""
    deepest = depth = 0
    inside, carried = False, b""
    for start in range(0, len(data), _CHUNK):
        chunk = carried + data[start : start + _CHUNK]
        odd = (len(chunk) - len(chunk.rstrip(b"\\"))) % 2  # a backslash and what it escapes stay together
        carried = b"\\" if odd else b""
        pieces = chunk[: len(chunk) - odd].replace(b"\\\\", b"").replace(b'\\"', b"").split(b'"')
        brackets = b"".join(pieces[inside::2]).translate(None, _NO_BRACKETS)
        inside ^= len(pieces) % 2 == 0
        if brackets:
            levels = list(accumulate(map(_STEP.__getitem__, brackets), initial=depth))
            deepest, depth = max(deepest, max(levels)), levels[-1]
    return deepest
