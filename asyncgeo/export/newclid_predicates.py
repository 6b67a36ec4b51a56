"""Conditions → predicates of Newclid 3.

In: conditions and the places of their points. Out: predicates as strings, and the conditions that they do not say, or
not all of. Read in its source (newclid 3.0.1, predicates/): angles are those of lines, counterclockwise from the first
to the second and modulo 180°, so which way one is measured follows from the figure; numbers are fractions.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Final

from asyncgeo.export.piece import ends_of
from asyncgeo.figure import Point
from asyncgeo.schema.conditions import TYPE, Condition

_RIGHT: Final = 90
_STRAIGHT: Final = 180
_TRIANGLE: Final = 3
_MANY: Final = 4  # points that are on one circle only if that is said
_FLAT: Final = 1e-9  # twice the area of three points on a line
_ROOT: Final = 1e-5  # how near to a whole number the square of a rounded root is
_SHORT: Final = 10**4  # denominators up to which a length is meant as it is written


class Translator:
    """Predicates for the conditions of one figure."""

    def __init__(self, places: Mapping[str, Point], conditions: Sequence[Condition]) -> None:
        self._places = places
        self._conditions = conditions
        self._on_circle: dict[str, list[str]] = {}
        for condition in conditions:
            if condition[TYPE] == "point_on_circle":
                self._on_circle.setdefault(condition["circle_center"], []).append(condition["point"])

    def translated(self) -> tuple[list[str], list[Condition]]:
        """The predicates, each once, and the conditions of which something is left."""
        said: dict[str, None] = {}
        unsaid: list[Condition] = []
        for condition in self._conditions:
            kind = condition[TYPE]
            found = list(_SAYS[kind](self, condition)) if kind in _SAYS else []
            said.update(dict.fromkeys(each for each in found if not _goes_without_saying(each)))
            if kind not in _SAYS or kind in _MORE or not (found or kind in _SILENT):
                unsaid.append(condition)
        return list(said), unsaid

    def angle(self, condition: Condition) -> Iterator[str]:
        """A size: of a right angle, of none, or of any other between its two lines."""
        yield from self._size(condition["points"][0], condition["value"])

    def _size(self, names: Sequence[str], value: float) -> Iterator[str]:
        a, vertex, b = names
        if value == _RIGHT:
            yield _said("perp", vertex, a, vertex, b)
        elif value % _STRAIGHT == 0:
            yield _said("coll", a, vertex, b)
        else:
            share = Fraction(str(value)) / _STRAIGHT % 2
            share = min(share, 2 - share)  # from leg to leg within the figure, not around
            one, other = self._turning(names)
            yield _said("aconst", vertex, one, vertex, other, f"{share.numerator}pi/{share.denominator}")

    def _turning(self, names: Sequence[str]) -> tuple[str, str]:
        """The ends of the angle, so that the second is counterclockwise of the first."""
        a, vertex, b = names
        return (a, b) if self._side(vertex, a, b) > 0 else (b, a)

    def _side(self, *names: str) -> float:
        (ax, ay), (bx, by), (cx, cy) = (self._places[name] for name in names)
        return (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)

    def angles(self, condition: Condition) -> Iterator[str]:
        """Equal angles, both measured the same way."""
        for one, other in pairwise(condition["points"]):
            if all(abs(self._side(*each)) > _FLAT for each in (one, other)):
                legs = [(each[1], leg) for each in (one, other) for leg in self._turning(each)]
                yield _said("eqangle", *(name for leg in legs for name in leg))

    def bisector(self, condition: Condition) -> Iterator[str]:
        """From one leg to the line as from the line to the other leg."""
        a, vertex, b = condition["angle_points"]
        line = _ends(condition["line"])
        yield _said("eqangle", vertex, a, *line, *line, vertex, b)

    def incentre(self, condition: Condition) -> Iterator[str]:
        """On two bisectors, which is on all three."""
        (a, b, c), centre = condition["triangle"], condition["point"]
        for one, vertex, other in ((b, a, c), (a, b, c)):
            yield from self.bisector({"angle_points": [one, vertex, other], "line": [vertex, centre]})

    def length(self, condition: Condition) -> Iterator[str]:
        """As it is, or by its square where it seems a rounded root."""
        yield _length(condition["segment"], condition["value"])

    def radius(self, condition: Condition) -> Iterator[str]:
        """By a point that is on the circle."""
        centre = condition["circle_center"]
        for point in self._on_circle.get(centre, ())[:1]:
            yield _length((centre, point), condition["value"])

    def circle(self, condition: Condition) -> Iterator[str]:
        """All points of one circle at once; the first alone is what the circle is drawn through."""
        centre = condition["circle_center"]
        points = list(dict.fromkeys(self._on_circle[centre]))
        if len(points) >= _TRIANGLE:
            yield _said("circle", centre, *points)
        elif len(points) > 1:
            yield _said("cong", centre, points[0], centre, points[1])

    def extension(self, condition: Condition) -> Iterator[str]:
        """Beyond the second end: that is between the first and the point."""
        point, (a, b) = condition["point"], condition["segment"]
        yield from (_said("coll", a, b, point), _said("obtuse_angle", a, b, point))

    def similar(self, condition: Condition) -> Iterator[str]:
        """Triangles alone, turned or turned over."""
        one, other = condition["polygons"]
        if len(one) == _TRIANGLE:
            turned = (self._side(*one) > 0) == (self._side(*other) > 0)
            name = "simtri" if condition[TYPE] == "similarity" else "contri"
            yield _said(name if turned else f"{name}r", *one, *other)

    def arc(self, condition: Condition) -> Iterator[str]:
        """The size of the angle at its centre, where that is named and the arc no major one."""
        if "circle_center" in condition and condition.get("arc_type") != "major":
            a, b = condition["arc"]
            yield from self._size((a, condition["circle_center"], b), condition["value"])

    def motion(self, condition: Condition) -> Iterator[str]:
        """Of each point and its image."""
        before, after = condition["preimage_triangle"], condition["image_triangle"]
        moved = [(one, other) for one, other in zip(before, after, strict=False) if one != other]
        centre, axis = condition.get("center"), condition.get("axis")
        match condition["transformation"]:
            case "rotation" if centre:
                for one, other in moved:
                    yield _said("cong", centre, one, centre, other)
                    if condition.get("angle"):
                        yield from self._size((one, centre, other), condition["angle"] % (2 * _STRAIGHT))
            case "reflection" if axis:
                yield from (_said("cong", end, a, end, b) for a, b in moved for end in _ends(axis))
            case "translation":
                for (a, b), (c, d) in pairwise(moved):
                    yield from (_said("para", a, b, c, d), _said("cong", a, b, c, d))
            case "dilation" if centre:
                yield from (_said("coll", centre, one, other) for one, other in moved)


def _said(name: str, *arguments: str) -> str:
    return " ".join((name, *arguments))


def _goes_without_saying(predicate: str) -> bool:
    """Whether it says of two points that they are on a line; Newclid takes that for a mistake."""
    name, *arguments = predicate.split()
    return name in ("coll", "obtuse_angle") and len(set(arguments)) < _TRIANGLE


def _ends(line: Sequence[str]) -> Sequence[str]:
    return ends_of(line[0]) if len(line) == 1 else line


def _fraction(value: float) -> str:
    exact = Fraction(str(value))
    return f"{exact.numerator}/{exact.denominator}"


def _length(segment: Sequence[str], value: float) -> str:
    square = value * value
    is_root = Fraction(str(value)).denominator > _SHORT and math.isclose(square, round(square), rel_tol=_ROOT)
    return _said("l2const", *segment, f"{round(square)}/1") if is_root else _said("lconst", *segment, _fraction(value))


def _of_lines(name: str) -> Callable[[Translator, Condition], Iterator[str]]:
    def say(_: Translator, condition: Condition) -> Iterator[str]:
        one, other = condition["objects"]
        yield _said(name, *_ends(one), *_ends(other))

    return say


def _of_three(name: str, field: str) -> Callable[[Translator, Condition], Iterator[str]]:
    """Of the point and the two points at the field."""

    def say(_: Translator, condition: Condition) -> Iterator[str]:
        yield _said(name, condition["point"], *_ends(condition[field]))

    return say


def _between(_: Translator, condition: Condition) -> Iterator[str]:
    point, (a, b) = condition["point"], condition["segment"]
    yield from (_said("coll", point, a, b), _said("obtuse_angle", a, point, b))


def _collinear(_: Translator, condition: Condition) -> Iterator[str]:
    points = condition["points"]
    yield from (_said("coll", *three) for three in zip(points, points[1:], points[2:], strict=False))


def _in_order(_: Translator, condition: Condition) -> Iterator[str]:
    points = condition["points"]
    for three in zip(points, points[1:], points[2:], strict=False):
        yield from (_said("coll", *three), _said("obtuse_angle", *three))


def _concyclic(_: Translator, condition: Condition) -> Iterator[str]:
    points = condition["points"]
    yield _said("cyclic" if len(points) >= _MANY else "ncoll", *points)


def _congruent(_: Translator, condition: Condition) -> Iterator[str]:
    yield from (_said("cong", *one, *other) for one, other in pairwise(condition["segments"]))


def _ratio(_: Translator, condition: Condition) -> Iterator[str]:
    one, other = (Fraction(str(each)) for each in condition["ratio"])
    share = one / other
    yield _said("rconst", *condition["segment1"], *condition["segment2"], f"{share.numerator}/{share.denominator}")


def _same_side(_: Translator, condition: Condition) -> Iterator[str]:
    line = _ends(condition["line"])
    yield from (_said("sameclock", one, *line, other, *line) for one, other in pairwise(condition["points"]))


def _halving(_: Translator, condition: Condition) -> Iterator[str]:
    a, b = condition["segment"]
    yield from (_said("cong", each, a, each, b) for each in _ends(condition["line"]))


def _touching(_: Translator, condition: Condition) -> Iterator[str]:
    point, line = condition["point"], _ends(condition["line"])
    yield _said("perp", condition["circle_center"], point, *line)
    if point not in line:
        yield _said("coll", point, *line)


def _circles_touch(_: Translator, condition: Condition) -> Iterator[str]:
    if "point" in condition:
        yield _said("coll", *condition["centers"], condition["point"])


def _halfway(_: Translator, condition: Condition) -> Iterator[str]:
    point, (a, b) = condition["point"], condition["arc"]
    yield _said("cong", point, a, point, b)


def _property(_: Translator, condition: Condition) -> Iterator[str]:
    """Of what is a parallelogram."""
    kind = condition["property"]
    if kind in ("parallelogram", "rectangle", "rhombus", "square"):
        a, b, c, d = condition["polygon"]
        yield from (_said("para", a, b, c, d), _said("para", b, c, d, a))
        if kind in ("rectangle", "square"):
            yield _said("perp", a, b, b, c)
        if kind in ("rhombus", "square"):
            yield _said("cong", a, b, b, c)


def _regular(_: Translator, condition: Condition) -> Iterator[str]:
    """Equal sides between points of a circle."""
    points = condition["polygon_points"]
    sides = list(zip(points, (*points[1:], points[0]), strict=True))
    yield from (_said("cong", *one, *other) for one, other in pairwise(sides))
    yield _said("cyclic", *points)


_SAYS: Final[Mapping[str, Callable[[Translator, Condition], Iterator[str]]]] = {
    "parallel": _of_lines("para"),
    "perpendicular": _of_lines("perp"),
    "collinear": _collinear,
    "order_on_line": _in_order,
    "point_on_segment": _between,
    "point_on_segment_extension": Translator.extension,
    "point_on_line": _of_three("coll", "line"),
    "point_on_line_extension": _of_three("coll", "line_segment"),
    "point_outside_line": _of_three("ncoll", "line"),
    "midpoint_of": _of_three("midp", "segment"),
    "same_side": _same_side,
    "perpendicular_bisector": _halving,
    "triangle_valid": lambda _, c: iter((_said("ncoll", *c["points"]),)),
    "polygon_property": _property,
    "regular_polygon": _regular,
    "angle_value": Translator.angle,
    "angle_equality": Translator.angles,
    "angle_bisector": Translator.bisector,
    "point_incenter": Translator.incentre,
    "segment_equality": _congruent,
    "segment_ratio": _ratio,
    "distance_equals": Translator.length,
    "radius": Translator.radius,
    "point_on_circle": Translator.circle,
    "concyclic": _concyclic,
    "diameter": lambda _, c: iter((_said("midp", c["circle_center"], *c["segment"]),)),
    "tangent_at_point": _touching,
    "circles_tangent": _circles_touch,
    "midpoint_of_arc": _halfway,
    "arc_measure": Translator.arc,
    "similarity": Translator.similar,
    "congruence": Translator.similar,
    "geometric_transformation": Translator.motion,
}
"""What says each type; the others Newclid has no predicate for."""
_SILENT: Final = frozenset({"point_on_circle"})
"""Types of which one alone needs no predicate."""
_MORE: Final = frozenset({"point_on_line_extension", "circles_tangent", "midpoint_of_arc"})
"""Types that say more than their predicates do: on which side, from within or without, of which arc."""
