"""The widget around a panel: tiny, closed to the browser, and heard on any thread."""

from __future__ import annotations

import asyncio
import contextvars
import hashlib
import json
import threading
from pathlib import Path
from typing import Any

import pytest
from ipywidgets import Layout  # type: ignore[import-untyped]  # it has no types
from traitlets import TraitError

from convend_widget.errors import SettingsError
from convend_widget.library import find_policy
from convend_widget.model.keys import Secret
from convend_widget.owner import owner
from convend_widget.panel import chunks
from convend_widget.panel.transcript import bundle
from convend_widget.panel.widget import ChatWidget
from convend_widget.panel.wire import Json
from convend_widget.provision import make_plan
from tests.panel.rig import View
from tests.session.rig import RUDE, rehearsed, talk

TRAITS = ("conversation", "head", "status", "ended", "busy", "model", "chunk_name", "chunk_sha256")

UNKNOWN = ["echo_update", "open", "close", "backbone", "eval", "__init__", "UPDATE", "update ", "", 7, None, True]
NO_SIGNS = {ord(sign): "" for sign in "[]'{}, "}
# What every widget has, and a browser may set on others.
INHERITED = {
    **{"tabbable": True, "tooltip": "The model has ended this conversation", "_dom_classes": ["cvd-ended"]},
    **{"layout": "IPY_MODEL_x", "_anywidget_id": "x", "_esm": "x", "_css": "x", "_view_count": -1},
    **{"_model_name": "x", "_view_module": "x", "_view_module_version": "x", "keys": [], "_no_such": 1},
}


class Comm:
    """The kernel's end of a comm that records, as ``comm.base_comm`` is made."""

    def __init__(self) -> None:
        self.comm_id = "test-comm"
        self.sent: list[Json] = []
        self.buffers: list[list[bytes]] = []
        self.threads: set[str] = set()
        self.closed = 0
        self._on_close: Any = None

    def send(self, data=None, metadata=None, buffers=None):
        self.threads.add(threading.current_thread().name)
        self._reply_subshell_id = "main"  # as ipykernel 7.4 does at each publish
        self.sent.append(data)
        self.buffers.append(buffers or [])

    def on_msg(self, callback):
        self.hear = callback

    def on_close(self, callback):
        self._on_close = callback

    def close(self, *args, **kwargs):
        self.closed += 1
        self._closed = True

    def closed_by_browser(self):
        self._on_close({})

    def custom(self) -> list[Json]:
        return [m["content"] for m in self.sent if m["method"] == "custom"]


@pytest.fixture
def seat(kernel, on_owner):
    return on_owner(kernel.sit(rehearsed()))


@pytest.fixture
def comm(monkeypatch):
    made = Comm()
    monkeypatch.setattr("comm.create_comm", lambda **_: made)
    return made


@pytest.fixture
def widget(seat, comm):
    made = ChatWidget(seat, {"send_with": "ctrl-enter", "theme": "dark", "language": "de"})
    settle()
    yield made
    made.close()


def settle() -> None:
    """Wait until what was posted to the owner and to the observers has happened."""
    owner().wait(asyncio.sleep(0))
    done = threading.Event()
    owner().observe(done.set)
    assert done.wait(10)


def command(seat, do: str, c: str = "c-1", **more: object) -> Json:
    content = {"t": "command", "c": c, "conversation": seat.conversation.id, "do": do, **more}
    return {"content": {"data": {"method": "custom", "content": content}}, "buffers": []}


def test_a_command_over_the_comm_reaches_the_seat_and_the_answer_comes_back(seat, comm, widget, on_owner):
    comm.hear(command(seat, "hello", have=None))
    comm.hear(command(seat, "send", c="c-2", parent=None, text="Hello"))
    view = View()

    async def done():
        while "c-2" not in view.answers:
            await asyncio.sleep(0.01)
            for message in comm.custom()[len(view.heard) :]:
                view.hear(message)
        await seat.session.settled(view.answers["c-2"]["m"])

    on_owner(done())
    settle()
    for message in comm.custom()[len(view.heard) :]:
        view.hear(message)
    assert view.answers["c-2"]["ok"] and view.text(seat.head) == seat.tip.text
    assert (view.chat["send_with"], view.chat["theme"]) == ("ctrl-enter", "dark")
    assert widget.language == "de"
    assert (widget.status, widget.busy, widget.head) == ("ready", False, seat.head)


@pytest.mark.fault(32)
@pytest.mark.parametrize(
    "state",
    [
        *({name: "forged"} for name in TRAITS),
        {"ended": False, "status": "ready", "busy": False},
        {"_esm": "export default {render({el}){el.innerHTML='<img src=x onerror=alert(1)>'}}"},
        {"_css": "* { display: none }", "_view_name": "x", "_model_module": "x", "layout": "IPY_MODEL_x"},
        *({name: value} for name, value in INHERITED.items()),
        {"taken": True, "_panel": 1, "comm": None},
        "not a state",
        None,
    ],
    ids=str,
)
def test_a_forged_update_changes_nothing_and_is_not_echoed(seat, comm, widget, on_owner, state, caplog, monkeypatch):
    monkeypatch.setattr("ipywidgets.widgets.widget.JUPYTER_WIDGETS_ECHO", True)
    on_owner(talk(seat, *RUDE))
    settle()
    before, sent = widget.get_state(), len(comm.sent)
    assert before["ended"] is True and before["status"] == "ended"
    comm.hear({"content": {"data": {"method": "update", "state": state, "buffer_paths": []}}, "buffers": []})
    settle()
    assert widget.get_state() == before and comm.sent[sent:] == [] and "refused" in caplog.text
    assert seat.ending is not None


@pytest.mark.fault(32)
@pytest.mark.parametrize("name", [*TRAITS, *INHERITED])
def test_buffers_change_no_trait_either(comm, widget, name, caplog):
    before, sent = widget.get_state(), len(comm.sent)
    data = {"method": "update", "state": {}, "buffer_paths": [[name]]}
    comm.hear({"content": {"data": data}, "buffers": [memoryview(b"forged")]})
    settle()
    assert widget.get_state() == before and len(comm.sent) == sent and "refused" in caplog.text


@pytest.mark.fault(32)
def test_buffers_along_with_a_command_change_nothing_about_it(seat, comm, widget):
    for paths in ([["content", "do"]], [["content"]], [[0, {}]], "content"):
        message = command(seat, "stop", c=f"c-{paths}".translate(NO_SIGNS))
        message["content"]["data"]["buffer_paths"] = paths
        comm.hear({**message, "buffers": [memoryview(b"new")]})
        settle()
        assert comm.custom()[-1]["t"] == "answer" and comm.custom()[-1]["ok"]
    assert len(seat.conversation) == 0


@pytest.mark.fault(32)
@pytest.mark.parametrize(
    "message",
    [
        {},
        *({"content": {"data": {"method": name, "state": {"ended": False}}}} for name in UNKNOWN),
        {"content": None},
        {"content": {"data": {}}},
        {"content": {"data": {"method": "custom"}}, "buffers": []},
        {"content": {"data": {"method": "eval", "code": "1"}}},
        {"content": {"data": {"method": ["update"]}}},
        {"content": {"data": {"method": "update", "state": {"x": 1}, "buffer_paths": [["x", 9, {}]]}}, "buffers": []},
        {"content": {"data": {"method": "custom", "content": {"t": "command", "do": "chunk", "c": 1}}}},
    ],
    ids=str,
)
def test_a_malformed_comm_message_raises_nothing_and_changes_nothing(comm, widget, message, caplog):
    before, sent = widget.get_state(), len(comm.sent)
    comm.hear(message)
    settle()
    assert widget.get_state() == before and len(comm.sent) == sent and "refused" in caplog.text


def test_a_page_that_was_reloaded_gets_the_state_that_it_requests(comm, widget):
    comm.hear({"content": {"data": {"method": "request_state"}}, "buffers": []})
    assert comm.sent[-1]["method"] == "update" and comm.sent[-1]["state"]["chunk_sha256"] == widget.chunk_sha256


def test_neither_python_nor_the_browser_can_set_what_follows_the_chat(widget):
    for name in TRAITS:
        with pytest.raises(TraitError):
            setattr(widget, name, getattr(widget, name))


def test_the_state_is_under_2_kB_and_the_loader_under_5_kB(seat, comm, widget, on_owner):
    on_owner(talk(seat, *RUDE))
    settle()
    state = widget.get_state()
    assert len(state.pop("_esm").encode()) <= 5_000
    assert "_css" not in state
    assert len(json.dumps({k: str(v) for k, v in state.items()})) < 2_000


def test_every_chunk_of_the_build_comes_as_one_buffer_to_who_names_it_and_its_digest(seat, comm, widget):
    every = chunks.every()
    assert {"panel", "code"} <= {chunk.name for chunk in every}
    for chunk in every:
        comm.hear(command(seat, "chunk", name=chunk.name, sha256=chunk.sha256))
        settle()
        assert comm.custom()[-1] == {"t": "chunk", "name": chunk.name, "sha256": chunk.sha256}
        assert comm.buffers[-1] == [chunk.code]
    assert widget.chunk_sha256 == next(chunk.sha256 for chunk in every if chunk.name == "panel")


def test_no_other_digest_and_no_other_name_brings_a_chunk(seat, comm, widget):
    for c, name, sha256 in [("c-1", "panel", "0" * 64), ("c-2", "code", widget.chunk_sha256)]:
        comm.hear(command(seat, "chunk", c=c, name=name, sha256=sha256))
    settle()
    assert [(m["t"], m["ok"]) for m in comm.custom()[-2:]] == [("answer", False), ("answer", False)]


def test_what_every_widget_carries_and_what_opens_a_chat_stay_small():
    """The loader is saved with every widget; the panel comes before anything is seen; the rest when it is needed."""
    sizes = {chunk.name: len(chunk.code) for chunk in chunks.every()}
    assert len(chunks.loader().encode()) <= 5_000 and sizes["panel"] <= 200_000
    assert sum(sizes.values()) <= 700_000  # packed, a third of that: the wheel stays under 2 MB


def test_the_panel_names_the_digest_of_every_chunk_that_it_may_ask_for():
    """So that a view gets what it was built with, or nothing."""
    panel = chunks.chunk("panel").code.decode()
    assert all(chunk.sha256 in panel for chunk in chunks.every() if chunk.name != "panel")


def test_after_each_send_the_browser_may_answer_on_a_subshell(seat, comm, widget, on_owner):
    on_owner(talk(seat, "Hello"))
    settle()
    assert comm.sent and "_reply_subshell_id" not in vars(comm)
    widget.send_state()
    assert "_reply_subshell_id" not in vars(comm)


def test_the_owner_sends_inside_the_context_that_the_widget_was_made_in(seat, comm, on_owner, monkeypatch):
    parent: contextvars.ContextVar[str] = contextvars.ContextVar("parent")
    seen = []
    real = Comm.send

    def send(self, **kwargs):
        seen.append((threading.current_thread().name, parent.get("nobody")))
        real(self, **kwargs)

    monkeypatch.setattr(Comm, "send", send)
    context = contextvars.copy_context()
    context.run(parent.set, "the cell")
    widget = context.run(ChatWidget, seat, {})
    settle()
    on_owner(talk(seat, "Hello"))
    settle()
    widget.close()
    assert {who for _, who in seen} == {"the cell"}
    assert any(thread == "convend-owner" for thread, _ in seen)


def test_a_comm_that_fails_does_not_hold_up_the_chat(seat, comm, widget, on_owner, monkeypatch):
    def broken(self, **kwargs):
        raise OSError("closed")

    monkeypatch.setattr(Comm, "send", broken)
    [reply] = on_owner(talk(seat, "Hello"))
    assert reply.text


def test_observers_run_off_the_owner_and_one_that_fails_stops_nothing(seat, comm, widget, on_owner, caplog):
    heard = []

    def observer(change):
        heard.append((change["name"], owner().here()))
        raise ValueError("mine")

    widget.observe(observer, ["status", "ended"])
    on_owner(talk(seat, *RUDE))
    settle()
    assert ("ended", False) in heard and not any(here for _, here in heard)
    assert widget.ended and widget.status == "ended" and "observer" in caplog.text


@pytest.mark.fault(36)
def test_a_hundred_widgets_that_were_closed_leave_no_listener(seat, monkeypatch):
    monkeypatch.setattr("comm.create_comm", lambda **_: Comm())
    for _ in range(100):
        widget = ChatWidget(seat, {})
        for _ in range(5):
            widget._repr_mimebundle_()  # shown five times
        widget.close()
        widget.close()
    settle()
    assert seat.listeners == [] and widget.closed


@pytest.mark.fault(36)
def test_a_widget_that_is_closed_takes_the_comm_of_its_layout_along_but_not_of_one_that_was_given(seat, monkeypatch):
    made: list[Comm] = []

    def make(**_: object) -> Comm:
        made.append(Comm())
        return made[-1]

    monkeypatch.setattr("comm.create_comm", make)
    ChatWidget(seat, {}).close()
    assert [comm.closed for comm in made] == [1, 1]
    made.clear()
    shared = Layout()
    widget = ChatWidget(seat, {})
    widget.layout = shared
    widget.close()
    assert shared.comm is not None


@pytest.mark.fault(36)
def test_a_comm_that_the_browser_closes_takes_the_listener_away(seat, comm, widget):
    assert len(seat.listeners) == 1
    comm.closed_by_browser()
    settle()
    assert seat.listeners == [] and widget.closed


@pytest.mark.fault(36)
def test_a_comm_that_the_host_has_closed_and_told_nobody_of_takes_the_listener_away(seat, comm, widget, on_owner):
    """As marimo does when the cell runs again. It is found out when something is to be sent, and nothing is."""
    comm.close()
    assert widget.closed
    sent = len(comm.sent)
    on_owner(talk(seat, "hello"))
    settle()  # the observers' thread closes the widget,
    settle()  # and the owner its panel
    assert seat.listeners == [] and len(comm.sent) == sent


def test_a_repr_is_short_and_the_same_each_time(widget):
    assert repr(widget) == "ChatWidget(ready)"


def test_while_developing_a_new_view_gets_what_was_built_since_and_an_open_one_what_it_was_promised(
    seat, comm, monkeypatch
):
    files = {"loader.js": b"export default {}"}

    def build(number: int) -> None:
        files["panel.js"], files["code.js"] = b"panel %d" % number, b"code %d" % number
        names = {name: {"file": f"{name}.js", "sha256": "x"} for name in ("panel", "code")}
        files["manifest.json"] = json.dumps(names).encode()

    def ask(c: str, name: str, code: bytes) -> list[bytes]:
        comm.hear(command(seat, "chunk", c=c, name=name, sha256=hashlib.sha256(code).hexdigest()))
        settle()
        sent: list[bytes] = comm.buffers[-1]
        return sent

    monkeypatch.setattr(chunks, "_read", lambda file: files[file])
    monkeypatch.setenv("CONVEND_DEV", "1")
    build(1)
    widget = ChatWidget(seat, {})
    before = widget.chunk_sha256
    build(2)
    assert ask("c-1", "panel", b"panel 1") == [b"panel 1"]
    widget.renew()
    assert widget.chunk_sha256 != before
    assert ask("c-2", "panel", b"panel 2") == [b"panel 2"]
    assert ask("c-3", "code", b"code 1") == [b"code 1"]
    assert ask("c-4", "code", b"code 2") == [b"code 2"]
    widget.close()


def test_a_panel_that_was_not_built_says_who_must_do_what(seat, monkeypatch):
    chunks._kept_chunk.cache_clear()
    monkeypatch.setattr("convend_widget.panel.chunks.resources.files", lambda package: Path("/nowhere"))
    with pytest.raises(SettingsError, match="npm run build"):
        chunks._find("panel")


@pytest.mark.fault(59)
def test_a_key_reaches_neither_traits_nor_messages_nor_the_saved_transcript(
    kernel, comm, on_owner, messages_server, caplog
):
    caplog.set_level("DEBUG")
    canary = "sk-ant-canary-0123456789"
    plan, _ = make_plan(
        **dict.fromkeys(("model", "system", "client", "scenario", "seed", "request", "timeouts")),
        policy=find_policy("last_resort"),
        mode="enforce",
        base_url=messages_server.url,
        api_key=Secret(canary),
        pause=0,
        max_tokens=64,
        allow_http=False,
    )
    seat = on_owner(kernel.sit(plan))
    widget = ChatWidget(seat, {})
    comm.hear(command(seat, "hello", have=None))

    async def go():
        return await seat.session.settled(await seat.send("Hello", by="panel"))

    on_owner(go())
    settle()
    transcript = bundle(seat.conversation, seat.head)
    for held in (widget.get_state(), comm.sent, comm.buffers, transcript, repr(widget), repr(seat.tip), caplog.text):
        assert canary not in str(held)
    widget.close()
