"""Conditions → those that the validator of GeoBuildBench knows.

In: conditions. Out: its checks, and the conditions that it cannot check. The names and fields are its own where they
differ from the table's; it takes exactly four points of a circle, three lines through a point and two points of a
side, and looks at the first three points of a line.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Final

from asyncgeo.export.piece import ends_of
from asyncgeo.schema.conditions import TYPE, Condition

_SAME: Final = frozenset(
    (
        *("parallel", "perpendicular", "angle_value", "angle_equality", "angle_sum", "angle_bisector"),
        *("segment_equality", "distance_equals", "perimeter", "segments_sum_value", "segments_sum_equals"),
        *("point_on_segment", "point_on_line", "point_on_line_extension", "point_on_segment_extension"),
        *("midpoint_of", "order_on_line", "point_above_line", "point_outside_line", "perpendicular_bisector"),
        *("point_on_circle", "point_inside_circle", "concentric_circles", "tangent_line", "tangent_at_point"),
        *("diameter", "point_on_arc", "midpoint_of_arc", "triangle_valid", "regular_polygon", "point_incenter"),
        *("geometric_transformation", "contact", "point_height"),
    )
)
"""Types that it knows under this name and with these fields."""
_CORNERS: Final = 3
_LINE_FIELDS: Final = ("line", "axis")
_LINES_FIELDS: Final = ("objects", "lines")


def checks_of(conditions: Sequence[Condition]) -> tuple[list[Condition], list[Condition]]:
    """Its checks, and what it has no check for."""
    checks: list[Condition] = []
    unsaid: list[Condition] = []
    on_circle = _points_by_circle(conditions)
    for condition in conditions:
        said = _said(condition, on_circle)
        checks.extend(map(_with_ends, said))
        if not said:
            unsaid.append(condition)
    return checks, unsaid


def _points_by_circle(conditions: Iterable[Condition]) -> dict[str, str]:
    return {c["circle_center"]: c["point"] for c in conditions if c[TYPE] == "point_on_circle"}


def _with_ends(check: Condition) -> Condition:
    """Lines by two points; it knows no line by its name."""

    def named(line: Sequence[str]) -> Sequence[str]:
        return ends_of(line[0]) if len(line) == 1 else line

    one = {name: named(check[name]) for name in _LINE_FIELDS if name in check}
    many = {name: [named(each) for each in check[name]] for name in _LINES_FIELDS if name in check}
    return check | one | many


def _said(condition: Condition, on_circle: Mapping[str, str]) -> list[Condition]:
    if condition[TYPE] in _SAME:
        return [condition]
    if condition[TYPE] == "radius":
        return list(_radius(condition, on_circle))
    say = _OTHERWISE.get(condition[TYPE])
    return [] if say is None else list(say(condition))


def _radius(condition: Condition, on_circle: Mapping[str, str]) -> Iterator[Condition]:
    centre = condition["circle_center"]
    if centre in on_circle:
        yield {TYPE: "distance_equals", "segment": [centre, on_circle[centre]], "value": condition["value"]}


def _collinear(condition: Condition) -> Iterator[Condition]:
    points = condition["points"]
    for three in zip(points, points[1:], points[2:], strict=False):
        yield {TYPE: "collinear", "points": list(three)}


def _concyclic(condition: Condition) -> Iterator[Condition]:
    a, b, c, *rest = condition["points"]
    for point in rest:
        yield {TYPE: "concyclic", "points": [a, b, c, point]}
    if not rest:
        yield {TYPE: "triangle_valid", "points": [a, b, c]}


def _concurrent(condition: Condition) -> Iterator[Condition]:
    one, other, *rest = condition["lines"]
    for line in rest:
        yield {TYPE: "concurrent", "lines": [one, other, line]}


def _same_side(condition: Condition) -> Iterator[Condition]:
    for both in pairwise(condition["points"]):
        yield {TYPE: "same_side", "points": list(both), "line": condition["line"]}


def _segment_ratio(condition: Condition) -> Iterator[Condition]:
    segments = [condition["segment1"], condition["segment2"]]
    yield {TYPE: "ratio", "segments": segments, "ratio": condition["ratio"]}


def _arc_measure(condition: Condition) -> Iterator[Condition]:
    a, b = condition["arc"]
    if "circle_center" in condition and condition.get("arc_type") != "major":
        yield {TYPE: "angle_value", "points": [[a, condition["circle_center"], b]], "value": condition["value"]}


def _similarity(condition: Condition) -> Iterator[Condition]:
    """Of triangles: equal angles."""
    one, other = condition["polygons"]
    if len(one) == _CORNERS:
        for turn in range(2):
            angles = [[each[turn - 1], each[turn], each[turn + 1]] for each in (one, other)]
            yield {TYPE: "angle_equality", "points": angles}


def _congruence(condition: Condition) -> Iterator[Condition]:
    """Of triangles: equal sides."""
    one, other = condition["polygons"]
    if len(one) == _CORNERS:
        for k in range(_CORNERS):
            yield {TYPE: "segment_equality", "segments": [[each[k - 1], each[k]] for each in (one, other)]}


def _polygon_property(condition: Condition) -> Iterator[Condition]:
    """Of a rectangle, a rhombus and a square it looks at nothing but the names, so what they are is said as well."""
    polygon, kind = condition["polygon"], condition["property"]
    if len(polygon) == _CORNERS:
        if kind in ("isosceles", "isosceles_right"):
            yield {TYPE: "isosceles_triangle", "points": polygon}
        if kind in ("right", "isosceles_right"):
            yield {TYPE: "right_triangle", "points": polygon}
    elif kind in ("parallelogram", "rectangle", "rhombus"):
        a, b, c, _ = polygon
        yield {TYPE: "polygon_property", "polygon": polygon, "property": "parallelogram"}
        if kind == "rectangle":
            yield {TYPE: "perpendicular", "objects": [[a, b], [b, c]]}
        if kind == "rhombus":
            yield {TYPE: "segment_equality", "segments": [[a, b], [b, c]]}
    elif kind == "square":
        yield {TYPE: "square", "polygons": [polygon]}


_OTHERWISE: Final[Mapping[str, Callable[[Condition], Iterator[Condition]]]] = {
    "collinear": _collinear,
    "concyclic": _concyclic,
    "concurrent": _concurrent,
    "same_side": _same_side,
    "segment_ratio": _segment_ratio,
    "arc_measure": _arc_measure,
    "similarity": _similarity,
    "congruence": _congruence,
    "polygon_property": _polygon_property,
}
