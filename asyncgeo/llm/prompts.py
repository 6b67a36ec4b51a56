"""A problem → the bytes of its request; the table of conditions → prompt text and strict JSON schema.

In: settings of the API and a `Problem`, or several. Out: request bodies. The static part (model, schema, instructions)
is encoded once for each form of request and comes first, byte-identical for all problems (and another for all packs of
problems), so that servers can cache it; the problems come last. It knows no network and no answer.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any, Final

import msgspec

from asyncgeo.llm import tokens
from asyncgeo.llm.formats import CACHE_MARK, CACHE_OPTIONS, CAP, FORMAT, OLD_CAP, STREAM, TIER, Form, ResponseFormat
from asyncgeo.schema import conditions, records, spelling, wire
from asyncgeo.schema.conditions import TYPE, ConditionType, Field
from asyncgeo.schema.records import Problem
from asyncgeo.schema.shapes import Shape
from asyncgeo.schema.table.entry import CENTER, Use

PROBLEM_MARK: Final = "Problem:\n"
"""How the user message that holds a problem begins; the problem's text is all that follows."""
PACK_MARK: Final = re.compile(r"^Problem (\d+):$", re.MULTILINE)
"""The line before each problem of a message that holds several, with the id by which its answer is told apart."""

CACHE_KEYS: Final = 8
"""Prompt caches are kept per machine and overflow at high rates; a few keys spread one prefix over a few machines."""

_CACHE_KEY: Final = "prompt_cache_key"
_USUAL: Final = Form()

_CATEGORIES: Final = {
    "Geometric Transformations": "rotation, fold, translation, symmetry",
    "Similarity & Congruence": "",
    "Circle Properties & Constructions": "",
    "Polygon Properties & Constructions": "four corners or more",
    "Triangle Properties & Constructions": "",
    "Measurement & Ratios": "lengths, heights, distances outdoors",
    "Locus Constructions": "",
    "Angle Relationships": "lines and angles alone",
    "Basic Constructions": "",
    "Applications of Geometric Theorems": "",
}
"""Categories in the order in which they take precedence, with what is not plain from the name."""

OFFERED: Final = tuple(kind for kind in conditions.TABLE.values() if kind.use is Use.OFFERED)
"""The types that a model is asked for."""


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

    def tokens(self, form: Form = _USUAL) -> int:
        """How many tokens that part has, as a server reads it: instructions and schema, without JSON's escapes."""
        return _tokens(form.format, packed=self._packed)


@cache
def _tokens(form: ResponseFormat, *, packed: bool) -> int:
    shape = msgspec.json.encode(_shape(packed=packed)).decode() if form is ResponseFormat.JSON_SCHEMA else ""
    return tokens.estimate(_system(form, packed=packed)) + tokens.estimate(shape) - tokens.PER_MESSAGE


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
    text: Any = _system(form.format, packed=packed)
    if CACHE_OPTIONS in body:
        text = [{"type": "text", "text": text, CACHE_MARK: {"mode": "explicit"}}]
    body["messages"] = [{"role": "system", "content": text}]
    return msgspec.json.encode(body)[: -len(b"]}")] + b","


def _system(form: ResponseFormat, *, packed: bool) -> str:
    return instructions(form) + (f"\n\n{_text('pack.md').strip()}" if packed else "")


def _response_format(form: ResponseFormat, *, packed: bool) -> dict[str, Any]:
    if form is ResponseFormat.JSON_OBJECT:
        return {"type": "json_object"}
    shape = {"name": "extraction", "strict": True, "schema": _shape(packed=packed)}
    return {"type": "json_schema", "json_schema": shape}


def _shape(*, packed: bool) -> dict[str, Any]:
    return schema_of_packs() if packed else schema()


def schema_of_packs() -> dict[str, Any]:
    """The strict JSON schema of the answers to several problems: a list of them, each after its id.

    How many there are is not said, so that it is the same for packs of any size. The two kinds of answer stay inside
    "answer", so that they are told apart by their first key.
    """
    return _object({"answers": _array(_object({"id": _STRING, wire.ANSWER: _answer()}))})


def instructions(form: ResponseFormat = ResponseFormat.TEXT) -> str:
    """The system message: what to read, every type of condition by example, categories, difficulty, examples.

    Without a schema it names the members of an answer as well. Every request pays for this text.
    """
    named = (f"{name} ({hint})" if hint else name for name, hint in _CATEGORIES.items())
    return (
        _text("system.md")
        .replace("{vocabulary}", "\n".join(map(_show, OFFERED)))
        .replace("{categories}", "; ".join(named))
        .replace("{form}", "" if form is ResponseFormat.JSON_SCHEMA else _text("json.md"))
        .replace("{examples}", _text("examples.md"))
        .strip()
    )


def _text(name: str) -> str:
    return (resources.files("asyncgeo.llm") / "texts" / name).read_text(encoding="utf-8")


def _show(kind: ConditionType) -> str:
    """`- angle_value ABC 50: degrees`."""
    example = {field.name: kind.example[field.name] for field in kind.fields if not field.optional}
    optional = [f"[{field.name}={_values(field)}]" for field in kind.fields if field.optional]
    shown = " ".join((kind.name, spelling.spell({TYPE: kind.name, **example}), *optional))
    return f"- {shown}: {_gloss(kind)}"


def _values(field: Field) -> str:
    return "|".join(field.choices) or {Shape.NUMBER: "60", Shape.LINE: "AB"}.get(field.shape, "A")


def _gloss(kind: ConditionType) -> str:
    """What the type says, what is not plain of optional fields, and the words that another may be."""
    told = (field for field in kind.fields if field.optional and field.gloss not in ("", CENTER.gloss))
    hints = [f"{field.name} {field.gloss}" for field in told]
    words = [", ".join(field.choices) for field in kind.fields if field.choices and not field.optional]
    return f"{kind.gloss} ({'; '.join(words + hints)})" if hints or words else kind.gloss


def schema() -> dict[str, Any]:
    """The strict JSON schema of an answer: every member required, none beside them.

    Within the limits of strict structured outputs: root object, nested `anyOf`, no `allOf`, under 10 levels.
    """
    return _object({wire.ANSWER: _answer()})


def _answer() -> dict[str, Any]:
    """What stands for one problem: a parse or a refusal, told apart by their first member."""
    parse = {
        "text": _STRING,
        "facts": _array(_object({TYPE: _one_of(kind.name for kind in OFFERED), "of": _STRING})),
        "also": _STRING,
        "unexpressed": _array(_STRING),
        "category": _one_of(conditions.CATEGORIES),
        "difficulty": {"type": "integer", "enum": list(conditions.DIFFICULTIES)},
    }
    refusal = {"skip": _one_of(records.SKIP_REASONS), "detail": _STRING}
    return {"anyOf": [_object(parse), _object(refusal)]}


_STRING: Final = {"type": "string"}


def _one_of(words: Iterable[str]) -> dict[str, Any]:
    return {"type": "string", "enum": list(words)}


def _array(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


def _object(members: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": members, "required": list(members), "additionalProperties": False}
