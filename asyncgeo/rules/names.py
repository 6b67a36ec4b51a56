"""One name for each line: the line l on which A and B are named is AB.

In: what was read. Out: the same, lines of one letter renamed where two points of theirs are known. It adds no fact;
what says no more than the new name itself, A on AB, is left out.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from asyncgeo.schema.conditions import Condition

_PAIR: Final = 2
_PUTTING: Final = ("point_on_line", "tangent_at_point")
"""Both put a point on a line."""
_FIELDS: Final = ("line", "axis", "objects", "lines")


def names_of(facts: Sequence[Condition]) -> dict[str, list[str]]:
    """The two points by which each line of one letter is called, the first two that are put on it."""
    points: dict[str, list[str]] = {}
    for fact in facts:
        if fact["type"] in _PUTTING and len(fact["line"]) == 1 and fact["point"] not in fact["line"]:
            points.setdefault(fact["line"][0], []).append(fact["point"])
    firsts = {letter: list(dict.fromkeys(on))[:_PAIR] for letter, on in points.items()}
    return {letter: on for letter, on in firsts.items() if len(on) == _PAIR}


def renamed(fact: Condition, names: Mapping[str, list[str]]) -> Condition | None:
    """The fact with its lines called by their points; None where it says no more than a name does."""
    new = {field: _called(value, names) if field in _FIELDS else value for field, value in fact.items()}
    if new == fact:
        return fact
    return None if new["type"] == "point_on_line" and new["point"] in new["line"] else new


def _called(value: Any, names: Mapping[str, list[str]]) -> Any:
    """A line, or a list of lines, by the points it is called by."""
    if not isinstance(value, list):
        return value
    if len(value) == 1 and value[0] in names:
        return list(names[value[0]])
    return [_called(each, names) for each in value]
