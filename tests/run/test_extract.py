import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from support.cases import for_each

from asyncgeo import rules
from asyncgeo.errors import Fatal
from asyncgeo.llm.client import Completion, Failure
from asyncgeo.llm.formats import Form
from asyncgeo.llm.prompts import Prompt
from asyncgeo.run.extract import UNFIT, Extractor, FirstReply, OpenedPack
from asyncgeo.schema.records import RULES_MODEL, Failed, Parsed, Problem, Row, Skipped, Tokens
from asyncgeo.store.raw_answers import Answered

TEXT = "如图,在△PQR中,PQ=PR,∠QPR=50°,则∠PQR等于()"
ANSWER: dict[str, Any] = {
    "verdict": "parsed",
    "reason": None,
    "detail": "",
    "cleaned_text": "在△PQR中,PQ=PR,∠QPR=50°",
    "category": "Triangle Properties & Constructions",
    "difficulty": 2,
    "required_objects": {"points": ["P", "Q", "R"], "segments": [], "lines": [], "circles": [], "polygons": []},
    "verification_conditions": [{"type": "angle_value", "points": [["Q", "P", "R"]], "value": 50}],
}


def completion(content: object, model: str = "some-model") -> Completion:
    text = content if isinstance(content, str) else json.dumps(content)
    return Completion(
        content=text, model=model, tokens=Tokens(100, 50, 10), attempts=2, latency=1.5, finish_reason="stop"
    )


def failure(kind: str, *, reask: bool) -> Failure:
    return Failure(kind=kind, message="it went wrong", attempts=3, tokens=Tokens(7, 0, 0), reask=reask)


class Client:
    """Gives the scripted replies one after the other, and keeps what it was asked."""

    def __init__(self, *replies: Completion | Failure | BaseException) -> None:
        self.replies = list(replies)
        self.asked: list[dict[str, Any]] = []

    async def ask(self, render: Callable[[Form], bytes], tokens: int) -> Completion | Failure:
        assert tokens > 1000
        self.asked.append(json.loads(render(Form())))
        reply = self.replies.pop(0)
        if isinstance(reply, BaseException):
            raise reply
        return reply


def extract(client: Client, text: str = TEXT) -> Row:
    now = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    extractor = Extractor(client, Prompt("some-model", 1500), lambda: now)
    row = asyncio.run(extractor.extract(Problem("17", text)))
    assert row.meta is not None
    assert row.meta.at == "2026-01-02T03:04:05.000Z"
    return row


def test_a_good_answer_is_a_parsed_row() -> None:
    """One request, the model's verdict, and how it came to be."""
    client = Client(completion(ANSWER))
    row = extract(client)
    assert isinstance(row, Parsed)
    assert (row.id, row.source, row.original_text, row.error) == ("17", "model", TEXT, None)
    assert row.subject == row.cleaned_text == ANSWER["cleaned_text"]
    assert row.verification_conditions == ANSWER["verification_conditions"]
    assert row.meta is not None
    assert (row.meta.model, row.meta.tokens, row.meta.attempts) == ("some-model", Tokens(100, 50, 10), 2)
    assert len(client.asked) == 1


def test_numbered_angles_cost_no_request() -> None:
    """Screened before anything is spent."""
    client = Client()
    row = extract(client, "如图,直线a∥b,∠1=50°,则∠2等于()")
    assert isinstance(row, Skipped)
    assert (row.source, row.reason) == ("screen", "ambiguous_reference")
    assert client.asked == []


def test_a_refusal_of_the_model_is_a_verdict() -> None:
    """Skipped, by the model, with its reason."""
    row = extract(Client(completion({**ANSWER, "verdict": "skipped", "reason": "undefined_points", "detail": "D"})))
    assert isinstance(row, Skipped)
    assert (row.source, row.reason, row.detail) == ("model", "undefined_points", "D")


def test_the_embedded_reader_is_never_called_a_model() -> None:
    """What answers as asyncgeo-rules makes rows of source rules, whatever model was asked for."""
    row = extract(Client(completion(ANSWER, RULES_MODEL)))
    assert isinstance(row, Parsed)
    assert row.source == "rules"
    assert row.error is None


def test_an_unfit_answer_is_asked_again_with_its_error() -> None:
    """The model is shown its answer and what is wrong with it; tokens of both add up."""
    client = Client(completion({**ANSWER, "difficulty": 9}), completion(ANSWER))
    row = extract(client)
    assert isinstance(row, Parsed)
    assert row.source == "model"
    assert row.meta is not None
    assert (row.meta.tokens, row.meta.attempts) == (Tokens(200, 100, 20), 4)
    shown, correction = client.asked[1]["messages"][2:]
    assert json.loads(shown["content"])["difficulty"] == 9
    assert "difficulty 9" in correction["content"]


def test_an_answer_about_another_problem_is_asked_again_with_both_sides_named() -> None:
    """A constant answer is no parse of every text; where it comes again the row is marked as the rules' own."""
    other = {
        **ANSWER,
        "cleaned_text": "△XYZ",
        "required_objects": {"points": ["X", "Y"]},
        "verification_conditions": [],
    }
    client = Client(completion(other), completion(ANSWER))
    row = extract(client)
    assert isinstance(row, Parsed)
    assert row.source == "model"
    correction = client.asked[1]["messages"][3]["content"]
    assert "names X, Y" in correction
    assert "names P, Q, R" in correction
    row = extract(Client(completion(other), completion(other)))
    assert isinstance(row, Parsed)
    assert (row.source, row.kind) == ("rules", UNFIT)


IMPOSSIBLE: dict[str, Any] = {
    **ANSWER,
    "verification_conditions": [
        *ANSWER["verification_conditions"],
        {"type": "angle_value", "points": [["P", "Q", "R"]], "value": 500},
    ],
}
"""Usable without the condition that cannot be."""


def test_an_answer_with_a_doubt_is_asked_again_once_and_the_better_one_counts() -> None:
    """The model is shown what is in doubt; its second answer is the row, and both are paid for."""
    client = Client(completion(IMPOSSIBLE), completion(ANSWER))
    row = extract(client)
    assert isinstance(row, Parsed)
    assert row.verification_conditions == ANSWER["verification_conditions"]
    assert row.meta is not None
    assert (row.meta.findings, row.meta.tokens, row.meta.attempts) == ((), Tokens(200, 100, 20), 4)
    assert "500" in client.asked[1]["messages"][3]["content"]


@for_each(
    "second",
    [
        completion("no"),
        failure("timeout", reask=False),
        completion({**ANSWER, "verdict": "skipped", "reason": "undefined_points"}),
        completion({**IMPOSSIBLE, "verification_conditions": IMPOSSIBLE["verification_conditions"][1:]}),
        Fatal("quota", kind="quota"),
        asyncio.CancelledError(),
    ],
)
def test_a_usable_answer_is_never_lost_to_the_second_question(second: Completion | Failure | BaseException) -> None:
    """Whatever comes of it, the first answer is the row, without what cannot be; it says so, and who answered when."""
    client = Client(completion(IMPOSSIBLE), second)
    row = extract(client)
    assert isinstance(row, Parsed)
    assert (row.source, row.error) == ("model", None)
    assert row.verification_conditions == ANSWER["verification_conditions"]
    assert row.meta is not None
    assert len(row.meta.findings) == 1
    assert client.replies == []


async def test_the_answers_of_a_row_end_with_the_one_it_was_made_of() -> None:
    """Of two, both are kept; a later reader tells by the time, or by the order, which counts."""
    extractor = Extractor(Client(completion(IMPOSSIBLE), completion("no")), Prompt("some-model", 1500))
    answered = await extractor.answer(Problem("17", TEXT))
    assert [raw.content == "no" for raw in answered.raws] == [True, False]
    assert answered.row.meta is not None
    assert answered.row.meta.at == answered.raws[-1].at


async def test_where_no_other_question_may_be_asked_a_usable_answer_is_taken() -> None:
    """Neither of a batch that has to do alone, nor of the rules, which would read the same again."""
    alone = FirstReply(completion(IMPOSSIBLE), "digest", alone=True)
    rules_own = FirstReply(completion(IMPOSSIBLE, RULES_MODEL), "digest")
    for first in (alone, rules_own):
        answered = await Extractor(Client(), Prompt("some-model", 1500)).answer(Problem("17", TEXT), first)
        assert isinstance(answered.row, Parsed)
        assert answered.row.verification_conditions == ANSWER["verification_conditions"]


async def test_one_cleaned_text_for_several_texts_is_a_finding() -> None:
    """The model may have answered about another problem with the same letters; of the rules it is none."""

    async def rows(model: str) -> list[Row]:
        client = Client(*(completion(ANSWER, model) for _ in range(3)))
        extractor = Extractor(client, Prompt("some-model", 1500))
        return [
            await extractor.extract(Problem(str(k), text)) for k, text in enumerate((TEXT, TEXT, f"已知PQ=5,{TEXT}"))
        ]

    for model, found in (("some-model", [0, 0, 1]), (RULES_MODEL, [0, 0, 0])):
        assert [len(row.meta.findings) for row in await rows(model) if row.meta is not None] == found


@for_each(
    ("replies", "kind"),
    [
        ((completion("no"), completion("no")), UNFIT),
        ((failure("truncated", reask=True), completion("no")), UNFIT),
        ((failure("truncated", reask=True), failure("truncated", reask=True)), "truncated"),
        ((failure("timeout", reask=False),), "timeout"),
        ((completion("no"), failure("timeout", reask=False)), "timeout"),
    ],
)
def test_a_problem_that_failed_gets_a_marked_rules_row(replies: tuple[Completion | Failure, ...], kind: str) -> None:
    """Never a row that looks like the model's: source rules, with error and kind; asked twice at most."""
    client = Client(*replies)
    row = extract(client)
    assert isinstance(row, Parsed)
    assert (row.source, row.kind) == ("rules", kind)
    assert row.error
    assert row.meta is not None
    assert row.meta.coverage == rules.parse(TEXT).coverage is not None
    assert client.replies == []


def test_where_the_rules_refuse_too_it_is_an_error_row() -> None:
    """No verdict is made up."""
    row = extract(Client(failure("timeout", reask=False)), "一个长方形菜地，它的宽是7.2米，面积是68.4平方米，求它的长.")
    assert isinstance(row, Failed)
    assert (row.kind, row.error, row.attempts) == ("timeout", "it went wrong", 3)


def test_what_ends_the_run_passes_through() -> None:
    """The problem stays pending; no row is written for it."""
    with pytest.raises(Fatal):
        extract(Client(Fatal("quota", kind="quota")))


OTHER = "在△KLM中,KL=KM,∠LKM=50°,求∠KLM"
ABOUT_OTHER = {
    **ANSWER,
    "cleaned_text": "在△KLM中,KL=KM,∠LKM=50°",
    "required_objects": {"points": ["K", "L", "M"]},
    "verification_conditions": [{"type": "angle_value", "points": [["L", "K", "M"]], "value": 50}],
}


async def opened(client: Client, *texts: str) -> list[OpenedPack]:
    prompts = (Prompt("some-model", 1500), Prompt("some-model", 1500, packed=True))
    extractor = Extractor(client, prompts[0], pack_prompt=prompts[1])
    return await extractor.open([Problem(str(number), text) for number, text in enumerate(texts)])


async def test_of_a_pack_each_problem_has_its_row_and_its_share() -> None:
    """One request; what it is said to have cost adds up to the bill, and each answer is kept as its own."""
    client = Client(completion({"answers": [{"id": "1", **ANSWER}, {"id": "2", **ABOUT_OTHER}]}))
    rows = [each for each in await opened(client, TEXT, OTHER) if isinstance(each, Answered)]
    assert [row.id for row, _ in rows] == ["0", "1"]
    metas = [row.meta for row, _ in rows if row.meta is not None]
    assert [meta.tokens for meta in metas] == [Tokens(50, 25, 5), Tokens(50, 25, 5)]
    assert [json.loads(raw.content) for _, raws in rows for raw in raws] == [ANSWER, ABOUT_OTHER]
    (body,) = client.asked
    assert body["messages"][1]["content"] == f"Problem 1:\n{TEXT}\n\nProblem 2:\n{OTHER}"


async def test_what_a_pack_lacks_is_asked_as_if_it_never_had_been() -> None:
    """The single question has no trace of the pack; its share of the pack is in the row, and so is what it cost."""
    client = Client(completion({"answers": [{"id": "1", **ANSWER}]}), completion(ABOUT_OTHER))
    _, ask_alone = await opened(client, TEXT, OTHER)
    assert not isinstance(ask_alone, Answered)
    row, raws = await ask_alone()
    assert isinstance(row, Parsed)
    assert row.meta is not None
    assert (row.meta.tokens, row.meta.attempts, len(raws)) == (Tokens(150, 75, 15), 4, 1)
    assert row.meta.prompt == Prompt("some-model", 1500).digest
    _, alone = client.asked
    assert [each["content"] for each in alone["messages"][1:]] == [f"Problem:\n{OTHER}"]


async def test_an_answer_of_a_pack_that_is_in_doubt_is_asked_about_alone() -> None:
    """It is usable, so whatever becomes of the second question there is a row of it."""
    doubtful = {
        **ANSWER,
        "verification_conditions": [{"type": "angle_value", "points": [["P", "Q", "R"]], "value": 230}],
    }
    stopped = Fatal("quota", kind="quota")
    client = Client(completion({"answers": [{"id": "2", **ABOUT_OTHER}, {"id": "1", **doubtful}]}), stopped)
    ask_alone, other = await opened(client, TEXT, OTHER)
    assert isinstance(other, Answered)
    assert not isinstance(ask_alone, Answered)
    row, _ = await ask_alone()
    assert isinstance(row, Parsed)
    assert (row.source, row.kind) == ("model", None)
    assert "230" in client.asked[1]["messages"][3]["content"]
