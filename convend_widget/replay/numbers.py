"""Whole numbers as people pass them: Python's, or numpy's out of a frame."""

from __future__ import annotations

import operator


def as_whole(value: object) -> int | None:
    """As Python's own, which can be stored; None for what is no whole number, and for ``True``."""
    if isinstance(value, bool) or getattr(getattr(value, "dtype", None), "kind", None) == "b":
        return None  # numpy's truth values, too: older ones pass for numbers
    try:
        return operator.index(value)  # type: ignore[arg-type]  # whether it has one is asked
    except TypeError:
        return None
