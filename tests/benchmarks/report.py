"""What a report of thousands of problems costs: memory, seconds to make, megabytes, milliseconds until it can be used.

    python tests/benchmarks/report.py FOLDER --problems 100000 --figures 500 [--loads 0]

FOLDER holds shards; its problems are repeated under new ids until there are enough, each with its verdict and, but for
errors, a raw answer; one in 100 is an error, one in 20 skipped. `asyncgeo report` makes the page; the system counts its
CPU seconds and the peak of memory of the largest of its processes, which must not exceed 200 MB. Unless `--loads` is 0
the page is opened in headless Chromium: `ready` is when every section and the table stand, `painted` when the first of
it was to be seen, both since the navigation began; then a search, a filter and a sort are timed until the table shows
the result, and the table is scrolled, a screenful a frame. Medians of so many loads; the machine's other work is in
every figure.
"""

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
from contextlib import closing
from itertools import islice
from pathlib import Path

from msgspec.structs import replace

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.chromium import Page, browsing

from asyncgeo import store
from asyncgeo.schema.records import Failed, Meta, Parsed, Row, Skipped, Tokens, encode
from asyncgeo.store import parses, raw_answers, verdicts
from asyncgeo.store.raw_answers import Raw, RawFile
from asyncgeo.verify.judge import judge
from asyncgeo.views.report.rows import BestRows
from asyncgeo.views.report.written import NAME

GOAL = 200
SHARD = 10_000
MODEL = "gpt-4.1-mini"
AT = "2026-11-23T12:00:00.000Z"
TIMED = {
    "search": "(controls.query.value = chosen.query = '∠ABC', arrange())",
    "filter": "(setFilter('category', data.categories[1]), arrange())",
    "sort": "(chosen.query = '', setFilter('category', ''), chosen.sort = 'text', arrange())",
}
SCROLL = """(async () => {
  const frames = [];
  let before = await new Promise(requestAnimationFrame);
  for (let k = 0; k < 200; k++) {
    view.sheet.scrollTop += view.sheet.clientHeight;
    const now = await new Promise(requestAnimationFrame);
    frames.push(now - before);
    before = now;
  }
  return frames;
})()"""


def main() -> None:
    """Make the page, open it some times, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--problems", type=int, default=5000)
    parser.add_argument("--figures", type=int, default=500)
    parser.add_argument("--loads", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder, page = Path(name), Path(name) / NAME
        repeat(given.folder, folder, given.problems)
        cpu, peak = make(folder, given.figures)
        print(f"made in {cpu:.1f} s of CPU; {page.stat().st_size / 1e6:.2f} MB")
        print(f"peak memory {peak:.0f} MB; goal {GOAL} MB: {'held' if peak <= GOAL else 'MISSED'}", flush=True)
        if given.loads:
            asyncio.run(measure(page.as_uri(), given.loads))


def make(folder: Path, figures: int) -> tuple[float, float]:
    """`asyncgeo report`: its CPU seconds, and the peak of its largest process in MB."""
    command = [sys.executable, "-m", "asyncgeo", "report", "--output-dir", str(folder), "--figures", str(figures)]
    process = subprocess.Popen(command, cwd=folder)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024 / 1e6


def repeat(source: Path, target: Path, many: int) -> None:
    """Shards of that many problems under ids of their own, with their verdicts and answers."""
    with closing(BestRows(source)) as rows:
        originals = [row for _, row in rows.read(rows.slots)]
    known = {row.id: judge(parses.of_parsed(row)) for row in originals if isinstance(row, Parsed)}
    for start in range(0, many, SHARD):
        bounds = store.Bounds(start, min(many, start + SHARD))
        made = [(number, originals[number % len(originals)]) for number in range(*bounds)]
        target.joinpath(store.name(*bounds)).write_bytes(b"".join(encode(renamed(row, number)) for number, row in made))
        judged = [replace(known[row.id], id=str(number)) for number, row in made if row.id in known]
        verdicts.append(target / verdicts.name(*bounds), judged)
        answers = (answer(row, number) for number, row in made if number % 100)
        book = RawFile(target, bounds)
        while batch := list(islice(answers, 20)):
            book.append(raw_answers.encode(batch))
        book.close()


def renamed(row: Row, number: int) -> Row:
    """The row under another id, or what may become of a problem instead."""
    tokens = Tokens(1200 + number % 90, 1100, 200 + number % 50)
    meta = Meta(model=MODEL, prompt="9f2c", tokens=tokens, attempts=1, latency=0.5 + number % 7, at=AT)
    if not number % 100:
        return Failed(id=str(number), error="took too long", kind="timeout", attempts=6, meta=meta)
    if not number % 20:
        return Skipped(id=str(number), source="model", reason="pure_calculation", meta=meta)
    if not isinstance(row, Parsed):
        return replace(row, id=str(number), meta=meta)
    return replace(row, id=str(number), meta=meta, source="model", original_text=f"{number}. {row.original_text}")


def answer(row: Row, number: int) -> Raw:
    """As the model might have written it."""
    return Raw(str(number), "", AT, MODEL, "9f2c", "stop", encode(row).decode())


async def measure(url: str, loads: int) -> None:
    """Open the page so many times in one browser, each time afresh."""
    async with browsing() as page:
        await page.look()
        found: dict[str, list[float]] = {}
        for _ in range(loads):
            await page.visit("about:blank")
            await page.visit(url)
            for name, value in (await look(page)).items():
                found.setdefault(name, []).append(value)
        for name, values in found.items():
            spread = f"{min(values):.1f} to {max(values):.1f}"
            print(f"{name:>16} {statistics.median(values):8.1f} ms   (of {len(values)}: {spread})")


async def look(page: Page) -> dict[str, float]:
    """One load: how long until it stood, and how it answers."""
    await page.until("performance.getEntriesByName('first-contentful-paint').length")
    times = {
        "ready": "performance.getEntriesByName('ready')[0].startTime",
        "painted": "performance.getEntriesByName('first-contentful-paint')[0].startTime",
        **{
            name: f"(() => {{ const t = performance.now(); {script}; view.sheet.offsetHeight;"
            " return performance.now() - t })()"
            for name, script in TIMED.items()
        },
    }
    found = {name: float(await page.run(script)) for name, script in times.items()}
    frames = sorted(await page.run(SCROLL))
    return {**found, "frame, median": statistics.median(frames), "frame, 95 %": frames[int(0.95 * len(frames))]}


if __name__ == "__main__":
    main()
