import json
from typing import Any

from hypothesis import given
from laws.strategies import valid_conditions
from support import shared
from support.cases import for_each

from asyncgeo.schema import conditions
from asyncgeo.schema.conditions import Condition
from asyncgeo.schema.possible import CHECKS, impossible, is_empty

IMPOSSIBLE: list[dict[str, Any]] = [
    {"type": "angle_value", "points": [["P", "Q", "R"]], "value": 230},
    {"type": "angle_value", "points": [["P", "Q", "R"]], "value": 0},
    {"type": "angle_value", "points": [["P", "Q", "R"]], "value": -40},
    {"type": "angle_sum", "angles": [{"points": ["P", "Q", "R"]}, {"points": ["Q", "R", "P"]}], "value": 360},
    {"type": "angle_sum", "angles": [{"points": ["P", "Q", "R"]}, {"points": ["Q", "R", "P"]}], "value": 0},
    {"type": "angle_equality", "points": [["P", "Q", "R"], ["R", "Q", "P"]]},
    {"type": "angle_ratio", "angle1": ["P", "Q", "R"], "angle2": ["R", "Q", "P"], "ratio": [2, 1]},
    {"type": "angle_bisector", "line": ["Q", "P"], "angle_points": ["P", "Q", "R"]},
    {"type": "distance_equals", "segment": ["P", "Q"], "value": -3},
    {"type": "perimeter", "polygon": ["P", "Q", "R"], "value": 0},
    {"type": "segments_sum_value", "segments": [["P", "Q"], ["Q", "R"]], "value": 0},
    {"type": "segment_equality", "segments": [["P", "Q"], ["Q", "P"]]},
    {"type": "segment_ratio", "segment1": ["P", "Q"], "segment2": ["Q", "P"], "ratio": [1, 2]},
    {"type": "segments_sum_equals", "left_segments": [["P", "Q"]], "right_segments": [["Q", "P"], ["R", "S"]]},
    {"type": "midpoint_of", "point": "P", "segment": ["P", "Q"]},
    {"type": "point_between", "point": "P", "endpoints": ["P", "Q"]},
    {"type": "point_on_segment_extension", "point": "Q", "segment": ["P", "Q"]},
    {"type": "point_on_line_extension", "point": "Q", "line_segment": ["P", "Q"]},
    {"type": "same_side", "points": ["P", "R"], "line": ["P", "Q"]},
    {"type": "point_outside_line", "point": "P", "line": ["P", "Q"]},
    {"type": "parallel", "objects": [["P", "Q"], ["Q", "P"]]},
    {"type": "parallel", "objects": [["P", "Q"], ["P", "R"]]},
    {"type": "parallel", "objects": [["m"], ["m"]]},
    {"type": "perpendicular", "objects": [["P", "Q"], ["Q", "P"]]},
    {"type": "perpendicular_bisector", "line": ["P", "R"], "segment": ["P", "Q"]},
    {"type": "intersection_point", "point": "R", "lines": [["P", "Q"], ["Q", "P"]]},
    {"type": "point_on_circle", "point": "O", "circle_center": "O"},
    {"type": "diameter", "segment": ["O", "P"], "circle_center": "O"},
    {"type": "tangent_line", "line": ["O", "P"], "circle_center": "O"},
    {"type": "tangent_at_point", "point": "P", "line": ["O", "P"], "circle_center": "O"},
    {"type": "point_on_arc", "point": "P", "arc": ["P", "Q"]},
    {"type": "midpoint_of_arc", "point": "R", "arc": ["P", "O"], "circle_center": "O"},
    {"type": "polygon_property", "polygon": ["P", "Q", "R"], "property": "square"},
    {"type": "polygon_type", "polygon": ["P", "Q", "R", "S"], "value": "isosceles"},
    {"type": "square", "polygons": [["P", "Q", "R", "S"], ["P", "Q", "R"]]},
    {"type": "regular_polygon", "polygon_points": ["P", "Q", "R", "S"], "sides": 6},
    {"type": "isosceles_triangle", "points": ["P", "Q", "R"], "equal_sides": [["P", "Q"], ["P", "S"]]},
    {"type": "right_triangle", "points": ["P", "Q", "R"], "right_angle": "S"},
    {"type": "point_incenter", "point": "P", "triangle": ["P", "Q", "R"]},
    {"type": "congruence", "polygons": [["P", "Q", "R"], ["P", "Q", "R"]]},
    {"type": "rotation", "point": "P", "image": "Q", "center": "O", "angle": 400},
    {"type": "rotation", "point": "P", "image": "P", "center": "O"},
    {"type": "contact", "point1": "P", "point2": "P"},
]


def _moved(before: str, after: str, transformation: str = "rotation", **more: Any) -> Condition:
    images = {"preimage_triangle": list(before), "image_triangle": list(after)}
    return {"type": "geometric_transformation", "transformation": transformation, **images, **more}


IMPOSSIBLE += [
    _moved("PQR", "ST"),
    _moved("PQR", "PQR", "reflection"),
    _moved("PQR", "PST", "translation"),
    _moved("PQR", "PST", center="O"),
    _moved("PQR", "STU", center="O", angle=0),
    _moved("PQR", "STU", center="O", angle=360),
]

POSSIBLE: list[Condition] = [
    {"type": "angle_value", "points": [["P", "Q", "R"]], "value": 179.5},
    {"type": "angle_sum", "angles": [{"points": ["P", "Q", "R"]}, {"points": ["S", "T", "U"]}], "value": 240},
    {"type": "perpendicular", "objects": [["P", "Q"], ["Q", "R"]]},
    {"type": "segment_equality", "segments": [["P", "Q"], ["Q", "P"], ["Q", "R"]]},
    {"type": "segments_sum_equals", "left_segments": [["P", "Q"]], "right_segments": [["P", "R"], ["R", "Q"]]},
    {"type": "congruence", "polygons": [["P", "Q", "R"], ["P", "R", "Q"]]},
    {"type": "polygon_property", "polygon": ["P", "Q", "R", "S"], "property": "equilateral"},
    {"type": "angle_bisector", "line": ["S", "T"], "angle_points": ["P", "Q", "R"]},
    _moved("PQR", "PST", center="P", angle=359),
    _moved("PQR", "PST", "reflection", axis=["P", "T"]),
]


def _named(condition: Condition) -> str:
    return json.dumps(condition)


@for_each("condition", IMPOSSIBLE, ids=_named)
def test_what_holds_in_no_figure_says_why(condition: Condition) -> None:
    """In a sentence a model can act on; by shape it is valid, so that rows of earlier versions count as before."""
    assert conditions.defect(condition) is None or condition["type"] == "geometric_transformation"
    assert impossible(condition)


@for_each("condition", POSSIBLE, ids=_named)
def test_what_may_hold_is_left_alone(condition: Condition) -> None:
    """Whatever is unusual about it."""
    assert impossible(condition) is None


@given(valid_conditions)
def test_every_example_of_the_table_is_possible(condition: Condition) -> None:
    """What models are shown to copy."""
    assert impossible(condition) is None
    assert not is_empty(condition)


def test_of_every_type_it_is_said_what_is_impossible() -> None:
    """Be it nothing."""
    assert CHECKS.keys() == conditions.TABLE.keys()


def test_what_writers_add_though_it_is_there_anyway_is_empty() -> None:
    """An end on its own segment or line, a centre inside its own circle; no circle goes through its centre."""
    assert is_empty({"type": "point_on_segment", "point": "P", "segment": ["P", "Q"]})
    assert is_empty({"type": "point_on_line", "point": "P", "line": ["Q", "P"]})
    assert is_empty({"type": "point_inside_circle", "point": "O", "circle_center": "O"})
    assert not is_empty({"type": "point_inside_circle", "point": "O", "circle_center": "O1"})


def test_published_conditions_are_possible_but_for_slips() -> None:
    """Six of a thousand: a sum taken for one angle, a turn of 230°, segments compared with themselves."""
    problems = json.loads(shared.path("geoqa3/reference.json").read_text(encoding="utf-8"))["problems"]
    found = [each for problem in problems for each in problem["verification_conditions"] if not conditions.defect(each)]
    assert sum(impossible(each) is not None for each in found) == 6
    assert len(found) > 1000
