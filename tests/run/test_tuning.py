import pytest

from asyncgeo.run.tuning import advise


@pytest.mark.parametrize(("rpm", "word"), [(None, "adapts"), (600.0, "600 requests per minute")])
def test_the_advice_says_why(rpm: float | None, word: str) -> None:
    """Numbers without a reason are not believed."""
    assert any(word in reason for reason in advise(rpm, None, 1.0, 100).why)
