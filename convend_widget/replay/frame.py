"""Runs as a DataFrame, one row a run, always the same columns and dtypes.

==================== ======================= ==========================================================================
column               dtype                   what
==================== ======================= ==========================================================================
run                  int64                   number within the study, from 0
outcome              string                  ``ended``, ``not_ended``, ``refused``, ``truncated``, ``failed`` or
                                             ``cancelled``
ended                bool                    whether the model ended the conversation, or would have
flag                 string                  what was unusual
replies              int64                   replies that it came to
ended_at             Int64                   the reply that ended it, from 1; missing where none did
trigger              string                  of the ending
warnings             int64                   warnings that counted in the run
blocked              int64                   endings that the gates refused in the run
stop_reason          string                  of the last model call
note                 string                  what was unusual about the last reply
error                string                  the code of the error that cut it
off_policy           int64                   recorded words sent after a reply that they were no answer to
input_tokens         int64                   not cached; all calls of the run, as all of these four
output_tokens        int64
cache_read_tokens    int64
cache_write_tokens   int64
dollars              Float64                 at list prices; missing where not all of it is known
seconds              Float64                 waiting for the model, all calls
model                string                  the model that was asked
policy               string                  the policy; ``mode`` and ``effect`` beside it
mode                 string
effect               bool
seed                 Int64                   what the draws of a rehearsal began with; missing for a model
at                   datetime64[ns, UTC]     when it began, by the clock of its host
sdk                  string                  version of the SDK; ``api`` that of the Messages API
api                  string
parent               string                  the conversation that it goes on from
fork                 string                  the message that was asked for with ``at=…``
conversation         string                  the id to open the run with
==================== ======================= ==========================================================================
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .run import Run

if TYPE_CHECKING:
    import pandas as pd

_TEXT, _COUNT, _MAYBE, _REAL = "string[python]", "int64", "Int64", "Float64"
COLUMNS: dict[str, str] = {
    "run": _COUNT,
    "outcome": _TEXT,
    "ended": "bool",
    "flag": _TEXT,
    "replies": _COUNT,
    "ended_at": _MAYBE,
    "trigger": _TEXT,
    "warnings": _COUNT,
    "blocked": _COUNT,
    "stop_reason": _TEXT,
    "note": _TEXT,
    "error": _TEXT,
    "off_policy": _COUNT,
    "input_tokens": _COUNT,
    "output_tokens": _COUNT,
    "cache_read_tokens": _COUNT,
    "cache_write_tokens": _COUNT,
    "dollars": _REAL,
    "seconds": _REAL,
    "model": _TEXT,
    "policy": _TEXT,
    "mode": _TEXT,
    "effect": "bool",
    "seed": _MAYBE,
    "at": "datetime64[ns, UTC]",
    "sdk": _TEXT,
    "api": _TEXT,
    "parent": _TEXT,
    "fork": _TEXT,
    "conversation": _TEXT,
}


def to_frame(runs: Sequence[Run], same: Mapping[str, Any]) -> pd.DataFrame:
    """One row a run in the order of their numbers. ``same``: the columns that are equal for all of them."""
    import pandas as pd

    rows = [_row(run) for run in sorted(runs, key=lambda run: run.number)]
    frame: pd.DataFrame = pd.DataFrame(index=range(len(rows)))
    for name, dtype in COLUMNS.items():
        values: Any = [same[name]] * len(rows) if name in same else [row[name] for row in rows]
        if name == "at":
            whole = pd.array([round(at * 1e6) * 1000 for at in values], dtype="Int64")
            values = pd.to_datetime(whole, unit="ns", utc=True)
        frame[name] = pd.Series(values, dtype=dtype, index=frame.index)
    return frame


def _row(run: Run) -> dict[str, Any]:
    return {
        "run": run.number,
        "outcome": run.outcome,
        "ended": run.ended_at is not None,
        "flag": run.flag or None,
        "replies": run.replies,
        "ended_at": run.ended_at,
        "trigger": run.trigger,
        "warnings": run.warnings,
        "blocked": run.blocked,
        "stop_reason": run.stop_reason,
        "note": run.note,
        "error": run.error,
        "off_policy": run.off_policy,
        "input_tokens": run.tokens.input,
        "output_tokens": run.tokens.output,
        "cache_read_tokens": run.tokens.cache_read,
        "cache_write_tokens": run.tokens.cache_write + run.tokens.cache_write_1h,
        "dollars": 0.0 if run.cost.free else run.cost.dollars if run.cost.known else None,
        "seconds": run.seconds,
        "at": run.at,
        "conversation": run.conversation,
    }
