"""The rate that one limit allows, learned: from what the person set, what headers say, and refusals.

In: the configured number, headers, the outcomes of requests with the time they were sent. Out: a rate per second.
Pure: every call is given the time. One `Rate` for requests, one for tokens.

    configured ─┐
    header limit ┴ min → top ─ cut by a 429 ─ cubic recovery ─ × slow-down as the window empties → rate

A cut remembers the rate at which the server refused, comes back to just under it within seconds, stays there, and
then probes beyond it, slowly at first (the shape is TCP CUBIC's). One burst of refusals is one cut: requests that
were sent before it only show how deep it must be. Refusals that are as many at a lower rate cut nothing: see
`random_refusals`.
"""

import math
from collections import deque
from dataclasses import dataclass
from typing import Final, Literal

from asyncgeo.llm.limits.random_refusals import RandomRefusals
from asyncgeo.llm.rate_headers import Window

_MINUTE: Final = 60.0

_LOW: Final = 0.2
"""Share of the server's window left below which admission slows…"""
_REFILL: Final = 2.0
"""…so that what is missing comes back in that time: strongly for a one-minute window, barely for a one-second one,
which is empty and full again before a reply can report it…"""
_SLOWEST: Final = 0.1
"""…but never below this share of the rate: headers can be stale, and a 429 still guards the rest."""

_DEEPEST: Final = 0.3
_MILDEST: Final = 0.92
_PRIOR: Final = 4
"""Answers assumed good when a burst begins, so that a single refusal does not look like all of them."""

_CUTS: Final = 16
"""Cuts that are remembered while answers to what was sent after them are awaited."""

_PLATEAU: Final = 5.0
"""Seconds from a cut to the rate at which the server refused."""
_STEEPEST: Final = 0.08
"""Growth per second while probing: doubles in 9 s, so that a doubled limit is found within 20 s of a cut."""


@dataclass(slots=True)
class _Cut:
    """One burst of refusals: the rate it met, when, and how the requests sent meanwhile fared."""

    before: float
    at: float
    since: float  # when the first refused request was sent
    good: int = 0
    bad: int = 0

    @property
    def depth(self) -> float:
        """The share of the rate given up at the cut."""
        share = (self.good + _PRIOR) / (self.good + self.bad + _PRIOR)
        return 1 - min(_MILDEST, max(_DEEPEST, share))

    def rate(self, now: float) -> float:
        """Down by `depth`, back at `before` after the plateau, beyond it faster and faster."""
        bend = self.depth / _PLATEAU**3
        turn = _PLATEAU * (1 + math.sqrt(_STEEPEST * _PLATEAU / (3 * self.depth)))  # where the cubic gets too steep
        elapsed = now - self.at
        cubic = 1 + bend * math.pow(min(elapsed, turn) - _PLATEAU, 3)
        return self.before * cubic * math.exp(_STEEPEST * max(0.0, elapsed - turn))


class Rate:
    """What one limit allows now; None while nothing is known, and everything may pass."""

    def __init__(self, configured: int | Literal["auto"], *, adaptive: bool) -> None:
        self._configured = configured
        self._adaptive = adaptive
        self._header: float | None = None
        self._cut: _Cut | None = None
        self._past: deque[tuple[_Cut, float]] = deque(maxlen=_CUTS)  # cut, end
        self._slow = 1.0
        self._slow_until = float("-inf")  # when the window that was nearly empty is full again
        self._told_at = float("-inf")
        self._random = RandomRefusals()
        self._sending = 0.0  # when the last refusal came
        self._allowed: float | None = None  # before refusals began…
        self._counting_since = float("inf")  # …at this time
        self._fullest: float | None = None  # the most that remained before a request

    @property
    def top(self) -> float | None:
        """The most per minute that the person or the endpoint allows; None where neither says."""
        if self._configured == "auto":
            return self._header
        if self._header is None or not self._adaptive:
            return float(self._configured)
        return min(self._header, float(self._configured))

    def per_second(self, now: float) -> float | None:
        """The rate now."""
        rate = self._borne(now)
        return rate if rate is None or now >= self._slow_until else rate * self._slow

    def _borne(self, now: float) -> float | None:
        """The rate while the server's window is well filled."""
        top = None if self.top is None else self.top / _MINUTE
        if self._cut is not None:
            learned = self._cut.rate(now)
            if top is None or learned < top:
                return learned
            self._cut = None
        return top

    def configure(self, configured: int | Literal["auto"], *, adaptive: bool) -> None:
        """The person set another number: what refusals have taught at the old one is forgotten."""
        if (configured, adaptive) != (self._configured, self._adaptive):
            self._configured, self._adaptive, self._cut, self._slow = configured, adaptive, None, 1.0
            self._random.clear()

    def heard(self, window: Window, sent_at: float, amount: float, now: float) -> bool:
        """Take in the headers of a reply to a request worth `amount`; True when they changed the limit itself."""
        if sent_at < self._told_at:
            return False  # overtaken by a later request
        self._told_at = sent_at
        if window.is_longer:  # an hour or a day under the name of a minute says nothing of the pace
            return False
        changed = window.limit is not None and float(window.limit) != self._header
        if changed:
            self._header = float(window.limit or 0)
            self._fullest = None
        if self._adaptive:
            self._slow = self._slow_down(window, amount)
            self._slow_until = now + (_MINUTE if window.reset is None else window.reset)
        return changed

    def _slow_down(self, window: Window, amount: float) -> float:
        """1 while the server's window was well filled before this request, less as it empties."""
        if window.remaining is None or self._header is None or (window.remaining == 0 and not window.reset):
            return 1.0  # some servers always send 0
        before = window.remaining + amount
        self._fullest = max(before, self._fullest or 0.0)
        if window.reset is None:  # some gateways leave the reset out; a window may be a second
            size = min(self._fullest, self._header)
        else:
            size = window.remaining + window.reset * self._header / _MINUTE
        missing = _LOW * size - before
        return min(1.0, max(_SLOWEST, 1 - missing / (_REFILL * self._header / _MINUTE)))

    def sent(self, now: float) -> None:
        """A request goes out; once there were refusals, it is counted."""
        if self._counting_since < now:
            self._random.sent(self._speed_at(now))

    def answered(self, sent_at: float) -> None:
        """A request was not refused; inside a burst it shows how deep the cut must be."""
        if self._cut is not None and self._cut.since <= sent_at <= self._cut.at:
            self._cut.good += 1

    def refused(self, sent_at: float, now: float, sending: float) -> bool:
        """A request met a 429 while `sending` per second went out; True when this begins a new cut."""
        if not self._adaptive:
            return False
        allowed = self._borne(now)
        self._sending = max(sending if allowed is None else min(sending, allowed), _MINIMUM)
        if self._counting_since > now or (not self._random.share and self._random.stale):
            self._forget(allowed, now)
        elif sent_at > self._counting_since:
            self._random.refused(self._speed_at(sent_at))
        if self._cut is not None and sent_at <= self._cut.at:
            self._cut.bad += sent_at >= self._cut.since
            return False
        if self._comes_at_random(now):
            return False
        self._begin(now, _Cut(before=self._sending, at=now, since=sent_at, bad=1))
        return True

    def _comes_at_random(self, now: float) -> bool:
        """The refusal would have come at a lower rate too; then what was cut for such is given back."""
        if self._random.share and not self._random.stale:
            if self._random.explain:
                return True
            self._forget(self._borne(now), now)
        if (limit := self._random.fit()) is None:
            return False
        rate = limit if self._allowed is None else min(limit, self._allowed)
        self._begin(now, None if rate == float("inf") else _Cut(before=rate, at=now - _PLATEAU, since=now))
        return True

    def _forget(self, allowed: float | None, now: float) -> None:
        """Refusals of another kind begin, at a rate that is `allowed`."""
        self._random.clear()
        self._allowed, self._counting_since = allowed, now

    def _begin(self, now: float, cut: _Cut | None) -> None:
        """From now on this cut counts; the one before still gives the rate of requests whose answers are awaited."""
        if self._cut is not None:
            self._past.append((self._cut, now))
        self._cut = cut

    def _speed_at(self, sent_at: float) -> float:
        """The rate at which a request was sent.

        A refusal comes back sooner than an answer: the next cut may begin while those sent after this one are awaited.
        """
        cut = self._cut
        if cut is None:
            return self._sending
        if sent_at > cut.at:
            return cut.rate(sent_at)
        old = next((old for old, end in self._past if old.at < sent_at <= end), None)
        return cut.before if old is None else old.rate(sent_at)


_MINIMUM: Final = 1 / _MINUTE
"""Once a minute: the slowest that a cut starts from, so that recovery has something to grow."""
