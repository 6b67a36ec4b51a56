"""A run through simulated batches with every fault, its process killed at random moments: what is lost, what is twice.

    python tests/benchmarks/batch.py data-5/GeoQA3/json [--kills 60] [--faults MIX] [--enqueued N] [--seconds 20]

The endpoint is a process of its own. First the time from the command to the last batch submitted, without faults and
in a queue that has room for all; then the run with faults, started again after each kill until it ends by itself. Then
every problem is checked back: one best row; requests in batches and live beyond one a problem are counted, and so is
every input file of which more than one batch was carried out.
"""

import argparse
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

MODEL = "asyncgeo-rules"
FAULTS = (
    "batch_expired=0.15,batch_failed=0.15,batch_no_room=0.3,batch_gone=0.05,batch_missing=0.02,batch_duplicate=0.05,"
    "batch_lost_reply=0.2,500=0.03,429=0.02,content_filter=0.005,length=0.01,empty_object=0.01"
)
PRICES = f'[prices."{MODEL}"]\ninput = 0.10\ncached_input = 0.01\noutput = 0.50\n'
PRICES += "batch = { input = 0.05, cached_input = 0.005, output = 0.25 }\n"


@contextmanager
def endpoint(*flags: object) -> Iterator[str]:
    """The base URL of a simulated endpoint."""
    command = [sys.executable, "-m", "asyncgeo", "serve", "--port", "0", *map(str, flags)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            first = process.stdout.readline()
            yield first[first.index("http://") :].strip()
        finally:
            process.terminate()


def start(url: str, problems: Path, output: Path, *flags: object) -> "subprocess.Popen[str]":
    """The command, with nothing of our own settings."""
    settings = output.with_suffix(".toml")
    settings.write_text(PRICES)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ASYNCGEO_", "OPENAI_"))}
    command = [sys.executable, "-m", "asyncgeo", "run", "--batch", "--base-url", url, "--model", MODEL]
    command += ["--input-dir", str(problems), "-o", str(output), "--config", str(settings), *map(str, flags)]
    log = output.with_suffix(".log").open("a")
    return subprocess.Popen(command, stdout=log, stderr=log, env=kept, text=True)


def stats(url: str) -> dict[str, Any]:
    """What the endpoint counted."""
    with urllib.request.urlopen(url.removesuffix("/v1") + "/stats") as reply:  # noqa: S310  loopback
        found = json.load(reply)
    assert isinstance(found, dict)
    return found


def submission(problems: Path, folder: Path) -> None:
    """Seconds from the command to the last batch submitted."""
    with endpoint("--batch-seconds", 600) as url:
        began, before = time.perf_counter(), os.times()
        process = start(url, problems, folder / "submitted", "--submit-only")
        code = process.wait(300)
        after = os.times()
        cpu = sum(after[2:4]) - sum(before[2:4])
        made = re.findall(r"is submitted: ([\d,]+) problems", (folder / "submitted.log").read_text())
        count = sum(int(each.replace(",", "")) for each in made)
        print(
            f"submission: {count:,} problems in {len(made)} batches after {time.perf_counter() - began:.2f} s "
            f"({cpu:.2f} s of CPU), exit code {code}"
        )


def killed(url: str, problems: Path, output: Path, kills: int, longest: float, rng: random.Random) -> int:
    """Start the run, kill it after a random time, until it was killed so often; then let it end. Its exit code."""
    done = 0
    while True:
        process = start(url, problems, output)
        if done == kills:
            return process.wait(1200)
        try:
            code = process.wait(rng.uniform(0.3, longest))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            done += 1
        else:
            print(f"  ended by itself after {done} kills, exit code {code}")
            if code in (0, 4):
                return code


def rows(output: Path) -> dict[str, list[dict[str, Any]]]:
    """Every row by id."""
    found: dict[str, list[dict[str, Any]]] = {}
    for path in sorted(output.glob("dataset_*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            found.setdefault(row["id"], []).append(row)
    return found


def report(output: Path, problems: Path, told: dict[str, Any], code: int) -> None:
    """What came of it."""
    ids = {str(json.loads(path.read_text(encoding="utf-8"))["id"]) for path in problems.glob("*.json")}
    found = rows(output)
    best = {each["id"] for each in json.loads((output / "geoqa3_dataset.json").read_text())["problems"]}
    asked: dict[str, int] = told["problems"]
    batched = sum(told["batched"].values())
    states = {name: sum(row[-1]["status"] == name for row in found.values()) for name in ("parsed", "skipped", "error")}
    stand_ins = sum("error" in row[-1] and row[-1]["status"] == "parsed" for row in found.values())
    print(f"exit code {code}; {len(ids):,} problems, {len(ids - set(found)):,} without a row, ", end="")
    print(f"{sum(map(len, found.values())):,} rows, {len(best):,} in the dataset; {states}, {stand_ins} by the rules")
    print(
        f"requests: {batched:,} in batches, {told['requests']:,} live, for {len(asked):,} problems that need one; "
        f"{sum(asked.values()) - len(asked):,} beyond one each"
    )
    twice = {name: count for name, count in told["batches"].items() if count > 1}
    print(f"batches carried out: {sum(told['batches'].values())}, of which twice: {len(twice)} {list(twice)[:3]}")
    print(f"faults: {dict(told['faults'])}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("problems", type=Path)
    parser.add_argument("--kills", type=int, default=60)
    parser.add_argument("--longest", type=float, default=6.0, help="seconds until a kill, at most")
    parser.add_argument("--faults", default=FAULTS)
    parser.add_argument("--enqueued", type=int, default=6_000_000)
    parser.add_argument("--seconds", type=float, default=20.0, help="a batch takes")
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        submission(given.problems, folder)
        flags = ("--batch-seconds", given.seconds, "--enqueued-tokens", given.enqueued, "--faults", given.faults)
        with endpoint(*flags, "--seed", given.seed) as url:
            output, began = folder / "run", time.perf_counter()
            code = killed(url, given.problems, output, given.kills, given.longest, random.Random(given.seed))
            print(f"run: {given.kills} kills, {time.perf_counter() - began:.0f} s")
            if code not in (0, 4):
                print((folder / "run.log").read_text()[-1500:])
            report(output, given.problems, stats(url), code)


if __name__ == "__main__":
    main()
