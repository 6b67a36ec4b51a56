from hypothesis import given, strategies as st

from asyncgeo.llm.tokens import PER_MESSAGE, estimate


@given(st.text(), st.text())
def test_longer_text_never_costs_less(one: str, other: str) -> None:
    """A reservation can rely on it."""
    assert estimate(one + other) >= estimate(one) >= PER_MESSAGE
