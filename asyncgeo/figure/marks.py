"""What is marked in a figure: right angles, equal lengths, parallels, sizes of angles, lengths.

In: conditions and a `Sheet`. Out: `Marks`: paths, and the texts that still need a place. It places no text.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from asyncgeo.figure.draw import Point
from asyncgeo.figure.strokes import Sheet, Stroke
from asyncgeo.schema.conditions import TYPE, Condition

_SQUARE: Final = 9.0  # side of the mark of a right angle
_ARC: Final = 20.0  # radius of an angle's arc
_TICK: Final = 5.0  # half the length of a tick
_GAP: Final = 4.0  # between ticks of one mark
_ALONG: Final = (0.5, 0.44, 0.56, 0.38, 0.62, 0.3, 0.7)  # where on a stroke its ticks may stand, best first
_NEAR: Final = 8.0  # how far outside a stroke a foot still gets its mark


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
    """What is drawn, and texts to be placed."""

    drawn: list[Mark] = field(default_factory=list)
    wishes: list[Wish] = field(default_factory=list)


def mark(conditions: Sequence[Condition], sheet: Sheet) -> Marks:
    """Every mark that the conditions ask for, each once."""
    marks = Marks()
    for drawn in (_right_angles(conditions, sheet), _ticks(conditions, sheet), _arrows(conditions, sheet)):
        marks.drawn.extend(dict.fromkeys(drawn))
    _mark_angles(conditions, sheet, marks)
    for condition in conditions:
        marks.wishes.extend(_numbers(condition, sheet))
    return marks


def _numbers(condition: Condition, sheet: Sheet) -> Iterator[Wish]:
    """Lengths beside their segments, radii below their centres, areas in the middle of their polygons."""
    match condition:
        case {"type": "distance_equals", "segment": segment, "value": value} if ends := sheet.ends(segment):
            yield Wish(f"{value:g}", tuple(_beside(*ends)), "length")
        case {"type": "radius", "circle_center": centre, "value": value} if centre in sheet.points:
            x, y = sheet.points[centre]
            yield Wish(
                f"r={value:g}",
                tuple((x + right, y + down) for down in (14, -14, 22) for right in (0, 18, -18)),
                "length",
            )
        case {"type": "area", "polygon": corners, "value": value} if sheet.points.keys() >= set(corners):
            x, y = (sum(each) / len(corners) for each in zip(*(sheet.points[name] for name in corners), strict=True))
            yield Wish(f"S={value:g}", tuple((x, y + down) for down in (0, 12, -12, 24, -24)), "length")


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
    foot = _meet(one, other)
    if foot is not None and all(_beyond(foot, stroke) < _NEAR for stroke in (one, other)):
        yield _square(foot, max(one, key=lambda p: math.dist(p, foot)), max(other, key=lambda p: math.dist(p, foot)))


def _square(vertex: Point, a: Point, b: Point) -> Mark:
    u, v = _unit(vertex, a), _unit(vertex, b)
    side = min(_SQUARE, 0.4 * math.dist(vertex, a), 0.4 * math.dist(vertex, b))
    corners = [(side * u[0], side * u[1]), (side * (u[0] + v[0]), side * (u[1] + v[1])), (side * v[0], side * v[1])]
    return _path((vertex[0] + x, vertex[1] + y) for x, y in corners)


def _ticks(conditions: Sequence[Condition], sheet: Sheet) -> Iterator[Mark]:
    named = ([sheet.ends(sorted(pair)) for pair in group] for group in _equal_segments(conditions))
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


def _equal_segments(conditions: Iterable[Condition]) -> list[set[frozenset[str]]]:
    groups: list[set[frozenset[str]]] = []
    for condition in conditions:
        equal = {frozenset(pair) for pair in _equal(condition)}
        if not equal:
            continue
        touching = [group for group in groups if group & equal]
        groups = [group for group in groups if not group & equal]
        groups.append(equal.union(*touching))
    return groups


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
    u = _unit(a, b)
    crossings = [foot for other in strokes if (foot := _meet(stroke, other)) and _beyond(foot, other) < 1]
    room = _TICK + _GAP * (count - 1) / 2
    places = [(ax + share * (bx - ax), ay + share * (by - ay)) for share in _ALONG]
    x, y = next((p for p in places if all(math.dist(p, foot) > room for foot in crossings)), places[0])
    for k in range(count):
        shift = (k - (count - 1) / 2) * _GAP
        cx, cy = x + shift * u[0], y + shift * u[1]
        yield _path([(cx - _TICK * u[1], cy + _TICK * u[0]), (cx + _TICK * u[1], cy - _TICK * u[0])])


def _arrows(conditions: Iterable[Condition], sheet: Sheet) -> Iterator[Mark]:
    count = 0
    for condition in conditions:
        if condition[TYPE] != "parallel":
            continue
        one, other = (sheet.ends(line) for line in condition["objects"])
        if one is None or other is None:
            continue
        count += 1
        if _dot(_unit(*one), _unit(*other)) < 0:
            other = other[1], other[0]
        for a, b in (one, other):
            yield from _arrow(a, b, count)


def _arrow(a: Point, b: Point, count: int) -> Iterator[Mark]:
    """Heads a little past the middle, where ticks are not."""
    u = _unit(a, b)
    for k in range(count):
        along = 0.62 * math.dist(a, b) + 1.5 * _GAP * k
        x, y = a[0] + along * u[0], a[1] + along * u[1]
        back = [(-7 * u[0] - sign * 4 * u[1], -7 * u[1] + sign * 4 * u[0]) for sign in (1, -1)]
        yield _path([(x + back[0][0], y + back[0][1]), (x, y), (x + back[1][0], y + back[1][1])])


def _mark_angles(conditions: Iterable[Condition], sheet: Sheet, marks: Marks) -> None:
    """Arcs with values; a second arc at one vertex is wider. Angles said to be equal get arcs without."""
    used: dict[str, int] = {}
    for condition in conditions:
        text = f"{condition['value']:g}°" if condition[TYPE] in ("angle_value", "arc_measure") else ""
        for a, vertex, b in _arcs(condition):
            if {a, vertex, b} <= sheet.points.keys():
                ring = used[vertex] = used.get(vertex, -1) + 1
                drawn, wish = _arc(sheet.points[a], sheet.points[vertex], sheet.points[b], ring, text)
                marks.drawn.append(drawn)
                if text:
                    marks.wishes.append(wish)


def _arcs(condition: Condition) -> Iterator[Sequence[str]]:
    match condition:
        case {"type": "angle_value", "points": [angle], "value": value} if value not in (0, 90, 180):
            yield angle
        case {"type": "arc_measure", "arc": [a, b], "circle_center": centre, "value": value} if 0 < value < 180:  # noqa: PLR2004
            yield a, centre, b
        case {"type": "angle_equality", "points": listed}:
            yield from listed
        case {"type": "angle_bisector", "line": [*ends], "angle_points": [a, vertex, b]} if vertex in ends:
            inner = next((name for name in ends if name != vertex), vertex)
            yield from ((a, vertex, inner), (inner, vertex, b))


def _arc(a: Point, vertex: Point, b: Point, ring: int, text: str) -> tuple[Mark, Wish]:
    radius = min(_ARC + 5 * ring, 0.7 * math.dist(vertex, a), 0.7 * math.dist(vertex, b))
    u, v = _unit(vertex, a), _unit(vertex, b)
    start, end = (
        (vertex[0] + radius * u[0], vertex[1] + radius * u[1]),
        (vertex[0] + radius * v[0], vertex[1] + radius * v[1]),
    )
    sweep = 1 if u[0] * v[1] - u[1] * v[0] > 0 else 0
    path = f"M{start[0]:.1f},{start[1]:.1f} A{radius:.1f},{radius:.1f} 0 0 {sweep} {end[0]:.1f},{end[1]:.1f}"
    middle = math.atan2(u[1] + v[1], u[0] + v[0])
    half = math.acos(max(-1.0, min(1.0, _dot(u, v)))) / 2
    turns = (0.0, 0.35 * half, -0.35 * half)
    reaches = (radius + 13, radius + 20, radius + 28, radius + 38, radius + 50)
    places = [
        (vertex[0] + reach * math.cos(middle + turn), vertex[1] + reach * math.sin(middle + turn))
        for reach in reaches
        for turn in turns
    ]
    crown = (vertex[0] + radius * math.cos(middle), vertex[1] + radius * math.sin(middle))
    return Mark(path, (start, crown, end)), Wish(text, tuple(places), "angle")


def _beside(a: Point, b: Point) -> Iterator[Point]:
    """Places along both sides of the stroke, the middle first."""
    u = _unit(a, b)
    for gap in (11, 16):
        for share in (0.5, 0.4, 0.6, 0.3, 0.7):
            x, y = a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])
            yield x - gap * u[1], y + gap * u[0]
            yield x + gap * u[1], y - gap * u[0]


def _meet(one: Stroke, other: Stroke) -> Point | None:
    (ax, ay), (bx, by) = one
    (cx, cy), (dx, dy) = other
    cross = (bx - ax) * (dy - cy) - (by - ay) * (dx - cx)
    if abs(cross) < 1e-9:  # noqa: PLR2004  parallel
        return None
    share = ((cx - ax) * (dy - cy) - (cy - ay) * (dx - cx)) / cross
    return ax + share * (bx - ax), ay + share * (by - ay)


def _beyond(place: Point, stroke: Stroke) -> float:
    """How far a place on the stroke's line lies outside it."""
    a, b = stroke
    return max(math.dist(place, a), math.dist(place, b)) - math.dist(a, b)


def _unit(a: Point, b: Point) -> Point:
    length = math.dist(a, b) or 1.0
    return (b[0] - a[0]) / length, (b[1] - a[1]) / length


def _dot(u: Point, v: Point) -> float:
    return u[0] * v[0] + u[1] * v[1]


def _path(places: Iterable[Point]) -> Mark:
    listed = tuple(places)
    return Mark("M" + " L".join(f"{x:.1f},{y:.1f}" for x, y in listed), listed)
