"""One client asks the same question N times, in this process and on one core: asyncgeo, or what one would use instead.

    python tests/benchmarks/peers.py CLIENT URL REQUESTS IN_FLIGHT < request.json

Comes in: the address of an endpoint, and a request on standard input. Goes out: seconds and CPU seconds, in one line.
`throughput.py` runs it, each client in a fresh process, perhaps with a Python that has the peer and not asyncgeo: so
nothing of either is imported here before it is wanted, and everything of it before the clock starts.

Each does what its documentation shows for many prompts, without cache, retries or progress display, with limits far
away, and after one question that is not counted (asyncgeo without that one). All send the members of one request;
lm-deluge adds `temperature` and `top_p`. raw aiohttp, the SDK and litellm read the answer's text and drop it. lm-deluge
gives a list of answers when all are there. curator counts tokens with tiktoken, appends a line an answer to a file,
and makes an Arrow dataset. asyncgeo reads a file a problem, asks, checks, encodes, writes and syncs.
"""

import asyncio
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

CORE: Final = 0
TEXT: Final = "如图,在△ABC中,AB=AC,S是BC的中点,∠BAC=50°,则∠BAS等于()"
QUIET: Final = {
    "CURATOR_DISABLE_RICH_DISPLAY": "1",
    "CURATOR_DISABLE_CACHE": "true",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "PEER_KEY": "none",
    "TELEMETRY_ENABLED": "false",
}
"""So that peers draw nothing, remember nothing and talk to the endpoint alone."""
FAR: Final = 10**9
"""A limit a minute that nothing reaches."""
PATIENCE: Final = 600
"""Seconds for a request: none is given up because the machine is busy."""


@dataclass(frozen=True)
class Task:
    """What to ask, of whom, how often, and how many at once."""

    url: str
    requests: int
    in_flight: int
    body: bytes

    @property
    def members(self) -> dict[str, Any]:
        """Of the request."""
        found = json.loads(self.body)
        assert isinstance(found, dict)
        return found


class Clock:
    """Seconds and CPU seconds (user and system, all threads) inside its block."""

    def __enter__(self) -> None:
        self.seconds, self.cpu = -time.perf_counter(), -time.process_time()

    def __exit__(self, *_: object) -> None:
        self.seconds += time.perf_counter()
        self.cpu += time.process_time()


async def hammer(call: Callable[[], Awaitable[object]], task: Task, clock: Clock) -> None:
    """So many workers, each with one call at a time."""
    left = iter(range(task.requests))

    async def work() -> None:
        for _ in left:
            assert await call()

    await call()  # what is imported late is imported now
    with clock:
        await asyncio.gather(*(work() for _ in range(task.in_flight)))


async def raw_aiohttp(task: Task, clock: Clock) -> None:
    import aiohttp

    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, headers={"Content-Type": "application/json"}) as session:

        async def call() -> object:
            async with session.post(f"{task.url}/chat/completions", data=task.body) as reply:
                return json.loads(await reply.read())["choices"][0]["message"]["content"]

        await hammer(call, task, clock)


async def sdk(task: Task, clock: Clock) -> None:
    """AsyncOpenAI as it comes."""
    import openai

    async with openai.AsyncOpenAI(api_key="none", base_url=task.url, max_retries=0, timeout=PATIENCE) as client:
        request = task.members

        async def call() -> object:
            return (await client.chat.completions.create(**request)).choices[0].message.content

        await hammer(call, task, clock)


async def sdk_aiohttp(task: Task, clock: Clock) -> None:
    """AsyncOpenAI at its best: the aiohttp transport, and raw responses."""
    import openai

    limits = type(openai.DEFAULT_CONNECTION_LIMITS)(max_connections=None)
    transport = openai.DefaultAioHttpClient(limits=limits, timeout=PATIENCE)
    given: dict[str, Any] = {"max_retries": 0, "timeout": PATIENCE, "http_client": transport}
    async with openai.AsyncOpenAI(api_key="none", base_url=task.url, **given) as client:
        request = task.members

        async def call() -> object:
            reply = await client.chat.completions.with_raw_response.create(**request)
            return json.loads(reply.content)["choices"][0]["message"]["content"]

        await hammer(call, task, clock)


async def litellm(task: Task, clock: Clock) -> None:
    import litellm

    request = {**task.members, "model": "openai/" + task.members["model"]}

    async def call() -> object:
        reply = await litellm.acompletion(**request, api_base=task.url, api_key="none", max_retries=0, timeout=PATIENCE)
        return reply.choices[0].message.content

    await hammer(call, task, clock)


async def lm_deluge(task: Task, clock: Clock) -> None:
    import lm_deluge
    from lm_deluge.models import register_model

    request = task.members
    register_model("peer", request.pop("model"), task.url, "PEER_KEY", supports_json=True)
    system, user = (message["content"] for message in request.pop("messages"))
    client = lm_deluge.LLMClient(
        "peer",
        max_requests_per_minute=FAR,
        max_tokens_per_minute=FAR * 1000,
        max_concurrent_requests=task.in_flight,
        max_attempts=1,
        request_timeout=PATIENCE,
        extra_body=request,
    )
    prompts = [lm_deluge.Conversation().system(system).user(user) for _ in range(task.requests)]
    await client.process_prompts_async(prompts[:1], show_progress=False)
    with clock:
        answers = await client.process_prompts_async(prompts, show_progress=False)
    assert all(answer.completion for answer in answers)


def curator(task: Task, clock: Clock) -> None:
    import litellm.litellm_core_utils.default_encoding  # noqa: F401  brings what curator's tiktoken would download
    from bespokelabs.curator import LLM
    from datasets import Dataset, disable_progress_bars

    disable_progress_bars()
    request = task.members
    model, messages = request.pop("model"), request.pop("messages")

    class Asking(LLM):  # type: ignore[misc]  # untyped, not always installed
        def prompt(self, _row: dict[str, Any]) -> list[dict[str, str]]:
            return [dict(message) for message in messages]

    limits = {"max_requests_per_minute": FAR, "max_tokens_per_minute": FAR * 1000, "max_retries": 0}
    here = {"base_url": task.url, "api_key": "none", "max_concurrent_requests": task.in_flight}
    asking = Asking(model, backend="openai", generation_params=request, backend_params={**here, **limits})
    rows = Dataset.from_list([{"id": number} for number in range(task.requests)])
    with tempfile.TemporaryDirectory() as folder:
        asking(rows.select([0]), working_dir=folder)
        with clock:
            answers = asking(rows, working_dir=folder).dataset
    assert sum(bool(row["response"]) for row in answers) == task.requests


def asyncgeo(task: Task, clock: Clock) -> None:
    """Ours, over a folder of files; the plan is made before."""
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
        for number in range(task.requests):
            (files / f"{number}.json").write_text(json.dumps({"id": number, "subject": TEXT}), encoding="utf-8")
        config = Path(folder) / "config.toml"
        config.write_text(f"[limits]\nmax_concurrency = {task.in_flight}\nadaptive = false\n", encoding="utf-8")
        model = task.members["model"]
        flags = overrides(input_dir=str(files), output_dir=f"{folder}/out", base_url=task.url, model=model)
        plan = make_plan(Wanted(config=config, flags=flags), lambda _: None)
        with clock, logging_to(plan.folder) as book:
            done = asyncio.run(ask(plan, Observer(), book))
        assert done.parsed == task.requests


CLIENTS: Final[dict[str, Callable[[Task, Clock], Awaitable[None] | None]]] = {
    "raw-aiohttp": raw_aiohttp,
    "lm-deluge": lm_deluge,
    "asyncgeo": asyncgeo,
    "sdk-aiohttp": sdk_aiohttp,
    "curator": curator,
    "sdk": sdk,
    "litellm": litellm,
}
MODULES: Final = {"lm-deluge": "lm_deluge", "curator": "bespokelabs.curator", "litellm": "litellm"}
"""What must be installed for a peer, if it is no dependency of ours."""


def main() -> None:
    """One client, once."""
    name, url, requests, in_flight = sys.argv[1:]
    os.environ |= QUIET
    os.sched_setaffinity(0, {CORE})
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    clock = Clock()
    running = CLIENTS[name](Task(url, int(requests), int(in_flight), sys.stdin.buffer.read()), clock)
    if asyncio.iscoroutine(running):
        asyncio.run(running)
    print(clock.seconds, clock.cpu)


if __name__ == "__main__":
    main()
