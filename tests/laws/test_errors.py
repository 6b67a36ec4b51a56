import os

from hypothesis import given, strategies as st

from asyncgeo.errors import printable


@given(st.text() | st.binary().map(os.fsdecode))
def test_what_is_shown_is_printable_and_encodes(text: str) -> None:
    """No escape sequence, no line break, no lone surrogate reaches a terminal or a file."""
    shown = printable(text)
    assert shown.isprintable()
    assert shown.encode("utf-8").decode("utf-8") == shown
    assert printable(shown) == shown
