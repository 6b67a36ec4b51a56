import json
from collections.abc import Iterable
from pathlib import Path

import pytest
from support import shared

from asyncgeo.cli.plan import plan as show
from asyncgeo.problems.reader import Problems
from asyncgeo.run.overrides import overrides
from asyncgeo.run.plan import PICKED, READ_WHOLE, Plan, Wanted, load_settings, make_plan, reckon, spread, work_of
from asyncgeo.schema.records import Skipped, encode

MANY = READ_WHOLE + 1000
TEXT = "如图,在△ABC中,AB=AC,∠BAC=50°,则∠ABC的度数为()"


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A large folder whose files have no ids inside: three texts by many names."""
    folder = tmp_path_factory.mktemp("many")
    for number in range(MANY):
        file = folder / f"{number}.json"
        if number < 3:
            file.write_text(json.dumps({"subject": TEXT * (1 + number)}), encoding="utf-8")
        else:
            file.hardlink_to(folder / f"{number % 3}.json")
    return folder


def planned(source: Path, output: Path, *, dry_run: bool = True, limit: int | None = None) -> Plan:
    flags = overrides(input_dir=str(source), output_dir=str(output), base_url="http://127.0.0.1:9/v1")
    return make_plan(Wanted(flags=flags, dry_run=dry_run, limit=limit), lambda _: None)


def put_rows(output: Path, numbers: Iterable[int]) -> None:
    rows = [encode(Skipped(id=str(number), source="model", reason="pure_calculation")) for number in numbers]
    (output / "dataset_0_7000.jsonl").write_bytes(b"".join(rows))


@pytest.mark.slow
def test_a_large_folder_is_counted_by_its_names_and_estimated_from_some_texts(many: Path, tmp_path: Path) -> None:
    """What is left and where it goes are exact; tokens come near those of all texts, and are the same each time."""
    put_rows(tmp_path, range(0, MANY, 7))
    dry, full = planned(many, tmp_path), planned(many, tmp_path, dry_run=False)
    assert len(dry.picked or ()) == PICKED
    assert full.picked is None
    assert (dry.pending, dry.cuts, len(dry.problems)) == (full.pending, full.cuts, MANY)
    (some, screened), (every, none) = work_of(dry), work_of(full)
    assert (some.requests, screened) == (every.requests, none)
    assert some.input_tokens == pytest.approx(every.input_tokens, rel=0.01)
    assert work_of(planned(many, tmp_path))[0] == some
    few = planned(many, tmp_path, limit=5)
    assert [each.position for each in few.picked or ()] == [1, 2, 3, 4, 5]


def test_a_row_of_no_file_shows_that_names_are_not_the_ids(many: Path, tmp_path: Path) -> None:
    """Every file is read then: what is left is known from the ids alone."""
    put_rows(tmp_path, [3, MANY])
    found = planned(many, tmp_path)
    assert found.picked is None
    assert found.pending == MANY - 1


def test_an_id_inside_shows_that_names_are_not_the_ids(many: Path, tmp_path: Path) -> None:
    """Of all files that are looked at the names must be the ids."""
    put_rows(tmp_path, [2])
    file, text = many / "0.json", (many / "0.json").read_text(encoding="utf-8")
    file.unlink()
    file.write_text(json.dumps({"id": 2, "subject": TEXT}), encoding="utf-8")
    found = planned(many, tmp_path)
    file.write_text(text, encoding="utf-8")
    assert found.picked is None
    assert found.pending == MANY - 2  # it is another's, and is left out


def test_a_plan_says_what_it_is_estimated_from(
    many: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In words, before the figures."""
    monkeypatch.chdir(tmp_path)
    show(Wanted(flags=overrides(input_dir=str(many), base_url="http://127.0.0.1:9/v1")), None, check=False)
    printed = capsys.readouterr().out
    assert f"Pending: {MANY:,} of {MANY:,}." in printed
    assert f"Estimated from {PICKED:,} of {MANY:,} files, evenly spaced; a run reads all:\nRequests: " in printed


def test_the_same_texts_stand_for_a_folder_of_real_ones() -> None:
    """Tokens within 2 %, whichever way the problems are ordered."""
    folder = shared.path("geoqa3/json")
    texts = list(Problems(folder).read())
    settings = load_settings(Wanted(flags=overrides()))
    every = reckon(settings, texts)[0]
    for ordered in (texts, sorted(texts, key=str)):
        some = [ordered[place] for place in spread(range(len(ordered)), PICKED // 2)]
        found = reckon(settings, some)[0].times(len(texts) / len(some))
        assert found.input_tokens - found.requests * found.shared_tokens == pytest.approx(
            every.input_tokens - every.requests * every.shared_tokens, rel=0.02
        )
