from typing import Any

import pytest

from asyncgeo import rules
from asyncgeo.schema.asked import AnswerKey
from asyncgeo.schema.records import RequiredObjects
from asyncgeo.schema.verdict import AnswerVerdict, question_digest
from asyncgeo.store.parses import Parse
from asyncgeo.verify.answer import answered

TRIANGLE = "如图,在△ABC中,∠A=50°,∠B=60°,则∠C的度数为()"
INSCRIBED = "如图,A、B、C是⊙O上的三点,∠AOB=80°,则∠ACB的度数为()"
CHORD = "如图,⊙O的半径为5cm,弦AB=6cm,OC⊥AB于点C,则OC的长为()"


def judged(
    text: str, *choices: str, label: int | None = 0, conditions: list[dict[str, Any]] | None = None
) -> AnswerVerdict:
    """The verdict on what the rules read, or on these conditions."""
    read = rules.parse(text)
    held = read.verification_conditions if conditions is None else conditions
    objects = read.required_objects if conditions is None else RequiredObjects()
    key = AnswerKey(choices, label) if choices else AnswerKey()
    return answered(Parse("1", read.cleaned_text, held, objects, text, key))


def test_a_settled_value_is_right_or_wrong() -> None:
    """The same in all figures: the key says which."""
    assert judged(TRIANGLE, "70°", "110°") == AnswerVerdict("right", "∠BCA", (70.0,), "70°")
    wrong = judged(TRIANGLE, "75°", "70°")
    assert (wrong.state, wrong.values, wrong.key, wrong.why) == ("wrong", (70.0,), "75°", "another choice: 70°")
    assert judged(TRIANGLE).state == "determined"
    assert judged(TRIANGLE, "以上都不对", "80°").state == "right"
    assert judged(TRIANGLE, "以上都不对", "70°").state == "wrong"


def test_what_only_the_picture_decides_is_several_and_never_wrong() -> None:
    """The inscribed angle over either arc."""
    for key in ("40°", "140°"):
        found = judged(INSCRIBED, key)
        assert (found.state, found.values, found.among) == ("several", (40.0, 140.0), True)
    assert not judged(INSCRIBED, "80°").among


def test_what_wanders_is_open() -> None:
    """With how much is left to settle."""
    found = judged("如图,在△ABC中,∠A=50°,则∠C的度数为()", "70°")
    assert (found.state, found.why) == ("open", "1 degree of freedom left")
    assert len(found.values) > 1
    found = judged("如图,在△ABC中,∠A=50°,∠B=60°,则BC的长为()", "5")
    assert (found.state, found.why) == ("open", "the parse gives no length")


@pytest.mark.parametrize("key", ["4cm", "4", "0.04m", "40mm", "16/4cm"])
def test_a_key_counts_in_any_unit(key: str) -> None:
    """Units and spellings are no difference."""
    assert judged(CHORD, key).state == "right"


def test_a_parse_in_another_unit_of_the_text_is_not_wrong() -> None:
    """Models keep numbers as they stand, the rules take the smallest unit."""
    text = "如图,在Rt△ABC中,∠C=90°,AC=300cm,BC=4m,则AB的长为()"
    right = {"type": "angle_value", "points": [["A", "C", "B"]], "value": 90}
    legs = [
        {"type": "distance_equals", "segment": ["A", "C"], "value": 3},
        {"type": "distance_equals", "segment": ["B", "C"], "value": 4},
    ]
    assert judged(text, "5m").state == "right"
    assert judged(text, "5m", conditions=[right, *legs]).state == "right"
    assert judged(text, "6m", conditions=[right, *legs]).state == "wrong"


def test_rounded_numbers_make_nothing_wrong() -> None:
    """Neither those of the key nor those of the parse."""
    text = "如图,在Rt△ABC中,∠C=90°,AC=1,BC=1,则AB的长为()"
    assert judged(text, "1.4").state == "right"
    assert judged(text, "1.41").state == "right"
    assert judged(text, "1.3").state == "wrong"


@pytest.mark.parametrize(
    ("text", "key", "why"),
    [
        ("如图,在△ABC中,∠A=50°,∠B=60°,下列结论正确的是()", "甲", "statement"),
        (TRIANGLE, "6cm", "the key is no degrees"),
        (TRIANGLE, "70°或110°", "no single number"),
        (TRIANGLE, "不能确定", "no number"),
        ("如图,在△ABC中,∠A=50°,则∠ADE的度数为()", "60°", "does not speak of D, E"),
    ],
)
def test_what_is_not_measured_says_why(text: str, key: str, why: str) -> None:
    """No guess looks like a verdict."""
    found = judged(text, key)
    assert found.state == "not measured"
    assert why in found.why


def test_a_contradiction_is_not_measured() -> None:
    """There is no figure."""
    angles = [{"type": "angle_value", "points": [["A", "B", "C"]], "value": value} for value in (30, 90)]
    assert judged(TRIANGLE, "70°", conditions=angles).why == "the parse cannot be drawn"


def test_the_digest_holds_question_and_key() -> None:
    """Another key is another question."""
    keys = [AnswerKey(), AnswerKey(("70°", "80°"), 0), AnswerKey(("70°", "80°"), 1)]
    assert len({question_digest(text, key) for text in (TRIANGLE, CHORD) for key in keys}) == 6
