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


def length_relation(sketch: Sketch, condition: Condition) -> None:
    """The first length less a multiple of the second has the value; what is added is written on the side it adds to."""
    times, plus = condition["times"], condition["plus"]
    sign = -1.0 if plus < 0 else 1.0
    sketch.lengths([(condition["segment1"], sign), (condition["segment2"], -sign * times)], abs(plus))


def area(sketch: Sketch, condition: Condition) -> None:
    """The polygon is simple, and the triangles into which it falls add up to the value."""
    sketch.polygon(condition["polygon"])
    sketch.area(condition["polygon"], condition["value"])


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
    "length_relation": length_relation,
    "area": area,
    "point_height": point_height,
}

GIVEN: Final[Mapping[str, Callable[[Condition], float]]] = {
    "distance_equals": lambda c: float(c["value"]),
    "point_height": lambda c: float(c["value"]),
    "perimeter": lambda c: c["value"] / len(c["polygon"]),
    "segments_sum_value": lambda c: c["value"] / len(c["segments"]),
    "length_relation": lambda c: abs(float(c["plus"])),
    "area": lambda c: math.sqrt(max(c["value"], 0)),
}
"""How long something is by a condition that gives lengths: the mean of those of which it gives a sum."""
