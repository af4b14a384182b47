"""The oldest kernel that is supported, without a browser: what one sends, as JupyterLab sends it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

PYTHON = Path(__file__).parents[2] / ".venv-ipykernel6/bin/python"
PATIENCE = 120  # seconds
Json = dict[str, Any]


class OldKernel:
    """A kernel of ipykernel 6.31 in an environment of its own, and the comm of the one chat that it shows."""

    def __init__(self, store: Path) -> None:
        self.manager = KernelManager()
        assert self.manager.kernel_spec is not None
        self.manager.kernel_spec.argv = [str(PYTHON), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        here = {name: value for name, value in os.environ.items() if not name.startswith("ANTHROPIC")}
        self.manager.start_kernel(env={**here, "CONVEND_STORE": str(store), "HOME": str(store.parent)})
        self.client: BlockingKernelClient = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=PATIENCE)
        self.comm = ""
        self.heard: list[Json] = []  # what the panel was told

    def start(self, code: str) -> str:
        """Begin a cell; returns once the kernel has begun to run it."""
        cell = str(self.client.execute(code))
        self.until(lambda m: m["parent_header"].get("msg_id") == cell and m["msg_type"] == "execute_input")
        return cell

    def wait(self, cell: str) -> str:
        """Wait for the end of a cell; what it printed."""
        printed: list[str] = []

        def over(message: Json) -> bool:
            if message["parent_header"].get("msg_id") != cell:
                return False
            if message["msg_type"] == "error":
                raise AssertionError("\n".join(message["content"]["traceback"]))
            if message["msg_type"] == "stream":
                printed.append(message["content"]["text"])
            return bool(message["msg_type"] == "status" and message["content"]["execution_state"] == "idle")

        self.until(over)
        return "".join(printed).strip()

    def run(self, code: str) -> str:
        return self.wait(self.start(code))

    def command(self, c: str, do: str, **more: Any) -> None:
        """What the panel sends when somebody presses a button."""
        chat = next(m["chat"] for m in reversed(self.heard) if "chat" in m)
        data = {"t": "command", "c": c, "do": do, "conversation": chat["conversation"], **more}
        content = {"comm_id": self.comm, "data": {"method": "custom", "content": data}}
        self.client.shell_channel.send(self.client.session.msg("comm_msg", content))

    def say_hello(self) -> None:
        """The first thing that a view sends; it is answered by a snapshot."""
        data = {"t": "command", "c": "hello", "do": "hello", "conversation": "", "have": None}
        content = {"comm_id": self.comm, "data": {"method": "custom", "content": data}}
        self.client.shell_channel.send(self.client.session.msg("comm_msg", content))
        self.until(lambda m: any(heard["t"] == "snapshot" for heard in self.heard))

    def answered(self, c: str) -> Json:
        """Wait for the answer to a command."""
        self.until(lambda m: any(heard.get("c") == c for heard in self.heard))
        return next(heard for heard in self.heard if heard.get("c") == c)

    def until(self, happened: Any) -> None:
        """Take in what the kernel publishes until something has happened."""
        deadline = time.monotonic() + PATIENCE
        while True:
            message = self.client.get_iopub_msg(timeout=max(0.0, deadline - time.monotonic()))
            content = message["content"]
            if message["msg_type"] == "comm_open" and content["target_name"] == "jupyter.widget":
                if content["data"]["state"].get("_model_module") == "anywidget":
                    self.comm = content["comm_id"]
            elif message["msg_type"] == "comm_msg" and content["comm_id"] == self.comm:
                self.heard += [content["data"]["content"]] if content["data"].get("method") == "custom" else []
            if happened(message):
                return

    def close(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


@pytest.fixture
def kernel(tmp_path: Path) -> Iterator[OldKernel]:
    if not PYTHON.exists():
        pytest.fail(f"{PYTHON} is missing: run make setup.")
    made = OldKernel(tmp_path / "chats.db")
    yield made
    made.close()


@pytest.mark.fault(41)
def test_on_ipykernel_6_the_panel_waits_for_a_busy_cell_and_loses_nothing(kernel: OldKernel, tmp_path: Path) -> None:
    """``say``, ``asay`` and ``play`` work; what is pressed during a blocking cell is done after it, once, however
    often it was sent."""
    assert kernel.run("import ipykernel; print(ipykernel.__version__)").startswith("6.31")
    kernel.run("import convend_widget as cw; chat = cw.Chat(pause=0)")
    assert "Hello, and welcome" in kernel.run("print(chat.say('hello').text)")
    assert "84" in kernel.run("print((await chat.asay('12 * 7')).text)")
    played = "lesson = cw.Chat(scenario='persistent_abuse', pause=0); print(len(lesson.play()), lesson.ended)"
    assert kernel.run(played) == "5 True"

    kernel.run("from IPython.display import display; display(chat)")
    kernel.say_hello()
    head = kernel.run("print(chat.conversation.head.id)")
    go = tmp_path / "go"
    busy = kernel.start(f"import os, time\nwhile not os.path.exists({str(go)!r}): time.sleep(0.01)")
    for _ in range(3):  # the browser sends again what is not answered
        kernel.command("one", "send", parent=head, text="while you were busy")
    kernel.command("two", "feedback", message=head, thumb="up", words="")
    go.touch()
    kernel.wait(busy)
    for command in ("one", "two"):
        assert kernel.answered(command)["ok"], kernel.answered(command)
    kernel.run("while chat.busy: time.sleep(0.01)")
    said = "print([m.text for m in chat.conversation.messages].count('while you were busy'), len(chat.conversation))"
    assert kernel.run(said) == "1 6"
    assert kernel.run("print([f.thumb for f in chat.conversation.feedback])") == "['up']"


@pytest.mark.fault(41)
def test_on_ipykernel_6_stop_works_and_streams_go_on_while_a_cell_runs(kernel: OldKernel, tmp_path: Path) -> None:
    """A reply that the panel asked for is stopped by the panel; while a cell blocks, it streams to the browser."""
    kernel.run("import convend_widget as cw, time; chat = cw.Chat(pause=0.05)")
    kernel.run("from IPython.display import display; display(chat)")
    kernel.say_hello()
    kernel.command("one", "send", parent=None, text="what can you do")
    assert kernel.answered("one")["ok"]
    go = tmp_path / "go"
    busy = kernel.start(f"import os\nwhile not os.path.exists({str(go)!r}): time.sleep(0.01)")
    so_far = len(kernel.heard)
    kernel.until(lambda m: any(heard["t"] == "delta" for heard in kernel.heard[so_far:]))
    kernel.command("two", "stop")
    go.touch()
    kernel.wait(busy)
    assert kernel.answered("two")["ok"]
    kernel.run("while chat.busy: time.sleep(0.01)")
    assert kernel.run("print(len(chat.conversation), chat.conversation.head.state.value)") == "2 stopped"
