import asyncio
import gc
import gzip
import queue
import socket
import struct
import tracemalloc
from collections.abc import Awaitable, Callable
from contextlib import suppress

import aiohttp.web
import msgspec
import openai
import pytest
from support import raw

from asyncgeo.config import Api
from asyncgeo.llm import connections, lost
from asyncgeo.llm.responses import Response
from asyncgeo.llm.transport import Transport


async def wire(send: Callable[[str], Awaitable[None]]) -> list[tuple[str, dict[str, str], bytes]]:
    """What arrives at a server: path, headers and body of each request that `send(url)` makes."""
    seen: list[tuple[str, dict[str, str], bytes]] = []

    async def answer(request: aiohttp.web.Request) -> aiohttp.web.Response:
        seen.append(
            (request.path, {name.lower(): value for name, value in request.headers.items()}, await request.read())
        )
        return aiohttp.web.json_response({"ok": True}, headers={"X-RateLimit-Limit-Requests": "7"})

    app = aiohttp.web.Application()
    app.router.add_post("/v1/chat/completions", answer)
    runner = aiohttp.web.AppRunner(app)
    await runner.setup()
    site = aiohttp.web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        await send(f"http://127.0.0.1:{runner.addresses[0][1]}/v1")
    finally:
        await runner.cleanup()
    return seen


async def test_the_wire_is_the_same_as_the_sdks() -> None:
    """Path, credentials and every other header that `create()` sends, for each of several bodies."""

    async def by_sdk(url: str) -> None:
        async with openai.AsyncOpenAI(
            api_key="sk-k", base_url=url, max_retries=0, timeout=9.0, http_client=openai.DefaultAioHttpClient()
        ) as sdk:
            with suppress(openai.OpenAIError, ValueError):  # the reply is no completion
                await sdk.chat.completions.create(model="m", messages=[])

    async def by_us(url: str) -> None:
        async with Transport(Api(base_url=url, timeout=9.0), "sk-k") as sender:
            for body in (b"{}", b'{"a":"\xe2\x88\xa0"}'):
                answer = await sender.send(body)
                assert (answer.status, answer.body) == (200, b'{"ok": true}')
                assert answer.headers["x-ratelimit-limit-requests"] == "7"

    (expected,) = await wire(by_sdk)
    first, second = await wire(by_us)
    own = {"host", "content-length"}
    assert first[0] == expected[0]
    assert {k: v for k, v in first[1].items() if k not in own} == {k: v for k, v in expected[1].items() if k not in own}
    assert first[1]["authorization"] == "Bearer sk-k"
    assert second[2] == b'{"a":"\xe2\x88\xa0"}'
    assert second[1] == {**first[1], "content-length": str(len(second[2]))}


def test_the_installed_aiohttp_has_the_connections_we_use() -> None:
    """With the oldest and the newest that is allowed; another sends us back to the SDK for everything."""
    assert connections.is_there()


def test_the_sdks_own_way_gives_the_same_reply() -> None:
    """What is used where aiohttp's connections cannot be: path, key, body, and an error as it came."""

    async def send(url: str) -> None:
        async with Transport(Api(base_url=url), "sk-k", plain=True) as sender:
            answer = await sender.send(b'{"model":"m","messages":[{"role":"user","content":"\xe2\x88\xa0"}]}')
            assert (answer.status, answer.body) == (200, b'{"ok": true}')
            assert answer.headers["x-ratelimit-limit-requests"] == "7"
        async with Transport(Api(base_url=f"{url}/nowhere"), "sk-k", plain=True) as sender:
            assert (await sender.send(b'{"model":"m","messages":[]}')).status == 404

    ((path, headers, body),) = asyncio.run(wire(send))
    assert path == "/v1/chat/completions"
    assert headers["authorization"] == "Bearer sk-k"
    assert msgspec.json.decode(body) == {"model": "m", "messages": [{"role": "user", "content": "∠"}]}


def test_a_proxy_is_given_the_whole_address_and_its_own_password(monkeypatch: pytest.MonkeyPatch) -> None:
    """On the first connection and on one that is kept; the endpoint's key goes with it, as it does without a proxy."""
    heads: list[bytes] = []

    def talk(connection: socket.socket, _: int) -> None:
        while sent := raw.request(connection):
            heads.append(sent.partition(b"\r\n\r\n")[0])
            connection.sendall(raw.OK)

    async def send() -> None:
        async with Transport(Api(base_url="http://model.invalid/v1"), "sk-k") as sender:
            for _ in range(2):
                assert (await sender.send(b"{}")).status == 200

    with raw.serving(talk) as server:
        monkeypatch.setenv("http_proxy", f"http://user:pass@127.0.0.1:{server.port}")
        monkeypatch.setenv("no_proxy", "")
        asyncio.run(send())
    assert server.connections == 1
    for head in heads:
        assert head.startswith(b"POST http://model.invalid/v1/chat/completions HTTP/1.1\r\n")
        assert b"\r\nHost: model.invalid\r\n" in head
        assert b"\r\nProxy-Authorization: Basic dXNlcjpwYXNz\r\n" in head
        assert b"Bearer sk-k" in head


async def test_nothing_is_sent_before_there_is_something_to_send() -> None:
    """Making the envelope asks nobody."""

    async def only_open(url: str) -> None:
        async with Transport(Api(base_url=url), "sk-k"):
            pass

    assert await wire(only_open) == []


async def test_the_collector_is_left_as_it_was() -> None:
    """Whoever runs us inside a larger program keeps their setting, in whatever order several transports close."""

    async def overlapping() -> list[int]:
        first, second = (
            Transport(Api(base_url="http://127.0.0.1:9/v1"), "k"),
            Transport(Api(base_url="http://127.0.0.1:9/v1"), "k"),
        )
        seen = []
        await first.__aenter__()
        await second.__aenter__()
        seen.append(gc.get_threshold()[0])
        await first.__aexit__(None, None, None)
        seen.append(gc.get_threshold()[0])
        await second.__aexit__(None, None, None)
        return seen

    before = gc.get_threshold()
    gc.set_threshold(600, 10, 10)
    try:
        assert min(await overlapping()) > 600
        assert gc.get_threshold() == (600, 10, 10)
    finally:
        gc.set_threshold(*before)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/v1", "https://localhost:1/v1"])
async def test_no_reply_is_one_of_the_lost(url: str) -> None:
    """Whatever library raises it."""

    async def send() -> None:
        async with Transport(Api(base_url=url, timeout=2.0), "k") as sender:
            with pytest.raises(sender.lost):
                await sender.send(b"{}")

    await send()


async def test_a_query_in_the_address_is_on_every_request() -> None:
    """Azure's `?api-version=`: behind the path, not in front of it."""
    targets: list[bytes] = []

    def talk(connection: socket.socket, _: int) -> None:
        while sent := raw.request(connection):
            targets.append(sent.split(b" ")[1])
            connection.sendall(raw.OK)

    async def send(url: str) -> None:
        async with Transport(Api(base_url=f"{url}?api-version=2026-10-21&x="), "k") as sender:
            await sender.send(b"{}")
            await sender.send(b"{}")

    with raw.serving(talk) as server:
        await send(server.url)
    assert targets == [b"/v1/chat/completions?api-version=2026-10-21&x="] * 2


async def test_headers_of_the_settings_are_sent() -> None:
    """They go before the SDK's own; without a key there is no Authorization beside them."""

    async def send(url: str) -> None:
        async with Transport(Api(base_url=url, headers={"api-key": "one"}), "") as sender:
            await sender.send(b"{}")
        async with Transport(Api(base_url=url, headers={"Authorization": "Basic two"}), "sk-k") as sender:
            await sender.send(b"{}")

    (_, first, _), (_, second, _) = await wire(send)
    assert first["api-key"] == "one"
    assert "authorization" not in first
    assert second["authorization"] == "Basic two"


async def send_each(url: str, count: int) -> list[Response | Exception]:
    """What comes of requests sent one after the other by one sender."""
    found: list[Response | Exception] = []
    async with Transport(Api(base_url=url, timeout=20.0), "k") as sender:
        for _ in range(count):
            try:
                found.append(await sender.send(b"{}"))
            except sender.lost as error:
                found.append(error)
    return found


@pytest.mark.parametrize("reset", [False, True])
async def test_a_kept_connection_that_was_closed_costs_nothing(*, reset: bool) -> None:
    """A server that ends each connection after two replies, without saying so and with the third request in hand."""

    def talk(connection: socket.socket, _: int) -> None:
        for _ in range(2):
            raw.request(connection)
            connection.sendall(raw.OK)
        raw.request(connection)
        if reset:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    with raw.serving(talk) as server:
        found = await send_each(server.url, 9)
    assert [each.status if isinstance(each, Response) else each for each in found] == [200] * 9


async def test_a_new_connection_that_was_closed_is_an_attempt() -> None:
    """Only the first is asked anew, whether it was the request's first connection or its second."""

    def talk(connection: socket.socket, number: int) -> None:
        raw.request(connection)
        if number == 1:
            connection.sendall(raw.OK)
            raw.request(connection)

    with raw.serving(talk) as server:
        first, second, third = await send_each(server.url, 3)
        assert isinstance(first, Response)
        assert not isinstance(second, Response)
        assert not isinstance(third, Response)
        assert server.connections == 3


async def test_a_reply_that_broke_off_is_an_attempt() -> None:
    """It may have been billed, so it is not asked again behind the budget's back."""
    requests: list[bytes] = []

    def talk(connection: socket.socket, _: int) -> None:
        requests.append(raw.request(connection))
        connection.sendall(raw.OK)
        requests.append(raw.request(connection))
        connection.sendall(raw.OK[:-1])

    with raw.serving(talk) as server:
        _, broken = await send_each(server.url, 2)
    assert not isinstance(broken, Response)
    assert len(requests) == 2


HEAD = b"HTTP/1.1 200 OK\r\n"


def flood(connection: socket.socket, head: bytes, piece: bytes) -> int:
    """Send without end; how many bytes were taken."""
    raw.request(connection)
    connection.sendall(head)
    taken = 0
    with suppress(OSError):
        while True:
            connection.sendall(piece)
            taken += len(piece)
    return taken


@pytest.mark.parametrize("status", [b"200 OK", b"500 Oh"])
async def test_an_endless_reply_is_cut(status: bytes) -> None:
    """A few MB of an answer, a few KB of an error; the connection is dropped, and it is said."""
    taken = queue.Queue[int]()

    def talk(connection: socket.socket, _: int) -> None:
        head = b"HTTP/1.1 %s\r\nTransfer-Encoding: chunked\r\n\r\n" % status
        taken.put(flood(connection, head, b"10000\r\n" + b" " * 0x10000 + b"\r\n"))

    with raw.serving(talk) as server:
        (found,) = await send_each(server.url, 1)
    if isinstance(found, Response):
        assert (found.status, found.cut, len(found.body)) == (500, True, 65536)
    else:
        assert "longer than 4 MB" in lost.decide(found).message
    assert taken.get(timeout=30) < 32 * 2**20  # what lay in sockets and buffers


async def test_an_endless_stream_is_cut() -> None:
    """Its events add up to no more than another reply may be."""
    event = b'data: {"choices":[{"index":0,"delta":{"content":"%s"}}]}\n\n' % (b"a" * 60_000)

    def talk(connection: socket.socket, _: int) -> None:
        flood(connection, HEAD + b"Content-Type: text/event-stream\r\n\r\n", event)

    async def send(url: str) -> None:
        async with Transport(Api(base_url=url, timeout=20.0), "k") as sender:
            with pytest.raises(lost.LostError, match="longer than 4 MB"):
                await sender.stream(b'{"messages": [], "model": "m"}')

    with raw.serving(talk) as server:
        await send(server.url)


async def test_a_reply_that_unpacks_to_too_much_is_cut() -> None:
    """A megabyte of zeros in a kilobyte, a thousand times."""
    packed = gzip.compress(bytes(2**30 >> 4))

    def talk(connection: socket.socket, _: int) -> None:
        raw.request(connection)
        head = b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
        connection.sendall(HEAD + head + packed)

    with raw.serving(talk) as server:
        tracemalloc.start()
        (found,) = await send_each(server.url, 1)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert isinstance(found, lost.LostError)
    assert most < 40 * 2**20


@pytest.mark.slow
@pytest.mark.parametrize(
    ("reply", "status"),
    [
        (b"HTTP/1.1 100 Continue\r\n\r\n" + raw.OK, 200),
        (b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" * 3 + raw.OK, 200),
        (HEAD + b"X-Policy: " + b"a" * 64_000 + b"\r\nContent-Length: 2\r\n\r\n{}", 200),
        (HEAD + b"X-Policy: " + b"a" * 1_000_000 + b"\r\nContent-Length: 2\r\n\r\n{}", None),
        (HEAD + b"Content-Encoding: utf-8\r\nContent-Length: 2\r\n\r\n{}", 200),
        (HEAD + b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}", None),
        (HEAD + b"Content-Encoding: compress\r\nContent-Length: 2\r\n\r\n{}", 200),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n", None),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n", None),
        (HEAD + b"Content-Length: 99\r\n\r\n{}", None),
        (HEAD + b"Content-Length: -1\r\n\r\n{}", None),
        (HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", None),
        (HEAD + b"".join(b"X-%d: 1\r\n" % number for number in range(999)) + b"Content-Length: 2\r\n\r\n{}", None),
        (HEAD + b"no colon\r\n\r\n", None),
        (HEAD + "X-Name: 三角形\r\nContent-Length: 2\r\n\r\n{}".encode(), 200),
        (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", 101),
        (b"HTTP/1.1 2000 OK\r\n\r\n", None),
        (b"SSH-2.0-OpenSSH\r\n", None),
        (b"\x15\x03\x01\x00\x02\x02\x46", None),
        (b"", None),
    ],
)
async def test_odd_http_is_a_reply_or_lost(reply: bytes, status: int | None) -> None:
    """Whatever is sent, there is a decision about it and no traceback."""

    def talk(connection: socket.socket, _: int) -> None:
        raw.request(connection)
        connection.sendall(reply)

    with raw.serving(talk) as server:
        (found,) = await send_each(server.url, 1)
    if status is None:
        assert not isinstance(found, Response)
        assert lost.decide(found).message.isprintable()
    else:
        assert isinstance(found, Response)
        assert found.status == status
