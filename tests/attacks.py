"""The attacks of ``tests/fixtures/attacks``, which the tests in TypeScript read too."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FILES = sorted((Path(__file__).parent / "fixtures" / "attacks").glob("*.json"))


def _text(case: dict[str, Any]) -> str:
    """``pieces`` are texts and how often each stands there; a number is half of a surrogate pair."""
    if "text" in case:
        return str(case["text"])
    return "".join((chr(piece) if isinstance(piece, int) else piece) * times for piece, times in case["pieces"])


ATTACKS = {
    f"{file.stem}, {case['name']}": _text(case)
    for file in FILES
    for case in json.loads(file.read_text("utf-8"))["cases"]
}
SHORT = {name: text for name, text in ATTACKS.items() if len(text) <= 5_000}
