import asyncio

import aiohttp.web
import pytest
from support import virtual
from support.cases import for_each

from asyncgeo.config import OPENAI_URL, Api
from asyncgeo.llm.responses import Response
from asyncgeo.llm.served import Served, look_up
from asyncgeo.llm.transport import Transport
from asyncgeo.simulator import Endpoint, Options

OPTIONS = Options(models={"gpt-6-luna", "gpt-6-sol", "a/b c"}, shutdown={"gpt-6-sol": "2031-02-03"})


async def ask(model: str, options: Options = OPTIONS) -> Served:
    """What the simulated endpoint says of the model, over a socket."""
    async with Endpoint(options) as endpoint:
        api = Api(base_url=endpoint.base_url, model=model)
        async with Transport(api, "sk-k") as transport:
            return await look_up(transport.get, api)


@for_each(
    ("model", "found"),
    [
        ("gpt-6-luna", Served(known=True)),
        ("a/b c", Served(known=True)),
        ("gpt-6-sol", Served(known=True, text="gpt-6-sol ends on 3 February 2031, says the endpoint.")),
        ("gpt-6-lun", Served(known=False, text="The endpoint lists no model gpt-6-lun, but gpt-6-luna and gpt-6-sol.")),
        ("llama", Served(known=False)),
    ],
)
def test_a_model_is_looked_up_by_its_name(model: str, found: Served) -> None:
    """A slash is part of the name; what ends is told; what looks misspelt is told, another name may be an alias."""
    assert asyncio.run(ask(model)) == found


def reply(status: int, body: bytes) -> Response:
    return Response(status, {}, body)


@pytest.mark.parametrize(
    "first",
    [
        None,
        reply(200, b"<html>"),
        reply(200, b'{"data":[]}'),
        reply(401, b'{"error":{"message":"no"}}'),
        reply(404, b"not found"),
        reply(500, b""),
    ],
    ids=["nothing", "html", "list", "401", "404", "500"],
)
def test_whatever_else_comes_is_silence(first: Response | None) -> None:
    """Azure, gateways and llama.cpp have their own ways here; they serve the model all the same."""

    async def get(_: str) -> Response | None:
        return first

    assert asyncio.run(look_up(get, Api(model="m"))) == Served()


@pytest.mark.usefixtures("virtual_loop")
async def test_a_server_that_never_replies_is_waited_for_two_seconds() -> None:
    """Nothing depends on it."""

    async def get(_: str) -> Response | None:
        await asyncio.Event().wait()
        return None

    began = virtual.now()
    assert await look_up(get, Api(model="m")) == Served()
    assert virtual.now() - began == 2.0


def test_a_day_that_is_known_already_is_no_news() -> None:
    """The plan names it before anything is sent; another day than that is told."""

    def says(day: str) -> Served:
        async def get(_: str) -> Response | None:
            return reply(200, b'{"id":"gpt-4.1-mini","shutdown_date":"%s"}' % day.encode())

        return asyncio.run(look_up(get, Api(base_url=OPENAI_URL, model="gpt-4.1-mini")))

    assert says("2027-01-14").text == ""
    assert says("2035-01-31").text.startswith("gpt-4.1-mini ends on 31 January 2035, replacement gpt-6-luna, says")
    assert says("soon").text == ""


def test_without_a_key_none_is_sent() -> None:
    """The SDK wants one; a server that refuses unknown keys must not see it."""
    seen = list[str | None]()

    async def answer(request: aiohttp.web.BaseRequest) -> aiohttp.web.Response:
        seen.append(request.headers.get("Authorization"))
        return aiohttp.web.json_response({"id": "m"})

    async def main() -> None:
        server = aiohttp.web.Server(answer)
        listener = await asyncio.get_running_loop().create_server(server, "127.0.0.1", 0)
        async with listener:
            api = Api(base_url=f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}/v1", model="m")
            for key in ("", "sk-k"):
                async with Transport(api, key) as transport:
                    assert await look_up(transport.get, api) == Served(known=True)
        await server.shutdown()

    asyncio.run(main())
    assert seen == [None, "Bearer sk-k"]
