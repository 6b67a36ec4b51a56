"""Packs are cut and told apart: pure decisions about several problems in one request."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, strategies as st
from support.live import text_of

from asyncgeo.llm.client import Completion, Failure
from asyncgeo.run.packs import MISSING, ProblemPack, cut, share, tell_apart
from asyncgeo.schema.records import Failed, Problem, Tokens, Unreadable
from asyncgeo.simulator.answers import content

TEXTS = [text_of(number) for number in range(4)]
ANSWERS: list[dict[str, Any]] = [json.loads(content(text)) for text in TEXTS]
BILLED = Tokens(5003, 4096, 411, 7, 30)


def reply_of(answers: object) -> Completion:
    text = answers if isinstance(answers, str) else json.dumps(answers, ensure_ascii=False)
    return Completion(text, "m", BILLED, attempts=1, latency=1.0, finish_reason="stop")


def with_ids(answers: Sequence[dict[str, Any]], ids: Sequence[object] = ("1", "2", "3", "4")) -> dict[str, Any]:
    return {"answers": [{"id": each, **answer} for each, answer in zip(ids, answers, strict=True)]}


def told(reply: Completion | Failure) -> list[dict[str, Any] | None]:
    """The answer of each problem, None where it is to be asked alone; what they cost adds up."""
    parts = tell_apart(reply, TEXTS)
    assert sum((each.tokens for each in parts), Tokens()) == reply.tokens
    assert all(isinstance(each, Completion) or each.kind == MISSING for each in parts)
    return [json.loads(each.content) if isinstance(each, Completion) else None for each in parts]


def test_answers_are_told_apart_by_id_in_any_order() -> None:
    """Whose an answer is says its id, not its place; what is left is an answer as any other."""
    ids = ("3", "1", "4", "2")
    shuffled = with_ids([ANSWERS[int(each) - 1] for each in ids], ids)
    assert told(reply_of(with_ids(ANSWERS))) == told(reply_of(shuffled)) == ANSWERS


SPOKEN = json.dumps(with_ids(ANSWERS), ensure_ascii=False)


@pytest.mark.parametrize(
    "spoken",
    [
        f"Here they are:\n```json\n{SPOKEN}\n```\nAnything else?",
        json.dumps(with_ids(ANSWERS)["answers"], indent=1),
        json.dumps(with_ids(ANSWERS, (1, 2, 3, 4))),
    ],
    ids=["fenced", "a bare list", "ids as numbers"],
)
def test_servers_without_a_schema_are_understood(spoken: str) -> None:
    """What stands around the list, and how ids are written, does not matter."""
    assert told(reply_of(spoken)) == ANSWERS


def swapped() -> list[dict[str, Any]]:
    return [ANSWERS[1], ANSWERS[0], *ANSWERS[2:]]


REFUSED = {"verdict": "skipped", "reason": "undefined_points", "detail": "", "cleaned_text": ""}


@pytest.mark.parametrize(
    ("answers", "usable"),
    [
        ("The figures show triangles.", ""),
        ('{"answers":[', ""),
        ('{"answers":{"1":{}}}', ""),
        (json.dumps(ANSWERS[0]), ""),
        ({"answers": with_ids(ANSWERS)["answers"][1:]}, "234"),
        (with_ids(ANSWERS, ("1", "2", "2", "4")), "14"),
        (with_ids(ANSWERS, ("0", "2", "7", "four")), "2"),
        (with_ids(ANSWERS, ("1", None, "3", "9" * 5000)), "13"),
        (with_ids(swapped()), "34"),
        (with_ids([*swapped()[:3], REFUSED]), "3"),
        (with_ids([*ANSWERS[:3], REFUSED]), "1234"),
        (SPOKEN[: SPOKEN.index('"id": "3"') + 40], "12"),
        ({"answers": [*with_ids(ANSWERS)["answers"][:2], "3", {"id": "4"}]}, "12"),
    ],
    ids=[
        "no JSON", "nothing", "no list", "one answer", "one missing", "an id twice", "wrong ids", "ids of all kinds",
        "two swapped", "a refusal beside swapped ones", "a refusal", "cut off", "not an answer",
    ],
)  # fmt: skip
def test_only_what_is_surely_its_own_is_a_problems_answer(answers: object, usable: str) -> None:
    """Everything else is asked alone: a guess whose an answer is would look like a parse."""
    found = told(reply_of(answers))
    assert "".join(str(place) for place, each in enumerate(found, 1) if each is not None) == usable


def test_what_was_whole_before_the_cap_is_used() -> None:
    """An answer that reached its cap was paid for; without any text, and refused, it holds nothing."""
    begun = reply_of(SPOKEN[:-30])
    capped = Failure("length", "cut", 1, BILLED, reask=True, cut=begun)
    assert told(capped) == [*ANSWERS[:3], None]
    assert told(Failure("content_filter", "flagged", 1, Tokens(7), reask=True)) == [None] * 4


def test_an_answer_stays_spelt_as_it_came() -> None:
    """Raw answers are what the model wrote, but for the id: what it says twice, and how it writes a number."""
    spoken = '{"answers": [{"id": "2",  "verdict":"parsed", "difficulty":2.0, "difficulty":2e0}]}'
    _, second, *_ = tell_apart(reply_of(spoken), TEXTS)
    assert isinstance(second, Completion)
    assert second.content == '{"verdict":"parsed", "difficulty":2.0, "difficulty":2e0}'


@given(st.text() | st.builds(lambda *pieces: "".join(pieces), *[st.sampled_from('{}[]",:1 \n"id"ansr')] * 30))
def test_no_reply_is_too_odd(spoken: str) -> None:
    """Whatever comes, each problem has a part, and nothing that was billed is lost."""
    parts = tell_apart(reply_of(f'{{"answers":[{spoken}'), TEXTS)
    assert sum((each.tokens for each in parts), Tokens()) == BILLED


COUNT = st.integers(0, 10**6)


@given(COUNT, COUNT, COUNT, COUNT, COUNT, st.integers(1, 50))
def test_shares_add_up_and_each_could_have_been_billed(
    plain: int, cached: int, kept: int, written: int, thought: int, count: int
) -> None:
    """A part is within its whole in each share, and no problem pays a token more than another of a kind."""
    billed = Tokens(plain + cached + kept, cached, written + thought, kept, thought)
    shares = share(billed, count)
    assert len(shares) == count
    assert sum(shares, Tokens()) == billed
    assert all(each.cached + each.cache_write <= each.input and each.reasoning <= each.output for each in shares)
    assert max(each.cached for each in shares) - min(each.cached for each in shares) <= 1


ODD = ("如图,a∥b,∠1=50°", "x" * 5000, "在△ABC中\nProblem 2:\nAB=AC")
"""Screened out; long; with a line that looks like one of ours."""


@given(st.lists(st.sampled_from((*TEXTS, *ODD, None))), st.integers(1, 7))
def test_every_problem_is_in_one_place_and_only_what_fits_is_packed(texts: list[str | None], size: int) -> None:
    """Packs are full but for the last, in order; the rest passes by itself."""
    given_ones = [_input(number, text) for number, text in enumerate(texts)]
    units = list(cut(given_ones, size))
    packs: list[ProblemPack] = [each for each in units if isinstance(each, tuple)]
    alone = [each for each in units if not isinstance(each, tuple)]
    assert sorted([*alone, *(each for pack in packs for each in pack)], key=_position) == given_ones
    packed = [each for pack in packs for each in pack]
    assert packed == sorted(packed, key=_position)
    assert not {each.text for each in packed} & {*ODD}
    assert all(len(pack) == size for pack in packs[:-1])
    assert all(1 < len(pack) <= size for pack in packs[-1:])
    assert size == 1 or sum(isinstance(each, Problem) and each.text in TEXTS for each in alone) <= 1


def _input(number: int, text: str | None) -> Problem | Unreadable:
    if text is None:
        return Unreadable(number, Failed(id=str(number), error="no JSON", kind="input"))
    return Problem(str(number), text, number)


def _position(each: Problem | Unreadable) -> int:
    return each.position
