import asyncio

import pytest
from hypothesis import given, settings, strategies as st
from support import virtual

from asyncgeo.llm.limits.buckets import BURST, Bucket
from asyncgeo.llm.limits.queue import Queue

pytestmark = pytest.mark.usefixtures("virtual_loop")

Pass = tuple[float, float]
"""(when, how much)"""


async def drain(bucket: Bucket, amounts: list[float], idle: list[float]) -> list[Pass]:
    """Take all amounts one after the other, as soon as they may pass, idling before each."""
    passed: list[Pass] = []
    for amount, rest in zip(amounts, idle, strict=True):
        await asyncio.sleep(rest)
        while (wait := bucket.wait(amount)) > 0:
            await asyncio.sleep(wait)
        await bucket.take(amount)
        passed.append((virtual.now(), amount))
    return passed


def most(passed: list[Pass], rate: float) -> float:
    """By how much the fullest window exceeds rate·t."""
    worst = 0.0
    for first, (start, _) in enumerate(passed):
        total = 0.0
        for when, amount in passed[first:]:
            total += amount
            worst = max(worst, total - rate * (when - start))
    return worst


sizes = st.lists(st.floats(0.1, 50), min_size=1, max_size=40)


@settings(deadline=None)
@given(sizes, st.floats(0.05, 500), st.data())
async def test_no_window_admits_more_than_its_rate_and_one_burst(
    sizes: list[float], rate: float, data: st.DataObject
) -> None:
    """In any t seconds at most rate·t + BURST·rate pass, or one amount that is larger than a burst."""
    idle = data.draw(st.lists(st.sampled_from([0.0, 0.0, 0.1, 5.0]), min_size=len(sizes), max_size=len(sizes)))
    passed = await drain(Bucket(rate), sizes, idle)
    assert most(passed, rate) <= rate * BURST + max(sizes) + 1e-6


@settings(deadline=None)
@given(st.integers(2, 200), st.floats(0.05, 500))
async def test_the_rate_is_used_up(count: int, rate: float) -> None:
    """Without idling the whole rate passes: nothing is lost between two amounts."""
    passed = await drain(Bucket(rate), [1.0] * count, [0.0] * count)
    took = passed[-1][0] - passed[0][0]
    assert took <= (count - 1) / rate + 1e-3


async def test_the_first_of_a_slow_rate_passes_at_once_and_the_second_waits() -> None:
    """Three a minute: at 0, 20 and 40 seconds."""
    began = virtual.now()
    moments = [when - began for when, _ in await drain(Bucket(3 / 60), [1.0] * 3, [0.0] * 3)]
    assert moments == pytest.approx([0.0, 20.0, 40.0], abs=0.3)


async def test_idle_time_pays_debts() -> None:
    """Who comes after the debt has leaked away does not wait."""
    bucket = Bucket(3 / 60)
    await drain(bucket, [1.0], [0.0])
    await asyncio.sleep(20)
    assert bucket.wait(1.0) == 0.0


@settings(deadline=None)
@given(st.floats(1, 100), st.floats(1, 1000), st.floats(1, 1000))
async def test_what_was_reserved_too_little_is_owed(rate: float, reserved: float, used: float) -> None:
    """After settling, the next waits exactly as if the true amount had been reserved; credit has its bound."""
    estimated, exact = Bucket(rate), Bucket(rate)
    await estimated.take(reserved)
    estimated.settle(reserved - used)
    await exact.take(used)
    waited, expected = estimated.wait(1.0), exact.wait(1.0)
    assert waited == pytest.approx(expected, abs=1e-6)


async def test_credit_is_worth_at_most_a_second() -> None:
    """Reservations given back during a pause do not become a crowd after it."""
    bucket = Bucket(100.0)
    for _ in range(1000):
        bucket.settle(50.0)
    assert most(await drain(bucket, [1.0] * 400, [0.0] * 400), 100.0) <= 101


@settings(deadline=None)
@given(st.floats(1, 1000), st.floats(1, 1000), st.floats(1, 500))
async def test_a_new_rate_weighs_what_has_passed(old: float, new: float, amount: float) -> None:
    """A debt is an amount, not a time: at the new rate it leaks away at the new rate."""
    changed, always = Bucket(old), Bucket(new)
    await changed.take(amount)
    changed.retune(new)
    await always.take(amount)
    waited, expected = changed.wait(1.0), always.wait(1.0)
    assert waited == pytest.approx(expected, abs=1e-6)


async def test_without_a_rate_everything_passes() -> None:
    """None is no limit, and leaves no debt behind when one comes."""
    bucket = Bucket(None)
    await bucket.take(10**9)
    bucket.settle(-(10**9))
    assert bucket.wait(10**9) == 0.0
    bucket.retune(1.0)
    assert bucket.wait(1.0) == 0.0


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(0, 3), st.booleans()), min_size=1, max_size=30))
async def test_the_queue_keeps_the_order_whoever_gives_up(comers: list[tuple[float, bool]]) -> None:
    """First come, first served; those who are cancelled, waiting or at the head, hold nobody up."""
    queue = Queue()
    served: list[int] = []

    async def one(number: int) -> None:
        await queue.enter()
        try:
            await queue.pause(0.5)
            served.append(number)
        finally:
            queue.leave()

    tasks = []
    for number, (rest, gives_up) in enumerate(comers):
        tasks.append(asyncio.create_task(one(number)))
        if gives_up:
            asyncio.get_running_loop().call_later(rest, tasks[-1].cancel)
        await asyncio.sleep(0.01)
    done = await asyncio.gather(*tasks, return_exceptions=True)
    assert served == sorted(served)
    assert len(served) == done.count(None)
    assert queue.waiting == 0
    assert all(result is None or comers[number][1] for number, result in enumerate(done))


async def test_a_closed_queue_turns_everybody_away_at_once() -> None:
    """Those who wait at the head, in the queue, at rest, and those who come later."""

    class End(Exception):
        pass

    queue = Queue()

    async def one() -> None:
        await queue.enter()
        try:
            await queue.pause(1000)
            queue.check()
        finally:
            queue.leave()

    waiting = [asyncio.create_task(one()) for _ in range(3)]
    waiting.append(asyncio.create_task(queue.rest(1000)))
    await asyncio.sleep(1)
    began = virtual.now()
    queue.close(End())
    queue.close(ValueError("the first error stays"))
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(result) for result in results] == [End] * 4
    assert virtual.now() == began
    with pytest.raises(End):
        await queue.enter()
