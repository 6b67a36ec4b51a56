"""Variant spellings of conditions, as models return them → the table's own.

In: a condition as it came (any JSON). Out: the conditions in the table's shape that it is, none when nothing valid can
be made of it. It knows what models write, not what a problem says.

    {"type": "segment_length", "segment": "AB", "value": "6cm"}
      → {"type": "distance_equals", "segment": ["A", "B"], "value": 6}
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from asyncgeo.schema.conditions import TABLE, TYPE, Condition, Field, defect
from asyncgeo.schema.several import apart
from asyncgeo.schema.shapes import Shape
from asyncgeo.schema.table.polygons import PROPERTIES
from asyncgeo.schema.values import COERCE

_TYPES: Final[Mapping[str, str]] = {
    "segment_length": "distance_equals",
    "length": "distance_equals",
    "length_value": "distance_equals",
    "length_equal": "segment_equality",
    "distance": "distance_equals",
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
    "circle_radius": "radius",
    "radius_equals": "radius",
    "radius_value": "radius",
    "arc_value": "arc_measure",
    "arc_degree": "arc_measure",
    "polygon_area": "area",
    "triangle_area": "area",
    "tangent_circles": "circles_tangent",
    "midpoints": "midpoint_of",
    "points_on_circle": "point_on_circle",
    "points_on_line": "point_on_line",
    "points_on_segment": "point_on_segment",
    "height": "altitude",
    "circle_chord": "chord",
    "equilateral_triangle": "equilateral",
    "isosceles_right_triangle": "isosceles_right",
    "regular_triangle": "equilateral",
    "translate": "translation",
    "reflect": "reflection",
    "rotate": "rotation",
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


def straighten(raw: object) -> list[Condition]:
    """The valid conditions of the table that `raw` is, mostly one; none where it means nothing."""
    if not isinstance(raw, dict) or not isinstance(raw.get(TYPE), str):
        return []
    if defect(raw) is None and not _is_turned_back(raw):
        return [_exact(raw)]
    given = {name: value for name, value in raw.items() if value is not None}
    straight = (_one(part) for part in apart(_kind_of(given), given))
    return [_exact(each) for each in straight if each is not None]


def _one(given: Mapping[str, Any]) -> Condition | None:
    """What says one thing, as a valid condition of the table."""
    name = _kind_of(given)
    if name in PROPERTIES and name not in TABLE:
        given = {**given, "property": name}
        name = "polygon_property"
    kind = TABLE.get(name)
    if kind is None:
        return None
    straight: Condition = {TYPE: kind.name}
    for field in kind.fields:
        value = next(_candidates(field, given), None)
        if value is not None:
            straight[field.name] = value
    return straight if defect(straight) is None else None


def lacks_center(raw: object) -> bool:
    """Whether the condition is about a circle and does not say which."""
    if not isinstance(raw, dict) or not isinstance(raw.get(TYPE), str):
        return False
    given = {name: value for name, value in raw.items() if value is not None}
    kind = TABLE.get(_kind_of(given))
    center = None if kind is None else next((field for field in kind.fields if field.name == _CENTER), None)
    return center is not None and not center.optional and next(_candidates(center, given), None) is None


_CENTER: Final = "circle_center"


def _exact(condition: Condition) -> Condition:
    """The condition; a straight angle is three points in order."""
    if condition[TYPE] == "angle_value" and condition["value"] == STRAIGHT:
        return {TYPE: "order_on_line", "points": list(condition["points"][0])}
    return condition


def _is_turned_back(condition: Condition) -> bool:
    """Whether it is a rotation by a negative angle, which is valid by its shape."""
    angle = condition.get("angle")
    return isinstance(angle, (int, float)) and angle < 0


def _kind_of(given: Mapping[str, Any]) -> str:
    """The table's type for what was given; the fields decide where a name is used for two things."""
    name = plain(given[TYPE])
    kind = _TYPES.get(name, name)
    if kind == "segment_equality" and "value" in given:
        return "distance_equals"
    if kind == "distance_equals" and "value" not in given and len(_listed(given.get("segments"))) > 1:
        return "segment_equality"
    if kind == "segment_ratio" and ("angle1" in given or "angles" in given):
        return "angle_ratio"
    if kind == "tangent_line" and ("point" in given or "tangent_point" in given):
        return "tangent_at_point"
    return kind


def _candidates(field: Field, given: Mapping[str, Any]) -> Iterator[Any]:
    """The values that could serve as `field`, best first, each already in the field's shape."""
    for source in _sources(field, given):
        value = _word(field, source) if field.shape is Shape.WORD else COERCE[field.shape](source)
        if value is not None:
            yield value


def _sources(field: Field, given: Mapping[str, Any]) -> Iterator[Any]:
    """What stands under the field's name, or another name for it, or is counted: angle1 and angle2 of angles."""
    ordinal = {"segment1": 0, "angle1": 0, "segment2": 1, "angle2": 1}.get(field.name)
    if ordinal is not None and field.name not in given:
        listed = _listed(given.get("segments", given.get("angles", given.get("objects"))))
        yield from listed[ordinal : ordinal + 1]
        return
    yield from (given[name] for name in (field.name, *_FIELDS.get(field.name, ())) if name in given)
    if field.shape in _LISTS and (counted := [given[name] for name in given if _COUNTED.fullmatch(name)]):
        yield counted


_LISTS: Final = frozenset(
    (Shape.LINES, Shape.LINES_2, Shape.SEGMENTS_2, Shape.ANGLES_2, Shape.ANGLE_OBJECTS, Shape.POLYGONS_2)
)
_COUNTED: Final = re.compile(r"(?:line|segment|angle|object|polygon|triangle|side)_?[1-9]")


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _word(field: Field, raw: object) -> str | None:
    found = (plain(raw), word(raw)) if isinstance(raw, str) else ()
    return next((known for known in found if known in field.choices), None)


def word(text: str) -> str:
    """A word as the table spells it; one that it does not know in plain letters."""
    return _WORDS.get(plain(text), plain(text))


def plain(text: str) -> str:
    """Small letters, and `_` between words."""
    return re.sub(r"[\s-]+", "_", text.strip().lower())


_WORDS: Final = {
    "anticlockwise": "counterclockwise",
    "counter_clockwise": "counterclockwise",
    "ccw": "counterclockwise",
    "cw": "clockwise",
    "externally": "external",
    "internally": "internal",
    "right_triangle": "right",
    "isosceles_triangle": "isosceles",
    "equilateral_triangle": "equilateral",
    "isosceles_right_triangle": "isosceles_right",
    "fold": "reflection",
    "homothety": "dilation",
}
STRAIGHT: Final = 180
"""Degrees of an angle that is none."""
