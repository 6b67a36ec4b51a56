"""What is marked in a figure: right angles, equal lengths, parallels, sizes of angles, lengths, what is asked for.

In: conditions, the quantity asked for and a `Sheet`. Out: `Marks`: paths, and the texts that still need a place. It
places no text.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from asyncgeo.figure.arcs import Mark, Marks, Rings, Wish, mark_angles, path
from asyncgeo.figure.asking import beside, inside, mark_asked, under
from asyncgeo.figure.draw import Point
from asyncgeo.figure.plane import Stroke, beyond, dot, meet, unit
from asyncgeo.figure.strokes import Sheet
from asyncgeo.schema.asked import Asked
from asyncgeo.schema.conditions import TYPE, Condition

_SQUARE: Final = 9.0  # side of the mark of a right angle
_TICK: Final = 5.0  # half the length of a tick
_GAP: Final = 4.0  # between ticks of one mark
_ALONG: Final = (0.5, 0.44, 0.56, 0.38, 0.62, 0.3, 0.7)  # where on a stroke its ticks may stand, best first
_NEAR: Final = 8.0  # how far outside both strokes, of which one is extended, a foot still gets its mark


def mark(conditions: Sequence[Condition], sheet: Sheet, asked: Asked | None) -> Marks:
    """Every mark that the conditions ask for, each once, and those of the question."""
    marks, rings = Marks(), Rings()
    for drawn in (_right_angles(conditions, sheet), _ticks(conditions, sheet), _arrows(conditions, sheet)):
        marks.drawn.extend(dict.fromkeys(drawn))
    if asked is not None:
        mark_asked(asked, sheet, marks, rings)
    mark_angles(conditions, sheet, marks, rings)
    for condition in conditions:
        marks.wishes.extend(_numbers(condition, sheet))
    return marks


def _numbers(condition: Condition, sheet: Sheet) -> Iterator[Wish]:
    """Lengths beside their segments, radii below their centres, areas in the middle of their polygons."""
    match condition:
        case {"type": "distance_equals", "segment": segment, "value": value} if ends := sheet.ends(segment):
            yield Wish(f"{value:g}", tuple(beside(*ends)), "length")
        case {"type": "radius", "circle_center": centre, "value": value} if centre in sheet.points:
            yield Wish(f"r={value:g}", under(sheet.points[centre]), "length")
        case {"type": "area", "polygon": corners, "value": value} if sheet.points.keys() >= set(corners):
            yield Wish(f"S={value:g}", inside([sheet.points[name] for name in corners]), "length")


def _right_angles(conditions: Iterable[Condition], sheet: Sheet) -> Iterator[Mark]:
    for condition in conditions:
        match condition:
            case {"type": "perpendicular", "objects": [one, other]} if (a := sheet.ends(one)) and (
                b := sheet.ends(other)
            ):
                yield from _square_at_foot(a, b)
            case {"type": "angle_value", "points": [[a, vertex, b]], "value": 90}:
                yield from _square_of(sheet, a, vertex, b)
            case {"type": "right_triangle", "points": points, "right_angle": vertex} if vertex in points:
                one, other = (name for name in points if name != vertex)
                yield from _square_of(sheet, one, vertex, other)
            case {"type": "perpendicular_bisector", "line": line, "segment": segment}:
                if (across := sheet.ends(line)) and (ends := sheet.ends(segment)):
                    yield from _square_at_foot(across, ends)
            case {"type": "tangent_at_point", "point": point, "line": line, "circle_center": centre}:
                if sheet.joins(point, centre) and (ends := sheet.ends(line)):
                    yield from _square_at_foot((sheet.points[point], sheet.points[centre]), ends)


def _square_of(sheet: Sheet, a: str, vertex: str, b: str) -> Iterator[Mark]:
    if {a, vertex, b} <= sheet.points.keys():
        yield _square(sheet.points[vertex], sheet.points[a], sheet.points[b])


def _square_at_foot(one: Stroke, other: Stroke) -> Iterator[Mark]:
    foot = meet(one, other)
    if foot is not None and min(beyond(foot, stroke) for stroke in (one, other)) < _NEAR:
        yield _square(foot, max(one, key=lambda p: math.dist(p, foot)), max(other, key=lambda p: math.dist(p, foot)))


def _square(vertex: Point, a: Point, b: Point) -> Mark:
    u, v = unit(vertex, a), unit(vertex, b)
    side = min(_SQUARE, 0.4 * math.dist(vertex, a), 0.4 * math.dist(vertex, b))
    corners = [(side * u[0], side * u[1]), (side * (u[0] + v[0]), side * (u[1] + v[1])), (side * v[0], side * v[1])]
    return path((vertex[0] + x, vertex[1] + y) for x, y in corners)


def _ticks(conditions: Sequence[Condition], sheet: Sheet) -> Iterator[Mark]:
    named = ([sheet.ends(pair) for pair in group] for group in _united(map(_equal, conditions)))
    for count, strokes in enumerate((*named, *_halves(conditions, sheet)), 1):
        for stroke in filter(None, strokes):
            yield from _tick(stroke, count, sheet.strokes)


def _halves(conditions: Sequence[Condition], sheet: Sheet) -> Iterator[list[Stroke | None]]:
    """Both halves of each segment that is bisected at a point without a name."""
    known = {frozenset(each["segment"]) for each in conditions if each[TYPE] == "midpoint_of"}
    bisected = [each["segment"] for each in conditions if each[TYPE] == "perpendicular_bisector"]
    for segment in bisected:
        if frozenset(segment) not in known and (ends := sheet.ends(segment)) is not None:
            a, b = ends
            middle = (a[0] + b[0]) / 2, (a[1] + b[1]) / 2
            yield [(a, middle), (middle, b)]


def _united(told: Iterable[Iterable[Sequence[str]]]) -> list[list[tuple[str, ...]]]:
    """What equals the same is equal, and what is parallel to the same is parallel: groups without one in common."""
    groups: list[dict[tuple[str, ...], None]] = []
    for each in told:
        alike = dict.fromkeys(tuple(sorted(line)) for line in each)
        touching = [group for group in groups if group.keys() & alike.keys()]
        groups = [group for group in groups if not group.keys() & alike.keys()]
        for group in touching:
            alike = group | alike
        groups.extend([alike] if alike else [])
    return [list(group) for group in groups]


def _equal(condition: Condition) -> Iterator[Sequence[str]]:
    match condition:
        case {"type": "segment_equality", "segments": segments}:
            yield from segments
        case {"type": "isosceles_triangle", "equal_sides": segments}:
            yield from segments
        case {"type": "midpoint_of", "point": point, "segment": [a, b]}:
            yield from ((a, point), (point, b))


def _tick(stroke: Stroke, count: int, strokes: Sequence[Stroke]) -> Iterator[Mark]:
    """Ticks in the middle of the stroke, or where no other stroke crosses it and hides them."""
    (ax, ay), (bx, by) = a, b = stroke
    u = unit(a, b)
    crossings = [foot for other in strokes if (foot := meet(stroke, other)) and beyond(foot, other) < 1]
    room = _TICK + _GAP * (count - 1) / 2
    places = [(ax + share * (bx - ax), ay + share * (by - ay)) for share in _ALONG]
    x, y = next((p for p in places if all(math.dist(p, foot) > room for foot in crossings)), places[0])
    for k in range(count):
        shift = (k - (count - 1) / 2) * _GAP
        cx, cy = x + shift * u[0], y + shift * u[1]
        yield path([(cx - _TICK * u[1], cy + _TICK * u[0]), (cx + _TICK * u[1], cy - _TICK * u[0])])


def _arrows(conditions: Iterable[Condition], sheet: Sheet) -> Iterator[Mark]:
    parallels = _united(condition["objects"] for condition in conditions if condition[TYPE] == "parallel")
    known = ([ends for line in group if (ends := sheet.ends(line))] for group in parallels)
    for count, (first, *others) in enumerate((group for group in known if len(group) > 1), 1):
        yield from _arrow(*first, count)
        for a, b in others:
            yield from _arrow(a, b, count) if dot(unit(*first), unit(a, b)) > 0 else _arrow(b, a, count)


def _arrow(a: Point, b: Point, count: int) -> Iterator[Mark]:
    """Heads a little past the middle, where ticks are not."""
    u = unit(a, b)
    for k in range(count):
        along = 0.62 * math.dist(a, b) + 1.5 * _GAP * k
        x, y = a[0] + along * u[0], a[1] + along * u[1]
        back = [(-7 * u[0] - sign * 4 * u[1], -7 * u[1] + sign * 4 * u[0]) for sign in (1, -1)]
        yield path([(x + back[0][0], y + back[0][1]), (x, y), (x + back[1][0], y + back[1][1])])
