"""Does a Retry-After apply to this request or to all?

In: refusals that name a wait, and what came of each request. Out: whether such a wait is the request's alone, and how
many others may be sent during it to find out. A wait for everybody is contradicted by every request that was sent
after the refused one and answered all the same. Pure: every call is given the time.

At first a few go on trial, and two more for each of them that is answered; where they are refused, the others wait.
"""

from collections import deque
from typing import Final

_BRIEF: Final = 5.0
"""A longer wait is everybody's: keeping it in vain costs little beside not keeping it."""
_LESSON: Final = 0.04
"""Weight of one outcome: about the last twenty-five count…"""
_MOST: Final = 0.15
"""…and at most this many of them may be refusals. The first of all was one: six answers contradict it."""
_TRIAL: Final = 8
"""Requests on trial during the first wait; later it is one, until that is answered."""
_MORE: Final = 2
_REMEMBERED: Final = 16
"""Times of waiting whose answers may still be on their way: an answer may take longer than the wait."""


class Waits:
    """Counts what came of requests sent after one that was asked to wait, until its wait was over."""

    def __init__(self) -> None:
        self.brief_until = float("-inf")  # when the brief ones are over
        self._until = float("-inf")  # when all waits are over
        self._times: deque[tuple[float, float]] = deque(maxlen=_REMEMBERED)  # first refused was sent, waits are over
        self._share = 1.0  # of refusals among those sent meanwhile, lately
        self._outcomes = 1
        self._trials = 0

    @property
    def are_alone(self) -> bool:
        """Whether others are answered while one waits."""
        return self._share <= _MOST

    def named(self, sent_at: float, now: float, seconds: float) -> bool:
        """A request met a 429 that names a wait; True when it alone has to keep it."""
        after = self._times.pop()[0] if now < self._until else sent_at
        if now >= self._until:
            self._trials = _TRIAL if self._outcomes < _TRIAL else 1
        self._until = max(self._until, now + seconds)
        self._times.append((after, self._until))
        if seconds > _BRIEF:
            return False
        self.brief_until = max(self.brief_until, now + seconds)
        return self.are_alone

    def let_pass(self, now: float) -> bool:
        """Whether one more may be sent on trial while the others wait."""
        return now < self.brief_until and self._until <= self.brief_until and self._trials > 0

    def sent(self) -> None:
        """One was sent on trial."""
        self._trials -= 1

    def note(self, sent_at: float, *, refused: bool) -> None:
        """What came of a request."""
        if not any(after < sent_at < until for after, until in reversed(self._times)):
            return
        self._outcomes += 1
        self._share += max(_LESSON, 1 / self._outcomes) * (refused - self._share)
        if not refused:
            self._trials = min(self._trials + _MORE, _TRIAL)
