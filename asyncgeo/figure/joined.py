"""Which points of a figure are joined, and which lie on one line: what conditions, objects and the question speak of.

In: conditions, objects, the quantity asked for. Out: pairs of names, and named points with the lines they are on. It
knows no coordinates.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from asyncgeo.schema.asked import Asked, Measure
from asyncgeo.schema.conditions import TYPE, Condition
from asyncgeo.schema.records import RequiredObjects

_CORNERS: Final = ("polygon", "triangle", "polygon_points", "preimage_triangle", "image_triangle")
_LISTS: Final = ("objects", "lines", "segments", "left_segments", "right_segments")
_SINGLE: Final = ("segment", "segment1", "segment2", "line_segment", "line", "endpoints", "axis")
_LINES: Final = ("line", "segment", "line_segment", "endpoints")
"""Fields of a line that the condition's `point` is on."""
_ON_ONE_LINE: Final = ("collinear", "order_on_line")
_OFF_LINE: Final = ("point_above_line", "point_outside_line")
_PAIR: Final = 2

NamePair = tuple[str, str]


def pairs(conditions: Iterable[Condition], objects: RequiredObjects) -> list[NamePair]:
    """Pairs that are segments in their own right: objects, and what conditions speak of as lines and polygons."""
    found: list[Sequence[str]] = [*objects.segments, *(line for line in objects.lines if len(line) == _PAIR)]
    for corners in polygons(conditions, objects):
        found.extend(closed(corners))
    for condition in conditions:
        found.extend(_spoken(condition))
    return _each_once(found)


def sides(conditions: Iterable[Condition], asked: Asked | None) -> list[NamePair]:
    """Pairs that are joined where no line is drawn yet: sides of angles, and what the question is about."""
    found: list[Sequence[str]] = []
    for condition in conditions:
        for a, vertex, b in angles(condition):
            found += [(a, vertex), (vertex, b)]
    for _, measure in (*asked.terms, *asked.over) if asked else ():
        found.extend(_measured(measure))
    return _each_once(found)


def rows(conditions: Iterable[Condition]) -> Iterator[Sequence[str]]:
    """Points that are said to be on one line, which joins them all."""
    for condition in conditions:
        if condition[TYPE] in _ON_ONE_LINE:
            yield condition["points"]


def on_lines(conditions: Iterable[Condition]) -> Iterator[tuple[str, NamePair]]:
    """Points with the ends of the segments on whose lines they are."""
    for condition in conditions:
        if "point" not in condition or condition[TYPE] in _OFF_LINE:
            continue
        for line in (*(condition[key] for key in _LINES if key in condition), *condition.get("lines", ())):
            if len(line) == _PAIR:
                yield condition["point"], (line[0], line[1])


def polygons(conditions: Iterable[Condition], objects: RequiredObjects) -> Iterator[Sequence[str]]:
    """Polygons to be drawn, and those that conditions speak of."""
    yield from objects.polygons
    for condition in conditions:
        yield from (condition[key] for key in _CORNERS if len(condition.get(key, ())) > _PAIR)
        yield from condition.get("polygons", ())
        if condition[TYPE] in ("triangle_valid", "isosceles_triangle", "right_triangle"):
            yield condition["points"]


def closed(corners: Sequence[str]) -> Iterator[NamePair]:
    """The sides of a polygon."""
    return zip(corners, (*corners[1:], corners[0]), strict=True)


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


def _spoken(condition: Condition) -> Iterator[Sequence[str]]:
    for key in _LISTS:
        yield from (line for line in condition.get(key, ()) if len(line) == _PAIR)
    yield from (condition[key] for key in _SINGLE if len(condition.get(key, ())) == _PAIR)


def _measured(measure: Measure) -> Iterator[Sequence[str]]:
    """What is drawn of an asked quantity with a line."""
    names = measure.names
    match measure.kind:
        case "angle" | "sine" | "cosine" | "tangent":
            yield from (names[:2], names[1:])
        case "length":
            yield names
        case "distance":
            yield names[1:]
        case "perimeter" | "area":
            yield from closed(names)
        case "sector" if measure.center:
            yield from ((measure.center, name) for name in names)


def _each_once(found: Iterable[Sequence[str]]) -> list[NamePair]:
    each = dict.fromkeys((min(pair), max(pair)) for pair in found)
    return [pair for pair in each if pair[0] != pair[1]]
