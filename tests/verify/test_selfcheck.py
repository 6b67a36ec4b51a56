"""Texts are problems of GeoQA3; what is wrong with the first ones is the reading, with the others the text."""

import pytest

from asyncgeo import rules
from asyncgeo.schema.records import Failed, Meta, Parsed, Problem, Row, Skipped, row_from
from asyncgeo.verify.selfcheck import SelfCheck, check

MEETING = "如图,在▱ABCD中,已知AD=6cm,AB=8cm,CE平分∠BCD交BC边于点E,则AE的长为()"
SOUND = "如图,在△ABC中,AB=AC,∠BAC=50°,则∠ABC的度数为()"
TWICE_TWO = "在△ABC中,∠ABC=90°,∠BCA=95°,AB∥BC"
HOPELESS = "在△ABC中,∠ABC=90°,∠BCA=95°,∠CAB=100°,AB∥BC"


def row_of(text: str, error: str | None = None, kind: str | None = None) -> Parsed:
    meta = Meta(at="2026-11-30T12:00:00.000Z", attempts=2, findings=("said before",))
    row = row_from(Problem("7", text), rules.parse(text), "rules", meta, error=error, kind=kind)
    assert isinstance(row, Parsed)
    return row


def meta_of(row: Row) -> Meta:
    assert row.meta is not None
    return row.meta


def test_what_can_be_drawn_is_marked_and_nothing_else_is_changed() -> None:
    """The mark is all that a check leaves on a sound row."""
    row = row_of(SOUND)
    checked = check(row)
    assert isinstance(checked, Parsed)
    assert meta_of(checked).checked == "drawable"
    assert (checked.verification_conditions, checked.required_objects) == (
        row.verification_conditions,
        row.required_objects,
    )
    assert meta_of(checked).findings == ("said before",)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("如图,扇形AOB的半径为1,∠AOB=90°,以AB为直径画半圆,则图中阴影部分的面积为()", ["以AB为直径画半圆"]),
        ("如图,⊙O的半径为2,点A为⊙O上一点,半径OD⊥弦BC于D,如果∠BAC=60°,那么OD的长是()", ["半径OD"]),
        (MEETING, ["交BC边于点E"]),
        ("如图,已知AB、AD是⊙O的弦,∠B=30°,点C在弦AB上,连接CO并延长交⊙O于点D,∠D=30°,则∠BAD的度数是()", ["∠D=30°"]),
        (
            "如图,矩形ABCD中,对角线AC,BD交于点D,过点D作AC的平行线与BC的延长线交于点E,已知∠AOD=130°,则∠DEC的度数为()",
            ["对角线AC,BD交于点D"],
        ),
        (
            "如图,△ABC内接于⊙O,E是AC上一点,EF⊥AB于点F,且\\frac{AE}{EF}=\\frac{3}{4},BC=10,则BC的弦心距OD等于()",
            ["\\frac{AE}{EF}=\\frac{3}{4}"],
        ),
        (TWICE_TWO, ["∠BCA=95°", "AB∥BC"]),
    ],
)
def test_the_clause_that_contradicts_is_dropped_whole_and_named(text: str, words: list[str]) -> None:
    """What is left is drawn as well as any; all that the clause said is gone, and nothing of the others is."""
    row = row_of(text)
    checked = check(row)
    assert isinstance(checked, Parsed)
    assert meta_of(checked).checked == "repaired"
    assert meta_of(checked).findings == (
        "said before",
        *(f"dropped, it contradicts the rest: {each}" for each in words),
    )
    assert meta_of(check(checked)).checked == "drawable"
    gone = [each for each in row.verification_conditions if each not in checked.verification_conditions]
    read = [each.condition for each in rules.explain(text).facts if each.span.text in words]
    assert gone
    assert all(each in read for each in gone)


def test_what_more_than_two_clauses_contradict_is_refused() -> None:
    """A skip with its reason; where the rules stand in for a model that failed, the failure, as it was."""
    skipped, failed = check(row_of(HOPELESS)), check(row_of(HOPELESS, "no answer in time", "timeout"))
    assert isinstance(skipped, Skipped)
    assert (skipped.source, skipped.reason) == ("rules", "not_understood")
    assert "contradicts itself" in skipped.detail
    assert isinstance(failed, Failed)
    assert (failed.error, failed.kind, failed.attempts) == ("no answer in time", "timeout", 2)
    assert "contradicts itself" in meta_of(failed).findings[-1]


@pytest.mark.parametrize(
    "text",
    [
        "如图,已知BD是△ABC的中线,AB=5,BC=3,且△ABD的周长为11,则△BCD的周长是()",
        "在直角△ABC中,∠ACB=90°,∠A=30°,AC=6,BC=3.5,则AB的长为()",
    ],
)
def test_rounded_numbers_are_no_misread(text: str) -> None:
    """They are left as they are, and marked."""
    row = row_of(text)
    checked = check(row)
    assert isinstance(checked, Parsed)
    assert meta_of(checked).checked == "contradictory"
    assert checked.verification_conditions == row.verification_conditions
    assert meta_of(checked).findings == meta_of(row).findings


def test_lengths_far_apart_are_drawn() -> None:
    """Forty metres beside a millimetre and a half are one figure."""
    checked = check(row_of("如图,点A在OB上,若OA=0.2米,OB=40米,AA′=0.0015米,则BB′的长度为()"))
    assert isinstance(checked, Parsed)
    assert meta_of(checked).checked == "drawable"


async def test_only_rows_of_the_rules_are_checked_and_what_is_odd_is_said_once() -> None:
    """In processes of their own; a model's row is none of theirs, whoever it was made by."""
    said: list[str] = []
    stands_in = row_of("在△ABC中,∠ABC=90°,∠BCA=95°", "no answer in time", "timeout")
    async with SelfCheck(said.append, is_offline=True) as checks:
        assert checks.wants(row_of(SOUND))
        assert not checks.wants(Skipped(id="1", source="rules", reason="undefined_points"))
        rows = [await checks.check(k, each) for k, each in enumerate((row_of(SOUND), stands_in))]
        assert meta_of(checks.give_up(row_of(SOUND))).checked == "unchecked"
    assert rows == [check(row_of(SOUND)), check(stands_in)]
    (line,) = said
    assert line.startswith("Of 3 parses by the rules 1 can be drawn, 1 only without a clause that contradicts")
    assert "1 were not checked" in line
    async with SelfCheck(said.append, is_offline=False) as checks:
        assert checks.wants(stands_in)
        assert not checks.wants(row_of(SOUND))
    assert len(said) == 1
