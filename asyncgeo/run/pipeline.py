"""Many `Problem`s → rows in order of completion, through the one writer.

In: problems, an extractor, slots to hold while a problem is in work, and shards that take bytes. Out: rows in
shards, counts in the tally. It knows neither how a problem is asked nor what a row says.

    problems → feeder → [slot] → worker → evidence → check → encoded row → queue → writer → shards
                 stop ↺ admission            probe ↺                 review ↺ a better row, after it

The feeder takes a slot before it makes a task, so there are as many tasks as slots in use. Between the reply that
was paid for and the queue nothing awaits, and the queue is unbounded: cancelled workers lose no row. The writer
outlives the workers; when it dies (a full disk), its error ends the run. A row that comes after a quiet time is written
at once; the ones that follow within a moment are written together. A review looks at rows that are in the queue
already; it may hand in another row for the problem, which counts because it is later.

The row of a problem that failed waits in memory until there is evidence that it was not the endpoint (`evidence`); its
raw answers enter the queue at once, and what it cost is with the listener. Without evidence the run stops, and what
waits stays pending. A row that is checked before it is written, as those of the rules are, waits in the same way; a
run that is cancelled meanwhile writes it unchecked.

Several problems that come as one (a pack) are one unit of work, in one slot: they are opened by one request, and what
is still to be asked about any of them is asked within the slot. Each has a row of its own, weighed like any other.
"""

import asyncio
import time
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable
from contextlib import suppress
from functools import partial
from typing import Final

import msgspec

from asyncgeo.errors import AsyncgeoError, BudgetReached, Stopped
from asyncgeo.run.checked_rows import CheckedRows
from asyncgeo.run.evidence import Evidence
from asyncgeo.run.made import MadeRow, ask, open_pack, outcome_of, readable, safely
from asyncgeo.run.seams import (
    Answers,
    Checks,
    Keeps,
    Listens,
    Makes,
    Opens,
    PendingInput,
    QueuedRow,
    Reviews,
    SlotSource,
)
from asyncgeo.schema.records import Problem, Unreadable, encode
from asyncgeo.store import raw_answers as raws
from asyncgeo.store.raw_answers import Answered

GATHERING: Final = 0.02
"""Seconds between two writes, in which rows gather: a write takes threads and tasks, for one row as many as for fifty.
Longer would save little more, and a SIGKILL loses the rows that are not written yet."""
_NOWHERE: Final = -1
"""The position of a probe: its problem has a row already, and gets no other."""
Weighing = Evidence[MadeRow]


class Pipeline:
    """One run. `stop(error)` ends admission; what is in flight is finished and written, then `run` raises the error.

    With `keep_raw` the answers go with their rows. `earlier` looks in the folder for a problem that an earlier run has
    a usable answer to; it is called in a thread, and only when failures are all that this run has. `opens` is what asks
    about packs, where there are any.
    """

    def __init__(  # noqa: PLR0913  every seam is a parameter
        self,
        extractor: Answers,
        slots: SlotSource,
        keep: Keeps,
        listener: Listens,
        *,
        fsync_interval: float,
        check: Checks | None = None,
        review: Reviews | None = None,
        keep_raw: bool = False,
        evidence: Weighing | None = None,
        earlier: Callable[[], Problem | None] = lambda: None,
        opens: Opens | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._extractor = extractor
        self._slots = slots
        self._keep = keep
        self._listener = listener
        self._fsync_interval = fsync_interval
        self._review = review
        self._keep_raw = keep_raw
        self._evidence = evidence or Weighing()
        self._earlier = earlier
        self._opens = opens
        self._clock = clock
        self._queue: asyncio.Queue[QueuedRow | None] = asyncio.Queue()  # None after the last
        self._is_last = asyncio.Event()  # the queue holds all that will come
        self._reviews = asyncio.TaskGroup()  # opened by `run`
        self._checks = CheckedRows(check, self._enter_checked)
        self._workers = asyncio.TaskGroup()
        self._feeder: asyncio.Task[None] | None = None
        self._stopped: AsyncgeoError | None = None
        self._in_work = 0
        self._news = asyncio.Event()  # something changed that admission depends on
        self._answered: Problem | None = None  # the last one with a usable answer
        self._probing = False

    async def run(self, problems: Iterable[PendingInput] | AsyncIterable[PendingInput]) -> None:
        """Every problem's row, written.

        Raises the error given to `stop`, the Stopped of an extractor, or the error of the writer. Cancelling it
        drops what is in flight; rows already made are written all the same.
        """
        try:
            async with asyncio.TaskGroup() as group:
                writer = group.create_task(self._write())
                try:
                    async with asyncio.TaskGroup() as self._reviews:
                        async with self._checks:
                            async with asyncio.TaskGroup() as self._workers:
                                self._feeder = self._workers.create_task(self._feed(problems))
                            await self._conclude()
                        if self._review is not None:
                            self._review.last()
                finally:
                    self._review = None  # what is released only now is not looked at any more
                    self._settle()
                    self._checks.give_up()
                    self._queue.put_nowait(None)
                    self._is_last.set()
                    if not writer.done():
                        await asyncio.shield(writer)
        except BaseExceptionGroup as failed:
            raise _root(failed) from None
        if self._stopped is not None:
            raise self._stopped

    def stop(self, error: AsyncgeoError) -> None:
        """End admission; the first error given is the one that `run` raises."""
        if self._stopped is None:
            self._stopped = error
        if self._feeder is not None:
            self._feeder.cancel()
        if self._review is not None:
            self._review.drop()

    async def _feed(self, problems: Iterable[PendingInput] | AsyncIterable[PendingInput]) -> None:
        try:
            async for pending in problems if isinstance(problems, AsyncIterable) else _lazily(problems):
                if isinstance(pending, Unreadable):
                    self._note(pending)
                    continue
                await self._admit()
                if isinstance(pending, Problem):
                    self._workers.create_task(self._work(pending, self._evidence.begin()))
                else:
                    self._in_work += len(pending) - 1
                    self._workers.create_task(self._work_pack([(each, self._evidence.begin()) for each in pending]))
        except asyncio.CancelledError:
            if self._stopped is None:
                raise
        except AsyncgeoError as error:
            self.stop(error)

    def _note(self, unreadable: Unreadable) -> None:
        """Its row is written once, and counted in every run."""
        answered = readable(Answered(unreadable.row))
        if not unreadable.recorded:
            self._put(unreadable.position, answered, again=False)
        self._listener.row(answered.row)

    async def _admit(self) -> None:
        """A slot, once another problem may begin; while none may, no slot is kept from the probe."""
        while True:
            while not self._has_room():
                self._news.clear()
                await self._news.wait()
            await self._slots.acquire()
            if self._has_room():
                self._in_work += 1
                return
            self._slots.release()

    def _has_room(self) -> bool:
        return self._evidence.admits(self._in_work) and self._checks.has_room

    async def _work(self, problem: Problem, number: int) -> None:
        try:
            await self._make(problem, number, partial(self._extractor.answer, problem))
        finally:
            self._slots.release()

    async def _make(self, problem: Problem, number: int, make: Makes) -> None:
        """The problem's row, weighed."""
        try:
            self._weigh(number, MadeRow(problem, await safely(problem, make)))
        except AsyncgeoError as error:
            self.stop(error)
        finally:
            self._in_work -= 1
        self._look_around()

    async def _work_pack(self, pack: list[tuple[Problem, int]]) -> None:
        """One request about all; the rows that it gives are weighed before anything else is asked."""
        try:
            opened = await open_pack(self._opens, self._extractor, [problem for problem, _ in pack])
            async with asyncio.TaskGroup() as group:
                for (problem, number), each in zip(pack, opened, strict=True):
                    if isinstance(each, Answered):
                        self._in_work -= 1
                        self._weigh(number, MadeRow(problem, readable(each)))
                    else:
                        group.create_task(self._make(problem, number, each))
        except AsyncgeoError as error:
            self._in_work -= len(pack)
            self.stop(error)
        finally:
            self._slots.release()
        self._look_around()

    # evidence

    def _weigh(self, number: int, made: MadeRow) -> None:
        """Write the row of a verdict; that of a failure when there is evidence that it was the problem."""
        match outcome_of(made.answered.row):
            case "usable":
                self._answered = made.problem
                self._finish(made)
                self._free(self._evidence.answered(number))
            case "unasked":
                self._finish(made)
            case kind, message:
                if self._evidence.failed(kind, message, made._replace(kept=True)):
                    self._hold(made)
                else:
                    self._finish(made)

    def _hold(self, made: MadeRow) -> None:
        """The row waits; what was paid for does not."""
        self._put_answers(made)
        self._listener.waits(made.answered.row)

    def _free(self, released: list[MadeRow]) -> None:
        """Write what has waited long enough, unless the endpoint has ended the run meanwhile."""
        if not self._is_refused:
            for made in released:
                self._finish(made)

    @property
    def _is_refused(self) -> bool:
        """Whether the endpoint ended the run: then what waits may be its fault."""
        return isinstance(self._stopped, Stopped) and not isinstance(self._stopped, BudgetReached)

    def _look_around(self) -> None:
        """After each problem: admission may have changed, or a probe be due."""
        self._news.set()
        if self._stopped is None and not self._probing and self._evidence.wants_probe(self._in_work):
            self._probing = True
            self._workers.create_task(self._probe())

    async def _probe(self) -> None:
        """Ask a problem that was answered before: if it is answered again, the failures were the problems' own."""
        try:
            usable = await self._is_answered_again(self._answered or await asyncio.to_thread(self._earlier))
        except AsyncgeoError as error:
            self.stop(error)
            return
        self._probing = False
        if usable:
            self._free(self._evidence.is_well())
        elif self._evidence.is_suspicious:
            self._give_up()
        self._look_around()

    async def _is_answered_again(self, problem: Problem | None) -> bool:
        if problem is None:
            return False
        await self._slots.acquire()
        try:
            answered = await ask(self._extractor, msgspec.structs.replace(problem, position=_NOWHERE))
        finally:
            self._slots.release()
        usable = outcome_of(answered.row) == "usable"
        self._listener.probed(problem.id, usable=usable)
        return usable

    def _give_up(self) -> None:
        """Nothing usable comes: nothing is asked any more, and what waits stays pending."""
        error = self._evidence.error()
        self.stop(error)
        self._slots.close(error)

    async def _conclude(self) -> None:
        """Nothing is in work any more: look in the folder, where this run has nothing but failures."""
        if self._evidence.waits and not self._evidence.usable and self._stopped is None:
            if await asyncio.to_thread(self._earlier) is None:
                self._give_up()
            else:
                self._free(self._evidence.is_well())
        self._settle()

    def _settle(self) -> None:
        """However the run ends: what waits becomes rows if something usable came, and few failed since."""
        if self._evidence.usable and not self._evidence.is_suspicious:
            self._free(self._evidence.is_well())

    # rows

    async def _look_back(self, review: Reviews, problem: Problem, answered: Answered) -> None:
        """Let the review hand in another row; the first one is safe whatever comes of it."""
        try:
            await review.look(problem, answered, lambda row: self._put(problem.position, readable(row), again=True))
        except AsyncgeoError as error:
            self.stop(error)

    def _finish(self, made: MadeRow) -> None:
        """The row enters the queue; after a check where it needs one, for which what was paid for does not wait."""
        if not self._checks.wants(made):
            self._enter(made)
            return
        if not made.kept:
            self._put_answers(made)
        self._checks.take(made._replace(kept=True))

    def _enter_checked(self, made: MadeRow) -> None:
        self._enter(made)
        self._news.set()

    def _enter(self, made: MadeRow) -> None:
        """The row enters the queue, and the review looks at it."""
        problem, answered, kept = made
        self._write_row(problem.position, answered._replace(raws=()) if kept else answered)
        if self._review is not None and self._stopped is None:
            self._reviews.create_task(self._look_back(self._review, problem, answered))

    def _write_row(self, position: int, answered: Answered) -> None:
        self._put(position, answered, again=False)
        self._listener.row(answered.row)

    def _put_answers(self, made: MadeRow) -> None:
        """The answers enter the queue before the row."""
        if self._keep_raw and made.answered.raws:
            self._queue.put_nowait(QueuedRow(made.problem.position, b"", raws.encode(made.answered.raws), again=True))

    def _put(self, position: int, answered: Answered, *, again: bool) -> None:
        """Row and answers enter the queue as one."""
        kept = raws.encode(answered.raws) if self._keep_raw else b""
        self._queue.put_nowait(QueuedRow(position, encode(answered.row), kept, again))

    async def _write(self) -> None:
        """Drain what is there in one batch; sync every `fsync_interval`, and at the end."""
        dirty_since: float | None = None
        while True:
            batch, ended = await self._drain(dirty_since)
            if batch:
                await self._keep.append(batch)
                dirty_since = self._clock() if dirty_since is None else dirty_since
            if dirty_since is not None and (ended or not self._due(dirty_since)):
                await self._keep.sync()
                dirty_since = None
            if ended:
                return
            if dirty_since is not None:
                await self._gather(self._due(dirty_since))

    def _due(self, dirty_since: float) -> float:
        """Seconds until a sync is due."""
        return max(0.0, self._fsync_interval - (self._clock() - dirty_since))

    async def _drain(self, dirty_since: float | None) -> tuple[list[QueuedRow], bool]:
        """The rows waiting, at least one unless a sync falls due first; and whether the last one has come."""
        try:
            async with asyncio.timeout(None if dirty_since is None else self._due(dirty_since)):
                item = await self._queue.get()
        except TimeoutError:
            return [], False
        batch: list[QueuedRow] = []
        while item is not None:
            batch.append(item)
            if self._queue.empty():
                return batch, False
            item = self._queue.get_nowait()
        return batch, True

    async def _gather(self, due: float) -> None:
        """Let more rows come before the next write; neither a sync nor the end of the run waits for that."""
        with suppress(TimeoutError):
            async with asyncio.timeout(min(GATHERING, due)):
                await self._is_last.wait()


async def _lazily(problems: Iterable[PendingInput]) -> AsyncIterator[PendingInput]:
    """Problems that are there already, one when it is asked for."""
    for problem in problems:
        yield problem


def _root(failed: BaseExceptionGroup[BaseException]) -> BaseException:
    """The first real error inside nested groups; cancellations only follow from it."""
    for error in failed.exceptions:
        found = _root(error) if isinstance(error, BaseExceptionGroup) else error
        if not isinstance(found, asyncio.CancelledError):
            return found
    return failed
