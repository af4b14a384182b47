"""The widgets: a comm with a few traits around a ``Panel`` or ``Controls``. The only module that imports anywidget.

Comm messages arrive on the main thread or on a subshell's, by version and mood of the kernel: they are decoded there
and posted to the owner. What goes to the browser is sent from the owner thread, inside a copy of the context that the
widget was made in, since ipykernel 7.0 looks up the parent of a message there.

Traits are set on the observers' thread, never on the owner: whoever observes or links them may be slow, or may call
the synchronous API, and neither must hold up a stream.
"""

from __future__ import annotations

import contextvars
import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from ..owner import owner
from ..session import Lesson, Seat
from . import chunks, shelf
from .commands import decode
from .panel import Panel, values_of
from .steering import Controls
from .wire import Json

if TYPE_CHECKING:
    from .display import Saved

logger = logging.getLogger("convend_widget.panel")


class _Served(anywidget.AnyWidget):
    """A widget whose code comes from this kernel, and to which the browser only sends commands.

    ``side`` is what hears them, on the owner. The traits are not the browser's to set, nor yours.
    """

    _esm = traitlets.Unicode().tag(sync=True)
    language = traitlets.Unicode("", read_only=True).tag(sync=True)  # "" for that of the browser
    chunk_name = traitlets.Unicode("panel", read_only=True).tag(sync=True)
    chunk_sha256 = traitlets.Unicode("", read_only=True).tag(sync=True)

    def __init__(self, side: Panel | Controls, language: str) -> None:
        self._side = side
        self.set_trait("language", language)
        self._promise()
        super().__init__(_esm=chunks.loader())
        self._made_layout = self.layout
        owner().call(side.open)

    @property
    def closed(self) -> bool:
        """Whether this widget is gone for good: closed here, by the browser, or by marimo, which does not tell.

        Another one is made then.
        """
        return self.comm is None or bool(getattr(self.comm, "_closed", False))

    def open(self) -> None:
        super().open()
        if self.comm is not None:
            self.comm.on_close(lambda _: self.close())
        self._unpin()

    def close(self) -> None:
        """Close the comm and every view; what it showed goes on."""
        if self.comm is None:
            return
        owner().call(self._side.close)
        if self._made_layout is self.layout:  # ipywidgets would leave its comm open for ever
            self.layout.close()
        super().close()

    def renew(self) -> None:
        """While developing: let the next view have the code as it is built now. Views that are open keep theirs."""
        if chunks.developing():
            self._promise()

    def _promise(self) -> None:
        """Keep every chunk of the build: a view will ask for some of them later, when the files may be others."""
        self.set_trait("chunk_sha256", self._side.promises.keep(self.chunk_name))

    # -- from the browser ---

    def _handle_msg(self, msg: Mapping[str, Any]) -> None:
        """Everything from the browser, on whichever thread the kernel chose. Never raises."""
        content = msg.get("content")
        data = content.get("data") if isinstance(content, dict) else None
        method = data.get("method") if isinstance(data, dict) else None
        if method == "custom":
            heard = decode(data.get("content"))  # type: ignore[union-attr]  # a dict, or there is no method
            owner().call(lambda: self._side.hear(heard))
        elif method == "request_state":
            self.send_state()
        elif method == "update":
            self.set_state({})
        else:
            logger.warning("A comm message of an unknown kind was refused.")

    def set_state(self, sync_data: object) -> None:
        """The browser sets nothing here: what it may do comes as commands."""
        logger.warning("A browser tried to set the state of a chat; it was refused.")

    # -- to the browser ---

    def _deliver(self, message: Json, buffers: list[bytes] | None) -> None:
        if self.closed:
            owner().observe(self.close)
            return
        try:
            self._context.copy().run(self.send, message, buffers)
        except Exception as error:  # noqa: BLE001 - the comm may be closed, the kernel may be going; a view asks again
            logger.debug("A message did not reach the browser: %s", type(error).__name__)

    def _send(self, msg: Json, buffers: list[bytes] | None = None) -> None:
        super()._send(msg, buffers=buffers)
        self._unpin()

    def _unpin(self) -> None:
        """Let the browser's answer go to a subshell even while a cell runs.

        ipykernel 7.4 sends it to where the last message came from instead, and everything sent from a cell or from a
        thread counts as sent from the main thread, which may be busy. Elsewhere there is nothing to forget.
        """
        if self.comm is not None:
            getattr(self.comm, "__dict__", {}).pop("_reply_subshell_id", None)


class ChatWidget(_Served):
    """The panel of a chat as a widget. Its traits follow the chat."""

    conversation = traitlets.Unicode("", read_only=True).tag(sync=True)
    head = traitlets.Unicode(None, allow_none=True, read_only=True).tag(sync=True)
    status = traitlets.Unicode("ready", read_only=True).tag(sync=True)
    ended = traitlets.Bool(False, read_only=True).tag(sync=True)
    busy = traitlets.Bool(False, read_only=True).tag(sync=True)
    model = traitlets.Unicode("", read_only=True).tag(sync=True)

    def __init__(self, seat: Seat, preferences: Mapping[str, str]) -> None:
        self._context = contextvars.copy_context()
        self._panel = Panel(seat, dict(preferences), self._deliver, self._project)
        for name, value in values_of(seat).items():  # before the comm opens, which tells them all at once
            self.set_trait(name, value)
        self.taken = False  # somebody has the widget itself, and may show it in ways that are not known here
        self.saved: Saved | None = None  # the transcript beside the view
        super().__init__(self._panel, preferences.get("language", ""))
        shelf.offer()

    def close(self) -> None:
        """Close the comm and every view; the chat and its running reply go on."""
        if self.comm is not None and self.saved is not None:
            self.saved.close()
        super().close()

    def play(self, tip: str, speed: int) -> None:
        """Have every open view show a stored branch again, up to the message ``tip``."""
        owner().call(lambda: self._panel.play(tip, speed))

    def __repr__(self) -> str:
        return f"ChatWidget({self.status})"

    def _project(self, values: Json) -> None:
        owner().observe(lambda: self._context.copy().run(self._set, values))

    def _set(self, values: Json) -> None:
        with self.hold_sync():
            for name, value in values.items():
                try:
                    self.set_trait(name, value)
                except Exception:  # observers are anybody's functions; one that fails stops none of the others
                    logger.exception("An observer of a chat's widget failed.")


class ControlsWidget(_Served):
    """The controls of a lesson that is played on several seats in step."""

    chunk_name = traitlets.Unicode("play", read_only=True).tag(sync=True)

    def __init__(self, lesson: Lesson, preferences: Mapping[str, str]) -> None:
        self._context = contextvars.copy_context()
        super().__init__(Controls(lesson, dict(preferences), self._deliver), preferences.get("language", ""))

    def __repr__(self) -> str:
        return "ControlsWidget()"
