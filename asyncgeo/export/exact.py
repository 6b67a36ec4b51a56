"""Places moved by their last bits, so that points said to be on a line are there as exactly as doubles allow.

In: places, and which points are on which lines. Out: places. A program that asks for the rank of a matrix of
differences accepts a point that is off its line by 1e-16 of its size, and none that a solver left 1e-12 off.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import product
from typing import Final, NamedTuple

from asyncgeo.figure import Point
from asyncgeo.schema.conditions import Condition

_ROUNDS: Final = 8
"""The ends of a line may be on lines themselves, and so on; no figure is built deeper."""
_UNITS: Final = range(-2, 3)  # in the last place, among which the best place is looked for
_FARTHEST: Final = 1e-6  # of the line's length; what is farther off is no matter of rounding
_LINES: Final = 2  # that a point can be put on


class OnLine(NamedTuple):
    """A point, and two others of its line."""

    point: str
    ends: tuple[str, str]


def points_on_lines(conditions: Iterable[Condition]) -> Iterator[OnLine]:
    """What the conditions say of points on lines."""
    for condition in conditions:
        match condition:
            case {"type": "collinear" | "order_on_line", "points": [first, *inner, last]}:
                yield from (OnLine(each, (first, last)) for each in inner)
            case {
                "type": "point_on_segment" | "point_on_segment_extension" | "midpoint_of",
                "point": point,
                "segment": [a, b],
            }:
                yield OnLine(point, (a, b))
            case {"type": "point_on_line_extension", "point": point, "line_segment": [a, b]}:
                yield OnLine(point, (a, b))
            case {"type": "point_on_line", "point": point, "line": [a, b]}:
                yield OnLine(point, (a, b))


def settle(places: Mapping[str, Point], lines: Iterable[OnLine]) -> dict[str, Point]:
    """The places, those of points on lines as near to their lines as doubles come."""
    through: dict[str, list[tuple[str, str]]] = {}
    for point, ends in lines:
        if {point, *ends} <= places.keys() and len({places[each] for each in (point, *ends)}) == len(ends) + 1:
            named = through.setdefault(point, [])
            named.extend([ends] if all({*ends} != {*each} for each in named) else ())
    found = dict(places)
    for _ in range(_ROUNDS):
        before = dict(found)
        for point, named in through.items():
            found[point] = _nearest(found[point], [(found[a], found[b]) for a, b in named[:_LINES]])
        if found == before:
            break
    return found


def _nearest(place: Point, lines: Sequence[tuple[Point, Point]]) -> Point:
    """The double nearest to all the lines, about where the place is."""
    exact = [_ExactLine.through(*ends) for ends in lines]
    if any(each.off(place) > _FARTHEST for each in exact):
        return place
    x, y = exact[0].foot(place)
    if len(exact) == _LINES and (crossing := exact[0].meets(exact[1])) and math.dist(crossing, place) <= _FARTHEST:
        x, y = crossing
    near = [(x + i * math.ulp(x), y + j * math.ulp(y)) for i, j in product(_UNITS, _UNITS)]
    return min((place, *near), key=lambda each: max(line.off(each) for line in exact))


class _ExactLine(NamedTuple):
    """ax + by = c, in numbers that do not round; `length` is a double."""

    a: Fraction
    b: Fraction
    c: Fraction
    length: float

    @classmethod
    def through(cls, one: Point, other: Point) -> "_ExactLine":
        (x, y), (u, v) = map(Fraction, one), map(Fraction, other)
        return cls(y - v, u - x, u * y - x * v, math.dist(one, other))

    def off(self, place: Point) -> float:
        """The distance of the place, in lengths of the line."""
        return abs(float(self.a * Fraction(place[0]) + self.b * Fraction(place[1]) - self.c)) / self.length**2

    def foot(self, place: Point) -> Point:
        x, y = map(Fraction, place)
        share = (self.a * x + self.b * y - self.c) / (self.a**2 + self.b**2)
        return float(x - share * self.a), float(y - share * self.b)

    def meets(self, other: "_ExactLine") -> Point | None:
        cross = self.a * other.b - other.a * self.b
        if not cross:
            return None
        return (
            float((self.c * other.b - other.c * self.b) / cross),
            float((self.a * other.c - other.a * self.c) / cross),
        )
