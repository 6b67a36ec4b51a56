"""Arcs with their sizes: in angles, along circles, from a point to where it is turned.

In: conditions and a `Sheet`. Out: marks, and the texts that still need a place. It places no text.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from asyncgeo.figure.draw import Point
from asyncgeo.figure.plane import TOUCH, circumcentre, cross, dot, unit
from asyncgeo.figure.strokes import Sheet, turned
from asyncgeo.schema.conditions import TYPE, Condition

_RADIUS: Final = 20.0  # of an angle's arc
_WIDER: Final = 5.0  # each further arc at one vertex
_SPOKE: Final = 0.7  # of the shorter side: how far out an arc may be
_TURN: Final = 32.0  # radius of the arc of a rotation, outside of the angles
_HEAD: Final = 6.0  # length of an arrow head
_HALF: Final = 180.0
_BY_WAY: Final = ("point_on_arc", "midpoint_of_arc")
_REACHES: Final = ((13, 20, 28, 38, 50), (20, 28, 38, 50, 64, 80))  # of a text from its arc; of a long one
_LONG: Final = 4
_OUT: Final = 8.0
_ASIDE: Final = 15.0  # beside the angle, if nowhere in it: so far out of the arc, and so far from the side
_STEP: Final = math.pi / 8  # between places along a path


@dataclass(frozen=True, slots=True)
class Wish:
    """A text and the places it may take, best first; each is the centre of its box."""

    text: str
    places: tuple[Point, ...]
    kind: str


class Mark(NamedTuple):
    """SVG path data, and places along the path."""

    path: str
    places: tuple[Point, ...]


@dataclass(slots=True)
class Marks:
    """What is drawn, and texts to be placed.

    `asked` is what marks the quantity asked for, `areas` are filled, `arcs` are parts of circles that are not drawn.
    """

    drawn: list[Mark] = field(default_factory=list)
    arcs: list[Mark] = field(default_factory=list)
    asked: list[Mark] = field(default_factory=list)
    areas: list[str] = field(default_factory=list)
    wishes: list[Wish] = field(default_factory=list)


class Rings:
    """How many arcs a vertex has: a second one is wider."""

    def __init__(self) -> None:
        self._used: dict[Point, int] = {}

    def radius(self, a: Point, vertex: Point, b: Point, least: float = _RADIUS) -> float:
        """Of the next arc in the angle."""
        ring = self._used[vertex] = self._used.get(vertex, -1) + 1
        return min(least + _WIDER * ring, _SPOKE * math.dist(vertex, a), _SPOKE * math.dist(vertex, b))


def mark_angles(conditions: Iterable[Condition], sheet: Sheet, marks: Marks, rings: Rings) -> None:
    """Arcs with values; angles said to be equal get arcs without."""
    for condition in conditions:
        text = f"{condition['value']:g}°" if condition[TYPE] == "angle_value" else ""
        for angle in _angles(condition):
            if sheet.points.keys() >= set(angle):
                a, vertex, b = (sheet.points[name] for name in angle)
                drawn, wish = arc(a, vertex, b, rings.radius(a, vertex, b), text)
                marks.drawn.append(drawn)
                marks.wishes.extend([wish] if text else [])
        _mark_turn(condition, sheet, marks, rings)
        _mark_arc(condition, sheet, marks)


def _angles(condition: Condition) -> Iterator[Sequence[str]]:
    match condition:
        case {"type": "angle_value", "points": [angle], "value": value} if value not in (0, 90, 180):
            yield angle
        case {"type": "angle_equality", "points": listed}:
            yield from listed
        case {"type": "angle_bisector", "line": [*ends], "angle_points": [a, vertex, b]} if vertex in ends:
            inner = next((name for name in ends if name != vertex), vertex)
            yield from ((a, vertex, inner), (inner, vertex, b))


def _mark_turn(condition: Condition, sheet: Sheet, marks: Marks, rings: Rings) -> None:
    """An arrow from a point to its image, with the angle where it is given."""
    turn = turned(condition, sheet.points)
    if turn is None:
        return
    angle = condition.get("angle")
    radius = rings.radius(*turn, _TURN)
    drawn, wish = arc(*turn, radius, "" if angle is None else f"{angle:g}°", large=(angle or 0) > _HALF)
    marks.drawn += [drawn, _head(drawn.places, radius)]
    marks.wishes.extend([wish] if angle is not None else [])


def _mark_arc(condition: Condition, sheet: Sheet, marks: Marks) -> None:
    """An arc of a given size along its circle; one whose circle is not drawn, from end to end by way of its point."""
    if not sheet.points.keys() >= {*condition.get("arc", ("",)), condition.get("point", *condition.get("arc", ())[:1])}:
        return
    a, b = (sheet.points[name] for name in condition["arc"])
    centre = centre_of_arc(a, b, condition.get("circle_center", ""), sheet)
    if condition[TYPE] == "arc_measure" and centre is not None:
        size = condition["value"]
        drawn, wish = arc(a, centre, b, math.dist(centre, a), f"{size:g}°", large=size > _HALF)
        marks.drawn.append(drawn)
        marks.wishes.append(wish)
    elif condition[TYPE] in _BY_WAY and centre is None:
        way = sheet.points[condition["point"]]
        if (middle := circumcentre(a, way, b)) is not None:
            large = cross(unit(a, b), unit(a, way)) * cross(unit(a, b), unit(a, middle)) > 0
            marks.arcs.append(arc(a, middle, b, math.dist(middle, a), "", large=large)[0])


def centre_of_arc(a: Point, b: Point, named: str, sheet: Sheet) -> Point | None:
    """The named centre, or that of a circle through both ends."""
    if named:
        return sheet.points.get(named)
    through = (
        centre
        for centre, radius in sheet.circles
        if all(abs(math.dist(centre, place) - radius) < TOUCH for place in (a, b))
    )
    return next(through, None)


def arc(
    a: Point, vertex: Point, b: Point, radius: float, text: str, *, large: bool = False, kind: str = "angle"
) -> tuple[Mark, Wish]:
    """The arc from one side of the angle to the other, the long way round if it is `large`, and its text outside it."""
    u, v = unit(vertex, a), unit(vertex, b)
    half = math.acos(max(-1.0, min(1.0, dot(u, v)))) / 2
    onward = 1.0 if cross(u, v) > 0 else -1.0
    if large:
        half, onward = math.pi - half, -onward
    first = math.atan2(u[1], u[0])
    steps = max(2, math.ceil(2 * half / _STEP))
    places = [_off(vertex, radius, first + onward * 2 * half * k / steps) for k in range(steps + 1)]
    ends = f"{places[0][0]:.1f},{places[0][1]:.1f}", f"{places[-1][0]:.1f},{places[-1][1]:.1f}"
    path = f"M{ends[0]}A{radius:.1f},{radius:.1f} 0 {int(large)} {int(onward > 0)} {ends[1]}"
    turns = [first + onward * half * share for share in (1.0, 1.35, 0.65)]
    wished = [_off(vertex, radius + reach, turn) for reach in _REACHES[len(text) > _LONG] for turn in turns]
    aside = _ASIDE / (radius + _OUT)
    wished += [_off(vertex, radius + _OUT, first + onward * turn) for turn in (2 * half + aside, -aside)]
    return Mark(path, tuple(places)), Wish(text, tuple(wished), kind)


def _head(places: Sequence[Point], radius: float) -> Mark:
    """An arrow head at the end of an arc, along its tangent and a little inward, as the arc bends."""
    (px, py), (x, y) = places[-2:]
    chord = math.dist(places[-2], places[-1])
    bend = math.asin(min(1.0, chord / (2 * radius or 1.0))) - _HEAD / (2 * radius or 1.0)
    onward = 1.0 if cross(unit(places[-3], places[-2]), unit(places[-2], places[-1])) > 0 else -1.0
    along = math.atan2(y - py, x - px) + onward * bend
    back = [_off((x, y), _HEAD, along + math.pi + side) for side in (0.5, -0.5)]
    return path([back[0], (x, y), back[1]])


def path(places: Iterable[Point]) -> Mark:
    """Straight from place to place."""
    listed = tuple(places)
    return Mark("M" + "L".join(f"{x:.1f},{y:.1f}" for x, y in listed), listed)


def _off(place: Point, reach: float, turn: float) -> Point:
    return place[0] + reach * math.cos(turn), place[1] + reach * math.sin(turn)
