import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st
from support import shared
from support.cases import for_each
from support.examples import times

from asyncgeo import rules
from asyncgeo.schema import conditions
from asyncgeo.schema.records import Extraction

WORDS = (
    "如图 △ABC 四边形ABCD ⊙O 点D 在 AB 上 BC 的 中点 交 于 平分 ∠BAC ∠B =50° =3cm , . 若 则 求 ∥ ⊥ 垂直平分线 延长线"
    " 直径 弦 切线 切点 弧 内接 旋转 折叠 沿 落 : / + 2 √3 \\frac{1}{0} ( ) ′ 分别 、 是 and is bisects circle O"
    " triangle DEF midpoint of lies on at _{1} ~2~ 1E9 ∠1"
).split()
SOUP = st.lists(st.sampled_from(WORDS), max_size=40).map("".join) | st.text(max_size=200)


def _law(text: str) -> Extraction:
    """The parse of `text`, after checking what holds for every parse."""
    extraction = rules.parse(text)
    points = set(extraction.required_objects.points)
    for condition in extraction.verification_conditions:
        assert conditions.defect(condition) is None
        assert set(conditions.points_of(condition)) <= points
    assert extraction.category in conditions.CATEGORIES
    assert extraction.difficulty in conditions.DIFFICULTIES
    assert (extraction.reason is None) == bool(extraction.verification_conditions)
    assert extraction.coverage is None or 0 <= extraction.coverage <= 1
    return extraction


@pytest.mark.slow
@settings(max_examples=times(3), deadline=None)
@given(SOUP)
def test_any_text_is_read_or_refused(text: str) -> None:
    """Never an exception, never an invalid condition, never a point that the objects lack."""
    _law(text)


@pytest.mark.slow
@settings(max_examples=times(3), deadline=None)
@given(SOUP)
def test_spans_are_stretches_of_the_text_as_written(text: str) -> None:
    """Whatever normalising changed, each span is where it says, and unread spans neither overlap nor disorder."""
    explanation = rules.explain(text)
    spans = [fact.span for fact in explanation.facts] + list(explanation.unread)
    assert all(span.text == text[span.start : span.end] for span in spans)
    unread = [(span.start, span.end) for span in explanation.unread]
    assert unread == sorted(unread)


@pytest.mark.slow
@settings(max_examples=times(2), deadline=None)
@given(SOUP)
def test_the_screen_and_the_parse_agree(text: str) -> None:
    """What the screen refuses, the parse refuses for the same reason."""
    verdict = rules.screen(text)
    if verdict.reason is not None:
        assert rules.parse(text).reason == verdict.reason


@for_each("text", ["∠1=40°", "∠ 2", "∠①", "角3与角4", "Ð1=50°", r"\angle 1", r"\angle{2}", "∠１"])
def test_angles_by_number_are_screened(text: str) -> None:
    """Only the picture says which angle is meant, however the sign is written."""
    assert rules.screen(f"如图,AB∥CD,{text},求x").reason == "ambiguous_reference"


@for_each("text", ["△ABC中,∠A=50°", "三角1号", "∠BAC=1°", "有一个角30°的三角形", "直角1.5", "∠A1BC=20°"])
def test_other_angles_are_not_screened(text: str) -> None:
    """The screen spares a request only where it is certain."""
    assert rules.screen(text).reason is None


def test_one_problem_has_one_spelling() -> None:
    """Full-width signs, LaTeX, look-alikes and words mean the same facts."""
    plain = rules.parse("如图,在△DEF中,点G在EF上,DG⊥EF,∠D=60°,FG=2√3,求DE")
    for text in (
        "如图，在⊿DEF中，点Ｇ在ＥＦ上，DG垂直于EF，Ð D=60度，FG=2\\sqrt{3}，求DE",
        "如图,在\\triangle DEF中,点G在线段EF上,$DG \\perp EF$,\\angle D=60^{\\circ},FG=2√3,求DE",
        "已知:如图所示,在△DEF中,G为边EF上一点,且DG⊥EF,若∠D等于60°,FG的长为2√3cm,求DE",
    ):
        assert rules.parse(text).verification_conditions == plain.verification_conditions


def test_what_is_asked_is_no_condition() -> None:
    """Numbers and relations of the question do not count; its points help to tell which angle a letter means."""
    extraction = rules.parse("如图,RS∥TU,∠R=40°,则∠SRV+∠RVT=180°是否成立()")
    assert [c["type"] for c in extraction.verification_conditions] == ["parallel", "angle_value"]
    assert extraction.verification_conditions[1]["points"] == [["S", "R", "V"]]


def test_the_cleaned_text_is_the_statement() -> None:
    """Without the reference to the figure and without the question, in the spelling of the original."""
    assert rules.parse("如图，△DEF中，∠D＝50°，则∠E的度数为(　　)").cleaned_text == "△DEF中，∠D＝50°"


@for_each(
    ("text", "category"),
    [
        ("将△DEF绕点D旋转30°得到△DGH,∠E=40°", "Geometric Transformations"),
        ("△DEF≌△GHK,∠D=40°", "Similarity & Congruence"),
        ("D、E、F在⊙O上,∠DOE=40°", "Circle Properties & Constructions"),
        ("菱形DEFG中,DE=4", "Polygon Properties & Constructions"),
        ("△DEF中,DE=DF", "Triangle Properties & Constructions"),
        ("GH=4,K是GH的中点", "Measurement & Ratios"),
        ("DE∥FG,∠DEF=40°", "Angle Relationships"),
    ],
)
def test_the_category_is_the_first_that_holds(text: str, category: str) -> None:
    """A motion before similarity, circle, polygon, triangle, lengths; angles otherwise."""
    assert rules.parse(text).category == category


def test_more_to_draw_is_more_difficult() -> None:
    """Difficulty rises with the statement."""
    short = rules.parse("DE∥FG,∠DEF=40°")
    long = rules.parse(
        "如图,△DEF中,DE=DF,G是EF的中点,GH⊥DE于点H,EK平分∠DEF交DF于点K,KL∥EF,∠D=40°,DE=6,过点F作DG的平行线交EK于点M"
    )
    assert short.difficulty == 1 < long.difficulty


def test_explaining_names_what_was_read_where() -> None:
    """A fact comes with its clause and its words; what is left over is unread, and lowers the coverage."""
    text = "如图，点G是ＤＥ的中点，天气晴朗，则DG=（）"
    explanation = rules.explain(text)
    (fact,) = explanation.facts
    assert (fact.clause, fact.span.text) == ("positions.middle", "G是ＤＥ的中点")
    assert [span.text for span in explanation.unread] == ["天气晴朗"]
    assert explanation.question is not None
    assert explanation.question.text.startswith("则DG")
    assert explanation.coverage == rules.parse(text).coverage
    assert 0 < explanation.coverage < 1


@pytest.mark.slow
def test_real_problems_are_read_without_a_fault() -> None:
    """Every 17th of the real problems keeps the law, and most are read."""
    files = sorted(shared.path("geoqa3/json").glob("*.json"))[::17]
    parsed = [_law(json.loads(file.read_text(encoding="utf-8"))["subject"]).reason is None for file in files]
    assert sum(parsed) > 0.8 * len(parsed)


def test_word_problems_of_other_collections_are_refused() -> None:
    """Other collections raise nothing; one of word problems without a figure is not read as geometry."""
    for file in sorted(shared.path("other").glob("*.jsonl")):
        texts = [json.loads(line)["subject"] for line in file.read_text(encoding="utf-8").splitlines()]
        for text in texts:
            extraction = _law(text)
            if not re.search(r"[A-Z]|[一-龥]", text):
                assert extraction.reason is not None


def test_no_text_of_real_problems_is_copied_here() -> None:
    """Cases are our own: no real problem stands in the case files."""
    cases = "".join(
        file.read_text(encoding="utf-8") for file in (Path(__file__).parents[1] / "cases" / "rules").glob("*")
    )
    for file in sorted(shared.path("geoqa3/json").glob("*.json")):
        assert json.loads(file.read_text(encoding="utf-8"))["subject"] not in cases
