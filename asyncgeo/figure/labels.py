"""Texts that want a place → places where they lie neither on each other nor, if it can be helped, on strokes.

In: wishes (a text and its possible places), strokes and circles. Out: a place for each. It knows no geometry problem.

Greedy, the most constrained first, then each text moves once more with all others in place.
"""

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

from asyncgeo.figure.draw import Point
from asyncgeo.figure.marks import Wish
from asyncgeo.figure.strokes import Sheet, Stroke

_HEIGHT: Final = {"point": 14.0, "angle": 11.0, "length": 11.0, "line": 12.0}
_WIDTH: Final = 0.58  # of a character, relative to the height; generous for digits and capitals

# what it costs to lie somewhere bad; a later place costs a little, so that labels stay near
_ON_TEXT: Final = 1000.0
_OUTSIDE: Final = 400.0
_ON_POINT: Final = 60.0
_ON_STROKE: Final = 25.0
_LATER: Final = 0.25


class Box(NamedTuple):
    """A rectangle by its centre and half its width and height."""

    x: float
    y: float
    half_width: float
    half_height: float


def box(wish: Wish, place: Point) -> Box:
    """The room that the text takes there."""
    height = _HEIGHT[wish.kind]
    return Box(*place, _WIDTH * height * max(len(wish.text), 1) / 2 + 1, height / 2)


def place(wishes: Sequence[Wish], sheet: Sheet, strokes: Sequence[Stroke]) -> list[Point]:
    """The place of each wish."""
    order = sorted(range(len(wishes)), key=lambda k: len(wishes[k].places))
    chosen: dict[int, tuple[Point, Box]] = {}
    for _ in range(2):
        for k in order:
            others = [taken for other, (_, taken) in chosen.items() if other != k]
            costs = [_cost(text, others, sheet, strokes) + _LATER * rank for rank, text in enumerate(_boxes(wishes[k]))]
            best = wishes[k].places[costs.index(min(costs))]
            chosen[k] = best, box(wishes[k], best)
    return [chosen[k][0] for k in range(len(wishes))]


def around(point: Point) -> tuple[Point, ...]:
    """Places for the name of a point, near ones first."""
    x, y = point
    steps = [(math.cos(k * math.pi / 8), math.sin(k * math.pi / 8)) for k in range(16)]
    return tuple((x + reach * cos, y - reach * sin) for reach in (12, 16, 21) for cos, sin in steps)


def _boxes(wish: Wish) -> list[Box]:
    return [box(wish, at) for at in wish.places]


def _cost(text: Box, others: Sequence[Box], sheet: Sheet, strokes: Sequence[Stroke]) -> float:
    return (
        _ON_TEXT * sum(_overlap(text, other) for other in others)
        + _ON_POINT * sum(_overlap(text, Box(x, y, 2, 2)) for x, y in sheet.points.values())
        + _ON_STROKE * sum(_crosses(text, stroke) for stroke in strokes)
        + _ON_STROKE * sum(_on_circle(text, middle, radius) for middle, radius in sheet.circles)
        + _OUTSIDE * (not _inside(text, sheet))
    )


def _inside(text: Box, sheet: Sheet) -> bool:
    across = text.half_width < text.x < sheet.width - text.half_width
    return across and text.half_height < text.y < sheet.height - text.half_height


def _overlap(one: Box, other: Box) -> bool:
    return (
        abs(one.x - other.x) < one.half_width + other.half_width
        and abs(one.y - other.y) < one.half_height + other.half_height
    )


def _crosses(text: Box, stroke: Stroke) -> bool:
    """Whether the stroke passes through the box: clip it to the box's extent in x, then in y."""
    low, high = 0.0, 1.0
    (ax, ay), (bx, by) = stroke
    for start, step, middle, half in ((ax, bx - ax, text.x, text.half_width), (ay, by - ay, text.y, text.half_height)):
        if abs(step) < 1e-9:  # noqa: PLR2004  parallel to this side
            if abs(start - middle) > half:
                return False
            continue
        enter, leave = sorted(((middle - half - start) / step, (middle + half - start) / step))
        low, high = max(low, enter), min(high, leave)
    return low < high


def _on_circle(text: Box, middle: Point, radius: float) -> bool:
    dx, dy = abs(text.x - middle[0]), abs(text.y - middle[1])
    nearest = math.hypot(max(dx - text.half_width, 0), max(dy - text.half_height, 0))
    return nearest < radius < math.hypot(dx + text.half_width, dy + text.half_height)
