"""One limit per minute as a leaky bucket that can change its rate, take debts and keep credit.

In: amounts (requests or tokens) and a rate. Out: the seconds until an amount may pass. It knows neither who asks
nor why the rate changes; order among those that wait is the queue's.

The bucket is aiolimiter's, filled in seconds: an amount weighs as long as the limit takes to allow it. So the leak
is always one second per second, and a new rate changes what amounts weigh instead of the limiter, whose rate is
fixed at construction. What does not fit under the brim stands above it, as debt that leaks away like the rest.
"""

from typing import Final

from aiolimiter import AsyncLimiter

BURST: Final = 0.25
"""Seconds of the limit that may pass at once. A full bucket of a minute would admit twice the limit in the first
minute; the event loop's own delays (tens of milliseconds) must not cost throughput."""

_FIRST: Final = BURST / 2
"""How much of a large amount must fit under the brim; the rest is debt. Half, so that a late timer costs nothing."""

_CREDIT: Final = 1.0 - BURST
"""Seconds of credit kept from reservations that were too large; with the burst they make one second's worth."""


class Bucket(AsyncLimiter):
    """A limit of `rate` per second; None lets everything pass."""

    def __init__(self, rate: float | None) -> None:
        super().__init__(max_rate=BURST, time_period=BURST)
        self.rate = rate
        self._credit = 0.0

    def wait(self, amount: float) -> float:
        """Seconds until `amount` may pass; 0 now."""
        first = min(self._weight(amount), _FIRST)
        if first <= 0 or self.has_capacity(first):
            return 0.0
        return max(self._level + first - self.max_rate, _TICK)

    async def take(self, amount: float) -> None:
        """Pass `amount`; where `wait` has just said 0 this does not suspend."""
        if self.rate is None:
            return
        weight = self._weight(amount)
        self._credit = max(0.0, self._credit - amount)
        first = min(weight, _FIRST)
        await self.acquire(first)
        self._level += weight - first

    def settle(self, surplus: float) -> None:
        """Give back what was reserved and not used; a negative surplus is owed on top."""
        if self.rate is None:
            return
        self.has_capacity(0)  # leaks up to now
        level = self._level - surplus / self.rate
        self._level = max(0.0, level)
        self._credit = min(self._credit + max(0.0, -level) * self.rate, _CREDIT * self.rate)

    def retune(self, rate: float | None) -> None:
        """Change the rate; amounts that have passed weigh at the new one from now on."""
        if rate == self.rate:
            return
        if self.rate is not None:
            self.has_capacity(0)
            self._level = self._level * self.rate / rate if rate else 0.0
        self.rate = rate

    def _weight(self, amount: float) -> float:
        return max(0.0, amount - self._credit) / self.rate if self.rate else 0.0


_TICK: Final = 1e-6
"""The least wait, so that rounding cannot make a wait of nothing for ever."""
