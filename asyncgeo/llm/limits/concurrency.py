"""How many requests in flight a server is worth: learned from latency alone, without any header.

In: the latency of each success, overloads. Out: a number of slots. Pure: every call is given the time.

By Little's law n requests in flight that take t seconds each are n/t per second. So when the slots grow from n to m
and the latency from t to u, throughput grows from n/t to m/u, and the *gain* is the share of the growth that became
throughput: 1 - ln(u/t) / ln(m/n). At 1 the server does not even notice; at 0 it only queues.
"""

import math
from collections import deque
from typing import Final

_FIRST_LEAP: Final = 16.0
_LEAP: Final = 8.0
_STEP: Final = 1.25
"""Growth per window: the first; until the first disappointment, the less the smaller the gain was; and after it. A
start of a few requests reveals the account's limits before there are hundreds on the way, and the leaps make up
for it."""

_WORTH: Final = 0.5
"""The least gain for which more in flight is worth its latency."""
_BLOWN: Final = 2.5
"""Latency at an unchanged size, as a multiple of what it was, that counts as overload."""
_KEPT: Final = 0.6
"""Share of the slots kept on overload."""
_RECENT: Final = 32
_OVERLOADS: Final = 5
"""Overloads among that number of recent outcomes that count; single ones, even three in a hundred, are no reason."""
_SAMPLES: Final = 8
_MOST_SAMPLES: Final = 512
"""A window is as many answers as there are slots: the first to come back are the quickest, and would flatter."""
_LONGEST_REST: Final = 32


class Growth:
    """Owns the size of the slots: from `start` up to `ceiling`, as far as it is worth it."""

    def __init__(self, start: int, ceiling: int) -> None:
        self.ceiling = ceiling
        self.size = min(start, ceiling)
        self._factor = _FIRST_LEAP
        self._worthy: tuple[int, float] | None = None  # the last size that was worth it, and its latency
        self._rest = 0  # windows to stay as it is
        self._patience = 1
        self._recent: deque[bool] = deque(maxlen=_RECENT)  # True for an overload
        self._cut_at = float("-inf")
        self._open(0.0)

    def _open(self, now: float) -> None:
        self._since = now
        self._count = 0
        self._total = 0.0

    def succeeded(self, latency: float, sent_at: float, now: float, *, pressed: bool) -> None:
        """A success; `pressed` says that more slots would have been used."""
        self._recent.append(False)
        if sent_at < self._since or not pressed:
            return
        self._count += 1
        self._total += latency
        if self._count >= min(max(_SAMPLES, self.size), _MOST_SAMPLES):
            self._close(self._total / self._count)
            self._open(now)

    def overloaded(self, sent_at: float, now: float) -> bool:
        """A 503 or a time-out; True when it cut the slots, once for all requests sent before."""
        if sent_at <= self._cut_at:
            return False
        self._recent.append(True)
        if sum(self._recent) < min(_OVERLOADS, max(2, self.size)):
            return False
        self._shrink()
        self._recent.clear()
        self._cut_at = now
        self._open(now)
        return True

    def at_least(self, size: int) -> None:
        """The slots that a known rate needs."""
        self.size = max(self.size, min(size, self.ceiling))

    def limit(self, ceiling: int) -> None:
        """Change the ceiling."""
        self.ceiling = ceiling
        self.size = min(self.size, ceiling)

    def _close(self, latency: float) -> None:
        """A window is full: grow, rest or go back."""
        if self._worthy is None:
            self._grow(latency)
            return
        size, before = self._worthy
        if self.size == size:
            self._stay(latency, before)
            return
        gain = 1 - math.log(latency / before) / math.log(self.size / size)
        if gain >= _WORTH:
            self._patience = 1
            self._grow(latency, min(1.0, (gain - _WORTH) / (1 - _WORTH)))
        else:
            self.size, self._factor = size, _STEP
            self._rest, self._patience = self._patience, min(self._patience * 2, _LONGEST_REST)

    def _grow(self, latency: float, confidence: float = 1.0) -> None:
        self._worthy = (self.size, latency)
        factor = max(_STEP, 1 + (self._factor - 1) * confidence)
        self.size = min(self.ceiling, max(self.size + 1, int(self.size * factor)))
        self._factor = min(self._factor, _LEAP)

    def _stay(self, latency: float, before: float) -> None:
        if latency > before * _BLOWN:
            self._shrink()
        elif self._rest > 0:
            self._rest -= 1
            self._worthy = (self.size, 0.8 * before + 0.2 * latency)
        else:
            self._grow(latency)

    def _shrink(self) -> None:
        self.size = max(1, int(self.size * _KEPT))
        self._factor = _STEP
        self._worthy = None
        self._rest = 0
