"""A figure → the value of what is asked of it.

In: an `Asked` and a `Figure`. Out: a number: degrees for angles and arcs, the problem's own unit for lengths and its
square for areas, else a plain number; None where the figure lacks a point or a circle of it. It knows no key.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Final

from asyncgeo.figure.draw import Figure, Point
from asyncgeo.schema.asked import Asked, Measure, MeasureKind, Sum

_WHOLE: Final = 360
_SAME: Final = 1e-6
"""Relative difference of two distances that are one radius; figures are exact to 1e-9."""


def measure(asked: Asked, figure: Figure) -> float | None:
    """The value of the quantity in the figure."""
    try:
        value = _sum(asked.terms, figure)
        return value / _sum(asked.over, figure) if asked.over else value
    except (_Missing, ZeroDivisionError):
        return None


def lacking(asked: Asked, figure: Figure) -> str:
    """What the figure lacks, in words; empty where it can be measured."""
    if absent := sorted(asked.points - figure.points.keys()):
        return f"the parse does not speak of {', '.join(absent)}"
    try:
        _sum((*asked.terms, *asked.over), figure)
    except _Missing as error:
        return str(error)
    return ""


class _Missing(Exception):
    """The figure lacks something."""


def _sum(terms: Sum, figure: Figure) -> float:
    return sum(factor * _MEASURES[each.kind](each, figure) for factor, each in terms)


def _places(measure: Measure, figure: Figure) -> list[Point]:
    """The points of the measure. Raises _Missing where one of them is not there."""
    try:
        return [figure.points[name] for name in measure.names]
    except KeyError as error:
        raise _Missing(f"the parse does not speak of {error.args[0]}") from None


def _angle(measure: Measure, figure: Figure) -> float:
    a, vertex, b = _places(measure, figure)
    return _between(a, vertex, b)


def _between(a: Point, vertex: Point, b: Point) -> float:
    """The angle in degrees, 0…180."""
    (x, y), (u, v) = _step(vertex, a), _step(vertex, b)
    return math.degrees(abs(math.atan2(x * v - y * u, x * u + y * v)))


def _step(a: Point, b: Point) -> Point:
    return b[0] - a[0], b[1] - a[1]


def _length(measure: Measure, figure: Figure) -> float:
    return math.dist(*_places(measure, figure))


def _distance(measure: Measure, figure: Figure) -> float:
    point, a, b = _places(measure, figure)
    return 2 * _shoelace((point, a, b)) / math.dist(a, b)


def _perimeter(measure: Measure, figure: Figure) -> float:
    corners = _places(measure, figure)
    return sum(math.dist(*side) for side in pairwise([*corners, corners[0]]))


def _area(measure: Measure, figure: Figure) -> float:
    return _shoelace(_places(measure, figure))


def _shoelace(corners: Sequence[Point]) -> float:
    return abs(sum(a * d - b * c for (a, b), (c, d) in pairwise([*corners, corners[0]]))) / 2


def _radius(measure: Measure, figure: Figure) -> float:
    (centre,) = measure.names
    return _radius_about(centre, figure)


def _radius_about(centre: str, figure: Figure) -> float:
    radii = [radius for name, _, radius in figure.circles if name == centre]
    if len(radii) != 1:
        raise _Missing(f"the parse has {'several circles' if radii else 'no circle'} about {centre}")
    return radii[0]


def _arc(measure: Measure, figure: Figure) -> float:
    """Degrees; an arc of no type is the minor one."""
    a, b = _places(measure, figure)
    if measure.arc_type == "semicircle":
        return _WHOLE / 2
    centre, _ = _circle_of(measure, figure)
    minor = _between(a, centre, b)
    return _WHOLE - minor if measure.arc_type == "major" else minor


def _circle_of(measure: Measure, figure: Figure) -> tuple[Point, float]:
    """The circle of an arc: the one named, or the only one through both ends."""
    if measure.center:
        if measure.center not in figure.points:
            raise _Missing(f"the parse does not speak of {measure.center}")
        return figure.points[measure.center], math.dist(figure.points[measure.center], figure.points[measure.names[0]])
    found = list(_circles_through(_places(measure, figure), figure))
    if len(found) != 1:
        raise _Missing(f"it is not one circle that passes through {' and '.join(measure.names)}")
    return found[0]


def _circles_through(ends: Sequence[Point], figure: Figure) -> Iterator[tuple[Point, float]]:
    for _, centre, radius in figure.circles:
        if all(math.isclose(math.dist(centre, end), radius, rel_tol=_SAME) for end in ends):
            yield centre, radius


def _arc_length(measure: Measure, figure: Figure) -> float:
    _, radius = _circle_of(measure, figure)
    return math.radians(_arc(measure, figure)) * radius


def _sector(measure: Measure, figure: Figure) -> float:
    _, radius = _circle_of(measure, figure)
    return math.radians(_arc(measure, figure)) * radius**2 / 2


_MEASURES: Final[Mapping[MeasureKind, Callable[[Measure, Figure], float]]] = {
    "angle": _angle,
    "arc": _arc,
    "length": _length,
    "distance": _distance,
    "radius": _radius,
    "diameter": lambda measure, figure: 2 * _radius(measure, figure),
    "circumference": lambda measure, figure: 2 * math.pi * _radius(measure, figure),
    "disc": lambda measure, figure: math.pi * _radius(measure, figure) ** 2,
    "perimeter": _perimeter,
    "area": _area,
    "arc_length": _arc_length,
    "sector": _sector,
    "sine": lambda measure, figure: math.sin(math.radians(_angle(measure, figure))),
    "cosine": lambda measure, figure: math.cos(math.radians(_angle(measure, figure))),
    "tangent": lambda measure, figure: math.tan(math.radians(_angle(measure, figure))),
}
"""How each kind is measured."""
