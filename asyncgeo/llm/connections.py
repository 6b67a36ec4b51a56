"""One request's bytes → its reply's bytes, over connections that are kept.

In: the envelope (address, headers, proxy, certificates), bodies. Out: a `Response`, whatever its status; an exception
where there is none. It owns the connections. It knows neither the SDK nor what is asked, and sets no deadline but that
of opening a connection.

Requests differ in nothing but their bodies. So the head is spelt once, and aiohttp does what it does best: its
connector opens, secures and closes connections, its protocol reads HTTP in C. What its session does for each request
besides (address, headers, cookies, redirects, signals, a task for the body) is two thirds of a request's cost; idle
connections are kept here, for all of them go to one place.
`TCPConnector.connect` is documented; how a connection's protocol is read is not, hence `is_there`.

A server may close an idle connection at any moment. A request that meets this on a connection that had carried a reply
is sent once more, at once, on a new connection; the caller does not learn of it.
"""

import asyncio
import inspect
import ssl
from collections import deque
from collections.abc import Mapping
from time import monotonic
from typing import Any, Final, NamedTuple

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
        self._connector = aiohttp.TCPConnector(limit=0, ssl=context)
        self._idle = deque[tuple[Connection, float]]()  # since when; each has carried a reply
        self.has_replied = False

    async def close(self) -> None:
        """Close all connections."""
        await self._connector.close()  # it waits until those that it has given out are closed
        while self._idle:
            self._idle.popleft()[0].close()

    async def send(self, body: bytes) -> Response:
        """The reply to one request."""
        connection, head, content = await self._begin(body)
        self.has_replied = True
        most = LONGEST_REPLY if head.code < _FAILED else _LONGEST_ERROR
        try:
            read, cut = await _read(content, most)
        except BaseException:
            connection.close()
            raise
        self._keep(connection)
        if cut and head.code < _FAILED:
            raise too_long(most)
        return Response(head.code, plain_headers(head.raw_headers), read, cut)

    async def _begin(self, body: bytes) -> _Begun:
        if (used := self._take()) is not None:
            try:
                return await self._ask(used, body)
            except BROKEN:
                if self._connector.closed:
                    raise
        return await self._ask(await self._open(), body)

    def _take(self) -> Connection | None:
        """A connection that has carried a reply, and may carry another."""
        while self._idle:
            connection, since = self._idle.popleft()
            if monotonic() - since <= _KEEP_ALIVE and _is_usable(connection):
                return connection
            connection.close()
        return None

    def _keep(self, connection: Connection) -> None:
        """Keep a connection, unless more of the reply is to come or the server will close it."""
        if _is_usable(connection):
            self._idle.append((connection, monotonic()))
        else:
            connection.close()

    async def _open(self) -> Connection:
        try:
            connection = await self._connector.connect(self._request, traces=[], timeout=_PATIENCE)
        except TimeoutError as error:
            raise aiohttp.ConnectionTimeoutError(f"Connection timeout to host {self._request.url}") from error
        self._head = self._head or _head(self._request)  # a proxy's credentials are among the headers by now
        if connection.protocol is not None:
            connection.protocol.set_response_params(**_READING)
        return connection

    async def _ask(self, connection: Connection, body: bytes) -> _Begun:
        """Send the request, and wait for the head of its reply."""
        protocol, transport = connection.protocol, connection.transport
        if protocol is None or transport is None:
            connection.close()
            raise aiohttp.ServerDisconnectedError
        try:
            transport.write(b"%s%d\r\n\r\n%s" % (self._head, len(body), body))
            while True:
                head, content = await protocol.read()
                if head.code >= 200 or head.code == _SWITCHED:  # noqa: PLR2004  what is below is only said meanwhile
                    return _Begun(connection, head, content)
        except BaseException:
            connection.close()
            raise


def _is_usable(connection: Connection) -> bool:
    """Whether another request may be sent over it: it is open, and nothing came that was not asked for."""
    protocol = connection.protocol
    return protocol is not None and protocol.is_connected() and not protocol.should_close


def _head(request: aiohttp.ClientRequest) -> bytes:
    """What stands before the length of the body: all headers but that one."""
    through_proxy = request.proxy is not None and not request.is_ssl()
    target = str(request.url) if through_proxy else request.url.raw_path_qs
    lines = [f"{name}: {value}" for name, value in request.headers.items() if name.lower() != "content-length"]
    return "\r\n".join([f"POST {target} HTTP/1.1", *lines, "Content-Length: "]).encode()


async def _read(stream: aiohttp.StreamReader, most: int) -> tuple[bytes, bool]:
    """At most that number of bytes, and whether there are more."""
    pieces, size = list[bytes](), 0
    while not stream.at_eof():
        pieces.append(await stream.readany())
        size += len(pieces[-1])
        if size > most:
            return b"".join(pieces)[:most], True
    return b"".join(pieces), False
