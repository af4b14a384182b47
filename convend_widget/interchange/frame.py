"""A conversation as a DataFrame, one row a message.

==================== ======================= ==========================================================================
column               dtype                   what
==================== ======================= ==========================================================================
id                   string                  the message
parent               string                  the message above; missing for a first message
role                 string                  ``user`` or ``assistant``
depth                int64                   1 for a first message
seq                  int64                   the order of everything: the number of the event that made it, counted on
                                             from the messages above where it goes on from another conversation
at                   datetime64[ns, UTC]     when, by the clock of its host; missing where no calendar has that time
text                 string                  its text blocks, joined by blank lines
state                string                  of a reply: ``settled``, ``stopped``, …; missing for the person's messages
tip                  string                  ``open``, ``warned``, ``confirming`` or ``ended``
ended                bool                    whether the model ended the conversation with this message
trigger              string                  of the ending, or of the last ending that was tried here
reason               string                  of the ending, in the model's words
warning              string                  the warning that counted here: ``redirect`` or ``final_warning``
warnings             int64                   warnings that counted on the branch up to here
blocked              int64                   endings that were tried here and not accepted
stop_reason          string                  of the last step
note                 string                  what was unusual: ``length``, ``empty``, …
error                string                  the code of the error that cut or failed the reply
cut_by               string                  who or what cut it
model                string                  the model that answered, else the one that was asked
policy               string                  the policy that the reply was made under
mode                 string                  ``enforce`` or ``observe``
input_tokens         Int64                   all steps together, as all of these four
output_tokens        Int64
cache_read_tokens    Int64
cache_write_tokens   Int64
seconds              Float64                 from request to the last byte, all steps together
n_steps              int64                   model calls; 0 for the person's messages
by                   string                  who sent or asked for it: ``panel``, ``python``, …
confirm              string                  the person's answer by button whether to end: ``yes`` or ``no``
edit_of              string                  the message that this one rewrites
thumb                string                  the person's feedback: ``up`` or ``down``
words                string                  the person's feedback in words
label                string                  the person's label
starred              bool                    whether the person gave it a star
archived             bool                    whether it is out of sight: archived itself, or below an archived message
n_children           int64                   branches that go on below; 0 for a leaf
==================== ======================= ==========================================================================

``string`` is pandas' own string type, kept in Python, with ``<NA>`` for what is missing.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..conversation import Conversation, Message
from ..conversation.tree import total_usage
from ..errors import UnknownMessage

if TYPE_CHECKING:
    import pandas as pd

TEXT, COUNT, MAYBE = "string[python]", "int64", "Int64"  # not pyarrow's: it cannot hold halves of surrogate pairs
TIME = "datetime64[ns, UTC]"
COLUMNS: dict[str, str] = {
    "id": TEXT,
    "parent": TEXT,
    "role": TEXT,
    "depth": COUNT,
    "seq": COUNT,
    "at": TIME,
    "text": TEXT,
    "state": TEXT,
    "tip": TEXT,
    "ended": "bool",
    "trigger": TEXT,
    "reason": TEXT,
    "warning": TEXT,
    "warnings": COUNT,
    "blocked": COUNT,
    "stop_reason": TEXT,
    "note": TEXT,
    "error": TEXT,
    "cut_by": TEXT,
    "model": TEXT,
    "policy": TEXT,
    "mode": TEXT,
    "input_tokens": MAYBE,
    "output_tokens": MAYBE,
    "cache_read_tokens": MAYBE,
    "cache_write_tokens": MAYBE,
    "seconds": "Float64",
    "n_steps": COUNT,
    "by": TEXT,
    "confirm": TEXT,
    "edit_of": TEXT,
    "thumb": TEXT,
    "words": TEXT,
    "label": TEXT,
    "starred": "bool",
    "archived": "bool",
    "n_children": COUNT,
}
_USAGE = {
    "input_tokens": "input_tokens",
    "output_tokens": "output_tokens",
    "cache_read_tokens": "cache_read_input_tokens",
    "cache_write_tokens": "cache_creation_input_tokens",
}
_NANOSECONDS = 2**63 // 10**9 - 1  # seconds from 1970, either way, that fit a datetime64[ns]


def to_frame(conversation: Conversation, branch: Message | str | None = None) -> pd.DataFrame:
    """One row a message in the order of ``seq``; only the path to ``branch`` (a message or its id) if one is given.

    The columns and their dtypes are always the same, also without messages. Raises ``UnknownMessage``.
    """
    messages = list(conversation.messages.values()) if branch is None else path_to(conversation, branch)
    children = Counter(m.parent for m in conversation.messages.values())
    away = conversation.out_of_sight()
    rows = [_row(conversation, m) | {"n_children": children[m.id], "archived": m.id in away} for m in messages]
    return typed(rows, COLUMNS)


def typed(rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str]) -> pd.DataFrame:
    """Rows as a frame of exactly these columns and dtypes. Times come as whole nanoseconds."""
    import pandas as pd

    frame: pd.DataFrame = pd.DataFrame(index=range(len(rows)))
    for name, dtype in columns.items():
        values: Any = [row.get(name) for row in rows]
        if dtype == TIME:
            values = pd.to_datetime(pd.array(values, dtype="Int64"), unit="ns", utc=True)
        frame[name] = pd.Series(values, dtype=dtype, index=frame.index)
    return frame


def path_to(conversation: Conversation, branch: Message | str) -> list[Message]:
    """The messages from the first one to ``branch``, both included. Raises ``UnknownMessage``."""
    name = branch.id if isinstance(branch, Message) else branch
    if conversation.find(name) is None:
        raise UnknownMessage(
            f"There is no message {name!r} in this conversation.",
            conversation=conversation.id,
            message=name,
            state="unknown",
            ways=("take one from chat.conversation.messages",),
        )
    return conversation.branch(name)


def _row(conversation: Conversation, message: Message) -> dict[str, Any]:
    feedback = conversation.notes.get(message.id)
    row: dict[str, Any] = {
        "id": message.id,
        "parent": message.parent,
        "role": message.role,
        "depth": message.depth,
        "seq": message.seq,
        "at": nanoseconds(message.at),
        "text": message.text,
        "state": message.state.value if message.state else None,
        "tip": message.tip.value,
        "ended": message.ended,
        "warnings": len(message.facts.warnings),
        "blocked": 0,
        "n_steps": len(message.steps),
        "note": message.note,
        "error": message.error.code if message.error else None,
        "cut_by": message.cut_by,
        "by": message.by,
        "confirm": message.confirm,
        "edit_of": message.edit_of,
        "thumb": feedback.thumb if feedback else None,
        "words": feedback.words or None if feedback else None,
        "label": conversation.label(message.id) or None,
        "starred": conversation.starred(message.id),
    }
    return row | (_reply(conversation, message) if message.role == "assistant" else {})


def _reply(conversation: Conversation, message: Message) -> dict[str, Any]:
    settings = conversation.settings[message.settings or ""]
    calls = [call for step in message.steps for call in step.calls]
    tried = [c for c in calls if c.name == "end_conversation" and c.verdict != "not_run"]
    ending = conversation.ending(message.id)
    usage = total_usage(message)
    seconds = [step.seconds for step in message.steps if step.seconds is not None]
    return {
        "trigger": ending.trigger if ending else next((c.trigger for c in reversed(tried)), None),
        "reason": ending.reason if ending else None,
        "warning": next((c.kind for c in calls if c.counted), None),
        "blocked": sum(c.verdict in ("blocked", "confirming", "invalid") for c in tried),
        "stop_reason": message.steps[-1].stop_reason if message.steps else None,
        "model": next((s.model for s in reversed(message.steps) if s.model), settings.model),
        "policy": settings.policy,
        "mode": settings.mode,
        "seconds": sum(seconds) if seconds else None,
    } | {name: _whole(usage.get(key)) for name, key in _USAGE.items()}


def nanoseconds(at: float) -> int | None:
    """Unix seconds to whole microseconds, which is what a float of today's seconds holds, in nanoseconds."""
    return round(at * 1e6) * 1000 if math.isfinite(at) and abs(at) < _NANOSECONDS else None


def _whole(count: int | None) -> int | None:
    return count if count is not None and abs(count) < 2**63 else None
