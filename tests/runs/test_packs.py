"""Runs that ask about several problems in one request: whole commands, an endpoint on a socket, rows on a disk."""

import json
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from support import scripted
from support.live import asking, asyncgeo, finish, kill_when, rows_of, serving, start, text_of, write_problems

from asyncgeo.schema.records import Failed, Parsed, Row, Tokens, defect
from asyncgeo.simulator import Endpoint, Options
from asyncgeo.simulator.faults import Fault, Received, Spoiled
from asyncgeo.simulator.wire import Answer, Choice, WireCompletion
from asyncgeo.store import events as journal, raw_answers
from asyncgeo.store.events import Progress, Said

FOLDER = "ground_truth"
PACK = ("-i", "in", "--pack", 6)
Answers = list[dict[str, Any]]


def ask(endpoint: Endpoint, tmp_path: Path, *more: object) -> tuple[int, str]:
    code, output = asyncgeo(*asking(endpoint, *PACK, *more), cwd=tmp_path)
    assert "Traceback" not in output
    return code, output


def is_pack(asked: Received) -> bool:
    return asked.problem.startswith("Problem 1:\n")


def is_right(row: Row) -> bool:
    """What the reader answers, unmarked and valid."""
    return not isinstance(row, Failed) and getattr(row, "error", None) is None and defect(row) is None


def steady(rows: Sequence[Row]) -> dict[str, Row]:
    return {row.id: msgspec.structs.replace(row, meta=None) for row in rows}


def billed(rows: Sequence[Row]) -> Tokens:
    return sum((row.meta.tokens for row in rows if row.meta is not None), Tokens())


def last_state(folder: Path) -> Progress:
    events = journal.read(journal.event_logs(folder)[-1])
    return [each for each in events if isinstance(each, Progress)][-1]


def assert_sums_are_true(endpoint: Endpoint, folder: Path) -> None:
    """What rows and the run say of tokens is what the endpoint billed."""
    tokens, stats = billed(rows_of(folder)), endpoint.stats
    assert (tokens.input, tokens.output) == (stats.prompt_tokens, stats.completion_tokens)
    assert tokens.cached == stats.cached_tokens


def test_rows_are_those_of_single_requests_at_a_quarter_of_the_tokens(tmp_path: Path) -> None:
    """Seven requests for forty problems; the same rows; each row's share adds up to the bill."""
    write_problems(tmp_path / "in", range(40))
    with serving() as endpoint:
        assert asyncgeo(*asking(endpoint, "-i", "in", "-o", "single"), cwd=tmp_path)[0] == 0
    with serving() as endpoint:
        code, output = ask(endpoint, tmp_path)
        assert code == 0, output
        assert endpoint.stats.requests == 7
        assert set(endpoint.stats.problems.values()) == {1}
        assert_sums_are_true(endpoint, tmp_path / FOLDER)
        assert last_state(tmp_path / FOLDER).requests == 7
    packed, single = rows_of(tmp_path / FOLDER), rows_of(tmp_path / "single")
    assert steady(packed) == steady(single)
    own, alone = billed(packed), billed(single)
    assert own.input + own.output < 0.3 * (alone.input + alone.output)


def of_pack(change: Callable[[Answers], object], finish_reason: Any = "stop") -> Callable[[Received], Fault | None]:
    """Packs are answered with what `change` makes of the right answers, and a text as it stands."""

    def spoil(done: WireCompletion) -> WireCompletion:
        assert done.choices is not None
        answers = json.loads(done.choices[0].message.content or "")["answers"]
        made = change(answers)
        text = made if isinstance(made, str) else json.dumps({"answers": made}, ensure_ascii=False)
        return msgspec.structs.replace(done, choices=[Choice(Answer(text), finish_reason)])

    return lambda asked: Spoiled(spoil) if is_pack(asked) and asked.ordinal == 1 else None


def swap(answers: Answers) -> Answers:
    first, second, *rest = answers
    return [{**second, "id": "1"}, {**first, "id": "2"}, *rest]


def cut(answers: Answers) -> str:
    whole = json.dumps({"answers": answers})
    return whole[: whole.index('"id": "5"') + 100]


@pytest.mark.parametrize(
    ("script", "alone"),
    [
        (of_pack(lambda _: "The figures show triangles."), 6),
        (of_pack(lambda answers: answers[2:]), 2),
        (of_pack(lambda answers: [*answers, {**answers[0], "id": "2"}]), 1),
        (of_pack(lambda answers: [{**each, "id": "17" + each["id"]} for each in answers]), 6),
        (of_pack(swap), 2),
        (of_pack(cut, "length"), 2),
        (of_pack(lambda answers: [{"id": "1", "answer": {}}, *answers[1:]]), 1),
        (of_pack(lambda answers: answers, "content_filter"), 6),
        (lambda asked: "refusal" if is_pack(asked) else None, 6),
        (lambda asked: "too_long" if is_pack(asked) else None, 6),
        (lambda asked: "null_content" if is_pack(asked) else None, 6),
    ],
    ids=[
        "no JSON", "missing", "an id twice", "wrong ids", "swapped", "cut", "unfit", "filtered", "refused",
        "too long", "empty",
    ],
)  # fmt: skip
def test_what_a_pack_gives_no_usable_answer_to_is_asked_alone(
    tmp_path: Path, script: Callable[[Received], Fault | str | None], alone: int
) -> None:
    """As many single questions as answers are of no use; every row is right, and the bill is in the rows."""
    write_problems(tmp_path / "in", range(6))
    with serving(script=script) as endpoint:
        code, output = ask(endpoint, tmp_path)
        assert code == 0, output
        assert endpoint.stats.requests == 1 + alone
        assert_sums_are_true(endpoint, tmp_path / FOLDER)
    rows = rows_of(tmp_path / FOLDER)
    assert {row.id for row in rows} == {str(number) for number in range(6)}
    assert all(map(is_right, rows))


def test_an_unfit_answer_of_a_pack_has_its_right_to_one_correction(tmp_path: Path) -> None:
    """The model is shown the problem alone, its own answer and why; where that is unfit too the row is marked."""
    write_problems(tmp_path / "in", range(6))
    seen: list[list[dict[str, Any]]] = []

    def reply(asked: scripted.Asked) -> scripted.Reply:
        texts = asked.text.partition("Problem 1:\n")[2].split("\n\nProblem ")
        if len(texts) == 1:
            seen.append(asked.body["messages"])
            return scripted.Reply(200, scripted.completion('{"verdict":"parsed","cleaned_text":""}'))
        answers = [{"id": str(k), **scripted.parse_of(each)} for k, each in enumerate(texts, 1)]
        answers[3]["difficulty"] = 9
        return scripted.Reply(200, scripted.completion(json.dumps({"answers": answers}, ensure_ascii=False)))

    with scripted.serving(reply) as server:
        code, output = asyncgeo("run", *PACK, "--base-url", server.url, "--model", "m", cwd=tmp_path)
    assert code == 4, output
    ((_, problem, shown, correction),) = seen
    assert problem["content"] == f"Problem:\n{text_of(3)}"
    assert json.loads(shown["content"])["difficulty"] == 9
    assert "id" not in json.loads(shown["content"])
    assert "difficulty 9" in correction["content"]
    (marked,) = (row for row in rows_of(tmp_path / FOLDER) if isinstance(row, Parsed) and row.stands_in)
    assert (marked.id, marked.kind) == ("3", "invalid_answer")


@pytest.mark.parametrize("fault", ["content_filter", "refusal"])
def test_one_flagged_problem_fails_alone(tmp_path: Path, fault: str) -> None:
    """Its pack is refused with it; the five others are answered, and it alone is marked."""
    write_problems(tmp_path / "in", range(12))
    with serving(script=lambda asked: fault if text_of(4) in asked.problem else None) as endpoint:
        code, output = ask(endpoint, tmp_path)
        assert code == 4, output
        assert endpoint.stats.requests == 2 + 6 + 1  # of the flagged one a correction too
    assert [row.id for row in rows_of(tmp_path / FOLDER) if not is_right(row)] == ["4"]


def test_a_server_that_knows_no_schema_is_asked_in_packs_all_the_same(tmp_path: Path) -> None:
    """The form of a pack's answer stands in its prompt as well."""
    write_problems(tmp_path / "in", range(12))
    with serving(Options(knows=())) as endpoint:
        code, output = ask(endpoint, tmp_path)
        assert code == 0, output
        assert endpoint.stats.formats["text"] == 2


def test_packs_that_are_of_no_use_are_given_up(tmp_path: Path) -> None:
    """A model that cannot tell problems apart is asked one by one after three of them, and the person hears of it."""
    write_problems(tmp_path / "in", range(60))
    with serving(script=lambda asked: "plain" if is_pack(asked) else None) as endpoint:
        code, output = ask(endpoint, tmp_path, "--concurrency", 1)
        assert code == 0, output
        assert endpoint.stats.requests == 60 + 3
    assert "one by one" in output
    said = [each for each in journal.read(journal.event_logs(tmp_path / FOLDER)[-1]) if isinstance(each, Said)]
    assert any("3 packs in a row" in each.text for each in said)


def test_a_dead_key_never_looks_like_success(tmp_path: Path) -> None:
    """Refused after some packs: exit 3, the rows that were paid for, and no other; the same command goes on."""
    write_problems(tmp_path / "in", range(60))
    with serving(script=lambda asked: "401" if asked.ordinal > 4 else None) as endpoint:
        code, output = ask(endpoint, tmp_path, "--concurrency", 2)
        assert code == 3, output
        assert endpoint.stats.requests <= 4 + 2
    rows = rows_of(tmp_path / FOLDER)
    assert len(rows) == 24
    assert all(map(is_right, rows))
    assert "24 rows of this run are safe" in output
    with serving() as endpoint:
        assert ask(endpoint, tmp_path)[0] == 0
        assert endpoint.stats.requests == 6


def test_a_server_that_answers_nothing_usable_ends_the_run(tmp_path: Path) -> None:
    """Neither to packs nor to single questions: exit 3, no row, and no more asked than without packs, but for packs."""
    write_problems(tmp_path / "in", range(200))
    with serving(script=lambda _: "misfit") as endpoint:
        code, output = ask(endpoint, tmp_path)
        assert code == 3, output
        assert endpoint.stats.requests <= 8 + 2 * (32 + 6)
    assert rows_of(tmp_path / FOLDER) == []


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_run_that_is_ended_goes_on_where_it_was(tmp_path: Path, number: int) -> None:
    """Killed or interrupted in mid-run: no answer that was written is asked again, and the dataset is whole.

    After an interrupt every answer that was paid for has its row.
    """
    write_problems(tmp_path / "in", range(120))
    with serving(Options(latency=0.05)) as endpoint:
        run = start(*asking(endpoint, *PACK, "--keep-raw", "--concurrency", 3), cwd=tmp_path)
        kill_when(run, lambda: len(endpoint.stats.answered) >= 30, number)
        code, output = finish(run)
        answered = len(endpoint.stats.answered)
    assert code == (130 if number == signal.SIGINT else -number), output
    before = rows_of(tmp_path / FOLDER)
    assert number == signal.SIGKILL or len(before) == answered
    with serving() as endpoint:
        assert ask(endpoint, tmp_path, "--keep-raw")[0] == 0
        assert endpoint.stats.problems.keys() == {text_of(n) for n in range(120)} - {
            row.original_text for row in before if isinstance(row, Parsed)
        }
    rows = rows_of(tmp_path / FOLDER)
    assert len({row.id for row in rows}) == len(rows) == 120
    kept = dict(raw_answers.read(tmp_path / FOLDER)).keys()
    lacking = {row.id for row in rows} - kept  # rows are written first: those of one batch, at a kill between the two
    assert len(lacking) <= (0 if number == signal.SIGINT else len(before))
    code, output = asyncgeo("reparse", cwd=tmp_path)
    assert code == 0, output
    assert f"{len(kept)} rows unchanged · 0 changed" in output


def test_redo_all_asks_again_in_packs(tmp_path: Path) -> None:
    """What has a verdict is packed like what has none."""
    write_problems(tmp_path / "in", range(12))
    with serving() as endpoint:
        assert ask(endpoint, tmp_path)[0] == 0
        assert ask(endpoint, tmp_path)[0] == 0
        assert endpoint.stats.requests == 2
        assert ask(endpoint, tmp_path, "--redo", "all")[0] == 0
        assert endpoint.stats.requests == 4


def test_requests_in_flight_are_bounded_whatever_is_asked_alone(tmp_path: Path) -> None:
    """Each pack falls apart into six single questions, and there are never more than two requests at once."""
    write_problems(tmp_path / "in", range(36))
    with serving(Options(latency=0.02), script=lambda asked: "refusal" if is_pack(asked) else None) as endpoint:
        assert ask(endpoint, tmp_path, "--concurrency", 2)[0] == 0
        assert endpoint.stats.peak <= 2


def test_a_budget_is_not_overspent(tmp_path: Path) -> None:
    """A pack is reserved as one request; exit 3 before more is spent, and what was paid for has its rows."""
    write_problems(tmp_path / "in", range(300))
    prices = '[prices."asyncgeo-rules"]\ninput = 1.0\ncached_input = 1.0\noutput = 2.0\n'
    (tmp_path / "config.toml").write_text(prices, encoding="utf-8")
    with serving(Options(latency=0.01)) as endpoint:
        code, output = ask(endpoint, tmp_path, "--budget", 0.15, "--concurrency", 4)
        assert code == 3, output
        stats = endpoint.stats
        assert 0.7 * 0.15 < (stats.prompt_tokens + stats.completion_tokens * 2.0) / 1e6 <= 0.15
        assert len(rows_of(tmp_path / FOLDER)) == sum(stats.answered.values())


# through the Batch API


def batched(endpoint: Endpoint, tmp_path: Path, *more: object) -> tuple[int, str]:
    (tmp_path / "config.toml").write_text("[retry]\nmax_delay = 0.2\n", encoding="utf-8")
    return ask(endpoint, tmp_path, "--batch", *more)


def test_a_batch_of_packs_is_a_row_for_each_problem(tmp_path: Path) -> None:
    """Four requests for twenty-two problems, none of them live; the bill is in the rows, at the batch's service."""
    write_problems(tmp_path / "in", range(22))
    with serving(Options(batch_seconds=0.2)) as endpoint:
        code, output = batched(endpoint, tmp_path)
        assert code == 0, output
        assert endpoint.stats.requests == 0
        assert set(endpoint.stats.batched.values()) == {1}
        assert_sums_are_true(endpoint, tmp_path / FOLDER)
    assert "4 of 4 requests came back" in output
    rows = rows_of(tmp_path / FOLDER)
    assert {row.id for row in rows} == {str(number) for number in range(22)}
    assert {row.meta.service for row in rows if row.meta is not None} == {"batch"}
    assert all(map(is_right, rows))


def test_what_a_pack_of_a_batch_lacks_is_asked_live(tmp_path: Path) -> None:
    """Alone, as in any run; the others have the batch's answer."""
    write_problems(tmp_path / "in", range(12))
    with serving(Options(batch_seconds=0.2), of_pack(swap)) as endpoint:
        code, output = batched(endpoint, tmp_path)
        assert code == 0, output
        assert endpoint.stats.requests == 2
        assert_sums_are_true(endpoint, tmp_path / FOLDER)
    assert all(map(is_right, rows_of(tmp_path / FOLDER)))


def test_with_batch_only_it_is_in_the_next_batch_by_itself(tmp_path: Path) -> None:
    """A flagged problem does not fail its pack for ever: the others are answered one by one, it stays pending."""
    write_problems(tmp_path / "in", range(12))
    flagged = text_of(4)
    with serving(
        Options(batch_seconds=0.2), lambda asked: "content_filter" if flagged in asked.problem else None
    ) as endpoint:
        batched(endpoint, tmp_path, "--batch-only", "--no-merge")
        assert endpoint.stats.requests == 0
        assert endpoint.stats.batched == {text_of(n): 2 if n < 6 else 1 for n in range(12)}
    assert {row.id for row in rows_of(tmp_path / FOLDER)} == {str(n) for n in range(12)} - {"4"}


def test_a_batch_of_packs_is_collected_by_any_later_command(tmp_path: Path) -> None:
    """What was submitted in packs is told apart whatever --pack says now, also where some have a verdict since."""
    write_problems(tmp_path / "in", range(12))
    with serving(Options(batch_seconds=0.2)) as endpoint:
        assert batched(endpoint, tmp_path, "--submit-only")[0] == 0
        flags = ("-i", "in", "--no-merge", "--steal-batch", "--end", 3)
        assert asyncgeo(*asking(endpoint, *flags), cwd=tmp_path)[0] == 0
        code, output = asyncgeo(*asking(endpoint, "-i", "in", "--batch"), cwd=tmp_path)
        assert code == 0, output
        assert endpoint.stats.requests == 3
        assert set(endpoint.stats.batched.values()) == {1}
    rows = rows_of(tmp_path / FOLDER)
    assert len({row.id for row in rows}) == len(rows) == 12
    assert all(map(is_right, rows))
