"""The form in which a model is asked to answer: short, flat, the same for all types of condition.

In: an extraction, or an answer in this form. Out: the answer, or what `checks` reads. Pure, and by the table alone: a
new type needs nothing here. It knows no prompt.

    {"answer": {"text": "△PQR,PQ=PR,∠P=50°", "facts": [{"type": "triangle_valid", "of": "PQR"},
      {"type": "segment_equality", "of": "PQ PR"}, {"type": "angle_value", "of": "QPR 50"}],
      "also": "PS line:l circle:O", "unexpressed": [], "category": "Triangle Properties & Constructions",
      "difficulty": 2}}
    {"answer": {"skip": "pure_calculation", "detail": "…"}}

`of` holds the fields of a condition as `spelling` writes them; `also` what is to be drawn and no fact names (`drawn`).
"""

from functools import lru_cache
from itertools import chain
from typing import Any, Final, NamedTuple

import msgspec

from asyncgeo.schema import drawn, spelling
from asyncgeo.schema.conditions import TABLE, TYPE, defect, points_of
from asyncgeo.schema.possible import is_sound
from asyncgeo.schema.records import Extraction
from asyncgeo.schema.synonyms import straighten

ANSWER: Final = "answer"
MARKS: Final = frozenset({ANSWER, "facts", "skip", "verdict"})
"""Members by which an answer is known, in this form or in that of earlier versions."""


def pack(extraction: Extraction) -> dict[str, Any]:
    """The answer that means this extraction; objects are the same, each in one order of its names or another."""
    if extraction.reason is not None:
        return {ANSWER: {"skip": extraction.reason, "detail": extraction.detail}}
    facts = extraction.verification_conditions
    return {
        ANSWER: {
            "text": extraction.cleaned_text,
            "facts": [{TYPE: fact[TYPE], "of": spelling.spell(fact)} for fact in facts],
            "also": " ".join(drawn.besides(extraction.required_objects, facts)),
            "unexpressed": list(extraction.unexpressed),
            "category": extraction.category,
            "difficulty": extraction.difficulty,
        }
    }


def unpack(found: dict[str, Any]) -> dict[str, Any]:
    """What `checks` reads, of an answer in this form; one in another form as it is."""
    answer = found.get(ANSWER, found)
    if not isinstance(answer, dict) or answer.keys().isdisjoint(("facts", "skip")):
        return found
    if answer.get("skip") or "facts" not in answer:
        return {"verdict": "skipped", "reason": answer["skip"], "detail": answer.get("detail")}
    listed, unexpressed = answer.get("facts"), answer.get("unexpressed")
    facts = [_condition_of(item) for item in listed] if isinstance(listed, list) else None
    return {
        "verdict": "parsed",
        "cleaned_text": answer.get("text"),
        "required_objects": drawn.read_loosely(chain.from_iterable(map(straighten, facts or ())), answer.get("also")),
        "verification_conditions": facts,
        "unexpressed": [unexpressed] if isinstance(unexpressed, str) else unexpressed,
        **{name: answer.get(name) for name in ("category", "difficulty", "coverage")},
    }


def _condition_of(item: Any) -> Any:
    """The condition that a fact is, values spelt as they came; what is none as it came, for a finding to show."""
    name, text = _parted(item)
    kind = TABLE.get(name)
    if kind is None or not isinstance(text, str):
        return item
    condition = spelling.read(kind, text)
    if condition is not None and defect(condition) is None:
        return condition
    loose = spelling.read_loosely(kind, text)
    return loose if straighten(loose) else item


def _parted(item: Any) -> tuple[str, Any]:
    """Type and fields of `{"type": "parallel", "of": "AB CD"}`, `{"parallel": "AB CD"}` or `"parallel AB CD"`."""
    if isinstance(item, dict):
        return next(iter(item.items())) if len(item) == 1 else (str(item.get(TYPE)), item.get("of"))
    name, _, text = str(item).partition(" ")
    return name, text


class Remembered(NamedTuple):
    """A condition in JSON, the points that it names, and what it gives to draw."""

    spelt: bytes
    points: tuple[str, ...]
    things: tuple[drawn.Thing, ...]


@lru_cache(1 << 14)  # distinct facts, some 10 MB; problems repeat them (a point on a circle, an angle of 90°)
def fact(kind: str, text: str) -> Remembered | None:
    """A fact that is spelt as it was asked for, and can hold."""
    condition = spelling.read(TABLE[kind], text) if kind in TABLE else None
    if condition is None or defect(condition) is not None or not is_sound(condition):
        return None
    return Remembered(msgspec.json.encode(condition), tuple(points_of(condition)), tuple(drawn.things_of(condition)))
