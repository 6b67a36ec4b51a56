"""Real runs for tests: the command in a process of its own, the endpoint on a socket in a thread of this one."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from asyncgeo.schema.records import RULES_MODEL, Row, decode
from asyncgeo.simulator import Endpoint, Options
from asyncgeo.simulator.faults import Script
from support.warm import Warm, can_start

KEY = "sk-test-0123456789abcdef"
TIMEOUT = 120
"""Seconds after which a run that hangs fails its test."""

TEMPLATES = (
    "如图,在△ABC中,AB=AC,∠BAC={angle}°,则∠ABC的度数为()",
    "如图,AB∥CD,直线EF分别交AB、CD于点E、F,∠AEF={angle}°,则∠EFD等于()",
    "如图,AB是⊙O的直径,点C在⊙O上,∠CAB={angle}°,则∠ABC的度数是()",
    "如图,在□ABCD中,对角线AC、BD相交于点O,AB={n},则CD的长为()",
    "如图,D、E分别是△ABC的边AB、AC的中点,DE={n}cm,则BC的长为()",
)


def text_of(number: int) -> str:
    """The text of the problem with this number; every text occurs once, and can be drawn."""
    return TEMPLATES[number % len(TEMPLATES)].format(n=number + 1, angle=10 + (number + 1) / 1000)


def write_problems(folder: Path, numbers: Sequence[int], ending: str = "") -> Path:
    """A folder of problems in the input format; with `ending` after each text."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in numbers:
        content = json.dumps({"id": number, "subject": text_of(number) + ending}, ensure_ascii=False)
        (folder / f"{number}.json").write_text(content, encoding="utf-8")
    return folder


@contextmanager
def serving(options: Options | None = None, script: Script | None = None) -> Iterator[Endpoint]:
    """An endpoint in a thread with a loop of its own; `on_loop` of the same thread changes it while it runs."""
    ready: Future[tuple[Endpoint, asyncio.Event, asyncio.AbstractEventLoop]] = Future()

    async def main() -> None:
        done = asyncio.Event()
        try:
            async with Endpoint(options, script) as endpoint:
                ready.set_result((endpoint, done, asyncio.get_running_loop()))
                await done.wait()
        except BaseException as error:
            if not ready.done():
                ready.set_exception(error)
            raise

    thread = threading.Thread(target=lambda: asyncio.run(main()), daemon=True)
    thread.start()
    endpoint, done, loop = ready.result(10)
    try:
        yield endpoint
    finally:
        loop.call_soon_threadsafe(done.set)
        thread.join(10)


UNCHECKED = "ASYNCGEO_VERIFY_RULES"


def environment(**changes: str) -> dict[str, str]:
    """The environment of a run: no key, no base URL and no settings from outside.

    Parses of the rules are not drawn, which takes ten times as long as reading them.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ASYNCGEO_", "OPENAI_"))}
    return {**kept, "COLUMNS": "100", "NO_COLOR": "1", "PYTHONDONTWRITEBYTECODE": "", UNCHECKED: "false", **changes}


def command(*arguments: object) -> list[str]:
    """The command line of `asyncgeo …` with this interpreter."""
    return [sys.executable, "-m", "asyncgeo", *map(str, arguments)]


def start(*arguments: object, cwd: Path, **changes: str) -> "subprocess.Popen[str]":
    """`asyncgeo …` started; its output is one text."""
    return start_with((subprocess.DEVNULL, subprocess.PIPE, subprocess.STDOUT), *arguments, cwd=cwd, **changes)


def start_apart(*arguments: object, cwd: Path, **changes: str) -> "subprocess.Popen[str]":
    """The same with standard error for itself."""
    return start_with((subprocess.DEVNULL, subprocess.PIPE, subprocess.PIPE), *arguments, cwd=cwd, **changes)


def start_with(streams: tuple[int, int, int], *arguments: object, cwd: Path, **changes: str) -> "subprocess.Popen[str]":
    """The same with these streams: a terminal, a pipe that nobody reads."""
    kind = Warm if can_start(changes) else subprocess.Popen
    stdin, stdout, stderr = streams
    env = environment(**changes)
    return kind(command(*arguments), cwd=cwd, env=env, stdin=stdin, stdout=stdout, stderr=stderr, text=True)


def finish(process: "subprocess.Popen[str]") -> tuple[int, str]:
    """The exit code and all output of a started command."""
    output, _ = process.communicate(timeout=TIMEOUT)
    return process.returncode, output


def asyncgeo(*arguments: object, cwd: Path, **changes: str) -> tuple[int, str]:
    """Run `asyncgeo …` to its end: (exit code, output)."""
    return finish(start(*arguments, cwd=cwd, **changes))


def asking(endpoint: Endpoint, *arguments: object) -> tuple[object, ...]:
    """The arguments of a run that asks `endpoint`, which answers as the rules' model."""
    return ("run", "--base-url", endpoint.base_url, "--model", RULES_MODEL, *arguments)


def soon(folder: Path) -> None:
    """Settings of a run in this folder that waits for one second at most, wherever it would for a minute."""
    (folder / "config.toml").write_text("[retry]\nmax_delay = 1\n", encoding="utf-8")


def rows_of(folder: Path) -> list[Row]:
    """Every row of every shard."""
    lines = (line for path in sorted(folder.glob("dataset_*.jsonl")) for line in path.read_bytes().splitlines())
    return [decode(line) for line in lines]


def dataset_of(folder: Path) -> dict[str, Any]:
    """The merged dataset without the time at which it was made."""
    found = json.loads((folder / "geoqa3_dataset.json").read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    del found["metadata"]["created_at"]
    return found


def kill_when(process: "subprocess.Popen[str]", reached: Callable[[], bool], number: int = signal.SIGKILL) -> None:
    """Send the signal as soon as `reached()`; the state is polled, the process runs freely meanwhile."""
    pause = threading.Event()
    for _ in range(TIMEOUT * 500):
        if reached() or process.poll() is not None:
            break
        pause.wait(0.002)
    process.send_signal(number)
