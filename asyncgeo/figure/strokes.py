"""A figure on paper: turned upright, scaled to the sheet, and what is drawn with a line.

In: conditions, objects, a `Figure`, the quantity asked for, the size of the sheet. Out: `Sheet`, in pixels, y
downwards. It writes no SVG.

A segment ends at its points. A line with a name goes on beyond them. An extension is dashed: from a segment to a point
that is on its line, or to the foot of a perpendicular.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from asyncgeo.figure.draw import Figure, Point
from asyncgeo.figure.folds import folded
from asyncgeo.figure.joined import NamePair, on_lines, pairs, polygons, rows, sides
from asyncgeo.figure.layers import Layers
from asyncgeo.figure.plane import TOUCH, Stroke, beyond, carries, foot, meet, nearest_end, unit
from asyncgeo.figure.upright import upright
from asyncgeo.schema.asked import Asked
from asyncgeo.schema.conditions import TYPE, Condition
from asyncgeo.schema.records import RequiredObjects

_MARGIN: Final = 30.0  # room for labels
_EDGE: Final = 6.0  # lines end this far from the edge of the sheet
_BEYOND: Final = 16.0  # how far a line with a name goes past its points
_NEAR: Final = 2.0  # lines that pass by the points within this many times their spread are shown
_WIDEST_CIRCLE: Final = 2.5  # circles larger than this many figures are cut off by the sheet


@dataclass(frozen=True, slots=True)
class Sheet:
    """Places in pixels: points, strokes, circles, and lines by one name with a place for it."""

    width: float
    height: float
    points: Mapping[str, Point]
    solid: Sequence[Stroke]
    dashed: Sequence[Stroke]
    circles: Sequence[tuple[Point, float]]
    named: Mapping[str, Stroke] = field(default_factory=dict)

    @property
    def strokes(self) -> list[Stroke]:
        """All that is drawn with a line."""
        return [*self.solid, *self.dashed]

    def ends(self, line: Sequence[str]) -> Stroke | None:
        """Two places on the line, if the sheet has it."""
        if len(line) == 1:
            return self.named.get(line[0])
        if all(name in self.points for name in line):
            return self.points[line[0]], self.points[line[1]]
        return None

    def joins(self, a: str, b: str) -> bool:
        """Whether a stroke from one point to the other is drawn."""
        ends = self.ends((a, b))
        return ends is not None and any(all(carries(stroke, end) for end in ends) for stroke in self.strokes)


def lay_out(
    conditions: Sequence[Condition],
    objects: RequiredObjects,
    figure: Figure,
    asked: Asked | None,
    width: float,
    height: float,
) -> Sheet:
    """Turn, scale and shift the figure onto the sheet, and join its points."""
    turn = upright(conditions, objects, figure)
    circles = [(turn(middle), radius) for _, middle, radius in figure.circles]
    turned = {name: turn(place) for name, place in figure.points.items()}
    put, scale = _fit([*turned.values(), *_near(figure, turn)], circles, width, height)
    points = {name: put(place) for name, place in turned.items()}
    named = {
        name: _within(_through(put(turn(a)), put(turn(b)), points.values()), width, height)
        for name, (a, b) in figure.lines.items()
    }
    drawn = _layers(conditions, objects, asked, points, named).drawn()
    return Sheet(
        width=width,
        height=height,
        points=points,
        solid=drawn.solid,
        dashed=drawn.dashed,
        circles=[(put(middle), radius * scale) for middle, radius in circles],
        named=named,
    )


def _layers(
    conditions: Sequence[Condition],
    objects: RequiredObjects,
    asked: Asked | None,
    points: Mapping[str, Point],
    named: Mapping[str, Stroke],
) -> Layers:
    firm, weak = pairs(conditions, objects), sides(conditions, asked)
    fold = folded(conditions, list(polygons(conditions, objects)), [*firm, *weak], points)
    segments = _placed(firm, points)
    return Layers(
        firm=[*segments, *named.values(), *fold.new],
        weak=[*_placed(weak, points), *_rows(conditions, points)],
        beyond=[
            *_extensions(conditions, points),
            *_to_feet(conditions, points, named),
            *_spokes(conditions, asked, points),
        ],
        gone=fold.gone,
    )


def _placed(joined: Iterable[NamePair], points: Mapping[str, Point]) -> list[Stroke]:
    return [(points[a], points[b]) for a, b in joined if a in points and b in points]


def _rows(conditions: Iterable[Condition], points: Mapping[str, Point]) -> Iterator[Stroke]:
    """From the first to the last of points on one line."""
    for row in rows(conditions):
        known = [points[name] for name in row if name in points]
        if known:
            first = max(known, key=lambda place: math.dist(place, known[0]))
            yield first, max(known, key=lambda place: math.dist(place, first))


def _extensions(conditions: Iterable[Condition], points: Mapping[str, Point]) -> Iterator[Stroke]:
    """From segments to points on their lines."""
    for name, ends in on_lines(conditions):
        if points.keys() >= {name, *ends}:
            stroke = points[ends[0]], points[ends[1]]
            if beyond(points[name], stroke) > TOUCH:
                yield nearest_end(points[name], stroke), points[name]


def _to_feet(
    conditions: Iterable[Condition], points: Mapping[str, Point], named: Mapping[str, Stroke]
) -> Iterator[Stroke]:
    """From a segment to where a perpendicular meets its line, if the one that is to be met ends there or crosses it."""
    for condition in conditions:
        lines = _crossed(condition)
        found = [_ends(line, points, named) for line in lines]
        if len(found) == 2 and (one := found[0]) and (other := found[1]) and (place := meet(one, other)):  # noqa: PLR2004
            outside = [stroke for stroke in (one, other) if beyond(place, stroke) > TOUCH]
            if len(outside) == 1:
                yield nearest_end(place, outside[0]), place


def _crossed(condition: Condition) -> Sequence[Sequence[str]]:
    """Two lines that are at right angles."""
    match condition[TYPE]:
        case "perpendicular":
            return condition["objects"]  # type: ignore[no-any-return]
        case "perpendicular_bisector":
            return condition["line"], condition["segment"]
    return ()


def _ends(line: Sequence[str], points: Mapping[str, Point], named: Mapping[str, Stroke]) -> Stroke | None:
    if len(line) == 1:
        return named.get(line[0])
    return (points[line[0]], points[line[1]]) if points.keys() >= set(line) else None


def _spokes(conditions: Iterable[Condition], asked: Asked | None, points: Mapping[str, Point]) -> Iterator[Stroke]:
    """Both ways from the centre of a rotation whose angle is shown, and the way of a distance that is asked for."""
    for condition in conditions:
        if turn := turned(condition, points):
            name, centre, image = turn
            yield from ((centre, name), (centre, image))
    for _, measure in (*asked.terms, *asked.over) if asked else ():
        if measure.kind == "distance" and points.keys() >= set(measure.names):
            place, *ends = (points[name] for name in measure.names)
            there = foot(place, (ends[0], ends[1]))
            yield place, there
            if beyond(there, (ends[0], ends[1])) > TOUCH:
                yield nearest_end(there, (ends[0], ends[1])), there


def turned(condition: Condition, points: Mapping[str, Point]) -> tuple[Point, Point, Point] | None:
    """Of a rotation about a known centre, or about a point that stays: a point, the centre, and the point's image.

    Of several points the nearest to the centre.
    """
    if condition.get("transformation") != "rotation":
        return None
    both = list(zip(condition["preimage_triangle"], condition["image_triangle"], strict=False))
    centre = points.get(condition.get("center") or next((name for name, image in both if name == image), ""))
    if centre is None:
        return None
    ends = [(points[name], centre, points[image]) for name, image in both if name in points and image in points]
    moved = [end for end in ends if math.dist(end[0], end[2]) > TOUCH]
    return min(moved, key=lambda end: math.dist(end[0], centre), default=None)


def _near(figure: Figure, turn: Callable[[Point], Point]) -> Iterator[Point]:
    """Of lines with a name the places nearest to the points, so that they are on the sheet; not of those far away."""
    places = list(figure.points.values())
    if not places:
        return
    middle = sum(x for x, _ in places) / len(places), sum(y for _, y in places) / len(places)
    spread = max(math.dist(middle, place) for place in places)
    for line in figure.lines.values():
        nearest = foot(middle, line)
        if math.dist(nearest, middle) < _NEAR * spread:
            yield turn(nearest)


class _Put:
    """From the figure's plane to pixels."""

    def __init__(self, scale: float, left: float, top: float) -> None:
        self._scale, self._left, self._top = scale, left, top

    def __call__(self, place: Point) -> Point:
        return self._left + place[0] * self._scale, self._top - place[1] * self._scale


def _fit(
    points: Iterable[Point], circles: Iterable[tuple[Point, float]], width: float, height: float
) -> tuple[_Put, float]:
    places = list(points) or [(0.0, 0.0)]
    spread = max(
        max(x for x, _ in places) - min(x for x, _ in places), max(y for _, y in places) - min(y for _, y in places)
    )
    for (x, y), radius in circles:
        if len(places) == 1 or radius < _WIDEST_CIRCLE * spread:
            places += [(x - radius, y - radius), (x + radius, y + radius)]
    left, right = min(x for x, _ in places), max(x for x, _ in places)
    low, high = min(y for _, y in places), max(y for _, y in places)
    scale = min((width - 2 * _MARGIN) / max(right - left, 1e-9), (height - 2 * _MARGIN) / max(high - low, 1e-9), 1e6)
    return _Put(scale, width / 2 - scale * (left + right) / 2, height / 2 + scale * (low + high) / 2), scale


def _through(a: Point, b: Point, points: Iterable[Point]) -> Stroke:
    """The part of the line that passes by the points, and a little more."""
    u = unit(a, b)
    along = [(x - a[0]) * u[0] + (y - a[1]) * u[1] for x, y in points] or [0.0, math.dist(a, b)]
    low, high = min(along) - _BEYOND, max(along) + _BEYOND
    return (a[0] + low * u[0], a[1] + low * u[1]), (a[0] + high * u[0], a[1] + high * u[1])


def _within(stroke: Stroke, width: float, height: float) -> Stroke:
    """The part of it that is on the sheet."""
    (ax, ay), (bx, by) = stroke
    low, high = 0.0, 1.0
    for start, step, most in ((ax, bx - ax, width - _EDGE), (ay, by - ay, height - _EDGE)):
        if abs(step) > TOUCH:
            one, other = sorted(((_EDGE - start) / step, (most - start) / step))
            low, high = max(low, one), min(high, other)
    if low >= high:
        return stroke
    return (ax + low * (bx - ax), ay + low * (by - ay)), (ax + high * (bx - ax), ay + high * (by - ay))
