"""Answers of models for property tests: good ones, and such with anything anywhere, as text a server may send."""

import json
from copy import deepcopy
from typing import Any

from hypothesis import strategies as st

from asyncgeo.schema import conditions

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

characters = (
    st.characters() | st.characters(categories=["Cs", "Cc"]) | st.sampled_from("\b\f\n\r\t\0\x7f\x85\u2028\\\"'")
)
texts = st.text(characters, max_size=12) | st.sampled_from(
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
numbers = (
    st.integers()
    | st.floats()
    | st.sampled_from((2.0, 50.0, -0.0, 1e15, 1e300, 5e-324, 2**53, 2**63, 2**64, 10**400, float("nan"), float("inf")))
)
scalars = st.none() | st.booleans() | numbers | texts
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(("points", "center", "x")) | texts, inner)
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
        holder[key] = draw(values)
    kind = draw(st.sampled_from(list(conditions.TABLE.values())))
    listed = answer["verification_conditions"]
    if isinstance(listed, list):
        listed.append({"type": kind.name, **{field.name: draw(values) for field in kind.fields}})
    return answer


@st.composite
def contents(draw: st.DrawFn) -> str:
    """What stands in a completion: an answer or any JSON, alone or among other text, whole or cut."""
    value = draw(answers() | values)
    written = json.dumps(value, ensure_ascii=draw(st.booleans()))
    around = draw(st.sampled_from(("{}", "```json\n{}\n```", "Well {{: {} }}", "{{}} {}", "<think>{{</think>{}")))
    whole = around.replace("{}", written, 1).replace("{{", "{").replace("}}", "}")
    return whole[: draw(st.integers(0, len(whole)))] if draw(st.integers(0, 9)) == 0 else whole
