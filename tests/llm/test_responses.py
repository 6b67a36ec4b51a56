import msgspec
import pytest
from support.cases import for_each

from asyncgeo.llm.outcomes import Action, Decision
from asyncgeo.llm.responses import Flaw, Reply, flaw, read
from asyncgeo.schema.records import Tokens


def completion(content: str | None = "{}", finish: str = "stop", refusal: str | None = None) -> bytes:
    message = {"role": "assistant", "content": content, "refusal": refusal}
    usage = {"prompt_tokens": 10, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 8}}
    choices = [{"index": 0, "message": message, "finish_reason": finish}]
    return msgspec.json.encode({"id": "c", "model": "m", "choices": choices, "usage": usage})


def test_a_completion_is_read() -> None:
    """Content, model, and what was billed."""
    assert read(completion('{"a":1}'), {}) == Reply('{"a":1}', "", "stop", "m", Tokens(10, 8, 5))


@pytest.mark.parametrize(
    ("usage", "found"),
    [
        (
            {
                "prompt_tokens": 2006,
                "completion_tokens": 300,
                "total_tokens": 2306,
                "prompt_tokens_details": {"cached_tokens": 1920, "cache_write_tokens": 80},
                "completion_tokens_details": {"reasoning_tokens": 128},
            },
            Tokens(2006, 1920, 300, 80, 128),
        ),
        ({"prompt_tokens": 9, "prompt_tokens_details": {"cache_creation_tokens": 7}}, Tokens(9, 0, 0, 7)),
        ({"prompt_tokens": 9, "cache_creation_input_tokens": 7}, Tokens(9, 0, 0, 7)),
        ({"prompt_tokens": 9, "prompt_cache_hit_tokens": 7, "cache_creation_input_tokens": 7}, Tokens(9, 7, 0, 2)),
        (
            {
                "prompt_tokens": 32,
                "completion_tokens": 9,
                "total_tokens": 135,
                "completion_tokens_details": {"reasoning_tokens": 94},
            },
            Tokens(32, 0, 103, 0, 94),
        ),
        ({"prompt_tokens": 21, "completion_tokens": 1, "total_tokens": 82}, Tokens(21, 0, 61, 0, 60)),
        (
            {"prompt_tokens": 9, "completion_tokens": 5, "total_tokens": 14, "reasoning_tokens": 50},
            Tokens(9, 0, 5, 0, 5),
        ),
        ({"prompt_tokens": 9, "completion_tokens": 5, "total_tokens": "x"}, Tokens(9, 0, 5)),
    ],
    ids=["openai", "litellm", "litellm-top", "deepseek", "xai", "gemini", "impossible", "odd"],
)
def test_usage_is_read_by_each_servers_names(usage: dict[str, object], found: Tokens) -> None:
    """Cache reads, cache writes and thoughts are parts of what is billed; thoughts counted beside it are added."""
    body = msgspec.json.encode({"choices": [{"message": {"content": "x"}}], "usage": usage})
    reply = read(body, {})
    assert isinstance(reply, Reply)
    assert reply.usage == found


@pytest.mark.parametrize(("thought", "kind"), [(1200, "thinking"), (300, "length")])
def test_a_cap_spent_on_thinking_is_told_with_the_knobs(thought: int, kind: str) -> None:
    """An answer that thinking left no room is not one that must be shorter."""
    usage = {"prompt_tokens": 9, "completion_tokens": 1500, "completion_tokens_details": {"reasoning_tokens": thought}}
    choices = [{"message": {"content": '{"verdict":"par'}, "finish_reason": "length"}]
    reply = read(msgspec.json.encode({"choices": choices, "usage": usage}), {})
    assert isinstance(reply, Reply)
    found = flaw(reply)
    assert found is not None
    assert found.kind == kind
    if kind == "thinking":
        assert "(1,200 of 1,500 tokens, finish_reason length)" in found.message
        assert "api.max_completion_tokens" in found.message
        assert "reasoning_effort" in found.message


def test_a_server_without_usage_is_borne() -> None:
    """What is not told is not invented."""
    found = read(b'{"choices":[{"message":{"content":"x"}}]}', {})
    assert isinstance(found, Reply)
    assert found.usage is None


@for_each(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"<html>",
        b'{"choices":',
        b'{"choices":null}',
        b'{"choices":[]}',
        b'{"choices":[{}]}',
    ],
)
def test_a_200_that_is_no_completion_is_tried_again(body: bytes) -> None:
    """HTML, broken JSON, `{}` and null choices are no answer and no refusal."""
    found = read(body, {})
    assert isinstance(found, Decision)
    assert (found.kind, found.action) == ("broken_reply", Action.RETRY)


def test_an_error_inside_a_200_is_that_error() -> None:
    """Gateways send errors with status 200."""
    found = read(b'{"error":{"code":429,"message":"slow down"}}', {})
    assert isinstance(found, Decision)
    assert found.action is Action.COOL_DOWN


@for_each(
    ("body", "kind"),
    [
        (completion(None, refusal="I cannot"), "refusal"),
        (completion("{", "length"), "length"),
        (completion(None, "content_filter"), "content_filter"),
        (completion('{"a":' + " " * 500), "whitespace"),
        (completion(None), "empty"),
        (completion(" "), "empty"),
    ],
)
def test_a_paid_answer_that_is_none_says_why(body: bytes, kind: str) -> None:
    """Refused, cut, filtered, run away or empty: the model can be told."""
    reply = read(body, {})
    assert isinstance(reply, Reply)
    found = flaw(reply)
    assert isinstance(found, Flaw)
    assert found.kind == kind


def test_a_good_answer_has_no_flaw() -> None:
    """Neither has one that ends in a newline."""
    reply = read(completion('{"a":1}\n'), {})
    assert isinstance(reply, Reply)
    assert flaw(reply) is None
