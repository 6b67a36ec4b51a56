"""A problem → the bytes of its request; the table of conditions → prompt text and strict JSON schema.

In: settings of the API and a `Problem`, or several. Out: request bodies. The static part (model, schema, instructions)
is encoded once for each form of request and comes first, byte-identical for all problems (and another for all packs of
problems), so that servers can cache it; the problems come last. It knows no network and no answer.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any, Final

import msgspec

from asyncgeo.llm.formats import CACHE_MARK, CACHE_OPTIONS, CAP, FORMAT, OLD_CAP, STREAM, TIER, Form, ResponseFormat
from asyncgeo.schema import conditions, records
from asyncgeo.schema.conditions import TYPE, ConditionType, Field
from asyncgeo.schema.records import Problem
from asyncgeo.schema.shapes import Shape

PROBLEM_MARK: Final = "Problem:\n"
"""How the user message that holds a problem begins; the problem's text is all that follows."""
PACK_MARK: Final = re.compile(r"^Problem (\d+):$", re.MULTILINE)
"""The line before each problem of a message that holds several, with the id by which its answer is told apart."""

CACHE_KEYS: Final = 8
"""Prompt caches are kept per machine and overflow at high rates; a few keys spread one prefix over a few machines."""

_CACHE_KEY: Final = "prompt_cache_key"
_USUAL: Final = Form()

_ANSWER_EXAMPLE: Final = {
    "verdict": "parsed",
    "reason": None,
    "detail": "",
    "cleaned_text": "在△PQR中,PQ=PR,S是QR的中点,∠QPR=50°",
    "category": "Triangle Properties & Constructions",
    "difficulty": 2,
    "required_objects": {
        "points": ["P", "Q", "R", "S"],
        "segments": [["P", "Q"], ["P", "R"], ["Q", "R"], ["P", "S"]],
        "lines": [],
        "circles": [],
        "polygons": [["P", "Q", "R"]],
    },
    "verification_conditions": [
        {"type": "segment_equality", "segments": [["P", "Q"], ["P", "R"]]},
        {"type": "midpoint_of", "point": "S", "segment": ["Q", "R"]},
        {"type": "angle_value", "points": [["Q", "P", "R"]], "value": 50},
    ],
}


class Prompt:
    """Renders requests for one model and one set of extra parameters.

    Args:
        model: the model's name as the endpoint knows it. max_completion_tokens: the cap of an answer; it is what a
        token limit reserves. extra: further members of the request body (`seed`, `reasoning_effort`, …); they win over
        ours, and with `prompt_cache_options` the end of the static part is marked as what to cache. cache_keys: the
        number of different `prompt_cache_key`s to send; 0 sends none, for servers that refuse unknown members. packed:
        its requests are about several problems at once (`render_pack`), and only those.
    """

    def __init__(
        self,
        model: str,
        max_completion_tokens: int,
        extra: Mapping[str, Any] | None = None,
        *,
        cache_keys: int = 0,
        packed: bool = False,
    ) -> None:
        self._settings = {"model": model, CAP: max_completion_tokens, **(extra or {})}
        self._packed = packed
        self._heads = {form: _head(self._settings, form, packed=packed) for form in map(Form, ResponseFormat)}
        self._cache_keys = cache_keys
        self.digest: Final = hashlib.sha256(b"".join(self._heads.values())).hexdigest()[:12]

    def render(self, problem: Problem, form: Form, correction: tuple[str, str] | None = None) -> bytes:
        """The request body that asks for `problem`.

        `correction` is (the answer that could not be used, why): the model is shown both and asked again. An empty
        answer is not shown: many servers refuse a message of the assistant without content.
        """
        messages = [{"role": "user", "content": PROBLEM_MARK + problem.text}]
        if correction is not None:
            answer, why = correction
            shown = _text("correction.md").replace("{why}", why)
            messages += [{"role": "assistant", "content": answer}] if answer.strip() else []
            messages += [{"role": "user", "content": shown}]
        return self._body(messages, form, problem.position)

    def render_pack(self, problems: Sequence[Problem], form: Form) -> bytes:
        """The request body that asks for all of `problems`; their ids in it are 1, 2, 3, …."""
        shown = "\n\n".join(f"Problem {number}:\n{each.text}" for number, each in enumerate(problems, 1))
        return self._body([{"role": "user", "content": shown}], form, problems[0].position // len(problems))

    def _body(self, messages: list[dict[str, str]], form: Form, number: int) -> bytes:
        """The head with these messages and the cache key for request `number`."""
        tail = msgspec.json.encode(messages)[1:-1] + b"]"
        if self._cache_keys and _CACHE_KEY not in form.without:
            key = (_CACHE_KEY.encode(), self.digest.encode(), number % self._cache_keys)
            tail += b',"%s":"asyncgeo-%s-%d"' % key
        return self.head(form) + tail + b"}"

    def head(self, form: Form = _USUAL) -> bytes:
        """The part of the body that is the same for every problem."""
        if form not in self._heads:
            self._heads[form] = _head(self._settings, form, packed=self._packed)
        return self._heads[form]


def _head(settings: Mapping[str, Any], form: Form, *, packed: bool) -> bytes:
    """The body up to and including the comma after the system message."""
    body = dict(settings)
    if CAP in form.without:
        body.setdefault(OLD_CAP, settings[CAP])
    if form.format is not ResponseFormat.TEXT:
        body.setdefault(FORMAT, _response_format(form.format, packed=packed))
    if form.tier:
        body[TIER] = form.tier
    if form.streamed:
        body |= {STREAM: True, "stream_options": {"include_usage": True}}
    body = {name: value for name, value in body.items() if name not in form.without}
    text: Any = instructions(form.format) + (f"\n\n{_text('pack.md').strip()}" if packed else "")
    if CACHE_OPTIONS in body:
        text = [{"type": "text", "text": text, CACHE_MARK: {"mode": "explicit"}}]
    body["messages"] = [{"role": "system", "content": text}]
    return msgspec.json.encode(body)[: -len(b"]}")] + b","


def _response_format(form: ResponseFormat, *, packed: bool) -> dict[str, Any]:
    if form is ResponseFormat.JSON_OBJECT:
        return {"type": "json_object"}
    shape = schema_of_packs() if packed else schema()
    return {"type": "json_schema", "json_schema": {"name": "extraction", "strict": True, "schema": shape}}


def schema_of_packs() -> dict[str, Any]:
    """The strict JSON schema of the answers to several problems: a list of answers, each with its id before the rest.

    How many there are is not said, so that it is the same for packs of any size.
    """
    alone = schema()
    answer = _object({"id": {"type": "string"}, **alone["properties"]})
    return {**alone, **_object({"answers": _array(answer)})}


def instructions(form: ResponseFormat = ResponseFormat.TEXT) -> str:
    """The system message: what to read, every type of condition, categories, difficulty, an example.

    With a schema the fields of a type are enforced, so it names and explains the types only; without one it shows
    each by example. Every request pays for this text.
    """
    by_example = form is not ResponseFormat.JSON_SCHEMA
    types = (_show(kind) if by_example else f"- {kind.name}: {_gloss(kind)}" for kind in conditions.TABLE.values())
    return (
        _text("system.md")
        .replace("{vocabulary}", "\n".join(types))
        .replace("{categories}", "\n".join(f"- {name}" for name in conditions.CATEGORIES))
        .replace("{form}", _text("json.md") if by_example else "")
        .replace("{example}", msgspec.json.encode(_ANSWER_EXAMPLE).decode())
        .strip()
    )


def _text(name: str) -> str:
    return (resources.files("asyncgeo.llm") / "texts" / name).read_text(encoding="utf-8")


def _show(kind: ConditionType) -> str:
    choices = [f"{field.name} one of {', '.join(field.choices)}" for field in kind.fields if field.choices]
    optional = [f"{field.name} may be null" for field in kind.fields if field.optional]
    shown = msgspec.json.encode(conditions.example(kind)).decode()
    return f"- {shown} {'; '.join([_gloss(kind), *choices, *optional])}"


def _gloss(kind: ConditionType) -> str:
    hints = [f"{field.name}: {field.gloss}" for field in kind.fields if field.gloss]
    return f"{kind.gloss} ({'; '.join(hints)})" if hints else kind.gloss


def schema() -> dict[str, Any]:
    """The strict JSON schema of an answer: every member required, none beside them, optional ones nullable.

    Within the limits of strict structured outputs: root object, nested `anyOf`, no `allOf`, under 10 levels.
    """
    return {
        **_object(
            {
                "verdict": {"type": "string", "enum": ["parsed", "skipped"]},
                "reason": {"anyOf": [{"type": "string", "enum": list(records.SKIP_REASONS)}, {"type": "null"}]},
                "detail": {"type": "string"},
                "cleaned_text": {"type": "string"},
                "category": {"type": "string", "enum": list(conditions.CATEGORIES)},
                "difficulty": {"type": "integer", "enum": list(conditions.DIFFICULTIES)},
                "required_objects": _object(
                    {
                        "points": _array(_ref(Shape.POINT)),
                        "segments": _array(_ref(Shape.PAIR)),
                        "lines": _array(_ref(Shape.LINE)),
                        "circles": _array(
                            _object({"center": _ref(Shape.POINT), "radius_point": _nullable(_ref(Shape.POINT))})
                        ),
                        "polygons": _array(_ref(Shape.POINTS_3)),
                    }
                ),
                "verification_conditions": _array({"anyOf": _conditions()}),
            }
        ),
        "$defs": {shape.value: definition for shape, definition in _DEFINITIONS.items()},
    }


def _conditions() -> list[dict[str, Any]]:
    """One member for all types with the same fields: as strict as one a type, and a third shorter to pay for."""
    alike: dict[tuple[tuple[str, Shape, bool, tuple[str, ...]], ...], list[str]] = {}
    for kind in conditions.TABLE.values():
        signature = tuple((field.name, field.shape, field.optional, field.choices) for field in kind.fields)
        alike.setdefault(signature, []).append(kind.name)
    return [_condition(names, conditions.TABLE[names[0]].fields) for names in alike.values()]


def _condition(names: list[str], fields: tuple[Field, ...]) -> dict[str, Any]:
    members: dict[str, Any] = {TYPE: {"type": "string", "enum": names}}
    for field in fields:
        word = {"type": "string", "enum": list(field.choices)}
        value = word if field.shape is Shape.WORD else _ref(field.shape)
        members[field.name] = _nullable(value) if field.optional else value
    return _object(members)


def _object(members: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": members, "required": list(members), "additionalProperties": False}


def _array(items: dict[str, Any], least: int = 0, most: int | None = None) -> dict[str, Any]:
    bounds = {"minItems": least} if least else {}
    return {"type": "array", "items": items, **bounds, **({} if most is None else {"maxItems": most})}


def _nullable(value: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [value, {"type": "null"}]}


def _ref(shape: Shape) -> dict[str, Any]:
    """A reference to the shape's definition; a point, and a number, are shorter in place."""
    return _SHORT.get(shape, {"$ref": f"#/$defs/{shape.value}"})


_SHORT: Final[Mapping[Shape, dict[str, Any]]] = {
    Shape.POINT: {"type": "string"},
    Shape.NUMBER: {"type": "number"},
    Shape.COUNT: {"type": "integer"},
}
_DEFINITIONS: Final[Mapping[Shape, dict[str, Any]]] = {
    Shape.PAIR: _array(_ref(Shape.POINT), 2, 2),
    Shape.LINE: _array(_ref(Shape.POINT), 1, 2),
    Shape.LINES: _array(_ref(Shape.LINE), 2),
    Shape.LINES_2: _array(_ref(Shape.LINE), 2, 2),
    Shape.SEGMENTS: _array(_ref(Shape.PAIR), 1),
    Shape.SEGMENTS_2: _array(_ref(Shape.PAIR), 2),
    Shape.ANGLE: _array(_ref(Shape.POINT), 3, 3),
    Shape.ANGLE_1: _array(_ref(Shape.ANGLE), 1, 1),
    Shape.ANGLES_2: _array(_ref(Shape.ANGLE), 2),
    Shape.ANGLE_OBJECTS: _array(_object({"points": _ref(Shape.ANGLE)}), 2),
    Shape.TRIANGLE: _array(_ref(Shape.POINT), 3, 3),
    Shape.POINTS_1: _array(_ref(Shape.POINT), 1),
    Shape.POINTS_2: _array(_ref(Shape.POINT), 2),
    Shape.POINTS_3: _array(_ref(Shape.POINT), 3),
    Shape.POLYGONS: _array(_ref(Shape.POINTS_3), 1),
    Shape.POLYGONS_2: _array(_ref(Shape.POINTS_3), 2, 2),
    Shape.RATIO: _array({"type": "number"}, 2, 2),
}
