import json
import re
from fractions import Fraction
from typing import Any

import pytest
from support.cases import for_each
from support.exports import DRAWABLE, drawn
from support.figures import Case, name

from asyncgeo.export.exportable import Exportable
from asyncgeo.export.newclid import write_newclid
from asyncgeo.figure import draw
from asyncgeo.schema.records import RequiredObjects

ARITIES = {
    **dict.fromkeys(("coll", "ncoll", "midp", "obtuse_angle"), 3),
    **dict.fromkeys(("para", "perp", "cong"), 4),
    **dict.fromkeys(("sameclock", "simtri", "simtrir", "contri", "contrir"), 6),
    "eqangle": 8,
}
WITH_NUMBER = {"aconst": 4, "rconst": 4, "lconst": 2, "l2const": 2}


def said(conditions: list[dict[str, Any]]) -> set[str]:
    parse = Exportable("1", "", conditions, RequiredObjects())
    return {each["string"] for each in json.loads(write_newclid(parse, draw(conditions)).content)["assumptions"]}


@for_each("case", DRAWABLE, ids=name)
def test_a_problem_is_as_newclid_takes_it(case: Case) -> None:
    """Points once, predicates of its names with as many arguments as it takes, of points that are there."""
    problem = json.loads(write_newclid(*drawn(case)).content)
    points = [point["name"] for point in problem["points"]]
    assert len(set(points)) == len(points)
    for predicate in (each["string"] for each in problem["assumptions"]):
        kind, *arguments = predicate.split(" ")
        if kind in WITH_NUMBER:
            assert re.fullmatch(r"\d+(pi)?/\d+", arguments.pop())
        assert len(arguments) == ARITIES.get(kind, WITH_NUMBER.get(kind)) or (
            kind in ("circle", "cyclic") and len(arguments) >= 4
        ), predicate
        assert set(arguments) <= set(points)


@for_each("case", DRAWABLE, ids=name)
def test_newclid_itself_finds_every_predicate_true(case: Case) -> None:
    """In the figure that it is given, by its own numerical checks."""
    setup = pytest.importorskip("newclid.problem", reason="needs the package newclid", exc_type=ImportError)
    problem = setup.ProblemSetup.model_validate_json(write_newclid(*drawn(case)).content)
    assert setup.nc_problem_is_valid(problem)


def test_angles_are_measured_counterclockwise() -> None:
    """Whichever way the figure is drawn, from the first line to the second."""
    conditions: list[dict[str, Any]] = [
        {"type": "triangle_valid", "points": ["A", "B", "C"]},
        {"type": "angle_value", "points": [["A", "B", "C"]], "value": 40},
    ]
    parse, found = Exportable("1", "", conditions, RequiredObjects()), set[str]()
    for seed in range(6):
        figure = draw(conditions, seed=seed)
        (bx, by), (ax, ay), (cx, cy) = (figure.points[each] for each in "BAC")
        turned = (ax - bx) * (cy - by) - (ay - by) * (cx - bx) > 0
        assumptions = json.loads(write_newclid(parse, figure).content)["assumptions"]
        lines = "B A B C" if turned else "B C B A"
        assert {"string": f"aconst {lines} 2pi/9"} in assumptions
        found.add(lines)
    assert len(found) == 2


def test_numbers_are_fractions_and_rounded_roots_squares() -> None:
    """2.5 is a half of five; 1.414214 is meant as the root of two."""
    sides: list[dict[str, Any]] = [
        {"type": "distance_equals", "segment": ["A", "B"], "value": 1.414214},
        {"type": "distance_equals", "segment": ["B", "C"], "value": 2.5},
        {"type": "segment_ratio", "segment1": ["A", "C"], "segment2": ["B", "C"], "ratio": [1, 0.9]},
    ]
    assert said(sides) == {"l2const A B 2/1", "lconst B C 5/2", f"rconst A C B C {Fraction(10, 9)}"}


def test_a_reflex_angle_is_the_other_way_round() -> None:
    """Of 240° around a corner the lines make 120°."""
    (said_of_it,) = said([{"type": "angle_value", "points": [["A", "B", "C"]], "value": 240}])
    assert said_of_it.endswith(" 2pi/3")


def test_an_end_of_a_line_is_on_it_without_a_word() -> None:
    """Newclid refuses such a predicate; nothing is lost."""
    on_line = [{"type": "point_on_line", "point": "A", "line": ["A", "B"]}]
    assert said([*on_line, {"type": "point_on_line", "point": "C", "line": ["A", "B"]}]) == {"coll C A B"}


def test_what_is_not_said_is_named() -> None:
    """Wholly or in part: a sum of angles, on which side of a segment."""
    conditions: list[dict[str, Any]] = [
        {"type": "angle_sum", "angles": [{"points": ["A", "B", "C"]}, {"points": ["B", "C", "A"]}], "value": 100},
        {"type": "point_on_line_extension", "point": "D", "line_segment": ["A", "B"]},
    ]
    parse = Exportable("1", "", conditions, RequiredObjects())
    piece = write_newclid(parse, draw(conditions))
    assert piece.unsaid == ("∠ABC + ∠BCA = 100°", "D on line AB, outside the segment")
    assert b"coll D A B" in piece.content
