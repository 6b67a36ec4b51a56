import json
from typing import Any

import pytest
from hypothesis import given, strategies as st
from support.cases import for_each

from asyncgeo.llm import tokens
from asyncgeo.llm.formats import CACHE_OPTIONS, Form, ResponseFormat
from asyncgeo.llm.prompts import OFFERED, PACK_MARK, PROBLEM_MARK, Prompt, instructions, schema, schema_of_packs
from asyncgeo.schema import conditions, usual, wire
from asyncgeo.schema.checks import Checked, read
from asyncgeo.schema.conditions import ConditionType
from asyncgeo.schema.records import Problem
from asyncgeo.schema.spelling import spell
from asyncgeo.simulator.strict import schema_defect

PROMPT = Prompt("some-model", 1500, {"seed": 7}, cache_keys=8)


def test_a_request_is_whole_json() -> None:
    """The spliced bytes are a request as the API documents it."""
    body = json.loads(PROMPT.render(Problem("1", '如图,"∠A"\n=50°', 3), Form()))
    assert body["model"] == "some-model"
    assert body["max_completion_tokens"] == 1500
    assert body["seed"] == 7
    assert body["response_format"]["json_schema"]["strict"] is True
    assert [message["role"] for message in body["messages"]] == ["system", "user"]
    assert body["messages"][1]["content"] == PROBLEM_MARK + '如图,"∠A"\n=50°'
    assert "temperature" not in body  # reasoning models refuse it


def test_the_end_of_the_static_part_is_marked_where_the_cache_holds_what_is_marked() -> None:
    """The instructions are cached and no problem is; a server that refuses the option is sent plain text."""
    marked = Prompt("m", 1500, {CACHE_OPTIONS: {"mode": "explicit"}})
    problem = Problem("1", "x")
    system, user = json.loads(marked.render(problem, Form()))["messages"]
    assert system["content"] == [
        {
            "type": "text",
            "text": instructions(ResponseFormat.JSON_SCHEMA),
            "prompt_cache_breakpoint": {"mode": "explicit"},
        }
    ]
    assert user["content"] == PROBLEM_MARK + "x"
    plain = json.loads(marked.render(problem, Form(without=frozenset({CACHE_OPTIONS}))))
    assert plain["messages"][0]["content"] == instructions(ResponseFormat.JSON_SCHEMA)
    assert CACHE_OPTIONS not in plain


@given(st.text(), st.sampled_from(ResponseFormat), st.none() | st.tuples(st.text(), st.text()))
def test_any_text_survives_the_splice(text: str, form: ResponseFormat, correction: tuple[str, str] | None) -> None:
    """What the model is shown is the problem's text, whatever stands in it."""
    body = json.loads(PROMPT.render(Problem("1", text), Form(form), correction))
    assert body["messages"][1]["content"] == PROBLEM_MARK + text
    later = body["messages"][2:]
    if correction is not None:
        assert correction[1] in later.pop()["content"]
    shown = [{"role": "assistant", "content": correction[0]}] if correction and correction[0].strip() else []
    assert later == shown  # an answer without a word is not shown: servers refuse empty messages


PACKS = Prompt("some-model", 1500, {"seed": 7}, cache_keys=8, packed=True)


def test_a_pack_is_one_message_with_its_problems_by_number() -> None:
    """Numbers stand for ids, which may be anything; what is before the message is the same for packs of any size."""
    problems = [Problem("a/ü 1", "△ABC", 12), Problem("a/ü 2", "△KLM\n,KL=KM", 13), Problem("7", "⊙O", 14)]
    for form in map(Form, ResponseFormat):
        three, two = PACKS.render_pack(problems, form), PACKS.render_pack(problems[:2], form)
        assert three.startswith(PACKS.head(form))
        assert two.startswith(PACKS.head(form))
        system, user = json.loads(three)["messages"]
        assert user["content"] == "Problem 1:\n△ABC\n\nProblem 2:\n△KLM\n,KL=KM\n\nProblem 3:\n⊙O"
        assert PACK_MARK.findall(user["content"]) == ["1", "2", "3"]
        assert "answers" in system["content"]
    assert PACKS.digest != PROMPT.digest


def test_the_schema_of_a_pack_is_a_list_of_answers_with_ids() -> None:
    """Strict, as the schema of one answer is; the id comes first, so that it is known before the rest is written."""
    shape = schema_of_packs()
    assert schema_defect(shape) is None
    answer = shape["properties"]["answers"]["items"]
    assert list(answer["properties"]) == ["id", *schema()["properties"]]
    assert answer["required"] == list(answer["properties"])


def test_the_prefix_is_the_same_for_all_problems_and_long_enough_to_be_cached() -> None:
    """Caches start at 1,024 tokens; one estimated token too few would cost the discount."""
    one, other = (PROMPT.render(Problem("1", text), Form(ResponseFormat.TEXT)) for text in ("如图", "In the figure"))
    common = next(i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b)
    assert one[:common].endswith(PROBLEM_MARK.replace("\n", "\\n").encode())
    assert tokens.estimate(instructions(ResponseFormat.JSON_SCHEMA)) > 1.5 * 1024


def test_response_formats_step_down_to_nothing() -> None:
    """A server that knows less is sent less, and then told in words."""
    bodies = {form: json.loads(PROMPT.render(Problem("1", "x"), Form(form))) for form in ResponseFormat}
    assert bodies[ResponseFormat.JSON_OBJECT]["response_format"] == {"type": "json_object"}
    assert "response_format" not in bodies[ResponseFormat.TEXT]
    assert '{"answer": {"text", "facts"' in bodies[ResponseFormat.TEXT]["messages"][0]["content"]


def test_cache_keys_are_few_and_optional() -> None:
    """Servers that refuse unknown members get none."""
    form = Form(ResponseFormat.TEXT)
    keys = {json.loads(PROMPT.render(Problem("1", "x", n), form))["prompt_cache_key"] for n in range(50)}
    assert len(keys) == 8
    plain = Prompt("some-model", 1500)
    assert "prompt_cache_key" not in json.loads(plain.render(Problem("1", "x"), form))
    assert plain.digest != PROMPT.digest


def test_what_a_server_does_not_take_is_left_out() -> None:
    """Each member alone; the cap goes by its old name first; the prompt's name stays, for the question is the same."""
    digest = PROMPT.digest

    def body(*without: str, streamed: bool = False) -> dict[str, Any]:
        form = Form(without=frozenset(without), streamed=streamed)
        found = json.loads(PROMPT.render(Problem("1", "x"), form))
        assert isinstance(found, dict)
        return found

    usual = body()
    assert body("max_completion_tokens") == {
        name: value for name, value in usual.items() if name != "max_completion_tokens"
    } | {"max_tokens": 1500}
    for member in ("seed", "prompt_cache_key"):
        assert body(member) == {name: value for name, value in usual.items() if name != member}
    assert not body("max_completion_tokens", "max_tokens").keys() & {"max_completion_tokens", "max_tokens"}
    assert body(streamed=True) == usual | {"stream": True, "stream_options": {"include_usage": True}}
    assert body("stream_options", streamed=True) == usual | {"stream": True}
    assert PROMPT.digest == digest


def _objects(node: Any, depth: int = 0) -> list[tuple[dict[str, Any], int]]:
    found = [(node, depth)] if isinstance(node, dict) and node.get("type") == "object" else []
    inner = node.values() if isinstance(node, dict) else node if isinstance(node, list) else []
    return found + [each for value in inner for each in _objects(value, depth + 1)]


def test_the_schema_keeps_to_strict_structured_outputs() -> None:
    """Root object, every member required, none beside them, no forbidden keyword, within the documented limits."""
    whole = schema()
    objects = _objects(whole)
    assert whole["type"] == "object"
    for node, _ in objects:
        assert node["required"] == list(node["properties"])
        assert node["additionalProperties"] is False
    assert sum(len(node["properties"]) for node, _ in objects) < 5000
    text = json.dumps(whole)
    assert not any(f'"{word}"' in text for word in ("allOf", "not", "if", "then", "else", "oneOf", "patternProperties"))
    assert schema_defect(whole) is None


@for_each("form", ResponseFormat)
@for_each("kind", OFFERED, ids=lambda kind: kind.name)
def test_prompt_and_schema_know_every_type_that_is_asked_for(kind: ConditionType, form: ResponseFormat) -> None:
    """They derive from the table, so none can be forgotten; each is shown as it is spelt in an answer."""
    required = {field.name: kind.example[field.name] for field in kind.fields if not field.optional}
    assert f"- {kind.name} {spell({'type': kind.name, **required})}" in instructions(form)
    parse, _ = schema()["properties"]["answer"]["anyOf"]
    assert kind.name in parse["properties"]["facts"]["items"]["properties"]["type"]["enum"]


def test_every_category_is_named_and_no_other() -> None:
    """The order in which they take precedence is the prompt's own."""
    (line,) = (line for line in instructions().splitlines() if line.startswith('"category"'))
    assert all(name in line for name in conditions.CATEGORIES)
    assert line.count(";") == len(conditions.CATEGORIES) - 1


def test_a_request_is_half_of_what_it_was() -> None:
    """Prompt and schema, which every request pays for; 5,153 tokens (o200k_base) when each type had its own schema."""
    assert all(PROMPT.tokens(Form(form)) <= 2600 for form in ResponseFormat)
    assert PROMPT.tokens() < tokens.estimate(PROMPT.head().decode())  # no server reads JSON's escapes


EXAMPLES = [line for line in instructions().splitlines() if line.startswith('{"answer"')]


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_examples_in_the_prompt_are_answers_we_accept(example: str) -> None:
    """What the model is shown passes our own checks the quick way, as it is, and obeys the schema."""
    checked = read(example)
    assert isinstance(checked, Checked)
    assert checked.findings == ()
    answer = json.loads(example)["answer"]
    assert any(list(answer) == choice["required"] for choice in schema()["properties"]["answer"]["anyOf"])
    assert wire.pack(usual.parse(example) or checked.extraction) == {"answer": answer}


def test_the_examples_are_a_circle_a_motion_and_a_refusal() -> None:
    """Of points that problems seldom have, so that an echo shows; weak models repeat the last, which is no refusal."""
    refusal, motion, circle = (json.loads(example)["answer"] for example in EXAMPLES)
    assert "tangent_at_point" in {fact["type"] for fact in circle["facts"]}
    assert "geometric_transformation" in {fact["type"] for fact in motion["facts"]}
    assert motion["unexpressed"]
    assert refusal["skip"]
