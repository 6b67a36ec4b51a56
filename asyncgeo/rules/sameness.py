"""When two conditions state one fact: the order of ends, arms and lines does not matter.

In: a valid condition. Out: `key`, equal for equal facts. On a segment, on its line and beyond its end are one relation
here: of several clauses that place a point on a line, the first to speak is kept.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, Final

from asyncgeo.schema.conditions import Condition


def key(condition: Condition) -> Hashable:
    """What the fact is, apart from how it is written."""
    fact = _KEYS.get(condition["type"])
    return repr(condition) if fact is None else fact(condition)


def _angle(points: Sequence[str]) -> Hashable:
    return points[1], frozenset((points[0], points[2]))


def _lines(lines: Sequence[Sequence[str]]) -> Hashable:
    return frozenset(frozenset(line) for line in lines)


def _on(line: str) -> Callable[[Condition], Hashable]:
    return lambda c: ("on", c["point"], frozenset(c[line]))


def _set(name: str) -> Callable[[Condition], Hashable]:
    return lambda c: (c["type"], frozenset(c[name]))


_KEYS: Final[Mapping[str, Callable[[Condition], Any]]] = {
    "parallel": lambda c: ("parallel", _lines(c["objects"])),
    "perpendicular": lambda c: ("perpendicular", _lines(c["objects"])),
    "angle_value": lambda c: ("angle_value", _angle(c["points"][0])),
    "angle_equality": lambda c: ("angle_equality", frozenset(map(_angle, c["points"]))),
    "angle_bisector": lambda c: ("angle_bisector", frozenset(c["line"]), _angle(c["angle_points"])),
    "segment_equality": lambda c: ("segment_equality", _lines(c["segments"])),
    "distance_equals": lambda c: ("length", frozenset(c["segment"])),
    "diameter": lambda c: ("diameter", frozenset(c["segment"])),
    "midpoint_of": lambda c: ("midpoint_of", c["point"], frozenset(c["segment"])),
    "point_on_segment": _on("segment"),
    "point_on_segment_extension": _on("segment"),
    "point_on_line": _on("line"),
    "triangle_valid": _set("points"),
    "concyclic": _set("points"),
    "collinear": _set("points"),
    "tangent_line": lambda c: ("tangent", frozenset(c["line"]), c["circle_center"]),
    "tangent_at_point": lambda c: ("tangent", frozenset(c["line"]), c["circle_center"]),
}
