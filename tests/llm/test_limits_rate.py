import itertools
import random
from collections import deque

import pytest
from hypothesis import given, settings, strategies as st

from asyncgeo.errors import EndpointDown
from asyncgeo.llm.limits.bottleneck import Bottleneck, Bound
from asyncgeo.llm.limits.concurrency import START, Growth
from asyncgeo.llm.limits.meter import Meter
from asyncgeo.llm.limits.outage import Outage
from asyncgeo.llm.limits.rate import Rate
from asyncgeo.llm.rate_headers import Window

FULL = Window(6000, 5999, 0.01)


def rate(configured: int | str = "auto", *, adaptive: bool = True) -> Rate:
    return Rate(configured, adaptive=adaptive)  # type: ignore[arg-type]  # "auto" or a number


def test_nothing_is_known_at_first_and_headers_tell() -> None:
    """With "auto" everything passes until a reply tells the limit."""
    learned = rate()
    assert learned.per_second(0) is None
    assert learned.heard(FULL, sent_at=1, amount=1, now=1)
    assert learned.per_second(2) == 100
    assert not learned.heard(FULL, sent_at=2, amount=1, now=2)


@pytest.mark.parametrize(
    ("configured", "adaptive", "expected"), [(3000, True, 50), (12000, True, 100), (12000, False, 200)]
)
def test_a_number_is_a_ceiling_that_headers_lower(configured: int, *, adaptive: bool, expected: float) -> None:
    """Unless the person says that it is not to be adapted."""
    learned = rate(configured, adaptive=adaptive)
    learned.heard(FULL, sent_at=1, amount=1, now=1)
    assert learned.per_second(2) == expected


def test_a_daily_limit_is_not_taken_for_a_minute() -> None:
    """10,000 a day comes back one every 8.64 s; nobody is slowed to 7 a minute by it, nor sped up to 10,000."""
    learned = rate(500)
    learned.heard(Window(10_000, 9_999, 8.64), sent_at=1, amount=1, now=1)
    assert learned.per_second(2) == pytest.approx(500 / 60)


def test_admission_slows_as_the_window_empties() -> None:
    """Others use the same limit: slower in proportion, before the server says 429; never to nothing."""
    learned = rate()
    speeds = []
    for moment, remaining in enumerate((6000, 3000, 1200, 600, 300, 0)):
        learned.heard(Window(6000, remaining, (6000 - remaining) / 100), sent_at=moment, amount=1, now=moment)
        speeds.append(learned.per_second(moment) or 0)
    assert speeds[:3] == [100, 100, 100]
    assert speeds == sorted(speeds, reverse=True)
    assert 5 < speeds[-1] <= 20


@pytest.mark.parametrize("size", [100, 1000, 6000])
def test_without_a_reset_the_window_is_as_large_as_it_was_ever_seen(size: int) -> None:
    """Gateways drop the reset; 6,000 a minute given out in seconds is no window of a minute that is nearly empty."""
    learned = rate()
    speeds = {}
    nearly = size - size // 20
    for moment, used in enumerate((0, size // 2, size * 3 // 4, nearly)):
        learned.heard(Window(6000, size - used, None), sent_at=moment, amount=0, now=moment)
        speeds[used] = learned.per_second(moment) or 0
    assert speeds[0] == speeds[size // 2] == speeds[size * 3 // 4] == 100
    assert 10 <= speeds[nearly] < 100


def test_late_headers_are_ignored() -> None:
    """A reply overtaken by a later request tells of the past."""
    learned = rate()
    learned.heard(FULL, sent_at=5, amount=1, now=5)
    learned.heard(Window(6000, 0, 60.0), sent_at=4, amount=1, now=4)
    assert learned.per_second(6) == 100


def test_a_burst_of_refusals_is_one_cut() -> None:
    """What was sent before the cut cannot cut again, it only tells how deep."""
    learned = rate(6000)
    assert learned.refused(sent_at=9.9, now=10, sending=100)
    assert not any(learned.refused(sent_at=9.95, now=10.1, sending=100) for _ in range(5))
    for _ in range(5):
        learned.answered(sent_at=9.95)
    assert 50 < (learned.per_second(10.1) or 0) < 75
    assert learned.refused(sent_at=10.2, now=10.5, sending=60)


@settings(deadline=None)
@given(st.floats(1, 1000), st.integers(0, 50), st.integers(0, 50))
def test_a_cut_comes_back_to_its_rate_and_then_probes(before: float, good: int, bad: int) -> None:
    """Lower at once, at the old rate after five seconds, slowly beyond, doubled within twenty."""
    learned = rate()
    learned.refused(sent_at=0, now=1, sending=before)
    for _ in range(good):
        learned.answered(sent_at=0.5)
    for _ in range(bad):
        learned.refused(sent_at=0.5, now=1, sending=before)
    speeds = [learned.per_second(1 + tenths / 10) or 0 for tenths in range(210)]
    assert speeds == sorted(speeds)
    assert 0.29 * before <= speeds[0] <= 0.921 * before
    assert speeds[50] == pytest.approx(before)
    assert speeds[65] <= 1.05 * before
    assert speeds[200] >= 1.8 * before


def test_recovery_ends_at_the_known_limit() -> None:
    """Nothing is probed beyond what the person or the header allows."""
    learned = rate(6000)
    learned.refused(sent_at=0, now=1, sending=100)
    assert max(learned.per_second(1 + second) or 0 for second in range(100)) == 100


def drive(share: float, limit: float, seconds: int, *, latency: float = 0.3, seed: int = 1) -> list[float]:
    """The rates, of at most 100 per second, against a server that refuses a share and everything beyond its limit.

    It refuses at once, and answers after a while.
    """
    dice, learned, kept = random.Random(seed), rate(6000), []
    moment, level, awaited = 0.0, 0.0, deque[float]()
    while moment < seconds:
        while awaited and awaited[0] + latency <= moment:
            learned.answered(sent_at=awaited.popleft())
        speed = learned.per_second(moment) or 0
        kept.append(speed)
        learned.sent(moment)
        level = max(0.0, level - limit / speed)
        if level + 1 > limit / 4 or dice.random() < share:
            learned.refused(sent_at=moment, now=moment + 0.001, sending=speed)
        else:
            level += 1
            awaited.append(moment)
        moment += 1 / speed
    return kept


@pytest.mark.parametrize("latency", [0.0, 0.3, 1.8])
@pytest.mark.parametrize("share", [0.005, 0.02, 0.05, 0.3, 0.45])
def test_refusals_that_come_at_any_rate_do_not_keep_it_down(share: float, latency: float) -> None:
    """One 429 in fifty, or in three, at any rate is not about the rate: it comes back, however long answers take."""
    for seed in range(3):
        assert late_rate(drive(share, 1e9, 60, latency=latency, seed=seed)) > 90


@pytest.mark.parametrize("limit", [10, 50, 90])
def test_a_limit_is_not_mistaken_for_chance(limit: float) -> None:
    """Where a lower rate is not refused, refusals keep the rate at the limit."""
    for seed in range(3):
        assert 0.9 * limit < late_rate(drive(0.0, limit, 120, seed=seed)) < 1.2 * limit


def late_rate(speeds: list[float]) -> float:
    """Requests per second over the later half of them."""
    late = speeds[len(speeds) // 2 :]
    return len(late) / sum(1 / speed for speed in late)


def test_without_adapting_a_refusal_changes_no_rate() -> None:
    """`adaptive = false` means the number."""
    learned = rate(6000, adaptive=False)
    assert not learned.refused(sent_at=0, now=1, sending=100)
    assert learned.per_second(2) == 100


class Server:
    """Answers `slots` at a time, each in `latency`; more than that queue."""

    def __init__(self, slots: int, latency: float) -> None:
        self.slots, self.latency = slots, latency

    def latency_at(self, in_flight: int) -> float:
        return self.latency * max(1.0, in_flight / self.slots)


def settle(growth: Growth, server: Server, rounds: int) -> list[int]:
    """The sizes while the slots stay full."""
    sizes, now = [], 0.0
    for _ in range(rounds):
        latency = server.latency_at(growth.size)
        sent, now = now, now + latency
        for _ in range(growth.size):
            growth.succeeded(latency, sent, now, pressed=True)
        sizes.append(growth.size)
    return sizes


def test_slots_grow_to_hundreds_in_two_round_trips() -> None:
    """A server that does not notice gets all it may have."""
    assert settle(Growth(START, 1000, 120), Server(10**6, 1.8), 2) == [128, 1000]


def test_slots_stop_growing_where_more_only_queue() -> None:
    """Throughput that does not grow is not bought with latency."""
    sizes = settle(Growth(START, 1000, 120), Server(64, 1.0), 60)
    assert max(sizes[3:]) <= 160
    assert min(sizes[3:]) >= 64
    assert max(settle(Growth(START, 1000, 120), Server(4, 1.0), 60)[3:]) <= 20


@settings(deadline=None)
@given(st.integers(1, 64), st.floats(0.1, 200), st.floats(1, 600))
def test_no_more_is_begun_than_the_rate_seen_answers_in_time(slots: int, latency: float, timeout: float) -> None:
    """A server that is no faster than it has shown answers all in time; the last step alone may be half as much more.

    Only where it has not shown that requests queue.
    """
    growth, server = Growth(START, 1000, timeout), Server(slots, latency)
    before, took = growth.size, server.latency_at(growth.size)
    settle(growth, server, 1)
    assert growth.size <= max(0.75 * timeout * before / took, 1.5 * before)
    assert growth.size <= 8 * before


def test_slots_that_nobody_needs_do_not_grow() -> None:
    """While rates bind, successes say nothing about concurrency."""
    growth = Growth(32, 1000, 120)
    for moment in range(500):
        growth.succeeded(0.1, moment, moment + 0.1, pressed=False)
    assert growth.size == 32


def test_one_burst_of_overloads_is_one_cut() -> None:
    """A crowd of 503s for requests sent before the cut cuts once; stray ones not at all."""
    growth = Growth(100, 1000, 120)
    cuts = [growth.overloaded(sent_at=1.0, now=2.0) for _ in range(50)]
    assert sum(cuts) == 1
    assert growth.size == 60
    for moment in range(10, 500):
        growth.succeeded(1.0, moment, moment + 1, pressed=False)
        if moment % 33 == 0:
            assert not growth.overloaded(sent_at=moment, now=moment + 1)


def test_latency_that_blows_up_at_the_same_size_is_overload() -> None:
    """Somebody else came to the server."""
    growth, server = Growth(32, 128, 120), Server(10**6, 1.0)
    settle(growth, server, 8)
    assert growth.size == 128
    server.latency = 4.0
    for moment in range(128):
        growth.succeeded(4.0, 1000.0 + moment, 1004.0 + moment, pressed=True)
    assert growth.size < 128


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def outage(give_up_after: float = 300, wait: float | None = None) -> tuple[Outage, Clock]:
    clock = Clock()
    return Outage(give_up_after, clock, random.Random(1), wait), clock


def test_several_problems_failing_and_none_succeeding_is_an_outage() -> None:
    """Not one problem failing often, and not many failing while others succeed."""
    watch, clock = outage()
    watch.succeeded("other")
    for _ in range(20):
        watch.failed("one", "reset", clock.now)
    assert not watch.down
    for asker in range(10):
        watch.failed(asker, "reset", clock.now)
        watch.succeeded("other")
        clock.now += 1
    assert not watch.down
    for asker in range(100, 108):
        watch.failed(asker, "reset", clock.now)
    assert watch.down


def given_up_after(watch: Outage, clock: Clock, *, heard: bool = False) -> float:
    """Seconds until the run ends, all probes failing."""
    began = clock.now

    def probe_on() -> None:
        while True:
            clock.now += watch.wait()
            if watch.wait() == 0:
                watch.failed("probe", "refused", clock.now, probe=watch.probe(), heard=heard)

    with pytest.raises(EndpointDown, match="refused"):
        probe_on()
    return clock.now - began


def test_an_endpoint_that_has_never_answered_is_given_up_sooner() -> None:
    """After its first few failures, of one problem; one that answers once has all the patience again."""
    watch, clock = outage(300, wait=10)
    for _ in range(3):
        watch.failed("one", "refused", clock.now)
    assert watch.down
    assert given_up_after(watch, clock) == pytest.approx(10)
    watch, clock = outage(300, wait=10)
    watch.succeeded("one")
    clock.now += 1
    for asker in range(8):
        watch.failed(asker, "refused", clock.now)
    assert given_up_after(watch, clock) == pytest.approx(300)


@pytest.mark.parametrize(("wait", "seconds"), [(10, 300), (900, 900)])
def test_a_server_without_room_is_there(wait: float, seconds: float) -> None:
    """503 from the start is a model that is loading: it is waited for as for one that has answered, or longer."""
    watch, clock = outage(300, wait)
    watch.failed("one", "refused", clock.now)  # before it listened
    for asker in range(8):
        watch.failed(asker, "refused", clock.now, heard=True)
    assert given_up_after(watch, clock, heard=True) == pytest.approx(seconds)


def test_failures_of_one_problem_are_its_own_where_a_server_was_heard() -> None:
    """A 500 for each of its attempts says nothing of the endpoint."""
    watch, clock = outage(300, wait=10)
    for _ in range(20):
        watch.failed("one", "HTTP 500", clock.now, heard=True)
    assert not watch.down


def test_a_connection_that_hangs_until_the_wait_is_over_is_not_opened_again() -> None:
    """Packets that vanish: the first attempt alone takes as long as an endpoint is waited for."""
    watch, clock = outage(300, wait=10)
    clock.now += 10
    watch.failed("one", "connection timed out", clock.now - 10)
    with pytest.raises(EndpointDown, match="timed out"):
        watch.wait()


def test_problems_that_failed_while_others_succeeded_are_no_evidence() -> None:
    """The last three problems may be those that break their connections; then the endpoint is not down."""
    watch, clock = outage()
    for asker in range(3):
        watch.failed(asker, "reset", clock.now)
    clock.now += 1
    watch.succeeded("good")
    for _ in range(10):
        clock.now += 1
        for asker in range(3):
            watch.failed(asker, "reset", clock.now)
    assert not watch.down


def test_one_probe_at_a_time_with_growing_gaps_until_the_end() -> None:
    """Then the run gives up, `give_up_after` after the first failure."""
    watch, clock = outage()
    for asker in range(8):
        watch.failed(asker, "refused", clock.now)
    began, probes = clock.now, []

    def probe_on() -> None:
        while True:
            clock.now += watch.wait()
            if watch.wait() == 0:
                probes.append(clock.now)
                assert watch.probe()
                assert watch.wait() > 0
                watch.failed("probe", "refused", clock.now, probe=True)

    with pytest.raises(EndpointDown, match="refused"):
        probe_on()
    assert clock.now - began == pytest.approx(300)
    gaps = [later - earlier for earlier, later in itertools.pairwise(probes)]
    assert max(gaps) > 20
    assert len(probes) < 25


def test_a_probe_that_succeeds_ends_the_outage() -> None:
    """And nobody who failed in it is suspected afterwards."""
    watch, clock = outage()
    for asker in range(8):
        watch.failed(asker, "refused", clock.now)
    clock.now += watch.wait()
    assert watch.probe()
    watch.succeeded(0, probe=True)
    assert watch.wait() == 0
    clock.now += 1
    for asker in range(8):
        watch.failed(asker, "refused", clock.now)
    assert watch.down


def test_a_cancelled_probe_makes_room_for_another() -> None:
    """Nothing was learned, and nobody waits for it."""
    watch, clock = outage()
    for asker in range(8):
        watch.failed(asker, "refused", clock.now)
    clock.now += watch.wait()
    watch.probe()
    watch.gone(probe=True)
    assert watch.wait() == 0


def test_the_account_divides_the_time() -> None:
    """Every second belongs to exactly one bound; time in which we were busy ourselves to `cpu`."""
    clock, cpu = Clock(), Clock()
    account = Bottleneck(clock, cpu)
    for bound, seconds, busy in ((Bound.REQUESTS, 3, 0.1), (Bound.CONCURRENCY, 2, 0.1), (Bound.CONCURRENCY, 4, 1.0)):
        account.switch(bound)
        clock.now += seconds
        cpu.now += seconds * busy
    account.switch(Bound.NOTHING)
    found = {bound: seconds for bound, seconds in account.seconds().items() if seconds}
    assert found == pytest.approx({Bound.REQUESTS: 3, Bound.CONCURRENCY: 2, Bound.CPU: 4})


@settings(deadline=None)
@given(st.lists(st.floats(0.001, 0.5), min_size=1, max_size=100))
def test_the_meter_counts_the_last_two_seconds(gaps: list[float]) -> None:
    """The rate is the amount of the window over its length, in cells of a tenth; it begins with the first amount."""
    meter, now, sent = Meter(0.0), 0.0, []
    for gap in gaps:
        now += gap
        meter.add(1, now)
        sent.append(now)
    span = min(max(now - sent[0], 0.1), 2.0)
    least, most = (sum(moment > now - 2 + slack for moment in sent) / span for slack in (0.1, -0.1))
    assert least - 1e-9 <= meter.per_second(now) <= most + 1e-9
