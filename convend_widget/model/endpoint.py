"""Where calls go, through the Anthropic SDK: the one module that imports it, and only when it is first needed.

The SDK resolves credentials, builds headers and holds the connections. What it would do with an answer (read it,
retry it, follow it elsewhere) is done in this package instead.
"""

from __future__ import annotations

import asyncio
import ipaddress
import os
import sys
import time
import weakref
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from ..errors import KeyProblem, NotTheApi, SettingsError, UnsafeAddress
from . import boundary
from .boundary import Failure
from .keys import Secret, find_key, problem_of
from .reading import read_start
from .retry import retry_after

if TYPE_CHECKING:
    import httpx2
    from anthropic import Anthropic, AsyncAnthropic

API_HOST = "api.anthropic.com"
# The version of the Messages API that this package reads. Sent with every call, whatever a later SDK prefers.
API_VERSION = "2026-10-21"
_ERROR_BYTES = 64 * 1024
_CLIENT_ADVICE = "Pass client=anthropic.AsyncAnthropic(…) instead."


class Refused(Exception):
    """Carries a failure out through the SDK."""

    def __init__(self, failure: Failure) -> None:
        super().__init__()
        self.failure = failure


class Endpoint:
    """An address with its credentials. See ``ClaudeClient`` for the arguments.

    Raises ``SettingsError`` for a client that cannot be used, ``UnsafeAddress`` for plain http to another machine.
    """

    def __init__(
        self,
        *,
        api_key: Secret | None,
        base_url: str | None,
        client: Anthropic | AsyncAnthropic | None,
        transport: httpx2.AsyncBaseTransport | None,
        allow_http: bool,
        connect: float,
    ) -> None:
        self._key = api_key
        self._base_url = base_url
        self._transport = transport
        self._allow_http = allow_http
        self._connect = connect
        self._built: AsyncAnthropic | None = None
        self._http: httpx2.AsyncClient | None = None  # ours to close
        self._watched: httpx2.AsyncClient | None = None
        self._last_act: weakref.finalize[..., Endpoint] | None = None
        self._home: tuple[int, asyncio.AbstractEventLoop] | None = (
            None  # the process and loop that its connections belong to
        )
        self._given = client is not None
        if client is not None:
            if not (api_key is None and base_url is None and transport is None):
                raise SettingsError("Pass either client=… or api_key=… and base_url=…, not both.")
            self._built = self._adopt(client)
        self._check_address()

    @property
    def host(self) -> str:
        """Where calls go; before the first one, as far as it is known by then. Never more of the address than this."""
        try:
            return self._where()[1]
        except SettingsError:
            return "the address in base_url"

    @property
    def api_version(self) -> str | None:
        """The version of the Messages API that calls ask for; a client that was given may ask for its own."""
        if not self._given or self._built is None:
            return API_VERSION
        version = self._built.default_headers.get("anthropic-version")
        return version if isinstance(version, str) else None

    def forget_key(self) -> None:
        """Look for the key again at the next call: it may have been set by then."""
        if not self._given:
            self._built = None

    async def aclose(self) -> None:
        """Close the connections that were opened here."""
        if self._http is not None:
            await self._http.aclose()

    async def post(self, path: str, body: dict[str, Any]) -> httpx2.Response:
        """Send one request, once. The answer is 2xx and unread; ``Refused`` carries any other.

        Also raises ``ConvendError`` and whatever the SDK raises: for ``boundary.from_exception``.
        """
        import anthropic
        import httpx2

        sdk = self._sdk()
        stream = await sdk.post(
            path,
            cast_to=object,
            body=body,
            options={
                # Silence is measured for a whole step and over any transport: see Timeouts.
                "timeout": httpx2.Timeout(None, connect=self._connect),
                # One try is the SDK's, for a token that was withdrawn: see _guard.
                "max_retries": 0 if sdk.credentials is None else 1,
                "follow_redirects": False,
            },
            stream=True,
            stream_cls=anthropic.AsyncStream[object],
        )
        if not isinstance(stream, anthropic.AsyncStream):
            raise NotTheApi("A middleware of the client answered by itself, without a response.")
        return stream.response

    async def _guard(self, request: Any, call_next: Callable[[Any], Awaitable[Any]]) -> Any:
        """The outermost middleware: makes a failure of what is no answer, before the SDK reads or retries it."""
        try:
            answer = await call_next(request)
        except UnicodeEncodeError:
            raise
        except Exception as error:  # noqa: BLE001  # whatever it is, the SDK must not try again by itself
            raise Refused(boundary.from_exception(error, host=self.host, begun=False)) from None
        response = getattr(answer, "http_response", None)
        if response is None or response.is_success:
            return answer
        sdk = self._sdk()
        if response.status_code == 401 and sdk.credentials is not None and request.retries_taken == 0:
            return answer  # the SDK gets a new token and tries once more
        try:
            body = await read_start(response, _ERROR_BYTES)
        finally:
            await response.aclose()
        after = retry_after(response.headers, time.time())
        raise Refused(
            boundary.from_status(
                response.status_code,
                response.headers,
                body,
                host=self.host,
                after=after,
                secret=_static_key(sdk),
            )
        )

    # -- the SDK's client -----------------------------------------------------------------------------------------

    def _sdk(self) -> AsyncAnthropic:
        home = os.getpid(), asyncio.get_running_loop()
        if self._home not in (None, home) and self._http is not None:
            # After a fork, or on a new loop: the open connections are somebody else's, and not to be closed here.
            self._http = self._connections(self.host)
            self._built = self._built.with_options(http_client=self._http) if self._built is not None else None
        self._home = home
        if self._built is None:
            self._built = self._build()
        self._watch(home)
        self._check_address()
        key = _static_key(self._built)
        if key is not None and (problem := problem_of(key)):
            raise KeyProblem(f"The API key of the client cannot be used: {problem}.")
        return self._built

    def _watch(self, home: tuple[int, asyncio.AbstractEventLoop]) -> None:
        """Whoever drops a chat need not close it: its connections go with it, on the loop that they belong to."""
        if self._http is None or self._http is self._watched:
            return
        if self._last_act is not None:
            self._last_act.detach()  # those of another loop or process are somebody else's
        self._watched = self._http
        self._last_act = weakref.finalize(self, _close_later, self._http, *home)
        self._last_act.atexit = False

    def _build(self) -> AsyncAnthropic:
        import anthropic

        source = find_key(self._key)
        if source.problem:
            raise KeyProblem(f"The API key ({source.name}) cannot be used: {source.problem}.")
        # A key of a .env file goes to that file's address, unless another one was named.
        base = self._base_url or os.environ.get("ANTHROPIC_BASE_URL") or source.base_url
        if base is None and source.kind != "sdk":
            base = f"https://{API_HOST}"  # the SDK would take an empty variable for an address
        if self._http is None:
            self._http = self._connections(API_HOST if base is None else _split(base)[1])
        secret = source.secret
        return anthropic.AsyncAnthropic(
            api_key=secret.reveal() if secret is not None and source.kind == "api_key" else None,
            auth_token=secret.reveal() if secret is not None and source.kind == "auth_token" else None,
            base_url=base,
            default_headers={"anthropic-version": API_VERSION},
            http_client=self._http,
            middleware=[self._guard],
        )

    def _connections(self, host: str) -> httpx2.AsyncClient:
        import anthropic
        import httpx2

        transport = self._transport
        if transport is None and _is_this_machine(host):
            transport = httpx2.AsyncHTTPTransport()  # never through a proxy of the environment: that is elsewhere
        if transport is not None:
            return anthropic.DefaultAsyncHttpxClient(transport=transport, follow_redirects=False)
        return anthropic.DefaultAsyncHttpxClient(follow_redirects=False)

    def _adopt(self, given: Anthropic | AsyncAnthropic) -> AsyncAnthropic:
        """A client of ours with the settings of the person's.

        Connections that the SDK opened for it belong to the loop that it was used on, so they are not shared. An HTTP
        client that the person made (for a proxy, certificates, a transport) is used as it is.
        """
        anthropic: Any = sys.modules.get("anthropic")  # whoever has made a client has imported it
        if anthropic is None or not isinstance(given, (anthropic.Anthropic, anthropic.AsyncAnthropic)):
            raise SettingsError(f"client must be an anthropic.Anthropic or AsyncAnthropic, not {type(given).__name__}.")
        made_by_sdk = type(given._client).__name__.endswith("HttpxClientWrapper")  # there is no public way to tell
        if made_by_sdk:
            self._http = self._connections(given.base_url.host)
        middleware = [self._guard, *given.middleware]
        try:
            if isinstance(given, anthropic.AsyncAnthropic):
                copy: AsyncAnthropic = given.with_options(http_client=self._http, middleware=middleware)
                return copy
        except TypeError:
            raise SettingsError("client: its settings cannot be taken over.", advice=_CLIENT_ADVICE) from None
        if not made_by_sdk or type(given) is not anthropic.Anthropic:
            raise SettingsError(
                "client: a synchronous client with an HTTP client or a cloud of its own cannot be used.",
                advice=_CLIENT_ADVICE,
            )
        try:
            return self._asynchronous(given, middleware)
        except TypeError:
            raise SettingsError("client: its middleware is synchronous.", advice=_CLIENT_ADVICE) from None

    def _asynchronous(self, given: Anthropic, middleware: list[Any]) -> AsyncAnthropic:
        import anthropic

        def build(headers: Any) -> AsyncAnthropic:
            return anthropic.AsyncAnthropic(
                api_key=given.api_key,
                auth_token=given.auth_token if given.api_key is None else None,
                credentials=given.credentials if given.api_key is None and given.auth_token is None else None,
                base_url=given.base_url,
                default_headers=headers,
                default_query=given.default_query,
                open_telemetry=cast(Any, given.open_telemetry),
                http_client=self._http,
                middleware=middleware,
            )

        # The headers that the person added are those that a client without them would not send.
        usual = {**build({}).default_headers, "User-Agent": given.user_agent, "X-Stainless-Async": "false"}
        return build({k: v for k, v in given.default_headers.items() if usual.get(k) != v})

    def _where(self) -> tuple[str, str]:
        if self._built is not None:
            return self._built.base_url.scheme, self._built.base_url.host
        if self._base_url is not None:
            return _split(self._base_url)
        return _split(os.environ.get("ANTHROPIC_BASE_URL") or f"https://{API_HOST}")

    def _check_address(self) -> None:
        scheme, host = self._where()
        if scheme == "http" and not self._allow_http and not _is_this_machine(host):
            raise UnsafeAddress(f"The key would go to {host} over plain http, for everybody on the way to read.")


def _close_later(http: httpx2.AsyncClient, process: int, loop: asyncio.AbstractEventLoop) -> None:
    """Close connections on the loop that they belong to, if it still runs in this process."""
    if process == os.getpid() and loop.is_running():
        loop.call_soon_threadsafe(lambda: loop.create_task(http.aclose()))


def _split(address: str) -> tuple[str, str]:
    try:
        parts = urlsplit(address)
        scheme, host = parts.scheme.lower(), (parts.hostname or "")
    except ValueError:
        scheme, host = "", ""
    if scheme not in ("http", "https") or not host:
        raise SettingsError("base_url must be a full address, such as https://api.example.org.")
    return scheme, host


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address in ipaddress.ip_network("127.0.0.0/8") or address == ipaddress.ip_address("::1")


def _static_key(sdk: AsyncAnthropic) -> Secret | None:
    if sdk.api_key is not None:
        return Secret(sdk.api_key)
    return Secret(sdk.auth_token) if sdk.auth_token is not None else None
