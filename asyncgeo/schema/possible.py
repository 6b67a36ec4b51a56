"""Whether one condition can be true of any figure: an angle of 230°, a length of −3, AB ∥ BA cannot.

In: a valid condition. Out: why nothing can be so, in words a model can act on, or None. Pure; a microsecond or two. It
looks at one condition alone, knows no text, and never decides what counts as a row: `defect` does, by shape.

AB = BA is no more possible than what is false: it is a slip of names. `is_empty` is what can be left out without a
word, because writers add it where it is true anyway: A on AB, O inside ⊙O.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from asyncgeo.schema.conditions import TYPE, Condition

_HALF_TURN: Final = 180
_FULL_TURN: Final = 360
_CORNERS: Final[Mapping[str, int]] = {
    "parallelogram": 4,
    "rectangle": 4,
    "rhombus": 4,
    "square": 4,
    "trapezoid": 4,
    "isosceles_trapezoid": 4,
    "right_trapezoid": 4,
    "kite": 4,
    "isosceles": 3,
    "right": 3,
    "isosceles_right": 3,
}
"""Of figures that have as many; the rest have any number."""

ConditionCheck = Callable[[Condition], str | None]


def impossible(condition: Condition) -> str | None:
    """Why the condition can hold in no figure; None where it may."""
    for check in CHECKS.get(condition[TYPE], ()):
        if (why := check(condition)) is not None:
            return why
    return None


def is_sound(condition: Condition) -> bool:
    """Whether the condition can hold and says something."""
    return impossible(condition) is None and not is_empty(condition)


def is_empty(condition: Condition) -> bool:
    """Whether the condition says nothing: an end on its own segment, a centre inside its own circle."""
    place = _HOLDS_ANYWAY.get(condition[TYPE])
    return place is not None and condition["point"] in _listed(condition[place])


_HOLDS_ANYWAY: Final[Mapping[str, str]] = {
    "point_on_segment": "segment",
    "point_on_line": "line",
    "point_inside_circle": "circle_center",
}
"""By type, the field whose points are there in any case."""

# values


def _positive(what: str) -> ConditionCheck:
    return lambda c: f"{what} of {c['value']} is impossible" if c["value"] <= 0 else None


def _between(name: str, most: float, what: str) -> ConditionCheck:
    def check(condition: Condition) -> str | None:
        value = condition.get(name)
        if value is None or 0 < value < most:
            return None
        return f"{what} of {value}° is impossible: it is between 0 and {most}"

    return check


def _sum(condition: Condition) -> str | None:
    most = _HALF_TURN * len(condition["angles"])
    if 0 < condition["value"] < most:
        return None
    return f"{len(condition['angles'])} angles cannot add up to {condition['value']}°"


def _linear(condition: Condition) -> str | None:
    grows = condition["times"] > 0 or condition["plus"] > 0
    return None if grows else "a length is positive; these numbers make it none"


# names


def _same(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether a line, a segment or an angle is the other one, read from either end."""
    return list(one) == list(other) or list(one) == list(other)[::-1]


def _apart(*names: str) -> ConditionCheck:
    """What the fields name must not be one thing."""

    def check(condition: Condition) -> str | None:
        one, other = (condition[name] for name in names)
        return f"{''.join(one)} is compared with itself" if _same(one, other) else None

    return check


def _listed_apart(name: str) -> ConditionCheck:
    """Of the things that are listed at least two must differ."""

    def check(condition: Condition) -> str | None:
        first, *others = map(_points, condition[name])
        return f"{''.join(first)} is compared with itself" if all(_same(first, each) for each in others) else None

    return check


def _listed(names: str | Sequence[str]) -> Sequence[str]:
    """The points of a field that holds one or several."""
    return (names,) if isinstance(names, str) else names


def _points(item: Any) -> Sequence[str]:
    return item["points"] if isinstance(item, dict) else item  # type: ignore[no-any-return]


def _without(what: str, *names: str) -> ConditionCheck:
    """The one point of the field must be none of those that the other fields name; absent ones name none."""

    def check(condition: Condition) -> str | None:
        point = condition.get(what)
        place = next((name for name in names if point is not None and point in _listed(condition.get(name, ()))), None)
        return None if place is None else f"{point} stands in {place} as well"

    return check


def _none_of(many: str, name: str) -> ConditionCheck:
    def check(condition: Condition) -> str | None:
        found = next((point for point in condition[many] if point in condition[name]), None)
        return None if found is None else f"{found} is on the line {''.join(condition[name])} that it names"

    return check


def _parallel(condition: Condition) -> str | None:
    one, other = condition["objects"]
    shared = next((point for point in one if point in other), None)
    return None if shared is None else f"{''.join(one)} and {''.join(other)} are not parallel: both go through {shared}"


def _bisects_segment(condition: Condition) -> str | None:
    end = next((point for point in condition["segment"] if point in condition["line"]), None)
    return None if end is None else f"a perpendicular bisector of {''.join(condition['segment'])} misses its end {end}"


def _bisects_angle(condition: Condition) -> str | None:
    start, vertex, end = condition["angle_points"]
    arm = next((end for end in (start, end) if {vertex, end} == set(condition["line"])), None)
    return None if arm is None else f"{''.join(condition['line'])} is a side of the angle that it should bisect"


def _sums(condition: Condition) -> str | None:
    """One side within the other leaves nothing, or less than nothing, for the rest."""
    left, right = (sorted(map(sorted, condition[f"{side}_segments"])) for side in ("left", "right"))
    few, many = sorted((left, right), key=len)
    for segment in few:
        if segment not in many:
            return None
        many.remove(segment)
    return "one side of the equation holds all of the other"


# figures


def _corners(condition: Condition) -> str | None:
    word = condition.get("property", condition.get("value"))
    wanted, given = _CORNERS.get(str(word)), len(condition["polygon"])
    return None if wanted in (None, given) else f"{word} has {wanted} corners, not {given}"


def _squares(condition: Condition) -> str | None:
    given = next((len(each) for each in condition["polygons"] if len(each) != _CORNERS["square"]), None)
    return None if given is None else f"a square has 4 corners, not {given}"


def _sides(condition: Condition) -> str | None:
    given = len(condition["polygon_points"])
    return None if given == condition["sides"] else f"{condition['sides']} sides do not fit {given} corners"


def _legs(condition: Condition) -> str | None:
    strange = next((side for side in condition["equal_sides"] if not set(side) <= set(condition["points"])), None)
    return None if strange is None else f"{''.join(strange)} is no side of {''.join(condition['points'])}"


def _vertex(condition: Condition) -> str | None:
    point = condition.get("right_angle")
    return None if point in (None, *condition["points"]) else f"{point} is no corner of {''.join(condition['points'])}"


# transformations


def _images(condition: Condition) -> str | None:
    before, after = condition["preimage_triangle"], condition["image_triangle"]
    if len(before) != len(after):
        return f"{len(before)} points cannot have {len(after)} images"
    fixed = [one for one, other in zip(before, after, strict=True) if one == other]
    if len(fixed) == len(before):
        return "every point is its own image"
    moves = {
        "translation": fixed,
        "rotation": [point for point in fixed if condition.get("center", point) != point],
    }.get(condition["transformation"])
    return f"{moves[0]} cannot be its own image" if moves else None


_ANGLE: Final = _between("value", _HALF_TURN, "an angle")
_TURN: Final = _between("angle", _FULL_TURN, "a rotation")
_LENGTH: Final = _positive("a length")
_LINES: Final = _listed_apart("objects")
_PROPER: Final = _without("point", "segment")
_IN_CIRCLE: Final = _without("circle_center", "point")
_ON_ARC: Final = (_without("point", "arc"), _without("circle_center", "point", "arc"))

CHECKS: Final[Mapping[str, tuple[ConditionCheck, ...]]] = {
    **dict.fromkeys(("collinear", "not_collinear", "order_on_line", "concyclic", "concentric_circles"), ()),
    **dict.fromkeys(("point_on_line", "point_on_segment", "point_inside_circle", "point_height", "triangle_valid"), ()),
    "parallel": (_parallel,),
    "perpendicular": (_LINES,),
    "concurrent": (_listed_apart("lines"),),
    "angle_value": (_ANGLE,),
    "angle_equality": (_listed_apart("points"),),
    "angle_sum": (_sum,),
    "angle_bisector": (_bisects_angle,),
    "angle_ratio": (_apart("angle1", "angle2"),),
    "segment_equality": (_listed_apart("segments"),),
    "distance_equals": (_LENGTH,),
    "perimeter": (_positive("a perimeter"),),
    "segments_sum_value": (_LENGTH,),
    "segments_sum_equals": (_sums,),
    "segment_ratio": (_apart("segment1", "segment2"),),
    "length_relation": (_apart("segment1", "segment2"), _linear),
    "radius": (_positive("a radius"),),
    "area": (_positive("an area"),),
    "arc_measure": (_between("value", _FULL_TURN, "an arc"), *_ON_ARC),
    "point_on_segment_extension": (_PROPER,),
    "point_on_line_extension": (_without("point", "line_segment"),),
    "midpoint_of": (_PROPER,),
    "point_between": (_without("point", "endpoints"),),
    "same_side": (_none_of("points", "line"),),
    "point_above_line": (_without("point", "line"),),
    "point_outside_line": (_without("point", "line"),),
    "intersection_point": (_listed_apart("lines"),),
    "point_intersection": (_IN_CIRCLE,),
    "perpendicular_bisector": (_bisects_segment,),
    "point_on_circle": (_IN_CIRCLE,),
    "tangent_line": (_without("circle_center", "line"),),
    "tangent_at_point": (_without("circle_center", "line", "point"),),
    "diameter": (_without("circle_center", "segment"),),
    "circles_tangent": (_without("point", "centers"),),
    "point_on_arc": _ON_ARC,
    "midpoint_of_arc": _ON_ARC,
    "isosceles_triangle": (_listed_apart("equal_sides"), _legs),
    "right_triangle": (_vertex,),
    "polygon_property": (_corners,),
    "polygon_type": (_corners,),
    "square": (_squares,),
    "regular_polygon": (_sides,),
    "point_incenter": (_without("point", "triangle"),),
    "similarity": (_listed_apart("polygons"),),
    "congruence": (_listed_apart("polygons"),),
    "geometric_transformation": (_images, _TURN),
    "rotation": (_without("point", "image", "center"), _without("center", "image"), _TURN),
    "contact": (_without("point1", "point2"),),
}
"""By type, what makes a condition of it impossible; nothing where it can always be true."""
