import asyncio
from collections.abc import Callable

import pytest

from asyncgeo.config import Price
from asyncgeo.errors import BudgetReached, Interrupted
from asyncgeo.llm.prices import Budget, Hold
from asyncgeo.run.cluster.crew import Worker
from asyncgeo.run.cluster.leases import Hand
from asyncgeo.run.cluster.messages import Granted, Report, Reserve, Settle, orders
from asyncgeo.run.cluster.purse import Purse
from asyncgeo.run.cluster.till import Till

PRICE = Price(1.0, 0.25, 4.0)


class Line:
    """A wire on which a till's grants reach a purse at once."""

    def __init__(self) -> None:
        self.purse: Purse | None = None

    def send(self, frame: bytes) -> None:
        for order in orders(frame):
            if isinstance(order, Granted) and self.purse is not None:
                for number in order.holds:
                    self.purse.granted(number)

    async def receive(self) -> bytes:
        raise NotImplementedError


def paying(till: Till, name: str) -> tuple[Worker, Purse]:
    """A worker, and the purse it pays from."""
    line = Line()
    worker = Worker(Hand(name), line)

    def tell(report: Report) -> None:
        match report:
            case Reserve():
                till.reserve(worker, report)
            case Settle():
                till.settle(worker, report)

    line.purse = Purse(PRICE, tell)
    return worker, line.purse


def run(main: Callable[[Till, Budget, list[BudgetReached]], object]) -> None:
    async def start() -> None:
        reached: list[BudgetReached] = []
        budget = Budget(PRICE, limit=1.0)
        await main(Till(budget, reached.append), budget, reached)  # type: ignore[misc]

    asyncio.run(start())


async def turns() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


def test_a_hold_is_the_drivers_until_it_is_settled() -> None:
    """Reserved at the most it can cost, replaced by the bill; a second bill does nothing."""

    async def main(till: Till, budget: Budget, _: list[BudgetReached]) -> None:
        purse = paying(till, "a")[1]
        hold = await purse.reserve(0.4)
        assert budget.held == pytest.approx(0.4)
        purse.settle(hold, 0.1)
        purse.settle(hold, 0.1)
        assert [budget.spent, budget.held] == pytest.approx([0.1, 0.0])

    run(main)


def test_two_workers_wait_for_one_another() -> None:
    """What one holds the other cannot spend; a bill smaller than its hold lets the next one go."""

    async def main(till: Till, budget: Budget, reached: list[BudgetReached]) -> None:
        one, two = (paying(till, name)[1] for name in "ab")
        first = await one.reserve(0.7)
        second = asyncio.create_task(two.reserve(0.7))
        await turns()
        assert not second.done()
        one.settle(first, 0.2)
        assert isinstance(await second, Hold)
        assert budget.spent + budget.held == pytest.approx(0.9)
        assert not reached

    run(main)


def test_the_end_of_the_budget_is_told_once_nothing_is_held() -> None:
    """Not before: a hold is several times the usual bill."""

    async def main(till: Till, _: Budget, reached: list[BudgetReached]) -> None:
        one, two = (paying(till, name)[1] for name in "ab")
        hold = await one.reserve(0.7)
        waiting = asyncio.create_task(two.reserve(0.7))
        await turns()
        assert not reached
        one.settle(hold, 0.6)
        await turns()
        assert len(reached) == 1
        two.close(reached[0])
        with pytest.raises(BudgetReached):
            await waiting
        with pytest.raises(BudgetReached):
            await two.reserve(0.01)

    run(main)


def test_what_a_lost_worker_held_counts_as_billed() -> None:
    """Its requests were on their way; what it only waited for was not."""

    async def main(till: Till, budget: Budget, reached: list[BudgetReached]) -> None:
        lost, one = paying(till, "a")
        two = paying(till, "b")[1]
        await one.reserve(0.3)
        waiting = asyncio.create_task(one.reserve(0.9))
        await turns()
        till.gone(lost)
        assert [budget.spent, budget.held] == pytest.approx([0.3, 0.0])
        assert isinstance(await two.reserve(0.7), Hold)
        assert not reached
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)

    run(main)


def test_a_cancelled_reservation_holds_nothing() -> None:
    """Whether it had been granted or not."""

    async def main(till: Till, budget: Budget, _: list[BudgetReached]) -> None:
        purse = paying(till, "a")[1]
        hold = await purse.reserve(0.9)
        waiting = asyncio.create_task(purse.reserve(0.9))
        await turns()
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        purse.settle(hold, 0.0)
        await turns()
        assert (budget.spent, budget.held) == (0.0, 0.0)

    run(main)


def test_a_closed_purse_gives_its_error() -> None:
    """Those who wait and those who come are turned away at once."""

    async def main(till: Till, _: Budget, __: list[BudgetReached]) -> None:
        purse = paying(till, "a")[1]
        await purse.reserve(0.9)
        waiting = asyncio.create_task(purse.reserve(0.9))
        await turns()
        purse.close(Interrupted("Interrupted."))
        with pytest.raises(Interrupted):
            await waiting

    run(main)
