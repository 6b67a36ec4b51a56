import json
from collections import Counter
from pathlib import Path
from typing import Any

from support import shared
from support.cases import for_each

from asyncgeo.schema.conditions import TYPE, Condition, defect
from asyncgeo.schema.synonyms import straighten
from asyncgeo.schema.vanished import lost


def length(ends: str, value: float) -> Condition:
    return {TYPE: "distance_equals", "segment": list(ends), "value": value}


def on_circle(point: str, center: str = "O") -> Condition:
    return {TYPE: "point_on_circle", "point": point, "circle_center": center}


def on_line(point: str, line: str) -> Condition:
    return {TYPE: "point_on_line", "point": point, "line": list(line)}


def middle(point: str, ends: str) -> Condition:
    return {TYPE: "midpoint_of", "point": point, "segment": list(ends)}


def angle(points: str, value: float) -> Condition:
    return {TYPE: "angle_value", "points": [list(points)], "value": value}


def tangent(line: str, center: str = "O") -> Condition:
    return {TYPE: "tangent_line", "line": list(line), "circle_center": center}


def related(kind: str, one: str, other: str) -> Condition:
    return {TYPE: kind, "objects": [list(one), list(other)]}


def moved(before: str, after: str, kind: str = "rotation", **more: Any) -> Condition:
    images = {"preimage_triangle": list(before), "image_triangle": list(after)}
    return {TYPE: "geometric_transformation", "transformation": kind, **images, **more}


ONE: list[tuple[dict[str, Any], Condition]] = [
    ({TYPE: "segment_length", "segment": "AB", "value": "6cm"}, length("AB", 6)),
    ({TYPE: "length", "segment": [["A", "B"]], "value": "2√3"}, length("AB", 3.464102)),
    ({TYPE: "length_equal", "segments": [["M", "N"]], "value": 6, "unit": "cm"}, length("MN", 6)),
    (
        {TYPE: "equal_length", "objects": [["A", "B"], ["C", "D"]]},
        {TYPE: "segment_equality", "segments": [["A", "B"], ["C", "D"]]},
    ),
    (
        {TYPE: "angle_value", "points": ["A", "B'", "C_1"], "value": "30°"},
        {TYPE: "angle_value", "points": [["A", "B′", "C1"]], "value": 30},
    ),
    ({TYPE: "point_on_circle", "point": "A", "circle": {"center": "O", "radius_point": "A"}}, on_circle("A")),
    ({TYPE: "perpendicular", "lines": [["A", "B"], ["l"]]}, related("perpendicular", "AB", "l")),
    (
        {TYPE: "ratio", "segments": [["A", "E"], ["E", "C"]], "ratio": "1:2"},
        {TYPE: "segment_ratio", "segment1": ["A", "E"], "segment2": ["E", "C"], "ratio": [1, 2]},
    ),
    (
        {TYPE: "tangent_at_point", "line": ["P", "C"], "circle_center": "O", "tangent_point": "C"},
        {TYPE: "tangent_at_point", "point": "C", "line": ["P", "C"], "circle_center": "O"},
    ),
    ({TYPE: "tangent", "line": ["P", "D"], "circle": "O"}, tangent("PD")),
    (
        {TYPE: "angle_sum", "angles": [["A", "B", "C"], ["D", "E", "F"]], "value": 90},
        {TYPE: "angle_sum", "angles": [{"points": ["A", "B", "C"]}, {"points": ["D", "E", "F"]}], "value": 90},
    ),
    (
        {TYPE: "point_on_arc_midpoint", "point": "C", "arc": ["A", "B"], "arc_type": None},
        {TYPE: "midpoint_of_arc", "point": "C", "arc": ["A", "B"]},
    ),
    # members that are counted
    (
        {TYPE: "equal_angles", "angle1": ["P", "Q", "R"], "angle2": "∠STU"},
        {TYPE: "angle_equality", "points": [["P", "Q", "R"], ["S", "T", "U"]]},
    ),
    ({TYPE: "parallel", "line1": "PQ", "line2": "line RS"}, related("parallel", "PQ", "RS")),
    (
        {TYPE: "equal_segments", "segment1": "PQ", "segment2": "RS"},
        {TYPE: "segment_equality", "segments": [["P", "Q"], ["R", "S"]]},
    ),
    (
        {TYPE: "angle_sum", "angle1": "PQR", "angle2": "STU", "value": "90°"},
        {TYPE: "angle_sum", "angles": [{"points": ["P", "Q", "R"]}, {"points": ["S", "T", "U"]}], "value": 90},
    ),
    # a line that is none, an end that is named
    ({TYPE: "point_on_segment", "point": "P", "segment": ["m"]}, on_line("P", "m")),
    (
        {TYPE: "point_on_extension", "point": "P", "line_segment": ["Q", "R"], "extension_side": "beyond Q"},
        {TYPE: "point_on_segment_extension", "point": "P", "segment": ["R", "Q"]},
    ),
    ({TYPE: "point_on_line", "point": "P", "line": "line m"}, on_line("P", "m")),
    # circles
    ({TYPE: "tangent", "objects": [["P", "Q"], {"circle_center": "O", "radius_point": "Q"}]}, tangent("PQ")),
    ({TYPE: "tangent", "objects": ["⊙O", "PQ"]}, tangent("PQ")),
    ({TYPE: "radius", "circle": "⊙O", "value": "5cm"}, {TYPE: "radius", "circle_center": "O", "value": 5}),
    ({TYPE: "diameter", "circle_center": "O", "value": 12}, {TYPE: "radius", "circle_center": "O", "value": 6}),
    # figures by their names
    (
        {TYPE: "rectangle", "points": ["P", "Q", "R", "S"]},
        {TYPE: "polygon_property", "polygon": ["P", "Q", "R", "S"], "property": "rectangle"},
    ),
    (
        {TYPE: "equilateral triangle", "triangle": "PQR"},
        {TYPE: "polygon_property", "polygon": ["P", "Q", "R"], "property": "equilateral"},
    ),
    (
        {TYPE: "isosceles_triangle", "triangle": ["P", "Q", "R"], "apex": "Q"},
        {TYPE: "isosceles_triangle", "points": ["P", "Q", "R"], "equal_sides": [["Q", "P"], ["Q", "R"]]},
    ),
    # motions
    (
        {TYPE: "rotation", "preimage": "PQR", "image": "STR", "center": "R", "angle": "-40°"},
        moved("PQR", "STR", center="R", angle=40, direction="clockwise"),
    ),
    (moved("PQR", "STR", center="R", angle=-40), moved("PQR", "STR", center="R", angle=40, direction="clockwise")),
    ({TYPE: "fold", "preimage": ["P"], "image": ["Q"], "axis": "RS"}, moved("P", "Q", "reflection", axis=["R", "S"])),
    (
        {TYPE: "rotation", "point": "P", "image": "Q", "center": "O", "direction": "anticlockwise"},
        {TYPE: "rotation", "point": "P", "image": "Q", "center": "O", "direction": "counterclockwise"},
    ),
    # three points in order are an angle of no bend
    (angle("PQR", 180), {TYPE: "order_on_line", "points": ["P", "Q", "R"]}),
]
"""What models write, and the one condition that it is."""

SEVERAL: list[tuple[dict[str, Any], list[Condition]]] = [
    (
        {TYPE: "midpoints", "points": ["P", "Q"], "segments": [["R", "S"], ["S", "T"]]},
        [middle("P", "RS"), middle("Q", "ST")],
    ),
    ({TYPE: "point_on_circle", "points": ["P", "Q", "R"], "circle": "O"}, [on_circle(each) for each in "PQR"]),
    ({TYPE: "point_on_line", "points": ["P", "Q"], "line": ["m"]}, [on_line("P", "m"), on_line("Q", "m")]),
    ({TYPE: "equal_length", "segments": [["P", "Q"], ["P", "R"]], "value": 5}, [length("PQ", 5), length("PR", 5)]),
    ({TYPE: "equal_length", "segments": [["P", "Q"], 8]}, [length("PQ", 8)]),
    (
        {TYPE: "equal_angles", "angles": [["P", "Q", "R"], ["S", "T", "U"]], "value": "50°"},
        [angle("PQR", 50), angle("STU", 50)],
    ),
    (
        {TYPE: "parallel", "objects": [["P", "Q"], ["R", "S"], ["T", "U"]]},
        [related("parallel", "PQ", "RS"), related("parallel", "PQ", "TU")],
    ),
    (
        {TYPE: "perpendicular", "objects": [["P", "Q"], ["R", "S"]], "foot": "Q"},
        [related("perpendicular", "PQ", "RS"), on_line("Q", "RS")],
    ),
    ({TYPE: "intersection", "point": "P", "lines": [["Q", "R"], ["⊙O"]]}, [on_line("P", "QR"), on_circle("P")]),
    (
        {TYPE: "intersection", "points": ["P", "Q"], "objects": ["RS", "circle_O"]},
        [on_line("P", "RS"), on_circle("P"), on_line("Q", "RS"), on_circle("Q")],
    ),
    (
        {TYPE: "intersection_point", "point": "P", "lines": [{"center": "O"}, {"center": "Q"}]},
        [on_circle("P"), on_circle("P", "Q")],
    ),
    ({TYPE: "tangent", "lines": [["P", "Q"], ["P", "R"]], "circle": "O"}, [tangent("PQ"), tangent("PR")]),
    ({TYPE: "chord", "segment": ["P", "Q"], "circle_center": "O"}, [on_circle("P"), on_circle("Q")]),
    ({TYPE: "chord", "chord": "PQ", "circle": "O", "value": 6}, [on_circle("P"), on_circle("Q"), length("PQ", 6)]),
    ({TYPE: "radius", "segment": ["O", "P"], "circle": "O", "value": 3}, [on_circle("P"), length("OP", 3)]),
    (
        {TYPE: "diameter", "segment": ["P", "Q"], "circle_center": "O", "value": 10},
        [{TYPE: "diameter", "segment": ["P", "Q"], "circle_center": "O"}, length("PQ", 10)],
    ),
    (
        {TYPE: "altitude", "segment": ["P", "S"], "base": ["Q", "R"]},
        [related("perpendicular", "PS", "QR"), on_line("S", "QR")],
    ),
    (
        {TYPE: "altitude", "triangle": ["P", "Q", "R"], "segment": ["S", "P"]},
        [related("perpendicular", "PS", "QR"), on_line("S", "QR")],
    ),
    (
        {TYPE: "height", "triangle": "PQR", "from": "P", "foot": "S"},
        [related("perpendicular", "PS", "QR"), on_line("S", "QR")],
    ),
    ({TYPE: "median", "line": ["P", "S"], "side": ["Q", "R"]}, [middle("S", "QR")]),
    ({TYPE: "median", "triangle": ["P", "Q", "R"], "segment": ["P", "S"]}, [middle("S", "QR")]),
]
"""What models write as one condition, and all that it says."""

NOTHING: list[Any] = [
    {TYPE: "angle_value", "points": [["A", "B", "C"]], "value": None},
    {TYPE: "angle_value", "points": [["A", "B", "C"]], "value": "arctan(2)"},
    {TYPE: "angle_value", "points": [["E"]], "value": 35},
    {TYPE: "distance_equals", "segment": ["杆顶", "地面"], "value": 3},
    {TYPE: "distance_equals", "segment": ["P", "P"], "value": 3},
    {TYPE: "distance_equals", "segment": ["P", "QR"], "value": 3},
    {TYPE: "distance_equals", "segment": [["P", "Q"], ["Q", "R"]], "value": 3},
    {TYPE: "point_on_line", "point": "P", "line": ["floor"]},
    {TYPE: "point_on_line", "point": "P", "line": ["⊙O"]},
    {TYPE: "order_on_line", "points": ["P", "Q"]},
    {TYPE: "midpoint_of", "points": ["P", "Q"], "segment": ["R", "S"]},
    {TYPE: "median", "segment": ["P", "S"]},
    {TYPE: "looks_nice", "points": ["A"]},
    {TYPE: ["parallel"]},
    "parallel",
    None,
]
"""What means nothing, or too much."""


@for_each(("raw", "straight"), ONE, ids=lambda each: json.dumps(each, ensure_ascii=False))
def test_a_variant_is_the_tables_own(raw: dict[str, Any], straight: Condition) -> None:
    """A synonym or variant shape becomes the table's own, and nothing of it is lost."""
    assert straighten(raw) == [straight]
    assert lost(raw, [straight]) == []


@for_each(("raw", "straight"), SEVERAL, ids=lambda each: json.dumps(each, ensure_ascii=False))
def test_what_says_several_things_is_several_conditions(raw: dict[str, Any], straight: list[Condition]) -> None:
    """Each by itself, and all of them."""
    assert straighten(raw) == straight
    assert all(defect(each) is None for each in straight)


@for_each("raw", NOTHING, ids=repr)
def test_what_means_nothing_becomes_nothing(raw: object) -> None:
    """A guess never looks like a condition."""
    assert straighten(raw) == []


@for_each(
    ("written", "value"),
    [
        ("30°30′", 30.5),
        ("30°30'", 30.5),
        ("30度15分", 30.25),
        ("10°30′36″", 10.51),
        (r"30^\circ", 30),
        (r"30^{\circ}", 30),
        (r"\frac{3}{2}", 1.5),
        (r"$\dfrac{3}{4}$", 0.75),
        (r"\frac{3\sqrt{2}}{2}", 2.12132),
        ("3√2/2", 2.12132),
        ("3*sqrt(2)/2", 2.12132),
        (r"2\sqrt{3}", 3.464102),
        ("√5", 2.236068),
        ("1 1/2", 1.5),
        ("6π", 18.849556),
        ("1.5 m", 1.5),
        ("12厘米", 12),
        ("-40", -40),
        ("x", None),
        ("2x", 2),
        ("3/0", None),
        ("AB", None),
        ("1" * 61, None),
        ("arcsin(1/3)", None),
    ],
)
def test_numbers_are_read_as_models_spell_them(written: str, value: float | None) -> None:
    """Angles with minutes, fractions and roots with LaTeX or without, units."""
    assert [each["value"] for each in straighten({**length("PQ", 1), "value": written})] == (
        [] if value is None else [value]
    )


def test_members_that_vanish_are_named() -> None:
    """What no condition holds; a unit and a point on the circle are no loss."""
    raw: dict[str, Any] = {TYPE: "collinear", "points": ["P", "Q", "R"], "line": "L", "unit": "cm", "note": "…"}
    assert lost(raw, straighten(raw)) == ["line"]
    raw = {TYPE: "point_on_circle", "point": "P", "circle": {"center": "O", "radius_point": "Q", "part": "left"}}
    assert lost(raw, straighten(raw)) == ["circle"]
    assert lost(on_circle("P"), [on_circle("P")]) == []


def test_real_model_output_is_straightened_almost_whole() -> None:
    """Of real rows, only conditions without a value or without formal points are lost."""
    dropped: Counter[str] = Counter()
    total = 0
    for line in shared.path("geoqa3/model_rows.jsonl").read_text(encoding="utf-8").splitlines():
        for raw in json.loads(line)["verification_conditions"]:
            total += 1
            straight = straighten(raw)
            if not straight and raw.get("value", 0) is not None:
                dropped[raw["type"]] += 1
            assert all(defect(each) is None for each in straight)
    assert total > 1900
    assert dropped.total() < 0.02 * total, dropped


def test_published_conditions_are_in_the_table() -> None:
    """The published rows, shapes straightened, are all of the table."""
    reference = json.loads(Path(shared.path("geoqa3/reference.json")).read_text(encoding="utf-8"))
    raw = [condition for row in reference["problems"] for condition in row["verification_conditions"]]
    assert sum(not straighten(condition) for condition in raw) <= 1  # one names the "segment" ["O", "AB"]
