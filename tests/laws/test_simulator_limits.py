import math

import pytest
from hypothesis import given, strategies as st

from asyncgeo.llm import rate_headers
from asyncgeo.simulator.buckets import Buckets, duration
from asyncgeo.simulator.stats import SimulatorStats

TIMES = st.lists(st.floats(0, 20, allow_nan=False), min_size=1, max_size=120).map(sorted)


@given(TIMES, st.floats(30, 3000), st.floats(0.1, 60))
def test_no_window_gets_more_than_the_limit_and_one_burst(times: list[float], rpm: float, burst: float) -> None:
    """Between any two admissions t seconds apart at most limit·t + one burst (at least one request) pass."""
    buckets = Buckets(rpm, None, burst=burst, now=0)
    passed = [now for now in times if buckets.admit(1, "m", now) is None]
    size = max(1.0, rpm / 60 * burst)
    for start, begun in enumerate(passed):
        for end in range(start, len(passed)):
            assert end - start + 1 <= rpm / 60 * (passed[end] - begun) + size + 1e-6


@given(TIMES, st.integers(1, 5000), st.floats(5000, 100_000))
def test_tokens_may_run_one_request_into_debt(times: list[float], cost: int, tpm: float) -> None:
    """A request larger than the burst passes when the bucket is full, and its debt is paid before the next."""
    buckets = Buckets(None, tpm, burst=0.1, now=0)
    passed = [now for now in times if buckets.admit(cost, "m", now) is None]
    assert len(passed) * cost <= tpm / 60 * times[-1] + max(1.0, tpm / 60 * 0.1) + cost + 1e-6
    assert passed[0] == times[0]


@given(st.floats(30, 3000), st.integers(1, 200))
def test_who_waits_as_long_as_told_is_admitted(rpm: float, hurry: int) -> None:
    """retry-after-ms is enough, and no request is refused without one."""
    buckets, now = Buckets(rpm, None, burst=1, now=0), 0.0
    for _ in range(hurry):
        refusal = buckets.admit(1, "m", now)
        if refusal is not None:
            assert refusal.code == "rate_limit_exceeded"
            assert int(refusal.headers["retry-after"]) >= int(refusal.headers["retry-after-ms"]) / 1000 > 0
            now += int(refusal.headers["retry-after-ms"]) / 1000
            assert buckets.admit(1, "m", now) is None


@given(st.floats(0, 90_000))
def test_every_duration_can_be_read(seconds: float) -> None:
    """To the millisecond, never too short."""
    assert rate_headers.duration(duration(seconds)) == pytest.approx(math.ceil(seconds * 1000) / 1000, abs=1.1e-3)


@given(TIMES, st.floats(0.01, 20))
def test_the_fullest_window_is_found(times: list[float], seconds: float) -> None:
    """The most in any window, counted the plain way."""
    stats = SimulatorStats()
    for now in times:
        stats.charges[stats.arrive(now)] = 7
    plain = max(sum(1 for other in times if now - seconds < other <= now) for now in times)
    assert stats.most_requests(seconds) == plain
    assert stats.most_tokens(seconds) == 7 * plain
