import pytest
from hypothesis import given, strategies as st

from asyncgeo.rules import numbers


@pytest.mark.slow
@given(st.from_regex(numbers.PATTERN, fullmatch=True))
def test_whatever_the_pattern_finds_is_valued_or_refused(written: str) -> None:
    """No number that a text can hold raises."""
    value = numbers.value(written)
    assert value is None or 0 <= value < 1e9
