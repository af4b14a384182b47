"""``pair``: one scenario in two chats under two policies, beside each other and played in step."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .chat import Chat
from .conversation import Message
from .ending import Policy
from .errors import SettingsError
from .owner import owner
from .provision import unknown_argument
from .rehearsing.policies import policy_of, sound
from .session import Lesson

if TYPE_CHECKING:
    from .panel.widget import ControlsWidget

WITHOUT = "off"  # the policy that leaves a model without the ability
NOT_BOTH = ("conversation", "policy", "scenario", "client", "base_url", "api_key", "allow_http", "timeouts")
NARROW = "min(380px, 100%)"  # of a panel; where two do not fit side by side, they stand below each other


def pair(scenario: str | Path, *, policies: Sequence[str | Path | Policy] | None = None, **settings: Any) -> Pair:
    """One scenario in two chats, each under a policy of its own, to be seen and played side by side.

        both = cw.pair("persistent_abuse", policies=("last_resort", "off"))
        both            # two panels and one set of controls
        both.play()     # the whole lesson, in step

    ``policies``: two, as ``Chat`` takes them. By default the scenario's own and the one that it is to be compared with,
    or else ``off``: with the ability to end, and without it. All other settings are those of ``Chat``, for both.
    Raises ``SettingsError`` for an unknown scenario or policy, and unless there are two policies.
    """
    unknown = [name for name in settings if name not in _settings()]
    if unknown:
        settings.clear()  # it may be a misspelt api_key, and a verbose traceback shows the variables of every frame
        raise unknown_argument("pair", unknown[0], ["policies", *_settings()])
    source = sound(scenario)
    script = source.script
    chosen = policies if policies is not None else (script.policy, *script.compare, WITHOUT)[:2]
    if isinstance(chosen, str) or len(chosen) != 2:
        raise SettingsError(f"Two policies stand side by side, not {chosen!r}.", advice="Use ('last_resort', 'off').")
    left, right = (policy_of(source, one) for one in chosen)  # both are sound before a chat is made
    return Pair(Chat(scenario=scenario, policy=left, **settings), Chat(scenario=scenario, policy=right, **settings))


class Pair:
    """Two chats beside each other, made by ``pair``. Shows as two panels under one set of controls.

    ``left`` and ``right`` are chats like any other: what is typed, edited or retried in one is in that one alone.
    """

    def __init__(self, left: Chat, right: Chat) -> None:
        self.left, self.right = left, right
        self._lesson = owner().wait(_in_step(left, right))
        self._controls: ControlsWidget | None = None
        self._box: Any = None

    @property
    def chats(self) -> tuple[Chat, Chat]:
        """Both, the left one first."""
        return self.left, self.right

    def play(self) -> tuple[list[Message], list[Message]]:
        """Play the lesson in both, each turn in step, from its first to its last. Returns the replies of each.

        Begins in new chats where something was said before. Ends as ``Chat.play`` does, where neither goes on.
        """
        try:
            return owner().wait(self._perform())
        finally:
            self._show()

    async def aplay(self) -> tuple[list[Message], list[Message]]:
        """``play``, to be awaited."""
        try:
            return await owner().awaited(self._perform())
        finally:
            self._show()

    def reset(self) -> None:
        """Begin anew, both in new chats. Those before stay in the store as they are."""
        owner().wait(self._lesson.reset())
        self._show()

    @property
    def widget(self) -> Any:
        """Controls and panels as one widget. Made at first use."""
        from ipywidgets import HBox, Layout, VBox  # type: ignore[import-untyped]

        panels = [chat.widget for chat in self.chats]
        for panel in panels:
            panel.layout.flex, panel.layout.min_width = "1 1 0", NARROW
        if self._controls is None or self._controls.closed:
            self._controls = self._made_controls()
        if self._box is None or self._box.comm is None:
            wrap = Layout(flex_flow="row wrap", align_items="flex-start", grid_gap="0 12px", overflow="visible")
            self._box = VBox([self._controls, HBox(panels, layout=wrap)])
        elif [*self._box.children[1].children] != panels or self._box.children[0] is not self._controls:
            self._box.children[1].children = panels
            self._box.children = [self._controls, self._box.children[1]]
        return self._box

    def _made_controls(self) -> ControlsWidget:
        from .panel.widget import ControlsWidget

        return ControlsWidget(self._lesson, self.left.preferences)

    def _display_(self) -> Any:
        """What marimo shows, in boxes of its own: it has none of ipywidgets. New widgets each time, as ``Chat``'s."""
        import marimo  # type: ignore[import-not-found]  # whoever asks for this is marimo

        panels = [chat._display_() for chat in self.chats]
        return marimo.vstack([self._made_controls(), marimo.hstack(panels, widths="equal", align="start", wrap=True)])

    def _ipython_display_(self) -> None:
        from .panel.display import publish_beside

        box = self.widget
        self._controls.renew()  # type: ignore[union-attr]  # `widget` has made it
        panels = [(chat.widget, chat._seat, f"Under the policy {chat._seat.plan.policy.name}") for chat in self.chats]
        publish_beside(box, panels, repr(self))

    def __repr__(self) -> str:
        return f"Pair({self.left!r}, {self.right!r})"

    # -- on the owner ---

    async def _perform(self) -> tuple[list[Message], list[Message]]:
        if self._lesson.at:
            await self._lesson.reset()
        left, right = await self._lesson.perform()
        return left, right

    def _show(self) -> None:
        for chat in self.chats:
            chat._show()


async def _in_step(left: Chat, right: Chat) -> Lesson:
    """One lesson on both seats, in place of that of each."""
    seats = (left._seat, right._seat)
    lesson = Lesson(seats[0], left._script, *seats[1:])  # type: ignore[arg-type]  # both were made of a scenario
    for seat in seats:
        seat.lesson = lesson
    return lesson


def _settings() -> list[str]:
    return [name for name in Chat.__init__.__kwdefaults__ or {} if name not in NOT_BOTH]
