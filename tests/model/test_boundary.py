"""Errors of the SDK, its HTTP client and parsers become the package's own."""

from __future__ import annotations

import json

import httpx2
import pytest

from convend_widget import errors
from convend_widget.errors import ConnectionLost, KeyProblem, ModelError, NotTheApi, Overloaded, SettingsError, TimedOut
from convend_widget.model.boundary import from_exception

REQUEST = httpx2.Request("POST", "https://api.example.org/v1", headers={"authorization": "Bearer canary-4711"})


def caused(outer: Exception, inner: Exception) -> Exception:
    outer.__cause__ = inner
    return outer


def sdk_errors() -> list[tuple[Exception, type[ModelError], bool]]:
    import anthropic

    response = httpx2.Response(529, request=REQUEST)
    connection = anthropic.APIConnectionError(request=REQUEST)
    return [
        (caused(connection, httpx2.ConnectError("x")), ConnectionLost, True),
        (caused(anthropic.APITimeoutError(REQUEST), httpx2.ConnectTimeout("x")), ConnectionLost, True),
        (caused(anthropic.APITimeoutError(REQUEST), httpx2.ReadTimeout("x")), TimedOut, False),
        (anthropic.APIStatusError("x", response=response, body=None), Overloaded, True),
        (anthropic.CredentialsError("canary-4711"), KeyProblem, False),
        (TypeError('"Could not resolve authentication method."'), KeyProblem, False),
    ]


@pytest.mark.fault(11, 59)
@pytest.mark.parametrize("number", range(6))
def test_every_error_of_the_sdk_is_translated_without_what_it_holds(number):
    error, raised, again = sdk_errors()[number]
    failure = from_exception(error, host="api.example.org", begun=False)
    assert type(failure.error) is raised
    assert failure.again is again
    assert "canary" not in str(failure.error) + repr(vars(failure.error))
    assert failure.error.__cause__ is failure.error.__context__ is None


@pytest.mark.fault(11)
@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (json.JSONDecodeError("x", "canary", 0), NotTheApi),
        (UnicodeDecodeError("utf-8", b"canary", 0, 1, "x"), NotTheApi),
        (AssertionError("canary"), NotTheApi),
        (ValueError("canary"), NotTheApi),
        (RecursionError(), NotTheApi),
        (httpx2.DecodingError("x"), NotTheApi),
        (httpx2.RemoteProtocolError("x"), ConnectionLost),
        (httpx2.ReadError("x"), ConnectionLost),
        (httpx2.LocalProtocolError("Illegal header value b'Bearer canary'"), KeyProblem),
        (UnicodeEncodeError("ascii", "canary", 0, 1, "x"), KeyProblem),
        (httpx2.UnsupportedProtocol("x"), NotTheApi),
        (ConnectionResetError(), ConnectionLost),
        (KeyError("canary"), ModelError),
    ],
)
def test_raw_errors_of_streams_are_translated(error, raised):
    failure = from_exception(error, host="api.example.org", begun=True)
    assert type(failure.error) is raised
    assert not failure.again
    assert "canary" not in str(failure.error)


def test_a_setting_that_only_shows_at_the_call_is_a_request_that_cannot_be_sent():
    failure = from_exception(SettingsError("base_url is odd.", advice="Mend it."), host="x", begun=False)
    assert type(failure.error) is errors.BadRequest
    assert str(failure.error) == "base_url is odd. Mend it."
