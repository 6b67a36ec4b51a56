"""How soon asyncgeo is there: `--help`, `plan`, the first request of a run; beside what importing the SDK alone takes.

    python tests/benchmarks/start.py [--problems 5007] [--planned 100000] [--rounds 7]

Each round runs every command once, in turn; medians with the range, and their ratio to `python -c 'import openai'`.
The first request is timed from the start of the process to its arrival at a server of this benchmark's own.
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Callable

TEXT = "如图,在△ABC中,AB=AC,∠BAC=50°,则∠ABC的度数为()"
PYTHON = sys.executable
ENVIRONMENT = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}  # installed programs have their byte code beside them


def timed(*command: str) -> float:
    """Seconds a command takes."""
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=ENVIRONMENT)
    return time.perf_counter() - started


def first_request(folder: Path) -> float:
    """Seconds from the start of `asyncgeo run` over the folder to its first request."""
    return asyncio.run(_first_request(folder))


async def _first_request(folder: Path) -> float:
    arrived: asyncio.Future[float] = asyncio.get_running_loop().create_future()

    async def answer(_: web.Request) -> web.Response:
        if not arrived.done():
            arrived.set_result(time.perf_counter())
        return web.json_response({"error": {"message": "enough", "type": "insufficient_quota"}}, status=429)

    server = web.Application()
    server.router.add_post("/v1/chat/completions", answer)
    runner = web.AppRunner(server)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    with tempfile.TemporaryDirectory() as output:
        command = (PYTHON, "-m", "asyncgeo", "run", "-q", "-i", str(folder), "-o", output, "--base-url", url)
        started = time.perf_counter()
        run = await asyncio.create_subprocess_exec(*command, stderr=subprocess.DEVNULL, env=ENVIRONMENT)
        try:
            async with asyncio.timeout(60):
                return await arrived - started
        finally:
            await run.wait()
            await runner.cleanup()


def write(folder: Path, problems: int) -> None:
    """A folder of as many files."""
    folder.mkdir()
    for number in range(problems):
        content = json.dumps({"id": number, "subject": TEXT}, ensure_ascii=False)
        (folder / f"{number}.json").write_text(content, encoding="utf-8")


def main() -> None:
    """Print the table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--problems", type=int, default=5007)
    arguments.add_argument("--planned", type=int, default=100_000)
    arguments.add_argument("--rounds", type=int, default=7)
    wanted = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        files, many = Path(folder, "asked"), Path(folder, "planned")
        write(files, wanted.problems)
        write(many, wanted.planned)
        plan = (PYTHON, "-m", "asyncgeo", "plan", "-i", str(many), "-o", folder, "--base-url", "http://127.0.0.1:9/v1")
        cases: dict[str, Callable[[], float]] = {
            "python -c 'import openai'": lambda: timed(PYTHON, "-c", "import openai"),
            "… and aiohttp": lambda: timed(PYTHON, "-c", "import openai, aiohttp; openai.DefaultAioHttpClient"),
            "python -c pass": lambda: timed(PYTHON, "-c", "pass"),
            "asyncgeo --help": lambda: timed(PYTHON, "-m", "asyncgeo", "--help"),
            f"plan of {wanted.planned:,} files": lambda: timed(*plan),
            f"first request of {wanted.problems:,} files": lambda: first_request(files),
        }
        seconds: dict[str, list[float]] = {name: [] for name in cases}
        for _ in range(wanted.rounds + 1):  # the first warms caches and is dropped
            for name, case in cases.items():
                seconds[name].append(case())
    base = statistics.median(seconds["python -c 'import openai'"][1:])
    print(f"{'':34}{'median s':>10}{'min':>8}{'max':>8}{'/ import openai':>17}")
    for name, times in seconds.items():
        median = statistics.median(times[1:])
        print(f"{name:34}{median:10.3f}{min(times[1:]):8.3f}{max(times[1:]):8.3f}{median / base:17.2f}")


if __name__ == "__main__":
    main()
