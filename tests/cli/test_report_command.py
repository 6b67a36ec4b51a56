import signal
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import msgspec
import pytest
from support.live import asyncgeo, finish, kill_when, start, text_of, write_problems
from support.pages import cells, data_of
from support.reports import HYPOTENUSE, LEG, RIGHT, meta, parsed, rows, write_folder

from asyncgeo import store
from asyncgeo.cli.report import report
from asyncgeo.errors import InputError, ShardError
from asyncgeo.run.overrides import overrides
from asyncgeo.schema import verdict
from asyncgeo.schema.records import Skipped
from asyncgeo.schema.verdict import Verdict
from asyncgeo.store import Bounds, parses, raw_answers, verdicts
from asyncgeo.store.appender import Shard
from asyncgeo.store.raw_answers import Raw, RawFile
from asyncgeo.verify.folder import verify as verify_folder
from asyncgeo.views.report.gather import Extent
from asyncgeo.views.report.written import FIGURES


def made(folder: Path, *, figures: int = 0, input_dir: Path | None = None) -> Any:
    """The data of the page that the command writes."""
    flags = overrides(output_dir=str(folder), input_dir=None if input_dir is None else str(input_dir))
    report(flags, None, None, Extent(figures))
    return data_of((folder / "report.html").read_text(encoding="utf-8"))


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No config.toml of the repository is in force."""
    monkeypatch.chdir(tmp_path)


def test_the_command_writes_one_page_beside_the_shards(tmp_path: Path) -> None:
    """With every row and every run; it says where, and how much it holds."""
    write_folder(tmp_path / "out", journals=2)
    code, output = asyncgeo("report", "--output-dir", "out", "--figures", 0, cwd=tmp_path)
    assert code == 0, output
    assert "out/report.html: 60 problems, 2 runs, 0 figures" in output
    data = data_of((tmp_path / "out" / "report.html").read_text(encoding="utf-8"))
    assert [run["name"] for run in data["runs"]] == ["run_20261123T120000_1.jsonl", "run_20261123T120001_1.jsonl"]
    assert len(data["table"]["rows"]) == 60
    code, output = asyncgeo("report", "-o", "out", "--to", "other.html", cwd=tmp_path)
    assert (code, (tmp_path / "other.html").exists()) == (0, True), output


def test_the_best_row_of_each_id_counts(tmp_path: Path) -> None:
    """As in the merged dataset: later verdicts replace earlier ones, a verdict an error."""
    folder = write_folder(tmp_path / "out")
    later = parsed("4", text="answered at last", meta=meta(100))
    (folder / store.name(60, 61)).write_bytes(msgspec.json.encode(later) + b"\n{no row}\n")
    data = made(folder)
    assert [cells(data["table"], k)["id"] for k in range(60)] == [str(k) for k in range(60)]
    assert cells(data["table"], 4)["text"] == "answered at last"
    assert "error" not in data["figures"]["outcomes"]
    (note,) = [note for note in data["notes"] if "no row" in note]
    assert note.startswith("1 line of the shards is no row and left out")


def test_costs_are_those_of_the_prices_in_force(tmp_path: Path) -> None:
    """Per row, of models with a price; a date behind the name changes nothing."""
    folder = write_folder(
        tmp_path / "out",
        [
            parsed("1", meta=meta(0)),
            parsed("2", meta=meta(0, model="gpt-4.1-mini-2025-04-14")),
            parsed("3", meta=meta(0, model="nobody's")),
            parsed("4", meta=None),
        ],
    )
    table = made(folder)["table"]
    each = (100 * 0.4 + 1100 * 0.1 + 200 * 1.6) / 1e6
    assert [cells(table, k).get("cost") for k in range(4)] == [pytest.approx(each), pytest.approx(each), None, None]


def test_verdicts_count_for_rows_as_they_stand(tmp_path: Path) -> None:
    """One on an older row of the same id does not."""
    folder = write_folder(tmp_path / "out", [parsed("1", RIGHT, LEG, HYPOTENUSE), parsed("2")])
    row = parses.of_parsed(parsed("1", RIGHT, LEG, HYPOTENUSE))
    digest = verdict.digest(row.conditions, row.objects)
    current = Verdict("1", digest, drawable=False, state="contradictory", residual=1.0, freedom=None, conflict=(0, 2))
    verdicts.append(folder / verdicts.name(0, 2), [current, msgspec.structs.replace(current, id="2")])
    data = made(folder)
    assert cells(data["table"], 0)["verdict"] == ["contradictory", [0, 2], False, False, None, 0]
    assert "verdict" not in cells(data["table"], 1)
    assert data["figures"]["states"] == {"contradictory": 1}


def test_skipped_problems_show_the_text_of_the_input(tmp_path: Path) -> None:
    """Of the one named, which must be there, or of the journal's; another one with the same ids is not taken for it."""
    numbers = range(4)
    write_problems(tmp_path / "in", numbers)
    write_problems(tmp_path / "wrong", [5])
    (tmp_path / "wrong" / "0.json").write_text('{"id": 0, "subject": "something else"}', encoding="utf-8")
    listed = [parsed(str(k), original_text=text_of(k)) for k in range(3)]
    folder = write_folder(tmp_path / "out", [*listed, Skipped(id="3", source="screen", reason="pure_calculation")])
    assert cells(made(folder)["table"], 3)["text"] == text_of(3)  # the journal says "in"
    data = made(folder, input_dir=tmp_path / "wrong")
    assert cells(data["table"], 3)["text"] == ""
    assert "holds other texts" in data["notes"][0]
    with pytest.raises(InputError, match=r"There is no input .*nowhere, which --input-dir names"):
        made(folder, input_dir=tmp_path / "nowhere")
    (tmp_path / "in").rename(tmp_path / "moved")  # where the journal says they were, there is nothing now
    assert "Texts of skipped and failed problems are missing" in made(folder)["notes"][0]


def test_raw_answers_come_along_where_they_were_kept(tmp_path: Path) -> None:
    """Each with its row."""
    folder = write_folder(tmp_path / "out")
    assert not made(folder)["raws_kept"]
    book = RawFile(folder, Bounds(0, 60))
    book.append(raw_answers.encode([Raw("9", "", "2026-11-23T12:00:00Z", "m", "p", "stop", "{}")]))
    book.close()
    data = made(folder)
    assert data["raws_kept"]
    assert [bool(chunk) for chunk in data["table"]["raws"]["chunks"]] == [True, False]


def test_rows_of_the_original_script_are_shown_in_todays_form(tmp_path: Path) -> None:
    """Parses straightened, skips and errors as they are."""
    folder = tmp_path / "out"
    folder.mkdir()
    whole = {
        "id": 7,
        "status": "parsed",
        "subject": "AB=6",
        "original_text": "AB=6,则",
        "cleaned_text": "AB=6",
        "category": "Unknown",
        "difficulty": 2,
        "verification_conditions": [{"type": "length", "segment": "AB", "value": "6cm"}],
        "required_objects": {"points": ["A", "B"]},
    }
    other = [{"id": 8, "status": "skipped", "reason": "no"}, {"id": 9, "status": "error", "error": "quota"}]
    lines = b"\n".join(map(msgspec.json.encode, [whole, *other]))
    (folder / store.name(0, 9)).write_bytes(lines + b"\n")
    data = made(folder)
    assert data["table"]["conditions"] == [["AB = 6", {"type": "distance_equals", "segment": ["A", "B"], "value": 6}]]
    assert data["figures"]["outcomes"] == {"rules": 1, "skipped": 1, "error": 1}


def test_figures_are_drawn_of_as_many_problems_as_wanted(tmp_path: Path) -> None:
    """None of those known to contradict themselves."""
    folder = write_folder(tmp_path / "out", rows(40))
    data = made(folder, figures=20)
    assert data["figures_wanted"] == 20
    assert [bool(chunk) for chunk in data["table"]["pictures"]["chunks"]] == [True, False]
    assert made(folder, figures=0)["table"]["pictures"]["chunks"] == []


def test_only_what_contradicts_itself_with_the_nearest_figure(tmp_path: Path) -> None:
    """As `verify` found it; before it looked, the message names the command."""
    folder = write_folder(tmp_path / "out", [parsed("1", RIGHT), parsed("2", RIGHT, HYPOTENUSE, LEG)])
    contradictory = overrides(output_dir=str(folder))
    with pytest.raises(InputError) as refused:
        report(contradictory, None, None, Extent(FIGURES, only="contradictory"))
    assert "asyncgeo verify --output-dir" in refused.value.remedy
    verify_folder(folder, processes=1)
    report(contradictory, None, None, Extent(FIGURES, only="contradictory"))
    data = data_of((folder / "report.html").read_text(encoding="utf-8"))
    assert [cells(data["table"], k)["id"] for k in range(len(data["table"]["rows"]))] == ["2"]
    assert [bool(chunk) for chunk in data["table"]["pictures"]["chunks"]] == [True]


def test_what_cannot_be_done_is_said(tmp_path: Path) -> None:
    """No shards; a file that cannot be written, and then what was there before stays."""
    with pytest.raises(ShardError, match="holds no dataset_"):
        made(tmp_path)
    folder = write_folder(tmp_path / "out")
    (folder / "report.html").mkdir()
    with pytest.raises(InputError, match=r"report\.html cannot be written"):
        made(folder)
    assert [path.name for path in folder.iterdir() if path.name.startswith(".report")] == []


def test_a_large_folder_is_counted_whole_and_shown_in_part(tmp_path: Path) -> None:
    """Errors, stand-ins and skips first, with their answers and figures; the command and the page say what is shown."""
    folder = write_folder(tmp_path / "out")
    book = RawFile(folder, Bounds(0, 60))
    book.append(raw_answers.encode([Raw(k, "", "2026-11-23T12:00:00Z", "m", "p", "stop", "{}") for k in ("5", "9")]))
    book.close()
    code, output = asyncgeo("report", "-o", "out", "--figures", 0, "--limit", 5, cwd=tmp_path)
    assert code == 0, output
    words = (
        "5 of 60 problems: errors (all 1), stand-ins (all 1), skipped problems (all 1), "
        "other problems (2 of 57, evenly by id)"
    )
    assert "report.html: 60 problems" in output
    assert f"Its table shows {words}." in output
    data = data_of((folder / "report.html").read_text(encoding="utf-8"))
    assert [cells(data["table"], k)["id"] for k in range(5)] == ["0", "3", "4", "5", "32"]
    assert (data["table"]["choice"], data["table"]["left_out"]) == (words, 55)
    assert sum(data["figures"]["outcomes"].values()) == 60
    assert data["table"]["words"][cells(data["table"], 2)["word"]] == "timeout"
    assert len(data["table"]["raws"]["chunks"]) == 1
    assert not made(folder)["table"]["left_out"]


async def test_a_report_is_written_again_while_a_run_goes_on(tmp_path: Path) -> None:
    """`--watch` ends by itself where nobody writes into the folder, else with Ctrl-C, and well."""
    folder = write_folder(tmp_path / "out")
    code, output = asyncgeo("report", "-o", "out", "--figures", 0, "--watch", cwd=tmp_path)
    assert (code, output.count("report.html")) == (0, 1)
    page = folder / "report.html"
    page.unlink()
    async with AsyncExitStack() as stack:
        for shard in await Shard.open_all(folder, [Bounds(60, 70)], "a run"):
            await stack.enter_async_context(shard)
        watching = start("report", "-o", "out", "--figures", 0, "--watch", cwd=tmp_path)
        kill_when(watching, page.exists, 0)
        first = page.stat().st_ino
        kill_when(watching, lambda: page.stat().st_ino != first, signal.SIGINT)
        code, output = finish(watching)
    assert code == 0, output
    assert page.stat().st_ino != first
