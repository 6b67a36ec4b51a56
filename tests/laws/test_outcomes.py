from random import Random

from hypothesis import given, strategies as st

from asyncgeo.llm.outcomes import backoff, decide_status


@given(st.binary(max_size=300), st.integers(400, 599))
def test_no_body_is_too_strange(body: bytes, status: int) -> None:
    """Every reply has a decision, whatever its bytes."""
    assert decide_status(status, {}, body).kind


@given(st.integers(1, 10_000), st.floats(0.01, 10), st.floats(0.01, 100), st.integers())
def test_backoff_has_full_jitter_up_to_its_cap(attempt: int, base: float, cap: float, seed: int) -> None:
    """Between nothing and base·2^attempt, never above the cap."""
    assert 0 <= backoff(attempt, Random(seed), base, cap) <= min(cap, base * 2.0 ** min(attempt, 1000))
