"""Points and strokes in pixels: what lies where.

In: places. Out: distances, feet, crossings. It knows no figure.
"""

import math
from typing import Final

from asyncgeo.figure.draw import Point

Stroke = tuple[Point, Point]

TOUCH: Final = 0.5
"""Pixels: what is this near is on it."""
_PARALLEL: Final = 1e-9


def unit(a: Point, b: Point) -> Point:
    """The direction from one place to another, of length 1."""
    length = math.dist(a, b) or 1.0
    return (b[0] - a[0]) / length, (b[1] - a[1]) / length


def dot(u: Point, v: Point) -> float:
    """Their scalar product."""
    return u[0] * v[0] + u[1] * v[1]


def cross(u: Point, v: Point) -> float:
    """Positive where v is clockwise of u on paper, y downwards."""
    return u[0] * v[1] - u[1] * v[0]


def at(a: Point, b: Point, share: float) -> Point:
    """The place that divides the way from a to b."""
    return a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])


def meet(one: Stroke, other: Stroke) -> Point | None:
    """Where the lines of two strokes cross; None for parallels."""
    (a, b), (c, d) = one, other
    step, along = (b[0] - a[0], b[1] - a[1]), (d[0] - c[0], d[1] - c[1])
    turn = cross(step, along)
    return None if abs(turn) < _PARALLEL else at(a, b, cross((c[0] - a[0], c[1] - a[1]), along) / turn)


def beyond(place: Point, stroke: Stroke) -> float:
    """How far a place on the stroke's line lies outside it."""
    a, b = stroke
    return max(math.dist(place, a), math.dist(place, b)) - math.dist(a, b)


def foot(place: Point, stroke: Stroke) -> Point:
    """The place on the stroke's line that is nearest."""
    a, u = stroke[0], unit(*stroke)
    along = dot((place[0] - a[0], place[1] - a[1]), u)
    return a[0] + along * u[0], a[1] + along * u[1]


def carries(stroke: Stroke, place: Point) -> bool:
    """Whether the place is on the stroke."""
    (ax, ay), (bx, by), (x, y) = *stroke, place
    if not (min(ax, bx) - TOUCH < x < max(ax, bx) + TOUCH and min(ay, by) - TOUCH < y < max(ay, by) + TOUCH):
        return False
    return abs(cross((bx - ax, by - ay), (x - ax, y - ay))) < TOUCH * math.hypot(bx - ax, by - ay)


def nearest_end(place: Point, stroke: Stroke) -> Point:
    """The end of the stroke from which it is extended to the place."""
    return min(stroke, key=lambda end: math.dist(end, place))


def circumcentre(a: Point, b: Point, c: Point) -> Point | None:
    """The centre of the circle through three places; None where they are on one line."""
    turn = 2 * cross((b[0] - a[0], b[1] - a[1]), (c[0] - a[0], c[1] - a[1]))
    if abs(turn) < _PARALLEL:
        return None
    (bx, by), (cx, cy) = ((x - a[0], y - a[1]) for x, y in (b, c))
    return a[0] + (cy * (bx**2 + by**2) - by * (cx**2 + cy**2)) / turn, a[1] + (
        bx * (cx**2 + cy**2) - cx * (bx**2 + by**2)
    ) / turn
