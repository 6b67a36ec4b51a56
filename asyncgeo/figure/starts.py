"""Where candidate figures begin: rough positions that already look like the problem.

In: conditions, objects, a sketch, a random generator. Out: unknowns of shape (starts, n), of size about 1. A good start
saves steps; a bad one costs only time, so nothing here need be right.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from asyncgeo.figure.compose import SMALL, unit
from asyncgeo.figure.sketch import Sketch
from asyncgeo.figure.system import Array
from asyncgeo.schema.conditions import TYPE, Condition
from asyncgeo.schema.records import RequiredObjects

_NARROW: Final = 0.5
"""A polygon of four points or more begins at least so wide and high: as any parallelogram, and not nearly a square."""
_TRIANGLE: Final = 3
_WITHIN: Final = {"point_on_segment": "segment", "midpoint_of": "segment", "point_between": "endpoints"}
"""Types that put their `point` between the two points of the field."""

_NEAR: Final = 0.6
_WIDE: Final = 1.2
"""Spread of points of no polygon; the polygon's corners are 1 from the middle."""
_STRETCH: Final = 0.5  # log of how much longer than high polygons are


def starts(
    sketch: Sketch,
    conditions: Sequence[Condition],
    objects: RequiredObjects,
    count: int,
    rng: np.random.Generator,
    *,
    explore: bool = False,
) -> Array:
    """The longest polygon around the middle, centres in it, the rest scattered; then points on segments into them.

    To `explore` they are scattered wider than the polygon, within which most would be otherwise, and stretched.
    """
    place = rng.normal(0, _WIDE if explore else _NEAR, (count, sketch.count, 2))
    _put_polygon(place, sketch, conditions, objects, rng)
    if explore:
        place[:, :, 0] *= np.exp(rng.normal(0, _STRETCH, (count, 1)))
    _put_circles(place, sketch, rng)
    _put_within(place, sketch, conditions, rng)
    place += rng.normal(0, 0.05, place.shape)
    if short := list(_short(place, sketch, conditions)):
        for (a, b), length in short:
            ray = place[:, b] - place[:, a]
            place[:, b] = place[:, a] + ray * (length / (np.linalg.norm(ray, axis=1) + 1e-9))[:, None]
        _put_within(place, sketch, conditions, rng)
    radii = rng.normal(0, 0.2, (count, len(sketch.radii)))
    return np.concatenate([place[:, :, 0], place[:, :, 1], radii], axis=1)


def _put_within(place: Array, sketch: Sketch, conditions: Sequence[Condition], rng: np.random.Generator) -> None:
    for condition in conditions:
        if condition[TYPE] in _WITHIN:
            a, b = (sketch.point(name) for name in condition[_WITHIN[condition[TYPE]]])
            share = 0.5 if condition[TYPE] == "midpoint_of" else rng.uniform(0.25, 0.75, (len(place), 1))
            place[:, sketch.point(condition["point"])] = place[:, a] + share * (place[:, b] - place[:, a])


def _short(
    place: Array, sketch: Sketch, conditions: Sequence[Condition]
) -> Iterator[tuple[tuple[int, int], Array | float]]:
    """Segments much shorter than others, which are a long way from anything of size 1; with their lengths."""
    for condition in conditions:
        match condition:
            case {"type": "distance_equals", "segment": [a, b], "value": value} if value < SMALL * unit(conditions):
                yield (sketch.point(a), sketch.point(b)), value / unit(conditions)
            case {"type": "segment_ratio", "segment1": one, "segment2": other, "ratio": [p, q]}:
                if min(p, q) < SMALL * max(p, q):
                    short, long = (
                        [sketch.point(name) for name in each] for each in ((one, other) if p < q else (other, one))
                    )
                    length = np.linalg.norm(place[:, long[0]] - place[:, long[1]], axis=1)
                    yield (short[0], short[1]), length * (min(p, q) / max(p, q))


def _put_polygon(
    place: Array, sketch: Sketch, conditions: Sequence[Condition], objects: RequiredObjects, rng: np.random.Generator
) -> None:
    polygons = [*objects.polygons, *(c["polygon"] for c in conditions if "polygon" in c)]
    corners = max(polygons, key=len, default=())
    if not corners:
        return
    count = len(place)
    angles = np.arange(len(corners)) * 2 * np.pi / len(corners) + rng.uniform(0, 2 * np.pi, (count, 1))
    angles = angles + rng.uniform(-0.3, 0.3, angles.shape)
    angles *= rng.choice([-1, 1], (count, 1))  # both ways round
    wide, high = rng.uniform(_NARROW, 1, (2, count)) if len(corners) > _TRIANGLE else np.ones((2, count))
    for k, name in enumerate(corners):
        place[:, sketch.point(name)] = np.stack([wide * np.cos(angles[:, k]), high * np.sin(angles[:, k])], axis=1)


def _put_circles(place: Array, sketch: Sketch, rng: np.random.Generator) -> None:
    """Centres near the middle; points on circles about one unit away from it."""
    for centre in {centre for centre, _ in sketch.radii}:
        place[:, sketch.point(centre)] = rng.normal(0, 0.15, (len(place), 2))
    for name, centre in sorted(sketch.on_circle):
        middle = place[:, sketch.point(centre)]
        ray = place[:, sketch.point(name)] - middle
        length = np.linalg.norm(ray, axis=1, keepdims=True) + 1e-9
        place[:, sketch.point(name)] = middle + ray / length
