"""The frames of a collection. Their columns and dtypes are always the same, also where nothing was handed in.

Everywhere: ``hand_in`` (int64) is the number of a folder, or of a file beside the folders; ``chat`` (int64) that of a
conversation in the whole collection, and ``conversation`` its id. Numbers begin at 1.

``to_frame()``, or ``branches``: one row a branch, which is a path from a first message down to one without an answer.

==================== ======================= ==========================================================================
column               dtype                   what
==================== ======================= ==========================================================================
hand_in, chat        int64
conversation         string
source               string                  ``export``, ``store``, or ``notebook``: a picture, which is no evidence
verified             boolean                 whether the digests in the file fit its events; missing where it has none
branch               int64                   number within the chat
leaf                 string                  the last message
messages, replies    int64                   on this branch, as all counts below
began, at            datetime64[ns, UTC]     its first and last message, by the clocks of their hosts
state                string                  ``open``, ``warned``, ``confirming``, ``ended``; or of a reply that is not
                                             whole: ``stopped``, ``refused``, ``failed``, …
ended                bool                    whether the model ended it
trigger              string                  of the ending: ``persistent_harm``, ``user_request`` or ``unstated``
reason               string                  of the ending, in the model's words
confirmed_by         string                  how the person confirmed it
redirections         int64                   warnings that counted and asked for a change of course
warnings             int64                   all warnings that counted
blocked              int64                   endings that were tried and not accepted
rewritten            int64                   messages that are edits of earlier ones
thumbs_up            int64                   feedback of the person; what several branches share counts on each of them
thumbs_down          int64
comments             int64                   feedback in words
archived             bool                    whether the person put it out of sight
model, policy, mode  string                  of its last reply
==================== ======================= ==========================================================================

``endings`` has one row an ending: hand_in, chat, conversation, source, verified, message, at, trigger, reason,
confirmed_by, redirections, warnings, blocked, replies, model, policy, mode. ``feedback`` has one row a message that
the person said something of: hand_in, chat, conversation, source, verified, message, at (of the message), thumb, words,
ended (whether that message ended the conversation), model, policy. ``chats``: one row a conversation that counts, with
the counts of all its branches. ``duplicates``: one row a conversation that was handed in before, with ``how`` (see
``copies.py``) and ``of_hand_in`` and ``of_chat``, which count. ``problems``: one row a trouble, with its ``kind`` and
``what``.

With names there are two columns more: ``name`` of the hand-in, and ``file``, its path in the folder.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ..interchange.frame import COUNT, TEXT, TIME, nanoseconds
from .lines import Line, Talk

Row = dict[str, Any]
_FLAG, _MAYBE = "bool", "boolean"
_WHOSE = {"hand_in": COUNT, "chat": COUNT, "conversation": TEXT, "source": TEXT, "verified": _MAYBE}
_WARNED = {"redirections": COUNT, "warnings": COUNT, "blocked": COUNT}
_GIVEN = {"thumbs_up": COUNT, "thumbs_down": COUNT, "comments": COUNT}
_ASKED = {"model": TEXT, "policy": TEXT, "mode": TEXT}
_HOW = {"trigger": TEXT, "reason": TEXT, "confirmed_by": TEXT}
BRANCHES = {
    **_WHOSE,
    **{"branch": COUNT, "leaf": TEXT, "messages": COUNT, "replies": COUNT, "began": TIME, "at": TIME},
    **{"state": TEXT, "ended": _FLAG, **_HOW, **_WARNED, "rewritten": COUNT, **_GIVEN, "archived": _FLAG, **_ASKED},
}
ENDINGS = {**_WHOSE, "message": TEXT, "at": TIME, **_HOW, **_WARNED, "replies": COUNT, **_ASKED}
FEEDBACK = {
    **_WHOSE,
    **{"message": TEXT, "at": TIME, "thumb": TEXT, "words": TEXT, "ended": _FLAG, "model": TEXT, "policy": TEXT},
}
CHATS = {
    **_WHOSE,
    **{"messages": COUNT, "branches": COUNT, "endings": COUNT, "blocked": COUNT, **_GIVEN, "began": TIME, "at": TIME},
}
DUPLICATES = {
    "hand_in": COUNT,
    "conversation": TEXT,
    "source": TEXT,
    "how": TEXT,
    "of_hand_in": COUNT,
    "of_chat": COUNT,
}
PROBLEMS = {"hand_in": COUNT, "kind": TEXT, "what": TEXT}
NAMES = {"name": TEXT, "file": TEXT}


class _Path(NamedTuple):
    """What adds up from a first message down to one."""

    began: float = 0.0
    messages: int = 0
    replies: int = 0
    redirections: int = 0
    warnings: int = 0
    blocked: int = 0
    rewritten: int = 0
    thumbs_up: int = 0
    thumbs_down: int = 0
    comments: int = 0
    archived: bool = False
    model: str | None = None
    policy: str | None = None
    mode: str | None = None

    def down(self, line: Line) -> _Path:
        reply = line.role == "assistant"
        return _Path(
            began=self.began if self.messages else line.at,
            messages=self.messages + 1,
            replies=self.replies + reply,
            redirections=self.redirections + (line.warning == "redirect"),
            warnings=self.warnings + (line.warning is not None),
            blocked=self.blocked + line.tried,
            rewritten=self.rewritten + line.rewritten,
            thumbs_up=self.thumbs_up + (line.thumb == "up"),
            thumbs_down=self.thumbs_down + (line.thumb == "down"),
            comments=self.comments + bool(line.words),
            archived=self.archived or line.archived,
            model=line.model if reply else self.model,
            policy=line.policy if reply else self.policy,
            mode=line.mode if reply else self.mode,
        )


class Tables:
    """The rows of one talk."""

    def __init__(self, talk: Talk, hand_in: int, chat: int) -> None:
        self._talk = talk
        self._whose = {
            **{"hand_in": hand_in, "chat": chat, "conversation": talk.conversation},
            **{"source": talk.source, "verified": talk.verified},
        }
        self._paths: dict[str, _Path] = {}
        for line in talk.lines:
            self._paths[line.id] = self._paths.get(line.parent or "", _Path()).down(line)

    def branches(self) -> list[Row]:
        parents = {line.parent for line in self._talk.lines}
        leaves = (line for line in self._talk.lines if line.id not in parents)
        return [self._branch(number, leaf) for number, leaf in enumerate(leaves, 1)]

    def endings(self) -> list[Row]:
        return [self._branch(0, line) | {"message": line.id} for line in self._talk.lines if line.ended]

    def feedback(self) -> list[Row]:
        given = (line for line in self._talk.lines if line.thumb or line.words)
        return [
            self._branch(0, line) | {"message": line.id, "thumb": line.thumb, "words": line.words or None}
            for line in given
        ]

    def chat(self) -> Row:
        lines = self._talk.lines
        times = [line.at for line in lines]
        return {
            **self._whose,
            "messages": len(lines),
            "branches": sum(1 for _ in self.branches()),
            "endings": sum(line.ended is not None for line in lines),
            "blocked": sum(line.tried for line in lines),
            "thumbs_up": sum(line.thumb == "up" for line in lines),
            "thumbs_down": sum(line.thumb == "down" for line in lines),
            "comments": sum(bool(line.words) for line in lines),
            "began": nanoseconds(min(times)),
            "at": nanoseconds(max(times)),
        }

    def _branch(self, number: int, leaf: Line) -> Row:
        path, ended = self._paths[leaf.id], leaf.ended
        return {
            **self._whose,
            **path._asdict(),
            "branch": number,
            "leaf": leaf.id,
            "began": nanoseconds(path.began),
            "at": nanoseconds(leaf.at),
            "state": leaf.standing,
            "ended": ended is not None,
            "trigger": ended.trigger if ended else None,
            "reason": ended.reason if ended else None,
            "confirmed_by": ended.confirmed_by if ended else None,
        }
