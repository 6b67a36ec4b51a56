import json
from pathlib import Path
from typing import Any

import pytest
from laws.strategies import ANSWER
from support import shared

from asyncgeo import rules
from asyncgeo.run.grounding import Echoes, read
from asyncgeo.schema.checks import Checked, Unfit
from asyncgeo.schema.records import Extraction
from asyncgeo.simulator.answers import content


def answer(cleaned: str, *points: str, **changes: Any) -> str:
    members = {"cleaned_text": cleaned, "required_objects": {"points": points}, "verification_conditions": []}
    return json.dumps({**ANSWER, **members, **changes})


@pytest.mark.parametrize(
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


@pytest.mark.parametrize(
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
    """The rules' own parses of all real problems, and what models made of some."""
    texts = {path.stem: _subject(path) for path in sorted(shared.path("geoqa3/json").glob("*.json"))[::5]}
    for path in sorted(shared.path("other").glob("*.jsonl")):
        texts |= {f"{path.name}:{k}": json.loads(line)["subject"] for k, line in enumerate(_lines(path))}
    refused = [name for name, text in texts.items() if _is_stranger(content(text), text)]
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
