"""Requests and tokens per minute together, and the cool-down: how long the next request has to wait.

In: estimates, headers, refusals. Out: what binds, and for how many seconds. It owns the buckets, what is learned of
their rates, this process's share of them and the correction of estimates. It neither waits nor knows who asks.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from asyncgeo import config
from asyncgeo.errors import ConfigError
from asyncgeo.llm.limits.bottleneck import Bound
from asyncgeo.llm.limits.buckets import Bucket
from asyncgeo.llm.limits.meter import Meter
from asyncgeo.llm.limits.permits import Permit, Shares
from asyncgeo.llm.limits.rate import Rate
from asyncgeo.llm.rate_headers import RateHeaders, Window

MINUTE: Final = 60.0

_LESSON: Final = 0.05
"""Weight of one request in the correction of estimates: about the last twenty count."""
_WILDEST: Final = 10.0
"""A correction beyond this is no estimate but a mistake."""


class _Limit(NamedTuple):
    """One of the two limits."""

    rate: Rate
    bucket: Bucket
    meter: Meter  # on the clock without cool-downs
    shown: Meter  # on the clock of the wall


class Pace:
    """The two limits of an account, as far as they are this process's."""

    def __init__(self, settings: config.LimitSettings, shares: Shares | None, now: float) -> None:
        self._shares = shares
        adaptive = settings.adaptive
        self.requests = _Limit(
            Rate(settings.requests_per_minute, adaptive=adaptive), Bucket(None), Meter(now), Meter(now)
        )
        self.tokens = _Limit(Rate(settings.tokens_per_minute, adaptive=adaptive), Bucket(None), Meter(now), Meter(now))
        self.share = 1.0
        self._ratio = 1.0  # tokens charged per token estimated
        self._cool_until = now
        self._paused = 0.0  # seconds of cool-down so far, those to come included
        self.retune(now, hungry=False)

    def configure(self, settings: config.LimitSettings) -> None:
        """The person set other ceilings."""
        self.requests.rate.configure(settings.requests_per_minute, adaptive=settings.adaptive)
        self.tokens.rate.configure(settings.tokens_per_minute, adaptive=settings.adaptive)

    def retune(self, now: float, *, hungry: bool) -> None:
        """Take over what was learned, and this process's share of it."""
        if self._shares is not None:
            self.share = self._shares.share(now, hungry=hungry)
        for rate, bucket, *_ in (self.requests, self.tokens):
            allowed = rate.per_second(now)
            bucket.retune(None if allowed is None else allowed * self.share)

    # one request

    def amount(self, tokens: int) -> float:
        """What to reserve for a request estimated at `tokens`. Raises ConfigError when it can never fit."""
        amount, top = tokens * self._ratio, self.tokens.rate.top
        if top is not None and amount > top:
            raise ConfigError(
                f"A request needs about {amount:,.0f} tokens, but {top:,.0f} tokens_per_minute never let it pass.",
                "Raise limits.tokens_per_minute, or lower api.max_completion_tokens.",
            )
        return amount

    def binding(self, amount: float, now: float, *, on_trial: bool = False) -> tuple[Bound, float]:
        """What makes a request wait longest, and for how many seconds; 0 when it may go.

        `on_trial`: in spite of the cool-down.
        """
        if (cool_down := self._cool_until - now) > 0 and not on_trial:
            return Bound.COOL_DOWN, cool_down
        requests, tokens = self.requests.bucket.wait(1), self.tokens.bucket.wait(amount)
        return (Bound.TOKENS, tokens) if tokens > requests else (Bound.REQUESTS, requests)

    async def take(self, amount: float, now: float) -> None:
        """Let a request go; when `binding` has just said 0 this does not suspend."""
        for (rate, bucket, meter, shown), weight in ((self.requests, 1), (self.tokens, amount)):
            await bucket.take(weight)
            rate.sent(now)
            meter.add(weight, self._active(now))
            shown.add(weight, now)

    def settle(self, permit: Permit, tokens: int) -> None:
        """Replace the reservation by what was charged, and correct the estimates to come."""
        self.tokens.bucket.settle(permit.reserved - tokens)
        if permit.estimate:
            self._ratio += _LESSON * (min(_WILDEST, tokens / permit.estimate) - self._ratio)

    # what replies say

    def heard(self, permit: Permit, headers: RateHeaders, now: float) -> Iterator[str]:
        """Take in headers; yields a line for each limit that they changed."""
        for unit, limit, window, amount in self._windows(permit, headers):
            if limit.rate.heard(window, permit.sent_at, amount, now):
                yield f"the endpoint names its limit: {window.limit:,} {unit} per minute"

    def _windows(self, permit: Permit, headers: RateHeaders) -> tuple[tuple[str, _Limit, Window, float], ...]:
        return (
            ("requests", self.requests, headers.requests, 1.0),
            ("tokens", self.tokens, headers.tokens, permit.reserved),
        )

    def answered(self, permit: Permit) -> None:
        """A request was not refused."""
        self.requests.rate.answered(permit.sent_at)
        self.tokens.rate.answered(permit.sent_at)

    def refused(self, permit: Permit, scarce: str | None, now: float) -> float | None:
        """A request met a 429 for want of `scarce`; the rate per minute that was too much, if this is a new cut."""
        limit = self.tokens if scarce == "tokens" else self.requests
        sending = limit.meter.per_second(self._active(now)) / self.share
        return sending * MINUTE if limit.rate.refused(permit.sent_at, now, sending) else None

    # the cool-down

    def pause(self, seconds: float, now: float) -> float:
        """No request goes for that long; the longest of several pauses counts. By how much the pause grew."""
        longer = max(0.0, now + seconds - max(now, self._cool_until))
        self._paused += longer
        self._cool_until = max(self._cool_until, now + seconds)
        return longer

    def resume(self, until: float, now: float) -> None:
        """The pause until then is over already, unless another one lasts longer."""
        if self._cool_until <= until:
            self._paused -= self.cool_down(now)
            self._cool_until = min(self._cool_until, now)

    def cool_down(self, now: float) -> float:
        """Seconds of it that are left."""
        return max(0.0, self._cool_until - now)

    def _active(self, now: float) -> float:
        """The time without cool-downs, so that a pause does not look like a slow rate."""
        return now - (self._paused - self.cool_down(now))

    def used(self, limit: _Limit, now: float) -> float:
        """Per minute, lately."""
        return limit.shown.per_second(now) * MINUTE


def per_minute(rate: float | None) -> float | None:
    """A rate per second as people give it; None stays none."""
    return None if rate is None else rate * MINUTE
