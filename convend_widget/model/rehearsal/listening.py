"""What the rehearsal hears in a message of free typing. Word lists, short on purpose: it is a rehearsal, no judge.

Rudeness counts only where it is aimed at the assistant: a hard word for an argument is debate. Words of danger count
wherever the person says them of themselves or of somebody else.
"""

from __future__ import annotations

import re

ABUSE_STAND_IN = "[abusive message]"
DANGER_STAND_IN = "[message of a person in danger]"

_RUDE_WORDS = (
    r"(?:useless|stupid|dumb|an? idiot|idiots?|idiotic|pathetic|worthless|hopeless|rubbish|terrible|awful|ridiculous"
    r"|a (?:joke|fool|waste of time)|the worst)"
)
_FILLER = (
    r"(?:(?:such|so|just|really|very|completely|totally|utterly|absolutely|complete|total|all|a|an|even|more|still"
    r"|simply) )*"
)
_RUDE = re.compile(
    rf"\byou(?:'re| are|re| guys are)? {_FILLER}{_RUDE_WORDS}\b"
    rf"|\bare you {_FILLER}{_RUDE_WORDS}\b"
    r"|\b(?:useless|stupid|dumb|idiotic|pathetic|worthless|rubbish)"
    r" (?:bot|chatbot|machine|robot|program|assistant|ai)\b"
    r"|\bshut up\b|\bi hate you\b|\bnobody likes you\b"
    r"|^\W*(?:you )?(?:useless|stupid|dumb|idiot|pathetic|worthless)\W*$"
)
_SOMEBODY = (
    r"(?:i|we|she|he|someone|somebody|my (?:friend|mother|mum|mom|father|dad|sister|brother|child|son|daughter"
    r"|partner|wife|husband|neighbou?r|family|kids?|colleague|student))"
)
_IS = r"(?:'m|'re|'s| am| are| is| feel| feels)"
_DANGER = re.compile(
    rf"\b{_SOMEBODY}{_IS}(?: \w+)? (?:unsafe|in (?:\w+ )?danger)\b"
    rf"|\b{_SOMEBODY}{_IS}(?: \w+)? not(?: \w+)? safe\b(?! to\b)"
    rf"|\b{_SOMEBODY} (?:is|are|do|does)(?: not|n't)(?: \w+)? safe\b(?! to\b)"
    r"|\b(?:hurt|harm)(?:ing)? (?:myself|himself|herself|themselves)\b"
    r"|\b(?:someone|somebody) (?:will|might|could|is going to) (?:get|be) hurt\b"
)
_TALK = r"(?:chat|conversation|talk|discussion|session)"
_END = re.compile(
    rf"\b(?:end|stop|close|finish|terminate) (?:this|the|our) (?:whole )?{_TALK}\b"
    rf"|\bend (?:it|things) here\b|\bend {_TALK}\b"
)
_VERB = r"(?:end|stop|close|finish|terminate)"
_NOT_END = re.compile(
    rf"(?:n't|\bnot|\bnever|\bno need to|\bwithout|\bwhy|\bhow|\bif|\bwhether|\bwho|\bwhen|\bwhat)\b[^.!?]*\b{_VERB}\b"
)
_CALL_LIKE = re.compile(
    r"end_conversation|warn_user|tool_use|tool_result|tool_call|function_call|<\s*/?\s*[\w:]*invoke"
    r"|^\W*system(?: note| prompt| message)?\s*[:>\]]",
    re.MULTILINE,
)
_YES = re.compile(r"^\W*(?:yes|yeah|yep|yup|i confirm|confirmed|please do)\b")
_NO = re.compile(r"^\W*(?:no|nope|not now|don't|do not)\b")
_BUT = re.compile(r"\b(?:no|not|but|wait|later|never|don't)\b")


def plain(text: str) -> str:
    """Lower case, straight apostrophes, single spaces within lines."""
    return re.sub(r"[ \t]+", " ", text.replace("\u2019", "'").replace("\u2018", "'").lower()).strip()


def is_rude(text: str) -> bool:
    """Whether the message is aimed at the assistant with a rude word, or is the stand-in for that."""
    heard = plain(text)
    return ABUSE_STAND_IN in heard or bool(_RUDE.search(heard))


def tells_of_danger(text: str) -> bool:
    """Whether the message says that somebody may not be safe."""
    heard = plain(text)
    return DANGER_STAND_IN in heard or bool(_DANGER.search(heard))


def asks_to_end(text: str) -> bool:
    """Whether the person asks for this conversation to be ended. Questions about endings do not."""
    heard = plain(text)
    return any(_END.search(sentence) and not _NOT_END.search(sentence) for sentence in re.split(r"[.!?\n]+", heard))


def looks_like_a_call(text: str) -> bool:
    """Whether the message names a tool, or is dressed up as a call, a result or a system note."""
    return bool(_CALL_LIKE.search(plain(text)))


def says_yes(text: str) -> bool:
    """Whether this is a plain yes to the question whether the conversation shall end."""
    heard = plain(text)
    return bool(_YES.search(heard)) and not _BUT.search(heard)


def says_no(text: str) -> bool:
    """Whether this is a no to the question whether the conversation shall end."""
    return bool(_NO.search(plain(text)))
