"""How fast requests go when the endpoint is no limit: ours against bare clients, one core, one run, as ratios.

    python tests/benchmarks/client.py [--requests 3000] [--flights 64 256 1000] [--profile]

    (a) AsyncOpenAI, default transport        (b) AsyncOpenAI, aiohttp, with_raw_response        (c) raw aiohttp
    (d) ready bytes through the SDK's lower door, nothing else        (ours) asyncgeo's client with its limits

The endpoint answers every request at once with the same bytes, in a process of its own on the other core. (a) and
(b) are given what such a script usually gives: a dictionary of messages and the schema, encoded for every call.
"""

import argparse
import asyncio
import cProfile
import os
import pstats
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import aiohttp
import msgspec
import openai

from asyncgeo import config
from asyncgeo.llm.client import Client
from asyncgeo.llm.formats import Form
from asyncgeo.llm.limits import Limits
from asyncgeo.llm.prompts import Prompt
from asyncgeo.schema.records import Problem
from asyncgeo.simulator import Endpoint, Options

Ask = Callable[[int], Awaitable[object]]

TEXT: Final = "如图,在△ABC中,AB=AC,∠A={}°,求∠B的度数"
PROMPT: Final = Prompt("m", 1500)
RAW: Final[Any] = {"headers": {"X-Stainless-Raw-Response": "true", "Content-Type": "application/json"}}


def ready(index: int, form: Form | None = None) -> bytes:
    """The bytes of a request as asyncgeo sends it."""
    return PROMPT.render(Problem(str(index), TEXT.format(index)), form or Form())


MEMBERS: Final[dict[str, Any]] = msgspec.json.decode(ready(0))


def loose(index: int) -> dict[str, Any]:
    """The same as a dictionary."""
    messages = [*MEMBERS["messages"][:-1], {"role": "user", "content": "Problem:\n" + TEXT.format(index)}]
    return {**MEMBERS, "messages": messages}


async def timed(ask: Ask, requests: int, flight: int) -> float:
    """Requests per second with `flight` of them on the way at any time."""
    numbers = iter(range(requests))

    async def one() -> None:
        for number in numbers:
            await ask(number)

    await ask(0)  # the first opens what there is to open
    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(flight):
            group.create_task(one())
    return requests / (time.perf_counter() - began)


async def bare_default(url: str, requests: int, flight: int) -> float:
    patient = 600.0  # by default it gives up connecting after 5 s, which many of a thousand take
    async with openai.AsyncOpenAI(base_url=url, api_key="none", max_retries=0, timeout=patient) as client:
        return await timed(lambda i: client.chat.completions.create(**loose(i)), requests, flight)


async def bare_aiohttp(url: str, requests: int, flight: int) -> float:
    http = openai.DefaultAioHttpClient()
    async with openai.AsyncOpenAI(base_url=url, api_key="none", max_retries=0, http_client=http) as client:

        async def ask(index: int) -> object:
            raw = await client.chat.completions.with_raw_response.create(**loose(index))
            return msgspec.json.decode(raw.content)

        return await timed(ask, requests, flight)


async def raw_aiohttp(url: str, requests: int, flight: int) -> float:
    connector = aiohttp.TCPConnector(limit=0)
    headers = {"Authorization": "Bearer none", "Content-Type": "application/json"}
    async with aiohttp.ClientSession(connector=connector, headers=headers) as session:

        async def ask(index: int) -> object:
            async with session.post(f"{url}/chat/completions", data=ready(index)) as reply:
                return msgspec.json.decode(await reply.read())

        return await timed(ask, requests, flight)


async def lower_door(url: str, requests: int, flight: int) -> float:
    http = openai.DefaultAioHttpClient()
    async with openai.AsyncOpenAI(base_url=url, api_key="none", max_retries=0, http_client=http) as client:

        async def ask(index: int) -> object:
            raw: Any = await client.post("/chat/completions", content=ready(index), cast_to=object, options=RAW)
            return msgspec.json.decode(raw.content)

        return await timed(ask, requests, flight)


async def ours(url: str, requests: int, flight: int) -> float:
    limits = Limits(config.LimitSettings(max_concurrency=flight, adaptive=False))
    async with Client(config.Api(base_url=url), config.Retry(), limits, api_key="none") as client:

        async def ask(index: int) -> object:
            return await client.ask(lambda form: ready(index, form), 2000)

        return await timed(ask, requests, flight)


ROWS: Final = {
    "(a) bare, default": bare_default,
    "(b) bare, aiohttp, raw": bare_aiohttp,
    "(c) raw aiohttp": raw_aiohttp,
    "(d) lower door": lower_door,
    "ours": ours,
}


@contextmanager
def serving() -> Iterator[str]:
    """The endpoint in a process of its own."""
    command = [sys.executable, __file__, "--serve"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("no pipes")
        yield process.stdout.readline().strip()
        process.stdin.close()


async def serve() -> None:
    async with Endpoint(Options(canned=True)) as endpoint:
        print(endpoint.base_url, flush=True)
        await asyncio.to_thread(sys.stdin.read)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=3000)
    parser.add_argument("--flights", type=int, nargs="*", default=[64, 256, 1000])
    parser.add_argument("--profile", action="store_true", help="where our own time goes, at the last flight")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.serve:
        asyncio.run(serve())
        return
    cores = sorted(os.sched_getaffinity(0))
    with serving() as url:
        os.sched_setaffinity(0, cores[-1:])
        for flight in chosen.flights:
            rates = {name: asyncio.run(row(url, chosen.requests, flight)) for name, row in ROWS.items()}
            compare(flight, rates)
        if chosen.profile:
            profile = cProfile.Profile()
            profile.runcall(asyncio.run, ours(url, chosen.requests, chosen.flights[-1]))
            pstats.Stats(profile).sort_stats("tottime").print_stats(25)


def compare(flight: int, rates: dict[str, float]) -> None:
    """A block of lines."""
    mine = rates["ours"]
    for name, rate in rates.items():
        ratio = "" if name == "ours" else f"   ours is {mine / rate:5.2f} ×"
        print(f"{flight:>5} in flight   {name:<24} {rate:>7,.0f} / s{ratio}", flush=True)


if __name__ == "__main__":
    main()
