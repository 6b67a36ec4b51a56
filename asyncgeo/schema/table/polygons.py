"""Triangles and polygons."""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Final

from asyncgeo.schema.shapes import Shape, ring
from asyncgeo.schema.table.entry import TYPE, Condition, ConditionType, Field, Use, point

PROPERTIES: Final = (
    "parallelogram",
    "rectangle",
    "rhombus",
    "square",
    "trapezoid",
    "isosceles_trapezoid",
    "right_trapezoid",
    "kite",
    "equilateral",
    "isosceles",
    "right",
    "isosceles_right",
    "convex",
    "regular",
)
_WEAKER: Final[Mapping[str, tuple[str, ...]]] = {
    "square": ("rectangle", "rhombus", "parallelogram", "kite", "convex"),
    "rectangle": ("parallelogram", "convex"),
    "rhombus": ("parallelogram", "kite", "convex"),
    "parallelogram": ("convex",),
    "isosceles_trapezoid": ("trapezoid", "convex"),
    "right_trapezoid": ("trapezoid", "convex"),
    "trapezoid": ("convex",),
    "isosceles_right": ("isosceles", "right"),
}
"""Property → those that it has in itself."""
_PARALLELOGRAMS: Final = ("parallelogram", "rectangle", "rhombus", "square")
_TRIANGLE: Final = 3
_QUADRILATERAL: Final = 4


def _property(polygon: Sequence[str], kind: str) -> Condition:
    return {TYPE: "polygon_property", "polygon": polygon, "property": kind}


def _triangle(points: Sequence[str]) -> Condition:
    return {TYPE: "triangle_valid", "points": points}


def _isosceles(condition: Condition) -> Iterator[Condition]:
    yield _triangle(condition["points"])
    yield {TYPE: "segment_equality", "segments": condition["equal_sides"]}


def _right(condition: Condition) -> Iterator[Condition]:
    points, vertex = condition["points"], condition.get("right_angle")
    if vertex not in points:
        yield _property(points, "right")
        return
    one, other = (name for name in points if name != vertex)
    yield _triangle(points)
    yield {TYPE: "angle_value", "points": [[one, vertex, other]], "value": 90}


def _of_kind(condition: Condition) -> Iterable[Condition] | None:
    """What is regular or equilateral has names of its own."""
    polygon, kind = condition["polygon"], condition["property"]
    if kind == "regular":
        return _all_equal(polygon)
    if kind == "equilateral" and len(polygon) == _TRIANGLE:
        return _all_equal(polygon)
    if kind == "equilateral" and len(polygon) == _QUADRILATERAL:
        return (_property(polygon, "rhombus"),)
    return None


def _all_equal(polygon: Sequence[str]) -> Iterable[Condition]:
    """A polygon with equal sides and angles."""
    if len(polygon) == _TRIANGLE:
        a, b, c = polygon
        return ({TYPE: "segment_equality", "segments": [[a, b], [b, c], [a, c]]},)
    if len(polygon) == _QUADRILATERAL:
        return (_property(polygon, "square"),)
    return ({TYPE: "regular_polygon", "polygon_points": polygon, "sides": len(polygon)},)


def _regular(condition: Condition) -> Iterable[Condition] | None:
    polygon = condition["polygon_points"]
    if len(polygon) > _QUADRILATERAL or condition["sides"] != len(polygon):
        return None
    return _all_equal(polygon)


def _kinds(condition: Condition) -> Iterator[Condition]:
    return (_property(polygon, "square") for polygon in condition["polygons"])


def _weaker(condition: Condition) -> Iterator[Condition]:
    """A square is a rectangle and a rhombus."""
    return (_property(condition["polygon"], weaker) for weaker in _WEAKER.get(condition["property"], ()))


def _opposite(condition: Condition) -> Iterator[Condition]:
    """Opposite sides of a parallelogram are parallel."""
    polygon = condition["polygon"]
    if condition["property"] in _PARALLELOGRAMS and len(polygon) == _QUADRILATERAL:
        a, b, c, d = polygon
        yield {TYPE: "parallel", "objects": [[a, b], [c, d]]}
        yield {TYPE: "parallel", "objects": [[b, c], [d, a]]}


def _similar(condition: Condition) -> Iterator[Condition]:
    yield {**condition, TYPE: "similarity"}


def _corresponding(condition: Condition) -> Hashable:
    one, other = condition["polygons"]
    return frozenset((frozenset(zip(one, other, strict=True)), frozenset(zip(other, one, strict=True))))


TYPES: Final = (
    ConditionType(
        "triangle_valid",
        "a triangle with these vertices",
        (Field("points", Shape.TRIANGLE),),
        {"points": ["A", "B", "C"]},
    ),
    ConditionType(
        "isosceles_triangle",
        "a triangle with these two sides equal",
        (Field("points", Shape.TRIANGLE), Field("equal_sides", Shape.SEGMENTS_2)),
        {"points": ["A", "B", "C"], "equal_sides": [["A", "B"], ["A", "C"]]},
        use=Use.READ,
        writes=_isosceles,
    ),
    ConditionType(
        "right_triangle",
        "a triangle with a right angle",
        (Field("points", Shape.TRIANGLE), Field("right_angle", Shape.POINT, "its vertex", optional=True)),
        {"points": ["A", "B", "C"], "right_angle": "C"},
        use=Use.READ,
        writes=_right,
    ),
    ConditionType(
        "polygon_property",
        "the polygon is of this kind",
        (Field("polygon", Shape.POINTS_3, same=ring), Field("property", Shape.WORD, choices=PROPERTIES)),
        {"polygon": ["A", "B", "C", "D"], "property": "rhombus"},
        writes=_of_kind,
        implies={"polygon_property": _weaker, "parallel": _opposite},
    ),
    ConditionType(
        "polygon_type",
        "the polygon is of this kind",
        (Field("polygon", Shape.POINTS_3, same=ring), Field("value", Shape.WORD, choices=PROPERTIES)),
        {"polygon": ["A", "B", "C", "D"], "value": "trapezoid"},
        use=Use.READ,
        writes=lambda c: (_property(c["polygon"], c["value"]),),
    ),
    ConditionType(
        "square",
        "each polygon is a square",
        (Field("polygons", Shape.POLYGONS),),
        {"polygons": [["A", "B", "C", "D"]]},
        use=Use.READ,
        writes=_kinds,
    ),
    ConditionType(
        "regular_polygon",
        "all sides and angles equal",
        (Field("polygon_points", Shape.POINTS_3, same=ring), Field("sides", Shape.COUNT)),
        {"polygon_points": ["A", "B", "C", "D", "E", "F"], "sides": 6},
        writes=_regular,
    ),
    ConditionType(
        "point_incenter",
        "centre of the inscribed circle",
        (point(), Field("triangle", Shape.TRIANGLE)),
        {"point": "I", "triangle": ["A", "B", "C"]},
    ),
    ConditionType(
        "similarity",
        "similar, vertices in corresponding order",
        (Field("polygons", Shape.POLYGONS_2),),
        {"polygons": [["A", "B", "C"], ["D", "E", "F"]]},
        same=_corresponding,
    ),
    ConditionType(
        "congruence",
        "congruent, vertices in corresponding order",
        (Field("polygons", Shape.POLYGONS_2),),
        {"polygons": [["A", "B", "C"], ["D", "E", "F"]]},
        same=_corresponding,
        implies={"similarity": _similar},
    ),
)
