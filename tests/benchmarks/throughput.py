"""Problems per second of one core, end to end, and CPU a problem, as shares of raw aiohttp, beside peers.

    python tests/benchmarks/throughput.py [--requests 4000] [--in-flight 64 256 1000] [--rounds 3]
    python tests/benchmarks/throughput.py --python lm-deluge=/path/to/python --python curator=/path/to/another

The endpoint (`asyncgeo serve --canned`, a parsed answer of ordinary length) has a core of its own, each client the
other. All send the same request, asyncgeo's; what each client does beside it stands in `peers.py`. A peer that is not
installed is left out with the reason; `--python` names the Python that has it, since peers do not fit into one.

Each client runs in a fresh process, and rounds are interleaved. Figures are medians of the rounds; a share is the
median of the rounds' ratios, with the least and the most. `of its CPU` compares CPU seconds, which other work on the
machine hardly changes: 0.5 is twice the CPU of raw aiohttp.
"""

import argparse
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.peers import CLIENTS, CORE, MODULES, TEXT

SERVER_CORE: Final = 1 - CORE
REFERENCE: Final = "raw-aiohttp"
SLOW: Final = ("sdk", "sdk-aiohttp", "litellm", "curator")
"""Clients that a quarter of the requests is enough for."""


class Figures(NamedTuple):
    """Of one client in one round, a request."""

    seconds: float
    cpu: float


def request() -> bytes:
    """The request that asyncgeo sends."""
    from asyncgeo.llm.formats import Form
    from asyncgeo.llm.prompts import Prompt
    from asyncgeo.schema.records import Problem

    return Prompt("asyncgeo-rules", 1500).render(Problem("1", TEXT), Form())


def measure(client: str, python: str, url: str, requests: int, in_flight: int, body: bytes) -> Figures:
    """One client in a fresh process on its core."""
    script = Path(__file__).with_name("peers.py")
    command = [python, str(script), client, url, str(requests), str(in_flight)]
    done = subprocess.run(command, input=body, capture_output=True, check=False, timeout=600)
    if done.returncode:
        sys.exit(f"{client} failed: {done.stderr.decode()[-2000:]}")
    seconds, cpu = map(float, done.stdout.split()[-2:])
    return Figures(seconds / requests, cpu / requests)


def missing(client: str, python: str) -> str | None:
    """Why a client cannot be measured."""
    module = MODULES.get(client)
    look = f"import importlib.util as u, sys; sys.exit(not u.find_spec({module!r}))"
    if module is None or subprocess.run([python, "-c", look], capture_output=True, check=False).returncode == 0:
        return None
    return f"left out: {python} has no {module}; --python {client}=PYTHON names one that does"


@contextmanager
def serving() -> Iterator[str]:
    """The address of an endpoint on its core."""
    serve = [sys.executable, "-m", "asyncgeo", "serve", "--port", "0", "--canned"]
    with subprocess.Popen(serve, stdout=subprocess.PIPE, text=True) as server:
        os.sched_setaffinity(server.pid, {SERVER_CORE})
        assert server.stdout is not None
        first = server.stdout.readline()
        try:
            yield first[first.index("http://") :].strip()
        finally:
            server.terminate()


def row(client: str, measured: dict[str, list[Figures]]) -> str:
    """A line of the table."""
    mine = measured[client]
    rate = statistics.median(1 / found.seconds for found in mine)
    shown = f"{client:<12} {rate:>8,.0f} /s  {statistics.median(found.cpu for found in mine) * 1000:>7.3f} ms CPU"
    if REFERENCE not in measured:
        return shown
    reference = measured[REFERENCE]
    return f"{shown}   of {REFERENCE}: {share(mine, reference, 0)}   of its CPU: {share(mine, reference, 1)}"


def share(mine: list[Figures], reference: list[Figures], which: int) -> str:
    """The reference's cost in units of mine: the median of the rounds, the least and the most."""
    ratios = [theirs[which] / ours[which] for ours, theirs in zip(mine, reference, strict=True)]
    return f"{statistics.median(ratios):.2f} ({min(ratios):.2f}–{max(ratios):.2f})"


def main() -> None:
    """The command line."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--requests", type=int, default=4000)
    arguments.add_argument("--in-flight", type=int, nargs="+", default=[64, 256, 1000])
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--clients", nargs="+", choices=CLIENTS, default=list(CLIENTS), metavar="CLIENT")
    arguments.add_argument("--python", action="append", default=[], metavar="CLIENT=PYTHON")
    given = arguments.parse_args()
    pythons = dict.fromkeys(given.clients, sys.executable) | dict(each.split("=", 1) for each in given.python)
    without = {client: why for client in given.clients if (why := missing(client, pythons[client]))}
    clients, body = [client for client in given.clients if client not in without], request()
    print(f"{len(body):,} bytes a request, {given.rounds} rounds")
    for client, why in without.items():
        print(f"{client:<12} {why}")
    with serving() as url:
        for in_flight in given.in_flight:
            print(f"\n{in_flight} in flight", flush=True)
            measured: dict[str, list[Figures]] = {client: [] for client in clients}
            for client in clients * given.rounds:
                count = max(in_flight, given.requests // (4 if client in SLOW else 1))
                measured[client].append(measure(client, pythons[client], url, count, in_flight, body))
            for client in clients:
                print(row(client, measured), flush=True)


if __name__ == "__main__":
    main()
