"""What is folded over: the part of a figure that has moved, and where it lies now.

In: conditions, and the strokes between named points, in pixels. Out: strokes that are gone and strokes that are new. It
writes no SVG.

A reflection is a fold where a stroke from a point that moves reaches the axis; two figures apart, each the other's
mirror image, stay as they are. So does a corner that comes to lie on another of its own polygon: both are as they were.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from asyncgeo.figure.draw import Point
from asyncgeo.figure.joined import Pair
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
    joined: Sequence[Pair],
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
    for name, image in zip(condition["preimage_triangle"], condition["image_triangle"], strict=False):
        if (
            name not in points
            or image not in points
            or abs(points[name][0] - points[image][0]) + abs(points[name][1] - points[image][1]) < TOUCH
        ):
            continue
        if not any(name in corners and image in corners for corners in polygons):
            yield name, image


def _parts(moved: Mapping[str, str], joined: Sequence[Pair], points: Mapping[str, Point]) -> Iterator[Folded]:
    """For each stroke at a point that moves its part on that side of the axis; nothing where none reaches the axis."""
    reaching = False
    found = []
    for a, b in joined:
        for name, other in ((a, b), (b, a)):
            if name not in moved or (other in moved and name > other):
                continue
            place, image, end = points[name], points[moved[name]], points[other]
            share = _crossing(place, image, end)
            if share is not None:
                reaching = True
                axis = at(place, end, share)
                found.append(Folded([(place, axis)], [(image, axis)]))
            elif other in moved:
                found.append(Folded([(place, end)], [(image, points[moved[other]])]))
    return iter(found if reaching else ())


def _crossing(place: Point, image: Point, end: Point) -> float | None:
    """Which share of the way from a place to the end the axis is at; None where it is not."""
    normal, middle = unit(place, image), at(place, image, 0.5)
    here, there = (dot((x - middle[0], y - middle[1]), normal) for x, y in (place, end))
    if there < -TOUCH:
        return None
    return min(1.0, here / (here - there))
