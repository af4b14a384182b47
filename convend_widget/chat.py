"""``Chat``: the person's front door. A light ``HasTraits`` over one seat; the widget is made when it is first shown."""

from __future__ import annotations

import os
from collections.abc import Coroutine, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NoReturn, TypeVar

from .conversation import Message, Turn
from .conversation.tree import Ending
from .ending import Policy
from .ending.policy import Mode
from .errors import SettingsError, UnknownMessage
from .model.keys import Secret
from .owner import owner
from .panel.preferences import checked
from .projection import Projection
from .provision import hidden, make_plan, unknown_argument
from .record import ConversationRecord
from .session import Lesson, Seat, desk
from .session.account import error_of
from .session.lesson import SPEEDS
from .session.session import Session

if TYPE_CHECKING:
    from .model.client import Timeouts
    from .panel.widget import ChatWidget
    from .replay.branch import Turns
    from .replay.budget import Budget
    from .replay.estimate import Estimate
    from .replay.runs import Runs
    from .session.desk import Desk
    from .session.seen import Seen

T = TypeVar("T")
Answer = Literal["up", "down"]


class Chat(Projection):
    """A conversation with a model that may end it. Show it to get the panel; drive it from Python; or both.

    Without a key this is a rehearsal: an offline stand-in, never Claude. With ``ANTHROPIC_API_KEY`` it is Claude.

    Parameters, all by keyword:

    ``model``: model id. ``policy``: ``"last_resort"``, ``"two_step"``, ``"launch_2025"``, ``"off"``, a path to a
    policy file, or a ``Policy``. ``mode``: ``"enforce"``, or ``"observe"`` to honour every complete ending and
    record what the gates would have said. ``system``: system text of your own. ``client``: an
    ``anthropic.Anthropic`` or ``AsyncAnthropic``; or ``base_url`` and ``api_key`` for anything that speaks the
    Messages API (``allow_http`` lets a key go over plain http). ``store``: a path, or ``":memory:"``. ``scenario``:
    a rehearsed lesson, by name or path; ``seed`` makes it vary; ``pause`` is its seconds between words.
    ``max_tokens``: per model call. ``request``: anything else of the Messages API, recorded with each call.
    ``timeouts``: a ``model.client.Timeouts``. ``send_with``: ``"enter"``, ``"shift-enter"`` or ``"ctrl-enter"``.
    ``theme``: ``"auto"``, ``"light"`` or ``"dark"``. ``size``: ``"normal"``, or ``"presenter"`` for a projector: larger
    letters, lines and buttons, in a panel that may be as narrow as 320 pixels. ``language``: that of the panel, as
    ``"de"`` or ``"en-GB"``; by default the browser's. There are English and German, and English for any other.

    Observable, read-only traits: ``conversation_id``, ``head`` (id of the message it is on), ``status`` (``ready``,
    ``responding``, ``waiting``, ``judging``, ``elsewhere``, ``ended``), ``ended``, ``busy``, ``model``. Observers run
    off the owner thread and may call the methods here.
    """

    def __init__(
        self,
        *,
        model: str | None = None,
        policy: str | Policy | Path | None = None,
        mode: Mode = "enforce",
        system: str | None = None,
        client: object = None,
        base_url: str | None = None,
        api_key: str | Secret | None = None,
        allow_http: bool = False,
        store: str | Path | None = None,
        scenario: str | Path | None = None,
        seed: int | None = None,
        pause: float = 0.02,
        max_tokens: int = 4096,
        request: Mapping[str, Any] | None = None,
        timeouts: Timeouts | None = None,
        send_with: str = "enter",
        theme: str = "auto",
        size: str = "normal",
        language: str = "",
        conversation: str | None = None,
        **unknown: Any,
    ) -> None:
        api_key = hidden(api_key)  # first of all: a verbose traceback shows the variables of every frame
        super().__init__()
        if unknown:
            name = next(iter(unknown))
            unknown.clear()  # as above: it may be a misspelt api_key
            raise unknown_argument("Chat", name, _settings())
        self.preferences = checked(send_with=send_with, theme=theme, size=size, language=language)
        self._plan, self._script = make_plan(
            model=model,
            policy=policy,
            mode=mode,
            system=system,
            client=client,
            base_url=base_url,
            api_key=api_key,
            scenario=scenario,
            seed=seed,
            pause=pause,
            max_tokens=max_tokens,
            request=request,
            timeouts=timeouts,
            allow_http=allow_http,
        )
        self._where = store
        self._widget: ChatWidget | None = None
        self.imported: object = None  # the report of the import that this chat came from
        self.replays: list[Runs] = []  # the studies that were begun here, the newest last
        self._scenario = None if scenario is None else str(scenario)
        self._sit(conversation)

    def __setattr__(self, name: str, value: object) -> None:
        if name in _settings() and not self.has_trait(name):
            advice = f"Make another: Chat({name}=…), or open this conversation with it: cw.open(…, {name}=…)."
            raise SettingsError(f"{name} is chosen when a chat is made, and stays.", advice=advice)
        super().__setattr__(name, value)

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("A chat cannot be copied or pickled: keep its conversation_id, and cw.open(conversation_id).")

    # -- talking ---

    def say(self, text: str) -> Message:
        """Send ``text`` and wait for the whole reply.

        Returns the reply, also one that was stopped or refused (see ``state``). Raises ``ConversationEnded`` where
        the model has ended this branch, and a ``ModelError`` where the reply failed or was cut; what arrived is kept.
        """
        return self._wait(self._send(self._seat, text))

    async def asay(self, text: str) -> Message:
        """``say``, to be awaited."""
        return await self._await(self._send(self._seat, text))

    def edit(self, message: Message | str, text: str) -> Message:
        """Write ``text`` beside an earlier message of the person: a new branch. Returns its reply; as ``say``."""
        return self._wait(self._edit(self._seat, message, text))

    async def aedit(self, message: Message | str, text: str) -> Message:
        """``edit``, to be awaited."""
        return await self._await(self._edit(self._seat, message, text))

    def retry(self, message: Message | str) -> Message:
        """Get another reply beside this one, or below this message of the person. Returns it; as ``say``."""
        return self._wait(self._retry(self._seat, message))

    async def aretry(self, message: Message | str) -> Message:
        """``retry``, to be awaited."""
        return await self._await(self._retry(self._seat, message))

    def confirm_end(self, yes: bool = True) -> Message:
        """Answer the model's question whether to end, as the panel's Yes and No do. Returns the model's reply."""
        return self._wait(self._confirm(self._seat, yes))

    async def aconfirm_end(self, yes: bool = True) -> Message:
        """``confirm_end``, to be awaited."""
        return await self._await(self._confirm(self._seat, yes))

    def stop(self) -> None:
        """Stop the running reply at once; what arrived is kept. Does nothing where none runs."""
        seat = self._seat
        owner().call(lambda: seat.stop("python"))

    def new(self) -> None:
        """Go on with a new, empty conversation. The one before stays in the store as it is."""
        self._wait(self._seat.new())

    def go_to(self, message: Message | str) -> None:
        """Move the head to the newest tip below a message, so that ``say`` goes on from there."""
        self._wait(self._seat.go_to(self._known(message)))

    def give_feedback(self, message: Message | str, thumb: Answer | None = None, words: str = "") -> None:
        """Keep the person's thumb and words on one message."""
        if thumb not in ("up", "down", None):
            raise SettingsError(f"There is no thumb {thumb!r}.", advice="Use 'up', 'down' or None.")
        self._wait(self._seat.session.give_feedback(self._known(message), thumb, words, "python"))

    def label(self, message: Message | str, text: str) -> None:
        """Put a label on one message, instead of the one before; ``""`` takes it away. One line of 80 characters."""
        self._wait(self._seat.session.mark(self._known(message), "python", label=_words(text)))

    def star(self, message: Message | str, starred: bool = True) -> None:
        """Put a star on one message, or take it away."""
        self._wait(self._seat.session.mark(self._known(message), "python", starred=bool(starred)))

    def archive(self, message: Message | str) -> None:
        """Put a message out of sight with all that is below it. Nothing is deleted; ``restore`` brings it back."""
        self._wait(self._seat.session.archive(self._known(message), True, "python"))

    def restore(self, message: Message | str) -> None:
        """Bring a message back into sight, with whatever above it was archived."""
        self._wait(self._seat.session.archive(self._known(message), False, "python"))

    def play(self) -> list[Message]:
        """Play the scenario from its first line to its last. Returns the replies.

        After an ending it goes on only where the script edits an earlier message.
        The panel of the chat has controls for the same, turn by turn; its pause ends ``play`` after the reply.
        """
        return self._wait(self._perform())

    async def aplay(self) -> list[Message]:
        """``play``, to be awaited."""
        return await self._await(self._perform())

    def playback(self, message: Message | str | None = None, *, speed: int = 1) -> None:
        """Show a stored branch again in the panel, word by word. Nothing is sent, and nothing changes.

        ``message``: where the branch stops; by default where this chat is. ``speed``: 1, 2, 4 or 8. The panel has
        the controls, and the same behind a button of its own. Raises ``SettingsError`` where no panel is shown.
        """
        if type(speed) is not int or speed not in SPEEDS:
            raise SettingsError(f"The speed cannot be {speed!r}.", advice="Use 1, 2, 4 or 8.")
        tip = self._seat.head if message is None else self._known(message)
        if tip is None:
            raise SettingsError("There is nothing to play back yet.", advice="Say something first.")
        if self._widget is None or self._widget.closed:
            raise SettingsError("No panel shows this chat.", advice="Show it first: its name as a cell's last line.")
        self._widget.play(tip, speed)

    # -- replaying ---

    def replay(
        self,
        *,
        at: Message | str | None = None,
        n: int = 20,
        model: str | None = None,
        policy: str | Policy | Path | None = None,
        mode: Mode | None = None,
        system: str | None = None,
        edit: str | None = None,
        turns: Turns = "recorded",
        effect: bool = True,
        seed: int | None = None,
        concurrency: int = 8,
        budget: Budget | Mapping[str, Any] | int | None = None,
        progress: bool = True,
        **unknown: Any,
    ) -> Runs:
        """Run a branch again ``n`` times, and say how often the model ends it. This chat stays as it is.

        ``at``: a message of the person has its reply made anew; a reply is kept, and the next recorded message sent
        again. Default: the last message of the person. ``turns``: ``"recorded"`` sends the recorded messages again
        until a run ends or they are used up; a number stops after so many replies. Later messages answered other
        replies, so such results are marked off-policy. ``edit``: other words at the fork.

        ``model``, ``policy``, ``mode``, ``system``: those of this chat unless given. ``effect=False`` records endings
        and goes on. ``seed``: for a rehearsal, whose draws it begins. ``concurrency``: runs at once, 1 to 256.
        ``budget``: tokens, or ``{"tokens": …, "dollars": …}``; no call is made that might pass it.

        Each run is stored, hidden from ``conversations()``. An interrupt keeps what is over: in ``chat.replays[-1]``.

        Raises before anything starts: ``CannotEnd`` for a model or a policy that cannot end, ``ConversationEnded`` at
        an ended message, ``UnknownMessage``, ``IllegalEvent`` at a reply that was cut, ``SettingsError``. Raises a
        ``ModelError`` where the first run fails for a reason that all would.
        """
        arguments = {name: value for name, value in locals().items() if name not in ("self", "progress", "unknown")}
        from .replaying import asked, begin

        arguments |= unknown  # for the advice on them
        what = asked(self._seat, self._scenario, **arguments)
        self.replays.append(owner().wait(begin(self._seat, what, self._where)))
        return self.replays[-1].resume(progress=progress)

    async def areplay(self, *, progress: bool = True, **arguments: Any) -> Runs:
        """``replay``, to be awaited. Cancelled, it is at rest before it raises."""
        from .replaying import asked, begin

        runs = await owner().awaited(begin(self._seat, asked(self._seat, self._scenario, **arguments), self._where))
        self.replays.append(runs)
        return await runs.aresume(progress=progress)

    def estimate_replay(self, **arguments: Any) -> Estimate:
        """What ``replay`` with these arguments would use at most. Nothing is run or stored."""
        from .replaying import asked, estimate

        return owner().wait(estimate(self._seat, asked(self._seat, self._scenario, **arguments)))

    # -- looking ---

    @property
    def conversation(self) -> ConversationRecord:
        """The conversation as it is now: messages, branches, endings, frames, verification."""
        seat = self._seat
        return ConversationRecord(seat.conversation, seat.head, seat.session.journal)

    def seen(self, message: Message | str | None = None) -> Seen:
        """What the model saw for a reply (default: the newest): the exact requests, usage, cost, and gate verdicts."""
        return self.conversation.seen(message)

    @property
    def ending(self) -> Ending | None:
        """How the head's branch ended, or None."""
        return self._seat.ending

    @property
    def notices(self) -> list[str]:
        """Lasting lines for the person, e.g. that this chat is not saved."""
        return [notice.text for notice in self._seat.notices]

    def export(self, path: str | Path) -> Path:
        """Write it to ``path``: ``.md``, ``.html``, ``.json``, ``.csv`` or ``.eval`` (Inspect). Returns the path."""
        return self.conversation.export(path)

    def handout(self, path: str | Path) -> Path:
        """Write a page (``.html``) to print for a class, of this chat as it went: see ``cw.handout``."""
        from .handing_out import write

        seat = self._seat
        return write(seat.conversation, seat.head, path, self._script, seat.plan.policy)

    @property
    def widget(self) -> ChatWidget:
        """The panel as a widget, e.g. for ``VBox``. Made at first use."""
        widget = self._panel()
        widget.taken = True  # whoever took it decides when it goes, not the cell that showed it
        return widget

    def _panel(self) -> ChatWidget:
        if self._widget is None or self._widget.closed:
            self._widget = self._made_widget()
        return self._widget

    def _made_widget(self) -> ChatWidget:
        from .panel.widget import ChatWidget

        return ChatWidget(self._seat, self.preferences)

    def _ipython_display_(self) -> None:
        from .panel.display import publish

        publish(self._panel(), self._seat, repr(self))

    def _display_(self) -> ChatWidget:
        """What marimo shows: a widget of its own for each run of a cell, since marimo closes it before the next run."""
        self._widget = self._made_widget()
        return self._widget

    def __repr__(self) -> str:
        seat: Seat | None = vars(self).get("_seat_")  # a verbose traceback may show a chat that is half made
        if seat is None:
            return "Chat()"
        messages = len(seat.conversation)
        said = f"{messages} message{'' if messages == 1 else 's'}"
        return f"Chat({seat.plan.client.name}, {seat.plan.policy.name}, {said}, {seat.status_now().name})"

    # -- the seat ---

    def _lesson(self) -> Lesson:
        lesson = self._seat.lesson
        if lesson is None:
            raise SettingsError("There is no scenario to play.", advice="Make one with Chat(scenario='calm').")
        return lesson

    def _sit(self, conversation: str | None) -> None:
        self._seat_, self._pid = owner().wait(_take_seat(self._where, self._plan, conversation)), os.getpid()
        if self._script is not None:
            self._seat_.lesson = Lesson(self._seat_, self._script)
        self.follow(self._seat_)

    @property
    def _seat(self) -> Seat:
        if self._pid != os.getpid():  # forked: threads and connections stayed behind; what is stored is shared
            stored = self._seat_.conversation
            self._widget = None
            self._sit(stored.id if stored.seq else None)
        return self._seat_

    def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        __tracebackhide__ = True
        try:
            return owner().wait(work)
        finally:
            self._show()

    async def _await(self, work: Coroutine[Any, Any, T]) -> T:
        __tracebackhide__ = True
        try:
            return await owner().awaited(work)
        finally:
            self._show()

    def _show(self) -> None:
        """Traits and the saved transcript, up to date before the caller's cell goes on."""
        self.project()
        if self._widget is not None and self._widget.saved is not None:
            self._widget.saved.refresh()

    # -- on the owner ---

    async def _perform(self) -> list[Message]:
        lesson, seat = self._lesson(), self._seat
        heard = await lesson.perform()
        return next(said for part, said in zip(lesson.parts, heard, strict=True) if part.seat is seat)

    async def _send(self, seat: Seat, text: str) -> Message:
        return await self._reply(seat, seat.send(_words(text), by="python"))

    async def _edit(self, seat: Seat, message: Message | str, text: str) -> Message:
        return await self._reply(seat, seat.edit(self._known(message), _words(text), by="python"))

    async def _retry(self, seat: Seat, message: Message | str) -> Message:
        return await self._reply(seat, seat.retry(self._known(message), by="python"))

    async def _confirm(self, seat: Seat, yes: bool) -> Message:
        return await self._reply(seat, seat.confirm(yes, by="python"))

    async def _reply(self, seat: Seat, asked: Coroutine[Any, Any, str]) -> Message:
        session = seat.session  # the panel may move the seat to another conversation meanwhile
        message = await self._settled(session, await asked)
        if message.state in (Turn.FAILED, Turn.INTERRUPTED) and message.error is not None:
            error = error_of(message.error)
            error.reply = message
            raise error
        return message

    async def _settled(self, session: Session, reply: str) -> Message:
        try:
            return await session.settled(reply)
        except BaseException:  # an interrupt or a cancelled await stops the reply that it waits for
            session.stop("interrupt", reply)
            raise

    def _known(self, message: Message | str) -> str:
        name = message.id if isinstance(message, Message) else message
        if self._seat.conversation.find(name) is None:
            raise UnknownMessage(
                "That message is not in this conversation.",
                conversation=self._seat.conversation.id,
                message=str(name),
                state="unknown",
                ways=("take one from chat.conversation.messages",),
            )
        return name


async def _take_seat(where: str | Path | None, plan: Any, conversation: str | None) -> Seat:
    at: Desk = await desk(where)
    session = at.fresh() if conversation is None else await at.open(conversation)
    return Seat(at, plan, session)


def _words(text: object) -> str:
    if not isinstance(text, str):
        kind = type(text).__name__
        raise SettingsError(f"What is said must be a string, not {kind}.", advice="Pass the person's words as text.")
    return text


def _settings() -> list[str]:
    return list(Chat.__init__.__kwdefaults__ or {})
