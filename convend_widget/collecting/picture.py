"""A talk from the picture of it that a saved notebook holds (``panel/document.py``): checked, and still no evidence.

Anybody can write a picture, and it may be a part of the conversation. What contradicts itself is refused.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..interchange.checks import is_id
from ..interchange.reading import shown
from .lines import NOT_ACCEPTED, Ended, Line, Talk

_TIPS = ("open", "warned", "confirming", "ended")
_THUMBS = ("up", "down", None)
_MOST = 1000  # characters of a name


class NoPicture(ValueError):
    """What makes it no picture of a conversation, in a sentence."""


def picture_of(document: dict[str, Any]) -> Talk:
    """The talk that a transcript shows. Raises ``NoPicture``."""
    rows, name = document.get("rows"), document.get("conversation")
    if not isinstance(rows, list) or not is_id(name):
        raise NoPicture("The saved chat has no messages, or no id.")
    about = document.get("chat")
    chat = about if isinstance(about, dict) else {}
    lines: dict[str, Line] = {}
    for number, row in enumerate(rows, 1):
        try:
            line = _line(row, chat)
            _check_place(line, lines)
        except NoPicture as error:
            raise NoPicture(f"Message {number} of a saved chat {error}.") from None
        # What is not above it is left out of the picture; nothing that was said can come later in it.
        lines[line.id] = line if line.parent in lines else replace(line, parent=None)
    return Talk(str(name), "notebook", None, tuple(lines.values()))


def _check_place(line: Line, above: dict[str, Line]) -> None:
    if line.id in above:
        raise NoPicture("is there twice")
    if line.parent in above and above[line.parent].ended is not None:
        raise NoPicture("stands below an ended one")


def _line(row: Any, chat: dict[str, Any]) -> Line:
    if not isinstance(row, dict):
        raise NoPicture("is no object")
    name, parent, role, tip = (row.get(field) for field in ("m", "p", "role", "tip"))
    at: Any = row.get("at")
    if not is_id(name) or not (parent is None or is_id(parent)) or role not in ("user", "assistant"):
        raise NoPicture("has no id, or no role")
    if type(at) not in (int, float) or not -1e15 < at < 1e15 or tip not in _TIPS:
        raise NoPicture("has no time, or no state")
    blocks = row.get("blocks")
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        raise NoPicture("has no content")
    ended, state, reply = _ended(row, blocks), row.get("state"), role == "assistant"
    feedback, mark = row.get("feedback"), row.get("mark")
    given = feedback if isinstance(feedback, dict) else {}
    return Line(
        id=str(name),
        parent=parent,
        role=role,
        at=float(at),
        text=_text(blocks),
        standing=tip if state in ("sent", "settled") else _named(state) or "unknown",
        ended=ended,
        warning=next((_named(b.get("kind")) for b in blocks if b.get("k") == "warning" and b.get("counted")), None),
        tried=sum(block.get("k") == "attempt" and block.get("verdict") in NOT_ACCEPTED for block in blocks),
        thumb=given.get("thumb") if given.get("thumb") in _THUMBS else None,
        words=given["words"] if isinstance(given.get("words"), str) else "",
        rewritten=row.get("edit_of") is not None,
        archived=isinstance(mark, dict) and mark.get("archived") is True,
        model=_named(row.get("model")),
        policy=_named(chat.get("policy")) if reply else None,
        mode=_named(chat.get("mode")) if reply else None,
    )


def _ended(row: dict[str, Any], blocks: list[dict[str, Any]]) -> Ended | None:
    """The ending, if the call that made it is there as well."""
    ending, is_end = row.get("ending"), row.get("tip") == "ended"
    if ending is None and not is_end:
        return None
    called = any(b.get("k") == "attempt" and b.get("verdict") in ("accepted", "observed") for b in blocks)
    if not (isinstance(ending, dict) and is_end and called and row.get("role") == "assistant"):
        raise NoPicture("is marked as an ending that no call made")
    reason = ending.get("reason")
    return Ended(
        _named(ending.get("trigger")) or "unstated",
        reason if isinstance(reason, str) else None,
        _named(ending.get("confirmed_by")),
    )


def _text(blocks: list[dict[str, Any]]) -> str:
    """As ``Message.text``."""
    texts = (block.get("text") for block in blocks if block.get("k") == "text")
    return "\n\n".join(text for text in texts if isinstance(text, str) and text)


def _named(value: Any) -> str | None:
    return shown(value) if isinstance(value, str) and len(value) <= _MOST else None
