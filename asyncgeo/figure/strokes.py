"""A figure on paper: turned upright, scaled to the sheet, and what is drawn with a line.

In: conditions, objects, a `Figure`, the size of the sheet. Out: `Sheet`, in pixels, y downwards. It writes no SVG.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from asyncgeo.figure.draw import Figure, Point
from asyncgeo.schema.conditions import TYPE, Condition
from asyncgeo.schema.records import RequiredObjects

_MARGIN: Final = 30.0  # room for labels
_BEYOND: Final = 16.0  # how far a line goes past its points
_WIDEST_CIRCLE: Final = 2.5  # circles larger than this many figures are cut off by the sheet

_CORNERS: Final = ("polygon", "triangle", "polygon_points", "preimage_triangle", "image_triangle")
_PAIR: Final = 2

Stroke = tuple[Point, Point]


@dataclass(frozen=True, slots=True)
class Sheet:
    """Places in pixels: points, strokes between them, circles, and lines by one name with a place for it."""

    width: float
    height: float
    points: Mapping[str, Point]
    strokes: Sequence[Stroke]
    circles: Sequence[tuple[Point, float]]
    named: Mapping[str, Stroke] = field(default_factory=dict)

    def ends(self, line: Sequence[str]) -> Stroke | None:
        """Two places on the line, if the sheet has it."""
        if len(line) == 1:
            return self.named.get(line[0])
        if all(name in self.points for name in line):
            return self.points[line[0]], self.points[line[1]]
        return None

    def joins(self, a: str, b: str) -> bool:
        """Whether a stroke from one point to the other is drawn."""
        ends = self.points.get(a), self.points.get(b)
        return ends in self.strokes or ends[::-1] in self.strokes


def lay_out(
    conditions: Sequence[Condition], objects: RequiredObjects, figure: Figure, width: float, height: float
) -> Sheet:
    """Turn, scale and shift the figure onto the sheet."""
    turn = _upright(conditions, objects, figure)
    points = {name: turn(place) for name, place in figure.points.items()}
    circles = [(turn(middle), radius) for _, middle, radius in figure.circles]
    lines = {name: (turn(a), turn(b)) for name, (a, b) in figure.lines.items()}
    put, scale = _fit(points.values(), circles, width, height)
    placed = {name: put(place) for name, place in points.items()}
    named = {name: _through(put(a), put(b), placed.values()) for name, (a, b) in lines.items()}
    strokes = [(placed[a], placed[b]) for a, b in _segments(conditions, objects) if a in placed and b in placed]
    strokes += [
        _lengthened(placed[a], placed[b])
        for a, b in (line for line in objects.lines if len(line) > 1)
        if a in placed and b in placed
    ]
    return Sheet(
        width=width,
        height=height,
        points=placed,
        strokes=[*strokes, *named.values()],
        circles=[(put(middle), radius * scale) for middle, radius in circles],
        named=named,
    )


def _segments(conditions: Sequence[Condition], objects: RequiredObjects) -> list[tuple[str, str]]:
    """Pairs of points to be joined: objects, and what conditions speak of as lines, segments, angles and polygons."""
    pairs = {frozenset(pair): None for pair in objects.segments}
    for corners in _polygons(conditions, objects):
        pairs.update({frozenset(pair): None for pair in _closed(corners)})
    for condition in conditions:
        pairs.update({frozenset(pair): None for pair in _spoken(condition)})
    return [(min(pair), max(pair)) for pair in pairs]


def _polygons(conditions: Iterable[Condition], objects: RequiredObjects) -> Iterator[Sequence[str]]:
    """Polygons to be drawn, and those that conditions speak of."""
    yield from objects.polygons
    for condition in conditions:
        yield from (condition[key] for key in _CORNERS if len(condition.get(key, ())) > _PAIR)
        yield from condition.get("polygons", ())
        if condition[TYPE] in ("triangle_valid", "isosceles_triangle", "right_triangle"):
            yield condition["points"]


def _closed(corners: Sequence[str]) -> Iterator[tuple[str, str]]:
    return zip(corners, (*corners[1:], corners[0]), strict=True)


def _spoken(condition: Condition) -> Iterator[Sequence[str]]:
    for key in ("objects", "lines", "segments", "left_segments", "right_segments"):
        yield from (line for line in condition.get(key, ()) if len(line) > 1)
    for key in ("segment", "segment1", "segment2", "line_segment", "line", "endpoints"):
        if len(condition.get(key, ())) > 1:
            yield condition[key]
    for a, vertex, b in angles(condition):
        yield a, vertex
        yield vertex, b
    if condition[TYPE] in ("point_on_line_extension", "point_on_segment_extension"):
        yield condition["point"], (condition.get("segment") or condition["line_segment"])[0]


def angles(condition: Condition) -> Iterator[Sequence[str]]:
    """The angles that the condition names."""
    match condition[TYPE]:
        case "angle_value" | "angle_equality":
            yield from condition["points"]
        case "angle_sum":
            yield from (angle["points"] for angle in condition["angles"])
        case "angle_bisector":
            yield condition["angle_points"]
        case "angle_ratio":
            yield from (condition["angle1"], condition["angle2"])


class _Turned:
    """A turn about the origin."""

    def __init__(self, radians: float) -> None:
        self._cos, self._sin = math.cos(radians), math.sin(radians)

    def __call__(self, place: Point) -> Point:
        x, y = place
        return x * self._cos - y * self._sin, x * self._sin + y * self._cos


def _upright(conditions: Sequence[Condition], objects: RequiredObjects, figure: Figure) -> _Turned:
    """Level the line that something is above, or else the longest side of the first polygon, below its middle."""
    above = [(c["line"], c["point"]) for c in conditions if c[TYPE] == "point_above_line" and len(c["line"]) > 1]
    if above:
        (a, b), top = above[0]
        return _level(figure.points[a], figure.points[b], figure.points[top])
    sides = _sides(conditions, objects, figure)
    if not sides:
        return _Turned(0.0)
    a, b = max(sides, key=lambda side: round(math.dist(figure.points[side[0]], figure.points[side[1]]), 6))
    middle = _mean(figure.points.values())
    return _level(figure.points[a], figure.points[b], middle)


def _sides(conditions: Sequence[Condition], objects: RequiredObjects, figure: Figure) -> list[tuple[str, str]]:
    """The sides of the first polygon, or else all that is drawn."""
    for corners in _polygons(conditions, objects):
        if known := [(a, b) for a, b in _closed(corners) if a in figure.points and b in figure.points]:
            return known
    return [(a, b) for a, b in _segments(conditions, objects) if a in figure.points and b in figure.points]


def _level(a: Point, b: Point, top: Point) -> _Turned:
    if (b[0] - a[0]) * (top[1] - a[1]) - (b[1] - a[1]) * (top[0] - a[0]) < 0:
        a, b = b, a
    return _Turned(-math.atan2(b[1] - a[1], b[0] - a[0]))


def _mean(places: Iterable[Point]) -> Point:
    listed = list(places)
    return sum(x for x, _ in listed) / len(listed), sum(y for _, y in listed) / len(listed)


class _Put:
    """From the figure's plane to pixels."""

    def __init__(self, scale: float, left: float, top: float) -> None:
        self._scale, self._left, self._top = scale, left, top

    def __call__(self, place: Point) -> Point:
        return self._left + place[0] * self._scale, self._top - place[1] * self._scale


def _fit(
    points: Iterable[Point], circles: Iterable[tuple[Point, float]], width: float, height: float
) -> tuple[_Put, float]:
    places = list(points) or [(0.0, 0.0)]
    spread = max(
        max(x for x, _ in places) - min(x for x, _ in places), max(y for _, y in places) - min(y for _, y in places)
    )
    for (x, y), radius in circles:
        if len(places) == 1 or radius < _WIDEST_CIRCLE * spread:
            places += [(x - radius, y - radius), (x + radius, y + radius)]
    left, right = min(x for x, _ in places), max(x for x, _ in places)
    low, high = min(y for _, y in places), max(y for _, y in places)
    scale = min((width - 2 * _MARGIN) / max(right - left, 1e-9), (height - 2 * _MARGIN) / max(high - low, 1e-9), 1e6)
    return _Put(scale, width / 2 - scale * (left + right) / 2, height / 2 + scale * (low + high) / 2), scale


def _lengthened(a: Point, b: Point) -> Stroke:
    length = math.dist(a, b) or 1.0
    dx, dy = (b[0] - a[0]) / length * _BEYOND, (b[1] - a[1]) / length * _BEYOND
    return (a[0] - dx, a[1] - dy), (b[0] + dx, b[1] + dy)


def _through(a: Point, b: Point, points: Iterable[Point]) -> Stroke:
    """The part of the line that passes by the points."""
    length = math.dist(a, b) or 1.0
    u = (b[0] - a[0]) / length, (b[1] - a[1]) / length
    along = [(x - a[0]) * u[0] + (y - a[1]) * u[1] for x, y in points] or [0.0, length]
    low, high = min(along), max(along)
    return _lengthened((a[0] + low * u[0], a[1] + low * u[1]), (a[0] + high * u[0], a[1] + high * u[1]))
