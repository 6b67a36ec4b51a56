"""Sketches → the candidate that comes nearest to a figure, in rounds of ever more starts.

In: the sketches of one parse, likeliest first, a random generator, a deadline. Out: `Candidate`s. Every round goes over
all sketches, and each is made when it is first needed. It does not judge what a candidate is worth.
"""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Final, NamedTuple

import numpy as np

from asyncgeo.figure import compose
from asyncgeo.figure.descend import FIGURE, GENERIC, JUDGED, Descent, Evaluates, descend, narrowed
from asyncgeo.figure.effort import BATCH, Deadline, most_starts
from asyncgeo.figure.rounding import Loose, tolerances
from asyncgeo.figure.sketch import Sketch
from asyncgeo.figure.starts import starts
from asyncgeo.figure.system import Margins, System
from asyncgeo.schema.conditions import Condition
from asyncgeo.schema.records import RequiredObjects

_ROUNDS: Final = ((5, 40), (16, 50), (48, 60))
"""Starts and steps of each round. Of 3,757 parses of real problems 3,606 are drawn in the first, 129 and 21 in the
others, one by insisting; contradictions go through all."""
_ROUNDS_OF_CHOICE: Final = ((5, 40), (12, 50), (24, 50))
"""The same where there are several sketches to go through."""
PATIENCE: Final = len(_ROUNDS) + 1
_INSISTENT: Final = ((96, 60), (192, 60))
"""Further rounds where the nearest candidate came this near: a figure that few starts lead to looks like that."""
_NEAR_MISS: Final = 0.05
_GENERIC: Final = (8, 40)
_LOOSE_STEPS: Final = 40


class Candidate(NamedTuple):
    """A sketch and the nearest that a batch of starts came to it."""

    sketch: Sketch
    system: System
    found: Descent


class Search:
    """Rounds of starts over every sketch of one parse."""

    def __init__(
        self,
        sketches: Iterator[Sketch],
        conditions: Sequence[Condition],
        objects: RequiredObjects,
        rng: np.random.Generator,
        deadline: Deadline,
        *,
        explore: bool,
    ) -> None:
        first, *second = (sketch for _, sketch in zip(range(2), sketches, strict=False))
        self._rounds = _ROUNDS_OF_CHOICE if second else _ROUNDS
        self._made = [(first, System(first))]
        self._others = self._that_fit(chain(second, sketches))
        self._deadline = deadline
        self._conditions = conditions
        self._objects = objects
        self._rng = rng
        self._explore = explore
        self.finest: Final = compose.finest(conditions)
        self._tolerances = tolerances(conditions)
        self._close = max(self._tolerances.values(), default=0.0)
        self.margins: Final = narrowed(JUDGED, self.finest)
        """Those by which a figure of this parse is judged."""

    def go(self, patience: int) -> Candidate:
        """Until a figure is found, if only for rounded numbers, or those rounds are over; the nearest candidate."""
        return self._go(self._rounds[:patience])

    def insist(self, best: Candidate) -> Candidate:
        """What more starts find where a figure was nearly found, or the candidate."""
        if best.found.residual > _NEAR_MISS:
            return best
        return min(best, self._go(_INSISTENT), key=lambda candidate: candidate.found.residual)

    def generic(self, near: Candidate) -> Candidate:
        """The nearest candidate of the same sketch that is well away from every limit."""
        return self._descend(near.sketch, near.system, *_GENERIC, margins=GENERIC)

    def loosen(self, near: Candidate) -> Candidate:
        """The candidate moved so that rounded numbers hold to their last digit; as it is where none is near enough."""
        if near.found.residual > self._close:
            return near
        begun = near.found.unknowns[None].astype(np.float64)
        loose = self.solver(near.system, rounded=True)
        found = descend(loose, begun, _LOOSE_STEPS, self._deadline, finest=self.finest)
        return near._replace(found=found) if found.residual < FIGURE else near

    def _go(self, rounds: Sequence[tuple[int, int]]) -> Candidate:
        best: Candidate | None = None
        for count, steps in rounds:
            for sketch, system in self.sketches():
                candidate = self._descend(sketch, system, count, steps)
                if best is None or candidate.found.residual < best.found.residual:
                    best = candidate
                if best.found.residual < FIGURE:
                    return best
            if best is not None and self.loosen(best) is not best:
                return best
        assert best is not None  # noqa: S101  there is always a sketch and a round
        return best

    def _descend(
        self, sketch: Sketch, system: System, count: int, steps: int, *, margins: Margins | None = None
    ) -> Candidate:
        """One batch of starts."""
        few = most_starts(count, system.cells)
        begun = starts(sketch, self._conditions, self._objects, few, self._rng, explore=self._explore)
        found = descend(system, begun, steps, self._deadline, margins=margins, finest=self.finest)
        return Candidate(sketch, system, found)

    def solver(self, system: System, *, rounded: bool) -> Evaluates:
        """What a figure in this system solves: its equations, or those for rounded numbers."""
        return Loose(system, self._tolerances) if rounded else system

    def sketches(self) -> Iterator[tuple[Sketch, System]]:
        """All that were made, and then the others."""
        yield from self._made
        for made in self._others:
            self._made.append(made)
            yield made

    def _that_fit(self, others: Iterator[Sketch]) -> Iterator[tuple[Sketch, System]]:
        """The others with their arrays, the likeliest ones, as many as memory allows."""
        cells = self._made[0][1].cells
        for sketch in others:
            self._deadline.check()
            system = System(sketch)
            cells += system.cells
            if cells > BATCH:
                return
            yield sketch, system
