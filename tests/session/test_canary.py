"""A canary key in end-to-end runs at DEBUG, through success, refusal and a cut: it must be found nowhere afterwards."""

from __future__ import annotations

import io
import logging
import pickle
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anthropic
import pytest

import convend_widget as cw
from convend_widget.errors import ConvendError
from convend_widget.owner import owner
from tests.server import RESET, Answer, MessagesServer
from tests.session.rig import answer, told

CANARY = "sk-ant-canary-0123456789abcdef"
pytestmark = pytest.mark.fault(59)


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that anybody logs, at DEBUG."""
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    owner().call(lambda: owner().loop.set_debug(True))
    yield text
    owner().call(lambda: owner().loop.set_debug(False))
    root.removeHandler(handler)
    root.setLevel(before)


@pytest.fixture
def closing() -> Iterator[list[cw.Chat]]:
    """Chats whose connections are closed at the end."""
    chats: list[cw.Chat] = []
    yield chats
    for chat in chats:
        owner().wait(chat._seat.plan.client.aclose())


class Ours(dict[str, Any]):
    """Settings that the frames of this test do not show: how a caller holds its key is the caller's matter."""

    def __repr__(self) -> str:
        return "(settings)"


def settings_of(way: str, url: str, monkeypatch: pytest.MonkeyPatch) -> Ours:
    """One way for the key to come in."""
    if way == "argument":
        return Ours(api_key=CANARY, base_url=url)
    if way == "client":
        return Ours(client=anthropic.Anthropic(api_key=CANARY, base_url=url))
    if way == "async client":
        return Ours(client=anthropic.AsyncAnthropic(api_key=CANARY, base_url=url, max_retries=0))
    monkeypatch.setenv(way, CANARY)
    return Ours(base_url=url)


def misuse(store: Path, url: str, settings: Ours) -> list[BaseException]:
    """Errors that are raised around a key, before and after it is used."""
    raised: list[BaseException] = []
    tries = [
        lambda: cw.Chat(store=store, policy="none", **settings),
        lambda: cw.Chat(store=store, max_tokens=0, **settings),
        lambda: cw.Chat(store=store, apikey=CANARY, base_url=url),
        lambda: cw.Chat(store=store, api_key=CANARY, base_url="http://models.example"),
        lambda: cw.Chat(store=store, api_key=CANARY, base_url="nonsense"),
        lambda: cw.Chat(store=store, api_key=CANARY, scenario="calm"),
        lambda: cw.Chat(store=store, api_key=CANARY, base_url=url, request={"messages": []}),
        lambda: cw.Chat(store=store, api_key=CANARY, client=anthropic.Anthropic(api_key=CANARY)),
        lambda: cw.Chat(store=store, api_key=CANARY + "\n", base_url=url).say("Hi"),
        lambda: cw.open("c_none", store=store, api_key=CANARY, base_url=url),
        lambda: cw.import_conversation(store, store=store, api_key=CANARY, base_url=url),
    ]
    for each in tries:
        with pytest.raises(ConvendError) as error:
            each()
        raised.append(error.value)
    return raised


def verbose(error: BaseException) -> str:
    """A traceback with the variables of every frame of ours and below, as verbose tracebacks show them."""
    return "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())


def insides(thing: object, seen: set[int]) -> Iterator[str]:
    """The reprs of an object of this package and of all that its attributes lead to."""
    if id(thing) in seen:
        return
    seen.add(id(thing))
    yield repr(thing)
    if isinstance(thing, dict):
        inner: list[object] = [*thing.keys(), *thing.values()]
    elif isinstance(thing, (list, tuple, set, frozenset)):
        inner = list(thing)
    elif type(thing).__module__.startswith("convend_widget"):
        slots = [name for kind in type(thing).__mro__ for name in getattr(kind, "__slots__", ())]
        inner = [*getattr(thing, "__dict__", {}).values()]
        inner += [getattr(thing, name) for name in slots if hasattr(thing, name)]
    else:
        return
    for each in inner:
        yield from insides(each, seen)


def pickled(thing: object) -> bytes:
    """As a pickle, if it can be one."""
    try:
        return pickle.dumps(thing)
    except Exception:  # noqa: BLE001 - most of these cannot be pickled, in ways of their own
        return b""


@pytest.mark.parametrize("way", ["argument", "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "client", "async client"])
def test_a_canary_key_is_found_nowhere(
    way: str,
    messages_server: MessagesServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    log: io.StringIO,
    closing: list[cw.Chat],
    capfd: pytest.CaptureFixture[str],
) -> None:
    store, server = tmp_path / "chats.db", messages_server
    settings = settings_of(way, server.url, monkeypatch)
    found: dict[str, str | bytes] = {}
    chat = cw.Chat(store=store, **settings)
    closing.append(chat)
    half = told("Half of it")
    server.script(
        answer("All of it."),
        Answer.error(401, "authentication_error", f"invalid x-api-key: {CANARY}"),
        Answer.stream(half, cut=half.index(b"event: content_block_stop"), then=RESET),
        Answer.error(400, "invalid_request_error", f"header x-api-key: {CANARY}"),
    )
    assert chat.say("Hello").text == "All of it."
    for number in range(3):
        with pytest.raises(ConvendError) as error:
            chat.say("Again")
        found[f"error {number}"] = verbose(error.value) + repr(vars(error.value))
    assert CANARY in (server.seen[0].headers.get("x-api-key", "") + server.seen[0].headers.get("authorization", ""))
    for number, raised in enumerate(misuse(store, server.url, settings)):
        found[f"misuse {number}"] = verbose(raised) + repr(vars(raised))

    seat = chat._seat_
    conversation = seat.conversation
    for suffix in ("md", "html", "json", "csv"):
        found[suffix] = chat.export(tmp_path / f"talk.{suffix}").read_bytes()
    for name, thing in {"chat": chat, "seat": seat, "plan": seat.plan, "settings": seat.plan.settings()}.items():
        found[f"{name}: vars"] = repr(thing) + (repr(vars(thing)) if hasattr(thing, "__dict__") else "")
        found[f"{name}: inside"] = "\n".join(insides(thing, set()))
    for name, thing in {
        "plan": seat.plan,
        "client": seat.plan.client,
        "messages": [*conversation.messages.values()],
    }.items():
        found[f"{name}: pickle"] = pickled(thing)
    assert found["messages: pickle"]
    found["widget"] = repr(chat.widget.get_state())
    found["frame"] = chat.conversation.to_frame().to_csv()
    found["listing"] = repr(cw.conversations(store=store))
    for file in tmp_path.iterdir():
        found[file.name] = file.read_bytes()
    found["log"] = log.getvalue()
    out, err = capfd.readouterr()
    found["out"], found["err"] = out, err

    assert {"chats.db", "talk.html"} <= found.keys() and "HTTP Request" in str(found["log"])
    leaks = [
        where for where, text in found.items() if CANARY in (text if isinstance(text, str) else text.decode("latin-1"))
    ]
    assert leaks == []


def test_the_canary_would_be_found_if_it_were_there() -> None:
    def careless(api_key: str) -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no") as error:
        careless(CANARY)
    assert CANARY in verbose(error.value)
    assert CANARY in "".join(insides({"a": [{"b": (CANARY,)}]}, set()))
