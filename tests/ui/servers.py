"""The servers of the hosts that tests drive: each on a free port of this machine, with a folder of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

PATIENCE = 90  # seconds: a server's start on a busy machine


@contextmanager
def jupyter(python: str | Path, root: Path, **environment: str) -> Iterator[str]:
    """JupyterLab of the environment of ``python``, with whatever else its server serves there; its address."""
    quiet = root / "settings" / "@jupyterlab" / "apputils-extension"
    quiet.mkdir(parents=True)
    (quiet / "notification.jupyterlab-settings").write_text('{"fetchNews": "false", "checkForUpdates": false}')
    of_its_own = {
        "JUPYTER_CONFIG_DIR": str(root / "config"),
        "JUPYTER_DATA_DIR": str(root / "data"),
        "JUPYTERLAB_SETTINGS_DIR": str(root / "settings"),
    }
    port = free_port()
    command = [
        *(str(python), "-m", "jupyterlab", "--no-browser", "--allow-root", f"--port={port}"),
        *("--ServerApp.ip=127.0.0.1", "--ServerApp.port_retries=0", f"--ServerApp.root_dir={root}"),
        *("--IdentityProvider.token=", "--ServerApp.disable_check_xsrf=True", "--LabApp.news_url="),
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--LabApp.expose_app_in_browser=True",
    ]
    address = f"http://127.0.0.1:{port}"
    with serving(command, root, f"{address}/api", of_its_own | environment):
        yield address


@contextmanager
def marimo(python: str | Path, root: Path) -> Iterator[str]:
    """marimo's editor over the notebooks of a folder; its address."""
    port = free_port()
    command = [
        *(str(python), "-m", "marimo", "edit", "--headless", "--no-token", "--skip-update-check"),
        *("--host=127.0.0.1", f"--port={port}", str(root)),
    ]
    address = f"http://127.0.0.1:{port}"
    with serving(command, root, f"{address}/health", {}):
        yield address


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def serving(command: Sequence[str], root: Path, asked: str, environment: Mapping[str, str]) -> Iterator[None]:
    """A server that runs ``command`` until the block is left, entered once it answers at ``asked``."""
    here = {name: value for name, value in os.environ.items() if not name.startswith("ANTHROPIC")}
    here |= {"CONVEND_STORE": str(root / "chats.db"), "HOME": str(root), **environment}
    with (root / "server.log").open("wb") as log:
        server = subprocess.Popen(command, env=here, cwd=root, stdout=log, stderr=subprocess.STDOUT)
    try:
        _wait_for(asked, server, root / "server.log")
        yield
    finally:
        server.terminate()
        server.wait(PATIENCE)


def _wait_for(asked: str, server: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and server.poll() is None:
        try:
            urllib.request.urlopen(asked, timeout=2).close()
            return
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"{server.args!r} did not start:\n{log.read_text('utf-8', 'replace')[-3000:]}")
