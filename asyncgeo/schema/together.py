"""What one condition of an answer does not tell alone: its unit beside others', the circle that a letter stands for.

In: the conditions and objects of one answer, as they came. Out: the conditions, still in the writer's spelling, each
of which can be read by itself. It knows no text.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any, Final

from asyncgeo.schema import units
from asyncgeo.schema.conditions import Condition
from asyncgeo.schema.records import Circle
from asyncgeo.schema.synonyms import lacks_center
from asyncgeo.schema.values import circle, measure, point_name

_LETTERS: Final = (*"OPQMN", *(f"O{index}" for index in range(1, 1000)))
"""What the centre of a circle without a name is called: the first of these that is free."""
_CIRCLE: Final = ("circle_center", "circle")
_LINES: Final = ("lines", "objects")


def of_one_problem(given: Iterable[Any], objects: Mapping[str, Any]) -> list[Any]:
    """The conditions.

    1. Lengths are in one unit; 2. a centre where a line is meant is its circle; 3. the one circle that nobody named
    has a centre.
    """
    told = _in_one_unit(list(given))
    centers = _centers(told, objects)
    if centers:
        return [_with_circles(item, centers) for item in told]
    nameless = [item for item in told if lacks_center(item)]
    if not nameless or sum(item["type"] == "radius" for item in nameless) > 1:
        return told
    taken = set(_texts([told, objects]))
    center = next(name for name in _LETTERS if name not in taken)
    return [{**item, _CIRCLE[0]: center} if item in nameless else item for item in told]


def calls_no_circle_a_line(conditions: Iterable[Condition], circles: Iterable[Circle]) -> bool:
    """Whether no line of valid conditions has the name of a circle's centre alone."""
    alone = [line for each in conditions for key in _LINES for line in each.get(key, ()) if len(line) == 1]
    return not alone or not _named_centers(conditions, circles).intersection(name for (name,) in alone)


def _named_centers(conditions: Iterable[Condition], circles: Iterable[Circle]) -> set[str]:
    return {each[_CIRCLE[0]] for each in conditions if _CIRCLE[0] in each}.union(circle.center for circle in circles)


def _in_one_unit(told: list[Any]) -> list[Any]:
    """Where several units are named, each length that names one in the smallest."""
    measured = [_measure(item) for item in told]
    named = {unit for value, unit in measured if value is not None and unit is not None}
    if len(named) < 2:  # noqa: PLR2004  one unit is what is wanted
        return told
    return [
        item
        if value is None or unit is None
        else {
            **{key: each for key, each in item.items() if key != "unit"},
            "value": units.in_smallest(value, unit, named),
        }
        for item, (value, unit) in zip(told, measured, strict=True)
    ]


def _measure(item: object) -> tuple[float | int | None, float | None]:
    """The length of a condition, and its unit."""
    if not isinstance(item, dict):
        return None, None
    value, unit = measure(item.get("value"))
    return value, unit if unit is not None else units.metres(item.get("unit", item.get("units")))


def _centers(conditions: Iterable[object], objects: Mapping[str, Any]) -> frozenset[str]:
    """The centres of all circles that are told of."""
    circles = objects.get("circles")
    drawn = (_center(item) for item in circles) if isinstance(circles, list) else ()
    told = (_center(item[key]) for item in conditions if isinstance(item, dict) for key in _CIRCLE if key in item)
    return frozenset(filter(None, chain(drawn, told)))


def _center(item: object) -> str | None:
    return point_name(item) or circle(item)


def _with_circles(item: Any, centers: frozenset[str]) -> Any:
    """The condition with each line of one name that is the centre of a circle called what it is."""
    called = {
        key: [{_CIRCLE[0]: each[0]} if _is_center(each, centers) else each for each in item[key]]
        for key in (_LINES if isinstance(item, dict) else ())
        if isinstance(item.get(key), list)
    }
    return {**item, **called} if called else item


def _is_center(line: object, centers: frozenset[str]) -> bool:
    return isinstance(line, list) and len(line) == 1 and isinstance(line[0], str) and line[0] in centers


def _texts(value: object) -> Iterator[str]:
    """Every text in a value, names of points among them."""
    if isinstance(value, str):
        yield point_name(value) or value
    elif isinstance(value, (list, dict)):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts(each)
