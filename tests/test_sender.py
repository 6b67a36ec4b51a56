import asyncio
import gc
from collections.abc import Awaitable, Callable
from contextlib import suppress

import aiohttp.web
import openai
import pytest

from asyncgeo.config import Api
from asyncgeo.sender import Sender


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


def test_the_wire_is_the_same_as_the_sdks() -> None:
    """Path, credentials and every other header that `create()` sends, for each of several bodies."""

    async def by_sdk(url: str) -> None:
        async with openai.AsyncOpenAI(
            api_key="sk-k", base_url=url, max_retries=0, timeout=9.0, http_client=openai.DefaultAioHttpClient()
        ) as sdk:
            with suppress(openai.OpenAIError, ValueError):  # the reply is no completion
                await sdk.chat.completions.create(model="m", messages=[])

    async def by_us(url: str) -> None:
        async with Sender(Api(base_url=url, timeout=9.0), "sk-k") as sender:
            for body in (b"{}", b'{"a":"\xe2\x88\xa0"}'):
                answer = await sender.send(body)
                assert (answer.status, answer.body) == (200, b'{"ok": true}')
                assert answer.headers["x-ratelimit-limit-requests"] == "7"

    (expected,) = asyncio.run(wire(by_sdk))
    first, second = asyncio.run(wire(by_us))
    own = {"host", "content-length"}
    assert first[0] == expected[0]
    assert {k: v for k, v in first[1].items() if k not in own} == {k: v for k, v in expected[1].items() if k not in own}
    assert first[1]["authorization"] == "Bearer sk-k"
    assert second[2] == b'{"a":"\xe2\x88\xa0"}'
    assert second[1] == {**first[1], "content-length": str(len(second[2]))}


def test_nothing_is_sent_before_there_is_something_to_send() -> None:
    """Making the envelope asks nobody."""

    async def only_open(url: str) -> None:
        async with Sender(Api(base_url=url), "sk-k"):
            pass

    assert asyncio.run(wire(only_open)) == []


def test_the_collector_is_left_as_it_was() -> None:
    """Whoever runs us inside a larger program keeps their setting."""

    async def nested() -> tuple[int, int, int]:
        async with Sender(Api(base_url="http://127.0.0.1:9/v1"), "k"):
            return gc.get_threshold()

    before = gc.get_threshold()
    assert asyncio.run(nested())[0] > before[0]
    assert gc.get_threshold() == before


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/v1", "http://x:99999/v1"])
def test_no_reply_is_one_of_the_lost(url: str) -> None:
    """Whatever library raises it."""

    async def send() -> None:
        async with Sender(Api(base_url=url, timeout=2.0), "k") as sender:
            with pytest.raises(sender.lost):
                await sender.send(b"{}")

    asyncio.run(send())
