"""Circles, tangents and arcs. A circle is named by its centre."""

from collections.abc import Iterator
from typing import Final

from asyncgeo.schema.shapes import Shape
from asyncgeo.schema.table.entry import (
    CENTER,
    DEGREES,
    TYPE,
    VALUE,
    Condition,
    ConditionType,
    Field,
    Use,
    line,
    pair,
    point,
    without,
)

_ARC: Final = (
    pair("arc", "its two ends"),
    Field("arc_type", Shape.WORD, optional=True, choices=("minor", "major", "semicircle")),
)
_OF: Final = CENTER._replace(optional=True)


def _on_circle(condition: Condition) -> Iterator[Condition]:
    """The ends of a diameter, or the point of a tangent, are on the circle."""
    center = condition["circle_center"]
    for name in condition.get("segment") or (condition["point"],):
        if name != center:
            yield {TYPE: "point_on_circle", "point": name, "circle_center": center}


def _on_its_circle(condition: Condition) -> Iterator[Condition]:
    """The point and the ends of an arc are on its circle, where that is named."""
    if CENTER.name in condition:
        for name in dict.fromkeys((condition.get("point"), *condition["arc"])):
            if name is not None:
                yield from _on_circle({"circle_center": condition["circle_center"], "point": name})


def _touch_point(condition: Condition) -> Iterator[Condition]:
    """Where circles touch is on both."""
    if "point" in condition:
        for center in condition["centers"]:
            yield from _on_circle({"circle_center": center, "point": condition["point"]})


def _where_it_touches(condition: Condition) -> Iterator[tuple[Condition, Condition]]:
    """A tangent through a point of the circle touches it there."""
    line, center = condition["line"], condition["circle_center"]
    for name in line if len(line) > 1 else ():
        on = {"point": name, "circle_center": center}
        yield {TYPE: "point_on_circle", **on}, {TYPE: "tangent_at_point", "point": name, "line": line, **on}


def _touches(condition: Condition) -> Iterator[Condition]:
    yield {TYPE: "tangent_line", "line": condition["line"], "circle_center": condition["circle_center"]}


def _on_line_and_circle(condition: Condition) -> Iterator[Condition]:
    yield {TYPE: "point_on_line", "point": condition["point"], "line": condition["line"]}
    yield {TYPE: "point_on_circle", "point": condition["point"], "circle_center": condition["circle_center"]}


TYPES: Final = (
    ConditionType("point_on_circle", "on the circle", (point(), CENTER), {"point": "A", "circle_center": "O"}),
    ConditionType("point_inside_circle", "inside the circle", (point(), CENTER), {"point": "P", "circle_center": "O"}),
    ConditionType(
        "concyclic", "all on one circle", (Field("points", Shape.POINTS_3),), {"points": ["A", "B", "C", "D"]}
    ),
    ConditionType(
        "concentric_circles",
        "circles with one centre; centres as named",
        (Field("centers", Shape.POINTS_2),),
        {"centers": ["O", "P"]},
    ),
    ConditionType(
        "tangent_line",
        "the line touches the circle",
        (line(), CENTER),
        {"line": ["P", "A"], "circle_center": "O"},
        beside=_where_it_touches,
    ),
    ConditionType(
        "tangent_at_point",
        "the line touches the circle at the point",
        (point(), line(), CENTER),
        {"point": "A", "line": ["P", "A"], "circle_center": "O"},
        adds=_on_circle,
        implies={"tangent_line": _touches},
    ),
    ConditionType(
        "diameter",
        "the segment is a diameter",
        (pair("segment"), CENTER),
        {"segment": ["A", "B"], "circle_center": "O"},
        adds=_on_circle,
    ),
    ConditionType(
        "point_intersection",
        "where a line meets a circle",
        (point(), line(), CENTER),
        {"point": "P", "line": ["A", "B"], "circle_center": "O"},
        use=Use.READ,
        writes=_on_line_and_circle,
    ),
    ConditionType(
        "point_on_arc",
        "on the arc",
        (point(), *_ARC, _OF),
        {"point": "D", "arc": ["A", "C"], "arc_type": "major"},
        adds=_on_its_circle,
        implies={"point_on_arc": without(("arc_type", "circle_center"))},
    ),
    ConditionType(
        "midpoint_of_arc",
        "the middle of the arc",
        (point(), *_ARC, _OF),
        {"point": "D", "arc": ["A", "C"]},
        adds=_on_its_circle,
        implies={"midpoint_of_arc": without(("arc_type", "circle_center"))},
    ),
    ConditionType("radius", "the circle has this radius", (CENTER, VALUE), {"circle_center": "O", "value": 5}),
    ConditionType(
        "arc_measure",
        "the arc has this size",
        (*_ARC, DEGREES, _OF),
        {"arc": ["A", "B"], "value": 80},
        adds=_on_its_circle,
        implies={"arc_measure": without(("arc_type", "circle_center"))},
    ),
    ConditionType(
        "circles_tangent",
        "the circles touch",
        (
            pair("centers"),
            Field("tangency", Shape.WORD, optional=True, choices=("external", "internal")),
            Field("point", Shape.POINT, "where they touch", optional=True),
        ),
        {"centers": ["O", "P"], "tangency": "external", "point": "T"},
        adds=_touch_point,
        implies={"circles_tangent": without(("tangency", "point"))},
    ),
)
