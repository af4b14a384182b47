"""The conversation in a handout: each message with what the gates said, the end clearly marked, and an overview."""

from __future__ import annotations

from collections.abc import Iterator

from ...conversation import Conversation, JudgedCall, Message
from ...markup import formatted
from ..html import escape
from ..transcript import Part, Passage, Strand
from . import words


def overview(conversation: Conversation, strands: list[Strand]) -> Iterator[str]:
    """What happened at which message, one line each; nothing where nothing did."""
    lines = [line for strand in strands for passage in strand.passages for line in _events(conversation, passage)]
    if not lines:
        yield "<p>No warning was given in this talk, and the model did not try to end it.</p>"
        return
    yield f'<ul class="glance">{"".join(f"<li>{line}</li>" for line in lines)}</ul>'


def _events(conversation: Conversation, passage: Passage) -> Iterator[str]:
    message = conversation.messages[passage.message]
    where = f'<a href="#m{passage.number}">Message {passage.number}</a>'
    for call in _calls(message):
        what = words.GLANCE.get(call.kind or call.verdict)
        if what is not None and (call.kind is None or call.counted):
            yield f"{where}: {what}"
    if message.ended:
        yield f"{where}: <strong>the end</strong>"


def talk(conversation: Conversation, strands: list[Strand]) -> Iterator[str]:
    """Every branch, the first one first."""
    for number, strand in enumerate(strands):
        if number:
            after = "from the beginning" if strand.after is None else f"from message {strand.after} on"
            yield f'<h3 class="branch">Another branch, {after}</h3>'
        yield '<ol class="messages">'
        for passage in strand.passages:
            yield from _message(passage, conversation.messages[passage.message])
        yield "</ol>"
    if not strands:
        yield "<p>Nothing was said.</p>"


def _message(passage: Passage, message: Message) -> Iterator[str]:
    yield f'<li id="m{passage.number}" class="{passage.role}"><article>'
    yield f"<h3>{passage.number} · <bdi>{escape(passage.who)}</bdi></h3>"
    for part in passage.parts:
        yield _part(part)
    for call in _calls(message):
        yield from _verdict(call)
    remarks = [remark for remark in passage.remarks if not _told_already(remark)]
    if remarks:
        yield f'<ul class="remarks">{"".join(f"<li dir=auto>{escape(one)}</li>" for one in remarks)}</ul>'
    if passage.ending:
        yield '<div class="ending"><h4>The model ended the conversation here</h4><dl>'
        for label, text in passage.ending:
            yield f'<div><dt>{label}</dt><dd dir="auto">{escape(text)}</dd></div>'
        yield "</dl></div>"
    yield "</article></li>"


def _part(part: Part) -> str:
    if part.kind == "other":
        return f'<p class="other">A part of type {escape(part.text)}, not shown here.</p>'
    said = f'<div class="said" dir="auto">{formatted(part.text)}</div>'
    return f'<div class="thinking"><p class="other">Thinking:</p>{said}</div>' if part.kind == "thinking" else said


def _calls(message: Message) -> Iterator[JudgedCall]:
    for step in message.steps:
        yield from step.calls


def _verdict(call: JudgedCall) -> Iterator[str]:
    """What a call came to, and each gate's word on it."""
    if call.verdict == "warned":
        said = words.WARNINGS.get(call.kind or "", "On record: a warning.")
        yield f'<p class="verdict {escape(call.kind or "")}">{said}{"" if call.counted else f" {words.UNCOUNTED}"}</p>'
        return
    if not call.gates and call.verdict not in words.VERDICTS:
        return
    yield f'<div class="verdict gates"><p>{words.VERDICTS.get(call.verdict, "The model called a tool.")}</p>'
    if call.gates:
        yield "<ul>"
        for gate in call.gates:
            name = escape(words.SHORT.get(gate.gate, gate.gate))
            missing = f" – {escape(gate.missing)}" if gate.missing else ""
            yield f'<li dir="auto">{"Passed" if gate.passed else "<strong>Not passed</strong>"}: {name}{missing}</li>'
        yield "</ul>"
    yield "</div>"


def _told_already(remark: str) -> bool:
    """Whether a remark of the transcript says what stands beside the gates here."""
    return remark.startswith(("Warning recorded: ", "The model tried to end ", "The model asked to end ", "A call of "))
