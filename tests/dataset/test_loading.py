"""README's words on loading a dataset, held against the programs that it names."""

import json
from pathlib import Path
from typing import Any, Final

import pytest
from support.datasets import parse, put

from asyncgeo.dataset import Format, MergeOptions, merge

CONDITIONS: Final[list[dict[str, Any]]] = [
    {"type": "collinear", "points": ["A", "B", "C"]},
    {"type": "angle_value", "points": [["A", "B", "C"]], "value": 30},
]
"""Of two shapes: `points` holds names or lists of names."""


def written(folder: Path, form: Format, *, flat: bool = False) -> str:
    """The path of a dataset of two problems, each with conditions of another shape."""
    put(folder, [parse(str(k), verification_conditions=[each]) for k, each in enumerate(CONDITIONS)])
    return str(merge(folder, options=MergeOptions(format=form, flat=flat)).output)


def conditions(found: list[Any]) -> list[Any]:
    """Each problem's conditions, whether as text or as they are."""
    return [json.loads(each) if isinstance(each, str) else each for each in found]


WHOLE: Final = [[each] for each in CONDITIONS]


def test_python_reads_every_shape(tmp_path: Path) -> None:
    """JSON and JSON lines keep it."""
    whole = json.loads(Path(written(tmp_path, "json")).read_bytes())["problems"]
    lines = [json.loads(line) for line in Path(written(tmp_path, "jsonl")).read_bytes().splitlines()]
    assert conditions([each["verification_conditions"] for each in whole]) == WHOLE
    assert conditions([each["verification_conditions"] for each in lines]) == WHOLE


def test_pandas_reads_every_shape(tmp_path: Path) -> None:
    """With and without --flat."""
    pandas = pytest.importorskip("pandas")
    for flat in (False, True):
        table = pandas.read_json(written(tmp_path, "jsonl", flat=flat), lines=True)
        assert conditions(list(table["verification_conditions"])) == WHOLE


def test_pyarrow_needs_flat_lines(tmp_path: Path) -> None:
    """Else it refuses them."""
    arrow = pytest.importorskip("pyarrow.json")
    with pytest.raises(ValueError, match="changed from"):
        arrow.read_json(written(tmp_path, "jsonl"))
    table = arrow.read_json(written(tmp_path, "jsonl", flat=True))
    assert conditions(table["verification_conditions"].to_pylist()) == WHOLE


def test_polars_needs_flat_lines(tmp_path: Path) -> None:
    """Flat ones it reads as they are."""
    polars = pytest.importorskip("polars")
    table = polars.read_ndjson(written(tmp_path, "jsonl", flat=True))
    assert conditions(table["verification_conditions"].to_list()) == WHOLE


@pytest.mark.parametrize(("form", "flat"), [("jsonl", True), ("parquet", False)])
def test_datasets_reads_flat_lines_and_parquet(tmp_path: Path, *, form: Format, flat: bool) -> None:
    """By README's call, without a network."""
    datasets = pytest.importorskip("datasets")
    pytest.importorskip("pyarrow")
    kind = "json" if form == "jsonl" else form
    path = written(tmp_path, form, flat=flat)
    found = datasets.load_dataset(kind, data_files={"train": path}, cache_dir=str(tmp_path / "cache"))["train"]
    assert conditions(list(found["verification_conditions"])) == WHOLE
