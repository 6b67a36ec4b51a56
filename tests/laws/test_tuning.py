from hypothesis import given, strategies as st

from asyncgeo.run.tuning import advise

limits = st.one_of(st.none(), st.floats(1, 100_000))


@given(limits, limits, st.floats(0, 120), st.integers(1, 5000))
def test_the_advice_can_use_what_the_endpoint_tells(
    rpm: float | None, tpm: float | None, latency: float, ceiling: int
) -> None:
    """A known limit is written down, an unknown one stays "auto"; slots never bind before the requests per minute."""
    found = advise(rpm, tpm, latency, ceiling).limits
    assert found["requests_per_minute"] == ("auto" if rpm is None else round(rpm))
    assert found["tokens_per_minute"] == ("auto" if tpm is None else round(tpm))
    slots = found["max_concurrency"]
    assert isinstance(slots, int)
    assert slots == ceiling if rpm is None else slots >= rpm / 60 * latency
