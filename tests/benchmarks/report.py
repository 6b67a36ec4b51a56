"""What a report of thousands of problems costs: seconds to make, megabytes, milliseconds until it can be used.

    python tests/benchmarks/report.py FOLDER --problems 5000 --figures 5000

FOLDER holds shards; its problems are repeated under new ids until there are enough. The page is opened in headless
Chromium: `ready` is when every section and the table stand, `painted` when the first of it was to be seen, both since
the navigation began; then a search, a filter and a sort are timed until the table shows the result, and the table is
scrolled, a screenful a frame. Medians of so many loads; the machine's other work is in every figure.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from itertools import cycle, islice
from pathlib import Path

import msgspec

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.chromium import Page, browsing

from asyncgeo import store
from asyncgeo.cli.report import NAME, report
from asyncgeo.schema.records import encode
from asyncgeo.views.report.gather import read_rows

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
        folder = Path(name)
        repeat(given.folder, folder, given.problems)
        began = time.perf_counter()
        report({"output.dir": ("--output-dir", name), "input.dir": ("", None)}, None, None, figures=given.figures)
        page = folder / NAME
        print(f"made in {time.perf_counter() - began:.1f} s; {page.stat().st_size / 1e6:.2f} MB")
        asyncio.run(measure(page.as_uri(), given.loads))


def repeat(source: Path, target: Path, many: int) -> None:
    """A shard of so many rows under ids of their own."""
    rows = enumerate(islice(cycle(read_rows(source, [])), many))
    lines = b"".join(encode(msgspec.structs.replace(row, id=str(number))) for number, row in rows)
    target.joinpath(store.name(0, many)).write_bytes(lines)


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
