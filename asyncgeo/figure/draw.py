"""Conditions and objects → a figure, or the proof by exhaustion that none was found.

In: valid conditions, `RequiredObjects`, a seed. Out: `Figure`. The same input and seed give the same figure.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Final, Literal

import numpy as np

from asyncgeo.figure import compose
from asyncgeo.figure.descend import FIGURE
from asyncgeo.figure.effort import Deadline, TooMuch
from asyncgeo.figure.search import PATIENCE, Candidate, Search
from asyncgeo.figure.sketch import OBJECTS, Sketch
from asyncgeo.figure.system import Array, System
from asyncgeo.schema.conditions import Condition
from asyncgeo.schema.records import RequiredObjects

Point = tuple[float, float]
FigureState = Literal["determined", "flexible", "over-determined", "contradictory", "empty", "not judged"]

_RUNAWAY: Final = 50.0  # log of a radius that only the nearest candidate to a contradiction has
_ROUNDED: Final = 0.01
"""Residual up to which a figure well away from every limit is taken for one with rounded numbers."""
_SQUEEZED: Final = 1.5
"""Keeping away from the limits costs a rounded figure nothing; one that needs them has got nearer there by more."""


@dataclass(frozen=True, slots=True)
class Solved:
    """What a figure is a solution of; how far the other starts had come; and every sketch of the parse, if need be."""

    sketch: Sketch
    system: System
    unknowns: Array
    unit: float
    steps: int
    others: Array
    search: Search
    rounded: bool


@dataclass(frozen=True, slots=True)
class Figure:
    """What came of the attempt.

    Coordinates are in units of the problem where it gives lengths, else the figure is about 2 across. When
    `drawable` is false they are those of the nearest candidate, and `residuals` says which conditions it violates.
    `rounded` when given numbers were: the figure holds them to their last digit and all else exactly, and is drawable;
    or it holds everything to one per cent, and is not. Without points a figure is empty, and not drawable.
    `freedom` counts the ways the figure can still move other than as a whole (`None` when not drawable), `surplus` the
    equations that say what others imply. `unjudged` says why there was no attempt, or no end of it; then nothing else
    of the figure means anything. `solved` is there where a figure was searched for.
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
    solved: Solved | None = field(default=None, repr=False, compare=False)

    @property
    def state(self) -> FigureState:
        """In one word."""
        if self.unjudged:
            return "not judged"
        if not self.drawable:
            return "contradictory" if self.points or self.residual else "empty"
        if self.freedom:
            return "flexible"
        return "over-determined" if self.surplus else "determined"


def draw(
    conditions: Sequence[Condition],
    objects: RequiredObjects | None = None,
    *,
    text: str = "",
    seed: int = 0,
    explore: bool = True,
    patience: int = PATIENCE,
    deadline: Deadline | None = None,
) -> Figure:
    """The first figure found; with less patience (rounds of starts) contradictions are found sooner, and too often.

    Seed 0 draws what is likeliest. Other seeds `explore` what the conditions leave open: what can move is elsewhere,
    each choice (the right angle of a right triangle, touching from inside or outside) is made as often as the others,
    and of mirror images, sides of a line and arcs of a chord each turns up; a few seeds show most of it, none has to
    show all. Without exploring they draw the likeliest choice that can be drawn, in other shapes.

    The problem's `text` may say that circles about one centre are several. What costs too much (see `effort`), or has
    numbers that nothing can compute with, is not judged.
    """
    try:
        return _draw(
            conditions,
            objects or RequiredObjects(),
            text,
            seed,
            patience,
            deadline or Deadline(),
            explore=explore and seed != 0,
        )
    except TooMuch as error:
        return _unjudged(str(error))
    except (ArithmeticError, ValueError, MemoryError) as error:
        return _unjudged(f"it cannot be computed: {error or type(error).__name__}")


def _unjudged(why: str) -> Figure:
    return Figure(drawable=False, residual=0.0, rounded=False, points={}, unjudged=why)


def _draw(
    conditions: Sequence[Condition],
    objects: RequiredObjects,
    text: str,
    seed: int,
    patience: int,
    deadline: Deadline,
    *,
    explore: bool,
) -> Figure:
    deadline.check()
    sketches = compose.sketches(conditions, objects, text)
    first = next(sketches)
    if not first.count:
        return Figure(drawable=False, residual=float(bool(first.terms)), rounded=False, points={})
    drawn: Iterator[Sketch] = chain((first,), sketches)
    if explore and first.choices:
        listed = list(drawn)
        drawn = iter(listed[seed % len(listed) :] + listed[: seed % len(listed)])
    search = Search(drawn, conditions, objects, np.random.default_rng(seed), deadline, explore=explore)
    best, rounded = search.go(patience), False
    if best.found.residual >= FIGURE:
        best, rounded = search.loosen(best), True
    if best.found.residual >= FIGURE:
        best, rounded = search.insist(best) if patience >= PATIENCE else best, False
    if best.found.residual >= FIGURE and patience >= PATIENCE:
        generic = search.generic(best)
        rounded = generic.found.residual < min(_ROUNDED, _SQUEEZED * best.found.residual)
        best = generic if rounded else best
    return _figure(best, compose.unit(conditions), search, rounded=rounded)


def _figure(candidate: Candidate, unit: float, search: Search, *, rounded: bool) -> Figure:
    sketch, system, found = candidate
    drawable = found.residual < FIGURE
    solved = Solved(sketch, system, found.unknowns, unit, found.steps, found.others, search, rounded)
    rows, slopes = system.evaluate(found.unknowns.astype(np.float64)[None], search.margins)
    freedom, surplus = count_freedom(sketch, system, slopes[0, : system.equations]) if drawable else (None, 0)
    return replace(
        place(solved),
        drawable=drawable,
        residual=found.residual,
        rounded=rounded,
        residuals=_worst_by_owner(system, rows[0]),
        freedom=freedom,
        surplus=surplus,
    )


def place(solved: Solved) -> Figure:
    """The figure's points, lines and circles, in the problem's unit and about its middle; nothing is judged."""
    sketch, unknowns, unit, n = solved.sketch, solved.unknowns, solved.unit, solved.system.points
    x, y = unknowns[:n], unknowns[n : 2 * n]
    x, y = (x - x[list(sketch.points.values())].mean()) * unit, (y - y[list(sketch.points.values())].mean()) * unit
    places = [(float(a), float(b)) for a, b in zip(x, y, strict=True)]
    radii = np.exp(np.clip(unknowns[2 * n :], -_RUNAWAY, _RUNAWAY)) * unit
    return Figure(
        drawable=False,
        residual=0.0,
        rounded=False,
        points={name: places[k] for name, k in sketch.points.items()},
        lines={name: (places[i], places[j]) for name, (i, j) in sketch.lines.items()},
        circles=[(centre, places[sketch.point(centre)], float(radii[k])) for (centre, _), k in sketch.radii.items()],
        solved=solved,
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
