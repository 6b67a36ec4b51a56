"""A worker of a run of many: the session of `asyncgeo run`, for problems that a driver leases.

In: a descriptor of a socket, or a wire that a cluster's actor holds. Out: rows, over that.
"""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from asyncgeo.run.cluster.local import Stream
from asyncgeo.run.cluster.messages import Setup
from asyncgeo.run.cluster.portions import Held
from asyncgeo.run.cluster.purse import Purse
from asyncgeo.run.cluster.worker import Outbox, work
from asyncgeo.run.session import Session, raise_file_limit, session


def main(descriptor: int) -> None:
    """Work at the end of this socket; how a local worker begins."""
    asyncio.run(_work_at(descriptor))


async def _work_at(descriptor: int) -> None:
    wire = await Stream.over(socket.socket(fileno=descriptor))
    try:
        await work(wire, compose)
    finally:
        await wire.close()


@asynccontextmanager
async def compose(setup: Setup, outbox: Outbox, held: Held, purse: Purse | None) -> AsyncIterator[Session]:
    """What a worker asks with."""
    raise_file_limit(setup.settings.limits.max_concurrency)
    shares = None if setup.offline else held
    async with session(
        setup.settings, setup.key, outbox, outbox.say, offline=setup.offline, budget=purse, shares=shares
    ) as asking:
        yield asking
