"""What one parse may cost to draw, so that none stops all others: points, equations, memory, seconds.

In: counts and a clock. Out: nothing, or `TooMuch` with the reason in words. Real problems have a dozen points and a
dozen conditions, and take milliseconds; far beyond that a figure is either no problem or no answer.
"""

import time
from collections.abc import Callable, Iterable
from typing import Final

POINTS: Final = 40  # with two hidden ones for each line of one name; their pairs are what costs
NAMES: Final = 600  # how often all conditions and objects together name a point
EQUATIONS: Final = 2000  # with side conditions; a polygon of 40 corners has 700
REPEATS: Final = 10  # times as many equations may be written down, those that stand there already included
CELLS: Final = 1 << 20  # rows × directions of one candidate: 8 MB
BATCH: Final = 1 << 23  # the same of all candidates that descend at once: 64 MB an array, some six at a time
SECONDS: Final = 10.0  # of computing, waiting for the processor not counted


class TooMuch(Exception):
    """The parse costs more than it may."""


class Deadline:
    """Ends the work on one parse."""

    def __init__(self, seconds: float = SECONDS, clock: Callable[[], float] = time.thread_time) -> None:
        self._seconds = seconds
        self._clock = clock
        self._end = clock() + seconds

    def within(self, seconds: float) -> "Deadline":
        """This deadline, or a nearer one that many seconds from now."""
        return Deadline(min(seconds, self._end - self._clock()), self._clock)

    def check(self) -> None:
        """Raises TooMuch when the time is over."""
        if self._clock() > self._end:
            raise TooMuch(f"more than {self._seconds:g} seconds of computing")


def check_names(names: Iterable[str]) -> None:
    """Raises TooMuch where points are too many, or named too often, so that it is not worth beginning."""
    seen: set[str] = set()
    for count, name in enumerate(names):
        seen.add(name)
        if len(seen) > POINTS:
            raise TooMuch(f"more than {POINTS} points")
        if count >= NAMES:
            raise TooMuch(f"its points are named more than {NAMES} times")


def most_starts(wanted: int, cells: int) -> int:
    """As many candidates as memory allows, `wanted` at most."""
    return max(1, min(wanted, BATCH // max(1, cells)))
