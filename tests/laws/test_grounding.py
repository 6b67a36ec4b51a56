from typing import Any

import pytest
from hypothesis import given, settings, strategies as st
from laws.strategies import completions, odd_texts, odd_values

from asyncgeo.run.grounding import read
from asyncgeo.schema.checks import Checked, Unfit


@pytest.mark.slow
@given(completions() | odd_values, odd_texts | st.just("△ABC"))
@settings(max_examples=100, deadline=None)
def test_anything_is_usable_or_unfit(given: Any, text: str) -> None:
    """No answer and no text raises."""
    assert isinstance(read(given, text), Checked | Unfit)
