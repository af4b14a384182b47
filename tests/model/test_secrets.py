"""A canary key goes through everything that the client does, and turns up nowhere but on the wire."""

from __future__ import annotations

import io
import logging
import pickle
import traceback
from collections.abc import Coroutine, Iterator
from typing import Any

import anthropic
import pytest

from convend_widget.errors import ModelError
from convend_widget.model.claude import ClaudeClient
from convend_widget.model.client import Call, Timeouts
from convend_widget.model.draft import Draft
from convend_widget.model.retry import Retries
from tests.model.conftest import CALL
from tests.server import RESET, Answer, recorded

CANARY = "sk-ant-canary-4711"


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """Everything that is logged by anybody, at every level."""
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    handler.setFormatter(logging.Formatter("%(name)s %(message)s %(args)s %(exc_info)s %(stack_info)s"))
    root, before = logging.getLogger(), logging.getLogger().level
    named = [logging.getLogger(name) for name in ("anthropic", "httpx2", "httpcore2", "asyncio", "convend_widget")]
    levels = [logger.level for logger in named]
    for logger in (root, *named):
        logger.setLevel(1)
    root.addHandler(handler)
    yield text
    root.removeHandler(handler)
    root.setLevel(before)
    for logger, level in zip(named, levels, strict=True):
        logger.setLevel(level)


def everything(error: BaseException) -> str:
    """The error as the most talkative traceback shows it: with the variables of every frame, and all it refers to.

    But for the frames of the tests, which know the key.
    """
    while error.__traceback__ is not None and error.__traceback__.tb_frame.f_code.co_filename == __file__:
        error.__traceback__ = error.__traceback__.tb_next
    shown = traceback.TracebackException.from_exception(error, capture_locals=True)
    seen, todo, text = set[int](), [error], ["".join(shown.format())]
    while todo:
        one = todo.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        text += [repr(one), str(one), repr(vars(one)), repr(one.args)]
        todo += [other for other in (one.__cause__, one.__context__) if other is not None]
        frame = one.__traceback__
        while frame is not None:
            text += [f"{name}={value!r}" for name, value in frame.tb_frame.f_locals.items()]
            frame = frame.tb_next
    return "\n".join(text)


async def raised(step: Coroutine[object, object, None]) -> ModelError | None:
    try:
        await step
    except ModelError as error:
        return error
    return None


FAULTS = [
    Answer.error(401, "authentication_error", f"invalid key {CANARY}"),
    Answer.error(400, "invalid_request_error", f"odd header Bearer {CANARY} in the request"),
    Answer.error(403, "permission_error", CANARY),
    Answer.error(500, "api_error", CANARY),
    Answer.error(429, headers={"retry-after": "999"}),
    Answer.page(f"<html>{CANARY}</html>"),
    Answer(status=302, headers={"location": "https://elsewhere.invalid/"}),
    Answer.stream(recorded("broken_json")),
    Answer.stream(recorded("overloaded_after_text")),
    Answer.stream(recorded("no_end_at_all"), then=RESET),
    Answer([RESET], framing="none"),
    Answer.stream(recorded("hello")),
]


@pytest.mark.fault(59)
@pytest.mark.parametrize("kind", ["api_key", "environment", "sync client", "async client", ".env"])
async def test_a_key_is_on_the_wire_and_nowhere_else(messages_server, logged, kind, monkeypatch, tmp_path, capfd):
    limits: dict[str, Any] = {"timeouts": Timeouts(connect=60, total=120), "retries": Retries(most=0)}
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    if kind.endswith("client"):
        sdk = anthropic.Anthropic if kind == "sync client" else anthropic.AsyncAnthropic
        client = ClaudeClient(client=sdk(api_key=CANARY, base_url=messages_server.url), **limits)
    elif kind == "api_key":
        client = ClaudeClient(api_key=CANARY, base_url=messages_server.url, **limits)
    else:
        client = ClaudeClient(base_url=messages_server.url, **limits)
    if kind == "environment":
        monkeypatch.setenv("ANTHROPIC_API_KEY", CANARY)
    if kind == ".env":
        (tmp_path / ".env").write_text(f"ANTHROPIC_API_KEY={CANARY}")
    shown = [repr(client), str(client), repr(client.provenance()), client.name]
    for fault in FAULTS:
        messages_server.script(fault)
        draft = Draft()
        error = await raised(client.step(CALL, draft))
        if error is not None:
            assert error.__cause__ is error.__context__ is None
            shown.append(everything(error))
        shown += [repr(getattr(draft, name)) for name in Draft.__slots__]
    with pytest.raises((TypeError, AttributeError, pickle.PicklingError)):
        pickle.dumps(client)
    await client.aclose()
    shown += [repr(client), repr(vars(client)), repr(vars(client._endpoint)), logged.getvalue(), *capfd.readouterr()]
    assert [text for text in shown if "canary" in text] == []
    assert "Sending HTTP Request" in logged.getvalue()
    assert {seen.headers["authorization"] for seen in messages_server.seen} == {f"Bearer {CANARY}"}
    assert len(messages_server.seen) == len(FAULTS)


@pytest.mark.fault(59)
@pytest.mark.parametrize("options", [{"base_url": "https://"}, {"base_url": "nonsense"}, {"client": object()}])
def test_a_key_is_not_in_the_traceback_of_a_client_that_cannot_be_made(options):
    with pytest.raises(ValueError) as caught:
        ClaudeClient(api_key=CANARY, **options)
    assert "canary" not in everything(caught.value)


@pytest.mark.fault(59)
async def test_a_malformed_key_is_in_no_traceback(messages_server):
    client = ClaudeClient(api_key="canary 4711", base_url=messages_server.url)
    with pytest.raises(ModelError) as caught:
        await client.step(Call("m", 1, ()), Draft())
    assert "canary" not in everything(caught.value)
