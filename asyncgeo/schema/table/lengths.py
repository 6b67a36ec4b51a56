"""Lengths, their ratios and sums; areas."""

from collections.abc import Hashable, Iterable
from typing import Final

from asyncgeo.schema.shapes import SAME, Shape, ring
from asyncgeo.schema.table.entry import (
    RATIO,
    TYPE,
    VALUE,
    Condition,
    ConditionType,
    Field,
    distinct,
    in_common,
    pair,
    proportion,
    rounded,
)


def _equal(condition: Condition) -> Iterable[Condition] | None:
    one, other = condition["ratio"]
    same = {TYPE: "segment_equality", "segments": [condition["segment1"], condition["segment2"]]}
    return (same,) if one == other else None


def _same_ratio(condition: Condition) -> Hashable:
    segment = SAME[Shape.PAIR]
    return proportion(segment(condition["segment1"]), segment(condition["segment2"]), condition["ratio"])


def _same_sums(condition: Condition) -> Hashable:
    sums = SAME[Shape.SEGMENTS]
    return frozenset((sums(condition["left_segments"]), sums(condition["right_segments"])))


def _ratio(condition: Condition) -> Iterable[Condition] | None:
    """Without anything added it is a ratio."""
    times, plus = condition["times"], condition["plus"]
    if plus != 0 or times <= 0:
        return None
    segments = {name: condition[name] for name in ("segment1", "segment2")}
    return ({TYPE: "segment_ratio", **segments, "ratio": [times, 1]},)


def _same_relation(condition: Condition) -> Hashable:
    """AB = 2CD + 4 is CD = 0.5AB - 2."""
    one, other = SAME[Shape.PAIR](condition["segment1"]), SAME[Shape.PAIR](condition["segment2"])
    times, plus = condition["times"], condition["plus"]
    if one <= other or not times:
        return one, other, rounded(times), rounded(plus)
    return other, one, rounded(1 / times), rounded(-plus / times)


TYPES: Final = (
    ConditionType(
        "segment_equality",
        "the segments are equally long",
        (Field("segments", Shape.SEGMENTS_2),),
        {"segments": [["A", "B"], ["C", "D"]]},
        writes=distinct("segments", Shape.PAIR),
        joins=in_common("segments", Shape.PAIR),
    ),
    ConditionType(
        "distance_equals", "the segment has this length", (pair("segment"), VALUE), {"segment": ["A", "B"], "value": 8}
    ),
    ConditionType(
        "perimeter",
        "the polygon has this perimeter",
        (Field("polygon", Shape.POINTS_3, same=ring), VALUE),
        {"polygon": ["A", "B", "C"], "value": 15},
    ),
    ConditionType(
        "segments_sum_value",
        "the lengths add up to this",
        (Field("segments", Shape.SEGMENTS_2), VALUE),
        {"segments": [["A", "B"], ["B", "C"]], "value": 6},
    ),
    ConditionType(
        "segments_sum_equals",
        "left lengths together equal right lengths together",
        (Field("left_segments", Shape.SEGMENTS), Field("right_segments", Shape.SEGMENTS)),
        {"left_segments": [["A", "B"], ["B", "C"]], "right_segments": [["A", "D"]]},
        same=_same_sums,
    ),
    ConditionType(
        "segment_ratio",
        "first length : second length",
        (pair("segment1"), pair("segment2"), RATIO),
        {"segment1": ["A", "E"], "segment2": ["E", "C"], "ratio": [1, 2]},
        writes=_equal,
        same=_same_ratio,
    ),
    ConditionType(
        "length_relation",
        "first length = times × second length + plus",
        (pair("segment1"), Field("times", Shape.NUMBER), pair("segment2"), Field("plus", Shape.NUMBER)),
        {"segment1": ["A", "B"], "times": 2, "segment2": ["C", "D"], "plus": 1},
        writes=_ratio,
        same=_same_relation,
    ),
    ConditionType(
        "area",
        "the polygon has this area",
        (Field("polygon", Shape.POINTS_3, same=ring), VALUE),
        {"polygon": ["A", "B", "C"], "value": 6},
    ),
)
