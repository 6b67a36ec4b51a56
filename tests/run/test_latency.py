from pathlib import Path

import pytest

from asyncgeo.run.forecast import LATENCY
from asyncgeo.run.latency import latency_for
from asyncgeo.schema.records import RULES_MODEL, Failed, Meta, Row, Skipped, encode


def rows(latencies: list[float], model: str = "gpt-x") -> list[Row]:
    return [
        Skipped(id=str(i), source="model", reason="pure_calculation", meta=Meta(at="", model=model, latency=latency))
        for i, latency in enumerate(latencies)
    ]


def write(folder: Path, *found: Row, tail: bytes = b"") -> None:
    (folder / "dataset_0_1000.jsonl").write_bytes(b"".join(map(encode, found)) + tail)


def test_what_the_person_says_counts(tmp_path: Path) -> None:
    """A flag is stronger than what was seen."""
    write(tmp_path, *rows([1.0] * 50))
    assert latency_for(tmp_path, 3.0).seconds == 3.0


def test_the_last_answers_of_the_folder_count_before_an_assumption(tmp_path: Path) -> None:
    """Their median, with whose it is; a torn last line and rows without an answer do not matter."""
    failed = Failed(id="x", error="lost", kind="timeout", meta=Meta(at="", attempts=6))
    write(tmp_path, *rows([9.0] * 100), failed, *rows([1.5] * 200), tail=b'{"status":"skip')
    found = latency_for(tmp_path, None)
    assert found.seconds == 1.5
    assert "last 200" in found.why
    assert "gpt-x" in found.why


@pytest.mark.parametrize("found", [[], rows([1.0] * 5), rows([0.001] * 100, RULES_MODEL), rows([0.0] * 100)])
def test_too_few_answers_and_those_of_the_rules_tell_nothing(found: list[Row], tmp_path: Path) -> None:
    """The assumption stands, and says that it is one."""
    write(tmp_path, *found)
    latency = latency_for(tmp_path, None)
    assert latency.seconds == LATENCY
    assert "assumed" in latency.why
    assert latency_for(tmp_path / "nowhere", None).seconds == LATENCY
