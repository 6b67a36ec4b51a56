from typing import Any

import pytest
from hypothesis import given, settings, strategies as st
from laws.strategies import completions, odd_texts, odd_values
from support.examples import times

from asyncgeo.run.grounding import read
from asyncgeo.run.problem_text import Text
from asyncgeo.schema.checks import MAX_FINDINGS, Checked, Unfit
from asyncgeo.schema.conditions import defect
from asyncgeo.schema.possible import impossible


@pytest.mark.slow
@given(completions() | odd_values, odd_texts | st.just("△ABC"))
def test_anything_is_usable_or_unfit(given: Any, text: str) -> None:
    """No answer and no text raises."""
    assert isinstance(read(given, text), Checked | Unfit)


@given(
    completions(), st.sampled_from(("△ABC", "如图,在△ABC中,AB=AC=5,D在BC上,BD:DC=1:2", "AB is a chord of a circle", ""))
)
@settings(max_examples=times(2), deadline=None)
def test_what_is_written_can_be_and_stands_in_the_text_or_is_marked(given: str, text: str) -> None:
    """Whatever a model answers; findings are few, and a doubt has its finding."""
    checked = read(given, text)
    if not isinstance(checked, Checked):
        return
    extraction, about = checked.extraction, Text(text)
    for condition in extraction.verification_conditions:
        assert defect(condition) is None
        assert impossible(condition) is None
    marks = [finding for finding in checked.findings if finding.startswith("invented: ")]
    invented = marks[0].removeprefix("invented: ").split(", ") if marks else []
    assert about.points.issuperset(set(extraction.required_objects.points) - set(invented))
    assert not invented or not about.is_proof or about.has_unnamed_circle
    assert len(checked.findings) <= MAX_FINDINGS + 1
    assert len(checked.findings) >= min(len(set(checked.doubts)), MAX_FINDINGS)
