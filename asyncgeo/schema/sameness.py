"""When two conditions state one fact: the order of ends, arms and lines does not matter.

In: a valid condition. Out: `key`, equal for equal facts. What the table says of a type and of its fields decides.
"""

from collections.abc import Callable, Hashable, Mapping
from typing import Any, Final

from asyncgeo.schema.shapes import SAME
from asyncgeo.schema.table import TABLE
from asyncgeo.schema.table.entry import TYPE, Condition, ConditionType, Field

Key = Callable[[Condition], Hashable]


def key(condition: Condition) -> Hashable:
    """What the fact is, apart from how it is written."""
    return KEYS[condition[TYPE]](condition)


def _key(kind: ConditionType) -> Key:
    """A function for the type; most are of one or two fields, and one for these is twice as quick."""
    name = kind.name
    if (whole := kind.same) is not None:
        return lambda c: (name, whole(c))
    if any(field.optional for field in kind.fields):
        return _of_some(kind)
    parts = [(field.name, _same(field)) for field in kind.fields]
    if len(parts) == 1:
        ((only, same),) = parts
        return lambda c: (name, same(c[only]))
    if len(parts) == 2:  # noqa: PLR2004
        (first, one), (second, other) = parts
        return lambda c: (name, one(c[first]), other(c[second]))
    return lambda c: (name, *[same(c[field]) for field, same in parts])


def _of_some(kind: ConditionType) -> Key:
    parts = [(field.name, _same(field)) for field in kind.fields]
    return lambda c: (kind.name, *[same(c[field]) if field in c else None for field, same in parts])


def _same(field: Field) -> Callable[[Any], Hashable]:
    return field.same or SAME.get(field.shape, _itself)


def _itself(value: Hashable) -> Hashable:
    return value


KEYS: Final[Mapping[str, Key]] = {kind.name: _key(kind) for kind in TABLE.values()}
"""The function that makes the key of each type's conditions."""
