"""A construction to be drawn, as unknowns and terms: what the meanings of conditions write into.

In: names of points and lines, centres of circles, as conditions give them. Out: numbered points, radii and directions,
and the terms on them, each with its owner. It knows no condition type and solves nothing.

A line with one name (`l`) is two hidden points that may slide along it. A circle is a radius about its centre. Points
that coincide (`contact`) are one unknown. Where a condition leaves a choice (which sides of a trapezoid are parallel)
it asks `choose`; each combination of choices is a sketch of its own.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Final

from asyncgeo.figure.effort import EQUATIONS, POINTS, REPEATS, TooMuch
from asyncgeo.figure.terms import (
    FULL,
    HALF,
    Angles,
    AngleTerm,
    Area,
    Balance,
    Lengths,
    Narrow,
    Open,
    Sides,
    Size,
    Smaller,
    Term,
    Wrap,
    is_trivial,
)

At = str | int
"""A point: its name, or the number of a hidden one."""

OBJECTS: Final = -1
"""Owner of the terms that the objects to be drawn ask for, not a condition."""


class Coincident(Exception):
    """A direction between a point and itself was asked for."""


class Sketch:
    """Unknowns and terms. `owners[k]` is the condition that wrote `terms[k]`."""

    def __init__(
        self,
        aliases: Mapping[str, str] | None = None,
        *,
        unit: float = 1.0,
        picks: Sequence[int] = (),
        rings: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self.points: dict[str, int] = {}
        self.lines: dict[str, tuple[int, int]] = {}
        self.radii: dict[tuple[str, int], int] = {}
        self.directions: dict[tuple[int, int], int] = {}
        self.count = 0
        self.slack = 0  # unknowns that move nothing one can see
        self.terms: list[Term] = []
        self.owners: list[int] = []
        self.on_circle: set[tuple[str, str]] = set()  # (point, centre), from all conditions
        self.reflex: set[int] = set()  # conditions that give the outer side of their angle
        self.above: dict[tuple[str, ...], str] = {}  # line → a point above it
        self.choices: list[int] = []  # how many options each choice had
        self.has_scale = False
        self.owner = OBJECTS
        self._aliases = aliases or {}
        self._unit = unit
        self._picks = picks
        self._rings = rings or {}
        self._seen: set[Term] = set()
        self._asked = 0

    # unknowns

    def point(self, name: At) -> int:
        """The number of the point."""
        if isinstance(name, int):
            return name
        if name not in self.points:
            leader = self._aliases.get(name, name)
            self.points[name] = self.hidden() if leader == name else self.point(leader)
        return self.points[name]

    def hidden(self) -> int:
        """A further point, without a name. Raises TooMuch when there are too many."""
        if self.count >= POINTS:
            raise TooMuch(f"more than {POINTS} points")
        self.count += 1
        return self.count - 1

    def ends(self, line: Sequence[str]) -> tuple[int, int]:
        """Two points that fix the line."""
        if len(line) > 1:
            return self.point(line[0]), self.point(line[1])
        if line[0] not in self.lines:
            self.lines[line[0]] = self.hidden_line()
        return self.lines[line[0]]

    def hidden_line(self) -> tuple[int, int]:
        """Two further points, free to slide along the line through them."""
        self.slack += 2
        return self.hidden(), self.hidden()

    def radius(self, centre: str, *on: At) -> Size:
        """The radius of the circle about `centre`; of several, the one through a point of `on`, or else a choice."""
        rings = self._rings.get(centre, ())
        ring = 0
        if len(rings) > 1:
            named = [k for k, through in enumerate(rings) if through in on]
            ring = named[0] if named else self.choose(len(rings))
        index = self.radii.setdefault((centre, ring), len(self.radii))
        self.point(centre)
        return Size(radii=((index, 1.0),))

    def choose(self, options: int) -> int:
        """One of the options, as the picks of this sketch have it."""
        position = len(self.choices)
        self.choices.append(options)
        return self._picks[position] % options if position < len(self._picks) else 0

    # quantities

    def size(self, a: At, b: At) -> Size:
        """Log of the length ab."""
        return Size(parts=((self._direction(a, b)[0], 1.0),))

    def arg(self, a: At, b: At) -> AngleTerm:
        """Direction from a to b."""
        index, flipped = self._direction(a, b)
        return AngleTerm(((index, 1.0),), HALF if flipped else 0.0)

    def height(self, point: At, a: At, b: At) -> Size:
        """Log of the distance of the point from the line ab."""
        return self.size(a, point) + Size(sines=((self.arg(a, point) - self.arg(a, b), 1.0),))

    def length(self, value: float) -> Size:
        """Log of a length given as a number. Raises Coincident when it is none."""
        self.has_scale = True
        if value <= 0:
            raise Coincident
        return Size(constant=math.log(value / self._unit))

    def angle(self, points: Sequence[At]) -> AngleTerm:
        """The turn from the first side of the angle to the second, vertex in the middle."""
        a, vertex, b = points
        return self.arg(vertex, b) - self.arg(vertex, a)

    def _direction(self, a: At, b: At) -> tuple[int, bool]:
        i, j = self.point(a), self.point(b)
        if i == j:
            raise Coincident
        index = self.directions.setdefault((min(i, j), max(i, j)), len(self.directions))
        return index, i > j

    # equations

    def balance(self, size: Size) -> None:
        """The size is 0."""
        self.add(Balance(size))

    def wrap(self, turn: AngleTerm, period: float) -> None:
        """The turn is 0 modulo the period."""
        self.add(Wrap(turn, period))

    def angles(self, parts: Iterable[tuple[AngleTerm, float]], value: float) -> None:
        """Σ coefficient · |turn| = value, in radians; with several turns none of them is 0."""
        listed = tuple(parts)
        self.add(Angles(listed, value))
        for turn, _ in listed if len(listed) > 1 else ():
            self.add(Open(turn))

    def lengths(self, parts: Iterable[tuple[Sequence[At], float]], value: float = 0.0) -> None:
        """Σ coefficient · length = value."""
        if value:
            self.has_scale = True
        total = Size()
        for (a, b), c in parts:
            total += c * self.size(a, b)
        self.add(Lengths(total.parts, value / self._unit))

    def area(self, corners: Sequence[At], value: float) -> None:
        """The triangles that the first corner makes with the sides add up to the value. Raises as `length` does."""
        self.length(value)
        first, *others = corners
        spokes = [self._direction(first, other) for other in others]
        parts = tuple((i, j, -1.0 if one != two else 1.0) for (i, one), (j, two) in pairwise(spokes))
        self.add(Area(parts, value / self._unit**2))

    def impossible(self) -> None:
        """No figure can satisfy the condition."""
        self.add(Balance(Size(constant=1.0)))

    # side conditions

    def smaller(self, size: Size) -> None:
        """The size is negative."""
        self.add(Smaller(size))

    def narrow(self, turn: AngleTerm) -> None:
        """|turn| is less than a right angle."""
        self.add(Narrow(turn))

    def bent(self, *turns: AngleTerm) -> None:
        """At least one of the turns is neither 0 nor π."""
        self.add(Sides(tuple((turn, turn, 1.0) for turn in turns)))

    def sides(self, p: At, q: At, line: tuple[At, At], sign: float = 1.0) -> None:
        """Both points lie on one side of the line; on opposite sides with sign -1."""
        self.add(Sides((self._across(p, q, line, sign),)))

    def uncrossed(self, ab: tuple[At, At], cd: tuple[At, At]) -> None:
        """The segments do not cross: the ends of one lie on one side of the other."""
        self.add(Sides((self._across(*ab, cd, 1.0), self._across(*cd, ab, 1.0))))

    def _across(self, p: At, q: At, line: tuple[At, At], sign: float) -> tuple[AngleTerm, AngleTerm, float]:
        a, b = line
        base = self.arg(a, b)
        return self.arg(a, p) - base, self.arg(a, q) - base, sign

    # relations that several meanings share

    def on_line(self, point: At, a: At, b: At) -> None:
        """The point lies on the line ab, anywhere."""
        if self.point(point) not in (self.point(a), self.point(b)):
            self.wrap(self.arg(point, a) - self.arg(point, b), HALF)

    def off_line(self, point: At, a: At, b: At) -> None:
        """The point does not lie on the line ab."""
        if self.point(point) in (self.point(a), self.point(b)):
            raise Coincident
        self.bent(self.arg(a, point) - self.arg(a, b))

    def between(self, point: At, a: At, b: At) -> None:
        """The point lies between a and b; an end is let pass."""
        if self.point(point) not in (self.point(a), self.point(b)):
            self.wrap(self.arg(a, point) - self.arg(point, b), FULL)

    def right(self, one: tuple[At, At], other: tuple[At, At]) -> None:
        """The lines are perpendicular."""
        self.wrap(self.arg(*one) - self.arg(*other) + AngleTerm(constant=HALF / 2), HALF)

    def on(self, point: At, centre: str) -> None:
        """The point lies on the circle about the centre."""
        self.balance(self.size(centre, point) - self.radius(centre, point))

    def polygon(self, corners: Sequence[str]) -> None:
        """The polygon is simple and not flat."""
        first, second, *rest = corners
        self.bent(*(self.arg(first, other) - self.arg(first, second) for other in rest))
        edges = list(zip(corners, (*corners[1:], corners[0]), strict=True))
        for i, ab in enumerate(edges):
            for cd in edges[i + 2 :]:
                if not set(ab) & set(cd):
                    self.uncrossed(ab, cd)

    def add(self, term: Term) -> None:
        """Write the term down, unless it says nothing or stands there already. Raises TooMuch as `hidden` does."""
        self._asked += 1
        if len(self.terms) >= EQUATIONS or self._asked > REPEATS * EQUATIONS:
            raise TooMuch(f"more than {EQUATIONS:,} equations")
        if is_trivial(term) or term in self._seen:
            return
        self._seen.add(term)
        self.terms.append(term)
        self.owners.append(self.owner)
