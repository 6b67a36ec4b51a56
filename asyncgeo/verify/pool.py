"""Parses → what is found about them in processes of their own, while this one goes on asking.

In: parses, one at a time, and the work. Out: the verdict on each, or what else the work makes of it; batches of them
also go to `record` before they are returned. It knows neither the work nor files.

    judge ─ waiting ─ batch ─ process ─ record ─ verdict
               ▲────── alone ─────┘ the process died

A parse that costs a process its life (memory, a crash in a library) must not cost the run anything: all that were with
it are judged again one at a time, and the one that does it again has no verdict. The processes give way to whatever
else wants the processor, and end when this one does.
"""

import asyncio
import os
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from itertools import chain
from types import TracebackType
from typing import Final, Generic, Protocol, Self, TypeVar

from asyncgeo.store.processes import Processes

_BATCH: Final = 16  # parses sent at once when many wait: sending one costs this process 0.1 ms
_PATIENCE: Final = 8
"""Processes that died in a row, without one verdict, until it is not the parses: they cannot even start."""
_MOST_WAITING: Final = 10_000
"""Parses, each some 10 KB with its row and answer; when they come faster than they can be judged, the rest is left to
a later verification."""


class Named(Protocol):
    """What can be judged: anything that says whose it is."""

    @property
    def id(self) -> str:
        """The problem's."""
        ...


T = TypeVar("T", bound=Named)
V = TypeVar("V")


@dataclass(slots=True)
class _Case(Generic[T, V]):
    """One parse on its way."""

    position: int
    parse: T
    verdict: "asyncio.Future[V | None]"
    alone: bool = False


class VerifierPool(Generic[T, V]):
    """`async with VerifierPool(judge_batch, record) as judges: await judges.judge(position, parse)`.

    Args:
        work: what a process does with a batch; it must be importable there.
        record: is given (position, verdict), in a thread.
        workers: how many processes; None is one a core, since they give way. Each starts when it is first needed.
        say: takes a sentence for what the person should know.
    """

    def __init__(
        self,
        work: Callable[[list[T]], list[V]],
        record: Callable[[Sequence[tuple[int, V]]], None] = lambda _: None,
        *,
        workers: int | None = None,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._record = record
        self._count = workers or os.cpu_count() or 1
        self._say = say
        self._work = work
        self._waiting: deque[_Case[T, V]] = deque()
        self._alone: deque[_Case[T, V]] = deque()  # were with a process that died
        self._running: dict[asyncio.Task[None], list[_Case[T, V]]] = {}
        self._processes = Processes(self._count)
        self._dropped = False
        self._deaths = 0  # in a row
        self.unjudged = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.drop()
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        await asyncio.to_thread(self._processes.close)

    async def judge(self, position: int, parse: T) -> V | None:
        """The verdict on the parse; None when it was dropped, or cannot be judged."""
        if self._dropped or len(self._waiting) >= _MOST_WAITING:
            self.unjudged += 1
            return None
        case = _Case[T, V](position, parse, asyncio.get_running_loop().create_future())
        self._waiting.append(case)
        self._begin()
        return await case.verdict

    def drop(self) -> None:
        """Leave what waits and what is being judged without a verdict; from now on nothing is judged."""
        self._dropped = True
        for case in (*self._waiting, *self._alone, *chain.from_iterable(self._running.values())):
            self._give_up(case)
        self._waiting.clear()
        self._alone.clear()

    def _begin(self) -> None:
        """Keep every process busy; while there are suspects, one of them at a time and nothing else."""
        while self._alone or self._waiting:
            if self._alone:
                if self._running:
                    return
                batch = [self._alone.popleft()]
                batch[0].alone = True
            elif len(self._running) < self._count + 1:  # one batch is ready when a process comes free
                batch = [self._waiting.popleft() for _ in range(min(_BATCH, len(self._waiting)))]
            else:
                return
            task = asyncio.create_task(self._judge(batch))
            self._running[task] = batch
            task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._running[task]
        self._begin()

    async def _judge(self, batch: list[_Case[T, V]]) -> None:
        try:
            verdicts = await self._ask([case.parse for case in batch])
        except Exception as error:  # noqa: BLE001  a process that died, or a defect: one parse's, not the run's
            self._suspect(batch, error)
            return
        self._deaths = 0
        pairs = [(case.position, verdict) for case, verdict in zip(batch, verdicts, strict=True)]
        try:
            await asyncio.to_thread(self._record, pairs)
        except OSError as error:
            self._say(f"Verdicts cannot be written: {error.strerror}. `asyncgeo verify` judges those rows again.")
        for case, verdict in zip(batch, verdicts, strict=True):
            if not case.verdict.done():
                case.verdict.set_result(verdict)

    async def _ask(self, parses: list[T]) -> list[V]:
        try:
            return await asyncio.wrap_future(self._processes.submit(self._work, parses))
        except (BrokenProcessPool, OSError):  # it died, or none can be started
            self._deaths += 1
            raise

    def _suspect(self, batch: list[_Case[T, V]], error: Exception) -> None:
        """Judge each alone; the one that was alone already is given up."""
        if self._deaths >= _PATIENCE and not self._dropped:
            self._say(f"Processes that judge rows {_wrong(error)}; asyncgeo verify judges those rows later.")
            self.drop()
        if not batch[0].alone and not self._dropped:
            self._alone.extend(batch)
            return
        for case in batch:
            why = str(error) or type(error).__name__
            if not self._dropped:
                self._say(f"The parse of {case.parse.id} could not be judged: {why}")
            self._give_up(case)

    def _give_up(self, case: _Case[T, V]) -> None:
        if not case.verdict.done():
            self.unjudged += 1
            case.verdict.set_result(None)


def _wrong(error: Exception) -> str:
    """What is the matter with all of them."""
    return f"cannot be started: {error.strerror}" if isinstance(error, OSError) else "die as soon as they start"
