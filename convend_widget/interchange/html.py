"""A conversation as one HTML file that needs nothing else: no scripts, nothing loaded, every branch in it.

The text of messages passes through the sanitiser (``markup.py``), everything else is escaped, and a content policy in
the file allows its own style sheet and nothing more.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Iterator
from functools import cache
from html import escape as escape_html
from importlib import resources

from ..conversation import Conversation, Message
from ..markup import formatted
from .frame import path_to
from .transcript import Part, Passage, Strand, Transcript, plain_line


def to_html(conversation: Conversation, branch: Message | str | None = None) -> str:
    """Every branch as one HTML page; that of ``branch`` (default: the head's) first. Raises ``UnknownMessage``."""
    named = branch if branch != "all" else None
    first = conversation.head if named is None else path_to(conversation, named)[-1].id
    transcript = Transcript(conversation)
    return "\n".join(_page(transcript, list(transcript.strands(first)))) + "\n"


def escape(text: str) -> str:
    """Plain text of one line, safe between tags and in quoted attributes."""
    return escape_html(plain_line(text))


def _page(transcript: Transcript, strands: list[Strand]) -> Iterator[str]:
    title = escape(transcript.title)
    style, digest = _style()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    yield "<!doctype html>"
    yield '<html lang="en">'
    yield "<head>"
    yield '<meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield '<meta name="referrer" content="no-referrer">'
    yield '<meta name="color-scheme" content="light dark">'
    yield f"<title>{title}</title>"
    yield f"<style>{style}</style>"
    yield "</head>"
    yield "<body>"
    yield "<header>"
    yield f'<h1 dir="auto">{title}</h1>'
    yield "<dl>"
    for label, text in transcript.facts():
        yield f'<div><dt>{label}</dt><dd dir="auto">{escape(text)}</dd></div>'
    yield "</dl>"
    yield "</header>"
    yield "<main>"
    for number, strand in enumerate(strands, 1):
        yield from _strand(number, strand)
    yield "</main>"
    yield "</body>"
    yield "</html>"


@cache
def _style() -> tuple[str, str]:
    """The style sheet, and its digest as content policies have it."""
    text = resources.files(__package__).joinpath("page.css").read_text("utf-8")
    return text, b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _strand(number: int, strand: Strand) -> Iterator[str]:
    if number == 1:
        yield from _messages(strand)
        return
    count = len(strand.passages)
    after = "from the beginning" if strand.after is None else f"from message {strand.after} on"
    ended = ", ended by the model" if strand.ended else ""
    yield "<details>"
    yield f"<summary>Another branch, {after}: {count} {'message' if count == 1 else 'messages'}{ended}</summary>"
    if strand.after is not None:
        yield f'<p class="after">This goes on below <a href="#m{strand.after}">message {strand.after}</a>.</p>'
    yield from _messages(strand)
    yield "</details>"


def _messages(strand: Strand) -> Iterator[str]:
    yield '<ol class="messages">'
    for passage in strand.passages:
        yield from _message(passage)
    yield "</ol>"


def _message(passage: Passage) -> Iterator[str]:
    yield f'<li id="m{passage.number}" class="{passage.role}"><article>'
    when = f" <time>{passage.when}</time>" if passage.when else ""
    yield f"<h2>{passage.number} · <bdi>{escape(passage.who)}</bdi>{when}</h2>"
    for part in passage.parts:
        yield from _part(part)
    if passage.remarks:
        yield '<ul class="remarks">'
        yield from (f'<li dir="auto">{escape(remark)}</li>' for remark in passage.remarks)
        yield "</ul>"
    if passage.ending:
        yield '<section class="ending">'
        yield "<h3>The model ended the conversation here</h3>"
        yield "<dl>"
        for label, text in passage.ending:
            yield f'<div><dt>{label}</dt><dd dir="auto">{escape(text)}</dd></div>'
        yield "</dl>"
        yield "</section>"
    yield "</article></li>"


def _part(part: Part) -> Iterator[str]:
    if part.kind == "other":
        yield f'<p class="other">A block of type {escape(part.text)}; the JSON export has it.</p>'
        return
    said = f'<div class="said" dir="auto">{formatted(part.text)}</div>'
    yield f"<details><summary>Thinking</summary>{said}</details>" if part.kind == "thinking" else said
