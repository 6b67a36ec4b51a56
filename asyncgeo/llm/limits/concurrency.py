"""How many requests in flight a server is worth: learned from its answers alone, without any header.

In: the latency of each usable answer, overloads. Out: a number of slots. Pure: every call is given the time.

By Little's law n requests in flight that take t seconds each are n/t per second. So when the slots grow from n to m
and the latency from t to u, throughput grows from n/t to m/u, and the *gain* is the share of the growth that became
throughput: 1 - ln(u/t) / ln(m/n). At 1 the server does not even notice; at 0 it only queues.

Nothing is in flight that could not be answered in time if the server were as fast as it has shown, and no faster.
"""

import math
from collections import deque
from typing import Final

START: Final = 16
"""Requests in flight before anything is known: a machine with four slots and 20 s an answer answers the last of them
after 80 s, in time; a server that does not notice has hundreds two latencies later."""
_LEAP: Final = 8.0
_STEP: Final = 1.25
"""Growth per window: at most; until the first disappointment, the less the smaller the gain was; and after it."""
_IN_TIME: Final = 0.75
"""Share of the time-out in which all that is in flight would be answered at the rate seen so far; beyond that…"""
_EVEN_STEP: Final = 1.5
_QUEUED: Final = 2.5
"""…it grows by that while the last quarter of a window took less than this many times the first quarter:
where requests queue, later ones take several times as long."""

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
_MOST: Final = 0.75
"""A window is that share of as many answers as there are slots: the first to come back are the quickest, and would
flatter; the last may be far behind."""
_LONGEST_REST: Final = 32


class Growth:
    """Owns the size of the slots: from `start` up to `ceiling`, as far as it is worth it.

    `timeout`: the seconds that a request is waited for.
    """

    def __init__(self, start: int, ceiling: int, timeout: float) -> None:
        self.ceiling = ceiling
        self.size = min(start, ceiling)
        self._in_time = _IN_TIME * timeout
        self._factor = _LEAP
        self._worthy: tuple[int, float] | None = None  # the last size that was worth it, and its latency
        self._rest = 0  # windows to stay as it is
        self._patience = 1
        self._recent: deque[bool] = deque(maxlen=_RECENT)  # True for an overload
        self._cut_at = float("-inf")
        self._open(0.0)

    def _open(self, now: float) -> None:
        self._since = now
        self._first = float("inf")  # when the first that counts was sent
        self._latencies: list[float] = []

    def succeeded(self, latency: float, sent_at: float, now: float, *, pressed: bool) -> None:
        """A usable answer; `pressed` says that more slots would have been used."""
        self._recent.append(False)
        if sent_at < self._since or not pressed:
            return
        self._latencies.append(latency)
        self._first = min(self._first, sent_at)
        count = len(self._latencies)
        if count >= min(max(_SAMPLES, _MOST * self.size), _MOST_SAMPLES):
            self._close(sum(self._latencies) / count, count / (now - self._first))
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

    def _close(self, latency: float, rate: float) -> None:
        """A window is full, at `rate` answers per second: grow, rest or go back."""
        if self._worthy is None:
            self._grow(latency, rate)
            return
        size, before = self._worthy
        if self.size == size:
            self._stay(latency, before, rate)
            return
        gain = 1 - math.log(latency / before) / math.log(self.size / size)
        if gain >= _WORTH:
            self._patience = 1
            self._grow(latency, rate, min(1.0, (gain - _WORTH) / (1 - _WORTH)))
        else:
            self._go_back(size, before, latency)

    def _grow(self, latency: float, rate: float, confidence: float = 1.0) -> None:
        self._worthy = (self.size, latency)
        leap = max(_STEP, 1 + (self._factor - 1) * confidence)
        step = _STEP if self._queues() else min(leap, _EVEN_STEP)
        factor = max(step, min(leap, rate * self._in_time / self.size))
        self.size = min(self.ceiling, max(self.size + 1, int(self.size * factor)))

    def _queues(self) -> bool:
        """Whether the last requests of the window waited for the first."""
        quarter = len(self._latencies) // 4
        return sum(self._latencies[-quarter:]) > _QUEUED * sum(self._latencies[:quarter])

    def _go_back(self, size: int, before: float, latency: float) -> None:
        """To the size that was worth it, or that carries what is answered now at the latency of before."""
        self.size = max(size, int(self.size * before / latency))
        self._worthy, self._factor = (self.size, before), _STEP
        self._rest, self._patience = self._patience, min(self._patience * 2, _LONGEST_REST)

    def _stay(self, latency: float, before: float, rate: float) -> None:
        if latency > before * _BLOWN:
            self._shrink()
        elif self._rest > 0:
            self._rest -= 1
            self._worthy = (self.size, 0.8 * before + 0.2 * latency)
        else:
            self._grow(latency, rate)

    def _shrink(self) -> None:
        self.size = max(1, int(self.size * _KEPT))
        self._factor = _STEP
        self._worthy = None
        self._rest = 0
