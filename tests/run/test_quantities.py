import json
from collections.abc import Iterator

import pytest
from support import shared
from support.cases import for_each

from asyncgeo.run.problem_text import Text
from asyncgeo.schema import conditions
from asyncgeo.schema.conditions import Condition


@for_each(
    ("text", "values"),
    [
        ("∠P=30°30′,∠Q=12°15′36″", (30.5, 12.26)),
        (r"PQ=\frac{3}{2},QR=\frac{3\sqrt{2}}{2}", (1.5, 2.12132)),
        ("PQ=3√2/2,QR=2√5", (2.12132, 4.472136)),
        ("PQ＝１２,QR=½,RS=1½", (12, 0.5, 1.5)),
        ("长一百二十米,宽三十五米", (120, 35)),
        ("PQ是QR的两倍,PR是PQ的三分之一", (2, 0.5, 1 / 3)),
        ("PQ is twice QR, half of RS, thirty degrees, 40%", (2, 0.5, 30, 0.4)),
        ("PQ⊥QR", (90,)),
        ("Rt△PQR", (90,)),
        ("等边三角形PQR", (60,)),
        ("正五边形PQRST", (108,)),
        ("M是PQ的中点,PQ=14", (7, 0.5)),
        ("⊙O的直径为17", (8.5,)),
        ("PQ=1.2m,QR=30cm", (120, 0.3)),
        ("北偏东25°", (65, 155)),
        ("in the direction N20°E from P", (70, 160)),
        ("∠P与∠Q互补", (180,)),
        ("相距3.6×10^3米", (3600,)),
    ],
)
def test_a_number_is_found_however_it_is_written(text: str, values: tuple[float, ...]) -> None:
    """In digits, roots, words and units; what follows from a word at once is there too, and decimals of surds."""
    numbers = Text(text).quantities
    assert [value for value in values if not numbers.hold(value)] == []


@for_each(
    ("text", "value"),
    [("PQ=12,∠P=35°", 55), ("PQ=12", 6), ("PQ=12", 13), ("PQ=12", 90), ("tanP=1/2", 26.565), ("△PQR", 8)],
)
def test_what_is_not_there_is_not_found(text: str, value: float) -> None:
    """Neither what would have to be worked out, nor what is near."""
    assert not Text(text).quantities.hold(value)


@for_each(
    ("text", "ratio", "found"),
    [
        ("PQ=2QR", (2, 1), True),
        ("PQ:QR=3:5", (3, 5), True),
        ("PQ:QR=3:5", (5, 3), True),
        ("PQ是QR的1.5倍", (3, 2), True),
        ("Q,R是PS的三等分点", (1, 2), True),
        ("PQ:QR=3:5", (4, 7), False),
        ("PQ=2QR", (3, 1), False),
    ],
)
def test_a_ratio_is_found_by_its_numbers_or_by_what_they_come_to(
    text: str, ratio: tuple[float, float], *, found: bool
) -> None:
    """3:2 is one and a half."""
    assert Text(text).quantities.hold_ratio(*ratio) is found


@pytest.mark.parametrize("text", ["1 " * 40_000, "9/" * 30_000, "一" * 40_000, "1°1′" * 20_000, "√" * 40_000])
def test_numbers_are_found_in_linear_time(text: str) -> None:
    """A text may be as long as an answer can be."""
    assert not Text(text).quantities.hold(123456)


def _values(condition: Condition) -> Iterator[float]:
    fields = (condition.get(name) for name in ("value", "angle"))
    yield from (value for value in fields if isinstance(value, (int, float)))


def test_of_another_text_most_answers_have_a_number_that_is_not_there() -> None:
    """Published parses, each laid beside the text of another problem."""
    problems = json.loads(shared.path("geoqa3/reference.json").read_text(encoding="utf-8"))["problems"]
    caught = 0
    for one, other in zip(problems, problems[7:] + problems[:7], strict=True):
        numbers = Text(other["original_text"]).quantities
        valid = [each for each in one["verification_conditions"] if conditions.defect(each) is None]
        caught += any(not numbers.hold(value) for each in valid for value in _values(each))
    assert caught > 0.8 * len(problems)
