"""The bytes of a request → status, headers and bytes of its reply.

In: endpoint, key, bodies. Out: a `Response`, whatever its status; one of `lost` when there is none. It owns the SDK,
the deadline of each request, and how often Python looks for garbage meanwhile. It knows neither what is asked nor what
a status means, and waits for nothing but the network.

The SDK makes the envelope (address, credentials, its own headers); every body is then sent in this one envelope over
`connections`. Going through the SDK each time would build all of it anew: most of what a request cost. The envelope is
taken where the SDK's HTTP client offers it, in a hook on requests, so nothing here leans on the SDK's inside. What only
streams, and everything with an aiohttp whose connections cannot be used, goes through `chat.completions.create`.
"""

import asyncio
import contextlib
import gc
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import parse_qsl, urlsplit

import msgspec

from asyncgeo import config
from asyncgeo.errors import ConfigError
from asyncgeo.llm import proxies
from asyncgeo.llm.clock import Clock
from asyncgeo.llm.lost import LONGEST_REPLY, PATH, LostError, speaks_tls, too_long
from asyncgeo.llm.responses import Response, plain_headers

if TYPE_CHECKING:
    import openai

    from asyncgeo.llm.connections import Connections

_OK: Final = 200
_GREETING: Final = 2.0
"""Seconds that a server has to show that it speaks TLS."""
_JSON: Final[Any] = {"headers": {"Content-Type": "application/json"}}
_PER_BODY: Final = ("content-length", "transfer-encoding", "accept-encoding", "host")
"""Headers that our own connections know best."""
_KEY: Final = "authorization"

_COLLECT_EVERY: Final = 10_000
"""Objects between two looks for cycles while requests are on their way. With Python's 700 a quarter of the time goes
into walking hundreds of coroutines that are all still in use; one reply leaves some fifty objects behind."""


class _SealedError(Exception):
    """The envelope is complete; nothing was sent."""


class Transport:
    """`async with Sender(...) as sender: await sender.send(body)`, or `stream(body)` for servers that only stream.

    Args:
        settings: base URL, further headers, time-out.
        api_key: sent as it is; an empty one is not sent.
        clock: counts the time-out; it is started here.
        plain: send everything through the SDK.
    """

    def __init__(self, settings: config.Api, api_key: str, clock: Clock | None = None, *, plain: bool = False) -> None:
        self._settings = settings
        self._plain = plain
        self._api_key = api_key
        self._clock = clock or Clock()
        self._open = contextlib.AsyncExitStack()
        self._sdk: openai.AsyncOpenAI | None = None
        self._connections: Connections | None = None
        self._broken: tuple[type[Exception], ...] = ()  # the connection ended before the reply
        self._unopened: type[Exception] = OSError  # there was none
        self._suspects_tls = urlsplit(settings.base_url).scheme == "http"
        self.url = ""
        self.lost: tuple[type[Exception], ...] = ()

    async def __aenter__(self) -> Self:
        async with contextlib.AsyncExitStack() as opened:
            await self._start(opened)
            self._open = opened.pop_all()
        return self

    async def _start(self, opened: contextlib.AsyncExitStack) -> None:
        import httpx2  # noqa: PLC0415  the SDK's own HTTP client
        import openai  # noqa: PLC0415  half a second that `--help` need not wait for

        from asyncgeo.llm import connections  # noqa: PLC0415  it needs aiohttp, which takes as long

        proxy = proxies.proxy_of(self._settings.base_url)
        context = _certificates(httpx2.create_ssl_context, self._settings.base_url, proxy)
        http = openai.DefaultAioHttpClient(verify=context, proxy=proxy, trust_env=False, follow_redirects=False)
        self._sdk = await opened.enter_async_context(_sdk(openai, self._settings, self._api_key, http))
        self.lost = no_reply()
        self._broken, self._unopened = connections.BROKEN, connections.UNOPENED
        request = await _envelope(self._sdk, http)
        self.url = str(request.url)
        if not self._plain and connections.is_there():
            headers = self._headers(request.headers)
            self._connections = connections.Connections(self.url, headers, proxy, context)
            opened.push_async_callback(self._connections.close)
        opened.enter_context(_collector.runs_rarely())
        self._clock.start()
        opened.callback(self._clock.stop)

    def _headers(self, made: Any) -> dict[str, str]:
        """The SDK's headers of every request, without those that are each body's own, and a key that is none."""
        left_out = (*_PER_BODY, *([_KEY] if self._keyless else []))
        return {name: value for name, value in made.items() if name not in left_out}

    @property
    def _keyless(self) -> bool:
        """Whether no key is sent: the SDK wants one all the same."""
        return _is_keyless(self._settings, self._api_key)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._open.aclose()

    async def send(self, body: bytes) -> Response:
        """The reply to one request, within `api.timeout`. Raises one of `lost` where there is none."""
        if self._connections is None:
            return await self._create(body, streamed=False)
        try:
            with self._clock.within(self._settings.timeout):
                return await self._connections.send(body)
        except self._broken as error:
            if not self._connections.has_replied and not isinstance(error, self._unopened) and await self._speaks_tls():
                raise speaks_tls() from error
            raise

    async def stream(self, body: bytes) -> Response:
        """The reply to a request with `stream`, put together to one completion. Raises as `send` does.

        Each goes through the SDK, which knows how events are cut; such servers are rare and slow.
        """
        return await self._create(body, streamed=True)

    async def _create(self, body: bytes, *, streamed: bool) -> Response:
        if self._sdk is None:
            raise RuntimeError("the sender is used outside `async with`")
        with self._clock.within(self._settings.timeout):
            return await _create(self._sdk, msgspec.json.decode(body), streamed=streamed)

    async def get(self, path: str) -> Response | None:
        """What stands at a path below the base URL, None where no reply came; by the SDK, for it is rarely asked."""
        if self._sdk is None:
            raise RuntimeError("the sender is used outside `async with`")
        try:
            return await _get(self._sdk, path, keyless=self._keyless)
        except self.lost:
            return None

    async def _speaks_tls(self) -> bool:
        """Whether a plain connection was closed without a word because TLS is spoken there; asked once."""
        suspects, self._suspects_tls = self._suspects_tls, False
        return suspects and await _speaks_tls(self.url)


async def _get(sdk: "openai.AsyncOpenAI", path: str, *, keyless: bool) -> Response:
    import httpx2  # noqa: PLC0415  loaded already
    import openai  # noqa: PLC0415

    options: Any = {"headers": {"Authorization": openai.Omit()}} if keyless else {}
    try:
        reply = await sdk.get(path, cast_to=httpx2.Response, options=options)
    except openai.APIStatusError as error:
        reply = error.response
    return Response(reply.status_code, plain_headers(reply.headers.raw), reply.content)


async def _create(sdk: "openai.AsyncOpenAI", members: dict[str, Any], *, streamed: bool) -> Response:
    import openai  # noqa: PLC0415  loaded already

    completions: Any = sdk.chat.completions
    asked = {"messages": [], "model": "", "extra_body": members}
    try:
        if not streamed:
            raw = await completions.with_raw_response.create(**asked)
            return Response(_OK, plain_headers(raw.headers.raw), raw.content)
        async with await completions.create(**asked, stream=True) as chunks:
            return Response(_OK, plain_headers(chunks.response.headers.raw), await _gathered(chunks))
    except openai.APIStatusError as error:
        return Response(error.status_code, plain_headers(error.response.headers.raw), error.response.content)
    except openai.APIConnectionError:
        raise
    except openai.APIError as error:  # one of the events is an error
        return Response(_OK, {}, msgspec.json.encode({"error": error.body or error.message}))
    except ValueError as error:
        return Response(_OK, {}, f"an event that is no JSON: {error}".encode())


async def _gathered(chunks: Any) -> bytes:
    """The events of a stream as the one completion that they are parts of."""
    parts: dict[str, list[str]] = {name: [] for name in ("content", "reasoning_content", "reasoning", "refusal")}
    whole: dict[str, Any] = {"model": None, "usage": None}
    finish_reason, size = None, 0
    async for chunk in chunks:
        event = chunk.to_dict(warnings=False)
        whole |= {name: event[name] for name in whole if event.get(name)}
        for choice in (event.get("choices") or ())[:1]:
            finish_reason = choice.get("finish_reason") or finish_reason
            delta = choice.get("delta") or {}
            for name in parts.keys() & delta.keys():
                if isinstance(delta[name], str):
                    parts[name].append(delta[name])
                    size += len(delta[name])
        if size > LONGEST_REPLY:
            raise too_long(LONGEST_REPLY)
    message = {name: "".join(texts) for name, texts in parts.items()}
    return msgspec.json.encode({**whole, "choices": [{"message": message, "finish_reason": finish_reason}]})


def no_reply() -> tuple[type[Exception], ...]:
    """What a request ends with that has no reply, on whichever way; `lost` decides on it."""
    import httpx2  # noqa: PLC0415
    import openai  # noqa: PLC0415  half a second that `--help` need not wait for

    from asyncgeo.llm import connections  # noqa: PLC0415  it needs aiohttp, which takes as long

    return httpx2.HTTPError, httpx2.InvalidURL, openai.OpenAIError, LostError, *connections.LOST


@contextlib.asynccontextmanager
async def open_sdk(settings: config.Api, api_key: str, seconds: float) -> "AsyncIterator[openai.AsyncOpenAI]":
    """The SDK's client for what is asked rarely (`batch`): same address, credentials, proxies and certificates."""
    import httpx2  # noqa: PLC0415
    import openai  # noqa: PLC0415  half a second that `--help` need not wait for

    proxy = proxies.proxy_of(settings.base_url)
    http = openai.DefaultAioHttpClient(
        verify=_certificates(httpx2.create_ssl_context, settings.base_url, proxy),
        proxy=proxy,
        trust_env=False,
        follow_redirects=False,
        timeout=seconds,
    )
    if _is_keyless(settings, api_key):
        http.event_hooks = {"request": [_without_key]}
    async with _sdk(openai, settings, api_key, http) as sdk:
        yield sdk.with_options(timeout=seconds)


async def _without_key(request: Any) -> None:
    request.headers.pop(_KEY, None)


def _is_keyless(settings: config.Api, api_key: str) -> bool:
    """Whether nothing says who asks; the SDK would send something all the same."""
    return not api_key and not any(name.lower() == _KEY for name in settings.headers)


def _sdk(openai: Any, settings: config.Api, api_key: str, http: Any) -> Any:
    """The SDK's client for these settings."""
    base, _, query = settings.base_url.partition("?")
    return openai.AsyncOpenAI(
        api_key=api_key or "none",  # it wants one
        base_url=base,
        max_retries=0,
        timeout=settings.timeout,
        default_headers=settings.headers,
        default_query=dict(parse_qsl(query, keep_blank_values=True)),
        http_client=http,
    )


async def _envelope(sdk: Any, http: Any) -> Any:
    """A request as the SDK makes it, kept by a hook that lets nothing out."""
    kept: list[Any] = []

    async def keep(request: Any) -> None:
        kept.append(request)
        raise _SealedError

    http.event_hooks = {"request": [keep]}
    with contextlib.suppress(_SealedError):
        await sdk.post(PATH, content=b"", cast_to=object, options=_JSON)
    http.event_hooks = {}
    return kept[0]


class _Collector:
    """The cyclic collector of this process, which looks less often for as long as any transport is open."""

    def __init__(self) -> None:
        self._open = 0
        self._before = gc.get_threshold()

    @contextlib.contextmanager
    def runs_rarely(self) -> Iterator[None]:
        """The block in which it does; the last one to end gives the program around us its setting back."""
        if not self._open:
            self._before = gc.get_threshold()
            gc.set_threshold(_COLLECT_EVERY, *self._before[1:])
        self._open += 1
        try:
            yield
        finally:
            self._open -= 1
            if not self._open:
                gc.set_threshold(*self._before)


_collector: Final = _Collector()


def _certificates(create: Callable[[], ssl.SSLContext], url: str, proxy: str | None) -> ssl.SSLContext:
    """Whom we trust: SSL_CERT_FILE or SSL_CERT_DIR, else the system; none are read where no TLS is spoken."""
    if "https" not in {urlsplit(url).scheme, urlsplit(proxy or "").scheme}:
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        return create()
    except OSError as error:
        raise ConfigError(
            f"The certificates that SSL_CERT_FILE or SSL_CERT_DIR names cannot be read: {error}.",
            "SSL_CERT_FILE names a PEM file with the certificates to trust.",
        ) from None


async def _speaks_tls(url: str) -> bool:
    """Whether a TLS connection is accepted there, by whatever certificate; nothing is sent over it."""
    parts = urlsplit(url)
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(_GREETING):
            _, writer = await asyncio.open_connection(parts.hostname, parts.port or 80, ssl=context)
            writer.transport.abort()
            return True
    return False
