"""Workers in their seats: started, heard, missed, replaced.

In: a way to start workers. Out: each worker's reports in order, and the news that it came or went, to whoever hears.
It decides how long a worker may be silent and how often it is replaced; what the reports say is not its business.
"""

import asyncio
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Protocol, Self

from asyncgeo.errors import AsyncgeoError, Stopped, UserError
from asyncgeo.run.cluster.leases import Hand
from asyncgeo.run.cluster.messages import Ended, Enough, Order, Report, frame, reports
from asyncgeo.run.cluster.wire import SILENCE, Starts, Told, Wire, WireLost

LIVES: Final = 5
"""Workers that one seat may lose; then it stays empty, and when all seats are empty the run ends."""
_BEGIN: Final = 60.0
"""Seconds from the start of a worker to its first word: a busy machine imports for ten."""
_PATIENCE: Final = 120.0
"""Seconds for the first worker of all: a cluster may have to make room."""
_GRACE: Final = 10.0
"""Seconds for workers to leave when all is done."""


@dataclass(eq=False, slots=True)
class Worker:
    """One worker, from its start to its end; `end` is its last word."""

    hand: Hand
    wire: Wire
    ready: bool = False
    seat: "asyncio.Task[object] | None" = None
    end: Ended | None = None

    @property
    def name(self) -> str:
        """How the person is told of it."""
        return self.hand.name

    def send(self, *orders: Order) -> None:
        """Let orders go; they are lost where the worker is."""
        self.wire.send(frame(orders))


class Hears(Protocol):
    """Whose workers they are."""

    def came(self, worker: Worker) -> None:
        """A worker was started and knows nothing yet."""
        ...

    def hear(self, worker: Worker, said: list[Report]) -> None:
        """A frame of reports. Raises UserError when no worker can do."""
        ...

    def gone(self, worker: Worker) -> None:
        """A worker has said its last word, or is lost."""
        ...

    def close(self, error: AsyncgeoError) -> None:
        """Without workers the run cannot go on."""
        ...


class Crew:
    """`async with Crew(...)`: `size` seats, and a worker in each; leaving the block ends them."""

    def __init__(self, starts: Starts, size: int, hears: Hears, warn: Told) -> None:
        self._starts = starts
        self._size = self._seats_left = size
        self._hears = hears
        self._warn = warn
        self._seats: list[asyncio.Task[None]] = []
        self._group = asyncio.TaskGroup()
        self._patience: asyncio.TimerHandle | None = None
        self.workers: list[Worker] = []
        self.closing = False  # nobody is replaced any more

    async def __aenter__(self) -> Self:
        await self._group.__aenter__()
        self._seats = [self._group.create_task(self._fill(f"worker {n}")) for n in range(1, self._size + 1)]
        self._patience = asyncio.get_running_loop().call_later(_PATIENCE, self._nobody_came)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Who is at work says a last word, unless there are problems in hand: then the run has dropped them."""
        self.closing = True
        self._bear_with()
        ready = [worker for worker in self.workers if worker.ready]
        try:
            if ready and not any(worker.hand.holds for worker in ready):
                self.tell_all(Enough())
                await asyncio.wait(filter(None, [worker.seat for worker in ready]), timeout=_GRACE)
        finally:
            for task in self._seats:
                task.cancel()
            await self._group.__aexit__(None, None, None)

    def tell_all(self, order: Order) -> None:
        """One order for every worker there is."""
        for worker in self.workers:
            worker.send(order)

    def _bear_with(self) -> None:
        """Somebody is there, or nobody need come: no more waiting for the first."""
        if self._patience is not None:
            self._patience.cancel()

    async def _fill(self, name: str) -> None:
        """Keep a worker in this seat until the run is over."""
        for life in range(1, LIVES + 1):
            try:
                async with self._starts.start() as wire:
                    await self._attend(Worker(Hand(name), wire))
            except WireLost as lost:
                if self.closing:
                    return
                after = "another takes its place" if life < LIVES else "its place stays empty"
                self._warn(f"{name} is lost ({lost}); what it had in hand is asked again, and {after}")
            except UserError as error:
                self._hears.close(error)
                return
            else:
                return
        self._seats_left -= 1
        if not self._seats_left:
            self._hears.close(_all_lost(self._size))

    async def _attend(self, worker: Worker) -> None:
        """Hear one worker to its last word. Raises WireLost."""
        worker.seat = asyncio.current_task()
        self.workers.append(worker)
        try:
            self._hears.came(worker)
            while worker.end is None:
                said = await _next(worker)
                self._bear_with()
                self._hears.hear(worker, said)
        finally:
            self.workers.remove(worker)
            self._hears.gone(worker)

    def _nobody_came(self) -> None:
        self._hears.close(
            Stopped(
                f"No worker has begun within {_PATIENCE:.0f} s.",
                "Each needs a free core. In a Ray cluster `ray status` shows what is free.",
            )
        )


async def _next(worker: Worker) -> list[Report]:
    """The worker's next words. Raises WireLost when it is gone, or silent for too long."""
    patience = SILENCE if worker.ready else _BEGIN
    try:
        async with asyncio.timeout(patience):
            return reports(await worker.wire.receive())
    except TimeoutError:
        raise WireLost(f"not heard of for {patience:.0f} s") from None


def _all_lost(size: int) -> Stopped:
    return Stopped(
        f"All workers are lost, each of the {size} places {LIVES} times.",
        "The log says how each ended. Out of memory? Then fewer --processes; what is finished is kept.",
    )
