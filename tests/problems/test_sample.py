import json
import re
from importlib import resources
from pathlib import Path
from typing import Any

from support.cases import for_each

from asyncgeo import rules
from asyncgeo.problems.reader import Problems
from asyncgeo.schema import conditions, records
from asyncgeo.schema.records import Problem

FOLDER = Path(str(resources.files("asyncgeo.problems") / "sample"))
FILES = sorted(FOLDER.glob("*.json"), key=lambda path: int(path.stem))
RECORDS: list[dict[str, Any]] = [json.loads(path.read_text(encoding="utf-8")) for path in FILES]

SKIPPED = {
    140: "ambiguous_reference",  # ∠1 and ∠2
    142: "ambiguous_reference",  # ∠① and ∠②
    143: "no_formal_objects",  # a ladder
    145: "not_plane_geometry",  # a cone
    146: "no_formal_objects",  # a triangle without names
}
"""The problems that a reader must refuse."""


def named(record: dict[str, Any]) -> str:
    return str(record["id"])


def test_the_sample_is_read_as_any_other_folder() -> None:
    """About 60 problems in numeric order, ids with gaps, no file that is no problem."""
    warnings: list[str] = []
    read = list(Problems(FOLDER, warnings.append).read())
    assert not warnings
    assert all(isinstance(each, Problem) for each in read)
    ids = [int(each.id) for each in read if isinstance(each, Problem)]
    assert 55 <= len(ids) <= 70
    assert ids == sorted(ids)
    assert ids[-1] - ids[0] > len(ids)


def test_the_folder_holds_nothing_else() -> None:
    """Data only; and the code that writes packages needs no exception for it."""
    assert {path.suffix for path in FOLDER.iterdir() if path.is_file()} == {".json"}


@for_each("record", RECORDS, ids=named)
def test_a_record_has_the_full_format(record: dict[str, Any]) -> None:
    """The keys of GeoQA3, each of its type; the id is the file's."""
    assert list(record) == ["id", "subject", "choices", "label", "formal_point", "answer", "comment"]
    assert (FOLDER / f"{record['id']}.json").exists()
    assert len(set(record["choices"])) == 4
    assert all(isinstance(choice, str) for choice in record["choices"])
    assert record["label"] in range(4)
    assert record["formal_point"]
    assert isinstance(record["comment"], str)


@for_each("record", RECORDS, ids=named)
def test_the_label_is_the_answer(record: dict[str, Any]) -> None:
    """The solution arrives at the chosen value and names its letter."""
    solution, letter = record["answer"], "ABCD"[record["label"]]
    found = re.search(r"^(.*)(?:故选|The answer is )([ABCD])\.$", solution, re.DOTALL)
    assert found is not None
    assert found[2] == letter
    assert re.search(rf"(?<![\d.]){re.escape(record['choices'][record['label']])}\W*$", found[1])


def test_the_sample_covers_the_kinds_of_text() -> None:
    """Both languages, both punctuations, LaTeX, primes, arcs and every sign of the trade."""
    text = "\n".join(record["subject"] for record in RECORDS)
    signs = "⊙ ☉ △ ▱ □ ∥ ⊥ ∽ ≌ ⁀{ 弧 ° ′ ’ ' ， _{ ~ √{ \\frac \\angle \\sin"
    words = "直径 切 折叠 旋转 平移 中点 平分 垂直平分线 梯形 内接 正六边形"
    assert [word for word in (signs + " " + words).split() if word not in text] == []
    assert 5 <= sum(record["subject"].isascii() or " is " in record["subject"] for record in RECORDS) <= 10


@for_each("record", RECORDS, ids=named)
def test_the_rules_read_the_sample(record: dict[str, Any]) -> None:
    """Every problem is parsed into valid conditions, but for those that are there to be refused."""
    extraction = rules.parse(record["subject"])
    if record["id"] in SKIPPED:
        assert extraction.reason in records.SKIP_REASONS
        assert extraction.reason == SKIPPED[record["id"]]
        return
    assert extraction.reason is None, extraction.detail
    assert extraction.required_objects.points
    assert extraction.verification_conditions
    assert [conditions.defect(each) for each in extraction.verification_conditions if conditions.defect(each)] == []
