"""Does a Retry-After apply to this request or to all?

In: refusals that name a wait, and what came of each request. Out: whether such a wait is the request's alone. A wait
for everybody is contradicted by every request that was sent after the refused one and answered all the same. Pure:
every call is given the time.
"""

from typing import Final

_BRIEF: Final = 5.0
"""A longer wait is everybody's: keeping it in vain costs little beside not keeping it."""
_LESSON: Final = 0.04
"""Weight of one outcome: about the last twenty-five count…"""
_MOST: Final = 0.15
"""…and at most this many of them may be refusals. At first all are thought to be."""


class Waits:
    """Counts what came of requests sent after one that was asked to wait, until its wait was over."""

    def __init__(self) -> None:
        self._after = float("inf")  # when the refused request was sent
        self._until = float("-inf")  # when its wait is over
        self._share = 1.0  # of refusals among them, lately

    def named(self, sent_at: float, now: float, seconds: float) -> bool:
        """A request met a 429 that names a wait; True when it alone has to keep it."""
        alone = seconds <= _BRIEF and self._share <= _MOST
        if now >= self._until:
            self._after = sent_at
        self._until = max(self._until, now + seconds)
        return alone

    def note(self, sent_at: float, *, refused: bool) -> None:
        """What came of a request."""
        if self._after < sent_at < self._until:
            self._share += _LESSON * (refused - self._share)
