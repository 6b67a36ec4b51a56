"""Whether a folder holds answers of a model, and which problem can be asked again."""

from pathlib import Path

import pytest
from support import scripted
from support.journals import started, write_journal, write_shard
from support.live import asyncgeo, write_problems

from asyncgeo.run.earlier import answered_before, other_model
from asyncgeo.schema.records import RULES_MODEL, Failed, Meta, Parsed, Problem, RequiredObjects, Row, Skipped, Source
from asyncgeo.store.events import Ended

NOON = "2026-11-23T12:00:00.000+00:00"
LATER = "2026-11-23T13:00:00.000+00:00"


def row(model: str, *, source: Source = "model", at: str = NOON, text: str = "△ABC", kind: str | None = None) -> Parsed:
    return Parsed(
        id="7",
        source=source,
        subject=text,
        original_text=text,
        cleaned_text=text,
        category="Basic Constructions",
        difficulty=1,
        required_objects=RequiredObjects(),
        verification_conditions=[],
        error=kind,
        kind=kind,
        meta=Meta(at=at, model=model),
    )


def unknown(_: str) -> Problem | None:
    return None


@pytest.mark.parametrize(
    ("answered", "asked", "same"),
    [
        ("gpt-4.1-mini-2025-04-14", "gpt-4.1-mini", True),
        ("gpt-4.1-mini", "gpt-4.1-mini", True),
        ("gpt-4.1-mini", "gpt-4.1", False),
        ("gpt-4.1-mini-2025-04-14", "gpt-4.1", False),
        ("claude-x-20260101", "claude-x", True),
        ("other", "gpt-4.1", False),
    ],
)
def test_a_reply_may_name_a_dated_version(tmp_path: Path, answered: str, asked: str, *, same: bool) -> None:
    """And not another model whose name begins alike."""
    write_shard(tmp_path, 0, 9, [row(answered)])
    assert answered_before(tmp_path, asked, unknown) == (Problem("7", "△ABC") if same else None)


def test_where_names_differ_the_event_logs_say_what_was_asked(tmp_path: Path) -> None:
    """A local server answers with the path of a file; the row came while a run asked for this model alone."""
    write_shard(tmp_path, 0, 9, [row("/models/q.gguf", at=NOON)])
    assert answered_before(tmp_path, "q", unknown) is None
    end = Ended(at="2026-11-23T12:10:00.000+00:00", exit_code=0)
    write_journal(tmp_path, "a", [started(1, "2026-11-23T11:50:00.000+00:00", model="q"), end])
    assert answered_before(tmp_path, "q", unknown) == Problem("7", "△ABC")
    assert answered_before(tmp_path, "other", unknown) is None
    write_journal(tmp_path, "b", [started(2, "2026-11-23T11:55:00.000+00:00", model="other"), end])
    assert answered_before(tmp_path, "q", unknown) is None  # either may have answered


@pytest.mark.parametrize(
    "useless",
    [
        row("m", kind="timeout", source="rules"),
        row("m", source="rules"),
        row("m", text="如图,直线a∥b,∠1=50°,则∠2等于()"),  # screened by now: nothing would be asked
        Failed(id="7", error="x", kind="timeout", meta=Meta(at=NOON, model="m")),
        Skipped(
            id="7", source="model", reason="pure_calculation", meta=Meta(at=NOON, model="m")
        ),  # its text is unknown
    ],
)
def test_only_an_answer_that_can_be_asked_for_again_counts(tmp_path: Path, useless: Row) -> None:
    """Stand-ins, failures, verdicts of others and problems that would not be sent are passed over."""
    write_shard(tmp_path, 0, 9, [useless])
    assert answered_before(tmp_path, "m", unknown) is None
    write_shard(tmp_path, 9, 18, [row("m")])
    assert answered_before(tmp_path, "m", unknown) == Problem("7", "△ABC")


def test_the_text_of_a_skip_is_the_inputs(tmp_path: Path) -> None:
    """Its row does not hold it."""
    write_shard(tmp_path, 0, 9, [Skipped(id="7", source="model", reason="x", meta=Meta(at=NOON, model="m"))])
    assert answered_before(tmp_path, "m", lambda each: Problem(each, "△DEF", 3)) == Problem("7", "△DEF", 3)


def test_the_rule_readers_own_answers_count_for_a_run_of_its_own(tmp_path: Path) -> None:
    """`--offline` asks the embedded endpoint."""
    write_shard(tmp_path, 0, 9, [row(RULES_MODEL, source="rules")])
    assert answered_before(tmp_path, RULES_MODEL, unknown) == Problem("7", "△ABC")


def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    """A first run."""
    assert answered_before(tmp_path / "none", "m", unknown) is None


def test_a_folder_by_another_model_is_recognized(tmp_path: Path) -> None:
    """By its first answer of a model; by the name that was asked, where a log has it; not once both were asked."""
    assert other_model(tmp_path, "gpt-6-luna") == ""
    write_shard(tmp_path, 0, 9, [row("rules", source="rules"), row("gpt-4.1-mini-2025-04-14")])
    assert other_model(tmp_path, "gpt-6-luna") == "gpt-4.1-mini"
    assert other_model(tmp_path, "gpt-4.1-mini") == ""
    write_journal(tmp_path, "20261123T120000Z", [started(1, model="my-alias")])
    assert other_model(tmp_path, "gpt-6-luna") == "my-alias"
    write_journal(tmp_path, "20261124T120000Z", [started(1, model="gpt-6-luna")])
    assert other_model(tmp_path, "gpt-6-luna") == ""


@pytest.mark.slow
def test_a_run_without_a_model_says_so_where_another_has_answered(tmp_path: Path) -> None:
    """Before it asks, once, with the flag that goes on with the old one; a model that is named is no news."""
    write_problems(tmp_path / "in", range(6))
    with scripted.serving(lambda asked: scripted.answer(asked.text)) as server:
        flags = ("run", "-i", "in", "--base-url", server.url)
        _, first = asyncgeo(*flags, "--model", "m", "--limit", 2, cwd=tmp_path)
        _, second = asyncgeo(*flags, "--limit", 2, cwd=tmp_path)
        _, third = asyncgeo(*flags, cwd=tmp_path)
    line = "No model is named, so gpt-6-luna is asked; this folder's answers are by m: --model m keeps it."
    assert line in second.replace("\n", " ")
    assert "No model is named" not in first + third
