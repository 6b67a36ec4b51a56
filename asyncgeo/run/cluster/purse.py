"""The budget of a run, asked for over the wire: a worker's requests are paid from the one purse of the driver.

In: reservations and bills. Out: holds, granted by the driver in order of asking, or the BudgetReached that ended the
run. What is sent costs a round trip to the driver, and no worker sits on money that another could spend.
"""

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import dataclass

from asyncgeo.config import Price
from asyncgeo.errors import AsyncgeoError
from asyncgeo.llm.prices import Budget, Hold
from asyncgeo.run.cluster.messages import Report, Reserve, Settle


@dataclass(slots=True)
class _Numbered(Hold):
    """A hold that the driver knows by its number."""

    number: int = 0


class Purse(Budget):
    """The budget as a worker's client sees it; `tell` sends to the driver."""

    def __init__(self, price: Price, tell: Callable[[Report], None]) -> None:
        super().__init__(price, limit=0.0)
        self._tell = tell
        self._numbers = itertools.count()
        self._asked: dict[int, asyncio.Future[None]] = {}
        self._closed: AsyncgeoError | None = None

    async def reserve(self, amount: float) -> Hold:
        """A hold on `amount`. Raises the error given to `close`."""
        if self._closed is not None:
            raise self._closed
        number = next(self._numbers)
        turn = self._asked[number] = asyncio.get_running_loop().create_future()
        self._tell(Reserve(number, amount))
        try:
            await turn
        except asyncio.CancelledError:
            self._tell(Settle(number, 0.0))
            raise
        finally:
            self._asked.pop(number, None)
        return _Numbered(amount, number=number)

    def settle(self, hold: Hold, billed: float) -> None:
        """Replace the hold by what was billed; a second time does nothing."""
        if hold.open and isinstance(hold, _Numbered):
            hold.open = False
            self._tell(Settle(hold.number, billed))

    def granted(self, number: int) -> None:
        """The driver has set the amount aside."""
        turn = self._asked.get(number)
        if turn is not None and not turn.done():
            turn.set_result(None)

    def close(self, error: AsyncgeoError) -> None:
        """Nobody spends any more: whoever waits or comes is given `error`."""
        self._closed = self._closed or error
        for turn in self._asked.values():
            if not turn.done():
                turn.set_exception(error)
