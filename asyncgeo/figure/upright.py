"""Which way up a figure lies on paper: turned, and mirrored where nothing says which way round it goes.

In: conditions, objects, a `Figure`. Out: a motion of the plane, y upwards. It knows no sheet but its proportions.

As textbooks have it: what is above a line, above it; else a diameter AB from left to right; else the first polygon with
A above BC, a trapezoid on its longer base. Of these the first that does not make the figure much smaller than another.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from asyncgeo.figure.draw import Figure, Point
from asyncgeo.figure.joined import NamePair, closed, pairs, polygons
from asyncgeo.schema.conditions import TYPE, Condition
from asyncgeo.schema.records import RequiredObjects

_PROPORTION: Final = 1.3  # of the room on a sheet, width to height
_SMALLER: Final = 0.7  # a figure may be this much smaller than the largest for the sake of its usual place
_TRAPEZOIDS: Final = ("trapezoid", "isosceles_trapezoid", "right_trapezoid")
_FLAT: Final = 1e-6


class Upright:
    """A turn about the origin, after which up and down may change places."""

    def __init__(self, a: Point, b: Point, *, mirrored: bool = False) -> None:
        radians = -math.atan2(b[1] - a[1], b[0] - a[0])
        self._cos, self._sin = math.cos(radians), math.sin(radians)
        self._up = -1.0 if mirrored else 1.0

    def __call__(self, place: Point) -> Point:
        """Where the place comes to lie."""
        x, y = place
        return x * self._cos - y * self._sin, self._up * (x * self._sin + y * self._cos)


class _Base(NamedTuple):
    """What may lie level, from left to right, and what should be above it."""

    left: Point
    right: Point
    above: Point


def upright(conditions: Sequence[Condition], objects: RequiredObjects, figure: Figure) -> Upright:
    """The motion."""
    fixed = any("direction" in condition for condition in conditions)
    above = list(_told(conditions, figure))
    laid = [_laid(base, fixed=fixed) for base in above or _bases(conditions, objects, figure)]
    if not laid:
        return Upright((0.0, 0.0), (1.0, 0.0))
    sizes = [_size(figure, turn) for turn in laid]
    return next(turn for turn, size in zip(laid, sizes, strict=True) if size >= _SMALLER * max(sizes))


def _laid(base: _Base, *, fixed: bool) -> Upright:
    """Level; where the rest would be below, mirrored, or turned round where the way round is `fixed`."""
    turn = Upright(base.left, base.right)
    if turn(base.above)[1] >= turn(base.left)[1] - _FLAT:
        return turn
    return Upright(base.right, base.left) if fixed else Upright(base.left, base.right, mirrored=True)


def _told(conditions: Iterable[Condition], figure: Figure) -> Iterator[_Base]:
    """Lines that something is said to be above."""
    for condition in conditions:
        match condition:
            case {"type": "point_above_line", "line": [a, b], "point": top}:
                yield _Base(figure.points[a], figure.points[b], figure.points[top])
            case {"type": "point_above_line", "line": [name], "point": top}:
                yield _Base(*figure.lines[name], figure.points[top])
            case {"type": "point_height", "point": top}:
                yield _Base(*figure.lines["ground"], figure.points[top])


def _bases(conditions: Sequence[Condition], objects: RequiredObjects, figure: Figure) -> Iterator[_Base]:
    """What usually lies level, the usual first: of polygons a side with its other corners above it."""
    if not figure.points:
        return
    known = [corners for corners in polygons(conditions, objects) if figure.points.keys() >= set(corners)]
    for corners, (a, b) in (
        *_parallel_sides(conditions, figure),
        *((figure.points, ends) for ends in _diameters(conditions)),
        *((known[0], side) for side in (_sides(known[0], figure) if known else ())),
        *((figure.points, pair) for pair in (() if known else _longest(pairs(conditions, objects), figure))),
    ):
        yield _Base(figure.points[a], figure.points[b], _mean(figure.points[name] for name in corners))


def _parallel_sides(conditions: Iterable[Condition], figure: Figure) -> Iterator[tuple[Sequence[str], NamePair]]:
    """Of each trapezoid its corners and its longer base."""
    for condition in conditions:
        if condition.get("property") in _TRAPEZOIDS and len(condition["polygon"]) == 4:  # noqa: PLR2004
            a, b, c, d = condition["polygon"]
            one, other = ((a, b), (d, c)), ((b, c), (a, d))
            bases: tuple[NamePair, NamePair] = min(
                (one, other), key=lambda pair: _slant(*(_step(figure, *side) for side in pair))
            )
            yield condition["polygon"], max(bases, key=lambda side: math.hypot(*_step(figure, *side)))


def _diameters(conditions: Iterable[Condition]) -> Iterator[NamePair]:
    for condition in conditions:
        if condition[TYPE] == "diameter":
            a, b = condition["segment"]
            yield a, b


def _sides(corners: Sequence[str], figure: Figure) -> Iterator[NamePair]:
    """The second side, with the first corner above it; else the longest, else any."""
    ring = list(closed(corners))
    yield ring[1]
    yield from _longest((ring[0], *((b, a) for a, b in ring[2:])), figure)


def _longest(joined: Iterable[NamePair], figure: Figure) -> list[NamePair]:
    known = [(a, b) for a, b in joined if a in figure.points and b in figure.points]
    return sorted(known, key=lambda pair: -round(math.hypot(*_step(figure, *pair)), 6))


def _size(figure: Figure, turn: Upright) -> float:
    """How large the figure may be drawn; circles count as far as they go beyond its points."""
    places = [turn(place) for place in figure.points.values()]
    xs, ys = [x for x, _ in places], [y for _, y in places]
    widest = max((2 * radius for _, _, radius in figure.circles), default=0.0)
    return 1.0 / max(max(xs) - min(xs), _PROPORTION * (max(ys) - min(ys)), widest, 1e-9)


def _step(figure: Figure, a: str, b: str) -> Point:
    (ax, ay), (bx, by) = figure.points[a], figure.points[b]
    return bx - ax, by - ay


def _slant(one: Point, other: Point) -> float:
    """0 for parallels, up to 1."""
    return abs(one[0] * other[1] - one[1] * other[0]) / (math.hypot(*one) * math.hypot(*other) or 1.0)


def _mean(places: Iterable[Point]) -> Point:
    listed = list(places)
    return sum(x for x, _ in listed) / len(listed), sum(y for _, y in listed) / len(listed)
