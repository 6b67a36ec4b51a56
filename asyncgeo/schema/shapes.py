"""Shapes of the values that condition fields hold: what fits, and which points a value names.

In: one JSON value. Out: `FITS[shape](value)` (bool) and `WALKS[shape](value)` (the points in it). It knows no
condition type; `conditions` combines these shapes into types.
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from typing import Any, Final

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
    POINTS_2 = "points_2"  # at least two different points
    POINTS_3 = "points_3"  # at least three different points
    POLYGONS = "polygons"  # at least one polygon
    POLYGONS_2 = "polygons_2"  # exactly two polygons with as many vertices, in corresponding order
    NUMBER = "number"  # finite
    COUNT = "count"  # an int ≥ 3
    RATIO = "ratio"  # [2, 1], two positive numbers
    WORD = "word"  # one of the field's choices


def is_point(value: object) -> bool:
    """Whether `value` is the name of a point."""
    return isinstance(value, str) and POINT_NAME.fullmatch(value) is not None


def _is_points(value: object, least: int, most: int | None = None) -> bool:
    if not isinstance(value, list) or len(value) < least or (most is not None and len(value) > most):
        return False
    return all(map(is_point, value)) and len(set(value)) == len(value)


def _is_pair(value: object) -> bool:
    return _is_points(value, 2, 2)


def _is_line(value: object) -> bool:
    return _is_points(value, 1, 2)


def _is_triple(value: object) -> bool:
    return _is_points(value, 3, 3)


def _is_polygon(value: object) -> bool:
    return _is_points(value, 3)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _is_ratio(value: object) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(_is_number(x) and x > 0 for x in value)  # noqa: PLR2004


def _list_of(fits: Callable[[object], bool], least: int, most: int | None = None) -> Callable[[object], bool]:
    def check(value: object) -> bool:
        return (
            isinstance(value, list)
            and len(value) >= least
            and (most is None or len(value) <= most)
            and all(map(fits, value))
        )

    return check


def _is_angle_object(value: object) -> bool:
    return isinstance(value, dict) and value.keys() == {"points"} and _is_triple(value["points"])


def _is_polygon_pair(value: object) -> bool:
    return _list_of(_is_polygon, 2, 2)(value) and len(value[0]) == len(value[1])  # type: ignore[index]


FITS: Final[Mapping[Shape, Callable[[object], bool]]] = {
    Shape.POINT: is_point,
    Shape.PAIR: _is_pair,
    Shape.LINE: _is_line,
    Shape.LINES: _list_of(_is_line, 2),
    Shape.LINES_2: _list_of(_is_line, 2, 2),
    Shape.SEGMENTS: _list_of(_is_pair, 1),
    Shape.SEGMENTS_2: _list_of(_is_pair, 2),
    Shape.ANGLE: _is_triple,
    Shape.ANGLE_1: _list_of(_is_triple, 1, 1),
    Shape.ANGLES_2: _list_of(_is_triple, 2),
    Shape.ANGLE_OBJECTS: _list_of(_is_angle_object, 2),
    Shape.TRIANGLE: _is_triple,
    Shape.POINTS_2: lambda value: _is_points(value, 2),
    Shape.POINTS_3: _is_polygon,
    Shape.POLYGONS: _list_of(_is_polygon, 1),
    Shape.POLYGONS_2: _is_polygon_pair,
    Shape.NUMBER: _is_number,
    Shape.COUNT: lambda value: isinstance(value, int) and not isinstance(value, bool) and value >= 3,  # noqa: PLR2004
    Shape.RATIO: _is_ratio,
}


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
            Shape.POINTS_2,
            Shape.POINTS_3,
            Shape.POLYGONS,
            Shape.POLYGONS_2,
        ),
        _walk_nested,
    ),
}
