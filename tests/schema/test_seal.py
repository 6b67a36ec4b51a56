import json
from zlib import crc32

from hypothesis import given, strategies as st

from asyncgeo.schema.seal import SIZE, seal

texts = st.text(max_size=50)
numbers = st.integers(0, 2**32 - 1)


@given(texts, numbers)
def test_the_crc_of_a_sealed_line_is_the_number(text: str, number: int) -> None:
    """Whatever the line and the number; it is still JSON, with one key more."""
    line = json.dumps({"text": text}).encode()
    sealed = seal(line, number)
    assert crc32(sealed) == number
    assert sealed.endswith(b"\n")
    found = json.loads(sealed)
    assert set(found.pop("seal")) <= set("@ABCDEFGHIJKLMNO")
    assert found == {"text": text}
    assert sealed[:-SIZE] + b"}" == line


@given(texts, numbers)
def test_a_line_has_one_seal(text: str, number: int) -> None:
    """The same line and number give the same bytes."""
    line = json.dumps({"text": text}).encode()
    assert seal(line, number) == seal(line, number)
    assert seal(line, number) != seal(line, number ^ 1)


def test_every_bit_of_the_number_is_reached() -> None:
    """32 independent equations."""
    assert [crc32(seal(b'{"a":1}', 1 << bit)) for bit in range(32)] == [1 << bit for bit in range(32)]
