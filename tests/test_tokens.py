from hypothesis import given, strategies as st

from asyncgeo.tokens import PER_MESSAGE, estimate


def test_chinese_costs_more_a_character_than_ascii() -> None:
    """The estimate goes by script."""
    assert estimate("如图所示的三角形") > 2 * (estimate("triangle") - PER_MESSAGE)


@given(st.text(), st.text())
def test_longer_text_never_costs_less(one: str, other: str) -> None:
    """A reservation can rely on it."""
    assert estimate(one + other) >= estimate(one) >= PER_MESSAGE
