"""A reply of 4,000 chunks at 200 chunks a second, into a panel in JupyterLab in a real Chromium.

Counts bytes on the page's websockets, CPU seconds of the kernel and the Jupyter server, the time from the last chunk to
the last change on the page, and long tasks. Beside it, in the same kernel and over the same local server, the SDK's own
``.stream()`` reads the same reply and shows nothing. Needs the test environment (``make test`` sets it up).
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import Page, sync_playwright

CHUNKS, GAP, WORD = 4_000, 0.005, "word"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-dev-shm-usage",
]
SERVER = """
import asyncio, json, sys, time
chunks, gap, word, told = int(sys.argv[1]), float(sys.argv[2]), sys.argv[3], sys.argv[4]
def sse(data):
    return f"event: {data['type']}\\ndata: {json.dumps(data)}\\n\\n".encode()
async def serve(reader, writer):
    while True:
        try:
            head = await reader.readuntil(b"\\r\\n\\r\\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        lines = head.lower().split(b"\\r\\n")
        await reader.readexactly(next(int(l.split(b":")[1]) for l in lines if l.startswith(b"content-length")))
        writer.write(b"HTTP/1.1 200 OK\\r\\ncontent-type: text/event-stream\\r\\n")
        writer.write(b"transfer-encoding: chunked\\r\\n\\r\\n")
        def send(data):
            data = sse(data)
            writer.write(b"%x\\r\\n%s\\r\\n" % (len(data), data))
        send({"type": "message_start", "message": {"id": "msg_1", "type": "message", "role": "assistant", "model":
            "claude-opus-5-5", "content": [], "stop_reason": None, "stop_sequence": None,
            "usage": {"input_tokens": 9, "output_tokens": 1}}})
        block = {"type": "text", "text": ""}
        send({"type": "content_block_start", "index": 0, "content_block": block})
        began = time.perf_counter()
        for i in range(chunks):
            text = word[:3] + ("\\n" if i % 120 == 119 else " ")
            send({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}})
            await asyncio.sleep(max(0, began + (i + 1) * gap - time.perf_counter()))
        with open(told, "a") as file:
            file.write(f"{time.time()}\\n")
        send({"type": "content_block_stop", "index": 0})
        send({"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": None},
            "usage": {"output_tokens": chunks}})
        send({"type": "message_stop"})
        writer.write(b"0\\r\\n\\r\\n")
async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
asyncio.run(main())
"""
WATCH = """() => {
    window.bench = {last: 0, long: 0};
    const root = document.querySelector(".cvd-root");
    const changed = () => { bench.last = performance.timeOrigin + performance.now(); };
    new MutationObserver(() => requestAnimationFrame(changed))
        .observe(root.querySelector(".cvd-transcript") ?? root, {childList: true, characterData: true, subtree: true});
    new PerformanceObserver((list) => { bench.long += list.getEntries().length; }).observe({type: "longtask"});
}"""
SHOW = """import os, time, anthropic, convend_widget as cw  # the SDK's own import counts for neither
chat = cw.Chat(api_key="k", base_url="{address}", store=":memory:", policy="off")
chat"""
SAY = """before = time.process_time()
_ = await chat.asay("Go on.")
print("CPU", time.process_time() - before, os.getpid())"""
ALONE = """import anthropic
async def read():
    async with anthropic.AsyncAnthropic(api_key="k", base_url="{address}") as client:
        ask = dict(model="claude-opus-5-5", max_tokens=8000, messages=[dict(role="user", content="Go on.")])
        async with client.messages.stream(**ask) as stream:
            async for _ in stream.text_stream:
                pass
before = time.process_time()
await read()
print("CPU", time.process_time() - before, os.getpid())"""


def cpu_of(pid: int) -> float:
    """CPU seconds that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def start_lab(root: Path) -> tuple[subprocess.Popen[bytes], str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--port={port}"]
    command += ["--ServerApp.ip=127.0.0.1", f"--ServerApp.root_dir={root}", "--IdentityProvider.token="]
    command += ["--ServerApp.disable_check_xsrf=True", "--LabApp.news_url="]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    lab = subprocess.Popen(command, **quiet)  # type: ignore[call-overload]
    for _ in range(300):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/api", timeout=1).close()
            break
        except OSError:
            time.sleep(0.2)
    return lab, f"http://127.0.0.1:{port}"


def run(page: Page, cell: int, seconds: float = 120) -> str:
    """Run a cell until it is through; returns what it printed."""
    where = page.locator(".jp-CodeCell").nth(cell)
    page.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]').first.wait_for(
        state="attached", timeout=seconds * 1000
    )  # asked before its kernel is there, Lab would ask which one is meant
    for _ in range(20):  # Lab forgets a key that comes before its kernel is ready
        where.locator(".cm-content").click()
        page.keyboard.press("Control+Enter")
        page.wait_for_timeout(1_000)
        if where.locator(".jp-InputPrompt").inner_text().strip() != "[ ]:":
            break
    prompt = "i => /\\[\\d+\\]/.test(document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')[i].innerText)"
    page.wait_for_function(prompt, arg=cell, timeout=seconds * 1000)
    return where.locator(".jp-OutputArea").inner_text()


def measure(page: Page, address: str, lab: int, told: Path) -> dict[str, Any]:
    received = {"bytes": 0}

    def count(frame: str | bytes) -> None:
        received["bytes"] += len(frame.encode() if isinstance(frame, str) else frame)

    page.on("websocket", lambda socket: socket.on("framereceived", count))
    page.goto(address)
    page.locator(".jp-CodeCell").first.wait_for(timeout=60_000)
    run(page, 0)
    page.locator(".cvd-root").wait_for(timeout=60_000)
    page.wait_for_timeout(2_000)
    page.evaluate(WATCH)
    bytes_before, server_before = received["bytes"], cpu_of(lab)
    kernel = float(run(page, 1).split("CPU ")[1].split()[0])
    page.wait_for_timeout(2_000)
    server, sent = cpu_of(lab) - server_before, received["bytes"] - bytes_before
    seen = page.evaluate("bench")
    last = float(told.read_text().split()[-1])
    alone = float(run(page, 2).split("CPU ")[1].split()[0])
    text = CHUNKS * 4
    return {
        "bytes to the browser / text": (sent / text, "at most 10"),
        "kernel and server CPU, seconds": (kernel + server, ""),
        "… of the SDK's own .stream()": ((kernel + server) / alone, "at most 1.5"),
        "last chunk to last change on the page, ms": (seen["last"] - last * 1000, "at most 100"),
        "long tasks (over 50 ms)": (seen["long"], "0"),
    }


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        root, told = Path(folder), Path(folder) / "told"
        command = [sys.executable, "-c", SERVER, str(CHUNKS), str(GAP), WORD, str(told)]
        model = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert model.stdout is not None
        address = f"http://127.0.0.1:{model.stdout.readline().strip()}"
        cells = [new_code_cell(c) for c in (SHOW.format(address=address), SAY, ALONE.replace("{address}", address))]
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), root / "stream.ipynb")
        lab, where = start_lab(root)
        try:
            with sync_playwright() as playwright:
                chromium = shutil.which("chromium") or shutil.which("google-chrome")
                browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
                found = measure(browser.new_page(), f"{where}/lab/tree/stream.ipynb?reset", lab.pid, told)
                browser.close()
        finally:
            for process in (lab, model):
                process.terminate()
                process.wait(20)
    print(f"{CHUNKS} chunks at {1 / GAP:.0f} a second, {CHUNKS * 4 // 1000} kB  {'':10}   goal")
    for name, (value, goal) in found.items():
        print(f"{name:44} {value:10.2f}   {goal}")
    print(json.dumps({name: round(value, 3) for name, (value, _) in found.items()}))


if __name__ == "__main__":
    main()
