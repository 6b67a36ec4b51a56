from hypothesis import given, strategies as st

from asyncgeo.store.ids import IdMap

ids = (
    st.integers(0, 10**9).map(str)
    | st.sampled_from(("7", "007", "0", "00", "٣", "9999999", "10000000", "a\nb"))
    | st.text()
)


@given(st.lists(st.tuples(ids, st.integers(1, 255)), max_size=40), st.lists(ids))
def test_marks_are_a_dict_of_the_highest(lifts: list[tuple[str, int]], others: list[str]) -> None:
    """Whatever ids look like, each has the highest mark it was given, and any other has none."""
    found, expected = IdMap(), dict[str, int]()
    for identifier, mark in lifts:
        found.lift(identifier, mark)
        expected[identifier] = max(mark, expected.get(identifier, 0))
    assert {each: found[each] for each in expected} == expected
    assert [found[each] for each in others] == [expected.get(each, 0) for each in others]
