from hypothesis import given, strategies as st

from asyncgeo import store
from asyncgeo.store import Bounds

bounds = st.tuples(st.integers(0, 10**17), st.integers(1, 10**6)).map(lambda pair: Bounds(pair[0], sum(pair)))


@given(bounds)
def test_a_name_spells_its_bounds(each: Bounds) -> None:
    """parse_name(name(start, end)) == (start, end)."""
    assert store.parse_name(store.name(*each)) == each


@given(
    st.integers(0, 10**4),
    st.fixed_dictionaries({}, optional={"shard_size": st.integers(1, 999), "shards": st.integers(1, 99)}),
)
def test_a_plan_covers_every_position_once(total: int, cut: dict[str, int]) -> None:
    """Shards follow each other without gap or overlap, none is empty, from the first position to the last."""
    found = store.plan(total, **cut)
    assert [position for low, high in found for position in range(low, high)] == list(range(total))
    assert all(low < high for low, high in found)


@given(st.integers(1, 10**6), st.integers(1, 200))
def test_shards_are_of_equal_size(total: int, shards: int) -> None:
    """Sizes differ by one at most; never more shards than problems."""
    sizes = [high - low for low, high in store.plan(total, shards=shards)]
    assert len(sizes) == min(total, shards)
    assert max(sizes) - min(sizes) <= 1
