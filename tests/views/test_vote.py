import json
from pathlib import Path
from typing import Any

import pytest
from support.live import rows_of

from asyncgeo.cli.compare import compare
from asyncgeo.dataset.folder import merge_folder
from asyncgeo.errors import InputError
from asyncgeo.schema.conditions import Condition
from asyncgeo.schema.records import Parsed
from asyncgeo.verify.folder import verify

RIGHT: Condition = {"type": "angle_value", "points": [["A", "C", "B"]], "value": 90}
ACROSS: Condition = {"type": "perpendicular", "objects": [["A", "C"], ["C", "B"]]}
THREE: Condition = {"type": "distance_equals", "segment": ["A", "B"], "value": 3}
FOUR: Condition = {**THREE, "value": 4}
MIDDLE: Condition = {"type": "midpoint_of", "point": "M", "segment": ["A", "B"]}


def dataset(path: Path, *problems: list[Condition], **changes: Any) -> Path:
    """A merged dataset of these problems, with ids from 1."""
    rows = [
        {
            "id": str(k),
            "subject": "△ABC",
            "category": "Measurement & Ratios",
            "difficulty": 3,
            "required_objects": {"points": ["A", "B", "C"], "polygons": [["A", "B", "C"]]},
            "verification_conditions": conditions,
            **changes,
        }
        for k, conditions in enumerate(problems, 1)
    ]
    path.write_text(json.dumps({"problems": rows}), encoding="utf-8")
    return path


def voted(folder: Path, a: list[list[Condition]], b: list[list[Condition]]) -> list[Parsed]:
    """The rows of what both say."""
    compare(dataset(folder / "a.json", *a), dataset(folder / "b.json", *b), vote=folder / "both")
    return [row for row in rows_of(folder / "both") if isinstance(row, Parsed)]


def said(row: Parsed) -> tuple[list[Condition], tuple[str, ...]]:
    """Its conditions, and what is in dispute."""
    return row.verification_conditions, row.meta.disputed if row.meta is not None else ()


def test_what_both_say_is_kept_by_meaning_and_the_rest_is_marked(tmp_path: Path) -> None:
    """Spelling does not count; of two that differ the one that says less; else what each says of the other."""
    first, second, third = voted(
        tmp_path,
        [[RIGHT, THREE], [RIGHT, THREE, MIDDLE], [RIGHT, THREE]],
        [[ACROSS, THREE], [ACROSS, THREE], [ACROSS, FOUR]],
    )
    assert said(first) == ([RIGHT, THREE], ())
    assert said(second) == ([ACROSS, THREE], (f"A only: {json.dumps(MIDDLE, separators=(',', ':'))}",))
    conditions, (a_only, b_only) = said(third)
    assert conditions == [RIGHT, ACROSS]
    assert (json.loads(a_only.removeprefix("A only: ")), json.loads(b_only.removeprefix("B only: "))) == (THREE, FOUR)
    assert (first.category, first.difficulty, first.required_objects.polygons) == (
        "Measurement & Ratios",
        3,
        [["A", "B", "C"]],
    )


def test_of_a_pair_that_cannot_be_drawn_the_common_form_is_kept(tmp_path: Path) -> None:
    """Nothing is known of the rest; a problem without anything in common has no row, and is counted."""
    (row,) = voted(tmp_path, [[RIGHT, {**RIGHT, "value": 80}], [THREE, FOUR]], [[RIGHT, MIDDLE], [RIGHT]])
    conditions, disputed = said(row)
    assert conditions == [RIGHT]
    assert len(disputed) == 2


def test_other_commands_read_the_vote(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is a folder of a run like any other; nothing there is written over."""
    voted(tmp_path, [[RIGHT, THREE], [RIGHT]], [[RIGHT, FOUR], [THREE]])
    assert "1 rows of what both say, 1 of them with conditions in dispute; of 1 they" in capsys.readouterr().out
    assert verify(tmp_path / "both", processes=1).drawable == 1
    assert merge_folder(tmp_path / "both", expected=("1",)).problems == 1
    compare(tmp_path / "both", tmp_path / "a.json")
    assert "1 of 1 (100.0%) of A's conditions hold" in capsys.readouterr().out
    with pytest.raises(InputError, match="holds rows already"):
        compare(tmp_path / "a.json", tmp_path / "b.json", vote=tmp_path / "both")
