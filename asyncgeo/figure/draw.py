"""Conditions and objects → a figure, or the proof by exhaustion that none was found.

In: valid conditions, `RequiredObjects`, a seed. Out: `Figure`. The same input and seed give the same figure.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

import numpy as np

from asyncgeo.figure import compose
from asyncgeo.figure.descend import FIGURE, GENERIC, JUDGED, Descent, descend
from asyncgeo.figure.effort import BATCH, Deadline, TooMuch, most_starts
from asyncgeo.figure.sketch import OBJECTS, Sketch
from asyncgeo.figure.starts import starts
from asyncgeo.figure.system import Array, Margins, System
from asyncgeo.schema.conditions import Condition
from asyncgeo.schema.records import RequiredObjects

Point = tuple[float, float]
FigureState = Literal["determined", "flexible", "over-determined", "contradictory", "empty", "not judged"]

_ROUNDS: Final = ((5, 40), (16, 50), (48, 60), (96, 60))
"""Starts and steps of each round; most figures are found in the first, contradictions go through all."""
_ROUNDS_OF_CHOICE: Final = ((5, 40), (12, 50), (24, 50))
"""The same where there are several sketches to go through."""
_INSISTENT: Final = ((192, 60), (192, 60))
"""Further rounds where the nearest candidate came this near: a figure that few starts lead to looks like that."""
_NEAR_MISS: Final = 0.05
_RUNAWAY: Final = 50.0  # log of a radius that only the nearest candidate to a contradiction has
_GENERIC: Final = (8, 40)
_ROUNDED: Final = 0.01
"""Residual up to which a figure well away from every limit is taken for one with rounded numbers."""
_SQUEEZED: Final = 1.5
"""Keeping away from the limits costs a rounded figure nothing; one that needs them has got nearer there by more."""


@dataclass(frozen=True, slots=True)
class Figure:
    """What came of the attempt.

    Coordinates are in units of the problem where it gives lengths, else the figure is about 2 across. When
    `drawable` is false they are those of the nearest candidate, and `residuals` says which conditions it violates;
    `rounded` when a figure holds all of them to one per cent, as when given numbers were rounded.
    `freedom` counts the ways the figure can still move other than as a whole (`None` when not drawable), `surplus` the
    equations that say what others imply. `unjudged` says why there was no attempt, or no end of it; then nothing else
    of the figure means anything.
    """

    drawable: bool
    residual: float
    rounded: bool
    points: dict[str, Point]
    lines: dict[str, tuple[Point, Point]] = field(default_factory=dict)
    circles: list[tuple[str, Point, float]] = field(default_factory=list)
    residuals: dict[int, float] = field(default_factory=dict)
    freedom: int | None = None
    surplus: int = 0
    unjudged: str = ""

    @property
    def state(self) -> FigureState:
        """In one word."""
        if self.unjudged:
            return "not judged"
        if not self.drawable:
            return "contradictory"
        if not self.points:
            return "empty"
        if self.freedom:
            return "flexible"
        return "over-determined" if self.surplus else "determined"


def draw(
    conditions: Sequence[Condition],
    objects: RequiredObjects | None = None,
    *,
    seed: int = 0,
    patience: int = len(_ROUNDS),
    deadline: Deadline | None = None,
) -> Figure:
    """The first figure found; with less patience (rounds of starts) contradictions are found sooner, and too often.

    What costs too much (see `effort`), or has numbers that nothing can compute with, is not judged.
    """
    try:
        return _draw(conditions, objects or RequiredObjects(), seed, patience, deadline or Deadline())
    except TooMuch as error:
        return _unjudged(str(error))
    except (ArithmeticError, ValueError, MemoryError) as error:
        return _unjudged(f"it cannot be computed: {error or type(error).__name__}")


def _unjudged(why: str) -> Figure:
    return Figure(drawable=False, residual=0.0, rounded=False, points={}, unjudged=why)


def _draw(
    conditions: Sequence[Condition], objects: RequiredObjects, seed: int, patience: int, deadline: Deadline
) -> Figure:
    drawn = list(compose.sketches(conditions, objects))
    if not drawn[0].count:
        return Figure(drawable=not drawn[0].terms, residual=0.0, rounded=False, points={}, freedom=0)
    search = _Search(drawn, conditions, objects, np.random.default_rng(seed), deadline)
    unit = compose.unit(conditions)
    best = search.go((_ROUNDS if len(drawn) == 1 else _ROUNDS_OF_CHOICE)[:patience])
    if patience < len(_ROUNDS) or best.found.residual < FIGURE:
        return _figure(best, unit)
    if best.found.residual < _NEAR_MISS:
        best = min(best, search.go(_INSISTENT), key=lambda candidate: candidate.found.residual)
        if best.found.residual < FIGURE:
            return _figure(best, unit)
    generic = search.descend(best.sketch, best.system, *_GENERIC, margins=GENERIC)
    if generic.found.residual < min(_ROUNDED, _SQUEEZED * best.found.residual):
        return _figure(generic, unit, rounded=True)
    return _figure(best, unit)


class _Candidate(NamedTuple):
    """A sketch and the nearest that a batch of starts came to it."""

    sketch: Sketch
    system: System
    found: Descent


class _Search:
    """Rounds of starts over every sketch of one parse."""

    def __init__(
        self,
        drawn: Sequence[Sketch],
        conditions: Sequence[Condition],
        objects: RequiredObjects,
        rng: np.random.Generator,
        deadline: Deadline,
    ) -> None:
        self._drawn = list(_that_fit(drawn))
        self._deadline = deadline
        self._conditions = conditions
        self._objects = objects
        self._rng = rng

    def go(self, rounds: Sequence[tuple[int, int]]) -> _Candidate:
        """Until a figure is found or the rounds are over; the nearest candidate."""
        best: _Candidate | None = None
        for count, steps in rounds:
            for sketch, system in self._drawn:
                candidate = self.descend(sketch, system, count, steps)
                if best is None or candidate.found.residual < best.found.residual:
                    best = candidate
                if best.found.residual < FIGURE:
                    return best
        assert best is not None  # noqa: S101  there is always a sketch and a round
        return best

    def descend(
        self, sketch: Sketch, system: System, count: int, steps: int, *, margins: Margins | None = None
    ) -> _Candidate:
        """One batch of starts."""
        few = most_starts(count, system.cells)
        begun = starts(sketch, self._conditions, self._objects, few, self._rng)
        return _Candidate(sketch, system, descend(system, begun, steps, self._deadline, margins=margins))


def _that_fit(drawn: Sequence[Sketch]) -> Iterator[tuple[Sketch, System]]:
    """The sketches with their arrays, the likeliest ones, as many as memory allows."""
    cells = 0
    for sketch in drawn:
        system = System(sketch)
        cells += system.cells
        if cells > BATCH and sketch is not drawn[0]:
            return
        yield sketch, system


def _figure(candidate: _Candidate, unit: float, *, rounded: bool = False) -> Figure:
    sketch, system, found = candidate
    n = system.points
    x, y = found.unknowns[:n], found.unknowns[n : 2 * n]
    x, y = (x - x[list(sketch.points.values())].mean()) * unit, (y - y[list(sketch.points.values())].mean()) * unit
    places = [(float(a), float(b)) for a, b in zip(x, y, strict=True)]
    drawable = found.residual < FIGURE
    radii = np.exp(np.clip(found.unknowns[2 * n :], -_RUNAWAY, _RUNAWAY)) * unit
    rows, slopes = system.evaluate(found.unknowns.astype(np.float64)[None], JUDGED)
    freedom, surplus = count_freedom(sketch, system, slopes[0, : system.equations]) if drawable else (None, 0)
    return Figure(
        drawable=drawable,
        residual=found.residual,
        rounded=rounded,
        points={name: places[k] for name, k in sketch.points.items()},
        lines={name: (places[i], places[j]) for name, (i, j) in sketch.lines.items()},
        circles=[(centre, places[sketch.point(centre)], float(radii[k])) for (centre, _), k in sketch.radii.items()],
        residuals=_worst_by_owner(system, rows[0]),
        freedom=freedom,
        surplus=surplus,
    )


def _worst_by_owner(system: System, rows: Array) -> dict[int, float]:
    worst: dict[int, float] = {}
    for owner, residual in zip(system.owners.tolist(), np.abs(rows).tolist(), strict=False):
        if owner != OBJECTS:
            worst[owner] = max(residual, worst.get(owner, 0.0))
    return worst


def count_freedom(sketch: Sketch, system: System, equations: Array) -> tuple[int, int]:
    """Ways to move that keep every equation, and equations that others imply, by the derivatives of the equations."""
    rank = _rank(equations)
    owners = system.owners[: system.equations]
    of_conditions = equations[owners != OBJECTS]
    separate = sum(_rank(equations[owners == owner]) for owner in set(owners.tolist()) - {OBJECTS})
    implied = separate - (rank if len(of_conditions) == len(equations) else _rank(of_conditions))
    whole = 3 if sketch.has_scale else 4  # shifting twice, turning, and without a given length growing
    return max(0, system.unknowns - rank - whole - sketch.slack), implied


def _rank(matrix: Array) -> int:
    if len(matrix) < 2 or not matrix.size:  # noqa: PLR2004  a single equation is one unless it says nothing
        return int(matrix.any())
    values = np.linalg.svd(matrix, compute_uv=False)
    return int((values > values[0] * 1e-7).sum()) if values[0] else 0
