"""A conversation as it is saved in a notebook: readable without a kernel, without our scripts, even without style.

Pure. Three forms: every branch as JSON for a renderer of ours (``document.py``), every branch as HTML of plain tags for
everything else and for paper, and a few lines of text. Nothing comes from the machine: no path, no time zone, no key.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..conversation import Conversation, Message
from ..conversation.records import Archived, Feedback, Mark
from ..markup import escaped, formatted, isolated, one_line, plain
from . import wire
from .document import MIME, document, saved_row
from .wire import Json

MOST = 400_000  # bytes of rows; of a longer branch the newest messages are saved, and others where there is room
LINE = 160  # characters of a message in the plain text
LINES = 40
# Notebooks typeset whatever stands between dollars, money as well, and by the text's own macros for the whole page.
CLASS = "cvd-static mathjax_ignore tex2jax_ignore"
# JupyterLab's table of contents lists the headings of outputs, hidden ones too: each message would be a line of it.
H4 = '<h4 class="jp-toc-ignore">'

WARNINGS = {
    "redirect": "The model asked for a change of course.",
    "final_warning": "Last warning: the model may end this conversation next.",
}
ATTEMPTS = {
    "blocked": "The model tried to end this conversation. That was not allowed, and the conversation went on.",
    "confirming": "The model asked whether to end this conversation.",
    "accepted": "The model ended this conversation.",
    "invalid": "The model tried to end this conversation with a call that could not be read. It went on.",
    "not_run": "A further call of the model was not run.",
    "observed": "The model ended this conversation while the policy only observed; it would have objected.",
}
WHY = {
    "persistent_harm": "It found no way on after it had asked for a change of course and had given a last warning.",
    "user_request": "The person asked for the end, and it was confirmed.",
    "unstated": "It gave no reason that this policy asks for.",
}
STATES = {
    "interrupted": "The reply was cut off. What had arrived is kept.",
    "refused": "The model declined to answer this. That is not the end of the conversation.",
    "failed": "Something went wrong.",
}
NOTES = {
    "length": "Cut by the length limit.",
    "context_full": "Cut: the conversation has filled the model's context window.",
    "empty": "Empty answer.",
    "bound": "Stopped after the most model calls that one reply may make.",
    "paused": "The model paused and did not go on.",
}
STOPPED = {
    "panel": "Stopped by the person.",
    "python": "Stopped from Python.",
    "interrupt": "Stopped by a keyboard interrupt.",
    "shutdown": "Stopped, since the kernel shut down.",
    "takeover": "Another kernel took this reply over.",
    "deleted": "Stopped, since the chat was deleted.",
}
BY = {"python": "from Python", "scenario": "from the scenario", "import": "imported"}
WRITING = "This reply was still being written when this was saved."
ENDED = "This conversation takes no new message. A new chat, or an edit of an earlier message, goes on."


@dataclass(frozen=True, slots=True)
class Drawn:
    """One message, drawn. It is drawn again only if the message or what is kept about it is another."""

    message: Message
    kept: tuple[Feedback | None, Mark | None, Archived | None]
    row: Json
    size: int
    html: str


Drawings = dict[str, Drawn]


def bundle(
    conversation: Conversation, head: str | None, drawings: Drawings | None = None, heading: str = ""
) -> dict[str, Any]:
    """The branch that ``head`` is on as a MIME bundle. ``drawings`` keeps what need not be drawn again.

    ``heading`` stands above the HTML, to tell transcripts in a row from each other.
    """
    drawings = {} if drawings is None else drawings
    branch = conversation.branch(head)
    shown: list[Drawn] = []
    size = 0
    for message in reversed(branch):
        drawn = _draw(conversation, message, drawings)
        size += drawn.size
        if shown and size > MOST:
            break
        shown.append(drawn)
    shown.reverse()
    earlier = len(branch) - len(shown)
    elsewhere = _elsewhere(conversation, {message.id for message in branch}, MOST - size, drawings)
    others = len(conversation) - len(branch)
    rows = sorted((drawn.row for drawn in [*shown, *elsewhere]), key=lambda row: row["seq"])
    away = conversation.out_of_sight()
    in_sight = [drawn for drawn in elsewhere if drawn.message.id not in away]
    return {
        MIME: document(conversation, head, rows, earlier=earlier, others=others - len(elsewhere)),
        "text/html": _page(conversation, shown, in_sight, (earlier, others - len(in_sight)), heading),
        "text/plain": _lines(conversation, shown, earlier),
    }


def _elsewhere(conversation: Conversation, branch: set[str], room: int, drawings: Drawings) -> list[Drawn]:
    """Messages of other branches, the newest first, as long as there is room."""
    found: list[Drawn] = []
    if len(branch) == len(conversation):
        return found
    for message in reversed(list(conversation.messages.values())):
        if message.id in branch:
            continue
        drawn = _draw(conversation, message, drawings)
        room -= drawn.size
        if room < 0:
            break
        found.append(drawn)
    return found


def _draw(conversation: Conversation, message: Message, drawings: Drawings) -> Drawn:
    name = message.id
    kept = conversation.notes.get(name), conversation.marks.get(name), conversation.archive.get(name)
    known = drawings.get(name)
    if known is not None and known.message is message and all(a is b for a, b in zip(known.kept, kept, strict=True)):
        return known
    row = saved_row(conversation, message)
    drawn = Drawn(message, kept, row, wire.json_size(row), _article(row))
    drawings[message.id] = drawn
    return drawn


# -- HTML ---


def _page(
    conversation: Conversation, shown: list[Drawn], elsewhere: list[Drawn], left_out: tuple[int, int], heading: str
) -> str:
    """``left_out``: how many messages of this branch, and of others."""
    earlier, others = left_out
    parts = [f"<h3>{isolated(heading)}</h3>"] if heading else []
    parts.append(f"<p><strong>{title(conversation, shown[-1].message if shown else None)}</strong></p>")
    if earlier:
        parts.append(f"<p><em>Left out here: {_count(earlier, 'earlier message')}.</em></p>")
    parts += [drawn.html for drawn in shown]
    if not shown:
        parts.append("<p>Nothing was said yet.</p>")
    parts += [_strand(strand) for strand in _strands(elsewhere)]
    if others:
        parts.append(f"<p><em>Left out here: {_count(others, 'message')} on other branches.</em></p>")
    if conversation.seq:
        again = escaped(f'convend_widget.open("{conversation.id}")')
        parts.append(f"<p><small>A saved copy. <code>{again}</code> opens the chat where it is stored.</small></p>")
    return f'<div class="{CLASS}" style="max-width: 52em">{"".join(parts)}</div>'


def _strands(elsewhere: list[Drawn]) -> list[list[Drawn]]:
    """Messages of other branches in lines, each from where it leaves what came before, oldest first."""
    strands: list[list[Drawn]] = []
    growing: dict[str | None, list[Drawn]] = {}  # by its last message
    for drawn in sorted(elsewhere, key=lambda drawn: drawn.message.seq):
        strand = growing.pop(drawn.message.parent, None)
        if strand is None:
            strand = []
            strands.append(strand)
        strand.append(drawn)
        growing[drawn.message.id] = strand
    return strands


def _strand(strand: list[Drawn]) -> str:
    """Open, since on paper nothing opens. Numbers count the messages of a branch, as the panel does."""
    number = strand[0].message.depth
    ended = ", ended by the model" if strand[-1].row.get("ending") else ""
    head = f"Another branch, from message {number} on: {_count(len(strand), 'message')}{ended}"
    return f"<details open><summary>{head}</summary>{''.join(drawn.html for drawn in strand)}</details>"


def title(conversation: Conversation, tip: Message | None) -> str:
    """What this is, in a few words, as HTML."""
    settings = conversation.settings.get(tip.settings or "") if tip is not None else None
    model = wire.model_of(tip, settings) if tip is not None else None
    if model is None or settings is None:
        return "Conversation"
    rehearsed = ", a rehearsal and not Claude" if settings.provider == "rehearsal" else ""
    return f"Conversation with {isolated(model)}{rehearsed}"


def _article(row: Json) -> str:
    body = "".join(DRAW[block["k"]](block, row) for block in row["blocks"])
    parts = [f"{H4}{_speaker(row)}</h4>"]
    if body:
        parts.append(f"<blockquote>{body}</blockquote>")
    parts += [f"<p><em>{isolated(line)}</em></p>" for line in remarks(row)]
    if row.get("ending"):
        parts.append(_ended(row["ending"]))
    return "".join(parts)


def _speaker(row: Json) -> str:
    if row["role"] == "assistant":
        return isolated(row.get("model") or "Model")
    where = BY.get(row["by"])
    return f"You ({where})" if where else "You"


def _text_block(block: Json, row: Json) -> str:
    return plain(block["text"]) if row["role"] == "user" else formatted(block["text"])


def _thinking(block: Json, row: Json) -> str:
    return f"<details><summary>Thinking</summary>{plain(block['text'])}</details>" if block["text"].strip() else ""


def _warning(block: Json, row: Json) -> str:
    uncounted = "" if block["counted"] else " Not counted: one warning counts for each reply."
    return f"<p><em>{escaped(WARNINGS.get(block['kind'], 'The model warned.') + uncounted)}</em></p>"


def _attempt(block: Json, row: Json) -> str:
    missing = "".join(f"<li>{isolated(item)}</li>" for item in block["missing"])
    said = f"<p><em>{escaped(ATTEMPTS.get(block['verdict'], 'The model tried to end this conversation.'))}</em></p>"
    return said + (f"<ul>{missing}</ul>" if missing else "")


def _other(block: Json, row: Json) -> str:
    return f"<p><em>A part of a kind that is not shown here: {isolated(block['type'])}</em></p>"


DRAW: dict[str, Callable[[Json, Json], str]] = {
    "text": _text_block,
    "thinking": _thinking,
    "warning": _warning,
    "attempt": _attempt,
    "other": _other,
}


def _ended(ending: Json) -> str:
    """The notice of the end, in neutral words."""
    asked = ending["trigger"] == "user_request"
    head = "This conversation has ended, as was asked" if asked else "The model has ended this conversation"
    why = WHY.get(ending["trigger"], f"Its stated reason: {ending['trigger']}.")
    words = f"<p>In the model’s words: {isolated(ending['reason'])}</p>" if ending["reason"] else ""
    warned = ", ".join(warning["kind"].replace("_", " ") for warning in ending["warnings"])
    before = f"<p>Warned before: {escaped(warned)}.</p>" if warned else ""
    observed = ", only observing" if ending["mode"] == "observe" else ""
    rule = f"<p><small>Policy {isolated(ending['policy'])}{observed}.</small></p>"
    return f"<hr>{H4}{head}</h4><p>{escaped(why)}</p>{words}{before}<p>{ENDED}</p>{rule}"


def remarks(row: Json) -> list[str]:
    """How a message came out, where that needs saying; and what the person thought of it."""
    said: list[str] = []
    state, error = row["state"], row.get("error")
    if state in ("requested", "streaming", "judging"):
        said.append(WRITING)
    elif state in STATES:
        said.append(" ".join(part for part in (error["what"], error["advice"]) if part) if error else STATES[state])
    if row.get("note"):
        note: str = row["note"]
        said.append({"settled": NOTES, "stopped": STOPPED}.get(state, {}).get(note, note))
    feedback = row.get("feedback")
    if feedback and (feedback["thumb"] or feedback["words"]):
        thumb = {"up": "Good reply.", "down": "Bad reply."}.get(feedback["thumb"] or "", "")
        said.append(f"Feedback: {thumb} {feedback['words']}".strip())
    mark = row.get("mark")
    if mark and mark["starred"]:
        said.append("Starred.")
    if mark and mark["label"]:
        said.append(f"Label: {mark['label']}")
    return said


# -- text ---


def _lines(conversation: Conversation, shown: list[Drawn], earlier: int) -> str:
    """One line a message, cut: the gist, where no HTML is shown."""
    newest = shown[-LINES:]
    left_out = earlier + len(shown) - len(newest)
    lines = [f"[Left out here: {_count(left_out, 'earlier message')}]"] if left_out else []
    for drawn in newest:
        message, row = drawn.message, drawn.row
        words = one_line(message.text)
        short = words if len(words) <= LINE else words[: LINE - 1] + "…"
        who = "You" if message.role == "user" else one_line(row.get("model", "Model"))
        lines.append(" ".join([f"{who}: {short}".strip(), *(f"[{one_line(line)}]" for line in remarks(row))]))
        if row.get("ending"):
            lines.append("[The model has ended this conversation]")
    return "\n".join(lines) or "Nothing was said yet."


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
