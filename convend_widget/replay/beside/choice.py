"""From what a person names to columns: numbers, runs, or a whole study."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...conversation import Conversation
from ...errors import SettingsError
from ...owner import owner
from ..run import Run
from .columns import check_columns, column, line_up, telling_pair, telling_run
from .view import SideBySide

if TYPE_CHECKING:
    from ..runs import Runs


def side_by_side(runs: Runs, which: Sequence[int | Run | Runs]) -> SideBySide:
    """See ``Runs.side_by_side``."""
    named = _named(runs, which)
    check_columns(len(named))

    async def read() -> list[Conversation]:
        return [(await runs._study.desk.open(run.conversation)).conversation for _, run in named]

    told = zip(named, owner().wait(read()), strict=True)
    return SideBySide(line_up([column(name, run, found) for (name, run), found in told]), runs.opener)


def _named(runs: Runs, which: Sequence[int | Run | Runs]) -> list[tuple[str, Run]]:
    """The runs with what they are called; those of another study by more than their number."""
    from ..runs import Runs

    others = [one for one in which if isinstance(one, Runs)]
    if others:
        if len(others) < len(which):
            raise SettingsError("Name runs, or whole studies: not both.", advice="runs.side_by_side(other)")
        chosen = telling_run(runs.runs)
        for other in others:
            chosen += telling_run(other.runs, chosen)
    elif which:
        chosen = [one if isinstance(one, Run) else _numbered(runs, one) for one in which]
    else:
        chosen = telling_pair(runs.runs)
    studies = list(dict.fromkeys(_study(run) for run in chosen))
    if len(studies) == 1:
        return [(f"run {run.number}", run) for run in chosen]
    return [(f"study {1 + studies.index(_study(run))}, run {run.number}", run) for run in chosen]


def _study(run: Run) -> str:
    return run.conversation.partition(".")[0]


def _numbered(runs: Runs, number: object) -> Run:
    if type(number) is not int:
        raise SettingsError(f"A run is a number or a Run, not {number!r}.", advice="runs.side_by_side(0, 3)")
    found = next((run for run in runs if run.number == number), None)
    if found is None:
        raise SettingsError(f"There is no run {number} that is over.", advice=f"It has {len(runs)} of {runs.n} runs.")
    return found
