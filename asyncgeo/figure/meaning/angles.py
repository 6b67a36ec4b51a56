"""Sizes of angles. An angle lies between 0° and 180° and has no direction.

In: conditions of these types. Out: terms.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Final

from asyncgeo.figure.sketch import Sketch
from asyncgeo.figure.terms import FULL, HALF, AngleTerm
from asyncgeo.schema.conditions import TYPE, Condition

_STRAIGHT: Final = 180
_ROUNDED: Final = 1e-3  # degrees


def angle_value(sketch: Sketch, condition: Condition) -> None:
    """|turn| has the value, or what a reflex one leaves; at 0° and 180° the turn itself: |turn| has a kink there."""
    (points,) = condition["points"]
    turn, value = sketch.angle(points), math.radians(condition["value"])
    if sketch.owner in sketch.reflex:
        value = FULL - value
    if value in (0, HALF):
        sketch.wrap(turn - AngleTerm(constant=value), FULL)
    elif 0 < value < HALF:
        sketch.angles([(turn, 1.0)], value)
    else:
        sketch.impossible()


def angle_equality(sketch: Sketch, condition: Condition) -> None:
    """Each |turn| equals the next."""
    for one, other in pairwise(map(sketch.angle, condition["points"])):
        sketch.angles([(one, 1.0), (other, -1.0)], 0.0)


def angle_sum(sketch: Sketch, condition: Condition) -> None:
    """The sum of |turn| has the value; all angles of a polygon have theirs, a reflex one among them."""
    angles = [angle["points"] for angle in condition["angles"]]
    turns = [sketch.angle(points) for points in angles]
    value = math.radians(condition["value"])
    corners = around(angles)
    if len(corners) == len(angles) and condition["value"] == _STRAIGHT * (len(corners) - 2):
        sketch.polygon(corners)
    elif 0 < value <= HALF * len(turns):
        sketch.angles([(turn, 1.0) for turn in turns], value)
    else:
        sketch.impossible()


def around(angles: Sequence[Sequence[str]]) -> list[str]:
    """The corners of the polygon of which the first angle is one, if the others hold all of its angles; or none."""
    at = {vertex: frozenset((a, b)) for a, vertex, b in reversed(angles)}
    first, vertex, onward = angles[0]
    corners = [vertex, onward]
    while corners[-1] != vertex and len(corners) <= len(at) + 1:
        sides = at.get(corners[-1], frozenset())
        if corners[-2] not in sides:
            return []
        corners.extend(sides - {corners[-2]})
    return corners[:-1] if corners[-1] == vertex and corners[-2] == first else []


def reflex(conditions: Sequence[Condition]) -> Iterator[int]:
    """Which conditions give a reflex angle of a polygon: with all its others it adds up to what a polygon's do."""
    given = {k: c for k, c in enumerate(conditions) if c[TYPE] == "angle_value"}
    for k in [k for k, c in given.items() if c["value"] > _STRAIGHT]:
        values = {c["points"][0][1]: c["value"] for c in reversed((given[k], *given.values()))}
        corners = around([c["points"][0] for c in (given[k], *given.values())])
        if corners and abs(sum(values[corner] for corner in corners) - _STRAIGHT * (len(corners) - 2)) < _ROUNDED:
            yield k


def angle_bisector(sketch: Sketch, condition: Condition) -> None:
    """The line's turn is the mean of the sides' turns, and its point lies inside the angle."""
    a, vertex, b = (sketch.point(name) for name in condition["angle_points"])
    ends = sketch.ends(condition["line"])
    sides = sketch.arg(vertex, a) + sketch.arg(vertex, b)
    if vertex in ends:
        inner = ends[0] if ends[1] == vertex else ends[1]
        sketch.wrap(2 * sketch.arg(vertex, inner) - sides, FULL)
        sketch.narrow(sketch.arg(vertex, inner) - sketch.arg(vertex, a))
    else:
        sketch.on_line(vertex, *ends)
        sketch.wrap(2 * sketch.arg(*ends) - sides, FULL)


def angle_ratio(sketch: Sketch, condition: Condition) -> None:
    """Second term times first |turn| equals first term times second |turn|."""
    first, second = condition["ratio"]
    one, other = sketch.angle(condition["angle1"]), sketch.angle(condition["angle2"])
    sketch.angles([(one, second / (first + second)), (other, -first / (first + second))], 0.0)


MEANING: Final[Mapping[str, Callable[[Sketch, Condition], None]]] = {
    "angle_value": angle_value,
    "angle_equality": angle_equality,
    "angle_sum": angle_sum,
    "angle_bisector": angle_bisector,
    "angle_ratio": angle_ratio,
}
