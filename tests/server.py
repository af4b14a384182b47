"""A Messages API on a loopback socket that misbehaves as it is told.

    server.script(Answer.error(529), Answer.reply("Hello"))    # one answer for each request, in order
    server.script(Answer.stream(recorded("hello"), cut=40))    # cut after 40 bytes of the body
    server.otherwise(lambda seen: Answer.reply(seen.body["model"]))

What an answer does to the socket is a row of acts: bytes are sent, numbers are seconds of silence, ``STALL`` is silence
until the client leaves or the server stops, ``RESET`` breaks the connection, ``CUT`` closes it where it stands.
"""

from __future__ import annotations

import json
import select
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

STREAMS = Path(__file__).parent / "fixtures" / "streams"
STALL: Literal["stall"] = "stall"
RESET: Literal["reset"] = "reset"
CUT: Literal["cut"] = "cut"
Act = bytes | int | float | Literal["stall", "reset", "cut"]


def recorded(name: str) -> bytes:
    """A stream of ``fixtures/streams``, as the API sends it."""
    return (STREAMS / f"{name}.sse").read_bytes()


def sse(*events: Mapping[str, Any]) -> bytes:
    """Events as the API writes them."""
    return b"".join(b"event: %s\ndata: %s\n\n" % (e["type"].encode(), json.dumps(e).encode()) for e in events)


def reply_events(
    *texts: str,
    tools: Iterable[tuple[str, Mapping[str, Any]]] = (),
    stop_reason: str | None = None,
    model: str = "claude-sonnet-5-5",
    usage: Mapping[str, Any] | None = None,
    size: int = 8,
) -> list[dict[str, Any]]:
    """The events of a whole reply: text blocks, then tool calls, cut into deltas of ``size`` characters."""
    blocks: list[tuple[dict[str, Any], str, str, str]] = [
        ({"type": "text", "text": ""}, "text_delta", "text", text) for text in texts
    ]
    for number, (name, given) in enumerate(tools):
        start = {"type": "tool_use", "id": f"toolu_{number}", "name": name, "input": {}}
        blocks.append((start, "input_json_delta", "partial_json", json.dumps(given)))
    message: dict[str, Any] = {"id": "msg_1", "type": "message", "role": "assistant", "model": model, "content": []}
    counts = {"input_tokens": 12, "output_tokens": 1, **(usage or {})}
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": {**message, "stop_reason": None, "stop_sequence": None, "usage": counts}}
    ]
    for index, (start, kind, name, whole) in enumerate(blocks):
        events.append({"type": "content_block_start", "index": index, "content_block": start})
        for at in range(0, len(whole), size):
            delta = {"type": kind, name: whole[at : at + size]}
            events.append({"type": "content_block_delta", "index": index, "delta": delta})
        events.append({"type": "content_block_stop", "index": index})
    reason = stop_reason or ("tool_use" if tools else "end_turn")
    ending = {"stop_reason": reason, "stop_sequence": None}
    events.append({"type": "message_delta", "delta": ending, "usage": {"output_tokens": 17}})
    return [*events, {"type": "message_stop"}]


@dataclass(frozen=True)
class Seen:
    """A request as it came. Header names are in lower case; ``body`` is the parsed JSON."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any
    raw: bytes


@dataclass(frozen=True)
class Answer:
    """A status, headers, and acts for the body. ``framing`` "none" sends the acts alone, without even a status."""

    acts: Iterable[Act] = ()
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    framing: Literal["chunked", "length", "close", "none"] = "chunked"

    @classmethod
    def stream(
        cls,
        data: bytes,
        *,
        cut: int | None = None,
        pieces: int | None = None,
        pause: float = 0,
        then: Literal["stall", "reset", "cut"] | None = None,
        framing: Literal["chunked", "close"] = "chunked",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """An event stream, in pieces of so many bytes with ``pause`` seconds after each; ``then`` what comes after.

        ``cut`` is short for that many bytes and then ``CUT``.
        """
        if cut is not None:
            data, then = data[:cut], then or CUT
        size = pieces or max(len(data), 1)
        acts: list[Act] = []
        for at in range(0, len(data), size):
            acts += [data[at : at + size], pause] if pause else [data[at : at + size]]
        if then:
            acts.append(then)
        return cls(acts, headers={"content-type": "text/event-stream", **(headers or {})}, framing=framing)

    @classmethod
    def reply(cls, *texts: str, pieces: int | None = None, pause: float = 0, **kind: Any) -> Answer:
        """A whole streamed reply; see ``reply_events``."""
        return cls.stream(sse(*reply_events(*texts, **kind)), pieces=pieces, pause=pause)

    @classmethod
    def json(cls, value: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
        data = json.dumps(value).encode()
        return cls([data], status, {"content-type": "application/json", **(headers or {})}, "length")

    @classmethod
    def error(
        cls, status: int, kind: str = "api_error", message: str = "?", *, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """An error as the API writes it."""
        body = {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_body"}
        return cls.json(body, status=status, headers={"request-id": "req_header", **(headers or {})})

    @classmethod
    def page(cls, html: str, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
        return cls([html.encode()], status, {"content-type": "text/html", **(headers or {})}, "length")


Planned = Answer | Callable[[Seen], Answer]


class MessagesServer:
    """Listens on 127.0.0.1 while it is entered. ``seen`` holds the requests; ``left`` counts clients that hung up."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.connections = 0
        self.left = 0
        self._script: deque[Planned] = deque()
        self._otherwise: Planned = Answer.reply("Hello from the loopback.")
        self._stopped = threading.Event()
        self._threads: list[threading.Thread] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._socket.settimeout(0.05)
        self.port: int = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def script(self, *answers: Planned) -> None:
        """Answers to the next requests, in order."""
        self._script.extend(answers)

    def otherwise(self, answer: Planned) -> None:
        """The answer to every request that the script has none for."""
        self._otherwise = answer

    def wait_until(self, true: Callable[[MessagesServer], bool], seconds: float = 5) -> bool:
        """Wait until something is so, for at most that long; whether it is."""
        end = time.monotonic() + seconds
        while not true(self) and time.monotonic() < end:
            time.sleep(0.005)
        return true(self)

    def __enter__(self) -> MessagesServer:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._socket.close()
        for thread in list(self._threads):
            thread.join(5)

    def _start(self, target: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._stopped.is_set():
            try:
                connection, _ = self._socket.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            self.connections += 1
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            connection.settimeout(0.05)
            pending = b""
            while (request := self._receive(connection, pending)) is not None:
                seen, pending = request
                self.seen.append(seen)
                planned = self._script.popleft() if self._script else self._otherwise
                answer = planned(seen) if callable(planned) else planned
                try:
                    if not self._perform(connection, answer):
                        return
                except OSError:
                    self.left += 1
                    return

    def _receive(self, connection: socket.socket, data: bytes) -> tuple[Seen, bytes] | None:
        need: int | None = None
        while True:
            head, found, rest = data.partition(b"\r\n\r\n")
            if found and need is None:
                lines = head.decode("latin-1").split("\r\n")
                method, path, _ = lines[0].split(" ", 2)
                headers = {k.lower(): v for k, _, v in (line.partition(": ") for line in lines[1:])}
                need = int(headers.get("content-length", "0"))
            if need is not None and len(rest) >= need:
                body, pending = rest[:need], rest[need:]
                return Seen(method, path, headers, json.loads(body) if body else None, body), pending
            try:
                more = connection.recv(65536)
            except TimeoutError:
                if self._stopped.is_set():
                    return None
                continue
            except OSError:
                return None
            if not more:
                return None
            data += more

    def _perform(self, connection: socket.socket, answer: Answer) -> bool:
        """Do what the answer says; whether the connection goes on."""
        acts: Iterable[Act] = answer.acts
        framing = answer.framing
        if framing != "none":
            head = [f"HTTP/1.1 {answer.status} Told", *(f"{k}: {v}" for k, v in answer.headers.items())]
            if framing == "chunked":
                head.append("transfer-encoding: chunked")
            elif framing == "length":
                acts = list(acts)
                head.append(f"content-length: {sum(len(act) for act in acts if isinstance(act, bytes))}")
            else:
                head.append("connection: close")
            self._send(connection, "\r\n".join([*head, "", ""]).encode("latin-1"))
        for act in _each(acts):
            if isinstance(act, bytes):
                self._send(connection, b"%x\r\n%s\r\n" % (len(act), act) if framing == "chunked" and act else act)
            elif act == CUT:
                return False
            elif act == RESET:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return False
            elif not self._stay(connection, 3600.0 if act == STALL else float(act)):
                return False
        if framing == "chunked":
            self._send(connection, b"0\r\n\r\n")
        return framing in ("chunked", "length")

    def _send(self, connection: socket.socket, data: bytes) -> None:
        view = memoryview(data)
        while view and not self._stopped.is_set():
            try:
                view = view[connection.send(view) :]
            except TimeoutError:
                continue

    def _stay(self, connection: socket.socket, seconds: float) -> bool:
        """Be silent; whether the client is still there afterwards."""
        end = time.monotonic() + seconds
        while not self._stopped.is_set():
            left = end - time.monotonic()
            if left <= 0:
                return True
            if select.select([connection], [], [], min(left, 0.05))[0] and not connection.recv(1, socket.MSG_PEEK):
                self.left += 1
                return False
        return False


def _each(acts: Iterable[Act]) -> Iterator[Act]:
    yield from acts
