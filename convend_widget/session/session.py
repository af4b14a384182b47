"""A live conversation: commands in, replies written, other kernels' replies looked after.

Everything here runs on the owner's loop. What happens to the events is in ``log.py``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ..conversation import (
    Block,
    BranchArchived,
    Conversation,
    Event,
    FeedbackGiven,
    Message,
    MessageMarked,
    ReplyRequested,
    SettingsRecorded,
    UserSent,
    refusals,
)
from ..conversation.guards import LABEL, is_label
from ..errors import (
    ConvendError,
    IllegalEvent,
    LeaseLost,
    NoSuchConversation,
    SettingsError,
    StoreError,
    UnknownMessage,
)
from ..model.draft import Delta
from ..store import Append, Beat, OpenLease
from .identity import holder, new_id
from .journal import Journal
from .listening import tell_each
from .log import DELETED, Log
from .once import Once
from .plan import Plan
from .recovery import Recovery
from .reply import Reply


class Session(Log):
    """One conversation that is open in this process. Shared by every ``Chat`` and panel that shows it."""

    def __init__(self, conversation: str, journal: Journal) -> None:
        super().__init__(conversation, journal)
        self.replies: dict[str, Reply] = {}
        self.once = Once()
        self._recovery = Recovery(self)
        self._running: tuple[Conversation | None, list[Message]] = (None, [])

    @property
    def foreign(self) -> list[Message]:
        """Running replies that no reply of this kernel writes. Cheap while nothing changes: it is asked for often."""
        of, running = self._running
        if of is not self.conversation:
            running = self.conversation.running
            self._running = self.conversation, running
        return [message for message in running if message.id not in self.replies]

    # -- commands ---

    async def send(
        self,
        plan: Plan,
        parent: str | None,
        text: str,
        *,
        by: str,
        confirm: str | None = None,
        edit_of: str | None = None,
        command: str | None = None,
    ) -> str:
        """Write below ``parent`` and ask for a reply; returns the reply's id. ``edit_of`` allows siblings."""
        content = ({"type": "text", "text": text},)
        return await self.say(plan, parent, content, by=by, confirm=confirm, edit_of=edit_of, command=command)

    async def say(
        self,
        plan: Plan,
        parent: str | None,
        content: tuple[Block, ...],
        *,
        by: str,
        confirm: str | None = None,
        edit_of: str | Callable[[Conversation], str | None] | None = None,
        command: str | None = None,
    ) -> str:
        """``send``, with content blocks as they are. ``edit_of`` may be told by what is there when it is stored."""

        def said(now: Conversation, message: str) -> UserSent:
            return UserSent(
                at=self.now(),
                message=message,
                parent=parent,
                content=content,
                by=by,
                confirm=confirm,  # type: ignore[arg-type]  # checked by the callers, "yes", "no" or None
                edit_of=edit_of(now) if callable(edit_of) else edit_of,
                command=command,
            )

        return await self._ask(plan, said, by, command)

    async def begin(self, plan: Plan, message: str, *, by: str) -> str:
        """Ask for the first reply of a conversation that goes on from another one; returns the reply's id.

        Raises ``TipMoved`` where another kernel has done so.
        """

        def first(now: Conversation, _: str) -> str:
            if now.seq:
                raise refusals.tip_moved(now, now.messages[now.newest or ""])
            return message

        return await self._ask(plan, first, by, None)

    async def edit(self, plan: Plan, message: str, text: str, *, by: str, command: str | None = None) -> str:
        """Write ``text`` beside a message of the person and ask for a reply; returns the reply's id."""
        edited = self._find(message)
        if edited.role != "user":
            raise IllegalEvent(
                "Only a message of the person can be edited.",
                conversation=self.id,
                message=message,
                state=edited.tip.value,
                ways=("retry a reply with chat.retry(message)", "edit the message before it"),
            )
        return await self.send(plan, edited.parent, text, by=by, edit_of=message, command=command)

    async def retry(self, plan: Plan, message: str, *, by: str, command: str | None = None) -> str:
        """Ask for another reply beside this one (or below this message of the person); returns its id."""
        found = self._find(message)
        below = found.id if found.role == "user" else found.parent
        return await self._ask(plan, lambda now, _: below or "", by, command)

    async def _ask(
        self, plan: Plan, said: Callable[[Conversation, str], UserSent | str], by: str, command: str | None
    ) -> str:
        if command is None:
            return await self._request(plan, said, by, None)
        return await self.once.do(command, lambda: self._request(plan, said, by, command))

    async def _request(
        self, plan: Plan, said: Callable[[Conversation, str], UserSent | str], by: str, command: str | None
    ) -> str:
        """Store what was said and the request for a reply, and begin to write it. Cancelled, it stops what it began."""
        settings, reply, token, message = plan.settings(), new_id("r"), new_id("t"), new_id("m")

        def build(now: Conversation) -> list[Event]:
            first = said(now, message)
            events: list[Event] = []
            if now.find_settings(settings.key) is None:
                events.append(SettingsRecorded(at=self.now(), settings=settings))
            if isinstance(first, UserSent):
                events.append(first)
            parent = first.message if isinstance(first, UserSent) else first
            above = first.parent if isinstance(first, UserSent) else first
            events += self._back_in_sight(now, above, by)  # nothing grows out of sight
            events.append(
                ReplyRequested(
                    at=self.now(),
                    reply=reply,
                    parent=parent,
                    settings=settings.key,
                    token=token,
                    by=by,
                    command=command,
                )
            )
            return events

        running = Reply(self, plan, settings, reply, token)
        await self._let_rest()
        self.replies[reply] = running  # before the commit, so that listeners see whose reply it is
        try:
            await self.commit(build, lease=OpenLease(reply, token, holder(), self.now()))
        except BaseException:
            if self.conversation.find(reply) is None:
                self.replies.pop(reply, None)
            else:  # cancelled while it was stored: it is there, so it must come to rest
                running.stop("interrupt")
                running.start()
            raise
        running.start()
        return reply

    async def _let_rest(self) -> None:
        """Whoever stops a reply and goes on at once need not wait for it: here is where that waits."""
        resting = [r.task for r in self.replies.values() if r.stopping and r.task is not None]
        if resting:
            await asyncio.wait(resting)

    def stop(self, by: str, reply: str | None = None) -> None:
        """Cut one running reply of this kernel, or all of them. Takes effect at once."""
        for running in [r for r in self.replies.values() if reply is None or r.id == reply]:
            running.stop(by)

    async def give_feedback(self, message: str, thumb: str | None, words: str, by: str) -> None:
        """Record the person's thumb and words on one message."""
        self._find(message)
        given = FeedbackGiven(at=self.now(), message=message, thumb=thumb, words=words, by=by)  # type: ignore[arg-type]
        await self.commit(lambda now: [given])

    async def mark(self, message: str, by: str, *, label: str | None = None, starred: bool | None = None) -> None:
        """Record a label (empty: none) or a star on one message; what is None stays as it is."""
        self._find(message)
        words = None if label is None else label_of(label)

        def build(now: Conversation) -> list[Event]:
            new = now.label(message) if words is None else words
            star = now.starred(message) if starred is None else starred
            if (new, star) == (now.label(message), now.starred(message)):
                return []
            return [MessageMarked(at=self.now(), message=message, label=new, starred=star, by=by)]

        await self.commit(build)

    async def archive(self, message: str, archived: bool, by: str) -> None:
        """Put a message out of sight with all that is below it; or back, with whatever hides it from above."""
        self._find(message)

        def build(now: Conversation) -> list[Event]:
            if not archived:
                return self._back_in_sight(now, message, by)
            if now.is_archived(message):
                return []
            return [BranchArchived(at=self.now(), message=message, archived=True, by=by)]

        await self.commit(build)

    def _back_in_sight(self, now: Conversation, message: str | None, by: str) -> list[Event]:
        return [
            BranchArchived(at=self.now(), message=above.id, archived=False, by=by)
            for above in (now.archived_above(message) if message and now.find(message) else ())
        ]

    async def close(self, why: str) -> None:
        """Stop every reply of this kernel and wait until they are at rest."""
        while self.replies:
            self.stop(why)
            tasks = [r.task for r in self.replies.values() if r.task is not None]
            await (asyncio.wait(tasks) if tasks else asyncio.sleep(0.01))  # those without are being stored

    async def settled(self, reply: str) -> Message:
        """Wait until a reply is at rest; here, or in the kernel that writes it."""
        while True:
            message = self._find(reply)
            if not message.running:
                return message
            running = self.replies.get(reply)
            if running is not None and running.task is not None:
                await asyncio.wait([running.task])
            elif self.gone:
                raise NoSuchConversation(DELETED, advice="")
            else:
                await asyncio.sleep(0.2)
                await self.refresh()

    def _find(self, message: str) -> Message:
        found = self.conversation.find(message)
        if found is None:
            raise UnknownMessage(
                f"There is no message {message} in this conversation.",
                conversation=self.id,
                message=message,
                state="unknown",
                ways=("look at chat.conversation.messages",),
            )
        return found

    # -- other kernels ---

    async def refresh(self) -> None:
        """Read what other kernels stored, and recover replies whose kernel has gone."""
        await self.catch_up()
        await self._recovery.recover()

    async def look(self) -> None:
        """``refresh`` for whoever can do nothing about a failure: the person is told."""
        try:
            await self.refresh()
        except ConvendError as error:
            self.tell(f"Changes of other kernels cannot be seen at the moment: {error}")

    async def beat(self, beat: Beat, reply: Reply) -> None:
        """Store a heartbeat with what arrived. A lost lease means that another kernel took over: stop at once."""
        try:
            await self.journal.append(Append(self.id, self.conversation.seq, lease=beat))
        except LeaseLost:
            reply.stop("takeover")
        except NoSuchConversation:
            self.mark_gone()
            reply.stop("deleted")
        except StoreError as error:
            self.tell(f"What arrives is not kept at the moment: {error}")

    # -- what replies tell ---

    def finished(self, reply: Reply) -> None:
        """A reply's task came to its end."""
        self.replies.pop(reply.id, None)
        self.status_changed()

    def streamed(self, reply: Reply, deltas: list[Delta]) -> None:
        tell_each(self.listeners, lambda listener: listener.streamed(reply.id, deltas))


def label_of(text: str) -> str:
    """The text as a label: on one line, without control characters. Raises ``SettingsError`` where it is too long."""
    line = " ".join("".join(c if is_label(c) else " " for c in text).split())
    if not is_label(line):
        raise SettingsError(f"A label has at most {LABEL} characters; this has {len(line)}.", advice="Shorten it.")
    return line
