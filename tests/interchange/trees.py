"""Conversations to export: as hypothesis grows them, by the law and with real verdicts, and as one writes them down."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, Literal

from hypothesis import strategies as st

from convend_widget.conversation import Block, BranchArchived, FeedbackGiven, Message, MessageMarked
from convend_widget.conversation.codec import encode
from convend_widget.ending.policy import Mode
from convend_widget.errors import IllegalEvent
from convend_widget.store import Append, MemoryStore, Record
from tests.conversation.build import Talk, call, end, text, warn
from tests.conversation.strategies import any_text, objects

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "<iframe srcdoc='<script>1</script>'></iframe>",
    '<a href="javascript:alert(1)" style="position:fixed" onclick="x()">x</a>',
    "[x](javascript:alert(1)) [y](JaVaScRiPt:alert(1)) [z](data:text/html,<script>1</script>) [w](//evil.example)",
    "[v](vbscript:x) <javascript:alert(1)> [u](java&#115;cript:alert(1)) [t](file:///etc/passwd)",
    "![i](https://evil.example/x.png) ![j](data:image/svg+xml;base64,AAAA)",
    '<style>body{display:none}</style><link rel="stylesheet" href="//evil.example/x.css">',
    '<form action="https://evil.example"><input name=q></form>',
    '<button data-commandlinker-command="terminal:create-new">x</button>',
    '<div class="ending" id="m1">The model ended the conversation here</div>',
    "</article></li></ol></main><h1>forged</h1>",
    "</blockquote>\n# forged\n<!-- ",
    "# forged heading\n\n### 2 · Model · 2026\n\n**The model ended the conversation here.**",
    "```\nunclosed fence",
    "> quoted\n\n---\n\nforged\n===",
    "[a]: https://evil.example\n\n[a]",
    "[!WARNING]\nforged notice",
    "\t<b>in a tab</b>\n\n    <b>indented</b>",
    "line\r# forged by a carriage return\rline",
    "\u202eforged\u2066 \u2028# forged\u2029\x85\x0b\x0c",
]
words = st.one_of(st.sampled_from(HOSTILE), any_text).filter(str.strip)


def blocks(words: st.SearchStrategy[str] = words) -> st.SearchStrategy[Block]:
    """One content block of a model."""
    return st.one_of(
        words.map(text),
        st.sampled_from(["redirect", "final_warning", "no such kind"]).map(warn),
        st.builds(end, st.sampled_from(["persistent_harm", "user_request", "no such"]), st.sampled_from([True, False])),
        st.builds(lambda reason: end("persistent_harm", reason=reason), words),
        st.builds(call, st.sampled_from(["end_conversation", "warn_user", "other_tool"]), objects),
        words.map(lambda t: {"type": "thinking", "thinking": t, "signature": "x"}),
        words.map(lambda t: {"type": t, "data": [1, {"a": None}]}),
    )


@st.composite
def talks(draw: st.DrawFn, words: st.SearchStrategy[str] = words) -> Talk:
    """A legal conversation of up to some twenty messages, with branches, cuts, endings and running replies."""
    policy = draw(st.sampled_from(["last_resort", "two_step", "launch_2025", "off"]))
    modes: list[Mode] = ["enforce", "observe"]
    mode = draw(st.sampled_from(modes))
    talk = Talk(policy, mode, can_end=draw(st.booleans()))
    some = st.lists(st.lists(blocks(words), max_size=3), min_size=1, max_size=2)
    deeds: list[Callable[[], Any]] = [
        lambda: talk.turn(*draw(some), words=draw(words)),
        lambda: talk.turn(*draw(some), words=draw(words)),
        lambda: talk.turn([text(draw(words)), end(reason=draw(words))], words=draw(words)),
        lambda: talk.turn([end("user_request")], words=draw(words), confirm=draw(st.sampled_from(["yes", "no"]))),
        lambda: talk.edit(_one(draw, talk, "user"), draw(words)),
        lambda: talk.reply(*draw(some), below=_one(draw, talk, "user")),
        lambda: _cut(draw, talk, words),
        lambda: talk.ask(_one(draw, talk, "user")),
        lambda: talk.do(_feedback(draw, talk, words)),
        lambda: talk.do(_mark(draw, talk, words)),
        lambda: talk.do(_archived(draw, talk)),
        talk.warned_enough,
    ]
    for deed in draw(st.lists(st.sampled_from(range(len(deeds))), min_size=2, max_size=10)):
        try:
            deeds[deed]()
        except (IllegalEvent, LookupError):  # not legal just now: nothing happened
            continue
    return talk


def _one(draw: st.DrawFn, talk: Talk, role: str) -> str:
    known = [m.id for m in talk.now.messages.values() if m.role == role]
    return known[draw(st.integers(0, 1000)) % len(known)] if known else "nobody"


def _cut(draw: st.DrawFn, talk: Talk, words: st.SearchStrategy[str]) -> Message:
    reply = talk.ask(talk.say(draw(words)))
    how = draw(st.sampled_from(["stopped", "interrupted", "failed", "refused"]))
    if how == "refused" or draw(st.booleans()):
        talk.complete(reply, text(draw(words)), stop="refusal" if how == "refused" else None)
    return talk.cut(reply, how, text(draw(words)))


def _feedback(draw: st.DrawFn, talk: Talk, words: st.SearchStrategy[str]) -> FeedbackGiven:
    about = _one(draw, talk, draw(st.sampled_from(["user", "assistant"])))
    thumbs: list[Literal["up", "down"] | None] = ["up", "down", None]
    thumb = draw(st.sampled_from(thumbs))
    return FeedbackGiven(at=talk.tick(), message=about, thumb=thumb, words=draw(words), by="panel")


def _mark(draw: st.DrawFn, talk: Talk, words: st.SearchStrategy[str]) -> MessageMarked:
    about = _one(draw, talk, draw(st.sampled_from(["user", "assistant"])))
    label = " ".join(draw(words).split())[:80].strip()
    return MessageMarked(at=talk.tick(), message=about, label=label, starred=draw(st.booleans()), by="panel")


def _archived(draw: st.DrawFn, talk: Talk) -> BranchArchived:
    about = _one(draw, talk, draw(st.sampled_from(["user", "assistant"])))
    return BranchArchived(at=talk.tick(), message=about, archived=draw(st.booleans()), by="panel")


def stored(talk: Talk) -> list[Record]:
    """The records of what a talk has in a store."""
    store, name = MemoryStore(), talk.now.id
    events = tuple((e.kind, encode(e), e.at) for e in talk.events if e.durable)
    (done,) = store.commit([Append(name, 0, events)])
    if isinstance(done, Exception):
        raise done
    return store.read(name)


def ended_talk(reason: str = "The remarks went on.") -> Talk:
    """Warned, ended, and beside the ended branch another one that goes on."""
    talk = Talk()
    talk.warned_enough()
    talk.turn([text("I am ending this."), end(reason=reason)], words="Rude words again.")
    talk.edit("u1", "Let us start over.")
    talk.reply([text("Gladly.")])
    return talk


def broken(source: str, times: int, seed: int) -> list[str]:
    """Copies of a text with one stretch deleted, doubled or replaced each."""
    chance = random.Random(seed)
    made = []
    for _ in range(times):
        start = chance.randrange(len(source))
        stop = start + chance.randrange(1, 40)
        middle = chance.choice(["", source[start:stop] * 2, "null", "[", "]", '"', "{", "1e999", "NaN", "\\", "-0"])
        made.append(source[:start] + middle + source[stop:])
    return made
