"""What stands in for a thousand parametrised tests loses none of their failures."""

import pytest
from support.cases import for_each


def test_every_case_is_checked_and_the_failing_ones_are_named() -> None:
    """The first failure hides no other."""
    seen = []

    @for_each("number", [1, 2, 3, 4])
    def even(number: int) -> None:
        seen.append(number)
        assert number % 2 == 0

    with pytest.raises(BaseExceptionGroup, match="2 of 4 cases") as caught:
        even()
    assert seen == [1, 2, 3, 4]
    assert [error.__notes__ for error in caught.value.exceptions] == [["case: 1"], ["case: 3"]]


def test_what_raises_nothing_where_it_should_is_a_failing_case() -> None:
    """`pytest.raises` fails by an exception that is no `Exception`."""

    @for_each(("text", "base"), [("7", 10), ("7", 7), ("x", 10)], ids=str)
    def refused(text: str, base: int) -> None:
        with pytest.raises(ValueError, match="invalid literal"):
            int(text, base)

    with pytest.raises(BaseExceptionGroup) as caught:
        refused()
    assert [error.__notes__ for error in caught.value.exceptions] == [["case: 7, 10"]]


@pytest.fixture
def limit() -> int:
    return 3


@for_each("number", range(4))
def test_fixtures_come_beside_the_cases(number: int, limit: int) -> None:
    """One for all cases of a test."""
    assert number <= limit
