"""The endpoint as a server: connections in, replies out.

In: HTTP requests. Out: HTTP replies, with the headers of OpenAI's endpoint; or a connection that breaks. What a reply
says is `service`'s.

    POST /v1/chat/completions    GET /v1/models[/NAME]    GET /health    GET /stats[?arrivals=1]
    /v1/files and /v1/batches as `batches` has them
"""

import asyncio
import itertools
import socket
import struct
import time
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self
from urllib.parse import parse_qsl, unquote

import msgspec
from aiohttp import BodyPartReader, web

from asyncgeo.errors import UserError
from asyncgeo.schema.records import RULES_MODEL
from asyncgeo.simulator import faults
from asyncgeo.simulator.answers import canned_reply
from asyncgeo.simulator.batches import SimulatedBatches
from asyncgeo.simulator.faults import Cut, Reset, Script, bad_key
from asyncgeo.simulator.options import Options
from asyncgeo.simulator.service import JSON, ServedReply, SimulatedService
from asyncgeo.simulator.stats import SimulatorStats
from asyncgeo.simulator.wire import Refusal

BACKLOG: Final = 4096  # a client may open a thousand connections at once
KEEP_ALIVE: Final = 3600.0  # s; closing idle connections would race with requests on them
_MODEL: Final = "/v1/models/"
_AT_ONCE: Final = 0.001  # s; aiohttp takes 0 for no limit
_RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)  # SO_LINGER on, 0 s: closing sends RST


class Endpoint:
    """The server: `async with Endpoint(Options(rpm=600)) as endpoint: endpoint.base_url`.

    Args:
        options: how it behaves.
        script: decides on the fault of each request, before the mix of `options.faults` does.
    """

    def __init__(self, options: Options | None = None, script: Script | None = None) -> None:
        self.options: Final = options or Options()
        self._service = SimulatedService(self.options, script)
        self._batches = SimulatedBatches(self.options, self._service)
        self._port = self.options.port
        self._http: web.Server | None = None
        self._listener: asyncio.Server | None = None
        self._numbers = itertools.count(1)
        self._canned = canned_reply()

    @property
    def base_url(self) -> str:
        """What clients are given."""
        host = f"[{self.options.host}]" if ":" in self.options.host else self.options.host
        return f"http://{host}:{self._port}/v1"

    @property
    def stats(self) -> SimulatorStats:
        """What was asked so far."""
        return self._service.stats

    async def __aenter__(self) -> Self:
        await self.up()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.down()

    async def up(self) -> None:
        """Listen; after `down` on the same port. Raises UserError when the port cannot be had."""
        self._http = web.Server(
            self._reply_canned if self.options.canned else self._reply,
            access_log=None,
            keepalive_timeout=KEEP_ALIVE,
            handler_cancellation=True,  # a client that gave up leaves no request in flight
        )
        try:
            self._listener = await asyncio.get_running_loop().create_server(
                self._http, self.options.host, self._port, backlog=BACKLOG
            )
        except OSError as error:
            raise UserError(
                f"The endpoint cannot listen on {self.options.host} port {self._port}: {error.strerror}.",
                "Stop what uses the port, or name another one (--port; 0 takes a free one) or another --host.",
            ) from None
        self._port = self._listener.sockets[0].getsockname()[1]

    async def down(self) -> None:
        """Break all connections and refuse new ones, until `up`."""
        if self._listener is None or self._http is None:
            return
        self._listener.close()
        self._batches.close()
        await self._http.shutdown(_AT_ONCE)
        self._listener = self._http = None

    def set_limits(self, *, rpm: float | None, tpm: float | None) -> None:
        """Enforce other limits from now on."""
        self._service.set_limits(rpm, tpm)

    def set_script(self, script: Script | None) -> None:
        """Let another script decide on faults from now on."""
        self._service.script = script

    async def _reply(self, request: web.BaseRequest) -> web.StreamResponse:
        path, _, query = request.raw_path.partition("?")
        if self.options.batches and path.startswith(("/v1/files", "/v1/batches")):
            return await self._batch(request, request.method, path, dict(parse_qsl(query)))
        return await self._reply_at_once(request, path, query)

    async def _reply_at_once(self, request: web.BaseRequest, path: str, query: str) -> web.StreamResponse:
        match request.method, path:
            case "POST", "/v1/chat/completions":
                return await self._complete(request)
            case "GET", "/v1/models":
                return _send(ServedReply(200, _models(self.options)))
            case "GET", _ if path.startswith(_MODEL):
                return _send(_model(self.options, unquote(path.removeprefix(_MODEL))))
            case "GET", "/health":
                return _send(ServedReply(200, b'{"status":"ok"}'))
            case "GET", "/stats":
                return _send(ServedReply(200, self.stats.encode(arrivals="arrivals=1" in query)))
            case method, _:
                refusal = Refusal(404, f"Invalid URL ({method} {path})")
                return _send(ServedReply(refusal.status, refusal.body()))

    async def _batch(
        self, request: web.BaseRequest, method: str, path: str, query: dict[str, str]
    ) -> web.StreamResponse:
        key = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if self.options.api_key is not None and key != self.options.api_key:
            refusal = bad_key(f"{key[:4]}***")
            return _send(ServedReply(refusal.status, refusal.body()))
        reply = await self._batch_reply(request, key, (method, *path.strip("/").split("/")[1:]), query)
        if method == "POST" and reply.status == _OK and self._batches.loses_reply(path):
            if next(self._numbers) % 2:
                return _send(ServedReply(504, b"<html><body><h1>504 Gateway Time-out</h1></body></html>", "text/html"))
            _break(request, ServedReply(0, b"", breaks=Reset()))
        return _send(reply)

    async def _batch_reply(
        self, request: web.BaseRequest, key: str, call: tuple[str, ...], query: dict[str, str]
    ) -> ServedReply:
        batches = self._batches
        match call:
            case "POST", "files":
                return batches.upload(*await _uploaded(request))
            case "POST", "batches":
                return batches.create(key, await request.read())
            case "POST", "batches", identifier, "cancel":
                return batches.batch(identifier, cancel=True)
            case "GET", kind, *rest:
                return batches.look(kind, rest, query)
            case _:
                refusal = Refusal(404, f"Invalid URL ({' '.join(call)})")
                return ServedReply(refusal.status, refusal.body())

    async def _reply_canned(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.method != "POST":
            return await self._reply(request)
        await request.read()
        self.stats.arrive(time.monotonic())
        self.stats.leave(200)
        return web.Response(body=self._canned, content_type=JSON)

    async def _complete(self, request: web.BaseRequest) -> web.StreamResponse:
        body, began = await request.read(), time.monotonic()
        key = request.headers.get("Authorization", "").removeprefix("Bearer ")
        reply = await self._service.answer(key, body)
        if reply.breaks is not None:
            _break(request, reply)
        headers = {
            "x-request-id": f"req_{next(self._numbers):08x}",
            "openai-processing-ms": str(round((time.monotonic() - began) * 1000)),
        }
        if self.options.headers:
            headers.update(reply.headers)
            headers.update(self._service.limit_headers())
        return _send(reply, headers)


async def serve(options: Options, on_ready: Callable[[Endpoint], object]) -> None:
    """Run an endpoint until cancelled; `on_ready` is given it when it listens. Raises UserError when it cannot."""
    async with Endpoint(options) as endpoint:
        on_ready(endpoint)
        await asyncio.Event().wait()


def _models(options: Options) -> bytes:
    names = options.models if options.models is not None else (RULES_MODEL,)
    return msgspec.json.encode({"object": "list", "data": [_described(options, name) for name in names]})


def _model(options: Options, name: str) -> ServedReply:
    if options.models is not None and name not in options.models:
        refusal = faults.unknown_model(name)
        return ServedReply(refusal.status, refusal.body())
    return ServedReply(200, msgspec.json.encode(_described(options, name)))


def _described(options: Options, name: str) -> dict[str, object]:
    ends = options.shutdown.get(name)
    return {"id": name, "object": "model", "created": 0, "owned_by": "asyncgeo", "shutdown_date": ends}


def _send(reply: ServedReply, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(status=reply.status or 500, body=reply.body, content_type=reply.content_type, headers=headers)


_OK: Final = 200


async def _uploaded(request: web.BaseRequest) -> tuple[str, str, bytes]:
    """Name, purpose and content of an uploaded file."""
    name = purpose = ""
    content = bytearray()
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            continue
        if part.name == "file":
            name = part.filename or ""
            while chunk := await part.read_chunk(_CHUNK):
                content += chunk
        elif part.name == "purpose":
            purpose = (await part.text()).strip()
    return name, purpose, bytes(content)


_CHUNK: Final = 1 << 20


def _break(request: web.BaseRequest, reply: ServedReply) -> None:
    """Reset the connection, or send half of the reply and close; what is returned after that goes nowhere."""
    transport = request.transport
    if transport is None:  # the client was quicker
        return
    if isinstance(reply.breaks, Cut):
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {JSON}\r\nContent-Length: {len(reply.body)}\r\n\r\n"
        transport.write(head.encode() + reply.body[: len(reply.body) // 2])
        transport.close()
        return
    connection: socket.socket | None = transport.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    transport.abort()
