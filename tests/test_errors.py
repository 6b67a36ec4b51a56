import pytest

from asyncgeo.errors import printable


@pytest.mark.parametrize("text", ["如图,∠A=50°", "△ABC ≌ △DEF", ""])
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    """Geometry is no escape sequence."""
    assert printable(text) == text
