"""One budget for all workers: each request is paid from the driver's.

In: reservations and bills, in USD. Out: holds, granted by the driver in order of asking, or the BudgetReached that ends
the run. A request costs a round trip to the driver, and no worker keeps money that another could spend.
"""

import asyncio
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Final

from asyncgeo.config import Price
from asyncgeo.errors import AsyncgeoError, BudgetReached
from asyncgeo.llm.prices import Budget, Hold

FREE: Final = Price(0.0, 0.0, 0.0)


@dataclass(slots=True)
class Slip:
    """What a worker wants to reserve, and its bills as (reserved, billed); of equal reservations any is meant."""

    wanted: list[float] = field(default_factory=list)
    billed: list[tuple[float, float]] = field(default_factory=list)


class RemoteBudget(Budget):
    """The budget as a worker's client sees it; `slip` is to be taken to the driver whenever there are `news`."""

    def __init__(self, news: Callable[[], None]) -> None:
        super().__init__(FREE, limit=0.0)
        self.slip = Slip()
        self._news = news
        self._wanted: deque[tuple[float, asyncio.Future[Hold]]] = deque()
        self._closed: AsyncgeoError | None = None

    async def reserve(self, amount: float) -> Hold:
        """A hold on `amount`. Raises the error given to `close`."""
        if self._closed is not None:
            raise self._closed
        turn: asyncio.Future[Hold] = asyncio.get_running_loop().create_future()
        self._wanted.append((amount, turn))
        self.slip.wanted.append(amount)
        self._news()
        return await turn

    def settle(self, hold: Hold, billed: float) -> None:
        """Replace the hold by what was billed; a second time does nothing."""
        if hold.open:
            hold.open = False
            self.slip.billed.append((hold.amount, billed))
            self._news()

    def grant(self, count: int) -> None:
        """The driver has set so many reservations aside; one that is no longer wanted costs nothing."""
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
    """The driver's side; `reached` is called when the budget does not go on.

    What a worker has reserved stays paid when it is lost: its requests may have been billed.
    """

    def __init__(self, budget: Budget, reached: Callable[[AsyncgeoError], None]) -> None:
        self._budget, self._reached = budget, reached
        self._holds: dict[Hashable, list[Hold]] = defaultdict(list)
        self._asking: dict[Hashable, set[asyncio.Task[None]]] = defaultdict(set)
        self._granted: Counter[Hashable] = Counter()

    def note(self, worker: Hashable, slip: Slip) -> None:
        """Grant what a worker wants as soon as it fits; replace what it held by its bills."""
        for amount in slip.wanted:
            task = asyncio.get_running_loop().create_task(self._grant(worker, amount))
            self._asking[worker].add(task)
            task.add_done_callback(self._asking[worker].discard)
        for amount, billed in slip.billed:
            hold = next(each for each in self._holds[worker] if each.amount == amount)
            self._holds[worker].remove(hold)
            self._budget.settle(hold, billed)

    def granted(self, worker: Hashable) -> int:
        """How many of its reservations hold that the worker has not heard of."""
        return self._granted.pop(worker, 0)

    def lose(self, worker: Hashable) -> None:
        """A worker is gone: whatever it held counts as billed."""
        for task in self._asking.pop(worker, ()):
            task.cancel()
        for hold in self._holds.pop(worker, ()):
            self._budget.settle(hold, hold.amount)

    async def _grant(self, worker: Hashable, amount: float) -> None:
        try:
            self._holds[worker].append(await self._budget.reserve(amount))
            self._granted[worker] += 1
        except BudgetReached as error:
            self._reached(error)
