import asyncio

from asyncgeo.llm.doubt import Doubt


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_money_that_was_never_answered_is_certain() -> None:
    """Nothing speaks against the words."""
    clock = Clock()
    doubt = Doubt(5.0, clock)
    assert doubt.refused(1, clock.now) is None
    doubt.answered(1)
    clock.now += 61
    assert doubt.refused(2, clock.now) is None


async def test_one_request_probes_and_the_others_wait() -> None:
    """Those that were on their way are sent again after the probe."""
    clock = Clock()
    doubt = Doubt(5.0, clock)
    doubt.answered(1)
    assert doubt.refused(2, clock.now) == 5.0
    assert doubt.refused(3, clock.now) == 0.0
    assert (doubt.holds(2), doubt.holds(3)) == (False, True)
    waiting = asyncio.create_task(doubt.over())
    await asyncio.sleep(0)
    assert not waiting.done()
    sent_at = clock.now
    clock.now += 5
    doubt.answered(2)
    await waiting
    assert not doubt.holds(3)
    assert doubt.refused(4, sent_at) == 0.0  # refused before the probe
    assert doubt.refused(5, clock.now + 1) == 5.0  # anew


def test_a_probe_that_is_refused_decides() -> None:
    """The account is empty."""
    clock = Clock()
    doubt = Doubt(5.0, clock)
    doubt.answered(1)
    assert doubt.refused(2, clock.now) == 5.0
    assert doubt.refused(2, clock.now + 5) is None


def test_a_probe_that_goes_away_holds_nobody() -> None:
    """Cancelled, or failed in another way."""
    clock = Clock()
    doubt = Doubt(5.0, clock)
    doubt.answered(1)
    doubt.refused(2, clock.now)
    doubt.leave(3)
    assert doubt.holds(3)
    doubt.leave(2)
    assert not doubt.holds(3)
