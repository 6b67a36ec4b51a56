"""Triangles and polygons. Every one of them is simple and not flat.

In: conditions of these types. Out: terms.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Final

from asyncgeo.figure.sketch import Sketch
from asyncgeo.figure.terms import FULL, AngleTerm, Size
from asyncgeo.schema.conditions import Condition

_QUADRILATERAL: Final = 4
_TRIANGLE: Final = 3


def triangle_valid(sketch: Sketch, condition: Condition) -> None:
    """Not flat."""
    sketch.polygon(condition["points"])


def isosceles_triangle(sketch: Sketch, condition: Condition) -> None:
    """The sides named are equal."""
    sketch.polygon(condition["points"])
    for one, other in pairwise(condition["equal_sides"]):
        sketch.balance(sketch.size(*one) - sketch.size(*other))


def right_triangle(sketch: Sketch, condition: Condition) -> None:
    """Perpendicular at the vertex named, or at one of the three."""
    corners = condition["points"]
    sketch.polygon(corners)
    vertex = condition.get("right_angle")
    if vertex is None:
        vertex = corners[sketch.choose(_TRIANGLE)]
    if vertex not in corners:
        sketch.impossible()
        return
    one, other = (name for name in corners if name != vertex)
    sketch.right((vertex, one), (vertex, other))


def polygon_property(sketch: Sketch, condition: Condition) -> None:
    """See `KINDS`."""
    _of_kind(sketch, condition["polygon"], condition["property"])


def polygon_type(sketch: Sketch, condition: Condition) -> None:
    """See `KINDS`."""
    _of_kind(sketch, condition["polygon"], condition["value"])


def square(sketch: Sketch, condition: Condition) -> None:
    """See `KINDS`."""
    for polygon in condition["polygons"]:
        _of_kind(sketch, polygon, "square")


def regular_polygon(sketch: Sketch, condition: Condition) -> None:
    """See `KINDS`; the number of sides must be that of the corners."""
    if condition["sides"] != len(condition["polygon_points"]):
        sketch.impossible()
    _of_kind(sketch, condition["polygon_points"], "regular")


def point_incenter(sketch: Sketch, condition: Condition) -> None:
    """Inside the triangle, on the bisectors of two of its angles."""
    point, corners = condition["point"], condition["triangle"]
    sketch.polygon(corners)
    for a, vertex, b in ((corners[2], corners[0], corners[1]), corners):
        sketch.wrap(2 * sketch.arg(vertex, point) - sketch.arg(vertex, a) - sketch.arg(vertex, b), FULL)
    for a, b, c in (corners, (*corners[1:], corners[0]), (corners[2], *corners[:2])):
        sketch.sides(point, c, (a, b))


def similarity(sketch: Sketch, condition: Condition) -> None:
    """Corresponding lengths, enough to fix the shape, have one quotient."""
    quotients = list(_quotients(sketch, *condition["polygons"]))
    for quotient in quotients[1:]:
        sketch.balance(quotient - quotients[0])


def congruence(sketch: Sketch, condition: Condition) -> None:
    """Corresponding lengths, enough to fix the shape, are equal."""
    for quotient in _quotients(sketch, *condition["polygons"]):
        sketch.balance(quotient)


def _quotients(sketch: Sketch, one: Sequence[str], other: Sequence[str]) -> Iterator[Size]:
    sketch.polygon(one)
    sketch.polygon(other)
    braces = [(0, 1), *(pair for k in range(2, len(one)) for pair in ((0, k), (1, k)))]
    for i, j in braces:
        yield sketch.size(one[i], one[j]) - sketch.size(other[i], other[j])


def _of_kind(sketch: Sketch, corners: Sequence[str], kind: str) -> None:
    fits, meaning = KINDS[kind]
    sketch.polygon(corners)
    if not fits(len(corners)):
        sketch.impossible()
        return
    meaning(sketch, corners)


def _parallelogram(sketch: Sketch, corners: Sequence[str]) -> None:
    a, b, c, d = corners
    sketch.balance(sketch.size(a, b) - sketch.size(d, c))
    sketch.wrap(sketch.arg(a, b) - sketch.arg(d, c), FULL)


def _rectangle(sketch: Sketch, corners: Sequence[str]) -> None:
    a, b, c, _ = corners
    _parallelogram(sketch, corners)
    sketch.right((a, b), (b, c))


def _rhombus(sketch: Sketch, corners: Sequence[str]) -> None:
    a, b, c, _ = corners
    _parallelogram(sketch, corners)
    sketch.balance(sketch.size(a, b) - sketch.size(b, c))


def _square(sketch: Sketch, corners: Sequence[str]) -> None:
    a, b, c, _ = corners
    _rhombus(sketch, corners)
    sketch.right((a, b), (b, c))


def _trapezoid(sketch: Sketch, corners: Sequence[str]) -> tuple[str, ...]:
    """The corners turned so that the first side is a base. Bases lead in opposite directions, legs are not parallel."""
    a, b, c, d = turned = tuple(corners) if sketch.choose(2) else (*corners[1:], corners[0])
    sketch.wrap(sketch.arg(a, b) - sketch.arg(d, c), FULL)
    sketch.bent(sketch.arg(b, c) - sketch.arg(a, d))
    return turned


def _isosceles_trapezoid(sketch: Sketch, corners: Sequence[str]) -> None:
    a, b, c, d = _trapezoid(sketch, corners)
    sketch.balance(sketch.size(b, c) - sketch.size(a, d))


def _right_trapezoid(sketch: Sketch, corners: Sequence[str]) -> None:
    a, b, c, d = _trapezoid(sketch, corners)
    sketch.right((a, b), ((b, c), (a, d))[sketch.choose(2)])


def _kite(sketch: Sketch, corners: Sequence[str]) -> None:
    a, b, c, d = corners if sketch.choose(2) else (*corners[1:], corners[0])
    sketch.balance(sketch.size(a, b) - sketch.size(a, d))
    sketch.balance(sketch.size(c, b) - sketch.size(c, d))


def _equilateral(sketch: Sketch, corners: Sequence[str]) -> None:
    for (a, b), (c, d) in pairwise(zip(corners, (*corners[1:], corners[0]), strict=True)):
        sketch.balance(sketch.size(a, b) - sketch.size(c, d))


def _isosceles(sketch: Sketch, corners: Sequence[str]) -> None:
    apex, one, other = _from_one(sketch, corners)
    sketch.balance(sketch.size(apex, one) - sketch.size(apex, other))


def _right(sketch: Sketch, corners: Sequence[str]) -> None:
    vertex, one, *_, other = _from_one(sketch, corners)
    sketch.right((vertex, one), (vertex, other))


def _isosceles_right(sketch: Sketch, corners: Sequence[str]) -> None:
    vertex, one, other = _from_one(sketch, corners)
    sketch.right((vertex, one), (vertex, other))
    sketch.balance(sketch.size(vertex, one) - sketch.size(vertex, other))


def _from_one(sketch: Sketch, corners: Sequence[str]) -> tuple[str, ...]:
    start = sketch.choose(len(corners))
    return (*corners[start:], *corners[:start])


def _convex(sketch: Sketch, corners: Sequence[str]) -> None:
    for a, b in zip(corners, (*corners[1:], corners[0]), strict=True):
        first, *rest = (name for name in corners if name not in (a, b))
        for other in rest:
            sketch.sides(first, other, (a, b))


def _regular(sketch: Sketch, corners: Sequence[str]) -> None:
    """Each side but the last two leads to the next by one turn, left or right throughout."""
    if len(corners) == _TRIANGLE:
        _equilateral(sketch, corners)
    elif len(corners) == _QUADRILATERAL:
        _square(sketch, corners)
    else:
        step = (1, -1)[sketch.choose(2)] * 2 * math.pi / len(corners)
        for (a, b), (c, d) in pairwise(pairwise(corners)):
            sketch.balance(sketch.size(a, b) - sketch.size(c, d))
            sketch.wrap(sketch.arg(c, d) - sketch.arg(a, b) - AngleTerm(constant=step), FULL)


def _any(_: int) -> bool:
    return True


def _three(corners: int) -> bool:
    return corners == _TRIANGLE


def _four(corners: int) -> bool:
    return corners == _QUADRILATERAL


def _trapezoid_only(sketch: Sketch, corners: Sequence[str]) -> None:
    _trapezoid(sketch, corners)


KINDS: Final[Mapping[str, tuple[Callable[[int], bool], Callable[[Sketch, Sequence[str]], None]]]] = {
    "parallelogram": (_four, _parallelogram),
    "rectangle": (_four, _rectangle),
    "rhombus": (_four, _rhombus),
    "square": (_four, _square),
    "trapezoid": (_four, _trapezoid_only),
    "isosceles_trapezoid": (_four, _isosceles_trapezoid),
    "right_trapezoid": (_four, _right_trapezoid),
    "kite": (_four, _kite),
    "equilateral": (_any, _equilateral),
    "isosceles": (_three, _isosceles),
    "right": (_any, _right),
    "isosceles_right": (_three, _isosceles_right),
    "convex": (_any, _convex),
    "regular": (_any, _regular),
}
"""Property → how many corners it can have, and what it says."""

MEANING: Final[Mapping[str, Callable[[Sketch, Condition], None]]] = {
    "triangle_valid": triangle_valid,
    "isosceles_triangle": isosceles_triangle,
    "right_triangle": right_triangle,
    "polygon_property": polygon_property,
    "polygon_type": polygon_type,
    "square": square,
    "regular_polygon": regular_polygon,
    "point_incenter": point_incenter,
    "similarity": similarity,
    "congruence": congruence,
}
