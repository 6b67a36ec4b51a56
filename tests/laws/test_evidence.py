"""Whether it was the problem or the endpoint: laws over any course of a run."""

from dataclasses import dataclass, field

from hypothesis import given, strategies as st

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
