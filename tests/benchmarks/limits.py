"""Scenarios for the scheduler against enforced limits, the endpoint in a process of its own; figures in one run.

    python tests/benchmarks/limits.py                    every scenario, 20 s each
    python tests/benchmarks/limits.py half silent        some of them
    python tests/benchmarks/limits.py --seconds 180      as long as a real tier's window
    python tests/benchmarks/limits.py begin granted      those in virtual time: exact, however busy the machine is

Goodput is what was answered, as a share of what the enforced limit allows, after the first second. `most` is the
largest number of requests (tokens) that arrived in any second, in units of the limit's second.
"""

import argparse
import asyncio
import contextlib
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

import msgspec

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support import paced, virtual

from asyncgeo import config
from asyncgeo.llm.client import Client, Completion
from asyncgeo.llm.formats import Form
from asyncgeo.llm.limits import Limits
from asyncgeo.llm.limits.shared import SharedLimit
from asyncgeo.llm.tokens import estimate
from asyncgeo.simulator import Endpoint, Options, at
from asyncgeo.simulator.faults import Script
from asyncgeo.simulator.wire import Refusal

RPM: Final = 6000
CAP: Final = 1000
LATENCY: Final = 0.3
MODEL: Final = "asyncgeo-rules"


@dataclass
class Server:
    """What the endpoint's process is told; `changes` are (second after the first request, rpm)."""

    rpm: float | None = None
    tpm: float | None = None
    headers: bool = True
    latency: float = LATENCY
    changes: list[tuple[float, float]] = field(default_factory=list)
    stall_at: int | None = None  # the request that is refused with a Retry-After of `stall` seconds
    stall: float = 0.0
    stray: float = 0.0  # the share of requests that is refused whatever the rate…
    stray_wait: int = 0  # …with a Retry-After of so many seconds, if any


@dataclass
class Reply:
    """One answer: when it was asked for, sent and there, on the clock of the run."""

    asked: float
    done: float
    tokens: int


@dataclass
class Figures:
    """What a scenario measured."""

    replies: list[Reply]
    stats: dict[str, Any]
    view: Any = None

    @property
    def refused(self) -> float:
        """Share of requests answered 429."""
        rate_limited, requests = int(self.stats["rate_limited"]), int(self.stats["requests"])
        return rate_limited / max(1, requests)

    def per_second(self, start: float, end: float) -> float:
        """Answers per second that came between two moments."""
        return len([reply for reply in self.replies if start <= reply.done < end]) / (end - start)


def body(index: int, words: int) -> Callable[[Form], bytes]:
    """A small request; `words` more of instructions make it large."""
    problem = f"Problem:\n如图,在△ABC中,AB=AC,∠A={index % 80 + 10}°,求∠B的度数"
    messages = [{"role": "system", "content": "json " * words}, {"role": "user", "content": problem}]
    encoded = msgspec.json.encode({"model": MODEL, "max_completion_tokens": CAP, "messages": messages})
    return lambda _form: encoded


async def drive(url: str, limits: Limits, seconds: float, words: Callable[[int], int] = lambda _: 1) -> list[Reply]:
    """Ask as fast as the limits let, for so long."""
    api = config.Api(base_url=url, model=MODEL, max_completion_tokens=CAP)
    replies: list[Reply] = []
    began = time.monotonic()

    async def one(index: int, extra: int) -> None:
        asked = time.monotonic() - began
        size = max(CAP, estimate("json " * extra))
        try:
            if isinstance(await client.ask(body(index, extra), size), Completion):
                replies.append(Reply(asked, time.monotonic() - began, size))
        finally:
            limits.release()

    async with Client(api, config.Retry(), limits, api_key="none") as client, asyncio.TaskGroup() as group:
        index = 0
        while time.monotonic() - began < seconds:
            await limits.acquire()
            index += 1
            group.create_task(one(index, words(index)))
    return replies


@contextlib.contextmanager
def serving(server: Server) -> Iterator[tuple[str, Callable[[], dict[str, Any]]]]:
    """An endpoint in a process of its own: its address, and a function that stops it and gives its counts."""
    command = [sys.executable, __file__, "--serve", json.dumps(asdict(server))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("no pipes")
        stdin, stdout = process.stdin, process.stdout

        def stop() -> dict[str, Any]:
            stdin.close()
            found: dict[str, Any] = json.loads(stdout.read())
            return found

        yield stdout.readline().strip(), stop


async def serve(server: Server) -> None:
    """The other process: until its input ends."""
    script = None
    if server.stall_at is not None:
        wait = {"retry-after": str(int(server.stall))}
        script = at({server.stall_at: Refusal(429, "Slow down.", "slow_down", "slow_down", headers=wait)})
    elif server.stray:
        script = refusals_of(server.stray, server.stray_wait)
    options = Options(rpm=server.rpm, tpm=server.tpm, headers=server.headers, latency=server.latency)
    async with Endpoint(options, script) as endpoint:
        print(endpoint.base_url, flush=True)
        changing = asyncio.create_task(change(endpoint, server.changes))
        await asyncio.to_thread(sys.stdin.read)
        changing.cancel()
        print(endpoint.stats.encode(arrivals=True).decode())


def refusals_of(share: float, wait: int) -> Script:
    """Refuses so many requests, and does not say why."""
    headers = {"retry-after": str(wait)} if wait else {}
    dice, refusal = random.Random(1), Refusal(429, "Try again.", "rate_limit_exceeded", "requests", headers=headers)
    return lambda _: refusal if dice.random() < share else None


async def change(endpoint: Endpoint, changes: list[tuple[float, float]]) -> None:
    """Set other limits while it runs."""
    while not endpoint.stats.requests:
        await asyncio.sleep(0.01)
    began = time.monotonic()
    for after, rpm in changes:
        await asyncio.sleep(max(0.0, began + after - time.monotonic()))
        endpoint.set_limits(rpm=rpm, tpm=None)


def measure(
    server: Server, settings: config.LimitSettings, seconds: float, words: Callable[[int], int] = lambda _: 1
) -> Figures:
    """One scenario with one client."""
    with serving(server) as (url, stop):
        limits = Limits(settings, log=lambda line: print("   ", line[:110]) if VERBOSE else None)
        replies = asyncio.run(drive(url, limits, seconds, words))
        return Figures(replies, stop(), limits.view())


VERBOSE = "--verbose" in sys.argv


def known(seconds: float) -> None:
    """The limit is known: 0 × 429, goodput ≥ 0.98, most ≤ limit·t + one second's worth."""
    for name, rpm, tpm in (("rpm", RPM, None), ("tpm", None, RPM * CAP // 4)):
        settings = config.LimitSettings(requests_per_minute=rpm or "auto", tokens_per_minute=tpm or "auto")
        figures = measure(Server(rpm=rpm, tpm=tpm), settings, seconds)
        rate = (rpm or (tpm or 0) / CAP) / 60
        most = figures.stats["most_requests_per_second"] / rate
        show(f"known {name}", figures, figures.per_second(1, seconds) / rate, f"most {most:.2f} seconds' worth in 1 s")


def half(seconds: float) -> None:
    """The server's limit is half of the configured one, with headers: ≤ 0.5 % 429, goodput ≥ 0.95."""
    figures = measure(Server(rpm=RPM / 2), config.LimitSettings(requests_per_minute=RPM), seconds)
    show("half, headers", figures, figures.per_second(1, seconds) / (RPM / 120))


def silent(seconds: float) -> None:
    """The same without headers: ≤ 2 % 429, goodput ≥ 0.90."""
    figures = measure(Server(rpm=RPM / 2, headers=False), config.LimitSettings(requests_per_minute=RPM), seconds)
    show("half, no headers", figures, figures.per_second(1, seconds) / (RPM / 120))


def refusals(seconds: float) -> None:
    """4 % are refused at random: goodput ≥ 0.95 of what a server that refuses 4 % lets, where it names a wait."""
    for name, headers, wait in (("no headers", False, 0), ("Retry-After 1", True, 1)):
        server = Server(rpm=RPM if headers else None, headers=headers, stray=0.04, stray_wait=wait)
        figures = measure(server, config.LimitSettings(requests_per_minute=RPM), seconds)
        show(f"refusals, {name}", figures, figures.per_second(1, seconds) / (RPM / 60 * 0.96))


def capacity(seconds: float) -> None:
    """5 % and 30 % are refused at random, for want of capacity: goodput ≥ 0.9 and ≥ 0.6 of what such a server lets."""
    for share in (0.05, 0.3):
        figures = measure(Server(headers=False, stray=share), config.LimitSettings(requests_per_minute=RPM), seconds)
        show(f"capacity, {share:.0%}", figures, figures.per_second(1, seconds) / (RPM / 60 * (1 - share)))


def changing(seconds: float) -> None:
    """The limit is halved, then doubled: back above 0.9 of it within 20 s."""
    lap = max(seconds, 24.0)
    laps = [(lap * 0.5, RPM / 2), (lap * 1.5, float(RPM))]
    for headers in (True, False):
        server = Server(rpm=RPM, headers=headers, changes=laps)
        figures = measure(server, config.LimitSettings(requests_per_minute=RPM), lap * 2.5)
        down, up = (settled(figures, after, rpm / 60, after + lap) for after, rpm in laps)
        note = f"halved: {down:.1f} s, doubled: {up:.1f} s until 0.9 of the limit"
        show(f"changing, {'headers' if headers else 'no headers'}", figures, None, note)


def settled(figures: Figures, since: float, rate: float, end: float) -> float:
    """Seconds from `since` until 3 s in a row bring between 0.9 and 1.1 of `rate`."""
    moment = since
    while moment + 3 <= end:
        if 0.9 * rate <= figures.per_second(moment, moment + 3) <= 1.1 * rate:
            return moment - since
        moment += 0.25
    return float("inf")


def stalled(seconds: float) -> None:
    """One Retry-After of 20 s in the middle: nobody sends during it, full rate within 3 s after it, no herd."""
    rate, stall = RPM / 60, 20.0
    ordinal = int(rate * min(5.0, seconds / 2))
    server = Server(rpm=RPM, stall_at=ordinal, stall=stall)
    figures = measure(server, config.LimitSettings(requests_per_minute=RPM), stall + 15)
    told = figures.stats["arrivals"][ordinal - 1] + 0.1
    during = sum(told < moment < told + stall - 0.2 for moment in figures.stats["arrivals"])
    after = [moment for moment in figures.stats["arrivals"] if moment >= told + stall - 0.2]
    first = sum(moment < after[0] + 1 for moment in after) / rate
    full = sum(after[0] + 2 <= moment < after[0] + 5 for moment in after) / 3 / rate
    show(
        "Retry-After 20", figures, None, f"sent during it {during}, in the 1st s after {first:.2f}, 3rd-5th {full:.2f}"
    )


def processes(seconds: float) -> None:
    """Four processes, one limit: together ≥ 0.95 of it, ≤ 0.5 % 429."""
    with tempfile.TemporaryDirectory() as folder, serving(Server(rpm=RPM)) as (url, stop):
        command = [sys.executable, __file__, "--join", url, folder, str(seconds)]
        others = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
        outputs = [json.loads(process.communicate()[0]) for process in others]
        figures = Figures([Reply(0, done, CAP) for dones in outputs for done in dones], stop())
        shares = "/".join(f"{len(dones)}" for dones in outputs)
        arrivals = figures.stats["arrivals"]  # their clocks differ; the endpoint's does not
        start, end = arrivals[0] + 2, arrivals[-1] - 2
        rate = sum(start <= moment < end for moment in arrivals) / (end - start) / (RPM / 60) * (1 - figures.refused)
        show("4 processes", figures, rate, f"answers of each {shares}")


async def join(url: str, folder: str, seconds: float) -> None:
    """One of several processes."""
    settings = config.LimitSettings(requests_per_minute=RPM)
    with SharedLimit(Path(folder) / "limit.sqlite") as neighbours:
        replies = await drive(url, Limits(settings, shares=neighbours), seconds)
    print(json.dumps([reply.done for reply in replies]))


def mixed(seconds: float) -> None:
    """1 in 20 requests 10 × larger under TPM: the largest waits at most 1.5 × as long as the others, first come."""
    tpm, words = RPM * CAP // 4, CAP * 10 * 100 // 185
    figures = measure(
        Server(tpm=tpm), config.LimitSettings(tokens_per_minute=tpm), seconds, lambda i: words if i % 20 == 0 else 1
    )
    waits = {
        large: sorted(reply.done - reply.asked for reply in figures.replies if (reply.tokens > CAP) is large)
        for large in (True, False)
    }
    ratio = waits[True][-1] / waits[False][-1]
    charged = sum(figures.stats["charges"]) / (tpm / 60) / figures.stats["seconds"]
    show("mixed sizes", figures, charged, f"longest wait, large to small: {ratio:.2f}")


def unlimited(_seconds: float) -> None:
    """5,007 problems at 1.8 s per answer and no limit: ≤ 13 s, of which 12.6 are seven latencies."""
    with serving(Server(latency=1.8, headers=False)) as (url, stop):
        took, limits = asyncio.run(fixed(url, 5007))
        figures = Figures([], stop(), limits.view())
        show("5,007 at 1.8 s", figures, None, f"{took:.1f} s, peak {figures.stats['peak']} in flight")


async def fixed(url: str, count: int) -> tuple[float, Limits]:
    """Ask so many."""
    limits = Limits(config.LimitSettings(), log=lambda line: print("   ", line[:110]) if VERBOSE else None)
    api = config.Api(base_url=url, model=MODEL, max_completion_tokens=CAP)

    async def one(index: int) -> None:
        try:
            await client.ask(body(index, 1), CAP)
        finally:
            limits.release()

    async with Client(api, config.Retry(), limits, api_key="none") as client:
        began = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for index in range(count):
                await limits.acquire()
                group.create_task(one(index))
        return time.monotonic() - began, limits


def begin(_seconds: float) -> None:
    """Silent servers: 5,007 answers of 1.8 s in ≤ 13 s; four slots of 20 s get at most 40, and no wait of 120 s."""
    for name, server, count, goal in (
        ("begin, 1.8 s", paced.Server(latency=1.8), 5007, "≤ 13 s"),
        ("begin, 1.8 s, uneven", paced.Server(latency=1.8, jitter=0.3), 5007, "no goal"),
        ("begin, 4 slots of 20 s", paced.Server(latency=20, slots=4), 400, "≤ 40 in flight, none waits 120 s"),
        ("begin, 64 slots of 1 s", paced.Server(slots=64, latency=1), 5007, "≤ 85 s"),
        ("begin, 60 s", paced.Server(latency=60, jitter=0.2), 5007, "no goal"),
    ):
        load = in_virtual_time(config.LimitSettings(), partial(paced.drive_through, server=server, count=count))
        figures = f"{max(load.answers):8.1f} s, at most {load.most:5,} in flight, longest {load.longest:5.1f} s"
        print(f"{name:<24} {figures}   goal: {goal}", flush=True)


def granted(seconds: float) -> None:
    """4 % are refused at random with a named wait: ≥ 0.95 of what is granted. A real limit: few refusals."""
    settings = config.LimitSettings(requests_per_minute=RPM)
    for name, server, rate, goal in (
        ("granted, Retry-After 1", paced.Server(stray=0.04, wait=1.0, headers=paced.ROOM), 96, "≥ 0.95"),
        ("granted, no headers", paced.Server(stray=0.04, wait=1.0), 96, "≥ 0.95"),
        ("granted, Retry-After 5", paced.Server(stray=0.04, wait=5.0, headers=paced.ROOM), 96, "≥ 0.95"),
        ("granted, limit of 50", paced.Server(limit=50, wait=1.0), 50, "≥ 0.90, 429 ≤ 3 %"),
    ):
        load = in_virtual_time(settings, partial(paced.drive_for, server=server, seconds=seconds))
        figures = f"goodput {load.per_second(1, seconds) / rate:.3f}, seconds 2-5 {load.per_second(2, 5):.0f}/s"
        print(f"{name:<24} {figures}, 429: {load.refused:.2%}   goal: {goal}", flush=True)


def in_virtual_time(settings: config.LimitSettings, drives: Callable[[Limits], Awaitable[paced.Load]]) -> paced.Load:
    """A run of which only the waiting takes time."""

    async def run() -> paced.Load:
        return await drives(Limits(settings, clock=virtual.now, rng=random.Random(1)))

    with asyncio.Runner(loop_factory=virtual.VirtualLoop) as runner:
        return runner.run(run())


def show(name: str, figures: Figures, goodput: float | None, note: str = "") -> None:
    """One line."""
    share = f"goodput {goodput:.3f}" if goodput is not None else " " * 13
    counts = f"{figures.stats['requests']:>6,} requests, 429: {figures.refused:7.2%}"
    print(f"{name:<24} {share}   {counts}   {note}", flush=True)


SCENARIOS: Final = (
    known,
    half,
    silent,
    refusals,
    capacity,
    changing,
    stalled,
    processes,
    mixed,
    unlimited,
    begin,
    granted,
)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", choices=[[], *(scenario.__name__ for scenario in SCENARIOS)])
    parser.add_argument("--seconds", type=float, default=20.0, help="length of each scenario (default: 20)")
    parser.add_argument("--verbose", action="store_true", help="what the limits say while they learn")
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    parser.add_argument("--join", nargs=3, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.serve:
        asyncio.run(serve(Server(**json.loads(chosen.serve))))
    elif chosen.join:
        asyncio.run(join(chosen.join[0], chosen.join[1], float(chosen.join[2])))
    else:
        for scenario in SCENARIOS:
            if not chosen.names or scenario.__name__ in chosen.names:
                scenario(chosen.seconds)


if __name__ == "__main__":
    main()
