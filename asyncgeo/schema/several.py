"""One condition that says several things, as models write it → each by itself, still in the model's own spelling.

In: the members of a condition. Out: the members of conditions that say the same one by one: D and E as the midpoints of
AB and AC, an altitude with its foot, a chord, AB = AC = 5, a line that meets a circle. What says one thing comes back
as it is. It knows what models write; what of it is valid is for `synonyms` to see.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from asyncgeo.schema.conditions import TABLE, TYPE
from asyncgeo.schema.shapes import Shape
from asyncgeo.schema.values import COERCE, circle, names, number, point_name

GivenFields = Mapping[str, Any]
_PAIR: Final = COERCE[Shape.PAIR]
_ANGLE: Final = COERCE[Shape.ANGLE]
_BEYOND: Final = re.compile(r"(?:beyond|past|from|side|end|[\s:_])*([A-Za-z]\d*['’′]*)(?:[\s_]*side)?")
_CIRCLE: Final = ("circle_center", "circle", "center")


def apart(kind: str, given: GivenFields) -> list[GivenFields]:
    """What the condition says, one by one; `kind` is the table's name of its type, where it has one."""
    split = _SPLITS.get(kind)
    found = [] if split is None else [part for part in split(kind, given) if part is not None]
    return found or [given]


def _of(given: GivenFields, *keys: str) -> Any:
    return next((given[key] for key in keys if key in given), None)


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _as(kind: str, given: GivenFields, **members: Any) -> GivenFields:
    """What is given, of that type, with other members."""
    return {**given, TYPE: kind, **members}


def _without(given: GivenFields, *keys: str) -> dict[str, Any]:
    return {key: value for key, value in given.items() if key not in keys}


# points, several at once


def _points(kind: str, given: GivenFields) -> Iterator[GivenFields]:
    """Each point where it is; of as many segments each on its own."""
    listed = names(given.get("points")) or []
    if "point" in given or len(listed) < 2:  # noqa: PLR2004  one is no several
        yield from _on_line(kind, given)
        return
    rest = _without(given, "points", "segments", "lines")
    places = _list(_of(given, "segments", "lines"))
    if len(places) == len(listed):
        yield from ({**rest, "point": one, "segment": place} for one, place in zip(listed, places, strict=True))
    elif kind != "midpoint_of":
        yield from ({**rest, "point": one, **({"segment": places[0]} if len(places) == 1 else {})} for one in listed)


def _on_line(kind: str, given: GivenFields) -> Iterator[GivenFields]:
    """A line of one name has no ends; an extension beyond a named end is that end's."""
    place = names(_of(given, "segment", "line", "line_segment"))
    if kind == "point_on_segment" and place is not None and len(place) == 1:
        yield {TYPE: "point_on_line", "point": given.get("point"), "line": place}
    side = next((value for key, value in given.items() if "side" in key or key in {"beyond", "direction"}), None)
    beyond = _BEYOND.fullmatch(side.strip()) if isinstance(side, str) else None
    end = point_name(beyond[1]) if beyond else None
    if kind == "point_on_line_extension" and place is not None and len(place) == 2 and end in place:  # noqa: PLR2004
        first = next(name for name in place if name != end)
        yield {TYPE: "point_on_segment_extension", "point": given.get("point"), "segment": [first, end]}


# lengths and angles


def _lengths(_: str, given: GivenFields) -> Iterator[GivenFields]:
    """AB = AC = 5 is two lengths, and so is [AB, 8]."""
    listed = _list(_of(given, "segments", "objects"))
    if len(listed) == 2 and number(listed[1]) is not None:  # noqa: PLR2004  a segment and its length
        yield {TYPE: "distance_equals", "segment": listed[0], "value": listed[1]}
    elif "value" in given and all(map(_PAIR, listed)):
        yield from (_as("distance_equals", _without(given, "segments", "objects"), segment=each) for each in listed)


def _angles(_: str, given: GivenFields) -> Iterator[GivenFields]:
    listed = _list(_of(given, "angles", "points", "objects"))
    if "value" in given and len(listed) > 1 and all(map(_ANGLE, listed)):
        yield from ({TYPE: "angle_value", "points": [each], "value": given["value"]} for each in listed)


# lines


def _crossing(kind: str, given: GivenFields) -> Iterator[GivenFields]:
    """Lines that are perpendicular at a named foot; each pair of several parallels."""
    listed = _list(_of(given, "objects", "lines", "segments"))
    lines = [line for line in map(names, listed) if line is not None]
    foot = point_name(_of(given, "foot", "point", "intersection", "foot_point"))
    if len(lines) != len(listed) or len(lines) < 2:  # noqa: PLR2004
        return
    if kind == "parallel":
        yield from ({TYPE: kind, "objects": [lines[0], line]} for line in lines[1:])
    elif foot is not None and len(lines) == 2:  # noqa: PLR2004
        yield {TYPE: kind, "objects": lines}
        yield from ({TYPE: "point_on_line", "point": foot, "line": line} for line in lines if foot not in line)


def _meeting(_: str, given: GivenFields) -> Iterator[GivenFields]:
    """Where a line meets a circle, or several do."""
    listed = _list(_of(given, "lines", "objects", "segments"))
    points = names(_of(given, "point", "points", "intersection")) or []
    if not any(map(circle, listed)):
        return
    for point in points:
        for each in listed:
            center = circle(each)
            on = {"circle_center": center} if center else {"line": each}
            yield {TYPE: "point_on_circle" if center else "point_on_line", "point": point, **on}


def _touching(_: str, given: GivenFields) -> Iterator[GivenFields]:
    """A line and a circle among the objects; several lines that touch one circle."""
    listed = _list(_of(given, "objects", "lines", "tangents"))
    round_ = [each for each in listed if circle(each)]
    straight = [each for each in listed if not circle(each)]
    center = circle(round_[0]) if len(round_) == 1 else _of(given, *_CIRCLE)
    rest = _without(given, "objects", "lines", "tangents", *_CIRCLE)
    if center is not None and straight and (round_ or all(map(_PAIR, straight))):
        yield from ({**rest, "line": line, "circle_center": center} for line in straight)


def _from_corner(given: GivenFields) -> tuple[list[str], list[str]] | None:
    """Of an altitude or a median: from the corner to the foot, and the side it stands on."""
    whole, line = names(given.get("triangle")) or [], _PAIR(_of(given, "segment", "line", "altitude", "median"))
    corner = point_name(_of(given, "from", "vertex", "from_vertex"))
    foot = point_name(_of(given, "foot", "midpoint", "foot_point", "point"))
    side = _PAIR(_of(given, "side", "base", "to", "opposite_side", "on"))
    if line is None:
        line = [corner, foot] if corner and foot else None
    if line is None:
        return None
    if foot == line[0] or line[1] == corner or (line[1] in whole and line[0] not in whole):
        line = line[::-1]
    side = side or [name for name in whole if name != line[0]]
    return (line, side) if len(side) == 2 and line[0] not in side else None  # noqa: PLR2004


def _altitude(_: str, given: GivenFields) -> Iterator[GivenFields]:
    if found := _from_corner(given):
        line, side = found
        yield {TYPE: "perpendicular", "objects": [line, side]}
        yield {TYPE: "point_on_line", "point": line[1], "line": side}


def _median(_: str, given: GivenFields) -> Iterator[GivenFields]:
    if found := _from_corner(given):
        line, side = found
        yield {TYPE: "midpoint_of", "point": line[1], "segment": side}


# circles


def _chord(_: str, given: GivenFields) -> Iterator[GivenFields]:
    ends = _PAIR(_of(given, "segment", "chord", "points", "endpoints", "line")) or []
    center = COERCE[Shape.POINT](_of(given, *_CIRCLE))
    yield from ({TYPE: "point_on_circle", "point": end, "circle_center": center} for end in ends if center != end)
    if "value" in given:
        yield {TYPE: "distance_equals", "segment": ends, "value": given["value"]}


def _radius(kind: str, given: GivenFields) -> Iterator[GivenFields]:
    """A radius that is drawn is a length with an end on the circle; one that is not is the circle's."""
    ends, center = _PAIR(_of(given, "segment", "points", "line")), COERCE[Shape.POINT](_of(given, *_CIRCLE))
    if ends is not None and (center is None or center in ends):
        yield from _chord(kind, {**given, "segment": ends, "circle_center": center or ends[0]})


def _diameter(kind: str, given: GivenFields) -> Iterator[GivenFields]:
    """The length of one that is drawn is that of its segment; of one that is not, twice the radius."""
    ends, value = _PAIR(_of(given, "segment", "points", "line")), number(given.get("value"))
    if value is not None and ends is not None:
        yield _without(given, "value")
        yield {TYPE: "distance_equals", "segment": ends, "value": given["value"]}
    elif value is not None:
        yield _as("radius", given, value=value / 2)
    else:
        yield _as(kind, given)


# figures


def _isosceles(_: str, given: GivenFields) -> Iterator[GivenFields]:
    """Its equal sides meet at the corner that is named."""
    whole, top = names(_of(given, "points", "triangle", "polygon")), point_name(_of(given, "apex", "vertex"))
    if whole is not None and top in whole and "equal_sides" not in given:
        yield _as("isosceles_triangle", given, equal_sides=[[top, name] for name in whole if name != top])


def _turned(kind: str, given: GivenFields) -> Iterator[GivenFields]:
    """A rotation of several points; a negative angle is clockwise; fold and the like are names of transformations."""
    angle = number(given.get("angle"))
    if angle is not None and angle < 0:
        given = {**given, "angle": -angle, "direction": given.get("direction", "clockwise")}
    whole = names(_of(given, "preimage_triangle", "preimage", "preimage_points", "original"))
    if kind in _MOTIONS and whole is not None:
        yield _as("geometric_transformation", given, transformation=_MOTIONS[kind], preimage_triangle=whole)
    else:
        yield _as(kind, given)


_MOTIONS: Final = {
    "rotation": "rotation",
    "reflection": "reflection",
    "fold": "reflection",
    "folding": "reflection",
    "translation": "translation",
    "dilation": "dilation",
}

_SPLITS: Final[Mapping[str, Callable[[str, GivenFields], Iterator[GivenFields]]]] = {
    **dict.fromkeys((*(kind for kind in TABLE if kind.startswith("point_on_")), "midpoint_of"), _points),
    "point_inside_circle": _points,
    **dict.fromkeys(("distance_equals", "segment_equality"), _lengths),
    **dict.fromkeys(("angle_value", "angle_equality"), _angles),
    **dict.fromkeys(("parallel", "perpendicular"), _crossing),
    "intersection_point": _meeting,
    **dict.fromkeys(("tangent_line", "tangent_at_point"), _touching),
    "altitude": _altitude,
    "median": _median,
    "chord": _chord,
    "radius": _radius,
    "diameter": _diameter,
    "isosceles_triangle": _isosceles,
    **dict.fromkeys((*_MOTIONS, "geometric_transformation"), _turned),
}
