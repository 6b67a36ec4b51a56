"""Circles, tangents and arcs.

In: conditions of these types. Out: terms. A circle is named by its centre.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Final

from asyncgeo.figure.sketch import At, Sketch
from asyncgeo.figure.terms import FULL, HALF
from asyncgeo.schema.conditions import Condition


def point_on_circle(sketch: Sketch, condition: Condition) -> None:
    """As far from the centre as the radius."""
    sketch.on(condition["point"], condition["circle_center"])


def point_inside_circle(sketch: Sketch, condition: Condition) -> None:
    """Nearer to the centre than the radius; the centre itself is inside."""
    centre, point = condition["circle_center"], condition["point"]
    radius = sketch.radius(centre)
    if sketch.point(point) != sketch.point(centre):
        sketch.smaller(sketch.size(centre, point) - radius)


def concyclic(sketch: Sketch, condition: Condition) -> None:
    """Every further point sees the first two under the third's angle modulo π, and none lies on their line."""
    a, b, c, *rest = condition["points"]
    sketch.off_line(c, a, b)
    seen = sketch.arg(c, b) - sketch.arg(c, a)
    for point in rest:
        sketch.wrap(sketch.arg(point, b) - sketch.arg(point, a) - seen, HALF)
        sketch.off_line(point, a, b)


def concentric_circles(sketch: Sketch, condition: Condition) -> None:
    """Centres that coincide are one point already; the circles about them differ in radius."""
    for one, other in pairwise(condition["centers"]):
        if sketch.point(one) != sketch.point(other):
            sketch.impossible()
        options = (1.0, -1.0)
        sketch.smaller(options[sketch.choose(2)] * (sketch.radius(one) - sketch.radius(other)))


def tangent_line(sketch: Sketch, condition: Condition) -> None:
    """At a point known to be on the circle: perpendicular to its radius. Else: the centre is the radius away."""
    centre, line = condition["circle_center"], condition["line"]
    touching = [name for name in line if len(line) > 1 and (name, centre) in sketch.on_circle]
    ends = sketch.ends(line)
    if touching:
        sketch.on(touching[0], centre)
        sketch.right((centre, touching[0]), ends)
    else:
        sketch.balance(sketch.height(centre, *ends) - sketch.radius(centre))


def tangent_at_point(sketch: Sketch, condition: Condition) -> None:
    """The point is on circle and line, and the line perpendicular to its radius."""
    centre, point, ends = condition["circle_center"], condition["point"], sketch.ends(condition["line"])
    sketch.on(point, centre)
    sketch.on_line(point, *ends)
    sketch.right((centre, point), ends)


def diameter(sketch: Sketch, condition: Condition) -> None:
    """Both ends on the circle, opposite each other."""
    centre, (a, b) = condition["circle_center"], condition["segment"]
    radius = sketch.radius(centre, a, b)
    sketch.balance(sketch.size(centre, a) - radius)
    sketch.balance(sketch.size(centre, b) - radius)
    sketch.wrap(sketch.arg(a, centre) - sketch.arg(centre, b), FULL)


def radius(sketch: Sketch, condition: Condition) -> None:
    """The radius has the value."""
    sketch.balance(sketch.radius(condition["circle_center"]) - sketch.length(condition["value"]))


def circles_tangent(sketch: Sketch, condition: Condition) -> None:
    """A point of both, between the centres, or beyond both of them; where it is not said which, it is a choice."""
    one, other = condition["centers"]
    touch: At = condition.get("point") or sketch.hidden()
    for centre in (one, other):
        sketch.on(touch, centre)
    inside = condition.get("tangency", "external" if sketch.choose(2) == 0 else "internal") == "internal"
    if inside:
        sketch.wrap(sketch.arg(touch, one) - sketch.arg(touch, other), FULL)
    else:
        sketch.wrap(sketch.arg(one, touch) - sketch.arg(touch, other), FULL)


def point_intersection(sketch: Sketch, condition: Condition) -> None:
    """On the line and on the circle."""
    sketch.on_line(condition["point"], *sketch.ends(condition["line"]))
    sketch.on(condition["point"], condition["circle_center"])


def point_on_arc(sketch: Sketch, condition: Condition) -> None:
    """On the circle of the arc, on the arc's side of its chord."""
    point, arc = condition["point"], condition["arc"]
    centre = _centre_of_arc(sketch, condition)
    _on_side(sketch, point, arc, centre, condition.get("arc_type"))


def midpoint_of_arc(sketch: Sketch, condition: Condition) -> None:
    """As `point_on_arc`, and equally far from both ends."""
    point, (a, b) = condition["point"], condition["arc"]
    point_on_arc(sketch, condition)
    sketch.balance(sketch.size(point, a) - sketch.size(point, b))


def arc_measure(sketch: Sketch, condition: Condition) -> None:
    """The angle at the centre has the value; over a major arc it is what the arc leaves of the circle."""
    (a, b), value = condition["arc"], condition["value"]
    centre = _centre_of_arc(sketch, condition)
    half, kind = 180, condition.get("arc_type")
    fits = {"minor": 0 < value < half, "semicircle": value == half, "major": half < value < 2 * half}
    if not (fits[kind] if kind else 0 < value < 2 * half):
        sketch.impossible()
    elif value == half:
        sketch.wrap(sketch.arg(a, centre) - sketch.arg(centre, b), FULL)
    else:
        sketch.angles([(sketch.angle((a, centre, b)), 1.0)], math.radians(min(value, 2 * half - value)))


def _centre_of_arc(sketch: Sketch, condition: Condition) -> At:
    """The centre named, or the one whose circle is known to carry the arc, or a hidden one."""
    a, *others = [*condition["arc"], condition["point"]] if "point" in condition else condition["arc"]
    carried = [c for p, c in sorted(sketch.on_circle) if p == a and (others[0], c) in sketch.on_circle]
    named = condition.get("circle_center")
    centre = named or next((c for c in carried if (others[-1], c) in sketch.on_circle), next(iter(carried), None))
    if centre is not None:
        for name in (a, *others):
            sketch.on(name, centre)
        return str(centre)
    hidden = sketch.hidden()
    for name in others:
        sketch.balance(sketch.size(hidden, a) - sketch.size(hidden, name))
    return hidden


def _on_side(sketch: Sketch, point: str, arc: Sequence[str], centre: At, kind: str | None) -> None:
    """A point of the minor arc and the centre lie on opposite sides of the chord, of the major arc on one."""
    a, b = arc
    if kind == "semicircle":
        sketch.wrap(sketch.arg(a, centre) - sketch.arg(centre, b), FULL)
    elif kind is not None:
        sketch.sides(point, centre, (a, b), 1.0 if kind == "major" else -1.0)


MEANING: Final[Mapping[str, Callable[[Sketch, Condition], None]]] = {
    "point_on_circle": point_on_circle,
    "point_inside_circle": point_inside_circle,
    "concyclic": concyclic,
    "concentric_circles": concentric_circles,
    "tangent_line": tangent_line,
    "tangent_at_point": tangent_at_point,
    "diameter": diameter,
    "radius": radius,
    "circles_tangent": circles_tangent,
    "point_intersection": point_intersection,
    "point_on_arc": point_on_arc,
    "midpoint_of_arc": midpoint_of_arc,
    "arc_measure": arc_measure,
}

GIVEN: Final[Mapping[str, Callable[[Condition], float]]] = {"radius": lambda c: float(c["value"])}
"""How long something is by a condition that gives lengths."""

ON_CIRCLE: Final[Mapping[str, tuple[str, ...]]] = {
    "point_on_circle": ("point",),
    "tangent_at_point": ("point",),
    "point_intersection": ("point",),
    "diameter": ("segment",),
    "point_on_arc": ("point", "arc"),
    "midpoint_of_arc": ("point", "arc"),
    "arc_measure": ("arc",),
}
"""Which fields of a type name points that lie on the circle about `circle_center`."""
