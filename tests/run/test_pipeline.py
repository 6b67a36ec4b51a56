import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from functools import partial
from itertools import pairwise
from typing import TypeGuard

import msgspec
import pytest
from support.virtual import now

from asyncgeo.errors import AsyncgeoError, BudgetReached, Fatal, Interrupted, ShardError
from asyncgeo.run.made import INTERNAL
from asyncgeo.run.pipeline import GATHERING, Pipeline
from asyncgeo.run.seams import Checks, Opens, QueuedRow, Reviews
from asyncgeo.schema.records import (
    Failed,
    Meta,
    Parsed,
    Problem,
    RequiredObjects,
    Row,
    Skipped,
    Tokens,
    Unreadable,
    decode,
)
from asyncgeo.store.raw_answers import Answered, Raw, encode


class Keep:
    """Keeps rows in memory; `full_after` rows the disk is full."""

    def __init__(self, full_after: int | None = None) -> None:
        self.rows: list[tuple[int, Row]] = []
        self.items: list[QueuedRow] = []
        self.batches: list[int] = []
        self.unsynced = 0
        self.full_after = full_after

    async def append(self, items: list[QueuedRow]) -> None:
        if self.full_after is not None and len(self.rows) + len(items) > self.full_after:
            raise ShardError("the disk is full")
        await asyncio.sleep(0)
        self.items += items
        self.rows += [(item.position, decode(item.row)) for item in items if item.row]
        self.batches.append(len(items))
        self.unsynced += len(items)

    async def sync(self) -> None:
        await asyncio.sleep(0)
        self.unsynced = 0


class Slots(asyncio.Semaphore):
    """As many slots as given; counts the most that were ever out."""

    def __init__(self, count: int) -> None:
        super().__init__(count)
        self.out = self.most = 0
        self.closed: AsyncgeoError | None = None

    async def acquire(self) -> None:  # type: ignore[override]
        await super().acquire()
        self.out += 1
        self.most = max(self.most, self.out)

    def release(self) -> None:
        self.out -= 1
        super().release()

    def close(self, error: AsyncgeoError) -> None:
        self.closed = error


class Counter:
    """A listener that counts."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.waiting: list[Row] = []
        self.probes: list[tuple[str, bool]] = []

    def row(self, row: Row) -> None:
        self.rows.append(row)

    def waits(self, row: Row) -> None:
        self.waiting.append(row)

    def probed(self, identifier: str, *, usable: bool) -> None:
        self.probes.append((identifier, usable))


Answer = Callable[[Problem], Row]


class Extractor:
    """Answers after as many turns of the loop as the position says, so rows come out of order."""

    def __init__(self, reply: Answer | None = None) -> None:
        self.asked: list[str] = []
        self.reply = reply or skipped

    async def answer(self, problem: Problem) -> Answered:
        self.asked.append(problem.id)
        for _ in range(problem.position * 7 % 5):
            await asyncio.sleep(0)
        return Answered(self.reply(problem), (raw(problem.id, "first"),))


def skipped(problem: Problem) -> Row:
    return Skipped(id=problem.id, source="model", reason="pure_calculation")


def raw(identifier: str, content: str) -> Raw:
    return Raw(identifier, "text", "2026-01-01T00:00:00.000Z", "m", "p", "stop", content)


def problems(count: int) -> Iterator[Problem]:
    return (Problem(str(number), "text", number) for number in range(count))


def pipeline(  # noqa: PLR0913  every seam is a parameter
    extractor: Extractor,
    keep: Keep,
    slots: Slots | None = None,
    listener: Counter | None = None,
    review: Reviews | None = None,
    *,
    keep_raw: bool = False,
    earlier: Callable[[], Problem | None] = lambda: None,
    opens: Opens | None = None,
    check: Checks | None = None,
    fsync_interval: float = 0,
    clock: Callable[[], float] = time.monotonic,
) -> Pipeline:
    return Pipeline(
        extractor,
        slots or Slots(8),
        keep,
        listener or Counter(),
        fsync_interval=fsync_interval,
        check=check,
        review=review,
        keep_raw=keep_raw,
        earlier=earlier,
        opens=opens,
        clock=clock,
    )


async def test_every_problem_has_one_row_written_and_synced() -> None:
    """As many rows as problems, each at its position, none unsynced, and no more in work than slots."""
    keep, slots, listener = Keep(), Slots(8), Counter()
    await pipeline(Extractor(), keep, slots, listener).run(problems(100))
    assert sorted((position, row.id) for position, row in keep.rows) == [(n, str(n)) for n in range(100)]
    assert len(listener.rows) == 100
    assert keep.unsynced == 0
    assert slots.most == 8
    assert slots.out == 0


async def test_problems_may_come_one_after_the_other() -> None:
    """A worker is given its problems as the driver leases them: the feeder waits for each."""

    async def arriving() -> AsyncIterator[Problem]:
        for problem in problems(30):
            await asyncio.sleep(0)
            yield problem

    keep = Keep()
    await pipeline(Extractor(), keep).run(arriving())
    assert sorted(position for position, _ in keep.rows) == list(range(30))


async def test_rows_that_wait_are_written_in_one_batch() -> None:
    """Group commit: a slow disk sees fewer, larger writes."""
    keep = Keep()
    await pipeline(Extractor(), keep, Slots(64)).run(problems(500))
    assert sum(keep.batches) == 500
    assert len(keep.batches) < 250


class Timed(Keep):
    """Notes when each batch came, and when it was synced."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[float] = []
        self.synced: list[float] = []

    async def append(self, items: list[QueuedRow]) -> None:
        await super().append(items)
        self.written += [now()] * len(items)

    async def sync(self) -> None:
        await super().sync()
        self.synced.append(now())


class Slow(Extractor):
    """Takes `seconds` of virtual time over an answer, and notes when it was there."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds
        self.answered: list[float] = []

    async def answer(self, problem: Problem) -> Answered:
        await asyncio.sleep(self.seconds)
        self.answered.append(now())
        return await super().answer(problem)


@pytest.mark.usefixtures("virtual_loop")
async def test_rows_that_come_one_by_one_are_gathered() -> None:
    """Fifty writes a second at most, no row later than that, all synced within the interval, and no wait at the end."""
    keep, extractor, began = Timed(), Slow(0.001), now()
    await pipeline(extractor, keep, Slots(1), fsync_interval=0.1, clock=now).run(problems(1000))
    assert now() == extractor.answered[-1]
    assert len(keep.batches) < (now() - began) / GATHERING + 3 * len(keep.synced)
    late = [written - made for made, written in zip(extractor.answered, keep.written, strict=True)]
    assert 0 <= min(late) <= max(late) < GATHERING * 1.01
    assert max(after - before for before, after in pairwise([began, *keep.synced])) < 0.1 + 0.002
    assert keep.unsynced == 0


@pytest.mark.usefixtures("virtual_loop")
async def test_a_row_that_comes_alone_is_written_at_once() -> None:
    """Where answers are rare, none waits."""
    keep, extractor = Timed(), Slow(0.5)
    await pipeline(extractor, keep, Slots(1), fsync_interval=1, clock=now).run(problems(5))
    assert keep.written == extractor.answered


@pytest.mark.usefixtures("virtual_loop")
async def test_a_cancelled_run_writes_what_was_gathering() -> None:
    """At once, and synced: no answer that was paid for waits for others."""
    keep, extractor = Timed(), Slow(0.001)
    task = asyncio.create_task(pipeline(extractor, keep, Slots(1), fsync_interval=1, clock=now).run(problems(1000)))
    await asyncio.sleep(0.0305)
    stopped = now()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [row.id for _, row in keep.rows] == extractor.asked
    assert keep.written[-1] == keep.synced[-1] == stopped
    assert keep.unsynced == 0


async def test_problems_are_read_as_slots_come_free() -> None:
    """Memory does not grow with the work: never more problems read than slots, and one in hand."""
    slots, ahead = Slots(4), 0

    def watched() -> Iterator[Problem]:
        nonlocal ahead
        for number, problem in enumerate(problems(50)):
            ahead = max(ahead, number + 1 - len(keep.rows) - slots.out)
            yield problem

    keep = Keep()
    await pipeline(Extractor(), keep, slots).run(watched())
    assert len(keep.rows) == 50
    assert ahead <= 4 + 8  # rows on their way through the queue


async def test_an_unreadable_input_is_a_row_without_a_question() -> None:
    """Nothing is asked, and its row stands at its position."""
    keep, extractor = Keep(), Extractor()
    broken = Unreadable(3, Failed(id="3", error="it is not JSON", kind="input"))
    await pipeline(extractor, keep).run(iter([broken]))
    assert keep.rows == [(3, broken.row)]
    assert extractor.asked == []


async def test_a_defect_costs_one_problem_only() -> None:
    """An unexpected exception becomes that problem's error row; all others have theirs."""

    def answer(problem: Problem) -> Row:
        if problem.id == "5":
            raise ZeroDivisionError("5")
        return skipped(problem)

    keep = Keep()
    await pipeline(Extractor(answer), keep).run(problems(20))
    rows = {row.id: row for _, row in keep.rows}
    assert len(rows) == 20
    failed = rows["5"]
    assert isinstance(failed, Failed)
    assert failed.kind == INTERNAL


async def test_a_row_that_could_not_be_read_again_is_an_internal_error() -> None:
    """Encoding never ends a run: the row is an error that says why, with what it cost, and all others have theirs."""

    def answer(problem: Problem) -> Row:
        if problem.id == "5":
            meta = Meta(at="2026-01-01T00:00:00.000Z", attempts=2, tokens=Tokens(100, 0, 10))
            return Skipped(id="5", source="model", reason="pure_calculation", detail="\ud800", meta=meta)
        return skipped(problem)

    keep, listener = Keep(), Counter()
    await pipeline(Extractor(answer), keep, listener=listener, keep_raw=True).run(problems(20))
    rows = {row.id: row for _, row in keep.rows}
    assert len(rows) == 20
    failed = rows["5"]
    assert isinstance(failed, Failed)
    assert (failed.kind, failed.attempts) == (INTERNAL, 2)
    assert "cannot be written" in failed.error
    assert failed.meta is not None
    assert failed.meta.tokens == Tokens(100, 0, 10)
    assert failed in listener.rows


async def test_an_answer_that_utf8_cannot_hold_is_kept_as_far_as_it_can_be() -> None:
    """A paid answer is not lost for one character, and does not end the run."""

    class Strange(Extractor):
        async def answer(self, problem: Problem) -> Answered:
            return Answered(skipped(problem), (raw(problem.id, "before \ud800 after"),))

    keep = Keep()
    await pipeline(Strange(), keep, keep_raw=True).run(problems(3))
    assert [item.raws for item in keep.items] == [encode([raw(str(k), "before \ufffd after")]) for k in range(3)]


async def test_a_message_that_cannot_be_written_is_one_all_the_same() -> None:
    """The words of a defect, an unreadable input and its path may hold anything."""

    def answer(problem: Problem) -> Row:
        if problem.id == "1":
            raise ValueError("\udfff" * 1000)
        return skipped(problem)

    broken = Unreadable(3, Failed(id="\udc80.json", error="it is not JSON: \udc80", kind="input"))
    keep = Keep()
    given: list[Problem | Unreadable] = [Problem("1", "text"), broken, *problems(1)]
    await pipeline(Extractor(answer), keep).run(given)
    assert {row.id for _, row in keep.rows if isinstance(row, Failed)} == {"1", "\ufffd.json"}


async def test_fatal_ends_admission_and_keeps_what_was_in_flight() -> None:
    """After a Fatal nobody new is asked, those in flight get their rows, the problem itself has none."""

    def answer(problem: Problem) -> Row:
        if problem.id == "20":
            raise Fatal("the key is refused", kind="authentication")
        return skipped(problem)

    keep, extractor = Keep(), Extractor(answer)
    with pytest.raises(Fatal, match="the key is refused"):
        await pipeline(extractor, keep).run(problems(1000))
    assert len(extractor.asked) < 40
    assert {row.id for _, row in keep.rows} == set(extractor.asked) - {"20"}
    assert keep.unsynced == 0


async def test_stop_finishes_what_is_in_flight() -> None:
    """The first Ctrl-C: no new problem, rows of the running ones, then Interrupted."""
    keep = Keep()

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


async def test_cancelling_keeps_the_rows_already_made() -> None:
    """The second Ctrl-C: what is in flight is dropped, every finished row is written and synced."""
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


async def test_a_writer_that_dies_ends_the_run_with_its_error() -> None:
    """A full disk: the run ends with the shard's message, and nobody is asked for rows that cannot be kept."""
    extractor = Extractor()
    with pytest.raises(ShardError, match="the disk is full"):
        await pipeline(extractor, Keep(full_after=30)).run(problems(1000))
    assert len(extractor.asked) < 100


@pytest.mark.parametrize("keep_raw", [True, False])
async def test_a_row_enters_the_queue_with_its_answers(*, keep_raw: bool) -> None:
    """Both or neither reach the writer; where answers are not wanted they are not even encoded."""
    keep = Keep()
    await pipeline(Extractor(), keep, keep_raw=keep_raw).run(problems(20))
    for item in keep.items:
        identifier = decode(item.row).id
        assert item.raws == (encode([raw(identifier, "first")]) if keep_raw else b"")


class Second:
    """A review that hands in a second row for every other problem, after some turns of the loop."""

    def __init__(self, *errors: AsyncgeoError) -> None:
        self.errors = list(errors)
        self.looked = 0
        self.seen_at_last: int | None = None
        self.dropped = False

    async def look(self, problem: Problem, answered: Answered, hand_in: Callable[[Answered], None]) -> None:
        assert answered.row.id == problem.id
        self.looked += 1
        for _ in range(problem.position * 5 % 7):
            await asyncio.sleep(0)
        if self.errors:
            raise self.errors.pop()
        if problem.position % 2 and not self.dropped:
            hand_in(Answered(Skipped(id=problem.id, source="model", reason="no_formal_objects")))

    def last(self) -> None:
        self.seen_at_last = self.looked

    def drop(self) -> None:
        self.dropped = True


async def test_a_review_sees_rows_that_are_in_the_queue_and_its_own_come_after_them() -> None:
    """The run waits for it; a second row is written behind the first, and is no further problem to the listener."""
    keep, listener, review = Keep(), Counter(), Second()
    await pipeline(Extractor(), keep, listener=listener, review=review).run(problems(50))
    assert review.looked == len(listener.rows) == 50
    assert review.seen_at_last is not None  # told once there are no more, while reviews may go on
    assert len(keep.rows) == 75
    for position in range(1, 50, 2):
        mine = [item for item in keep.items if item.position == position]
        assert [item.again for item in mine] == [False, True]
        assert getattr(decode(mine[1].row), "reason", "") == "no_formal_objects"
    assert keep.unsynced == 0


async def test_a_review_that_meets_the_end_of_the_run_ends_it() -> None:
    """The budget may be spent on a second question: every first row is written, and nobody new is asked."""
    keep, review = Keep(), Second(BudgetReached("spent"))
    with pytest.raises(BudgetReached):
        await pipeline(Extractor(), keep, review=review).run(problems(1000))
    assert review.dropped
    assert len(keep.rows) < 100


async def test_a_stopped_run_drops_its_review() -> None:
    """Rows made after the stop are written without being looked at."""
    keep, review = Keep(), Second()

    def reply(problem: Problem) -> Row:
        if problem.id == "10":
            run.stop(Interrupted("stopped"))
        return skipped(problem)

    run = pipeline(Extractor(reply), keep, review=review)
    with pytest.raises(Interrupted):
        await run.run(problems(1000))
    assert review.dropped
    assert review.looked < len({position for position, _ in keep.rows}) < 100


def failing(*identifiers: str, kind: str = "too_long") -> Answer:
    """Fails on these problems, or on all when none is named."""

    def answer(problem: Problem) -> Row:
        if problem.id in identifiers or not identifiers:
            return Failed(id=problem.id, error=f"words about {problem.id}", kind=kind)
        return skipped(problem)

    return answer


@pytest.mark.parametrize("kind", ["too_long", "invalid_answer", "internal", "content_filter"])
@pytest.mark.parametrize("slots", [1, 8, 1000])
async def test_an_endpoint_without_one_usable_answer_ends_the_run(kind: str, slots: int) -> None:
    """A dozen and those in work, 32 at most, are asked; no row is made up, and the answers paid for are kept."""
    keep, listener, room = Keep(), Counter(), Slots(slots)
    extractor = Extractor(failing(kind=kind))
    with pytest.raises(Fatal, match=kind) as caught:
        await pipeline(extractor, keep, room, listener, keep_raw=True).run(problems(500))
    assert 12 <= len(extractor.asked) <= 32
    assert not keep.rows
    assert not listener.rows
    assert len(listener.waiting) == len(extractor.asked)
    assert len(keep.items) == len(extractor.asked)
    assert all(item.raws and item.again for item in keep.items)
    assert room.closed is caught.value
    assert room.out == 0


@pytest.mark.parametrize("count", [1, 5, 11])
async def test_few_problems_that_all_fail_stay_pending(count: int) -> None:
    """Of one problem as of eleven: nothing says that it was they."""
    keep = Keep()
    with pytest.raises(Fatal, match="too_long"):
        await pipeline(Extractor(failing()), keep).run(problems(count))
    assert keep.rows == []


async def test_few_problems_that_all_fail_are_rows_where_the_model_has_answered_before() -> None:
    """An earlier run's answer is evidence enough at the end of a run, without asking for it again."""
    keep, listener = Keep(), Counter()
    run = pipeline(Extractor(failing()), keep, listener=listener, earlier=lambda: Problem("old", "text"))
    await run.run(problems(11))
    assert len(keep.rows) == 11
    assert listener.probes == []


async def test_failures_among_answers_are_rows_with_their_answers_written_once() -> None:
    """They wait until a problem that began later is answered; the raw answers do not wait."""
    keep, listener = Keep(), Counter()
    bad = {str(number) for number in range(0, 100, 9)}
    await pipeline(Extractor(failing(*bad)), keep, listener=listener, keep_raw=True).run(problems(100))
    assert sorted(row.id for _, row in keep.rows) == sorted(str(number) for number in range(100))
    assert {row.id for row in listener.waiting} == bad
    assert sorted(item.raws for item in keep.items if item.raws) == sorted(
        encode([raw(str(number), "first")]) for number in range(100)
    )


async def test_answers_that_were_on_their_way_are_no_evidence() -> None:
    """A key that dies while slow answers come in: what failed meanwhile stays pending."""
    first, dead = asyncio.Event(), set[str]()

    class Dying(Extractor):
        async def answer(self, problem: Problem) -> Answered:
            self.asked.append(problem.id)
            if problem.position in range(8):  # asked before it died
                await first.wait()
                return Answered(skipped(problem))
            dead.add(problem.id)
            return Answered(Failed(id=problem.id, error="no credit", kind="bad_request"))

    keep = Keep()
    extractor = Dying()
    run = asyncio.create_task(pipeline(extractor, keep, Slots(16)).run(problems(100)))
    while not dead:
        await asyncio.sleep(0)
    first.set()
    with pytest.raises(Fatal, match="no credit"):
        await run
    assert {row.id for _, row in keep.rows} == {str(number) for number in range(8)}
    assert len(dead) <= 32 + 1  # and the probe


async def test_leftovers_finish_with_a_probe_a_stretch() -> None:
    """Forty that all fail where the model has answered before: asked, probed, written."""
    keep, listener = Keep(), Counter()
    extractor = Extractor(failing(*map(str, range(40))))
    run = pipeline(extractor, keep, listener=listener, earlier=lambda: Problem("old", "text"))
    await run.run(problems(40))
    assert len(keep.rows) == 40
    assert {row.id for _, row in keep.rows} == {str(number) for number in range(40)}
    assert 1 <= len(listener.probes) <= 40 // 12
    assert set(listener.probes) == {("old", True)}
    assert extractor.asked.count("old") == len(listener.probes)


async def test_an_endpoint_that_dies_after_a_thousand_answers_is_given_up_after_one_probe() -> None:
    """The last problem that was answered is asked again; its failure ends the run, and the failures stay pending."""
    keep, listener, asked = Keep(), Counter(), set[str]()

    def dying(problem: Problem) -> Row:
        if problem.position >= 1000 or problem.id in asked:
            return Failed(id=problem.id, error="Arrearage", kind="bad_request")
        asked.add(problem.id)
        return skipped(problem)

    extractor = Extractor(dying)
    with pytest.raises(Fatal, match="Arrearage"):
        await pipeline(extractor, keep, listener=listener).run(problems(5000))
    assert len(keep.rows) == 1000
    assert len(extractor.asked) <= 1000 + 32 + 1
    assert [usable for _, usable in listener.probes] == [False]


async def test_a_run_that_is_interrupted_writes_what_has_evidence() -> None:
    """A few failures after good answers are rows; an endpoint that ended the run leaves them pending."""

    async def rows_after(error: AsyncgeoError) -> set[str]:
        def reply(problem: Problem) -> Row:
            if problem.id == "10":
                run.stop(error)
            return failing("9", "10")(problem)

        keep = Keep()
        run = pipeline(Extractor(reply), keep, Slots(1))
        with pytest.raises(type(error)):
            await run.run(problems(100))
        return {row.id for _, row in keep.rows}

    good = {str(number) for number in range(9)}
    assert await rows_after(Interrupted("stopped")) == good | {"9", "10"}
    assert await rows_after(BudgetReached("spent")) == good | {"9", "10"}
    assert await rows_after(Fatal("quota", kind="quota")) == good


async def test_a_review_looks_at_a_row_once_it_is_written() -> None:
    """What waits is not reviewed; what is released is."""
    keep, review = Keep(), Second()
    await pipeline(Extractor(failing("3", "49")), keep, review=review).run(problems(50))
    assert review.looked == 50


# packs


def opening(extractor: Extractor, left: set[str], error: AsyncgeoError | None = None) -> Opens:
    """Answers a pack at once but for the problems `left`, which are asked alone."""

    async def opens(problems: Sequence[Problem]) -> list[Answered | Callable[[], Awaitable[Answered]]]:
        extractor.asked.append("+".join(each.id for each in problems))
        await asyncio.sleep(0)
        if error is not None:
            raise error
        return [
            partial(extractor.answer, each) if each.id in left else Answered(extractor.reply(each)) for each in problems
        ]

    return opens


def packs(count: int, size: int) -> Iterator[tuple[Problem, ...]]:
    given = list(problems(count))
    return (tuple(given[at : at + size]) for at in range(0, count, size))


async def test_a_pack_is_one_unit_in_one_slot_and_a_row_for_each() -> None:
    """What the pack left open is asked alone; no problem has two rows."""
    extractor, keep, slots = Extractor(), Keep(), Slots(2)
    flow = pipeline(extractor, keep, slots, opens=opening(extractor, {"4", "7"}))
    await flow.run(packs(20, 5))
    assert sorted(position for position, _ in keep.rows) == list(range(20))
    assert sorted(extractor.asked, key=len)[:2] == ["4", "7"]
    assert (len(extractor.asked), slots.most) == (6, 2)


async def test_a_pack_that_meets_the_end_of_the_run_leaves_its_problems_pending() -> None:
    """Nothing is written of them; the run ends with that error."""
    extractor, keep = Extractor(), Keep()
    fatal = Fatal("dead key", kind="auth")
    with pytest.raises(Fatal):
        await pipeline(extractor, keep, opens=opening(extractor, set(), fatal)).run(packs(20, 5))
    assert keep.rows == []


async def test_a_defect_in_opening_a_pack_costs_no_problem_its_row() -> None:
    """Each is asked alone."""
    extractor, keep = Extractor(), Keep()

    async def opens(_: Sequence[Problem]) -> list[Answered]:
        raise ZeroDivisionError

    await pipeline(extractor, keep, opens=opens).run(packs(6, 3))
    assert sorted(extractor.asked) == [str(number) for number in range(6)]
    assert len(keep.rows) == 6


async def test_failures_of_packs_are_weighed_as_those_of_problems() -> None:
    """An endpoint without one usable answer ends the run, and the failures of a pack's problems stay pending."""
    extractor, keep, slots = (
        Extractor(lambda problem: Failed(id=problem.id, error="no", kind="timeout")),
        Keep(),
        Slots(8),
    )
    every = {str(number) for number in range(600)}
    with pytest.raises(Fatal):
        await pipeline(extractor, keep, slots, opens=opening(extractor, every)).run(packs(600, 6))
    assert keep.rows == []
    assert len([each for each in extractor.asked if "+" not in each]) <= 32 + 5


# checks


def by_the_rules(problem: Problem) -> Row:
    """A stand-in for every problem with an odd id, a skip by the model for the others."""
    if problem.position % 2 == 0:
        return skipped(problem)
    return Parsed(
        id=problem.id,
        source="rules",
        subject="text",
        original_text="text",
        cleaned_text="text",
        category="Basic Constructions",
        difficulty=1,
        required_objects=RequiredObjects(),
        verification_conditions=[],
        error="too long",
        kind="content_filter",
    )


class Marking:
    """A check that marks what it looks at, once `open` is set."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.looked = self.most = 0

    def wants(self, row: Row) -> TypeGuard[Parsed]:
        return isinstance(row, Parsed)

    async def check(self, position: int, row: Parsed) -> Row:
        assert row.id == str(position)
        self.looked += 1
        self.most = max(self.most, self.looked)
        await self.open.wait()
        self.looked -= 1
        return msgspec.structs.replace(row, cleaned_text="checked")

    def give_up(self, row: Parsed) -> Row:
        return msgspec.structs.replace(row, cleaned_text="given up")


def texts_of(keep: Keep) -> list[str]:
    return [row.cleaned_text for _, row in keep.rows if isinstance(row, Parsed)]


async def test_a_row_waits_for_its_check_and_what_was_paid_for_does_not() -> None:
    """The answers are in the queue at once, the row once it is checked; of each problem there is one of both."""
    keep, check, listener = Keep(), Marking(), Counter()
    run = pipeline(Extractor(by_the_rules), keep, listener=listener, check=check, keep_raw=True)
    task = asyncio.create_task(run.run(problems(20)))
    while len(keep.items) < 20:
        await asyncio.sleep(0)
    assert len(keep.rows) == 10
    assert sorted(item.raws for item in keep.items) == sorted(encode([raw(str(k), "first")]) for k in range(20))
    check.open.set()
    await task
    assert texts_of(keep) == ["checked"] * 10
    assert sorted(row.id for _, row in keep.rows) == sorted(map(str, range(20)))
    assert sum(bool(item.raws) for item in keep.items) == 20
    assert len(listener.rows) == 20


async def test_stopping_finishes_the_checks_under_way() -> None:
    """The first Ctrl-C: what is in flight is finished and written, and so is what is being checked."""
    keep, check = Keep(), Marking()
    run = pipeline(Extractor(by_the_rules), keep, check=check)
    task = asyncio.create_task(run.run(problems(1000)))
    while check.looked < 10:
        await asyncio.sleep(0)
    run.stop(Interrupted("stopped"))
    check.open.set()
    with pytest.raises(Interrupted):
        await task
    assert set(texts_of(keep)) == {"checked"}
    assert len(keep.rows) < 1000


async def test_cancelling_writes_what_is_being_checked_as_it_is() -> None:
    """The second Ctrl-C: no row is lost for its check, and none is written twice."""
    keep, check, listener = Keep(), Marking(), Counter()
    task = asyncio.create_task(
        pipeline(Extractor(by_the_rules), keep, listener=listener, check=check).run(problems(20))
    )
    while check.looked < 10:
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert texts_of(keep) == ["given up"] * 10
    assert len({row.id for _, row in keep.rows}) == len(keep.rows) == len(listener.rows)


async def test_what_is_released_at_the_end_of_a_stopped_run_is_written_without_a_check() -> None:
    """There is no time left for it, and evidence enough for the row."""
    keep, check = Keep(), Marking()
    check.open.set()

    def answer(problem: Problem) -> Row:
        if problem.id == "20":
            run.stop(Interrupted("stopped"))
        row = by_the_rules(problem)
        return row if isinstance(row, Skipped) else msgspec.structs.replace(row, kind="too_long")

    extractor = Extractor(answer)
    run = pipeline(extractor, keep, check=check)
    with pytest.raises(Interrupted):
        await run.run(problems(1000))
    assert {row.id for _, row in keep.rows} == set(extractor.asked)
    assert set(texts_of(keep)) <= {"checked", "given up"}


async def test_nothing_new_begins_while_too_many_rows_are_being_checked() -> None:
    """Reading is a hundred times as quick as drawing: memory does not grow with the run."""
    keep, check = Keep(), Marking()
    extractor = Extractor(by_the_rules)
    task = asyncio.create_task(pipeline(extractor, keep, check=check).run(problems(2000)))
    for _ in range(10_000):
        await asyncio.sleep(0)
    assert 256 <= check.looked <= 256 + 8
    assert len(extractor.asked) < 600
    check.open.set()
    await task
    assert texts_of(keep) == ["checked"] * 1000
    assert check.most <= 256 + 8
