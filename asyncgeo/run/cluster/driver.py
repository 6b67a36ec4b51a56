"""The driver's side: leases problems to workers, and has their answers for the pipeline.

In: problems, a way to start workers. Out: answers, counts for the listener. To a pipeline it is extractor and slots, to
a command it is the limits: `close`, `retune`, `view`. It does not know how a worker is reached.

A worker that is lost, or silent for too long, is replaced a few times, and its problems are leased again at once. The
error that ends one worker's work ends everybody's: all stop sending, what is in flight comes back, the rest is pending.
"""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from pathlib import Path
from typing import Final, NoReturn

from msgspec.structs import replace

from asyncgeo.config import LimitSettings
from asyncgeo.errors import AsyncgeoError, Stopped
from asyncgeo.llm.client import Listener
from asyncgeo.llm.limits import View
from asyncgeo.llm.limits.shared import SharedLimit
from asyncgeo.llm.prices import Budget
from asyncgeo.run.cluster.budget import SharedBudget
from asyncgeo.run.cluster.leases import Lease, Leases, together
from asyncgeo.run.cluster.worker import Report, Worker
from asyncgeo.schema.records import Problem
from asyncgeo.store.raw_answers import Answered

LIVES: Final = 5  # workers started at one place, then it stays empty; when all places are empty the run ends
SILENCE: Final = 15.0  # seconds without a report after which a worker counts as lost: five come in a second
_PATIENCE: Final = 120.0  # seconds for the first worker of all: a cluster may have to make room
_TURNS: Final = 5  # of the loop, in which the pipeline puts other problems in the place of those that were answered
_SAME: Final = 0.1  # seconds by which a pause must be longer to be news; what is less is the time of the message
_NONE_BEGAN: Final = (f"No worker has begun within {_PATIENCE:.0f} s.", "`ray status` shows whether a CPU is free.")
_ALL_LOST: Final = (f"All workers are lost, {LIVES} at each place.", "The log says how. Out of memory? Take fewer.")


class WorkerLost(Exception):
    """The worker is gone; the text says why, as far as is known."""


Say = Callable[[str], None]
Start = Callable[[str, LimitSettings], AbstractAsyncContextManager[Worker]]
"""A worker of this name that has begun with these limits, for as long as the block lasts. Raises WorkerLost."""


class Driver:
    """`async with driver.working(start): await Pipeline(driver, driver, …).run(problems)`.

    `limits` and `budget` are those of all `size` workers together. Each is one among those that share the limits by
    `file`, whatever else runs on this machine. `listener` hears what their clients do, `say` what happens, `warn` what
    the person should know.
    """

    def __init__(
        self, size: int, pace: LimitSettings, file: Path | None, budget: Budget, listener: Listener, say: Say, warn: Say
    ) -> None:
        self._size, self._file, self._budget = size, file, SharedBudget(budget, self.close)
        self._listener, self._say, self._warn = listener, say, warn
        self._leases, self._workers = Leases(), dict[Lease, Worker]()
        self._error: AsyncgeoError | None = None
        self._in_use = self._lost = 0
        self._cool_until = -math.inf
        self._room = asyncio.Event()
        self.limits = self.extractor = self  # a run takes it in place of a session
        self.retune(pace)

    @asynccontextmanager
    async def working(self, start: Start) -> AsyncIterator[None]:
        """Workers for as long as the block lasts."""
        try:
            async with asyncio.TaskGroup() as group:
                places = [group.create_task(self._keep(start, f"worker {n + 1}")) for n in range(self._size)]
                self._patience = asyncio.get_running_loop().call_later(_PATIENCE, self.close, Stopped(*_NONE_BEGAN))
                try:
                    yield
                finally:
                    self._patience.cancel()
                    for task in places:
                        task.cancel()
        except BaseExceptionGroup as failed:
            raise failed.exceptions[0] from None  # that of the block, or a defect

    async def acquire(self) -> None:
        """Wait until a worker has room. Raises the error that ended the run."""
        while self._in_use >= self._leases.capacity:
            if self._error is not None:
                raise self._error
            self._room.clear()
            await self._room.wait()
        self._in_use += 1

    def release(self) -> None:
        """A problem is through."""
        self._in_use -= 1
        self._room.set()

    async def answer(self, problem: Problem) -> Answered:
        """By whichever worker, with raw answers where they are kept. Raises the error that ended the run before."""
        if self._error is not None:
            raise self._error
        answer: asyncio.Future[Answered] = asyncio.get_running_loop().create_future()
        self._leases.waiting.append((problem, answer))
        return await answer

    def close(self, error: AsyncgeoError) -> None:
        """Nothing is sent any more; what is in flight comes back, everything else is given `error`."""
        if self._error is None:
            self._error = error
            stops = (worker.stop(error) for worker in self._workers.values())
            self._stopping = asyncio.gather(*stops, return_exceptions=True)  # of a lost worker it is known soon enough
            self._turn_away(error)
            self._room.set()

    def retune(self, limits: LimitSettings) -> None:
        """Take over edited settings while running: to each worker its part of the slots; rates are divided anew."""
        self._part = replace(limits, max_concurrency=-(-limits.max_concurrency // self._size))

    def view(self) -> View:
        """The pace of all together now."""
        return together([lease.view for lease in self._workers])

    async def _keep(self, start: Start, name: str) -> None:
        """Keep a worker at this place until the run is over."""
        for life in range(1, LIVES + 1):
            try:
                async with start(name, self._part) as worker:
                    self._patience.cancel()
                    await self._lead(Lease(name), worker)
            except WorkerLost as lost:
                if self._error is not None:
                    return
                after = "another takes its place" if life < LIVES else "its place stays empty"
                self._warn(f"{name} is lost ({lost}); the problems leased to it are asked again, and {after}")
            except AsyncgeoError as error:  # another would fail like this one
                self.close(error)
                return
        self._lost += 1
        if self._lost == self._size:
            self.close(Stopped(*_ALL_LOST))

    async def _lead(self, lease: Lease, worker: Worker) -> NoReturn:
        """Lease problems to one worker, and note its reports. Raises WorkerLost."""
        self._workers[lease] = worker
        self._leases.workers.append(lease)
        share = pause = 0.0
        try:
            with SharedLimit(self._file, say=self._say) if self._file else nullcontext() as others:
                while True:
                    problems, granted = self._leases.deal(lease), self._budget.granted(lease)
                    async with asyncio.timeout(SILENCE):
                        report = await worker.work(problems, granted, share, pause, self._part)
                    self._note(lease, report)
                    share, pause = self._divide(others, report)
                    for _ in range(_TURNS):
                        await asyncio.sleep(0)
        except TimeoutError:
            raise WorkerLost(f"not heard of for {SILENCE:.0f} s") from None
        finally:
            self._let_go(lease)

    def _divide(self, others: SharedLimit | None, report: Report) -> tuple[float, float]:
        """A worker's share of the limits until its next report, and the seconds for which all pause."""
        now, pause = time.monotonic(), report.view.cool_down
        if now + pause > self._cool_until + _SAME:
            self._cool_until = now + pause
        share, count = (1.0, 1) if others is None else (others.share(now, hungry=report.hungry), others.count)
        share *= min(1.0, count / len(self._workers))  # without a file, or not all in it yet
        return share, max(0.0, self._cool_until - now)

    def _note(self, lease: Lease, report: Report) -> None:
        """Counts come before the answers, so that they are never behind."""
        for name in report.events.elements():
            self._listener.event(name)
        for tokens, service in report.tokens:
            self._listener.spend(tokens, service)
        for text in report.said:
            self._say(f"{lease.name}: {text}")
        lease.view = report.view
        self._budget.note(lease, report.slip)
        for position, made in report.answers:
            if isinstance(made, AsyncgeoError):
                self.close(made)
            _pass_on(lease.problems.pop(position)[1], made)
        self._room.set()

    def _let_go(self, lease: Lease) -> None:
        """What a lost worker has not answered goes to the others, if there are any."""
        del self._workers[lease]
        self._leases.lose(lease)
        if self._error is not None:
            self._turn_away(self._error)
        self._budget.lose(lease)

    def _turn_away(self, error: AsyncgeoError) -> None:
        """What is leased to no worker is given `error`."""
        while self._leases.waiting:
            _pass_on(self._leases.waiting.popleft()[1], error)


def _pass_on(answer: asyncio.Future[Answered], made: Answered | AsyncgeoError) -> None:
    """An answer, or the error that ends the run; of a cancelled run nothing waits for it."""
    if not answer.done():
        answer.set_exception(made) if isinstance(made, AsyncgeoError) else answer.set_result(made)
