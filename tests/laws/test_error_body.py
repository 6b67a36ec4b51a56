import json

import pytest
from hypothesis import given, strategies as st

from asyncgeo.llm.error_body import read


@given(st.binary(max_size=300))
def test_no_bytes_are_too_strange(body: bytes) -> None:
    """Every body is read."""
    assert isinstance(read(body).words, str)


MEMBERS = st.sampled_from(["error", "message", "code", "param", "detail", "loc", "retryDelay", "x"])


DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(MEMBERS, inner, max_size=4),
)


@pytest.mark.slow
@given(DOCUMENTS)
def test_no_document_is_too_strange(document: object) -> None:
    """Whatever stands where a message or a code would."""
    read(json.dumps(document).encode())


@given(st.sampled_from(["error", "detail", "errors", "x"]), st.integers(0, 5), st.booleans())
def test_a_message_is_found_at_any_depth(name: str, depth: int, in_list: bool) -> None:  # noqa: FBT001
    """Objects and lists around it change nothing."""
    document: object = {"message": "out of order", "code": "E7", "param": "seed"}
    for _ in range(depth):
        document = [{name: document}] if in_list else {name: document}
    found = read(json.dumps(document).encode())
    assert (found.words, found.codes, found.names) == ("out of order", {"e7"}, ["seed"])
