"""One budget for all workers: each request is paid from the driver's.

In: reservations and bills, in USD. Out: holds, granted by the driver in order of asking, or the BudgetReached that ends
the run. A request costs a round trip to the driver, and no worker keeps money that another could spend.
"""

import asyncio
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Hashable
from typing import Final, NamedTuple

from asyncgeo.config import Price
from asyncgeo.errors import AsyncgeoError, BudgetReached
from asyncgeo.llm.prices import Budget, Hold, Tariff

FREE: Final[Tariff] = {"standard": Price(0.0, 0.0, 0.0)}


class Slip(NamedTuple):
    """What a worker wants to reserve, and its bills as (reserved, billed); of equal reservations any is meant."""

    wanted: list[float]
    billed: list[tuple[float, float]]


class RemoteBudget(Budget):
    """The budget as a worker's client sees it; its `slip` is to be taken to the driver when there are `news`."""

    def __init__(self, news: Callable[[], None]) -> None:
        super().__init__(FREE, limit=0.0)
        self._slip = Slip([], [])
        self._news = news
        self._wanted: deque[tuple[float, asyncio.Future[Hold]]] = deque()
        self._closed: AsyncgeoError | None = None

    async def reserve(self, amount: float) -> Hold:
        """A hold on `amount`. Raises the error given to `close`."""
        if self._closed is not None:
            raise self._closed
        turn: asyncio.Future[Hold] = asyncio.get_running_loop().create_future()
        self._wanted.append((amount, turn))
        self._slip.wanted.append(amount)
        self._news()
        return await turn

    def settle(self, hold: Hold, billed: float) -> None:
        """Replace the hold by what was billed; a second time does nothing."""
        if hold.open:
            hold.open = False
            self._slip.billed.append((hold.amount, billed))
            self._news()

    def slip(self) -> Slip:
        """What is new since the last one."""
        slip, self._slip = self._slip, Slip([], [])
        return slip

    def grant(self, count: int) -> None:
        """The driver has set this number of reservations aside; one that is no longer wanted costs nothing."""
        for _ in range(count):
            amount, turn = self._wanted.popleft()
            if turn.done():
                self.settle(Hold(amount), 0.0)
            else:
                turn.set_result(Hold(amount))

    def close(self, error: AsyncgeoError) -> None:
        """Nothing is spent any more: every waiting or new reservation is given `error`."""
        self._closed = self._closed or error
        for _, turn in self._wanted:
            if not turn.done():
                turn.set_exception(error)


class SharedBudget:
    """The driver's side; `reached` is called when the budget does not go on."""

    def __init__(self, budget: Budget, reached: Callable[[AsyncgeoError], None]) -> None:
        self._budget, self._reached = budget, reached
        self._held: dict[Hashable, list[float]] = defaultdict(list)
        self._asking: dict[Hashable, set[asyncio.Task[None]]] = defaultdict(set)
        self._granted: Counter[Hashable] = Counter()

    def note(self, worker: Hashable, slip: Slip) -> None:
        """Grant what a worker wants as soon as it fits; replace what it held by its bills."""
        for amount in slip.wanted:
            task = asyncio.get_running_loop().create_task(self._grant(worker, amount))
            self._asking[worker].add(task)
            task.add_done_callback(self._asking[worker].discard)
        for amount, billed in slip.billed:
            self._held[worker].remove(amount)
            self._budget.settle(Hold(amount), billed)

    def granted(self, worker: Hashable) -> int:
        """How many of its reservations hold that the worker has not heard of."""
        return self._granted.pop(worker, 0)

    def lose(self, worker: Hashable) -> None:
        """A worker is gone: whatever it held counts as billed, since it may have been."""
        for task in self._asking.pop(worker, ()):
            task.cancel()
        for amount in self._held.pop(worker, ()):
            self._budget.settle(Hold(amount), amount)

    async def _grant(self, worker: Hashable, amount: float) -> None:
        try:
            self._held[worker].append((await self._budget.reserve(amount)).amount)
            self._granted[worker] += 1
        except BudgetReached as error:
            self._reached(error)
