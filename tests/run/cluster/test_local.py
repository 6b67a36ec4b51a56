import ast
import asyncio
import sys

import pytest
from support.bodies import crash, echo, tell

from asyncgeo.run.cluster.local import Processes
from asyncgeo.run.cluster.wire import WireLost

PATIENCE = 60


def test_frames_arrive_whole_and_in_order() -> None:
    """Empty ones, and ones larger than any buffer of a socket."""
    frames = [b"", b"x", b"y" * 3_000_000, b"z"]

    async def main() -> list[bytes]:
        async with asyncio.timeout(PATIENCE), Processes(echo).start() as wire:
            for frame in frames:
                wire.send(frame)
            return [await wire.receive() for _ in frames]

    assert asyncio.run(main()) == frames


def test_a_worker_is_out_of_reach_of_the_terminals_signals_and_of_its_folder() -> None:
    """Ctrl-C goes to a group of which it is no part; it imports what the driver imports, not what lies around."""

    async def main() -> bytes:
        async with asyncio.timeout(PATIENCE), Processes(tell).start() as wire:
            return await wire.receive()

    own_group, path = ast.literal_eval(asyncio.run(main()).decode())
    assert own_group
    assert path == sys.path


def test_a_worker_that_dies_leaves_its_last_words() -> None:
    """The news that it is gone carries the exit code and the last line it wrote."""

    async def main() -> None:
        async with asyncio.timeout(PATIENCE), Processes(crash).start() as wire:
            await wire.receive()

    with pytest.raises(WireLost, match="exit code 1: the roof fell in"):
        asyncio.run(main())
