import asyncio
from collections.abc import AsyncIterator, Callable, Iterator

import pytest

from asyncgeo.errors import Fatal, Interrupted, ShardError
from asyncgeo.pipeline import INTERNAL, Pipeline
from asyncgeo.records import Failed, Problem, Row, Skipped, Unreadable, decode


class Keep:
    """Keeps rows in memory; `full_after` rows the disk is full."""

    def __init__(self, full_after: int | None = None) -> None:
        self.rows: list[tuple[int, Row]] = []
        self.batches: list[int] = []
        self.unsynced = 0
        self.full_after = full_after

    async def append(self, rows: list[tuple[int, bytes]]) -> None:
        if self.full_after is not None and len(self.rows) + len(rows) > self.full_after:
            raise ShardError("the disk is full")
        await asyncio.sleep(0)
        self.rows += [(position, decode(row)) for position, row in rows]
        self.batches.append(len(rows))
        self.unsynced += len(rows)

    async def sync(self) -> None:
        await asyncio.sleep(0)
        self.unsynced = 0


class Slots(asyncio.Semaphore):
    """As many slots as given; counts the most that were ever out."""

    def __init__(self, count: int) -> None:
        super().__init__(count)
        self.out = self.most = 0

    async def acquire(self) -> None:  # type: ignore[override]
        await super().acquire()
        self.out += 1
        self.most = max(self.most, self.out)

    def release(self) -> None:
        self.out -= 1
        super().release()


class Counter:
    """A listener that counts."""

    def __init__(self) -> None:
        self.rows: list[Row] = []

    def row(self, row: Row) -> None:
        self.rows.append(row)


Answer = Callable[[Problem], Row]


class Extractor:
    """Answers after as many turns of the loop as the position says, so rows come out of order."""

    def __init__(self, answer: Answer | None = None) -> None:
        self.asked: list[str] = []
        self.answer = answer or skipped

    async def extract(self, problem: Problem) -> Row:
        self.asked.append(problem.id)
        for _ in range(problem.position * 7 % 5):
            await asyncio.sleep(0)
        return self.answer(problem)


def skipped(problem: Problem) -> Row:
    return Skipped(id=problem.id, source="model", reason="pure_calculation")


def problems(count: int) -> Iterator[Problem]:
    return (Problem(str(number), "text", number) for number in range(count))


def pipeline(extractor: Extractor, keep: Keep, slots: Slots | None = None, listener: Counter | None = None) -> Pipeline:
    return Pipeline(extractor, slots or Slots(8), keep, listener or Counter(), fsync_interval=0)


def test_every_problem_has_one_row_written_and_synced() -> None:
    """As many rows as problems, each at its position, none unsynced, and no more in work than slots."""
    keep, slots, listener = Keep(), Slots(8), Counter()
    asyncio.run(pipeline(Extractor(), keep, slots, listener).run(problems(100)))
    assert sorted((position, row.id) for position, row in keep.rows) == [(n, str(n)) for n in range(100)]
    assert len(listener.rows) == 100
    assert keep.unsynced == 0
    assert slots.most == 8
    assert slots.out == 0


def test_problems_may_come_one_after_the_other() -> None:
    """A worker is given its problems as the driver leases them: the feeder waits for each."""

    async def arriving() -> AsyncIterator[Problem]:
        for problem in problems(30):
            await asyncio.sleep(0)
            yield problem

    keep = Keep()
    asyncio.run(pipeline(Extractor(), keep).run(arriving()))
    assert sorted(position for position, _ in keep.rows) == list(range(30))


def test_rows_that_wait_are_written_in_one_batch() -> None:
    """Group commit: a slow disk sees fewer, larger writes."""
    keep = Keep()
    asyncio.run(pipeline(Extractor(), keep, Slots(64)).run(problems(500)))
    assert sum(keep.batches) == 500
    assert len(keep.batches) < 250


def test_problems_are_read_as_slots_come_free() -> None:
    """Memory does not grow with the work: never more problems read than slots, and one in hand."""
    slots, ahead = Slots(4), 0

    def watched() -> Iterator[Problem]:
        nonlocal ahead
        for number, problem in enumerate(problems(50)):
            ahead = max(ahead, number + 1 - len(keep.rows) - slots.out)
            yield problem

    keep = Keep()
    asyncio.run(pipeline(Extractor(), keep, slots).run(watched()))
    assert len(keep.rows) == 50
    assert ahead <= 4 + 8  # rows on their way through the queue


def test_an_unreadable_input_is_a_row_without_a_question() -> None:
    """Nothing is asked, and its row stands at its position."""
    keep, extractor = Keep(), Extractor()
    broken = Unreadable(3, Failed(id="3", error="it is not JSON", kind="input"))
    asyncio.run(pipeline(extractor, keep).run(iter([broken])))
    assert keep.rows == [(3, broken.row)]
    assert extractor.asked == []


def test_a_defect_costs_one_problem_only() -> None:
    """An unexpected exception becomes that problem's error row; all others have theirs."""

    def answer(problem: Problem) -> Row:
        if problem.id == "5":
            raise ZeroDivisionError("5")
        return skipped(problem)

    keep = Keep()
    asyncio.run(pipeline(Extractor(answer), keep).run(problems(20)))
    rows = {row.id: row for _, row in keep.rows}
    assert len(rows) == 20
    failed = rows["5"]
    assert isinstance(failed, Failed)
    assert failed.kind == INTERNAL


def test_fatal_ends_admission_and_keeps_what_was_in_flight() -> None:
    """After a Fatal nobody new is asked, those in flight get their rows, the problem itself has none."""

    def answer(problem: Problem) -> Row:
        if problem.id == "20":
            raise Fatal("the key is refused", kind="authentication")
        return skipped(problem)

    keep, extractor = Keep(), Extractor(answer)
    with pytest.raises(Fatal, match="the key is refused"):
        asyncio.run(pipeline(extractor, keep).run(problems(1000)))
    assert len(extractor.asked) < 40
    assert {row.id for _, row in keep.rows} == set(extractor.asked) - {"20"}
    assert keep.unsynced == 0


def test_stop_finishes_what_is_in_flight() -> None:
    """The first Ctrl-C: no new problem, rows of the running ones, then Interrupted."""

    async def main() -> None:
        def answer(problem: Problem) -> Row:
            if problem.id == "10":
                run.stop(Interrupted("stopped"))
            return skipped(problem)

        extractor = Extractor(answer)
        run = pipeline(extractor, keep)
        with pytest.raises(Interrupted):
            await run.run(problems(1000))
        assert {row.id for _, row in keep.rows} == set(extractor.asked)
        assert len(keep.rows) < 40

    keep = Keep()
    asyncio.run(main())


def test_cancelling_keeps_the_rows_already_made() -> None:
    """The second Ctrl-C: what is in flight is dropped, every finished row is written and synced."""

    async def main() -> None:
        keep, listener = Keep(), Counter()
        task = asyncio.create_task(pipeline(Extractor(), keep, listener=listener).run(problems(1000)))
        while len(listener.rows) < 50:
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert [row for _, row in keep.rows] == listener.rows
        assert keep.unsynced == 0
        assert len(keep.rows) < 1000

    asyncio.run(main())


def test_a_writer_that_dies_ends_the_run_with_its_error() -> None:
    """A full disk: the run ends with the shard's message, and nobody is asked for rows that cannot be kept."""
    extractor = Extractor()
    with pytest.raises(ShardError, match="the disk is full"):
        asyncio.run(pipeline(extractor, Keep(full_after=30)).run(problems(1000)))
    assert len(extractor.asked) < 100
