"""Conditions and objects → sketches: one for each combination of choices that the conditions leave open.

In: valid conditions and `RequiredObjects`. Out: `sketches`, likeliest first. It solves nothing.
"""

import itertools
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from asyncgeo.figure.effort import check_names
from asyncgeo.figure.meaning import GIVEN, ON_CIRCLE, REFLEX, write
from asyncgeo.figure.sketch import OBJECTS, Coincident, Sketch
from asyncgeo.schema.conditions import TYPE, Condition, points_of
from asyncgeo.schema.records import RequiredObjects

_MOST_SKETCHES: Final = 24  # combinations of choices looked at; more than a handful is rare


_RINGS: Final = re.compile("同心|圆环|大圆|小圆|concentric|annul|(larg|small|bigg|inn|out)er circle", re.IGNORECASE)
"""Words of a problem in which several circles share a centre."""


SMALL: Final = 0.05
"""Lengths, or a sine, that are less than this share of others make a figure fine."""
_NOTHING: Final = 1e-9  # the sine of 180°


def sketches(conditions: Sequence[Condition], objects: RequiredObjects, text: str = "") -> Iterator[Sketch]:
    """The sketch of each combination of choices.

    Circles about one centre are one circle; where the text or a condition speaks of concentric ones they may be
    several, after that. Raises TooMuch.
    """
    check_names(_names(conditions, objects))
    one_each: dict[str, list[str]] = {}
    several = _rings(conditions, objects, text)
    for rings in (one_each, several) if several else (one_each,):
        first = sketch(conditions, objects, (), rings)
        yield first
        picks = itertools.product(*map(range, first.choices))
        for pick in itertools.islice(picks, 1, _MOST_SKETCHES):
            yield sketch(conditions, objects, pick, rings)


def sketch(
    conditions: Sequence[Condition],
    objects: RequiredObjects,
    picks: Sequence[int] = (),
    rings: Mapping[str, Sequence[str]] | None = None,
) -> Sketch:
    """The sketch with these choices; `rings` names points on different circles about one centre."""
    drawn = Sketch(_aliases(conditions), unit=unit(conditions), picks=picks, rings=rings)
    drawn.reflex.update(REFLEX(conditions))
    drawn.on_circle.update(_known_on_circle(conditions, objects))
    for name in _names(conditions, objects):
        drawn.point(name)
    for owner, condition in enumerate(conditions):
        write(drawn, condition, owner)
    _add_objects(drawn, objects)
    return drawn


def _names(conditions: Sequence[Condition], objects: RequiredObjects) -> Iterator[str]:
    yield from objects.points
    for condition in conditions:
        yield from points_of(condition)
    for names in (*objects.segments, *objects.lines, *objects.polygons):
        yield from (name for name in names if len(names) > 1)
    for circle in objects.circles:
        yield from filter(None, (circle.center, circle.radius_point))


def unit(conditions: Sequence[Condition]) -> float:
    """The largest length given, which becomes 1; a sum counts as its mean; 1 where none is given."""
    given = (GIVEN[c[TYPE]](c) for c in conditions if c[TYPE] in GIVEN)
    return max((length for length in given if length > 0), default=1.0)


def finest(conditions: Sequence[Condition]) -> float:
    """How small parts of the figure are against the whole, by what is given; 1 where that is nothing out of the way."""
    lengths = [abs(GIVEN[c[TYPE]](c)) for c in conditions if c[TYPE] in GIVEN]
    shares = [length / max(lengths) for length in lengths if length]
    shares += [min(c["ratio"]) / max(c["ratio"]) for c in conditions if c[TYPE] == "segment_ratio"]
    shares += [abs(math.sin(math.radians(c["value"]))) for c in conditions if c[TYPE] == "angle_value"]
    least = min((share for share in shares if share > _NOTHING), default=1.0)
    return least if least < SMALL else 1.0


def _aliases(conditions: Sequence[Condition]) -> dict[str, str]:
    """Point → the point that stands for it, for points said to coincide."""
    leader: dict[str, str] = {}

    def find(name: str) -> str:
        while name in leader:
            name = leader[name]
        return name

    for condition in conditions:
        if condition[TYPE] == "contact":
            group = [condition["point1"], condition["point2"]]
        elif condition[TYPE] == "concentric_circles":
            group = condition["centers"]
        else:
            continue
        first, *rest = map(find, group)
        for other in rest:
            if find(other) != find(first):
                leader[find(other)] = find(first)
    return {name: find(name) for name in leader}


def _known_on_circle(conditions: Sequence[Condition], objects: RequiredObjects) -> Iterator[tuple[str, str]]:
    for condition in conditions:
        centre = condition.get("circle_center")
        for field in ON_CIRCLE.get(condition[TYPE], ()):
            if centre is not None:
                names = condition[field]
                yield from ((name, centre) for name in ([names] if isinstance(names, str) else names))
    for circle in objects.circles:
        if circle.radius_point is not None:
            yield circle.radius_point, circle.center


def _rings(conditions: Sequence[Condition], objects: RequiredObjects, text: str) -> dict[str, list[str]]:
    """Centres that several circles may be drawn about, each with the circles' points."""
    through: dict[str, list[str]] = {}
    for circle in objects.circles:
        if circle.radius_point is not None:
            through.setdefault(circle.center, []).append(circle.radius_point)
    concentric = {name for c in conditions if c[TYPE] == "concentric_circles" for name in c["centers"]}
    anywhere = _RINGS.search(text) is not None
    return {o: points for o, points in through.items() if len(points) > 1 and (anywhere or o in concentric)}


def _add_objects(drawn: Sketch, objects: RequiredObjects) -> None:
    """Circles pass through their points, polygons are simple and not flat; lines are there to be drawn."""
    drawn.owner = OBJECTS
    for line in objects.lines:
        drawn.ends(line)
    try:
        for circle in objects.circles:
            if circle.radius_point is not None:
                drawn.on(circle.radius_point, circle.center)
        for polygon in objects.polygons:
            drawn.polygon(polygon)
    except Coincident:
        drawn.impossible()
