import pytest

from asyncgeo.config import Api, Price
from asyncgeo.run.forecast import ANSWER_TOKENS, LATENCY, Work, across, forecast, next_tier, parts, tiers_of

WORK = Work(requests=600, input_tokens=600 * 2000, shared_tokens=1920, answer_cap=1000)


def test_what_binds_is_the_slowest() -> None:
    """Requests, tokens or latency × concurrency: the largest time is the run's."""
    by_requests = forecast(WORK, rpm=60, tpm=None, concurrency=1000)
    assert (by_requests.binds, by_requests.seconds) == ("requests per minute", 600 + LATENCY)
    by_tokens = forecast(WORK, rpm=6000, tpm=60_000, concurrency=1000)
    assert (by_tokens.binds, by_tokens.seconds) == ("tokens per minute", 1200 + LATENCY)
    by_latency = forecast(WORK, rpm=None, tpm=None, concurrency=10, latency=2)
    assert (by_latency.binds, by_latency.seconds) == ("concurrency × latency", 120)
    assert forecast(WORK, rpm=None, tpm=None, concurrency=1000, latency=0.1).binds == "this program"


def test_a_token_limit_charges_the_larger_of_prompt_and_cap() -> None:
    """As endpoints do: a generous cap costs throughput."""
    generous = Work(requests=600, input_tokens=600 * 2000, shared_tokens=1920, answer_cap=4000)
    assert forecast(generous, rpm=None, tpm=60_000, concurrency=1).bounds[1][1] == 2400


def test_cost_with_and_without_caching() -> None:
    """Cached is the shared part of every request but the first, in whole steps."""
    found = forecast(WORK, rpm=None, tpm=None, concurrency=1, price=Price(1.0, 0.25, 4.0))
    assert found.cost == (1_200_000 * 1 + 600 * ANSWER_TOKENS * 4) / 1e6
    assert found.cost_cached == (1_200_000 * 1 - 0.75 * 599 * 1920 + 600 * ANSWER_TOKENS * 4) / 1e6
    assert forecast(WORK, rpm=None, tpm=None, concurrency=1).cost is None


def test_the_next_tier_is_larger_in_both() -> None:
    """Known for the default model; none for a stranger."""
    tier = next_tier(Api(), 500, 200_000)
    assert tier is not None
    assert (tier.requests, tier.tokens) == (5_000, 2_000_000)
    assert next_tier(Api(model="stranger"), 1, 1) is None
    assert next_tier(Api(base_url="https://gateway.example/v1"), 1, 1) is None


def test_a_price_of_cache_writes_counts() -> None:
    """Without caching every request writes what it shares; with it the first one does."""
    by = Price(1.0, 0.1, 5.0, 1.25)
    found = forecast(WORK, rpm=None, tpm=None, concurrency=1, price=by)
    answers = 600 * ANSWER_TOKENS * 5
    assert found.cost == pytest.approx((1_200_000 + 0.25 * 600 * 1920 + answers) / 1e6)
    assert found.cost_cached == pytest.approx((1_200_000 - 0.9 * 599 * 1920 + 0.25 * 1920 + answers) / 1e6)


def test_tiers_from_the_fastest_and_in_batches() -> None:
    """Each tier's time, and how many batches its queue of 1.2 M tokens needs."""
    tiers = tiers_of(Api(model="gpt-6-luna-2026-09-22"))
    times = across(WORK, tiers, 1000, 5.0)
    assert [tier.name for tier, _ in times][-1] == "tier 1"
    assert [found.seconds for _, found in times] == sorted(found.seconds for _, found in times)
    large = Work(requests=6000, input_tokens=12_000_000, shared_tokens=1920, answer_cap=1000)
    assert [parts(large, tier) for tier in tiers] == [6, 1, 1, 1, 1]
