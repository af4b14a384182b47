"""What is no TOML, in words for whoever wrote it: what the parser says of a slip of the pen, and what the slip was."""

from __future__ import annotations

import re

from .where import beginnings

_AT = re.compile(r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)")
_CURLY = "“”„‟«»‘’‚‛"
_BRACKETS = "the brackets do not fit: [[turns]] has two on each side"
_TWICE = "this table is there twice; several turns, or several steps, each begin with [[two brackets]]"
_OPEN = 'a text that begins here has no closing quotes; several lines go between """ and """'
_KINDER = {
    "Cannot declare": _TWICE,
    "Cannot overwrite a value": "a key is there twice",
    "Unescaped '\\' in a string": "a \\ in \"…\" begins a special character; write \\\\, or put the text in '…'",
    "Illegal character '\\n'": 'a text has no closing quotes; several lines go between """ and """',
    "Illegal character": "a character that cannot stand here",
    "Unterminated string": _OPEN,
    "Expected \"'''\"": _OPEN,
    "Expected ']": _BRACKETS,
    "Invalid value": "this is no value; text goes into quotes",
    "Invalid statement": "this is no key with a value, no [table] and no # comment",
    "Invalid initial character": "this cannot begin a key",
    "Unclosed array": "a [ has no closing ]",
    "Unclosed inline table": "a { has no closing }",
    "Expected '=' after a key": "a key, an = and a value were expected",
    "Expected newline": "there is more after the value",
}


def in_words(text: str, message: str) -> str:
    """The message of ``tomllib`` about this text, as a sentence that begins with the line."""
    found, what = _AT.search(message), _AT.sub("", message)
    if found and found[1]:
        line, column = int(found[1]), int(found[2])
        here = text.split("\n")[line - 1]
        slip = _slip(what, here[: column - 1], here[column - 1 :])
    else:  # at the end: nothing begins after the place where that began which is never closed
        line, here = max(beginnings(text), default=(1, ""))
        slip = _KINDER["Unclosed array"] if what.startswith("Invalid value") and "[" in here else ""
    kinder = slip or next((words for begin, words in _KINDER.items() if what.startswith(begin)), "")
    return f"line {line}: this is not TOML: {kinder or what[:1].lower() + what[1:]}{_above(text, what)}."


def _slip(what: str, before: str, after: str) -> str:
    """What was meant, as far as the line tells in which the parser stopped."""
    if what.startswith("Invalid value"):
        return _of_value(after)
    if what.startswith("Invalid initial character"):
        return _of_braces(before, after)
    if what.startswith(("Cannot declare", "Cannot overwrite a value")):
        return _TWICE if before.lstrip().startswith("[") else ""
    if what.startswith("Expected newline"):
        return _of_more(before)
    if what.startswith("Expected '='") and after.lstrip().startswith(":"):
        return "between a key and its value goes an =, not a :"
    return ""


def _of_value(after: str) -> str:
    if after[:1] and after[0] in _CURLY:
        return 'these quotation marks are curly; write straight ones, "…"'
    word = re.match(r"(true|false)\b", after, re.IGNORECASE)
    return f"write {word[1].lower()}, in small letters" if word else ""


def _of_braces(before: str, after: str) -> str:
    if after.startswith("}"):
        return "leave out the comma at the end of the braces"
    return "what is in { braces } stands in one line" if "{" in before and not after.strip() else ""


def _of_more(before: str) -> str:
    if before.lstrip().startswith("["):
        return _BRACKETS
    if before.endswith(('"', "'")):
        return "the text ends here already; with quotation marks in it, put it between ''' and '''"
    return ""


def _above(text: str, what: str) -> str:
    """Quotes that were forgotten turn everything below inside out, and the parser stops far from them."""
    odd = any(text.count(quotes) % 2 for quotes in ('"""', "'''"))
    return (
        "; or a text above has no closing quotes" if odd and what.startswith("Expected") and "'''" not in what else ""
    )
