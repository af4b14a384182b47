"""Text of models and people as HTML that can neither run, nor load anything, nor pass for part of the page around it.

For pages without our scripts: the transcript that is saved in a notebook, and exported files. Markdown without raw
HTML, then a strict list of what is allowed. Text that would take long to format, or that nests too deep to be kept
whole, is shown plain. The panel in the browser has rules of its own to the same end (``js/src/core/markdown.ts``).
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

from .formulas import keep_formulas

MOST_CHARACTERS = 100_000
MOST_MARKS = 4_000  # what costs is not length: 60 kB of "*a_" take as long as a megabyte of prose
MOST_BRACKETS = 500  # link brackets cost their number squared
DEEPEST = 60
HEADINGS_BELOW = 4  # headings of a text rank below those of the page that it stands in

_TURNS = "\u202a\u202b\u202d\u202e\u2066\u2067\u2068"
_END, _END_ISOLATE = "\u202c", "\u2069"
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_MARKS = re.compile(r"[*_`~|<>&!]")
_OPENABLE = {"http", "https", "mailto"}
_TAGS = {
    *("p", "br", "strong", "em", "s", "code", "pre", "ul", "ol", "li", "blockquote", "hr", "a"),
    *("h5", "h6", "table", "thead", "tbody", "tr", "th", "td"),
}
_ATTRIBUTES = {"*": {"dir"}, "a": {"href"}, "ol": {"start"}, "th": {"align"}, "td": {"align"}}


def formatted(text: str) -> str:
    """Markdown as HTML: blocks each with ``dir="auto"``, links only to absolute http(s) and mailto, no images."""
    text = sound(text)
    if len(text) > MOST_CHARACTERS or len(_MARKS.findall(text)) > MOST_MARKS or text.count("[") > MOST_BRACKETS:
        return plain(text)
    parser = _parser()
    tokens = parser.parse(text)
    if any(token.level > DEEPEST for token in tokens):
        return plain(text)
    for token in tokens:
        _prepare(token)
    made: str = parser.renderer.render(tokens, parser.options, {})
    return nh3.clean(
        made,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=_only_safe,
        url_schemes=_OPENABLE,
        link_rel="noopener noreferrer nofollow",
    ).strip()


def plain(text: str) -> str:
    """Text as it is: paragraphs and line breaks, runs of spaces kept, nothing else."""
    parts = re.split(r"\n[ \t]*\n", sound(text).replace("\r\n", "\n").replace("\r", "\n").strip("\n"))
    return "".join(f'<p dir="auto">{_lines(part)}</p>' for part in parts if part.strip())


def escaped(text: str) -> str:
    """Text for the inside of an element or a quoted attribute."""
    return html.escape(sound(text).replace("\0", "\ufffd"))


def isolated(text: str) -> str:
    """A few words from outside within a sentence of ours: they cannot turn its direction."""
    lines = re.sub("[\x85\u2028\u2029]", "\n", text).split("\n")
    return f"<bdi>{escaped(chr(10).join(_closed(line) for line in lines))}</bdi>"


def _closed(line: str) -> str:
    """The line with an end for whatever turns its direction: one too many would end what stands around it."""
    awaited: list[str] = []
    kept: list[str] = []
    for sign in line:
        if sign in _TURNS:
            awaited.append(_END if sign < "\u2066" else _END_ISOLATE)
        elif sign == _END_ISOLATE and sign in awaited:
            while awaited.pop() != sign:
                pass
        elif sign == _END and awaited[-1:] == [sign]:
            awaited.pop()
        elif sign in (_END, _END_ISOLATE):
            continue
        kept.append(sign)
    return "".join([*kept, *reversed(awaited)])


def one_line(text: str) -> str:
    """The text on one line of plain output, without what controls a terminal or turns the line."""
    return " ".join("".join(c for c in sound(text) if c.isspace() or not _CONTROL.match(c)).split())


def sound(text: str) -> str:
    """The text with halves of surrogate pairs joined where they meet, and visibly replaced where they stand alone."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def safe_href(href: str) -> str | None:
    """The address if it may be opened: absolute, and http, https or mailto. Otherwise None."""
    if re.search(r"[\s\x00-\x1f\x7f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\\]", href):
        return None
    try:
        parts = urlsplit(href)
    except ValueError:
        return None
    if parts.scheme.lower() not in _OPENABLE or (parts.scheme.lower() != "mailto" and not parts.hostname):
        return None
    return href


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("js-default", {"html": False, "linkify": False, "maxNesting": DEEPEST + 10})
    parser.validateLink = lambda url: safe_href(url) is not None  # type: ignore[method-assign]
    parser.add_render_rule("image", _image_as_link)
    keep_formulas(parser)
    return parser


def _prepare(token: Token) -> None:
    if token.type in ("heading_open", "heading_close"):
        token.tag = f"h{min(6, int(token.tag[1:]) + HEADINGS_BELOW)}"
    if token.nesting == 1 and token.tag not in ("ul", "ol", "table", "thead", "tbody", "tr"):
        token.attrSet("dir", "auto")
    aligned = re.fullmatch(r"text-align:(left|right|center)", str(token.attrGet("style") or ""))
    if aligned:
        token.attrSet("align", aligned[1])


def _image_as_link(_: RendererHTML, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    """Nothing is loaded: an image becomes a link that names its host."""
    source = str(tokens[index].attrGet("src") or "")
    words = f"{tokens[index].content} (image at {urlsplit(source).hostname}, not loaded)".strip()
    return f'<a href="{escaped(source)}">{escaped(words)}</a>'


def _only_safe(tag: str, name: str, value: str) -> str | None:
    return value if name != "href" or safe_href(value) else None


def _lines(part: str) -> str:
    spaced = re.sub(r"(?m)^ | (?= )", "\u00a0", part.expandtabs(4))
    return escaped(spaced).replace("\n", "<br>")
