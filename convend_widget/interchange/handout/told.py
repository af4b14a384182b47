"""What the model was told, and what the policy asked of an ending: in words, from what is on record."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ...conversation import Block, Settings
from ...ending.gates import NUMBERS, USUAL
from ...markup import formatted
from ..html import escape
from . import words

NOTHING = "Nothing: no system text, and no tools."


def told(settings: Settings) -> Iterator[str]:
    """The system text and the tools, in short."""
    texts = [text for text in (settings.policy_text, settings.system) if text.strip()]
    if not texts and not settings.tools:
        yield f"<p>{NOTHING}</p>"
        return
    if texts:
        yield "<h3>System text</h3>"
        yield from (f'<div class="said told" dir="auto">{formatted(text)}</div>' for text in texts)
    if settings.tools:
        yield "<h3>Tools</h3>"
        yield '<dl class="tools">'
        for tool in settings.tools:
            yield f"<div><dt><code>{escape(str(tool.get('name')))}</code></dt>"
            yield f'<dd dir="auto">{escape(str(tool.get("description") or ""))} {_takes(tool)}</dd></div>'
        yield "</dl>"


def _takes(tool: Block) -> str:
    """The parameters of a tool on one line."""
    schema = tool.get("input_schema")
    properties = schema.get("properties") if isinstance(schema, Mapping) else None
    if not isinstance(properties, Mapping) or not properties:
        return "It takes nothing."
    return f"It takes: {'; '.join(_parameter(str(name), given) for name, given in properties.items())}."


def _parameter(name: str, given: Any) -> str:
    given = given if isinstance(given, Mapping) else {}
    choices = given.get("enum")
    kind = " or ".join(map(json.dumps, choices)) if isinstance(choices, (list, tuple)) else str(given.get("type", ""))
    return f"<code>{escape(name)}</code> ({escape(kind)})" if kind else f"<code>{escape(name)}</code>"


def asked_for(settings: Settings, summary: str) -> Iterator[str]:
    """The policy in words: what it is, and what all of has to hold for an ending."""
    name = f"<strong><bdi>{escape(settings.policy)}</bdi></strong>"
    yield f'<p dir="auto">The policy {name}{": " + escape(summary) if summary else "."}</p>'
    if not settings.can_end or not settings.tools:
        yield "<p>Under it this model could not end the conversation.</p>"
        return
    needs = _needs(settings)
    if settings.mode == "observe":
        yield "<p>It only observed here: it noted what the gates say, and left the decision to the model.</p>"
    if needs:
        yield f"<p>An ending had to pass {'this gate' if len(needs) == 1 else 'all of these gates'}:</p>"
        yield f"<ul>{''.join(f'<li>{need}</li>' for need in needs)}</ul>"
    else:
        yield "<p>No gate stood between the model’s call and the end.</p>"
    yield f"<p>{words.NO_SANCTION}</p>"


def _needs(settings: Settings) -> list[str]:
    gates, numbers = settings.provenance.get("gates"), settings.provenance.get("numbers")
    known = USUAL | (dict(numbers) if isinstance(numbers, Mapping) else {})
    found = []
    for gate in gates if isinstance(gates, (list, tuple)) else ():
        sentence = words.GATES.get(str(gate), f"A check of this policy’s own: {gate}.")
        number = known.get(NUMBERS.get(str(gate), ""))
        found.append(escape(sentence.replace("{redirections}", str(number))))
    return found
