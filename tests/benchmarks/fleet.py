"""Workers of a Ray cluster against one process, and a cluster that loses a node: figures in one run.

    python tests/benchmarks/fleet.py                          one worker against two: share, free, latency
    python tests/benchmarks/fleet.py --node                   two nodes under an enforced limit, one is killed
    python tests/benchmarks/fleet.py --problems 1000 --laps 1 share     a quick look

`share`: each process of the run, driver and workers alike, is held to a quarter of a core, in turns, by stopping and
continuing it. So a machine of two cores has room for the endpoint, the driver and two workers, and what is measured is
whether the work divides. `free` is the same without: on two cores all take them from one another. `latency`: the same
slots, on one worker or divided between two, against an endpoint that needs its time: the ratio is 1 when the way
through the driver costs nothing.

Laps alternate; the figure is the median of the laps' ratios, with the least and the largest. A rate is that of the
rows, from the first to the last. CPU is milliseconds for each problem while rows come: of a process without workers;
of the driver and, divided among them, of the workers, Ray's own processes left out. `cores` is how many times the rate
of one process two workers have where everybody has a core, as it follows from these.
"""

import argparse
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).parents[1]))

import itertools

from support.live import KEY, asking, command, environment, rows_of, serving, start, write_problems
from support.nodes import descendants, title, two_nodes

from asyncgeo.schema.records import RULES_MODEL
from asyncgeo.simulator import Options

SLICE: Final = 0.01
"""Seconds for which a process may run…"""
TURNS: Final = 4
"""…in every so many slices: a quarter of a core. Two workers and their driver take three of the turns."""
LONGEST: Final = 300
RPM: Final = 1800


@dataclass(frozen=True)
class Figures:
    """Rows per second, and CPU for each problem: of the driver, or the only process, and of all workers."""

    rate: float
    driver: float
    workers: float


@contextmanager
def served(*flags: object) -> Iterator[str]:
    """An endpoint in a process of its own: its address."""
    serve = command("serve", "--port", 0, *flags)
    with subprocess.Popen(serve, stdout=subprocess.PIPE, text=True, env=environment()) as server:
        assert server.stdout is not None
        first = server.stdout.readline()
        try:
            yield first[first.index("http://") :].strip()
        finally:
            server.terminate()


def run(url: str, folder: Path, workers: int, slots: int, *, share: bool) -> Figures:
    """All problems of the folder, by so many workers; 0 is one process without any."""
    output = folder / "out"
    shutil.rmtree(output, ignore_errors=True)
    config = folder / "config.toml"
    config.write_text(f"[limits]\nmax_concurrency = {slots}\nadaptive = false\n", encoding="utf-8")
    flags = ("-i", folder / "in", "-o", output, "--no-merge", "--config", config, "--quiet")
    ours = ("--ray", "local", "--processes", workers) if workers else ()
    client = start("run", "--base-url", url, "--model", RULES_MODEL, *flags, *ours, cwd=folder)
    rows, spent = watch(client, output, share=share)
    said, _ = client.communicate(timeout=LONGEST)
    if client.returncode:
        raise RuntimeError(said)
    made = sorted(datetime.fromisoformat(row.meta.at) for row in rows_of(output) if row.meta is not None)
    driver = spent.pop(client.pid) / rows
    return Figures((len(made) - 1) / (made[-1] - made[0]).total_seconds(), driver, sum(spent.values()) / rows)


def watch(client: "subprocess.Popen[str]", output: Path, *, share: bool) -> tuple[int, dict[int, float]]:
    """From the first rows to the last ones: how many, and the milliseconds of CPU that each process took for them."""
    pause = threading.Event()
    while not count(output) and client.poll() is None:
        pause.wait(SLICE)
    processes = [client.pid, *(each for each in descendants(client.pid) if "ray::Worker" in title(each))]
    rows = first = count(output)
    began = now = {process: cpu(process) or 0.0 for process in processes}
    while client.poll() is None:
        take_turns(processes, pause) if share else pause.wait(TURNS * SLICE)
        seen = {process: cpu(process) for process in processes}
        if None in seen.values():
            break
        rows, now = count(output), {process: spent or 0.0 for process, spent in seen.items()}
    tell(processes, signal.SIGCONT)
    return max(1, rows - first), {process: now[process] - began[process] for process in processes}


def take_turns(processes: list[int], pause: threading.Event) -> None:
    """One process after the other runs for a slice; all others are stopped."""
    for turn in range(TURNS):
        tell(processes, signal.SIGSTOP)
        tell(processes[turn : turn + 1], signal.SIGCONT)
        pause.wait(SLICE)


def count(output: Path) -> int:
    """Rows on disk."""
    return sum(path.read_bytes().count(b"\n") for path in output.glob("dataset_*.jsonl"))


def cpu(process: int) -> float | None:
    """Milliseconds of CPU so far; None when the process has ended."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return None
    if fields[0] == "Z":
        return None
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


def tell(processes: list[int], number: int) -> None:
    for process in processes:
        with suppress(ProcessLookupError):
            os.kill(process, number)


def compare(name: str, endpoint: tuple[object, ...], slots: int, laps: int, folder: Path) -> None:
    """One process, one and two workers in turns; print the medians."""
    laps_of: dict[int, list[Figures]] = {0: [], 1: [], 2: []}
    with served(*endpoint) as url:
        for _ in range(laps):
            for workers, figures in laps_of.items():
                figures.append(run(url, folder, workers, slots, share=name == "share"))
    ratios = sorted(two.rate / one.rate for one, two in zip(laps_of[1], laps_of[2], strict=True))
    rates = [statistics.median(each.rate for each in figures) for figures in laps_of.values()]
    alone, driver = (statistics.median(each.driver for each in laps_of[workers]) for workers in (0, 2))
    spent = statistics.median(each.workers for each in laps_of[2])
    print(
        f"{name:>8} {rates[0]:>8,.0f}/s {rates[1]:>8,.0f}/s {rates[2]:>8,.0f}/s "
        f"{statistics.median(ratios):>6.2f} ({ratios[0]:.2f}…{ratios[-1]:.2f}) "
        f"{alone:>8.2f} ms {driver:>6.2f} + {spent:.2f} ms {alone / max(driver, spent / 2):>6.2f}",
        flush=True,
    )


SETUPS: Final[dict[str, tuple[tuple[object, ...], int]]] = {
    # what the endpoint is told, requests in flight
    "share": (("--canned",), 64),
    "free": (("--canned",), 64),
    "latency": (("--latency", 0.5), 100),
}


def lose_a_node(count: int) -> None:
    """Two nodes, one worker each, an enforced limit; a third of the way one node is killed like a machine."""
    pause = threading.Event()
    with (
        tempfile.TemporaryDirectory() as name,
        two_nodes() as nodes,
        serving(Options(rpm=RPM, latency=0.3)) as endpoint,
    ):
        folder = Path(name)
        write_problems(folder / "in", range(count))
        flags = ("-i", "in", "--no-merge", "--quiet", "--ray", nodes.address, "--processes", 2)
        client = start(*asking(endpoint, *flags), cwd=folder, OPENAI_API_KEY=KEY, **nodes.environment)
        while endpoint.stats.requests < count // 3 and client.poll() is None:
            pause.wait(0.05)
        killed = nodes.kill_second()
        said, _ = client.communicate(timeout=LONGEST)
        ids = Counter(row.id for row in rows_of(folder / "ground_truth"))
        arrivals = endpoint.stats.arrivals
        sent = sum(moment >= arrivals[0] + 1 for moment in arrivals)
        print(
            f"{killed} processes killed after {count // 3} requests; exit code {client.returncode}\n"
            f"rows {ids.total():,} of {count:,}, twice {sum(times > 1 for times in ids.values())}; "
            f"asked twice {sum(times > 1 for times in endpoint.stats.problems.values())}\n"
            f"of the limit {sent / (RPM / 60 * (arrivals[-1] - arrivals[0] - 1)):.3f} after the first second; "
            f"429 {endpoint.stats.rate_limited / len(arrivals):.2%}; longest time without a request "
            f"{max(late - early for early, late in itertools.pairwise(arrivals)):.2f} s",
            said if client.returncode else "",
            flush=True,
        )


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("setups", nargs="*", default=list(SETUPS), help=" ".join(SETUPS))
    arguments.add_argument("--problems", type=int, default=4000)
    arguments.add_argument("--laps", type=int, default=5)
    arguments.add_argument("--node", action="store_true")
    given = arguments.parse_args()
    if given.node:
        lose_a_node(min(given.problems, 1200))
        return
    heads = f"{'':>8} {'1 process':>10} {'1 worker':>10} {'2':>10} {'ratio of 2 to 1':>18}"
    print(f"{heads} {'CPU alone':>11} {'driver + workers':>16} {'cores':>6}")
    with tempfile.TemporaryDirectory() as name:
        write_problems(Path(name) / "in", range(given.problems))
        for setup in given.setups:
            compare(setup, *SETUPS[setup], given.laps, Path(name))


if __name__ == "__main__":
    main()
