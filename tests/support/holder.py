"""A process that holds shards, for tests of what its neighbours and its death leave: `python holder.py MODE FOLDER …`.

`hold FOLDER START END` locks, says `held`, and lets go when its input ends. `write FOLDER START END FROM` appends rows
with the ids FROM, FROM + 1, … until it is killed, and says after each sync how many are safe.
"""

import asyncio
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from asyncgeo.schema.records import Failed, encode
from asyncgeo.store import Bounds
from asyncgeo.store.appender import Shard


@contextmanager
def process(mode: str, *arguments: object) -> Iterator[subprocess.Popen[str]]:
    """This program in a process of its own; killed at the end if it still runs."""
    command = [sys.executable, __file__, mode, *map(str, arguments)]
    paths = os.pathsep.join((str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")))
    environment = os.environ | {"PYTHONPATH": paths}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment) as child:
        try:
            yield child
        finally:
            child.kill()


def said(child: subprocess.Popen[str]) -> str:
    """The child's next line."""
    assert child.stdout is not None
    return child.stdout.readline().strip()


def row(number: int) -> bytes:
    """The row that `write` writes for an id; long enough that a kill can tear it."""
    return encode(Failed(id=str(number), error="平" * 500, kind="timeout"))


async def hold(folder: Path, bounds: Bounds) -> None:
    """Lock until the input ends."""
    (shard,) = await Shard.open_all(folder, [bounds], shlex.join(sys.argv))
    async with shard:
        print("held", flush=True)  # noqa: T201
        await asyncio.to_thread(sys.stdin.read)


async def write(folder: Path, bounds: Bounds, first: int) -> None:
    """Append until killed."""
    async with await Shard.open(folder, bounds) as shard:
        number = first
        while True:
            await shard.append(b"".join(map(row, range(number, number + 64))))
            await shard.sync()
            number += 64
            print(number, flush=True)  # noqa: T201


if __name__ == "__main__":
    _, mode, where, *numbers = sys.argv
    start, end, *rest = map(int, numbers)
    asyncio.run((hold if mode == "hold" else write)(Path(where), Bounds(start, end), *rest))
