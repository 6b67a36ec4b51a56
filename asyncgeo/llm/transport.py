"""The bytes of a request → status, headers and bytes of its reply.

In: endpoint, key, bodies. Out: an `Response`, whatever its status; one of `lost` when there is none. It owns the SDK,
the connections, the deadline of each request, and how often Python looks for garbage meanwhile. It knows neither what
is asked nor what a status means, and waits for nothing but the network.

The SDK makes the envelope (address, credentials, its own headers); every body is then sent in this one envelope over
connections of our own. Going through the SDK each time would build all of it anew: half of what a request cost. The
envelope is taken where the SDK's HTTP client offers it, in a hook on requests, so nothing here leans on the SDK's
inside. Our own connections tell what the SDK's do not: whether one had carried a reply before, and how long a reply is
while it comes in.

A server may close an idle connection at any moment. A request that meets this on a connection that had carried a reply
is sent once more, at once, on a new connection; the caller does not learn of it.
"""

import asyncio
import contextlib
import gc
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self
from urllib.parse import parse_qsl, urlsplit

import msgspec

from asyncgeo import config
from asyncgeo.errors import ConfigError
from asyncgeo.llm import proxies
from asyncgeo.llm.clock import Clock
from asyncgeo.llm.lost import PATH, LostError, speaks_tls, too_long

if TYPE_CHECKING:
    import aiohttp
    import openai

_OK: Final = 200
_CONNECT: Final = 10.0
"""Seconds until a connection that cannot be opened is given up: SYNs are repeated after 1, 3 and 7."""
_GREETING: Final = 2.0
"""Seconds that a server has to show that it speaks TLS."""
_KEEP_ALIVE: Final = 4.0
"""Seconds an idle connection is kept: a common server closes them after 5, and a request would race with that."""
_LONGEST_REPLY: Final = 4 * 2**20
"""Bytes of a reply: 100,000 tokens of Chinese, every character written as \\uXXXX, take 1 MB."""
_LONGEST_ERROR: Final = 64 * 2**10
"""Bytes of a reply that is an error; a message shows 300 characters of it."""
_LONGEST_HEADER: Final = 2**16 + 2**10
"""Bytes of one header or of the status line: some gateways send policies of 64 KB."""
_FAILED: Final = 300

_JSON: Final[Any] = {"headers": {"Content-Type": "application/json"}}
_PER_BODY: Final = ("content-length", "transfer-encoding", "accept-encoding", "host")
"""Headers that our own connections know best."""
_KEY: Final = "authorization"

_COLLECT_EVERY: Final = 10_000
"""Objects between two looks for cycles while requests are on their way. With Python's 700 a quarter of the time goes
into walking hundreds of coroutines that are all still in use; one reply leaves some fifty objects behind."""


class Response(NamedTuple):
    """A reply; the names of headers are in lower case. `cut`: the rest of an error was not read."""

    status: int
    headers: dict[str, str]
    body: bytes
    cut: bool = False


class _SealedError(Exception):
    """The envelope is complete; nothing was sent."""


@dataclass(slots=True)
class _Trip:
    """One request on its way."""

    reused: bool = False  # its connection had carried a reply
    replied: bool = False


class Transport:
    """`async with Sender(...) as sender: await sender.send(body)`, or `stream(body)` for servers that only stream.

    Args:
        settings: base URL, further headers, time-out.
        api_key: sent as it is; an empty one is not sent.
        clock: counts the time-out; it is started here.
    """

    def __init__(self, settings: config.Api, api_key: str, clock: Clock | None = None) -> None:
        self._settings = settings
        self._api_key = api_key
        self._clock = clock or Clock()
        self._open = contextlib.AsyncExitStack()
        self._sdk: openai.AsyncOpenAI | None = None
        self._pool: aiohttp.ClientSession | None = None
        self._fresh: aiohttp.ClientSession | None = None
        self._envelope: dict[str, Any] = {}
        self._broken: tuple[type[Exception], ...] = ()  # the connection ended before the reply
        self._unopened: type[Exception] = OSError  # there was none
        self._strange = urlsplit(settings.base_url).scheme == "http"  # a plain server that has never replied
        self.url = ""
        self.lost: tuple[type[Exception], ...] = ()

    async def __aenter__(self) -> Self:
        async with contextlib.AsyncExitStack() as opened:
            await self._start(opened)
            self._open = opened.pop_all()
        return self

    async def _start(self, opened: contextlib.AsyncExitStack) -> None:
        import aiohttp  # noqa: PLC0415  with openai half a second that `--help` need not wait for
        import httpx2  # noqa: PLC0415  the SDK's own HTTP client
        import openai  # noqa: PLC0415

        proxy = proxies.proxy_of(self._settings.base_url)
        context = _certificates(httpx2.create_ssl_context)
        http = openai.DefaultAioHttpClient(verify=context, proxy=proxy, trust_env=False, follow_redirects=False)
        self._sdk = await opened.enter_async_context(_sdk(openai, self._settings, self._api_key, http))
        request = await _envelope(self._sdk, http)
        self.url = str(request.url)
        keyless = not self._api_key and not any(name.lower() == _KEY for name in self._settings.headers)
        for name in (*_PER_BODY, *([_KEY] if keyless else [])):
            request.headers.pop(name, None)
        self._envelope = {"url": self.url, "headers": _plain(request.headers.raw), "proxy": proxy}
        self._pool, self._fresh = [
            await opened.enter_async_context(_session(aiohttp, context, fresh=fresh)) for fresh in (False, True)
        ]
        self._broken = (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError, ConnectionError)
        self._unopened = aiohttp.ClientConnectorError
        self.lost = (httpx2.HTTPError, httpx2.InvalidURL, openai.OpenAIError, aiohttp.ClientError, OSError, LostError)
        opened.enter_context(_collector.runs_rarely())
        self._clock.start()
        opened.callback(self._clock.stop)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._open.aclose()

    async def send(self, body: bytes) -> Response:
        """The reply to one request, within `api.timeout`. Raises one of `lost` where there is none."""
        if self._pool is None or self._fresh is None:
            raise RuntimeError("the sender is used outside `async with`")
        try:
            async with self._clock.within(self._settings.timeout):
                return await self._send(self._pool, self._fresh, body)
        except self._broken as error:
            if self._strange and not isinstance(error, self._unopened) and await self._speaks_tls():
                raise speaks_tls() from error
            raise

    async def stream(self, body: bytes) -> Response:
        """The reply to a request with `stream`, put together to one completion. Raises as `send` does.

        Each goes through the SDK, which knows how events are cut; such servers are rare and slow.
        """
        if self._sdk is None:
            raise RuntimeError("the sender is used outside `async with`")
        async with self._clock.within(self._settings.timeout):
            return await _stream(self._sdk, msgspec.json.decode(body))

    async def _send(self, pool: "aiohttp.ClientSession", fresh: "aiohttp.ClientSession", body: bytes) -> Response:
        trip = _Trip()
        try:
            return await self._exchange(pool, body, trip)
        except self._broken:
            if not trip.reused or trip.replied:
                raise
        return await self._exchange(fresh, body, _Trip())

    async def _exchange(self, session: "aiohttp.ClientSession", body: bytes, trip: _Trip) -> Response:
        async with session.post(data=body, trace_request_ctx=trip, allow_redirects=False, **self._envelope) as reply:
            trip.replied, self._strange = True, False
            most = _LONGEST_REPLY if reply.status < _FAILED else _LONGEST_ERROR
            content, cut = await _read(reply.content, most)
            if cut:
                reply.close()
                if reply.status < _FAILED:
                    raise too_long(most)
            return Response(reply.status, _plain(reply.raw_headers), content, cut)

    async def _speaks_tls(self) -> bool:
        """Whether a plain connection was closed without a word because TLS is spoken there; asked once."""
        self._strange = False
        return self._envelope["proxy"] is None and await _speaks_tls(self.url)


async def _stream(sdk: "openai.AsyncOpenAI", members: dict[str, Any]) -> Response:
    import openai  # noqa: PLC0415  loaded already

    completions: Any = sdk.chat.completions
    try:
        async with await completions.create(messages=[], model="", stream=True, extra_body=members) as chunks:
            return Response(_OK, _plain(chunks.response.headers.raw), await _gathered(chunks))
    except openai.APIStatusError as error:
        return Response(error.status_code, _plain(error.response.headers.raw), error.response.content)
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
        if size > _LONGEST_REPLY:
            raise too_long(_LONGEST_REPLY)
    message = {name: "".join(texts) for name, texts in parts.items()}
    return msgspec.json.encode({**whole, "choices": [{"message": message, "finish_reason": finish_reason}]})


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


def _session(aiohttp: Any, context: ssl.SSLContext, *, fresh: bool) -> Any:
    """Connections; with `fresh` one for each request. Their timers stay off: those of the loop run on while we do not.

    How many connections there are is for the slots to say; 0 is unbounded to aiohttp.
    """
    pooled = {} if fresh else {"keepalive_timeout": _KEEP_ALIVE}
    trace = aiohttp.TraceConfig()
    trace.on_connection_reuseconn.append(_note_reuse)
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, ssl=context, force_close=fresh, **pooled),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT),
        cookie_jar=aiohttp.DummyCookieJar(),
        max_line_size=_LONGEST_HEADER,
        max_field_size=_LONGEST_HEADER,
        trace_configs=[trace],
    )


async def _note_reuse(_session: Any, context: Any, _: Any) -> None:
    context.trace_request_ctx.reused = True


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


def _certificates(create: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
    """Whom we trust: SSL_CERT_FILE or SSL_CERT_DIR, else the system."""
    try:
        return create()
    except OSError as error:
        raise ConfigError(
            f"The certificates that SSL_CERT_FILE or SSL_CERT_DIR names cannot be read: {error}.",
            "SSL_CERT_FILE names a PEM file with the certificates to trust.",
        ) from None


async def _read(stream: "aiohttp.StreamReader", most: int) -> tuple[bytes, bool]:
    """At most that number of bytes, and whether there are more."""
    pieces, size = list[bytes](), 0
    async for piece in stream.iter_any():
        pieces.append(piece)
        size += len(piece)
        if size > most:
            return b"".join(pieces)[:most], True
    return b"".join(pieces), False


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


def _plain(raw: Any) -> dict[str, str]:
    """Headers as a dictionary; looking each up in the library's costs as much as the rest of the reading."""
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in raw}
