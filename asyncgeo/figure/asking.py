"""The quantity asked for, marked: a question mark at an angle, a segment or an arc, a tint for an area.

In: what is asked, and a `Sheet`. Out: marks, and the texts that still need a place. It computes no quantity.
"""

import math
from collections.abc import Iterator, Sequence
from typing import Final

from asyncgeo.figure.arcs import Marks, Rings, Wish, arc, centre_of_arc, path
from asyncgeo.figure.draw import Point
from asyncgeo.figure.plane import at, foot
from asyncgeo.figure.strokes import Sheet
from asyncgeo.schema.asked import Asked, Measure

_KIND: Final = "asked"
_RADIUS: Final = 15.0  # of an asked angle's arc: inside of those that are given
_SECOND: Final = 3.0  # between the two arcs of an asked angle
_LETTERS: Final = {
    "radius": "r=?",
    "diameter": "d=?",
    "circumference": "C=?",
    "disc": "S=?",
    "perimeter": "C=?",
    "area": "S=?",
    "sector": "S=?",
    "sine": "sin=?",
    "cosine": "cos=?",
    "tangent": "tan=?",
}
"""What textbooks write before the equals sign."""


def mark_asked(asked: Asked, sheet: Sheet, marks: Marks, rings: Rings) -> None:
    """Every measure of it, each once."""
    for measure in dict.fromkeys(measure for _, measure in (*asked.terms, *asked.over)):
        if sheet.points.keys() >= {name for name in (*measure.names, measure.center) if name}:
            _mark(measure, sheet, marks, rings)


def _mark(measure: Measure, sheet: Sheet, marks: Marks, rings: Rings) -> None:
    places = [sheet.points[name] for name in measure.names]
    text = _LETTERS.get(measure.kind, "?")
    match measure.kind:
        case "angle" | "sine" | "cosine" | "tangent":
            _mark_angle(places, text, marks, rings)
        case "length":
            marks.wishes.append(Wish(text, tuple(beside(places[0], places[1])), _KIND))
        case "distance":
            marks.wishes.append(Wish(text, tuple(beside(places[0], foot(places[0], (places[1], places[2])))), _KIND))
        case "radius" | "diameter" | "circumference" | "disc":
            marks.wishes.append(Wish(text, under(places[0]), _KIND))
        case "perimeter" | "area":
            if measure.kind == "area":
                marks.areas.append(path(places).path + "Z")
            marks.wishes.append(Wish(text, inside(places), _KIND))
        case "arc" | "arc_length" | "sector":
            _mark_arc(measure, text, sheet, marks)


def _mark_angle(places: list[Point], text: str, marks: Marks, rings: Rings) -> None:
    """Two arcs, close together, which no given angle has."""
    a, vertex, b = places
    radius = rings.radius(a, vertex, b, _RADIUS)
    inner, wish = arc(a, vertex, b, radius, text, kind=_KIND)
    outer, _ = arc(a, vertex, b, radius + _SECOND, "", kind=_KIND)
    marks.asked += [inner, outer]
    marks.wishes.append(wish)


def _mark_arc(measure: Measure, text: str, sheet: Sheet, marks: Marks) -> None:
    """Along the circle, or filled as a sector; the minor arc where nothing says which."""
    a, b = (sheet.points[name] for name in measure.names)
    centre = centre_of_arc(a, b, measure.center, sheet)
    if centre is None:
        return
    radius = math.dist(centre, a)
    drawn, wish = arc(a, centre, b, radius, text, large=measure.arc_type == "major", kind=_KIND)
    if measure.kind == "sector":
        marks.areas.append(f"{drawn.path}L{centre[0]:.1f},{centre[1]:.1f}Z")
        wish = Wish(text, tuple(at(centre, place, 0.5) for place in wish.places), _KIND)
    else:
        marks.asked.append(drawn)
    marks.wishes.append(wish)


def beside(a: Point, b: Point) -> Iterator[Point]:
    """Places along both sides of a stroke, the middle first."""
    length = math.dist(a, b) or 1.0
    across = -(b[1] - a[1]) / length, (b[0] - a[0]) / length
    for gap in (11, 16):
        for share in (0.5, 0.4, 0.6, 0.3, 0.7):
            x, y = a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])
            yield x + gap * across[0], y + gap * across[1]
            yield x - gap * across[0], y - gap * across[1]


def under(place: Point) -> tuple[Point, ...]:
    """Places around a centre, below it first."""
    x, y = place
    return tuple((x + right, y + down) for down in (14, -14, 22) for right in (0, 18, -18))


def inside(corners: Sequence[Point]) -> tuple[Point, ...]:
    """Places about the middle of a polygon, then halfway from there to its sides and corners."""
    middle = sum(x for x, _ in corners) / len(corners), sum(y for _, y in corners) / len(corners)
    sides = [at(a, b, 0.5) for a, b in zip(corners, (*corners[1:], corners[0]), strict=True)]
    near = ((middle[0] + right, middle[1] + down) for down in (0, 12, -12) for right in (0, 14, -14))
    return *near, *(at(middle, place, 0.5) for place in (*sides, *corners))
