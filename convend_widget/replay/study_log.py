"""A study as a log for Inspect: the branch is the sample, and each run of it an epoch."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

from ..conversation.outcome import Outcome
from ..inspect_log import Log, sample
from ..owner import owner
from .branch import own_replies
from .study import AT_A_TIME, Study

if TYPE_CHECKING:
    from ..conversation import Conversation
    from .rate import Rate


def write(file: IO[bytes], study: Study, rate: Rate) -> None:
    """Write every run that is over, in the order of their numbers; epochs count from 1. One batch is in memory."""
    numbers = sorted(study.runs.copy())
    at = study.design.at
    started = study.runs[numbers[0]].at if numbers else 0.0
    with Log(file, study.trunk.id, "replay", study.parent, started, [study.settings]) as log:
        for first in range(0, len(numbers), AT_A_TIME):
            for number, run in owner().wait(_read(study, numbers[first : first + AT_A_TIME])):
                replies, row = own_replies(run), study.runs[number]
                came = Outcome(row.outcome, row.flag)
                log.add(sample(run, replies[-1], name=at, epoch=number + 1, own=replies, came=came))
        log.close({"low": rate.low, "high": rate.high})


async def _read(study: Study, numbers: list[int]) -> list[tuple[int, Conversation]]:
    return [found async for found in study.logs(numbers)]
