"""Look at the panel in a stock Firefox: ``python tools/firefox.py``, or ``make firefox`` where there is one.

Firefox speaks WebDriver BiDi by itself, so neither a driver nor a patched build is needed. Every state of the gallery
is looked at as in ``tests/ui/test_gallery.py``, but for the mark of the focus: without a screen no window of Firefox
has the focus. One talk is held with real keys up to the end.
"""

from __future__ import annotations

import itertools
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import websocket

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.ui.axe import AXE, LEVELS, LOOK
from tests.ui.test_gallery import STILL, WRONG, served

RUDE = "You are useless."
ENTER = "\ue007"


class Firefox:
    """One window of a headless Firefox."""

    def __init__(self, profile: str) -> None:
        program = shutil.which("firefox") or shutil.which("firefox-esr")
        if program is None:
            raise SystemExit("There is no Firefox here.")
        command = [program, "--headless", "--no-remote", "--profile", profile, "--remote-debugging-port=0"]
        self._process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        self._socket = websocket.create_connection(f"{self._address()}/session", timeout=120, suppress_origin=True)
        self._numbers = itertools.count(1)
        self.ask("session.new", capabilities={})
        self._window = self.ask("browsingContext.getTree")["contexts"][0]["context"]

    def _address(self) -> str:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            found = re.search(r"BiDi listening on (ws://\S+)", line)
            if found:
                return found[1]
        raise SystemExit("Firefox did not start.")

    def ask(self, method: str, **params: Any) -> Any:
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            answer = json.loads(self._socket.recv())
            if answer.get("id") == number:
                if answer["type"] == "error":
                    raise RuntimeError(f"{method}: {answer['message']}")
                return answer["result"]

    def visit(self, address: str, width: int, height: int) -> None:
        self.ask("browsingContext.setViewport", context=self._window, viewport={"width": width, "height": height})
        self.ask("browsingContext.navigate", context=self._window, url=address, wait="complete")
        self.until("document.body.hasAttribute('data-ready')")

    def run(self, expression: str) -> Any:
        """The value of an expression, as JSON carries it."""
        code = f"Promise.resolve({expression}).then(value => JSON.stringify(value) ?? 'null')"
        target = {"context": self._window}
        result = self.ask("script.evaluate", expression=code, target=target, awaitPromise=True)
        if result["type"] != "success":
            raise RuntimeError(result["exceptionDetails"]["text"])
        return json.loads(result["result"]["value"])

    def until(self, expression: str, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while not self.run(expression):
            if time.monotonic() > deadline:
                raise AssertionError(f"Never true: {expression}")
            time.sleep(0.1)

    def type(self, keys: str) -> None:
        """Real key presses."""
        presses = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        actions = [{"type": "key", "id": "keys", "actions": presses}]
        self.ask("input.performActions", context=self._window, actions=actions)

    def close(self) -> None:
        try:
            self.ask("browser.close")
        finally:
            self._socket.close()
            self._process.wait(20)


def states(firefox: Firefox, address: str) -> list[str]:
    """What is wrong with any state, as axe and the layout checks see it."""
    wrong: list[str] = []
    for query, width in (("shade=light,dark", 1400), ("shade=light&width=320", 352)):
        firefox.visit(f"{address}?gallery&bare&{query}", width, 1000)
        cells = "[...document.querySelectorAll('.cell')]"
        found = firefox.run(f"{cells}.map(cell => [cell.dataset.state, ({WRONG})(cell)])")
        wrong += [f"{query}, {state}: {fault}" for state, faults in found for fault in faults]
    firefox.visit(f"{address}?gallery&bare", 1400, 4000)
    firefox.run(
        f"void document.head.append(Object.assign(document.createElement('style'), {{textContent: `{STILL}`}}))"
    )
    firefox.run(f"void new Function({json.dumps(AXE.read_text())})()")
    found = firefox.run(f"({LOOK})(document.querySelector('main'), {json.dumps(LEVELS)})")
    return wrong + [f"axe: {fault}" for fault in found["wrong"]]


def talk(firefox: Firefox, address: str) -> None:
    """By keys: warned twice, ended, locked with the focus and the draft kept, and a new chat."""
    firefox.visit(f"{address}?bare", 900, 900)
    firefox.run("void document.querySelector('.cvd-input').focus()")
    for said in range(1, 4):
        firefox.type(f"{RUDE}{ENTER}")
        firefox.until(f"document.querySelectorAll('[data-m]').length === {2 * said}")
        if said == 3:
            firefox.type("a draft")
        firefox.until("!document.querySelector('[aria-busy]')")
    firefox.until("document.querySelector('.cvd-ended') !== null")
    field = firefox.run("(({value, readOnly, disabled}) => [value, readOnly, disabled])(document.activeElement)")
    assert field == ["a draft", True, False], field
    # without a screen no window of Firefox has the focus, and in one without it no key presses a button
    firefox.run("void document.querySelector('.cvd-ended .cvd-primary').click()")
    firefox.until("document.querySelectorAll('[data-m]').length === 0")
    field = firefox.run("(({value, readOnly}) => [value, readOnly])(document.activeElement)")
    assert field == ["a draft", False], field


def main() -> None:
    """Say what is wrong, and leave with 1 where anything is."""
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as profile, served(folder) as address:
        firefox = Firefox(profile)
        try:
            talk(firefox, address)
            wrong = states(firefox, address)
        finally:
            firefox.close()
    print("\n".join(wrong) or "Firefox: every state looks well, and a talk can be held to its end.")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
