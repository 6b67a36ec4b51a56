import math

import pytest
from hypothesis import given, strategies as st

from asyncgeo.schema import keys
from asyncgeo.schema.asked import AnswerKey, Asked, Dimension, Measure
from asyncgeo.schema.keys import Amount

LENGTH = Asked(((1.0, Measure("length", ("A", "B"))),))
ANGLE = Asked(((1.0, Measure("angle", ("A", "B", "C"))),))
AREA = Asked(((1.0, Measure("area", ("A", "B", "C"))),))


@pytest.mark.parametrize(
    ("text", "value", "dimension"),
    [
        ("6", 6, None),
        ("8.5", 8.5, None),
        ("-2", -2, None),
        ("3/2", 1.5, None),
        (r"\frac{3}{2}", 1.5, None),
        (r"\dfrac{1}{3}", 1 / 3, None),
        (r"1\frac{1}{2}", 1.5, None),
        ("1 1/2", 1.5, None),
        ("√3", math.sqrt(3), None),
        ("2√{3}", 2 * math.sqrt(3), None),
        (r"2\sqrt{3}/3", 2 * math.sqrt(3) / 3, None),
        (r"\frac{3\sqrt{2}}{2}cm", 1.5 * math.sqrt(2), "length"),
        (r"\frac{\sqrt{5}-1}{2}", (math.sqrt(5) - 1) / 2, None),
        ("2+√3", 2 + math.sqrt(3), None),
        ("4−π", 4 - math.pi, None),
        ("6√3-2π", 6 * math.sqrt(3) - 2 * math.pi, None),
        ("10π", 10 * math.pi, None),
        ("4/3π", 4 / 3 * math.pi, None),
        (r"(\frac{4}{3}π-√{3})cm", 4 / 3 * math.pi - math.sqrt(3), "length"),
        ("(3+√3)米", 3 + math.sqrt(3), "length"),
        ("30海里", 30, "length"),
        ("5个单位", 5, "length"),
        ("12 cm", 12, "length"),
        ("4cm²", 4, "area"),
        ("4cm2", 4, "area"),
        ("10π平方厘米", 10 * math.pi, "area"),
        ("12 square units", 12, "area"),
        ("30°", 30, "degrees"),
        ("45度", 45, "degrees"),
        (r"$15^{\circ}$", 15, "degrees"),
        ("30°30′", 30.5, "degrees"),
        ("72°24'", 72.4, "degrees"),
        ("22°30′36″", 22.51, "degrees"),
        ("1:2", 0.5, "number"),
        ("1∶√3", 1 / math.sqrt(3), "number"),
        ("50%", 0.5, "number"),
        ("约5.7米", 5.7, "length"),
        ("≈32", 32, None),
        ("B. 40°", 40, "degrees"),
    ],
)
def test_a_choice_is_an_amount(text: str, value: float, dimension: Dimension | None) -> None:
    """Numbers, fractions, roots, π, sums of them, with their units."""
    found = keys.amount(text)
    assert isinstance(found, Amount)
    assert found.value == pytest.approx(value, abs=1e-12)
    assert found.dimension == dimension


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "a",
            "x+2",
            "70°或140°",
            "1:2:3",
            "10天",
            "0.4厘米/分",
            "3√{}",
            ".40°",
            ".116米A120°",
            "2^2",
            "√-1",
            "1/0",
        ),
        *("(2+3", "30°40", "9" * 81, "等腰三角形", "A", "1e400", "2√3cm或4cm"),
    ],
)
def test_no_part_of_a_text_is_taken_for_all_of_it(text: str) -> None:
    """Several values, other units, letters, what is torn: no amount."""
    assert keys.amount(text) is None


@pytest.mark.parametrize("text", ["以上都不对", "以上答案都不对", "都不正确", "None of the above"])
def test_none_of_these_is_told_apart(text: str) -> None:
    """It says that the value is none of the others."""
    assert keys.amount(text) == "none of these"


@pytest.mark.parametrize("text", ["不能确定", "无法确定", "不确定", "Cannot be determined"])
def test_undetermined_is_told_apart(text: str) -> None:
    """It says that there is no one value."""
    assert keys.amount(text) == "undetermined"


def test_the_right_choice_is_the_one_that_all_of_the_key_names() -> None:
    """By the label; the answer where there are no choices; none where label and solution contradict each other."""
    choices = ("30°", "40°", "50°", "60°")
    assert keys.keyed(AnswerKey(choices, 1)) == Amount(40, "degrees", digit=1)
    assert keys.keyed(AnswerKey(choices, 1, "∴∠A=40°．故选：B．")) == Amount(40, "degrees", digit=1)
    assert keys.keyed(AnswerKey(choices, 1, "∴∠A=50°．故选C")) is None
    assert keys.keyed(AnswerKey(choices)) is None
    assert keys.keyed(AnswerKey(answer="√2")) == Amount(math.sqrt(2))
    assert keys.keyed(AnswerKey(choices, answer="72")) == Amount(72, digit=1)
    assert keys.keyed(AnswerKey(answer="因为AB=AC,所以…")) is None


def test_an_amount_is_expected_in_the_unit_of_the_figure() -> None:
    """Of lengths and areas; half of the last digit is allowed where it is rounded, and nothing where it is exact."""

    def expected(text: str, asked: Asked) -> tuple[float, float] | None:
        found = keys.amount(text)
        assert isinstance(found, Amount)
        return keys.expected(found, asked)

    in_centimetres = Asked(LENGTH.terms, metres=0.01)
    assert expected("2m", in_centimetres) == pytest.approx((200, 0))
    assert expected("2", in_centimetres) == (2, 0)
    assert expected("0.5m²", Asked(AREA.terms, metres=0.01)) == pytest.approx((5000, 500))
    assert expected("5.7", LENGTH) == pytest.approx((5.7, 0.05))
    assert expected("12", LENGTH) == (12, 0)
    assert expected("12", Asked(LENGTH.terms, rounded=True)) == (12, 0.5)
    assert expected("√2", Asked(LENGTH.terms, rounded=True)) == (math.sqrt(2), 0)
    assert expected("30", ANGLE) == (30, 0)
    assert expected("30°", LENGTH) is None
    assert expected("3cm", AREA) is None


@given(st.text("0123456789.√π+-*/(){}\\frac sqrt°:cm²度", max_size=20))
def test_any_text_has_a_finite_amount_or_none(text: str) -> None:
    """No text raises."""
    found = keys.amount(text)
    assert not isinstance(found, Amount) or math.isfinite(found.value)
