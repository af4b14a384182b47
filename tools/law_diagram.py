"""Draw the law from its tables, as Mermaid, between the markers in docs/law.md: `python tools/law_diagram.py`."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import TypeVar

from convend_widget.conversation.law import RUNNING, TIP, TURN, Tip, Turn

S = TypeVar("S", bound=Enum)
PAGE = Path(__file__).parents[1] / "docs/law.md"
BEGIN, END = "<!-- law:begin -->", "<!-- law:end -->"


def drawn() -> str:
    """Both machines, with a line on how they are coupled."""
    rests = [turn for turn in Turn if turn not in RUNNING]
    turn = diagram(TURN, Turn.REQUESTED, "reply_requested", rests)
    tip = diagram(TIP, Tip.OPEN, "the first message", [Tip.ENDED])
    return f"""\
The turn, the life of one reply:

{turn}

The tip, what the newest message of a branch means for whoever writes below it. It moves when a reply is judged or the
person writes, and at no other time; an accepted ending leaves the turn only one way, to settle:

{tip}"""


def diagram(table: Mapping[tuple[S, str], S], first: S, how: str, rests: Sequence[S]) -> str:
    """One table as a state diagram; events that lead the same way share an arrow."""
    arrows: dict[tuple[str, str], list[str]] = {}
    for (start, event), after in table.items():
        arrows.setdefault((start.value, after.value), []).append(event)
    lines = [f"[*] --> {first.value}: {how}"]
    lines += [f"{start} --> {after}: {', '.join(events)}" for (start, after), events in arrows.items()]
    lines += [f"{rest.value} --> [*]" for rest in rests]
    return "\n".join(["```mermaid", "stateDiagram-v2", *(f"    {line}" for line in lines), "```"])


def parts(page: str) -> Iterator[str]:
    """The page before the markers, between them, and after. Raises ValueError where they are not there once each."""
    if page.count(BEGIN) != 1 or page.count(END) != 1:
        raise ValueError(f"the page needs {BEGIN} and {END}, once each")
    before, rest = page.split(BEGIN)
    yield from (before, *rest.split(END))


def main() -> int:
    before, _, after = parts(PAGE.read_text("utf-8"))
    PAGE.write_text(f"{before}{BEGIN}\n{drawn()}\n{END}{after}", "utf-8")
    print(f"{PAGE.name}: the law is drawn anew.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
