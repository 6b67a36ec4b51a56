import pytest

from asyncgeo import rules
from asyncgeo.schema.conditions import Condition
from asyncgeo.schema.records import RequiredObjects
from asyncgeo.schema.verdict import SecondReading
from asyncgeo.store.parses import Parse
from asyncgeo.verify.second_reading import second_reading


def angle(points: str, value: float) -> Condition:
    return {"type": "angle_value", "points": [list(points)], "value": value}


def length(segment: str, value: float) -> Condition:
    return {"type": "distance_equals", "segment": list(segment), "value": value}


def on(point: str, line: str, kind: str = "segment") -> Condition:
    return {"type": f"point_on_{kind}", "point": point, kind: list(line)}


TRIANGLE: Condition = {"type": "triangle_valid", "points": ["A", "B", "C"]}
RIGHT = [TRIANGLE, angle("ACB", 90)]
CASES = {
    "a length left out": ("在△ABC中,∠C=90°,AC=3,则BC等于()", RIGHT, ["AC=3"]),
    "a number misread": ("在△ABC中,∠C=90°,AC=3,则BC等于()", [*RIGHT, length("AC", 5)], ["AC=3"]),
    "all said": ("在△ABC中,∠C=90°,AC=3,则BC等于()", [*RIGHT, length("CA", 3)], []),
    "a rounded number": ("在△ABC中,∠C=90°,AC=√2,则BC等于()", [*RIGHT, length("AC", 1.41)], []),
    "a segment of which the row names the line": (
        "在△ABC中,∠C=90°,D是AB上一点,则CD等于()",
        [*RIGHT, on("D", "AB", "line")],
        [],
    ),
    "neither": ("在△ABC中,∠C=90°,D是AB上一点,则CD等于()", [*RIGHT, angle("ACD", 20)], ["D是AB上"]),
    "what a text implies": (
        "如图,⊙O中,OA⊥BC,∠AOC=50°,则∠ADB的度数为()",
        [
            {"type": "perpendicular", "objects": [["O", "A"], ["B", "C"]]},
            angle("AOC", 50),
            *({"type": "point_on_circle", "point": each, "circle_center": "O"} for each in "ABC"),
        ],
        [],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_sure_in_the_text_and_the_parse_does_not_say_comes_with_its_words(name: str) -> None:
    """Guesses, roundings and what the picture decides are not held against a parse."""
    text, conditions, expected = CASES[name]
    found = second_reading(Parse("1", text, conditions, RequiredObjects(), text))
    assert [each.words for each in found.unsaid] == expected
    assert found.facts > 0


def test_a_text_that_the_rules_refuse_has_no_witness() -> None:
    """Nor has one of which they read what cannot be drawn: then they misread it."""
    refused, odd = "一个长方形的宽是7.2米", "在△ABC中,∠A=100°,∠B=95°,则∠C等于()"
    assert rules.parse(odd).reason is None
    for text in (refused, odd):
        assert second_reading(Parse("1", text, RIGHT, RequiredObjects(), text)) == SecondReading()
