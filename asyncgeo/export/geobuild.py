"""A figure → the construction language of GeoBuildBench, and the file of problems that its validator reads.

In: a parse and its figure. Out: `<id>.txt`, one command a line, and `_problems.json` with the checks of every problem:
    point : 0.0 0.0 -> A
    line : l_1 l_2 -> l
    circle : O A -> circle_O
    segment : A B -> segment_AB
    polygon : A B C -> polygon_ABC _ _ _

Read in the benchmark's repository (ooongs/GeoBuildBench, src/core and src/dsl, November 2026): numbers without a point
are integers there, so each has one; `#` begins a comment; circles must be drawn, the rest is found by its points.
Points on a line are checked by the rank of a matrix, so they are settled to the last bit. Sums of angles are measured
counterclockwise: the figure is reflected where more of them are right then.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

import msgspec

from asyncgeo.export.exact import points_on_lines, settle
from asyncgeo.export.exportable import Exportable
from asyncgeo.export.geobuild_checks import checks_of
from asyncgeo.export.piece import FigureFormat, Piece, ends_of, in_words, places_of
from asyncgeo.figure import Figure, Point
from asyncgeo.schema.conditions import TYPE, Condition
from asyncgeo.schema.records import RequiredObjects

_DIGITS: Final = 20  # after the point: all that a double has, wherever the figure is
_PROBLEMS: Final = "_problems.json"
_BEYOND: Final = ("point_on_line", "tangent_at_point", "point_outside_line", "perpendicular_bisector")
"""What lies on a line, or not, beyond its two points as well; a segment through them would not do."""


def write_geobuild(parse: Exportable, figure: Figure) -> Piece:
    """The construction."""
    lines = [f"# {each}" for each in (parse.id, *parse.text.splitlines())]
    places = settle(_placed(parse.conditions, figure), points_on_lines(parse.conditions))
    lines += [f"point : {_number(x)} {_number(y)} -> {name}" for name, (x, y) in places.items()]
    lines += [f"line : {' '.join(ends_of(name))} -> {name}" for name in figure.lines if name not in places]
    lines += _circles(parse, figure, places)
    lines += _strokes(parse, places)
    _, unsaid = checks_of(parse.conditions)
    return Piece("\n".join((*lines, "")).encode(), in_words(unsaid))


def problems_file(parses: Iterable[Exportable]) -> dict[str, bytes]:
    """The checks of all problems, as the benchmark's own dataset holds them."""
    problems = [
        {
            "id": parse.id,
            "subject": parse.text,
            "required_objects": _by_points(parse.objects),
            "verification_conditions": checks_of(parse.conditions)[0],
            "category": parse.category,
            "difficulty": parse.difficulty,
            "original_text": parse.original,
            "cleaned_text": parse.text,
        }
        for parse in parses
    ]
    whole = {"metadata": {"total_problems": len(problems)}, "problems": problems}
    return {_PROBLEMS: msgspec.json.format(msgspec.json.encode(whole), indent=1) + b"\n"}


def _by_points(objects: RequiredObjects) -> RequiredObjects:
    """With two points instead of a line's name alone."""
    lines = [list(ends_of(each[0])) if len(each) == 1 else each for each in objects.lines]
    return msgspec.structs.replace(objects, lines=lines)


GEOBUILD: Final = FigureFormat(".txt", write_geobuild, beside=problems_file)


def _number(value: float) -> str:
    """Without an exponent, which one version of the benchmark's reader takes for a sum."""
    return f"{value:.{_DIGITS}f}".rstrip("0") + "0"


def _placed(conditions: Sequence[Condition], figure: Figure) -> dict[str, Point]:
    """All points, seen from the side from which the angles are right."""
    places = places_of(figure)
    reflected = {name: (x, -y) for name, (x, y) in places.items()}
    if any("direction" in condition for condition in conditions):
        return places
    return max((places, reflected), key=lambda each: _right_ways(conditions, each))


def _right_ways(conditions: Iterable[Condition], places: Mapping[str, Point]) -> int:
    """How many conditions that know left from right hold."""
    count = 0
    for condition in conditions:
        match condition:
            case {"type": "angle_sum", "angles": angles, "value": value}:
                total = sum(_counterclockwise(*(places[name] for name in each["points"])) for each in angles)
                count += math.isclose(total, value, abs_tol=1.0)
            case {"type": "point_above_line", "point": point, "line": line}:
                ends = line if len(line) > 1 else ends_of(line[0])
                (ax, ay), (bx, by), (x, y) = (places[name] for name in (*ends, point))
                count += (bx - ax) * (y - ay) - (by - ay) * (x - ax) > 0
    return count


def _counterclockwise(a: Point, vertex: Point, b: Point) -> float:
    """Degrees from the first leg to the second."""
    one, other = (math.atan2(y - vertex[1], x - vertex[0]) for x, y in (a, b))
    return math.degrees(other - one) % 360


def _circles(parse: Exportable, figure: Figure, places: Mapping[str, Point]) -> Iterator[str]:
    """Through the point by which the circle is drawn, or another one known on it, or else by its radius."""
    counted: dict[str, int] = {}
    for centre, _, radius in figure.circles:
        counted[centre] = count = counted.get(centre, 0) + 1
        name = f"circle_{centre}" if count == 1 else f"circle_{centre}_{count}"
        on = next((each for each in _on_circle(parse, centre) if _is_at(places, centre, each, radius)), None)
        yield f"circle : {centre} {on or _number(radius)} -> {name}"


def _on_circle(parse: Exportable, centre: str) -> Iterator[str]:
    yield from (each.radius_point for each in parse.objects.circles if each.center == centre and each.radius_point)
    for condition in parse.conditions:
        if condition[TYPE] == "point_on_circle" and condition["circle_center"] == centre:
            yield condition["point"]


def _is_at(places: Mapping[str, Point], centre: str, point: str, radius: float) -> bool:
    return {centre, point} <= places.keys() and math.isclose(
        math.dist(places[centre], places[point]), radius, rel_tol=1e-6
    )


def _strokes(parse: Exportable, places: Mapping[str, Point]) -> Iterator[str]:
    """Lines, segments and polygons that are to be drawn, each once; none between points in one place.

    Lines come first: of all strokes through two points the validator takes the first one for their line.
    """

    def apart(names: Sequence[str]) -> bool:
        return set(names) <= places.keys() and len({places[name] for name in names}) == len(names)

    drawn: dict[str, str] = {}
    beyond = [each["line"] for each in parse.conditions if each[TYPE] in _BEYOND]
    for kind, many in (("line", [*parse.objects.lines, *beyond]), ("segment", parse.objects.segments)):
        for names in (each[:2] for each in many if len(each) > 1):
            if apart(names):
                drawn.setdefault(f"{kind}_{''.join(sorted(names))}", f"{kind} : {' '.join(names)}")
    for names in parse.objects.polygons:
        if apart(names):
            label = f"polygon_{''.join(names)}{' _' * len(names)}"
            drawn.setdefault(label, f"polygon : {' '.join(names)}")
    return (f"{command} -> {label}" for label, command in drawn.items())
