"""The fields of a condition ↔ one short text, as answers hold them: `ABC 50`, `D AC circle_center=O`.

In: a condition, or a type and a text. Out: the text, or the condition. By the table alone: a new type needs nothing
here, and a new shape one line. It knows no answer.

The fields stand in the table's order with a blank between: points written together (`A1B′C`), a group of them for each
member of a list, numbers, ratios as `2:1`; optional fields follow as `name=value`; `=` stands between two lists. Names
are a letter, digits and primes, so that a group splits in one way only.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

import msgspec

from asyncgeo.schema.conditions import TABLE, TYPE, Condition, ConditionType, Field
from asyncgeo.schema.sanitize import plain_number
from asyncgeo.schema.shapes import POINT_NAME, Shape

_NAME: Final = re.compile(POINT_NAME.pattern)
_GROUP: Final = re.compile(f"(?:{POINT_NAME.pattern})+")
_NUMBER: Final = re.compile(r"-?\d{1,40}(?:\.\d+)?(?:e-?\d{1,3})?")
_BETWEEN_LISTS: Final = "="


class _Spelling(NamedTuple):
    """How values of a shape are written and read: as this many words, or as many as there are (0)."""

    write: Callable[[Any], list[str]]
    read: Callable[[list[str]], Any]
    words: int = 1


def names_in(group: str) -> list[str] | None:
    """The names that are written together; None where it is no such group."""
    if group.isascii() and group.isalpha():  # nearly every group
        return list(group)
    return _NAME.findall(group) if _GROUP.fullmatch(group) else None


def _read_point(words: list[str]) -> str | None:
    return words[0] if POINT_NAME.fullmatch(words[0]) else None


def _read_number(words: list[str]) -> float | None:
    return plain_number(float(words[0])) if _NUMBER.fullmatch(words[0]) else None


def _write_number(value: float) -> list[str]:
    return [msgspec.json.encode(value).decode()]


def _whole(values: Iterable[Any]) -> list[Any] | None:
    found = list(values)
    return None if None in found else found


def _read_angle_objects(words: list[str]) -> list[dict[str, list[str]]] | None:
    angles = _whole(map(names_in, words))
    return angles and [{"points": angle} for angle in angles]


_WORD: Final = _Spelling(lambda value: [value], lambda words: words[0])
_GROUP_OF_ONE: Final = _Spelling(lambda value: ["".join(value)], lambda words: names_in(words[0]))
_GROUPS: Final = _Spelling(lambda value: list(map("".join, value)), lambda words: _whole(map(names_in, words)), 0)
_ONE_NUMBER: Final = _Spelling(_write_number, _read_number)
_SPELLINGS: Final[Mapping[Shape, _Spelling]] = {
    Shape.WORD: _WORD,
    Shape.POINT: _WORD._replace(read=_read_point),
    **dict.fromkeys(
        (Shape.PAIR, Shape.LINE, Shape.ANGLE, Shape.TRIANGLE, Shape.POINTS_1, Shape.POINTS_2, Shape.POINTS_3),
        _GROUP_OF_ONE,
    ),
    Shape.ANGLE_1: _GROUPS._replace(words=1),
    **dict.fromkeys((Shape.LINES_2, Shape.POLYGONS_2), _GROUPS._replace(words=2)),
    **dict.fromkeys((Shape.LINES, Shape.SEGMENTS, Shape.SEGMENTS_2, Shape.ANGLES_2, Shape.POLYGONS), _GROUPS),
    Shape.ANGLE_OBJECTS: _Spelling(
        lambda value: ["".join(angle["points"]) for angle in value], _read_angle_objects, words=0
    ),
    Shape.NUMBER: _ONE_NUMBER,
    Shape.COUNT: _ONE_NUMBER,
    Shape.RATIO: _Spelling(
        lambda value: [":".join(_write_number(part)[0] for part in value)],
        lambda words: _whole(_read_number([part]) for part in words[0].split(":")),
    ),
}


def spell(condition: Condition) -> str:
    """The fields of a valid condition."""
    required: list[str] = []
    optional: list[str] = []
    open_before = False
    for field in TABLE[condition[TYPE]].fields:
        if field.name not in condition:
            continue
        spelling = _SPELLINGS[field.shape]
        words = spelling.write(condition[field.name])
        if field.optional:
            optional.append(f"{field.name}={words[0]}")
            continue
        if open_before and not spelling.words:
            required.append(_BETWEEN_LISTS)
        required += words
        open_before = not spelling.words
    return " ".join(required + optional)


def read(kind: ConditionType, text: str) -> Condition | None:
    """The condition that `spell` would write so; None where it writes none so. Whether it is valid is not asked."""
    condition: Condition = {TYPE: kind.name}
    for field, words in _divided(kind, text.split()):
        value = _SPELLINGS[field.shape].read(words) if words else None
        if value is None:
            return None
        condition[field.name] = value
    return condition


def _divided(kind: ConditionType, words: list[str]) -> Iterator[tuple[Field, list[str]]]:
    """The words of each field that is there; the last has none where there are too few words or too many."""
    required, optional = _parted(kind, words)
    for field, count, later in _COUNTS[kind.name]:
        if field.optional:
            if field.name in optional:
                yield field, [optional[field.name]]
            continue
        end = count or (required.index(_BETWEEN_LISTS) if _BETWEEN_LISTS in required else len(required) - later)
        yield field, required[:end] if len(required) >= end else []
        required = required[end + (required[end : end + 1] == [_BETWEEN_LISTS]) :]
    if required:
        yield field, []


def _parted(kind: ConditionType, words: Iterable[str]) -> tuple[list[str], dict[str, str]]:
    """The words of fields that must be there, and the words of those that may."""
    required, optional = [], {}
    for word in words:
        name, mark, value = word.partition("=")
        if mark and name in _OPTIONAL[kind.name]:
            optional[name] = value
        else:
            required.append(word)
    return required, optional


def _counts(kind: ConditionType) -> Iterator[tuple[Field, int, int]]:
    """Each field with the number of its words, 0 for an open list, and how many those after it have."""
    later = sum(_SPELLINGS[field.shape].words for field in kind.fields if not field.optional)
    for field in kind.fields:
        count = 0 if field.optional else _SPELLINGS[field.shape].words
        later -= count
        yield field, count, later


_COUNTS: Final = {kind.name: tuple(_counts(kind)) for kind in TABLE.values()}
_OPTIONAL: Final = {kind.name: {field.name for field in kind.fields if field.optional} for kind in TABLE.values()}


def read_loosely(kind: ConditionType, text: str) -> Condition | None:
    """The condition with texts as values, which `synonyms` reads, out of `B, C = 5cm`; None where words are left over.

    Points of one group may stand apart.
    """
    words, optional = _parted(kind, _APART.split(_SIGNS.sub("", text).strip()))
    condition: Condition = {TYPE: kind.name, **optional}
    required = [field for field in kind.fields if not field.optional]
    for later, field in zip(range(len(required) - 1, -1, -1), required, strict=True):
        end = _end(field, words, later)
        is_one = _SPELLINGS[field.shape].words == 1
        joined = "".join(words[:end])
        condition[field.name] = [joined] if field.shape is Shape.ANGLE_1 else joined if is_one else words[:end]
        words = words[end:]
    return None if words else condition


_SIGNS: Final = re.compile(r"[∠△⊙▱]\s*")
_APART: Final = re.compile(
    r"\s*[,，、;；⊥∥∽≌+→]\s*"
    r"|(?<=[A-Z0-9′'])\s*[=:：]\s*(?=[A-Z])"  # AB:CD, A1B=CD, where 2:1 stays whole
    r"|(?<=[A-Z′'])\s*=\s*"  # AB=5, where angle=60 stays whole
    r"|\s+"
)
_POINTS: Final = {Shape.POINT: 1, Shape.PAIR: 2, Shape.LINE: 2, Shape.ANGLE: 3, Shape.ANGLE_1: 3, Shape.TRIANGLE: 3}
"""How many names a group of the shape has at most."""
_ANY_POINTS: Final = (Shape.POINTS_1, Shape.POINTS_2, Shape.POINTS_3)


def _end(field: Field, words: list[str], later: int) -> int:
    """How many words the field has, where as many fields as `later` come after it."""
    if not _SPELLINGS[field.shape].words:
        return len(words) - later
    most = _POINTS.get(field.shape, 99 if field.shape in _ANY_POINTS else 0)
    end, found = 1, _letters(words[:1])
    while found < most and end < len(words) - later and _letters(words[end : end + 1]) == 1:
        end, found = end + 1, found + 1
    return max(end, _SPELLINGS[field.shape].words)


def _letters(words: list[str]) -> int:
    return sum(letter.isalpha() for word in words for letter in word)
