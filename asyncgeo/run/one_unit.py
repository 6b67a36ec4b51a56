"""Lengths of a parse → all in one unit, the smallest that the text names beside a number.

In: conditions, and the lengths of the text with their units. Out: the conditions. A text of one unit, nearly every one,
changes nothing. Where the numbers are as the text has them (1 of 1 m, 30 of 30 cm), each becomes what it is in the
smallest; where they are in one unit already, all are put into the smallest; where they are neither, they stay. Pure.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from asyncgeo.schema import units
from asyncgeo.schema.conditions import TYPE, Condition

TextLengths = Sequence[tuple[float, float]]
"""Numbers, and of how many metres the unit of each is."""

_FIELDS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("distance_equals", "perimeter", "segments_sum_value", "radius", "point_height"), "value"),
    "length_relation": "plus",
}
"""By type, the field that holds a length."""
_CLOSE: Final = 1e-3


def holds_length(condition: Condition) -> bool:
    """Whether a number of the condition has a unit."""
    return condition[TYPE] in _FIELDS


def in_one_unit(conditions: list[Condition], lengths: TextLengths) -> list[Condition]:
    """The conditions with their lengths in the smallest unit."""
    named = sorted({unit for _, unit in lengths})
    if len(named) < 2:  # noqa: PLR2004  one unit is what is wanted
        return conditions
    values = [each[field] for each in conditions if (field := _FIELDS.get(each[TYPE])) is not None]
    unit_of = _units(values, lengths, named)
    return [_scaled(each, unit_of, named) for each in conditions]


def _units(values: Iterable[float], lengths: TextLengths, named: Iterable[float]) -> dict[float, float]:
    """The unit that each of the values is in, where the text tells."""
    as_told = {value: {unit for size, unit in lengths if _is(value, size)} for value in values}
    known = [value for value in as_told if as_told[value] or any(_fits(value, unit, lengths) for unit in named)]
    for unit in named:
        if all(_fits(value, unit, lengths) for value in known):
            return dict.fromkeys(known, unit)
    if not all(as_told[value] for value in known):
        return {}
    return {value: next(iter(found)) for value, found in as_told.items() if len(found) == 1}


def _fits(value: float, unit: float, lengths: TextLengths) -> bool:
    """Whether the value is a length of the text, in this unit."""
    return any(_is(value * unit, size * own) for size, own in lengths)


def _is(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=_CLOSE)


def _scaled(condition: Condition, unit_of: Mapping[float, float], named: Iterable[float]) -> Condition:
    field = _FIELDS.get(condition[TYPE])
    if field is None or condition[field] not in unit_of:
        return condition
    return {**condition, field: units.in_smallest(condition[field], unit_of[condition[field]], named)}
