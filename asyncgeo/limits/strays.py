"""Are the refusals about our rate? Some servers refuse one request in fifty whatever the rate; slowing mends nothing.

In: each outcome, and whether it was sent well below the rate that was refused. Out: whether the refusals of late are
explained by those that come at the lower rate too. Pure, and it knows no time: only shares.
"""

import math
from typing import Final

_LEAST: Final = 3
"""Refusals at the lower rate before they are believed; one or two may be the end of a burst."""
_MOST: Final = 0.08
"""A larger share is never taken for strays: a rate far above the limit is refused at the lower rate as well."""
_LIKE: Final = 0.7
"""The share at the lower rate, in units of that at the higher one, from which the rate makes no difference."""
_PRIOR: Final = 50
"""Answers assumed at the higher rate, so that a few refusals at the start do not look like many."""
_MANY: Final = 1000
"""Requests at either rate that are remembered; half of them are forgotten then."""
_LESSON: Final = 0.02
"""Weight of one outcome in the share of late: about the last fifty count."""
_TIMES: Final = 1.5
_BESIDE: Final = 0.03
"""The share of late may be so many times the strays', and so much besides, before the rate is blamed again."""


class _Count:
    """How many of the requests lately were refused."""

    def __init__(self) -> None:
        self.sent = 0.0
        self.refused = 0.0

    def note(self, *, refused: bool) -> None:
        self.sent += 1
        self.refused += refused
        if self.sent >= _MANY:
            self.sent, self.refused = self.sent / 2, self.refused / 2

    @property
    def share(self) -> float:
        return self.refused / self.sent if self.sent else 0.0


class Strays:
    """Counts outcomes of one limit."""

    def __init__(self) -> None:
        self._late = 0.0
        self.clear()

    def clear(self) -> None:
        """What was learned at a lower rate does not hold any more."""
        self._low, self._high = _Count(), _Count()

    def note(self, *, refused: bool, low: bool) -> None:
        """One outcome; `low` says that it was sent well below the rate that was refused."""
        self._late += _LESSON * (refused - self._late)
        (self._low if low else self._high).note(refused=refused)

    @property
    def explain(self) -> bool:
        """The refusals of late are no more than what is refused at a lower rate too, as far as so few can tell."""
        low, high = self._low, self._high
        most = (low.refused + math.sqrt(low.refused)) / max(low.sent, 1)
        least = (high.refused - math.sqrt(high.refused)) / (high.sent + _PRIOR)
        return (
            low.refused >= _LEAST
            and low.share <= _MOST
            and most >= _LIKE * least
            and self._late <= _TIMES * low.share + _BESIDE
        )
