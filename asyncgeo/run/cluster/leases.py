"""Which worker has which problem, and what all workers see together.

In: problems, workers that come and go. Out: what to lease to a worker. It neither sends nor waits, and it keeps no
rows: a problem is either waiting, leased to exactly one worker, or gone.

A worker is leased as many problems as it has slots, and half as many again: it need not wait for the driver, and has
little that is asked again when it dies, or that idle workers could ask at the end of a run.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from asyncgeo.llm.limits import Bound, View
from asyncgeo.schema.records import Problem
from asyncgeo.store.raw_answers import Answered

_AHEAD: Final = (16, 256)  # problems beyond the slots, at least and at most

_SUMS: Final = ("requests_used", "tokens_used", "slots", "in_use", "in_flight", "waiting", "share", "refusals", "cuts")
Waiting = tuple[Problem, asyncio.Future[Answered]]  # and what waits for its answer


def together(views: Sequence[View]) -> View:
    """The pace of all: use adds up, and so do shares of the limit."""
    binds = Counter(view.binds for view in views).most_common(1)
    sums: dict[str, Any] = {name: sum(getattr(view, name) for view in views) for name in _SUMS}
    return View(
        requests_limit=_limit(views, lambda view: view.requests_limit, sums["share"]),
        tokens_limit=_limit(views, lambda view: view.tokens_limit, sums["share"]),
        cool_down=max((view.cool_down for view in views), default=0.0),
        binds=binds[0][0] if binds else Bound.NOTHING,
        bound={each: sum(view.bound.get(each, 0.0) for view in views) for view in views for each in view.bound},
        **sums,
    )


def _limit(views: Sequence[View], of: Callable[[View], float | None], share: float) -> float | None:
    """By the worker that has the largest share of the limit: the others may not have learned it yet."""
    known = [(view.share, limit / view.share * share) for view in views if (limit := of(view)) is not None]
    return max(known)[1] if known else None


NOTHING: Final = together([])


@dataclass(eq=False, slots=True)
class Lease:
    """The problems that one worker has to answer, by position, and its pace; before its first report it has no room."""

    name: str
    view: View = NOTHING
    problems: dict[int, Waiting] = field(default_factory=dict)

    @property
    def capacity(self) -> int:
        """How many problems it is to have."""
        slots = self.view.slots
        return slots + sorted((*_AHEAD, slots // 2))[1] if slots else 0


class Leases:
    """The problems of a run that are not answered yet: those that wait, and those leased to a worker."""

    def __init__(self) -> None:
        self.waiting: deque[Waiting] = deque()
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
