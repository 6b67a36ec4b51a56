"""How long a run will take and what it will cost, before it starts.

In: what will be asked, in tokens; limits; prices. Out: `Forecast`. Pure. The time is that of whatever binds: a run
cannot be faster than requests ÷ RPM, tokens ÷ TPM, or requests × latency ÷ concurrency.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from asyncgeo.config import Api, Price, at_openai
from asyncgeo.llm import prices
from asyncgeo.llm.models import undated
from asyncgeo.schema.records import Tokens

ANSWER_TOKENS: Final = 114
"""An ordinary answer, in tokens of o200k_base: 445 parses of gpt-4.1-family models take that on average in the form
that is asked for; 99 of 100 take 214 and less."""
_ID_TOKENS: Final = 4
"""More of them in a pack, where each answer has an id."""

LATENCY: Final = 5.0
"""Seconds an answer is taken to need; an assumption, which `plan --latency` replaces by what was seen."""

CLIENT_RATE: Final = 900.0
"""Problems per second that one core asks, checks and writes where nothing else binds: 740 to 980 were measured with
tests/benchmarks/throughput.py at 256 in flight."""

CACHE_STEP: Final = 128
"""Prompt caches hold whole steps of this many tokens."""


class Tier(NamedTuple):
    """Limits per minute that a provider gives an account, and the tokens that may wait in its batches."""

    name: str
    requests: int
    tokens: int
    queue: int


_SMALL: Final = (
    Tier("tier 1", 500, 200_000, 2_000_000),
    Tier("tier 2", 5_000, 2_000_000, 20_000_000),
    Tier("tier 3", 5_000, 4_000_000, 40_000_000),
    Tier("tier 4", 10_000, 10_000_000, 1_000_000_000),
    Tier("tier 5", 30_000, 150_000_000, 15_000_000_000),
)
_TIERS: Final = {"gpt-4.1-mini": _SMALL, "gpt-6-luna": _SMALL}
TIERS_SOURCE: Final = "OpenAI's tiers of gpt-4.1-mini as known in 2025, not checked since; `asyncgeo tune` shows yours"
"""The tiers of gpt-6-luna stand on its page, which was not to be had; small models have had these."""


def tiers_of(api: Api) -> tuple[Tier, ...]:
    """The provider's tiers of the model, where they are known."""
    return _TIERS.get(undated(api.model), ()) if at_openai(api) else ()


@dataclass(frozen=True, slots=True)
class Work:
    """What will be sent: requests, tokens of their prompts, the part of a prompt all share, the cap of an answer.

    `packed` counts the problems beside the first one of each request.
    """

    requests: int
    input_tokens: int
    shared_tokens: int
    answer_cap: int
    packed: int = 0

    @property
    def problems(self) -> int:
        """How many are asked about."""
        return self.requests + self.packed

    @property
    def output_tokens(self) -> int:
        """Tokens of ordinary answers."""
        each = ANSWER_TOKENS + (_ID_TOKENS if self.packed else 0)
        return self.problems * min(each, self.answer_cap)

    def times(self, factor: float) -> "Work":
        """As much of the same kind."""
        requests, packed = round(self.requests * factor), round(self.packed * factor)
        return replace(self, requests=requests, input_tokens=round(self.input_tokens * factor), packed=packed)

    @property
    def charged_tokens(self) -> int:
        """What a tokens-per-minute limit counts: the prompt or the cap of the answer, whichever is larger."""
        return max(self.input_tokens, self.requests * self.answer_cap)


@dataclass(frozen=True, slots=True)
class Forecast:
    """Seconds by what could bind, the largest being the run's; USD at most, and with prompt caching."""

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
        ("this program", work.problems / CLIENT_RATE),
    ]
    binds, seconds = max(bounds, key=lambda each: each[1])
    tail = latency if binds != "concurrency × latency" and work.requests else 0.0
    return Forecast(seconds + tail, binds, tuple(bounds), *costs(work, price))


def next_tier(api: Api, rpm: float | None, tpm: float | None) -> Tier | None:
    """The smallest tier of the model that is larger than these limits in both; None where none is known."""
    tiers = tiers_of(api)
    return next((tier for tier in tiers if tier.requests > (rpm or 0) and tier.tokens > (tpm or 0)), None)


def across(work: Work, tiers: Sequence[Tier], concurrency: int, latency: float) -> list[tuple[Tier, Forecast]]:
    """The time at each tier, the fastest first."""
    found = [
        (tier, forecast(work, rpm=tier.requests, tpm=tier.tokens, concurrency=concurrency, latency=latency))
        for tier in tiers
    ]
    return sorted(found, key=lambda each: each[1].seconds)


def parts(work: Work, tier: Tier) -> int:
    """Batches one after the other, as the tokens that may wait in them allow."""
    return max(1, math.ceil(work.input_tokens / tier.queue))


def costs(work: Work, price: Price | None) -> tuple[float | None, float | None]:
    """USD at most, with every shared prefix written to the cache and none read; and with all but the first read."""
    if price is None:
        return None, None
    shared = work.shared_tokens // CACHE_STEP * CACHE_STEP
    read, kept = shared * max(0, work.requests - 1), min(work.requests, 1) * shared
    full, answered = work.input_tokens, work.output_tokens
    return (
        prices.cost(price, Tokens(full, 0, answered, shared * work.requests)),
        prices.cost(price, Tokens(full, read, answered, kept)),
    )
