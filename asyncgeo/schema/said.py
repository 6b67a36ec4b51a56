"""Which facts a set of conditions says as well, by the form of both alone.

In: conditions in their one form, and facts. Out: for each fact whether the set says it. Pure, and sure where it says
yes; what follows from several conditions together only a figure shows.
"""

from collections.abc import Sequence
from typing import Final

from asyncgeo.schema.canonical import canonical
from asyncgeo.schema.conditions import Condition
from asyncgeo.schema.sameness import key

_MOST: Final = 200
"""Conditions and facts up to which it is asked what each adds, which takes time by their product."""


def said(conditions: Sequence[Condition], facts: Sequence[Condition]) -> tuple[bool, ...]:
    """For each fact: it is one of the conditions, or adds nothing to them."""
    known = {key(condition) for condition in conditions}
    is_small = max(len(conditions), len(facts)) <= _MOST
    return tuple(key(fact) in known or (is_small and says(conditions, fact)) for fact in facts)


def says(conditions: Sequence[Condition], fact: Condition) -> bool:
    """Whether the fact adds nothing to the conditions, which are in their one form."""
    return {key(each) for each in canonical([*conditions, fact])} == {key(each) for each in conditions}
