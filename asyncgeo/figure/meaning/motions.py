"""Transformations, and points that coincide.

In: conditions of these types. Out: terms. Positive turns are counterclockwise, as seen in the figure.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from asyncgeo.figure.sketch import At, Sketch
from asyncgeo.figure.terms import FULL, HALF, AngleTerm
from asyncgeo.schema.conditions import Condition

Pairs = list[tuple[int, int]]


def rotation(sketch: Sketch, condition: Condition) -> None:
    """The image is as far from the centre, turned by the angle; without a direction, either way."""
    pairs = [(sketch.point(condition["point"]), sketch.point(condition["image"]))]
    _rotate(sketch, pairs, condition["center"], _angle(sketch, condition))


def geometric_transformation(sketch: Sketch, condition: Condition) -> None:
    """One rotation, reflection, translation or dilation takes each point to its image."""
    before, after = condition["preimage_triangle"], condition["image_triangle"]
    if len(before) != len(after):
        sketch.impossible()
        return
    pairs = [(sketch.point(p), sketch.point(q)) for p, q in zip(before, after, strict=True)]
    match condition["transformation"]:
        case "rotation":
            _rotate(sketch, pairs, _centre(sketch, condition), _angle(sketch, condition))
        case "reflection":
            _reflect(sketch, pairs, condition.get("axis"))
        case "translation":
            _translate(sketch, pairs)
        case _:
            _dilate(sketch, pairs, _centre(sketch, condition))


def contact(sketch: Sketch, condition: Condition) -> None:
    """The two are one point already, unless they are parts of something that keeps them apart."""
    if sketch.point(condition["point1"]) != sketch.point(condition["point2"]):
        sketch.impossible()


def _centre(sketch: Sketch, condition: Condition) -> At:
    centre = condition.get("center")
    return sketch.hidden() if centre is None else str(centre)


def _angle(sketch: Sketch, condition: Condition) -> float | None:
    """The signed angle in radians; without a direction its sign is a choice."""
    value, direction = condition.get("angle"), condition.get("direction")
    if value is None:
        return None
    clockwise = sketch.choose(2) == 1 if direction is None else direction == "clockwise"
    return math.radians(-value if clockwise else value)


def _rotate(sketch: Sketch, pairs: Pairs, centre: At, angle: float | None) -> None:
    middle = sketch.point(centre)
    turns: list[AngleTerm] = []
    for p, q in pairs:
        if p == q == middle:
            continue
        sketch.balance(sketch.size(middle, p) - sketch.size(middle, q))
        turns.append(sketch.arg(middle, q) - sketch.arg(middle, p))
    reference = AngleTerm(constant=angle) if angle is not None else turns[0] if turns else AngleTerm()
    for turn in turns:
        sketch.wrap(turn - reference, FULL)


def _reflect(sketch: Sketch, pairs: Pairs, axis: Sequence[str] | None) -> None:
    """Both points that fix the axis are equally far from each point and its image; a fixed point lies on it."""
    ends = sketch.hidden_line() if axis is None else sketch.ends(axis)
    for p, q in pairs:
        if p == q:
            sketch.on_line(p, *ends)
            continue
        for end in ends:
            sketch.balance(sketch.size(end, p) - sketch.size(end, q))


def _translate(sketch: Sketch, pairs: Pairs) -> None:
    first, *rest = pairs
    for pair in rest:
        sketch.balance(sketch.size(*pair) - sketch.size(*first))
        sketch.wrap(sketch.arg(*pair) - sketch.arg(*first), FULL)


def _dilate(sketch: Sketch, pairs: Pairs, centre: At) -> None:
    """Point and image in line with the centre, all on the same or all on opposite sides of it, at one ratio."""
    middle = sketch.point(centre)
    moved = [(p, q) for p, q in pairs if not p == q == middle]
    ratios = [sketch.size(middle, q) - sketch.size(middle, p) for p, q in moved]
    turns = [sketch.arg(middle, q) - sketch.arg(middle, p) for p, q in moved]
    for turn, ratio in zip(turns, ratios, strict=True):
        sketch.wrap(turn - turns[0], FULL)
        sketch.balance(ratio - ratios[0])
    for turn in turns[:1]:
        sketch.wrap(turn, HALF)


MEANING: Final[Mapping[str, Callable[[Sketch, Condition], None]]] = {
    "geometric_transformation": geometric_transformation,
    "rotation": rotation,
    "contact": contact,
}
