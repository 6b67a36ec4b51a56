import math
import statistics

import pytest
from support.asking import Got, post, request
from support.cases import for_each

from asyncgeo.llm import rate_headers
from asyncgeo.simulator import Endpoint, Options, Received
from asyncgeo.simulator.buckets import Buckets, duration
from asyncgeo.simulator.pace import latency


def test_a_refused_request_is_not_charged() -> None:
    """Asking too early costs nothing; neither limit is charged when the other refuses."""
    buckets = Buckets(60, 6000, burst=1, now=0)
    assert buckets.admit(1, "m", 0) is None
    for _ in range(50):
        assert buckets.admit(1, "m", 0.5) is not None
    assert buckets.headers(0.5)["x-ratelimit-remaining-tokens"] == "100"
    assert buckets.admit(1, "m", 1.0) is None


def test_what_can_never_fit_is_refused_as_too_large() -> None:
    """More tokens than a minute's limit: the message has both numbers, and there is nothing to wait for."""
    refusal = Buckets(None, 1000, burst=60, now=0).admit(1001, "m", 0)
    assert refusal is not None
    assert "too large" in refusal.message
    assert "1001" in refusal.message
    assert not refusal.headers


def test_a_changed_limit_keeps_what_was_used() -> None:
    """Limits change at once; an empty bucket stays empty, a removed limit is gone."""
    buckets = Buckets(60, None, burst=60, now=0)
    for _ in range(60):
        assert buckets.admit(1, "m", 0) is None
    buckets.change(6000, None, 0)
    assert buckets.admit(1, "m", 0) is not None
    assert buckets.admit(1, "m", 0.02) is None
    buckets.change(None, None, 0.02)
    assert buckets.headers(1) == {}


@for_each(
    ("seconds", "text"),
    [(0, "0ms"), (-1, "0ms"), (0.012, "12ms"), (1, "1s"), (8.64, "8.64s"), (360, "6m0s"), (3630.5, "1h0m30.5s")],
)
def test_durations_are_written_as_openai_writes_them(seconds: float, text: str) -> None:
    """And a client reads back what was meant."""
    assert duration(seconds) == text
    assert rate_headers.duration(text) == pytest.approx(max(0, seconds))


async def replies(endpoint: Endpoint, count: int) -> list[Got]:
    return [await post(endpoint, request(max_completion_tokens=400)) for _ in range(count)]


async def test_replies_tell_the_limits_and_429_tells_when() -> None:
    """Over HTTP: limit, remaining and reset of both units; past the limit, 429 with retry-after."""
    async with Endpoint(Options(rpm=2, tpm=60_000, burst=60)) as endpoint:
        first, _, third = await replies(endpoint, 3)
        told = rate_headers.read_limits(first.headers)
        assert told is not None
        assert (told.requests.limit, told.requests.remaining) == (2, 1)
        assert told.requests.reset == pytest.approx(30, abs=1)
        assert told.tokens.limit == 60_000
        assert told.tokens.remaining is not None
        assert 59_600 <= told.tokens.remaining < 60_000
        assert third.status == 429
        assert third.error["code"] == "rate_limit_exceeded"
        assert third.error["type"] == "requests"
        assert 28 <= float(third.headers["retry-after"]) <= 30
        assert endpoint.stats.rate_limited == 1
        endpoint.set_limits(rpm=None, tpm=None)
        (free,) = await replies(endpoint, 1)
        assert free.status == 200
        assert rate_headers.read_limits(free.headers) is None


async def test_headers_can_be_kept_silent() -> None:
    """Limits are enforced all the same."""
    async with Endpoint(Options(rpm=1, headers=False)) as endpoint:
        first, second = await replies(endpoint, 2)
        assert (first.status, second.status) == (200, 429)
        assert not [name for name in second.headers if name.startswith(("x-ratelimit", "retry-after"))]


async def test_tokens_are_charged_at_the_cap_or_the_prompt_whichever_is_more() -> None:
    """As OpenAI charges them: on arrival, by max(max_completion_tokens, estimate)."""
    async with Endpoint() as endpoint:
        await post(endpoint, request(max_completion_tokens=700))
        await post(endpoint, request("角" * 2000, max_completion_tokens=700))
        capped, prompt = list(endpoint.stats.charges)
    assert capped == 700
    assert prompt > 1500


def test_the_lognormal_latency_has_its_median_and_the_uniform_one_its_bounds() -> None:
    """Latency is drawn from the seed and the request; without jitter it is exact."""
    asked = [Received(n, f"problem {n}", 1) for n in range(2000)]
    wide = Options(latency=2, jitter=0.5)
    drawn = [latency(wide, each) for each in asked]
    assert statistics.median(drawn) == pytest.approx(2, rel=0.05)
    assert statistics.stdev(map(math.log, drawn)) == pytest.approx(0.5, rel=0.1)
    assert drawn == [latency(wide, each) for each in asked]
    uniform = Options(latency=2, jitter=0.5, spread="uniform")
    assert all(1 <= latency(uniform, each) <= 3 for each in asked)
    assert latency(Options(latency=2), asked[0]) == 2
