"""What is folded over: the part of a figure that has moved, and where it lies now.

In: conditions, and the strokes between named points, in pixels. Out: strokes that are gone and strokes that are new. It
writes no SVG.

A reflection is a fold where what moves is part of a larger polygon; two figures, each the other's mirror image, stay as
they are. So does a corner that comes to lie on another of its own polygon: both are as they were.
"""

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from asyncgeo.figure.draw import Point
from asyncgeo.figure.joined import NamePair
from asyncgeo.figure.plane import TOUCH, Stroke, at, dot, unit
from asyncgeo.schema.conditions import TYPE, Condition

_REFLECTION: Final = "reflection"


class Folded(NamedTuple):
    """Strokes of the preimage that are gone, strokes of the image that are new."""

    gone: list[Stroke]
    new: list[Stroke]


def folded(
    conditions: Iterable[Condition],
    polygons: Collection[Sequence[str]],
    joined: Sequence[NamePair],
    points: Mapping[str, Point],
) -> Folded:
    """Of all folds."""
    found = Folded([], [])
    for condition in conditions:
        if condition[TYPE] == "geometric_transformation" and condition["transformation"] == _REFLECTION:
            moved = dict(_moved(condition, polygons, points))
            for part in _parts(moved, joined, points):
                found.gone.extend(part.gone)
                found.new.extend(part.new)
    return found


def _moved(
    condition: Condition, polygons: Collection[Sequence[str]], points: Mapping[str, Point]
) -> Iterator[tuple[str, str]]:
    """Points that have left their place, with their images."""
    before = condition["preimage_triangle"]
    for name, image in zip(before, condition["image_triangle"], strict=False):
        if name == image or not points.keys() >= {name, image}:
            continue
        own = [corners for corners in polygons if name in corners]
        if any(not set(before) >= set(corners) for corners in own) and not any(image in corners for corners in own):
            yield name, image


def _parts(moved: Mapping[str, str], joined: Sequence[NamePair], points: Mapping[str, Point]) -> Iterator[Folded]:
    """For each stroke at a point that moves, its part on that side of the axis."""
    for pair in joined:
        for name, other in (pair, pair[::-1]):
            if name not in moved or moved[name] == other or not points.keys() >= set(pair):
                continue
            place, image, end = points[name], points[moved[name]], points[other]
            if other in moved:
                yield Folded([(place, end)], [(image, points[moved[other]])])
            elif (share := _crossing(place, image, end)) is not None:
                axis = at(place, end, share)
                yield Folded([(place, axis)], [(image, axis)])


def _crossing(place: Point, image: Point, end: Point) -> float | None:
    """Which share of the way from a place to the end the axis is at; None where it is not."""
    if math.dist(place, image) < TOUCH:
        return None
    normal, middle = unit(place, image), at(place, image, 0.5)
    here, there = (dot((x - middle[0], y - middle[1]), normal) for x, y in (place, end))
    return None if there < -TOUCH else min(1.0, here / (here - there))
