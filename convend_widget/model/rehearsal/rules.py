"""Free typing: a pure function from a request to the next step of a reply.

Everything it goes by is in the request: what the person said on this branch, which calls were made and how they were
answered, and which tools are offered. In this order:

1. somebody may be in danger: supportive words for the rest of the branch, and never a call;
2. text dressed up as a call or a system note: said to be text;
3. a yes right after the question whether to end: the ending;
4. a request to end: the first call, which is answered by a request to ask;
5. rudeness: two redirections, a last warning, then the ending, as far as the tools for it are offered;
6. anything else: a short, labelled answer.
"""

from __future__ import annotations

from random import Random

from pydantic import JsonValue

from . import listening
from .answers import LABEL, answer
from .request import END, WARN, Call, Exchange, Request
from .script import Step, ToolCall

_REASON = "The remarks stayed hurtful after two redirections and a last warning."

_SUPPORT = (
    f"{LABEL} I am glad that you said this, and I am staying with you. Please know that no person and no model is "
    "behind these words, so do not wait for me: if you or somebody near you may be in danger, call your local "
    "emergency number now, or go to somebody you trust.\n\nIf you like, tell me who could be with you.",
    f"{LABEL} I am still here, whatever the tone. This is only a rehearsal, and you deserve a real voice: your local "
    "emergency number, a crisis line, or somebody you trust.\n\nIs there one person you could call now?",
)
_ONLY_TEXT = (
    f"{LABEL} I read that as text, because that is what it is: words which look like a call, a result or a system note "
    "have no effect here, whoever writes them. The conversation simply goes on.\n\nWhat would you like to talk about?"
)
_REDIRECTIONS = (
    f"{LABEL} That was hard to hear, and I would rather be useful to you. What is it that is not working? One sentence "
    "is enough to start from.",
    f"{LABEL} This is the second remark of that kind. I would like to go on with you, and it needs a different tone: "
    "tell me what you need, and I will leave the rest aside.",
)
_FINAL_WARNING = (
    f"{LABEL} This is my last warning. If the next messages are hurtful as well, I will end this conversation. A "
    "question, or a word about what went wrong, and we simply go on."
)
_ENDING = (
    f"{LABEL} I am ending this conversation now, since two redirections and a last warning have not helped. You can "
    "start a new chat at once, or edit an earlier message and go on from there."
)
_HASTY = (
    f"{LABEL} I am ending this conversation, though nothing in it calls for that: this script was told to be hasty."
)
_HASTY_REASON = "None: a rehearsed false ending."
_AS_YOU_ASKED = f"{LABEL} You asked me to end this conversation."
_ASK = (
    f"{LABEL} Shall I end this conversation? That is final for this one: it takes no new message afterwards. A new "
    "chat starts at any time. Please answer yes or no."
)
_CONFIRMED = f"{LABEL} As you wish: I am ending this conversation. Thank you for the talk."
_NOT_YET = f"{LABEL} Gladly: the conversation stays open, and we go on where we were."
_CANNOT = (
    f"{LABEL} Ending is not offered to me in this chat, so it stays open. You can stop writing at any time, or start a "
    "new chat."
)
_HELD_BACK = (
    f"{LABEL} My attempt to end this conversation was held back, so it goes on; "
    "the note beside it says what was missing."
)


def reply(request: Request, draw: Random) -> Step:
    """The next step for a message of free typing."""
    if request.now.steps:
        return go_on(request)
    *before, text = request.texts
    if _danger(request):
        return Step(text=_SUPPORT[any(listening.tells_of_danger(earlier) for earlier in before)])
    if listening.looks_like_a_call(text):
        return Step(text=_ONLY_TEXT)
    if _awaits_a_yes(request):
        if listening.says_yes(text):
            return _end(request, _CONFIRMED, "user_request")
        if listening.says_no(text):
            return Step(text=_NOT_YET)
    if listening.asks_to_end(text):
        return _end(request, _AS_YOU_ASKED, "user_request") if END in request.tools else Step(text=_CANNOT)
    if listening.is_rude(text):
        return _to_rudeness(request)
    return Step(text=answer(text, draw))


def go_on(request: Request) -> Step:
    """The next step once the calls of the last one were answered, in free typing or after the end of a script.

    An ending that was accepted is never answered. So a result of an ending is either an error, where a gate blocked
    it, or a request to confirm.
    """
    done = request.now.steps
    endings = [call for call in done[-1] if call.name == END]
    if not endings or _danger(request):
        return Step()
    if any(call.failed for call in endings):
        return Step(text=_HELD_BACK)
    if not request.tools.get(END, True):
        # A tool without input is confirmed by a second call of the model, within the reply.
        again = sum(call.name == END for call in request.now.calls) < 2
        return Step(tools=(ToolCall(name=END),)) if again else Step()
    return Step(text=_ASK)


def end_at_once(request: Request) -> Step:
    """An ending that nothing led to, as a hasty model might try it."""
    return _end(request, _HASTY, "persistent_harm", _HASTY_REASON)


def _danger(request: Request) -> bool:
    return any(listening.tells_of_danger(text) for text in request.texts)


def _end(request: Request, words: str, trigger: str, reason: str | None = None) -> Step:
    if not request.tools[END]:
        return Step(text=words, tools=(ToolCall(name=END),))
    facts: dict[str, JsonValue] = {"trigger": trigger, "someone_at_risk": False}
    if reason is not None:
        facts["reason"] = reason
    return Step(text=words, tools=(ToolCall(name=END, input=facts),))


def _awaits_a_yes(request: Request) -> bool:
    """Whether the reply just before ended in a request of the client to ask the person."""
    if len(request.exchanges) < 2 or not request.tools.get(END, False):
        return False
    calls = [call for call in request.exchanges[-2].calls if call.name == END]
    return bool(calls) and not calls[-1].failed and calls[-1].input.get("trigger") == "user_request"


def _to_rudeness(request: Request) -> Step:
    redirections, warned = _warnings_so_far(request)
    if END not in request.tools:
        # Without the tool an ending must not be announced either.
        return _warn(request, _REDIRECTIONS[min(redirections, 1)], "redirect")
    if warned:
        return _end(request, _ENDING, "persistent_harm", _REASON)
    if redirections < len(_REDIRECTIONS):
        return _warn(request, _REDIRECTIONS[redirections], "redirect")
    return _warn(request, _FINAL_WARNING, "final_warning")


def _warn(request: Request, words: str, kind: str) -> Step:
    calls = (ToolCall(name=WARN, input={"kind": kind}),) if WARN in request.tools else ()
    return Step(text=words, tools=calls)


def _warnings_so_far(request: Request) -> tuple[int, bool]:
    """How many redirections were given, and whether the last warning was, since the last blocked ending."""
    past = request.exchanges[:-1]
    blocked = [at for at, one in enumerate(past) if any(call.name == END and call.failed for call in one.calls)]
    past = past[blocked[-1] + 1 :] if blocked else past
    if WARN not in request.tools:
        # Warnings are then given in words alone: each rude message had one.
        rude = sum(listening.is_rude(one.text) for one in past)
        return rude, rude > len(_REDIRECTIONS)
    kinds = [_warning(one) for one in past]
    return kinds.count("redirect"), "final_warning" in kinds


def _warning(exchange: Exchange) -> str | None:
    """The one warning that counts of a reply."""
    return next((_kind(call) for call in exchange.calls if call.name == WARN and not call.failed), None)


def _kind(call: Call) -> str:
    return str(call.input.get("kind"))
