"""A conversation in words for people: what Markdown and HTML exports say beside the messages themselves.

Whatever is in a ``Passage`` is plain text that may hold anything; to make it safe is the renderer's part.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..conversation import Conversation, JudgedCall, Message, Turn
from ..conversation.tree import Ending
from ..dates import minute
from ..store.protocol import storable

TRIGGERS = {
    "persistent_harm": "persistent harm or abuse",
    "user_request": "the person asked for it",
    "unstated": "not stated",
}
_WARNINGS = {"redirect": "a redirection", "final_warning": "a final warning"}
_NOTES = {
    "length": "The length limit cut this reply.",
    "context_full": "The context window was full; the reply is cut.",
    "empty": "The model gave an empty answer.",
    "bound": "The limit of model calls in one reply was reached.",
    "paused": "The model paused and was not asked to go on.",
}
_STOPPED = {"panel": "in the panel", "python": "from Python", "interrupt": "by an interrupt"}
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a message: ``text`` (Markdown), ``thinking``, or ``other`` with the block's type as its text."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Passage:
    """One message. ``number`` counts all messages of the conversation from 1, oldest first.

    ``remarks`` are lines beside it: warnings, what cut it, feedback. ``ending``: how it ended the conversation, as
    pairs of a label and a text, if it did.
    """

    number: int
    message: str
    role: str
    who: str
    when: str
    parts: tuple[Part, ...]
    remarks: tuple[str, ...] = ()
    ending: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Strand:
    """Messages of one branch, from where it leaves the strands before it (``after``, a number; None: the root)."""

    after: int | None
    passages: tuple[Passage, ...]
    ended: bool


class Transcript:
    """Everything that an export for people shows of one conversation."""

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation
        self._numbers = {name: number for number, name in enumerate(conversation.messages, 1)}

    @property
    def title(self) -> str:
        """The beginning of the first message, or what stands in for it; one line."""
        first = next(iter(self._conversation.messages.values()), None)
        return plain_line(first.text, 80) if first is not None and first.text.strip() else "An empty conversation"

    def facts(self) -> list[tuple[str, str]]:
        """Label and text of what there is to say of the whole."""
        conversation = self._conversation
        settings = conversation.settings.values()
        leaves = sum(1 for _ in conversation.leaves())
        head = conversation.find(conversation.head or "")
        facts = [
            ("Conversation", conversation.id),
            ("Started", minute(conversation.started)),
            ("Model", ", ".join(dict.fromkeys(f"{s.model} ({s.provider})" for s in settings))),
            ("Policy", ", ".join(dict.fromkeys(f"{s.policy} ({s.mode})" for s in settings))),
            ("Messages", f"{len(conversation)} in {leaves} {'branch' if leaves == 1 else 'branches'}"),
        ]
        if head is not None:
            facts.append(("Newest branch", "ended by the model" if head.ended else head.standing))
        return [(label, plain_line(text)) for label, text in facts if text]

    def strands(self, first: str | None) -> Iterator[Strand]:
        """The branch of ``first`` and then every other one, oldest first. Each message comes once."""
        if first is None:
            return
        shown: set[str] = set()
        for tip in (first, *(leaf.id for leaf in self._conversation.leaves())):
            fresh: list[Message] = []
            message = self._conversation.find(tip)
            while message is not None and message.id not in shown:
                fresh.append(message)
                shown.add(message.id)
                message = self._conversation.find(message.parent) if message.parent else None
            if fresh:
                after = self._numbers[message.id] if message else None
                yield Strand(after, tuple(self.passages(reversed(fresh))), fresh[0].ended)

    def passages(self, messages: Iterable[Message]) -> Iterator[Passage]:
        """The messages in words."""
        for message in messages:
            ending = self._conversation.ending(message.id)
            yield Passage(
                number=self._numbers[message.id],
                message=message.id,
                role=message.role,
                who=self._who(message),
                when=minute(message.at),
                parts=tuple(_parts(message)),
                remarks=tuple(plain_line(remark) for remark in self._remarks(message)),
                ending=tuple((label, plain_line(text)) for label, text in self._ended(ending)) if ending else (),
            )

    def _who(self, message: Message) -> str:
        if message.role == "user":
            return "Person"
        settings = self._conversation.settings[message.settings or ""]
        model = next((s.model for s in reversed(message.steps) if s.model), settings.model)
        return plain_line(f"Model ({model})", 80)

    def _remarks(self, message: Message) -> Iterator[str]:
        if message.edit_of in self._numbers:
            yield f"Written instead of message {self._numbers[message.edit_of]}."
        if message.confirm:
            yield f"An answer by button to the question whether to end: {message.confirm}."
        for step in message.steps:
            for call in step.calls:
                yield from _call(call)
        yield from _cut(message)
        feedback = self._conversation.notes.get(message.id)
        if feedback is not None and (feedback.thumb or feedback.words):
            thumb = f"thumb {feedback.thumb}" if feedback.thumb else ""
            yield f"Feedback of the person: {': '.join(part for part in (thumb, feedback.words) if part)}"
        if self._conversation.starred(message.id):
            yield "Starred by the person."
        if self._conversation.label(message.id):
            yield f"Label of the person: {self._conversation.label(message.id)}"
        if self._conversation.is_archived(message.id):
            yield "Archived by the person, with all that is below it."

    def _ended(self, ending: Ending) -> Iterator[tuple[str, str]]:
        yield "Why", TRIGGERS.get(ending.trigger, ending.trigger)
        if ending.reason:
            yield "In the model's words", ending.reason
        if ending.warnings:
            numbers = ", ".join(str(self._numbers[name]) for name in ending.warnings)
            yield "Warned before in", f"message{'s' if len(ending.warnings) > 1 else ''} {numbers}"
        if ending.confirmed_by:
            read = ending.confirmed_by == "reading"
            yield "Confirmed by", "the person's next message, as the model read it" if read else ending.confirmed_by
        yield "Policy", f"{ending.policy} ({ending.mode})"
        call = self._conversation.messages[ending.message].ending_call()
        if call is not None and "would_be_blocked" in call.flags:
            yield "Only observed", "the gates would have blocked this ending"


def plain_line(text: str, limit: int | None = None) -> str:
    """The text on one line, without control and direction characters; cut at ``limit`` characters if one is given."""
    if limit is not None:
        text = text.lstrip()[: 4 * limit]
    line = " ".join("".join(c for c in storable(text) if _shows(c)).split())
    return line if limit is None or len(line) <= limit else line[: limit - 1] + "…"


def _shows(c: str) -> bool:
    return c.isspace() or (unicodedata.category(c) != "Cc" and c not in _BIDI)


def _parts(message: Message) -> Iterator[Part]:
    for block in message.blocks():
        kind = block.get("type")
        if kind == "text":
            if block.get("text"):
                yield Part("text", block["text"])
        elif kind == "thinking":
            yield Part("thinking", block["thinking"])
        elif kind != "tool_use":  # what became of calls is in the remarks
            yield Part("other", plain_line(str(kind), 60))


def _call(call: JudgedCall) -> Iterator[str]:
    why = TRIGGERS.get(call.trigger or "", "")
    why = f" ({why})" if why else ""
    missing = "; ".join(gate.missing for gate in call.gates if not gate.passed)
    if call.verdict == "warned":
        kind = _WARNINGS.get(call.kind or "", "a warning")
        yield f"Warning recorded: {kind}{'' if call.counted else ', which does not count'}."
    elif call.verdict == "blocked":
        yield f"The model tried to end the conversation{why}. It was blocked: {missing or call.answer}"
    elif call.verdict == "confirming":
        yield f"The model asked to end the conversation{why}. It was told to have that confirmed."
    elif call.verdict == "invalid":
        yield f"A call of {call.name} was not valid: {call.answer}"
    elif call.verdict == "not_run":
        yield f"A call of {call.name} was not run: {call.answer}"


def _cut(message: Message) -> Iterator[str]:
    what = f" {message.error.what}" if message.error else ""
    if message.running:
        yield "This reply was still being written at the time of the export."
    elif message.state is Turn.STOPPED:
        yield f"Stopped {_STOPPED.get(message.cut_by or '', f'({message.cut_by})')}; what had arrived is kept."
    elif message.state is Turn.INTERRUPTED:
        yield f"Interrupted ({message.cut_by}); what had arrived is kept.{what}"
    elif message.state is Turn.REFUSED:
        yield "A safety classifier refused this reply. That is not an ending."
    elif message.state is Turn.FAILED:
        yield f"The reply failed.{what}"
    if message.note:
        yield _NOTES.get(message.note, f"Unusual: {message.note}.")
