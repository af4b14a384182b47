"""Showing a chat publishes its view, and beside it a transcript of its own that is kept up to date."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import textwrap
from types import SimpleNamespace

import nbformat
import pytest
from nbclient import NotebookClient

from convend_widget.owner import owner
from convend_widget.panel import display
from convend_widget.panel.display import publish
from convend_widget.panel.document import MIME
from convend_widget.panel.widget import ChatWidget
from convend_widget.panel.wire import Json
from tests.session.rig import RUDE, rehearsed, talk

VIEW = "application/vnd.jupyter.widget-view+json"


class Shell:
    """IPython's shell with a kernel, as far as displaying needs it."""

    def __init__(self) -> None:
        self.published: list[tuple[Json, Json, bool]] = []
        self.display_pub = SimpleNamespace(publish=self._publish)
        self.kernel = SimpleNamespace(get_parent=lambda: self.parent)
        self.parent: Json = {}
        self.run("cell-1")

    def run(self, cell: str | None) -> None:
        """A cell begins to run."""
        header = {"msg_id": f"run-{len(self.published)}-{id(object())}"}
        self.parent = {"header": header, "metadata": {"cellId": cell} if cell else {}}

    def _publish(self, data, metadata=None, *, transient=None, update=False):
        self.published.append((data, transient or {}, update))

    @property
    def pages(self) -> list[tuple[str, bool]]:
        return [(data["text/html"], update) for data, _, update in self.published if MIME in data]


@pytest.fixture
def shell(monkeypatch):
    made = Shell()
    monkeypatch.setattr(display, "_shell", lambda: made)
    monkeypatch.setattr(display, "REST", 0.05)
    monkeypatch.setattr(display, "_shown_in", {})
    return made


@pytest.fixture
def seat(kernel, on_owner):
    return on_owner(kernel.sit(rehearsed()))


def wait(seconds: float = 0.0) -> None:
    owner().wait(asyncio.sleep(seconds))


def test_a_view_comes_first_and_right_below_it_the_transcript_under_a_name_of_its_own(shell, seat):
    widget = ChatWidget(seat, {})
    publish(widget, seat, "Chat(rehearsal)")
    (view, no_name, _), (page, name, _) = shell.published
    assert view[VIEW]["model_id"] == widget.model_id and view["text/plain"] == "Chat(rehearsal)" and no_name == {}
    assert set(page) == {MIME, "text/html", "text/plain"} and name["display_id"].startswith("convend-")
    assert '<div class="cvd-static ' in page["text/html"]
    widget.close()


def test_the_transcript_follows_what_is_settled_and_the_view_is_never_published_again(shell, seat, on_owner):
    widget = ChatWidget(seat, {})
    publish(widget, seat)
    wait()
    on_owner(talk(seat, *RUDE))
    wait(0.2)
    assert "The model has ended this conversation" in shell.pages[-1][0]
    assert [VIEW in data for data, _, _ in shell.published].count(True) == 1
    names = {name["display_id"] for _, name, _ in shell.published[1:]}
    assert len(names) == 1 and [update for _, update in shell.pages] == [False, *[True] * (len(shell.pages) - 1)]
    assert len(shell.pages) <= 1 + len(RUDE)
    widget.close()


def test_a_new_conversation_in_the_same_panel_has_its_own_transcript(shell, seat, on_owner):
    widget = ChatWidget(seat, {})
    publish(widget, seat)
    on_owner(talk(seat, "Hello"))
    on_owner(seat.new())
    wait(0.2)
    assert "Nothing was said yet." in shell.pages[-1][0]
    widget.close()


def test_a_refresh_publishes_at_once_and_only_where_something_changed(shell, seat, on_owner):
    widget = ChatWidget(seat, {})
    publish(widget, seat)
    on_owner(talk(seat, "Hello"))
    assert widget.saved is not None
    widget.saved.refresh()
    count = len(shell.pages)
    assert "Hello" in shell.pages[-1][0]
    widget.saved.refresh()
    wait(0.2)
    assert len(shell.pages) == count
    widget.close()


def test_a_cell_publishes_the_end_of_what_it_did_also_where_that_was_published_while_it_ran(shell, seat, on_owner):
    widget = ChatWidget(seat, {})
    publish(widget, seat)
    wait()
    on_owner(talk(seat, "Hello"))
    wait(0.2)
    assert widget.saved is not None and "Hello" in shell.pages[-1][0]
    count = len(shell.pages)
    widget.saved.refresh()
    assert len(shell.pages) == count + 1
    widget.saved.refresh()
    assert len(shell.pages) == count + 1
    widget.close()


@pytest.mark.fault(36)
def test_shown_five_times_a_chat_has_one_widget_one_transcript_and_two_listeners(shell, seat, on_owner):
    widget = ChatWidget(seat, {})
    for number in range(5):
        shell.run(f"cell-{number}")
        publish(widget, seat)
    wait()
    assert len(seat.listeners) == 2 and not widget.closed
    assert len({name["display_id"] for _, name, _ in shell.published if name}) == 1
    before = len(shell.pages)
    on_owner(talk(seat, "Hello"))
    wait(0.2)
    assert len(shell.pages) - before <= 2, "one update reaches every output of that name"
    widget.close()
    wait()
    assert seat.listeners == []


@pytest.mark.fault(36)
def test_a_cell_that_is_run_a_hundred_times_and_makes_a_chat_each_time_leaves_one_comm(shell, kernel, on_owner):
    widgets = []
    for _ in range(100):
        shell.run("cell-1")
        seat = on_owner(kernel.sit(rehearsed()))
        widgets.append(ChatWidget(seat, {}))
        publish(widgets[-1], seat)
    assert [w.closed for w in widgets] == [True] * 99 + [False]
    widgets[-1].close()


def test_a_chat_that_is_shown_elsewhere_too_or_was_taken_by_hand_is_not_cleared_away(shell, kernel, on_owner):
    widgets = []
    for name in ("elsewhere", "taken", "twice in one run", "plain"):
        seat = on_owner(kernel.sit(rehearsed()))
        widgets.append(ChatWidget(seat, {}))
        if name == "elsewhere":
            shell.run("cell-9")
            publish(widgets[-1], seat)
            shell.run("cell-1")
        widgets[-1].taken = name == "taken"
        publish(widgets[-1], seat)
    assert not any(w.closed for w in widgets), "all four were shown by one run of one cell"
    shell.run("cell-1")
    seat = on_owner(kernel.sit(rehearsed()))
    widgets.append(ChatWidget(seat, {}))
    publish(widgets[-1], seat)
    assert [w.closed for w in widgets] == [False, False, True, True, False]
    for widget in widgets:
        widget.close()


def test_where_the_host_names_no_cells_nothing_is_cleared_away(shell, kernel, on_owner):
    widgets = []
    for _ in range(3):
        shell.run(None)
        seat = on_owner(kernel.sit(rehearsed()))
        widgets.append(ChatWidget(seat, {}))
        publish(widgets[-1], seat)
    assert not any(w.closed for w in widgets)
    for widget in widgets:
        widget.close()


def test_in_a_terminal_only_the_text_is_shown(shell, seat):
    shell.kernel = None
    widget = ChatWidget(seat, {})
    publish(widget, seat, "Chat(rehearsal)")
    assert shell.published == [({"text/plain": "Chat(rehearsal)"}, {}, False)]
    widget.close()


def test_a_transcript_that_cannot_be_published_does_not_reach_the_conversation(shell, seat, on_owner):
    widget = ChatWidget(seat, {})
    publish(widget, seat)
    wait()

    def broken(*args, **more):
        raise OSError("no kernel any more")

    shell.display_pub.publish = broken
    [reply] = on_owner(talk(seat, "Hello"))
    wait(0.2)
    assert reply.text
    widget.close()


def test_in_a_plain_script_showing_does_nothing_and_imports_no_ipython_shell():
    script = """
        import sys
        from convend_widget.panel import display
        assert display._shell() is None
        display.publish(None, None)
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(script)], check=True, timeout=60)


def _run(*cells: str) -> nbformat.NotebookNode:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(textwrap.dedent(cell)) for cell in cells])
    return NotebookClient(notebook, timeout=120, kernel_name="python3").execute()


@pytest.mark.fault(39)
def test_a_real_kernel_saves_the_view_and_beside_it_a_transcript_that_later_cells_bring_up_to_date():
    notebook = _run(
        """
        from convend_widget import chat as door
        chat = door.Chat(store=":memory:")
        door.Chat._ipython_display_(chat)
        """,
        """
        chat.say("Hello there")
        chat.widget.saved.refresh()
        """,
        """
        import threading
        threading.Thread(target=chat.widget.saved.refresh).start()
        """,
    )
    view, page = notebook.cells[0].outputs
    assert VIEW in view["data"] and "text/html" not in view["data"]
    assert "Hello there" in page["data"]["text/html"] and page["data"][MIME]["rows"][0]["role"] == "user"
    assert not any(output.output_type == "error" for cell in notebook.cells for output in cell.outputs)
    assert "transient" not in page and "Traceback" not in str(notebook.cells)
