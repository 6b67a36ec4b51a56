"""One request's bytes → its reply's bytes, over connections that are kept.

In: the envelope (address, headers, proxy, certificates), bodies. Out: a `Response`, whatever its status; an exception
where there is none. It owns the connections. It knows neither the SDK nor what is asked, and sets no deadline but that
of opening a connection.

Requests differ in nothing but their bodies. So the head is spelt once, and aiohttp does what it does best: its
connector opens, secures, keeps and closes connections, its protocol reads HTTP in C. What its session does for each
request besides (address, headers, cookies, redirects, signals, a task for the body) is two thirds of a request's cost.
`TCPConnector.connect` is documented; how a connection's protocol is read is not, hence `is_there`.

A server may close an idle connection at any moment. A request that meets this on a connection that had carried a reply
is sent once more, at once, on a new connection; the caller does not learn of it.
"""

import asyncio
import inspect
import ssl
from collections.abc import Mapping
from typing import Any, Final, NamedTuple
from weakref import WeakSet

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.client_reqrep import URL  # type: ignore[attr-defined]  # yarl's
from aiohttp.connector import Connection
from aiohttp.http_exceptions import HttpProcessingError

from asyncgeo.llm.lost import LONGEST_REPLY, too_long
from asyncgeo.llm.responses import Response, plain_headers

_FAILED: Final = 300
_CONNECT: Final = 10.0
"""Seconds until a connection that cannot be opened is given up: SYNs are repeated after 1, 3 and 7."""
_KEEP_ALIVE: Final = 4.0
"""Seconds an idle connection is kept: a common server closes them after 5, and a request would race with that."""
_LONGEST_ERROR: Final = 64 * 2**10
"""Bytes of a reply that is an error; a message shows 300 characters of it."""
_LONGEST_HEADER: Final = 2**16 + 2**10
"""Bytes of one header or of the status line: some gateways send policies of 64 KB."""

_READING: Final[Any] = {"read_until_eof": True, "max_line_size": _LONGEST_HEADER, "max_field_size": _LONGEST_HEADER}
_PATIENCE: Final = aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT)
_SWITCHED: Final = 101
"""The only status below 200 that is final."""

BROKEN: Final = (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError, ConnectionError)
"""The connection ended before the reply, or there was none."""
UNOPENED: Final = aiohttp.ClientConnectorError
LOST: Final = (aiohttp.ClientError, HttpProcessingError, OSError)


class _Begun(NamedTuple):
    """A reply that begins on a connection."""

    connection: Connection
    head: Any
    body: aiohttp.StreamReader


def is_there() -> bool:
    """Whether this aiohttp can be used as below."""
    try:
        inspect.signature(aiohttp.TCPConnector.connect).bind(None, None, traces=[], timeout=_PATIENCE)
        inspect.signature(ResponseHandler.set_response_params).bind(None, **_READING)
        inspect.signature(ResponseHandler.read).bind(None)
    except (AttributeError, TypeError):
        return False
    return True


class Connections:
    """`async with Connections(...) as connections: await connections.send(body)`; made inside a running loop.

    Args:
        url, headers: of every request.
        proxy: its address, or None.
        context: whom to trust.
    """

    def __init__(self, url: str, headers: Mapping[str, str], proxy: str | None, context: ssl.SSLContext) -> None:
        loop = asyncio.get_running_loop()
        where = URL(proxy) if proxy is not None else None
        self._request = aiohttp.ClientRequest("POST", URL(url), headers=headers, proxy=where, loop=loop)
        self._head = b""
        # How many connections there are is for the slots to say; 0 is unbounded to aiohttp.
        self._kept = aiohttp.TCPConnector(limit=0, ssl=context, keepalive_timeout=_KEEP_ALIVE)
        self._fresh = aiohttp.TCPConnector(limit=0, ssl=context, force_close=True)
        self._used = WeakSet[ResponseHandler]()  # had carried a reply
        self.has_replied = False

    async def close(self) -> None:
        """Close all connections."""
        await self._kept.close()
        await self._fresh.close()

    async def send(self, body: bytes) -> Response:
        """The reply to one request."""
        begun = await self._begin(body)
        self.has_replied = True
        try:
            return await self._read(begun)
        finally:  # does nothing where the connection is kept
            begun.connection.close()

    async def _begin(self, body: bytes) -> _Begun:
        connection = await self._connect(self._kept)
        is_used = connection.protocol in self._used
        try:
            return await self._ask(connection, body)
        except BROKEN:
            if not is_used:
                raise
        return await self._ask(await self._connect(self._fresh), body)

    async def _connect(self, connector: aiohttp.TCPConnector) -> Connection:
        try:
            connection = await connector.connect(self._request, traces=[], timeout=_PATIENCE)
        except TimeoutError as error:
            raise aiohttp.ConnectionTimeoutError(f"Connection timeout to host {self._request.url}") from error
        self._head = self._head or _head(self._request)  # a proxy's credentials are among the headers by now
        return connection

    async def _ask(self, connection: Connection, body: bytes) -> _Begun:
        """Send the request, and wait for the head of its reply."""
        protocol, transport = connection.protocol, connection.transport
        if protocol is None or transport is None:
            raise aiohttp.ServerDisconnectedError
        try:
            protocol.set_response_params(**_READING)
            transport.write(b"%s%d\r\n\r\n%s" % (self._head, len(body), body))
            while True:
                head, content = await protocol.read()
                if head.code >= 200 or head.code == _SWITCHED:  # noqa: PLR2004  what is below is only said meanwhile
                    return _Begun(connection, head, content)
        except BaseException:
            connection.close()
            raise

    async def _read(self, begun: _Begun) -> Response:
        """The rest of a reply, as far as it is of use."""
        connection, head, content = begun
        most = LONGEST_REPLY if head.code < _FAILED else _LONGEST_ERROR
        body, cut = await _read(content, most)
        if not cut:
            if connection.protocol is not None:
                self._used.add(connection.protocol)
            connection.release()
        elif head.code < _FAILED:
            raise too_long(most)
        return Response(head.code, plain_headers(head.raw_headers), body, cut)


def _head(request: aiohttp.ClientRequest) -> bytes:
    """What stands before the length of the body: all headers but that one."""
    through_proxy = request.proxy is not None and not request.is_ssl()
    target = str(request.url) if through_proxy else request.url.raw_path_qs
    lines = [f"{name}: {value}" for name, value in request.headers.items() if name.lower() != "content-length"]
    return "\r\n".join([f"POST {target} HTTP/1.1", *lines, "Content-Length: "]).encode()


async def _read(stream: aiohttp.StreamReader, most: int) -> tuple[bytes, bool]:
    """At most that number of bytes, and whether there are more."""
    pieces, size = list[bytes](), 0
    while piece := await stream.readany():
        pieces.append(piece)
        size += len(piece)
        if size > most:
            return b"".join(pieces)[:most], True
    return b"".join(pieces), False
