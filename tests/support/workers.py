"""Workers for tests of the driver: real ones, but in the event loop of the test instead of a cluster."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import msgspec

from asyncgeo import config
from asyncgeo.config import Settings
from asyncgeo.llm.prices import Tariff
from asyncgeo.run.cluster.driver import WorkerLost
from asyncgeo.run.cluster.worker import Worker
from asyncgeo.run.seams import QueuedRow
from asyncgeo.schema.records import RULES_MODEL, Problem, Row, decode
from asyncgeo.simulator import Endpoint
from support.live import KEY, text_of


class Near:
    """The methods of a worker of this loop, called as those of one in a cluster are."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._lost = asyncio.Event()

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        async def call(*args: Any, **named: Any) -> Any:
            work = asyncio.ensure_future(getattr(self._worker, name)(*args, **named))
            lost = asyncio.ensure_future(self._lost.wait())
            try:
                await asyncio.wait([work, lost], return_when=asyncio.FIRST_COMPLETED)
                if self._lost.is_set():
                    raise WorkerLost("killed by its test")
                return await work
            finally:
                work.cancel()
                lost.cancel()

        return call

    async def lose(self) -> None:
        """It dies, with all that it does."""
        self._lost.set()
        tasks = [*self._worker._tasks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._worker._open.aclose()


class Here:
    """Starts workers in this loop; `lose` on one of those running cuts it off, as a crash does."""

    def __init__(self, settings: Settings, *, tariff: Tariff | None = None) -> None:
        self._settings = settings
        self._tariff = tariff
        self.running: list[Near] = []
        self.started = 0

    @asynccontextmanager
    async def start(self, name: str, limits: config.LimitSettings) -> AsyncIterator[Worker]:
        del name
        self.started += 1
        near = Near(Worker())
        self.running.append(near)
        try:
            await near.begin(
                msgspec.structs.replace(self._settings, limits=limits), KEY, offline=False, tariff=self._tariff
            )
            yield cast("Worker", near)
        finally:
            self.running.remove(near)
            await near.lose()


class Kept:
    """A keep in memory."""

    def __init__(self) -> None:
        self.rows: dict[int, Row] = {}
        self.appended = 0

    async def append(self, items: list[QueuedRow]) -> None:
        self.appended += len(items)
        self.rows |= {item.position: decode(item.row) for item in items}

    async def sync(self) -> None:
        pass


def settings_for(endpoint: Endpoint, **limits: object) -> Settings:
    """Settings of a run that asks this endpoint."""
    return Settings(
        api=config.Api(base_url=endpoint.base_url, model=RULES_MODEL),
        limits=msgspec.convert(limits, config.LimitSettings),
        prices={RULES_MODEL: config.ModelPrice(1.0, 0.25, 4.0)},
    )


def problems(count: int) -> list[Problem]:
    """So many problems, as a run would read them."""
    return [Problem(str(number), text_of(number), number, Path("in.jsonl").name) for number in range(count)]
