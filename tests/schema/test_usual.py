import json
from typing import Any

from hypothesis import given, settings, strategies as st
from msgspec.structs import replace
from support.cases import for_each
from support.examples import times

from asyncgeo.schema import checks, conditions, spelling, usual
from asyncgeo.schema.canonical import canonical
from asyncgeo.schema.records import Circle

CIRCLES = [{"center": "O", "radius_point": "A"}, {"center": "P"}]
POINTS = st.sampled_from(("A", "B", "C", "P1", "B′", "A'", "", "AB"))
NUMBERS = st.sampled_from((50, 2.0, 1.5, 0, 10**12, 10**13, 1e300, 1e-12, -3))


def answer(**changes: Any) -> dict[str, Any]:
    """A parse as the prompt asks for it."""
    return {
        "verdict": "parsed",
        "reason": None,
        "detail": "",
        "cleaned_text": " 在△ABC中,AB=AC ",
        "category": "Triangle Properties & Constructions",
        "difficulty": 2,
        "required_objects": {
            "points": ["A", "B", "C"],
            "segments": [["A", "B"], ["A", "D"]],
            "lines": [["l"], ["A", "E"]],
            "circles": CIRCLES,
            "polygons": [["A", "B", "C"]],
        },
        "verification_conditions": [conditions.example(kind) for kind in conditions.TABLE.values()],
        **changes,
    }


def short_answer(**changes: Any) -> dict[str, Any]:
    """The same in the form that the prompt asks for."""
    members = {
        "text": " 在△ABC中,AB=AC ",
        "facts": [
            {"type": kind.name, "of": spelling.spell(conditions.example(kind))} for kind in conditions.TABLE.values()
        ],
        "also": "AB AD line:l line:AE circle:OA circle:P ABC",
        "unexpressed": ["tanB=2"],
        "category": "Triangle Properties & Constructions",
        "difficulty": 2,
    }
    return {"answer": members | changes}


def without_types(content: str) -> object:
    """What `checks` makes of an answer by itself: types refuse one with a word before it."""
    assert usual.parse(f"Answer: {content}") is None
    return checks.read(f"Answer: {content}")


@for_each("kind", conditions.TABLE)
def test_every_type_of_condition_is_usual(kind: str) -> None:
    """Else most answers would go the long way."""
    example = conditions.example(conditions.TABLE[kind])
    assert usual.parse(json.dumps(answer(verification_conditions=[example])))
    assert usual.parse(json.dumps(short_answer(facts=[{"type": kind, "of": spelling.spell(example)}])))


def test_what_is_usual_is_what_checks_would_make_of_it() -> None:
    """Points that only objects or conditions name are added in the same order, circles are rows' circles."""
    content = json.dumps(answer(), ensure_ascii=False)
    found = usual.parse(content)
    assert found is not None
    written = replace(found, verification_conditions=canonical(found.verification_conditions))
    assert without_types(content) == checks.read(content) == checks.Checked(written)
    assert found.required_objects.circles == [Circle("O", "A"), Circle("P")]
    assert found.cleaned_text == "在△ABC中,AB=AC"


@for_each(
    "changes",
    [
        {"cleaned_text": " "},
        {"cleaned_text": "A\nB"},
        {"cleaned_text": "\frac{1}{2}"},
        {"category": "Unknown"},
        {"difficulty": 2.0},
        {"difficulty": True},
        {"coverage": 2},
        {"coverage": 0.5},
        {"detail": "\x00"},
        {"reason": "pure_calculation"},
        {"verdict": "skipped", "reason": "pure_calculation"},
        {"required_objects": None},
        {"required_objects": {}, "verification_conditions": []},
        {"required_objects": {"points": ["A", "A", "B"]}},
        {"required_objects": {"segments": [["A", "A"], ["A", "B"]]}},
        {"required_objects": {"segments": [["A", "B"], ["A", "B"]]}},
        {"required_objects": {"circles": [{"center": "O"}, {"center": "O"}, {"center": "O", "radius_point": "A"}]}},
        {"required_objects": {"circles": ["O"]}},
        {"required_objects": {"points": ["A"], "surfaces": [["A"]]}},
        {"verification_conditions": [{"type": "collinear", "points": ["A", "B", "C"]}] * 2},
        {"verification_conditions": [{"type": "collinear", "points": ["A", "B", "A"]}]},
        {"verification_conditions": [{"type": "point_on_arc", "point": "A", "arc": ["B", "C"], "arc_type": None}]},
        {"title": "\u2028"},
        {"title": [[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]},
    ],
)
def test_what_is_odd_comes_out_the_same(changes: dict[str, Any]) -> None:
    """Whether types refuse it or not."""
    content = json.dumps(answer(**changes), ensure_ascii=False)
    assert checks.read(content) == without_types(content)


def test_a_short_answer_is_what_checks_would_make_of_it() -> None:
    """With every type of condition, everything besides to draw and what no type says."""
    content = json.dumps(short_answer(), ensure_ascii=False)
    found = usual.parse(content)
    assert found is not None
    written = replace(found, verification_conditions=canonical(found.verification_conditions))
    assert without_types(content) == checks.read(content) == checks.Checked(written)
    assert {Circle("P"), Circle("O", "A")} <= set(found.required_objects.circles)
    assert found.unexpressed == ("tanB=2",)


@for_each(
    "changes",
    [
        {"text": " "},
        {"text": "A\nB"},
        {"text": "\frac{1}{2}"},
        {"category": "Unknown"},
        {"difficulty": 2.0},
        {"coverage": 2},
        {"coverage": 0.5},
        {"facts": []},
        {"facts": [], "also": ""},
        {"facts": [{"type": "collinear", "of": "ABC"}] * 2},
        {"facts": [{"type": "collinear", "of": "ABA"}]},
        {"facts": [{"type": "collinear", "of": "A B C"}]},
        {"facts": [{"type": "distance_equals", "of": "AB 2.0"}]},
        {"facts": [{"type": "distance_equals", "of": "AB 1e300"}]},
        {"facts": [{"type": "distance_equals", "of": "AB 5", "unit": "cm"}]},
        {"also": "AB, AD"},
        {"also": "AA the rest"},
        {"also": None},
        {"unexpressed": ["A\x00", " "]},
        {"unexpressed": None},
        {"title": "\u2028"},
    ],
)
def test_what_is_odd_in_a_short_answer_comes_out_the_same(changes: dict[str, Any]) -> None:
    """Whether types refuse it or not."""
    content = json.dumps(short_answer(**changes), ensure_ascii=False)
    assert checks.read(content) == without_types(content)


@settings(max_examples=times(1.5), deadline=None)
@given(st.lists(POINTS, max_size=4), st.lists(st.lists(POINTS, max_size=3), max_size=3), POINTS, NUMBERS, NUMBERS)
def test_types_never_change_what_an_answer_means(
    points: list[str], lists: list[list[str]], point: str, value: float, part: float
) -> None:
    """Names that are none, pairs that are none, numbers that no length can be, whole numbers spelt as fractions."""
    objects = {"points": points, "segments": lists, "lines": lists, "polygons": lists, "circles": [{"center": point}]}
    given_conditions = [
        {"type": "distance_equals", "segment": ["A", "B"], "value": value},
        {"type": "segment_ratio", "segment1": ["A", "B"], "segment2": ["A", point], "ratio": [part, 1]},
    ]
    content = json.dumps(answer(required_objects=objects, verification_conditions=given_conditions))
    assert checks.read(content) == without_types(content)
    assert json.dumps(getattr(checks.read(content), "extraction", None), default=repr) == json.dumps(
        getattr(without_types(content), "extraction", None), default=repr
    )
