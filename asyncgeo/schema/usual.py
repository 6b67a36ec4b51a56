"""An answer as it was asked for → its extraction, by types alone.

In: the content of an answer, or the objects of an older dataset's problem, in JSON. Out: what `checks` would make of
it, in a third of the time; None where anything has to be straightened, left out or said. It decides nothing: `checks`
does.
"""

import re
from collections.abc import Sequence
from itertools import chain
from typing import Annotated, Any, Final, Literal

import msgspec

from asyncgeo.schema import conditions, drawn, wire
from asyncgeo.schema.possible import is_sound
from asyncgeo.schema.records import Circle, Extraction, RequiredObjects
from asyncgeo.schema.shapes import COMMON_POINT
from asyncgeo.schema.together import calls_no_circle_a_line
from asyncgeo.schema.unexpressed import clauses


class _Circle(Circle, frozen=True, omit_defaults=True):
    center: COMMON_POINT
    radius_point: COMMON_POINT | None = None


class PlainObjects(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """Objects whose points have common names."""

    points: list[COMMON_POINT] = []
    segments: list[tuple[COMMON_POINT, COMMON_POINT]] = []
    lines: list[Annotated[tuple[COMMON_POINT, ...], msgspec.Meta(min_length=1, max_length=2)]] = []
    circles: list[_Circle] = []
    polygons: list[Annotated[tuple[COMMON_POINT, ...], msgspec.Meta(min_length=3)]] = []


class _Answer(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    verdict: Literal["parsed"]
    cleaned_text: str
    category: conditions.Category
    difficulty: conditions.Difficulty
    required_objects: PlainObjects
    verification_conditions: list[conditions.COMMON]  # type: ignore[valid-type]
    reason: None = None
    detail: str = ""
    coverage: Annotated[float, msgspec.Meta(ge=0, le=1)] | None = None


class _Fact(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    type: str
    of: str


class _Short(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    text: str
    facts: list[_Fact]
    also: str
    unexpressed: list[str]
    category: conditions.Category
    difficulty: conditions.Difficulty
    coverage: Annotated[float, msgspec.Meta(ge=0, le=1)] | None = None


class _Wire(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    answer: _Short


_WIRE_DECODER: Final = msgspec.json.Decoder(_Wire)
_DECODER: Final = msgspec.json.Decoder(_Answer)
_OBJECTS_DECODER: Final = msgspec.json.Decoder(PlainObjects)
_ENCODER: Final = msgspec.json.Encoder()
_ODD_NUMBER: Final = re.compile(rb"\.0\b|\de|\d{12}")
"""In a condition, where names have three digits at most: a whole number spelt as a fraction, or one beyond belief."""


def parse(content: str) -> Extraction | None:
    """The extraction of an answer that is a parse, in `wire`'s form or that of earlier versions."""
    try:
        return _parse_wire(_WIRE_DECODER.decode(content).answer)
    except (ValueError, RecursionError):
        return _parse_long(content)


def _parse_wire(found: _Short) -> Extraction | None:
    """Facts are remembered with what they name: problems repeat them."""
    facts = [wire.fact(each.type, each.of) for each in found.facts]
    cleaned = found.text.strip()
    if None in facts or not cleaned or not "".join((found.text, *found.unexpressed)).isprintable():
        return None
    known = {fact.spelt: fact for fact in facts if fact is not None}
    things = drawn.read(chain.from_iterable(fact.things for fact in known.values()), found.also)
    if things is None:
        return None
    objects = drawn.objects_of(things)
    points = dict.fromkeys(chain(objects.points, drawn.named(objects), *(fact.points for fact in known.values())))
    if not points:
        return None
    objects.points[:] = points
    straight: list[conditions.Condition] = msgspec.json.decode(b"[%s]" % b",".join(known))
    if not calls_no_circle_a_line(straight, objects.circles):
        return None
    return Extraction(
        cleaned_text=cleaned,
        category=found.category,
        difficulty=found.difficulty,
        required_objects=objects,
        verification_conditions=straight,
        coverage=found.coverage,
        unexpressed=clauses(found.unexpressed),
    )


def _parse_long(content: str) -> Extraction | None:
    try:
        found = _DECODER.decode(content)
    except (ValueError, RecursionError):
        return None
    spelt = b",".join(dict.fromkeys(map(_ENCODER.encode, found.verification_conditions)))
    if _ODD_NUMBER.search(spelt) or not (found.cleaned_text + found.detail).isprintable():
        return None
    straight: list[conditions.Condition] = msgspec.json.decode(b"[%s]" % spelt)
    objects, cleaned = found.required_objects, found.cleaned_text.strip()
    if not cleaned or not _is_distinct(objects) or not all(map(is_sound, straight)):
        return None
    if not calls_no_circle_a_line(straight, objects.circles):
        return None
    points = dict.fromkeys(chain(objects.points, drawn.named(objects), *map(conditions.points_of, straight)))
    return _extraction(found, cleaned, list(points), straight) if points else None


def _extraction(found: _Answer, cleaned: str, points: list[str], straight: list[conditions.Condition]) -> Extraction:
    objects = found.required_objects
    return Extraction(
        cleaned_text=cleaned,
        category=found.category,
        difficulty=found.difficulty,
        required_objects=RequiredObjects(
            points,
            [list(names) for names in objects.segments],
            [list(names) for names in objects.lines],
            [Circle(each.center, each.radius_point) for each in objects.circles],
            [list(names) for names in objects.polygons],
        ),
        verification_conditions=straight,
        coverage=found.coverage,
    )


def plain_objects(spelt: bytes) -> PlainObjects | None:
    """The objects, with every point that they name among the points."""
    try:
        found = _OBJECTS_DECODER.decode(spelt)
    except msgspec.ValidationError:
        return None
    if not _is_distinct(found):
        return None
    found.points[:] = chain(found.points, drawn.named(found))
    return found


def _is_distinct(objects: PlainObjects) -> bool:
    """Whether nothing is named twice."""
    listed: list[Any] = [*objects.segments, *objects.lines, *objects.polygons]
    return _differ(listed) and _differ(objects.circles) and all(map(_differ, listed))


def _differ(values: Sequence[Any]) -> bool:
    return len(set(values)) == len(values)
