"""Problems per second of one core, end to end, as ratios to what people would write instead.

    python tests/benchmarks/throughput.py [--requests 4000] [--in-flight 64 256 1000] [--rounds 5]

The endpoint (`asyncgeo serve --canned`, a parsed answer of ordinary length) has a core of its own, each client the
other. All send the same request: (a) AsyncOpenAI as it comes, (b) AsyncOpenAI with the aiohttp transport and raw
responses, (c) aiohttp without the SDK, (d) asyncgeo: read files, ask, check, encode, write, sync.

Each client runs in a fresh process; libraries are imported before the clock starts, for all alike. Rounds are
interleaved; a line gives the median rate of each client, and of the rounds' ratios the median, least and most.
"""

import argparse
import asyncio
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

CLIENT_CORE, SERVER_CORE = 0, 1
TEXT = "如图,在△ABC中,AB=AC,S是BC的中点,∠BAC=50°,则∠BAS等于()"
Call = Callable[[], Awaitable[object]]


def body() -> dict[str, Any]:
    """The request that asyncgeo sends, as a dict."""
    from asyncgeo.llm.formats import Form
    from asyncgeo.llm.prompts import Prompt
    from asyncgeo.schema.records import Problem

    found = json.loads(Prompt("asyncgeo-rules", 1500).render(Problem("1", TEXT), Form()))
    assert isinstance(found, dict)
    return found


async def hammer(call: Call, requests: int, in_flight: int) -> float:
    """Requests per second of `in_flight` workers."""
    left = iter(range(requests))

    async def work() -> None:
        for _ in left:
            await call()

    started = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(in_flight)))
    return requests / (time.perf_counter() - started)


async def sdk(url: str, requests: int, in_flight: int, *, aiohttp_transport: bool) -> float:
    import openai

    limits = type(openai.DEFAULT_CONNECTION_LIMITS)(max_connections=None)
    transport = openai.DefaultAioHttpClient(limits=limits) if aiohttp_transport else None
    async with openai.AsyncOpenAI(api_key="none", base_url=url, max_retries=0, http_client=transport) as client:
        request = body()

        async def plain() -> object:
            return (await client.chat.completions.create(**request)).choices[0].message.content

        async def raw() -> object:
            reply = await client.chat.completions.with_raw_response.create(**request)
            return json.loads(reply.content)["choices"][0]["message"]["content"]

        return await hammer(raw if aiohttp_transport else plain, requests, in_flight)


async def bare(url: str, requests: int, in_flight: int) -> float:
    import aiohttp

    data = json.dumps(body()).encode()
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, headers={"Content-Type": "application/json"}) as session:

        async def call() -> object:
            async with session.post(f"{url}/chat/completions", data=data) as reply:
                return json.loads(await reply.read())["choices"][0]["message"]["content"]

        return await hammer(call, requests, in_flight)


def end_to_end(url: str, requests: int, in_flight: int) -> float:
    """Our own, over a folder of files, by the time its own run took."""
    import aiohttp  # noqa: F401  imported before the clock starts, as the others have it
    import openai  # noqa: F401

    from asyncgeo.run.app import ask
    from asyncgeo.run.logs import logging_to
    from asyncgeo.run.observer import Observer
    from asyncgeo.run.overrides import overrides
    from asyncgeo.run.plan import Wanted, make_plan

    with tempfile.TemporaryDirectory() as folder:
        files = Path(folder) / "in"
        files.mkdir()
        for number in range(requests):
            (files / f"{number}.json").write_text(json.dumps({"id": number, "subject": TEXT}), encoding="utf-8")
        config = Path(folder) / "config.toml"
        config.write_text(f"[limits]\nmax_concurrency = {in_flight}\nadaptive = false\n", encoding="utf-8")
        flags = overrides(input_dir=str(files), output_dir=f"{folder}/out", base_url=url, model="asyncgeo-rules")
        plan = make_plan(Wanted(config=config, flags=flags), lambda _: None)
        started = time.perf_counter()
        with logging_to(plan.folder) as book:
            done = asyncio.run(ask(plan, Observer(), book))
        elapsed = time.perf_counter() - started
        assert done.parsed == requests
        return requests / elapsed


CLIENTS: dict[str, Callable[[str, int, int], float]] = {
    "a": lambda url, requests, in_flight: asyncio.run(sdk(url, requests, in_flight, aiohttp_transport=False)),
    "b": lambda url, requests, in_flight: asyncio.run(sdk(url, requests, in_flight, aiohttp_transport=True)),
    "c": lambda url, requests, in_flight: asyncio.run(bare(url, requests, in_flight)),
    "d": end_to_end,
}


def measure(client: str, url: str, requests: int, in_flight: int) -> float:
    """One client in a fresh process on its core."""
    command = [sys.executable, __file__, "--client", client, "--url", url, "--requests", str(requests)]
    output = subprocess.run(
        [*command, "--in-flight", str(in_flight)], capture_output=True, text=True, check=True, timeout=120
    )
    return float(output.stdout.split()[-1])


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--requests", type=int, default=4000)
    arguments.add_argument("--in-flight", type=int, nargs="+", default=[64, 256, 1000])
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--client", choices=CLIENTS)
    arguments.add_argument("--url")
    given = arguments.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if given.client:
        os.sched_setaffinity(0, {CLIENT_CORE})
        sys.stdout.write(f"{CLIENTS[given.client](given.url, given.requests, given.in_flight[0])}\n")
        return
    serve = [sys.executable, "-m", "asyncgeo", "serve", "--port", "0", "--canned"]
    with subprocess.Popen(serve, stdout=subprocess.PIPE, text=True) as server:
        os.sched_setaffinity(server.pid, {SERVER_CORE})
        assert server.stdout is not None
        first = server.stdout.readline()
        url = first[first.index("http://") :].strip()
        try:
            compare(url, given.requests, given.in_flight, given.rounds)
        finally:
            server.terminate()


def compare(url: str, requests: int, levels: list[int], rounds: int) -> None:
    """Print a line for each number in flight."""
    print(f"{'in flight':>10} {'a default':>10} {'b aiohttp':>10} {'c bare':>10} {'d asyncgeo':>10}   ratios")
    for in_flight in levels:
        few = max(in_flight, requests // 4)  # the default transport would take a minute
        measured: dict[str, list[float]] = {client: [] for client in CLIENTS}
        for _ in range(rounds):
            for client, rates in measured.items():
                rates.append(measure(client, url, few if client == "a" else requests, in_flight))
        shown = " ".join(f"{statistics.median(rates):>10,.0f}" for rates in measured.values())
        print(f"{in_flight:>10} {shown}   {' '.join(against(measured, other) for other in 'abc')}", flush=True)


def against(measured: dict[str, list[float]], other: str) -> str:
    """Our rate in units of another's: the median of the rounds, the least and the most."""
    ratios = [mine / theirs for mine, theirs in zip(measured["d"], measured[other], strict=True)]
    return f"d/{other} {statistics.median(ratios):.2f} ({min(ratios):.2f}–{max(ratios):.2f})"


if __name__ == "__main__":
    main()
