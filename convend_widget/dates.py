"""Unix seconds as dates in UTC."""

from __future__ import annotations

from datetime import datetime, timezone


def moment(at: float) -> str | None:
    """Unix seconds in ISO 8601, UTC; None where no calendar has that time."""
    try:
        return datetime.fromtimestamp(at, timezone.utc).isoformat().replace("+00:00", "Z")
    except (ValueError, OverflowError, OSError):
        return None


def minute(at: float) -> str:
    """Unix seconds for people, to the minute; empty where no calendar has that time."""
    exact = moment(at)
    return f"{exact[:10]} {exact[11:16]} UTC" if exact else ""
