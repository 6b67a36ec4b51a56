import json
from typing import Any

from hypothesis import given, strategies as st
from laws.strategies import names, odd_facts, odd_values
from support.wire import long_form, unordered

from asyncgeo.schema import checks, conditions, spelling, wire
from asyncgeo.schema.checks import Checked
from asyncgeo.schema.conditions import Condition
from asyncgeo.schema.records import SKIP_REASONS, Circle, Extraction, RequiredObjects

objects_of_any_names = st.builds(
    RequiredObjects,
    points=st.lists(names, max_size=3),
    segments=st.lists(st.lists(names, min_size=2, max_size=2, unique=True), max_size=2),
    lines=st.lists(st.lists(names, min_size=1, max_size=2, unique=True), max_size=2),
    circles=st.lists(st.builds(Circle, center=names, radius_point=st.none() | names), max_size=2),
    polygons=st.lists(st.lists(names, min_size=3, max_size=5, unique=True), max_size=2),
)
said = st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=9)
parses = st.builds(
    Extraction,
    cleaned_text=said,
    category=st.sampled_from(conditions.CATEGORIES),
    difficulty=st.sampled_from(conditions.DIFFICULTIES),
    required_objects=objects_of_any_names,
    verification_conditions=st.lists(odd_facts, max_size=4),
    unexpressed=st.lists(said, max_size=2, unique=True).map(tuple),
)


@given(odd_facts)
def test_any_condition_survives_its_spelling(condition: Condition) -> None:
    """Every type of the table, with any names and numbers that its fields may hold."""
    assert conditions.defect(condition) is None
    assert spelling.read(conditions.TABLE[condition["type"]], spelling.spell(condition)) == condition


@given(parses)
def test_any_parse_survives_its_answer(extraction: Extraction) -> None:
    """Packed and read it says what it says in the form of earlier versions."""
    before = checks.read(long_form(extraction))
    packed = json.dumps(wire.pack(extraction), ensure_ascii=False)
    for written in (packed, f"Answer: {packed}"):
        found = checks.read(written)
        if not isinstance(before, Checked):
            assert not isinstance(found, Checked)
            continue
        assert isinstance(found, Checked)
        assert found.findings == before.findings
        assert unordered(found.extraction) == unordered(before.extraction)


@given(st.sampled_from(SKIP_REASONS), said)
def test_any_refusal_survives_its_answer(reason: str, detail: str) -> None:
    """With its reason and its own words."""
    refusal = Extraction(reason=reason, detail=detail)
    assert checks.read(json.dumps(wire.pack(refusal))) == Checked(refusal)


facts = st.fixed_dictionaries(
    {"type": st.sampled_from(list(conditions.TABLE)), "of": st.text(st.sampled_from("ABl12′' =:,.-°|∠x"), max_size=12)}
)
members = st.fixed_dictionaries(
    {
        "text": st.just("AB=5") | odd_values,
        "facts": st.lists(facts | odd_values, max_size=3) | odd_values,
        "also": st.text(st.sampled_from("ABl:circlne -⊙,"), max_size=12) | odd_values,
        "unexpressed": st.lists(odd_values, max_size=2) | odd_values,
        "category": st.sampled_from(conditions.CATEGORIES) | odd_values,
        "difficulty": st.sampled_from(conditions.DIFFICULTIES) | odd_values,
    }
)


@given(members | members.map(lambda answer: {"answer": answer}))
def test_any_answer_is_read_the_same_by_types_and_by_checks(answer: dict[str, Any]) -> None:
    """Whatever stands where a value is expected: no exception, and a word before it changes nothing."""
    content = json.dumps(answer)
    found, alone = checks.read(f"Answer: {content}"), checks.read(content)
    assert found == alone
    if isinstance(found, Checked):
        assert not any(map(conditions.defect, found.extraction.verification_conditions))
