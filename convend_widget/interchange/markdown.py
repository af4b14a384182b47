"""A conversation as Markdown for people to read.

What was said stands in quotations, and what this export says never does: a heading or a rule of a message stays inside
its quotation. A text that could reach out of it (raw HTML, a link definition, a notice that some hosts draw) stands
word for word in a code block instead, fenced by more backticks than it has.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..conversation import Conversation, Message
from ..store.protocol import storable
from .frame import path_to
from .transcript import Passage, Strand, Transcript

# Above these a text is not looked into, but stands in a code block. Brackets, and the lines of a quotation, cost their
# number squared.
_CHARACTERS, _LINES, _BRACKETS, _MARKS = 50_000, 1_500, 500, 4_000
_LEGEND = "What was said stands in quotations and code blocks; every other line is of this export."
_SPECIAL = re.compile(r"([\\`*\[\]<>&~$|#^{}]|(?<!\w)_|_(?!\w))")
_TICKS = re.compile("`+")
# Of dialects that CommonMark does not know: notices, footnotes, fenced divs, comments, formulas over several lines.
_DIALECT = re.compile(r"\[!\w+\]|\[\^|^\s*:{3,}|%%|^\s*\$\$|^\s*\{[%:.#]|^\s*\.\. ", re.MULTILINE)


def to_markdown(conversation: Conversation, branch: Message | str | None = None) -> str:
    """The branch of ``branch`` (a message, its id, or ``"all"`` for every branch; default: the head's) as Markdown.

    Raises ``UnknownMessage``.
    """
    transcript = Transcript(conversation)
    lines = [f"# {_inline(transcript.title)}", ""]
    lines += [f"- {label}: {_inline(text)}" for label, text in transcript.facts()]
    lines += ["", _LEGEND, ""]
    if branch == "all":
        strands = list(transcript.strands(conversation.head))
        for number, strand in enumerate(strands, 1):
            lines += [f"## {_branch_title(number, strand)}", ""]
            lines += _passages(strand.passages)
    else:
        tip = conversation.head if branch is None else branch
        messages = path_to(conversation, tip) if tip is not None else []
        lines += _passages(transcript.passages(messages))
    return "\n".join(lines).rstrip("\n") + "\n"


def _branch_title(number: int, strand: Strand) -> str:
    start = "" if number == 1 or strand.after is None else f", from message {strand.after} on"
    return f"Branch {number}{start}{', ended' if strand.ended else ''}"


def _passages(passages: tuple[Passage, ...] | Iterator[Passage]) -> Iterator[str]:
    for passage in passages:
        when = f" · {passage.when}" if passage.when else ""
        yield f"### {passage.number} · {_inline(passage.who)}{when}"
        yield ""
        for part in passage.parts:
            if part.kind == "text":
                yield from _said(part.text)
            elif part.kind == "other":
                yield f"- A block of type {_inline(part.text)}, which the JSON export has."
            else:
                yield "- Thinking, which the JSON export has."
            yield ""
        if passage.remarks:
            yield from (f"- {_inline(remark)}" for remark in passage.remarks)
            yield ""
        if passage.ending:
            yield "**The model ended the conversation here.**"
            yield ""
            yield from (f"- {label}: {_inline(text)}" for label, text in passage.ending)
            yield ""


def _inline(text: str) -> str:
    """Plain text of one line that Markdown shows as it is."""
    return _SPECIAL.sub(r"\\\1", text)


def _said(text: str) -> list[str]:
    """The lines of a quotation; or of a code block, where a quotation would not hold the text."""
    clean = storable(text).replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")
    lines = clean.split("\n")
    quoted = [f"> {line}" if line else ">" for line in lines]
    if not _is_costly(clean, lines) and not _DIALECT.search(clean) and _holds("\n".join(quoted)):
        return quoted
    longest = max((len(ticks) for ticks in _TICKS.findall(clean)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}text", *lines, fence]


def _is_costly(text: str, lines: list[str]) -> bool:
    marks = sum(text.count(mark) for mark in "*_`~<&!\\")
    return len(text) > _CHARACTERS or len(lines) > _LINES or text.count("[") > _BRACKETS or marks > _MARKS


def _holds(quoted: str) -> bool:
    """Whether a quotation is one quotation and nothing else, by CommonMark: no raw HTML, no definitions."""
    from markdown_it import MarkdownIt

    env: dict[str, object] = {}
    tokens = MarkdownIt("commonmark").parse(quoted, env)
    html = any(t.type == "html_block" or any(c.type == "html_inline" for c in t.children or ()) for t in tokens)
    top = [t.type for t in tokens if t.level == 0]
    return not html and not env.get("references") and top == ["blockquote_open", "blockquote_close"]
