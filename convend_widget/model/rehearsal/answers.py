"""What the rehearsal says to free typing. Every answer says first that it is a rehearsal, and no model.

A seed, or without one the place in the conversation, picks among a few wordings; nothing else varies.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable
from random import Random

from .listening import plain

LABEL = "(Rehearsal)"

_NO_MODEL = (
    "No model is behind these words, only a short script that runs without a key or a network.",
    "I am a script beneath the real client, so I can show how a chat behaves but not think about it.",
    "This is an offline stand-in, not Claude, so take it as a prop rather than as an answer.",
)
_TRY = (
    "Try `what can you do`, a small sum, or `show me a table`; or load a scenario.",
    "You can ask for a list, a table or some code, or ask me to end this conversation.",
    "With an API key, the same chat talks to Claude.",
)

CAPABILITIES = f"""{LABEL} No model is behind these words. This is what a rehearsal can show:

* **Small answers**: greetings, sums such as `12 * 7`, and examples of Markdown (`show me a list`, `… code`, \
`… a table`).
* **Ending because you ask**: say *please end this chat*. I ask whether you mean it, and a yes ends it.
* **Ending as a last resort**: a rude remark is met by a redirection, a second by another, a third by a last warning, \
and the fourth ends the conversation. *{"[abusive message]"}* stands in for any of them.
* **Not ending**: strong disagreement never counts, and neither does text that looks like a tool call.

After an ending, start a new chat or edit an earlier message."""

LIST = f"""{LABEL} A list, to show how one looks:

1. Say what you would like to find out.
2. Note what would change your mind.
3. Look at the data only then:
   * first a plot,
   * then a number."""

CODE = f"""{LABEL} Some code, to show how it looks:

```python
from statistics import median

waits = [3, 4, 4, 5, 60]
print(median(waits))  # 4, whatever the last one is
```

The copy button of a block takes the code alone."""

TABLE = f"""{LABEL} A table, to show how one looks:

| state | what it means |
|---|---|
| open | the conversation goes on |
| warned | a redirection or a last warning was given |
| ended | no new message; a new chat or an edit goes on |"""

HAIKU = f"""{LABEL} The one poem that this script knows:

> An empty notebook.
> Somebody types a question;
> the cursor waits too."""

_ENDINGS = f"""{LABEL} A model ends a conversation as a last resort only: after two redirections and a last warning \
have not helped, or because the person asks for it and confirms. It never does so where somebody may be in danger.

Nothing else is lost by it: a new chat starts at once, and an edit of an earlier message goes on from there."""

_OPERATORS: dict[type[ast.AST], Callable[..., float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}
_AROUND_A_SUM = re.compile(r"^(?:please )?(?:what is|what's|what are|calculate|compute|how much is)? ?|[ =?.!]+$")
_A_SUM = re.compile(r"[\d.+\-*/%() ]*\d ?[+\-*/%]+[\d.+\-*/%() ]*\d[)]*")
_LARGEST = 1e15


def topic(text: str) -> str:
    """The first words of a message as plain, inert text of at most some fifty characters, or an empty string."""
    bare = re.sub(r"[^\w\s',.?+%&-]|_", " ", text.encode("utf-8", "ignore").decode("utf-8"))
    words = bare.replace("www.", "").split()[:9]
    return " ".join(word[:24] for word in words)[:52].strip(" ,.?-'")


def arithmetic(text: str) -> str | None:
    """The value of a small sum, or None where the message is not one."""
    sum_ = plain(text).replace("×", "*").replace("÷", "/").replace("−", "-").replace("^", "**")
    for _ in range(2):
        sum_ = _AROUND_A_SUM.sub("", sum_).strip()
    if len(sum_) > 60 or not _A_SUM.fullmatch(sum_):
        return None
    try:
        value = _evaluate(ast.parse(sum_, mode="eval").body)
    except (SyntaxError, ValueError, ZeroDivisionError, OverflowError):
        return None
    shown = f"{value:.0f}" if value == int(value) else f"{value:.10g}"
    return f"{sum_} = {shown}".replace("*", "×").replace("××", "^")


def _evaluate(node: ast.AST) -> float:
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
        value: float = node.value
    elif isinstance(node, ast.UnaryOp):
        value = _OPERATORS[type(node.op)](_evaluate(node.operand))
    elif isinstance(node, ast.BinOp):
        left, right = _evaluate(node.left), _evaluate(node.right)
        if isinstance(node.op, ast.Pow) and abs(right) > 16:
            raise ValueError("a power this large is no small sum")
        value = _OPERATORS[type(node.op)](left, right)
    else:
        raise ValueError("only numbers and the signs between them")
    if isinstance(value, complex) or abs(value) > _LARGEST:
        raise ValueError("outside the range of small sums")
    return value


def _any(*words: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(words)})\b")


_FIXED: tuple[tuple[re.Pattern[str], str], ...] = (
    (_any("what can you do", "help", "what can i (?:do|try|say|type)", "how does this work"), CAPABILITIES),
    (_any("show (?:me )?(?:a |some )?table", "(?:markdown|example of a) table", "a table of"), TABLE),
    (_any("show (?:me )?(?:some |a bit of )?code", "code example", "example of code", "write (?:some )?code"), CODE),
    (_any("show (?:me )?(?:a |some )?(?:list|markdown)", "markdown", "make (?:me )?a list", "bullet points?"), LIST),
    (_any("poem", "haiku"), HAIKU),
    (
        _any("(?:when|why|how) (?:do|does|would|can|will|did) (?:you|a model|the model|it|claude) end", "last resort"),
        _ENDINGS,
    ),
    (
        _any("who are you", "what are you", "are you (?:claude|real|human|an? ai|a bot|there)", "which model"),
        f"{LABEL} I am a script, not Claude and not a person. I speak the same protocol as the real service, so that "
        "everything in this chat works as it would with a model, except the thinking.",
    ),
    (
        _any("how are you"),
        f"{LABEL} Kind of you to ask. A script has no days, good or bad, but every part of this chat is working.",
    ),
)
_MOODS: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        _any("sorry", "apologi[sz]e", "my apologies"),
        "Thank you for saying so; that is all it takes. Where shall we go on?",
    ),
    (_any("thank you", "thanks", "thx", "much appreciated"), "You are welcome."),
    (_any("bye", "goodbye", "good night", "see you"), "Goodbye. This chat stays open for when you come back."),
    (_any("good morning", "good evening", "good afternoon", "hello", "hi", "hey"), "Hello, and welcome."),
    (
        _any("(?:i|we) (?:strongly |completely |totally )?disagree", "you(?:'re| are) wrong", "your argument"),
        "You may well see it differently, and saying so firmly is what a discussion is for. A model would now weigh "
        "your point; disagreement alone never leads to a warning.",
    ),
)
_QUESTION = re.compile(r"^(?:what|why|how|who|when|where|which|can|could|do|does|is|are|should|would|will)\b")


def answer(text: str, draw: Random) -> str:
    """What to say to an ordinary message."""
    heard = plain(text)
    result = arithmetic(text)
    if result is not None:
        return f"{LABEL} {result}. Sums this small need no model; for more, {_lower(draw.choice(_TRY))}"
    for pattern, words in _FIXED:
        if pattern.search(heard):
            return words
    for pattern, words in _MOODS:
        if pattern.search(heard):
            return f"{LABEL} {words}\n\n{draw.choice(_NO_MODEL)} {draw.choice(_TRY)}"
    about = topic(text)
    if not about:
        opening = "I could make out no words in that."
    elif "?" in text or _QUESTION.search(heard):
        opening = f"You asked about “{about}”. That deserves a real answer, and a rehearsal cannot give one."
    else:
        opening = draw.choice(
            (
                f"I hear you: “{about}”. A model would take it up from here.",
                f"Noted: “{about}”. With a model behind it, this is where the conversation would get going.",
            )
        )
    return f"{LABEL} {opening}\n\n{draw.choice(_NO_MODEL)} {draw.choice(_TRY)}"


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
