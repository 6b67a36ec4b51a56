import pytest

from asyncgeo.schema.canonical import canonical
from asyncgeo.schema.conditions import Condition, lines_of
from asyncgeo.schema.said import said

EQUAL: Condition = {"type": "segment_equality", "segments": [["A", "B"], ["A", "C"], ["A", "D"]]}
ON_SEGMENT: Condition = {"type": "point_on_segment", "point": "D", "segment": ["B", "C"]}
ON_LINE: Condition = {"type": "point_on_line", "point": "D", "line": ["C", "B"]}
RIGHT: Condition = {"type": "angle_value", "points": [["A", "C", "B"]], "value": 90}


@pytest.mark.parametrize(
    ("conditions", "fact", "expected"),
    [
        ([RIGHT], {**RIGHT, "points": [["B", "C", "A"]]}, True),
        ([RIGHT], {**RIGHT, "value": 80}, False),
        ([EQUAL], {"type": "segment_equality", "segments": [["D", "A"], ["B", "A"]]}, True),
        ([EQUAL], {"type": "segment_equality", "segments": [["D", "A"], ["B", "C"]]}, False),
        ([ON_SEGMENT], ON_LINE, True),
        ([ON_LINE], ON_SEGMENT, False),
    ],
)
def test_a_fact_is_said_by_one_that_says_more(conditions: list[Condition], fact: Condition, *, expected: bool) -> None:
    """In whatever order it is spelt; one that says more is not said by one that says less."""
    assert said(canonical(conditions), [fact]) == (expected,)


def test_very_many_conditions_are_compared_one_by_one() -> None:
    """What each adds is asked of sets as texts have them; far larger ones take no time of their square."""
    many: list[Condition] = [{**RIGHT, "value": n / 10} for n in range(1, 400)]
    assert said(many, [*many, ON_LINE]) == (True,) * 399 + (False,)


def test_lines_of_one_name_are_found_in_every_shape() -> None:
    """A line of two points is none."""
    assert list(lines_of({"type": "point_on_line", "point": "A", "line": ["l"]})) == ["l"]
    assert list(lines_of({"type": "parallel", "objects": [["l"], ["A", "B"]]})) == ["l"]
    assert list(lines_of(RIGHT)) == []
