"""Workers for tests of the fleet: real ones, at the end of real sockets, but in the event loop of the test."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import msgspec

from asyncgeo import config
from asyncgeo.run.cluster import Setup
from asyncgeo.run.cluster.compose import compose
from asyncgeo.run.cluster.local import Stream
from asyncgeo.run.cluster.worker import Compose, work
from asyncgeo.run.pipeline import Item
from asyncgeo.schema.records import RULES_MODEL, Problem, Row, decode
from asyncgeo.simulator import Endpoint
from support.live import KEY, text_of


class Here:
    """Starts workers in this loop; `lose` cuts one off, as a crash does."""

    def __init__(self, made: Compose = compose) -> None:
        self._compose = made
        self.running: list[asyncio.Task[None]] = []
        self.started = 0

    @asynccontextmanager
    async def start(self) -> AsyncIterator[Stream]:
        ours, theirs = socket.socketpair()
        self.started += 1
        inner, wire = await Stream.over(theirs), await Stream.over(ours)
        task = asyncio.create_task(self._work(inner))
        self.running.append(task)
        try:
            yield wire
        finally:
            await wire.close()
            with suppress(asyncio.CancelledError):
                await task
            self.running.remove(task)

    def lose(self) -> None:
        """The first worker dies."""
        self.running[0].cancel()

    async def _work(self, wire: Stream) -> None:
        try:
            await work(wire, self._compose)
        finally:
            await wire.close()


class Kept:
    """A keep in memory."""

    def __init__(self) -> None:
        self.rows: dict[int, Row] = {}
        self.appended = 0

    async def append(self, items: list[Item]) -> None:
        self.appended += len(items)
        self.rows |= {item.position: decode(item.row) for item in items}

    async def sync(self) -> None:
        pass


def setup_for(endpoint: Endpoint, **limits: object) -> Setup:
    """What workers are told that ask this endpoint."""
    settings = config.Settings(
        api=config.Api(base_url=endpoint.base_url, model=RULES_MODEL),
        limits=msgspec.convert(limits, config.Limits),
        prices={RULES_MODEL: config.Price(1.0, 0.25, 4.0)},
    )
    return Setup(settings, KEY)


def problems(count: int) -> list[Problem]:
    """So many problems, as a run would read them."""
    return [Problem(str(number), text_of(number), number, Path("in.jsonl").name) for number in range(count)]
