"""The handout, put together. The text of messages passes through the sanitiser, everything else is escaped."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources

from ...conversation import Conversation, Settings
from ...markup import formatted
from ..html import escape
from ..transcript import Transcript
from . import words
from .talk import overview, talk
from .told import asked_for, told


@dataclass(frozen=True, slots=True)
class About:
    """What a handout says beyond the conversation, each left out where it is empty.

    ``title`` (otherwise the first words), ``summary``: a sentence; ``lesson``: what to look at, as Markdown;
    ``questions`` for the class; ``policy``: a sentence on the policy.
    """

    title: str = ""
    summary: str = ""
    lesson: str = ""
    questions: tuple[str, ...] = ()
    policy: str = ""


def to_handout(conversation: Conversation, about: About, head: str | None = None) -> str:
    """The handout as HTML; the branch of ``head`` (default: the newest) comes first."""
    return "\n".join(_page(conversation, about, head)) + "\n"


def _page(conversation: Conversation, about: About, head: str | None) -> Iterator[str]:
    transcript = Transcript(conversation)
    strands = list(transcript.strands(head or conversation.head))
    title = escape(about.title or transcript.title)
    yield from _head(title)
    yield f'<header><p class="kind">Handout</p><h1 dir="auto">{title}</h1>'
    if about.summary:
        yield f'<p class="lead" dir="auto">{escape(about.summary)}</p>'
    yield f"{_made_with(conversation)}</header><main>"
    if about.lesson:
        yield from _section(
            "what", "What to look at", [f'<div class="said" dir="auto">{formatted(about.lesson)}</div>']
        )
    yield from _section("glance", "At a glance", overview(conversation, strands))
    yield from _section("talk", "The talk as it was played", talk(conversation, strands))
    if about.questions:
        asked = (f'<li dir="auto">{escape(question)}<span class="lines"></span></li>' for question in about.questions)
        yield from _section("questions", "Questions", ['<ol class="questions">', *asked, "</ol>"])
    settings = _settings(conversation)
    if settings is not None:
        yield from _section("told", "What the model was told", told(settings))
        yield from _section("policy", "The policy in words", asked_for(settings, about.policy))
    glossary = (f"<div><dt>{term}</dt><dd>{means}</dd></div>" for term, means in words.GLOSSARY)
    yield from _section("words", "Words", ["<dl>", *glossary, "</dl>"])
    yield f"</main><footer><p>{words.SOURCE}</p><p>{words.OPEN}</p></footer></body></html>"


def _head(title: str) -> Iterator[str]:
    style, digest = _style()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    yield '<!doctype html><html lang="en"><head><meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield '<meta name="referrer" content="no-referrer">'
    yield f"<title>{title}</title><style>{style}</style></head><body>"


@cache
def _style() -> tuple[str, str]:
    """The style sheet, and its digest as content policies have it."""
    text = resources.files(__package__).joinpath("handout.css").read_text("utf-8")
    return text, b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _section(name: str, title: str, inner: Iterator[str] | list[str]) -> Iterator[str]:
    yield f'<section aria-labelledby="h-{name}"><h2 id="h-{name}">{title}</h2>'
    yield from inner
    yield "</section>"


def _settings(conversation: Conversation) -> Settings | None:
    """Those of the newest reply."""
    last = next((m.settings for m in reversed(list(conversation.messages.values())) if m.settings), None)
    return conversation.settings.get(last or "")


def _made_with(conversation: Conversation) -> str:
    settings = _settings(conversation)
    if settings is None:
        return ""
    rehearsed = " The model is a rehearsal: a script, and not Claude." if settings.provider == "rehearsal" else ""
    observed = ", only observing" if settings.mode == "observe" else ""
    with_what = f"Model <bdi>{escape(settings.model)}</bdi>, policy <bdi>{escape(settings.policy)}</bdi>{observed}."
    return f'<p class="made">{with_what}{rehearsed}</p>'
