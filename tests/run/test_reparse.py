import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from support.live import asking, asyncgeo, rows_of, write_problems

from asyncgeo import store
from asyncgeo.dataset import merge
from asyncgeo.errors import InputError, ShardError
from asyncgeo.run.reparse import Recount, reparse
from asyncgeo.schema import records
from asyncgeo.schema.canonical import FORM
from asyncgeo.schema.records import (
    RULES_MODEL,
    SKIP_REASONS,
    Failed,
    Meta,
    Parsed,
    RequiredObjects,
    Row,
    Skipped,
    Source,
    Tokens,
)
from asyncgeo.simulator import Endpoint
from asyncgeo.store import Bounds, raw_answers
from asyncgeo.store.appender import Shard
from asyncgeo.store.raw_answers import Raw, RawFile

BOUNDS = Bounds(0, 10)
TEXT = "△ABC, ∠C=90°"
RIGHT = {"type": "angle_value", "points": [["A", "C", "B"]], "value": 90}
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def at(minute: int) -> str:
    return (NOON + timedelta(minutes=minute)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def content(*conditions: dict[str, Any], **members: Any) -> str:
    whole = {
        "verdict": "parsed",
        "reason": None,
        "detail": "",
        "cleaned_text": TEXT,
        "category": "Basic Constructions",
        "difficulty": 1,
        "required_objects": {"points": ["A", "B", "C"], "segments": [], "lines": [], "circles": [], "polygons": []},
        "verification_conditions": list(conditions),
    }
    return json.dumps({**whole, **members}, ensure_ascii=False)


def answer(minute: int, text: str, model: str = "m", identifier: str = "1") -> Raw:
    return Raw(identifier, TEXT, at(minute), model, f"prompt-{minute}", "stop", text)


def parsed(minute: int, *conditions: dict[str, Any], source: Source = "model", **members: Any) -> Parsed:
    meta = Meta(at=at(minute), model="m", tokens=Tokens(100, 50, 10), attempts=2, latency=1.5)
    row = Parsed(
        id="1",
        source=source,
        subject=TEXT,
        original_text=TEXT,
        cleaned_text=TEXT,
        category="Basic Constructions",
        difficulty=1,
        required_objects=RequiredObjects(points=["A", "B", "C"]),
        verification_conditions=list(conditions),
        meta=meta,
    )
    return msgspec.structs.replace(row, **members)


FAILED = Failed(id="1", error="no", kind="invalid_answer", attempts=2, meta=Meta(at=at(5), tokens=Tokens(9, 0, 1)))


def write(folder: Path, rows: list[Row], answers: list[Raw], bounds: Bounds = BOUNDS) -> None:
    folder.joinpath(store.name(*bounds)).write_bytes(b"".join(map(records.encode, rows)))
    file = RawFile(folder, bounds)
    file.append(raw_answers.encode(answers))
    file.close()


def run(folder: Path, minute: int = 60) -> Recount:
    return asyncio.run(reparse(folder, NOON + timedelta(minutes=minute)))


def counts(recount: Recount) -> tuple[int, int, int, int]:
    return recount.unchanged, recount.changed, recount.new, len(recount.invalid)


def last(folder: Path) -> Row:
    return rows_of(folder)[-1]


def test_a_row_that_says_the_same_is_not_written(tmp_path: Path) -> None:
    """Whatever its meta; numbers are compared as numbers."""
    write(tmp_path, [parsed(1, {**RIGHT, "value": 90.0})], [answer(1, content(RIGHT))])
    before = (tmp_path / store.name(*BOUNDS)).read_bytes()
    assert counts(run(tmp_path)) == (1, 0, 0, 0)
    assert (tmp_path / store.name(*BOUNDS)).read_bytes() == before


def test_a_row_that_newer_checks_make_otherwise_is_written_behind_the_old_one(tmp_path: Path) -> None:
    """Later, so that it wins the merge; it keeps what the problem cost, and names its answer. Twice changes nothing."""
    write(tmp_path, [parsed(1)], [answer(1, content(RIGHT))])
    recount = run(tmp_path)
    assert counts(recount) == (0, 1, 0, 0)
    row = last(tmp_path)
    assert isinstance(row, Parsed)
    assert (row.verification_conditions, row.original_text, row.source) == ([RIGHT], TEXT, "model")
    assert row.meta == Meta(
        at=at(60),
        model="m",
        prompt="prompt-1",
        tokens=Tokens(100, 50, 10),
        attempts=2,
        latency=1.5,
        answered=at(1),
        rechecked=True,
        form=FORM,
    )
    assert [change.after for change in recount.examples] == [row]
    merge(tmp_path)
    problems = json.loads((tmp_path / "geoqa3_dataset.json").read_text(encoding="utf-8"))["problems"]
    assert [problem["verification_conditions"] for problem in problems] == [[RIGHT]]
    assert counts(run(tmp_path, 61)) == (1, 0, 0, 0)
    assert len(rows_of(tmp_path)) == 2


@pytest.mark.parametrize(
    "before",
    [[FAILED], [parsed(5, source="rules", error="no", kind="invalid_answer")], []],
    ids=["error", "rules", "no row"],
)
def test_an_answer_that_was_not_good_enough_may_be_now(tmp_path: Path, before: list[Row]) -> None:
    """An error, rules in the model's place, or a row that was lost become the model's verdict."""
    write(tmp_path, before, [answer(1, "nothing"), answer(2, content(RIGHT)), answer(3, content(difficulty=99))])
    assert counts(run(tmp_path)) == (0, 0, 1, 0)
    row = last(tmp_path)
    assert isinstance(row, Parsed)
    assert (row.source, row.error, row.kind, row.original_text) == ("model", None, None, TEXT)
    assert row.meta is not None
    assert row.meta.answered == at(2)
    assert counts(run(tmp_path, 61)) == (1, 0, 0, 0)


def test_answers_without_a_row_make_one_or_leave_the_problem_pending(tmp_path: Path) -> None:
    """A run was killed before the row was written, perhaps before its shard was."""
    answers = [answer(1, content(RIGHT), identifier="1"), answer(2, "nothing", identifier="2")]
    file = RawFile(tmp_path, BOUNDS)
    file.append(raw_answers.encode(answers))
    file.close()
    recount = run(tmp_path)
    assert (counts(recount), recount.without, recount.total) == ((0, 0, 1, 0), 1, 2)
    assert [row.id for row in rows_of(tmp_path)] == ["1"]
    recount = run(tmp_path, 61)
    assert (counts(recount), recount.without) == ((1, 0, 0, 0), 1)
    code, said = asyncgeo("reparse", "--output-dir", tmp_path, cwd=tmp_path)
    assert code == 0, said
    assert "1 of them have no row and no usable answer: `asyncgeo run` asks for them again." in said


def test_the_answer_that_a_row_was_made_of_counts_not_a_later_one(tmp_path: Path) -> None:
    """Of two answers the first was kept, and the row was written again to be marked."""
    row = parsed(1, RIGHT)
    assert row.meta is not None
    marked = msgspec.structs.replace(
        row, meta=msgspec.structs.replace(row.meta, at=at(3), answered=at(1), drawable=False)
    )
    write(tmp_path, [row, parsed(2), marked], [answer(1, content(RIGHT)), answer(2, content())])
    assert counts(run(tmp_path)) == (1, 0, 0, 0)


def test_a_row_whose_answer_is_not_usable_any_more_stays_and_is_told(tmp_path: Path) -> None:
    """Nothing is written; another usable answer to the same problem takes its place where there is one."""
    write(tmp_path, [parsed(2, RIGHT)], [answer(2, content(RIGHT, difficulty=99))])
    recount = run(tmp_path)
    assert recount.invalid == ["1"]
    assert len(rows_of(tmp_path)) == 1
    write(tmp_path, [parsed(2)], [answer(1, content(RIGHT))])  # appended: both answers are there
    assert counts(run(tmp_path)) == (0, 1, 0, 0)


def test_answers_do_not_replace_what_counts_more_or_came_later(tmp_path: Path) -> None:
    """A later run without raw answers, a model's row before the embedded reader's answer, a screened problem."""
    for row in (
        parsed(9, RIGHT),
        parsed(0, RIGHT),
        Skipped(id="1", source="screen", reason=SKIP_REASONS[0], meta=Meta(at=at(9))),
    ):
        model = RULES_MODEL if row.meta is not None and row.meta.at == at(0) else "m"
        write(tmp_path, [row], [answer(1, content(), model)])
        assert counts(run(tmp_path)) == (1, 0, 0, 0)
        (tmp_path / raw_answers.name(BOUNDS)).unlink()


def test_a_refusal_is_a_verdict_too(tmp_path: Path) -> None:
    """The row of a skipped problem is made of its answer like any other."""
    write(tmp_path, [parsed(1, RIGHT)], [answer(1, content(verdict="skipped", reason=SKIP_REASONS[1]))])
    assert counts(run(tmp_path)) == (0, 1, 0, 0)
    row = last(tmp_path)
    assert isinstance(row, Skipped)
    assert row.reason == SKIP_REASONS[1]
    assert counts(run(tmp_path, 61)) == (1, 0, 0, 0)


def test_the_best_row_of_all_shards_counts(tmp_path: Path) -> None:
    """Shards may overlap; lines that are no rows, and rows of the original script, are passed over."""
    write(tmp_path, [parsed(1)], [answer(1, content(RIGHT))])
    other = b'{"id": "1", "status": "parsed", "category": "Unknown"}\nrubbish\n' + records.encode(parsed(9, RIGHT))
    tmp_path.joinpath(store.name(0, 20)).write_bytes(other)
    assert counts(run(tmp_path)) == (1, 0, 0, 0)
    tmp_path.joinpath(store.name(0, 20)).unlink()
    assert counts(run(tmp_path)) == (0, 1, 0, 0)


def test_a_torn_shard_is_repaired_before_anything_is_appended(tmp_path: Path) -> None:
    """A killed run left half a row: it is moved away, and the new row stands on a line of its own."""
    write(tmp_path, [parsed(1)], [answer(1, content(RIGHT))])
    with tmp_path.joinpath(store.name(*BOUNDS)).open("ab") as stream:
        stream.write(b'{"status":"par')
    assert counts(run(tmp_path)) == (0, 1, 0, 0)
    assert len(rows_of(tmp_path)) == 2


async def test_a_shard_that_a_run_holds_is_left_alone(tmp_path: Path) -> None:
    """The error names it; nothing is written."""
    write(tmp_path, [parsed(1)], [answer(1, content(RIGHT))])
    async with await Shard.open(tmp_path, BOUNDS):
        with pytest.raises(ShardError, match=r"dataset_0_10\.jsonl"):
            await reparse(tmp_path)
    assert len(rows_of(tmp_path)) == 1


def test_without_answers_the_message_says_how_to_keep_some(tmp_path: Path) -> None:
    """Not an empty success."""
    with pytest.raises(InputError, match="--keep-raw"):
        run(tmp_path)


def test_the_command_restores_rows_from_answers(tmp_path: Path, simulator: Endpoint) -> None:
    """A run's rows are as its answers say; rows that were edited, or lost, come back; a second time nothing does."""
    write_problems(tmp_path / "in", range(20))
    arguments = ("--input-dir", "in", "--output-dir", "out", "--keep-raw")
    code, output = asyncgeo(*asking(simulator, *arguments), cwd=tmp_path)
    assert code == 0, output
    code, output = asyncgeo("reparse", "--output-dir", "out", cwd=tmp_path)
    assert code == 0, output
    assert "20 rows unchanged · 0 changed" in output
    shard = tmp_path / "out" / store.name(0, 20)
    before = {row.id: row for row in rows_of(tmp_path / "out")}
    lines = shard.read_bytes().splitlines(keepends=True)
    assert b'"difficulty":' in lines[0]
    edited = lines[0].replace(b'"difficulty":', b'"difficulty":1')
    shard.write_bytes(edited + b"".join(lines[2:]))
    code, output = asyncgeo("reparse", "--output-dir", "out", cwd=tmp_path)
    assert code == 0, output
    after = {row.id: row for row in rows_of(tmp_path / "out")}
    assert after.keys() == before.keys()
    assert "18 rows unchanged · 0 changed · 2 newly usable" in output
    assert all(
        msgspec.structs.replace(after[each], meta=None) == msgspec.structs.replace(row, meta=None)
        for each, row in before.items()
    )
    assert "20 rows unchanged" in asyncgeo("reparse", "--output-dir", "out", cwd=tmp_path)[1]


def test_an_answer_about_another_problem_is_no_longer_usable(tmp_path: Path) -> None:
    """A row that was made of it before is named; it stays until the problem is asked again."""
    other = content({"type": "segment_equality", "segments": [["X", "Y"], ["Y", "Z"]]})
    stranger = other.replace('"A"', '"X"').replace('"B"', '"Y"').replace('"C"', '"Z"')
    write(tmp_path, [parsed(1)], [answer(1, json.dumps({**json.loads(stranger), "cleaned_text": "△XYZ"}))])
    assert counts(run(tmp_path)) == (0, 0, 0, 1)
