"""Sizes of angles."""

from collections.abc import Hashable, Iterable
from typing import Final

from asyncgeo.schema.shapes import SAME, Shape
from asyncgeo.schema.table.entry import (
    DEGREES,
    RATIO,
    TYPE,
    Condition,
    ConditionType,
    Field,
    distinct,
    in_common,
    line,
    proportion,
)


def _equal(condition: Condition) -> Iterable[Condition] | None:
    one, other = condition["ratio"]
    same = {TYPE: "angle_equality", "points": [condition["angle1"], condition["angle2"]]}
    return (same,) if one == other else None


def _same_ratio(condition: Condition) -> Hashable:
    angle = SAME[Shape.ANGLE]
    return proportion(angle(condition["angle1"]), angle(condition["angle2"]), condition["ratio"])


TYPES: Final = (
    ConditionType(
        "angle_value",
        "the angle has this size",
        (Field("points", Shape.ANGLE_1), DEGREES),
        {"points": [["A", "B", "C"]], "value": 50},
    ),
    ConditionType(
        "angle_equality",
        "the angles are equal",
        (Field("points", Shape.ANGLES_2),),
        {"points": [["A", "B", "C"], ["D", "E", "F"]]},
        writes=distinct("points", Shape.ANGLE),
        joins=in_common("points", Shape.ANGLE),
    ),
    ConditionType(
        "angle_sum",
        "the angles add up to this",
        (Field("angles", Shape.ANGLE_OBJECTS), DEGREES),
        {"angles": [{"points": ["A", "B", "C"]}, {"points": ["D", "E", "F"]}], "value": 90},
    ),
    ConditionType(
        "angle_bisector",
        "the line bisects the angle",
        (line("starts at the vertex"), Field("angle_points", Shape.ANGLE)),
        {"line": ["A", "D"], "angle_points": ["B", "A", "C"]},
    ),
    ConditionType(
        "angle_ratio",
        "first angle : second angle",
        (Field("angle1", Shape.ANGLE), Field("angle2", Shape.ANGLE), RATIO),
        {"angle1": ["C", "B", "D"], "angle2": ["B", "D", "C"], "ratio": [2, 1]},
        writes=_equal,
        same=_same_ratio,
    ),
)
