import asyncio

import pytest

from asyncgeo.config import Price
from asyncgeo.errors import AsyncgeoError, BudgetReached, Interrupted
from asyncgeo.llm.prices import Budget, Hold
from asyncgeo.run.cluster.budget import RemoteBudget, SharedBudget
from asyncgeo.run.cluster.leases import Lease

PRICE = Price(1.0, 0.25, 4.0)


class Desk:
    """A driver's budget of one USD, and what passes between it and its workers."""

    def __init__(self) -> None:
        self.budget = Budget({"standard": PRICE}, limit=1.0)
        self.reached: list[AsyncgeoError] = []
        self.shared = SharedBudget(self.budget, self.reached.append)
        self.workers: dict[Lease, RemoteBudget] = {}

    def worker(self, name: str) -> RemoteBudget:
        self.workers[Lease(name)] = remote = RemoteBudget(lambda: None)
        return remote

    def lose(self, lost: RemoteBudget) -> None:
        """A worker is gone."""
        lease = next(each for each, remote in self.workers.items() if remote is lost)
        del self.workers[lease]
        self.shared.lose(lease)

    async def pass_on(self) -> None:
        """All slips to the driver, all grants to the workers, until there are no more."""
        for _ in range(20):
            for lease, remote in self.workers.items():
                self.shared.note(lease, remote.slip())
                remote.grant(self.shared.granted(lease))
            await asyncio.sleep(0)

    async def reserve(self, remote: RemoteBudget, amount: float) -> "asyncio.Task[Hold]":
        """A reservation, granted if it can be."""
        task = asyncio.create_task(remote.reserve(amount))
        await asyncio.sleep(0)
        await self.pass_on()
        return task


async def test_a_hold_is_the_drivers_until_it_is_settled() -> None:
    """Reserved at the most it can cost, replaced by the bill; a second bill does nothing."""
    desk = Desk()
    worker = desk.worker("a")
    hold = await (await desk.reserve(worker, 0.4))
    assert desk.budget.held == pytest.approx(0.4)
    for billed in (0.1, 0.2):
        worker.settle(hold, billed)
        await desk.pass_on()
    assert [desk.budget.spent, desk.budget.held] == pytest.approx([0.1, 0.0])


async def test_two_workers_wait_for_one_another() -> None:
    """What one holds the other cannot spend; a bill smaller than its hold lets the next one go."""
    desk = Desk()
    one, two = desk.worker("a"), desk.worker("b")
    first = await (await desk.reserve(one, 0.7))
    second = await desk.reserve(two, 0.7)
    assert not second.done()
    one.settle(first, 0.2)
    await desk.pass_on()
    assert isinstance(await second, Hold)
    assert desk.budget.spent + desk.budget.held == pytest.approx(0.9)
    assert not desk.reached


async def test_the_end_of_the_budget_is_told_once_nothing_is_held() -> None:
    """Not before: a hold is several times the usual bill."""
    desk = Desk()
    one, two = desk.worker("a"), desk.worker("b")
    hold = await (await desk.reserve(one, 0.7))
    waiting = await desk.reserve(two, 0.7)
    assert not desk.reached
    one.settle(hold, 0.6)
    await desk.pass_on()
    assert [type(error) for error in desk.reached] == [BudgetReached]
    two.close(desk.reached[0])
    with pytest.raises(BudgetReached):
        await waiting
    with pytest.raises(BudgetReached):
        await two.reserve(0.01)


async def test_what_a_lost_worker_held_counts_as_billed() -> None:
    """Its requests were on their way; what it only waited for was not."""
    desk = Desk()
    one, two = desk.worker("a"), desk.worker("b")
    await (await desk.reserve(one, 0.3))
    waiting = await desk.reserve(one, 0.9)
    desk.lose(one)
    assert [desk.budget.spent, desk.budget.held] == pytest.approx([0.3, 0.0])
    assert isinstance(await (await desk.reserve(two, 0.7)), Hold)
    assert not desk.reached
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)


async def test_a_closed_budget_gives_its_error() -> None:
    """Those who wait and those who come are turned away at once; a grant that comes later costs nothing."""
    desk = Desk()
    worker = desk.worker("a")
    hold = await (await desk.reserve(worker, 0.9))
    waiting = asyncio.create_task(worker.reserve(0.9))
    await asyncio.sleep(0)
    worker.settle(hold, 0.0)
    worker.close(Interrupted("Interrupted."))
    await desk.pass_on()
    with pytest.raises(Interrupted):
        await waiting
    assert (desk.budget.spent, desk.budget.held) == (0.0, 0.0)
