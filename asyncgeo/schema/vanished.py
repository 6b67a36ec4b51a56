"""What of a condition as it came is in none of the conditions made of it.

In: a condition in its writer's spelling, and what `synonyms` made of it. Out: the names of members that vanished, for a
finding. A member is there if each name, number and word in it is.
"""

import re
from collections.abc import Iterator
from typing import Final, TypeGuard

from asyncgeo.schema.conditions import TABLE, TYPE, Condition
from asyncgeo.schema.shapes import Shape
from asyncgeo.schema.synonyms import STRAIGHT, word
from asyncgeo.schema.values import COERCE, number

_CHOICES: Final = frozenset(choice for kind in TABLE.values() for field in kind.fields for choice in field.choices)


def lost(raw: object, straight: list[Condition]) -> list[str]:
    """The members of what was given that are in none of the conditions made of it."""
    if not isinstance(raw, dict) or raw in straight:
        return []
    kept = {leaf for condition in straight for leaf in _leaves(condition)}
    members = ((name, value) for name, value in raw.items() if value is not None and name not in _BESIDE)
    return [name for name, value in members if not all(_is_kept(leaf, kept) for leaf in _leaves(value))]


def _is_kept(leaf: object, kept: set[object]) -> bool:
    """Whether the leaf is there; a straight angle and a diameter are said without their numbers."""
    if _is_number(leaf):
        return abs(leaf) in kept or leaf == STRAIGHT or any(leaf == 2 * each for each in kept if _is_number(each))
    return leaf in kept


_BESIDE: Final = frozenset(
    (TYPE, "id", "name", "label", "description", "note", "comment", "unit", "units", "side", "extension_side", "beyond")
)
"""Members that say nothing of their own, or are read with another one."""


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, (int, float))


def _leaves(value: object) -> Iterator[object]:
    """The names, numbers and words in a value, each spelt as a condition spells it."""
    if isinstance(value, dict):
        for name, each in value.items():
            if name not in {"radius_point", TYPE}:
                yield from _leaves(each)
    elif isinstance(value, list):
        for each in value:
            yield from _leaves(each)
    elif isinstance(value, str):
        yield from _leaves_of_text(value)
    else:
        yield value


def _leaves_of_text(text: str) -> Iterator[object]:
    sizes = [number(part) for part in re.split("[:：∶]", text)]
    said = word(text)
    if None not in sizes:
        yield from sizes
    elif said in _CHOICES:
        yield said
    else:
        yield from COERCE[Shape.POINTS_1](text) or (COERCE[Shape.POINT](text) or said,)
