"""Relations of points and lines.

In: conditions of these types. Out: terms. A line is given by two points or by one name.
"""

from collections.abc import Callable, Mapping
from itertools import combinations, pairwise
from typing import Final

from asyncgeo.figure.sketch import Sketch
from asyncgeo.figure.terms import FULL, HALF
from asyncgeo.schema.conditions import Condition


def parallel(sketch: Sketch, condition: Condition) -> None:
    """Turns equal modulo π, and two lines, not one."""
    (a, b), (c, d) = map(sketch.ends, condition["objects"])
    sketch.wrap(sketch.arg(a, b) - sketch.arg(c, d), HALF)
    sketch.off_line(c if c not in (a, b) else d, a, b)


def perpendicular(sketch: Sketch, condition: Condition) -> None:
    """Turns differ by π/2 modulo π."""
    one, other = map(sketch.ends, condition["objects"])
    sketch.right(one, other)


def collinear(sketch: Sketch, condition: Condition) -> None:
    """Every point on the line of the first two."""
    first, second, *rest = condition["points"]
    for point in rest:
        sketch.on_line(point, first, second)


def not_collinear(sketch: Sketch, condition: Condition) -> None:
    """Some three of the points are bent."""
    first, second, *rest = condition["points"]
    sketch.bent(*(sketch.arg(first, point) - sketch.arg(first, second) for point in rest))


def concurrent(sketch: Sketch, condition: Condition) -> None:
    """A hidden point on every line; no two lines parallel."""
    lines = [sketch.ends(line) for line in condition["lines"]]
    shared = set.intersection(*map(set, lines))
    meet = shared.pop() if shared else sketch.hidden()
    for line in lines:
        sketch.on_line(meet, *line)
    for one, other in combinations(lines, 2):
        sketch.bent(sketch.arg(*one) - sketch.arg(*other))


def point_on_segment(sketch: Sketch, condition: Condition) -> None:
    """Seen from one end the point, and from the point the other end, lie in the same direction."""
    sketch.between(condition["point"], *condition["segment"])


def point_on_line(sketch: Sketch, condition: Condition) -> None:
    """The turns to two points of the line are equal modulo π."""
    sketch.on_line(condition["point"], *sketch.ends(condition["line"]))


def point_on_line_extension(sketch: Sketch, condition: Condition) -> None:
    """Seen from the point, both ends lie in the same direction."""
    point, (a, b) = condition["point"], condition["line_segment"]
    sketch.wrap(sketch.arg(point, a) - sketch.arg(point, b), FULL)


def point_on_segment_extension(sketch: Sketch, condition: Condition) -> None:
    """The second end lies between the first and the point."""
    a, b = condition["segment"]
    sketch.wrap(sketch.arg(a, b) - sketch.arg(b, condition["point"]), FULL)


def midpoint_of(sketch: Sketch, condition: Condition) -> None:
    """Between the ends, equally far from both."""
    point, (a, b) = condition["point"], condition["segment"]
    sketch.balance(sketch.size(a, point) - sketch.size(point, b))
    sketch.wrap(sketch.arg(a, point) - sketch.arg(point, b), FULL)


def point_between(sketch: Sketch, condition: Condition) -> None:
    """As `point_on_segment`."""
    sketch.between(condition["point"], *condition["endpoints"])


def order_on_line(sketch: Sketch, condition: Condition) -> None:
    """Each step leads in the same direction."""
    for (a, b), (c, d) in pairwise(pairwise(condition["points"])):
        sketch.wrap(sketch.arg(a, b) - sketch.arg(c, d), FULL)


def same_side(sketch: Sketch, condition: Condition) -> None:
    """Every point on the side of the first."""
    first, *rest = condition["points"]
    for point in rest:
        sketch.sides(first, point, sketch.ends(condition["line"]))


def point_above_line(sketch: Sketch, condition: Condition) -> None:
    """Not on the line, and on the side of the others above it; the figure can be turned so that this is up."""
    line = sketch.ends(condition["line"])
    sketch.off_line(condition["point"], *line)
    other = sketch.above.setdefault(tuple(sorted(condition["line"])), condition["point"])
    if other != condition["point"]:
        sketch.sides(other, condition["point"], line)


def point_outside_line(sketch: Sketch, condition: Condition) -> None:
    """Not on the line."""
    sketch.off_line(condition["point"], *sketch.ends(condition["line"]))


def intersection_point(sketch: Sketch, condition: Condition) -> None:
    """On both lines, which are two."""
    one, other = map(sketch.ends, condition["lines"])
    sketch.on_line(condition["point"], *one)
    sketch.on_line(condition["point"], *other)
    sketch.bent(sketch.arg(*one) - sketch.arg(*other))


def perpendicular_bisector(sketch: Sketch, condition: Condition) -> None:
    """Two points of the line are each equally far from both ends."""
    a, b = condition["segment"]
    for point in sketch.ends(condition["line"]):
        sketch.balance(sketch.size(point, a) - sketch.size(point, b))


MEANING: Final[Mapping[str, Callable[[Sketch, Condition], None]]] = {
    "parallel": parallel,
    "perpendicular": perpendicular,
    "collinear": collinear,
    "not_collinear": not_collinear,
    "concurrent": concurrent,
    "point_on_segment": point_on_segment,
    "point_on_line": point_on_line,
    "point_on_line_extension": point_on_line_extension,
    "point_on_segment_extension": point_on_segment_extension,
    "midpoint_of": midpoint_of,
    "point_between": point_between,
    "order_on_line": order_on_line,
    "same_side": same_side,
    "point_above_line": point_above_line,
    "point_outside_line": point_outside_line,
    "intersection_point": intersection_point,
    "perpendicular_bisector": perpendicular_bisector,
}
