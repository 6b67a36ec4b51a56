"""The driver's side of the budget: one purse, from which every worker's requests are paid.

In: reservations and bills of the workers. Out: grants, in order of asking; or the BudgetReached that ends the run. It
holds what each worker has reserved, so that a lost worker's requests, which may have been billed, stay paid.
"""

import asyncio
from collections.abc import Callable

from asyncgeo.errors import BudgetReached
from asyncgeo.llm.prices import Budget, Hold
from asyncgeo.run.cluster.crew import Worker
from asyncgeo.run.cluster.messages import Granted, Reserve, Settle


class Till:
    """Pays for everybody; `reached` is told when the budget does not go on."""

    def __init__(self, budget: Budget, reached: Callable[[BudgetReached], None]) -> None:
        self._budget = budget
        self._reached = reached
        self._held: dict[tuple[Worker, int], Hold] = {}
        self._asking: dict[tuple[Worker, int], asyncio.Task[None]] = {}

    def reserve(self, worker: Worker, wanted: Reserve) -> None:
        """Grant it, as soon as it fits."""
        ticket = (worker, wanted.hold)
        task = asyncio.get_running_loop().create_task(self._grant(ticket, wanted.amount))
        self._asking[ticket] = task
        task.add_done_callback(lambda _: self._asking.pop(ticket, None))

    def settle(self, worker: Worker, bill: Settle) -> None:
        """Replace a hold by what was billed; what was not granted yet is no longer wanted."""
        ticket = (worker, bill.hold)
        if (task := self._asking.get(ticket)) is not None:
            task.cancel()
        if (hold := self._held.pop(ticket, None)) is not None:
            self._budget.settle(hold, bill.billed)

    def gone(self, worker: Worker) -> None:
        """A worker is gone: whatever it held counts as billed."""
        for ticket in [each for each in self._asking if each[0] is worker]:
            self._asking[ticket].cancel()
        for ticket in [each for each in self._held if each[0] is worker]:
            hold = self._held.pop(ticket)
            self._budget.settle(hold, hold.amount)

    async def _grant(self, ticket: tuple[Worker, int], amount: float) -> None:
        try:
            hold = await self._budget.reserve(amount)
        except BudgetReached as error:
            self._reached(error)
            return
        self._held[ticket] = hold
        worker, number = ticket
        worker.send(Granted([number]))
