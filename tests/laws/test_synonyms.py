from typing import Any

from hypothesis import given, settings, strategies as st
from laws.strategies import odd_values, valid_conditions
from support.examples import times

from asyncgeo.schema import conditions
from asyncgeo.schema.conditions import Condition, defect
from asyncgeo.schema.synonyms import straighten
from asyncgeo.schema.together import of_one_problem
from asyncgeo.schema.unexpressed import of_dropped
from asyncgeo.schema.vanished import lost

_MEMBERS = sorted({field.name for kind in conditions.TABLE.values() for field in kind.fields})
_WRITTEN = ("points", "segments", "side", "foot", "base", "triangle", "circle", "line1", "angle2", "unit", "apex")
_VALUES = st.sampled_from(
    ("A", "AB", "ABC", "⊙O", "l", "30°30′", "3√2/2", "1m", 5, -40, 180, None, ["A", "B"], [["A", "B"], ["C", "D"]])
)
_raws = st.builds(
    lambda kind, members: {"type": kind, **members},
    st.sampled_from(
        [*conditions.TABLE, "chord", "altitude", "median", "midpoints", "fold", "rectangle", "equal_length"]
    ),
    st.dictionaries(st.sampled_from((*_MEMBERS, *_WRITTEN)), _VALUES | odd_values, max_size=5),
)


@given(_raws | odd_values)
@settings(max_examples=times(5), deadline=None)
def test_whatever_is_straightened_is_valid_and_straight(raw: Any) -> None:
    """Anything becomes conditions of the table, which stay as they are; what is lost can be named."""
    straight = straighten(raw)
    assert all(defect(each) is None for each in straight)
    assert [straighten(each) for each in straight] == [[each] for each in straight]
    assert isinstance(lost(raw, straight), list)
    assert of_dropped(raw) is None or isinstance(of_dropped(raw), str)


@given(valid_conditions)
def test_what_is_valid_stays_as_it_is(condition: Condition) -> None:
    """In the very same order of its members."""
    assert list(map(str, straighten(condition))) == [str(condition)]


@given(st.lists(_raws | odd_values, max_size=6), odd_values)
@settings(max_examples=times(2), deadline=None)
def test_conditions_of_one_problem_stay_as_many(raws: list[Any], objects: Any) -> None:
    """Whatever stands beside them."""
    assert len(of_one_problem(raws, objects if isinstance(objects, dict) else {})) == len(raws)
