"""Chats that JupyterLab shows in a tab beside a notebook: made in the notebook's kernel, each a variable there.

JupyterLab's part asks for them by an expression, apart from the notebook's cells: the history stays as it is, and a
chat gets a name that was free. It is told ``{"model": the widget's comm, "name": …, "conversation": …}``.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, MutableMapping
from typing import Any

from .chat import Chat
from .collection import open as open_stored


class Tab:
    """One chat in a tab, as JupyterLab is told of it."""

    def __init__(self, chat: Chat, name: str) -> None:
        self.chat, self.name = chat, name
        self.widget = chat.widget
        self.model: str = self.widget.model_id  # of a widget that lives; a closed one has none

    def _repr_json_(self) -> dict[str, str]:
        return {"model": self.model, "name": self.name, "conversation": self.chat.conversation_id}

    def __repr__(self) -> str:
        return f"Tab({self.name}, {self.chat!r})"


_open: dict[str, Tab] = {}  # by the comm of its widget


def show(conversation: str | None = None, **settings: Any) -> Tab:
    """A new chat with these settings of ``Chat``, or a stored one, as a variable ``chat``, ``chat_2`` …

    Raises as ``Chat`` and ``open`` do; then there is no new variable.
    """
    chat = Chat(**settings) if conversation is None else open_stored(conversation, **settings)
    variables = _variables()
    tab = Tab(chat, _free_name(variables))
    _open[tab.model] = tab
    variables[tab.name] = chat
    return tab


def find(model: str) -> Tab | None:
    """The chat whose widget has this comm, by the name that it has now; None where it is gone, as after a restart."""
    tab = _open.get(model)
    if tab is None or tab.widget.closed:
        return None
    names = (name for name, value in _variables().items() if value is tab.chat and not name.startswith("_"))
    tab.name = next(names, "")
    return tab


def close(model: str) -> None:
    """Its tab is closed: the view goes. The variable, the conversation and a running reply stay."""
    tab = _open.pop(model, None)
    if tab is not None:
        tab.widget.close()


def _free_name(taken: Mapping[str, object]) -> str:
    name, number = "chat", 1
    while name in taken:
        number += 1
        name = f"chat_{number}"
    return name


def _variables() -> MutableMapping[str, Any]:
    """Those of the notebook; without IPython, of ``__main__``."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return vars(sys.modules["__main__"]) if shell is None else shell.user_ns
