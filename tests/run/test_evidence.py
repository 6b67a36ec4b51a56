"""Whether it was the problem or the endpoint: laws over any course of a run."""

import re

import pytest
from support.cases import for_each

from asyncgeo.llm import outcomes
from asyncgeo.run import evidence
from asyncgeo.run.evidence import MOST, SUSPICIOUS, Evidence


@pytest.mark.parametrize("before", [0, 1, 1000])
def test_after_any_number_of_answers_a_dozen_failures_end_admission(before: int) -> None:
    """A probe is due when the others are back, or when 32 have failed; one answer opens a new stretch."""
    run = Evidence[int]()
    for _ in range(before):
        assert run.answered(run.begin()) == []
    for count in range(1, MOST + 1):
        assert run.admits(0) == (count <= SUSPICIOUS)
        assert run.failed("internal", "why", count)
        assert run.wants_probe(5) == (count >= MOST)
        assert run.wants_probe(0) == (count >= SUSPICIOUS)
    assert run.is_well() == list(range(1, MOST + 1))
    assert run.admits(1000)
    assert not run.wants_probe(0)
    assert not run.waits


def test_what_was_refused_itself_waits_for_any_usable_answer() -> None:
    """Also for one whose problem began before; later ones do not wait, as long as not everything is refused."""
    run = Evidence[str]()
    early = run.begin()
    assert run.failed("content_filter", "why", "a")
    assert run.failed("timeout", "why", "b")
    assert run.answered(early) == ["a"]
    assert not run.failed("refusal", "why", "c")
    for _ in range(SUSPICIOUS - 2):
        assert not run.failed("refusal", "why", "d")
    assert run.failed("refusal", "why", "e")
    assert run.answered(run.begin()) == ["b", "e"]


def test_the_error_names_the_kind_that_came_most_with_its_last_words() -> None:
    """And counts all kinds."""
    run = Evidence[int]()
    for number, kind in enumerate(["timeout", "thinking", "thinking", "internal"]):
        run.failed(kind, f"words {number}.", number)
    error = run.error()
    assert error.kind == "thinking"
    assert "the last 4 problems all failed (thinking 2, internal 1, timeout 1), with: words 2." in error.message
    assert "api.max_completion_tokens" in error.remedy
    assert "reasoning_effort" in error.remedy


SAID = {
    "This model's maximum context length is 2048 tokens. However, you requested 4137 tokens (2637 in the messages, "
    "1500 in the completion).": ("context of 2,048", "request of 4,137"),
    "This model's maximum context length is 8,192 tokens. However, your messages resulted in 9,001 tokens.": (
        "context of 8,192",
        "request of 9,001",
    ),
    "request (5210 tokens) exceeds the available context size (4096 tokens), try increasing it": (
        "context of 4,096",
        "request of 5,210",
    ),
    "Request too large for model `m` on tokens per minute (TPM): Limit 3000, Requested 4137": (
        "limit of 3,000 tokens a minute",
        "request of 4,137",
    ),
    "Prompt is too long": ("The server's context is smaller than the request",),
}


@for_each("message", SAID)
def test_a_request_that_never_fits_is_said_with_both_numbers(message: str) -> None:
    """Where the server names them, in whatever words."""
    remedy = evidence.remedy("too_long", f"HTTP 400: {message}")
    assert all(words in remedy for words in SAID[message])
    assert "api.max_completion_tokens" in remedy


def test_every_remedy_says_what_to_do() -> None:
    """No kind is left without one, known or not."""
    for kind in (*outcomes.STOPS, "server_error", "something new"):
        assert re.search(r"[a-z]\S* ", evidence.remedy(kind, "why"))
