"""Variant spellings of conditions, as models return them → the table's own.

In: a condition as it came (any JSON). Out: the condition in the table's shape, or None when nothing valid can be
made of it. It knows what models write, not what a problem says.

    {"type": "segment_length", "segment": "AB", "value": "6cm"}
      → {"type": "distance_equals", "segment": ["A", "B"], "value": 6}
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from asyncgeo.schema.conditions import TABLE, TYPE, Condition, Field, defect
from asyncgeo.schema.sanitize import plain_number
from asyncgeo.schema.shapes import POINT_NAME, Shape

_TYPES: Final[Mapping[str, str]] = {
    "segment_length": "distance_equals",
    "length": "distance_equals",
    "length_value": "distance_equals",
    "length_equal": "segment_equality",
    "distance": "distance_equals",
    "radius": "distance_equals",
    "equal_length": "segment_equality",
    "equal_segments": "segment_equality",
    "segment_equal": "segment_equality",
    "segments_equal": "segment_equality",
    "angle_equal": "angle_equality",
    "equal_angles": "angle_equality",
    "angle": "angle_value",
    "angle_measure": "angle_value",
    "segment_is_diameter": "diameter",
    "is_diameter": "diameter",
    "tangent": "tangent_line",
    "line_is_tangent": "tangent_line",
    "line_tangent_to_circle": "tangent_line",
    "point_on_arc_midpoint": "midpoint_of_arc",
    "arc_midpoint": "midpoint_of_arc",
    "midpoint": "midpoint_of",
    "intersection": "intersection_point",
    "lines_intersect": "intersection_point",
    "ratio": "segment_ratio",
    "segments_sum": "segments_sum_value",
    "segments_sum_equals_segment": "segments_sum_equals",
    "point_on_extension": "point_on_line_extension",
    "incenter": "point_incenter",
    "triangle": "triangle_valid",
    "similar": "similarity",
    "similar_triangles": "similarity",
    "congruent": "congruence",
    "congruent_triangles": "congruence",
    "cyclic": "concyclic",
    "points_concyclic": "concyclic",
    "bisector": "angle_bisector",
    "circle_tangent": "tangent_line",
}

_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "objects": ("lines", "segments", "line_segments"),
    "lines": ("objects", "segments"),
    "segments": ("objects", "lines"),
    "segment": ("segments", "line", "line_segment", "points", "endpoints"),
    "line_segment": ("segment", "line", "segments"),
    "line": ("segment", "line_segment", "tangent", "lines", "bisector"),
    "points": ("angle", "angles", "angle_points", "triangle", "polygon", "polygons", "vertices"),
    "angles": ("points",),
    "angle_points": ("angle", "points"),
    "circle_center": ("circle", "center", "circles"),
    "point": ("tangent_point", "midpoint", "intersection", "tangency_point"),
    "endpoints": ("segment", "line"),
    "polygon": ("points", "triangle", "polygon_points", "polygons", "vertices"),
    "polygon_points": ("polygon", "points", "polygons"),
    "polygons": ("polygon", "points", "triangles", "objects"),
    "triangle": ("points", "polygon"),
    "property": ("value", "polygon_type"),
    "value": ("property", "length", "angle", "degrees"),
    "ratio": ("value",),
    "left_segments": ("sum_segments",),
    "right_segments": ("target_segments", "target_segment"),
    "arc": ("arc_points", "points"),
    "preimage_triangle": ("preimage", "preimage_points"),
    "image_triangle": ("image", "image_points"),
    "right_angle": ("vertex", "right_angle_vertex"),
    "image": ("image_point",),
    "centers": ("circles", "points"),
}

_PRIMES: Final = str.maketrans({"'": "′", "’": "′", "ʹ": "′", "`": "′", "″": "′′"})
_INDEX: Final = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_NUMBER: Final = re.compile(
    r"\s*(-?\d+(?:\.\d+)?)\s*(?:°|度|[a-z]{1,2}|米|厘米|units?|meters?|degrees?)?\s*", re.IGNORECASE
)
_LONGEST_NUMBER: Final = 40  # characters, blanks and unit included
_ROOT: Final = re.compile(r"\s*(\d+(?:\.\d+)?)?\s*\*?\s*(?:√|\\?sqrt)\s*[({]?\s*(\d+(?:\.\d+)?)\s*[)}]?\s*")
_FRACTION: Final = re.compile(r"\s*(\d+(?:\.\d+)?)\s*[/:：]\s*(\d+(?:\.\d+)?)\s*")


def straighten(raw: object) -> Condition | None:
    """`raw` as a valid condition of the table, or None."""
    if defect(raw) is None:
        return raw  # type: ignore[return-value]
    if not isinstance(raw, dict) or not isinstance(raw.get(TYPE), str):
        return None
    given = {name: value for name, value in raw.items() if value is not None}
    kind = TABLE.get(_kind_of(given))
    if kind is None:
        return None
    straight: Condition = {TYPE: kind.name}
    for field in kind.fields:
        value = next(_candidates(field, given), None)
        if value is not None:
            straight[field.name] = value
    return straight if defect(straight) is None else None


def point_name(raw: object) -> str | None:
    """`raw` as the name of a point (`A'`, `A_1`, `A_{1}`, `A₁` are read), or None."""
    if not isinstance(raw, str):
        return None
    if POINT_NAME.fullmatch(raw):
        return raw
    name = re.sub(r"[_{}~\s$\\]", "", raw).translate(_PRIMES).translate(_INDEX)
    return name if POINT_NAME.fullmatch(name) else None


def _kind_of(given: Mapping[str, Any]) -> str:
    """The table's type for what was given; the fields decide where a name is used for two things."""
    kind = _TYPES.get(given[TYPE], given[TYPE])
    if kind == "segment_equality" and "value" in given:
        return "distance_equals"
    if kind == "distance_equals" and "value" not in given and len(_listed(given.get("segments"))) > 1:
        return "segment_equality"
    if kind == "segment_ratio" and ("angle1" in given or "angles" in given):
        return "angle_ratio"
    if kind == "tangent_line" and ("point" in given or "tangent_point" in given):
        return "tangent_at_point"
    return str(kind)


def _candidates(field: Field, given: Mapping[str, Any]) -> Iterator[Any]:
    """The values that could serve as `field`, best first, each already in the field's shape."""
    ordinal = {"segment1": 0, "angle1": 0, "segment2": 1, "angle2": 1}.get(field.name)
    if ordinal is not None and field.name not in given:
        listed = _listed(given.get("segments", given.get("angles", given.get("objects"))))
        sources: Iterator[Any] = iter(listed[ordinal : ordinal + 1])
    else:
        sources = (given[name] for name in (field.name, *_FIELDS.get(field.name, ())) if name in given)
    for source in sources:
        value = _word(field, source) if field.shape is Shape.WORD else _COERCE[field.shape](source)
        if value is not None:
            yield value


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _names(raw: object) -> list[str] | None:
    """Point names out of `["A", "B"]`, `"AB"`, `[["A", "B"]]` or `{"points": …}`."""
    if isinstance(raw, dict):
        raw = raw.get("points", raw.get("vertices", list(raw.values())))
    if isinstance(raw, list) and len(raw) == 1 and isinstance(raw[0], (list, dict)):
        return _names(raw[0])
    if isinstance(raw, list) and len(raw) == 1 and isinstance(raw[0], str):
        raw = raw[0]
    if isinstance(raw, str):
        raw = re.findall(r"[A-Za-z][_{~]*\d*[}~]*['’ʹ′]*", re.sub(r"[∠△⊙\s]", "", raw))
    if not isinstance(raw, list):
        return None
    names = [name for name in map(point_name, raw) if name is not None]
    return names if names and len(names) == len(raw) else None


def _exactly(count: int) -> Callable[[object], list[str] | None]:
    def coerce(raw: object) -> list[str] | None:
        names = _names(raw)
        return names if names is not None and len(names) == count else None

    return coerce


def _several(one: Callable[[object], Any]) -> Callable[[object], list[Any] | None]:
    def coerce(raw: object) -> list[Any] | None:
        if not isinstance(raw, list):
            return None
        values = [one(item) for item in raw]
        if values and all(value is not None for value in values):
            return values
        alone = one(raw)
        return None if alone is None else [alone]

    return coerce


def _point(raw: object) -> str | None:
    if isinstance(raw, dict):
        raw = raw.get("circle_center", raw.get("center"))
    if isinstance(raw, list) and len(raw) == 1:
        raw = raw[0]
    return point_name(raw)


def _number(raw: object) -> float | int | None:
    if isinstance(raw, (int, float)) and not isinstance(raw, bool):
        return plain_number(raw)
    if not isinstance(raw, str) or len(raw) > _LONGEST_NUMBER:
        return None
    if found := _NUMBER.fullmatch(raw):
        value = float(found[1])
    elif found := _ROOT.fullmatch(raw):
        value = float(found[1] or 1) * math.sqrt(float(found[2]))
    elif (found := _FRACTION.fullmatch(raw)) and float(found[2]):
        value = float(found[1]) / float(found[2])
    else:
        return None
    return plain_number(round(value, 6))


def _ratio(raw: object) -> list[float] | None:
    if isinstance(raw, str) and (found := _FRACTION.fullmatch(raw)):
        raw = [found[1], found[2]]
    if isinstance(raw, (int, float)) and not isinstance(raw, bool):
        raw = [raw, 1]
    if not isinstance(raw, list):
        return None
    numbers = [number for number in map(_number, raw) if number is not None]
    return numbers if len(numbers) == len(raw) else None


def _word(field: Field, raw: object) -> str | None:
    word = re.sub(r"[\s-]+", "_", raw.strip().lower()) if isinstance(raw, str) else None
    return word if word in field.choices else None


def _angle_object(raw: object) -> dict[str, list[str]] | None:
    angle = _exactly(3)(raw)
    return None if angle is None else {"points": angle}


_PAIR: Final = _exactly(2)
_ANGLE: Final = _exactly(3)

_COERCE: Final[Mapping[Shape, Callable[[object], Any]]] = {
    Shape.POINT: _point,
    Shape.PAIR: _PAIR,
    Shape.LINE: _names,
    Shape.LINES: _several(_names),
    Shape.LINES_2: _several(_names),
    Shape.SEGMENTS: _several(_PAIR),
    Shape.SEGMENTS_2: _several(_PAIR),
    Shape.ANGLE: _ANGLE,
    Shape.ANGLE_1: _several(_ANGLE),
    Shape.ANGLES_2: _several(_ANGLE),
    Shape.ANGLE_OBJECTS: _several(_angle_object),
    Shape.TRIANGLE: _ANGLE,
    Shape.POINTS_1: _names,
    Shape.POINTS_2: _names,
    Shape.POINTS_3: _names,
    Shape.POLYGONS: _several(_names),
    Shape.POLYGONS_2: _several(_names),
    Shape.NUMBER: _number,
    Shape.COUNT: _number,
    Shape.RATIO: _ratio,
}
