import asyncio
from contextlib import suppress

import pytest

from asyncgeo.llm.clock import Clock


class Wall:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


async def test_a_gap_does_not_count() -> None:
    """An hour in which the loop did not run is no time; the moments before and after are."""
    wall = Wall()
    clock = Clock(wall)
    clock.start()
    began = clock()
    wall.now += 3600.0
    stopped = clock() - began
    wall.now += 0.25
    clock.stop()
    assert (stopped, clock() - began) == (0.0, 0.25)


def test_without_a_start_every_second_counts() -> None:
    """Nobody looks, so a gap cannot be told from waiting."""
    wall = Wall()
    clock = Clock(wall)
    began = clock()
    wall.now += 3600.0
    assert clock() - began == 3600.0


async def test_a_deadline_ends_what_takes_longer() -> None:
    """As a TimeoutError, and nothing of it is left behind."""
    clock = Clock()
    clock.start()
    with pytest.raises(TimeoutError), clock.within(0.01):
        await asyncio.Event().wait()
    clock.stop()
    assert not clock._open


async def test_a_deadline_waits_while_the_process_is_stopped() -> None:
    """The block goes on after a gap that is longer than its time."""
    wall = Wall()
    clock = Clock(wall)
    clock.start()
    looks = 0

    async def stop_once() -> None:
        nonlocal looks
        wall.now += 3600.0
        while looks < 3:  # turns of the beat
            seen = clock._beat
            while clock._beat is seen:
                await asyncio.sleep(0)
            looks += 1

    with clock.within(60.0):
        await stop_once()
    clock.stop()
    assert looks == 3


async def test_a_cancelled_block_leaves_no_deadline() -> None:
    """And cancelling it is no time-out."""
    clock = Clock()
    clock.start()

    async def block() -> None:
        with clock.within(60.0):
            await asyncio.Event().wait()

    task = asyncio.create_task(block())
    await asyncio.sleep(0)
    assert len(clock._open) == 1
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert task.cancelled()
    assert not clock._open
    clock.stop()
