"""Lengths, their ratios and sums.

In: conditions of these types. Out: terms. Products are linear in logarithms; sums are taken relative to what is added.
"""

import math
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Final

from asyncgeo.figure.sketch import Sketch
from asyncgeo.figure.terms import Size
from asyncgeo.schema.conditions import Condition

GROUND: Final = ("ground",)
"""The line from which heights are measured."""


def segment_equality(sketch: Sketch, condition: Condition) -> None:
    """Each length equals the next."""
    for one, other in pairwise(condition["segments"]):
        sketch.balance(sketch.size(*one) - sketch.size(*other))


def distance_equals(sketch: Sketch, condition: Condition) -> None:
    """The length has the value."""
    sketch.balance(sketch.size(*condition["segment"]) - sketch.length(condition["value"]))


def segment_ratio(sketch: Sketch, condition: Condition) -> None:
    """The quotient of the lengths has the value."""
    first, second = condition["ratio"]
    quotient = sketch.size(*condition["segment1"]) - sketch.size(*condition["segment2"])
    sketch.balance(quotient - Size(constant=math.log(first / second)))


def perimeter(sketch: Sketch, condition: Condition) -> None:
    """The sides add up to the value."""
    corners = condition["polygon"]
    sketch.length(condition["value"])
    sketch.lengths([(side, 1.0) for side in zip(corners, (*corners[1:], corners[0]), strict=True)], condition["value"])


def segments_sum_value(sketch: Sketch, condition: Condition) -> None:
    """The lengths add up to the value."""
    sketch.length(condition["value"])
    sketch.lengths([(segment, 1.0) for segment in condition["segments"]], condition["value"])


def segments_sum_equals(sketch: Sketch, condition: Condition) -> None:
    """The left lengths add up to what the right ones do."""
    left = [(segment, 1.0) for segment in condition["left_segments"]]
    right = [(segment, -1.0) for segment in condition["right_segments"]]
    sketch.lengths([*left, *right])


def point_height(sketch: Sketch, condition: Condition) -> None:
    """Distance from a hidden line, the ground, all on one side of it; on it when the height is 0."""
    ground = sketch.ends(GROUND)
    if condition["value"] == 0:
        sketch.on_line(condition["point"], *ground)
        return
    sketch.balance(sketch.height(condition["point"], *ground) - sketch.length(condition["value"]))
    other = sketch.above.setdefault(GROUND, condition["point"])
    if other != condition["point"]:
        sketch.sides(other, condition["point"], ground)


MEANING: Final[Mapping[str, Callable[[Sketch, Condition], None]]] = {
    "segment_equality": segment_equality,
    "distance_equals": distance_equals,
    "segment_ratio": segment_ratio,
    "perimeter": perimeter,
    "segments_sum_value": segments_sum_value,
    "segments_sum_equals": segments_sum_equals,
    "point_height": point_height,
}
