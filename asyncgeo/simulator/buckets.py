"""Requests and tokens per minute, enforced; and the `x-ratelimit-*` headers that report it.

In: what a request costs, at a time. Out: None (admitted and charged) or the refusal; headers. The clock is a
parameter. It knows no HTTP and no faults.

Each limit is a continuous bucket: it holds `burst` seconds' worth of the limit and fills evenly. A request larger
than the bucket is admitted when the bucket is full and leaves it in debt, so that in any t seconds no more than
limit·t/60 + limit·burst/60 + one request pass. What is refused is not charged.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from asyncgeo.simulator.wire import Refusal

Unit = Literal["requests", "tokens"]
_SHORT: Final[Mapping[Unit, str]] = {"requests": "RPM", "tokens": "TPM"}
MINUTE: Final = 60.0
_ROUNDING: Final = 1e-9  # s; a request that waited as long as it was asked to must pass


@dataclass(slots=True)
class SimulatedBucket:
    """One limit; `level` is what may still pass now."""

    limit: float
    burst: float
    level: float
    filled: float

    @property
    def rate(self) -> float:
        """Per second."""
        return self.limit / MINUTE

    @property
    def size(self) -> float:
        """What it holds when full; at least one, however low the limit."""
        return max(1.0, self.rate * self.burst)

    def fill(self, now: float) -> None:
        """Let in what has come since it was last filled."""
        self.level = min(self.size, self.level + (now - self.filled) * self.rate)
        self.filled = now

    def wait(self, amount: float) -> float:
        """Seconds until `amount` may pass; 0 when it may now."""
        return max(0.0, (min(amount, self.size) - self.level) / self.rate)


class Buckets:
    """Both limits of an account; None is no limit."""

    def __init__(self, rpm: float | None, tpm: float | None, *, burst: float, now: float) -> None:
        self._burst = burst
        self._buckets: dict[Unit, SimulatedBucket] = {}
        self.change(rpm, tpm, now)

    def change(self, rpm: float | None, tpm: float | None, now: float) -> None:
        """Other limits from now on; what was used so far stays used."""
        limits: dict[Unit, float | None] = {"requests": rpm, "tokens": tpm}
        for unit, limit in limits.items():
            old = self._buckets.pop(unit, None)
            if limit is None:
                continue
            new = SimulatedBucket(limit, self._burst, level=math.inf, filled=now)
            new.fill(now)
            if old is not None:
                old.fill(now)
                new.level = min(new.level, max(0.0, old.level / old.size) * new.size)
            self._buckets[unit] = new

    def admit(self, cost: int, model: str, now: float) -> Refusal | None:
        """Charge one request and `cost` tokens, or refuse both."""
        amounts: dict[Unit, float] = {"requests": 1, "tokens": cost}
        for unit, bucket in self._buckets.items():
            bucket.fill(now)
            if amounts[unit] > bucket.limit:
                return _too_large(unit, bucket, amounts[unit], model)
            if (wait := bucket.wait(amounts[unit])) > _ROUNDING:
                return _exceeded(unit, bucket, amounts[unit], wait, model)
        for unit, bucket in self._buckets.items():
            bucket.level -= amounts[unit]
        return None

    def headers(self, now: float) -> dict[str, str]:
        """`remaining` is what would be admitted at this moment, `reset` the time until that is at its most again."""
        headers: dict[str, str] = {}
        for unit, bucket in self._buckets.items():
            bucket.fill(now)
            headers[f"x-ratelimit-limit-{unit}"] = str(int(bucket.limit))
            headers[f"x-ratelimit-remaining-{unit}"] = str(max(0, int(bucket.level)))
            headers[f"x-ratelimit-reset-{unit}"] = duration((bucket.size - bucket.level) / bucket.rate)
        return headers


def _exceeded(unit: Unit, bucket: SimulatedBucket, amount: float, wait: float, model: str) -> Refusal:
    used = max(0.0, min(bucket.limit, bucket.limit - bucket.level))
    return Refusal(
        429,
        f"Rate limit reached for {model} in organization org-local on {unit} per min ({_SHORT[unit]}): "
        f"Limit {bucket.limit:.0f}, Used {used:.0f}, Requested {amount:.0f}. Please try again in {duration(wait)}.",
        type=unit,
        code="rate_limit_exceeded",
        headers={"retry-after": str(math.ceil(wait)), "retry-after-ms": str(math.ceil(wait * 1000))},
    )


def _too_large(unit: Unit, bucket: SimulatedBucket, amount: float, model: str) -> Refusal:
    return Refusal(
        429,
        f"Request too large for {model} in organization org-local on {unit} per min ({_SHORT[unit]}): "
        f"Limit {bucket.limit:.0f}, Requested {amount:.0f}. The input or output must be reduced.",
        type=unit,
        code="rate_limit_exceeded",
    )


def duration(seconds: float) -> str:
    """As OpenAI writes it: `12ms`, `8.64s`, `6m0s`, `1h0m30s`."""
    milliseconds = math.ceil(max(0.0, seconds) * 1000 - 1e-6)
    if milliseconds < 1000:  # noqa: PLR2004  a second
        return f"{milliseconds}ms"
    minutes, rest = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    text = f"{rest / 1000:g}s"
    if hours:
        return f"{hours}h{minutes}m{text}"
    return f"{minutes}m{text}" if minutes else text
