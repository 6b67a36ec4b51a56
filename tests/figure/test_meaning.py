from support.cases import for_each
from support.figures import CONSISTENT, CONTRADICTORY

from asyncgeo.figure import draw
from asyncgeo.figure.meaning import MEANING
from asyncgeo.schema import conditions
from asyncgeo.schema.conditions import TYPE


def test_every_condition_type_has_a_meaning() -> None:
    """A type that the table has and figures do not would be drawn as if it were not there."""
    assert MEANING.keys() == conditions.TABLE.keys()
    assert all(meaning.__doc__ for meaning in MEANING.values())


@for_each("kind", conditions.TABLE)
def test_every_example_of_the_table_can_be_drawn(kind: str) -> None:
    """No meaning contradicts itself."""
    assert draw([conditions.example(conditions.TABLE[kind])]).drawable


def test_the_cases_use_every_condition_type() -> None:
    """Forty and forty at least, and nothing left untried."""
    assert len(CONSISTENT) >= 40
    assert len(CONTRADICTORY) >= 40
    used = {condition[TYPE] for case in CONSISTENT + CONTRADICTORY for condition in case.conditions}
    assert used == conditions.TABLE.keys()
    assert all(conditions.defect(c) is None for case in CONSISTENT + CONTRADICTORY for c in case.conditions)
