r"""Where formulas stand in Markdown: ``$…$``, ``\(…\)``, ``$$…$$``, ``\[…\]``. The same rules as in the panel.

A page without our scripts cannot lay them out. It shows each as it was written: Markdown would take the backslashes
of ``\(`` away and see emphasis in ``x_1*y_2``. ``js/src/core/formulas.ts`` says why money stays money; both are held
together by ``tests/fixtures/formulas.json``.
"""

from __future__ import annotations

import re

from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline

LONGEST = 5_000  # characters; so a sign that is never closed costs little
LONGEST_IN_LINE = 1_000
FENCES = {"$$": "$$", "\\[": "\\]", "\\(": "\\)"}

_WORD = re.compile(r"[A-Za-z0-9]")
_AMOUNT = re.compile(r"[\d.,]+\s+[^\W\d_]{2}")
_TEX = re.compile(r"[\\^_=+<>{}]")
_WORDY = re.compile(r"(?=.*[^\W\d_]{2})(?:[^\W\d_]|[\s,.;:!?'\"-])*", re.DOTALL)  # \[sic\] is a bracket


def keep_formulas(parser: MarkdownIt) -> None:
    """Let formulas pass through as the text that they are."""
    parser.inline.ruler.before("escape", "formula", _inline)
    blocks = ["paragraph", "reference", "blockquote", "list"]
    parser.block.ruler.before("fence", "formula", _block, {"alt": blocks})
    parser.add_render_rule("formula", lambda _, tokens, index, *rest: escapeHtml(tokens[index].content))


def _inline(state: StateInline, silent: bool) -> bool:
    source = state.src
    if source[state.pos] not in "$\\":
        return False
    end = _end(source, state.pos, state.posMax)
    if end is None:
        return False
    if not silent:
        state.push("formula", "", 0).content = source[state.pos : end]
    state.pos = end
    return True


def _end(source: str, at: int, most: int) -> int | None:
    """Where the formula that begins here ends; None where none begins."""
    opening = source[at : at + 2]
    if opening in FENCES:
        close = source.find(FENCES[opening], at + 2, min(most, at + 2 + LONGEST))
        return close + 2 if close > 0 and _is_formula(opening, source[at + 2 : close]) else None
    return _closing_dollar(source, at, most) if source[at] == "$" else None


def _is_formula(opening: str, inside: str) -> bool:
    return bool(inside.strip()) and not (opening == "\\[" and _WORDY.fullmatch(inside))


def _closing_dollar(source: str, at: int, most: int) -> int | None:
    if _is_word(source, at - 1) or _is_blank(source, at + 1):
        return None
    end = at + 1
    while end < min(most, at + LONGEST_IN_LINE):
        if source[end] == "\\":
            end += 1
        elif source[end] == "`":
            return None
        elif source[end] == "$":
            inside = source[at + 1 : end]
            amount = _AMOUNT.match(inside) and not _TEX.search(inside)
            if not inside or _is_blank(source, end - 1) or _is_word(source, end + 1) or amount:
                return None
            return end + 1
        end += 1
    return None


def _is_word(source: str, at: int) -> bool:
    return 0 <= at < len(source) and _WORD.match(source[at]) is not None


def _is_blank(source: str, at: int) -> bool:
    return not 0 <= at < len(source) or source[at].isspace()


def _block(state: StateBlock, start: int, last: int, silent: bool) -> bool:
    """A formula in lines of its own, up to the first empty one: what stands in it is no list and no heading."""
    opening = _line(state, start)[:2]
    if opening not in ("$$", "\\[") or state.is_code_block(start):
        return False
    source = ""
    for line in range(start, last):
        if state.isEmpty(line) or state.sCount[line] < state.blkIndent:
            return False
        source += ("\n" if source else "") + _line(state, line)
        if len(source) > LONGEST:
            return False
        close = source.find(FENCES[opening], 2)
        if close < 0:
            continue
        if source[close + 2 :].strip() or not _is_formula(opening, source[2:close]):
            return False  # more than a formula, or less: a paragraph
        if not silent:
            _add(state, start, line + 1, source.rstrip())
        return True
    return False


def _line(state: StateBlock, line: int) -> str:
    return state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]]


def _add(state: StateBlock, start: int, after: int, source: str) -> None:
    state.line = after
    state.push("paragraph_open", "p", 1).map = [start, after]
    inline = state.push("inline", "", 0)
    inline.content, inline.map, inline.children = source, [start, after], []
    state.push("paragraph_close", "p", -1)
