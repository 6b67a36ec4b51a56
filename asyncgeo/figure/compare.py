"""Two parses of one problem → which conditions of each hold in figures of the other.

In: conditions and objects of both. Out: `Comparison`. Spelling does not count: a diameter agrees with two points on
the circle that have its centre between them, because each holds wherever the other is drawn.

Points and lines with a name stay where the figure has them, and what is said of others does not hold. What has no name
(the middle of a rotation) is fitted to them; a radius it does not share is the commonest distance of the points on it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from asyncgeo.figure import compose
from asyncgeo.figure.descend import JUDGED, descend, narrowed
from asyncgeo.figure.draw import Figure, draw
from asyncgeo.figure.effort import Deadline, TooMuch
from asyncgeo.figure.rounding import tolerances
from asyncgeo.figure.sketch import Sketch
from asyncgeo.figure.system import Array, Indices, Margins, System
from asyncgeo.schema.conditions import Condition, lines_of, points_of
from asyncgeo.schema.records import RequiredObjects

HOLDS: Final = 1e-6
"""Largest residual of a condition that holds; figures are exact to 1e-9, and errors grow a little on the way."""
_FIGURES: Final = 6  # each halves the chance that something holds by accident
_FITS: Final = (6, 40)  # starts and steps of a fit


@dataclass(frozen=True, slots=True)
class Comparison:
    """For each condition of B whether it holds in the figures of A, and the reverse.

    None where a figure was needed and none could be drawn; both where the comparison costs too much (see `effort`).
    """

    b_in_a: tuple[bool, ...] | None
    a_in_b: tuple[bool, ...] | None

    @property
    def agree(self) -> bool:
        """Whether each parse says all that the other does."""
        return self.b_in_a is not None and self.a_in_b is not None and all(self.b_in_a) and all(self.a_in_b)


Side = tuple[Sequence[Condition], RequiredObjects]
"""Conditions and objects of one parse."""
Flags = Sequence[bool]
"""One for each condition of a parse."""


def compare(
    a: Side, b: Side, *, known: tuple[Flags, Flags] | None = None, figures: int = _FIGURES, seed: int = 0
) -> Comparison:
    """Draw figures of each and look at the other's conditions in them, as many as are needed to decide about each.

    `known`: conditions of A that B says as well, and of B that A says; where these are all, nothing is drawn.
    """
    of_a, of_b = known or ([False] * len(a[0]), [False] * len(b[0]))
    until = Deadline()
    try:
        return Comparison(
            held(b, a, of_b, figures=figures, seed=seed, deadline=until),
            held(a, b, of_a, figures=figures, seed=seed, deadline=until),
        )
    except (TooMuch, ArithmeticError, ValueError, MemoryError):
        return Comparison(None, None)


def held(
    of: Side, inside: Side, known: Flags, *, figures: int = _FIGURES, seed: int = 0, deadline: Deadline
) -> tuple[bool, ...] | None:
    """Which conditions of one parse are known, or hold in every figure of the other that is drawn; None without one.

    Raises TooMuch, and what numbers raise that nothing can compute with.
    """
    holds = [True] * len(known)
    for k in range(figures):
        if all(sure or not still for sure, still in zip(known, holds, strict=True)):
            break
        figure = draw(*inside, seed=seed + k, deadline=deadline)
        if figure.drawable:
            holds = [one and other for one, other in zip(holds, holding(*of, figure, deadline), strict=True)]
        elif k == 0:
            return None
    return tuple(sure or still for sure, still in zip(known, holds, strict=True))


def holding(
    conditions: Sequence[Condition], objects: RequiredObjects, figure: Figure, deadline: Deadline | None = None
) -> tuple[bool, ...]:
    """Which of the conditions hold in the figure; of several readings the one that holds best. Raises TooMuch."""
    until = deadline or Deadline()
    readings = [_read(sketch, conditions, figure, until) for sketch in compose.sketches(conditions, objects)]
    return max(readings, key=sum)


def _read(sketch: Sketch, conditions: Sequence[Condition], figure: Figure, deadline: Deadline) -> tuple[bool, ...]:
    system = System(sketch)
    unit = compose.unit(conditions)
    placed, known = _place(sketch, figure, unit)
    unknowns = _fit(system, placed, known, deadline)
    allowed = tolerances(conditions)
    rows = system.residuals(unknowns[None], narrowed(JUDGED, compose.finest(conditions)))
    violated = {
        owner
        for owner, residual in zip(system.owners.tolist(), np.abs(rows[0]).tolist(), strict=False)
        if not residual < HOLDS + allowed.get(owner, 0.0)
    }
    return tuple(k not in violated and _is_known(condition, figure) for k, condition in enumerate(conditions))


def _is_known(condition: Condition, figure: Figure) -> bool:
    """Whether the figure has all that the condition names; elsewhere it could be put so that anything holds."""
    return figure.points.keys() >= set(points_of(condition)) and figure.lines.keys() >= set(lines_of(condition))


def _place(sketch: Sketch, figure: Figure, unit: float) -> tuple[Array, Array]:
    """Unknowns as the figure has them, and which of them it has."""
    places = np.random.default_rng(0).normal(0, 1, (sketch.count, 2))
    known = np.zeros(sketch.count, dtype=bool)
    for name, k in sketch.points.items():
        known[k] = True  # a point the figure lacks is put somewhere, and its conditions do not count
        if name in figure.points:
            places[k] = np.array(figure.points[name]) / unit
    for name, ends in sketch.lines.items():
        known[list(ends)] = True  # as a point
        if name in figure.lines:
            places[list(ends)] = np.array(figure.lines[name]) / unit
    radii = np.zeros(len(sketch.radii))
    for (centre, ring), k in sketch.radii.items():
        radii[k] = np.log(_radius(sketch, figure, places, centre, ring, unit))
    return (
        np.concatenate([places[:, 0], places[:, 1], radii]),
        np.concatenate([known, known, np.ones(len(radii), dtype=bool)]),
    )


def _radius(sketch: Sketch, figure: Figure, places: Array, centre: str, ring: int, unit: float) -> float:
    drawn = [radius for name, _, radius in figure.circles if name == centre]
    if ring < len(drawn):
        return drawn[ring] / unit
    on = [sketch.point(point) for point, middle in sorted(sketch.on_circle) if middle == centre]
    if not on:
        return 1.0
    distances = np.linalg.norm(places[on] - places[sketch.point(centre)], axis=1)
    shared = (np.abs(distances[:, None] - distances) < HOLDS * distances).sum(axis=1)
    return float(max(distances[shared.argmax()], HOLDS))


def _fit(system: System, placed: Array, known: Array, deadline: Deadline) -> Array:
    deadline.check()
    if known.all():
        return placed
    free = np.flatnonzero(np.logical_not(known))
    count, steps = _FITS
    starts = np.random.default_rng(0).normal(0, 1, (count, len(free))) * max(1e-9, placed[known].std())
    fitted = placed.copy()
    fitted[free] = descend(_Held(system, placed, free), starts, steps, deadline, margins=JUDGED).unknowns
    return fitted


class _Held:
    """A system of which only some unknowns may change."""

    def __init__(self, system: System, placed: Array, free: Indices) -> None:
        self._system = system
        self._placed = placed
        self._free = free

    def evaluate(self, unknowns: Array, margins: Margins) -> tuple[Array, Array]:
        """As the whole system's, for the free unknowns."""
        rows, slopes = self._system.evaluate(self._whole(unknowns), margins)
        return rows[:, : len(self._system.owners)], slopes[:, : len(self._system.owners), self._free]

    def residuals(self, unknowns: Array, margins: Margins) -> Array:
        """As the whole system's."""
        return self._system.residuals(self._whole(unknowns), margins)[:, : len(self._system.owners)]

    def _whole(self, unknowns: Array) -> Array:
        whole = np.repeat(self._placed[None].astype(unknowns.dtype), len(unknowns), axis=0)
        whole[:, self._free] = unknowns
        return whole
