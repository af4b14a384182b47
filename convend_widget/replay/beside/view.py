"""``SideBySide``: runs beside each other in a notebook, and below them the panel of the one that is opened.

The columns are an output of plain HTML, which stays readable without a kernel. The buttons are a second output: they
need the kernel, and so does the panel that they open.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from ...errors import ConvendError
from ...markup import escaped
from .columns import Lines
from .page import came_out, page

Opener = Callable[[str], Any]
"""From the id of a run to a live chat of it: an object whose ``widget`` is its panel."""


WITHOUT_KERNEL = "Each of these runs opens in a panel here, once this cell has run."


class SideBySide:
    """Runs beside each other. Shows in a notebook; ``open(run)`` does what its buttons do."""

    def __init__(self, lines: Lines, opener: Opener | None) -> None:
        self._lines, self._opener = lines, opener
        self._buttons: Any = None
        self._below: Any = None
        self._open: int | None = None  # the column that is shown below
        self._chat: Any = None
        self._panel: Any = None

    @property
    def names(self) -> list[str]:
        """What the runs are called here, from the first column to the last."""
        return [column.name for column in self._lines.columns]

    def __repr__(self) -> str:
        told = "; ".join(f"{column.name} {came_out(column.run)}" for column in self._lines.columns)
        return f"SideBySide({told})"

    def _repr_html_(self) -> str:
        return page(self._lines)

    def _ipython_display_(self) -> None:
        ipython = sys.modules.get("IPython")
        shell = ipython.get_ipython() if ipython is not None else None
        if shell is None:
            return
        plain = {"text/plain": repr(self)}
        if getattr(shell, "kernel", None) is None:
            shell.display_pub.publish(plain)
            return
        shell.display_pub.publish({"text/html": self._repr_html_(), **plain})
        if self._opener is not None:
            shell.display_pub.publish({**self.widget._repr_mimebundle_(), "text/plain": WITHOUT_KERNEL})

    # -- the panel below ---

    @property
    def widget(self) -> Any:
        """The buttons, and the place for a panel below them. Made at first use."""
        if self._below is None:
            from ipywidgets import Button, HBox, Layout, VBox  # type: ignore[import-untyped]

            self._buttons = [Button(layout=Layout(width="auto", min_width="7em")) for _ in self.names]
            for number, button in enumerate(self._buttons):
                button.on_click(lambda _, number=number: self.open(number))
            row = HBox(self._buttons, layout=Layout(flex_flow="row wrap"))
            self._below = VBox([row])
            self._name(None)
        return self._below

    def open(self, column: int = 0) -> None:
        """Show the run of a column (from 0) in a panel below, in place of the one that is shown there."""
        below, one, before = self.widget, self._lines.columns[column], self._panel
        if self._opener is None or column == self._open:
            return
        try:
            self._chat = self._opener(one.run.conversation)
            self._panel, self._open = self._chat.widget, column
        except ConvendError as error:  # it was deleted meanwhile, or the store is gone
            self._panel, self._open = _said(str(error)), None
        below.children = (below.children[0], self._panel)
        self._name(self._open)
        if before is not None:
            before.close()

    def _name(self, opened: int | None) -> None:
        """A button says what it does, or that it is done: whoever cannot see the panel below hears of it there."""
        for number, (button, name) in enumerate(zip(self._buttons, self.names, strict=True)):
            button.description = f"{name} is open below" if number == opened else f"Open {name}"


def _said(words: str) -> Any:
    from ipywidgets import HTML

    return HTML(f'<p role="alert">{escaped(words)}</p>')
