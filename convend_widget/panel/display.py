"""Showing a chat in a notebook: the widget's view, and beside it an output of its own with the saved transcript.

A notebook without its kernel shows no widget; it shows the transcript. While a view is alive the browser hides the
transcript right below it (``js/src/core/panel.css``). The transcript is brought up to date under a display id,
which never touches the view's own output: that would lose focus and draft.
"""

from __future__ import annotations

import asyncio
import contextvars
import functools
import logging
import secrets
import sys
import threading
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from ..owner import owner
from ..session import Seat
from . import in_lab
from .transcript import Drawings, bundle

if TYPE_CHECKING:
    from .widget import ChatWidget

logger = logging.getLogger("convend_widget.panel")
REST = 0.5  # seconds in which changes of a transcript are gathered


def publish(widget: ChatWidget, seat: Seat, plain: str | None = None) -> None:
    """Show a chat in the cell that runs now. ``plain`` is for where only text is shown.

    In a terminal only the text is shown; without IPython nothing happens.
    """
    _show(widget, [(widget, seat, "")], plain or repr(widget))


def publish_beside(box: Any, panels: Sequence[tuple[ChatWidget, Seat, str]], plain: str) -> None:
    """Show several chats in one view, that of ``box``, with a transcript of each after it.

    ``panels``: the widget of each chat, which ``box`` holds, its seat, and a heading for its transcript.
    """
    _show(box, panels, plain)


def _show(view: Any, panels: Sequence[tuple[ChatWidget, Seat, str]], plain: str) -> None:
    shell = _shell()
    if shell is None:
        return
    if getattr(shell, "kernel", None) is None:
        shell.display_pub.publish({"text/plain": plain})
        return
    _say_what_lacks()
    for widget, _, _ in panels:
        _clear_away(widget, _cell(shell))
        widget.renew()
    shown = view._repr_mimebundle_() or {}
    data, metadata = shown if isinstance(shown, tuple) else (shown, {})
    shell.display_pub.publish({**data, "text/plain": plain}, metadata)
    for widget, seat, heading in panels:
        if widget.saved is None:
            widget.saved = Saved(seat, heading)
        widget.saved.show()


@functools.cache
def _say_what_lacks() -> None:
    """Once: a clear word is better than a JupyterLab that has no card and no viewer, and does not say why."""
    words = in_lab.lacking()
    if words is not None:
        warnings.warn(words, stacklevel=3)


class Saved:
    """The output that holds the transcript of a chat: one display id, however many cells show it."""

    def __init__(self, seat: Seat, heading: str = "") -> None:
        self._seat, self._heading = seat, heading
        self._name = f"convend-{secrets.token_hex(8)}"
        self._context = contextvars.copy_context()
        self._publishing = threading.Lock()
        self._drawings: Drawings = {}
        self._shown: tuple[object, ...] | None = None  # what was published last
        self._kept: tuple[object, ...] | None = None  # and last by a cell that ran
        self._due: asyncio.TimerHandle | None = None

    def show(self) -> None:
        """A new output with the transcript as it is now; from here on it is kept up to date."""
        self._context = contextvars.copy_context()  # the newest cell: an old one may be deleted
        self._publish(update=False, by_cell=True)
        owner().call(self._listen)

    def refresh(self) -> None:
        """Bring the transcript up to date now, from any thread.

        What is published belongs to the cell that runs on this thread, so that tools which run a notebook from its
        first cell to its last keep it too. They do not hear what was published meanwhile for a cell that is over, so
        that alone does not count here.
        """
        self._publish(update=True, by_cell=True)

    def close(self) -> None:
        """Leave the transcript as it is."""
        owner().call(self._leave)

    # -- what the seat tells, on the owner ---

    def changed(self, messages: Sequence[str]) -> None:
        found = (self._seat.conversation.find(message) for message in messages)
        if any(message is not None and message.role == "assistant" and not message.running for message in found):
            self._soon()

    def streamed(self, reply: str, deltas: object) -> None:
        """Only what is settled is saved."""

    def status(self) -> None:
        if not self._seat.status_now().busy:
            self._soon()  # the head may have moved

    def moved(self) -> None:
        self._soon()

    def _listen(self) -> None:
        if self not in self._seat.listeners:
            self._seat.listeners.append(self)

    def _leave(self) -> None:
        if self in self._seat.listeners:
            self._seat.listeners.remove(self)
        if self._due is not None:
            self._due.cancel()

    def _soon(self) -> None:
        if self._due is None:
            self._due = asyncio.get_running_loop().call_later(REST, self._refresh_in_context)

    def _refresh_in_context(self) -> None:
        self._due = None
        try:
            self._context.copy().run(self._publish, update=True, by_cell=False)
        except Exception:  # the kernel may be going; the conversation must not notice
            logger.exception("The saved transcript could not be brought up to date.")

    def _publish(self, *, update: bool, by_cell: bool) -> None:
        shell = _shell()
        if shell is None:
            return
        with self._publishing:
            conversation, head = self._seat.conversation, self._seat.head
            now = (conversation.id, conversation.seq, head)
            if update and now == (self._kept if by_cell else self._shown):
                return
            data = bundle(conversation, head, self._drawings, self._heading)
            shell.display_pub.publish(data, transient={"display_id": self._name}, update=update)
            self._shown = now
            if by_cell:
                self._kept = now


# -- where a chat is shown ---

_shown_in: dict[str, tuple[str, WeakSet[ChatWidget]]] = {}  # by cell: its last run, and what that showed


def _clear_away(widget: ChatWidget, cell: tuple[str, str] | None) -> None:
    """Close the widgets whose only view went when this cell ran again, so that a hundred runs leave one comm.

    A chat that was closed so makes a new widget when it is shown again. Widgets that somebody took by hand stay.
    """
    if cell is None:
        return
    name, run = cell
    last, shown = _shown_in.get(name, (run, WeakSet()))
    if last != run:
        lost = [old for old in shown if old is not widget and not old.taken]
        del _shown_in[name]
        for old in lost:
            if not any(old in others for _, others in _shown_in.values()):
                old.close()
        shown = WeakSet()
    shown.add(widget)
    _shown_in[name] = (run, shown)


def _cell(shell: Any) -> tuple[str, str] | None:
    """The cell that runs now and this run of it, where the host tells."""
    parent = shell.kernel.get_parent()
    cell, run = parent.get("metadata", {}).get("cellId"), parent.get("header", {}).get("msg_id")
    return (cell, run) if isinstance(cell, str) and isinstance(run, str) else None


def _shell() -> Any:
    """IPython's shell in this process, if there is one. IPython is not imported for it."""
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython is not None else None
