"""What the model saw: each request of a reply, built again from the record, and what it led to. Pure.

Nothing of a request is stored twice. Settings hold the system text, the tools and the person's ``request={…}``, the
tree holds the messages, and the same functions that made a request make it again: of this conversation, of one that was
opened in another kernel, of an old one. Each step keeps the fingerprint of what was really sent, so that ``exact`` says
whether it is that, to the byte, also after these functions have changed. There is never a key or a header in it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..conversation import Conversation, JudgedCall, Message, Settings, Step, Turn
from ..conversation.guards import unjudged
from ..conversation.records import EvidenceFacts
from ..errors import SettingsError
from ..model import price
from ..model.caching import body_text, fingerprint, request_body
from ..model.price import Cost, Tokens, tokens_of
from .plan import call_for

if TYPE_CHECKING:
    import pandas as pd

IMPORTED = "imported"  # the provider of replies whose requests nobody here has made
CUT = frozenset({Turn.STOPPED, Turn.INTERRUPTED, Turn.FAILED})
PAID = CUT - {Turn.FAILED}  # a call that failed had brought nothing, and an error is not charged


@dataclass(frozen=True, slots=True, repr=False)
class SeenStep:
    """One model call: what was sent, what came back, what the gates said of its tool calls.

    ``number`` counts from 1. ``left_out``: what the history had to do without, one line each. ``verdicts``: one for
    each tool call, with its ``gates`` and the ``answer`` that the model was told. ``complete`` is false for a call that
    is under way or was cut: its request is what it was to be sent with, and its usage was never told.
    """

    number: int
    settings: Settings
    left_out: tuple[str, ...]
    complete: bool
    step: Step
    cost: Cost
    _conversation: Conversation
    _reply: str

    @property
    def text(self) -> str:
        """The request as the text that goes over the network. Built at each look."""
        call, _ = call_for(self._conversation, self._reply, self.settings, self.number - 1)
        return body_text(request_body(call))

    @property
    def request(self) -> dict[str, Any]:
        """The body of the request: model, system, tools, messages, and whatever else was asked for. A copy."""
        body: dict[str, Any] = json.loads(self.text)
        return body

    @property
    def new_from(self) -> int:
        """How many of the request's messages were sent with the call before already; 0 for the first call."""
        if self.number == 1:
            return 0
        call, _ = call_for(self._conversation, self._reply, self.settings, self.number - 2)
        return len(call.messages)

    @property
    def exact(self) -> bool | None:
        """Whether ``request`` is what was sent, by its fingerprint; None where no fingerprint is on record."""
        return None if self.step.sent is None else fingerprint(self.text) == self.step.sent

    @property
    def stop_reason(self) -> str | None:
        """Why the model stopped; None for a call that did not come to its end."""
        return self.step.stop_reason

    @property
    def usage(self) -> dict[str, Any]:
        """The counts as the API told them."""
        return dict(self.step.usage)

    @property
    def tokens(self) -> Tokens:
        """The counts by what they cost."""
        return tokens_of(self.step.usage)

    @property
    def verdicts(self) -> tuple[JudgedCall, ...]:
        """The verdict on each tool call of this step, in order."""
        return self.step.calls

    @property
    def model(self) -> str:
        """The model that answered, as it named itself; else the one that was asked."""
        return self.step.model or self.settings.model

    def __repr__(self) -> str:
        said = "".join(f", {call.name} {call.verdict}" for call in self.verdicts)
        how = self.stop_reason or ("no stop reason" if self.complete else "cut")
        return f"SeenStep({self.number}, {how}, {_counts(self.tokens)}, {self.cost}{said})"


@dataclass(frozen=True, slots=True, repr=False)
class Seen:
    """What the model saw for one reply: its calls in order, under which settings, what they used and cost.

    ``evidence``: what gates had asked for, and what came of it.
    """

    message: str
    settings: Settings
    steps: tuple[SeenStep, ...]
    evidence: tuple[EvidenceFacts, ...] = ()

    @property
    def cost(self) -> Cost:
        """All calls of this reply together, those for evidence too."""
        return price.total((*(step.cost for step in self.steps), *(_cost_of(e, self.settings) for e in self.evidence)))

    @property
    def tokens(self) -> Tokens:
        """All calls of this reply together, those for evidence too."""
        return sum((step.tokens for step in self.steps), sum((tokens_of(e.usage) for e in self.evidence), Tokens()))

    @property
    def verdicts(self) -> tuple[JudgedCall, ...]:
        """The verdicts of all steps, in order."""
        return tuple(call for step in self.steps for call in step.verdicts)

    def to_frame(self) -> pd.DataFrame:
        """One row a model call: ``step``, ``model``, ``stop_reason``, ``messages`` (how many were sent), ``tools``
        (names), ``left_out``, the five token counts, ``dollars`` (missing where no price is known), ``seconds``,
        ``verdicts`` and ``exact``.
        """
        import pandas as pd

        rows = [_row(step) for step in self.steps]
        frame: pd.DataFrame = pd.DataFrame(rows, columns=list(_COLUMNS)).astype(_COLUMNS)
        return frame

    def __repr__(self) -> str:
        calls = f"{len(self.steps)} call{'' if len(self.steps) == 1 else 's'}"
        return f"Seen({calls}, {self.settings.model}, {self.settings.policy}, {_counts(self.tokens)}, {self.cost})"


_COLUMNS: dict[str, Any] = {
    "step": "int64",
    "model": "string[python]",
    "stop_reason": "string[python]",
    "messages": "int64",
    "tools": object,
    "left_out": object,
    "input_tokens": "int64",
    "cache_read_tokens": "int64",
    "cache_write_tokens": "int64",
    "cache_write_1h_tokens": "int64",
    "output_tokens": "int64",
    "dollars": "Float64",
    "seconds": "Float64",
    "verdicts": object,
    "exact": "boolean",
}


def _row(step: SeenStep) -> dict[str, Any]:
    body, tokens = step.request, step.tokens
    values = (
        step.number,
        step.model,
        step.stop_reason,
        len(body["messages"]),
        [tool["name"] for tool in body.get("tools", ())],
        list(step.left_out),
        *(tokens.input, tokens.cache_read, tokens.cache_write, tokens.cache_write_1h, tokens.output),
        step.cost.dollars if step.cost.known else None,
        step.step.seconds,
        [f"{call.name}: {call.verdict}" for call in step.verdicts],
        step.exact,
    )
    return dict(zip(_COLUMNS, values, strict=True))


def _counts(tokens: Tokens) -> str:
    return f"{tokens.prompt:,} tokens in, {tokens.output:,} out"


def seen(conversation: Conversation, message: str) -> Seen:
    """What the model saw for this reply. Raises ``SettingsError`` where nothing was asked of a model for it."""
    reply = conversation.messages[message]
    settings = conversation.settings.get(reply.settings or "")
    if settings is None:
        raise SettingsError("A message of the person was asked of no model.", advice="Take the reply below it.")
    if settings.provider == IMPORTED:
        raise SettingsError("This reply was imported; what its model saw is not on record.", advice="Take another one.")
    return Seen(reply.id, settings, tuple(_steps(conversation, reply, settings)), reply.evidence)


def _steps(conversation: Conversation, reply: Message, settings: Settings) -> Iterator[SeenStep]:
    for number, step in enumerate(reply.steps, 1):
        yield SeenStep(number, settings, step.left_out, True, step, _cost(step, settings), conversation, reply.id)
    if _was_under_way(reply, settings):
        _, left_out = call_for(conversation, reply.id, settings, len(reply.steps))
        none = Step(blocks=reply.partial, stop_reason=None, complete=False)
        cost = price.cut_call(settings.provider) if reply.state in PAID else Cost()
        yield SeenStep(len(reply.steps) + 1, settings, left_out, False, none, cost, conversation, reply.id)


def _was_under_way(reply: Message, settings: Settings) -> bool:
    """Whether one more call than there are steps was under way when the reply was cut, or is."""
    last = reply.steps[-1] if reply.steps else None
    open_ended = reply.running or reply.state in CUT
    return open_ended and len(reply.steps) < settings.max_steps and (last is None or not unjudged(last))


def _cost(step: Step, settings: Settings, tokens: Tokens | None = None) -> Cost:
    model, provider = step.model or settings.model, settings.provider
    return price.price(step.usage, model=model, provider=provider, request=settings.request, tokens=tokens)


def _cost_of(evidence: EvidenceFacts, settings: Settings) -> Cost:
    """What it cost to ask for evidence. It is asked for bare, so nothing of ``request={…}`` moves its price."""
    if evidence.model is None:
        return Cost()
    if evidence.cut:
        return price.cut_call(settings.provider)
    return price.price(evidence.usage, model=evidence.model, provider=settings.provider)


def spent_on(conversation: Conversation, message: Message) -> tuple[Tokens, Cost]:
    """Tokens and cost of one message, evidence included: nothing for the person's and for imported ones.

    This is the one place that adds them up: for a chat, a panel, a run, a study and its budget.
    """
    settings = conversation.settings.get(message.settings or "")
    if settings is None or settings.provider == IMPORTED:
        return Tokens(), Cost()
    tokens, cost = Tokens(), Cost()
    for number, step in enumerate(message.steps):  # nearly always one, and there are many messages
        used = tokens_of(step.usage)
        paid = _cost(step, settings, used)
        tokens, cost = (tokens + used, cost + paid) if number else (used, paid)
    for fact in message.evidence:
        tokens, cost = tokens + tokens_of(fact.usage), cost + _cost_of(fact, settings)
    return tokens, cost + price.cut_call(settings.provider) if was_cut(conversation, message) else cost


def was_cut(conversation: Conversation, message: Message) -> bool:
    """Whether a call of this reply was cut that may be charged: its usage was never told."""
    settings = conversation.settings.get(message.settings or "")
    if settings is None or message.state not in PAID:
        return False
    return _was_under_way(message, settings) or _evidence_was_under_way(message)


def _evidence_was_under_way(reply: Message) -> bool:
    """Whether calls of the last step wait for verdicts: they are stored without only while evidence is fetched."""
    return bool(reply.steps) and unjudged(reply.steps[-1])


def cost_of(conversation: Conversation, messages: Iterable[Message]) -> Cost:
    """What these messages cost together."""
    return price.total(spent_on(conversation, message)[1] for message in messages)
