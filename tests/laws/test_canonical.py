from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import given, settings, strategies as st
from laws.strategies import facts
from support.examples import times

from asyncgeo.schema.canonical import canonical
from asyncgeo.schema.conditions import TABLE, TYPE, Condition, defect, points_of
from asyncgeo.schema.sameness import key
from asyncgeo.schema.shapes import Shape
from asyncgeo.schema.table.entry import Use

LISTS = st.lists(facts, max_size=6)


def keys(conditions: Sequence[Condition]) -> set[Any]:
    """What conditions say, whatever their spelling."""
    return set(map(key, conditions))


def _turned(value: list[Any]) -> list[Any]:
    return value[::-1]


def _each_turned(values: list[Any]) -> list[Any]:
    return [each[::-1] for each in values[::-1]]


_ORDER: dict[Shape, Callable[[Any], Any]] = {
    Shape.PAIR: _turned,
    Shape.LINE: _turned,
    Shape.LINES: _each_turned,
    Shape.LINES_2: _each_turned,
    Shape.SEGMENTS: _each_turned,
    Shape.SEGMENTS_2: _each_turned,
    Shape.ANGLE: _turned,
    Shape.ANGLE_1: _each_turned,
    Shape.ANGLES_2: _each_turned,
    Shape.ANGLE_OBJECTS: lambda angles: [{"points": angle["points"][::-1]} for angle in angles[::-1]],
    Shape.TRIANGLE: _turned,
    Shape.POINTS_1: _turned,
    Shape.POINTS_2: _turned,
    Shape.POINTS_3: _turned,
    Shape.POLYGONS: _each_turned,
    Shape.POLYGONS_2: _each_turned,
}


def otherwise(condition: Condition) -> Condition:
    """The same fact, its names in another order; in none where a segment goes on, or images fit no points."""
    unfit = len(condition.get("preimage_triangle", ())) != len(condition.get("image_triangle", ()))
    if unfit or condition[TYPE] == "point_on_segment_extension":
        return condition
    shapes = {field.name: field.shape for field in TABLE[condition[TYPE]].fields}
    return {name: _ORDER.get(shapes.get(name, Shape.WORD), lambda v: v)(v) for name, v in condition.items()}


@settings(max_examples=times(1.5))
@given(LISTS)
def test_what_is_canonical_stays_as_it_is(conditions: list[Condition]) -> None:
    """Once in the one form, always in it; merging a dataset again changes nothing."""
    once = canonical(conditions)
    assert canonical(once) == once


@settings(max_examples=times(1.5))
@given(LISTS)
def test_only_written_types_are_written_and_every_condition_is_valid(conditions: list[Condition]) -> None:
    """Whatever valid conditions say, possible or not; and no point is named that they do not name."""
    assert all(defect(condition) is None for condition in conditions)
    found = canonical(conditions)
    assert [defect(condition) for condition in found] == [None] * len(found)
    assert all(TABLE[condition[TYPE]].use is not Use.READ for condition in found)
    named = {name for condition in conditions for name in points_of(condition)}
    assert {name for condition in found for name in points_of(condition)} <= named


@settings(max_examples=times(1.5))
@given(LISTS)
def test_each_fact_is_said_once(conditions: list[Condition]) -> None:
    """No two conditions have one key, and saying everything twice changes nothing."""
    found = canonical(conditions)
    assert len(keys(found)) == len(found)
    assert canonical([*conditions, *conditions]) == found
    assert canonical([*conditions, *map(otherwise, conditions)]) == found


@settings(max_examples=times(1.5))
@given(LISTS)
def test_the_order_of_names_says_nothing(conditions: list[Condition]) -> None:
    """Ends, arms, lines and corners in another order are the same facts, of which the same are left out."""
    assert keys(canonical(map(otherwise, conditions))) == keys(canonical(conditions))


@settings(max_examples=times(1.5))
@given(LISTS)
def test_what_is_left_out_is_said_by_another(conditions: list[Condition]) -> None:
    """Each condition's own form is in the form of all, or adds nothing to it; what is stronger is never dropped."""
    found = canonical(conditions)
    for condition in conditions:
        assert canonical([*found, condition]) == found
