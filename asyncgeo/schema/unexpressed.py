"""What no type of condition can say, in the words of the text: `tan∠ABC=2`.

In: the list that an answer gives, or a condition of which nothing valid can be made. Out: short clauses. It knows no
text; whether they stand in it is not seen here.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from asyncgeo.schema.conditions import TYPE
from asyncgeo.schema.values import names, number

MAX_CLAUSES: Final = 20  # of one row
_LONGEST: Final = 160  # characters; a clause has a tenth of it
_WORDS: Final = ("description", "text", "statement", "condition", "expression", "equation", "formula", "content")
_EXPRESSION: Final = 30  # characters of a value that is no number: arcsin(1/3)
_ANGLE, _SEGMENT = 3, 2


def clauses(given: Iterable[object]) -> tuple[str, ...]:
    """The clauses among these, each once, as many as a row should carry."""
    found = dict.fromkeys(each.strip()[:_LONGEST] for each in given if isinstance(each, str) and each.strip())
    return tuple(found)[:MAX_CLAUSES]


def of_dropped(raw: object) -> str | None:
    """What a condition says that is none of the table's, where its own words are clear."""
    if isinstance(raw, str):
        return raw if any(map(str.isdigit, raw)) else None
    if not isinstance(raw, dict):
        return None
    words = next((raw[key] for key in _WORDS if isinstance(raw.get(key), str)), None)
    return words or _measured(raw)


def _measured(raw: Mapping[str, Any]) -> str | None:
    """A size of something that is named: of an angle by its corner alone, of the way from a point to a line."""
    value = raw.get("value")
    size = "" if value is None or isinstance(value, (dict, list)) else str(value)
    if not size or len(size) > _EXPRESSION or " " in size or not any(map(str.isdigit, size)):
        return None
    match raw[TYPE] if isinstance(raw.get(TYPE), str) else None:
        case "angle_value" | "angle" | "angle_measure":
            points = names(raw.get("points", raw.get("angle")))
            degrees = "" if number(value) is None else "°"
            return f"∠{''.join(points)}={size.rstrip('°')}{degrees}" if points and len(points) in (1, _ANGLE) else None
        case "distance_equals" | "segment_length" | "length" | "distance":
            return _distance(raw.get("segment"), size)
    return None


def _distance(between: object, size: str) -> str | None:
    if (points := names(between)) is not None and len(set(points)) == _SEGMENT:
        return f"{''.join(points)}={size}"
    ends = [names(each) for each in between] if isinstance(between, list) else []
    if len(ends) == _SEGMENT and all(ends) and sorted(len(end or ()) for end in ends) == [1, _SEGMENT]:
        point, line = sorted((end for end in ends if end), key=len)
        return f"distance from {point[0]} to {''.join(line)}={size}"
    return None
