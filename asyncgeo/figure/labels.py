"""Texts that want a place → places where they lie neither on each other nor, if it can be helped, on strokes.

In: wishes (a text and its possible places), strokes and circles. Out: a place for each. It knows no geometry problem.

Greedy, the most constrained first, then each text moves once more with all others in place.
"""

import math
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from asyncgeo.figure.arcs import Wish
from asyncgeo.figure.draw import Point
from asyncgeo.figure.plane import TOUCH, Stroke, carries
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

_STEP: Final = math.pi / 8  # between two directions of a name from its point
_WAYS: Final = tuple((math.cos(k * _STEP), math.sin(k * _STEP)) for k in range(16))
_NEXT: Final = (0, 1, -1, 2, -2, 3, -3, 4, -4, 5, -5, 6, -6, 7, -7, 8)  # from one direction to all, the nearest first
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
    if not wishes:
        return []
    counts = [len(wish.places) for wish in wishes]
    halves = np.repeat([box(wish, wish.places[0])[2:] for wish in wishes], counts, axis=0)
    text = np.concatenate([np.array([at for wish in wishes for at in wish.places]), halves], axis=1)
    spans = [slice(end - count, end) for count, end in zip(counts, accumulate(counts), strict=True)]
    later = np.concatenate([np.arange(count) for count in counts])
    fixed = _fixed_costs(text, sheet, strokes) + _LATER * later
    chosen = np.full((len(wishes), 4), np.inf)  # nowhere yet
    best = [0] * len(wishes)
    for k in 2 * sorted(range(len(wishes)), key=lambda k: len(wishes[k].places)):
        chosen[k] = np.inf
        costs = fixed[spans[k]] + _ON_TEXT * _overlaps(text[spans[k]], chosen)
        best[k] = int(costs.argmin())
        chosen[k] = text[spans[k]][best[k]]
    return [wish.places[at] for wish, at in zip(wishes, best, strict=True)]


def around(point: Point, sheet: Sheet) -> tuple[Point, ...]:
    """Places for the name of a point: near ones first, and of these the one in the widest gap between its strokes."""
    x, y = point
    first = round(_gap(point, sheet) / _STEP)
    ways = [_WAYS[(first + k) % len(_WAYS)] for k in _NEXT]
    return tuple((x + reach * right, y + reach * down) for reach in (12, 16, 21) for right, down in ways)


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
        if carries(stroke, point):
            for x, y in stroke:
                if math.dist((x, y), point) > TOUCH:
                    yield math.atan2(y - point[1], x - point[0])
    for (x, y), radius in sheet.circles:
        if abs(math.dist((x, y), point) - radius) < TOUCH:
            inward = math.atan2(y - point[1], x - point[0])
            yield from ((inward + side + math.pi) % (2 * math.pi) - math.pi for side in (_ALONG, -_ALONG))


def _fixed_costs(text: Array, sheet: Sheet, strokes: Sequence[Stroke]) -> Array:
    """What each box costs whatever the other texts do."""
    dots = np.array([(x, y, 2.0, 2.0) for x, y in sheet.points.values()]).reshape(-1, 4)
    costs: Array = (
        _ON_POINT * _overlaps(text, dots)
        + _ON_STROKE * _crossed(text, strokes)
        + _ON_STROKE * _on_circles(text, sheet.circles)
        + _OUTSIDE * _is_outside(text, sheet)
    )
    return costs


def _is_outside(text: Array, sheet: Sheet) -> Array:
    """1 for each box that goes beyond the sheet."""
    at, half = text[:, :2], text[:, 2:]
    beyond: Array = ((at <= half) | (at >= np.array((sheet.width, sheet.height)) - half)).max(axis=1).astype(float)
    return beyond


def _overlaps(text: Array, others: Array) -> Array:
    """How many of the others each box lies on."""
    apart, room = np.abs(text[:, None, :2] - others[:, :2]), text[:, None, 2:] + others[:, 2:]
    return _count((apart[:, :, 0] < room[:, :, 0]) & (apart[:, :, 1] < room[:, :, 1]))


def _crossed(text: Array, strokes: Sequence[Stroke]) -> Array:
    """How many strokes pass through each box: clip them to its extent in x, then in y."""
    ends = np.array(strokes).reshape(-1, 2, 2)
    low, high = np.zeros((len(text), len(ends))), np.ones((len(text), len(ends)))
    for axis in (0, 1):
        start, step = ends[:, 0, axis], ends[:, 1, axis] - ends[:, 0, axis]
        along = np.where(np.abs(step) < _PARALLEL, _PARALLEL, step)
        middle, half = (text[:, axis, None] - start) / along, text[:, axis + 2, None] / np.abs(along)
        low, high = np.maximum(low, middle - half), np.minimum(high, middle + half)
    return _count(low < high)


def _on_circles(text: Array, circles: Sequence[tuple[Point, float]]) -> Array:
    """How many circles pass through each box: its nearest corner is inside, its farthest outside."""
    middles = np.array([middle for middle, _ in circles]).reshape(-1, 2)
    radii = np.array([radius for _, radius in circles])
    off, half = np.abs(text[:, None, :2] - middles), text[:, None, 2:]
    nearest = np.hypot(*np.moveaxis(np.maximum(off - half, 0), 2, 0))
    return _count((nearest < radii) & (radii < np.hypot(*np.moveaxis(off + half, 2, 0))))


def _count(holds: NDArray[np.bool_]) -> Array:
    total: Array = holds.sum(axis=1, dtype=float)
    return total
