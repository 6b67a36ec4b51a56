"""A condition as a mathematician writes it: `{"type": "angle_value", …}` → `∠ABC = 50°`; and what a problem asks for.

In: one condition, or an `Asked`. Out: one line of plain text; empty for what is no valid condition. It knows no HTML.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from asyncgeo.schema.asked import Asked, Measure, MeasureKind, Sum
from asyncgeo.schema.conditions import TYPE, Condition, defect
from asyncgeo.schema.records import Tokens

_SUBSCRIPTS: Final = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def readable(condition: Condition) -> str:
    """The condition in symbols and few words."""
    form = _FORMS.get(str(condition.get(TYPE)))
    return "" if form is None or defect(condition) is not None else form(condition)


def quantity(asked: Asked) -> str:
    """What is asked for: ∠ABC, AB + CD, AB : CD, area of ABC."""
    total = _total(asked.terms)
    return f"{total} : {_total(asked.over)}" if asked.over else total


def _total(terms: Sum) -> str:
    first, *rest = ((factor, _measure(each)) for factor, each in terms)
    parts = [f"{'−' if first[0] < 0 else ''}{_times(*first)}"]
    parts += [f" {'−' if factor < 0 else '+'} {_times(factor, words)}" for factor, words in rest]
    return "".join(parts)


def _times(factor: float, words: str) -> str:
    return words if abs(factor) == 1 else f"{_number(abs(factor))} {words}"


def _measure(measure: Measure) -> str:
    of = names(measure.names)
    first, rest = names(measure.names[:1]), names(measure.names[1:])
    words = _MEASURES[measure.kind].format(of=of, first=first, rest=rest, type=measure.arc_type)
    return " ".join(words.split())


_MEASURES: Final[Mapping[MeasureKind, str]] = {
    "angle": "∠{of}",
    "arc": "{type} arc {of}",
    "length": "{of}",
    "distance": "distance of {first} from {rest}",
    "radius": "radius of ⊙{of}",
    "diameter": "diameter of ⊙{of}",
    "circumference": "circumference of ⊙{of}",
    "disc": "area of ⊙{of}",
    "perimeter": "perimeter of {of}",
    "area": "area of {of}",
    "arc_length": "length of {type} arc {of}",
    "sector": "area of the sector over {type} arc {of}",
    "sine": "sin ∠{of}",
    "cosine": "cos ∠{of}",
    "tangent": "tan ∠{of}",
}


def names(points: Iterable[str]) -> str:
    """Points written together: ABC, A₁B′."""
    return "".join(point.translate(_SUBSCRIPTS) for point in points)


def _listed(points: Sequence[str]) -> str:
    return ", ".join(names([point]) for point in points)


def _joined(sign: str, parts: Iterable[Sequence[str]], before: str = "") -> str:
    return f" {sign} ".join(before + names(part) for part in parts)


def _angle(points: Sequence[str]) -> str:
    return f"∠{names(points)}"


def _number(value: float) -> str:
    return f"{value:.12g}"


def _ratio(condition: Condition) -> str:
    return " : ".join(map(_number, condition["ratio"]))


def _centre(condition: Condition) -> str:
    return f"⊙{names([condition['circle_center']])}"


def _arc(condition: Condition) -> str:
    kind = f"{condition['arc_type']} " if condition.get("arc_type") else ""
    of = f" of {_centre(condition)}" if condition.get("circle_center") else ""
    return f"{kind}arc {names(condition['arc'])}{of}"


def _turn(condition: Condition) -> str:
    """The optional circumstances of a transformation."""
    parts = [
        f" about {names([condition['center']])}" if condition.get("center") else "",
        f" in {names(condition['axis'])}" if condition.get("axis") else "",
        f" by {_number(condition['angle'])}°" if condition.get("angle") is not None else "",
        f" {condition['direction']}" if condition.get("direction") else "",
    ]
    return "".join(parts)


def _transformation(condition: Condition) -> str:
    images = f"{names(condition['preimage_triangle'])} → {names(condition['image_triangle'])}"
    return f"{images}: {condition['transformation']}{_turn(condition)}"


def _relation(condition: Condition) -> str:
    """`AB = 2·CD + 1`, without what changes nothing."""
    times, plus = condition["times"], condition["plus"]
    factor = "" if times == 1 else f"{_number(times)}·"
    rest = f" {'+' if plus > 0 else '−'} {_number(abs(plus))}" if plus else ""
    return f"{names(condition['segment1'])} = {factor}{names(condition['segment2'])}{rest}"


def _touching(condition: Condition) -> str:
    how = f" {condition['tangency']}ly" if condition.get("tangency") else ""
    at = f" at {names([condition['point']])}" if condition.get("point") else ""
    return f"{' and '.join('⊙' + names([p]) for p in condition['centers'])} touch{how}{at}"


def _right(condition: Condition) -> str:
    at = f" at {names([condition['right_angle']])}" if condition.get("right_angle") else ""
    return f"△{names(condition['points'])} right-angled{at}"


def _point(form: str, key: str) -> Callable[[Condition], str]:
    """A form that speaks of a point and of what is at `key`, written together."""
    return lambda c: form.format(names([c["point"]]), names(c[key]))


def _point_and_circle(form: str) -> Callable[[Condition], str]:
    return lambda c: form.format(names([c["point"]]), _centre(c))


_FORMS: Final[Mapping[str, Callable[[dict[str, Any]], str]]] = {
    "parallel": lambda c: _joined("∥", c["objects"]),
    "perpendicular": lambda c: _joined("⊥", c["objects"]),
    "collinear": lambda c: f"{_listed(c['points'])} collinear",
    "not_collinear": lambda c: f"{_listed(c['points'])} not collinear",
    "concurrent": lambda c: f"{', '.join(map(names, c['lines']))} concurrent",
    "angle_value": lambda c: f"{_angle(c['points'][0])} = {_number(c['value'])}°",
    "angle_equality": lambda c: _joined("=", c["points"], "∠"),
    "angle_sum": lambda c: f"{_joined('+', (a['points'] for a in c['angles']), '∠')} = {_number(c['value'])}°",
    "angle_bisector": lambda c: f"{names(c['line'])} bisects {_angle(c['angle_points'])}",
    "angle_ratio": lambda c: f"{_angle(c['angle1'])} : {_angle(c['angle2'])} = {_ratio(c)}",
    "segment_equality": lambda c: _joined("=", c["segments"]),
    "distance_equals": lambda c: f"{names(c['segment'])} = {_number(c['value'])}",
    "perimeter": lambda c: f"perimeter of {names(c['polygon'])} = {_number(c['value'])}",
    "segments_sum_value": lambda c: f"{_joined('+', c['segments'])} = {_number(c['value'])}",
    "segments_sum_equals": lambda c: f"{_joined('+', c['left_segments'])} = {_joined('+', c['right_segments'])}",
    "segment_ratio": lambda c: f"{names(c['segment1'])} : {names(c['segment2'])} = {_ratio(c)}",
    "length_relation": _relation,
    "area": lambda c: f"area of {names(c['polygon'])} = {_number(c['value'])}",
    "point_on_segment": _point("{} on segment {}", "segment"),
    "point_on_line": _point("{} on line {}", "line"),
    "point_on_line_extension": _point("{} on line {}, outside the segment", "line_segment"),
    "point_on_segment_extension": _point("{} on ray {}, beyond its second point", "segment"),
    "midpoint_of": _point("{} midpoint of {}", "segment"),
    "point_between": lambda c: f"{names([c['point']])} between {' and '.join(names([p]) for p in c['endpoints'])}",
    "order_on_line": lambda c: f"{_listed(c['points'])} on a line in this order",
    "same_side": lambda c: f"{_listed(c['points'])} on one side of {names(c['line'])}",
    "point_above_line": _point("{} above {}", "line"),
    "point_outside_line": _point("{} not on {}", "line"),
    "intersection_point": lambda c: f"{names([c['point']])} = {_joined('∩', c['lines'])}",
    "point_intersection": lambda c: f"{names([c['point']])} on {names(c['line'])} and {_centre(c)}",
    "perpendicular_bisector": lambda c: f"{names(c['line'])} perpendicular bisector of {names(c['segment'])}",
    "point_on_circle": _point_and_circle("{} on {}"),
    "point_inside_circle": _point_and_circle("{} inside {}"),
    "concyclic": lambda c: f"{_listed(c['points'])} on one circle",
    "concentric_circles": lambda c: f"{', '.join('⊙' + names([p]) for p in c['centers'])} concentric",
    "tangent_line": lambda c: f"{names(c['line'])} tangent to {_centre(c)}",
    "tangent_at_point": lambda c: f"{names(c['line'])} tangent to {_centre(c)} at {names([c['point']])}",
    "diameter": lambda c: f"{names(c['segment'])} diameter of {_centre(c)}",
    "radius": lambda c: f"radius of {_centre(c)} = {_number(c['value'])}",
    "arc_measure": lambda c: f"{_arc(c)} = {_number(c['value'])}°",
    "circles_tangent": _touching,
    "point_on_arc": lambda c: f"{names([c['point']])} on {_arc(c)}",
    "midpoint_of_arc": lambda c: f"{names([c['point']])} midpoint of {_arc(c)}",
    "triangle_valid": lambda c: f"△{names(c['points'])}",
    "isosceles_triangle": lambda c: f"△{names(c['points'])} isosceles, {_joined('=', c['equal_sides'])}",
    "right_triangle": _right,
    "polygon_property": lambda c: f"{names(c['polygon'])} {c['property'].replace('_', ' ')}",
    "polygon_type": lambda c: f"{names(c['polygon'])} {c['value'].replace('_', ' ')}",
    "square": lambda c: f"{', '.join(map(names, c['polygons']))} square",
    "regular_polygon": lambda c: f"{names(c['polygon_points'])} regular, {c['sides']} sides",
    "point_incenter": _point("{} incentre of △{}", "triangle"),
    "similarity": lambda c: _joined("∼", c["polygons"]),
    "congruence": lambda c: _joined("≅", c["polygons"]),
    "geometric_transformation": _transformation,
    "rotation": lambda c: f"{names([c['point']])} → {names([c['image']])}: rotation{_turn(c)}",
    "contact": lambda c: f"{names([c['point1']])} coincides with {names([c['point2']])}",
    "point_height": lambda c: f"{names([c['point']])} is {_number(c['value'])} above the ground",
}


def duration(seconds: float | None) -> str:
    """`75` → "1m15s"; infinity and None → "–"."""
    if seconds is None or not math.isfinite(seconds):
        return "–"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h{minutes:02}m" if hours else f"{minutes}m{rest:02}s" if minutes else f"{rest}s"


def money(amount: float) -> str:
    """USD with as many digits as matter."""
    return f"${amount:,.2f}" if amount >= 1 else f"${amount:.4f}"


def counted(number: int, one: str, many: str = "") -> str:
    """`1 problem`, `2 problems`, `3 batches`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def unexpressed(count: int) -> str:
    """How many parses state more than their conditions do."""
    return f"{counted(count, 'parse holds', 'parses hold')} words that no condition can say"


def short(number: float) -> str:
    """`1234567` → "1.2M"; below ten thousand as it is."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= max(size, 1e4):
            return f"{number / size:.3g}{letter}"
    return f"{number:,.0f}"


def billed(tokens: Tokens, cached: str, unit: str = "") -> str:
    """Tokens in and out with their parts: those from the cache as `cached` says, written to it and thought if any."""
    kept = f", {tokens.cache_write:,} written to the cache" if tokens.cache_write else ""
    thought = f" ({tokens.reasoning:,} of them thinking)" if tokens.reasoning else ""
    return f"{tokens.input:,}{unit} in ({cached} cached{kept}), {tokens.output:,} out{thought}"
