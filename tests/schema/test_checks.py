import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings, strategies as st
from laws.strategies import answers, completions, odd_texts, odd_values
from support.cases import for_each
from support.examples import times

from asyncgeo.schema import conditions
from asyncgeo.schema.canonical import canonical
from asyncgeo.schema.checks import MAX_FINDINGS, Checked, Unfit, find_object, read, straighten_problem
from asyncgeo.schema.records import Meta, Problem, RequiredObjects, decode, readable_line, row_from
from asyncgeo.schema.rewriting import rewrite
from asyncgeo.store.lines import look

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


@for_each("wrapped", ["```json\n{}\n```", "Here it is: {} Hope this helps {{x}}.", "\ufeff{}", "{{}}{}", "[1] {}"])
def test_an_object_is_found_in_what_surrounds_it(wrapped: str) -> None:
    """Servers that ignore the response format wrap their JSON; the answer is found all the same."""
    assert find_object(wrapped.replace("{}", json.dumps(ANSWER)).replace("{{", "{").replace("}}", "}")) == ANSWER


@for_each(
    ("changes", "why"),
    [
        ({"cleaned_text": " "}, "text"),
        ({"category": "Unknown"}, "category"),
        ({"difficulty": 6}, "difficulty"),
        ({"difficulty": True}, "difficulty"),
        ({"difficulty": "2"}, "difficulty"),
        ({"verification_conditions": None}, "facts"),
        ({"required_objects": [1]}, "objects"),
        ({"required_objects": {}, "verification_conditions": []}, "names a point"),
        ({"verdict": "skipped", "reason": "too hard"}, "skip"),
    ],
)
def test_an_unfit_answer_says_why(changes: dict[str, Any], why: str) -> None:
    """The model is shown these words, so they name the member."""
    unfit = _read(**changes)
    assert isinstance(unfit, Unfit)
    assert why in unfit.why


@for_each("content", ["", "   ", "no", '{"verdict": "parsed"', "[]", "{" * 5000, " " * 5000 + "{}"])
def test_no_answer_is_unfit(content: str) -> None:
    """Cut, empty, nested without end or run away into blanks: never a parse."""
    assert isinstance(read(content), Unfit)


def test_what_cannot_be_straightened_is_dropped_and_counted() -> None:
    """A row never carries a condition as it came; each dropped one is a finding, the same one once."""
    strange = {"type": "angle_value", "points": [["A", "B", "C"]], "value": None}
    checked = _read(verification_conditions=[*ANSWER["verification_conditions"], strange, strange, "x"])
    assert isinstance(checked, Checked)
    assert len(checked.findings) == 2
    assert checked.extraction.verification_conditions == ANSWER["verification_conditions"]


def test_what_cannot_be_is_a_finding_and_worth_a_question() -> None:
    """It is in no row; what is true anyway is left out without a word."""
    turned = {"type": "angle_value", "points": [["A", "B", "C"]], "value": 230}
    on_its_own = {"type": "point_on_segment", "point": "A", "segment": ["A", "B"]}
    checked = _read(verification_conditions=[*ANSWER["verification_conditions"], turned, on_its_own])
    assert isinstance(checked, Checked)
    assert checked.extraction.verification_conditions == ANSWER["verification_conditions"]
    assert [finding.startswith("impossible: ") for finding in checked.findings] == [True]
    assert checked.reask is not None
    assert "230°" in checked.reask


def test_members_that_vanish_are_findings_and_words_that_no_type_says_are_kept() -> None:
    """Of conditions and of objects; an answer's own list, and what a dropped condition says."""
    lined = {"type": "collinear", "points": ["A", "B", "C"], "line": "L"}
    sine = {"type": "sine", "description": "sinA=0.5"}
    objects = {**ANSWER["required_objects"], "rays": [["A", "B"]]}
    checked = _read(verification_conditions=[lined, sine], required_objects=objects, unexpressed=["tanB=2", 3])
    assert isinstance(checked, Checked)
    assert [finding.split()[0] for finding in checked.findings] == ["left", "dropped", "left"]
    assert checked.extraction.unexpressed == ("tanB=2", "sinA=0.5")
    assert checked.reask is None


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


def test_whole_numbers_are_ints() -> None:
    """`2.0` is how some models write 2, and no row could be read again with it."""
    sides = {"type": "regular_polygon", "polygon_points": ["A", "B", "C", "D", "E"], "sides": 5.0}
    checked = _read(difficulty=2.0, verification_conditions=[sides])
    assert isinstance(checked, Checked)
    assert type(checked.extraction.difficulty) is int
    assert str(checked.extraction.verification_conditions) == str([{**sides, "sides": 5}])


@for_each("value", ["1" * 400, "1e999", "-1e300", "NaN", "1" * 4000])
def test_a_number_beyond_belief_is_no_number(value: str) -> None:
    """The condition goes, with a finding; as a difficulty it makes the answer unfit."""
    length = '{"type": "distance_equals", "segment": ["A", "B"], "value": %s}'
    checked = read(
        json.dumps(ANSWER).replace('"verification_conditions": [', f'"verification_conditions": [{length % value}, ')
    )
    assert isinstance(checked, Checked)
    assert checked.extraction.verification_conditions == ANSWER["verification_conditions"]
    assert len(checked.findings) == 1
    assert isinstance(read(json.dumps(ANSWER).replace('"difficulty": 2', f'"difficulty": {value}')), Unfit)


def test_texts_are_clean_wherever_they_stand() -> None:
    """Swallowed backslashes are put back in every text of the answer, lone surrogates are replaced; findings say so."""
    written = json.dumps({**ANSWER, "cleaned_text": "$TEXT$"}).replace(
        "$TEXT$", r"\triangle ABC, AB=\frac{1}{2} \ud800"
    )
    checked = read(written)
    assert isinstance(checked, Checked)
    assert checked.extraction.cleaned_text == "\\triangle ABC, AB=\\frac{1}{2} \ufffd"
    assert len(checked.findings) == 2
    refusal = read(r'{"verdict": "skipped", "reason": "undefined_points", "detail": "\beta is \u0000 \udfff"}')
    assert isinstance(refusal, Checked)
    assert refusal.extraction.detail == "\\beta is  \ufffd"
    assert len(refusal.findings) == 3


@for_each(
    "content",
    [
        "[" * 100_000,
        '{"a":' * 4_000,
        '{"a":' * 900 + '"' + "x" * 60_000,
        json.dumps(ANSWER).replace('"detail": ""', '"detail": ' + "[" * 500 + "]" * 500),
        '{"a": ' + "9" * 60_000,
        '{"' * 30_000,
        "{" * 60_000,
        '{"difficulty": "' + "1 \n" * 20_000 + '"}',
        "9" * 10_000,
        "\ud800" * 1_000,
        '{"cleaned_text": "' + "x" * 10_000_000,
    ],
    ids=lambda content: content[:8],
)
def test_depth_and_size_beyond_belief_are_unfit(content: str) -> None:
    """Never an exception, which would make it a defect of ours, and never a loop that stands still."""
    assert isinstance(read(content), Unfit)


def test_the_object_is_looked_for_in_the_first_64_kilobytes() -> None:
    """What a server sends after it costs no time, and what begins after it is no answer."""
    written = json.dumps(ANSWER)
    assert isinstance(read(written + " and so on" * 1_000_000), Checked)
    unfit = read("and so on " * 10_000 + written)
    assert isinstance(unfit, Unfit)
    assert "65,536" in unfit.why


def test_a_row_carries_few_findings() -> None:
    """An answer of rubbish does not make a row of a megabyte."""
    checked = _read(verification_conditions=[*ANSWER["verification_conditions"], *range(5000)])
    assert isinstance(checked, Checked)
    assert len(checked.findings) == MAX_FINDINGS + 1
    assert checked.findings[-1] == f"and {5000 - MAX_FINDINGS:,} more"


@for_each("content", [None, True, 3, 2.5, [], ["{}"], {}, b"{}", {"verdict": "parsed"}])
def test_what_is_no_text_is_unfit(content: object) -> None:
    """Whatever stands where the answer should."""
    assert isinstance(read(content), Unfit)


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


@pytest.mark.slow
@given(completions() | odd_texts)
@settings(max_examples=times(3), deadline=None)
def test_whatever_is_read_can_be_written_and_read_again(content: str) -> None:
    """Any content is a usable answer or an unfit one, and the row of a usable one decodes to itself."""
    checked = read(content)
    if isinstance(checked, Checked):
        meta = Meta(at="2026-01-01T00:00:00.000Z", findings=checked.findings, coverage=checked.extraction.coverage)
        row = row_from(Problem("17", "text"), checked.extraction, "model", meta)
        line = readable_line(row)
        assert decode(line) == row
        assert look(line).id == row.id


@given(odd_values | answers())
@settings(max_examples=times(0.3), deadline=None)
def test_anything_instead_of_a_text_is_unfit(content: Any) -> None:
    """Servers put the strangest things there."""
    assert isinstance(content, str) or isinstance(read(content), Unfit)


@pytest.mark.slow
@given(
    st.lists(CONDITIONS | JSON, max_size=5), st.dictionaries(st.sampled_from(RequiredObjects.__struct_fields__), JSON)
)
def test_a_problem_is_rewritten_as_it_is_straightened(raw: list[Any], objects: dict[str, Any]) -> None:
    """Given as it is spelt, it is what its straightened conditions are in the present form, with the same objects."""
    problem = straighten_problem({"verification_conditions": raw, "required_objects": objects})
    spelt = rewrite(list(map(msgspec.json.encode, raw)), msgspec.json.encode(objects))
    facts = canonical(problem["verification_conditions"])
    assert list(map(msgspec.json.decode, spelt)) == [facts, problem["required_objects"]]
