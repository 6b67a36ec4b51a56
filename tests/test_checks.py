import json
from typing import Any

import pytest
from hypothesis import given, strategies as st

from asyncgeo import conditions
from asyncgeo.checks import Checked, Unfit, find_object, read

ANSWER: dict[str, Any] = {
    "verdict": "parsed",
    "reason": None,
    "detail": "",
    "cleaned_text": "在△ABC中,AB=AC",
    "category": "Triangle Properties & Constructions",
    "difficulty": 2,
    "required_objects": {
        "points": ["A", "B", "C"],
        "segments": [["A", "B"], ["A", "C"]],
        "lines": [],
        "circles": [],
        "polygons": [["A", "B", "C"]],
    },
    "verification_conditions": [{"type": "segment_equality", "segments": [["A", "B"], ["A", "C"]]}],
}


def _read(**changes: Any) -> Checked | Unfit:
    return read(json.dumps({**ANSWER, **changes}, ensure_ascii=False))


def test_a_good_answer_passes_as_it_is() -> None:
    """Nothing is dropped, nothing is added."""
    checked = _read()
    assert isinstance(checked, Checked)
    assert checked.findings == ()
    assert checked.extraction.verification_conditions == ANSWER["verification_conditions"]
    assert checked.extraction.required_objects.points == ["A", "B", "C"]


@pytest.mark.parametrize(
    "wrapped", ["```json\n{}\n```", "Here it is: {} Hope this helps {{x}}.", "\ufeff{}", "{{}}{}", "[1] {}"]
)
def test_an_object_is_found_in_what_surrounds_it(wrapped: str) -> None:
    """Servers that ignore the response format wrap their JSON; the answer is found all the same."""
    assert find_object(wrapped.replace("{}", json.dumps(ANSWER)).replace("{{", "{").replace("}}", "}")) == ANSWER


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"cleaned_text": " "}, "cleaned_text"),
        ({"category": "Unknown"}, "category"),
        ({"difficulty": 6}, "difficulty"),
        ({"difficulty": True}, "difficulty"),
        ({"difficulty": "2"}, "difficulty"),
        ({"verification_conditions": None}, "verification_conditions"),
        ({"required_objects": [1]}, "required_objects"),
        ({"required_objects": {}, "verification_conditions": []}, "name a point"),
        ({"verdict": "skipped", "reason": "too hard"}, "reason"),
    ],
)
def test_an_unfit_answer_says_why(changes: dict[str, Any], why: str) -> None:
    """The model is shown these words, so they name the member."""
    unfit = _read(**changes)
    assert isinstance(unfit, Unfit)
    assert why in unfit.why


@pytest.mark.parametrize("content", ["", "   ", "no", '{"verdict": "parsed"', "[]", "{" * 5000, " " * 5000 + "{}"])
def test_no_answer_is_unfit(content: str) -> None:
    """Cut, empty, nested without end or run away into blanks: never a parse."""
    assert isinstance(read(content), Unfit)


def test_what_cannot_be_straightened_is_dropped_and_counted() -> None:
    """A row never carries a condition as it came; each dropped one is a finding."""
    strange = {"type": "angle_value", "points": [["A", "B", "C"]], "value": None}
    checked = _read(verification_conditions=[*ANSWER["verification_conditions"], strange, strange, "x"])
    assert isinstance(checked, Checked)
    assert len(checked.findings) == 3
    assert checked.extraction.verification_conditions == ANSWER["verification_conditions"]


def test_points_that_conditions_name_are_added_and_duplicates_go() -> None:
    """`points` holds every point that anything else names, once."""
    on_circle = {"type": "point_on_circle", "point": "D", "circle_center": "O"}
    objects = {
        "points": ["A", "A"],
        "segments": [["A", "B'"], ["A", "B′"]],
        "circles": ["O"],
        "lines": ["l", ["A", "E"]],
    }
    checked = _read(required_objects=objects, verification_conditions=[on_circle, on_circle])
    assert isinstance(checked, Checked)
    found = checked.extraction.required_objects
    assert found.points == ["A", "B′", "E", "O", "D"]
    assert found.segments == [["A", "B′"]]
    assert found.lines == [["l"], ["A", "E"]]
    assert checked.extraction.verification_conditions == [on_circle]


def test_a_refusal_is_a_verdict() -> None:
    """The model may refuse; its reason is one of ours."""
    checked = _read(verdict="skipped", reason="undefined_points", detail="D is only in the picture")
    assert isinstance(checked, Checked)
    assert checked.extraction.reason == "undefined_points"


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 400)
    | st.floats()
    | st.sampled_from(["A", "B", "O'", "AB", "l", "x y", "60°"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["type", "points", "segment", "segments", "value", "line", "circle", "objects", "ratio"]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)
CONDITIONS = st.builds(
    lambda kind, fields: {"type": kind, **fields},
    st.sampled_from([*conditions.TABLE, "length", "tangent", "ratio"]),
    st.dictionaries(
        st.sampled_from(sorted({f.name for kind in conditions.TABLE.values() for f in kind.fields})), JSON, max_size=5
    ),
)


@given(st.lists(CONDITIONS | JSON, max_size=5), JSON)
def test_every_condition_that_passes_is_valid(raw: list[Any], objects: Any) -> None:
    """Whatever a model writes, a row's conditions fit the table and its points cover them."""
    checked = _read(verification_conditions=raw, required_objects=objects if isinstance(objects, dict) else {})
    if isinstance(checked, Checked):
        extraction = checked.extraction
        for condition in extraction.verification_conditions:
            assert conditions.defect(condition) is None
            assert set(conditions.points_of(condition)) <= set(extraction.required_objects.points)
