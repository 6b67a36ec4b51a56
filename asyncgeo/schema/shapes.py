"""Shapes of the values that condition fields hold: their types, and which points a value names.

In: one JSON value. Out: `types_of(point)[shape]` (what msgspec decodes), `SOUND[shape](decoded)` (what a type cannot
say), `WALKS[shape](value)` (the points in it) and `SAME[shape](value)`
(equal for values that name the same in another order). It knows no condition type; `conditions` combines these shapes.
"""

import re
import sys
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from enum import Enum
from typing import Annotated, Any, Final, Literal, NewType, cast

import msgspec
from msgspec import Meta

POINT_NAME: Final = re.compile(r"[A-Za-zα-ωΑ-Ω]\d{0,3}′{0,3}")
"""A point: one letter, an index, primes as U+2032 (`A`, `P1`, `B′`)."""


class Shape(Enum):
    """What the value of a field looks like in JSON."""

    POINT = "point"  # "A"
    PAIR = "pair"  # ["A", "B"], two different points
    LINE = "line"  # ["A", "B"], or one name as in ["l"]
    LINES = "lines"  # at least two lines
    LINES_2 = "lines_2"  # exactly two lines
    SEGMENTS = "segments"  # at least one pair
    SEGMENTS_2 = "segments_2"  # at least two pairs
    ANGLE = "angle"  # ["A", "B", "C"], vertex in the middle
    ANGLE_1 = "angle_1"  # [["A", "B", "C"]], as the published rows nest it
    ANGLES_2 = "angles_2"  # at least two angles
    ANGLE_OBJECTS = "angle_objects"  # [{"points": ["A", "B", "C"]}, …], at least two
    TRIANGLE = "triangle"  # three different points
    POINTS_1 = "points_1"  # at least one point, each once
    POINTS_2 = "points_2"  # at least two different points
    POINTS_3 = "points_3"  # at least three different points
    POLYGONS = "polygons"  # at least one polygon
    POLYGONS_2 = "polygons_2"  # exactly two polygons with as many vertices, in corresponding order
    NUMBER = "number"  # finite; of 64 bits where it is whole
    COUNT = "count"  # an int ≥ 3
    RATIO = "ratio"  # [2, 1], two positive numbers
    WORD = "word"  # one of the field's choices


_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
POINT: Final = Annotated[str, Meta(pattern=rf"^(?:{POINT_NAME.pattern})\Z")]
_COMMON: Final = tuple(letter + end for letter in _LETTERS for end in ("", *"0123456789", "\N{PRIME}"))
COMMON_POINT: Final = cast("Any", NewType)("COMMON_POINT", Literal.__getitem__(_COMMON))
"""Names of nearly all points. msgspec finds a name among these without making a text or asking a pattern.

A type of its own, or `typing` walks through all of them at every field in which a point may stand.
"""
_MOST: Final = 2**63 - 1


def types_of(point: Any) -> Mapping[Shape, Any]:
    """The type of each shape's values, of points of the given type. What types cannot say is in `SOUND`."""
    pair, triple = tuple[point, point], tuple[point, point, point]
    line, polygon = _list(point, 1, 2), _list(point, 3)
    angle = msgspec.defstruct("Angle", [("points", triple)], forbid_unknown_fields=True, gc=False)
    positive = Annotated[int, Meta(gt=0, le=_MOST)] | Annotated[float, Meta(gt=0, le=sys.float_info.max)]
    return {
        Shape.POINT: point,
        Shape.PAIR: pair,
        Shape.LINE: line,
        Shape.LINES: _list(line, 2),
        Shape.LINES_2: _list(line, 2, 2),
        Shape.SEGMENTS: _list(pair, 1),
        Shape.SEGMENTS_2: _list(pair, 2),
        Shape.ANGLE: triple,
        Shape.ANGLE_1: _list(triple, 1, 1),
        Shape.ANGLES_2: _list(triple, 2),
        Shape.ANGLE_OBJECTS: _list(angle, 2),
        Shape.TRIANGLE: triple,
        Shape.POINTS_1: _list(point, 1),
        Shape.POINTS_2: _list(point, 2),
        Shape.POINTS_3: polygon,
        Shape.POLYGONS: _list(polygon, 1),
        Shape.POLYGONS_2: _list(polygon, 2, 2),
        Shape.NUMBER: Annotated[int, Meta(ge=-_MOST, le=_MOST)]
        | Annotated[float, Meta(ge=-sys.float_info.max, le=sys.float_info.max)],
        Shape.COUNT: Annotated[int, Meta(ge=3, le=_MOST)],
        Shape.RATIO: tuple[positive, positive],
    }


def _list(item: Any, least: int, most: int | None = None) -> Any:
    return Annotated[list[item], Meta(min_length=least, max_length=most)]


# Of every five conditions that are read, four are looked at here: hence no sets where two or three names are compared.


def _differ(names: Sequence[str]) -> bool:
    return len(set(names)) == len(names)


def _ends_differ(pair: Sequence[str]) -> bool:
    return pair[0] != pair[1]


def _line_is_sound(line: Sequence[str]) -> bool:
    return len(line) == 1 or line[0] != line[1]


def _three_differ(triple: tuple[str, str, str]) -> bool:
    one, two, three = triple
    return one not in (two, three) and two != three


def _every(is_sound: Callable[[Any], bool]) -> Callable[[Any], bool]:
    def check(values: Sequence[Any]) -> bool:
        for value in values:  # noqa: SIM110  (`all` takes twice as long)
            if not is_sound(value):
                return False
        return True

    return check


SOUND: Final[Mapping[Shape, Callable[[Any], bool]]] = {
    Shape.PAIR: _ends_differ,
    Shape.LINE: _line_is_sound,
    Shape.LINES: _every(_line_is_sound),
    Shape.LINES_2: _every(_line_is_sound),
    Shape.SEGMENTS: _every(_ends_differ),
    Shape.SEGMENTS_2: _every(_ends_differ),
    Shape.ANGLE: _three_differ,
    Shape.ANGLE_1: lambda angles: _three_differ(angles[0]),
    Shape.ANGLES_2: _every(_three_differ),
    Shape.ANGLE_OBJECTS: _every(lambda angle: _three_differ(angle.points)),
    Shape.TRIANGLE: _three_differ,
    Shape.POINTS_1: _differ,
    Shape.POINTS_2: _differ,
    Shape.POINTS_3: _differ,
    Shape.POLYGONS: _every(_differ),
    Shape.POLYGONS_2: lambda pair: len(pair[0]) == len(pair[1]) and _every(_differ)(pair),
}
"""Whether a value of the shape's type is of the shape: points that must differ do, polygons have as many vertices."""


def _walk_line(value: list[str]) -> Iterator[str]:
    return iter(value if len(value) > 1 else ())


def _walk_nested(value: list[Any]) -> Iterator[str]:
    for item in value:
        if isinstance(item, str):
            yield item
        else:
            yield from _walk_line(item["points"] if isinstance(item, dict) else item)


WALKS: Final[Mapping[Shape, Callable[[Any], Iterator[str]]]] = {
    Shape.POINT: lambda value: iter((value,)),
    Shape.LINE: _walk_line,
    **dict.fromkeys(
        (
            Shape.PAIR,
            Shape.LINES,
            Shape.LINES_2,
            Shape.SEGMENTS,
            Shape.SEGMENTS_2,
            Shape.ANGLE,
            Shape.ANGLE_1,
            Shape.ANGLES_2,
            Shape.ANGLE_OBJECTS,
            Shape.TRIANGLE,
            Shape.POINTS_1,
            Shape.POINTS_2,
            Shape.POINTS_3,
            Shape.POLYGONS,
            Shape.POLYGONS_2,
        ),
        _walk_nested,
    ),
}


def _unordered(pair: Sequence[str]) -> tuple[str, ...]:
    a, b = pair
    return (a, b) if a < b else (b, a)


def _same_line(line: Sequence[str]) -> tuple[str, ...]:
    return _unordered(line) if len(line) > 1 else tuple(line)


def _same_angle(angle: Sequence[str]) -> Hashable:
    a, vertex, b = angle
    return (vertex, a, b) if a < b else (vertex, b, a)


def _same_only_angle(angles: Sequence[Sequence[str]]) -> Hashable:
    ((a, vertex, b),) = angles
    return (vertex, a, b) if a < b else (vertex, b, a)


def _same_lines(lines: Sequence[Sequence[str]]) -> Hashable:
    one, other = map(_same_line, lines)
    return (one, other) if one < other else (other, one)


def _all_of(same: Callable[[Any], Any]) -> Callable[[Any], Hashable]:
    return lambda values: tuple(sorted(map(same, values)))


def ring(corners: Sequence[str]) -> Hashable:
    """The same from whichever corner and in whichever direction a polygon is named."""
    start = corners.index(min(corners))
    ways = (*corners[start:], *corners[:start]), (corners[start], *corners[:start][::-1], *corners[:start:-1])
    return min(ways)


SAME: Final[Mapping[Shape, Callable[[Any], Any]]] = {
    Shape.PAIR: _unordered,
    Shape.LINE: _same_line,
    Shape.LINES: _all_of(_same_line),
    Shape.LINES_2: _same_lines,
    Shape.SEGMENTS: _all_of(_unordered),
    Shape.SEGMENTS_2: _all_of(_unordered),
    Shape.ANGLE: _same_angle,
    Shape.ANGLE_1: _same_only_angle,
    Shape.ANGLES_2: _all_of(_same_angle),
    Shape.ANGLE_OBJECTS: _all_of(lambda angle: _same_angle(angle["points"])),
    Shape.RATIO: tuple,
    **dict.fromkeys((Shape.TRIANGLE, Shape.POINTS_1, Shape.POINTS_2, Shape.POINTS_3), _all_of(str)),
    **dict.fromkeys((Shape.POLYGONS, Shape.POLYGONS_2), _all_of(ring)),
}
"""Equal for values that name the same, whatever the order; values of the other shapes are what they are."""
