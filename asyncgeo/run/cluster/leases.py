"""Which worker has which problem in hand.

In: problems, workers that come, have room and go, answers. Out: what to lease to whom. It neither sends nor waits,
and it keeps no rows: a problem is either waiting, in exactly one hand, or gone.

A worker has in hand as many problems as it has slots, and half as many again: enough that it need not wait for the
driver, and little to be asked anew when it dies, or to sit on while others are idle at the end of a run.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from asyncgeo.schema.records import Problem

_LEAST_AHEAD: Final = 16
_MOST_AHEAD: Final = 256
"""Problems beyond the slots: a few milliseconds' worth for a quick endpoint, no more than memory is worth."""


@dataclass(eq=False, slots=True)
class Hand:
    """One worker as the leases see it: `slots` is 0 until it is ready, `holds` what it has in hand by position."""

    name: str
    slots: int = 0
    holds: dict[int, Problem] = field(default_factory=dict)

    @property
    def capacity(self) -> int:
        """How many problems it is to have in hand."""
        return self.slots + min(_MOST_AHEAD, max(_LEAST_AHEAD, self.slots // 2)) if self.slots else 0

    @property
    def room(self) -> int:
        """How many more it can take now."""
        return self.capacity - len(self.holds)


class Leases:
    """The problems of a run that are not answered yet."""

    def __init__(self) -> None:
        self._hands: list[Hand] = []
        self._waiting: deque[Problem] = deque()

    @property
    def capacity(self) -> int:
        """How many problems all workers together are to have in hand."""
        return sum(hand.capacity for hand in self._hands)

    def join(self, hand: Hand) -> None:
        """A worker has come."""
        self._hands.append(hand)

    def put(self, problem: Problem) -> None:
        """A problem is to be leased."""
        self._waiting.append(problem)

    def deal(self) -> Iterator[tuple[Hand, list[Problem]]]:
        """Lease what waits, to those with the most room: equal parts to equal workers."""
        free = sum(max(0, hand.room) for hand in self._hands)
        left = min(len(self._waiting), free)
        for hand in sorted(self._hands, key=lambda each: each.room, reverse=True):
            if left <= 0 or hand.room <= 0:
                return
            part = min(hand.room, left, -(-left * hand.room // free))
            free -= hand.room
            left -= part
            given = [self._waiting.popleft() for _ in range(part)]
            hand.holds.update((problem.position, problem) for problem in given)
            yield hand, given

    def answered(self, hand: Hand, position: int) -> bool:
        """A row has come; False when this worker did not have the problem."""
        return hand.holds.pop(position, None) is not None

    def lose(self, hand: Hand) -> int:
        """A worker is gone: what it had in hand is the first to be leased again. How many those are."""
        self._hands.remove(hand)
        self._waiting.extendleft(reversed(list(hand.holds.values())))
        count = len(hand.holds)
        hand.holds.clear()
        return count

    def withdraw(self, hand: Hand | None = None) -> Iterable[Problem]:
        """Take back what is not leased, or what one worker has in hand: nobody will answer it."""
        taken = list(self._waiting if hand is None else hand.holds.values())
        (self._waiting if hand is None else hand.holds).clear()
        return taken
