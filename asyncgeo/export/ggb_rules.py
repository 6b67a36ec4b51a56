"""How each point of a figure is made in GeoGebra: free, or from points that are made before.

In: conditions and the names of points. Out: the points in an order in which they can be made, each with its rule. What
no rule says holds in the figure as it is drawn, and no longer once somebody moves a point.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Literal, NamedTuple

from asyncgeo.export.exact import points_on_lines
from asyncgeo.schema.conditions import TYPE, Condition

PointRule = Literal["free", "midpoint", "foot", "intersection", "on_line", "on_circle"]
_STRENGTH: Final[tuple[PointRule, ...]] = ("midpoint", "foot", "intersection", "on_line", "on_circle")
"""What says more of a point comes first."""


class Made(NamedTuple):
    """A point, its rule, and what the rule takes.

    A midpoint takes the ends; a foot the point from which it falls and two points of the line; an intersection two
    points of each line; a point on a line two points of it; one on a circle the centre and a point of it.
    """

    point: str
    rule: PointRule
    given: tuple[str, ...] = ()


def made_points(names: Sequence[str], conditions: Sequence[Condition]) -> list[Made]:
    """Every point, what it is made from before it; as many by a rule as that allows, by the strongest."""
    known = sorted(_rules(conditions), key=lambda made: _STRENGTH.index(made.rule))
    rules = [made for made in known if {made.point, *made.given} <= set(names)]
    ruled = {made.point for made in rules}
    order = [Made(name, "free") for name in names if name not in ruled]
    waiting = [name for name in names if name in ruled]
    while waiting:
        there = {made.point for made in order}
        ready = (made for made in rules if made.point in waiting and there.issuperset(made.given))
        following = next(ready, Made(waiting[0], "free"))
        order.append(following)
        waiting.remove(following.point)
    return order


def _rules(conditions: Sequence[Condition]) -> Iterator[Made]:
    lines: dict[str, dict[frozenset[str], tuple[str, str]]] = {}
    for point, ends in points_on_lines(conditions):
        if point not in ends:
            lines.setdefault(point, {})[frozenset(ends)] = ends
    for point, through in lines.items():
        one, *others = through.values()
        yield Made(point, "on_line", one)
        yield from (Made(point, "intersection", (*one, *other)) for other in others if len({*one, *other}) > 2)  # noqa: PLR2004
        yield from _feet(point, through, conditions)
    for condition in conditions:
        if condition[TYPE] == "midpoint_of":
            yield Made(condition["point"], "midpoint", tuple(condition["segment"]))
    yield from _on_circles(conditions)


def _feet(point: str, lines: Iterable[frozenset[str]], conditions: Iterable[Condition]) -> Iterator[Made]:
    """Of perpendiculars that end in the point, on one of its lines."""
    on = set(lines)
    for condition in conditions:
        if condition[TYPE] == "perpendicular":
            for falling, line in (condition["objects"], condition["objects"][::-1]):
                if point in falling and len(falling) > 1 and frozenset(line) in on:
                    (top,) = {*falling} - {point}
                    if top not in line:
                        yield Made(point, "foot", (top, *line))


def _on_circles(conditions: Iterable[Condition]) -> Iterator[Made]:
    """On the circle through the first point that is said to be on it."""
    first: dict[str, str] = {}
    for condition in conditions:
        if condition[TYPE] == "point_on_circle":
            centre, point = condition["circle_center"], condition["point"]
            if first.setdefault(centre, point) != point:
                yield Made(point, "on_circle", (centre, first[centre]))
