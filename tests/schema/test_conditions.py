import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from support import shared

from asyncgeo.schema import conditions
from asyncgeo.schema.conditions import TABLE, TYPE, ConditionType, defect, example, points_of
from asyncgeo.schema.synonyms import straighten

VOCABULARY = """
parallel perpendicular collinear not_collinear concurrent angle_value angle_equality angle_sum angle_bisector
angle_ratio segment_equality distance_equals perimeter segments_sum_value segments_sum_equals segment_ratio
point_on_segment point_on_line point_on_line_extension point_on_segment_extension midpoint_of point_between
order_on_line same_side point_above_line point_outside_line point_on_circle point_inside_circle concyclic
concentric_circles tangent_line tangent_at_point diameter point_on_arc midpoint_of_arc triangle_valid
isosceles_triangle right_triangle polygon_property polygon_type square regular_polygon intersection_point
point_intersection point_incenter perpendicular_bisector geometric_transformation rotation contact point_height
""".split()


def test_the_vocabulary_is_whole() -> None:
    """Every type of the published dataset and of the original script has its row."""
    assert set(VOCABULARY) <= TABLE.keys()


@pytest.mark.parametrize("kind", TABLE.values(), ids=lambda kind: str(kind.name))
def test_the_example_of_each_type_is_valid_and_nothing_less_is(kind: ConditionType) -> None:
    """An example validates; without a required field, or with a strange one, it does not."""
    assert defect(example(kind)) is None
    assert list(points_of(example(kind)))
    for field in kind.fields:
        rest = {name: value for name, value in example(kind).items() if name != field.name}
        assert (defect(rest) is None) == field.optional
        assert defect({**example(kind), field.name: object()}) is not None
    assert defect({**example(kind), "strange": 1}) is not None


@pytest.mark.parametrize(
    "raw",
    [
        None,
        [],
        "parallel",
        {},
        {TYPE: None},
        {TYPE: ["parallel"]},
        {TYPE: "parallel", "objects": [["A", "B"]]},
        {TYPE: "parallel", "objects": [["A", "A"], ["C", "D"]]},
        {TYPE: "angle_value", "points": [["A", "B", "C"]], "value": float("nan")},
        {TYPE: "angle_value", "points": [["A", "B", "C"]], "value": True},
        {TYPE: "angle_value", "points": [["A", "B", "C"]], "value": None},
        {TYPE: "point_on_circle", "point": "小刚", "circle_center": "O"},
        {TYPE: "regular_polygon", "polygon_points": ["A", "B", "C"], "sides": 2},
        {TYPE: "similarity", "polygons": [["A", "B", "C"], ["D", "E", "F", "G"]]},
        {TYPE: "segment_ratio", "segment1": ["A", "B"], "segment2": ["C", "D"], "ratio": [1, 0]},
        {TYPE: "polygon_property", "polygon": ["A", "B", "C"], "property": "nice"},
    ],
)
def test_what_is_no_condition_has_a_defect(raw: object) -> None:
    """Anything but a whole condition is refused, whatever it is."""
    assert defect(raw) is not None


@pytest.mark.parametrize(
    ("raw", "straight"),
    [
        (
            {TYPE: "segment_length", "segment": "AB", "value": "6cm"},
            {TYPE: "distance_equals", "segment": ["A", "B"], "value": 6},
        ),
        (
            {TYPE: "length", "segment": [["A", "B"]], "value": "2√3"},
            {TYPE: "distance_equals", "segment": ["A", "B"], "value": 3.464102},
        ),
        (
            {TYPE: "equal_length", "objects": [["A", "B"], ["C", "D"]]},
            {TYPE: "segment_equality", "segments": [["A", "B"], ["C", "D"]]},
        ),
        (
            {TYPE: "length_equal", "segments": [["M", "N"]], "value": 6, "unit": "cm"},
            {TYPE: "distance_equals", "segment": ["M", "N"], "value": 6},
        ),
        (
            {TYPE: "angle_value", "points": ["A", "B'", "C_1"], "value": "30°"},
            {TYPE: "angle_value", "points": [["A", "B′", "C1"]], "value": 30},
        ),
        (
            {TYPE: "point_on_circle", "point": "A", "circle": {"center": "O", "radius_point": "A"}},
            {TYPE: "point_on_circle", "point": "A", "circle_center": "O"},
        ),
        (
            {TYPE: "perpendicular", "lines": [["A", "B"], ["l"]]},
            {TYPE: "perpendicular", "objects": [["A", "B"], ["l"]]},
        ),
        (
            {TYPE: "ratio", "segments": [["A", "E"], ["E", "C"]], "ratio": "1:2"},
            {TYPE: "segment_ratio", "segment1": ["A", "E"], "segment2": ["E", "C"], "ratio": [1, 2]},
        ),
        (
            {TYPE: "tangent_at_point", "line": ["P", "C"], "circle_center": "O", "tangent_point": "C"},
            {TYPE: "tangent_at_point", "point": "C", "line": ["P", "C"], "circle_center": "O"},
        ),
        (
            {TYPE: "tangent", "line": ["P", "D"], "circle": "O"},
            {TYPE: "tangent_line", "line": ["P", "D"], "circle_center": "O"},
        ),
        (
            {TYPE: "angle_sum", "angles": [["A", "B", "C"], ["D", "E", "F"]], "value": 90},
            {TYPE: "angle_sum", "angles": [{"points": ["A", "B", "C"]}, {"points": ["D", "E", "F"]}], "value": 90},
        ),
        ({TYPE: "collinear", "points": ["A", "B", "C"], "line": "L"}, {TYPE: "collinear", "points": ["A", "B", "C"]}),
        (
            {TYPE: "point_on_arc_midpoint", "point": "C", "arc": ["A", "B"], "arc_type": None},
            {TYPE: "midpoint_of_arc", "point": "C", "arc": ["A", "B"]},
        ),
        ({TYPE: "angle_value", "points": [["A", "B", "C"]], "value": None}, None),
        ({TYPE: "distance_equals", "segment": ["竹竿", "地面"], "value": 3}, None),
        ({TYPE: "looks_nice", "points": ["A"]}, None),
        ("parallel", None),
    ],
)
def test_variants_of_models_are_straightened(raw: object, straight: dict[str, Any] | None) -> None:
    """A synonym or variant shape becomes the table's own; what means nothing becomes nothing."""
    assert straighten(raw) == straight


def test_real_model_output_is_straightened_almost_whole() -> None:
    """Of real rows, only conditions without a value or without formal points are lost."""
    lost: Counter[str] = Counter()
    total = 0
    for line in shared.path("geoqa3/model_rows.jsonl").read_text(encoding="utf-8").splitlines():
        for raw in json.loads(line)["verification_conditions"]:
            total += 1
            condition = straighten(raw)
            if condition is None and raw.get("value", 0) is not None:
                lost[raw["type"]] += 1
            assert condition is None or defect(condition) is None
    assert total > 1900
    assert lost.total() < 0.03 * total, lost


def test_published_conditions_are_in_the_table() -> None:
    """The published rows, shapes straightened, are all of the table."""
    reference = json.loads(Path(shared.path("geoqa3/reference.json")).read_text(encoding="utf-8"))
    raw = [condition for row in reference["problems"] for condition in row["verification_conditions"]]
    assert sum(straighten(condition) is None for condition in raw) <= 1  # one names the "segment" ["O", "AB"]


def test_categories_are_the_published_ten() -> None:
    """The names readers of the dataset know, and no other."""
    assert len(conditions.CATEGORIES) == len(set(conditions.CATEGORIES)) == 10
    assert conditions.UNKNOWN_CATEGORY not in conditions.CATEGORIES
