"""What a run keeps in memory as problems grow: peak RSS of `asyncgeo run` over one .jsonl, and of what is done.

    python tests/benchmarks/memory.py --problems 10000 200000 [1000000]

Problems are made up, one .jsonl in a temporary folder; `asyncgeo serve --canned` answers, in a process of its own.
Each run is the command itself, with --no-merge, and the system tells its peak. Then the same command again: it reads
what is done, asks nothing, and its peak holds the done set. The done set alone is measured too, filled in a fresh
process: ids that are plain numbers, and ids that are words.

A run at N should need no more than 1.3 times what it needs at the smallest N, plus the done set.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

TEXT = "如图,在△ABC中,AB=AC,S是BC的中点,∠BAC={angle}°,则∠BAS等于()"
PAGE = os.sysconf("SC_PAGE_SIZE")
GOAL = 1.3
NAMES = {"number": "{}", "word": "geoqa-train-{}"}


class Ended(NamedTuple):
    """How a command ended: seconds, and its peak in MB."""

    seconds: float
    peak: float


def generate(path: Path, count: int, name: str) -> None:
    """One problem a line."""
    with path.open("w", encoding="utf-8") as stream:
        for number in range(count):
            text = TEXT.format(angle=1 + number % 170)
            stream.write(f'{{"id": "{name.format(number)}", "subject": "{text}"}}\n')


@contextmanager
def serving() -> Iterator[str]:
    """The base URL of an endpoint that answers as fast as it can."""
    command = [sys.executable, "-m", "asyncgeo", "serve", "--port", "0", "--canned"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        first = server.stdout.readline()
        try:
            yield first[first.index("http://") :].strip()
        finally:
            server.terminate()


def run(folder: Path, source: Path, url: str) -> Ended:
    """`asyncgeo run` to its end."""
    flags = ["--input-dir", str(source), "--output-dir", str(folder / "out"), "--base-url", url]
    command = [sys.executable, "-m", "asyncgeo", "run", *flags, "--model", "asyncgeo-rules", "--no-merge"]
    started = time.perf_counter()
    with (folder / "said").open("wb") as said:
        process = subprocess.Popen(command, cwd=folder, stdout=said, stderr=said)
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, (folder / "said").read_text(encoding="utf-8")
    return Ended(time.perf_counter() - started, usage.ru_maxrss * 1024 / 1e6)


def rows_in(folder: Path) -> int:
    """How many rows the shards hold."""
    return sum(path.read_bytes().count(b"\n") for path in (folder / "out").glob("dataset_*.jsonl"))


def resident() -> int:
    """Bytes of this process in memory now."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * PAGE


def done_set(count: int, name: str) -> float:
    """Bytes an id of the standings of so many ids, in this process."""
    from asyncgeo.store import Standing, Standings

    standings, before = Standings(), resident()
    for number in range(count):
        standings.lift(name.format(number), Standing.MODEL)
    assert standings[name.format(count - 1)] is Standing.MODEL
    return (resident() - before) / count


def measure_done(count: int, name: str) -> float:
    """The same in a fresh process."""
    command = [sys.executable, __file__, "--done", name, "--problems", str(count)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def table(counts: list[int], name: str) -> None:
    """Run, measure, print."""
    per_id = {each: measure_done(max(counts), NAMES[each]) for each in NAMES}
    for each, size in per_id.items():
        print(f"done set of {max(counts):,} ids like {NAMES[each].format(7)}: {size:.1f} bytes an id")
    print(f"\n{'problems':>10}{'s':>8}{'a second':>10}{'peak MB':>9}{'again':>8}{'goal':>7}", flush=True)
    goal = 0.0
    with serving() as url:
        for count in counts:
            with tempfile.TemporaryDirectory(prefix="asyncgeo-memory-") as place:
                folder = Path(place)
                generate(folder / "problems.jsonl", count, NAMES[name])
                first = run(folder, folder / "problems.jsonl", url)
                assert rows_in(folder) == count
                again = run(folder, folder / "problems.jsonl", url)
                assert rows_in(folder) == count
            allowed = goal + count * per_id[name] / 1e6 if goal else float("nan")
            rate = count / first.seconds
            print(f"{count:>10,}{first.seconds:>8.1f}{rate:>10,.0f}{first.peak:>9.1f}{again.peak:>8.1f}{allowed:>7.0f}")
            sys.stdout.flush()
            goal = goal or GOAL * first.peak


def main() -> None:
    """The table, or one measurement for it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--problems", type=int, nargs="+", default=[2_000, 20_000], help="the smallest first")
    parser.add_argument("--ids", choices=NAMES, default="number")
    parser.add_argument("--done", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.done:
        print(done_set(given.problems[0], given.done))
    else:
        table(sorted(given.problems), given.ids)


if __name__ == "__main__":
    main()
