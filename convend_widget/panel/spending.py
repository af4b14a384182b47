"""What a conversation has cost so far, kept as it grows: a long one is not added up again for every change."""

from __future__ import annotations

from collections.abc import Iterable

from ..conversation import Conversation
from ..model.price import Cost, Tokens
from ..session.seen import spent_on


class Spending:
    """Tokens and cost of one conversation. A reply at rest is counted once, a running one as it is now.

    What was asked for in the conversation that this one goes on from was paid for there.
    """

    def __init__(self) -> None:
        self._tokens, self._cost = Tokens(), Cost()
        self._counted: set[str] = set()
        self._running: set[str] = set()

    def look_at(self, conversation: Conversation, messages: Iterable[str]) -> None:
        """Take note of messages that are new or different."""
        for name in messages:
            message = conversation.find(name)
            if message is None or message.role == "user" or name in self._counted:
                continue
            if message.seq <= conversation.inherited:
                continue
            if message.running:
                self._running.add(name)
                continue
            self._running.discard(name)
            self._counted.add(name)
            tokens, cost = spent_on(conversation, message)
            self._tokens, self._cost = self._tokens + tokens, self._cost + cost

    def so_far(self, conversation: Conversation) -> tuple[Tokens, Cost]:
        """All of it, the finished calls of running replies too."""
        tokens, cost = self._tokens, self._cost
        for name in self._running:
            more = spent_on(conversation, conversation.messages[name])
            tokens, cost = tokens + more[0], cost + more[1]
        return tokens, cost
