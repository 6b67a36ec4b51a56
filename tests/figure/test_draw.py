import math
from typing import Any

import numpy as np
import pytest
from support.figures import CONSISTENT, CONTRADICTORY, PUBLISHED, Case, name
from support.shared import path

from asyncgeo.figure import Figure, draw, find_conflict
from asyncgeo.figure.compose import sketch, sketches
from asyncgeo.figure.descend import JUDGED
from asyncgeo.figure.system import System
from asyncgeo.schema.records import RequiredObjects
from asyncgeo.store import parses
from asyncgeo.verify.judge import judge

NOTHING = RequiredObjects()
Given = list[dict[str, Any]]


def distance(segment: list[str], value: float) -> dict[str, Any]:
    return {"type": "distance_equals", "segment": segment, "value": value}


def angle(points: str, value: float) -> dict[str, Any]:
    return {"type": "angle_value", "points": [list(points)], "value": value}


RIGHT: Given = [{"type": "right_triangle", "points": ["A", "B", "C"]}, distance(["A", "B"], 3), distance(["B", "C"], 5)]


@pytest.mark.parametrize("case", CONSISTENT, ids=name)
def test_consistent_conditions_are_drawn(case: Case) -> None:
    """A figure exists, and is found, from any seed."""
    for seed in range(3):
        assert draw(case.conditions, case.objects, seed=seed).drawable


@pytest.mark.parametrize("case", CONTRADICTORY, ids=name)
def test_contradictory_conditions_are_not_drawn(case: Case) -> None:
    """No figure exists, and none is found; what contradicts is named, and none of it can be left out."""
    figure = draw(case.conditions, case.objects)
    assert not figure.drawable
    assert figure.state == "contradictory"
    conflict = find_conflict(case.conditions, case.objects, residuals=figure.residuals)
    assert not conflict.objects
    if case.conflict is not None:
        assert conflict.conditions == case.conflict
    for left_out in conflict.conditions:
        rest = [case.conditions[k] for k in conflict.conditions if k != left_out]
        assert draw(rest).state != "contradictory"


@pytest.mark.parametrize("case", CONSISTENT, ids=name)
def test_derivatives_are_exact(case: Case) -> None:
    """Each column agrees with a difference quotient; near its limit a side condition may be less steep."""
    system = System(sketch(case.conditions, case.objects))
    at = np.random.default_rng(5).normal(0, 1, (1, system.unknowns))
    _, slopes = system.evaluate(at, JUDGED)
    step = 1e-6
    for column in range(system.unknowns):
        shift = np.zeros_like(at)
        shift[0, column] = step
        after, before = (system.evaluate(at + sign * shift, JUDGED)[0] for sign in (1, -1))
        quotient = (after - before)[0] / (2 * step)
        same = np.isclose(quotient, slopes[0, :, column], rtol=1e-4, atol=1e-5)
        row = np.arange(len(quotient))
        bounded = (row >= system.equations) & (np.abs(quotient) > np.abs(slopes[0, :, column]))  # roots near 0
        distance_rows = row >= len(system.owners)  # they take the diameter as given
        assert (same | bounded | distance_rows).all()


@pytest.mark.parametrize(
    ("given", "freedom", "surplus"),
    [
        ([{"type": "triangle_valid", "points": ["A", "B", "C"]}], 2, 0),
        ([angle("ABC", 50)], 1, 0),
        ([angle("ABC", 50), angle("BCA", 60)], 0, 0),
        ([angle("ABC", 50), angle("BCA", 60), angle("CAB", 70)], 0, 1),
        ([distance(["A", "B"], 3), angle("ABC", 50)], 1, 0),
        ([{"type": "polygon_property", "polygon": ["A", "B", "C", "D"], "property": "square"}], 0, 0),
        ([{"type": "polygon_property", "polygon": ["A", "B", "C", "D"], "property": "rhombus"}], 1, 0),
        ([{"type": "point_on_line", "point": "A", "line": ["l"]}], 0, 0),
        ([{"type": "diameter", "segment": ["A", "B"], "circle_center": "O"}], 0, 0),
    ],
)
def test_freedom_counts_the_ways_a_figure_can_move(given: list[dict[str, Any]], freedom: int, surplus: int) -> None:
    """Moving, turning and, without lengths, growing as a whole do not count."""
    figure = draw(given)
    assert (figure.freedom, figure.surplus) == (freedom, surplus)
    states = {(False, False): "determined", (False, True): "over-determined"}
    assert figure.state == states.get((freedom > 0, surplus > 0), "flexible")


@pytest.mark.parametrize("unit", [1e-3, 1.0, 1e6])
def test_units_do_not_matter(unit: float) -> None:
    """Lengths in millimetres or miles give the same verdict and the same figure, in those units."""
    triangle = [distance(["A", "B"], 3 * unit), distance(["B", "C"], 4 * unit), distance(["C", "A"], 5 * unit)]
    figure = draw(triangle)
    assert figure.state == "determined"
    assert math.dist(figure.points["A"], figure.points["C"]) == pytest.approx(5 * unit)
    assert not draw([*triangle, angle("ABC", 80)]).drawable


@pytest.mark.parametrize("seed", range(12))
def test_a_perimeter_alone_sets_the_scale(seed: int) -> None:
    """A sum of lengths is as good a measure as a length: starts are of the figure's size whatever the seed."""
    given: list[dict[str, Any]] = [
        {"type": "midpoint_of", "point": "D", "segment": ["B", "C"]},
        {"type": "perimeter", "polygon": ["A", "B", "D"], "value": 22},
    ]
    objects = RequiredObjects(
        points=["A", "D", "B", "C"],
        segments=[["B", "D"], ["A", "D"], ["A", "B"], ["C", "A"], ["B", "C"]],
        polygons=[["A", "B", "C"], ["A", "B", "D"]],
    )
    assert draw(given, objects, seed=seed).state == "flexible"


def test_a_seed_gives_the_same_figure() -> None:
    """A verdict can be repeated."""
    given = [angle("ABC", 50)]
    assert draw(given, seed=3) == draw(given, seed=3)
    assert draw(given, seed=3) != draw(given, seed=4)


def test_seeds_explore_what_is_left_open() -> None:
    """Five seeds draw a leg and a hypotenuse of five, both triangles of two sides and an angle, both mirror images."""
    of_right = {round(math.dist(f.points["A"], f.points["C"]), 6) for f in (draw(RIGHT, seed=k) for k in range(5))}
    assert of_right == {4, round(math.sqrt(34), 6)}
    two = [angle("BAC", 30), distance(["A", "B"], 10), distance(["B", "C"], 6)]
    assert len({round(math.dist(f.points["A"], f.points["C"]), 6) for f in (draw(two, seed=k) for k in range(5))}) == 2
    assert {turns_left(draw([angle("ABC", 50), angle("BCA", 60)], seed=k)) for k in range(5)} == {False, True}
    free = [draw([angle("ABC", 50)], seed=k) for k in range(5)]
    shapes = {round(math.dist(f.points["A"], f.points["B"]) / math.dist(f.points["B"], f.points["C"]), 6) for f in free}
    assert len(shapes) == 5


def test_without_exploring_the_likeliest_choice_is_drawn() -> None:
    """Whatever the seed."""
    figures = [draw(RIGHT, seed=k, explore=False) for k in range(5)]
    assert {round(math.dist(f.points["A"], f.points["C"]), 6) for f in figures} == {4}


def turns_left(figure: Figure) -> bool:
    (ax, ay), (bx, by), (cx, cy) = (figure.points[name] for name in "ABC")
    return (bx - ax) * (cy - ay) > (by - ay) * (cx - ax)


def test_rounded_numbers_hold_to_their_last_digit() -> None:
    """What is exact stays exact: the right angle is one, and the diagonal 1.414214 or what was rounded to it."""
    given = [angle("ABC", 90), distance(["A", "B"], 1), distance(["B", "C"], 1), distance(["A", "C"], 1.414214)]
    figure = draw(given)
    assert (figure.drawable, figure.rounded, figure.state) == (True, True, "over-determined")
    (ax, ay), (bx, by), (cx, cy) = (figure.points[name] for name in "ABC")
    assert (ax - bx) * (cx - bx) + (ay - by) * (cy - by) == pytest.approx(0, abs=1e-15)
    assert math.dist((ax, ay), (cx, cy)) == pytest.approx(math.sqrt(2), abs=1e-15)


def test_rounded_numbers_are_told_from_contradictions() -> None:
    """A square with diagonal 7.07 is meant; a triangle with two right angles is not, however long it is drawn."""
    side = {"type": "polygon_property", "polygon": ["A", "B", "C", "D"], "property": "square"}
    rounded = draw([side, distance(["A", "B"], 5), distance(["A", "C"], 7.07)])
    assert (rounded.drawable, rounded.rounded) == (False, True)
    two_right = draw([angle("ABC", 90), angle("BCA", 90)], RequiredObjects(polygons=[["A", "B", "C"]]))
    assert (two_right.drawable, two_right.rounded) == (False, False)


def test_objects_take_part() -> None:
    """A polygon whose corners are in the wrong order crosses itself: a conflict with the objects."""
    given = [{"type": "polygon_property", "polygon": ["A", "B", "C", "D"], "property": "parallelogram"}]
    assert draw(given, RequiredObjects(polygons=[["B", "C", "D", "A"]])).drawable
    crossed = RequiredObjects(polygons=[["A", "B", "D", "C"]])
    assert not draw(given, crossed).drawable
    assert find_conflict(given, crossed) == ((0,), True)


def test_circles_about_one_centre_may_be_several() -> None:
    """Circles about O may have two radii where the text or a condition says that they are two; else they are one."""
    given = [{"type": "point_on_circle", "point": name, "circle_center": "O"} for name in "AB"] + [
        distance(["O", "A"], 5),
        distance(["O", "B"], 3),
    ]
    assert not draw(given).drawable
    objects = parses.of_row(
        {
            "id": "1",
            "verification_conditions": given,
            "required_objects": {"circles": [{"center": "O", "radius_point": p} for p in "AB"]},
        }
    )
    assert objects is not None
    assert draw(given, objects.objects).state == "contradictory"
    assert draw(given, objects.objects, text="如图,两个同心圆的圆心为O,OA=5,OB=3").drawable
    assert find_conflict(given, objects.objects) == ((0, 1, 2, 3), False)
    concentric = {"type": "concentric_circles", "centers": ["O", "P"]}
    assert draw([*given, concentric], objects.objects).drawable


def test_choices_are_tried() -> None:
    """Which angle of a right triangle is right, when only another condition tells, is found out."""
    given = [{"type": "right_triangle", "points": ["A", "B", "C"]}, angle("ABC", 35), angle("BCA", 55)]
    assert len(list(sketches(given, NOTHING))) == 3
    assert draw(given).drawable


def test_nothing_can_be_drawn() -> None:
    """A parse without points has an empty figure, which is not a drawable one, nor a contradiction."""
    figure = draw([])
    assert (figure.state, figure.drawable) == ("empty", False)
    verdict = judge(parses.Parse("1", "", [], NOTHING))
    assert (verdict.state, verdict.drawable, verdict.why) == ("empty", None, "it has no points")


@pytest.mark.parametrize("row", PUBLISHED, ids=lambda row: str(row["id"]))
def test_the_conflict_in_a_published_parse_is_the_one_told(row: dict[str, Any]) -> None:
    """It is the smallest: leave out any one of its conditions, and the others are drawn."""
    parse = parses.read(path("geoqa3/reference.json"))[row["id"]]
    nearest = draw(parse.conditions, parse.objects)
    found = find_conflict(parse.conditions, parse.objects, residuals=nearest.residuals)
    conflict = [parse.conditions[k] for k in found.conditions]
    assert [condition["type"] for condition in conflict] == row["conflict"], row["why"]
    assert found.objects == (row["id"] == "558")
    objects = parse.objects if found.objects else RequiredObjects()
    rests = [[c for c in conflict if c is not left] for left in conflict]
    assert all(draw(rest, objects).state != "contradictory" for rest in rests)
