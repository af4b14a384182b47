"""What the law does not look at, since its own writers never get it wrong: ids, and the shape of content blocks."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from ..conversation import (
    Event,
    ReplyFailed,
    ReplyInterrupted,
    ReplyRequested,
    ReplyStopped,
    SettingsRecorded,
    StepCompleted,
    UserSent,
)
from .reading import shown

_ID = re.compile(r"[A-Za-z0-9_.:+/=-]{1,200}")
_IDS = ("message", "reply", "parent", "edit_of")
_TOKENS = ("token", "command")  # these only have to be equal to themselves
# block type -> the fields that everything downstream takes for granted, and their types
_FIELDS: dict[str, dict[str, type]] = {
    "text": {"text": str},
    "thinking": {"thinking": str},
    "tool_use": {"id": str, "name": str},
    "tool_result": {"tool_use_id": str},
}


def problem_of(event: Event) -> str:
    """What is wrong with this event, in a few words; empty if nothing is."""
    for name in _IDS:
        value = getattr(event, name, None)
        if value is not None and not is_id(value):
            return f"{name} {shown(value)!r} is no id: 1 to 200 letters, digits and _.:+/=- are"
    for name in _TOKENS:
        value = getattr(event, name, None)
        if value is not None and not (value.isascii() and value.isprintable() and len(value) <= 200):
            return f"{name} is no plain word"
    if isinstance(event, SettingsRecorded):
        return _problem_of_settings(event)
    if isinstance(event, ReplyRequested):
        return "" if is_id(event.settings) else "settings is no id"
    return problem_of_blocks(_content(event))


def is_id(value: object) -> bool:
    """Whether this can be the id of something: safe in every file, attribute and query."""
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def problem_of_blocks(blocks: Iterable[Any]) -> str:
    """What is wrong with these content blocks; empty if nothing is. Unknown types are fine."""
    for number, block in enumerate(blocks, 1):
        kind = block.get("type") if isinstance(block, dict) else None
        if not isinstance(kind, str):
            return f"block {number} has no type"
        for name, wanted in _FIELDS.get(kind, {}).items():
            if not isinstance(block.get(name), wanted):
                return f"block {number} is of type {shown(kind)} without {name}"
    return ""


def _content(event: Event) -> tuple[Any, ...]:
    if isinstance(event, UserSent):
        return event.content
    if isinstance(event, StepCompleted):
        return event.step.blocks
    if isinstance(event, (ReplyStopped, ReplyInterrupted, ReplyFailed)):
        return event.partial
    return ()


def _problem_of_settings(event: SettingsRecorded) -> str:
    if not is_id(event.settings.key):
        return "the settings have no key that could be an id"
    tools: tuple[Any, ...] = event.settings.tools  # whatever the file had
    if not all(isinstance(tool, dict) and isinstance(tool.get("name"), str) for tool in tools):
        return "a tool of the settings has no name"
    return ""
