import json
from pathlib import Path
from typing import Any

import pytest
from laws.strategies import ANSWER
from support import shared
from support.cases import for_each

from asyncgeo import rules
from asyncgeo.run.grounding import Echoes, read
from asyncgeo.run.problem_text import Text
from asyncgeo.schema.checks import Checked, Unfit
from asyncgeo.schema.records import Extraction
from asyncgeo.simulator.answers import content


def answer(cleaned: str, *points: str, **changes: Any) -> str:
    members = {"cleaned_text": cleaned, "required_objects": {"points": points}, "verification_conditions": []}
    return json.dumps({**ANSWER, **members, **changes})


@for_each(
    ("text", "names"),
    [
        ("如图,在Rt△ABC中,∠C=90°", "A B C"),
        ("ΔＡＢＣ与△A'B′C’", "A B C A′ B′ C′"),
        (r"$\triangle A_{1}B_1C~1~$, \angle O_{1}", "A1 B1 C1 O1"),
        ("⊙O₁和⊙O₂", "O1 O2"),
        ("angle B A D, points E, F, and G", "B A D E F G"),
        (r"the points $\mathrm{P}$ and \overline{QR}", "P Q R"),
        ("Find x. A circle has a radius of 5cm. Choices:\nA:5 B:6\nC:7 D:8", ""),
        ("A. 30° B. 40° C. 50°", ""),
        ("As shown, I think that it follows by SAS", ""),
        ("图Ⅰ和图Ⅳ,气温25℃", ""),
        ("一个长方形菜地,宽7.2m,直线a∥b", ""),
    ],
)
def test_names_of_points_are_found_however_they_are_written(text: str, names: str) -> None:
    """Full-width, LaTeX, primes, indices; what may be something else is no name."""
    assert rules.mentions(text) == names.split()


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("如图,在△ABC中,AB=AC", answer("在△PQR中", "P", "Q", "R")),
        (r"In \triangle A_1 B_1 C_1", answer("△DEF", "D", "E", "F")),
        ("△A'B'C'", answer("", "A", "B", cleaned_text="△XYZ")),
    ],
)
def test_an_answer_about_another_problem_is_unfit(text: str, given: str) -> None:
    """The text names points, and the answer not one of them; both are named, so that a second answer can do better."""
    unfit = read(given, text)
    assert isinstance(unfit, Unfit)
    assert ", ".join(rules.mentions(text)) in unfit.why
    assert "it names " in unfit.why


@for_each(
    ("text", "given"),
    [
        ("如图,在△ABC中,AB=AC", answer("", "B", "P", "Q", cleaned_text="x")),
        ("如图,在△ABC中,AB=AC", answer("在△ABC中", "P", "Q")),
        ("如图,在△ABC中", answer("x", verification_conditions=[{"type": "point_height", "point": "C", "value": 3}])),
        ("△A′B′C′", answer("x", "A'")),
        ("点A到地面的距离是5米", answer("x", "P", "Q")),  # one letter proves nothing
        ("一个长方形菜地,宽7.2米,长9米", answer("x", "A", "B", "C", "D")),
        ("如图,在△ABC中", '{"verdict": "skipped", "reason": "undefined_points", "detail": "P is not defined"}'),
    ],
)
def test_nothing_else_is_refused_for_its_names(text: str, given: str) -> None:
    """One shared name, wherever it stands, is enough; a text without names and a refusal to parse prove nothing."""
    assert isinstance(read(given, text), Checked)


@pytest.mark.parametrize(
    "text", ["A:" * 40_000, "A:B:" * 20_000, "A " * 40_000, "△A′" * 30_000], ids=lambda text: text[:4]
)
def test_names_are_found_in_linear_time(text: str) -> None:
    """A text may be as long as an answer can be."""
    assert len(rules.mentions(text)) <= 2


@pytest.mark.slow
def test_no_parse_of_real_texts_is_refused() -> None:
    """The rules' own parses of real problems, none of them worth a question either, and what models made of some."""
    texts = {path.stem: _subject(path) for path in sorted(shared.path("geoqa3/json").glob("*.json"))[::5]}
    for path in sorted(shared.path("other").glob("*.jsonl")):
        texts |= {f"{path.name}:{k}": json.loads(line)["subject"] for k, line in enumerate(_lines(path))}
    refused = [name for name, text in texts.items() if _is_doubted(content(text), text)]
    for line in _lines(shared.path("geoqa3/model_rows.jsonl")):
        row = json.loads(line)
        if _is_stranger(json.dumps({**row, "verdict": "parsed"}), row["original_text"]):
            refused.append(row["id"])
    assert refused == []


def _lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines()


def _subject(path: Path) -> str:
    return str(json.loads(path.read_bytes())["subject"])


def _is_stranger(given: str, text: str) -> bool:
    checked = read(given, text)
    return isinstance(checked, Unfit) and "another problem" in checked.why


ANGLE = {"type": "angle_value", "points": [["A", "B", "C"]], "value": 50}
TEXT = "如图,在△ABC中,∠ABC=50°,AB=6"


def checked(text: str, *given: dict[str, Any], **objects: Any) -> Checked:
    names = {"points": ["A", "B", "C"], **objects}
    found = read(answer(text, verification_conditions=given, required_objects=names), text)
    assert isinstance(found, Checked)
    return found


def _is_doubted(given: str, text: str) -> bool:
    """A text may name so little that the parse of it is none."""
    checked = read(given, text)
    return _is_stranger(given, text) or (isinstance(checked, Checked) and checked.reask is not None)


def test_a_condition_of_other_points_goes_with_a_finding_and_is_worth_a_question() -> None:
    """So do objects of such points; what the text names stays."""
    strange = {"type": "point_on_segment", "point": "X", "segment": ["A", "C"]}
    found = checked(TEXT, ANGLE, strange, segments=[["A", "B"], ["A", "X"]], circles=[{"center": "X"}], lines=[["x"]])
    assert found.extraction.verification_conditions == [ANGLE]
    objects = found.extraction.required_objects
    assert (objects.points, objects.segments, objects.circles) == (["A", "B", "C"], [["A", "B"]], [])
    assert objects.lines == [["x"]]
    assert len(found.findings) == 1
    assert found.reask is not None
    assert "names no X" in found.reask


def test_an_angle_that_the_text_names_by_its_corner_is_not_lost() -> None:
    """Where an arm of it was invented, its words stay."""
    bent = {"type": "angle_value", "points": [["A", "C", "X"]], "value": 35}
    found = checked(f"{TEXT},∠C = 35°", ANGLE, bent, {**bent, "value": 50})
    assert found.extraction.verification_conditions == [ANGLE]
    assert found.extraction.unexpressed == ("∠C=35°",)


def test_what_equals_a_segment_of_other_points_still_equals_the_rest() -> None:
    """Equal segments are one condition; what is strange goes out of it."""
    equal = {"type": "segment_equality", "segments": [["A", "B"], ["A", "C"], ["X", "Y"]]}
    found = checked(TEXT, equal)
    assert found.extraction.verification_conditions == [{**equal, "segments": [["A", "B"], ["A", "C"]]}]
    assert len(found.doubts) == 1


def test_a_number_that_is_not_in_the_text_stays_and_is_worth_a_question() -> None:
    """It may be there in words that nobody thought of."""
    length = {"type": "distance_equals", "segment": ["A", "B"], "value": 7}
    found = checked(TEXT, ANGLE, length)
    assert found.extraction.verification_conditions == [ANGLE, length]
    assert [finding.startswith("not in the text: 7 of") for finding in found.findings] == [True]
    assert found.reask is not None


def test_an_answer_with_nothing_of_the_text_left_is_unfit() -> None:
    """It says what the text names."""
    text = "如图,在△ABC中,D是一点"
    strange = {"type": "midpoint_of", "point": "M", "segment": ["A", "N"]}
    unfit = read(answer(text, verification_conditions=[strange], required_objects={"points": ["A"]}), text)
    assert isinstance(unfit, Unfit)
    assert "M, N" in unfit.why


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("AB是半圆的直径,C在弧AB上", "invented: O"),
        ("AB is a diameter of a circle, C is on it", "invented: O"),
        ("⊙P中,A,B,C在以PC为直径的半圆上", "invented: O"),
        ("AB是⊙O的直径,C在⊙O上", None),
    ],
)
def test_the_centre_of_a_circle_without_a_name_may_be_invented(text: str, mark: str | None) -> None:
    """It is marked, and nothing is asked again."""
    found = checked(text, {"type": "diameter", "segment": ["A", "B"], "circle_center": "O"})
    assert found.extraction.verification_conditions[0]["circle_center"] == "O"
    assert found.findings == ((mark,) if mark else ())
    assert found.reask is None


def test_no_centre_is_invented_beside_one_of_a_name_or_where_no_circle_is() -> None:
    """A circle has one centre; a point on a circle needs one."""
    circle = {"type": "point_on_circle", "point": "A", "circle_center": "Q"}
    for text in ("AB是⊙O的直径,C在⊙O上", "在△ABC中,AB=6", "A, B and C are on circle O"):
        assert isinstance(read(answer(text, verification_conditions=[circle]), text), Unfit)


def test_a_text_without_names_may_be_given_any() -> None:
    """They are marked; numbers are looked at all the same."""
    length = {"type": "distance_equals", "segment": ["P", "Q"], "value": 9}
    text = "一个梯子靠在墙上,梯子长9米"
    found = read(answer(text, verification_conditions=[length], required_objects={"points": ["P", "Q"]}), text)
    assert isinstance(found, Checked)
    assert (found.findings, found.reask) == (("invented: P, Q",), None)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("AB长5cm,CDcm", "A B C D"),
        ("pointA and ABand circleO", "A B O"),
        ("直线a∥b,点p在a上", "a b p"),
        (r"P_1,Q~2~,R'", "P1 Q2 R′"),
    ],
)
def test_whatever_may_be_a_name_is_one(text: str, names: str) -> None:
    """More than the mentions: a point taken for invented costs a question and a fact."""
    assert Text(text).points >= set(names.split())


def test_the_same_cleaned_text_for_another_text_is_a_finding() -> None:
    """Once more for the same text is none; the memory is bounded, and a refusal is not in it."""
    echoes = Echoes(most=2)
    one, two, three = (Extraction(cleaned_text=text) for text in ("一", "二", "三"))
    assert echoes.found(one, "first") == ()
    assert echoes.found(one, "first") == ()
    assert len(echoes.found(one, "second")) == 1
    assert echoes.found(Extraction(reason="undefined_points"), "third") == ()
    assert echoes.found(Extraction(reason="undefined_points"), "fourth") == ()
    assert echoes.found(two, "third") == ()
    assert echoes.found(three, "fourth") == ()
    assert echoes.found(one, "fifth") == (), "forgotten by now"


@for_each(
    ("detail", "is_there"),
    [("∠1", True), ("∠1=∠2", True), ("∠3", False), ("∠A is one of several", False), ("a solid", True), ("", True)],
)
def test_a_refusal_names_angles_of_the_text(detail: str, is_there: bool) -> None:  # noqa: FBT001  a parameter of cases
    """One for angles that are not there stands, with a finding, and is worth another question."""
    refusal = json.dumps({"answer": {"skip": "ambiguous_reference", "detail": detail}})
    found = read(refusal, "如图,∠1=50°,圆柱的高为5")
    assert isinstance(found, Checked)
    assert found.extraction.reason == "ambiguous_reference"
    assert (found.reask is None) is is_there
    assert bool(found.findings) is not is_there
