from hypothesis import given, strategies as st

from asyncgeo.llm.outcomes import Decision
from asyncgeo.llm.responses import Reply, read


@given(st.binary(max_size=300))
def test_any_bytes_are_a_reply_or_a_decision(body: bytes) -> None:
    """Nothing a server sends raises."""
    assert isinstance(read(body, {}), Reply | Decision)
