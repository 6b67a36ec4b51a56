import json
from pathlib import Path
from typing import Any

import pytest

from asyncgeo.errors import hide
from asyncgeo.llm import batch_replies
from asyncgeo.llm.batch_replies import LineOutcome
from asyncgeo.llm.client import Completion, Failure
from asyncgeo.llm.outcomes import USUAL, Action, Decision
from asyncgeo.schema.records import Tokens

MOST = Tokens(5000, 0, 1500)
USAGE = {"prompt_tokens": 5000, "completion_tokens": 200, "prompt_tokens_details": {"cached_tokens": 4096}}


def answered(content: str | None = "{}", finish_reason: str = "stop", **members: Any) -> dict[str, Any]:
    """A line with a completion."""
    choice = {"message": {"content": content}, "finish_reason": finish_reason}
    body = {"model": "m", "choices": [choice], "usage": USAGE, **members}
    return {"id": "r", "custom_id": "1", "response": {"status_code": 200, "body": body}, "error": None}


def refused(status: int, **error: Any) -> dict[str, Any]:
    """A line with an error of the model."""
    return {"custom_id": "1", "response": {"status_code": status, "body": {"error": error}}, "error": None}


def unanswered(code: str, message: str = "") -> dict[str, Any]:
    """A line that was not carried out."""
    return {"custom_id": "1", "response": None, "error": {"code": code, "message": message}}


def read(folder: Path, *lines: dict[str, Any] | bytes) -> dict[str, LineOutcome]:
    """What a file with these lines says."""
    path = folder / "x.jsonl"
    path.write_bytes(
        b"".join((each if isinstance(each, bytes) else json.dumps(each).encode()) + b"\n" for each in lines)
    )
    return batch_replies.read([path, folder / "not there"], USUAL, MOST)


def test_a_completion_is_read_as_from_the_live_client(tmp_path: Path) -> None:
    """Content, model and what was billed; no latency, which says nothing about the model."""
    found = read(tmp_path, answered('{"a":1}'))["1"]
    assert found == Completion('{"a":1}', "m", Tokens(5000, 4096, 200), 1, 0.0, "stop", "batch")


@pytest.mark.parametrize(
    ("line", "kind", "reask"),
    [
        (answered(finish_reason="length"), "length", True),
        (answered("", "length"), "thinking", False),
        (answered(None, "content_filter"), "content_filter", True),
        (refused(400, code="content_filter", message="The response was filtered"), "content_filter", True),
        (
            refused(400, code="context_length_exceeded", message="This model's maximum context length"),
            "too_long",
            False,
        ),
    ],
)
def test_what_is_the_requests_own_is_a_failure(line: dict[str, Any], kind: str, reask: bool, tmp_path: Path) -> None:  # noqa: FBT001
    """By the same rules as live; what was paid for counts."""
    found = read(tmp_path, line)["1"]
    assert isinstance(found, Failure)
    assert (found.kind, found.reask) == (kind, reask)
    assert bool(found.tokens.output) is (line["response"]["status_code"] == 200)


@pytest.mark.parametrize(
    ("line", "action"),
    [
        (refused(500, message="The server had an error"), Action.RETRY),
        (refused(429, code="rate_limit_exceeded", message="Rate limit reached"), Action.COOL_DOWN),
        (unanswered("batch_expired"), Action.RETRY),
        (unanswered("batch_cancelled"), Action.RETRY),
        (unanswered("something_new", "who knows"), Action.RETRY),
        ({"custom_id": "1", "response": {"status_code": 200, "body": {}}}, Action.RETRY),
        ({"custom_id": "1", "response": {"status_code": 200, "body": "<html>"}}, Action.RETRY),
        ({"custom_id": "1"}, Action.RETRY),
        (refused(401, code="invalid_api_key", message="Incorrect API key provided"), Action.STOP),
        (refused(429, type="insufficient_quota", code="insufficient_quota", message="quota"), Action.STOP),
        (
            refused(400, message="Unknown parameter: 'max_completion_tokens'", param="max_completion_tokens"),
            Action.STEP_DOWN,
        ),
    ],
)
def test_what_is_not_its_own_is_a_decision(line: dict[str, Any], action: Action, tmp_path: Path) -> None:
    """To be asked again, or the end of the run; it cost nothing."""
    found = read(tmp_path, line)["1"]
    assert isinstance(found, Decision)
    assert found.action is action
    assert batch_replies.used([found]) == Tokens()


def test_of_several_lines_the_best_counts_once(tmp_path: Path) -> None:
    """A duplicate is billed once; an answer wins over an error, whichever comes first; the first among equals."""
    first, second = answered("one"), answered("two")
    for lines in ((first, second), (refused(500, message="x"), first, second), (first, refused(500, message="x"))):
        found = read(tmp_path, *lines)
        assert len(found) == 1
        assert isinstance(found["1"], Completion)
        assert found["1"].content == "one"
        assert batch_replies.used(found.values()) == Tokens(5000, 4096, 200)


@pytest.mark.parametrize("line", [b"", b"{", b"null", b"[1]", b"\xff\xfe", b'{"custom_id":5}', b'{"no":"id"}'])
def test_what_is_no_line_is_passed_over(line: bytes, tmp_path: Path) -> None:
    """A damaged file costs only the answers that were in the damage."""
    assert list(read(tmp_path, line, answered(), line)) == ["1"]


def test_usage_that_cannot_be_counts_as_the_most(tmp_path: Path) -> None:
    """As it does live."""
    found = read(tmp_path, answered(usage={"prompt_tokens": 9e8, "completion_tokens": 1}))["1"]
    assert isinstance(found, Completion)
    assert found.tokens == MOST


def test_no_key_gets_into_an_answer(tmp_path: Path) -> None:
    """A server may repeat it."""
    hide("sk-very-secret-key")
    error = read(tmp_path, refused(400, message="max_tokens of sk-very-secret-key too long, context_length_exceeded"))
    shown = read(tmp_path, answered("sk-very-secret-key"))
    assert "very-secret" not in repr(error) + repr(shown)
