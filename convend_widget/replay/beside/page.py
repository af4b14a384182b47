"""Columns of runs as HTML of plain tags: readable without a kernel, script or style, and in an untrusted notebook.

Columns stand beside each other as far as the page is wide, and below each other where it is not. Text from outside is
only ever text; a word that differs is tinted and underlined, and how many do is said in words.
"""

from __future__ import annotations

from ...conversation import Message, Turn
from ...conversation.records import JudgedCall
from ...markup import escaped, isolated, one_line, sound
from ..finding import counted
from ..run import Run
from ..tables import ENDED, OTHER
from .columns import Column, Lines
from .words import Piece, compare_words

MOST_TEXT = 8_000  # characters of a message that are shown
GIST = 90
WIDE = {1: ("98%", "1em"), 2: ("48%", "38em"), 3: ("31.5%", "50em")}  # of a column; and of pages where they stack
MANY = ("23.5%", "64em")
# Notebooks typeset whatever stands between dollars, money as well.
CLASS = "cvd-beside mathjax_ignore tex2jax_ignore"
MARK = "background-color:rgba(0,128,198,0.28)"

CAME_OUT = {
    "refused": "refused",
    "truncated": "cut by a length limit",
    "failed": "failed",
    "cancelled": "cancelled",
}
VERDICTS = {
    "blocked": "The model tried to end the conversation; that was blocked.",
    "invalid": "The model tried to end the conversation with a call that could not be read.",
    "confirming": "The model asked whether to end the conversation.",
    "accepted": "The model ended the conversation.",
    "recorded": "The model would have ended the conversation here: endings were recorded only.",
    "not_run": "A further call of the model was not run.",
}
STATES = {
    Turn.STOPPED: "This reply was stopped.",
    Turn.INTERRUPTED: "This reply was cut off.",
    Turn.REFUSED: "The model declined to answer.",
    Turn.FAILED: "This reply failed.",
}


def page(lines: Lines) -> str:
    """The whole view."""
    first, parts = lines.own[0], []
    for number, (column, own) in enumerate(zip(lines.columns, lines.own, strict=True)):
        inner = _column(column, own, lines, first if number else None)
        parts.append(f'<div style="{_box(column, len(lines.columns))}">{inner}</div>')
    return f'<div class="{CLASS}">{_shared(lines)}{"".join(parts)}</div>'


def _box(column: Column, many: int) -> str:
    """A column's frame. Its second width, which makes it as wide as a narrow page, is one that sanitisers drop."""
    part, stack = WIDE.get(many, MANY)
    color = ENDED if column.run.ended_at is not None else OTHER
    return (
        "display:inline-block;vertical-align:top;box-sizing:border-box;margin:4px 0.5%;padding:0 12px 8px;"
        f"border:1px solid rgba(128,128,128,0.4);border-top:4px solid rgb({color});overflow-wrap:anywhere;"
        f"width:{part};width:clamp({part},calc(({stack} - 100%)*999),99%)"
    )


def came_out(run: Run) -> str:
    """How a run came out, in words."""
    if run.ended_at is not None:
        return f"ended at reply {run.ended_at}"
    if run.outcome == "not_ended":
        return f"not ended after {counted(run.replies, 'reply', 'replies')}"
    return f"{CAME_OUT.get(run.outcome, run.outcome)} at reply {run.replies}"


def _shared(lines: Lines) -> str:
    """What is the same, once, folded; its last words of the person are told."""
    if not lines.shared:
        return "<p><em>These runs share nothing: each is shown from its beginning.</em></p>"
    spoken = [message for message in lines.shared if message.role == "user"]
    words = one_line(spoken[-1].text) if spoken else ""
    gist = f": … {isolated(words if len(words) <= GIST else words[: GIST - 1] + '…')}" if words else ""
    many = len(lines.columns) > 1
    head = f"{counted(len(lines.shared), 'message')} before{', the same in all' if many else ''}{gist}"
    inner = "".join(_message(message, None, "") for message in lines.shared)
    return f"<details><summary>{head}</summary>{inner}</details>"


def _column(column: Column, own: tuple[Message, ...], lines: Lines, first: tuple[Message, ...] | None) -> str:
    parts = [
        f'<h4 style="margin:8px 0 4px">{escaped(column.name)}: {came_out(column.run)}</h4>',
        f'<p style="margin:0 0 8px"><small>{_facts(column)}</small></p>',
    ]
    name = lines.columns[0].name
    for number, message in enumerate(own):
        beside = None
        if first is not None:
            beside = first[number] if number < len(first) and first[number].role == message.role else None
        parts.append(_message(message, beside, name))
    if not own:
        parts.append("<p><em>Nothing was said from here on.</em></p>")
    return "".join(parts)


def _facts(column: Column) -> str:
    """What it took, and what must be said of it."""
    run = column.run
    settings = next((column.conversation.settings[m.settings] for m in reversed(column.messages) if m.settings), None)
    told = [isolated(settings.model), isolated(settings.policy)] if settings is not None else []
    told += [counted(run.warnings, "warning")]
    told += [counted(run.blocked, "blocked ending")] if run.blocked else []
    told += [f"{run.tokens.prompt:,} tokens in, {run.tokens.output:,} out", escaped(str(run.cost))]
    told += [f"off-policy in {counted(run.off_policy, 'reply', 'replies')}"] if run.off_policy else []
    told += [isolated(run.flag)] if run.flag else []
    told += [isolated(run.error)] if run.error else []
    return " · ".join(told)


def _message(message: Message, beside: Message | None, name: str) -> str:
    who = "Person" if message.role == "user" else _model(message)
    text = _text(message, beside, name)
    said = "".join(f'<p style="margin:4px 0"><em>{line}</em></p>' for line in _remarks(message))
    color = "128,128,128" if message.role == "user" else OTHER
    box = f"margin:0 0 4px;padding:0 0 0 10px;border-left:3px solid rgba({color},0.7)"
    return f'<p style="margin:10px 0 2px"><strong>{who}</strong></p><div style="{box}">{text}{said}</div>'


def _model(message: Message) -> str:
    named = next((step.model for step in reversed(message.steps) if step.model), None)
    return isolated(named) if named else "Model"


def _text(message: Message, beside: Message | None, name: str) -> str:
    """The words of a message, those marked that the message beside it lacks."""
    whole = sound(message.text).replace("\r\n", "\n").replace("\r", "\n").strip("\n")
    text, note = whole[:MOST_TEXT], ""
    pieces = [Piece(text, False)]
    if beside is not None:
        compared = compare_words(sound(beside.text)[:MOST_TEXT], text)
        if compared is None:
            note = f"Too long to compare with {name} word by word."
        else:
            pieces = compared.pieces
            same = not compared.differing and text == whole
            note = f"{compared.differing} of {counted(compared.words, 'word')} not as in {name}."
            note = f"The same words as in {name}." if same else note
    if not text:
        return ""
    marked = "".join(f'<ins style="{MARK}">{_inline(p.text)}</ins>' if p.differs else _inline(p.text) for p in pieces)
    cut = f"<p><em>{len(whole) - MOST_TEXT:,} more characters.</em></p>" if len(whole) > MOST_TEXT else ""
    told = f'<p style="margin:2px 0"><small>{escaped(note)}</small></p>' if note else ""
    return f'<p dir="auto" style="margin:2px 0">{marked}</p>{cut}{told}'


def _inline(text: str) -> str:
    return escaped(text).replace("\n", "<br>")


def _remarks(message: Message) -> list[str]:
    """What the model did beside talking, and how the reply came out where that needs saying."""
    told = [_call(call) for step in message.steps for call in step.calls]
    if message.state in STATES:
        told.append(STATES[message.state])
    return told


def _call(call: JudgedCall) -> str:
    if call.kind is not None:
        said = "On record: a last warning." if call.kind == "final_warning" else "On record: a redirection."
        return said if call.counted else f"{said} Not counted."
    said = VERDICTS.get(call.verdict, "The model called a tool.")
    missing = [gate.missing for gate in call.gates if not gate.passed and gate.missing]
    why = f" The gates: {isolated('; '.join(missing))}." if missing and call.verdict == "blocked" else ""
    words = f" In its words: {isolated(call.reason)}" if call.reason else ""
    return f"{said}{why}{words}"
