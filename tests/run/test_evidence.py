"""Whether it was the problem or the endpoint: laws over any course of a run."""

import re
from dataclasses import dataclass, field

import pytest
from hypothesis import given, strategies as st

from asyncgeo.llm import outcomes
from asyncgeo.run import evidence
from asyncgeo.run.evidence import MOST, SUSPICIOUS, Evidence
from asyncgeo.schema.records import REFUSALS

KINDS = ("too_long", "thinking", "internal", "content_filter")
ENDS = st.sampled_from(("usable", "usable", *KINDS))


@dataclass
class Course:
    """A run played against `Evidence` as a pipeline would: each turn a problem begins, or one in work ends."""

    evidence: Evidence[int] = field(default_factory=Evidence)
    begun_at: dict[int, int] = field(default_factory=dict)  # problem → turn
    failed_at: dict[int, tuple[int, str]] = field(default_factory=dict)
    usable_at: dict[int, int] = field(default_factory=dict)
    written: list[int] = field(default_factory=list)
    in_work: list[int] = field(default_factory=list)
    turn: int = 0

    def begin(self) -> None:
        self.turn += 1
        if self.evidence.admits(len(self.in_work)):
            number = self.evidence.begin()
            self.begun_at[number] = self.turn
            self.in_work.append(number)

    def end(self, which: int, how: str) -> list[int]:
        """One of the problems in work ends; the failures that may be written because of it."""
        self.turn += 1
        number = self.in_work.pop(which % len(self.in_work))
        if how == "usable":
            self.usable_at[number] = self.turn
            freed = self.evidence.answered(number)
        else:
            self.failed_at[number] = self.turn, how
            freed = [] if self.evidence.failed(how, "why", number) else [number]
        self.written += freed
        return freed


Turns = list[int | tuple[int, str]]
TURNS: st.SearchStrategy[Turns] = st.lists(st.integers(1, 50) | st.tuples(st.integers(0, 99), ENDS), max_size=150)
"""How many problems would begin, or which one ends, and how."""


def play(turns: Turns) -> Course:
    course = Course()
    for turn in turns:
        if isinstance(turn, int):
            for _ in range(turn):
                course.begin()
        elif course.in_work:
            freed = course.end(*turn)
            for number in freed:
                assert has_evidence(course, number)
    return course


def has_evidence(course: Course, number: int) -> bool:
    """A usable answer to a problem that began after this one failed; to any problem where it was refused itself."""
    when, kind = course.failed_at[number]
    return any(kind in REFUSALS or course.begun_at[other] > when for other in course.usable_at)


@given(TURNS)
def test_a_stand_in_needs_a_usable_answer_to_a_problem_that_began_after_the_failure(turns: Turns) -> None:
    """What is written has evidence; what has evidence is written unless a row of failures makes it suspicious."""
    course = play(turns)
    left = course.failed_at.keys() - set(course.written)
    assert len(course.written) == len(set(course.written))
    assert course.evidence.waits == bool(left)
    for number in left:
        _, kind = course.failed_at[number]
        assert kind in REFUSALS or not has_evidence(course, number)


@given(TURNS)
def test_never_more_than_32_problems_are_spent_on_an_endpoint_that_answers_nothing(turns: Turns) -> None:
    """Before the first usable answer; and after a dozen failures in a row no problem begins."""
    course = play([turn if isinstance(turn, int) else (turn[0], "thinking") for turn in turns])
    assert len(course.begun_at) <= MOST
    assert course.evidence.admits(len(course.in_work)) == (
        len(course.failed_at) < SUSPICIOUS and len(course.begun_at) < MOST
    )
    assert course.written == []


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


@pytest.mark.parametrize("message", SAID)
def test_a_request_that_never_fits_is_said_with_both_numbers(message: str) -> None:
    """Where the server names them, in whatever words."""
    remedy = evidence.remedy("too_long", f"HTTP 400: {message}")
    assert all(words in remedy for words in SAID[message])
    assert "api.max_completion_tokens" in remedy


def test_every_remedy_says_what_to_do() -> None:
    """No kind is left without one, known or not."""
    for kind in (*outcomes.STOPS, "server_error", "something new"):
        assert re.search(r"[a-z]\S* ", evidence.remedy(kind, "why"))
