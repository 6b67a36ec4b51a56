"""What laws are tried on: every kind of row, and answers of models, good ones and such with anything anywhere."""

import json
from copy import deepcopy
from datetime import UTC
from typing import Any

from hypothesis import strategies as st

from asyncgeo.schema import conditions
from asyncgeo.schema.canonical import FORM
from asyncgeo.schema.conditions import Condition
from asyncgeo.schema.records import (
    SKIP_REASONS,
    Circle,
    Failed,
    Meta,
    Parsed,
    RequiredObjects,
    Row,
    Skipped,
    Source,
    Tokens,
)
from asyncgeo.schema.sanitize import plain_number
from asyncgeo.schema.shapes import POINT_NAME, Shape

SOURCES: tuple[Source, ...] = ("model", "rules", "screen")

points = st.sampled_from(("A", "B", "C", "D", "O", "P1", "B′"))
identifiers = st.integers(0, 10**12).map(str) | st.text(min_size=1, max_size=12)
texts = st.text(max_size=40)
counts = st.integers(0, 10**9)

metas = st.builds(
    Meta,
    at=st.datetimes(timezones=st.just(UTC)).map(lambda moment: moment.isoformat()),
    model=st.sampled_from(("", "gpt-4.1-mini", "a/b")),
    prompt=texts,
    tokens=st.builds(Tokens, input=counts, cached=counts, output=counts, cache_write=counts, reasoning=counts),
    attempts=st.integers(0, 9),
    latency=st.floats(0, 1e6),
    coverage=st.none() | st.floats(0, 1),
    findings=st.lists(texts, max_size=2).map(tuple),
    drawable=st.none() | st.booleans(),
    answered=texts,
    rechecked=st.booleans(),
    form=st.sampled_from((0, FORM)),
)
objects = st.builds(
    RequiredObjects,
    points=st.lists(points, max_size=4),
    segments=st.lists(st.lists(points, min_size=2, max_size=2), max_size=2),
    lines=st.lists(st.lists(points, min_size=1, max_size=2), max_size=2),
    circles=st.lists(st.builds(Circle, center=points, radius_point=st.none() | points), max_size=2),
    polygons=st.lists(st.lists(points, min_size=3, max_size=4), max_size=2),
)
valid_conditions = st.sampled_from([conditions.example(kind) for kind in conditions.TABLE.values()])

# conditions of every type, with any values of their fields' shapes, possible or not

names = st.from_regex(POINT_NAME, fullmatch=True)
numbers = (
    st.integers(-(10**12), 10**12)
    | st.floats(1e-9, 1e12)
    | st.floats(-1e12, -1e-9)
    | st.integers(1, 10**9).map(lambda millions: millions / 10**6)
).map(lambda number: plain_number(number) or 0)


def _lists(of: st.SearchStrategy[Any], least: int, most: int = 3) -> st.SearchStrategy[list[Any]]:
    return st.lists(of, min_size=least, max_size=most)


def _values(
    point: st.SearchStrategy[str], line: st.SearchStrategy[str], number: st.SearchStrategy[float]
) -> dict[Shape, st.SearchStrategy[Any]]:
    """Of every shape, made of these points, names of lines and numbers."""

    def points(least: int, most: int | None = None) -> st.SearchStrategy[list[str]]:
        return st.lists(point, min_size=least, max_size=most or least, unique=True)

    lines = points(2) | st.lists(line, min_size=1, max_size=1)
    return {
        Shape.POINT: point,
        Shape.PAIR: points(2),
        Shape.LINE: lines,
        Shape.LINES: _lists(lines, 2),
        Shape.LINES_2: _lists(lines, 2, 2),
        Shape.SEGMENTS: _lists(points(2), 1),
        Shape.SEGMENTS_2: _lists(points(2), 2),
        Shape.ANGLE: points(3),
        Shape.ANGLE_1: _lists(points(3), 1, 1),
        Shape.ANGLES_2: _lists(points(3), 2),
        Shape.ANGLE_OBJECTS: _lists(points(3).map(lambda angle: {"points": angle}), 2),
        Shape.TRIANGLE: points(3),
        Shape.POINTS_1: points(1, 2),
        Shape.POINTS_2: points(2, 3),
        Shape.POINTS_3: points(3, 4),
        Shape.POLYGONS: _lists(points(3, 4), 1, 2),
        Shape.POLYGONS_2: _lists(points(3), 2, 2),
        Shape.NUMBER: number,
        Shape.COUNT: st.integers(3, 6),
        Shape.RATIO: _lists(number.map(abs).filter(bool), 2, 2),
    }


def _facts(values: dict[Shape, st.SearchStrategy[Any]]) -> st.SearchStrategy[Condition]:
    def fact(kind: conditions.ConditionType) -> st.SearchStrategy[Condition]:
        fields = {
            field.name: st.sampled_from(field.choices) if field.choices else values[field.shape]
            for field in kind.fields
        }
        told = {field.name: fields.pop(field.name) for field in kind.fields if field.optional}
        order = ["type", *(field.name for field in kind.fields)]
        whole = st.fixed_dictionaries({"type": st.just(kind.name), **fields}, optional=told)
        return whole.map(lambda condition: {name: condition[name] for name in order if name in condition})

    return st.sampled_from(list(conditions.TABLE.values())).flatmap(fact)


facts = _facts(_values(st.sampled_from("ABCDO"), st.just("l"), st.sampled_from((-2, 0, 1, 2, 30, 90, 2.5))))
"""Valid conditions about the same few points, so that many say the same, or more, or less."""
odd_facts = _facts(_values(names, names, numbers))
"""Valid conditions about any points, with any numbers."""


_key: dict[str, st.SearchStrategy[Any]] = {
    "choices": st.lists(texts, max_size=2).map(tuple),
    "label": st.none() | st.integers(0, 25),
    "answer": texts | st.just(""),
}


def parsed(ids: st.SearchStrategy[str] = identifiers) -> st.SearchStrategy[Parsed]:
    """Parses by the model, by the rules, and by the rules in the model's place."""
    return st.builds(
        Parsed,
        id=ids,
        source=st.sampled_from(SOURCES),
        subject=texts,
        original_text=texts,
        cleaned_text=texts,
        category=st.sampled_from(conditions.CATEGORIES),
        difficulty=st.sampled_from(conditions.DIFFICULTIES),
        required_objects=objects,
        verification_conditions=st.lists(valid_conditions, max_size=4),
        unexpressed=st.lists(texts, max_size=2).map(tuple),
        error=st.none() | texts,
        kind=st.none() | st.sampled_from(("timeout", "invalid_answer")),
        **_key,
        meta=st.none() | metas,
    )


def rows(ids: st.SearchStrategy[str] = identifiers) -> st.SearchStrategy[Row]:
    """Rows of every kind."""
    skipped = st.builds(
        Skipped,
        id=ids,
        source=st.sampled_from(SOURCES),
        reason=st.sampled_from(SKIP_REASONS),
        detail=texts,
        **_key,
        meta=st.none() | metas,
    )
    failed = st.builds(Failed, id=ids, error=texts, kind=st.sampled_from(("timeout", "server")), meta=st.none() | metas)
    return parsed(ids) | skipped | failed


# answers of models: good ones, and such with anything anywhere, as text a server may send

ANSWER: dict[str, Any] = {
    "verdict": "parsed",
    "reason": None,
    "detail": "",
    "cleaned_text": "在△ABC中,AB=AC=5,D在BC上",
    "category": "Triangle Properties & Constructions",
    "difficulty": 2,
    "coverage": 0.5,
    "required_objects": {
        "points": ["A", "B", "C", "D"],
        "segments": [["A", "B"], ["A", "C"]],
        "lines": [["A", "D"], ["l"]],
        "circles": [{"center": "A", "radius_point": "B"}],
        "polygons": [["A", "B", "C"]],
    },
    "verification_conditions": [
        {"type": "segment_equality", "segments": [["A", "B"], ["A", "C"]]},
        {"type": "distance_equals", "segment": ["A", "B"], "value": 5},
        {"type": "segment_ratio", "segment1": ["B", "D"], "segment2": ["D", "C"], "ratio": [1, 2]},
        {"type": "regular_polygon", "polygon_points": ["A", "B", "C"], "sides": 3},
    ],
}
"""Usable as it is."""

_characters = (
    st.characters() | st.characters(categories=["Cs", "Cc"]) | st.sampled_from("\b\f\n\r\t\0\x7f\x85\u2028\\\"'")
)
odd_texts = st.text(_characters, max_size=12) | st.sampled_from(
    (
        "\ud800",
        "A\udfff",
        "\frac{1}{2}",
        "\triangle ABC",
        "A'",
        "P_{1}",
        "9" * 400,
        "1e999",
        "2.0",
        "NaN",
        "3cm",
        " " * 90,
    )
)
_numbers = (
    st.integers()
    | st.floats()
    | st.sampled_from((2.0, 50.0, -0.0, 1e15, 1e300, 5e-324, 2**53, 2**63, 2**64, 10**400, float("nan"), float("inf")))
)
_scalars = st.none() | st.booleans() | _numbers | odd_texts
odd_values = st.recursive(
    _scalars,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(("points", "center", "x")) | odd_texts, inner)
    ),
    max_leaves=8,
)


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Every list or object in the value with each of its keys."""
    found: list[tuple[Any, Any]] = []
    if isinstance(value, (dict, list)):
        for key in value if isinstance(value, dict) else range(len(value)):
            found += [(value, key), *_places(value[key])]
    return found


@st.composite
def answers(draw: st.DrawFn) -> dict[str, Any]:
    """The good answer with up to three of its values, at any depth, replaced by anything."""
    answer = deepcopy(ANSWER)
    for _ in range(draw(st.integers(0, 3))):
        holder, key = draw(st.sampled_from(_places(answer)))
        holder[key] = draw(odd_values)
    kind = draw(st.sampled_from(list(conditions.TABLE.values())))
    listed = answer["verification_conditions"]
    if isinstance(listed, list):
        listed.append({"type": kind.name, **{field.name: draw(odd_values) for field in kind.fields}})
    return answer


@st.composite
def completions(draw: st.DrawFn) -> str:
    """What stands in a completion: an answer or any JSON, alone or among other text, whole or cut."""
    value = draw(answers() | odd_values)
    written = json.dumps(value, ensure_ascii=draw(st.booleans()))
    around = draw(st.sampled_from(("{}", "```json\n{}\n```", "Well {{: {} }}", "{{}} {}", "<think>{{</think>{}")))
    whole = around.replace("{}", written, 1).replace("{{", "{").replace("}}", "}")
    return whole[: draw(st.integers(0, len(whole)))] if draw(st.integers(0, 9)) == 0 else whole
