"""CPU of the model client alone, against the SDK that it stands on: a chunk of a stream, and a whole small call.

The server is a process of its own. Cases take turns; each figure is a median, each ratio a median of the ratios of one
round, since whatever else the machine does changes from round to round.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import anthropic

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from convend_widget.model.claude import ClaudeClient
from convend_widget.model.client import Call
from convend_widget.model.draft import Draft

CHUNKS, CALLS, SHORT, ROUNDS = 4_000, 60, 200, 7
SERVER = """
import socket, sys, threading
sys.path.insert(0, sys.argv[1])
from tests.server import reply_events, sse
import json

def stream(chunks):
    parts = [sse(event) for event in reply_events("word " * chunks, size=5)]
    body = b"".join(b"%x\\r\\n%s\\r\\n" % (len(part), part) for part in parts) + b"0\\r\\n\\r\\n"
    return b"HTTP/1.1 200 OK\\r\\ncontent-type: text/event-stream\\r\\ntransfer-encoding: chunked\\r\\n\\r\\n" + body

def whole(chunks):
    message = {"id": "m", "type": "message", "role": "assistant", "model": "m", "stop_reason": "end_turn",
               "stop_sequence": None, "content": [{"type": "text", "text": "word " * chunks}],
               "usage": {"input_tokens": 1, "output_tokens": 1}}
    body = json.dumps(message).encode()
    head = b"HTTP/1.1 200 OK\\r\\ncontent-type: application/json\\r\\ncontent-length: %d\\r\\n\\r\\n"
    return head % len(body) + body

ready = {}
def answer(body):
    request = json.loads(body)
    key = request["max_tokens"], bool(request.get("stream"))
    if key not in ready:
        ready[key] = (stream if key[1] else whole)(key[0])
    return ready[key]

def serve(connection):
    file = connection.makefile("rb")
    while line := file.readline():
        length = 0
        while line.strip():
            if line.lower().startswith(b"content-length"):
                length = int(line.split(b":")[1])
            line = file.readline()
        connection.sendall(answer(file.read(length)))

listening = socket.create_server(("127.0.0.1", 0))
print(listening.getsockname()[1], flush=True)
while True:
    threading.Thread(target=serve, args=(listening.accept()[0],), daemon=True).start()
"""
MESSAGES: list[Any] = [{"role": "user", "content": "Hello"}]
Case = Callable[[int], Awaitable[object]]


def cases(sdk: anthropic.AsyncAnthropic, ours: ClaudeClient) -> dict[str, Case]:
    def ask(size: int) -> dict[str, Any]:
        return {"model": "claude-opus-5-5", "max_tokens": size, "messages": MESSAGES}

    async def stream(size: int) -> None:
        async with sdk.messages.stream(**ask(size)) as events:
            async for _ in events:
                pass

    async def create(size: int) -> None:
        async for _ in await sdk.messages.create(stream=True, **ask(size)):
            pass

    async def raw(size: int) -> None:
        async with sdk.messages.with_streaming_response.create(stream=True, **ask(size)) as response:
            async for event in anthropic.AsyncStream.raw_events(response.http_response):
                json.loads(event.data)

    async def unread(size: int) -> None:
        async with sdk.messages.with_streaming_response.create(stream=True, **ask(size)) as response:
            async for _ in response.http_response.aiter_raw():
                pass

    async def step(size: int) -> None:
        draft = Draft()
        await ours.step(Call("claude-opus-5-5", size, tuple(MESSAGES)), draft)
        assert draft.complete
        assert len(draft.drain()[0].text) == 5 * size

    return {
        "SDK .stream()": stream,
        "SDK create(stream=True)": create,
        "SDK raw_events + json": raw,
        "bytes through the SDK, unread": unread,
        "our client, into a Draft": step,
    }


def whole_cases(sdk: anthropic.AsyncAnthropic, ours: ClaudeClient) -> dict[str, Case]:
    streamed = cases(sdk, ours)

    async def create(size: int) -> None:
        await sdk.messages.create(model="claude-opus-5-5", max_tokens=size, messages=MESSAGES)

    async def step(size: int) -> None:
        draft = Draft()
        await ours.step(Call("claude-opus-5-5", size, tuple(MESSAGES), stream=False), draft)
        assert draft.complete

    return {
        f"SDK .stream(), {SHORT} chunks": streamed["SDK .stream()"],
        f"SDK create(stream=True), {SHORT} chunks": streamed["SDK create(stream=True)"],
        f"our client, {SHORT} chunks": streamed["our client, into a Draft"],
        "SDK create(), in one piece": create,
        "our client, in one piece": step,
    }


async def measure(those: dict[str, Case], size: int, times: int) -> dict[str, list[float]]:
    """CPU seconds of one call, for each round. The first round warms up and is dropped."""
    found: dict[str, list[float]] = {name: [] for name in those}
    for _ in range(ROUNDS + 1):
        for name, case in those.items():
            began = time.process_time()
            for _ in range(times):
                await case(size)
            found[name].append((time.process_time() - began) / times)
    return {name: rounds[1:] for name, rounds in found.items()}


def table(title: str, found: dict[str, list[float]], per: float, unit: str) -> None:
    names = list(found)
    print(f"\n{title:44}{unit:>10}{'to first':>10}{'to ours':>10}")
    ours = found[next(name for name in names if name.startswith("our"))]
    for name, rounds in found.items():
        first, own = (
            statistics.median(a / b for a, b in zip(rounds, other, strict=True)) for other in (found[names[0]], ours)
        )
        print(f"{name:44}{statistics.median(rounds) * per:10.1f}{first:10.2f}{own:10.2f}")


async def run(url: str) -> None:
    ours = ClaudeClient(api_key="k", base_url=url)
    async with anthropic.AsyncAnthropic(api_key="k", base_url=url) as sdk:
        table("a chunk of a long stream", await measure(cases(sdk, ours), CHUNKS, 1), 1e6 / CHUNKS, "µs")
        table("a whole call", await measure(whole_cases(sdk, ours), SHORT, CALLS), 1e3, "ms")
    await ours.aclose()


def main() -> None:
    command = [sys.executable, "-c", SERVER, str(Path(__file__).resolve().parent.parent)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            asyncio.run(run(f"http://127.0.0.1:{int(server.stdout.readline())}"))
        finally:
            server.kill()


if __name__ == "__main__":
    main()
