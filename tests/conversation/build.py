"""Building conversations event by event, as tests read them: who said what, which calls were made, how it was cut."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

from convend_widget.conversation import (
    Block,
    Conversation,
    ConversationStarted,
    ErrorFacts,
    Event,
    Message,
    ReplyFailed,
    ReplyInterrupted,
    ReplyRefused,
    ReplyRequested,
    ReplySettled,
    ReplyStopped,
    Settings,
    SettingsRecorded,
    Step,
    StepCompleted,
    StepJudged,
    StepOpened,
    UserSent,
    apply,
)
from convend_widget.conversation.codec import SCHEMA
from convend_widget.conversation.tree import empty
from convend_widget.ending import Judgement, Policy, judge, offer
from convend_widget.ending.policy import Mode
from convend_widget.library import find_policy

ERROR = ErrorFacts("connection", "The network failed.")


def text(words: str = "Hello.") -> Block:
    return {"type": "text", "text": words}


def call(name: str, given: object = None, use: str | None = None) -> Block:
    """A tool call; without ``use`` its id is given when it is put into a step."""
    return {"type": "tool_use", "id": use, "name": name, "input": {} if given is None else given}


def warn(kind: str = "redirect") -> Block:
    return call("warn_user", {"kind": kind})


def end(trigger: str = "persistent_harm", risk: object = False, **more: object) -> Block:
    return call("end_conversation", {"trigger": trigger, "someone_at_risk": risk, **more})


def plain_end() -> Block:
    return call("end_conversation")


class Talk:
    """A conversation under way under one policy. ``now`` is its state, ``events`` are all that were legal so far."""

    def __init__(
        self,
        policy: str | Policy = "last_resort",
        mode: Mode = "enforce",
        *,
        can_end: bool = True,
        name: str = "c1",
        effect: bool = True,
    ) -> None:
        self.policy, self.mode = find_policy(policy), mode
        self.now: Conversation = empty(name)
        self.events: list[Event] = []
        self._made = 0
        self.settings = Settings(
            key="s1",
            model="model-a",
            provider="test",
            policy=self.policy.name,
            mode=mode,
            max_tokens=1024,
            policy_text=self.policy.prose,
            tools=offer(self.policy, can_end),
            can_end=can_end,
            effect=effect,
        )
        self.do(ConversationStarted(at=self.tick(), conversation=name, schema=SCHEMA))
        self.do(SettingsRecorded(at=self.tick(), settings=self.settings))

    def do(self, event: Event) -> Event:
        self.now = apply(self.now, event)
        self.events.append(event)
        return event

    def tick(self) -> float:
        return 1_700_000_000.0 + len(self.events)

    def new(self, prefix: str) -> str:
        self._made += 1
        return f"{prefix}{self._made}"

    @property
    def tip(self) -> str | None:
        return self.now.leaf(self.now.head)

    def __getitem__(self, message: str) -> Message:
        return self.now.messages[message]

    # -- the person

    def sent(self, words: str = "Hello.", below: str | None = "tip", **more: Any) -> UserSent:
        """The event, not done yet. ``below="tip"``: the tip that was active last; None: the root."""
        parent = self.tip if below == "tip" else below
        given = {"message": self.new("u"), "parent": parent, "content": (text(words),), "by": "python"} | more
        return UserSent(at=self.tick(), **given)

    def say(self, words: str = "Hello.", below: str | None = "tip", **more: Any) -> str:
        event = self.sent(words, below, **more)
        self.do(event)
        return event.message

    def edit(self, message: str, words: str = "Hello again.") -> str:
        return self.say(words, self[message].parent, edit_of=message)

    # -- the reply

    def request(self, below: str | None = None, **more: Any) -> ReplyRequested:
        given: dict[str, Any] = {"reply": self.new("r"), "parent": below or self.tip, "by": "python"}
        given = given | {"settings": self.settings.key, "token": f"token of {given['reply']}"} | more
        return ReplyRequested(at=self.tick(), **given)

    def ask(self, below: str | None = None, **more: Any) -> str:
        event = self.request(below, **more)
        self.do(event)
        return event.reply

    def of(self, reply: str, kind: Any, **more: Any) -> Any:
        """An event of this reply, with its token."""
        return kind(**{"at": self.tick(), "reply": reply, "token": self[reply].token} | more)

    def open(self, reply: str) -> None:
        self.do(self.of(reply, StepOpened))

    def step(self, *blocks: Block, stop: str | None = "auto", **more: Any) -> Step:
        """A complete step; calls without an id get one. "auto": it stopped for its calls, or at the end of the turn."""
        named = tuple(b | {"id": self.new("toolu_")} if b.get("id", "") is None else b for b in blocks)
        calls = any(b.get("type") == "tool_use" for b in named)
        why = stop if stop != "auto" else "tool_use" if calls else "end_turn"
        return Step(named, why, **{"complete": True} | more)

    def complete(self, reply: str, *blocks: Block, **more: Any) -> None:
        self.do(self.of(reply, StepCompleted, step=self.step(*blocks, **more)))

    def verdicts(self, reply: str, evidence: Mapping[tuple[str, str], bool | None] | None = None) -> Judgement:
        s = self.settings
        return judge(self.policy, self.mode, self[reply], s.tools, s.can_end, evidence or {}, s.effect)

    def judged(self, reply: str) -> Judgement:
        """Judge the last step as the session does, and record it. Evidence must not be needed."""
        judgement = self.verdicts(reply)
        assert judgement.needs is None
        self.do(self.of(reply, StepJudged, calls=judgement.calls))
        return judgement

    def settle(self, reply: str) -> Message:
        self.do(self.of(reply, ReplySettled))
        return self[reply]

    def reply(self, *steps: list[Block], below: str | None = None) -> Message:
        """A whole reply, judged step by step. It is over at an accepted ending, as the session has it."""
        reply = self.ask(below)
        for blocks in steps or ([text("Fine.")],):
            self.complete(reply, *blocks)
            if self[reply].steps[-1].tool_calls() and self.judged(reply).ended:
                break
        return self.settle(reply)

    def turn(self, *steps: list[Block], words: str = "Hello.", below: str | None = "tip", **more: Any) -> Message:
        """The person writes, and the model replies."""
        return self.reply(*steps, below=self.say(words, below, **more))

    def cut(self, reply: str, how: str, *partial: Block) -> Message:
        """``how``: stopped, interrupted, failed or refused."""
        more: dict[str, dict[str, Any]] = {
            "stopped": {"partial": partial},
            "interrupted": {"partial": partial, "error": ERROR},
            "failed": {"partial": partial, "error": ERROR},
            "refused": {},
        }
        self.do(self.of(reply, RESTS[how], **more[how]))
        return self[reply]

    def warned_enough(self) -> None:
        """Two redirections and a final warning, each in a reply of its own."""
        for kind in ("redirect", "redirect", "final_warning"):
            self.turn([text("Please stop."), warn(kind)], [text("Let us talk of something else.")], words="Rude words.")


RESTS = {
    "stopped": ReplyStopped,
    "interrupted": ReplyInterrupted,
    "failed": ReplyFailed,
    "refused": ReplyRefused,
}


def verdicts_of(reply: Message) -> list[str]:
    """Every verdict of a reply, in order."""
    return [c.verdict for step in reply.steps for c in step.calls]


def laid_open(value: Any) -> Any:
    """A value as plain data, deep and in order: two are equal only if nothing whatever differs."""
    if is_dataclass(value) and not isinstance(value, type):
        return (type(value).__name__, [(f.name, laid_open(getattr(value, f.name))) for f in fields(value)])
    if isinstance(value, Enum):
        return (type(value).__name__, value.name)
    if isinstance(value, Mapping):
        return [(k, laid_open(v)) for k, v in value.items()]
    if isinstance(value, (list, tuple)):
        return (type(value).__name__, [laid_open(v) for v in value])
    return (type(value).__name__, value)
