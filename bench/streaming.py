"""CPU of one streamed chunk: client, core, store and wire together, against the SDK alone, over a real socket.

A local server, in a process of its own, sends one reply of many small chunks as fast as it is read. Compared in pairs
in one run: the SDK's own ``.stream()``, its ``create(stream=True)``, our client alone, and a whole chat with its store
on disk and a panel attached.
"""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

CHUNKS, PAIRS = 4_000, 5
SERVER = """
import asyncio, json, sys
chunks = int(sys.argv[1])
def sse(data):
    return f"event: {data['type']}\\ndata: {json.dumps(data)}\\n\\n".encode()
def start(model="m"):
    return sse({"type": "message_start", "message": {"id": "msg_1", "type": "message", "role": "assistant",
        "model": "claude-opus-5-5", "content": [], "stop_reason": None, "stop_sequence": None,
        "usage": {"input_tokens": 9, "output_tokens": 1}}})
async def serve(reader, writer):
    while True:
        try:
            head = await reader.readuntil(b"\\r\\n\\r\\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        lines = head.lower().split(b"\\r\\n")
        length = next(int(l.split(b":")[1]) for l in lines if l.startswith(b"content-length"))
        await reader.readexactly(length)
        writer.write(b"HTTP/1.1 200 OK\\r\\ncontent-type: text/event-stream\\r\\n")
        writer.write(b"transfer-encoding: chunked\\r\\n\\r\\n")
        def send(data):
            writer.write(b"%x\\r\\n%s\\r\\n" % (len(data), data))
        send(start() + sse({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}))
        for i in range(chunks):
            send(sse({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "word "}}))
            if i % 50 == 0:
                await writer.drain()
                await asyncio.sleep(0.002)
        send(sse({"type": "content_block_stop", "index": 0}) + sse({"type": "message_delta", "delta": {"stop_reason":
            "end_turn", "stop_sequence": None}, "usage": {"output_tokens": chunks}}) + sse({"type": "message_stop"}))
        writer.write(b"0\\r\\n\\r\\n")
        await writer.drain()
async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
asyncio.run(main())
"""
ASK: dict[str, Any] = {
    "model": "claude-opus-5-5",
    "max_tokens": 8_000,
    "messages": [{"role": "user", "content": "Go on."}],
}


async def sdk_stream(address: str) -> None:
    import anthropic

    async with (
        anthropic.AsyncAnthropic(api_key="k", base_url=address) as client,
        client.messages.stream(**ASK) as stream,
    ):
        async for _ in stream.text_stream:
            pass


async def sdk_create(address: str) -> None:
    import anthropic

    async with anthropic.AsyncAnthropic(api_key="k", base_url=address) as client:
        async for _ in await client.messages.create(**ASK, stream=True):
            pass


async def our_client(address: str) -> None:
    from convend_widget.model.claude import ClaudeClient
    from convend_widget.model.client import Call
    from convend_widget.model.draft import Draft

    client = ClaudeClient(api_key="k", base_url=address)
    await client.step(Call(model=ASK["model"], max_tokens=8_000, messages=tuple(ASK["messages"])), Draft())
    await client.aclose()


def whole_chat(address: str, folder: Path) -> None:
    import convend_widget as cw

    chat = cw.Chat(api_key="k", base_url=address, store=folder / f"{time.monotonic_ns()}.db", policy="off")
    chat.widget.send = lambda content, buffers=None: None  # encoded for the browser, and then not sent
    chat.say("Go on.")
    chat.widget.close()


def cpu(work: Any) -> float:
    """CPU seconds of this process, all threads, while ``work`` runs."""
    began = time.process_time()
    result = work()
    if asyncio.iscoroutine(result):
        asyncio.run(result)
    return time.process_time() - began


def main() -> None:
    server = subprocess.Popen([sys.executable, "-c", SERVER, str(CHUNKS)], stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    address = f"http://127.0.0.1:{server.stdout.readline().strip()}"
    with tempfile.TemporaryDirectory() as folder:
        ways = {
            "SDK .stream()": lambda: sdk_stream(address),
            "SDK create(stream=True)": lambda: sdk_create(address),
            "our client alone": lambda: our_client(address),
            "a whole chat: client, law, store, wire": lambda: whole_chat(address, Path(folder)),
        }
        try:
            for work in ways.values():
                cpu(work)  # imports and connections
            taken = [{name: cpu(work) for name, work in ways.items()} for _ in range(PAIRS)]
        finally:
            server.terminate()
            server.wait()
    print(f"{CHUNKS} chunks, medians of {PAIRS} rounds {'µs a chunk':>14}  of .stream()   goal")
    for name in ways:
        each = statistics.median(t[name] for t in taken) / CHUNKS * 1e6
        ratio = statistics.median(t[name] / t["SDK .stream()"] for t in taken)
        print(f"{name:40} {each:10.1f}  {ratio:10.2f}   {'45 µs' if name.startswith('a whole') else ''}")


if __name__ == "__main__":
    main()
