import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from asyncgeo.errors import BudgetReached
from asyncgeo.llm.client import Completion, Failure
from asyncgeo.llm.formats import Form, ResponseFormat
from asyncgeo.llm.prompts import Prompt
from asyncgeo.run.extract import Extractor
from asyncgeo.schema.asked import AnswerKey
from asyncgeo.schema.records import RULES_MODEL, Parsed, Problem, Row, Skipped, Tokens
from asyncgeo.schema.verdict import Verdict
from asyncgeo.verify import witnesses
from asyncgeo.verify.reask import Asking, Reask

if TYPE_CHECKING:
    from asyncgeo.store.raw_answers import Answered

PROBLEM = Problem("17", "如图,在△ABC中,AB=AC,∠ACB=90°,∠BAC=100°,∠A+∠B+∠C=190°,AC=3,BC=4,AB=5.01,则∠ABC等于()", 3)
RIGHT = {"type": "angle_value", "points": [["A", "C", "B"]], "value": 90}
OBTUSE = {"type": "angle_value", "points": [["A", "C", "B"]], "value": 100}
EQUAL = {"type": "segment_equality", "segments": [["A", "B"], ["A", "C"]]}
LEGS = {"type": "segment_equality", "segments": [["A", "C"], ["B", "C"]]}


def answer(*conditions: dict[str, Any]) -> dict[str, Any]:
    return {
        "verdict": "parsed",
        "reason": None,
        "detail": "",
        "cleaned_text": "∠ACB=90°",
        "category": "Basic Constructions",
        "difficulty": 2,
        "required_objects": {"points": ["A", "B", "C"], "segments": [], "lines": [], "circles": [], "polygons": []},
        "verification_conditions": list(conditions),
    }


GOOD = answer(RIGHT)
TWO = answer(RIGHT, OBTUSE)  # two conditions contradict
CORNERS = [{"points": list(corner)} for corner in ("ABC", "BCA", "CAB")]
ONE = answer({"type": "angle_sum", "angles": CORNERS, "value": 190})  # one does by itself
THREE = answer(RIGHT, EQUAL, {"type": "triangle_valid", "points": ["A", "B", "C"]})


def completion(content: object, model: str = "some-model") -> Completion:
    text = content if isinstance(content, str) else json.dumps(content)
    return Completion(
        content=text, model=model, tokens=Tokens(100, 50, 10), attempts=1, latency=1, finish_reason="stop"
    )


FAILURE = Failure(kind="timeout", message="it went wrong", attempts=3, tokens=Tokens(7, 0, 0), reask=False)


class Client:
    """Gives the scripted replies one after the other, and keeps what it was asked."""

    def __init__(self, *replies: Completion | Failure | Exception) -> None:
        self.replies = list(replies)
        self.asked: list[dict[str, Any]] = []

    async def ask(self, render: Callable[[Form], bytes], tokens: int) -> Completion | Failure:
        assert tokens > 0
        self.asked.append(json.loads(render(Form(ResponseFormat.TEXT))))
        reply = self.replies.pop(0)
        if isinstance(reply, Exception):
            raise reply
        return reply


class Judges:
    """Judges here; `until` verdicts, then no more."""

    def __init__(self, until: int = 99) -> None:
        self.left = until
        self.judged: list[int] = []

    async def judge(self, position: int, row: Parsed) -> Verdict | None:
        self.judged.append(position)
        self.left -= 1
        return witnesses.hear(row) if self.left >= 0 else None

    def drop(self) -> None:
        self.left = 0


class Waiting(Judges):
    """Judges once `free` is set."""

    def __init__(self) -> None:
        super().__init__(0)
        self.free = asyncio.Event()

    async def judge(self, position: int, row: Parsed) -> Verdict | None:
        await self.free.wait()
        return await super().judge(position, row)


class Run:
    """One problem answered and looked at; `rows` are all that a shard would get, in order."""

    def __init__(
        self,
        *replies: Completion | Failure | Exception,
        judges: Judges | None = None,
        asks: Asking = "contradictions",
        problem: Problem = PROBLEM,
    ) -> None:
        self.problem = problem
        self.client = Client(*replies)
        self.slots = asyncio.Semaphore(1)
        self.judges = judges or Judges()
        extractor = Extractor(self.client, Prompt("some-model", 1500), self.now)
        self.review = Reask(extractor, self.slots, self.judges, asks=asks, now=self.now)
        self.handed: list[Answered] = []
        self.clock = 0
        asyncio.run(self.look(extractor))

    def now(self) -> datetime:
        self.clock += 1
        return datetime(2026, 1, 2, 3, 4, self.clock, tzinfo=UTC)

    async def look(self, extractor: Extractor) -> None:
        first = await extractor.answer(self.problem)
        self.handed.append(first)
        try:
            await self.review.look(self.problem, first, self.handed.append)
        finally:
            assert not self.slots.locked()
            assert not self.client.replies

    @property
    def rows(self) -> list[Row]:
        return [answered.row for answered in self.handed]


def parsed(row: Row) -> Parsed:
    assert isinstance(row, Parsed)
    return row


def test_a_row_with_a_figure_is_left_alone() -> None:
    """One question, one row, one verdict."""
    run = Run(completion(GOOD))
    assert len(run.rows) == 1
    assert run.judges.judged == [3]
    assert (run.review.judged, run.review.contradictory) == (1, 0)


def test_a_contradiction_is_asked_again_once_with_the_conflict_shown() -> None:
    """The second row follows the first, with the cost of both; both answers are handed in."""
    run = Run(completion(TWO), completion(GOOD))
    shown, correction = run.client.asked[1]["messages"][2:]
    assert json.loads(shown["content"]) == TWO
    assert "No figure satisfies these conditions together" in correction["content"]
    assert '"value":100' in correction["content"]
    first, second = map(parsed, run.rows)
    assert second.verification_conditions == [RIGHT]
    assert first.meta is not None
    assert second.meta is not None
    assert (second.meta.tokens, second.meta.attempts, second.meta.drawable) == (Tokens(200, 100, 20), 2, None)
    assert second.meta.at > first.meta.at
    assert [raw.content for answered in run.handed for raw in answered.raws] == [json.dumps(TWO), json.dumps(GOOD)]
    assert (run.review.contradictory, run.review.asked_again, run.review.fixed) == (1, 1, 1)


@pytest.mark.parametrize(
    ("first", "second", "kept"), [(TWO, ONE, ONE), (ONE, TWO, ONE), (TWO, answer(OBTUSE, RIGHT), TWO), (TWO, TWO, TWO)]
)
def test_of_two_contradictions_the_smaller_conflict_is_kept_and_marked(
    first: dict[str, Any], second: dict[str, Any], kept: dict[str, Any]
) -> None:
    """The last row is the better one, the first if they are as bad; it knows the answer it was made of."""
    run = Run(completion(first), completion(second))
    *before, last = map(parsed, run.rows)
    assert len(before) == 2
    assert last.verification_conditions == kept["verification_conditions"]
    assert last.meta is not None
    assert (last.meta.drawable, last.meta.tokens, last.meta.attempts) == (False, Tokens(200, 100, 20), 2)
    made_of = next(row for row in before if row.verification_conditions == last.verification_conditions)
    assert made_of.meta is not None
    assert last.meta.answered == made_of.meta.at < last.meta.at
    assert len(run.client.asked) == 2
    assert run.review.fixed == 0


@pytest.mark.parametrize("reply", [FAILURE, completion("no JSON")])
def test_where_no_second_answer_is_usable_the_first_stays_and_is_marked(reply: Completion | Failure) -> None:
    """The row keeps its conditions and carries what the question cost."""
    run = Run(completion(TWO), reply)
    last = parsed(run.rows[-1])
    assert last.verification_conditions == TWO["verification_conditions"]
    assert last.meta is not None
    assert last.meta.drawable is False
    assert last.meta.tokens.input == 100 + reply.tokens.input
    assert run.judges.judged == [3]  # the same row is judged once


def test_a_refusal_on_second_thoughts_counts() -> None:
    """A solid was read as a plane figure: the model says so when it is shown why that cannot be."""
    run = Run(completion(TWO), completion({**GOOD, "verdict": "skipped", "reason": "not_plane_geometry"}))
    assert isinstance(run.rows[-1], Skipped)
    assert len(run.rows) == 2


def test_rows_of_the_rules_are_judged_and_not_asked_again() -> None:
    """They would read the same."""
    run = Run(completion(TWO, RULES_MODEL))
    assert len(run.rows) == 1
    assert (run.review.contradictory, run.review.asked_again) == (1, 0)


def test_rounded_numbers_are_not_asked_again() -> None:
    """The contradiction stands in the text; asking costs and mends nothing."""
    sides = [("A", "C", 3), ("B", "C", 4), ("A", "B", 5.01)]
    lengths = [{"type": "distance_equals", "segment": [a, b], "value": value} for a, b, value in sides]
    run = Run(completion(answer(RIGHT, *lengths)))
    assert (run.review.contradictory, run.review.asked_again) == (1, 0)


def test_where_nothing_is_asked_a_contradiction_is_only_found() -> None:
    """No question, no further row."""
    run = Run(completion(TWO), asks="nothing")
    assert len(run.rows) == 1
    assert run.review.contradictory == 1


def test_refusals_are_not_judged() -> None:
    """There is nothing to draw."""
    assert Run(completion({**GOOD, "verdict": "skipped", "reason": "pure_calculation"})).judges.judged == []


def test_an_interrupted_review_asks_nothing() -> None:
    """The run ended before the verdict came."""
    assert len(Run(completion(TWO), judges=Judges(0)).rows) == 1


async def test_a_dropped_review_asks_nothing() -> None:
    """The run was interrupted before a slot came free."""
    handed: list[Answered] = []
    client, slots, judges = Client(completion(TWO)), asyncio.Semaphore(1), Judges()
    extractor = Extractor(client, Prompt("some-model", 1500))
    review = Reask(extractor, slots, judges, asks="contradictions")
    first = await extractor.answer(PROBLEM)
    await slots.acquire()
    looking = asyncio.create_task(review.look(PROBLEM, first, handed.append))
    while not judges.judged:
        await asyncio.sleep(0)
    review.drop()
    slots.release()
    await looking
    assert not slots.locked()
    assert handed == []


def test_a_second_answer_without_a_verdict_stands_as_it_is() -> None:
    """The run ended while it was being judged: `verify` judges it later."""
    run = Run(completion(TWO), completion(ONE), judges=Judges(1))
    assert len(run.rows) == 2
    assert run.review.fixed == 0


async def test_a_full_bar_that_waits_says_for_what() -> None:
    """Only where many rows are still being looked at."""

    async def told(count: int) -> list[str]:
        said: list[str] = []
        first = await Extractor(Client(completion(GOOD)), Prompt("some-model", 1500)).answer(PROBLEM)
        slots, judges = asyncio.Semaphore(1), Waiting()
        extractor = Extractor(Client(), Prompt("some-model", 1500))
        review = Reask(extractor, slots, judges, asks="contradictions", say=said.append)
        looking = [asyncio.create_task(review.look(PROBLEM, first, lambda _: None)) for _ in range(count)]
        await asyncio.sleep(0)
        review.last()
        judges.free.set()
        await asyncio.gather(*looking)
        review.last()
        return said

    assert await told(5) == []
    (text,) = await told(1200)
    assert "1,200 rows are still being verified" in text


async def test_a_defect_of_the_review_costs_no_row() -> None:
    """It is told, and the first row stands."""
    said: list[str] = []
    handed: list[Answered] = []
    client, slots = Client(completion(TWO), ZeroDivisionError("a defect")), asyncio.Semaphore(1)
    extractor = Extractor(client, Prompt("some-model", 1500))
    review = Reask(extractor, slots, Judges(), asks="contradictions", say=said.append)
    await review.look(PROBLEM, await extractor.answer(PROBLEM), handed.append)
    assert not slots.locked()
    assert said == ["The row of 17 could not be reviewed: ZeroDivisionError: a defect"]
    assert handed == []


def test_what_ends_the_run_passes_through_and_gives_the_slot_back() -> None:
    """The budget is spent: the first row stands."""
    with pytest.raises(BudgetReached):
        Run(completion(TWO), BudgetReached("spent"))


# a review by all witnesses

TOLD = Problem("18", "如图,在△ABC中,AB=AC,∠BAC=50°,点D是BC的中点,则∠ADC等于()", 4)
TRIANGLE = {"type": "triangle_valid", "points": ["A", "B", "C"]}
APEX = {"type": "angle_value", "points": [["B", "A", "C"]], "value": 50}
MIDDLE = {"type": "midpoint_of", "point": "D", "segment": ["B", "C"]}
ALL = answer(TRIANGLE, EQUAL, APEX, MIDDLE)
OTHERWISE = answer(TRIANGLE, APEX, MIDDLE, {"type": "perpendicular", "objects": [["A", "D"], ["B", "C"]]})
LESS = answer(TRIANGLE, APEX, MIDDLE)
LEAST = answer(TRIANGLE, APEX)


def reviewed(*replies: Completion | Failure, problem: Problem = TOLD) -> Run:
    return Run(*replies, asks="all", problem=problem)


@pytest.mark.parametrize("content", [ALL, OTHERWISE])
def test_what_the_text_says_in_any_form_is_agreed(content: dict[str, Any]) -> None:
    """Facts need not be spelt as the rules spell them: what follows from the conditions is said."""
    run = reviewed(completion(content))
    assert len(run.rows) == 1
    assert run.review.standings == {"agreed": 1}


def test_what_the_text_says_and_the_row_does_not_is_shown_with_its_words() -> None:
    """One question; the better row counts, and is not marked."""
    run = reviewed(completion(LESS), completion(ALL))
    correction = run.client.asked[1]["messages"][-1]["content"]
    assert "«AB=AC»" in correction
    assert '"segments":[["A","B"],["A","C"]]' in correction
    last = parsed(run.rows[-1])
    assert len(run.rows) == 2
    assert last.verification_conditions == ALL["verification_conditions"]
    assert last.meta is not None
    assert last.meta.disputed == ()
    assert (run.review.asked_again, run.review.fixed, run.review.standings) == (1, 1, {"agreed": 1})
    assert run.review.spent == {"standard": Tokens(100, 50, 10)}


@pytest.mark.parametrize(("first", "second"), [(LESS, LEAST), (LEAST, LESS), (LESS, LESS), (LESS, TWO)])
def test_of_two_disputed_rows_that_counts_which_less_speaks_against(
    first: dict[str, Any], second: dict[str, Any]
) -> None:
    """It is marked with every reason, and carries what both questions cost; a contradiction weighs most."""
    run = reviewed(completion(first), completion(second))
    last = parsed(run.rows[-1])
    assert last.verification_conditions == LESS["verification_conditions"]
    assert last.meta is not None
    (reason,) = last.meta.disputed
    assert reason.startswith("text: «AB=AC» {")
    assert last.meta.tokens == Tokens(200, 100, 20)
    assert (run.review.fixed, run.review.standings) == (0, {"disputed": 1})


def test_a_refusal_on_second_thoughts_does_not_count_against_a_parse_that_can_be_drawn() -> None:
    """The rules read the text: the first row stays, in dispute."""
    run = reviewed(completion(LESS), completion({**LESS, "verdict": "skipped", "reason": "not_plane_geometry"}))
    last = parsed(run.rows[-1])
    assert last.verification_conditions == LESS["verification_conditions"]
    assert last.meta is not None
    assert len(last.meta.disputed) == 1


KEYED = Problem("20", "如图,在△ABC中,AB=AC,∠BAC=50°,则∠ABC等于()", 6, key=AnswerKey(choices=("65°", "50°"), label=0))
MISREAD = answer(TRIANGLE, EQUAL, {"type": "angle_value", "points": [["A", "C", "B"]], "value": 50})


def test_a_parse_that_leads_to_another_value_than_the_key_is_asked_about_without_the_key() -> None:
    """What it leads to is said, and that it is not the answer; the answer itself reaches no model."""
    unread = msgspec.structs.replace(KEYED, text="如图,在△ABC中,AB=AC,顶角为50°,则∠ABC等于()")
    run = reviewed(completion(MISREAD), completion(answer(TRIANGLE, EQUAL, APEX)), problem=unread)
    assert len(run.client.asked) == 2
    correction = run.client.asked[1]["messages"][-1]["content"]
    assert "∠ABC" in correction
    assert "65" not in json.dumps(run.client.asked[1]["messages"][1:])
    assert (run.review.fixed, run.review.standings) == (1, {"agreed": 1})


def test_what_still_leads_to_another_value_than_the_key_is_marked() -> None:
    """With both values: the row is the person's, not the model's."""
    last = parsed(reviewed(completion(MISREAD), completion(MISREAD), problem=KEYED).rows[-1])
    assert last.meta is not None
    assert [reason.partition(":")[0] for reason in last.meta.disputed] == ["key", "text"]
    assert "∠ABC = 50, the key is 65" in last.meta.disputed[0]


def test_without_the_key_and_the_text_nothing_is_agreed() -> None:
    """A figure alone speaks for many a wrong parse."""
    run = reviewed(completion(GOOD), problem=Problem("19", "一个长方形的宽是7.2米,ABC处是90°", 5))
    assert run.review.standings == {"": 1}


def test_only_a_full_review_asks_about_what_the_text_says() -> None:
    """`--verify` asks about contradictions, as it is documented."""
    assert len(Run(completion(LESS), problem=TOLD).rows) == 1
