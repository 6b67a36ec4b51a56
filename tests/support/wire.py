"""Answers in the form of earlier versions, and objects in no order, to compare with those of the present form."""

from typing import Any

import msgspec

from asyncgeo.schema.records import Extraction, RequiredObjects


def long_form(extraction: Extraction) -> str:
    """The parse as an answer of earlier versions, with what no type says besides."""
    raw = {
        "verdict": "parsed",
        "cleaned_text": extraction.cleaned_text,
        "category": extraction.category,
        "difficulty": extraction.difficulty,
        "required_objects": extraction.required_objects,
        "verification_conditions": extraction.verification_conditions,
        "unexpressed": extraction.unexpressed,
    }
    return msgspec.json.encode(raw).decode()


def unordered(extraction: Extraction) -> Any:
    """Everything that the parse says; objects in no order, and those of two and three points in any order of names."""
    objects = extraction.required_objects
    lists = (
        {frozenset(each) if len(each) < 4 else tuple(each) for each in listed}
        for listed in (objects.segments, objects.lines, objects.polygons)
    )
    rest = msgspec.structs.replace(extraction, required_objects=RequiredObjects())
    return rest, set(objects.points), set(objects.circles), *lists
