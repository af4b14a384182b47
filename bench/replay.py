"""Replays: their speed against the SDK's own floor and against Inspect, what they store, hold and are billed for.

A local server, in a process of its own, answers each call with one reply of 200 chunks, in one piece or as a stream.
In one run, in turns: the SDK's ``create`` (the floor), ``chat.replay`` with one turn a run, ``AT_ONCE`` at a time, into
a store on disk and a DataFrame, the same into a store in memory, and Inspect with one turn a sample, in an environment
that is made for this and thrown away; and once the SDK's two ways of streaming. CPU is that of the process that calls,
with all its threads.

Then: what is on disk for each run; the memory that is held at the end of a small and of a large study; and the input
tokens that fifty replays of a branch of twenty turns are billed for, at the rehearsal, which applies the published
rules of caching (``model/rehearsal/usage.py``).
"""

from __future__ import annotations

import asyncio
import gc
import json
import statistics
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CHUNKS, AT_ONCE, CALLS, ROUNDS = 200, 64, 200, 5
PEER = "inspect_ai==0.3.285"
FLOOR, OURS, IN_MEMORY, INSPECT = (
    "SDK create",
    "replay, on disk, with frame",
    "replay, in memory, with frame",
    "Inspect",
)
SMALL, LARGE = 400, 2_000  # runs
TURNS, REPLAYS = 20, 50  # of the branch that is billed
SERVER = """
import asyncio, json, sys
chunks = int(sys.argv[1])
usage = {"input_tokens": 9, "output_tokens": chunks}
whole = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-opus-5-5", "content":
    [{"type": "text", "text": "word " * chunks}], "stop_reason": "end_turn", "stop_sequence": None, "usage": usage}
def sse(data):
    return f"event: {data['type']}\\ndata: {json.dumps(data)}\\n\\n".encode()
start = sse({"type": "message_start", "message": {**whole, "content": [], "stop_reason": None}})
start += sse({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}})
delta = sse({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "word "}})
end = sse({"type": "content_block_stop", "index": 0}) + sse({"type": "message_delta", "delta": {"stop_reason":
    "end_turn", "stop_sequence": None}, "usage": {"output_tokens": chunks}}) + sse({"type": "message_stop"})
stream, body = start + delta * chunks + end, json.dumps(whole).encode()
count = json.dumps({"input_tokens": 9}).encode()
async def serve(reader, writer):
    while True:
        try:
            head = (await reader.readuntil(b"\\r\\n\\r\\n")).lower()
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        lines = head.split(b"\\r\\n")
        length = next(int(l.split(b":")[1]) for l in lines if l.startswith(b"content-length"))
        asked = await reader.readexactly(length)
        if b"count_tokens" in lines[0]:
            kind, data = b"application/json", count
        elif b'"stream":true' in asked.replace(b" ", b""):
            kind, data = b"text/event-stream", stream
        else:
            kind, data = b"application/json", body
        head = b"HTTP/1.1 200 OK\\r\\ncontent-type: %s\\r\\ncontent-length: %d\\r\\n\\r\\n"
        writer.write(head % (kind, len(data)) + data)
async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=512)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
asyncio.run(main())
"""
ASK: dict[str, Any] = {
    "model": "claude-opus-5-5",
    "max_tokens": 4_096,
    "messages": [{"role": "user", "content": "Go on."}],
}


async def sdk(address: str, way: str) -> None:
    """``CALLS`` calls, ``AT_ONCE`` at a time."""
    import anthropic

    left = iter(range(CALLS))

    async def work(client: Any) -> None:
        for _ in left:
            if way == "create":
                await client.messages.create(**ASK)
            elif way == "create(stream=True)":
                async for _event in await client.messages.create(**ASK, stream=True):
                    pass
            else:
                async with client.messages.stream(**ASK) as stream:
                    await stream.get_final_message()

    async with anthropic.AsyncAnthropic(api_key="k", base_url=address) as client:
        await asyncio.gather(*(work(client) for _ in range(AT_ONCE)))


def replayed(address: str, store: Path | str, calls: int = CALLS) -> Any:
    """As many runs of one turn, and their frame; returns the runs."""
    import convend_widget as cw

    chat = cw.Chat(api_key="k", base_url=address, model="claude-opus-5-5", store=store)
    chat.say("Go on.")
    runs = chat.replay(n=calls, concurrency=AT_ONCE, progress=False)
    assert len(runs.to_frame()) == calls
    return runs


def cpu(work: Any) -> float:
    """CPU seconds of this process, all threads, while ``work`` runs."""
    began = time.process_time()
    result = work()
    if asyncio.iscoroutine(result):
        asyncio.run(result)
    return time.process_time() - began


# -- speed


@contextmanager
def peer(address: str, folder: str) -> Iterator[Callable[[int], float] | None]:
    """CPU seconds that Inspect takes for so many turns, in a process and an environment of its own.

    None, and a line that says why, where it cannot be had.
    """
    home, uv = Path(folder) / "peer", str(Path(sys.executable).with_name("uv"))
    python = str(home / "bin" / "python")
    try:
        subprocess.run([uv, "venv", "-q", "--python", sys.executable, str(home)], check=True, capture_output=True)
        install = [uv, "pip", "install", "-q", "--python", python, PEER, "anthropic"]
        subprocess.run(install, check=True, capture_output=True, timeout=900)
    except (OSError, subprocess.SubprocessError) as error:
        told = getattr(error, "stderr", None) or b""
        print(f"Inspect is left out, since {PEER} cannot be installed: {error} {told.decode()[-300:]}")
        yield None
        return
    script = str(Path(__file__).with_name("_inspect_peer.py"))
    command = [python, script, address, str(AT_ONCE)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        source, answers = process.stdin, process.stdout
        print(f"inspect_ai {answers.readline().strip()}")

        def taken(turns: int) -> float:
            print(turns, file=source, flush=True)
            return float(answers.readline())

        yield taken
        source.close()


def speed(address: str, folder: str) -> None:
    """Turns a CPU-second, in turns, and each as a part of the floor of its own round."""
    ways: dict[str, Any] = {
        FLOOR: lambda: sdk(address, "create"),
        OURS: lambda: replayed(address, Path(folder) / f"{time.monotonic_ns()}.db"),
        IN_MEMORY: lambda: replayed(address, ":memory:"),
    }
    once = {f"SDK {way}, once": cpu(lambda way=way: sdk(address, way)) for way in ("create(stream=True)", ".stream()")}
    with peer(address, folder) as inspect:
        for work in ways.values():
            cpu(work)  # imports and connections
        if inspect is not None:
            inspect(AT_ONCE)
            ways[INSPECT] = None
        taken = []
        for _ in range(ROUNDS):
            taken.append({name: cpu(work) for name, work in ways.items() if work is not None} | once)
            if inspect is not None:
                taken[-1][INSPECT] = inspect(AT_ONCE) * CALLS / AT_ONCE
    print(json.dumps({"chunks": CHUNKS, "at once": AT_ONCE, "calls": CALLS, "rounds": ROUNDS}))
    print(f"{'':32} {'turns a CPU-s':>14} {'of the floor':>13}  goal")
    for name in taken[0]:
        each = CALLS / statistics.median(t[name] for t in taken)
        print(f"{name:32} {each:14.0f} {ratio(taken, FLOOR, name):13.2f}  {'0.80' if name == OURS else ''}")
    if inspect is not None:
        print(f"{'turns of ours for one of Inspect':32} {ratio(taken, INSPECT, OURS):14.1f} {'':13}  20")
    print(f"{'on disk, of in memory':32} {ratio(taken, IN_MEMORY, OURS):14.2f}", flush=True)


def ratio(taken: list[dict[str, float]], a: str, b: str) -> float:
    """How much more CPU the one took than the other: the median over the rounds."""
    return statistics.median(t[a] / t[b] for t in taken)


# -- what is kept


def storage(address: str, folder: str) -> None:
    """Bytes on disk a run, beside those of the reply that it holds."""
    file = Path(folder) / "kept.db"
    replayed(address, file, 1)
    before = file.stat().st_size
    replayed(address, file, CALLS)
    each, text = (file.stat().st_size - before) / CALLS, len("word " * CHUNKS)
    print(f"{'bytes on disk a run':32} {each:14.0f} {each / text:13.2f}  times its text of {text} bytes")


def memory(address: str, folder: str) -> None:
    """Memory that is held at the end of a study, beside a row a run: of a small one and of a large one."""
    held, most = [], []
    tracemalloc.start()
    replayed(address, Path(folder) / "once.db", SMALL)  # what only the first one keeps would pass for less a run
    tracemalloc.stop()
    for calls in (SMALL, LARGE):
        gc.collect()
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        runs = replayed(address, Path(folder) / f"memory{calls}.db", calls)
        gc.collect()
        now, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        del runs
        held.append(now - before)
        most.append(peak - before)
    for calls, now, peak in zip((SMALL, LARGE), held, most, strict=True):
        print(f"{f'{calls} runs: MB held, at most':32} {now / 1e6:14.2f} {peak / 1e6:13.2f}")
    row = (held[1] - held[0]) / (LARGE - SMALL)
    print(f"{'bytes a run that stay':32} {row:14.0f} {most[1] / most[0]:13.2f}  times the peak for 5 times the runs")


# -- what is billed


def billed() -> None:
    """Input tokens at list prices (a write counts 1.25, a read 0.1), with caching as a part of those without."""
    import convend_widget as cw

    chat = cw.Chat(store=":memory:", pause=0)
    for turn in range(TURNS):
        chat.say(f"Tell me about the number {turn}, and about why it matters so much to so many people. " * 4)
    tokens = chat.replay(n=REPLAYS, progress=False).tokens
    with_cache = tokens.input + 1.25 * (tokens.cache_write + tokens.cache_write_1h) + 0.1 * tokens.cache_read
    print(f"{'input tokens without, with cache':32} {tokens.prompt:14,} {with_cache:13,.0f}")
    print(f"{'billed with cache, of without':32} {with_cache / tokens.prompt:14.3f} {'':13}  at most 0.15")


def main() -> None:
    server = subprocess.Popen([sys.executable, "-c", SERVER, str(CHUNKS)], stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    address = f"http://127.0.0.1:{server.stdout.readline().strip()}"
    try:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            speed(address, folder)
            storage(address, folder)
            memory(address, folder)
            billed()
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    main()
