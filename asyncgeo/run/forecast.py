"""How long a run will take and what it will cost, before it starts.

In: what will be asked, in tokens; limits; prices. Out: `Forecast`. Pure. The time is that of whatever binds: a run
cannot be faster than requests ÷ RPM, tokens ÷ TPM, or requests × latency ÷ concurrency.
"""

import math
from dataclasses import dataclass
from typing import Final, NamedTuple

from asyncgeo.config import Price
from asyncgeo.llm import prices
from asyncgeo.schema.records import Tokens

ANSWER_TOKENS: Final = 202
"""An ordinary answer, in tokens of o200k_base: 250 published parses encoded as answers take 201 on average, 445 of
gpt-4.1-family models 202; 99 of 100 take 330 and less."""

LATENCY: Final = 5.0
"""Seconds an answer is taken to need; an assumption, which `plan --latency` replaces by what was seen."""

CLIENT_RATE: Final = 900.0
"""Problems per second that one core asks, checks and writes where nothing else binds: 740 to 980 were measured with
tests/benchmarks/throughput.py at 256 in flight."""

CACHE_STEP: Final = 128
"""Prompt caches hold whole steps of this many tokens."""


class Tier(NamedTuple):
    """Limits per minute that a provider gives an account."""

    name: str
    requests: int
    tokens: int


TIERS: Final = {
    # OpenAI's usage tiers as they were known in 2025, not checked since; `asyncgeo tune` tells an account's own limits.
    "gpt-4.1-mini": (
        Tier("tier 1", 500, 200_000),
        Tier("tier 2", 5_000, 2_000_000),
        Tier("tier 3", 5_000, 4_000_000),
        Tier("tier 4", 10_000, 10_000_000),
        Tier("tier 5", 30_000, 150_000_000),
    )
}


@dataclass(frozen=True, slots=True)
class Work:
    """What will be sent: requests, tokens of their prompts, the part of a prompt all share, the cap of an answer."""

    requests: int
    input_tokens: int
    shared_tokens: int
    answer_cap: int

    @property
    def output_tokens(self) -> int:
        """Tokens of ordinary answers."""
        return self.requests * min(ANSWER_TOKENS, self.answer_cap)

    @property
    def charged_tokens(self) -> int:
        """What a tokens-per-minute limit counts: the prompt or the cap of the answer, whichever is larger."""
        return max(self.input_tokens, self.requests * self.answer_cap)


@dataclass(frozen=True, slots=True)
class Forecast:
    """Seconds by what could bind, the largest being the run's; USD without and with prompt caching."""

    seconds: float
    binds: str
    bounds: tuple[tuple[str, float], ...]
    cost: float | None
    cost_cached: float | None


def forecast(
    work: Work,
    *,
    rpm: float | None,
    tpm: float | None,
    concurrency: int,
    latency: float = LATENCY,
    price: Price | None = None,
) -> Forecast:
    """The time and price of `work`; None is no limit, or one that is not known yet."""
    bounds = [
        ("requests per minute", 60 * work.requests / rpm if rpm else 0.0),
        ("tokens per minute", 60 * work.charged_tokens / tpm if tpm else 0.0),
        ("concurrency × latency", latency * math.ceil(work.requests / concurrency)),
        ("this program", work.requests / CLIENT_RATE),
    ]
    binds, seconds = max(bounds, key=lambda each: each[1])
    tail = latency if binds != "concurrency × latency" and work.requests else 0.0
    return Forecast(seconds + tail, binds, tuple(bounds), *_costs(work, price))


def next_tier(model: str, rpm: float | None, tpm: float | None) -> Tier | None:
    """The smallest tier of the model that is larger than these limits in both; None where none is known."""
    tiers = TIERS.get(model, ())
    return next((tier for tier in tiers if tier.requests > (rpm or 0) and tier.tokens > (tpm or 0)), None)


def _costs(work: Work, price: Price | None) -> tuple[float | None, float | None]:
    if price is None:
        return None, None
    cached = work.shared_tokens // CACHE_STEP * CACHE_STEP * max(0, work.requests - 1)
    full = Tokens(work.input_tokens, 0, work.output_tokens)
    return prices.cost(price, full), prices.cost(price, Tokens(full.input, cached, full.output))
