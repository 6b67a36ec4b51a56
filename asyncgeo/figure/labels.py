"""Texts that want a place → places where they lie neither on each other nor, if it can be helped, on strokes.

In: wishes (a text and its possible places), strokes and circles. Out: a place for each. It knows no geometry problem.

Greedy, the most constrained first, then each text moves once more with all others in place.
"""

import math
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from asyncgeo.figure.arcs import Wish
from asyncgeo.figure.draw import Point
from asyncgeo.figure.plane import TOUCH, Stroke, beyond, foot
from asyncgeo.figure.strokes import Sheet
from asyncgeo.figure.system import Array

_HEIGHT: Final = {"point": 14.0, "angle": 12.5, "length": 12.5, "line": 12.0, "asked": 13.0}
_AIR: Final = 2.5  # left and right, so that two numbers never read as one
_WIDTH: Final = 0.58  # of a character, relative to the height; generous for digits and capitals

# what it costs to lie somewhere bad; a later place costs a little, so that labels stay near
_ON_TEXT: Final = 1000.0
_OUTSIDE: Final = 400.0
_ON_POINT: Final = 60.0
_ON_STROKE: Final = 25.0
_LATER: Final = 0.25

_TURNS: Final = tuple(k * math.pi / 8 for k in range(16))  # directions of a name from its point
_ALONG: Final = 0.45 * math.pi  # a circle leads away from its point a little inward of its tangent
_PARALLEL: Final = 1e-9  # pixels; a stroke that goes no further along a side is parallel to it


class Box(NamedTuple):
    """A rectangle by its centre and half its width and height."""

    x: float
    y: float
    half_width: float
    half_height: float


def box(wish: Wish, place: Point) -> Box:
    """The room that the text takes there."""
    height = _HEIGHT[wish.kind]
    return Box(*place, _WIDTH * height * max(len(wish.text), 1) / 2 + _AIR, height / 2)


def place(wishes: Sequence[Wish], sheet: Sheet, strokes: Sequence[Stroke]) -> list[Point]:
    """The place of each wish."""
    fixed = [_fixed_costs(wish, sheet, strokes) for wish in wishes]
    order = sorted(range(len(wishes)), key=lambda k: len(wishes[k].places))
    chosen: dict[int, tuple[Point, Box]] = {}
    for _ in range(2):
        for k in order:
            others = [taken for other, (_, taken) in chosen.items() if other != k]
            costs = fixed[k] + _ON_TEXT * _overlaps(_Boxes.of(wishes[k]), others)
            best = wishes[k].places[int(costs.argmin())]
            chosen[k] = best, box(wishes[k], best)
    return [chosen[k][0] for k in range(len(wishes))]


def around(point: Point, sheet: Sheet) -> tuple[Point, ...]:
    """Places for the name of a point: near ones first, and of these the one in the widest gap between its strokes."""
    x, y = point
    turns = sorted(_TURNS, key=partial(_away, _gap(point, sheet)))
    return tuple((x + reach * math.cos(turn), y + reach * math.sin(turn)) for reach in (12, 16, 21) for turn in turns)


def _gap(point: Point, sheet: Sheet) -> float:
    """The direction in which there is most room; up and to the right where nothing leads away from the point."""
    leading = sorted(_leading(point, sheet))
    if not leading:
        return -math.pi / 4
    after = [*leading[1:], leading[0] + 2 * math.pi]
    room, first = max((round(end - start, 3), start) for start, end in zip(leading, after, strict=True))
    return first + room / 2


def _leading(point: Point, sheet: Sheet) -> Iterator[float]:
    """The directions of strokes and circles away from the point."""
    for stroke in sheet.strokes:
        if beyond(point, stroke) < TOUCH and math.dist(foot(point, stroke), point) < TOUCH:
            for x, y in stroke:
                if math.dist((x, y), point) > TOUCH:
                    yield math.atan2(y - point[1], x - point[0])
    for (x, y), radius in sheet.circles:
        if abs(math.dist((x, y), point) - radius) < TOUCH:
            inward = math.atan2(y - point[1], x - point[0])
            yield from ((inward + side + math.pi) % (2 * math.pi) - math.pi for side in (_ALONG, -_ALONG))


def _away(wanted: float, turn: float) -> float:
    """How far a direction is from the wanted one."""
    return round(abs((turn - wanted + math.pi) % (2 * math.pi) - math.pi), 3)


class _Boxes(NamedTuple):
    """The boxes of one text at all of its places."""

    x: Array  # (places, 1)
    y: Array
    half_width: float
    half_height: float

    @classmethod
    def of(cls, wish: Wish) -> Self:
        """At the places that the wish names."""
        one = box(wish, wish.places[0])
        x, y = np.array(wish.places).T
        return cls(x[:, None], y[:, None], one.half_width, one.half_height)


def _fixed_costs(wish: Wish, sheet: Sheet, strokes: Sequence[Stroke]) -> Array:
    """What each place costs whatever the other texts do."""
    text = _Boxes.of(wish)
    dots = [Box(x, y, 2, 2) for x, y in sheet.points.values()]
    costs: Array = (
        _ON_POINT * _overlaps(text, dots)
        + _ON_STROKE * _crossed(text, strokes)
        + _ON_STROKE * _on_circles(text, sheet.circles)
        + _OUTSIDE * _is_outside(text, sheet)
        + _LATER * np.arange(len(wish.places))
    )
    return costs


def _is_outside(text: _Boxes, sheet: Sheet) -> Array:
    across = (text.half_width < text.x) & (text.x < sheet.width - text.half_width)
    down = (text.half_height < text.y) & (text.y < sheet.height - text.half_height)
    return _count(np.logical_not(across & down))


def _overlaps(text: _Boxes, others: Sequence[Box]) -> Array:
    """How many of the others each place lies on."""
    x, y, half_width, half_height = np.array(others).reshape(-1, 4).T
    return _count(
        (np.abs(text.x - x) < text.half_width + half_width) & (np.abs(text.y - y) < text.half_height + half_height)
    )


def _crossed(text: _Boxes, strokes: Sequence[Stroke]) -> Array:
    """How many strokes pass through each box: clip them to its extent in x, then in y."""
    ax, ay, bx, by = np.array(strokes).reshape(-1, 4).T
    low, high = np.zeros((len(text.x), len(ax))), np.ones((len(text.x), len(ax)))
    for start, step, middle, half in ((ax, bx - ax, text.x, text.half_width), (ay, by - ay, text.y, text.half_height)):
        along = np.where(np.abs(step) < _PARALLEL, _PARALLEL, step)
        one, other = (middle - half - start) / along, (middle + half - start) / along
        low, high = np.maximum(low, np.minimum(one, other)), np.minimum(high, np.maximum(one, other))
    return _count(low < high)


def _on_circles(text: _Boxes, circles: Sequence[tuple[Point, float]]) -> Array:
    """How many circles pass through each box: its nearest corner is inside, its farthest outside."""
    middles = np.array([middle for middle, _ in circles]).reshape(-1, 2)
    radii = np.array([radius for _, radius in circles])
    dx, dy = np.abs(text.x - middles[:, 0]), np.abs(text.y - middles[:, 1])
    nearest = np.hypot(np.maximum(dx - text.half_width, 0), np.maximum(dy - text.half_height, 0))
    return _count((nearest < radii) & (radii < np.hypot(dx + text.half_width, dy + text.half_height)))


def _count(holds: NDArray[np.bool_]) -> Array:
    total: Array = holds.sum(axis=1, dtype=float)
    return total
