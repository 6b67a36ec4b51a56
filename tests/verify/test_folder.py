import json
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import msgspec
import pytest

from asyncgeo import store
from asyncgeo.cli.compare import compare
from asyncgeo.cli.gallery import gallery
from asyncgeo.cli.verify import verify as verify_command
from asyncgeo.errors import InputError, ShardError, UserError
from asyncgeo.run.overrides import overrides
from asyncgeo.schema.asked import AnswerKey
from asyncgeo.schema.records import Failed, Meta, Parsed, RequiredObjects, Skipped, decode, encode
from asyncgeo.schema.verdict import Verdict
from asyncgeo.store import parses
from asyncgeo.store.verdicts import read, verdict_on
from asyncgeo.verify.folder import result_of, verify
from asyncgeo.verify.judge import correction

RIGHT = {"type": "angle_value", "points": [["A", "C", "B"]], "value": 90}
LEG = {"type": "distance_equals", "segment": ["C", "B"], "value": 90}
HYPOTENUSE = {"type": "distance_equals", "segment": ["A", "B"], "value": 3}
LEVEL = {"type": "point_on_segment", "point": "D", "segment": ["A", "B"]}


def row(identifier: str, *conditions: dict[str, Any]) -> bytes:
    return encode(
        Parsed(
            id=identifier,
            source="model",
            subject="△ABC, ∠C=90°",
            original_text="△ABC, ∠C=90°",
            cleaned_text="△ABC, ∠C=90°",
            category="Basic Constructions",
            difficulty=1,
            required_objects=RequiredObjects(),
            verification_conditions=list(conditions),
        )
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two shards: a right triangle, a contradiction, rows that are no parse, and a row of the original script."""
    skipped = encode(Skipped(id="3", source="screen", reason="pure_calculation"))
    failed = encode(Failed(id="4", error="too slow", kind="timeout"))
    tmp_path.joinpath(store.name(0, 5)).write_bytes(
        row("1", RIGHT, HYPOTENUSE) + row("2", LEVEL, RIGHT, LEG, HYPOTENUSE) + skipped + failed + b'{"id": "torn'
    )
    original = {
        "id": 7,
        "status": "parsed",
        "category": "Unknown",
        "verification_conditions": [{"type": "length", "segment": "AB", "value": "6cm"}],
        "required_objects": {"points": ["A", "B"]},
    }
    tmp_path.joinpath(store.name(5, 9)).write_bytes(msgspec.json.encode(original) + b"\n")
    return tmp_path


def test_every_parse_gets_one_verdict(folder: Path) -> None:
    """Rows that are no parse get none; the verdicts lie beside the shards."""
    summary = verify(folder, processes=1)
    assert {v.id: v.drawable for v in summary.verdicts} == {"1": True, "2": False, "7": True}
    assert (summary.judged, summary.drawable) == (3, 2)
    assert [v.conflict for v in summary.contradictory()] == [(1, 2, 3)]
    assert {v.id for v in read(folder).values()} == {"1", "2", "7"}
    assert folder.joinpath("verify_0_5.jsonl").read_bytes().count(b"\n") == 2


def test_a_second_verification_judges_nothing_twice(folder: Path) -> None:
    """What has a verdict keeps it; a row that has changed is judged again, and its old verdict no longer counts."""
    first = verify(folder, processes=1)
    assert verify(folder, processes=1) == type(first)(first.verdicts, 0)
    shard = folder / store.name(0, 5)
    shard.write_bytes(shard.read_bytes().replace(row("2", LEVEL, RIGHT, LEG, HYPOTENUSE), row("2", RIGHT, LEG)))
    second = verify(folder, processes=1)
    assert second.judged == 1
    assert second.drawable == len(second.verdicts) == 3


def test_a_killed_process_ends_with_a_way_on() -> None:
    """Verdicts so far are written; the message says how to need less memory."""
    future: Future[list[Verdict]] = Future()
    future.set_exception(BrokenProcessPool())
    with pytest.raises(UserError, match="--processes 1"):
        result_of(future)


def test_several_processes_find_the_same(folder: Path) -> None:
    """As one does."""
    alone = {v.id: v.conflict for v in verify(folder, processes=1).verdicts}
    for path in folder.glob("verify_*"):
        path.unlink()
    assert {v.id: v.conflict for v in verify(folder, processes=2).verdicts} == alone


def test_a_row_that_another_replaces_does_not_count(folder: Path) -> None:
    """A contradiction that was asked about again has a later row, and so may have a row of another shard."""
    later = msgspec.structs.replace(decode(row("2", RIGHT, HYPOTENUSE)), meta=Meta(at="2026-11-23T09:00:00.000Z"))
    with folder.joinpath(store.name(5, 9)).open("ab") as stream:
        stream.write(encode(later))
    summary = verify(folder, processes=1)
    assert {v.id: v.drawable for v in summary.verdicts} == {"1": True, "2": True, "7": True}
    assert len(summary.verdicts) == 3


def test_a_torn_line_costs_its_verdict_only(folder: Path) -> None:
    """Cut the file in, before or after an end: the next verification judges what was lost, each line after is whole."""
    verify(folder, processes=1)
    path = folder / "verify_0_5.jsonl"
    whole = path.read_bytes()
    verdicts = read(folder).keys()
    first = whole.index(b"\n")
    for cut in (0, 1, first // 2, first, first + 1, len(whole) - 2, len(whole) - 1):
        path.write_bytes(whole[:cut])
        assert len(verify(folder, processes=1).verdicts) == 3
        assert read(folder).keys() == verdicts


def test_several_processes_find_what_one_finds(folder: Path) -> None:
    """The number of processes changes the time, not the verdicts."""

    def verdicts(processes: int) -> set[Verdict]:
        for path in folder.glob("verify_*.jsonl"):
            path.unlink()
        return {msgspec.structs.replace(verdict, ms=0) for verdict in verify(folder, processes=processes).verdicts}

    assert verdicts(2) == verdicts(1)


def test_a_folder_without_shards_is_an_error(tmp_path: Path) -> None:
    """Nothing verified must not look like nothing wrong."""
    with pytest.raises(ShardError, match="holds no dataset_"):
        verify(tmp_path)
    with pytest.raises(ShardError, match="There is no folder"):
        verify(tmp_path / "mistyped")


def test_a_correction_shows_the_conditions_that_contradict(folder: Path) -> None:
    """Those, and no others."""
    (verdict,) = verify(folder, processes=1).contradictory()
    text = correction(verdict, [LEVEL, RIGHT, LEG, HYPOTENUSE])
    assert text.startswith("No figure satisfies these conditions together:\n")
    assert '"value":90}\n{"type":"distance_equals"' in text
    assert "point_on_segment" not in text


def test_a_verdict_counts_for_the_row_it_was_made_on(folder: Path) -> None:
    """A row that has changed has none; a row that is no parse never has."""
    verify(folder, processes=1)
    verdicts = read(folder)
    judged = verdict_on(msgspec.json.decode(row("2", LEVEL, RIGHT, LEG, HYPOTENUSE)), verdicts)
    assert judged is not None
    assert not judged.drawable
    assert verdict_on(msgspec.json.decode(row("2", RIGHT)), verdicts) is None
    assert verdict_on({"id": "3", "status": "skipped", "reason": "pure_calculation"}, verdicts) is None


def test_parses_are_read_wherever_they_lie(folder: Path, tmp_path: Path) -> None:
    """A folder, a shard, a dataset, or a plain list of problems."""
    found = parses.read(folder)
    assert found.keys() == {"1", "2", "7"}
    assert found["7"].conditions == [{"type": "distance_equals", "segment": ["A", "B"], "value": 6}]
    assert parses.read(folder / store.name(5, 9)).keys() == {"7"}
    problems = [msgspec.json.decode(row("8", RIGHT))]
    for whole in (problems, {"metadata": {}, "problems": problems}):
        dataset = tmp_path / "dataset.json"
        dataset.write_bytes(msgspec.json.encode(whole))
        assert parses.read(dataset).keys() == {"8"}


@pytest.mark.parametrize("content", [b"", b"{", b"{}", b"3"])
def test_what_holds_no_parses_is_an_error(tmp_path: Path, content: bytes) -> None:
    """It says what to name instead."""
    path = tmp_path / "dataset.json"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"dataset\.json"):
        parses.read(path)
    with pytest.raises(InputError, match="cannot be read"):
        parses.read(tmp_path / "absent.json")


def test_the_command_shows_contradictions(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counts, and each conflict with its problem."""
    monkeypatch.chdir(folder)
    verify_command(overrides(output_dir=str(folder)), None, processes=1)
    shown = capsys.readouterr().out
    assert "2 of 3 parses can be drawn (66.7%) · 3 new" in shown
    assert "2 cannot be drawn:" in shown
    assert '{"type":"distance_equals","segment":["C","B"],"value":90}' in shown


def test_rows_without_a_key_get_that_of_the_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where the text is the same; a key that has changed since is judged again, and what is wrong is listed."""
    text = "在Rt△ABC中,∠C=90°,AB=3,则∠ACB=()"
    old = decode(row("1", RIGHT, HYPOTENUSE))
    folder, source = tmp_path / "rows", tmp_path / "input.jsonl"
    folder.mkdir()
    folder.joinpath(store.name(0, 5)).write_bytes(encode(msgspec.structs.replace(old, original_text=text)))
    for label, told in ((0, "right"), (1, "wrong")):
        problem = {"id": "1", "subject": text, "choices": ["90°", "80°"], "label": label}
        source.write_text(json.dumps(problem) + "\n", encoding="utf-8")
        verify_command(overrides(output_dir=str(folder), input_dir=str(source)), None, processes=1)
        shown = capsys.readouterr().out
        assert "1 new" in shown
        assert told in shown
    assert "1 leads to another answer, ∠ACB = 90, the key is 80° (another choice: 90°)" in shown
    assert verify(folder, keys=lambda: {"1": ("another text", AnswerKey())}, processes=1).answers == {"determined": 1}


def test_comparing_counts_both_ways(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What one says and the other does not imply is shown."""
    a, b = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    a.write_bytes(row("1", RIGHT, HYPOTENUSE) + row("2", RIGHT))
    b.write_bytes(row("1", RIGHT) + row("2", {"type": "perpendicular", "objects": [["C", "A"], ["B", "C"]]}))
    compare(a, b)
    shown = capsys.readouterr().out
    assert "1 of 2 (50.0%) of the problems say the same" in shown
    assert "2 of 3 (66.7%) of A's conditions hold in B's figures" in shown
    assert "2 of 2 (100.0%) of B's conditions hold in A's figures" in shown
    assert 'A only: {"type":"distance_equals","segment":["A","B"],"value":3}' in shown
    with pytest.raises(InputError, match="no parse of the same problem"):
        compare(a, tmp_path / "b.jsonl", limit=0)


def test_a_parse_is_held_against_its_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a second set the rules read the texts again, and what they alone read comes with its words."""
    text = "在Rt△ABC中,∠C=90°,AB=3,则BC=()"
    wrong = {"type": "distance_equals", "segment": ["A", "B"], "value": 4}
    rows = [json.loads(row("1", RIGHT, HYPOTENUSE)), json.loads(row("2", RIGHT, wrong)), json.loads(row("3", RIGHT))]
    rows[2]["original_text"] = "一个长方形的宽是7.2米"
    for one in rows[:2]:
        one["original_text"] = text
    a = tmp_path / "a.jsonl"
    a.write_text("".join(json.dumps(one) + "\n" for one in rows))
    compare(a, None)
    shown = capsys.readouterr().out
    assert "2 rows whose text the rules read" in shown
    assert "1 of 2 (50.0%) of the problems say the same" in shown
    assert 'row only: {"type":"distance_equals","segment":["A","B"],"value":4}' in shown
    assert 'text only: {"type":"distance_equals","segment":["A","B"],"value":3}  «AB=3»' in shown


def test_the_gallery_shows_parses_in_numeric_order(folder: Path, tmp_path: Path) -> None:
    """All, or the contradictory ones; one figure alone as SVG."""
    page = tmp_path / "gallery.html"
    gallery(folder, page)
    html = page.read_text(encoding="utf-8")
    assert [html.index(f"<b>{k}</b>") for k in "127"] == sorted(html.index(f"<b>{k}</b>") for k in "127")
    gallery(folder, page, only_contradictory=True)
    assert page.read_text(encoding="utf-8").count("<svg") == 1
