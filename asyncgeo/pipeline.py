"""Many `Problem`s → rows in order of completion, through the one writer.

In: problems, an extractor, slots to hold while a problem is in work, and shards that take bytes. Out: rows in
shards, counts in the tally. It knows neither how a problem is asked nor what a row says.

    problems → feeder → [slot] → worker → encoded row → queue → writer → shards
                 stop ↺ admission            review ↺ a better row, after it

The feeder takes a slot before it makes a task, so there are as many tasks as slots in use. Between the reply that
was paid for and the queue nothing awaits, and the queue is unbounded: cancelled workers lose no row. The writer
outlives the workers; when it dies (a full disk), its error ends the run. A review looks at rows that are in the queue
already; it may hand in another row for the problem, which counts because it is later.
"""

import asyncio
import time
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable
from typing import Final, NamedTuple, Protocol

from asyncgeo import raws
from asyncgeo.errors import AsyncgeoError
from asyncgeo.raws import Answered
from asyncgeo.records import Problem, Row, Unreadable, encode, failed, readable_line

INTERNAL: Final = "internal"
"""The kind of a row whose problem met a defect of asyncgeo itself."""

Input = Problem | Unreadable


class Item(NamedTuple):
    """What the writer gets: an encoded row, its encoded answers, and whether it takes an earlier row's place."""

    position: int
    row: bytes
    raws: bytes = b""
    again: bool = False


class Answers(Protocol):
    """Makes one row of one problem."""

    async def answer(self, problem: Problem) -> Answered:
        """The row and its answers; raises Stopped or Interrupted when the run ended first."""
        ...


class Reviews(Protocol):
    """Looks at rows that are already in the queue."""

    async def look(self, problem: Problem, answered: Answered, hand_in: Callable[[Answered], None]) -> None:
        """Hand in a better row where there is one; raises Stopped or Interrupted when the run ended first."""
        ...

    def last(self) -> None:
        """All problems have their first row."""
        ...

    def drop(self) -> None:
        """Begin nothing new; what is being asked is finished."""
        ...


class Slots(Protocol):
    """Bounds how many problems are in work at once."""

    async def acquire(self) -> None:
        """Wait for a slot and take it."""
        ...

    def release(self) -> None:
        """Give it back."""
        ...


class Keeps(Protocol):
    """Takes encoded rows for the shards they belong to."""

    async def append(self, items: list[Item]) -> None:
        """Write a batch."""
        ...

    async def sync(self) -> None:
        """Make everything written survive a power cut."""
        ...


class Listens(Protocol):
    """Is told of every problem's row once it is in the queue."""

    def row(self, row: Row) -> None:
        """A row was made."""
        ...


class Pipeline:
    """One run. `stop(error)` ends admission; what is in flight is finished and written, then `run` raises the error.

    With `keep_raw` the answers go with their rows.
    """

    def __init__(  # noqa: PLR0913  every seam is a parameter
        self,
        extractor: Answers,
        slots: Slots,
        keep: Keeps,
        listener: Listens,
        *,
        fsync_interval: float,
        review: Reviews | None = None,
        keep_raw: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._extractor = extractor
        self._slots = slots
        self._keep = keep
        self._listener = listener
        self._fsync_interval = fsync_interval
        self._review = review
        self._keep_raw = keep_raw
        self._clock = clock
        self._queue: asyncio.Queue[Item | None] = asyncio.Queue()  # None after the last
        self._reviews = asyncio.TaskGroup()  # opened by `run`
        self._feeder: asyncio.Task[None] | None = None
        self._stopped: AsyncgeoError | None = None

    async def run(self, problems: Iterable[Input] | AsyncIterable[Input]) -> None:
        """Every problem's row, written.

        Raises the error given to `stop`, the Stopped of an extractor, or the error of the writer. Cancelling it
        drops what is in flight; rows already made are written all the same.
        """
        try:
            async with asyncio.TaskGroup() as group:
                writer = group.create_task(self._write())
                try:
                    async with asyncio.TaskGroup() as self._reviews:
                        async with asyncio.TaskGroup() as workers:
                            self._feeder = workers.create_task(self._feed(problems, workers))
                        if self._review is not None:
                            self._review.last()
                finally:
                    self._queue.put_nowait(None)
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

    async def _feed(self, problems: Iterable[Input] | AsyncIterable[Input], workers: asyncio.TaskGroup) -> None:
        try:
            async for problem in problems if isinstance(problems, AsyncIterable) else _lazily(problems):
                if isinstance(problem, Unreadable):
                    self._finish(problem.position, _readable(Answered(problem.row)))
                    continue
                await self._slots.acquire()
                workers.create_task(self._work(problem))
        except asyncio.CancelledError:
            if self._stopped is None:
                raise
        except AsyncgeoError as error:
            self.stop(error)

    async def _work(self, problem: Problem) -> None:
        try:
            answered = _readable(await self._extractor.answer(problem))
        except AsyncgeoError as error:
            self.stop(error)
        except Exception as error:  # noqa: BLE001  one problem's defect must not cost the others their rows
            message = f"{type(error).__name__}: {error}"
            self._finish(problem.position, Answered(failed(problem.id, message, INTERNAL)))
        else:
            self._finish(problem.position, answered)
            if self._review is not None and self._stopped is None:
                self._reviews.create_task(self._look_back(self._review, problem, answered))
        finally:
            self._slots.release()

    async def _look_back(self, review: Reviews, problem: Problem, answered: Answered) -> None:
        """Let the review hand in another row; the first one is safe whatever comes of it."""
        try:
            await review.look(problem, answered, lambda row: self._put(problem.position, _readable(row), again=True))
        except AsyncgeoError as error:
            self.stop(error)

    def _finish(self, position: int, answered: Answered) -> None:
        self._put(position, answered, again=False)
        self._listener.row(answered.row)

    def _put(self, position: int, answered: Answered, *, again: bool) -> None:
        """Row and answers enter the queue as one."""
        kept = raws.encode(answered.raws) if self._keep_raw else b""
        self._queue.put_nowait(Item(position, encode(answered.row), kept, again))

    async def _write(self) -> None:
        """Drain what is there in one batch; sync every `fsync_interval`, and at the end."""
        dirty_since: float | None = None
        while True:
            batch, ended = await self._drain(dirty_since)
            if batch:
                await self._keep.append(batch)
                dirty_since = self._clock() if dirty_since is None else dirty_since
            if dirty_since is not None and (ended or self._clock() - dirty_since >= self._fsync_interval):
                await self._keep.sync()
                dirty_since = None
            if ended:
                return

    async def _drain(self, dirty_since: float | None) -> tuple[list[Item], bool]:
        """The rows waiting, at least one unless a sync falls due first; and whether the last one has come."""
        due = None if dirty_since is None else max(0.0, self._fsync_interval - (self._clock() - dirty_since))
        try:
            async with asyncio.timeout(due):
                item = await self._queue.get()
        except TimeoutError:
            return [], False
        batch: list[Item] = []
        while item is not None:
            batch.append(item)
            if self._queue.empty():
                return batch, False
            item = self._queue.get_nowait()
        return batch, True


def _readable(answered: Answered) -> Answered:
    """As given; where the row could not be read again, an `internal` error in its place.

    Such a row must not reach the disk, where it would end every later merge and resume of the folder.
    """
    try:
        readable_line(answered.row)
    except ValueError as error:
        return answered._replace(row=failed(answered.row.id, str(error), INTERNAL, answered.row.meta))
    return answered


async def _lazily(problems: Iterable[Input]) -> AsyncIterator[Input]:
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
