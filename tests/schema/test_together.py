from typing import Any

from support.cases import for_each

from asyncgeo.schema.synonyms import straighten
from asyncgeo.schema.together import calls_no_circle_a_line, of_one_problem
from asyncgeo.schema.unexpressed import clauses, of_dropped


def length(ends: str, value: object, **more: Any) -> dict[str, Any]:
    return {"type": "distance_equals", "segment": list(ends), "value": value, **more}


def values(*given: dict[str, Any]) -> list[Any]:
    return [each["value"] for item in of_one_problem(given, {}) for each in straighten(item)]


@for_each(
    ("given", "expected"),
    [
        ((length("PQ", "1m"), length("QR", "30cm"), length("RS", 7)), [100, 30, 7]),
        ((length("PQ", 1.2, unit="m"), length("QR", 30, unit="cm")), [120, 30]),
        ((length("PQ", "2千米"), length("QR", "350米")), [2000, 350]),
        ((length("PQ", "6cm"), length("QR", "8 cm")), [6, 8]),
        ((length("PQ", 1.5, unit="meters"), length("QR", 2)), [1.5, 2]),
    ],
)
def test_lengths_of_one_answer_are_in_one_unit(given: tuple[dict[str, Any], ...], expected: list[float]) -> None:
    """The smallest that is named; what names none, and answers of one unit, stay as they are."""
    assert values(*given) == expected


def test_the_circle_that_nobody_named_has_a_centre() -> None:
    """The first letter that is free; no circle is told from another where there are several."""
    diameter = {"type": "diameter", "segment": ["P", "Q"], "circle_center": None}
    on_it = {"type": "point_on_circle", "point": "O"}
    told = of_one_problem([diameter, on_it], {"points": ["P", "Q", "O"]})
    assert [item["circle_center"] for item in told] == ["M", "M"]
    assert of_one_problem([on_it], {"circles": [{"center": "O"}]}) == [on_it]
    radii = [{"type": "radius", "value": 3}, {"type": "radius", "value": 5}]
    assert of_one_problem(radii, {}) == radii


def test_a_centre_is_no_line() -> None:
    """A line that has a circle's name is the circle."""
    meeting = {"type": "intersection_point", "point": "P", "lines": [["Q", "R"], ["O"]]}
    on_circle = {"type": "point_on_circle", "point": "Q", "circle_center": "O"}
    told = of_one_problem([meeting, on_circle], {})
    assert [each["type"] for each in straighten(told[0])] == ["point_on_line", "point_on_circle"]
    assert not calls_no_circle_a_line([meeting, on_circle], [])
    assert calls_no_circle_a_line([meeting], [])
    assert of_one_problem([meeting], {}) == [meeting]


@for_each(
    ("raw", "clause"),
    [
        ({"type": "tangent_of_angle", "description": "tan∠PQR=2"}, "tan∠PQR=2"),
        ({"type": "angle_value", "points": [["P", "Q", "R"]], "value": "arctan(2)"}, "∠PQR=arctan(2)"),
        ({"type": "angle_value", "points": [["Q"]], "value": 35}, "∠Q=35°"),
        ({"type": "distance_equals", "segment": ["P", "QR"], "value": 3}, "distance from P to QR=3"),
        ({"type": "segment_length", "segment": ["P", "Q"], "value": "x+1"}, "PQ=x+1"),
        ("PQ=2RS+1", "PQ=2RS+1"),
        ({"type": "angle_value", "points": [["P", "Q", "R"]], "value": None}, None),
        ({"type": "distance_equals", "segment": ["杆顶", "地面"], "value": 3}, None),
        ({"type": "looks_nice", "points": ["P"]}, None),
        ({"type": ["angle_value"], "points": ["P"], "value": 3}, None),
        ("nothing", None),
        (7, None),
    ],
)
def test_what_a_dropped_condition_says_is_kept_where_its_words_are_clear(raw: object, clause: str | None) -> None:
    """Nothing that can be read is lost silently."""
    assert straighten(raw) == []
    assert of_dropped(raw) == clause


def test_clauses_are_texts_each_once_and_few() -> None:
    """Whatever stands where they should."""
    assert clauses([" a=1 ", "a=1", "", None, 3, "x" * 999]) == ("a=1", "x" * 160)
    assert len(clauses(map(str, range(999)))) == 20
