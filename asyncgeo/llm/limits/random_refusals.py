"""Are the refusals about our rate? Some servers refuse one request in fifty, or in three, whatever the rate.

In: each outcome with the rate at which its request was sent. Out: the share that is refused at random, and the rate
up to which it is; nothing where a limit alone explains as much. Pure, and it knows no time: only rates and counts.

The model: of requests sent at rate r the share 1 - (1 - p) · min(1, L / r) is refused, p at random and the rest by
the limit L. What distinguishes them is how many are refused at different rates: a limit refuses none below it, chance
as many as above. Both are fitted by likelihood, and p is believed when it explains far more than a limit alone.
"""

import math
from functools import cache
from typing import Final

_STEP: Final = math.log(1.1)
"""Rates are distinguished in steps of a tenth."""
_SHARES: Final = tuple(each / 100 for each in (0.3, 0.6, 1, 2, 3, 5, 7, 10, 14, 18, 22, 26, 30, 34, 38, 42, 46, 50, 55))
"""Shares that are considered; where more are refused, the limit is blamed."""
_CHANCE: Final = 0.001
"""The share that a limit refuses below it: its clock and ours are not the same."""
_DEEPEST: Final = 25
"""Steps below the lowest rate seen at which the limit may lie."""
_SURE: Final = 5.0
"""How much more likely (as a logarithm) the outcomes must be with random refusals than without."""
_ALIKE: Final = 2.0
"""Explanations this close are alike; of them the highest limit is taken, for a limit shows itself soon enough."""
_NEWER: Final = 1 / (1 - 1 / 2000)
"""Weight of an outcome, in units of the one before: about the last two thousand count."""
_HEAVY: Final = 1e100
_LESSON: Final = 0.02
"""Weight of one outcome in the share of late: about the last fifty count."""
_WIDE: Final = 4.0 * math.sqrt(_LESSON / (2 - _LESSON))
_BESIDE: Final = 0.03
"""The share of late may be four of its standard deviations, and this, above the random one; then the rate is blamed."""
_QUIET: Final = 1000
"""Outcomes without a refusal after which earlier ones say nothing: servers, and who else uses them, change."""
_ABSENT: Final = 12.0
"""The same where a share is known, in units of its usual gap between two refusals."""


class RandomRefusals:
    """Counts outcomes of one limit, by rate."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """What was learned does not hold any more."""
        self.share = 0.0  # refused at random, as far as is known
        self.late = 0.0  # refused lately
        self._counts: dict[int, list[float]] = {}  # answered and refused, by step
        self._weight = 1.0
        self._since: float = 0  # outcomes since the last refusal

    def sent(self, rate: float) -> None:
        """A request went out at `rate` per second: it is answered unless it is refused, which is known sooner."""
        self._since += 1
        self.late -= _LESSON * self.late
        self._weight *= _NEWER
        self._counts.setdefault(_step(rate), [0.0, 0.0])[0] += self._weight
        if self._weight > _HEAVY:
            self._counts = {step: [each / _HEAVY for each in counts] for step, counts in self._counts.items()}
            self._weight /= _HEAVY

    def refused(self, rate: float) -> None:
        """A request that went out at `rate` is refused."""
        self._since = 0
        self.late += _LESSON
        counts = self._counts.setdefault(_step(rate), [0.0, 0.0])
        counts[0] = max(0.0, counts[0] - self._weight)
        counts[1] += self._weight

    @property
    def stale(self) -> bool:
        """It is so long since the last refusal that the next one has nothing to do with it."""
        return self._since > (_ABSENT / self.share if self.share else _QUIET)

    @property
    def explain(self) -> bool:
        """The refusals of late are no more than what is known to be refused at random."""
        return self.late <= self.share + _WIDE * math.sqrt(self.share * (1 - self.share)) + _BESIDE

    def fit(self) -> float | None:
        """The limit above which not chance alone refuses, if chance does; infinite where none is seen."""
        if not self._counts:
            return None
        steps = range(min(self._counts) - _DEEPEST, max(self._counts) + 1)
        limit_alone = max(self._likelihood(_CHANCE, step) for step in steps)
        tried = {(step, share): self._likelihood(share, step) for step in steps for share in _SHARES}
        best = max(tried.values())
        if best - limit_alone < _SURE:
            return None
        step = max(step for (step, _), likelihood in tried.items() if best - likelihood < _ALIKE)
        self.share = self.late = max(_SHARES, key=lambda share: tried[step, share])
        return float("inf") if step == steps[-1] else math.exp(step * _STEP)

    def _likelihood(self, share: float, limit: int) -> float:
        """The logarithm of the probability of all outcomes."""
        total = 0.0
        for step, (answered, refused) in self._counts.items():
            yes, no = _logarithms(share, max(0, step - limit))
            total += answered * yes + refused * no
        return total / self._weight


def _step(rate: float) -> int:
    return round(math.log(rate) / _STEP)


@cache
def _logarithms(share: float, above: int) -> tuple[float, float]:
    """Of the probabilities that a request is answered and refused, this number of steps above the limit."""
    answered = (1 - share) * math.exp(-above * _STEP)
    return math.log(answered), math.log(1 - answered)
