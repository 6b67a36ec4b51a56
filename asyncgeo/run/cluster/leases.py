"""Which worker has which problem.

In: problems, workers that come and go. Out: what to lease to a worker. It neither sends nor waits, and it keeps no
rows: a problem is either waiting, leased to exactly one worker, or gone.

A worker is leased as many problems as it has slots, and half as many again: enough that it need not wait for the
driver, and little to be asked again when it dies, or to be kept from idle workers at the end of a run.
"""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import Final

from asyncgeo.llm.limits import View
from asyncgeo.run.cluster.share import NOTHING
from asyncgeo.schema.records import Problem
from asyncgeo.store.raw_answers import Answered

_AHEAD: Final = (16, 256)
"""Problems beyond the slots: a few milliseconds' worth for a quick endpoint, no more than memory is worth."""


Asked = tuple[Problem, asyncio.Future[Answered]]
"""A problem, and what its answer is waited for by."""


@dataclass(eq=False, slots=True)
class Lease:
    """The problems that one worker has to answer, by position, and its pace; before its first report it has no room."""

    name: str
    view: View = NOTHING
    problems: dict[int, Asked] = field(default_factory=dict)

    @property
    def capacity(self) -> int:
        """How many problems it is to have."""
        slots = self.view.slots
        return slots + sorted((*_AHEAD, slots // 2))[1] if slots else 0


class Leases:
    """The problems of a run that are not answered yet: those that wait, and those leased to a worker."""

    def __init__(self) -> None:
        self.waiting: deque[Asked] = deque()
        self.workers: list[Lease] = []

    @property
    def capacity(self) -> int:
        """How many problems all workers together are to have."""
        return sum(lease.capacity for lease in self.workers)

    def deal(self, lease: Lease) -> list[Problem]:
        """What this worker is to answer besides: as far as it has room, its part of all that is not answered yet."""
        unanswered = len(self.waiting) + sum(len(each.problems) for each in self.workers)
        part = min(lease.capacity, -(-unanswered * lease.capacity // max(1, self.capacity)))
        given = [self.waiting.popleft() for _ in range(min(part - len(lease.problems), len(self.waiting)))]
        lease.problems.update((each[0].position, each) for each in given)
        return [problem for problem, _ in given]

    def lose(self, lease: Lease) -> None:
        """A worker is gone: what it had is the first to be leased again."""
        self.workers.remove(lease)
        self.waiting.extendleft(reversed(lease.problems.values()))
        lease.problems.clear()
