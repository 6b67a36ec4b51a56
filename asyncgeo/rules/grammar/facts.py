"""The facts that clauses state, as conditions.

In: points. Out: one condition each. Only the spelling of conditions is here; whether a fact holds is the clauses'.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Final

from asyncgeo.schema.conditions import Condition

Line = Sequence[str]


def on_circle(point: str, center: str) -> Condition:
    """The point is on the circle."""
    return {"type": "point_on_circle", "point": point, "circle_center": center}


def on_circle_all(points: Sequence[str], center: str) -> Iterator[Condition]:
    """All points are on the circle."""
    return (on_circle(point, center) for point in points)


_ARC_TYPES: Final = {
    "劣": "minor",
    "优": "major",
    "半圆": "semicircle",
    "minor": "minor",
    "major": "major",
    "semi": "semicircle",
}


def arc_type(words: Iterable[str]) -> Condition:
    """The kind of an arc, where the words of its clause say it: 劣弧, 优弧, 半圆弧."""
    kinds = (kind for word in words for mark, kind in _ARC_TYPES.items() if word.lower().startswith(mark))
    return {"arc_type": kind} if (kind := next(kinds, None)) else {}


def on_segment(point: str, segment: Line) -> Iterator[Condition]:
    """The point is on the segment, or on the line where a line of one letter is meant; nothing for one of its ends."""
    if len(segment) == 1:
        yield from on_line(point, segment)
    elif point not in segment:
        yield {"type": "point_on_segment", "point": point, "segment": list(segment)}


def on_line(point: str, line: Line) -> Iterator[Condition]:
    """The point is on the line; nothing for a point that names it."""
    if point not in line:
        yield {"type": "point_on_line", "point": point, "line": list(line)}


def on_extension(point: str, segment: Line) -> Iterator[Condition]:
    """The point is beyond the second end."""
    if point not in segment:
        yield {"type": "point_on_segment_extension", "point": point, "segment": list(segment)}


def midpoint(point: str, segment: Line) -> Iterator[Condition]:
    """The point halves the segment."""
    if point not in segment:
        yield {"type": "midpoint_of", "point": point, "segment": list(segment)}


def parallel(first: Line, second: Line) -> Iterator[Condition]:
    """The lines are parallel."""
    if set(first) != set(second):
        yield {"type": "parallel", "objects": [list(first), list(second)]}


def perpendicular(first: Line, second: Line) -> Iterator[Condition]:
    """The lines are perpendicular."""
    if set(first) != set(second):
        yield {"type": "perpendicular", "objects": [list(first), list(second)]}


def equal_segments(segments: Sequence[Line]) -> Iterator[Condition]:
    """The segments are equally long; one fact for each two neighbours."""
    for first, second in pairwise(segments):
        if set(first) != set(second):
            yield {"type": "segment_equality", "segments": [list(first), list(second)]}


def halving(line: Line, segment: Line) -> Iterator[Condition]:
    """The line halves the segment at a right angle."""
    if set(line) != set(segment):
        yield {"type": "perpendicular_bisector", "line": list(line), "segment": list(segment)}


def reached(point: str, segment: Line) -> Iterator[Condition]:
    """The point is as far from one end as from the other: all that is said of a bisector of which it alone is named."""
    if point not in segment:
        yield from equal_segments([[point, end] for end in segment])


def length(segment: Line, value: float) -> Condition:
    """The segment has this length."""
    return {"type": "distance_equals", "segment": list(segment), "value": value}


def radius(center: str, value: float) -> Condition:
    """The circle has this radius."""
    return {"type": "radius", "circle_center": center, "value": value}


def bisector(line: Line, angle: Sequence[str]) -> Iterator[Condition]:
    """The line halves the angle; it is written from the vertex."""
    ray = list(line) if line[0] == angle[1] else [*reversed(line)]
    if not set(ray[1:]) & {angle[0], angle[2]}:
        yield {"type": "angle_bisector", "line": ray, "angle_points": list(angle)}


def angle_value(angle: Sequence[str], value: float) -> Condition:
    """The angle has this size."""
    return {"type": "angle_value", "points": [list(angle)], "value": value}


def triangle(points: Sequence[str]) -> Condition:
    """There is a triangle with these vertices."""
    return {"type": "triangle_valid", "points": list(points)}


def polygon(points: Sequence[str], kind: str) -> Condition:
    """The polygon is of this kind."""
    return {"type": "polygon_property", "polygon": list(points), "property": kind}


def diameter(segment: Line, center: str) -> Iterator[Condition]:
    """The segment is a diameter: both ends are on the circle."""
    if center not in segment:
        yield from on_circle_all(segment, center)
        yield {"type": "diameter", "segment": list(segment), "circle_center": center}
