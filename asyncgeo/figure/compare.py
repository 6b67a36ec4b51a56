"""Two parses of one problem → which conditions of each hold in figures of the other.

In: conditions and objects of both. Out: `Comparison`. Spelling does not count: a diameter agrees with two points on
the circle that have its centre between them, because each holds wherever the other is drawn.

Points with a name stay where the figure has them. What only the second parse speaks of (a line by one name, the middle
of a rotation) is fitted to them; a radius it does not share is the commonest distance of the points it puts on it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from asyncgeo.figure import compose
from asyncgeo.figure.descend import JUDGED, descend
from asyncgeo.figure.draw import Figure, draw
from asyncgeo.figure.effort import Deadline, TooMuch
from asyncgeo.figure.sketch import Sketch
from asyncgeo.figure.system import Array, Indices, Margins, System
from asyncgeo.schema.conditions import Condition, points_of
from asyncgeo.schema.records import RequiredObjects

HOLDS: Final = 1e-6
"""Largest residual of a condition that holds; figures are exact to 1e-9, and errors grow a little on the way."""
_FIGURES: Final = 6  # each halves the chance that something holds by accident
_FITS: Final = (6, 40)  # starts and steps of a fit


@dataclass(frozen=True, slots=True)
class Comparison:
    """For each condition of B whether it holds in the figures of A, and the reverse.

    None where none could be drawn; both where the comparison costs too much (see `effort`).
    """

    b_in_a: tuple[bool, ...] | None
    a_in_b: tuple[bool, ...] | None

    @property
    def agree(self) -> bool:
        """Whether each parse says all that the other does."""
        return self.b_in_a is not None and self.a_in_b is not None and all(self.b_in_a) and all(self.a_in_b)


Side = tuple[Sequence[Condition], RequiredObjects]
"""Conditions and objects of one parse."""


def compare(a: Side, b: Side, *, figures: int = _FIGURES, seed: int = 0) -> Comparison:
    """Draw several figures of each and look at the other's conditions in them."""
    deadline = Deadline()
    try:
        return Comparison(_holding(b, a, figures, seed, deadline), _holding(a, b, figures, seed, deadline))
    except (TooMuch, ArithmeticError, ValueError, MemoryError):
        return Comparison(None, None)


def _holding(of: Side, inside: Side, figures: int, seed: int, deadline: Deadline) -> tuple[bool, ...] | None:
    """Which conditions of one parse hold in every figure of the other."""
    first = draw(*inside, seed=seed, deadline=deadline)
    if not first.drawable:
        return None
    drawn = [first, *(draw(*inside, seed=seed + k, deadline=deadline) for k in range(1, figures))]
    held = [holding(*of, figure, deadline) for figure in drawn if figure.drawable]
    return tuple(map(all, zip(*held, strict=True)))


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
    missing = [name for name in sketch.points if name not in figure.points]
    placed, known = _place(sketch, figure, unit)
    unknowns = _fit(system, placed, known, deadline)
    rows, _ = system.evaluate(unknowns[None], JUDGED)
    violated = {
        owner
        for owner, residual in zip(system.owners.tolist(), np.abs(rows[0]).tolist(), strict=False)
        if not residual < HOLDS
    }
    return tuple(
        k not in violated and not any(name in missing for name in points_of(condition))
        for k, condition in enumerate(conditions)
    )


def _place(sketch: Sketch, figure: Figure, unit: float) -> tuple[Array, Array]:
    """Unknowns as the figure has them, and which of them it has."""
    places = np.random.default_rng(0).normal(0, 1, (sketch.count, 2))
    known = np.zeros(sketch.count, dtype=bool)
    for name, k in sketch.points.items():
        known[k] = True  # a point the figure lacks is put somewhere, and its conditions do not count
        if name in figure.points:
            places[k] = np.array(figure.points[name]) / unit
    for name, ends in sketch.lines.items():
        if name in figure.lines:
            places[list(ends)] = np.array(figure.lines[name]) / unit
            known[list(ends)] = True
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
        whole = np.repeat(self._placed[None], len(unknowns), axis=0)
        whole[:, self._free] = unknowns
        rows, slopes = self._system.evaluate(whole, margins)
        return rows[:, : len(self._system.owners)], slopes[:, : len(self._system.owners), self._free]
