"""Relations of points and lines, and positions on them.

Of the positions of a point on one line the strongest is written: the middle, between the ends, beyond one of them,
beyond either, anywhere.
"""

from collections.abc import Hashable, Iterable, Iterator, Sequence
from itertools import combinations
from typing import Final

from asyncgeo.schema.shapes import Shape
from asyncgeo.schema.table.entry import TYPE, Condition, ConditionType, Field, Joins, Use, line, pair, point

_MOST: Final = 6  # points of which each three are written; of more, neighbours


def _triangles(condition: Condition) -> Iterator[Condition]:
    points = condition["points"]
    threes = combinations(points, 3) if len(points) <= _MOST else zip(points, points[1:], points[2:], strict=False)
    return ({TYPE: "triangle_valid", "points": list(three)} for three in threes)


def _unless_an_end(condition: Condition) -> Iterable[Condition] | None:
    """A point by which the line is named says nothing new."""
    named = condition.get("segment") or condition["line"]
    return () if condition["point"] in named and len(named) > 1 else None


def _on_line(condition: Condition) -> Iterable[Condition]:
    line = condition.get("segment") or condition["line_segment"]
    return ({TYPE: "point_on_line", "point": condition["point"], "line": line},)


def _on_segment(condition: Condition) -> Iterable[Condition]:
    segment = condition.get("segment") or condition["endpoints"]
    return ({TYPE: "point_on_segment", "point": condition["point"], "segment": segment},)


def _beyond(condition: Condition) -> Iterable[Condition]:
    return ({TYPE: "point_on_line_extension", "point": condition["point"], "line_segment": condition["segment"]},)


def _on_both(condition: Condition) -> Iterator[Condition]:
    return ({TYPE: "point_on_line", "point": condition["point"], "line": each} for each in condition["lines"])


def _corners(condition: Condition) -> Iterator[Hashable]:
    """The four points by which two lines are named."""
    names = {name for each in condition["objects"] if len(each) > 1 for name in each}
    if len(names) == 4:  # noqa: PLR2004
        yield frozenset(names)


def _parallelogram(group: Sequence[Condition]) -> list[Condition | None]:
    """AB ∥ CD and AD ∥ BC: the parallelogram ABCD."""
    one, other, *rest = group
    (a, b), (c, d) = one["objects"]
    if any(set(each) == {b, d} for each in other["objects"]):
        c, d = d, c
    return [{TYPE: "polygon_property", "polygon": [a, b, c, d], "property": "parallelogram"}, None, *rest]


def _across(condition: Condition) -> Iterator[Condition]:
    yield {TYPE: "perpendicular", "objects": [condition["line"], condition["segment"]]}


def _order(points: Sequence[str]) -> Hashable:
    return min(tuple(points), tuple(reversed(points)))


TYPES: Final = (
    ConditionType(
        "parallel",
        "the lines are parallel",
        (Field("objects", Shape.LINES_2),),
        {"objects": [["A", "B"], ["C", "D"]]},
        joins=Joins(_corners, _parallelogram),
    ),
    ConditionType(
        "perpendicular",
        "the lines are perpendicular",
        (Field("objects", Shape.LINES_2),),
        {"objects": [["A", "B"], ["C", "D"]]},
    ),
    ConditionType("collinear", "all on one line", (Field("points", Shape.POINTS_3),), {"points": ["A", "B", "C"]}),
    ConditionType(
        "not_collinear",
        "not on one line",
        (Field("points", Shape.POINTS_3),),
        {"points": ["A", "B", "C"]},
        use=Use.READ,
        writes=_triangles,
    ),
    ConditionType(
        "concurrent",
        "the lines meet in one point",
        (Field("lines", Shape.LINES),),
        {"lines": [["A", "D"], ["B", "E"], ["C", "F"]]},
        use=Use.WRITTEN,
    ),
    ConditionType(
        "point_on_segment",
        "between the two ends",
        (point(), pair("segment")),
        {"point": "D", "segment": ["B", "C"]},
        writes=_unless_an_end,
        implies={"point_on_line": _on_line},
    ),
    ConditionType(
        "point_on_line",
        "on the line, anywhere",
        (point(), line()),
        {"point": "E", "line": ["A", "B"]},
        writes=_unless_an_end,
    ),
    ConditionType(
        "point_on_line_extension",
        "on the line beyond either end",
        (point(), pair("line_segment")),
        {"point": "D", "line_segment": ["B", "C"]},
        implies={"point_on_line": _on_line},
    ),
    ConditionType(
        "point_on_segment_extension",
        "on the ray from the first end, beyond the second",
        (point(), pair("segment", "the extension goes past the second end")._replace(same=tuple)),
        {"point": "E", "segment": ["B", "C"]},
        implies={"point_on_line_extension": _beyond, "point_on_line": _on_line},
    ),
    ConditionType(
        "midpoint_of",
        "the middle of the segment",
        (point(), pair("segment")),
        {"point": "M", "segment": ["A", "B"]},
        implies={"point_on_segment": _on_segment, "point_on_line": _on_line},
    ),
    ConditionType(
        "point_between",
        "between the two ends",
        (point(), pair("endpoints")),
        {"point": "P", "endpoints": ["A", "B"]},
        use=Use.READ,
        writes=_on_segment,
    ),
    ConditionType(
        "order_on_line",
        "on one line in this order",
        (Field("points", Shape.POINTS_3, same=_order),),
        {"points": ["A", "B", "C"]},
    ),
    ConditionType(
        "same_side",
        "the points lie on one side of the line",
        (Field("points", Shape.POINTS_2), Field("line", Shape.LINE)),
        {"points": ["C", "O"], "line": ["A", "B"]},
    ),
    ConditionType(
        "point_above_line",
        "above the line in the figure",
        (point(), line()),
        {"point": "C", "line": ["A", "B"]},
        use=Use.WRITTEN,
    ),
    ConditionType(
        "point_outside_line", "not on the line", (point(), line()), {"point": "P", "line": ["A", "B"]}, use=Use.WRITTEN
    ),
    ConditionType(
        "intersection_point",
        "where the two lines meet",
        (point(), Field("lines", Shape.LINES_2)),
        {"point": "O", "lines": [["A", "C"], ["B", "D"]]},
        use=Use.READ,
        writes=_on_both,
    ),
    ConditionType(
        "perpendicular_bisector",
        "the line halves the segment at a right angle",
        (line(), pair("segment")),
        {"line": ["D", "E"], "segment": ["A", "B"]},
        implies={"perpendicular": _across},
    ),
)
