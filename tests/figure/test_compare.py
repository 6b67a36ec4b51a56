from typing import Any

import pytest
from support.figures import CONSISTENT, Case, name

from asyncgeo.figure import compare, draw
from asyncgeo.figure.compare import holding
from asyncgeo.schema.canonical import canonical
from asyncgeo.schema.conditions import TABLE, example
from asyncgeo.schema.records import RequiredObjects

NOTHING = RequiredObjects()

DIAMETER: list[dict[str, Any]] = [{"type": "diameter", "segment": ["A", "B"], "circle_center": "O"}]
ENDS_AND_CENTRE: list[dict[str, Any]] = [
    {"type": "point_on_circle", "point": "A", "circle_center": "O"},
    {"type": "point_on_circle", "point": "B", "circle_center": "O"},
    {"type": "point_on_segment", "point": "O", "segment": ["A", "B"]},
]


def angle(points: str, value: float) -> dict[str, Any]:
    return {"type": "angle_value", "points": [list(points)], "value": value}


SAME: list[tuple[list[dict[str, Any]], list[dict[str, Any]]]] = [
    (DIAMETER, ENDS_AND_CENTRE),
    (
        [{"type": "midpoint_of", "point": "M", "segment": ["A", "B"]}],
        [
            {"type": "point_between", "point": "M", "endpoints": ["B", "A"]},
            {"type": "segment_equality", "segments": [["M", "A"], ["M", "B"]]},
        ],
    ),
    (
        [{"type": "right_triangle", "points": ["A", "B", "C"], "right_angle": "C"}],
        [{"type": "triangle_valid", "points": ["A", "B", "C"]}, angle("ACB", 90)],
    ),
    (
        [{"type": "perpendicular_bisector", "line": ["l"], "segment": ["A", "B"]}],
        [
            {"type": "perpendicular", "objects": [["l"], ["A", "B"]]},
            {"type": "point_on_line", "point": "M", "line": ["l"]},
            {"type": "midpoint_of", "point": "M", "segment": ["A", "B"]},
        ],
    ),
    (
        [{"type": "angle_bisector", "line": ["A", "D"], "angle_points": ["B", "A", "C"]}, angle("BAC", 80)],
        [angle("BAD", 40), angle("DAC", 40), angle("CAB", 80)],
    ),
    (
        [{"type": "rotation", "point": "A", "image": "B", "center": "O", "angle": 60}],
        [{"type": "polygon_property", "polygon": ["O", "A", "B"], "property": "equilateral"}],
    ),
]


OTHERWISE_WRITTEN = [case for case in CONSISTENT if canonical(case.conditions) != case.conditions]


@pytest.mark.parametrize("case", OTHERWISE_WRITTEN, ids=name)
def test_the_one_form_says_all_that_was_said_and_no_more(case: Case) -> None:
    """Each set of conditions holds in figures of the other: what is rewritten, joined or left out loses nothing."""
    assert compare((case.conditions, case.objects), (canonical(case.conditions), case.objects), figures=2).agree


def test_the_one_form_of_each_example_of_the_table_means_the_same() -> None:
    """Types that are only read are written without loss."""
    for kind in TABLE.values():
        told = [example(kind)]
        assert canonical(told) == told or compare((told, NOTHING), (canonical(told), NOTHING), figures=2).agree, (
            kind.name
        )


@pytest.mark.parametrize(("one", "other"), SAME)
def test_parses_that_mean_the_same_agree(one: list[dict[str, Any]], other: list[dict[str, Any]]) -> None:
    """Spelling does not count, in either direction."""
    points = RequiredObjects(points=["A", "B", "M"]) if "M" in str(one + other) else NOTHING
    found = compare((one, points), (other, points))
    if "M" in str(other) and "M" not in str(one):
        assert found.a_in_b == (True,)  # the midpoint has a name in one of them only
    else:
        assert found.agree
        assert compare((other, points), (one, points)).agree


def test_what_one_parse_leaves_out_does_not_hold_in_its_figures() -> None:
    """The one that says more implies the other; what it says more is named."""
    more = [*DIAMETER, {"type": "point_on_circle", "point": "C", "circle_center": "O"}, angle("CAB", 30)]
    less = more[:2]
    found = compare((more, NOTHING), (less, RequiredObjects(points=["A", "B", "C"])))
    assert found.b_in_a == (True, True)
    assert found.a_in_b == (True, True, False)
    assert not found.agree


def test_theorems_hold_although_nobody_states_them() -> None:
    """The angle in a semicircle is right in every figure of a diameter and a third point."""
    figure = draw([*DIAMETER, {"type": "point_on_circle", "point": "C", "circle_center": "O"}])
    assert holding([angle("ACB", 90), angle("ACB", 80)], NOTHING, figure) == (True, False)


def test_conditions_on_points_the_other_lacks_do_not_hold() -> None:
    """A point that is nowhere satisfies nothing."""
    found = compare(([angle("ABC", 50)], NOTHING), ([angle("ABC", 50), angle("ABX", 20)], NOTHING))
    assert found.b_in_a == (True, False)


def test_what_is_said_of_a_line_that_the_other_lacks_does_not_hold() -> None:
    """It could be put anywhere, so that anything would hold of it."""
    more = [angle("ABC", 50), {"type": "parallel", "objects": [["l"], ["A", "C"]]}]
    assert compare((more[:1], NOTHING), (more, NOTHING)).b_in_a == (True, False)
    assert compare((more, NOTHING), (more, NOTHING)).agree


def test_what_is_known_needs_no_figure() -> None:
    """Of a contradiction nothing can be drawn; the condition that is not known still has to be looked at."""
    both = [angle("ABC", 50), angle("ABC", 60)]
    found = compare((both, NOTHING), (both, NOTHING), known=((True, True), (True, True)))
    assert found.agree
    found = compare((both, NOTHING), (both, NOTHING), known=((True, True), (True, False)))
    assert (found.b_in_a, found.a_in_b) == (None, (True, True))


def test_lengths_hold_only_where_the_other_knows_them() -> None:
    """A figure without lengths has no scale."""
    length = {"type": "distance_equals", "segment": ["A", "B"], "value": 5}
    found = compare(([angle("ABC", 50)], NOTHING), ([angle("ABC", 50), length], NOTHING))
    assert found.b_in_a == (True, False)
    assert found.a_in_b == (True,)


def test_a_contradiction_cannot_be_compared() -> None:
    """There is no figure to look at."""
    found = compare(([angle("ABC", 50), angle("ABC", 60)], NOTHING), ([angle("ABC", 50)], NOTHING))
    assert found.b_in_a is None
    assert found.a_in_b is not None
    assert not found.agree


@pytest.mark.parametrize("case", CONSISTENT, ids=name)
def test_every_parse_holds_in_its_own_figure(case: Case) -> None:
    """Comparing is no stricter than drawing, and finds the unknowns that have no name again."""
    assert all(holding(case.conditions, case.objects, draw(case.conditions, case.objects)))
