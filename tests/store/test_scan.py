import json
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, strategies as st
from laws.strategies import identifiers, rows
from support import shared
from support.cases import for_each
from support.originals import ORIGINAL, line_of

from asyncgeo import store
from asyncgeo.schema import conditions, records
from asyncgeo.schema.canonical import FORM
from asyncgeo.schema.records import Failed, Meta, Parsed, RequiredObjects, Row, Skipped, encode
from asyncgeo.store import Standing, Standings, is_done
from asyncgeo.store.facts import standing_of
from asyncgeo.store.lines import Original, Typed, in_form, look

META = Meta(at="2026-11-23T12:00:00+00:00", model="m")
PARSE = Parsed(
    id="7",
    source="model",
    subject="AB∥CD",
    original_text="如图,AB∥CD",
    cleaned_text="AB∥CD",
    category=conditions.CATEGORIES[0],
    difficulty=2,
    required_objects=RequiredObjects(points=["A", "B", "C", "D"]),
    verification_conditions=[{"type": "parallel", "objects": [["A", "B"], ["C", "D"]]}],
    meta=META,
)


def changed(**fields: Any) -> bytes:
    """The parse with fields replaced, or removed where None is given."""
    whole = json.loads(encode(PARSE)) | fields
    return line_of({key: value for key, value in whole.items() if value is not None})


def written(**fields: Any) -> bytes:
    """The same in the present form."""
    return changed(meta={"at": META.at, "model": "m", "form": FORM}, **fields)


def put(folder: Path, name: str, *lines: bytes) -> Path:
    """A shard of these lines."""
    path = folder / name
    path.write_bytes(b"".join(lines))
    return path


@given(rows())
def test_every_row_written_is_typed(row: Row) -> None:
    """What asyncgeo writes takes the fast way, and says there what the row says."""
    found = look(encode(row))
    assert isinstance(found, (Typed, Skipped, Failed))
    assert found.id == row.id
    assert standing_of(found) == standing_of(row)


SEALED = (Path(__file__).parents[1] / "cases" / "sealed_rows.jsonl").read_bytes().splitlines(keepends=True)
"""Lines of version 0.1, each with a seal as its last key."""


def test_rows_with_a_seal_are_read_as_others_are(tmp_path: Path) -> None:
    """A key of earlier versions: it is ignored, and a row written from now on has none."""
    put(tmp_path, "dataset_0_9.jsonl", *SEALED)
    found = store.scan(tmp_path)
    assert (found.rows, found.bad_lines) == (3, 0)
    assert [found.standings[each].name for each in "123"] == ["MODEL", "SCREENED", "ERROR"]
    for line in SEALED:
        again = encode(records.decode(line))
        assert json.loads(again) == {key: value for key, value in json.loads(line).items() if key != "seal"}
        assert type(look(again)) is type(look(line))


FLAWED = {
    "torn": b'{"id":"7","status":"par',
    "glued": encode(PARSE)[:40] + encode(PARSE),
    "two on a line": encode(PARSE).strip() + encode(PARSE),
    "no object": b"[1,2]\n",
    "binary": b"\0\xff\xfe\n",
    "text in another encoding": encode(PARSE).replace("如图".encode(), "如图".encode("gbk")),
    "unknown category": changed(category="Algebra"),
    "the original's category": changed(category="Unknown"),
    "difficulty 6": changed(difficulty=6),
    "difficulty as text": changed(difficulty="2"),
    "unknown type": changed(verification_conditions=[{"type": "segment_length", "segment": ["A", "B"], "value": 5}]),
    "condition of another shape": changed(verification_conditions=[{"type": "parallel", "objects": [["A", "B"]]}]),
    "conditions that are no list": changed(verification_conditions={}),
    "objects of another shape": changed(required_objects={"points": "ABCD"}),
    "no text": changed(original_text=None),
    "no id": changed(id=None),
    "id as number": changed(id=7),
    "no source": changed(source=None),
    "unknown source": changed(source="oracle"),
    "unknown status": changed(status="done"),
    "meta of another shape": changed(meta={"model": "m"}),
    "nested too deeply": b'{"status":"parsed","meta":' + b"[" * 100_000 + b"]" * 100_000 + b"}\n",
    "skipped without a reason": b'{"status":"skipped","id":"7","source":"model"}\n',
    "in form, torn": written()[:-40],
    "in form, glued": written()[:40] + written(),
    "in form, text in another encoding": written().replace("如图".encode(), "如图".encode("gbk")),
    "in form, a name in another encoding": written().replace(b'"A"', b'"\xff"'),
    "in form, unknown category": written(category="Algebra"),
    "in form, unknown type": written(verification_conditions=[{"type": "segment_length"}]),
    "in form, condition of another shape": written(verification_conditions=[{"type": "parallel", "objects": [["A"]]}]),
    "in form, conditions that are no objects": written(verification_conditions=["AB∥CD"]),
    "in form, a number beyond belief": written(
        verification_conditions=[{"type": "distance_equals", "segment": ["A", "B"], "value": 5}]
    ).replace(b'"value": 5', b'"value": 1e999'),
    "in form, objects of another shape": written(required_objects={"points": "ABCD"}),
    "in form, no text": written(original_text=None),
    "in form, unexpressed that is no list": written(unexpressed="tan∠ABC=2"),
}


@pytest.mark.parametrize("name", FLAWED)
def test_a_line_that_does_not_validate_is_not_done(tmp_path: Path, name: str) -> None:
    """It is reported with file and line and left where it is; the rows around it count."""
    path = put(tmp_path, "dataset_0_9.jsonl", changed(id="1"), FLAWED[name], b"\n", changed(id="2"))
    before = path.read_bytes()
    found = store.scan(tmp_path)
    assert found.standings["7"] is Standing.PENDING
    assert found.standings["1"] is found.standings["2"] is Standing.MODEL
    assert (found.rows, found.bad_lines) == (2, 1)
    assert str(found.findings[0]).startswith(f"{path}:2: ")
    assert path.read_bytes() == before


def _changed_byte(line: bytes, where: float, value: int) -> bytes:
    at = int(where * len(line))
    return line[:at] + bytes((value,)) + line[at + 1 :]


damaged = st.builds(_changed_byte, rows().map(encode), st.floats(0, 1, exclude_max=True), st.integers(0, 255))
bad_conditions = st.sampled_from(list(conditions.TABLE.values())).flatmap(
    lambda kind: st.builds(
        lambda field, value: changed(verification_conditions=[{**conditions.example(kind), field: value}]),
        st.sampled_from([field.name for field in kind.fields]),
        st.sampled_from(
            ("A", "P12", 1, -1.5, 10**30, "regular", ["A", "A"], ["A", "B"], ["A", "B", "C"], [["A", "B"]] * 2)
        ),
    )
)


@given(st.sampled_from(sorted(FLAWED)) | st.binary(max_size=60) | rows().map(encode) | damaged | bad_conditions)
def test_a_line_is_a_row_if_it_decodes_without_a_defect(line: str | bytes) -> None:
    """Types are a short way to the same verdict, never an opinion of their own."""
    content = FLAWED[line] if isinstance(line, str) else line
    try:
        found = look(content)
    except ValueError:
        assert not _is_row(content)
        return
    if not isinstance(found, Original):
        row = records.decode(content)
        assert records.defect(row, proven=in_form(row)) is None
        assert standing_of(row) == standing_of(found)


def _is_row(line: bytes) -> bool:
    """Whether the line is a row by the slow way alone; what nobody asked for must be sound as well."""
    try:
        msgspec.json.decode(line.decode())
        row = records.decode(line)
        return records.defect(row, proven=in_form(row)) is None
    except (ValueError, RecursionError):
        return False


def test_an_edited_row_that_validates_counts(tmp_path: Path) -> None:
    """Other order, other spacing, a key of one's own, no meta: what counts is what it says."""
    whole = json.loads(encode(PARSE))
    edited = dict(reversed(whole.items())) | {"note": "checked by hand", "meta": None}
    put(tmp_path, "dataset_0_9.jsonl", line_of(edited))
    assert store.scan(tmp_path).standings["7"] is Standing.MODEL


def test_an_unfinished_last_line_is_no_finding(tmp_path: Path) -> None:
    """A neighbour is writing it; without its end it does not count, whole but for the newline it does."""
    put(tmp_path, "dataset_0_9.jsonl", changed(id="1"), changed(id="2")[:-20])
    put(tmp_path, "dataset_9_18.jsonl", changed(id="3").strip())
    found = store.scan(tmp_path)
    assert (found.rows, found.bad_lines, found.findings) == (2, 0, ())
    assert [found.standings[each].name for each in "123"] == ["MODEL", "PENDING", "MODEL"]


STAND_IN = {"source": "rules", "error": "timed out", "kind": "timeout"}
STANDINGS = [
    (encode(Failed(id="7", error="x", kind="timeout", meta=META)), Standing.ERROR),
    (changed(**STAND_IN), Standing.STAND_IN),
    (changed(source="rules"), Standing.RULES),
    (encode(Skipped(id="7", source="rules", reason="pure_calculation")), Standing.RULES),
    (encode(Skipped(id="7", source="screen", reason="ambiguous_reference")), Standing.SCREENED),
    (encode(PARSE), Standing.MODEL),
    (encode(Skipped(id="7", source="model", reason="undefined_points")), Standing.MODEL),
]


@pytest.mark.parametrize(("line", "standing"), STANDINGS)
def test_each_row_has_its_standing(tmp_path: Path, line: bytes, standing: Standing) -> None:
    """Status, source and mark decide."""
    put(tmp_path, "dataset_0_9.jsonl", line)
    assert store.scan(tmp_path).standings["7"] is standing


@given(st.permutations(STANDINGS))
def test_the_best_standing_counts_in_any_order(
    tmp_path_factory: pytest.TempPathFactory, found: list[tuple[bytes, Standing]]
) -> None:
    """An error after a verdict takes nothing away."""
    folder = tmp_path_factory.mktemp("run")
    put(folder, "dataset_0_9.jsonl", *(line for line, _ in found[:4]))
    put(folder, "dataset_9_18.jsonl", *(line for line, _ in found[4:]))
    assert store.scan(folder).standings["7"] is Standing.MODEL


@for_each(
    ("redo", "source", "done"),
    [
        ("failed", "model", {"SCREENED", "REFUSED", "MODEL"}),
        ("failed", "rules", {"RULES", "SCREENED", "REFUSED", "MODEL"}),
        ("none", "model", {"ERROR", "STAND_IN", "RULES", "SCREENED", "REFUSED", "MODEL"}),
        ("none", "rules", {"ERROR", "STAND_IN", "RULES", "SCREENED", "REFUSED", "MODEL"}),
        ("all", "model", set()),
        ("all", "rules", set()),
    ],
)
def test_done_is_what_this_run_cannot_better(redo: store.Redo, source: store.RunSource, done: set[str]) -> None:
    """A model redoes what the rules wrote; what failed runs again, what was refused does not."""
    assert {each.name for each in Standing if is_done(each, source, redo)} == done


ORIGINALS = [
    (ORIGINAL, Standing.STAND_IN),
    (ORIGINAL | {"category": "Measurement & Ratios"}, Standing.ERROR),
    (ORIGINAL | {"category": "Measurement & Ratios", "verification_conditions": []}, Standing.MODEL),
    ({"id": "7", "status": "skipped", "reason": "validation_failed"}, Standing.ERROR),
    ({"id": 7, "status": "skipped", "reason": "ambiguous_reference"}, Standing.MODEL),
    ({"id": "7", "status": "error", "error": "quota"}, Standing.ERROR),
]


@pytest.mark.parametrize(("row", "standing"), ORIGINALS)
def test_rows_of_the_original_script_are_read(tmp_path: Path, row: dict[str, Any], standing: Standing) -> None:
    """They are no bad lines; they are done where they validate, and never where its rules guessed."""
    put(tmp_path, "dataset_0_9.jsonl", line_of(row))
    found = store.scan(tmp_path)
    assert (found.bad_lines, found.standings["7"]) == (0, standing)


@given(st.lists(st.tuples(identifiers, st.sampled_from(list(Standing)[1:])), max_size=30))
def test_standings_are_a_dict_of_the_best(lifts: list[tuple[str, Standing]]) -> None:
    """Whatever ids look like: 7 and 007 are two, and each has the best of what it was given."""
    standings, expected = Standings(), dict[str, Standing]()
    for identifier, standing in lifts:
        standings.lift(identifier, standing)
        expected[identifier] = max(standing, expected.get(identifier, Standing.PENDING))
    assert {each: standings[each] for each in expected} == expected
    assert standings["never seen"] is expected.get("never seen", Standing.PENDING)


def test_a_deleted_shard_makes_its_problems_pending(tmp_path: Path) -> None:
    """Disk is the only truth, and no folder is an empty one."""
    put(tmp_path, "dataset_0_9.jsonl", encode(PARSE)).unlink()
    assert store.scan(tmp_path).standings["7"] is Standing.PENDING
    assert store.scan(tmp_path / "nowhere").rows == 0


def test_findings_are_counted_and_some_kept(tmp_path: Path) -> None:
    """A file of rubbish does not fill the memory."""
    put(tmp_path, "dataset_0_9.jsonl", b"x\n" * 5000)
    found = store.scan(tmp_path)
    assert (found.bad_lines, len(found.findings)) == (5000, 1000)


def test_the_original_shards_are_all_read() -> None:
    """4,768 rows, none bad; its guesses after the quota ran out are asked again."""
    folder = shared.path("geoqa3/original-shards")
    found = store.scan(folder)
    assert (found.rows, found.bad_lines) == (4768, 0)
    count = Counter(found.standings[str(number)] for number in range(10_000))
    assert count[Standing.STAND_IN] == 3659
    assert sum(count.values()) - count[Standing.PENDING] == 4768
