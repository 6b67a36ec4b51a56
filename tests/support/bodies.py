"""What a worker process can be, for tests of how one is started and missed."""

import asyncio
import os
import socket
import sys

from asyncgeo.run.cluster.local import Stream
from asyncgeo.run.cluster.wire import WireLost


def echo(descriptor: int) -> None:
    """Sends back what it is sent, until nobody is there."""

    async def repeat() -> None:
        wire = await Stream.over(socket.socket(fileno=descriptor))
        try:
            while True:
                wire.send(await wire.receive())
        except WireLost:
            await wire.close()

    asyncio.run(repeat())


def tell(descriptor: int) -> None:
    """Sends what can be seen of it from outside, and where it would import from."""

    async def say() -> None:
        wire = await Stream.over(socket.socket(fileno=descriptor))
        wire.send(repr((os.getpgid(0) == os.getpid(), sys.path)).encode())
        await wire.close()

    asyncio.run(say())


def crash(descriptor: int) -> None:  # noqa: ARG001  a body takes its descriptor
    """Dies at once."""
    sys.exit("the roof fell in")
