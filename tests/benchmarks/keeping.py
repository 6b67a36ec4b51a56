"""What it costs to keep rows: to scan, merge and write them, as ratios within one run.

    python tests/benchmarks/keeping.py --rows 1000000

Rows are made up (about 1 KB each, ten shards) in a temporary folder and removed; files are in the page cache. Each
figure is taken in a process of its own. Where that starts others, the memory is its own peak and, for each core, the
largest of theirs. On a machine that others use, compare by cpu time: it counts all processes, and the clock lies.
Rows are in the present form, which is copied, but where another is named: those are rewritten.
The yardsticks are `wc -l` on the same files, and the way of the original script: every line through json.loads into a
list, the first row per id, json.dump with indent=2. That one keeps all rows in memory, so it is measured on at most
`--original` rows and compared per row.
"""

import argparse
import asyncio
import json
import math
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import msgspec

from asyncgeo import store
from asyncgeo.dataset import MergeOptions, merge, read_split
from asyncgeo.dataset.folder import merge_folder
from asyncgeo.schema import conditions
from asyncgeo.schema.canonical import FORM
from asyncgeo.schema.records import Meta, Parsed, RequiredObjects, Tokens, encode
from asyncgeo.store import Bounds
from asyncgeo.store.appender import Shard
from asyncgeo.store.lines import look
from asyncgeo.views.status import Watcher

SHARDS = 10
WHO = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
COMMON = 0.6  # the share of problems that name their points as most do
TEXT = (
    "如图,在四边形{figure}中,对角线相交于点{e},点{f}在边{gh}上,且∠{figure:.3}={angle}°,{ij}={length}cm,"
    "延长{gh}至点P,连接{km},若{ij}⊥{km},以{e}为圆心的圆经过点{figure:.1},"
)
CHUNK = 64
"""Rows drained together at some thousand rows a second."""
ONE_PROCESS = "--one-process" in sys.argv
"""Quick: the table with figures that say nothing of memory, and little of time."""


def make_row(number: int, chance: random.Random, minute: int = 0, form: int = FORM) -> bytes:
    """A row as a model's answer becomes one: distinct text, five conditions of several types.

    Names and numbers recur as in real problems, where 28 % of the first 10,000 conditions are distinct; here 30 %.
    """
    a, b, c, d = "ABCD" if chance.random() < COMMON else chance.sample("ABCDEFGH", 4)
    e, f = ("O", "E") if chance.random() < COMMON else chance.sample("IJKMNOPQ", 2)
    sides = ((a, b), (b, c), (c, d), (d, a), (a, c), (b, d))
    (g, h), (i, j), (k, m) = chance.sample(sides, 3)
    angle, length = 5 * chance.randrange(2, 35), chance.randrange(1, 20)
    text = TEXT.format(figure=a + b + c + d, e=e, f=f, gh=g + h, ij=i + j, km=k + m, angle=angle, length=length)
    held: list[conditions.Condition] = [
        {"type": "intersection_point", "point": e, "lines": [[a, c], [b, d]]},
        {"type": "point_on_segment", "point": f, "segment": [g, h]},
        {"type": "angle_value", "points": [chance.choice(([a, b, c], [b, c, d], [a, e, b]))], "value": angle},
        {"type": "distance_equals", "segment": [i, j], "value": length},
        {"type": "perpendicular", "objects": [[i, j], [k, m]]},
        {"type": "point_on_circle", "point": a, "circle_center": e},
    ]
    points = [a, b, c, d, e, f]
    row = Parsed(
        id=str(number),
        source="model",
        subject=text,
        original_text=f"{text}则四边形{a}{b}{c}{d}的面积为()",
        cleaned_text=text,
        category=chance.choice(conditions.CATEGORIES),
        difficulty=chance.randrange(1, 6),
        required_objects=RequiredObjects(points, [[a, c], [b, d]], [], [], [[a, b, c, d]]),
        verification_conditions=chance.sample(held, 5),
        meta=Meta(
            at=datetime.fromtimestamp(1.8e9 + 60 * minute + number / 7, UTC).isoformat(),
            model="gpt-4.1-mini",
            prompt="0123456789ab",
            tokens=Tokens(1900, 1700, 430),
            attempts=1,
            latency=chance.random() * 9,
            form=form,
        ),
    )
    return encode(row)


def make_original(number: int, chance: random.Random) -> bytes:
    """The same as the original script wrote rows: its own vocabulary, nothing of who answered, blanks between."""
    row = json.loads(make_row(number, chance))
    row["verification_conditions"] = [
        {**each, "type": ORIGINAL_TYPES.get(each["type"], each["type"])} for each in row["verification_conditions"]
    ]
    whole = {key: value for key, value in row.items() if key not in ("status", "source", "meta")}
    return json.dumps({**whole, "status": "parsed"}, ensure_ascii=False).encode() + b"\n"


ORIGINAL_TYPES = {"distance_equals": "segment_length", "intersection_point": "intersection"}
"""Types of the table as the original script named them; of its rows that name no such type few need straightening."""


def generate(folder: Path, count: int, make: Callable[[int, random.Random], bytes] = make_row) -> None:
    """Ten shards, each in the order in which requests might finish."""
    chance = random.Random(1)
    folder.mkdir(exist_ok=True)
    for low, high in store.plan(count, shards=SHARDS):
        numbers = sorted(range(low, high), key=lambda number: number + chance.random() * 200)
        with (folder / store.name(low, high)).open("wb") as stream:
            stream.writelines(make(number, chance) for number in numbers)


def generate_thrice(folder: Path, count: int, *, apart: bool) -> None:
    """As many rows, three an id: a run, and two that asked for all of it again, in its shards or in others."""
    chance = random.Random(1)
    folder.mkdir(exist_ok=True)
    size = max(count // 3, 1)
    for run in range(3):
        for low, high in store.plan(size, shards=3 if apart else SHARDS):
            path = folder / (store.name(low, high + run * size) if apart else store.name(low, high))
            with path.open("ab") as stream:
                stream.writelines(make_row(number, chance, run) for number in range(low, high))


def lines_of(folder: Path, most: int | None = None) -> Iterator[bytes]:
    """The lines of all shards."""
    count = 0
    for _, path in store.find(folder):
        with path.open("rb") as stream:
            for line in stream:
                count += 1
                if most is not None and count > most:
                    return
                yield line


def run_wc(folder: Path, _: int) -> None:
    """The yardstick: lines counted by a program in C."""
    wc = shutil.which("wc") or "wc"
    subprocess.run([wc, "-l", *(path for _, path in store.find(folder))], check=True, stdout=subprocess.DEVNULL)


def run_scan(folder: Path, count: int) -> None:
    """What a run does first."""
    found = store.scan(folder)
    assert (found.rows, found.bad_lines) == (count, 0)


def run_fields(folder: Path, _: int) -> None:
    """For comparison: two fields decoded, nothing validated."""
    decoder = msgspec.json.Decoder(msgspec.defstruct("Fields", [("id", str), ("status", str)]))
    for line in lines_of(folder):
        decoder.decode(line)


def run_loads(folder: Path, _: int) -> None:
    """For comparison: the standard library, nothing validated."""
    for line in lines_of(folder):
        json.loads(line)


def run_look(folder: Path, _: int) -> None:
    """For comparison: the rows of a scan alone, on one core."""
    for line in lines_of(folder):
        look(line)


def run_status(folder: Path, count: int) -> None:
    """What `asyncgeo status` counts."""
    assert Watcher(folder).look().counts.parsed == count


def run_merge(folder: Path, count: int) -> None:
    """The whole dataset, synced, rows of the original script straightened."""
    assert merge_folder(folder, expected=None).rows == count


def run_merge_lines(folder: Path, count: int) -> None:
    """The same, a problem a line."""
    assert merge(folder, options=MergeOptions(format="jsonl")).problems == count


def run_merge_split(folder: Path, count: int) -> None:
    """The same in two parts."""
    assert merge(folder, options=MergeOptions(format="jsonl", split=read_split("train=0.8,test=0.2"))).problems == count


def run_merge_parquet(folder: Path, count: int) -> None:
    """The same in columns."""
    assert merge(folder, options=MergeOptions(format="parquet")).problems == count


def run_original(folder: Path, count: int) -> None:
    """The whole dataset, the original script's way."""
    found = [json.loads(line) for line in lines_of(folder, count)]
    best: dict[str, dict[str, object]] = {}
    for row in found:
        best.setdefault(row["id"], row)
    ordered = sorted(best.values(), key=lambda row: int(str(row["id"])))
    with (folder / "original.json").open("w", encoding="utf-8") as stream:
        json.dump(
            {"metadata": {"total_problems": len(ordered)}, "problems": ordered}, stream, ensure_ascii=False, indent=2
        )


def run_write(folder: Path, count: int) -> None:
    """Drained batches, synced once a second as in a run."""
    asyncio.run(_write(folder, count, CHUNK, every=1.0))


def run_write_single(folder: Path, count: int) -> None:
    """For comparison: a write a row."""
    asyncio.run(_write(folder, count, 1, every=1.0))


def run_write_synced(folder: Path, count: int) -> None:
    """For comparison: a write and an fsync a row."""
    asyncio.run(_write(folder, count, 1, every=0.0))


async def _write(folder: Path, count: int, chunk: int, *, every: float) -> None:
    row = make_row(7, random.Random(1))
    async with await Shard.open(folder / "written", Bounds(0, count)) as shard:
        synced = time.monotonic()
        for _ in range(0, count, chunk):
            await shard.append(row * chunk)
            if time.monotonic() - synced >= every:
                await shard.sync()
                synced = time.monotonic()


MEASURES: dict[str, Callable[[Path, int], None]] = {
    name.removeprefix("run_"): value for name, value in dict(globals()).items() if name.startswith("run_")
}


class Cost(NamedTuple):
    """Seconds by the clock and of all cores, and the most memory in MB that all processes can have held together."""

    wall: float
    cpu: float
    peak: float


def measure(name: str, folder: Path, count: int, times: int = 1) -> Cost:
    """The best of `times`, in processes of their own, or in this one where `ONE_PROCESS` says so."""
    if ONE_PROCESS:
        return measure_here(name, folder, count)
    command = [sys.executable, __file__, "--measure", name, str(folder), "--rows", str(count)]
    told = [subprocess.run(command, check=True, capture_output=True, text=True).stdout for _ in range(times)]
    found = [Cost(*map(float, each.split())) for each in told]
    return Cost(*map(min, zip(*found, strict=True)))


def measure_here(name: str, folder: Path, count: int) -> Cost:
    """One measurement in this process."""
    wall, cpu = time.perf_counter(), cpu_seconds()
    MEASURES[name](folder, count)
    wall, cpu = time.perf_counter() - wall, cpu_seconds() - cpu
    own, child = (resource.getrusage(who).ru_maxrss * 1024 / 1e6 for who in WHO)
    return Cost(wall, cpu, own + child * min(os.cpu_count() or 1, SHARDS))


def cpu_seconds() -> float:
    """Of this process and of those it has waited for."""
    used = map(resource.getrusage, WHO)
    return sum(each.ru_utime + each.ru_stime for each in used)


def say(text: str) -> None:
    print(text, flush=True)


def table(count: int, original: int, often: int) -> None:
    """Generate, measure, print."""
    with tempfile.TemporaryDirectory(prefix="asyncgeo-keeping-") as place:
        folder = Path(place)
        generate(folder, count)
        size = sum(path.stat().st_size for _, path in store.find(folder))
        say(f"{count:,} rows of {size / count:,.0f} bytes in {SHARDS} shards\n")
        say(f"{'':38}{'s':>8}{'µs/row':>9}{'cpu':>8}{'MB':>7}  by the clock (by cpu)")
        show_reading(folder, count, often)
        show_merging(folder, count, min(count, original))
        show_writing(folder, count)


def show_reading(folder: Path, count: int, often: int) -> None:
    """What it costs to know what is there."""
    wc = measure("wc", folder, count, times=often)._replace(peak=math.nan)  # what is held is not its own
    show("wc -l", wc, count)
    for name, what in (("fields", "two fields, nothing validated"), ("loads", "json.loads, nothing validated")):
        show(what, measure(name, folder, count), count)
    show("every row decoded and validated", found := measure("look", folder, count), count, times_as(wc, found))
    found = measure("scan", folder, count, times=often)
    show("scan", found, count, times_as(wc, found))
    show("status", measure("status", folder, count, times=often), count)
    other = folder / "other"
    generate(other, count, partial(make_row, form=0))
    for name in ("scan", "status"):
        show(f"{name}, rows of an earlier form", measure(name, other, count, times=often), count)
    shutil.rmtree(other)


def times_as(wc: Cost, found: Cost) -> str:
    return f"{found.wall / wc.wall:.1f} × wc -l ({found.cpu / wc.cpu:.1f})"


def show_merging(folder: Path, count: int, few: int) -> None:
    """What it costs to make the dataset."""
    slow = measure("original", folder, few)
    show(f"merge, the original's way ({few:,})", slow, few)
    (folder / "original.json").unlink()
    for name, what in (
        ("merge", "merge"),
        ("merge_lines", "merge to jsonl"),
        ("merge_split", "merge to jsonl, split in two"),
        ("merge_parquet", "merge to parquet"),
    ):
        if name == "merge_parquet" and find_spec("pyarrow") is None:
            say(f"{what:38}   pyarrow is not installed")
            continue
        show_merge(name, what, folder, count, slow, few)
    older = partial(generate, make=partial(make_row, form=0))
    for what, make in (
        ("merge, rows of an earlier form", older),
        ("merge, three rows an id, one shard", partial(generate_thrice, apart=False)),
        ("merge, three rows an id, three shards", partial(generate_thrice, apart=True)),
        ("merge, rows of the original script", partial(generate, make=make_original)),
    ):
        other = folder / "other"
        make(other, count)
        rows = sum(1 for _ in lines_of(other))
        show_merge("merge", what, other, rows, slow, few)
        shutil.rmtree(other)


def show_merge(name: str, what: str, folder: Path, count: int, slow: Cost, few: int) -> None:
    """One way to merge, against the original's."""
    found = measure(name, folder, count)
    wall, cpu = (one / few / (other / count) for one, other in zip(slow[:2], found[:2], strict=True))
    show(what, found, count, f"{wall:.1f} × as fast as the original's way ({cpu:.1f})")
    for file in folder.glob("geoqa3_dataset.*"):
        file.unlink()


def show_writing(folder: Path, count: int) -> None:
    """What it costs to keep rows as they come."""
    for name, what, share in (
        ("write", f"write, batches of {CHUNK}", 5),
        ("write_single", "write, row by row", 50),
        ("write_synced", "write, fsync a row", 500),
    ):
        few = max(count // share, CHUNK)
        found = measure(name, folder, few)
        show(what, found, few, f"{few / found.wall:,.0f} rows/s")
        shutil.rmtree(folder / "written")


def show(what: str, cost: Cost, count: int, note: str = "") -> None:
    """One line of the table."""
    wall, cpu = cost.wall / count * 1e6, cost.cpu / count * 1e6
    say(f"{what:38}{cost.wall:8.2f}{wall:9.2f}{cpu:8.2f}{cost.peak:7.0f}  {note}")


def main() -> None:
    """The table, or one measurement for it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--original", type=int, default=100_000, help="rows for the original's way at most")
    parser.add_argument("--often", type=int, default=3, help="times that reading is measured; the best counts")
    parser.add_argument("--one-process", action="store_true", help="quick; its figures say nothing of memory")
    parser.add_argument("--measure", nargs=2, metavar=("NAME", "FOLDER"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if not given.measure:
        table(given.rows, given.original, given.often)
        return
    name, folder = given.measure
    say(" ".join(map(str, measure_here(name, Path(folder), given.rows))))


if __name__ == "__main__":
    main()
