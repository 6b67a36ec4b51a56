import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st
from laws.strategies import rows
from support.datasets import NOW, ORIGINAL, merged, parse, put
from support.examples import times
from support.live import asyncgeo
from support.originals import line_of

from asyncgeo.api import merge as merge_command
from asyncgeo.dataset import Format, MergeOptions, merge
from asyncgeo.errors import ShardError
from asyncgeo.schema.records import Row, Skipped, encode
from asyncgeo.store import verdicts
from asyncgeo.verify import folder as verify

NESTED = ("required_objects", "verification_conditions")
OPTIONAL = {"unexpressed", "choices", "label", "answer", "quality_drawable", "quality_answer", "quality_review"}
SKIP = encode(Skipped(id="3", source="screen", reason="ambiguous_reference"))
QUOTED = parse('x"y\\z\n', original_text='"},\n{"', subject=',"category":"', cleaned_text='],"meta":{"at":"')


def read(path: Path) -> list[dict[str, Any]]:
    """The problems of a dataset file as other programs read them."""
    if path.suffix == ".json":
        return list(json.loads(path.read_bytes())["problems"])
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_bytes().split(b"\n")[:-1]]
    pq = pytest.importorskip("pyarrow.parquet")
    found: list[dict[str, Any]] = pq.read_table(path).to_pylist()
    whole = [each | {name: json.loads(each[name]) for name in NESTED} for each in found]
    empty: tuple[object, ...] = (None, "", [])
    return [
        {name: value for name, value in each.items() if name not in OPTIONAL or value not in empty} for each in whole
    ]


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_every_format_holds_the_same_problems(tmp_path: Path, form: Format) -> None:
    """Rows of ours, edited ones, those of the original script; quotes and line ends within texts."""
    lines = [
        parse("10"),
        parse("2", unexpressed=("tan∠ABC=2", "x")),
        parse("5", choices=("30°", "40°"), label=0, answer="30°"),
        SKIP,
        QUOTED,
        parse("4").replace(b'"difficulty":2', b'"difficulty": 3'),
    ]
    put(tmp_path, [*lines, json.dumps(ORIGINAL).encode() + b"\n"])
    expected = merged(tmp_path)[1]["problems"]
    stats = merge(tmp_path, options=MergeOptions(format=form), now=NOW)
    assert stats.output == tmp_path / f"geoqa3_dataset.{form}"
    assert read(stats.output) == expected
    assert len(expected) == 6


@settings(deadline=None, max_examples=times(0.3))
@given(st.lists(rows(), max_size=6))
def test_lines_are_the_problems_of_the_one_object(tmp_path_factory: pytest.TempPathFactory, found: list[Row]) -> None:
    """Byte for byte the same values, whatever the rows."""
    folder = tmp_path_factory.mktemp("run")
    put(folder, [encode(row) for row in found])
    stats, dataset = merged(folder)
    assert read(merge(folder, options=MergeOptions(format="jsonl"), now=NOW).output) == dataset["problems"]
    assert stats.problems == len(dataset["problems"])


def test_the_metadata_is_the_same_in_every_format(tmp_path: Path) -> None:
    """In the object, beside the lines, in the schema of the columns."""
    pq = pytest.importorskip("pyarrow.parquet")
    put(tmp_path, [parse("1"), SKIP])
    metadata = merged(tmp_path)[1]["metadata"]
    for form in ("jsonl", "parquet"):
        merge(tmp_path, options=MergeOptions(format=form), now=NOW)
    assert json.loads((tmp_path / "geoqa3_dataset.metadata.json").read_bytes()) == metadata
    schema = pq.read_schema(tmp_path / "geoqa3_dataset.parquet")
    assert json.loads(schema.metadata[b"asyncgeo"]) == metadata
    assert str(schema.field("difficulty").type) == "int8"
    assert {str(schema.field(name).type) for name in schema.names} == {
        "string",
        "int8",
        "bool",
        "list<element: string>",
    }


def test_columns_are_written_in_groups(tmp_path: Path) -> None:
    """So that memory does not grow with the dataset."""
    pq = pytest.importorskip("pyarrow.parquet")
    put(tmp_path, [parse(str(number)) for number in range(20_000)])
    output = merge(tmp_path, options=MergeOptions(format="parquet"), now=NOW).output
    assert pq.ParquetFile(output).metadata.num_row_groups == 3
    assert [each["id"] for each in read(output)] == [str(number) for number in range(20_000)]


def test_an_empty_dataset_is_one_in_every_format(tmp_path: Path) -> None:
    """A run of skips alone."""
    put(tmp_path, [SKIP])
    for form in ("json", "jsonl", "parquet"):
        assert read(merge(tmp_path, options=MergeOptions(format=form), now=NOW).output) == []


def test_no_file_of_a_dataset_is_replaced_before_all_are_written(tmp_path: Path) -> None:
    """The lines stay as they were when the file beside them cannot be written."""
    put(tmp_path, [parse("1")])
    old = merge(tmp_path, options=MergeOptions(format="jsonl"), now=NOW).output.read_bytes()
    put(tmp_path, [parse("2")])
    beside = tmp_path / "geoqa3_dataset.metadata.json"
    beside.unlink()
    beside.mkdir()
    with pytest.raises(ShardError, match="cannot be written"):
        merge(tmp_path, options=MergeOptions(format="jsonl"), now=NOW)
    assert (tmp_path / "geoqa3_dataset.jsonl").read_bytes() == old
    assert not list(tmp_path.glob(".*.part"))


def test_a_shard_is_never_the_dataset(tmp_path: Path) -> None:
    """Its name is refused before anything is read."""
    put(tmp_path, [parse("1")])
    with pytest.raises(ShardError, match="name of a shard"):
        merge(tmp_path, tmp_path / "dataset_0_9.jsonl", MergeOptions(format="jsonl"))


def test_without_pyarrow_parquet_says_what_to_install(tmp_path: Path) -> None:
    """And the other formats need none."""
    put(tmp_path / ".", [parse("1")])
    hide = "import sys; sys.modules['pyarrow'] = None; from asyncgeo.cli import main; main()"
    command = [sys.executable, "-c", hide, "merge", "-o", str(tmp_path), "--format"]
    refused = subprocess.run([*command, "parquet"], capture_output=True, text=True, check=False)
    assert refused.returncode == 1
    assert "pip install 'asyncgeo[parquet]'" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert subprocess.run([*command, "jsonl"], capture_output=True, check=False).returncode == 0


def test_the_ending_of_the_output_tells_the_format(tmp_path: Path) -> None:
    """Unless a flag does."""
    put(tmp_path, [parse("1")])
    for name, flags in (("a.jsonl", []), ("b.json", []), ("c.data", ["--format", "jsonl"])):
        code, output = asyncgeo("merge", "-o", ".", "--to", name, *flags, cwd=tmp_path)
        assert code == 0, output
    assert (tmp_path / "a.jsonl").read_bytes() == (tmp_path / "c.data").read_bytes()
    assert json.loads((tmp_path / "a.jsonl").read_bytes()) == read(tmp_path / "b.json")[0]


NOT_FLAT = [
    {"type": "angle_value", "points": [["A", "B", "C"]], "value": 90},
    {"type": "angle_value", "points": [["A", "B", "C"]], "value": 30},
]


def test_only_what_can_be_drawn(tmp_path: Path) -> None:
    """What was found contradictory is left out and named; what nobody looked at stays, and so does an edited row."""
    put(tmp_path, [parse("1"), parse("2", verification_conditions=NOT_FLAT), SKIP])
    assert verify.verify(tmp_path, processes=1).drawable == 1
    with (tmp_path / verdicts.name(0, 9)).open("ab") as torn:
        torn.write(b'{"id":"2","of":"')
    put(tmp_path, [parse("1"), parse("2", verification_conditions=NOT_FLAT), SKIP, parse("4")])
    code, output = asyncgeo("merge", "-o", ".", cwd=tmp_path)
    assert code == 0, output
    assert "1 can be drawn · 1 cannot · 1 not verified" in output
    told = {"verified": 2, "drawable": 1, "contradictory": 1, "unchecked": 1, "contradictory_ids": ["2"]}
    dataset = json.loads((tmp_path / "geoqa3_dataset.json").read_bytes())
    assert [each["id"] for each in dataset["problems"]] == ["1", "2", "4"]
    assert dataset["metadata"].items() >= (told | {"left_out": 0, "total_problems": 3}).items()
    assert dataset["metadata"]["quality"]["answers"] == {"not measured": 2}
    measured = {"answer": "not measured"}
    assert [each.get("quality") for each in dataset["problems"]] == [
        {"drawable": True, **measured},
        {"drawable": False, **measured},
        None,
    ]
    code, output = asyncgeo("merge", "-o", ".", "--only-drawable", cwd=tmp_path)
    assert code == 0, output
    dataset = json.loads((tmp_path / "geoqa3_dataset.json").read_bytes())
    assert [each["id"] for each in dataset["problems"]] == ["1", "4"]
    assert dataset["metadata"].items() >= (told | {"left_out": 1, "total_problems": 2, "skipped_ids": ["3"]}).items()
    assert sum(dataset["metadata"]["categories"].values()) == 2


def test_verdicts_on_older_rows_stay_valid_when_a_merge_rewrites_them(tmp_path: Path) -> None:
    """They are on rows as they are stored, and what is rewritten says the same; nothing is judged again."""
    right = [{"type": "right_triangle", "points": ["A", "B", "C"], "right_angle": "C"}]
    rows = [parse("1", verification_conditions=right), parse("2", verification_conditions=[*right, *NOT_FLAT])]
    put(tmp_path, [*rows, line_of(ORIGINAL)])
    assert [verify.verify(tmp_path, processes=1).judged for _ in range(2)] == [3, 0]
    code, output = asyncgeo("merge", "-o", ".", "--only", "drawable", cwd=tmp_path)
    assert code == 0, output
    assert "2 can be drawn · 1 cannot" in output
    one, other = json.loads((tmp_path / "geoqa3_dataset.json").read_bytes())["problems"]
    assert [each["type"] for each in one["verification_conditions"]] == ["triangle_valid", "angle_value"]
    assert [each["type"] for each in other["verification_conditions"]] == ["distance_equals"]
    assert verify.verify(tmp_path, processes=1).judged == 0


def test_only_what_can_be_drawn_needs_verdicts(tmp_path: Path) -> None:
    """Nobody looked: the message says how to."""
    put(tmp_path, [parse("1")])
    for only in ("drawable", "right"):
        code, output = asyncgeo("merge", "-o", ".", "--only", only, cwd=tmp_path)
        assert code == 1
        assert "asyncgeo verify" in output


def test_only_what_leads_to_its_key(tmp_path: Path) -> None:
    """A right answer is kept alone; the columns of Parquet say what was found; a changed key has no verdict yet."""
    pq = pytest.importorskip("pyarrow.parquet")
    right = [{"type": "angle_value", "points": [["A", "B", "C"]], "value": 90}]
    asks: dict[str, Any] = {
        "original_text": "如图,∠ABC=90°,则∠ABC=()",
        "verification_conditions": right,
        "choices": ("90°", "80°"),
    }
    put(tmp_path, [parse("1", **asks, label=0), parse("2", **asks, label=1), parse("3", **asks)])
    assert verify.verify(tmp_path, processes=1).answers == {"right": 1, "wrong": 1, "determined": 1}
    stats = merge_command(tmp_path, tmp_path / "all.parquet")
    assert stats.quality is not None
    assert stats.quality.answers == {"right": 1, "wrong": 1, "determined": 1}
    columns = pq.read_table(tmp_path / "all.parquet").to_pydict()
    assert columns["quality_answer"] == ["right", "wrong", "determined"]
    assert columns["quality_drawable"] == [True] * 3
    assert merge_command(tmp_path, only="right").problems == 1
    put(tmp_path, [parse("1", **asks, label=1), parse("2", **asks, label=1), parse("3", **asks)])
    stats = merge_command(tmp_path)
    assert stats.quality is not None
    assert stats.quality.answers == {"wrong": 1, "determined": 1}
    assert verify.verify(tmp_path, processes=1).judged == 1


@pytest.mark.parametrize("form", ["json", "jsonl"])
def test_flat_rows_have_one_shape(tmp_path: Path, form: Format) -> None:
    """Objects and conditions are JSON in text; nothing else differs."""
    points = [{"type": "collinear", "points": ["A", "B", "C"]}, {"type": "triangle_valid", "points": ["A", "B", "D"]}]
    put(tmp_path, [parse("1", verification_conditions=points), parse("2"), QUOTED])
    plain, flat = (
        read(merge(tmp_path, None, MergeOptions(format=form, flat=flat), now=NOW).output) for flat in (False, True)
    )
    assert all(isinstance(problem[name], str) for problem in flat for name in NESTED)
    assert [problem | {name: json.loads(problem[name]) for name in NESTED} for problem in flat] == plain
