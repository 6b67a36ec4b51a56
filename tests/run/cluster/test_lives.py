"""How long a worker may be silent, how often it is replaced: in virtual time, workers that say what they are given."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import cast

import pytest
from support import virtual

from asyncgeo import config
from asyncgeo.errors import AsyncgeoError
from asyncgeo.llm.prices import Budget
from asyncgeo.run.cluster.driver import SILENCE, Driver
from asyncgeo.run.cluster.leases import NOTHING
from asyncgeo.run.cluster.worker import Report, Worker
from asyncgeo.run.tally import Tally
from asyncgeo.schema.records import Problem

pytestmark = pytest.mark.usefixtures("virtual_loop")


class Speaking:
    """A worker that reports once a second, so many times; then it is silent."""

    def __init__(self, times: int, *, cool_down: float = 0.0) -> None:
        self.left = times
        self.cool_down = cool_down
        self.orders: tuple[float, float] = (0.0, 0.0)
        self.silent_since = 0.0

    async def work(
        self, problems: list[Problem], granted: int, share: float, pause: float, limits: config.LimitSettings
    ) -> Report:
        del problems, granted, limits
        self.orders = share, pause
        if not self.left:
            self.silent_since = virtual.now()
            await asyncio.Event().wait()
        self.left -= 1
        await asyncio.sleep(1)
        return Report(view=replace(NOTHING, cool_down=self.cool_down))

    async def stop(self, error: AsyncgeoError) -> None:
        del error


class Street:
    """Starts these workers one after the other, each after so many seconds; then none comes any more."""

    def __init__(self, *workers: Speaking, after: float = 0.0) -> None:
        self.workers = [*workers]
        self.after = after
        self.started: list[float] = []

    @asynccontextmanager
    async def start(self, name: str, limits: config.LimitSettings) -> AsyncIterator[Worker]:
        del name, limits
        if not self.workers:
            await asyncio.Event().wait()
        worker = self.workers.pop(0)
        await asyncio.sleep(self.after)
        self.started.append(virtual.now())
        yield cast("Worker", worker)


def driver_of(size: int, said: list[str]) -> Driver:
    free = Budget({"standard": config.Price(0.0, 0.0, 0.0)}, limit=0.0)
    say = said.append
    return Driver(size, config.LimitSettings(), None, free, Tally(1), say, say)


async def test_a_worker_that_falls_silent_is_replaced() -> None:
    """After so many seconds without a report it is as good as dead."""
    first, said = Speaking(2), list[str]()
    street = Street(first, Speaking(1000))
    async with driver_of(1, said).working(street.start):
        while len(street.started) < 2:
            await asyncio.sleep(1)
    assert street.started[1] - first.silent_since == pytest.approx(SILENCE)
    (words,) = said
    assert words.startswith("worker 1 is lost (not heard of for 15 s); ")
    assert words.endswith(" and another takes its place")


async def test_a_worker_that_imports_for_long_is_not_silent() -> None:
    """To start may take longer than any report."""
    said = list[str]()
    street = Street(Speaking(1000), after=3 * SILENCE)
    async with driver_of(1, said).working(street.start):
        await asyncio.sleep(4 * SILENCE)
    assert len(street.started) == 1
    assert not said


async def test_no_worker_is_waited_for_for_ever() -> None:
    """A cluster without a free core is an error that says so, not a run that does nothing."""
    driver = driver_of(2, [])
    async with driver.working(Street().start):
        with pytest.raises(AsyncgeoError, match="No worker has begun") as caught:
            await driver.acquire()
        with pytest.raises(AsyncgeoError, match="No worker has begun"):
            await driver.answer(Problem("1", "…", 1))
    assert "ray status" in caught.value.remedy


async def test_one_worker_is_enough() -> None:
    """The others may come later, or never; the end does not wait for them."""
    driver = driver_of(2, [])
    async with driver.working(Street(Speaking(1000)).start):
        await asyncio.sleep(300)
        assert driver._error is None
        now = virtual.now()
    assert virtual.now() == now


async def test_one_limit_and_one_pause_are_everybodys() -> None:
    """Where no file says who else shares the limit, the workers divide it; what one is told to wait, all wait."""
    refused, other = Speaking(1000, cool_down=60.0), Speaking(1000)
    async with driver_of(2, []).working(Street(refused, other).start):
        await asyncio.sleep(5)
    assert [share for share, _ in (refused.orders, other.orders)] == [0.5, 0.5]
    assert other.orders[1] == pytest.approx(60.0, abs=1.0)
